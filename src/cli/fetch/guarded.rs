//! The guard between the sources that are in use and those that came.

use std::collections::BTreeMap;

use super::super::Stop;
use super::bring::{Brought, State};
use crate::cache::Cache;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::guard::{Acceptance, guard};
use crate::lock::{Accepted, Entry, Lock, Origin};
use crate::profile::{Profile, sources};
use crate::rules::Rules;
use crate::source::{self, Document};

/// The acceptances that were typed.
pub(super) fn acceptances(texts: &[String]) -> Result<Vec<Acceptance>, Stop> {
    let read = |text: &String| {
        Acceptance::parse(text).map_err(|wrong| Stop::Request(format!("`--accept {text}`: {wrong}")))
    };
    texts.iter().map(read).collect()
}

/// What stands between the lock of before and what came.
pub(super) struct Guard<'a> {
    pub(super) profile: &'a Profile,
    pub(super) rules: &'a Rules,
    pub(super) lock: &'a Lock,
    pub(super) cache: &'a Cache,
}

impl Guard<'_> {
    /// Tells what was lost; the acceptances that were needed, for the lock. Sources that no build reads count on
    /// neither side.
    pub(super) fn check(
        &self,
        brought: &[Brought],
        accept: &[Acceptance],
        findings: &mut Findings,
    ) -> Vec<Accepted> {
        let before = self.before();
        if before.is_empty() {
            return Vec::new();
        }
        let mut old = Vec::new();
        let mut counted = Counted { accept, used: Vec::new(), findings: Findings::default() };
        for entry in &before {
            match self.cache.copy(entry) {
                Ok(bytes) => old.push(self.document(&entry.file, &bytes)),
                Err(_) => counted.compare(entry, brought),
            }
        }
        let built = brought.iter().filter(|brought| brought.built);
        let new: Vec<Document> = built
            .filter_map(|brought| Some(self.document(&brought.entry.file, brought.bytes.as_deref()?)))
            .collect();
        let mut told = Findings::default();
        let mut used = guard(&old, &new, Some(self.profile), self.rules, accept, &mut told);
        if !counted.used.is_empty() {
            told = told.without(Code::GuardAcceptanceUnused);
            used.extend(counted.used);
            used.sort_by_key(|acceptance| acceptance.code);
            used.dedup();
        }
        findings.append(counted.findings);
        findings.append(told);
        let accepted = |acceptance: Acceptance| Accepted {
            code: acceptance.code.as_str().to_owned(),
            reason: acceptance.reason,
        };
        used.into_iter().map(accepted).collect()
    }

    /// The sources that builds have read up to now.
    fn before(&self) -> Vec<&Entry> {
        let compared: Vec<Origin> = sources(self.profile, self.rules)
            .iter()
            .filter(|source| !source.is_built())
            .map(crate::profile::Source::origin)
            .collect();
        let mine = self.lock.entries().filter(|entry| entry.profile == self.profile.name);
        mine.filter(|entry| !compared.contains(&entry.origin)).collect()
    }

    /// What its reader has to say was said when it came.
    fn document(&self, file: &str, bytes: &[u8]) -> Document {
        source::read(file, bytes, &self.rules.reading, &mut Findings::default())
    }
}

/// Compares by the row counts of the lock, where the copy is lost.
struct Counted<'a> {
    accept: &'a [Acceptance],
    used: Vec<Acceptance>,
    findings: Findings,
}

impl Counted<'_> {
    fn compare(&mut self, old: &Entry, brought: &[Brought]) {
        let new = brought.iter().find(|brought| brought.entry.origin == old.origin);
        if new.is_some_and(|new| new.state == State::Unchanged) {
            return;
        }
        let message =
            format!("the cache has lost the copy of `{}`; only row counts could be compared", old.origin);
        let finding =
            Finding::warning(Code::GuardCopyMissing, message).at(Place::file(old.origin.to_string()));
        self.findings.push(finding.help("keep the cache, or commit it, so that losses can be told by name"));
        let none = BTreeMap::new();
        let now = new.map_or(&none, |new| &new.entry.rows);
        for (table, before) in &old.rows {
            let (code, message) = match now.get(table) {
                None => (Code::GuardTableGone, format!("the table `{table}` with its {before} rows is gone")),
                Some(after) if 4 * after < 3 * before => (
                    Code::GuardRowsLost,
                    format!("the table `{table}` has {after} rows in place of {before}"),
                ),
                Some(_) => continue,
            };
            self.refuse(Finding::error(code, message).at(Place::file(old.origin.to_string())));
        }
    }

    fn refuse(&mut self, finding: Finding) {
        let code = finding.code;
        match self.accept.iter().find(|accepted| accepted.code == code) {
            Some(accepted) => {
                self.used.push(accepted.clone());
                let Finding { message, place, .. } = finding;
                let help = Some(format!("accepted: {}", accepted.reason));
                self.findings.push(Finding { place, help, ..Finding::warning(code, message) });
            }
            None => {
                let help =
                    format!("if the vendor means it, accept it with `--accept {}=REASON`", code.as_str());
                self.findings.push(finding.help(help));
            }
        }
    }
}

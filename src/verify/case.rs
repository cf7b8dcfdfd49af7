//! One list of a target: what its files have to mean, and whether they do.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::automaton::TooLarge;
use super::decide::{Comparison, Difference};
use super::expected::{Builder, Meant, is_member, line_of};
use super::lexicon::Lexicon;
use super::lossy::{self, Lossy, meant};
use super::matching::matching_entry;
use super::read_back::Shelf;
use super::read_from::ReadFrom;
use super::ruleset::Ruleset;
use super::settings;
use super::show::outcome;
use super::spec::ReadBack;
use super::two_names::by_two_names;
use super::verdict::{ListVerdict, Verdict};
use crate::allowlist::{Allowlist, Entry};
use crate::diagnostic::{Code, Finding, Findings};
use crate::lower::Loss;
use crate::pattern::Request;
use crate::target::{ListSpec, Target, Value};

/// One list of a target with what it has to mean.
pub(super) struct Case<'c> {
    target: &'c Target,
    name: &'c str,
    spec: &'c ListSpec,
    options: &'c BTreeMap<String, Value>,
    losses: Vec<&'c Loss>,
    /// The meaning of all entries.
    source: Ruleset,
    /// Where losses are recorded: the entries that are told, with their losses.
    planned: Option<Ruleset>,
    list: &'c Allowlist,
    names: &'c Lexicon<'c>,
    /// Where the list with its losses differs from the list itself, once somebody asks.
    lost: OnceCell<Difference>,
    /// The reading before.
    last: Option<Compared>,
}

/// One reading with what was found out about it.
struct Compared {
    actual: Ruleset,
    /// Where it differs from the list with its recorded losses; nowhere if there are none.
    with_planned: Difference,
    /// Where it differs from the list itself.
    with_source: Difference,
    /// A connection that gets through by one listed name, where that was asked.
    by_two_names: Option<Result<Option<(Request, String)>, TooLarge>>,
}

impl<'c> Case<'c> {
    /// What `name` of `target` has to mean with these options. `names` are those of the list.
    pub(super) fn new(
        list: &'c Allowlist,
        names: &'c Lexicon<'c>,
        target: &'c Target,
        name: &'c str,
        spec: &'c ListSpec,
        options: &'c BTreeMap<String, Value>,
        losses: &'c [Loss],
    ) -> Self {
        let product = spec.product;
        let losses: Vec<&Loss> =
            losses.iter().filter(|loss| loss.list == name && loss.target == target.name).collect();
        let members = || list.entries().iter().filter(move |entry| is_member(entry, product));
        let lossy = Lossy::new(spec, losses.iter().copied());
        let lossless = |entry: &Entry| vec![meant(entry, &entry.pattern, spec)];
        Self {
            target,
            name,
            spec,
            options,
            source: ruleset(members(), lossless),
            // Without a loss the files must mean the list itself, and no more is to be known.
            planned: (!losses.is_empty())
                .then(|| ruleset(lossy.entries(list, product).into_iter(), |entry| lossy.meant(entry))),
            list,
            names,
            losses,
            lost: OnceCell::new(),
            last: None,
        }
    }

    /// Leaving covered entries out must not change the meaning.
    ///
    /// What is left of the list is a part of it, so it can only mean less, and only where an entry that is left out
    /// does. If those that are named as covering them mean them all, and are themselves left, that is proof enough;
    /// only if not, the whole list is asked.
    pub(super) fn check_reduction(&self, findings: &mut Findings) {
        if self.losses.is_empty() {
            return;
        }
        let product = self.spec.product;
        let members = || self.list.entries().iter().filter(|entry| is_member(entry, product));
        let kept = || self.list.product(product).into_iter().filter(|entry| is_member(entry, product));
        let lossless = |entry: &Entry| vec![meant(entry, &entry.pattern, self.spec)];
        let left: Vec<&Entry> = kept().collect();
        // Both are in the order of their patterns.
        let mut next = left.iter().peekable();
        let covered = members().filter(|entry| next.next_if(|left| left.pattern == entry.pattern).is_none());
        let is_left = |by: &&Entry| left.binary_search_by(|left| left.pattern.cmp(&by.pattern)).is_ok();
        let covering = self.list.covered(product).map(|(_, by)| by).filter(is_left);
        let alone = self.differ(&ruleset(covered, lossless), &ruleset(covering, lossless));
        if alone.narrower.is_none() && alone.undecided.is_empty() {
            return;
        }
        let difference = self.differ(&self.source, &ruleset(kept(), lossless));
        let witness = difference.wider.or(difference.narrower);
        if let Some(witness) = witness {
            let message = format!(
                "list `{}` of `{}`: without its covered entries the list means something else, as `{witness}` shows",
                self.name, self.target.name
            );
            findings.push(Finding::error(Code::VerdictUnpermitted, message));
        }
    }

    /// The list whose files are read.
    fn read_as<'r>(&'r self, reading: &'r ReadBack) -> &'r str {
        reading.within.as_deref().unwrap_or(self.name)
    }

    /// The files of one reading.
    pub(super) fn read_from(&self, reading: &ReadBack, shelf: &Shelf<'_>) -> ReadFrom {
        reading.read_from(self.read_as(reading), shelf.files)
    }

    /// The verdict on one reading.
    pub(super) fn verdict(
        &mut self,
        reading: &ReadBack,
        shelf: &mut Shelf<'_>,
        findings: &mut Findings,
    ) -> ListVerdict {
        let file = self.read_from(reading, shelf);
        let done = |verdict| ListVerdict {
            target: self.target.name.clone(),
            list: self.name.to_owned(),
            product: self.spec.product,
            file: file.clone(),
            asked_for: reading.asked_for(),
            verdict,
            permitted_by: Vec::new(),
            unpermitted: Vec::new(),
            asked: None,
        };
        let actual = match reading.read(self.read_as(reading), shelf, findings) {
            Ok(actual) => actual,
            Err(error) => {
                let message = format!("`{}` cannot be read back: {error}", self.target.name);
                findings.push(Finding::error(Code::ReadBackFailed, message));
                return done(Verdict::Unread(error.to_string()));
            }
        };
        let mut unpermitted = self.tell_settings(reading, &actual, findings);
        // Forms of one list mostly say the same, each in its way: what is known of one holds for the next.
        let is_known = |known: &Compared| {
            known.by_two_names.is_some() == reading.both_names && known.actual.says_what(&actual)
        };
        let compared = match self.last.take() {
            Some(known) if is_known(&known) => Compared { actual, ..known },
            _ => self.compare(actual, reading.both_names),
        };
        let by_name = compared.by_two_names.as_ref().and_then(|found| self.tell_names(found, findings));
        unpermitted.extend(by_name);
        // What another list has too is none of this one's matter.
        let counts = |difference: Difference| match reading.within {
            Some(_) => Difference { wider: None, ..difference },
            None => difference,
        };
        let as_planned = compared.with_planned.is_none();
        unpermitted.extend(self.tell(&compared, counts, findings));
        let Difference { wider, narrower, undecided } = counts(compared.with_source.clone());
        if let Some(first) = undecided.first() {
            let reason = format!("{}: {}", first.line, first.reason);
            let message =
                format!("list `{}` of `{}` cannot be decided: {reason}", self.name, self.target.name);
            findings.push(Finding::error(Code::VerifyUndecided, message));
            return ListVerdict { unpermitted, ..done(Verdict::Undecided(reason)) };
        }
        let mut permitted_by = Vec::new();
        for (witness, is_wider) in [(&wider, true), (&narrower, false)] {
            let Some(witness) = witness else { continue };
            match self.explanation(witness, is_wider) {
                Some(by) if !permitted_by.contains(&by) => permitted_by.push(by),
                Some(_) => {}
                // Told already if the files are not what the losses say.
                None if !as_planned => {}
                None => {
                    findings.push(self.unpermitted(witness, is_wider, &compared.actual));
                    unpermitted.push(witness.to_string());
                }
            }
        }
        self.last = Some(compared);
        let verdict = match (wider, narrower) {
            (None, None) => reading.within.clone().map_or(Verdict::Same, Verdict::Within),
            (Some(wider), None) => Verdict::Wider(wider),
            (None, Some(narrower)) => Verdict::Narrower(narrower),
            (Some(wider), Some(narrower)) => Verdict::Both { wider, narrower },
        };
        ListVerdict { permitted_by, unpermitted, ..done(verdict) }
    }

    fn compare(&self, actual: Ruleset, both_names: bool) -> Compared {
        let comparison = Comparison::new(self.planned.as_ref().unwrap_or(&self.source), &actual, self.names);
        let difference = comparison.difference();
        let by_two_names = both_names.then(|| by_two_names(&comparison));
        let (with_planned, with_source) = match &self.planned {
            None => (Difference::default(), difference),
            // Whatever means the same as the plan differs from the list where the plan does.
            Some(planned) if difference.is_none() => {
                let lost = self.lost.get_or_init(|| self.differ(&self.source, planned));
                (difference, lost.clone())
            }
            Some(_) => (difference, self.differ(&self.source, &actual)),
        };
        Compared { actual, with_planned, with_source, by_two_names }
    }

    fn differ(&self, expected: &Ruleset, actual: &Ruleset) -> Difference {
        Comparison::new(expected, actual, self.names).difference()
    }

    /// Tells what the recorded losses do not account for, and returns the requests that show it.
    fn tell(
        &self,
        compared: &Compared,
        counts: impl Fn(Difference) -> Difference,
        findings: &mut Findings,
    ) -> Vec<String> {
        let Compared { actual, with_planned, .. } = compared;
        let difference = counts(with_planned.clone());
        let mut witnesses = Vec::new();
        for (witness, is_wider) in [(&difference.wider, true), (&difference.narrower, false)] {
            if let Some(witness) = witness {
                findings.push(self.unpermitted(witness, is_wider, actual));
                witnesses.push(witness.to_string());
            }
        }
        witnesses
    }

    fn unpermitted(&self, witness: &Request, is_wider: bool, actual: &Ruleset) -> Finding {
        let (name, target) = (self.name, &self.target.name);
        let what = if is_wider { "wider" } else { "narrower" };
        let done = outcome(self.spec.product, is_wider);
        let line = matching_entry(actual, witness).map_or(String::new(), |line| format!(" by {line}"));
        let message =
            format!("list `{name}` of `{target}` is {what} than the list: `{witness}` {done}{line}");
        Finding::error(Code::VerdictUnpermitted, message)
    }

    /// Tells what the files say and the profile does not, and returns it.
    fn tell_settings(&self, reading: &ReadBack, actual: &Ruleset, findings: &mut Findings) -> Vec<String> {
        let others = settings::others(actual.said(), reading, self.options);
        let tell = |other: settings::Other<'_>| {
            let message = format!("list `{}` of `{}`: {other}", self.name, self.target.name);
            findings.push(Finding::error(Code::SettingDiffers, message));
            format!("{} is {}", other.said.setting, other.text())
        };
        others.into_iter().map(tell).collect()
    }

    /// Nobody may get an exemption by one listed name when the other name of the connection is not listed. Returns
    /// the connection that does.
    fn tell_names(
        &self,
        found: &Result<Option<(Request, String)>, TooLarge>,
        findings: &mut Findings,
    ) -> Option<String> {
        let (name, target) = (self.name, &self.target.name);
        match found {
            Ok(None) => None,
            Ok(Some((request, server_name))) => {
                let message = format!(
                    "list `{name}` of `{target}` exempts a connection to `{}` that asks for the server name \
                     `{server_name}`, and only one of the two is listed",
                    request.host
                );
                findings.push(Finding::error(Code::VerdictUnpermitted, message));
                Some(format!("{request} with the server name {server_name}"))
            }
            Err(_) => {
                let message = format!(
                    "list `{name}` of `{target}` cannot be decided: too many names differ for the two of a connection"
                );
                findings.push(Finding::error(Code::VerifyUndecided, message));
                None
            }
        }
    }

    /// Who permits the difference that a witness shows.
    fn explanation(&self, witness: &Request, is_wider: bool) -> Option<String> {
        let explains = |loss: &&&Loss| lossy::explains(loss, self.spec, witness, is_wider);
        self.losses.iter().find(explains).and_then(|loss| loss.permitted_by.clone())
    }
}

fn ruleset<'e>(entries: impl Iterator<Item = &'e Entry>, meant: impl Fn(&Entry) -> Vec<Meant>) -> Ruleset {
    let mut builder = Builder::default();
    for entry in entries {
        for meant in meant(entry) {
            builder.add(meant, line_of(entry));
        }
    }
    builder.ruleset
}

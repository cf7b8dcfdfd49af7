//! Findings of the guard, and which acceptances they need.

use std::collections::BTreeSet;

use super::accept::Acceptance;
use crate::diagnostic::{Code, Finding, Findings, Severity};

/// Passes findings on: a refusal that is accepted becomes a warning that says so.
pub(super) struct Teller<'a> {
    accept: &'a [Acceptance],
    used: BTreeSet<Code>,
    findings: &'a mut Findings,
}

impl<'a> Teller<'a> {
    pub(super) fn new(accept: &'a [Acceptance], findings: &'a mut Findings) -> Self {
        Self { accept, used: BTreeSet::new(), findings }
    }

    /// A loss: an error, unless somebody accepted it.
    pub(super) fn refuse(&mut self, mut finding: Finding) {
        if let Some(accepted) = self.accept.iter().find(|accepted| accepted.code == finding.code) {
            self.used.insert(finding.code);
            finding.severity = Severity::Warning;
            finding.help = Some(format!("accepted: {}", accepted.reason));
        } else if finding.help.is_none() {
            let code = finding.code.as_str();
            finding.help = Some(format!("if the vendor means it, accept it with `--accept {code}=REASON`"));
        }
        self.findings.push(finding);
    }

    /// Something that refuses nothing.
    pub(super) fn tell(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The acceptances that were needed; the others are told.
    pub(super) fn finish(self) -> Vec<Acceptance> {
        let mut needed: Vec<Acceptance> = Vec::new();
        for accepted in self.accept {
            if !self.used.contains(&accepted.code) {
                let message = format!("nothing of the kind `{}` was lost", accepted.code.as_str());
                let finding = Finding::warning(Code::GuardAcceptanceUnused, message);
                self.findings
                    .push(finding.help("leave the acceptance out, so that it cannot hide a later loss"));
            } else if needed.iter().all(|known| known.code != accepted.code) {
                needed.push(accepted.clone());
            }
        }
        needed.sort_by_key(|accepted| accepted.code);
        needed
    }
}

/// Most names that one message shows.
const MOST_NAMES: usize = 200;

/// Names in code marks, the first hundreds of them.
pub(super) fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().take(MOST_NAMES).copied().collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("`{}`{more}", shown.join("`, `"))
}

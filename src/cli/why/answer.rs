//! What the list and the targets say of one request.

use std::collections::BTreeSet;

use crate::allowlist::{Entry, Product};
use crate::cli::job::Job;
use crate::diagnostic::{Finding, Findings, Place, Severity};
use crate::lower::{Loss, Plan, Withheld, withheld};
use crate::origin::Origin;
use crate::pattern::{Path, Pattern, Request, allows};
use crate::select::Dropped;
use crate::target::Effect;

/// Everything that is known of a request.
pub(super) struct Answer<'j> {
    /// The entries that mean it.
    pub(super) by: Vec<&'j Entry>,
    /// The targets that hold none of those entries for it, each with the reason.
    pub(super) withheld: Vec<Withheld>,
    /// Rows that would have meant it, if no entry does.
    pub(super) left_out: Vec<&'j Dropped>,
    /// Entries that name its host, if no entry means it.
    pub(super) near: Vec<&'j Entry>,
    /// The targets that let it pass although no entry means it.
    pub(super) widened: Vec<String>,
    /// Whether the profile builds any target that would let it pass.
    pub(super) passes: bool,
    /// What is doubtful about the rows of the lists.
    findings: &'j Findings,
}

impl<'j> Answer<'j> {
    pub(super) fn new(job: &'j Job, findings: &'j Findings, request: &Request) -> Self {
        let entries = job.list.entries();
        let by: Vec<&Entry> = entries.iter().filter(|entry| allows(&entry.pattern, request)).collect();
        let plans = job.plans();
        let withheld: Vec<Withheld> = plans.iter().filter_map(|plan| withheld(plan, &by, request)).collect();
        let none = by.is_empty();
        Self {
            passes: !none && (withheld.len() < plans.len() || plans.is_empty()),
            left_out: job.left_out().filter(|row| none && row.would_allow(request)).collect(),
            near: entries.iter().filter(|entry| none && names_host(entry, request)).collect(),
            widened: if none { widened(&plans, request) } else { Vec::new() },
            withheld,
            findings,
            by,
        }
    }

    /// What was told of the rows of an entry.
    pub(super) fn doubts(&self, entry: &Entry) -> Vec<&'j str> {
        let is_of = |place: &Place, origin: &Origin| {
            place.row() == Some(origin.row)
                && *place.file == *origin.file
                && place.sheet.as_deref().is_none_or(|sheet| *sheet == *origin.sheet)
        };
        let is_doubt = |finding: &&Finding| finding.severity >= Severity::Warning;
        let of_rows = |finding: &&Finding| {
            finding
                .place
                .as_ref()
                .is_some_and(|place| entry.origins.iter().any(|origin| is_of(place, origin)))
        };
        self.findings
            .iter()
            .filter(is_doubt)
            .filter(of_rows)
            .map(|finding| finding.message.as_str())
            .collect()
    }
}

/// Whether an entry names the host, be it on another port or with other paths.
fn names_host(entry: &Entry, request: &Request) -> bool {
    let Pattern { host, port, scheme, .. } = &entry.pattern;
    let any_path = Pattern { host: host.clone(), path: Path::Any, port: *port, scheme: *scheme };
    allows(&any_path, &Request { port: *port, scheme: *scheme, ..request.clone() })
}

/// Targets that let the request pass all the same, because they were told something wider.
fn widened(plans: &[Plan<'_>], request: &Request) -> Vec<String> {
    let passes = |loss: &&Loss| {
        loss.product == Product::Allow
            && loss.effect == Effect::Wider
            && loss.permitted_by.is_some()
            && loss.after.iter().any(|pattern| allows(pattern, request))
    };
    let told: BTreeSet<String> = plans
        .iter()
        .flat_map(|plan| &plan.losses)
        .filter(passes)
        .map(|loss| format!("{}, where `{}` is widened", loss.target, loss.entry))
        .collect();
    told.into_iter().collect()
}

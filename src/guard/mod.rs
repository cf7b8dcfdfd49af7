//! The guard: what new sources have lost against the old ones, before they are accepted.
//!
//! Rows are compared by what they mean, never by their text or place: other spellings, rows that moved to another
//! sheet, a page in place of a workbook and a wildcard in place of the names below it are no losses.

mod accept;
mod count;
mod lists;
mod lost;
mod tell;

pub use accept::{ACCEPTABLE, Acceptance};

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::Profile;
use crate::rules::Rules;
use crate::source::Document;
use lists::{Chosen, Lists};
use tell::Teller;

/// Tells what `new` has lost against `old`, and refuses it by an error unless it is accepted. `profile` chooses the
/// cloud and the geographies; without one all count. The acceptances that were needed come back, in the order of their codes.
pub fn guard(
    old: &[Document],
    new: &[Document],
    profile: Option<&Profile>,
    rules: &Rules,
    accept: &[Acceptance],
    findings: &mut Findings,
) -> Vec<Acceptance> {
    let mut teller = Teller::new(accept, findings);
    if !report_empty(new, &mut teller) {
        let chosen = Chosen::new(profile, rules);
        let old = Lists::new(old, rules).for_fleet(&chosen);
        let new = Lists::new(new, rules);
        count::tables(&old, &new, &mut teller);
        count::headers(&old, &new, &mut teller);
        count::rows(&old, &new, &mut teller);
        count::geographies(&old, &new, &mut teller);
        lost::addresses(&old, &new, &chosen, &mut teller);
    }
    teller.finish()
}

/// Tells of documents without an address; whether there is none at all.
fn report_empty(new: &[Document], teller: &mut Teller<'_>) -> bool {
    let is_empty = |document: &&Document| {
        document.tables.iter().all(|table| table.rows.is_empty())
            && document.tags.iter().all(|tag| tag.prefixes.is_empty())
    };
    let help = "the last good source stays in use; an empty list cannot be accepted";
    let names: BTreeSet<&str> = new.iter().filter(is_empty).map(|document| &*document.file).collect();
    for name in &names {
        let finding = Finding::error(Code::GuardEmpty, format!("the new `{name}` has no address at all"));
        teller.refuse(finding.at(Place::file(*name)).help(help));
    }
    if new.is_empty() {
        teller.refuse(Finding::error(Code::GuardEmpty, "there is no new source").help(help));
    }
    new.iter().all(|document| is_empty(&document))
}

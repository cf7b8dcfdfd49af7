//! Exclude rules that reach less than they seem to: what they leave out is allowed all the same by another row.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::allowlist::{Allowlist, Entry};
use crate::diagnostic::{Code, Finding, Findings};
use crate::diff::coverers;
use crate::normalise::meaning;
use crate::pattern::Pattern;
use crate::profile::Profile;
use crate::rules::Rules;
use crate::select::{Dropped, EXTRA, SHOWN};

/// Tells of every exclude rule whose addresses the list still allows, with the entries that do and their first rows.
pub fn report_still_allowed(
    list: &Allowlist,
    dropped: &[Dropped],
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) {
    let mut left_out: BTreeMap<usize, BTreeSet<Pattern>> = BTreeMap::new();
    for row in dropped {
        if let (Some(rule), Ok(pattern)) = (row.rule, meaning(&row.address, row.port, rules)) {
            left_out.entry(rule).or_default().insert(pattern);
        }
    }
    if left_out.is_empty() {
        return;
    }
    let allowed: BTreeMap<&Pattern, &Entry> =
        list.entries().iter().map(|entry| (&entry.pattern, entry)).collect();
    let some = left_out.values().flatten().collect();
    let by = coverers(&some, &allowed.keys().copied().collect());
    for (rule, patterns) in &left_out {
        let still = patterns.iter().filter_map(|pattern| Some((pattern, *allowed.get(by.get(pattern)?)?)));
        let still: Vec<(&Pattern, &Entry)> = still.filter(|(_, entry)| is_listed(entry)).collect();
        let (Some(exclude), false) = (profile.excludes.get(*rule), still.is_empty()) else { continue };
        let finding = Finding::warning(Code::ExcludedStillAllowed, message(&still));
        findings.push(finding.at(exclude.place.clone()).help(help(&still)));
    }
}

/// Whether a row of a list asks for an entry. What the profile alone adds is allowed on purpose.
fn is_listed(entry: &Entry) -> bool {
    entry.origins.iter().any(|origin| *origin.sheet != *EXTRA)
}

fn message(still: &[(&Pattern, &Entry)]) -> String {
    let told = |(pattern, entry): &(&Pattern, &Entry)| {
        let origin = entry.origins.first().map_or(String::new(), |origin| format!(" ({origin})"));
        format!("`{}` by `{}`{origin}", address(pattern), address(&entry.pattern))
    };
    let shown: Vec<String> = still.iter().take(SHOWN).map(told).collect();
    let mut message =
        format!("this exclude rule leaves out what is still allowed by other rows: {}", shown.join(", "));
    let more = still.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = write!(message, " and {more} more");
    }
    message
}

/// What to write so that the addresses are allowed no more.
fn help(still: &[(&Pattern, &Entry)]) -> String {
    let entries: BTreeSet<&Pattern> = still.iter().map(|(_, entry)| &entry.pattern).collect();
    let rules: Vec<String> = entries
        .into_iter()
        .take(SHOWN)
        .map(|pattern| format!("`{{ address = \"{}\", … }}`", globset::escape(&address(pattern))))
        .collect();
    format!("leave the other rows out as well, with all that they allow: {}", rules.join(", "))
}

/// As a list has it, without scheme and port.
fn address(pattern: &Pattern) -> String {
    format!("{}{}", pattern.host, pattern.path)
}

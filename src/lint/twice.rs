//! Addresses that stand in several rows.

use std::collections::BTreeMap;

use super::Line;
use super::row::names;
use crate::diagnostic::{Code, Finding, Findings};
use crate::pattern::Pattern;
use crate::select::place;
use crate::source::Role;

/// Tells of rows that say an address again, and of rows that say different things of it.
pub(super) fn check(lines: &[Line<'_>], findings: &mut Findings) {
    // A sheet that names its devices says other things of an address on purpose.
    type Key<'k> = (Role, Option<&'k str>, Option<&'k str>, &'k Pattern);
    let mut by_meaning: BTreeMap<Key<'_>, Vec<&Line<'_>>> = BTreeMap::new();
    for line in lines {
        let Some(pattern) = &line.pattern else { continue };
        let key = (line.table.role, line.cloud, line.table.condition.as_deref(), pattern);
        by_meaning.entry(key).or_default().push(line);
    }
    for group in by_meaning.values() {
        for (at, later) in group.iter().enumerate().skip(1) {
            let earlier = group.iter().take(at);
            if let Some(finding) = earlier.clone().find_map(|earlier| differs(earlier, later)) {
                findings.push(finding);
            } else if let Some(first) =
                earlier.clone().find(|earlier| earlier.geographies == later.geographies)
            {
                findings.push(again(first, later));
            }
        }
    }
}

fn differs(earlier: &Line<'_>, later: &Line<'_>) -> Option<Finding> {
    if earlier.row.devices_uncertain || later.row.devices_uncertain {
        return None;
    }
    let (first, second) = (earlier.statement(), later.statement());
    if first == second {
        return None;
    }
    let whose = |line: &Line<'_>| {
        let names = names(line);
        if names.is_empty() { String::new() } else { format!(" (`{names}`)") }
    };
    let message = format!(
        "`{}` stands twice and says different things: {}{} says {first}, this one{} says {second}",
        later.row.address,
        place_name(earlier),
        whose(earlier),
        whose(later),
    );
    Some(Finding::warning(Code::DuplicateDiffers, message).at(place(later.row)))
}

fn again(earlier: &Line<'_>, later: &Line<'_>) -> Finding {
    let message = format!("`{}` stands twice: {} says the same", later.row.address, place_name(earlier));
    Finding::note(Code::DuplicateRow, message).at(place(later.row))
}

/// Sheet and cell, or the line of a page.
fn place_name(line: &Line<'_>) -> String {
    let sheet = &line.row.origin.sheet;
    match &line.row.cell {
        Some(cell) => format!("`{sheet}`!{cell}"),
        None => format!("line {}", line.row.origin.row),
    }
}

//! Losses of whole tables, columns, geographies, and of many rows at once.

use std::collections::{BTreeMap, BTreeSet};

use super::lists::{Key, Line, Lists, Table, uncovered};
use super::tell::{Teller, names};
use crate::diagnostic::{Code, Finding};
use crate::pattern::Pattern;

/// Tables of which nothing is left and whose addresses are not all found elsewhere.
pub(super) fn tables(old: &Lists, new: &Lists, teller: &mut Teller<'_>) {
    for (key, table) in old.tables.iter().filter(|(key, _)| new.table(key).is_none()) {
        let lost = lost_lines(key, table, old, new);
        if lost.is_empty() {
            continue;
        }
        let message = format!(
            "the table {} is gone, and nothing takes the place of {}",
            table.title(),
            names(lost.iter().map(String::as_str))
        );
        teller.refuse(Finding::error(Code::GuardTableGone, message).at(table.place()));
    }
}

/// The addresses of a table that no row of the new lists covers.
fn lost_lines(key: &Key, table: &Table, old: &Lists, new: &Lists) -> BTreeSet<String> {
    let lost = lost_patterns(key, table, old, new);
    table.lines.iter().filter(|line| lost.contains(&line.pattern)).map(Line::address).collect()
}

fn lost_patterns<'l>(key: &Key, table: &'l Table, old: &'l Lists, new: &'l Lists) -> BTreeSet<&'l Pattern> {
    let patterns = |lists: &'l Lists| lists.in_realm(&key.realm).map(|line| &line.pattern).collect();
    uncovered(&table.patterns(), &patterns(new), &patterns(old))
}

/// Columns that said something and say nothing any more.
pub(super) fn headers(old: &Lists, new: &Lists, teller: &mut Teller<'_>) {
    for (key, table) in &old.tables {
        let Some(now) = new.table(key) else { continue };
        let is_device = |id: &&String| !FIELDS.contains(&id.as_str());
        let lost = table.columns.difference(&now.columns);
        // Cells of shifted rows are not read, so that their columns only seem to be blank.
        let lost: Vec<&str> =
            lost.filter(|id| !(now.uncertain && is_device(id))).map(String::as_str).collect();
        if lost.is_empty() {
            continue;
        }
        let message = format!("the table {} has lost what its columns {} said", now.title(), names(lost));
        teller.refuse(Finding::error(Code::GuardHeaderLost, message).at(now.place()));
    }
}

/// Columns that are for no device.
const FIELDS: [&str; 8] =
    ["service", "geography", "category", "port", "required", "description", "comment", "os"];

/// Tables that lost more than a quarter of their addresses.
pub(super) fn rows(old: &Lists, new: &Lists, teller: &mut Teller<'_>) {
    for (key, table) in &old.tables {
        let Some(now) = new.table(key) else { continue };
        let before = table.patterns();
        let lost = lost_patterns(key, table, old, new);
        let found: BTreeSet<&Pattern> = before.difference(&lost).copied().collect();
        let after = found.union(&now.patterns()).count();
        if 4 * after >= 3 * before.len() {
            continue;
        }
        let message = format!(
            "the table {} has {after} addresses in place of {}; it has lost {}",
            now.title(),
            before.len(),
            names(lost_lines(key, table, old, new).iter().map(String::as_str))
        );
        teller.refuse(Finding::error(Code::GuardRowsLost, message).at(now.place()));
    }
}

/// Geographies that no row names any more.
pub(super) fn geographies(old: &Lists, new: &Lists, teller: &mut Teller<'_>) {
    for realm in old.realms() {
        let now: BTreeSet<&String> = new.in_realm(realm).flat_map(|line| &line.geographies).collect();
        let mut gone: BTreeMap<&String, Vec<&Line>> = BTreeMap::new();
        for line in old.of_realm(realm) {
            for name in line.geographies.iter().filter(|name| !now.contains(name)) {
                gone.entry(name).or_default().push(line);
            }
        }
        for (name, lines) in gone {
            let addresses: Vec<String> = lines.iter().map(|line| line.address()).collect();
            let message = format!(
                "no row is for the geography `{name}` any more; it had {}",
                names(addresses.iter().map(String::as_str))
            );
            let finding = Finding::error(Code::GuardGeographyGone, message);
            teller.refuse(match lines.first() {
                Some(line) => finding.at(line.place.clone()),
                None => finding,
            });
        }
    }
}

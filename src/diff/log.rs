//! The list's own change log against what really changed.

use std::collections::BTreeSet;

use super::change::Change;
use crate::normalise::meaning;
use crate::pattern::Host;
use crate::rules::Rules;
use crate::source::{Document, LogEntry};

/// Whether the list's own log names a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Logged {
    /// The new list has no log, or none with entries that the old one lacks.
    #[default]
    NoLog,
    /// An entry with this date names one of its hosts.
    On(String),
    /// No entry names any of its hosts.
    Silent,
}

/// Marks every change, and gives the entries that the old list's log does not have, each with whether it names a
/// changed address.
pub fn mark(
    changes: &mut [Change],
    old: &[Document],
    new: &[Document],
    rules: &Rules,
) -> Vec<(LogEntry, bool)> {
    let known: BTreeSet<String> = entries(old).map(|entry| fold(&entry.text)).collect();
    let fresh: Vec<&LogEntry> = entries(new).filter(|entry| !known.contains(&fold(&entry.text))).collect();
    if fresh.is_empty() {
        return Vec::new();
    }
    let hosts: Vec<BTreeSet<Host>> = fresh.iter().map(|entry| hosts(&entry.text, rules)).collect();
    let mut names_one = vec![false; fresh.len()];
    for change in changes {
        let (before, after) = change.kind.items();
        let mut naming = (0..)
            .zip(&hosts)
            .filter(|(_, hosts)| before.iter().chain(after).any(|item| hosts.contains(&item.pattern.host)));
        change.logged = match naming.next().and_then(|(at, _): (usize, _)| Some((at, fresh.get(at)?))) {
            Some((at, entry)) => {
                names_one.iter_mut().skip(at).take(1).for_each(|named| *named = true);
                Logged::On(entry.date.clone())
            }
            None => Logged::Silent,
        };
        for (at, _) in naming {
            names_one.iter_mut().skip(at).take(1).for_each(|named| *named = true);
        }
    }
    fresh.into_iter().cloned().zip(names_one).collect()
}

fn entries(documents: &[Document]) -> impl Iterator<Item = &LogEntry> {
    documents.iter().flat_map(|document| &document.changelog)
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The hosts that a text names.
fn hosts(text: &str, rules: &Rules) -> BTreeSet<Host> {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '`' | '"'));
    let words = words.map(|word| word.trim_end_matches(['.', ':']));
    words.filter_map(|word| Some(meaning(word, None, rules).ok()?.host)).collect()
}

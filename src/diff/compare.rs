//! `compare`: two sides to changes.

use std::collections::{BTreeMap, BTreeSet};

use super::aspect::{Said, Unsaid, aspects};
use super::change::{Change, Kind, Sides};
use super::cover::coverers;
use super::item::{Group, Item, Items, align};
use super::log::{Logged, mark};
use crate::allowlist::{Allowlist, Entry, Product};
use crate::diagnostic::Place;
use crate::pattern::{Host, Path, Pattern, minimise};
use crate::rules::Rules;
use crate::source::{Document, LogEntry};
use crate::texts::Texts;
use crate::verify::{Difference, decide, expected};

/// Everything that changed between two lists.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// By group, kind and address.
    pub changes: Vec<Change>,
    /// Texts of address columns that are no address: gone, and come.
    pub unreadable: [BTreeMap<String, Place>; 2],
    /// Columns that only one side has.
    pub unsaid: Vec<Unsaid>,
    /// Groups of which one side has no address at all, and whether it is the new one.
    pub absent: Vec<(Group, bool)>,
    /// What the new list's own log says that the old one's does not, each with whether it names a changed address.
    pub log: Vec<(LogEntry, bool)>,
}

impl Diff {
    /// Whether both lists say the same of the same addresses.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.unreadable.iter().all(BTreeMap::is_empty)
    }

    /// Adds words that the readers of both sides found in address cells and left out.
    pub fn add_unreadable(&mut self, old: &BTreeMap<String, Place>, new: &BTreeMap<String, Place>) {
        let [gone, come] = &mut self.unreadable;
        let only = |one: &BTreeMap<String, Place>, other: &BTreeMap<String, Place>| {
            let texts = one.iter().filter(|(text, _)| !other.contains_key(*text));
            texts.map(|(text, place)| (text.clone(), place.clone())).collect::<Vec<_>>()
        };
        gone.extend(only(old, new));
        come.extend(only(new, old));
    }
}

/// What changed from `old` to `new`.
pub fn compare(old: &[Document], new: &[Document], rules: &Rules) -> Diff {
    let mut diff = compare_items(Items::new(old, rules), Items::new(new, rules));
    diff.log = mark(&mut diff.changes, old, new, rules);
    diff
}

/// What changed from `old` to `new`, of lists or selections.
pub fn compare_items(old: Items, new: Items) -> Diff {
    let (before, after) = align(old, new);
    let only = |items: &Items, other: &Items| {
        let texts = items.unreadable.iter().filter(|(text, _)| !other.unreadable.contains_key(*text));
        texts.map(|(text, place)| (text.to_string(), place.clone())).collect()
    };
    let mut diff = Diff { unreadable: [only(&before, &after), only(&after, &before)], ..Diff::default() };
    let none = BTreeMap::new();
    let groups: BTreeSet<&Group> = before.groups.keys().chain(after.groups.keys()).collect();
    for group in groups {
        let sides = [&before, &after].map(|items| items.groups.get(group).unwrap_or(&none));
        compare_group(group, sides, &mut diff);
    }
    diff
}

type Side = BTreeMap<Pattern, Item>;

fn compare_group(group: &Group, [old, new]: [&Side; 2], diff: &mut Diff) {
    let said = [old, new].map(|side| Said::by(side.values()));
    match (old.is_empty(), new.is_empty()) {
        (true, true) => return,
        (false, true) => diff.absent.push((group.clone(), true)),
        (true, false) => diff.absent.push((group.clone(), false)),
        (false, false) => {
            let [before, after] = &said;
            let unsaid = before.unsaid(after).into_iter();
            diff.unsaid.extend(unsaid.map(|(column, new)| Unsaid { group: group.clone(), column, new }));
        }
    }
    let mut kinds = Vec::new();
    let [before, after] = &said;
    let sides = |before_items: Vec<Item>, after_items: Vec<Item>| Sides {
        aspects: aspects(&before_items, &after_items, before, after),
        before: before_items,
        after: after_items,
    };
    for (pattern, item) in old {
        let Some(now) = new.get(pattern) else { continue };
        let sides = sides(vec![item.clone()], vec![now.clone()]);
        if !sides.aspects.is_empty() {
            kinds.push(Kind::Said(sides));
        }
    }
    let (ports, open) = by_port(old, new);
    kinds.extend(ports.into_iter().map(|(before, after)| Kind::Port(sides(before, after))));
    let (shapes, [gone, come]) = by_shape(open);
    for (before, after) in shapes {
        let Difference { wider, narrower, .. } = difference(&before, &after);
        kinds.push(Kind::Reshaped { sides: sides(before, after), wider, narrower });
    }
    let kept: BTreeSet<&Pattern> = old.keys().filter(|pattern| new.contains_key(*pattern)).collect();
    let changed = gone.iter().chain(&come).map(|item| &item.pattern).collect();
    let covered = coverers(&changed, &kept);
    let of = |items: &[Item]| -> Vec<Option<Pattern>> {
        items.iter().map(|item| covered.get(&item.pattern).map(|by| (*by).clone())).collect()
    };
    let (of_gone, of_come) = (of(&gone), of(&come));
    kinds.extend(gone.into_iter().zip(of_gone).map(|(item, covered_by)| Kind::Removed { item, covered_by }));
    kinds.extend(come.into_iter().zip(of_come).map(|(item, covered_by)| Kind::Added { item, covered_by }));
    kinds.sort_by_cached_key(rank);
    let change = |kind| Change { group: group.clone(), kind, logged: Logged::NoLog };
    diff.changes.extend(kinds.into_iter().map(change));
}

/// Kinds in the order in which they are shown, then by address.
fn rank(kind: &Kind) -> (Option<usize>, Option<Pattern>) {
    let (before, after) = kind.items();
    let first = before.first().or(after.first()).map(|item| item.pattern.clone());
    (Kind::ALL.iter().position(|known| *known == kind.as_str()), first)
}

type Pair = (Vec<Item>, Vec<Item>);

/// Pairs the same hosts and paths on other ports; what is left stands only on one side.
fn by_port<'s>(old: &'s Side, new: &'s Side) -> (Vec<Pair>, [Vec<&'s Item>; 2]) {
    let mut places: BTreeMap<(&Host, &Path), [Vec<&Item>; 2]> = BTreeMap::new();
    for (at, side, other) in [(0, old, new), (1, new, old)] {
        for (pattern, item) in side.iter().filter(|(pattern, _)| !other.contains_key(*pattern)) {
            let both = places.entry((&pattern.host, &pattern.path)).or_default();
            both.iter_mut().skip(at).take(1).for_each(|items| items.push(item));
        }
    }
    let mut pairs = Vec::new();
    let mut open = [Vec::new(), Vec::new()];
    for [before, after] in places.into_values() {
        if before.is_empty() || after.is_empty() {
            let [gone, come] = &mut open;
            gone.extend(before);
            come.extend(after);
        } else {
            pairs.push((owned(before), owned(after)));
        }
    }
    (pairs, open)
}

fn owned(items: Vec<&Item>) -> Vec<Item> {
    items.into_iter().cloned().collect()
}

/// Puts together what covers each other across the two sides; what is left is gone or has come.
fn by_shape([gone, come]: [Vec<&Item>; 2]) -> (Vec<Pair>, [Vec<Item>; 2]) {
    let mut all: Vec<(&Item, bool)> = gone.into_iter().map(|item| (item, false)).collect();
    all.extend(come.into_iter().map(|item| (item, true)));
    // In the order of their patterns, so that both directions see the same nests.
    all.sort_by(|a, b| a.0.pattern.cmp(&b.0.pattern));
    let patterns: Vec<&Pattern> = all.iter().map(|(item, _)| &item.pattern).collect();
    let mut nests: BTreeMap<usize, Pair> = BTreeMap::new();
    for (at, ((item, is_new), coverer)) in all.iter().zip(minimise(&patterns)).enumerate() {
        let (before, after) = nests.entry(coverer.unwrap_or(at)).or_default();
        if *is_new { after.push((*item).clone()) } else { before.push((*item).clone()) }
    }
    let (pairs, rest): (Vec<Pair>, Vec<Pair>) =
        nests.into_values().partition(|(before, after)| !before.is_empty() && !after.is_empty());
    let (gone, come): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
    (pairs, [gone.into_iter().flatten().collect(), come.into_iter().flatten().collect()])
}

/// Where the requests of two sets of addresses differ.
fn difference(before: &[Item], after: &[Item]) -> Difference {
    let rules = |items: &[Item]| {
        let entries = items.iter().map(|item| entry(&item.pattern)).collect();
        expected(&Allowlist::new(entries), Product::Allow)
    };
    decide(&rules(before), &rules(after))
}

/// An entry that says nothing but its pattern.
fn entry(pattern: &Pattern) -> Entry {
    Entry {
        pattern: pattern.clone(),
        required: None,
        services: Texts::default(),
        geographies: Texts::default(),
        categories: Texts::default(),
        origins: Vec::new(),
        bypass: false,
        direct: false,
        tag: None,
    }
}

//! Tables that cannot grow without end, and say what they left out.

use std::collections::BTreeMap;

use super::seen::Outcome;
use super::tally::Use;

/// Rows of a table.
const MOST_ROWS: usize = 1_000;
/// Rows of a table that each entry of a list has.
const MOST_OF_ENTRY: usize = 100;

/// Counts by key. Only the first keys in order are kept: one of them is never given up, whatever comes when, so that its
/// count is whole in every part of a log.
#[derive(Clone, Debug)]
struct Bounded<K> {
    kept: BTreeMap<K, Use>,
    most: usize,
    /// Of all keys.
    all: Use,
}

impl<K: Ord + Clone> Bounded<K> {
    fn with_room(most: usize) -> Self {
        Self { kept: BTreeMap::new(), most, all: Use::default() }
    }

    /// Counts something for a key.
    fn add(&mut self, key: &K, counted: &Use) {
        self.all.merge(counted);
        self.keep(key, counted);
    }

    fn keep(&mut self, key: &K, counted: &Use) {
        if let Some(known) = self.kept.get_mut(key) {
            known.merge(counted);
            return;
        }
        if self.kept.len() == self.most {
            if self.kept.last_key_value().is_some_and(|(last, _)| last < key) {
                return;
            }
            self.kept.pop_last();
        }
        self.kept.insert(key.clone(), *counted);
    }

    /// Takes over the counts of another part of the log.
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (key, counted) in &other.kept {
            self.keep(key, counted);
        }
    }

    /// Requests of keys that were not kept.
    fn beyond(&self) -> u64 {
        self.all.requests() - self.kept.values().map(Use::requests).sum::<u64>()
    }
}

/// Counts by key, where entries of a list mean the keys: the first keys of each entry are kept, so that the many hosts of
/// one crowd out no other's.
#[derive(Clone, Debug)]
pub struct ByEntry<K> {
    entries: BTreeMap<u32, Bounded<K>>,
    /// Of all keys.
    all: Use,
}

impl<K> Default for ByEntry<K> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), all: Use::default() }
    }
}

impl<K: Ord + Clone> ByEntry<K> {
    /// Counts something for a key of some entries. They must be the same for it each time, so that it counts as much for
    /// each of them.
    pub fn add<'e>(&mut self, key: &K, entries: impl IntoIterator<Item = &'e u32>, counted: &Use) {
        self.all.merge(counted);
        for at in entries {
            self.of_entry(*at).add(key, counted);
        }
    }

    fn of_entry(&mut self, at: u32) -> &mut Bounded<K> {
        self.entries.entry(at).or_insert_with(|| Bounded::with_room(MOST_OF_ENTRY))
    }

    /// Takes over the counts of another part of the log.
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (at, counted) in &other.entries {
            self.of_entry(*at).merge(counted);
        }
    }

    /// The kept keys in order.
    pub fn rows(&self) -> BTreeMap<&K, Use> {
        self.entries.values().flat_map(|entry| &entry.kept).map(|(key, counted)| (key, *counted)).collect()
    }

    /// Requests of keys that were not kept.
    pub fn beyond(&self) -> u64 {
        self.all.requests() - self.rows().values().map(Use::requests).sum::<u64>()
    }

    /// Requests of all keys.
    pub fn requests(&self) -> u64 {
        self.all.requests()
    }
}

/// Counts by key, where those that let nothing through crowd out none that did.
#[derive(Clone, Debug)]
pub struct ByOutcome<K> {
    allowed: Bounded<K>,
    others: Bounded<K>,
}

impl<K: Ord + Clone> Default for ByOutcome<K> {
    fn default() -> Self {
        Self { allowed: Bounded::with_room(MOST_ROWS), others: Bounded::with_room(MOST_ROWS) }
    }
}

impl<K: Ord + Clone> ByOutcome<K> {
    /// Counts a request for a key.
    pub fn add(&mut self, key: &K, outcome: Outcome, counted: &Use) {
        let table = if outcome == Outcome::Allowed { &mut self.allowed } else { &mut self.others };
        table.add(key, counted);
    }

    /// Takes over the counts of another part of the log.
    pub fn merge(&mut self, other: &Self) {
        self.allowed.merge(&other.allowed);
        self.others.merge(&other.others);
    }

    /// The kept keys in order.
    pub fn rows(&self) -> BTreeMap<&K, Use> {
        let mut rows = BTreeMap::<&K, Use>::new();
        for (key, counted) in self.allowed.kept.iter().chain(&self.others.kept) {
            rows.entry(key).or_default().merge(counted);
        }
        rows
    }

    /// Requests that the kept keys do not count.
    pub fn beyond(&self) -> u64 {
        self.allowed.beyond() + self.others.beyond()
    }

    /// Whether requests were allowed whose keys are not kept.
    pub fn is_more_allowed(&self) -> bool {
        self.allowed.beyond() > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(keys: &[u8]) -> Bounded<u8> {
        let mut table = Bounded::with_room(4);
        for key in keys {
            table.add(key, &Use::of(Outcome::Allowed, None));
        }
        table
    }

    /// Entry 9 means every key, and one more each of those from 1000 on.
    fn by_entry(keys: &[u16]) -> ByEntry<u16> {
        let mut table = ByEntry::default();
        for key in keys {
            let entries = if *key < 1000 { vec![9] } else { vec![9, u32::from(key % 7)] };
            table.add(key, &entries, &Use::of(Outcome::Allowed, None));
        }
        table
    }

    proptest! {
        #[test]
        fn the_first_keys_are_counted_whole_however_a_log_is_cut(keys: Vec<u8>, at: prop::sample::Index) {
            let whole = counted(&keys);
            let (before, after) = keys.split_at(at.index(keys.len() + 1));
            let mut joined = counted(before);
            joined.merge(&counted(after));
            prop_assert_eq!(&joined.kept, &whole.kept);
            prop_assert_eq!(joined.beyond(), whole.beyond());
            for (key, count) in whole.kept {
                let all = keys.iter().map(|known| u64::from(*known == key)).sum::<u64>();
                prop_assert_eq!(count.requests(), all);
            }
        }

        #[test]
        fn the_first_keys_of_each_entry_are_counted_whole_whatever_others_mean(
            mut keys in prop::collection::vec(900_u16..2000, 0..300),
            at: prop::sample::Index,
        ) {
            // More than an entry keeps, ahead of all the others in order.
            keys.extend(0..150);
            let whole = by_entry(&keys);
            let (before, after) = keys.split_at(at.index(keys.len() + 1));
            let mut joined = by_entry(before);
            joined.merge(&by_entry(after));
            prop_assert_eq!(joined.rows(), whole.rows());
            prop_assert_eq!(joined.beyond(), whole.beyond());
            for (key, count) in whole.rows() {
                let all = keys.iter().map(|known| u64::from(known == key)).sum::<u64>();
                prop_assert_eq!(count.requests(), all);
            }
            for key in keys.into_iter().filter(|key| *key >= 1000) {
                let is_shown = whole.rows().keys().any(|shown| **shown >= 1000 && **shown % 7 == key % 7);
                prop_assert!(is_shown, "{key}");
            }
        }
    }
}

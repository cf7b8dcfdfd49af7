//! A table that cannot grow without end, and says what it left out.

use std::collections::BTreeMap;

use super::tally::Use;

/// Rows of a table.
const MOST_ROWS: usize = 1_000;

/// Counts by key. Only the first keys in order are kept: one of them is never given up, whatever comes when, so that its
/// count is whole in every part of a log.
#[derive(Clone, Debug)]
pub struct Bounded<K> {
    kept: BTreeMap<K, Use>,
    most: usize,
    /// Of all keys.
    all: Use,
}

impl<K> Default for Bounded<K> {
    fn default() -> Self {
        Self { kept: BTreeMap::new(), most: MOST_ROWS, all: Use::default() }
    }
}

impl<K: Ord + Clone> Bounded<K> {
    /// Counts something for a key.
    pub fn add(&mut self, key: &K, counted: &Use) {
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
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (key, counted) in &other.kept {
            self.keep(key, counted);
        }
    }

    /// The kept keys in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Use)> {
        self.kept.iter()
    }

    /// Requests of keys that were not kept.
    pub fn beyond(&self) -> u64 {
        self.all.requests() - self.kept.values().map(Use::requests).sum::<u64>()
    }

    /// Requests of all keys.
    pub fn requests(&self) -> u64 {
        self.all.requests()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::replay::Outcome;

    fn counted(keys: &[u8]) -> Bounded<u8> {
        let mut table = Bounded { most: 4, ..Bounded::default() };
        for key in keys {
            table.add(key, &Use::of(Outcome::Allowed, None));
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
            let rows = |table: &Bounded<u8>| {
                table.iter().map(|(key, counted)| (*key, counted.requests())).collect::<Vec<_>>()
            };
            prop_assert_eq!(rows(&joined), rows(&whole));
            prop_assert_eq!(joined.beyond(), whole.beyond());
            for (key, count) in rows(&whole) {
                prop_assert_eq!(count, keys.iter().map(|known| u64::from(*known == key)).sum::<u64>());
            }
        }
    }
}

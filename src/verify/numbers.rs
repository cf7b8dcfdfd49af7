//! `Numbers`: equal things get the same number, in the order in which they come.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

use super::ruleset::{at, index};

/// See the module.
pub(super) struct Numbers<T> {
    by_thing: HashMap<T, u32>,
    things: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { by_thing: HashMap::new(), things: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    /// The number of a thing.
    pub(super) fn of(&mut self, thing: T) -> u32 {
        if let Some(known) = self.by_thing.get(&thing) {
            return *known;
        }
        let number = index(self.things.len());
        self.things.push(thing.clone());
        self.by_thing.insert(thing, number);
        number
    }

    /// The thing with a number.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.things.get(at(number))
    }

    /// All things by number.
    pub(super) fn all(&self) -> &[T] {
        &self.things
    }

    /// The same, taken.
    pub(super) fn into_all(self) -> Vec<T> {
        self.things
    }
}

impl<T: Clone + Eq + Hash> Numbers<Box<[T]>> {
    /// The number of a row of things, which is copied only if it is new.
    pub(super) fn of_row(&mut self, row: &[T]) -> u32 {
        match self.by_thing.get(row) {
            Some(known) => *known,
            None => self.of(row.into()),
        }
    }
}

//! Texts that many questions are about, put in order once.

use foldhash::{HashMap, HashMapExt};

use super::ruleset::{at, index};
use super::universe::Universe;

/// Texts by the order in which they are read. Whoever asks about others may do so all the same.
#[derive(Default)]
pub(super) struct Lexicon<'t> {
    numbers: HashMap<&'t str, u32>,
    /// All texts as they are read.
    bytes: Vec<u8>,
    /// Where each starts and ends, in order.
    places: Vec<(usize, usize)>,
}

impl<'t> Lexicon<'t> {
    /// The texts of words of `universe`.
    pub(super) fn new(universe: Universe, texts: impl Iterator<Item = &'t str>) -> Self {
        let mut bytes = Vec::new();
        let oriented = |text: &'t str| {
            let start = bytes.len();
            universe.orient(text, &mut bytes);
            (start, bytes.len(), text)
        };
        let mut texts: Vec<(usize, usize, &str)> = texts.map(oriented).collect();
        let word = |(start, end, _): &(usize, usize, &str)| bytes.get(*start..*end).unwrap_or_default();
        texts.sort_unstable_by(|one, other| word(one).cmp(word(other)));
        texts.dedup_by_key(|(.., text)| *text);
        let mut numbers = HashMap::with_capacity(texts.len());
        numbers.extend((0..).zip(&texts).map(|(number, (.., text))| (*text, number)));
        let places = texts.into_iter().map(|(start, end, _)| (start, end)).collect();
        Self { numbers, bytes, places }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        index(self.places.len())
    }

    /// The number of a text in the order of all.
    pub(super) fn number(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text with a number, as it is read.
    pub(super) fn word(&self, number: u32) -> &[u8] {
        let place = self.places.get(at(number));
        place.and_then(|(start, end)| self.bytes.get(*start..*end)).unwrap_or_default()
    }
}

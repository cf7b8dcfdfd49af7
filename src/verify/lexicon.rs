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
    /// All texts one after the other as they were given, which is how most of them are asked for.
    given: Vec<u8>,
    /// Where each given text starts and ends, with its number.
    given_places: Vec<(usize, usize, u32)>,
    /// By number, its place among the given ones.
    by_number: Vec<u32>,
}

/// Texts behind the last one among which the next one is looked for.
const NEAR: usize = 16;

/// Where the last text stood among the given ones.
#[derive(Clone, Copy, Default)]
pub(super) struct Bookmark(usize);

impl<'t> Lexicon<'t> {
    /// The texts of words of `universe`.
    pub(super) fn new(universe: Universe, texts: impl Iterator<Item = &'t str>) -> Self {
        let (mut bytes, mut given) = (Vec::new(), Vec::new());
        let mut texts: Vec<(usize, usize, &str)> = texts
            .map(|text| {
                let start = bytes.len();
                universe.orient(text, &mut bytes);
                given.extend_from_slice(text.as_bytes());
                (start, bytes.len(), text)
            })
            .collect();
        let word = |(start, end, _): &(usize, usize, &str)| bytes.get(*start..*end).unwrap_or_default();
        texts.sort_unstable_by(|one, other| word(one).cmp(word(other)));
        texts.dedup_by_key(|(.., text)| *text);
        let mut numbers = HashMap::with_capacity(texts.len());
        numbers.extend((0..).zip(&texts).map(|(number, (.., text))| (*text, number)));
        let numbered = (0..).zip(&texts).map(|(number, (start, end, _))| (*start, *end, number));
        let mut given_places: Vec<(usize, usize, u32)> = numbered.collect();
        given_places.sort_unstable();
        let mut by_number = vec![0; texts.len()];
        for (place, (.., number)) in given_places.iter().enumerate() {
            if let Some(slot) = by_number.get_mut(at(*number)) {
                *slot = index(place);
            }
        }
        let places = texts.into_iter().map(|(start, end, _)| (start, end)).collect();
        Self { numbers, bytes, places, given, given_places, by_number }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        index(self.places.len())
    }

    /// The number of a text in the order of all. It is mostly found not far behind the last one that was asked for.
    pub(super) fn number(&self, text: &str, last: &mut Bookmark) -> Option<u32> {
        let near = self.given_places.get(last.0..).unwrap_or_default().iter().take(NEAR);
        let is_it = |(start, end, _): &(usize, usize, u32)| {
            end - start == text.len() && self.given.get(*start..*end) == Some(text.as_bytes())
        };
        if let Some((behind, (.., number))) = near.enumerate().find(|(_, place)| is_it(place)) {
            last.0 += behind;
            return Some(*number);
        }
        let number = self.numbers.get(text).copied()?;
        *last = Bookmark(self.by_number.get(at(number)).map_or(0, |place| at(*place)));
        Some(number)
    }

    /// The text with a number, as it is read.
    pub(super) fn word(&self, number: u32) -> &[u8] {
        let place = self.places.get(at(number));
        place.and_then(|(start, end)| self.bytes.get(*start..*end)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_wherever_it_is_looked_for() {
        let texts = ["b.a", "c.a", "a", "c.a", "z", "b.z", "10", "b.a"];
        let lexicon = Lexicon::new(Universe::Names, texts.into_iter());
        assert_eq!(lexicon.len(), 6);
        let numbers: Vec<Option<u32>> =
            texts.iter().map(|text| lexicon.number(text, &mut Bookmark::default())).collect();
        for start in 0..9 {
            let mut last = Bookmark(start);
            let anew: Vec<Option<u32>> = texts.iter().map(|text| lexicon.number(text, &mut last)).collect();
            assert_eq!(anew, numbers, "{start}");
            assert_eq!(lexicon.number("a.b", &mut last), None);
        }
        for (text, number) in texts.iter().zip(numbers) {
            let word: Vec<u8> = text.bytes().rev().collect();
            assert_eq!(lexicon.word(number.unwrap()), word, "{text}");
        }
    }
}

//! What the lines before said in the same words: times and results come again from line to line.

use crate::replay::seen::Outcome;
use crate::replay::time::Time;

/// Bytes of the longest text that is remembered.
const LONGEST: usize = 32;
/// Results that are remembered, a power of two.
const RESULTS: usize = 64;

/// What a thread remembers of the lines that it has read.
#[derive(Clone, Debug)]
pub(in crate::replay) struct Lately {
    /// The last time.
    time: Option<(Text, Time)>,
    /// Results by their hashes, each for a plain request and for a tunnel.
    results: [Option<(Text, [Outcome; 2])>; RESULTS],
}

impl Default for Lately {
    fn default() -> Self {
        Self { time: None, results: [None; RESULTS] }
    }
}

impl Lately {
    /// The time with which `rest` begins, if it is the last one.
    #[inline]
    pub(super) fn time(&self, rest: &[u8]) -> Option<Time> {
        self.time.as_ref().filter(|(text, _)| text.begins(rest)).map(|(_, time)| *time)
    }

    /// Remembers a time by what it is written as and what stands behind it.
    pub(super) fn keep_time(&mut self, text: &[u8], time: Time) {
        self.time = Text::new(text).map(|text| (text, time)).or(self.time);
    }

    /// The result with which `rest` begins and that takes up so many bytes.
    #[inline]
    pub(super) fn result(&self, rest: &[u8], length: usize) -> Option<[Outcome; 2]> {
        let kept = self.results.get(place(rest, length)?)?.as_ref();
        kept.filter(|(text, _)| text.begins(rest)).map(|(_, outcomes)| *outcomes)
    }

    /// Remembers a result, the same.
    pub(super) fn keep_result(&mut self, rest: &[u8], length: usize, outcomes: [Outcome; 2]) {
        let text = rest.get(..length).and_then(Text::new);
        if let Some(place) = place(rest, length).and_then(|at| self.results.get_mut(at)) {
            *place = text.map(|text| (text, outcomes)).or(*place);
        }
    }
}

/// By the last bytes, where results differ most.
#[inline]
fn place(rest: &[u8], length: usize) -> Option<usize> {
    let last = u64::from(u32::from_le_bytes(*rest.get(..length)?.last_chunk()?)) << 8 | length as u64;
    let hash = last.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - RESULTS.trailing_zeros());
    usize::try_from(hash).ok()
}

/// A text that others are compared with in one step, whatever its length.
#[derive(Clone, Copy, Debug)]
struct Text {
    words: [u64; LONGEST / 8],
    /// Ones where it has bytes.
    kept: [u64; LONGEST / 8],
}

impl Text {
    fn new(text: &[u8]) -> Option<Self> {
        let [mut bytes, mut kept] = [[0; LONGEST]; 2];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        kept.get_mut(..text.len())?.fill(u8::MAX);
        Some(Self { words: words(&bytes), kept: words(&kept) })
    }

    /// Whether `rest` begins with it. What is shorter than the longest does not.
    #[inline]
    fn begins(&self, rest: &[u8]) -> bool {
        let Some(other) = rest.first_chunk::<LONGEST>().map(words) else { return false };
        let differences = other.iter().zip(&self.words).zip(&self.kept);
        differences.fold(0, |all, ((other, word), kept)| all | ((other ^ word) & kept)) == 0
    }
}

#[inline]
fn words(bytes: &[u8; LONGEST]) -> [u64; LONGEST / 8] {
    let mut words = [0; LONGEST / 8];
    for (word, part) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*part);
    }
    words
}

//! Where lines end, and where their fields do: found in whole blocks and kept as bits, in place of a loop over the bytes.

#![allow(
    clippy::inline_always,
    reason = "what is done for every line is one loop; weighed one by one, some of these are too large for it"
)]

use memchr::memchr;
use wide::u8x16;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes in which most lines end.
const WINDOW: usize = 3 * BLOCK;
/// Bytes of a line whose marks are kept.
const MARKED: usize = 2 * BLOCK;

/// Where lines of a text end and where one byte stands in it.
#[derive(Debug, Default)]
pub(in crate::replay) struct Marked {
    mark: u8,
    /// As many as the text needs, and some without bits for the window of its last line.
    blocks: Vec<Block>,
}

/// A bit for each byte of a block, the first one's the lowest.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    ends: u64,
    marks: u64,
}

/// A line without its end.
#[derive(Clone, Copy, Debug)]
pub(in crate::replay) struct Line<'l> {
    /// Its bytes.
    pub(in crate::replay) text: &'l [u8],
    /// Where the marked byte stands in it.
    pub(super) marks: Marks,
}

/// Where one byte stands in a line: a bit for each of its first bytes, the first one's the lowest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    bits: u128,
    mark: u8,
}

impl Marked {
    /// Looks through a text.
    pub(in crate::replay) fn find(&mut self, text: &[u8], mark: u8) {
        self.mark = mark;
        let (whole, rest) = text.as_chunks();
        let mut last = [0; BLOCK];
        for (copy, byte) in last.iter_mut().zip(rest) {
            *copy = *byte;
        }
        self.blocks.clear();
        self.blocks.extend(whole.iter().chain([&last]).map(|block| Block::of(block, mark)));
        self.blocks.extend([Block::default(); WINDOW / BLOCK]);
    }

    /// The line of the text that starts at a place, and where the next one starts.
    #[inline(always)]
    pub(in crate::replay) fn line<'l>(&self, text: &'l [u8], at: usize) -> (Line<'l>, usize) {
        let lines = text.get(at..).unwrap_or_default();
        let around = self.blocks.get(at / BLOCK..).and_then(<[Block]>::first_chunk);
        let (early, late, marks) = around.map_or((0, 0, 0), |around| window(around, at % BLOCK));
        // Without a branch, for the length of a line cannot be guessed from those before: of the late ones only where
        // there is no early one.
        let first = early.trailing_zeros() as usize;
        let mut length = first + first / MARKED * late.trailing_zeros() as usize;
        if length == WINDOW {
            length = length_behind(lines);
        }
        let own = u32::try_from(length).ok().and_then(|length| 1_u128.checked_shl(length));
        let bits = marks & own.map_or(u128::MAX, |behind| behind - 1);
        let line = lines.get(..length).unwrap_or(lines);
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        (Line { text, marks: Marks { bits, mark: self.mark } }, at + line.len() + 1)
    }
}

/// The length of a line that does not end in its window.
#[cold]
fn length_behind(lines: &[u8]) -> usize {
    let behind = lines.get(WINDOW..).and_then(|behind| memchr(b'\n', behind));
    behind.map_or(lines.len(), |at| WINDOW + at)
}

/// The bits of a window that starts in the first block: the ends of its first two thirds and of its last one, and the
/// marks of its first two thirds.
#[inline(always)]
fn window(around: &[Block; WINDOW / BLOCK + 1], shift: usize) -> (u128, u64, u128) {
    let [first, second, third, fourth] = around;
    // A block that starts the window is there without the one behind it.
    let joined = |low: u64, high: u64| low >> shift | high << 1 << (BLOCK - 1 - shift);
    let wide = |low: u64, high: u64| u128::from(low) | u128::from(high) << BLOCK;
    let early = wide(joined(first.ends, second.ends), joined(second.ends, third.ends));
    let marks = wide(joined(first.marks, second.marks), joined(second.marks, third.marks));
    (early, joined(third.ends, fourth.ends), marks)
}

impl<'l> Line<'l> {
    /// The first line of a text that nobody has looked through.
    pub(in crate::replay) fn alone(text: &'l [u8], mark: u8) -> Self {
        let mut marked = Marked::default();
        marked.find(text, mark);
        marked.line(text, 0).0
    }
}

impl Marks {
    /// Passes over the marks that stand side by side from `at` on, where the next one may be. What stands behind them;
    /// `None` if that is not among the kept ones.
    #[inline(always)]
    pub(super) fn pass(&mut self, at: usize) -> Option<usize> {
        // The bit that is added carries over them.
        let passed = self.bits.wrapping_add(1_u128.checked_shl(u32::try_from(at).ok()?)?);
        let behind = passed & !self.bits;
        self.bits &= passed;
        (behind != 0).then(|| behind.trailing_zeros() as usize)
    }

    /// The next mark of a line; all before `at` were taken or passed over.
    #[inline(always)]
    pub(super) fn next(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if self.bits == 0 {
            return self.next_behind(text, at);
        }
        let next = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(next)
    }

    /// The next mark behind the kept ones.
    #[cold]
    fn next_behind(self, text: &[u8], at: usize) -> Option<usize> {
        let from = at.max(MARKED);
        memchr(self.mark, text.get(from..)?).map(|found| from + found)
    }
}

impl Block {
    #[inline]
    fn of(bytes: &[u8; BLOCK], mark: u8) -> Self {
        Self { ends: bits(bytes, b'\n'), marks: bits(bytes, mark) }
    }
}

/// One bit for each byte of a block that is the wanted one.
#[inline]
fn bits(block: &[u8; BLOCK], wanted: u8) -> u64 {
    let wanted = u8x16::splat(wanted);
    let parts = block.as_chunks::<16>().0;
    parts
        .iter()
        .rev()
        .fold(0, |bits, part| bits << 16 | u64::from(u8x16::new(*part).simd_eq(wanted).to_bitmask()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(line: &Line<'_>) -> Vec<usize> {
        let (mut marks, mut at) = (line.marks, 0);
        let next = || {
            let found = marks.next(line.text, at)?;
            at = found + 1;
            Some(found)
        };
        std::iter::from_fn(next).collect()
    }

    proptest! {
        #[test]
        fn lines_and_marks_are_those_of_a_loop_over_the_bytes(
            text in "([ab ]{0,20}|[ab]{50,210}|\\r?\\n| {60,70}){0,12}",
            at in 0_usize..140,
        ) {
            let (mut marked, mut start, mut lines) = (Marked::default(), 0, Vec::new());
            marked.find(text.as_bytes(), b' ');
            while start < text.len() {
                let (line, behind) = marked.line(text.as_bytes(), start);
                let spaces = line.text.iter().enumerate().filter(|(_, byte)| **byte == b' ');
                prop_assert_eq!(marks(&line), spaces.map(|(at, _)| at).collect::<Vec<_>>());
                let after = line.text.get(at..).unwrap_or_default();
                let mut left = line.marks;
                left.bits &= u128::MAX.checked_shl(u32::try_from(at).expect("small")).unwrap_or(0);
                if let Some(passed) = left.pass(at).filter(|passed| *passed < line.text.len()) {
                    let run = after.iter().take_while(|byte| **byte == b' ').count();
                    prop_assert_eq!(passed, at + run);
                    let next = left.next(line.text, passed);
                    prop_assert_eq!(next, memchr(b' ', &after[run..]).map(|found| passed + found));
                }
                lines.push(line.text);
                start = behind;
            }
            let mut expected: Vec<&[u8]> = text.as_bytes().split(|byte| *byte == b'\n').collect();
            expected.pop_if(|last| last.is_empty());
            let expected: Vec<&[u8]> =
                expected.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
            prop_assert_eq!(lines, expected);
        }
    }
}

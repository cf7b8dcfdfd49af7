//! Where lines end, and where their fields do: found in whole blocks and kept as bits, in place of a loop over the bytes.

use std::hint::select_unpredictable;

use memchr::memchr;
use wide::u8x16;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes in which most lines end.
const WINDOW: usize = 3 * BLOCK;
/// Bytes of a line whose marks are kept.
const MARKED: usize = 2 * BLOCK;

/// A line without its end.
#[derive(Clone, Copy, Debug)]
pub(in crate::replay) struct Line<'l> {
    /// Its bytes.
    pub(in crate::replay) text: &'l [u8],
    /// Where the marked byte stands in it.
    pub(super) marks: Marks,
}

/// Where one byte stands in a line: a bit for each of its first bytes, the first one's the lowest. Bits behind the end of
/// the line mean nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    bits: u128,
    mark: u8,
}

impl<'l> Line<'l> {
    /// The first of some lines, where one byte is marked, and the rest of them.
    #[inline]
    pub(in crate::replay) fn first(lines: &'l [u8], mark: u8) -> (Self, &'l [u8]) {
        if let Some(window) = lines.first_chunk() {
            return Self::within(lines, window, mark);
        }
        let mut window = [0; WINDOW];
        for (copy, byte) in window.iter_mut().zip(lines) {
            *copy = *byte;
        }
        Self::within(lines, &window, mark)
    }

    #[inline]
    fn within(lines: &'l [u8], window: &[u8; WINDOW], mark: u8) -> (Self, &'l [u8]) {
        let blocks = window.as_chunks::<BLOCK>().0;
        let [ends, marks] = [b'\n', mark].map(|wanted| {
            let of = |at: usize| blocks.get(at).map_or(0, |block| bits(block, wanted));
            (u128::from(of(0)) | u128::from(of(1)) << BLOCK, of(2))
        });
        // The length of a line cannot be guessed from those before.
        let early = ends.0.trailing_zeros() as usize;
        let mut length = select_unpredictable(ends.0 != 0, early, MARKED + ends.1.trailing_zeros() as usize);
        if length == WINDOW {
            let behind = lines.get(WINDOW..).and_then(|behind| memchr(b'\n', behind));
            length = behind.map_or(lines.len(), |at| WINDOW + at);
        }
        let (text, rest) = lines.split_at_checked(length).unwrap_or((lines, &[]));
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        (Self { text, marks: Marks { bits: marks.0, mark } }, rest.get(1..).unwrap_or_default())
    }
}

impl Marks {
    /// Passes over the marks that stand side by side from `at` on, where the next one may be. What stands behind them;
    /// `None` if that is not among the kept ones.
    #[inline]
    pub(super) fn pass(&mut self, at: usize) -> Option<usize> {
        // The bit that is added carries over them.
        let passed = self.bits.wrapping_add(1_u128.checked_shl(u32::try_from(at).ok()?)?);
        let behind = passed & !self.bits;
        self.bits &= passed;
        (behind != 0).then(|| behind.trailing_zeros() as usize)
    }

    /// The next mark of a line; all before `at` were taken or passed over.
    #[inline]
    pub(super) fn next(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if self.bits == 0 {
            // Behind the kept ones.
            let from = at.max(MARKED);
            return memchr(self.mark, text.get(from..)?).map(|found| from + found);
        }
        let next = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        (next < text.len()).then_some(next)
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
            let mut rest = text.as_bytes();
            let mut lines = Vec::new();
            while !rest.is_empty() {
                let (line, behind) = Line::first(rest, b' ');
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
                rest = behind;
            }
            let mut expected: Vec<&[u8]> = text.as_bytes().split(|byte| *byte == b'\n').collect();
            expected.pop_if(|last| last.is_empty());
            let expected: Vec<&[u8]> =
                expected.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
            prop_assert_eq!(lines, expected);
        }
    }
}

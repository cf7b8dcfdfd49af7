//! A log in pieces of whole lines.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use memchr::{memchr, memrchr};

/// Longest line that is read, in bytes: what comes behind is passed over up to the end of the line.
pub const LONGEST_LINE: usize = 256 * 1024;

/// Bytes that are asked for at a time: few enough for a core's own cache.
pub(super) const PIECE: usize = 256 * 1024;

/// Pieces of whole lines, which threads take one after the other.
pub(super) trait Pieces: Sync {
    /// The next piece in place of what `piece` held, and its number; `None` at the end.
    fn next(&self, piece: &mut Piece) -> Option<u64>;
}

/// Bytes of a log with the lines among them.
#[derive(Debug, Default)]
pub(super) struct Piece {
    buffer: Vec<u8>,
    pub(super) lines: Range<usize>,
}

impl Piece {
    /// The whole lines.
    pub(super) fn lines(&self) -> &[u8] {
        self.bytes(self.lines.clone())
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Room for so many bytes at a place. What stands there is kept, so that nothing is written twice.
    pub(super) fn room(&mut self, range: Range<usize>) -> &mut [u8] {
        if self.buffer.len() < range.end {
            self.buffer.resize(range.end, 0);
        }
        self.buffer.get_mut(range).unwrap_or_default()
    }
}

/// A reader, cut into pieces that end where lines end.
#[derive(Debug)]
pub struct Chunks<R> {
    reader: R,
    piece: usize,
    /// The start of the next piece: the beginning of a line.
    carried: Vec<u8>,
    number: u64,
    ended: bool,
    /// Why the log could not be read to its end.
    pub(super) broken: Option<io::Error>,
}

impl<R: Read> Chunks<R> {
    /// Pieces of the usual size.
    pub fn new(reader: R) -> Self {
        Self::of_size(reader, PIECE)
    }

    /// Pieces of about `piece` bytes, at least one.
    pub fn of_size(reader: R, piece: usize) -> Self {
        Self { reader, piece: piece.max(1), carried: Vec::new(), number: 0, ended: false, broken: None }
    }

    /// What it reads from.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// Why the log broke off before its first line ended, if it did. Only after a sample.
    pub fn broke_off_at_once(&self) -> Option<&io::Error> {
        self.broken.as_ref().filter(|_| memchr(b'\n', &self.carried).is_none())
    }

    /// The first piece as the next reading will have it; at least so many bytes, unless the log is shorter.
    pub fn sample(&mut self, least: usize) -> &[u8] {
        let mut sample = std::mem::take(&mut self.carried);
        while sample.len() < least && self.more(&mut sample) > 0 {}
        self.carried = sample;
        &self.carried
    }

    /// Takes bytes away from the start, such as a byte-order mark. Only after a sample of at least so many.
    pub fn skip(&mut self, count: usize) {
        self.carried.drain(..count.min(self.carried.len()));
    }

    /// The next piece in place of what `lines` held, and its number; `None` at the end.
    fn next(&mut self, lines: &mut Vec<u8>) -> Option<u64> {
        lines.clear();
        lines.append(&mut self.carried);
        // What was carried over is only the start of a line, but for a sample.
        let mut searched = 0;
        loop {
            let added = self.more(lines);
            let fresh = lines.get(searched..).unwrap_or_default();
            if let Some(at) = memrchr(b'\n', fresh) {
                self.carried.extend_from_slice(fresh.get(at + 1..).unwrap_or_default());
                lines.truncate(searched + at + 1);
                break;
            }
            if added == 0 {
                // A line that was cut off with its log is none.
                if self.broken.is_some() {
                    lines.clear();
                }
                if lines.is_empty() {
                    return None;
                }
                break;
            }
            searched = lines.len();
            if lines.len() > LONGEST_LINE + 1 {
                self.pass_over(lines);
                break;
            }
        }
        self.number += 1;
        Some(self.number - 1)
    }

    /// Leaves of a line without an end what shows that it is too long, even if its last byte is taken for a part of its end.
    fn pass_over(&mut self, lines: &mut Vec<u8>) {
        lines.truncate(LONGEST_LINE + 2);
        let mut rest = Vec::new();
        while self.more(&mut rest) > 0 {
            if let Some(at) = memchr(b'\n', &rest) {
                self.carried.extend_from_slice(rest.get(at + 1..).unwrap_or_default());
                return;
            }
            rest.clear();
        }
    }

    /// Reads a piece to the end of `lines`; how many bytes. A piece is less only at the end of the log.
    fn more(&mut self, lines: &mut Vec<u8>) -> usize {
        let before = lines.len();
        lines.resize(before + self.piece, 0);
        let mut filled = 0;
        while filled < self.piece && !self.ended {
            match self.reader.read(lines.get_mut(before + filled..).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.broken = Some(error);
                }
            }
        }
        lines.truncate(before + filled);
        filled
    }
}

/// Waiting for the log ends with the reading, so that the others read while this piece is counted.
impl<R: Read + Send> Pieces for Mutex<Chunks<R>> {
    fn next(&self, piece: &mut Piece) -> Option<u64> {
        // Nobody panics while holding it, and if somebody did, the panic would end the run.
        let number = self.lock().unwrap_or_else(PoisonError::into_inner).next(&mut piece.buffer)?;
        piece.lines = 0..piece.buffer.len();
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(log: &[u8], size: usize) -> Vec<Vec<u8>> {
        let mut chunks = Chunks::of_size(log, size);
        chunks.sample(size);
        let (mut all, mut lines) = (Vec::new(), Vec::new());
        while chunks.next(&mut lines).is_some() {
            all.push(lines.clone());
        }
        all
    }

    #[test]
    fn pieces_are_whole_lines_and_together_the_log() {
        let log = b"one\ntwo\n\nthree and more\nfour";
        for size in 1..40 {
            let pieces = pieces(log, size);
            assert_eq!(pieces.concat(), log, "{size}");
            let (last, whole) = pieces.split_last().expect("a piece");
            assert!(whole.iter().all(|piece| piece.ends_with(b"\n")), "{size}");
            assert!(last.ends_with(b"four"), "{size}");
        }
        assert_eq!(pieces(b"", 7), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn a_line_without_end_takes_no_more_memory_than_the_longest() {
        let mut log = b"first\n".to_vec();
        log.resize(4 * LONGEST_LINE, b'x');
        log.extend_from_slice(b"\nlast\n");
        for size in [1000, LONGEST_LINE, 3 * LONGEST_LINE] {
            let mut longest = 0;
            let mut text = Vec::new();
            for piece in pieces(&log, size) {
                longest = longest.max(piece.len());
                text.extend_from_slice(&piece);
                if !piece.ends_with(b"\n") {
                    text.push(b'\n');
                }
            }
            assert!(longest <= LONGEST_LINE + 2 * size + 2, "{size}: {longest}");
            let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
            assert_eq!(
                (lines.len(), lines.first(), lines.get(2)),
                (4, Some(&&b"first"[..]), Some(&&b"last"[..]))
            );
            assert!(lines.get(1).expect("a line").len() > LONGEST_LINE, "{size}");
        }
    }
}

//! A file in pieces of whole lines, which several threads read at once: each piece is asked for where it stands.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use memchr::{memchr, memrchr};

use super::chunks::{LONGEST_LINE, PIECE, Piece, Pieces};

/// Bytes behind a piece in which its last line mostly ends, so that it need not be asked for again.
const BEHIND: usize = 1024;

/// A file, cut into spans of one size. A line belongs to the span in which it starts.
#[derive(Debug)]
pub struct Spans<'f> {
    file: &'f File,
    start: u64,
    end: u64,
    size: usize,
    next: AtomicU64,
    broken: AtomicBool,
}

impl<'f> Spans<'f> {
    /// Spans of the usual size, from `start` on, where a line starts. `None` for what is no file of a known length, and on
    /// systems that cannot read at a place.
    pub fn new(file: &'f File, start: u64) -> Option<Self> {
        Self::of_size(file, start, PIECE)
    }

    /// Spans of `size` bytes, at least one.
    pub fn of_size(file: &'f File, start: u64, size: usize) -> Option<Self> {
        let about = file.metadata().ok().filter(|about| cfg!(unix) && about.is_file())?;
        let (next, broken) = (AtomicU64::new(0), AtomicBool::new(false));
        (about.len() > start).then(|| Self { file, start, end: about.len(), size: size.max(1), next, broken })
    }

    /// Whether the file could not be read as long as it was; what was counted then is to be thrown away.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The lines that start in a span; `None` behind the end of the file.
    fn read(&self, number: u64, piece: &mut Piece) -> io::Result<Option<()>> {
        let size = self.size as u64;
        let from = number.checked_mul(size).and_then(|before| before.checked_add(self.start));
        let Some(from) = from.filter(|from| *from < self.end) else { return Ok(None) };
        let to = self.end.min(from.saturating_add(size));
        // The byte before shows whether a line starts with the span.
        let begin = if number == 0 { from } else { from - 1 };
        let own = usize::try_from(to - begin).map_err(io::Error::other)?;
        let mut read = self.fill(begin, 0, own + BEHIND, piece)?;
        let first = match number {
            0 => Some(0),
            _ => memchr(b'\n', piece.bytes(0..own)).map(|at| at + 1),
        };
        let Some(first) = first else {
            piece.lines = 0..0;
            return Ok(Some(()));
        };
        // The last line that starts in the span ends with it or behind it.
        let last = memrchr(b'\n', piece.bytes(first..own - 1)).map_or(first, |at| first + at + 1);
        let mut searched = own - 1;
        let end = loop {
            if let Some(at) = memchr(b'\n', piece.bytes(searched..read)) {
                break searched + at + 1;
            }
            if begin + read as u64 == self.end {
                break read;
            }
            // A line that is too long needs not be whole: so many bytes show that it is.
            if read > last + LONGEST_LINE + 1 {
                break last + LONGEST_LINE + 2;
            }
            searched = read;
            read = self.fill(begin, read, read + PIECE, piece)?;
        };
        piece.lines = first..end;
        Ok(Some(()))
    }

    /// Reads what stands from `begin` on into a piece, of which so many bytes are filled, up to `wanted` bytes or the end;
    /// how many there are then.
    fn fill(&self, begin: u64, mut filled: usize, wanted: usize, piece: &mut Piece) -> io::Result<usize> {
        let rest = usize::try_from(self.end - begin).unwrap_or(usize::MAX);
        let wanted = wanted.min(rest);
        while filled < wanted {
            let place = piece.room(filled..wanted);
            match read_at(self.file, place, begin + filled as u64) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl Pieces for Spans<'_> {
    fn next(&self, piece: &mut Piece) -> Option<u64> {
        if self.is_broken() {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let read = self.read(number, piece);
        if read.is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
        read.ok().flatten().map(|()| number)
    }
}

#[cfg(unix)]
fn read_at(file: &File, place: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, place, at)
}

#[cfg(not(unix))]
fn read_at(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn file(log: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(log).expect("written");
        file
    }

    fn pieces(file: &File, start: u64, size: usize) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let Some(spans) = Spans::of_size(file, start, size) else { return pieces };
        let mut piece = Piece::default();
        while spans.next(&mut piece).is_some() {
            pieces.push(piece.lines().to_vec());
        }
        assert!(!spans.is_broken());
        pieces
    }

    proptest! {
        #[test]
        fn pieces_are_whole_lines_and_together_the_log(
            log in "([a-z]{0,9}|[a-z]{1,9}\\n|\\n){0,12}",
            start in 0_usize..3,
            size in 1_usize..20,
        ) {
            let start = start.min(log.len());
            let pieces = pieces(&file(log.as_bytes()), start as u64, size);
            prop_assert_eq!(pieces.concat(), &log.as_bytes()[start..]);
            let own = |piece: &&Vec<u8>| !piece.is_empty();
            let mut last = pieces.iter().rev().filter(own);
            last.next();
            prop_assert!(last.all(|piece| piece.ends_with(b"\n")));
        }
    }

    #[test]
    fn a_long_line_is_read_whole_and_one_that_is_too_long_as_far_as_it_shows_that() {
        for (length, size) in [(5_000, 4_000), (LONGEST_LINE, 1_000), (LONGEST_LINE + 1, PIECE)] {
            let log = [b"first\n", vec![b'x'; length].as_slice(), b"\nlast\n"].concat();
            assert_eq!(pieces(&file(&log), 0, size).concat(), log, "{length}");
        }
        for (length, size) in
            [(LONGEST_LINE + 2, 1_000), (5 * LONGEST_LINE, 1_000), (5 * LONGEST_LINE, 3 * PIECE)]
        {
            let log = [b"first\n", vec![b'x'; length].as_slice(), b"\nlast\n"].concat();
            let pieces = pieces(&file(&log), 0, size);
            let lines: Vec<usize> = pieces
                .iter()
                .flat_map(|piece| piece.split_inclusive(|byte| *byte == b'\n'))
                .map(<[u8]>::len)
                .collect();
            assert_eq!(lines.len(), 3, "{length}: {lines:?}");
            assert!(lines[1] > LONGEST_LINE + 1, "{length}: {lines:?}");
            assert!(
                pieces
                    .iter()
                    .all(|piece| piece.len() <= size.max(LONGEST_LINE) + length.min(PIECE) + BEHIND + 9)
            );
        }
    }

    #[test]
    fn a_file_that_became_shorter_is_broken() {
        let file = file(b"first\nsecond\nthird\n");
        let spans = Spans::of_size(&file, 0, 8).expect("a file");
        file.set_len(10).expect("cut");
        let mut piece = Piece::default();
        assert_eq!(spans.next(&mut piece), None);
        assert!(spans.is_broken());
    }

    #[test]
    fn what_has_no_known_length_has_no_spans() {
        assert!(Spans::new(&file(b""), 0).is_none());
        assert!(Spans::new(&file(b"abc"), 3).is_none());
        #[cfg(target_os = "linux")]
        for path in ["/dev/null", "/proc/self/status", "/"] {
            assert!(Spans::new(&File::open(path).expect("a file"), 0).is_none(), "{path}");
        }
    }
}

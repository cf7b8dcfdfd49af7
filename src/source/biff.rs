//! Records of workbooks before 2007: a number, a length, and up to 8 KiB; longer ones go on in further records.

use super::runs::{Look, push};

/// One record with what goes on with it.
#[derive(Clone, Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) data: &'a [u8],
    /// The records that go on with it, still in the stream.
    more: &'a [u8],
}

impl<'a> Record<'a> {
    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        u16_at(self.data, at)
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    pub(super) fn f64(&self, at: usize) -> Option<f64> {
        Some(f64::from_le_bytes(*self.data.get(at..)?.first_chunk()?))
    }

    /// Its texts from a place on.
    pub(super) fn texts(&self, at: usize) -> Texts<'a> {
        Texts { piece: self.data.get(at..).unwrap_or_default(), more: self.more }
    }
}

/// The records of a stream, up to its end or the first one that is cut off.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    stream: &'a [u8],
}

impl<'a> Records<'a> {
    pub(super) fn from(stream: &'a [u8], at: usize) -> Self {
        Self { stream: stream.get(at..).unwrap_or_default() }
    }
}

const CONTINUE: u16 = 0x3C;

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        loop {
            let (kind, data, rest) = split_record(self.stream)?;
            self.stream = rest;
            if kind != CONTINUE {
                return Some(Record { kind, data, more: rest });
            }
        }
    }
}

fn split_record(stream: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (kind, length) = (u16_at(stream, 0)?, u16_at(stream, 2)?);
    let (data, rest) = stream.get(4..)?.split_at_checked(length.into())?;
    Some((kind, data, rest))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Texts one after the other, across the records that they go on in.
#[derive(Clone, Debug)]
pub(super) struct Texts<'a> {
    piece: &'a [u8],
    more: &'a [u8],
}

impl<'a> Texts<'a> {
    /// The next text, its length in two bytes; `None` behind the last one, or where one is cut off.
    pub(super) fn next_long(&mut self) -> Option<String> {
        self.next_marked(&[])
    }

    /// The next such text, with marks around parts that look different by these fonts.
    pub(super) fn next_marked(&mut self, fonts: &[Look]) -> Option<String> {
        if self.piece.is_empty() {
            self.go_on()?;
        }
        let length = u16::from_le_bytes([self.byte()?, self.byte()?]);
        self.text(length.into(), fonts)
    }

    /// The next text, its length in one byte.
    pub(super) fn next_short(&mut self) -> Option<String> {
        let length = self.byte()?;
        self.text(length.into(), &[])
    }

    fn text(&mut self, length: usize, fonts: &[Look]) -> Option<String> {
        let flags = self.byte()?;
        let runs =
            if flags & 8 == 0 { 0 } else { usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])) };
        let extra = if flags & 4 == 0 {
            0
        } else {
            u32::from_le_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?])
        };
        let units = self.characters(length, flags & 1 != 0)?;
        let mut text = String::with_capacity(units.len());
        let (mut from, mut look) = (0, Look::default());
        for _ in 0..runs {
            let (at, font) = (self.number()?, self.number()?);
            let at = usize::from(at).clamp(from, units.len());
            push(&mut text, look, &String::from_utf16_lossy(units.get(from..at)?));
            // No font has the number 4.
            let font = usize::from(font - u16::from(font > 4));
            (from, look) = (at, fonts.get(font).copied().unwrap_or_default());
        }
        push(&mut text, look, &String::from_utf16_lossy(units.get(from..)?));
        // Phonetic texts, which say nothing here.
        self.skip(usize::try_from(extra).ok()?)?;
        Some(text)
    }

    fn characters(&mut self, length: usize, mut wide: bool) -> Option<Vec<u16>> {
        let mut units: Vec<u16> = Vec::new();
        while units.len() < length {
            if self.piece.is_empty() {
                // Where a text goes on in another record, that one says anew how wide its characters are.
                self.go_on()?;
                wide = self.byte()? & 1 != 0;
            }
            let left = length - units.len();
            let bytes = self.take(if wide { left * 2 } else { left });
            if wide {
                let (pairs, odd) = bytes.as_chunks::<2>();
                units.extend(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
                if !odd.is_empty() {
                    return None;
                }
            } else {
                units.extend(bytes.iter().map(|byte| u16::from(*byte)));
            }
        }
        Some(units)
    }

    /// The next bytes of this piece, at most so many.
    fn take(&mut self, most: usize) -> &'a [u8] {
        let (bytes, rest) = self.piece.split_at(most.min(self.piece.len()));
        self.piece = rest;
        bytes
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.piece.split_first()?;
        self.piece = rest;
        Some(*byte)
    }

    /// A number behind the characters of a text, which can go on in another record.
    fn number(&mut self) -> Option<u16> {
        let mut bytes = [0; 2];
        for byte in &mut bytes {
            if self.piece.is_empty() {
                self.go_on()?;
            }
            *byte = self.byte()?;
        }
        Some(u16::from_le_bytes(bytes))
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            if self.piece.is_empty() {
                self.go_on()?;
            }
            bytes -= self.take(bytes).len();
        }
        Some(())
    }

    fn go_on(&mut self) -> Option<()> {
        loop {
            let (kind, data, rest) = split_record(self.more)?;
            if kind != CONTINUE {
                return None;
            }
            (self.piece, self.more) = (data, rest);
            if !data.is_empty() {
                return Some(());
            }
        }
    }
}

//! Compressed logs, recognised by their first bytes.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

/// Memory that a zst file may ask for, as a power of two: what its own program takes without being told.
const LARGEST_WINDOW: u32 = 27;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// Not at all.
    Plain,
    /// gzip; several members one behind the other are one log.
    Gz,
    /// Zstandard, the same.
    Zst,
    /// Something else, by its name; it has to be unpacked first.
    Other(&'static str),
}

impl Packed {
    /// By the first bytes of a file, six where it has them.
    pub fn of(start: &[u8]) -> Self {
        const MARKS: [(&[u8], Packed); 7] = [
            (b"\x1f\x8b", Packed::Gz),
            (b"\x28\xb5\x2f\xfd", Packed::Zst),
            (b"BZh", Packed::Other("bzip2")),
            (b"\xfd7zXZ", Packed::Other("xz")),
            (b"PK\x03\x04", Packed::Other("zip")),
            (b"\xff\xfe", Packed::Other("UTF-16")),
            (b"\xfe\xff", Packed::Other("UTF-16")),
        ];
        MARKS.iter().find(|(mark, _)| start.starts_with(mark)).map_or(Self::Plain, |(_, packed)| *packed)
    }
}

/// The bytes of a log as they were before it was packed. What is `Other` is read as it is.
pub fn unpack<R: Read + Send + 'static>(packed: Packed, reader: R) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packed {
        Packed::Plain | Packed::Other(_) => Box::new(reader),
        Packed::Gz => Box::new(MultiGzDecoder::new(reader)),
        Packed::Zst => {
            let mut decoder = zstd::stream::read::Decoder::new(reader)?;
            decoder.window_log_max(LARGEST_WINDOW)?;
            Box::new(decoder)
        }
    })
}

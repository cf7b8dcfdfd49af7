//! Ordinary files, read with a bound.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The bytes of an ordinary file, at most one more than `most`: never a pipe or a device, which have no end.
pub(crate) fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

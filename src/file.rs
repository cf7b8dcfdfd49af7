//! Ordinary files, read with a bound, replaced in one step.

use std::fs::{self, File};
use std::io::{self, Read, Write};
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

/// Replaces an ordinary file in one step: whoever reads it sees the old bytes or the new ones. What a link points to is
/// replaced, not the link; who may read the file stays. A file that must not be written is not replaced either, although
/// its folder would allow it.
pub(crate) fn replace_regular(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    if fs::metadata(&path)?.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    drop(File::options().write(true).open(&path)?);
    let beside = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(beside)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

//! The zip of an onboarding package, under limits: sizes in a zip can lie, so that bytes are counted as they come.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// Largest part, inflated, in bytes.
const PART: u64 = 1 << 20;
/// Largest sum of all parts, in bytes.
const WHOLE: u64 = 4 << 20;
/// Most parts: a package has up to ten.
const PARTS: usize = 64;

/// The parts, inflated. The error completes "the archive …" and names nothing of it.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| "is damaged")?;
    if archive.len() > PARTS {
        return Err("has more parts than any onboarding package");
    }
    let (mut parts, mut total) = (Vec::new(), 0);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| "is damaged, or protected by a password")?;
        let mut content = Vec::new();
        part.take(PART + 1).read_to_end(&mut content).map_err(|_| "is damaged")?;
        total += content.len() as u64;
        if content.len() as u64 > PART || total > WHOLE {
            return Err("inflates to more than any onboarding package");
        }
        parts.push(content);
    }
    Ok(parts)
}

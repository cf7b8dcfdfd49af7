//! Zip archives under limits: every part that is needed is inflated once, counting, and nobody else sees the rest.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::limits::{ARCHIVE_BYTES, ARCHIVE_PARTS, PART_BYTES};

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ZipFault {
    /// Not a zip archive, or a damaged one.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// A part that needs a password.
    #[error("is protected by a password")]
    Encrypted,
    /// More parts than any workbook has.
    #[error("has {0} parts, more than {ARCHIVE_PARTS}")]
    TooManyParts(usize),
    /// A part that inflates to more than any workbook's.
    #[error("has the part `{0}`, which inflates to more than {limit} MiB", limit = PART_BYTES >> 20)]
    PartTooLarge(String),
    /// Parts that inflate to more than any workbook.
    #[error("inflates to more than {limit} MiB", limit = ARCHIVE_BYTES >> 20)]
    TooLarge,
}

/// The parts that `keep` names, inflated, of an archive in which none of them breaks a limit. The others are never
/// inflated, here or later.
pub(super) fn inflate(
    bytes: &[u8],
    keep: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Vec<u8>>, ZipFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| fault(&error))?;
    if archive.len() > ARCHIVE_PARTS {
        return Err(ZipFault::TooManyParts(archive.len()));
    }
    let mut kept = BTreeMap::new();
    let mut total = 0;
    for index in 0..archive.len() {
        if !archive.name_for_index(index).and_then(Result::ok).is_some_and(|name| keep(&name)) {
            continue;
        }
        let part = archive.by_index(index).map_err(|error| fault(&error))?;
        let name = part.name().map_err(|error| fault(&error))?.into_owned();
        let mut content = Vec::new();
        let limit = PART_BYTES.min(ARCHIVE_BYTES - total);
        let length = io::copy(&mut part.take(limit + 1), &mut content)
            .map_err(|error| ZipFault::Damaged(format!("part `{name}`: {error}")))?;
        if length > PART_BYTES {
            return Err(ZipFault::PartTooLarge(name));
        }
        total += length;
        if total > ARCHIVE_BYTES {
            return Err(ZipFault::TooLarge);
        }
        kept.insert(name, content);
    }
    Ok(kept)
}

/// An archive of nothing but these parts, uncompressed: whoever reads it sees what was counted. Each part is freed as
/// soon as it is in the archive.
pub(super) fn store(parts: BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, ZipFault> {
    let room = parts.iter().map(|(name, content)| content.len() + 2 * name.len() + 256).sum();
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(room)));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in parts {
        archive.start_file(name.as_str(), options).map_err(|error| fault(&error))?;
        archive.write_all(&content).map_err(|error| ZipFault::Damaged(format!("part `{name}`: {error}")))?;
    }
    Ok(archive.finish().map_err(|error| fault(&error))?.into_inner())
}

fn fault(error: &ZipError) -> ZipFault {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => ZipFault::Encrypted,
        ZipError::InvalidPassword => ZipFault::Encrypted,
        other => ZipFault::Damaged(other.to_string()),
    }
}

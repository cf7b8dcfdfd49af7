//! Zip archives under limits: every part is inflated once, counting, before anybody else sees the archive.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};

use zip::ZipArchive;
use zip::result::ZipError;

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

/// The parts that `keep` names, inflated, of an archive in which no part breaks a limit.
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
        let part = archive.by_index(index).map_err(|error| fault(&error))?;
        let name = part.name().map_err(|error| fault(&error))?.into_owned();
        let limit = PART_BYTES.min(ARCHIVE_BYTES - total);
        let mut limited = part.take(limit + 1);
        let length = if keep(&name) {
            let mut content = Vec::new();
            let length = copy(&mut limited, &mut content, &name)?;
            kept.insert(name.clone(), content);
            length
        } else {
            copy(&mut limited, &mut io::sink(), &name)?
        };
        if length > PART_BYTES {
            return Err(ZipFault::PartTooLarge(name));
        }
        total += length;
        if total > ARCHIVE_BYTES {
            return Err(ZipFault::TooLarge);
        }
    }
    Ok(kept)
}

fn copy(from: &mut impl Read, to: &mut impl Write, name: &str) -> Result<u64, ZipFault> {
    io::copy(from, to).map_err(|error| ZipFault::Damaged(format!("part `{name}`: {error}")))
}

fn fault(error: &ZipError) -> ZipFault {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => ZipFault::Encrypted,
        ZipError::InvalidPassword => ZipFault::Encrypted,
        other => ZipFault::Damaged(other.to_string()),
    }
}

//! Zip archives under limits: every part that is needed is inflated once, counting, and nobody else sees the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read, Write as _};
use std::ops::Range;

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
    let mut kept = BTreeMap::new();
    let mut archive = open(bytes)?;
    for_each_part(&mut archive, keep, |name, part| {
        let mut content = Vec::new();
        let length = io::copy(part, &mut content).map_err(|error| broken(name, &error))?;
        kept.insert(name.to_owned(), content);
        Ok(length)
    })?;
    Ok(kept)
}

/// The name of a part as programs compare it, which write either slash and letters of either case.
pub(super) fn folded(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

/// Parts of an archive by name, inflated.
pub(super) type Parts<'a> = BTreeMap<&'a str, &'a [u8]>;

/// An archive of nothing but needed parts, uncompressed: whoever reads it sees what was counted.
pub(super) struct Stored {
    archive: Vec<u8>,
    places: BTreeMap<String, Range<usize>>,
}

impl Stored {
    /// The parts that `keep` names, each inflated once and straight to its place. Limits are those of `inflate`.
    pub(super) fn of(bytes: &[u8], keep: impl Fn(&str) -> bool) -> Result<Self, ZipFault> {
        let mut archive = open(bytes)?;
        let room = room(&mut archive, &keep);
        let mut stored = ZipWriter::new(Cursor::new(Vec::with_capacity(room)));
        for_each_part(&mut archive, keep, |name, part| {
            stored.start_file(name, as_it_is()).map_err(|error| fault(&error))?;
            io::copy(part, &mut stored).map_err(|error| broken(name, &error))
        })?;
        Self::uncompressed(stored.finish().map_err(|error| fault(&error))?.into_inner())
    }

    /// An archive that is uncompressed already.
    pub(super) fn uncompressed(archive: Vec<u8>) -> Result<Self, ZipFault> {
        let places = places(&archive).map_err(|error| fault(&error))?;
        let mut names = BTreeSet::new();
        // Which of two is meant nobody could tell, and who reads them could take one each.
        if let Some(name) = places.keys().find(|name| !names.insert(folded(name))) {
            return Err(ZipFault::Damaged(format!("it has two parts with the name `{name}`")));
        }
        Ok(Self { archive, places })
    }

    /// The parts.
    pub(super) fn parts(&self) -> Parts<'_> {
        let part = |place: &Range<usize>| self.archive.get(place.clone()).unwrap_or_default();
        self.places.iter().map(|(name, place)| (name.as_str(), part(place))).collect()
    }

    /// The archive with other parts in place of some.
    pub(super) fn replacing(&self, others: &BTreeMap<&str, &[u8]>) -> Result<Vec<u8>, ZipFault> {
        let parts = self.parts();
        let content = |name: &str, part| others.get(name).copied().unwrap_or(part);
        let room: usize = parts.iter().map(|(name, part)| of_stored(name, content(name, part).len())).sum();
        let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(room)));
        for (name, part) in parts {
            archive.start_file(name, as_it_is()).map_err(|error| fault(&error))?;
            archive.write_all(content(name, part)).map_err(|error| broken(name, &error))?;
        }
        Ok(archive.finish().map_err(|error| fault(&error))?.into_inner())
    }

    /// The archive.
    pub(super) fn into_archive(self) -> Vec<u8> {
        self.archive
    }
}

/// How a part is kept.
fn as_it_is() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// Bytes that a part takes in an uncompressed archive, at most.
fn of_stored(name: &str, length: usize) -> usize {
    /// Bytes for each part besides its content and twice its name.
    const OF_PART: usize = 256;
    length + 2 * name.len() + OF_PART
}

type Archive<'b> = ZipArchive<Cursor<&'b [u8]>>;

fn open(bytes: &[u8]) -> Result<Archive<'_>, ZipFault> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| fault(&error))?;
    if archive.len() > ARCHIVE_PARTS {
        return Err(ZipFault::TooManyParts(archive.len()));
    }
    Ok(archive)
}

/// Gives the content of every part that `keep` names to `take`, which says how many bytes it took.
fn for_each_part(
    archive: &mut Archive<'_>,
    keep: impl Fn(&str) -> bool,
    mut take: impl FnMut(&str, &mut dyn Read) -> Result<u64, ZipFault>,
) -> Result<(), ZipFault> {
    let mut total = 0;
    for index in 0..archive.len() {
        if !archive.name_for_index(index).and_then(Result::ok).is_some_and(|name| keep(&name)) {
            continue;
        }
        let part = archive.by_index(index).map_err(|error| fault(&error))?;
        let name = part.name().map_err(|error| fault(&error))?.into_owned();
        let limit = PART_BYTES.min(ARCHIVE_BYTES - total);
        let length = take(&name, &mut part.take(limit + 1))?;
        if length > PART_BYTES {
            return Err(ZipFault::PartTooLarge(name));
        }
        total += length;
        if total > ARCHIVE_BYTES {
            return Err(ZipFault::TooLarge);
        }
    }
    Ok(())
}

/// Bytes for an archive of the parts that `keep` names. What a part declares counts as far as it can be true.
fn room(archive: &mut Archive<'_>, keep: impl Fn(&str) -> bool) -> usize {
    /// Bytes that one byte can inflate to.
    const MOST_INFLATED: u64 = 1032;
    let mut room = 0;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index_raw(index) else { continue };
        let Some(name) = part.name().ok().filter(|name| keep(name)) else { continue };
        let content = part.size().min(part.compressed_size().saturating_mul(MOST_INFLATED));
        room += content.min(PART_BYTES) + of_stored(&name, 0) as u64;
    }
    usize::try_from(room.min(ARCHIVE_BYTES)).unwrap_or(0)
}

/// Where each part of an uncompressed archive stands.
fn places(archive: &[u8]) -> Result<BTreeMap<String, Range<usize>>, ZipError> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut places = BTreeMap::new();
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index)?;
        let start = usize::try_from(part.data_start().unwrap_or(0)).unwrap_or(0);
        let length = usize::try_from(part.size()).unwrap_or(0);
        places.insert(part.name()?.into_owned(), start..start.saturating_add(length));
    }
    Ok(places)
}

fn broken(name: &str, error: &io::Error) -> ZipFault {
    ZipFault::Damaged(format!("part `{name}`: {error}"))
}

fn fault(error: &ZipError) -> ZipFault {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => ZipFault::Encrypted,
        ZipError::InvalidPassword => ZipFault::Encrypted,
        other => ZipFault::Damaged(other.to_string()),
    }
}

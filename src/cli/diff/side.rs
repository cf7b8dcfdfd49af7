//! One side of a diff, as it was typed: a list, an output folder, or entries of a lock.

use std::path::PathBuf;

use crate::cli::Stop;
use crate::cli::job::{file_name, read_file};

/// A list may not be larger than this; the reader has finer limits for each kind.
const LARGEST_SOURCE: u64 = 64 << 20;

/// A list, not yet read.
pub(super) struct Copy {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What is compared.
pub(super) enum Side {
    /// Published lists that count as one.
    Lists(Vec<Copy>),
    /// Rendered files.
    Folder(PathBuf),
}

impl Side {
    /// Finds out what `argument` names.
    pub(super) fn find(argument: &str) -> Result<Self, Stop> {
        let path = PathBuf::from(argument);
        if path.is_dir() {
            return Ok(Self::Folder(path));
        }
        let bytes = read_file(&path, LARGEST_SOURCE)?;
        Ok(Self::Lists(vec![Copy { name: file_name(&path), bytes }]))
    }
}

//! The last stage: a set of files into a folder. Whoever looks finds the old set or the new one, never a mix.
//!
//! ```text
//! lock ──▶ finish what was interrupted ──▶ compare ──▶ exchange: a sibling folder, ready, swapped in one step
//!                                                 └──▶ journal:  staged files, a list of them, renames
//! ```
//!
//! The exchange needs a parent folder that may be written and a system that swaps folders. Where that is missing the
//! journal takes its place: a run that is killed half-way leaves a list of what remains to be done, and the next run
//! or the next reader does it.

mod exchange;
mod journal;
mod lock;
mod look;
mod set;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::render::Artifact;
use lock::Usage;
use set::{Fault, Work, files_of_manifest, read_regular};

/// Name of the file that lists all others.
pub const MANIFEST: &str = "manifest.json";

/// What a write changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that are new or have other bytes than before.
    pub written: Vec<String>,
    /// Files that have the same bytes as before.
    pub unchanged: usize,
    /// Files of the last build that this one does not have.
    pub removed: Vec<String>,
}

/// Why a folder could not be written or read, and where.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file or folder; what stood in the folder still stands there.
    #[error("writing `{path}`: {source}; what was there before is untouched")]
    File {
        /// Path as the user gave it.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A folder that is to be read.
    #[error("reading `{path}`: {source}")]
    Read {
        /// Path as the user gave it.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A set that is half in place: the journal says what remains.
    #[error("`{path}` holds half of a build that was interrupted, and it cannot be finished: {source}")]
    HalfWay {
        /// Path as the user gave it.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another run writes or reads the folder and does not end.
    #[error("another run is using `{path}`; nothing was written")]
    Busy {
        /// Path as the user gave it.
        path: String,
    },
}

/// How a run that was killed while it wrote was brought to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// All new files were ready: they were put in place.
    Finished,
    /// Some new files were missing: those that were ready were taken away.
    TakenBack,
}

/// What becomes of the set that is replaced.
#[derive(Clone, Copy, Debug)]
pub enum Old<'a> {
    /// It goes.
    Remove,
    /// It moves to this path, which does not exist yet and lies on the same file system.
    MoveTo(&'a Path),
}

/// A folder of output files, locked against other runs until it is dropped.
#[derive(Debug)]
pub struct OutputFolder {
    shown: PathBuf,
    real: PathBuf,
    made: bool,
    recovery: Option<Recovery>,
    lock: File,
}

impl OutputFolder {
    /// Makes the folder if it is missing, locks it, and brings an interrupted write to an end.
    pub fn open(folder: &Path) -> Result<Self, WriteError> {
        let error = |source| error(folder, source);
        let made = !folder.exists();
        fs::create_dir_all(folder).map_err(error)?;
        let real = fs::canonicalize(folder).map_err(error)?;
        let lock = lock::lock(&real, Usage::Write).map_err(|fault| fault.of(folder))?;
        let recovery = recover(&real, folder)?;
        exchange::clear(&real);
        Ok(Self { shown: folder.to_owned(), real, made, recovery, lock })
    }

    /// Its path as the user gave it.
    pub fn shown(&self) -> String {
        self.shown.display().to_string()
    }

    /// How an interrupted write was brought to an end, if there was one.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }

    /// The manifest of the last build, if there is one that can be read.
    pub fn manifest(&self) -> Option<serde_json::Value> {
        earlier_manifest(&self.real)
    }

    /// Replaces the set in the folder by `files` (path below the folder, bytes), the manifest among them.
    ///
    /// Of the files that the old manifest lists, and of those `besides` them that were ours too, what the new set has
    /// not goes, unless `stays` says otherwise. Other files stay. Files with the same bytes are not touched.
    ///
    /// Two waits for the disk, whatever the number of files: for the new manifest before it is in force, and for the
    /// folder after it. What a power cut takes from the other files differs from what the manifest says of them, and
    /// the next build writes it again.
    pub fn replace(
        &mut self,
        files: &[(&str, &[u8])],
        besides: &[String],
        stays: impl Fn(&str) -> bool,
        old: Old<'_>,
    ) -> Result<Changes, WriteError> {
        let is_same = |(path, bytes): &&(&str, &[u8])| {
            read_regular(&self.real.join(path), bytes.len() as u64).is_some_and(|old| old == *bytes)
        };
        let (same, mut changed): (Vec<_>, Vec<_>) = files.iter().copied().partition(|file| is_same(&file));
        // The manifest comes last: it speaks for all others.
        changed.sort_by_key(|(path, _)| *path == MANIFEST);
        let new: BTreeSet<&str> = files.iter().map(|(path, _)| *path).collect();
        let mut removed = files_of_manifest(&self.real);
        removed.extend(besides.iter().cloned());
        removed.retain(|path| !new.contains(path.as_str()) && !stays(path) && set::is_ours(&self.real, path));
        let work = Work { folder: &self.real, changed, removed };
        if !work.is_empty() {
            match exchange::exchange(&work, &new, old) {
                Ok(lock) => self.lock = lock,
                Err(_) => journal::write(&work, old).map_err(|fault| self.error(fault))?,
            }
        }
        let written = work.changed.iter().map(|(path, _)| (*path).to_owned()).collect();
        Ok(Changes { written, unchanged: same.len(), removed: work.removed })
    }

    fn error(&self, fault: Fault) -> WriteError {
        let path = self.shown.join(&fault.path).display().to_string();
        if fault.half_way {
            WriteError::HalfWay { path, source: fault.source }
        } else {
            WriteError::File { path, source: fault.source }
        }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if self.made {
            // Succeeds only if nothing was written into it.
            let _ = fs::remove_dir(&self.real);
        }
    }
}

/// Writes `artifacts` and `manifest` into `folder`; of the last build, files of targets in `kept` stay.
pub fn write(
    folder: &mut OutputFolder,
    artifacts: &[Artifact],
    manifest: &str,
    kept: &[String],
) -> Result<Changes, WriteError> {
    let paths: Vec<String> = artifacts.iter().map(Artifact::path_in_folder).collect();
    let bytes = artifacts.iter().map(|artifact| artifact.bytes.as_slice());
    let mut files: Vec<(&str, &[u8])> = paths.iter().map(String::as_str).zip(bytes).collect();
    files.push((MANIFEST, manifest.as_bytes()));
    let stays = |path: &str| kept.iter().any(|target| path.split('/').next() == Some(target));
    folder.replace(&files, &[], stays, Old::Remove)
}

/// The manifest of the last build of a folder, if there is one that can be read.
pub fn earlier_manifest(folder: &Path) -> Option<serde_json::Value> {
    set::manifest(folder)
}

/// A folder that is being read: no run replaces its files until this is dropped.
#[derive(Debug)]
pub struct ReadingFolder {
    recovery: Option<Recovery>,
    lock: Option<File>,
}

impl ReadingFolder {
    /// Waits for a run that writes, and brings an interrupted one to an end. `folder` is an output folder or the
    /// folder of one target in it.
    pub fn open(folder: &Path) -> Result<Self, WriteError> {
        let unreadable = |source| WriteError::Read { path: folder.display().to_string(), source };
        let mut real = fs::canonicalize(folder).map_err(unreadable)?;
        if let Some(parent) = real.parent().filter(|parent| !is_set(&real) && is_set(parent)) {
            real = parent.to_owned();
        }
        let mut reading = Self { recovery: None, lock: None };
        // A folder that cannot be locked can still be read.
        reading.lock = match lock::lock(&real, Usage::Read) {
            Ok(lock) => Some(lock),
            Err(fault) => fault.unless_busy(folder)?,
        };
        if journal::is_there(&real) {
            reading.lock = None;
            reading.lock = Some(lock::lock(&real, Usage::Write).map_err(|fault| fault.of(folder))?);
            reading.recovery = recover(&real, folder)?;
        }
        Ok(reading)
    }

    /// How an interrupted write was brought to an end, if there was one.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }
}

/// Whether a folder holds a set of files, or half of one.
fn is_set(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file() || journal::is_there(folder)
}

/// Brings an interrupted write to an end in a folder that a user named.
fn recover(real: &Path, shown: &Path) -> Result<Option<Recovery>, WriteError> {
    journal::recover(real).map_err(|source| WriteError::HalfWay { path: shown.display().to_string(), source })
}

fn error(path: &Path, source: io::Error) -> WriteError {
    WriteError::File { path: path.display().to_string(), source }
}

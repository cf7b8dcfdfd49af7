//! Publishing into a folder: the whole set in one step, the sets before it kept beside the folder.
//!
//! ```text
//!  www/                     squid/allow.conf …, proxy.pac, manifest.json: the current set and what users keep there
//!  .www.allowlistc-sets/    0000000001-<id> …: the sets before it, oldest first
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::layout::{MANIFEST, public_names};
use super::record::RecordedSet;
use super::store::Published;
use crate::output_set::{NoSet, OutputSet};
use crate::write::{Changes, Old, OutputFolder, Recovery, WriteError};

/// Hexadecimal digits of an id in the name of a kept set.
const DIGITS: usize = 16;

/// What stopped publishing into a folder; the set that stood there still stands.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder could not be replaced.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The kept sets cannot be read or removed.
    #[error("looking after the kept sets in `{path}`: {source}")]
    Kept {
        /// The folder of kept sets.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is nothing to go back to.
    #[error("there is no set before the current one: `{0}` keeps none")]
    NoEarlier(String),
    /// The kept set is not what was published.
    #[error("the set before is not whole, the current one stays: {0}")]
    Damaged(NoSet),
}

/// A folder from which firewalls and browsers are served.
#[derive(Debug)]
pub struct Folder {
    folder: PathBuf,
    keep: usize,
}

impl Folder {
    /// A folder beside which `keep` sets are kept, the current one among them.
    pub fn new(folder: PathBuf, keep: usize) -> Self {
        Self { folder, keep }
    }

    /// Publishes `set`; what stood there is kept. An interrupted run is brought to an end first.
    pub fn publish(&self, set: &OutputSet) -> Result<(Published, Option<Recovery>), FolderError> {
        let mut folder = OutputFolder::open(&self.folder)?;
        let current = OutputSet::read(&self.folder).ok();
        let again = current.as_ref().is_some_and(|current| current.id == set.id);
        let home = match &current {
            Some(current) if !again => Some(self.home(&current.id)?),
            _ => None,
        };
        let old = home.as_deref().map_or(Old::Remove, Old::MoveTo);
        let changes = replace(&mut folder, current.as_ref(), set, old)?;
        self.forget()?;
        Ok((published(changes, set), folder.recovery()))
    }

    /// Puts the set that was published before back in place. The one that stood there is given up.
    pub fn roll_back(&self) -> Result<(Published, Option<Recovery>), FolderError> {
        let mut folder = OutputFolder::open(&self.folder)?;
        let current = OutputSet::read(&self.folder).ok();
        let kept = self.kept()?;
        let newest = kept.last().ok_or_else(|| FolderError::NoEarlier(self.sets().display().to_string()))?;
        let set = OutputSet::read(newest).map_err(FolderError::Damaged)?;
        let changes = replace(&mut folder, current.as_ref(), &set, Old::Remove)?;
        fs::remove_dir_all(newest).map_err(|source| self.fault(source))?;
        Ok((published(changes, &set), folder.recovery()))
    }

    /// The folder of kept sets: beside the served one and hidden, so that no server shows it.
    fn sets(&self) -> PathBuf {
        let real = fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
        real.with_file_name(format!(".{name}.allowlistc-sets"))
    }

    /// The kept sets, oldest first.
    fn kept(&self) -> Result<Vec<PathBuf>, FolderError> {
        let entries = match fs::read_dir(self.sets()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| self.fault(source))?,
        };
        let mut kept = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| self.fault(source))?.path();
            if number(&path).is_some() {
                kept.push(path);
            }
        }
        kept.sort();
        Ok(kept)
    }

    /// Where the set `id` is to be kept.
    fn home(&self, id: &str) -> Result<PathBuf, FolderError> {
        let sets = self.sets();
        fs::create_dir_all(&sets).map_err(|source| self.fault(source))?;
        let newest = self.kept()?.last().and_then(|path| number(path)).unwrap_or_default();
        Ok(sets.join(format!("{:010}-{}", newest.saturating_add(1), id.get(..DIGITS).unwrap_or(id))))
    }

    /// Removes the oldest sets: each is first renamed, so that half of one is never taken for a set.
    fn forget(&self) -> Result<(), FolderError> {
        let kept = self.kept()?;
        let most = self.keep.saturating_sub(1);
        for path in kept.iter().take(kept.len().saturating_sub(most)) {
            let leaving = path.with_file_name(".leaving");
            let _ = fs::remove_dir_all(&leaving);
            fs::rename(path, &leaving)
                .and_then(|()| fs::remove_dir_all(&leaving))
                .map_err(|source| self.fault(source))?;
        }
        Ok(())
    }

    fn fault(&self, source: io::Error) -> FolderError {
        FolderError::Kept { path: self.sets().display().to_string(), source }
    }
}

/// The number that a kept set's name starts with.
fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.split_once('-')?.0.parse().ok()
}

/// Every file under its public names, and the manifest.
fn replace(
    folder: &mut OutputFolder,
    current: Option<&OutputSet>,
    set: &OutputSet,
    old: Old<'_>,
) -> Result<Changes, WriteError> {
    let recorded = RecordedSet::of(set);
    let names = public_names(&recorded);
    let bytes =
        |path: &str| set.files.iter().find(|file| file.path == path).map_or(&[][..], |file| &file.bytes);
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|placed| (placed.to, bytes(placed.from))).collect();
    files.push((MANIFEST, &set.manifest));
    let besides: Vec<String> = current
        .into_iter()
        .flat_map(|current| current.files.iter().filter_map(|file| file.root_path().map(str::to_owned)))
        .collect();
    folder.replace(&files, &besides, |_| false, old)
}

fn published(changes: Changes, set: &OutputSet) -> Published {
    let Changes { written, unchanged, removed } = changes;
    Published { written, unchanged, removed, id: set.id.clone() }
}

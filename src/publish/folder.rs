//! Publishing into a folder: the whole set in one step, the sets before it kept beside the folder.
//!
//! ```text
//!  www/                     squid/allow.conf …, proxy.pac, manifest.json: the current set and what users keep there
//!  .www.allowlistc-sets/    0000000001-<id> …: the sets before it, oldest first; <id>-edited: changed by hand since
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::layout::{MANIFEST, public_names};
use super::record::RecordedSet;
use super::store::Published;
use crate::file::read_regular;
use crate::manifest::sha256;
use crate::output_set::{LARGEST_SET, NoSet, OutputSet, listed};
use crate::write::{Changes, Old, OutputFolder, Recovery, WriteError};

/// Hexadecimal digits of an id in the name of a kept set.
const DIGITS: usize = 16;
/// End of the name of a kept set whose files were changed after it was published.
const EDITED: &str = "-edited";

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
    /// Files that nobody published stand where files of the set belong.
    #[error("{}", in_the_way(.folder, .files))]
    InTheWay {
        /// The folder.
        folder: String,
        /// Paths below it.
        files: Vec<String>,
    },
    /// There is nothing to go back to.
    #[error("there is no set before the current one: `{0}` keeps none")]
    NoEarlier(String),
    /// Every set before was changed by hand.
    #[error("there is no set before the current one that is as it was published: `{0}` was changed by hand")]
    OnlyEdited(String),
    /// The kept set is not what was published.
    #[error("the set before is not whole, the current one stays: {0}")]
    Damaged(NoSet),
}

/// Names the first of the files.
fn in_the_way(folder: &str, files: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = files.iter().take(SHOWN).map(|file| format!("`{file}`")).collect();
    let names = match files.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    };
    let (are, them) = if files.len() == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "{names} in `{folder}` {are} not of a published set and would be lost; move {them} away, or publish into \
         another folder"
    )
}

/// What publishing into a folder did.
#[derive(Debug)]
pub struct Placement {
    /// What is published now.
    pub published: Published,
    /// How an interrupted run was brought to an end.
    pub recovery: Option<Recovery>,
    /// Published files that somebody had changed since.
    pub edited: Vec<String>,
    /// Where a set with such changes lies: the one that was replaced now, or one that was passed over.
    pub kept: Option<PathBuf>,
}

/// What stands in a folder by its own manifest, sound or not.
#[derive(Default)]
struct Standing {
    /// Id of the set; empty where there is none.
    id: String,
    /// Public names of its files.
    names: BTreeSet<String>,
    /// Those at the root.
    at_root: Vec<String>,
    /// Names whose file has other bytes, or is gone.
    edited: Vec<String>,
}

impl Standing {
    fn read(folder: &Path) -> Self {
        let manifest = read_regular(&folder.join(MANIFEST), LARGEST_SET).unwrap_or_default();
        let Ok(listed) = listed(&manifest) else { return Self::default() };
        let mut standing = Self { id: sha256(&manifest), ..Self::default() };
        standing.names.insert(MANIFEST.to_owned());
        for file in listed {
            let is_same = |name: &str| {
                read_regular(&folder.join(name), file.bytes).is_ok_and(|bytes| sha256(&bytes) == file.sha256)
            };
            for name in [Some(file.path.as_str()), file.root_path()].into_iter().flatten() {
                if !is_same(name) {
                    standing.edited.push(name.to_owned());
                }
                standing.names.insert(name.to_owned());
            }
            standing.at_root.extend(file.root_path().map(str::to_owned));
        }
        standing
    }
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
    pub fn publish(&self, set: &OutputSet) -> Result<Placement, FolderError> {
        let mut folder = OutputFolder::open(&self.folder)?;
        let standing = Standing::read(&self.folder);
        let is_other = !standing.id.is_empty() && standing.id != set.id;
        let placement = self.place(&mut folder, set, standing, is_other)?;
        self.forget(placement.kept.as_deref())?;
        Ok(placement)
    }

    /// Puts the set that was published before back in place, as it was published. The one that stood there is given
    /// up, unless somebody changed its files.
    pub fn roll_back(&self) -> Result<Placement, FolderError> {
        let mut folder = OutputFolder::open(&self.folder)?;
        let standing = Standing::read(&self.folder);
        let mut kept = self.kept()?;
        let passed_over = kept.iter().rev().take_while(|path| is_edited(path)).last().cloned();
        kept.retain(|path| !is_edited(path));
        let none = || match &passed_over {
            Some(edited) => FolderError::OnlyEdited(edited.display().to_string()),
            None => FolderError::NoEarlier(self.sets().display().to_string()),
        };
        let newest = kept.last().ok_or_else(none)?;
        let set = OutputSet::read(newest).map_err(FolderError::Damaged)?;
        let placement = self.place(&mut folder, &set, standing, false)?;
        fs::remove_dir_all(newest).map_err(|source| self.fault(source))?;
        Ok(Placement { kept: placement.kept.or(passed_over), ..placement })
    }

    /// Puts `set` in the place of what stands there, which moves aside if it `counts` or somebody changed it.
    fn place(
        &self,
        folder: &mut OutputFolder,
        set: &OutputSet,
        standing: Standing,
        counts: bool,
    ) -> Result<Placement, FolderError> {
        let recorded = RecordedSet::of(set);
        let files = files(&recorded, set);
        self.refuse_others(&files, &standing)?;
        let is_edited = !standing.edited.is_empty();
        let home = if counts || is_edited { Some(self.home(&standing)?) } else { None };
        let old = home.as_deref().map_or(Old::Remove, Old::MoveTo);
        let Changes { written, unchanged, removed } =
            folder.replace(&files, &standing.at_root, |_| false, old)?;
        Ok(Placement {
            published: Published { written, unchanged, removed, id: set.id.clone() },
            recovery: folder.recovery(),
            edited: standing.edited,
            kept: home.filter(|_| is_edited),
        })
    }

    /// Refuses to replace what nobody published.
    fn refuse_others(&self, files: &[(&str, &[u8])], standing: &Standing) -> Result<(), FolderError> {
        let is_other = |(name, bytes): &&(&str, &[u8])| {
            let path = self.folder.join(name);
            !standing.names.contains(*name)
                && fs::symlink_metadata(&path).is_ok()
                && !read_regular(&path, bytes.len() as u64).is_ok_and(|there| there == *bytes)
        };
        let files: Vec<String> = files.iter().filter(is_other).map(|(name, _)| (*name).to_owned()).collect();
        if files.is_empty() {
            return Ok(());
        }
        Err(FolderError::InTheWay { folder: self.folder.display().to_string(), files })
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

    /// Where the set that stands in the folder is to be kept.
    fn home(&self, standing: &Standing) -> Result<PathBuf, FolderError> {
        let sets = self.sets();
        fs::create_dir_all(&sets).map_err(|source| self.fault(source))?;
        let newest = self.kept()?.last().and_then(|path| number(path)).unwrap_or_default();
        let id = standing.id.get(..DIGITS).unwrap_or(&standing.id);
        let mark = if standing.edited.is_empty() { "" } else { EDITED };
        Ok(sets.join(format!("{:010}-{id}{mark}", newest.saturating_add(1))))
    }

    /// Removes the oldest sets, but not what was `told` to the user just now. Each is first renamed, so that half of
    /// one is never taken for a set.
    fn forget(&self, told: Option<&Path>) -> Result<(), FolderError> {
        let kept = self.kept()?;
        let most = self.keep.saturating_sub(1);
        let oldest = kept.iter().take(kept.len().saturating_sub(most));
        for path in oldest.filter(|path| Some(path.as_path()) != told) {
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

/// Whether the files of a kept set were changed after it was published.
fn is_edited(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(EDITED))
}

/// Every file under its public names, and the manifest.
fn files<'a>(recorded: &'a RecordedSet, set: &'a OutputSet) -> Vec<(&'a str, &'a [u8])> {
    let bytes =
        |path: &str| set.files.iter().find(|file| file.path == path).map_or(&[][..], |file| &file.bytes);
    let names = public_names(recorded);
    let files = names.iter().map(|placed| (placed.to, bytes(placed.from)));
    files.chain([(MANIFEST, set.manifest.as_slice())]).collect()
}

//! A whole new folder beside the old one, and the swap of the two in one step.
//!
//! Unchanged files are hard links, so that they keep their times and cost nothing. What users keep in the folder comes
//! along in the same way.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Old;
use super::look::copy_look;
use super::set::{Fault, Work, remove_empty_folders};

/// Most files of other people that come along; a folder with more is somebody's home and not an output folder.
const MOST_FOREIGN: usize = 2_000;

/// Puts a new set in place. `new` holds the paths of the whole set.
///
/// The result is the lock of the folder that now stands there. An error means that nothing has changed, and that the
/// folder may be one for the journal.
pub(super) fn exchange(work: &Work<'_>, new: &BTreeSet<&str>, old: Old<'_>) -> Result<File, Fault> {
    let here = Fault::at("");
    let folder = work.folder;
    check(folder, new).map_err(&here)?;
    let (parent, name) = folder.parent().zip(folder.file_name()).ok_or(unsuited()).map_err(&here)?;
    let stage = stage(parent, name);
    let mut staging = Staging { work, new, stage: &stage, seen: BTreeSet::new(), foreign: 0 };
    let placed = staging.prepare().and_then(|lock| {
        swap(&stage, folder).map_err(&here)?;
        staging.put_away(old)?;
        Ok(lock)
    });
    if placed.is_ok() {
        let _ = File::open(parent).and_then(|parent| parent.sync_all());
    }
    // The stage now holds the old set, or a new one that is not wanted; what cannot be removed goes with the next run.
    let _ = fs::remove_dir_all(&stage);
    placed
}

/// Where the new set of a folder is made ready.
fn stage(parent: &Path, name: &OsStr) -> PathBuf {
    parent.join(format!(".{}.allowlistc-new", name.to_string_lossy()))
}

/// Removes what a run that was killed left beside a folder. Nobody else may be at work while the folder is locked.
pub(super) fn clear(folder: &Path) {
    if let Some((parent, name)) = folder.parent().zip(folder.file_name()) {
        let _ = fs::remove_dir_all(stage(parent, name));
    }
}

fn unsuited() -> io::Error {
    io::ErrorKind::Unsupported.into()
}

/// Whether a folder may become another one: nobody stands in it, and no link leads out of it to where files belong.
fn check(folder: &Path, new: &BTreeSet<&str>) -> io::Result<()> {
    let stands_inside = env::current_dir().is_ok_and(|current| current.starts_with(folder));
    let parents: BTreeSet<&Path> = new.iter().flat_map(|path| Path::new(path).ancestors().skip(1)).collect();
    let through_link =
        parents.iter().any(|parent| *parent != Path::new("") && folder.join(parent).is_symlink());
    if stands_inside || through_link { Err(unsuited()) } else { Ok(()) }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn swap(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn swap(_: &Path, _: &Path) -> io::Result<()> {
    Err(unsuited())
}

struct Staging<'a> {
    work: &'a Work<'a>,
    new: &'a BTreeSet<&'a str>,
    stage: &'a Path,
    /// What stood in the old folder when it was looked through.
    seen: BTreeSet<PathBuf>,
    foreign: usize,
}

impl Staging<'_> {
    /// Makes the whole new set. The result is the lock of the new folder.
    fn prepare(&mut self) -> Result<File, Fault> {
        let here = Fault::at("");
        fs::create_dir(self.stage).map_err(&here)?;
        let lock = File::open(self.stage).map_err(&here)?;
        lock.lock().map_err(&here)?;
        let mut folders = Vec::new();
        self.carry(Path::new(""), &mut folders).map_err(&here)?;
        for (path, bytes) in &self.work.changed {
            self.write(path, bytes).map_err(Fault::at(path))?;
        }
        remove_empty_folders(self.stage, &self.work.removed);
        // Deepest first: one that may not be written is closed after everything in it.
        for path in folders.iter().rev().filter(|path| self.stage.join(path).is_dir()) {
            copy_look(&self.work.folder.join(path), &self.stage.join(path)).map_err(&here)?;
        }
        Ok(lock)
    }

    /// Links everything below `below` that stays, and remembers what was there.
    fn carry(&mut self, below: &Path, folders: &mut Vec<PathBuf>) -> io::Result<()> {
        folders.push(below.to_owned());
        for entry in fs::read_dir(self.work.folder.join(below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                fs::create_dir(self.stage.join(&path))?;
                self.carry(&path, folders)?;
                continue;
            }
            if self.stays(&path)? {
                fs::hard_link(entry.path(), self.stage.join(&path))?;
            }
            self.seen.insert(path);
        }
        Ok(())
    }

    /// Whether a file of the old folder comes along: it is unchanged, or none of ours.
    fn stays(&mut self, path: &Path) -> io::Result<bool> {
        let is = |known: &str| Path::new(known) == path;
        if self.work.changed.iter().any(|(known, _)| is(known))
            || self.work.removed.iter().any(|known| is(known))
        {
            return Ok(false);
        }
        let is_new = path.to_str().is_some_and(|path| self.new.contains(path));
        self.foreign += usize::from(!is_new);
        if self.foreign > MOST_FOREIGN { Err(unsuited()) } else { Ok(true) }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let full = self.stage.join(path);
        let write = || write_new(&full, bytes, path == super::MANIFEST);
        match (write(), full.parent()) {
            // The first file of its folder.
            (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(parent)?;
                write()
            }
            (written, _) => written,
        }
    }

    /// After the exchange: keeps what is wanted of the old folder, or exchanges the two again.
    fn put_away(&self, old: Old<'_>) -> Result<(), Fault> {
        self.rescue(Path::new(""));
        let Old::MoveTo(path) = old else { return Ok(()) };
        fs::rename(self.stage, path).map_err(|source| {
            let _ = swap(self.stage, self.work.folder);
            Fault::at(&path.to_string_lossy())(source)
        })
    }

    /// Moves what came into the old folder after it was looked through to the new one.
    fn rescue(&self, below: &Path) {
        for entry in fs::read_dir(self.stage.join(below)).into_iter().flatten().flatten() {
            let path = below.join(entry.file_name());
            let (old, now) = (entry.path(), self.work.folder.join(&path));
            if now.is_dir() && !old.is_symlink() && old.is_dir() {
                self.rescue(&path);
            } else if !self.seen.contains(&path) && !now.exists() && !self.is_emptied(&path) {
                let _ = fs::rename(old, now);
            }
        }
    }

    /// Whether a folder of the old set has no files in the new one.
    fn is_emptied(&self, path: &Path) -> bool {
        self.work.removed.iter().any(|removed| Path::new(removed).starts_with(path))
    }
}

/// A new file, which other users may read: proxies do.
pub(super) fn write_new(path: &Path, bytes: &[u8], wait: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    if wait { file.sync_all() } else { Ok(()) }
}

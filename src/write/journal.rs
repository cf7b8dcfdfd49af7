//! Files replaced one by one, with a list of what is to be done: for folders that cannot be exchanged.
//!
//! Every new file is first written beside the one that it replaces. Once the journal says `ready`, the set counts as
//! written, and whoever comes next after a run that was killed does the rest; before, what was staged is taken away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::exchange::write_new;
use super::set::{Fault, Work, is_removable, read_regular, stays_inside};
use super::{Old, Recovery};

/// Name of the journal in the folder.
const JOURNAL: &str = ".allowlistc-journal.json";
const LARGEST: u64 = 64 << 20;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    /// Whether every new file is staged.
    ready: bool,
    /// Files to put in place, in this order.
    put: Vec<String>,
    /// Files to remove after that.
    remove: Vec<String>,
}

/// Whether a run was interrupted in this folder.
pub(super) fn is_there(folder: &Path) -> bool {
    folder.join(JOURNAL).is_file()
}

/// Replaces the files of a set one by one. An error means that nothing has changed.
pub(super) fn write(work: &Work<'_>, old: Old<'_>) -> Result<(), Fault> {
    let put = work.changed.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut journal = Journal { ready: false, put, remove: work.removed.clone() };
    let folder = work.folder;
    let here = Fault::at("");
    let staged = save(folder, &journal).map_err(&here).and_then(|()| {
        if let Old::MoveTo(path) = old {
            copy_set(folder, path).map_err(Fault::at(&path.to_string_lossy()))?;
        }
        for (path, bytes) in &work.changed {
            stage(folder, path, bytes).map_err(Fault::at(path))?;
        }
        journal.ready = true;
        save(folder, &journal).map_err(&here)
    });
    if let Err(fault) = staged {
        take_back(folder, &journal);
        return Err(fault);
    }
    finish(folder, &journal).map_err(Fault::half_way)?;
    work.remove_empty_folders(folder);
    Ok(())
}

/// Brings an interrupted write to an end.
pub(super) fn recover(folder: &Path) -> io::Result<Option<Recovery>> {
    if !is_there(folder) {
        return Ok(None);
    }
    let bytes = read_regular(&folder.join(JOURNAL), LARGEST).unwrap_or_default();
    let mut journal: Journal = serde_json::from_slice(&bytes).unwrap_or_default();
    // Paths that leave the folder are not trusted.
    journal.put.retain(|path| stays_inside(path));
    journal.remove.retain(|path| is_removable(folder, path));
    if !journal.ready {
        take_back(folder, &journal);
        return Ok(Some(Recovery::TakenBack));
    }
    finish(folder, &journal).map_err(|fault| fault.source)?;
    Ok(Some(Recovery::Finished))
}

/// The journal is replaced as a whole: half of one says nothing.
fn save(folder: &Path, journal: &Journal) -> io::Result<()> {
    let text = serde_json::to_vec(journal).map_err(io::Error::from)?;
    let path = folder.join(JOURNAL);
    let staged = staged(&path);
    let _ = fs::remove_file(&staged);
    write_new(&staged, &text, journal.ready)?;
    fs::rename(staged, path)
}

/// `squid/.allow.conf.allowlistc-new` for `squid/allow.conf`.
fn staged(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.allowlistc-new"))
}

fn stage(folder: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let full = folder.join(path);
    if let Some(parent) = full.parent() {
        fs::create_dir_all(parent)?;
    }
    if full.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let staged = staged(&full);
    let _ = fs::remove_file(&staged);
    write_new(&staged, bytes, path == super::MANIFEST)
}

fn finish(folder: &Path, journal: &Journal) -> Result<(), Fault> {
    for path in &journal.put {
        let full = folder.join(path);
        match fs::rename(staged(&full), full) {
            // Put in place before the run was interrupted.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(Fault::at(path))?,
        }
    }
    for path in &journal.remove {
        match fs::remove_file(folder.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(Fault::at(path))?,
        }
    }
    fs::remove_file(folder.join(JOURNAL)).map_err(Fault::at(JOURNAL))
}

fn take_back(folder: &Path, journal: &Journal) {
    for path in &journal.put {
        let full = folder.join(path);
        let _ = fs::remove_file(staged(&full));
        let _ = full.parent().filter(|parent| *parent != folder).map(fs::remove_dir);
    }
    let _ = fs::remove_file(staged(&folder.join(JOURNAL)));
    let _ = fs::remove_file(folder.join(JOURNAL));
}

/// Copies the old set before it goes: as links where the file system has them.
fn copy_set(folder: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for path in super::set::files_of_manifest(folder).iter().map(String::as_str).chain([super::MANIFEST]) {
        let (from, to) = (folder.join(path), to.join(path));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        if from.is_file() {
            fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop))?;
        }
    }
    Ok(())
}

//! One side of a diff, as it was typed: a list, an output folder, or entries of a lock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, NoCopy};
use crate::cli::job::{file_name, read_file};
use crate::cli::sources::{Copy, cache, read_copy};
use crate::cli::{Stop, report};
use crate::diagnostic::Findings;
use crate::lock::{self, Entry, Lock, Origin};
use crate::manifest::sha256;

/// What is compared.
pub(super) enum Side {
    /// Published lists that count as one.
    Lists(Vec<Copy>),
    /// Rendered files.
    Folder(PathBuf),
}

impl Side {
    /// Finds out what `argument` names. `folder` holds the copies that a lock names, if not the folder beside it.
    pub(super) fn find(argument: &str, folder: Option<&Path>) -> Result<Self, Stop> {
        let path = PathBuf::from(argument);
        if path.is_dir() {
            return Ok(Self::Folder(path));
        }
        if let Some((path, part)) = lock_and_part(argument) {
            return locked(&path, part, &cache(&path, folder)).map(Self::Lists);
        }
        Ok(Self::Lists(vec![read_copy(&path)?]))
    }
}

/// A lock is told by its name: `allowlistc.lock`, `old.lock#contoso-eu`.
fn lock_and_part(argument: &str) -> Option<(PathBuf, Option<&str>)> {
    let is_lock = |path: &str| Path::new(path).extension().is_some_and(|ending| ending == "lock");
    if is_lock(argument) {
        return Some((PathBuf::from(argument), None));
    }
    let (path, part) = argument.rsplit_once('#')?;
    is_lock(path).then(|| (PathBuf::from(path), Some(part)))
}

/// The lists that a lock names, or those of one profile, one file or one address of it.
fn locked(path: &Path, part: Option<&str>, cache: &Cache) -> Result<Vec<Copy>, Stop> {
    let lock = read_lock(path)?;
    let is_meant = |entry: &&Entry| {
        part.is_none_or(|part| {
            entry.profile == part || entry.file == part || entry.origin.to_string() == part
        })
    };
    let mut digests = BTreeSet::new();
    let entries: Vec<&Entry> =
        lock.entries().filter(is_meant).filter(|entry| digests.insert(&entry.sha256)).collect();
    if entries.is_empty() {
        let profiles: BTreeSet<&str> = lock.entries().map(|entry| entry.profile.as_str()).collect();
        let profiles: Vec<&str> = profiles.into_iter().collect();
        let path = path.display();
        return Err(Stop::Request(match part {
            Some(part) => {
                format!("`{path}` names no list `{part}`; it has the profiles `{}`", profiles.join("`, `"))
            }
            None => format!("`{path}` names no list"),
        }));
    }
    entries.into_iter().map(|entry| copy(entry, path, cache)).collect()
}

fn read_lock(path: &Path) -> Result<Lock, Stop> {
    let bytes = read_file(path, lock::LARGEST as u64)?;
    let mut findings = Findings::default();
    let text = String::from_utf8_lossy(&bytes);
    lock::parse(&file_name(path), &text, &mut findings).ok_or_else(|| {
        report(&findings, false);
        Stop::Request(format!("`{}` cannot be used, so that nothing was compared", path.display()))
    })
}

/// The bytes that an entry names, from the cache or from where a profile's own file lies.
fn copy(entry: &Entry, lock: &Path, cache: &Cache) -> Result<Copy, Stop> {
    let made = |bytes| Copy { name: entry.file.clone(), path: lock.to_owned(), bytes, date: None };
    match (cache.copy(entry), &entry.origin) {
        (Ok(bytes), _) => Ok(made(bytes)),
        (Err(NoCopy::Missing), Origin::Path(path)) => {
            let found = read_copy(&lock.with_file_name(path))?;
            if sha256(&found.bytes) == entry.sha256 {
                return Ok(made(found.bytes));
            }
            Err(Stop::Request(format!("`{path}` is no longer the file that `{}` names", lock.display())))
        }
        (Err(why), _) => Err(Stop::Request(format!(
            "`{}` cannot be read as `{}` names it: {why}; `--cache DIR` names another cache",
            entry.origin,
            lock.display()
        ))),
    }
}

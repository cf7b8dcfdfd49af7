//! The cache: copies of published lists by their digest. An edge: it touches files.
//!
//! A copy is named `<sha256>-<name>`, so that it never changes and old ones stay beside new ones: the lock alone
//! decides which of them a build reads. Everything is written whole under another name and then renamed.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::file::read_regular;
use crate::lock::Entry;
use crate::manifest::sha256;

/// Name of the folder beside the profile.
pub const FOLDER: &str = ".allowlistc";

/// What this program makes besides copies: nobody needs to commit it.
const IGNORED: &str = "# Copies of lists may be committed; these may not.\nin-use\n*.asked\n.part-*\n";

/// Largest list, in bytes; the readers have finer limits for each kind.
pub const LARGEST: u64 = 64 << 20;

const LARGEST_NOTE: u64 = 64 << 10;

/// How notes about addresses end.
const NOTE: &str = "asked";

/// How unfinished files start.
const PART: &str = ".part-";

/// A folder of copies.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// Why there is no copy to read.
#[derive(Debug, thiserror::Error)]
pub enum NoCopy {
    /// The file is not there.
    #[error("the cache has no copy of it")]
    Missing,
    /// The file has other bytes than its digest says.
    #[error("the copy in the cache was changed")]
    Changed,
    /// The file cannot be read.
    #[error("the copy in the cache cannot be read: {0}")]
    Unreadable(io::Error),
}

impl Cache {
    /// The cache in a folder, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the copy of an entry is, or would be.
    pub fn path(&self, entry: &Entry) -> PathBuf {
        self.folder.join(format!("{}-{}", entry.sha256, entry.file))
    }

    /// The copy of an entry, if it has the digest and the size that the entry says.
    pub fn copy(&self, entry: &Entry) -> Result<Vec<u8>, NoCopy> {
        match read_regular(&self.path(entry), entry.bytes.min(LARGEST)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NoCopy::Missing),
            Err(error) => Err(NoCopy::Unreadable(error)),
            Ok(bytes) if sha256(&bytes) != entry.sha256 => Err(NoCopy::Changed),
            Ok(bytes) => Ok(bytes),
        }
    }

    /// Makes the folder and waits until no other run writes into it; the caller says so where it has to wait.
    /// The folder is free again when the guard is dropped, or when this process ends in whatever way.
    pub fn reserve(&self, wait: impl FnOnce()) -> io::Result<Reserved> {
        fs::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(".gitignore");
        if !ignore.exists() {
            put(&ignore, IGNORED.as_bytes(), &self.folder, Wait::No)?;
        }
        let file =
            File::options().create(true).truncate(false).write(true).open(self.folder.join("in-use"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                wait();
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        self.sweep();
        Ok(Reserved { _file: file })
    }

    /// Removes what a killed run left unfinished; nothing depends on it.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PART) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// What was noted about an address; nothing depends on it.
    pub fn note(&self, url: &str) -> Option<Vec<u8>> {
        read_regular(&self.note_path(url), LARGEST_NOTE).ok()
    }

    /// Notes something about an address.
    pub fn keep_note(&self, url: &str, note: &[u8]) -> io::Result<()> {
        put(&self.note_path(url), note, &self.folder, Wait::No)
    }

    fn note_path(&self, url: &str) -> PathBuf {
        self.folder.join(format!("{}.{NOTE}", sha256(url.as_bytes())))
    }

    /// The copies and notes that none of the entries names, with their sizes; nothing else in the folder counts.
    pub fn idle<'e>(&self, named: impl Iterator<Item = &'e Entry>) -> Vec<Idle> {
        let named: BTreeSet<PathBuf> =
            named.flat_map(|entry| [self.path(entry), self.note_path(&entry.origin.to_string())]).collect();
        let mut idle: Vec<Idle> = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(is_name);
            let data = entry.metadata().ok().filter(std::fs::Metadata::is_file);
            if let Some(data) = data.filter(|_| is_ours && !named.contains(&entry.path())) {
                idle.push(Idle { path: entry.path(), bytes: data.len() });
            }
        }
        idle.sort_by(|a, b| a.path.cmp(&b.path));
        idle
    }

    /// Keeps a copy, on the disk for good when this returns.
    pub fn keep(&self, entry: &Entry, bytes: &[u8]) -> io::Result<()> {
        if self.copy(entry).is_ok() {
            return Ok(());
        }
        replace(&self.path(entry), bytes, &self.folder)
    }
}

/// A file of the cache that nothing names.
#[derive(Debug)]
pub struct Idle {
    path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

impl Idle {
    /// Whether it is a list, not a note about one.
    pub fn is_copy(&self) -> bool {
        self.path.extension().is_none_or(|end| end != NOTE)
    }

    /// Removes it.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// Whether a file is named as the copies and notes are: a digest and what it is of.
fn is_name(name: &str) -> bool {
    let (digest, rest) = name.split_at_checked(64).unwrap_or_default();
    let is_digest = digest.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    is_digest && (rest.starts_with('-') || rest.strip_prefix('.') == Some(NOTE))
}

/// While it lives, no other run writes into the cache.
#[derive(Debug)]
pub struct Reserved {
    _file: File,
}

/// Replaces a file: whoever reads sees the old bytes or the new ones, also after a power cut. The new ones are
/// gathered in the folder `aside`, so that a killed run leaves nothing beside the file.
pub fn replace(path: &Path, bytes: &[u8], aside: &Path) -> io::Result<()> {
    let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let put_aside = put(path, bytes, aside, Wait::ForDisk);
    if put_aside.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::CrossesDevices) {
        put(path, bytes, beside, Wait::ForDisk)?;
    } else {
        put_aside?;
    }
    #[cfg(unix)]
    {
        File::open(beside)?.sync_all()?;
    }
    Ok(())
}

/// Whether a write is done only once its bytes are on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    No,
    ForDisk,
}

fn put(path: &Path, bytes: &[u8], aside: &Path, wait: Wait) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART);
    #[cfg(unix)]
    {
        // A build may run as another user than the fetch.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(aside)?;
    file.write_all(bytes)?;
    if wait == Wait::ForDisk {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    Ok(())
}

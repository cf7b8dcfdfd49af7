//! One run at a time writes a folder, and none while another reads it.
//!
//! The lock is the system's and on the folder itself: it leaves no file behind, and it ends with the run that holds
//! it, however that run ends. Where folders cannot be locked a file beside the folder is.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::WriteError;

/// What a run does with a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Read,
    Write,
}

/// How long a run waits for another one: three seconds, where writing takes milliseconds.
const PAUSE: Duration = Duration::from_millis(20);
const TRIES: u32 = 150;

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum LockFault {
    Busy,
    System(io::Error),
}

impl LockFault {
    /// The error about the folder that a user named.
    pub(super) fn of(self, folder: &Path) -> WriteError {
        match self {
            Self::Busy => WriteError::Busy { path: folder.display().to_string() },
            Self::System(source) => super::error(folder, source),
        }
    }

    /// Nothing but another run stands in the way of a reader.
    pub(super) fn unless_busy(self, folder: &Path) -> Result<Option<File>, WriteError> {
        match self {
            Self::Busy => Err(self.of(folder)),
            Self::System(_) => Ok(None),
        }
    }
}

impl From<io::Error> for LockFault {
    fn from(source: io::Error) -> Self {
        Self::System(source)
    }
}

/// Locks a folder that exists.
pub(super) fn lock(folder: &Path, usage: Usage) -> Result<File, LockFault> {
    let mut tries = TRIES;
    loop {
        let file = match File::open(folder) {
            Ok(file) => file,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Err(missing.into()),
            Err(_) => return lock_beside(folder, usage, &mut tries),
        };
        match wait(&file, usage, &mut tries) {
            // Another run may have exchanged the folder meanwhile: then this is the lock of the old one.
            Ok(()) if is_still(&file, folder) => return Ok(file),
            Ok(()) if usage == Usage::Write => fs::create_dir_all(folder)?,
            Ok(()) => {}
            Err(LockFault::Busy) => return Err(LockFault::Busy),
            Err(LockFault::System(_)) => return lock_beside(folder, usage, &mut tries),
        }
    }
}

/// Locks a file beside the folder, which stays there.
fn lock_beside(folder: &Path, usage: Usage, tries: &mut u32) -> Result<File, LockFault> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.with_file_name(format!(".{name}.allowlistc-lock"));
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(beside)?;
    wait(&file, usage, tries)?;
    Ok(file)
}

fn wait(file: &File, usage: Usage, tries: &mut u32) -> Result<(), LockFault> {
    loop {
        let tried = match usage {
            Usage::Read => file.try_lock_shared(),
            Usage::Write => file.try_lock(),
        };
        match tried {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(source.into()),
        }
        *tries = tries.checked_sub(1).ok_or(LockFault::Busy)?;
        sleep(PAUSE);
    }
}

#[cfg(unix)]
fn is_still(file: &File, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(folder)) {
        (Ok(locked), Ok(now)) => (locked.dev(), locked.ino()) == (now.dev(), now.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

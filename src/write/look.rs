//! What a folder looks like to other users: rights, owner, labels.

use std::fs;
use std::io;
use std::path::Path;

/// Gives `to` the rights, owner and extended attributes of `from`, or says that it cannot.
#[cfg(unix)]
pub(super) fn copy_look(from: &Path, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (wanted, found) = (fs::metadata(from)?, fs::metadata(to)?);
    if (wanted.uid(), wanted.gid()) != (found.uid(), found.gid()) {
        chown(to, Some(wanted.uid()), Some(wanted.gid()))?;
    }
    copy_attributes(from, to)?;
    if wanted.mode() != found.mode() {
        fs::set_permissions(to, wanted.permissions())?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn copy_look(from: &Path, to: &Path) -> io::Result<()> {
    fs::set_permissions(to, fs::metadata(from)?.permissions())
}

/// Access lists and security labels among them.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn copy_attributes(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{XattrFlags, setxattr};
    let (wanted, found) = (attributes(from)?, attributes(to)?);
    if found.iter().any(|(name, _)| !wanted.iter().any(|(known, _)| known == name)) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    for (name, value) in wanted.iter().filter(|attribute| !found.contains(attribute)) {
        setxattr(to, name.as_slice(), value, XattrFlags::empty())?;
    }
    Ok(())
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
fn copy_attributes(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Extended attributes, name and value; none where the file system has none.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn attributes(path: &Path) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    use rustix::fs::{getxattr, listxattr};
    use rustix::io::Errno;
    const MOST_BYTES: usize = 4096;
    let mut names = [0; MOST_BYTES];
    let length = match listxattr(path, &mut names) {
        Err(Errno::NOTSUP) => 0,
        other => other?,
    };
    let names = names.get(..length).unwrap_or_default().split(|byte| *byte == 0);
    names
        .filter(|name| !name.is_empty())
        .map(|name| {
            let mut value = [0; MOST_BYTES];
            let length = getxattr(path, name, &mut value)?;
            Ok((name.to_vec(), value.get(..length).unwrap_or_default().to_vec()))
        })
        .collect()
}

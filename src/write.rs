//! The last stage: files into a folder, each atomically, only if they changed; leftovers of the last build go.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path};

use crate::render::Artifact;

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

/// Why a folder could not be written, and where.
#[derive(Debug, thiserror::Error)]
#[error("writing `{path}`: {source}")]
pub struct WriteError {
    path: String,
    source: io::Error,
}

/// Writes `artifacts` and then `manifest` into `folder`. Until the manifest is in place the old one stands.
///
/// Of the files that the old one lists, those of targets in `kept` stay as they are.
///
/// Only the manifest, which comes last, waits for the disk: a wait for each file would take longer than all other
/// work. Whatever a power cut leaves of the others differs from what is wanted, so that the next build writes it.
pub fn write(
    folder: &Path,
    artifacts: &[Artifact],
    manifest: &str,
    kept: &[String],
) -> Result<Changes, WriteError> {
    let mut changes = Changes::default();
    let before = files_of_manifest(folder);
    for artifact in artifacts {
        write_file(folder, &artifact.path_in_folder(), &artifact.bytes, Wait::No, &mut changes)?;
    }
    write_file(folder, MANIFEST, manifest.as_bytes(), Wait::ForDisk, &mut changes)?;
    let now: BTreeSet<String> = artifacts.iter().map(Artifact::path_in_folder).collect();
    let is_kept = |path: &str| kept.iter().any(|target| path.split('/').next() == Some(target));
    for path in before.iter().filter(|path| !now.contains(*path) && !is_kept(path)) {
        let full = folder.join(path);
        if full.is_file() && (is_report(path) || lies_inside(folder, &full)) {
            fs::remove_file(&full).map_err(|source| error(&full, source))?;
            // An empty folder would look like a target; one that holds something else stays.
            if !is_report(path) {
                let _ = full.parent().map(fs::remove_dir);
            }
            changes.removed.push(path.clone());
        }
    }
    Ok(changes)
}

fn error(path: &Path, source: io::Error) -> WriteError {
    WriteError { path: path.display().to_string(), source }
}

/// Whether a write is done only once its bytes are on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    No,
    ForDisk,
}

fn write_file(
    folder: &Path,
    path: &str,
    bytes: &[u8],
    wait: Wait,
    changes: &mut Changes,
) -> Result<(), WriteError> {
    let full = folder.join(path);
    if read_regular(&full, bytes.len() as u64).is_some_and(|old| old == bytes) {
        changes.unchanged += 1;
        return Ok(());
    }
    let beside = full.parent().unwrap_or(folder);
    replace(beside, &full, bytes, wait).map_err(|source| error(&full, source))?;
    changes.written.push(path.to_owned());
    Ok(())
}

/// A temporary file beside the target, then a rename: readers see the old bytes or the new ones.
fn replace(beside: &Path, full: &Path, bytes: &[u8], wait: Wait) -> io::Result<()> {
    fs::create_dir_all(beside)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".allowlistc-");
    #[cfg(unix)]
    {
        // Proxies read the lists as another user.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(beside)?;
    file.write_all(bytes)?;
    if wait == Wait::ForDisk {
        file.as_file().sync_all()?;
    }
    file.persist(full)?;
    Ok(())
}

/// Whether a file lies in the folder after all links are followed.
fn lies_inside(folder: &Path, full: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    match (real(folder), full.parent().and_then(real)) {
        (Some(folder), Some(parent)) => parent != folder && parent.starts_with(folder) && !full.is_symlink(),
        _ => false,
    }
}

/// The bytes of an ordinary file of at most `most` bytes: never a pipe or a device, which have no end.
fn read_regular(path: &Path, most: u64) -> Option<Vec<u8>> {
    let data = fs::metadata(path).ok()?;
    (data.is_file() && data.len() <= most).then(|| fs::read(path).ok()).flatten()
}

/// The manifest of the last build, if there is one that can be read.
pub fn earlier_manifest(folder: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&read_regular(&folder.join(MANIFEST), LARGEST_MANIFEST)?).ok()
}

/// A manifest holds every loss and finding of a build.
const LARGEST_MANIFEST: u64 = 1 << 30;

/// The files that the manifest of the last build lists; paths that leave the folder are not trusted.
fn files_of_manifest(folder: &Path) -> Vec<String> {
    let Some(manifest) = earlier_manifest(folder) else { return Vec::new() };
    let files = manifest["files"].as_array().map_or(&[] as &[serde_json::Value], Vec::as_slice);
    let paths = files.iter().filter_map(|file| file["path"].as_str());
    paths.filter(|path| stays_inside(path)).map(str::to_owned).collect()
}

fn stays_inside(path: &str) -> bool {
    let parts = Path::new(path);
    let is_below = parts.components().count() > 1;
    (is_below && parts.components().all(|part| matches!(part, Component::Normal(_)))) || is_report(path)
}

/// Whether a path is one of those that lie beside the folders of the targets.
fn is_report(path: &str) -> bool {
    crate::report::FILES.contains(&path)
}

//! What stands in a folder, and what is to change there.

use std::fs;
use std::io;
use std::path::{Component, Path};

use super::MANIFEST;

/// What is to change in a folder.
#[derive(Debug)]
pub(super) struct Work<'a> {
    /// The folder, links followed.
    pub(super) folder: &'a Path,
    /// New bytes by path below the folder, the manifest last.
    pub(super) changed: Vec<(&'a str, &'a [u8])>,
    /// Paths that go.
    pub(super) removed: Vec<String>,
}

impl Work<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }

    /// Removes the folders that lost their last file: an empty one would look like a target.
    pub(super) fn remove_empty_folders(&self, root: &Path) {
        for path in &self.removed {
            let _ = root.join(path).parent().map(fs::remove_dir);
        }
    }
}

/// What the system says against one path below the folder.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) path: String,
    pub(super) source: io::Error,
    /// Whether a part of the set is in place already.
    pub(super) half_way: bool,
}

impl Fault {
    pub(super) fn at(path: &str) -> impl Fn(io::Error) -> Self + use<'_> {
        move |source| Self { path: path.to_owned(), source, half_way: false }
    }

    pub(super) fn half_way(self) -> Self {
        Self { half_way: true, ..self }
    }
}

/// The bytes of an ordinary file of at most `most` bytes: never a pipe or a device, which have no end.
pub(super) fn read_regular(path: &Path, most: u64) -> Option<Vec<u8>> {
    let data = fs::metadata(path).ok()?;
    (data.is_file() && data.len() <= most).then(|| fs::read(path).ok()).flatten()
}

/// A manifest holds every loss and finding of a build.
const LARGEST_MANIFEST: u64 = 1 << 30;

/// The manifest of a folder, if there is one that can be read.
pub(super) fn manifest(folder: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&read_regular(&folder.join(MANIFEST), LARGEST_MANIFEST)?).ok()
}

/// The files that the manifest of the last build lists; paths that leave the folder are not trusted.
pub(super) fn files_of_manifest(folder: &Path) -> Vec<String> {
    let Some(manifest) = manifest(folder) else { return Vec::new() };
    let files = manifest["files"].as_array().map_or(&[] as &[serde_json::Value], Vec::as_slice);
    let paths = files.iter().filter_map(|file| file["path"].as_str());
    let is_below = |path: &str| Path::new(path).components().count() > 1 && stays_inside(path);
    paths.filter(|path| is_below(path) || is_report(path)).map(str::to_owned).collect()
}

/// Whether a path is one of those that lie beside the folders of the targets.
pub(super) fn is_report(path: &str) -> bool {
    crate::report::FILES.contains(&path)
}

/// Whether a path holds nothing but names.
pub(super) fn stays_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Whether a path names an ordinary file that lies in the folder after all links are followed.
pub(super) fn is_removable(folder: &Path, path: &str) -> bool {
    let full = folder.join(path);
    let real = |path: &Path| fs::canonicalize(path).ok();
    let lies_inside = match (real(folder), full.parent().and_then(real)) {
        (Some(folder), Some(parent)) => parent.starts_with(folder),
        _ => false,
    };
    stays_inside(path) && lies_inside && !full.is_symlink() && full.is_file()
}

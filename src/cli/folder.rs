//! Files of an output folder, read for verification; hand-edited copies among them.

use std::fs;
use std::path::{Path, PathBuf};

use super::job::{file_name, read_file};
use super::{Stop, report};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::write::{ReadingFolder, Recovery};

/// Files by their path, in order.
pub(super) type FileBytes = Vec<(String, Vec<u8>)>;

/// Limits of a folder that is read back.
const MOST_FILES: usize = 10_000;
const LARGEST_FILE: u64 = 256 << 20;

/// Locks an output folder, or that of a target in it, against runs that write, and tells of one that was interrupted.
pub(super) fn open_for_reading(folder: &Path) -> Result<ReadingFolder, Stop> {
    let reading = ReadingFolder::open(folder)?;
    report_recovery(reading.recovery(), folder);
    Ok(reading)
}

/// Tells how a write that was interrupted was brought to an end. It is no part of the manifest, which depends on the
/// inputs alone.
pub(super) fn report_recovery(recovery: Option<Recovery>, folder: &Path) {
    let done = match recovery {
        None => return,
        Some(Recovery::Finished) => "its files were complete and have been put in place",
        Some(Recovery::TakenBack) => {
            "its files were not complete and have been taken away; the build before it stands"
        }
    };
    let mut findings = Findings::default();
    let finding = Finding::warning(
        Code::BuildInterrupted,
        format!("an earlier build of this folder was interrupted; {done}"),
    );
    let place = Place::file(folder.display().to_string());
    findings.push(finding.at(place).help("`build` again, to be sure that the folder is of today's list"));
    report(&findings, false);
}

/// The files below `folder`, by their path below it with `/`, in order.
pub(super) fn files_below(folder: &Path) -> Result<FileBytes, Stop> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let here = folder.join(&below);
        let stop = |source| Stop::File { deed: "reading", path: here.display().to_string(), source };
        for entry in fs::read_dir(&here).map_err(stop)? {
            let entry = entry.map_err(stop)?;
            let kind = entry.file_type().map_err(stop)?;
            let path = below.join(entry.file_name());
            if kind.is_dir() {
                folders.push(path);
            } else if entry.path().is_file() {
                files.push((portable(&path), read_file(&entry.path(), LARGEST_FILE)?));
            }
            if files.len() + folders.len() > MOST_FILES {
                return Err(Stop::Request(format!(
                    "`{}` holds more than {MOST_FILES} files",
                    folder.display()
                )));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// One file, and those beside it that it may name.
pub(super) fn file_and_neighbours(path: &Path) -> Result<(String, FileBytes), Stop> {
    let name = file_name(path);
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files = vec![(name.clone(), read_file(path, LARGEST_FILE)?)];
    for entry in fs::read_dir(beside).into_iter().flatten().flatten().take(MOST_FILES) {
        let neighbour = file_name(&entry.path());
        let readable = entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= 1 << 20);
        if neighbour != name
            && readable
            && let Ok(bytes) = fs::read(entry.path())
        {
            files.push((neighbour, bytes));
        }
    }
    files.sort();
    Ok((name, files))
}

fn portable(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

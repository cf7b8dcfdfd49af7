//! What several test files share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub mod book;
#[cfg(feature = "fetch")]
pub mod fetching;
#[cfg(feature = "fetch")]
pub mod server;
pub mod skip;

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of research beside the project, or `None` with a printed word where it is absent.
pub fn shared() -> Option<PathBuf> {
    let folder = root().join("../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    skip::skipped("there is no ../shared beside the project");
    None
}

/// Every file below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The paths of all files below a folder; none if there is no such folder.
pub fn names_below(folder: &Path) -> BTreeSet<PathBuf> {
    let files = if folder.is_dir() { files_below(folder) } else { Vec::new() };
    files.iter().map(|path| path.strip_prefix(folder).expect("below the folder").to_owned()).collect()
}

/// Every file below a folder with its bytes.
pub fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("a file"));
    files_below(folder).into_iter().map(read).collect()
}

/// The names of the samples.
pub fn samples() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("samples")).expect("samples");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = folders
        .filter(|folder| folder.join("profile.toml").is_file())
        .map(|folder| folder.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A folder with a copy of the first sample.
pub fn first_sample() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["profile.toml", "list.xlsx"] {
        let sample = root().join("samples/contoso-eu").join(name);
        std::fs::copy(sample, folder.path().join(name)).expect("a copy");
    }
    folder
}

/// A text as JSON.
pub fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What a run of the program came to.
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    run_with(folder, arguments, "")
}

/// Runs the program in a folder with something on standard input.
pub fn run_with(folder: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_allowlistc"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // A program that does not read its input may be gone by now.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The file's text.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether expected files are to be replaced by what the program makes.
pub fn overwrites() -> bool {
    std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite")
}

/// Compares with an expected file, or replaces it under `SNAPSHOTS=overwrite`.
pub fn assert_file(path: &Path, found: &[u8]) {
    if overwrites() {
        std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder can be made");
        std::fs::write(path, found).expect("the file can be written");
        return;
    }
    let expected = std::fs::read(path).unwrap_or_default();
    if expected == found {
        return;
    }
    let (expected, found) = (String::from_utf8_lossy(&expected), String::from_utf8_lossy(found));
    let line = expected
        .lines()
        .zip(found.lines())
        .position(|(a, b)| a != b)
        .unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
    panic!(
        "{} differs at line {}:\n  expected: {}\n  found:    {}\nSNAPSHOTS=overwrite accepts what was found",
        path.display(),
        line + 1,
        expected.lines().nth(line).unwrap_or("(nothing)"),
        found.lines().nth(line).unwrap_or("(nothing)"),
    );
}

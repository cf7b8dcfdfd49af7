//! Lists that somebody else wrote, below tests/foreign/: what `verify` says of each is the file beside it.
//!
//! Every file but those that end in `.txt` (what is said) and `.args` (arguments more, one a line) is asked about, with
//! the profile and the list of `base`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::path::{Path, PathBuf};

use support::{assert_file, book::book, files_below, read, root, run_in};

/// Neighbours that are read for the sake of another file.
const NEIGHBOURS: [&str; 1] = ["variables.tf"];

fn folder() -> PathBuf {
    root().join("tests/foreign")
}

fn transcript(case: &Path) -> String {
    let work = tempfile::tempdir().expect("a folder");
    let base = |name: &str| read(&folder().join("base").join(name));
    std::fs::write(work.path().join("profile.toml"), base("profile.toml")).expect("a file");
    std::fs::write(work.path().join("list.xlsx"), book(&base("list.tsv"))).expect("a file");
    let path = case.to_string_lossy().into_owned();
    let more = std::fs::read_to_string(case.with_extension("args")).unwrap_or_default();
    let mut arguments = vec!["verify", "profile.toml", path.as_str()];
    arguments.extend(more.lines());
    let ran = run_in(work.path(), &arguments);
    format!("{}{}exit code {}\n", ran.err, ran.out, ran.code)
}

#[test]
fn each_list_of_somebody_else_gets_its_answer() {
    let ends_in = |path: &Path, end: &str| path.extension().is_some_and(|extension| extension == end);
    let mut cases = 0;
    for path in files_below(&folder()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_case = !path.starts_with(folder().join("base"))
            && !ends_in(&path, "txt")
            && !ends_in(&path, "args")
            && !NEIGHBOURS.contains(&name.as_str());
        if is_case {
            assert_file(&path.with_file_name(format!("{name}.txt")), transcript(&path).as_bytes());
            cases += 1;
        }
    }
    assert!(cases > 20, "{cases}");
}

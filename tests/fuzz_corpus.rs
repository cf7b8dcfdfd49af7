//! The corpus that fuzzing left behind, through every parser: no panic, no broken law, soon.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test says so loudly"
)]

#[path = "fuzz/targets/mod.rs"]
mod targets;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

// A module of the compiler that the targets include looks for it here.
use allowlistc::pattern;

/// As for hostile files: what even a build without optimisation keeps on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let target = targets::ALL.iter().find(|target| target.name == name).expect("a target");
    let files = files_in(&corpus().join(name));
    assert!(!files.is_empty(), "{name} has no corpus");
    for file in &files {
        let bytes = std::fs::read(file).expect("a file");
        let start = Instant::now();
        // Shown if the target panics.
        println!("{}", file.display());
        (target.run)(&bytes);
        assert!(start.elapsed() < LONGEST, "{} took {:?}", file.display(), start.elapsed());
    }
}

/// A test for each target, so that they run side by side.
macro_rules! replays {
    ($($sentence:ident: $name:literal)*) => {
        $(#[test]
        fn $sentence() {
            replay($name);
        })*

        const REPLAYED: &[&str] = &[$($name),*];
    };
}

replays! {
    pages_are_read: "page"
    service_tags_are_read: "tags"
    workbooks_are_read_part_by_part: "workbook"
    archives_and_old_workbooks_are_read: "archive"
    what_is_built_of_a_page_is_proved: "build"
    what_is_built_by_a_profile_is_proved: "profile"
    folders_of_targets_are_refused_or_rendered: "folder"
    manifests_of_earlier_builds_are_carried_over: "manifest"
    squid_files_are_read_back: "squid"
    plain_lists_are_read_back: "lists"
    panos_files_are_read_back: "panos"
    azure_files_are_read_back: "azure"
    pac_tables_are_read_back: "pac"
    pac_programs_end: "engine"
    decide_finds_what_brute_force_finds: "decide"
    addresses_and_requests_print_as_themselves: "address"
    outputs_of_connection_tests_are_judged: "diagnose"
    what_is_imported_stands_in_a_profile: "import"
    logs_are_counted_the_same_in_any_pieces: "replay"
}

#[test]
fn every_target_and_every_folder_of_the_corpus_is_replayed() {
    let names: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
    assert_eq!(names, REPLAYED);
    let folders = files_in(&corpus());
    let folders = folders.iter().filter_map(|folder| folder.file_name()?.to_str());
    // It compares with glibc itself, which takes unsafe code, and that is not for here.
    let mut folders: Vec<&str> = folders.filter(|name| *name != "posix").collect();
    folders.sort_unstable();
    let mut replayed = REPLAYED.to_vec();
    replayed.sort_unstable();
    assert_eq!(folders, replayed);
}

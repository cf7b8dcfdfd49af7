//! Every sample for every target: the files that a network team would load, as they stand in tests/golden/.
//!
//! Samples and targets are found, never listed. `SNAPSHOTS=overwrite` accepts what the program makes.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use allowlistc::target::Registry;
use support::{assert_file, book::book, names_below, overwrites, read, root, run_in, samples};

#[test]
fn every_sample_gives_the_golden_files_of_every_target() {
    let golden = root().join("tests/golden");
    let registry = Registry::shipped().expect("the shipped targets are right");
    let mut expected_folders = BTreeSet::new();
    for sample in samples() {
        for target in registry.names() {
            let out = tempfile::tempdir().expect("a folder");
            let profile = format!("samples/{sample}/profile.toml");
            let folder = out.path().to_string_lossy();
            let ran = run_in(&root(), &["build", &profile, "--target", target, "--out", &folder]);
            assert_eq!(ran.code, 0, "{sample} {target}: {}", ran.err);
            let made = out.path().join(target);
            let kept = golden.join(&sample).join(target);
            let names = names_below(&made);
            assert!(!names.is_empty(), "{sample} {target}");
            for name in &names {
                assert_file(&kept.join(name), &fs::read(made.join(name)).expect("a file"));
            }
            for name in names_below(&kept).difference(&names) {
                assert!(overwrites(), "{} is no longer made", kept.join(name).display());
                fs::remove_file(kept.join(name)).expect("a file");
            }
            expected_folders.insert(Path::new(&sample).join(target));
        }
    }
    let found: BTreeSet<PathBuf> =
        names_below(&golden).iter().map(|path| path.components().take(2).collect::<PathBuf>()).collect();
    assert_eq!(found, expected_folders, "one folder for each sample and target");
}

/// Only the manifest knows which file was read and where its rows stood.
#[test]
fn the_same_rows_in_another_order_give_the_same_files() {
    let base = root().join("tests/errors/base");
    let list = read(&base.join("list.tsv"));
    let (head, rows) = list.split_at(list.find("\nMicrosoft Defender for Endpoint\t").expect("rows") + 1);
    let turned = rows.lines().rev().collect::<Vec<_>>().join("\n");
    let work = tempfile::tempdir().expect("a folder");
    let profile = read(&base.join("profile.toml"));
    let every_target = profile.replace("build = [\"squid\"]\n", "");
    assert_ne!(every_target, profile);
    fs::write(work.path().join("profile.toml"), every_target).expect("the profile");
    for (folder, rows) in [("one", rows), ("other", &turned)] {
        fs::write(work.path().join("list.xlsx"), book(&format!("{head}{rows}"))).expect("a file");
        let devices = r#"devices={ windows = ["10-22H2"], linux = true, mma = ["2012-r2"] }"#;
        let ran = run_in(work.path(), &["build", "profile.toml", "--out", folder, "--set", devices]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let files = |folder: &str| {
        let mut names = names_below(&work.path().join(folder));
        assert!(names.remove(Path::new("manifest.json")), "{folder}");
        let bytes = |name: &PathBuf| fs::read(work.path().join(folder).join(name)).expect("a file");
        names.iter().map(|name| (name.clone(), bytes(name))).collect::<Vec<_>>()
    };
    let one = files("one");
    assert!(one.len() > 10, "{}", one.len());
    for (left, right) in one.iter().zip(files("other")) {
        assert_eq!(left.0, right.0);
        assert!(left.1 == right.1, "{}", left.0.display());
    }
}

//! Selection against the entries that a correct reader of the list expects.

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

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{read, shared};

/// Runs the program and gives its exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_allowlistc")).args(arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A profile of `truth/profiles.json` as TOML.
fn profile_toml(profile: &Value) -> String {
    let mut text = format!(
        "schema = 1\nname = {}\ncloud = {}\nconnectivity = {}\n",
        profile["name"], profile["cloud"], profile["connectivity"]
    );
    if !profile["geographies"].is_null() {
        let _ = writeln!(text, "geographies = {}", profile["geographies"]);
    }
    text.push_str("[devices]\n");
    for (family, value) in profile["devices"].as_object().expect("devices") {
        let _ = writeln!(text, "{family} = {value}");
    }
    if !profile["workspaces"].is_null() {
        let _ = write!(text, "[mma]\nworkspaces = {}\n", profile["workspaces"]);
    }
    text
}

fn list(folder: &Path, name: &str, toml: &str, source: &Path) -> Vec<(String, Option<String>, u64)> {
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, toml).expect("the profile can be written");
    let (file, source) = (file.to_string_lossy(), source.to_string_lossy());
    let (code, out, err) = run(&["list", &file, "--source", &source, "--format", "json"]);
    assert_eq!(code, 0, "{name}: {err}");
    entries(&serde_json::from_str(&out).expect("JSON"))
}

fn entries(list: &Value) -> Vec<(String, Option<String>, u64)> {
    let mut entries: Vec<_> = list
        .as_array()
        .expect("an array")
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().map(str::to_owned);
            (text("host").expect("a host"), text("path"), entry["port"].as_u64().expect("a port"))
        })
        .collect();
    entries.sort();
    entries
}

#[test]
fn list_gives_the_expected_entries_of_every_profile() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let truth: Value = serde_json::from_str(&read(&shared.join("truth/profiles.json"))).expect("JSON");
    let profiles = truth["profiles"].as_array().expect("profiles");
    for profile in profiles {
        let name = profile["name"].as_str().expect("a name");
        let source = shared.join(profile["source"].as_str().expect("a source"));
        let found = list(folder.path(), name, &profile_toml(profile), &source);
        assert_eq!(found, entries(&profile["expected"]), "{name}");
    }
    assert_eq!(profiles.len(), 7);
}

/// The page of October 2025 has lost two rows that the workbook has, and says the rest as the workbook does.
#[test]
fn the_page_gives_what_the_workbook_gives() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let toml = "schema = 1\nname = \"page\"\ncloud = \"commercial\"\nconnectivity = \"standard\"\n\
        geographies = [\"EU\", \"UK\"]\n[devices]\nwindows = [\"10-1703\", \"11-24H2\"]\nmma = [\"2012-r2\"]\nmacos = true\nlinux = true\n";
    let page = list(folder.path(), "page", toml, &shared.join("pages/standard-commercial-2025-10.md"));
    let book = list(folder.path(), "book", toml, &shared.join("workbooks/mde-urls-commercial-2025-06.xlsx"));
    let lost: Vec<_> =
        book.iter().filter(|entry| !page.contains(entry)).map(|entry| entry.0.as_str()).collect();
    assert_eq!(lost, ["usseu1westprod.blob.core.windows.net", "wseu1westprod.blob.core.windows.net"]);
    assert!(page.iter().all(|entry| book.contains(entry)), "the page has nothing that the workbook lacks");
}

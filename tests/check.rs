//! `check`: a committed folder against what a build would write, in CI.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Ran, book::book, read, root, run_in};
use tempfile::TempDir;

const OUT: &str = "dist/contoso-eu";

/// A folder with the first sample, built.
fn built(more: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["profile.toml", "list.xlsx"] {
        fs::copy(root().join("samples/contoso-eu").join(name), folder.path().join(name)).expect("a copy");
    }
    let ran = run_in(folder.path(), &[&["build", "profile.toml"], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    folder
}

fn check(folder: &TempDir, more: &[&str]) -> Ran {
    run_in(folder.path(), &[&["check", "profile.toml"], more].concat())
}

fn edit(folder: &TempDir, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.path().join(OUT).join(file);
    let text = read(&path);
    let changed = change(&text);
    assert_ne!(text, changed, "{file} was edited");
    fs::write(path, changed).expect("the file can be written");
}

/// The list of the sample with other rows.
fn change_list(folder: &Path, change: impl Fn(&str) -> String) {
    let text = read(&root().join("tests/books/contoso-eu.tsv"));
    let changed = change(&text);
    assert_ne!(text, changed);
    fs::write(folder.join("list.xlsx"), book(&changed)).expect("the list can be written");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_folder_that_a_build_would_not_change_is_the_same_in_every_format() {
    for more in [&[][..], &["--report"]] {
        let folder = built(more);
        for format in ["human", "markdown", "github"] {
            let ran = check(&folder, &["--format", format]);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{format}: {}", ran.out);
            assert!(ran.out.contains("all "), "{}", ran.out);
            assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
        }
        let ran = check(&folder, &["--format", "json"]);
        assert_eq!((ran.code, &json(&ran.out)["same"]), (0, &Value::Bool(true)), "{}", ran.out);
        assert_eq!(json(&ran.out)["firewalls"], Value::Array(Vec::new()));
        let ran = check(&folder, &["--format", "sarif"]);
        assert_eq!(ran.code, 0, "{}", ran.out);
    }
}

#[test]
fn a_changed_list_says_what_changes_on_which_firewall() {
    let folder = built(&[]);
    change_list(folder.path(), |text| text.replace("crl.microsoft.com", "crl.contoso.com"));
    let ran = check(&folder, &[]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    for piece in [
        "contoso-eu: ",
        "  changed  squid/allow-80-exact.txt: ",
        "firewall azure list allow, pac list allow, paloalto list allow, squid list allow\n",
        "http://crl.contoso.com/",
        "no longer http://crl.microsoft.com/",
        "--- dist/contoso-eu/squid/allow-80-exact.txt\n+++ built again\n@@",
        "\n-crl.microsoft.com\n",
        "\n+crl.contoso.com\n",
    ] {
        assert!(ran.out.contains(piece), "{piece}: {}", ran.out);
    }
    let firewalls = &json(&check(&folder, &["--format", "json"]).out)["firewalls"];
    let squid = firewalls.as_array().unwrap().iter().find(|list| list["target"] == "squid").unwrap();
    assert_eq!(squid["product"], "allow", "{squid}");
    assert!(squid.to_string().contains("crl.contoso.com"), "{squid}");
    // Nothing is written: a build then makes it right.
    assert_eq!(check(&folder, &[]).code, 1);
    assert_eq!(run_in(folder.path(), &["build", "profile.toml"]).code, 0);
    assert_eq!(check(&folder, &[]).code, 0);
}

#[test]
fn an_edit_of_one_format_of_a_list_is_told_with_its_file() {
    let folder = built(&[]);
    edit(&folder, "azure/allow.bicep", |text| text.replace("login.live.com", "login.live.net"));
    let ran = check(&folder, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("list allow in allow.bicep"), "{}", ran.out);
    assert!(!ran.out.contains("arm.json"), "{}", ran.out);
}

#[test]
fn a_comment_changes_bytes_and_no_firewall() {
    let folder = built(&[]);
    edit(&folder, "squid/allow-443-exact.txt", |text| format!("# note\n{text}"));
    let ran = check(&folder, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("nothing changes on the firewalls"), "{}", ran.out);
}

#[test]
fn files_that_lack_and_files_that_nobody_built_are_named() {
    let folder = built(&[]);
    let out = folder.path().join(OUT);
    fs::remove_file(out.join("pac/wpad.dat")).unwrap();
    fs::write(out.join("squid/allow-old.txt"), "x.example.com\n").unwrap();
    fs::write(out.join("README.md"), "hands off\n").unwrap();
    fs::write(out.join("squid/.gitkeep"), "").unwrap();
    let ran = check(&folder, &["--format", "github"]);
    assert_eq!(ran.code, 1);
    let commands: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 2, "{}", ran.out);
    assert!(
        commands[0].starts_with("::error file=dist/contoso-eu/pac/wpad.dat,title=output-missing::"),
        "{}",
        ran.out
    );
    assert!(
        commands[1].starts_with("::error file=dist/contoso-eu/squid/allow-old.txt,title=output-extra::"),
        "{}",
        ran.out
    );
    // Nothing was built at all.
    let empty = check(&folder, &["--out", "nowhere", "--format", "json"]);
    let found = json(&empty.out);
    assert_eq!(empty.code, 1);
    assert!(found["files"].as_array().unwrap().iter().all(|file| file["change"] == "missing"), "{found}");
}

#[test]
fn a_target_that_is_no_longer_built_leaves_files_behind() {
    let folder = built(&[]);
    let ran = check(&folder, &["--set", "targets.build=[\"squid\"]", "--format", "json"]);
    assert_eq!(ran.code, 1);
    let found = json(&ran.out);
    let extra = found["files"].as_array().unwrap().iter().filter(|file| file["change"] == "extra");
    assert!(extra.filter(|file| file["path"].as_str().unwrap().starts_with("azure/")).count() > 2, "{found}");
}

#[test]
fn one_target_alone_is_compared_where_it_is_named() {
    let folder = built(&["--report"]);
    edit(&folder, "squid/allow.conf", |text| text.replacen("deny", "allow", 1) + "# edited\n");
    let (one, other) = (check(&folder, &["--target", "pac"]), check(&folder, &["--target", "squid"]));
    assert_eq!(one.code, 0, "{}{}", one.out, one.err);
    assert!(one.out.contains("all 2 files"), "{}", one.out);
    assert_eq!(other.code, 1, "{}", other.out);
    assert!(other.out.contains("squid/allow.conf") && !other.out.contains("manifest"), "{}", other.out);
    assert_eq!(check(&folder, &["--target", "pac", "--target", "squid"]).code, 1);
    assert_eq!(check(&folder, &["--target", "pax"]).code, 2);
}

#[test]
fn line_ends_of_a_checkout_are_told_as_such() {
    let folder = built(&[]);
    edit(&folder, "squid/allow-443-exact.txt", |text| text.replace('\n', "\r\n"));
    let ran = check(&folder, &[]);
    assert!(ran.out.contains("squid/allow-443-exact.txt: only the line ends"), "{}", ran.out);
    assert!(!ran.out.contains("+++"), "{}", ran.out);
    let ran = check(&folder, &["--format", "github"]);
    assert!(ran.out.contains(".gitattributes"), "{}", ran.out);
}

#[test]
fn an_edited_report_is_a_drift_and_shown_where_nothing_else_differs() {
    let folder = built(&["--report"]);
    edit(&folder, "report.md", |text| text.replace("permitted", "welcome"));
    let ran = check(&folder, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("+++ built again") && ran.out.contains("welcome"), "{}", ran.out);
}

#[test]
fn a_profile_with_errors_is_told_and_nothing_is_compared() {
    let folder = built(&[]);
    for (format, piece) in [
        ("human", "nothing compared: 1 error"),
        ("markdown", "nothing compared: 1 error"),
        ("json", "\"same\": null"),
        ("sarif", "\"level\": \"error\""),
        ("github", "::error file=profile.toml,title=profile-value::"),
    ] {
        let ran = check(&folder, &["--set", "cloud=moon", "--format", format]);
        assert_eq!(ran.code, 1);
        assert!(ran.out.contains(piece), "{format}: {}", ran.out);
    }
}

#[test]
fn lines_of_files_cannot_leave_the_markdown() {
    let folder = built(&[]);
    edit(&folder, "squid/allow-443-exact.txt", |text| format!("# ```` </details> <script>\n{text}"));
    let ran = check(&folder, &["--format", "markdown"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\n`````diff\n") && ran.out.contains("\n`````\n\n</details>\n"), "{}", ran.out);
}

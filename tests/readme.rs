//! The README's picture shows what a build prints, and its commands work as written.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fmt::Write as _;
use std::process::Command;

use support::{assert_file, read, root};

const COMMAND: &str = "allowlistc build samples/contoso-eu/profile.toml";

#[test]
fn the_picture_shows_what_the_build_of_the_first_sample_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("contoso-eu");
    let output = Command::new(env!("CARGO_BIN_EXE_allowlistc"))
        .current_dir(root())
        .args(["build", "samples/contoso-eu/profile.toml", "--out"])
        .arg(&out)
        .output()
        .expect("the program runs");
    assert!(output.status.success());
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*out.to_string_lossy(), "dist/contoso-eu");
    let findings = text(&output.stderr);
    // One finding is enough for a picture.
    let first: Vec<&str> = findings.split("\nwarning[").collect();
    let first =
        format!("warning[{}", first.last().copied().unwrap_or_default().trim_start_matches("warning["));
    let lines = format!(
        "$ {COMMAND}\n…\n{first}{}\n$ allowlistc why https://evil-crl.microsoft.com/ samples/contoso-eu/profile.toml\n{}",
        text(&output.stdout),
        why()
    );
    assert_file(&root().join("samples/result.svg"), svg(&lines).as_bytes());
}

fn why() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_allowlistc"))
        .current_dir(root())
        .args(["why", "https://evil-crl.microsoft.com/", "samples/contoso-eu/profile.toml"])
        .output()
        .expect("the program runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn svg(text: &str) -> String {
    let lines: Vec<String> = text.lines().flat_map(|line| wrap(line, 108)).collect();
    let height = lines.len() * 18 + 32;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"920\" height=\"{height}\" role=\"img\" \
         aria-label=\"what a build prints\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#16191d\"/>\n\
         <g font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"13\" fill=\"#d7dce2\" xml:space=\"preserve\">\n"
    );
    for (at, line) in lines.iter().enumerate() {
        let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let colour = match line {
            line if line.starts_with("$ ") => " fill=\"#8ecbff\"",
            line if line.starts_with("warning[") => " fill=\"#f0c674\"",
            _ => "",
        };
        let _ = writeln!(svg, "<text x=\"16\" y=\"{}\"{colour}>{escaped}</text>", 28 + at * 18);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Breaks a long line at blanks, as a terminal would.
fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = lines.last_mut().expect("a line");
        if last.chars().count() + word.trim_end().chars().count() > width && !last.trim().is_empty() {
            lines.push(format!("      {word}"));
        } else {
            last.push_str(word);
        }
    }
    lines
}

#[test]
fn every_verb_of_the_readme_exists() {
    let readme = read(&root().join("README.md"));
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split([' ', '`']).next());
    let verbs: Vec<&str> = rows.collect();
    assert!(verbs.len() >= 7, "{verbs:?}");
    for verb in verbs {
        let output =
            Command::new(env!("CARGO_BIN_EXE_allowlistc")).args([verb, "--help"]).output().expect("it runs");
        assert!(output.status.success(), "{verb}");
    }
}

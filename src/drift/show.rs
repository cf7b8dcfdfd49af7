//! Drift for people and for programs. Lines of files can hold anything.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Change, Drift, follows};
use crate::diagnostic::visible;

/// Lines of all files together that a diff shows.
const MOST_SHOWN: usize = 1_000;

/// What differs, as text: a line for each file.
pub fn to_human(drift: &Drift, name: &str, folder: &str) -> String {
    let mut out = format!("{}\n", summary(drift, name, &visible(folder)));
    for (path, change) in &drift.changes {
        let _ = writeln!(out, "  {:<8} {}{}", change.as_str(), visible(path), detail(change));
    }
    out
}

/// The unified diffs of the files, as text.
pub fn unified(drift: &Drift, folder: &str) -> String {
    let (files, hidden) = shown(drift);
    let mut out = String::new();
    for (path, hunks) in files {
        let _ = writeln!(out, "\n--- {}/{}\n+++ built again", visible(folder), visible(path));
        for line in hunks.iter().flat_map(|hunk| hunk.lines()) {
            let _ = writeln!(out, "{}", visible(line));
        }
    }
    if hidden > 0 {
        let _ = writeln!(out, "\n{hidden} more lines of the diff are not shown");
    }
    out
}

/// What differs, as Markdown: the summary first. `meaning` stands between the files and their lines.
pub fn to_markdown(drift: &Drift, name: &str, folder: &str, meaning: &str) -> String {
    let mut out = format!("**{}**\n", summary(drift, &code(name), &code(folder)));
    if !drift.is_none() {
        out.push('\n');
    }
    for (path, change) in &drift.changes {
        let _ = writeln!(out, "- {} {}{}", change.as_str(), code(path), detail(change));
    }
    out.push_str(meaning);
    let text = unified(drift, folder);
    if !text.is_empty() {
        let fence = "`".repeat(longest_run(&text).max(2) + 1);
        let _ = writeln!(
            out,
            "\n<details><summary>The lines that differ</summary>\n\n{fence}diff{text}{fence}\n\n</details>"
        );
    }
    out
}

/// What differs, for programs.
pub fn to_json(drift: &Drift) -> Value {
    let one = |(path, change): &(String, Change)| {
        let lines = match change {
            Change::Changed(lines) => Some(lines),
            Change::Missing | Change::Extra { .. } => None,
        };
        json!({
            "path": path,
            "change": change.as_str(),
            "line": lines.map(|lines| lines.first),
            "added": lines.and_then(|lines| lines.added),
            "removed": lines.and_then(|lines| lines.removed),
            "only_line_ends": lines.is_some_and(|lines| lines.only_ends),
        })
    };
    drift.changes.iter().map(one).collect()
}

fn summary(drift: &Drift, name: &str, folder: &str) -> String {
    let files = drift.files;
    match drift.changes.len() {
        0 => format!("{name}: all {files} files in {folder} are what the profile and its list make"),
        1 => format!("{name}: 1 file in {folder} is not what the profile and its list make"),
        many => format!("{name}: {many} files in {folder} are not what the profile and its list make"),
    }
}

fn detail(change: &Change) -> String {
    match change {
        Change::Changed(lines) if lines.only_ends => ": only the line ends".to_owned(),
        Change::Changed(lines) => format!(": {}", lines.in_words()),
        Change::Missing | Change::Extra { .. } => String::new(),
    }
}

/// The hunks that are shown of each file, and the lines that are not. Files that follow from the others are shown
/// where no other differs.
fn shown(drift: &Drift) -> (Vec<(&str, Vec<&String>)>, usize) {
    let only_these = drift.changes.iter().all(|(path, _)| follows(path));
    let (mut files, mut left, mut hidden) = (Vec::new(), MOST_SHOWN, 0);
    for (path, change) in &drift.changes {
        let Change::Changed(lines) = change else { continue };
        if lines.only_ends || (follows(path) && !only_these) {
            continue;
        }
        hidden += lines.hidden;
        let mut hunks = Vec::new();
        for hunk in &lines.hunks {
            let length = hunk.lines().count();
            if length > left {
                hidden += length;
                continue;
            }
            left -= length;
            hunks.push(hunk);
        }
        if !hunks.is_empty() {
            files.push((path.as_str(), hunks));
        }
    }
    (files, hidden)
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A code span that the text cannot leave.
fn code(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let room = if text.contains('`') { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

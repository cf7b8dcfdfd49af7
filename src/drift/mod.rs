//! Drift: how the files of a folder differ from those that a build would write there.

mod meaning;
mod show;
mod unified;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::report;
use crate::write::MANIFEST;

pub use meaning::{Configured, meaning};
pub use show::{to_human, to_json, to_markdown, unified};
pub use unified::Lines;

/// Files by their path below the folder.
pub type FileBytes = BTreeMap<String, Vec<u8>>;

/// How one file differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has other bytes than a build would write.
    Changed(Lines),
    /// A build would write it.
    Missing,
    /// A build would not write it: whether the last one did.
    Extra {
        /// Whether the manifest of the folder lists it; a build removes it then.
        listed: bool,
    },
}

impl Change {
    /// `changed`, `missing`, `extra`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::Missing => "missing",
            Self::Extra { .. } => "extra",
        }
    }
}

/// Everything that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Files that a build would write.
    pub files: usize,
    /// Those that differ, by path; what follows from the others stands last.
    pub changes: Vec<(String, Change)>,
}

impl Drift {
    /// Whether a build would change nothing.
    pub fn is_none(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares what a build would write with what is `found`. `listed` are the files of the folder's own manifest.
///
/// Below the folder of a target nothing else may lie, because a firewall could load it; beside those folders and in
/// files with a leading dot people keep what they like.
pub fn drift(wanted: &FileBytes, found: &FileBytes, listed: &BTreeSet<String>) -> Drift {
    let folders: BTreeSet<&str> = wanted.keys().filter_map(|path| Some(path.split_once('/')?.0)).collect();
    let is_loaded = |path: &str| {
        let hidden = path.split('/').any(|part| part.starts_with('.'));
        !hidden && path.split_once('/').is_some_and(|(folder, _)| folders.contains(folder))
    };
    let mut changes: Vec<(String, Change)> = Vec::new();
    for (path, bytes) in wanted {
        match found.get(path) {
            Some(old) if old == bytes => {}
            Some(old) => changes.push((path.clone(), Change::Changed(Lines::of(old, bytes)))),
            None => changes.push((path.clone(), Change::Missing)),
        }
    }
    for path in found.keys().filter(|path| !wanted.contains_key(*path)) {
        let listed = listed.contains(path);
        if listed || is_loaded(path) {
            changes.push((path.clone(), Change::Extra { listed }));
        }
    }
    changes.sort_by(|(a, _), (b, _)| (follows(a), a).cmp(&(follows(b), b)));
    Drift { files: wanted.len(), changes }
}

/// Whether the bytes of a file follow from those of the others.
fn follows(path: &str) -> bool {
    path == MANIFEST || report::FILES.contains(&path)
}

/// A finding for each file. `folder` leads to the files; `command` writes them again.
pub fn findings(drift: &Drift, folder: &str, command: &str) -> Findings {
    let mut findings = Findings::default();
    for (path, change) in &drift.changes {
        findings.push(finding(&format!("{folder}/{path}"), path, change, command));
    }
    findings
}

fn finding(full: &str, path: &str, change: &Change, command: &str) -> Finding {
    let again = format!("`{command}` writes the folder again");
    match change {
        Change::Changed(lines) if lines.only_ends => {
            let message = format!("`{path}` has other line ends than the profile and its list make");
            let help =
                "write `* -text` for this folder into .gitattributes, so that a checkout keeps line ends";
            Finding::error(Code::OutputChanged, message).at(Place::line(full, lines.first)).help(help)
        }
        Change::Changed(lines) => {
            let message = format!("`{path}` is not what the profile and its list make: {}", lines.in_words());
            Finding::error(Code::OutputChanged, message).at(Place::line(full, lines.first)).help(again)
        }
        Change::Missing => {
            let message = format!("`{path}` is missing; the profile and its list make it");
            Finding::error(Code::OutputMissing, message).at(Place::file(full)).help(again)
        }
        Change::Extra { listed: true } => {
            let message =
                format!("`{path}` is of an earlier build; the profile and its list no longer make it");
            Finding::error(Code::OutputExtra, message).at(Place::file(full)).help(again)
        }
        Change::Extra { listed: false } => {
            let message = format!("`{path}` lies among the files of a target, and no build wrote it");
            let help = "remove it, or keep it outside of the folders of targets, where no firewall loads it";
            Finding::error(Code::OutputExtra, message).at(Place::file(full)).help(help)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> FileBytes {
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_differs_is_named_and_what_people_keep_beside_it_is_not() {
        let wanted = files(&[("squid/a", "1\n"), ("squid/b", "2\n"), ("squid/c", "3\n"), (MANIFEST, "{}\n")]);
        let found = files(&[
            ("squid/a", "1\n"),
            ("squid/b", "2\nx\n"),
            ("squid/old", "4\n"),
            ("pac/old", "5\n"),
            ("squid/.gitkeep", ""),
            ("README.md", "hands off\n"),
            ("notes/squid/x", ""),
            (MANIFEST, "{ }\n"),
        ]);
        let drift = drift(&wanted, &found, &BTreeSet::from(["pac/old".to_owned()]));
        let changes: Vec<(&str, &str)> =
            drift.changes.iter().map(|(path, change)| (path.as_str(), change.as_str())).collect();
        assert_eq!(
            changes,
            [
                ("pac/old", "extra"),
                ("squid/b", "changed"),
                ("squid/c", "missing"),
                ("squid/old", "extra"),
                (MANIFEST, "changed")
            ]
        );
    }

    #[test]
    fn line_ends_that_a_checkout_changed_are_told_as_such() {
        let (wanted, found) = (files(&[("squid/a", "1\n2\n")]), files(&[("squid/a", "1\r\n2\r\n")]));
        let drift = drift(&wanted, &found, &BTreeSet::new());
        let findings = findings(&drift, "dist", "allowlistc build p.toml");
        let texts: Vec<_> = findings.iter().filter_map(|finding| finding.help.as_deref()).collect();
        assert!(texts.iter().all(|text| text.contains(".gitattributes")) && texts.len() == 1, "{texts:?}");
    }
}

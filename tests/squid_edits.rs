//! Squid's files edited by hand, below tests/squid/: no edit that Squid takes for something else is called proved.
//!
//! `edits.txt` holds the edits and what Squid 5.7 does with each; `answers.txt` is what `verify` says. A case is a
//! paragraph: `## what it is`, then lines of
//!
//! ```text
//! flavour interception        option `flavour` of the target, else `explicit`
//! in allow.conf               the file that is edited; without lines to look for, text is put at its end
//! - acl mde_443 port 443      lines that are replaced, and must be there; `^` stands for the start of the file
//! + acl mde_443 port 8443     lines that stand in their place, with `\u{…}` and `\r` for characters
//! remove bypass.conf          a file that is taken away
//! asks GET http://a.b/ 403    what Squid answers: 403, or anything else, which is `passes`
//! refuses                     Squid does not start
//! same                        the edit means nothing, and is to be proved
//! ```

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use support::{Ran, assert_file, first_sample, read, root, run_in, snapshot};
use tempfile::TempDir;

#[derive(Default)]
struct Case {
    name: String,
    flavour: String,
    edits: Vec<Edit>,
    removed: Vec<String>,
    is_same: bool,
    has_evidence: bool,
}

#[derive(Default)]
struct Edit {
    file: String,
    old: Vec<String>,
    new: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    text.split("\n## ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (name, rest) = text.split_once('\n').unwrap();
    let mut case = Case { name: name.to_owned(), flavour: "explicit".into(), ..Case::default() };
    for line in rest.lines().filter(|line| !line.is_empty()) {
        let (word, value) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "flavour" => case.flavour = value.into(),
            "in" => case.edits.push(Edit { file: value.into(), ..Edit::default() }),
            "-" => case.edits.last_mut().unwrap().old.push(characters(value)),
            "+" => case.edits.last_mut().unwrap().new.push(characters(value)),
            "remove" => case.removed.push(value.into()),
            "asks" | "refuses" | "#" => case.has_evidence = true,
            "same" => case.is_same = true,
            other => panic!("{name}: `{other}`"),
        }
    }
    case
}

fn characters(text: &str) -> String {
    let known = ["\u{feff}", "\u{a0}", "\u{fc}", "\u{20}"];
    known.iter().fold(text.replace("\\r", "\r"), |text, character| {
        let number = character.chars().next().map_or(0, u32::from);
        text.replace(&format!("\\u{{{number:x}}}"), character)
    })
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let new: String = self.new.iter().fold(String::new(), |text, line| text + line + "\n");
        match self.old.as_slice() {
            [] => format!("{text}{new}"),
            [start] if start == "^" => format!("{new}{text}"),
            old => {
                let old = old.join("\n") + "\n";
                assert_eq!(text.matches(&old).count(), 1, "{} holds `{old}` once", self.file);
                text.replace(&old, &new)
            }
        }
    }
}

/// The first sample with a flavour, built.
fn built(flavour: &str) -> TempDir {
    let folder = first_sample();
    let ran = run(folder.path(), flavour, &["build", "profile.toml", "--out", "dist"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    folder
}

fn run(folder: &Path, flavour: &str, arguments: &[&str]) -> Ran {
    let flavour = format!("targets.squid.flavour='{flavour}'");
    let sets = ["--set", flavour.as_str(), "--set", "targets.build=['squid']"];
    run_in(folder, &[arguments, &sets].concat())
}

fn edited(case: &Case, built: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in snapshot(built) {
        let copy = folder.path().join(path.strip_prefix(built).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, bytes).unwrap();
    }
    let squid = folder.path().join("dist/squid");
    for edit in &case.edits {
        let path = squid.join(&edit.file);
        let text = if path.exists() { read(&path) } else { String::new() };
        let text = edit.apply(&text);
        // Bytes that are no UTF-8 are written as the character of the same number.
        let bytes: Vec<u8> = if text.contains('\u{a0}') {
            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
        } else {
            text.into_bytes()
        };
        fs::write(path, bytes).unwrap();
    }
    case.removed.iter().for_each(|file| fs::remove_file(squid.join(file)).unwrap());
    folder
}

#[test]
fn no_edit_that_squid_takes_for_something_else_is_proved() {
    let folder = root().join("tests/squid");
    let built = [built("explicit"), built("interception")];
    let mut answers = String::new();
    let mut wrong = Vec::new();
    let cases = cases(&read(&folder.join("edits.txt")));
    assert!(cases.len() > 30, "{}", cases.len());
    for case in &cases {
        assert!(case.has_evidence, "{}: what does Squid do?", case.name);
        let from = &built[usize::from(case.flavour == "interception")];
        let folder = edited(case, from.path());
        let ran = run(folder.path(), &case.flavour, &["verify", "profile.toml", "dist"]);
        if (ran.code == 0) != case.is_same {
            wrong.push(format!("{}: exit code {}\n{}{}", case.name, ran.code, ran.err, ran.out));
        }
        let _ = write!(answers, "## {}\n{}{}exit code {}\n\n", case.name, ran.err, ran.out, ran.code);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_file(&folder.join("answers.txt"), answers.as_bytes());
}

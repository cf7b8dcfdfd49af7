//! The law of mutation: of every rendered file of every sample, a line that is gone or changed changes the verdict, or it
//! is one of those named below, which decide nothing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use allowlistc::allowlist::Allowlist;
use allowlistc::diagnostic::Findings;
use allowlistc::lower::{Loss, lower};
use allowlistc::normalise::normalise;
use allowlistc::profile::{self, target_settings};
use allowlistc::render::{RenderContext, render};
use allowlistc::rules::Rules;
use allowlistc::select::select;
use allowlistc::source::read as read_list;
use allowlistc::target::{Registry, Target, Value};
use allowlistc::verify::{ListVerdict, verify_target};
use support::{root, samples};

/// Lines of one form that are tried in one file.
const MOST_OF_A_FORM: usize = 2;

/// What starts a line that decides nothing, in which files, and why it does not.
const QUIET: &[(&str, &[&str], &str)] = &[
    // What is written at the head of every file.
    (".conf", &["#"], "a comment"),
    (".txt", &["#"], "a comment"),
    (".set", &["#"], "a comment"),
    (".tf", &["#", "description"], "for people"),
    (".bicep", &["//", "@description"], "for people"),
    (".pac", &["//"], "a comment"),
    (".dat", &["//"], "a comment"),
    // Names and types, which only have to be sound: the schemas and parsers of the labs read them.
    (
        ".json",
        &[
            "\"$schema\"",
            "\"contentVersion\"",
            "\"apiVersion\"",
            "\"type\": \"array\"",
            "\"name\"",
            "\"firewallPolicyName\"",
        ],
        "spelling",
    ),
    (".bicep", &["name:", "parent:", "param ", "resource "], "spelling"),
    (".tf", &["name ", "type ", "firewall_policy_id", "resource ", "variable "], "spelling"),
    // An order among rules that allow alike.
    (".json", &["\"priority\": 200", "\"priority\": 1000", "\"priority\": 1100"], "all collections allow"),
    (".bicep", &["priority: 200", "priority: 1000", "priority: 1100"], "all collections allow"),
    (".tf", &["priority = 200", "priority = 1000", "priority = 1100"], "all collections allow"),
    // What the firewall takes where nothing is said.
    (".bicep", &["terminateTLS: false"], "the default"),
    (".tf", &["terminate_tls = false"], "the default"),
    (".set", &["source-user any", "category any", "type ssl-forward-proxy"], "the default"),
];

/// Whether a line is one that decides nothing. The second of `h/p/` and `h/p/*` says nothing more.
fn is_quiet(path: &str, line: &str) -> bool {
    let text = line.trim();
    let is_known = |(end, starts, _): &(&str, &[&str], &str)| {
        path.ends_with(end) && starts.iter().any(|start| text.starts_with(start) || text.ends_with(start))
    };
    let covered = ["80.txt", ".set", ".xml"].iter().any(|end| path.ends_with(end));
    QUIET.iter().any(is_known) || (covered && text.trim_end_matches("</member>").ends_with("/*"))
}

/// Which lines stand in the head of a file that is all comment: of XML up to `-->`, of JSON its `metadata`.
fn head(path: &str, lines: &[&str]) -> std::ops::Range<usize> {
    let at = |text: &str| lines.iter().position(|line| line.trim_start().starts_with(text));
    if path.rsplit('.').next() == Some("xml") {
        0..at("-->").map_or(0, |at| at + 1)
    } else {
        let start = at("\"metadata\"").unwrap_or_default();
        start..at("\"parameters\"").unwrap_or(start)
    }
}

struct Built<'t> {
    target: &'t Target,
    list: &'t Allowlist,
    options: BTreeMap<String, Value>,
    losses: Vec<Loss>,
    files: Vec<(String, Vec<u8>)>,
}

impl Built<'_> {
    fn verify(&self, files: &[(String, Vec<u8>)]) -> (Vec<ListVerdict>, Findings) {
        let mut findings = Findings::default();
        let Self { target, list, options, losses, .. } = self;
        let verdicts = verify_target(list, target, &files.into(), options, losses, &mut findings);
        (verdicts, findings)
    }
}

/// The words of a line with `#` for those that differ from entry to entry.
fn form(line: &str) -> String {
    let mut form = String::new();
    for word in line.split_inclusive([' ', '"', '\'', '<', '>', ',']) {
        let end = word.len() - usize::from(word.ends_with([' ', '"', '\'', '<', '>', ',']));
        let (word, mark) = word.split_at(end);
        let varies = word.contains('.') || word.chars().any(|c| c.is_ascii_digit());
        form.push_str(if varies { "#" } else { word });
        form.push_str(mark);
    }
    form
}

/// The line with another last letter or digit.
fn other_letter(line: &str) -> Option<String> {
    let (at, last) = line.char_indices().rfind(|(_, c)| c.is_ascii_alphanumeric())?;
    let other = if last == 'q' {
        'x'
    } else if last.is_ascii_digit() {
        if last == '7' { '3' } else { '7' }
    } else {
        'q'
    };
    Some(format!("{}{other}{}", &line[..at], &line[at + 1..]))
}

#[test]
fn every_line_of_every_rendered_file_decides_or_is_known_to_decide_nothing() {
    let registry = Registry::shipped().unwrap();
    let mut unseen: BTreeSet<String> = BTreeSet::new();
    let mut tried = 0;
    for sample in samples() {
        let folder = root().join("samples").join(&sample);
        let mut findings = Findings::default();
        let text = fs::read_to_string(folder.join("profile.toml")).unwrap();
        let (profile, rules) =
            profile::parse("profile.toml", &text, &[], Rules::shipped, &mut findings).expect("a profile");
        let documents: Vec<_> = profile
            .sources
            .iter()
            .map(|spot| {
                read_list(
                    &spot.value,
                    &fs::read(folder.join(&spot.value)).unwrap(),
                    &rules.reading,
                    &mut findings,
                )
            })
            .collect();
        let list = normalise(
            select(&documents, &profile, &rules, &mut findings).kept,
            &rules,
            profile.bypass_shared_suffixes,
            &mut findings,
        )
        .list;
        for name in registry.names() {
            let target = registry.get(name).unwrap();
            let settings = target_settings(name, &profile.targets[name], &mut findings);
            let plan = lower(&list, target, &settings, &profile.name, &mut findings);
            let context = RenderContext {
                profile: profile.name.clone(),
                sources: Vec::new(),
                tool_version: "0.1.0".into(),
            };
            let artifacts = render(&plan, target, &context, &mut findings);
            let (options, losses) = (plan.options.clone(), plan.losses.clone());
            let files = artifacts.into_iter().map(|artifact| (artifact.path, artifact.bytes)).collect();
            let built = Built { target, list: &list, options, losses, files };
            let (honest, told) = built.verify(&built.files);
            assert!(!told.has_errors(), "{sample} {name} {told:#?}");
            for (at, (path, bytes)) in built.files.iter().enumerate() {
                let text = String::from_utf8(bytes.clone()).unwrap();
                let lines: Vec<&str> = text.lines().collect();
                let (head, mut of_form) = (head(path, &lines), BTreeMap::new());
                let decides = |number: &usize, line: &str| {
                    !line.trim().is_empty() && !head.contains(number) && !is_quiet(path, line)
                };
                for (number, line) in lines.iter().enumerate().filter(|(number, line)| decides(number, line))
                {
                    let count = of_form.entry(form(line)).or_insert(0);
                    *count += 1;
                    if *count > MOST_OF_A_FORM {
                        continue;
                    }
                    let without =
                        lines.iter().enumerate().filter(|(n, _)| *n != number).map(|(_, line)| *line);
                    let mut changes = vec![("gone", without.collect::<Vec<_>>().join("\n") + "\n")];
                    if let Some(other) = other_letter(line) {
                        let changed = lines
                            .iter()
                            .enumerate()
                            .map(|(n, l)| if n == number { other.as_str() } else { l });
                        changes.push(("changed", changed.collect::<Vec<_>>().join("\n") + "\n"));
                    }
                    for (how, text) in changes {
                        let mut files = built.files.clone();
                        files[at].1 = text.into_bytes();
                        let (verdicts, findings) = built.verify(&files);
                        tried += 1;
                        if verdicts == honest && !findings.has_errors() {
                            unseen.insert(format!("{sample} {name} {path}: {how}: {line}"));
                        }
                    }
                }
            }
        }
    }
    println!("{tried} changes of one line");
    assert!(unseen.is_empty() && tried > 2_000, "went unseen: {unseen:#?}");
}

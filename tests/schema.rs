//! The JSON Schema of profiles beside the program: it refuses nothing that the program accepts.

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

use allowlistc::compile::check_settings;
use allowlistc::diagnostic::{Findings, Severity};
use allowlistc::profile;
use allowlistc::rules::Rules;
use allowlistc::select::select;
use allowlistc::target::Registry;
use jsonschema::Validator;
use serde_json::Value;
use support::{files_below, read, root, run_in};

fn validator() -> Validator {
    let printed = run_in(&root(), &["schema", "profile"]).out;
    jsonschema::validator_for(&serde_json::from_str(&printed).expect("JSON")).expect("a schema")
}

/// TOML as the JSON that a schema sees.
fn as_json(table: &toml::Table) -> Value {
    serde_json::to_value(table).expect("JSON")
}

/// Why the program refuses a profile, if it does.
fn refusal(text: &str, overrides: &[String]) -> Option<String> {
    let mut findings = Findings::default();
    let parsed = profile::parse("profile.toml", text, overrides, Rules::shipped, &mut findings);
    if let Some((profile, rules)) = &parsed {
        check_settings(profile, &Registry::shipped().expect("targets"), &mut findings);
        select(&[], profile, rules, &mut findings);
    }
    findings.iter().find(|finding| finding.severity == Severity::Error).map(|error| error.message.clone())
}

/// Sets the dotted key, or takes it out.
fn change(table: &mut toml::Table, key: &str, value: Option<toml::Value>) {
    match (key.split_once('.'), value) {
        (None, Some(value)) => drop(table.insert(key.to_owned(), value)),
        (None, None) => drop(table.remove(key)),
        (Some((section, rest)), value) => {
            let below = table.entry(section).or_insert_with(|| toml::Table::new().into());
            change(below.as_table_mut().expect("a section"), rest, value);
        }
    }
}

#[test]
fn a_schema_says_of_every_change_what_the_program_says() {
    let validator = validator();
    let text = read(&root().join("samples/contoso-eu/profile.toml"));
    let sample: toml::Table = text.parse().expect("TOML");
    let mut wrong = Vec::new();
    for line in read(&root().join("tests/schema/profiles.tsv")).lines().filter(|line| !line.starts_with('#'))
    {
        let [who, key, value] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let parsed = (!value.is_empty()).then(|| {
            let one: toml::Table =
                format!("v = {value}").parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            one["v"].clone()
        });
        let mut changed = sample.clone();
        change(&mut changed, key, parsed);
        let program = if value.is_empty() {
            let kept = text.lines().filter(|line| !line.starts_with(&format!("{key} =")));
            refusal(&kept.collect::<Vec<_>>().join("\n"), &[])
        } else {
            refusal(&text, &[format!("{key}={value}")])
        };
        let schema = validator.iter_errors(&as_json(&changed)).next().map(|error| error.to_string());
        let found = match (&program, &schema) {
            (None, None) => "none",
            (Some(_), Some(_)) => "both",
            (Some(_), None) => "program",
            (None, Some(_)) => "schema",
        };
        if found != who {
            wrong.push(format!("{line}\n    refused by {found}: {program:?} {schema:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Profiles for their messages are profiles as well: those that build are profiles to the schema.
#[test]
fn a_schema_accepts_every_profile_that_builds() {
    let validator = validator();
    let mut seen = 0;
    for path in files_below(&root().join("tests/errors/profile")) {
        let is_profile = path.extension().is_some_and(|extension| extension == "toml");
        if !is_profile || !read(&path.with_extension("txt")).ends_with("exit code 0\n") {
            continue;
        }
        let text = read(&path);
        if text.contains("#! --targets") {
            continue;
        }
        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let error = validator.iter_errors(&as_json(&table)).next().map(|error| error.to_string());
        assert_eq!(error, None, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

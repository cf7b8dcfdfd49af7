//! Findings as SARIF and as GitHub annotations, from real runs.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use support::{Ran, book::book, read, root, run_in};
use tempfile::TempDir;

/// A working directory with the broken inputs' base below `fleet/lists`.
fn work() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let fleet = folder.path().join("fleet/lists");
    fs::create_dir_all(&fleet).expect("a folder");
    let base = root().join("tests/errors/base");
    let profile = read(&base.join("profile.toml")).replace("\"list.xlsx\"", "\"lists/my list.xlsx\"");
    fs::write(folder.path().join("fleet/profile.toml"), profile).expect("a profile");
    write_list(folder.path(), &read(&base.join("list.tsv")));
    folder
}

fn write_list(folder: &Path, text: &str) {
    fs::write(folder.join("fleet/lists/my list.xlsx"), book(text)).expect("a list");
}

fn build(folder: &TempDir, more: &[&str]) -> Ran {
    run_in(folder.path(), &[&["build", "fleet/profile.toml", "--out", "out"], more].concat())
}

fn sarif(folder: &TempDir, more: &[&str]) -> Value {
    let ran = build(folder, &[&["--format", "sarif"], more].concat());
    assert_eq!(ran.err, "");
    let log = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out));
    check(&log);
    log
}

/// What SARIF 2.1.0 and GitHub want of a log, as far as ours have it.
fn check(log: &Value) {
    only(log, &["$schema", "version", "runs"], &[]);
    assert_eq!(log["version"], "2.1.0");
    let [run] = array(&log["runs"]) else { panic!("one run: {log}") };
    only(run, &["tool", "automationDetails", "invocations", "results"], &[]);
    let driver = &run["tool"]["driver"];
    only(driver, &["name", "semanticVersion", "rules"], &[]);
    for rule in array(&driver["rules"]) {
        only(rule, &["id", "shortDescription", "fullDescription", "help"], &[]);
        for text in
            [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"]]
        {
            assert!((1..=1024).contains(&text.as_str().unwrap().chars().count()), "{rule}");
        }
    }
    assert!(run["automationDetails"]["id"].as_str().unwrap().ends_with('/'));
    let mut fingerprints = BTreeSet::new();
    for result in array(&run["results"]) {
        only(result, &["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"], &[]);
        let rule = &driver["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(["note", "warning", "error"].contains(&result["level"].as_str().unwrap()), "{result}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let [location] = array(&result["locations"]) else { panic!("one location: {result}") };
        only(location, &["physicalLocation"], &["logicalLocations"]);
        only(&location["physicalLocation"], &["artifactLocation"], &["region"]);
        let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.is_empty() && !uri.contains([' ', '\\', ':']), "{uri}");
        if let Some(region) = location["physicalLocation"].get("region") {
            only(region, &["startLine"], &["snippet"]);
            assert!(region["startLine"].as_u64().unwrap() > 0);
        }
        let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
        assert!(fingerprints.insert(print.to_owned()), "two results have the fingerprint {print}");
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("an array: {value}"))
}

/// The object has these keys and at most the optional ones beside them.
fn only(value: &Value, keys: &[&str], optional: &[&str]) {
    let object: &Map<String, Value> = value.as_object().unwrap_or_else(|| panic!("an object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "{key} in {value}");
    }
    for key in object.keys() {
        assert!(keys.contains(&key.as_str()) || optional.contains(&key.as_str()), "{key} in {value}");
    }
}

fn result<'l>(log: &'l Value, rule: &str) -> &'l Value {
    let results = array(&log["runs"][0]["results"]);
    results.iter().find(|result| result["ruleId"] == rule).unwrap_or_else(|| panic!("{rule} in {log}"))
}

#[test]
fn the_samples_make_sound_logs_and_every_finding_is_in_them() {
    for sample in ["contoso-eu", "fabrikam-gcc-high", "northwind-streamlined"] {
        let out = tempfile::tempdir().expect("a folder");
        let out = out.path().to_string_lossy().into_owned();
        let profile = format!("samples/{sample}/profile.toml");
        let run = |format| run_in(&root(), &["build", &profile, "--out", &out, "--format", format]).out;
        let log: Value = serde_json::from_str(&run("sarif")).expect("JSON");
        check(&log);
        assert_eq!(log["runs"][0]["automationDetails"]["id"], format!("allowlistc/build/{profile}/"));
        let plain: Value = serde_json::from_str(&run("json")).expect("JSON");
        assert_eq!(array(&log["runs"][0]["results"]).len(), array(&plain["findings"]).len(), "{sample}");
        assert_eq!(run("sarif"), run("sarif"));
    }
}

#[test]
fn a_cell_is_a_logical_place_in_the_list_as_it_was_typed() {
    let folder = work();
    let base = read(&root().join("tests/errors/base/list.tsv"));
    write_list(folder.path(), &base.replace("crl.microsoft.com", "*.com"));
    let log = sarif(&folder, &[]);
    let result = array(&log["runs"][0]["results"]).iter().find(|result| result["level"] == "error").unwrap();
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "fleet/lists/my%20list.xlsx");
    assert!(location["physicalLocation"].get("region").is_none(), "a workbook has no lines: {location}");
    let logical = &location["logicalLocations"][0];
    assert_eq!((logical["name"].as_str(), logical["kind"].as_str()), (Some("E2"), Some("cell")));
    assert_eq!(logical["fullyQualifiedName"], "my list.xlsx[Microsoft Defender URLs]!E2");
    assert!(result["message"]["text"].as_str().unwrap().contains("\nhelp: "), "{result}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_line_of_the_profile_is_a_region_of_it() {
    let folder = work();
    let profile = folder.path().join("fleet/profile.toml");
    fs::write(&profile, read(&profile).replace("cloud = \"commercial\"", "cloud = \"moon\"")).unwrap();
    let log = sarif(&folder, &[]);
    let place = &result(&log, "profile-value")["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "fleet/profile.toml");
    assert_eq!(
        (&place["region"]["startLine"], &place["region"]["snippet"]["text"]),
        (&Value::from(3), &Value::from("cloud = \"moon\""))
    );
    let ran = build(&folder, &["--format", "github"]);
    assert_eq!(ran.code, 1);
    let first = ran.out.lines().next().unwrap();
    assert!(
        first.starts_with(
            "::error file=fleet/profile.toml,line=3,title=profile-value::`cloud` cannot be `moon`%0Ahelp: "
        ),
        "{first}"
    );
    assert!(ran.out.ends_with("\nnothing written: 1 error\n"), "{}", ran.out);
}

#[test]
fn what_stands_in_no_file_belongs_to_the_profile() {
    let folder = work();
    let log = sarif(&folder, &["--set", "cloud=moon"]);
    let location = &result(&log, "profile-value")["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "fleet/profile.toml");
    assert!(location["physicalLocation"].get("region").is_none());
    assert_eq!(location["logicalLocations"][0]["name"], "--set");
}

#[test]
fn paths_are_relative_to_the_working_directory_however_they_are_typed() {
    let folder = work();
    let whole = folder.path().canonicalize().unwrap().join("fleet/profile.toml");
    for typed in ["fleet/profile.toml", "./fleet/./profile.toml", &whole.to_string_lossy()] {
        let ran = run_in(
            &folder.path().canonicalize().unwrap(),
            &["build", typed, "--set", "cloud=moon", "--format", "github"],
        );
        assert!(ran.out.starts_with("::error file=fleet/profile.toml,title="), "{typed}: {}", ran.out);
    }
}

#[test]
fn cells_cannot_speak_to_the_runner() {
    let folder = work();
    let base = read(&root().join("tests/errors/base/list.tsv"));
    write_list(
        folder.path(),
        &base.replace("crl.microsoft.com", "::error::x,y:z%0A\\n::set-output name=a::b"),
    );
    let ran = build(&folder, &["--format", "github"]);
    for line in ran.out.lines() {
        assert!(!line.starts_with("::set-output") && !line.starts_with("::error::x"), "{line}");
    }
    assert!(ran.out.contains("%250A"), "{}", ran.out);
    sarif(&folder, &[]);
}

#[test]
fn files_of_a_users_own_target_are_found_in_its_folder() {
    let folder = work();
    let own = folder.path().join("my/targets/plain");
    fs::create_dir_all(&own).unwrap();
    let fixture = root().join("tests/fixtures/targets/plain");
    for entry in fs::read_dir(&fixture).expect("a target") {
        let path = entry.unwrap().path();
        let text = read(&path).split("\n[[verify").next().unwrap().to_owned();
        fs::write(own.join(path.file_name().unwrap()), text).unwrap();
    }
    let log = sarif(&folder, &["--targets", "my/targets", "--set", "targets.build=[\"plain\"]"]);
    let location = &result(&log, "not-proved")["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "my/targets/plain/target.toml");
}

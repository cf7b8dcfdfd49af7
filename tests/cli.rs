//! The command line: exit codes, what goes to which stream, and what happens to files.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use allowlistc::diagnostic::Code;
use allowlistc::manifest::sha256;
use serde_json::Value;
use support::{Ran, files_below, first_sample as work, json, read, root, run_in, snapshot};
use tempfile::TempDir;

const VERBS: &[&str] = &[
    "build",
    "check",
    "list",
    "why",
    "targets",
    "init",
    "explain",
    "schema",
    #[cfg(feature = "fetch")]
    "fetch",
];

fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    run_in(folder.path(), arguments)
}

fn samples() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("samples")).expect("samples");
    let mut profiles: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path().join("profile.toml"))
        .filter(|path| path.is_file())
        .collect();
    profiles.sort();
    profiles
}

#[test]
fn every_verb_with_a_profile_refuses_targets_and_options_that_nobody_knows() {
    let work = work();
    assert_eq!(run(&work, &["build", "profile.toml"]).code, 0);
    let verbs: &[&[&str]] = &[
        &["build", "profile.toml", "--target", "pac"],
        &["list", "profile.toml"],
        &["why", "https://login.live.com", "profile.toml"],
        &["check", "profile.toml"],
        &["verify", "profile.toml", "dist/contoso-eu"],
        &["diff", "list.xlsx", "list.xlsx", "--profile", "profile.toml"],
        #[cfg(feature = "fetch")]
        &["fetch", "profile.toml", "--check"],
    ];
    for verb in verbs {
        for (set, message) in [
            ("targets.foo.bar=1", "error[target-unknown]: there is no target `foo`"),
            (
                "targets.squid.lst-dir=x",
                "error[target-option-unknown]: target `squid` has no option `lst-dir`",
            ),
        ] {
            let ran = run(&work, &[verb, &["--set", set][..]].concat());
            assert_ne!(ran.code, 0, "{verb:?} {set}: {}{}", ran.out, ran.err);
            assert_eq!(ran.err.matches(message).count(), 1, "{verb:?} {set}: {}", ran.err);
        }
    }
}

/// Rows whose address cell holds words, or nothing, are rows that were read.
#[test]
fn rows_without_an_address_are_shown_among_those_left_out_and_counted() {
    let work = work();
    let text = read(&root().join("tests/books/contoso-eu.tsv"));
    let rows = |text: &str| {
        fs::write(work.path().join("list.xlsx"), support::book::book(text)).expect("a list");
        let ran = run(&work, &["build", "profile.toml", "--target", "pac"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let count = ran.out.split_once(": ").and_then(|(_, rest)| rest.split_once(" rows read"));
        count.and_then(|(count, _)| count.parse::<usize>().ok()).expect("a number of rows")
    };
    let before = rows(&text);
    let words = text.replacen("\tcrl.microsoft.com\t", "\twhat the certificates page says\t", 1);
    let blank = words.replacen("\tevents.data.microsoft.com\t", "\t\t", 1);
    assert_ne!(words, text);
    assert_ne!(blank, words);
    assert_eq!(rows(&blank), before);
    let dropped = json(&run(&work, &["list", "profile.toml", "--dropped", "--format", "json"]).out);
    let reasons = |address: &str| -> Vec<String> {
        let rows = dropped.as_array().unwrap().iter().filter(|row| row["address"] == address);
        rows.map(|row| row["reason"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(reasons("what the certificates page says"), ["words stand in place of an address"]);
    assert_eq!(reasons(""), ["the row has no address"]);
}

#[test]
fn service_tags_without_a_list_are_refused() {
    let work = tempfile::tempdir().expect("a folder");
    let sample = root().join("samples/northwind-streamlined");
    for name in ["profile.toml", "service-tags.json"] {
        fs::copy(sample.join(name), work.path().join(name)).expect("a copy");
    }
    let ran = run(&work, &["build", "profile.toml", "--source", "service-tags.json"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("error[service-tags-alone]: there are service tags and no list"), "{}", ran.err);
    assert!(ran.err.contains("it is published at https://learn.microsoft.com/"), "{}", ran.err);
}

#[test]
fn every_verb_succeeds_with_0() {
    let work = work();
    for arguments in [
        &["build", "profile.toml"][..],
        &["list", "profile.toml"],
        &["client", "profile.toml", "--source", "list.xlsx"],
        &["why", "http://crl.microsoft.com", "profile.toml"],
        &["targets"],
        &["explain", "no-source"],
        &["explain"],
        &["schema", "profile"],
        &["schema", "target"],
        &["--version"],
    ] {
        let ran = run(&work, arguments);
        assert_eq!(ran.code, 0, "{arguments:?} {}", ran.err);
        assert!(!ran.out.is_empty());
    }
}

#[test]
fn findings_of_severity_error_end_with_1_and_what_cannot_run_with_2() {
    let work = work();
    for (code, arguments) in [
        (1, &["build", "profile.toml", "--set", "cloud=moon"][..]),
        (1, &["list", "profile.toml", "--set", "cloud=moon"]),
        (1, &["why", "https://unknown.example.com", "profile.toml"]),
        (2, &["why", "https://", "profile.toml"]),
        (2, &["why", "https://crl.microsoft.com", "profile.toml", "--set", "cloud=moon"]),
        (2, &["explain", "no-sauce"]),
        (2, &["schema", "firewall"]),
        (2, &["targets", "--targets", "nowhere"]),
        (2, &["build", "nowhere.toml"]),
        (2, &["build", "."]),
        (2, &["build", "profile.toml", "--source", "nowhere.xlsx"]),
        (2, &["client", "profile.toml", "--source", "nowhere.xlsx"]),
        (2, &["fetch", "profile.toml", "--source", "nowhere.xlsx"]),
        (2, &["build", "profile.toml", "--source", "."]),
        (2, &["build", "profile.toml", "--format", "xml"]),
        (2, &["build", "profile.toml", "--set", "name"]),
        (2, &["build", "profile.toml", "--set", "=x", "--format", "json"]),
        (2, &["list", "profile.toml", "--set", "name.first=x"]),
        (2, &["why", "https://crl.microsoft.com", "profile.toml", "--set", "name"]),
        (2, &["verify", "profile.toml", "."]),
        (2, &["verify", "profile.toml", "nowhere"]),
        (2, &["verify", "profile.toml", ".", "--set", "name"]),
        (2, &["match", "--target", "squid", "nowhere", "https://crl.microsoft.com"]),
        (2, &["match", "--target", "sqiud", ".", "https://crl.microsoft.com"]),
        (2, &["match", "--target", "squid", ".", "--option", "flavour"]),
        (2, &["match", "--target", "squid", "."]),
        (2, &["init", "new.toml", "--cloud", "moon", "--name", "a", "--connectivity", "standard"]),
        (2, &["build"]),
        (2, &[]),
        (2, &["init"]),
        (2, &["init", "new.toml", "--name", "a"]),
    ] {
        let ran = run(&work, arguments);
        assert_eq!(ran.code, code, "{arguments:?} {}", ran.err);
        if code == 2 {
            assert!(!ran.err.is_empty() && ran.out.is_empty(), "{arguments:?} {}", ran.out);
        }
    }
    assert!(!work.path().join("dist").exists(), "nothing is written");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_deed() {
    let work = work();
    for (argument, path) in [("nowhere.toml", "nowhere.toml"), (".", ".")] {
        let ran = run(&work, &["list", argument]);
        assert!(ran.err.starts_with(&format!("error: reading `{path}`: ")), "{}", ran.err);
    }
    let out = run(&work, &["build", "profile.toml", "--out", "list.xlsx"]);
    assert_eq!(out.code, 2);
    assert!(out.err.contains("error: writing `list.xlsx"), "{}", out.err);
}

/// What never ends is not waited for, unless somebody hands it over.
#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_unless_they_are_handed_over() {
    let work = work();
    assert!(Command::new("mkfifo").arg(work.path().join("pipe")).status().unwrap().success());
    for file in ["pipe", "/dev/zero", "/dev/null"] {
        for arguments in [&["list", "profile.toml", "--source", file][..], &["list", file]] {
            let ran = run(&work, arguments);
            assert_eq!(ran.code, 2, "{arguments:?}");
            let expected = format!("error: reading `{file}`: it is a pipe or a device and may never end");
            assert!(ran.err.starts_with(&expected), "{}", ran.err);
        }
    }
    let piped = |producer: &str| {
        let program = env!("CARGO_BIN_EXE_allowlistc");
        let script = format!("{producer} | '{program}' list profile.toml --format csv --source /dev/stdin");
        Command::new("sh").args(["-c", &script]).current_dir(work.path()).output().unwrap()
    };
    let given = piped("cat list.xlsx");
    assert_eq!(given.status.code(), Some(0));
    let hosts = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let from_file = run(&work, &["list", "profile.toml", "--format", "csv"]).out;
    assert_eq!(hosts(&String::from_utf8(given.stdout).unwrap()), hosts(&from_file));
    let endless = piped("yes");
    assert_eq!(endless.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&endless.stderr).contains("error[file-too-large]"));
}

#[test]
fn the_help_of_every_verb_fits_80_columns() {
    let work = work();
    for verb in VERBS.iter().copied().map(Some).chain([None]) {
        let arguments: Vec<&str> = verb.into_iter().chain(["--help"]).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_allowlistc"));
        let output = command.args(&arguments).env("COLUMNS", "80").output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && text.contains("Usage:"), "{arguments:?}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
        assert!(!text.contains('\u{1b}'), "{arguments:?}");
    }
    let help = run(&work, &["--help"]).out;
    assert!(VERBS.iter().all(|verb| help.contains(&format!("\n  {verb} "))), "{help}");
    assert!(help.contains("Exit codes"));
}

#[test]
fn a_second_build_writes_nothing() {
    let work = work();
    let first = run(&work, &["build", "profile.toml"]);
    let built = snapshot(&work.path().join("dist"));
    let second = run(&work, &["build", "profile.toml"]);
    assert_eq!((first.code, second.code), (0, 0));
    assert!(second.out.contains(": 0 written, "), "{}", second.out);
    assert!(second.out.ends_with(" 0 removed\n"), "{}", second.out);
    assert_eq!(built, snapshot(&work.path().join("dist")));
    assert_eq!(first.err, second.err);
}

#[test]
fn the_same_input_gives_the_same_bytes_wherever_it_lies() {
    let (here, there) = (work(), work());
    run(&here, &["build", "profile.toml"]);
    let profile = there.path().join("profile.toml");
    let out = there.path().join("elsewhere/out");
    run_in(&root(), &["build", &profile.to_string_lossy(), "--out", &out.to_string_lossy()]);
    let below = |folder: PathBuf| -> BTreeMap<PathBuf, Vec<u8>> {
        let files = snapshot(&folder).into_iter();
        files.map(|(path, bytes)| (path.strip_prefix(&folder).unwrap().to_owned(), bytes)).collect()
    };
    let first = below(here.path().join("dist/contoso-eu"));
    assert!(first.len() > 10);
    assert_eq!(first, below(out));
}

#[test]
fn a_failed_build_leaves_the_last_good_output_untouched() {
    let work = work();
    assert_eq!(run(&work, &["build", "profile.toml"]).code, 0);
    let good = snapshot(&work.path().join("dist"));
    for arguments in [
        &["--set", "cloud=moon"][..],
        &["--set", "geographies=[\"FR\"]"],
        &["--set", "select.exclude=[{ address = \"*\", reason = \"all\" }]"],
        &["--set", "targets.squid.list-dir=not absolute"],
        &["--source", "profile.toml"],
    ] {
        let ran = run(&work, &[&["build", "profile.toml"], arguments].concat());
        assert_eq!(ran.code, 1, "{arguments:?} {}", ran.err);
        assert!(ran.out.starts_with("nothing written: "), "{}", ran.out);
        assert_eq!(good, snapshot(&work.path().join("dist")), "{arguments:?}");
    }
}

#[test]
fn a_target_that_nobody_knows_is_a_bad_argument() {
    let work = work();
    for arguments in [&["--target", "sqiud"][..], &["--target", "squid", "--target", "sqiud"]] {
        let ran = run(&work, &[&["build", "profile.toml"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?} {}", ran.err);
        assert!(ran.err.contains("there is no target `sqiud`; the nearest is `squid`"), "{}", ran.err);
        assert!(!work.path().join("dist").exists());
    }
}

#[test]
fn leftovers_of_an_earlier_build_go_and_foreign_files_stay() {
    let work = work();
    run(&work, &["build", "profile.toml"]);
    let out = work.path().join("dist/contoso-eu");
    let all = files_below(&out).len();
    fs::write(out.join("squid/mine.conf"), "mine").unwrap();
    fs::write(out.join("README"), "mine").unwrap();
    let ran = run(&work, &["build", "profile.toml", "--set", "targets.build=[\"pac\"]"]);
    assert_eq!(ran.code, 0);
    let left: BTreeSet<String> = files_below(&out)
        .iter()
        .map(|path| path.strip_prefix(&out).unwrap().to_string_lossy().into_owned())
        .filter(|path| !path.starts_with("pac/"))
        .collect();
    assert_eq!(left, ["README", "manifest.json", "squid/mine.conf"].map(str::to_owned).into());
    let removed = format!(" {} removed\n", all + 2 - files_below(&out).len());
    assert!(ran.out.ends_with(&removed), "{} {removed}", ran.out);
}

/// `--target` is for one firewall: the others' files stay, and the manifest still lists them.
#[test]
fn a_build_of_one_target_leaves_the_others_alone() {
    let work = work();
    run(&work, &["build", "profile.toml"]);
    let before = snapshot(&work.path().join("dist"));
    let ran = run(&work, &["build", "profile.toml", "--target", "pac"]);
    assert!(ran.out.ends_with(" 0 removed\n"), "{}", ran.out);
    let manifest = |files: &BTreeMap<PathBuf, Vec<u8>>| {
        let text =
            files.iter().find(|(path, _)| path.ends_with("manifest.json")).map(|(_, bytes)| bytes.clone());
        serde_json::from_slice::<serde_json::Value>(&text.unwrap()).unwrap()
    };
    let after = snapshot(&work.path().join("dist"));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for key in ["files", "losses", "verdicts", "sources"] {
        assert_eq!(manifest(&before)[key], manifest(&after)[key], "{key}");
    }
    assert_eq!(manifest(&after)["kept"], Value::Null);
    let ran = run(&work, &["build", "profile.toml", "--target", "pac", "--set", "select.optional=false"]);
    assert!(ran.err.contains("warning[other-targets-kept]"), "{}", ran.err);
}

/// The manifest names the lists of every file, whichever build it is from.
#[test]
fn the_manifest_says_of_which_list_each_target_is() {
    let work = work();
    let text =
        read(&root().join("tests/books/contoso-eu.tsv")).replace("crl.microsoft.com", "crl.contoso.com");
    fs::write(work.path().join("other.xlsx"), support::book::book(&text)).expect("a list");
    let build = |arguments: &[&str]| {
        let ran = run(&work, &[&["build", "profile.toml"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        (json(&read(&work.path().join("dist/contoso-eu/manifest.json"))), ran.err)
    };
    let first = build(&[]).0;
    let (second, told) = build(&["--target", "pac", "--source", "other.xlsx"]);
    assert!(
        told.contains("warning[other-targets-kept]: `azure`, `paloalto`, `squid` in this folder"),
        "{told}"
    );
    assert_eq!(second["sources"][0]["file"], "other.xlsx");
    let of = |record: &Value| (record["targets"].clone(), record["sources"].clone());
    let all = serde_json::json!(["azure", "paloalto", "squid"]);
    assert_eq!(
        second["kept"].as_array().unwrap().iter().map(of).collect::<Vec<_>>(),
        [(all, first["sources"].clone())]
    );
    // The record shrinks with the targets that are built anew, and goes with the last of them.
    let (third, told) = build(&["--target", "squid", "--source", "other.xlsx"]);
    assert!(told.contains("warning[other-targets-kept]: `azure`, `paloalto` in this folder"), "{told}");
    let fewer = serde_json::json!(["azure", "paloalto"]);
    assert_eq!(
        third["kept"].as_array().unwrap().iter().map(of).collect::<Vec<_>>(),
        [(fewer, first["sources"].clone())]
    );
    assert_eq!(build(&[]).0, first);
}

/// A manifest that somebody changed cannot make a build remove files outside its folder.
#[test]
fn a_changed_manifest_removes_nothing_outside() {
    let work = work();
    run(&work, &["build", "profile.toml"]);
    let out = work.path().join("dist/contoso-eu");
    fs::write(work.path().join("dist/precious"), "x").unwrap();
    let files = "[{\"path\": \"../precious\"}, {\"path\": \"squid/../../precious\"}, {\"path\": \"/etc/hostname\"}, {\"path\": 7}]";
    for text in [format!("{{\"files\": {files}}}"), "not JSON".into(), "[]".into(), String::new()] {
        fs::write(out.join("manifest.json"), &text).unwrap();
        assert_eq!(run(&work, &["build", "profile.toml"]).code, 0, "{text}");
        assert!(work.path().join("dist/precious").is_file(), "{text}");
    }
}

#[test]
fn json_stands_alone_on_standard_output() {
    let work = work();
    for arguments in [
        &["build", "profile.toml", "--format", "json"][..],
        &["build", "profile.toml", "--format", "json", "--set", "cloud=moon"],
        &["list", "profile.toml", "--format", "json"],
        &["list", "profile.toml", "--format", "json", "--dropped"],
        &["why", "http://crl.microsoft.com", "profile.toml", "--format", "json"],
        &["why", "https://nowhere.example.com", "profile.toml", "--format", "json"],
        &["targets", "--format", "json"],
        &["schema", "profile"],
        &["schema", "target"],
    ] {
        json(&run(&work, arguments).out);
    }
    let built = run(&work, &["build", "profile.toml", "--format", "json"]);
    assert_eq!(built.err, "", "findings stand in the JSON");
    let value = json(&built.out);
    assert_eq!(value["built"], true);
    assert!(value["findings"].as_array().is_some_and(|findings| !findings.is_empty()));
    let refused =
        json(&run(&work, &["build", "profile.toml", "--format", "json", "--set", "cloud=moon"]).out);
    assert_eq!(refused["built"], false);
    assert_eq!(refused["findings"][0]["code"], "profile-value");
}

#[test]
fn entries_as_json_have_exactly_the_promised_keys() {
    let keys = [
        "host",
        "path",
        "port",
        "required",
        "geography",
        "category",
        "origins",
        "bypass",
        "direct",
        "covered_by",
    ];
    for profile in samples() {
        let ran = run_in(&root(), &["list", &profile.to_string_lossy(), "--format", "json"]);
        let list = json(&ran.out);
        for entry in list.as_array().unwrap() {
            let found: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(found, keys);
            let path = &entry["path"];
            assert!(path.is_null() || path.as_str().is_some_and(|path| path.starts_with('/')), "{entry}");
            assert!(entry["port"].is_u64() && entry["bypass"].is_boolean() && entry["direct"].is_boolean());
            assert!(entry["origins"].as_array().is_some_and(|origins| !origins.is_empty()), "{entry}");
            assert!(entry["covered_by"].is_null() || entry["covered_by"].is_string());
        }
    }
}

#[test]
fn a_closed_pipe_is_no_error_and_changes_no_verdict() {
    let work = work();
    for (arguments, code) in [
        (&["list", "profile.toml", "--format", "json"][..], 0),
        (&["schema", "profile"], 0),
        (&["explain"], 0),
        (&["why", "https://x.example.com/", "profile.toml"], 1),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_allowlistc"))
            .args(arguments)
            .current_dir(work.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let status = child.wait().expect("the program ends");
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?} {status} {errors}");
        assert!(!errors.contains("panicked") && !errors.contains("Broken pipe"), "{errors}");
    }
}

#[test]
fn pipes_get_no_escapes() {
    let work = work();
    for arguments in
        [&["build", "profile.toml", "-v"][..], &["list", "profile.toml"], &["targets"], &["bogus"]]
    {
        let ran = run(&work, arguments);
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{arguments:?}");
    }
}

#[test]
fn a_list_has_three_forms_that_say_the_same() {
    let work = work();
    for more in [&[][..], &["--dropped"]] {
        let list = |format: &str| {
            let ran = run(&work, &[&["list", "profile.toml", "--format", format], more].concat());
            assert_eq!(ran.code, 0);
            ran.out
        };
        let count = json(&list("json")).as_array().unwrap().len();
        assert!(count > 10);
        assert_eq!(list("table").lines().count(), count + 1);
        assert_eq!(list("csv").lines().count(), count + 1);
        assert!(list("csv").starts_with(if more.is_empty() {
            "host,path,port,"
        } else {
            "address,port,row,reason\n"
        }));
    }
    let dropped = json(&run(&work, &["list", "profile.toml", "--dropped", "--format", "json"]).out);
    assert!(
        dropped
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["reason"].as_str().is_some_and(|text| !text.is_empty()))
    );
}

/// An address of the command line stands in no row of no file.
#[test]
fn an_address_of_an_override_has_a_place_that_is_there() {
    let work = work();
    let extra = "select.extra=[{ address = \"b.contoso.com\", reason = \"test\" }]";
    let listed = json(&run(&work, &["list", "profile.toml", "--format", "json", "--set", extra]).out);
    let entry = listed.as_array().unwrap().iter().find(|entry| entry["host"] == "b.contoso.com").unwrap();
    assert_eq!(
        entry["origins"],
        serde_json::json!([{"file": "--set", "sheet": "select.extra", "row": null}])
    );
    let why = run(&work, &["why", "b.contoso.com", "profile.toml", "--set", extra]).out;
    assert!(why.contains("from --set[select.extra]\n"), "{why}");
}

#[test]
fn a_row_whose_address_cannot_be_read_is_among_the_rows_left_out() {
    let base = root().join("tests/errors/base");
    let work = tempfile::tempdir().expect("a folder");
    fs::write(work.path().join("profile.toml"), read(&base.join("profile.toml"))).expect("a profile");
    let text = read(&base.join("list.tsv")).replace("crl.microsoft.com", "crl micro.contoso.com");
    fs::write(work.path().join("list.xlsx"), support::book::book(&text)).expect("a list");
    let ran = run(&work, &["list", "profile.toml", "--dropped", "--format", "json"]);
    assert_eq!(ran.code, 1);
    let dropped = json(&ran.out);
    let rows = dropped.as_array().unwrap().iter().filter(|row| row["origin"]["row"] == 2);
    let told: Vec<&Value> = rows.map(|row| &row["reason"]).collect();
    assert_eq!(told, ["the address holds white space or a control character inside"]);
}

#[test]
fn why_follows_the_edges_of_an_entry() {
    let work = work();
    for (code, url) in [
        (0, "https://a.wns.windows.com/"),
        (0, "https://a.b.wns.windows.com"),
        (0, "HTTPS://A.WNS.Windows.COM/Path?query#part"),
        (0, "a.wns.windows.com."),
        (0, "a.wns.windows.com:443"),
        (0, "a.wns.windows.com"),
        (0, "http://crl.microsoft.com/any/file.crl"),
        (0, "crl.microsoft.com:80"),
        (1, "https://wns.windows.com/"),
        (1, "https://evilwns.windows.com/"),
        (1, "https://a.wns.windows.com.example.com/"),
        (1, "http://a.wns.windows.com/"),
        (1, "a.wns.windows.com:8443"),
        (1, "https://crl.microsoft.com/"),
        (1, "https://evil-crl.microsoft.com:80/"),
        (1, "https://198.51.100.7/"),
        (1, "https://[2001:db8::1]/"),
        (2, "ftp://a.wns.windows.com/"),
        (2, "https://"),
        (2, "https://a.wns.windows.com:port/"),
        (2, "https://a.wns.windows.com:99999/"),
        (2, "https://user@a.wns.windows.com/"),
        (2, "https://a b/"),
        (2, "https://micr\u{43e}soft.com/"),
        (2, ""),
    ] {
        let ran = run(&work, &["why", url, "profile.toml"]);
        assert_eq!(ran.code, code, "{url}: {}{}", ran.out, ran.err);
        assert_eq!(code == 2, ran.out.is_empty(), "{url}");
    }
    let left_out = run(&work, &["why", "https://winatp-gw-cus.microsoft.com", "profile.toml"]);
    assert_eq!(left_out.code, 1);
    assert!(left_out.out.contains("geography `US` is not chosen"), "{}", left_out.out);
}

/// The list alone is half an answer: what the firewalls do with it counts as well.
#[test]
fn why_tells_what_no_target_lets_through_and_what_the_profile_narrowed() {
    let work = work();
    for (code, url, said) in [
        (
            1,
            "https://x.blob.core.windows.net/networkscannerstable/a",
            "no target of the profile can let it through",
        ),
        (1, "https://x.blob.core.windows.net/networkscannerstable/a", "not on squid: "),
        (1, "https://other.ods.opinsights.azure.com/", "the profile's values take its place"),
        (1, "https://www.microsoft.com/elsewhere", "and the path differs"),
        (1, "https://crl.microsoft.com/", "on port 80 only"),
        (1, "https://crl.microsoft.com:80/", "on port 80 in clear text only, not over TLS"),
        (1, "http://login.live.com:443/", "on port 443 over TLS only, not in clear text"),
        (0, "https://eu-v20.events.data.microsoft.com/", "chosen by its geography: "),
        (0, "https://settings-win.data.microsoft.com/", "in doubt: the vendor contradicts itself"),
    ] {
        let ran = run(&work, &["why", url, "profile.toml"]);
        assert_eq!(ran.code, code, "{url}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(said), "{url}: {}", ran.out);
    }
}

/// Rows in whose place values of the profile stand are left out for both.
#[test]
fn the_list_of_dropped_rows_holds_what_why_calls_left_out() {
    let work = work();
    let listed = run(&work, &["list", "profile.toml", "--dropped", "--format", "json"]).out;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    for url in [
        "https://other.ods.opinsights.azure.com/",
        "https://x.blob.core.windows.net/",
        "https://winatp-gw-cus.microsoft.com",
    ] {
        let why = run(&work, &["why", url, "profile.toml", "--format", "json"]).out;
        let why: serde_json::Value = serde_json::from_str(&why).unwrap();
        let left_out = why["left_out"].as_array().unwrap();
        assert!(!left_out.is_empty(), "{url}");
        for row in left_out {
            let (address, reason) = (&row["address"], &row["reason"]);
            let is_listed = listed.iter().any(|one| one["address"] == *address && one["reason"] == *reason);
            assert!(is_listed, "{url}: {row}");
        }
    }
}

/// People paste URLs with sign-in data and tokens.
#[test]
fn why_repeats_no_secret() {
    let work = work();
    for url in [
        "https://me:secret@login.live.com/",
        "https://login.live.com/a?token=secret#secret",
        "ftp://x/?secret",
    ] {
        let ran = run(&work, &["why", url, "profile.toml"]);
        assert!(!ran.out.contains("secret") && !ran.err.contains("secret"), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn every_code_has_a_page_with_its_name_and_a_remedy() {
    let work = work();
    let listed = run(&work, &["explain"]).out;
    assert_eq!(listed.lines().count(), Code::ALL.len());
    for code in listed.lines() {
        let page = run(&work, &["explain", code]);
        assert_eq!(page.code, 0);
        assert!(page.out.starts_with(&format!("# {code}\n")), "{}", page.out);
        assert!(page.out.len() > 150 && page.out.ends_with('\n'), "{code}");
        assert!(page.out.lines().all(|line| line.chars().count() <= 400), "{code}");
    }
    let unknown = run(&work, &["explain", "no-sorce"]);
    assert!(unknown.err.contains("the nearest is `no-source`"), "{}", unknown.err);
}

#[test]
fn targets_are_shown_with_what_they_can_say() {
    let work = work();
    let folders: BTreeSet<String> = fs::read_dir(root().join("targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("target.toml").is_file())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let targets = json(&run(&work, &["targets", "--format", "json"]).out);
    let names: BTreeSet<String> = targets
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, folders);
    let table = run(&work, &["targets"]).out;
    assert!(folders.iter().all(|name| table.contains(name.as_str())), "{table}");
}

/// TOML as the JSON that a schema sees.
fn profile_json(text: &str) -> Value {
    let table: toml::Table = toml::from_str(text).expect("TOML");
    serde_json::to_value(table).expect("JSON")
}

#[test]
fn the_schema_of_profiles_accepts_the_samples_and_refuses_what_the_program_refuses() {
    let schema = json(&run(&work(), &["schema", "profile"]).out);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for profile in samples() {
        let value = profile_json(&read(&profile));
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", profile.display());
    }
    let good = read(&root().join("samples/contoso-eu/profile.toml"));
    for (from, to) in [
        ("schema = 1", "schema = 2"),
        ("name = \"contoso-eu\"", "name = \"../contoso\""),
        ("cloud = \"commercial\"", "cloud = \"moon\""),
        ("connectivity = ", "conectivity = "),
        ("optional = true", "optionl = true"),
        ("optional = true", "optional = \"yes\""),
        ("macos = true", "mac = true"),
        ("\"10-22H2\"", "\"10-22H3\""),
        ("11111111-2222", "1111111-2222"),
        ("\"scadvisorcontent.blob", "\"https://scadvisorcontent.blob"),
        ("[inspection]", "[inspektion]"),
        ("\nlist-dir = ", "\nlist_dir = "),
        ("address = \"*.dm.microsoft.com\", ", ""),
    ] {
        assert!(good.contains(from), "{from}");
        let bad = good.replacen(from, to, 1);
        assert!(!validator.is_valid(&profile_json(&bad)), "the schema accepts {to}");
        let work = work();
        fs::write(work.path().join("profile.toml"), bad).unwrap();
        assert_eq!(run(&work, &["build", "profile.toml"]).code, 1, "the program accepts {to}");
    }
}

fn init<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let flags = [
        "init",
        file,
        "--name",
        "fresh",
        "--cloud",
        "commercial",
        "--connectivity",
        "standard",
        "--geography",
        "EU,uk",
        "--source",
        "list.xlsx",
    ];
    [&flags[..], more].concat()
}

#[test]
fn init_writes_a_profile_that_builds() {
    let work = work();
    let devices = [
        "--device",
        "windows=10-22H2",
        "--device",
        "windows=11-24H2",
        "--device",
        "linux",
        "--device",
        "mma=2012-r2",
    ];
    let ran = run(&work, &init("fresh.toml", &devices));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let written = read(&work.path().join("fresh.toml"));
    assert!(written.contains("\nwindows = [\"10-22H2\", \"11-24H2\"]\n"), "{written}");
    assert!(written.lines().all(|line| line.chars().count() <= 200), "{written}");
    assert!(written.contains("\ngeographies = [\"EU\", \"UK\"]"), "{written}");
    assert!(written.contains("\n# [targets.pac]\n# allow = \"PROXY proxy.example.com:8080\""), "{written}");
    let built = run(&work, &["build", "fresh.toml"]);
    assert_eq!(built.code, 0, "{}", built.err);
    let listed = json(&run(&work, &["list", "fresh.toml", "--format", "json"]).out);
    assert!(listed.as_array().unwrap().iter().any(|entry| entry["geography"] == "UK"));
    let government = [
        "init",
        "gov.toml",
        "--name",
        "gov",
        "--cloud",
        "gcc",
        "--connectivity",
        "standard",
        "--device",
        "linux",
        "--source",
        "list.xlsx",
    ];
    assert_eq!(run(&work, &government).code, 0);
    assert!(!read(&work.path().join("gov.toml")).contains("\ngeographies"));
}

#[test]
fn init_never_overwrites_and_names_the_flag_that_is_missing() {
    let work = work();
    let before = read(&work.path().join("profile.toml"));
    let ran = run(&work, &init("profile.toml", &["--device", "linux"]));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`profile.toml` exists already"), "{}", ran.err);
    assert_eq!(before, read(&work.path().join("profile.toml")));
    // Nothing is asked for a file that cannot be written.
    let ran = run(&work, &["init", "profile.toml"]);
    assert!(ran.err.contains("`profile.toml` exists already"), "{}", ran.err);
    let ran = run(&work, &init("new.toml", &[]));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`--device` is missing"), "{}", ran.err);
    assert!(!work.path().join("new.toml").exists());
}

/// A flag that no profile could hold is refused before anything is written.
#[test]
fn init_refuses_what_a_profile_cannot_say() {
    let work = work();
    for (more, word) in [
        (&["--device", "windoze=11-24H2"][..], "windows"),
        (&["--device", "windows"], "--device"),
        (&["--device", "windows=11-24H3"], "11-24H2"),
        (&["--device", "linux=9"], "linux"),
    ] {
        let ran = run(&work, &init("new.toml", more));
        assert_eq!(ran.code, 2, "{more:?}");
        assert!(ran.err.contains(word), "{more:?}: {}", ran.err);
        assert!(!work.path().join("new.toml").exists(), "{more:?}");
    }
    for (flag, value) in [("--cloud", "moon"), ("--connectivity", "fast"), ("--name", "../a")] {
        let mut arguments = init("new.toml", &["--device", "linux"]);
        let at = arguments.iter().position(|argument| *argument == flag).unwrap();
        arguments[at + 1] = value;
        let ran = run(&work, &arguments);
        assert_eq!(ran.code, 2, "{flag} {value}: {}", ran.out);
        assert!(!work.path().join("new.toml").exists(), "{flag}");
    }
}

#[test]
fn service_tags_without_streamlined_connectivity_are_not_used() {
    let sample = root().join("samples");
    let ran = run_in(
        &sample,
        &[
            "list",
            "contoso-eu/profile.toml",
            "--source",
            "contoso-eu/list.xlsx",
            "--source",
            "northwind-streamlined/service-tags.json",
        ],
    );
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("warning[source-not-used]"), "{}", ran.err);
}

#[test]
fn the_manifest_tells_everything_but_the_machine() {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let user = std::env::var("HOME").unwrap_or_default();
    for profile in samples() {
        let out = tempfile::tempdir().expect("a folder");
        let ran = run_in(
            &root(),
            &[
                "build",
                &profile.to_string_lossy(),
                "--out",
                &out.path().to_string_lossy(),
                "--format",
                "json",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.out);
        let text = read(&out.path().join("manifest.json"));
        let manifest = json(&text);
        assert_eq!(manifest["tool"]["version"], env!("CARGO_PKG_VERSION"));
        let mut listed = BTreeSet::from(["manifest.json".to_owned()]);
        for file in manifest["files"].as_array().unwrap() {
            let path = file["path"].as_str().unwrap();
            let bytes = fs::read(out.path().join(path)).unwrap();
            assert_eq!(file["sha256"], sha256(&bytes), "{path}");
            assert_eq!(file["bytes"], bytes.len(), "{path}");
            assert!(path.starts_with(&format!("{}/", file["target"].as_str().unwrap())), "{path}");
            let role = file["role"].as_str().unwrap();
            assert!(["allow", "bypass", "direct", "include", "policy"].contains(&role), "{path}: {role}");
            listed.insert(path.to_owned());
        }
        let found: BTreeSet<String> = files_below(out.path())
            .iter()
            .map(|path| path.strip_prefix(out.path()).unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(listed, found);
        for source in manifest["sources"].as_array().unwrap() {
            let bytes = fs::read(profile.parent().unwrap().join(source["file"].as_str().unwrap())).unwrap();
            assert_eq!(source["sha256"], sha256(&bytes));
        }
        assert_eq!(manifest["profile"]["sha256"], sha256(read(&profile).as_bytes()));
        // Readings of one file are told apart by their question.
        let verdicts = manifest["verdicts"].as_array().unwrap();
        let readings: BTreeSet<String> = verdicts
            .iter()
            .map(|said| {
                [&said["target"], &said["list"], &said["file"], &said["asked_for"]]
                    .map(ToString::to_string)
                    .join(" ")
            })
            .collect();
        assert_eq!(readings.len(), verdicts.len(), "{readings:?}");
        assert_eq!(manifest["findings"], json(&ran.out)["findings"]);
        let reported =
            manifest["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "loss-permitted").count();
        assert!(manifest["losses"].as_array().unwrap().len() >= reported);
        for word in [host.trim(), &user, &*root().to_string_lossy(), &*out.path().to_string_lossy()] {
            if word.len() > 3 {
                assert!(!text.contains(word), "the manifest holds `{word}`");
                for path in files_below(out.path()) {
                    assert!(
                        !String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(word),
                        "{} holds `{word}`",
                        path.display()
                    );
                }
            }
        }
        // The date of a list is one that the list or its server tells, and those of files come from no clock.
        let dates = text.matches("date\"").count();
        assert!(
            !text.contains("\"time") && dates == manifest["sources"].as_array().unwrap().len(),
            "no clock"
        );
    }
}

/// What is wrong with a profile is told before somebody has written the list to standard input.
#[cfg(unix)]
#[test]
fn nobody_waits_for_a_list_under_a_broken_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("profile.toml"), "schema = 1\nnam = \"x\"\n").expect("a profile");
    let mut child = Command::new(env!("CARGO_BIN_EXE_allowlistc"))
        .args(["list", "profile.toml", "--source", "/dev/stdin"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let still_open = child.stdin.take();
    let mut told = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut told).expect("text");
    assert!(told.contains("`nam`"), "{told}");
    assert!(!child.wait().expect("an end").success());
    drop(still_open);
}

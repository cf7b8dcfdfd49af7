//! Files of ours that somebody edited, below tests/edited/: what `verify` says of each is the file beside it.
//!
//! A case is a TOML file: a sample, the folder of the output that is edited (or the one file that is asked about), and
//! the edits. None of them may be proved, unless the case says that the edit changes nothing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use support::{Ran, assert_file, files_below, read, root, run_in, samples};
use tempfile::TempDir;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Why this edit: a sentence.
    about: String,
    sample: String,
    /// Keys of the profile that are set otherwise.
    #[serde(default)]
    set: Vec<String>,
    /// The target that is asked about, as a folder.
    target: Option<String>,
    /// Or one file, with further arguments.
    file: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    /// The files mean what they meant.
    #[serde(default)]
    same: bool,
    #[serde(default)]
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    /// What is replaced, everywhere; the file is new or gets longer without it.
    from: Option<String>,
    to: String,
}

/// Outputs by sample and what is set.
#[derive(Default)]
struct Builds(BTreeMap<(String, Vec<String>), TempDir>);

fn profile(sample: &str) -> String {
    root().join("samples").join(sample).join("profile.toml").to_string_lossy().into_owned()
}

/// `verb profile …` with the keys of a case.
fn run(case: &Case, verb: &str, more: &[&str]) -> Ran {
    let profile = profile(&case.sample);
    let mut arguments = vec![verb, profile.as_str()];
    arguments.extend(more);
    arguments.extend(case.set.iter().flat_map(|key| ["--set", key]));
    run_in(&root(), &arguments)
}

impl Builds {
    fn of(&mut self, case: &Case) -> &Path {
        let key = (case.sample.clone(), case.set.clone());
        let build = || {
            let folder = tempfile::tempdir().expect("a folder");
            let ran = run(case, "build", &["--out", &folder.path().to_string_lossy()]);
            assert_eq!(ran.code, 0, "{}", ran.err);
            folder
        };
        self.0.entry(key).or_insert_with(build).path()
    }
}

/// A copy of what was built of one target.
fn copy(built: &Path, target: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for path in files_below(&built.join(target)) {
        let to = folder.path().join(path.strip_prefix(built).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, to).unwrap();
    }
    folder
}

impl Edit {
    fn apply(&self, folder: &Path) {
        let path = folder.join(&self.file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let changed = match &self.from {
            Some(from) => text.replace(from, &self.to),
            None => format!("{text}{}", self.to),
        };
        assert_ne!(text, changed, "{} is edited", self.file);
        fs::write(path, changed).unwrap();
    }
}

/// Whatever is said but for the rows without a fault.
fn transcript(case: &Case, builds: &mut Builds) -> (String, i32) {
    let of = case.target.as_deref().or(case.file.as_deref()).expect("a target or a file");
    let target = of.split('/').next().unwrap();
    let folder = copy(builds.of(case), target);
    for edit in &case.edit {
        edit.apply(folder.path());
    }
    let asked = case.file.as_ref().map_or_else(|| folder.path().into(), |file| folder.path().join(file));
    let asked = asked.to_string_lossy().into_owned();
    let mut more = vec![asked.as_str()];
    more.extend(case.arguments.iter().map(String::as_str));
    let ran = run(case, "verify", &more);
    let is_fault = |line: &&str| {
        if case.file.is_some() {
            return !line.starts_with("permitted ");
        }
        let columns: Vec<&str> = line.split("  ").map(str::trim).filter(|text| !text.is_empty()).collect();
        match columns.get(3) {
            Some(&"VERDICT" | &"same" | &"within") => columns.contains(&"NOT PERMITTED"),
            Some(_) => !columns.contains(&"permitted"),
            None => true,
        }
    };
    let rows: String = ran.out.lines().filter(is_fault).flat_map(|line| [line, "\n"]).collect();
    (format!("{}{rows}exit code {}\n", ran.err, ran.code), ran.code)
}

#[test]
fn no_edit_that_changes_what_a_firewall_does_is_proved() {
    let mut builds = Builds::default();
    let (mut cases, mut wrong) = (0, Vec::new());
    for path in files_below(&root().join("tests/edited")) {
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let case: Case = toml::from_str(&read(&path)).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert!(case.about.len() > 20, "{path:?} says why");
        let (text, code) = transcript(&case, &mut builds);
        if (code == 0) != case.same {
            wrong.push(format!("{}: {text}", path.display()));
        }
        assert_file(&PathBuf::from(format!("{}.txt", path.with_extension("").display())), text.as_bytes());
        cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 20, "{cases}");
}

/// Files that a firewall loads, with what may be asked of each.
const ALONE: [(&str, &[&str]); 11] = [
    ("squid/allow.conf", &["allow"]),
    ("squid/bypass.conf", &["bypass"]),
    ("pac/proxy.pac", &["allow", "bypass", "direct"]),
    ("pac/wpad.dat", &["allow", "bypass", "direct"]),
    ("paloalto/firewall.set", &["allow", "bypass"]),
    ("paloalto/firewall.xml", &["allow", "bypass"]),
    ("paloalto/panorama.set", &["allow", "bypass"]),
    ("paloalto/panorama.xml", &["allow", "bypass"]),
    ("azure/allow.arm.json", &["allow", "bypass"]),
    ("azure/allow.bicep", &["allow", "bypass"]),
    ("azure/terraform/allow.tf", &["allow", "bypass"]),
];

#[test]
fn no_file_of_a_sample_has_a_fault_by_itself() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().to_string_lossy().into_owned();
        assert_eq!(run_in(&root(), &["build", &profile(&sample), "--out", &out]).code, 0);
        for (file, product) in
            ALONE.iter().flat_map(|(file, products)| products.iter().map(move |p| (file, p)))
        {
            let path = folder.path().join(file).to_string_lossy().into_owned();
            let ran = run_in(&root(), &["verify", &profile(&sample), &path, "--product", product]);
            if ran.code != 0 {
                wrong.push(format!("{sample} {file} {product}: {}{}", ran.err, ran.out));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

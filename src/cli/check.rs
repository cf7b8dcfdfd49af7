//! `check`: an output folder against what a build would write there.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Check, CheckFormat};
use super::built::{self, Built};
use super::folder::{files_below, open_for_reading};
use super::list::pretty;
use super::services::Services;
use super::typed::relative;
use super::{Stop, print, report, tally};
use crate::diagnostic::{Findings, Paths, to_json};
use crate::diff;
use crate::drift::{self, Configured, Drift, FileBytes, drift};
use crate::profile::target_settings;
use crate::target::{Role, Settings};
use crate::write::{MANIFEST, earlier_manifest};

pub(super) fn run(args: &Check) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let (built, paths) = built::build(&args.inputs, &args.only, &mut findings)?;
    let Some(mut built) = built else {
        return refuse(args.format, &Services { verb: "check", verbose: false, paths: &paths }, &findings);
    };
    let folder = built::folder(args.out.as_deref(), &built.job);
    let lock = folder.is_dir().then(|| open_for_reading(&folder)).transpose()?;
    let mut listed = listed(&folder);
    // The manifest and the reports speak of all targets.
    let counts = |path: &str| {
        let target = path.split_once('/').map(|(target, _)| target);
        args.only.is_empty() || target.is_some_and(|target| args.only.iter().any(|name| name == target))
    };
    listed.retain(|path, _| counts(path));
    if listed.values().any(|role| *role == Role::Report.as_str()) {
        built.add_report(&args.inputs, &findings)?;
    }
    let mut wanted = wanted(&built, pretty(&built.manifest(&args.inputs, &findings)));
    let mut found =
        if folder.is_dir() { files_below(&folder)?.into_iter().collect() } else { FileBytes::new() };
    wanted.retain(|path, _| counts(path));
    found.retain(|path, _| counts(path));
    drop(lock);
    let shown = relative(&folder);
    let checked = Checked {
        drift: drift(&wanted, &found, &listed.into_keys().collect()),
        meaning: meaning(&built, [&found, &wanted], &shown),
        name: built.job.profile.name,
        folder: shown,
        findings,
        paths,
    };
    checked.tell(args)?;
    Ok(checked.drift.is_none())
}

/// What is said of files that differ in nothing but bytes.
const HARMLESS: &str = "nothing changes on the firewalls: their lists keep every entry and their meaning";

/// What a check came to.
struct Checked {
    name: String,
    folder: String,
    drift: Drift,
    /// What a build would change on the firewalls, list by list.
    meaning: diff::Report,
    /// What the build has to tell.
    findings: Findings,
    paths: Paths,
}

impl Checked {
    fn tell(&self, args: &Check) -> Result<(), Stop> {
        let Self { name, folder, drift, .. } = self;
        let drifted =
            drift::findings(drift, folder, &format!("allowlistc build {}", relative(&args.inputs.profile)));
        let mut paths = self.paths.clone();
        for (path, _) in &drift.changes {
            let full = format!("{folder}/{path}");
            paths.insert(full.clone(), full);
        }
        let services = Services { verb: "check", verbose: false, paths: &paths };
        let mut all = self.findings.clone();
        all.append(drifted.clone());
        match args.format {
            CheckFormat::Human => print(&self.human()),
            CheckFormat::Markdown => print(&self.markdown()),
            CheckFormat::Json => print(&pretty(&json!({
                "same": drift.is_none(),
                "folder": folder,
                "files": drift::to_json(drift),
                "firewalls": diff::to_json(&self.meaning)["outputs"],
                "findings": to_json(&all),
            }))),
            CheckFormat::Sarif => services.sarif(&all),
            CheckFormat::Github => {
                // The build has annotated the rest.
                services.github(&drifted)?;
                print(&drift::to_human(drift, name, folder))
            }
        }
    }

    /// Whether every list of the firewalls keeps its entries and its meaning.
    fn is_harmless(&self) -> bool {
        self.meaning.outputs.as_ref().is_some_and(Vec::is_empty)
    }

    fn human(&self) -> String {
        let files = drift::to_human(&self.drift, &self.name, &self.folder);
        if self.drift.is_none() {
            return files;
        }
        let meaning =
            if self.is_harmless() { format!("{HARMLESS}\n") } else { diff::to_human(&self.meaning) };
        format!("{files}\n{meaning}{}", drift::unified(&self.drift, &self.folder))
    }

    fn markdown(&self) -> String {
        let meaning = if self.drift.is_none() {
            String::new()
        } else if self.is_harmless() {
            format!("\n**{HARMLESS}**\n")
        } else {
            format!("\n{}", diff::to_markdown(&self.meaning))
        };
        drift::to_markdown(&self.drift, &self.name, &self.folder, &meaning)
    }
}

/// The files that the folder's own manifest lists, with their roles.
fn listed(folder: &Path) -> BTreeMap<String, String> {
    let manifest = earlier_manifest(folder).unwrap_or_default();
    let files = manifest["files"].as_array().into_iter().flatten();
    let file = |file: &Value| {
        Some((file["path"].as_str()?.to_owned(), file["role"].as_str().unwrap_or_default().to_owned()))
    };
    files.filter_map(file).collect()
}

/// What a build would write.
fn wanted(built: &Built, manifest: String) -> FileBytes {
    let artifacts = built.output.artifacts.iter();
    let files = artifacts.map(|artifact| (artifact.path_in_folder(), artifact.bytes.clone()));
    files.chain([(MANIFEST.to_owned(), manifest.into_bytes())]).collect()
}

/// What a build would change on the firewalls, list by list.
fn meaning(built: &Built, [found, wanted]: [&FileBytes; 2], folder: &str) -> diff::Report {
    let job = &built.job;
    let configured = |(name, _): &(String, usize)| {
        let target = job.registry.get(name)?;
        // The build has told what is wrong with them.
        let mut told = Findings::default();
        let settings = job.profile.targets.get(name);
        let settings = settings.map_or_else(Settings::default, |node| target_settings(name, node, &mut told));
        Some((target, target.resolve(&settings, &mut told)))
    };
    let targets: Vec<Configured<'_>> = built.output.targets.iter().filter_map(configured).collect();
    let names = [folder.to_owned(), "a new build".to_owned()];
    diff::Report { names, outputs: Some(drift::meaning(&targets, found, wanted)), ..diff::Report::default() }
}

fn refuse(format: CheckFormat, services: &Services<'_>, findings: &Findings) -> Result<bool, Stop> {
    let nothing = format!("nothing compared: {}\n", tally(findings));
    match format {
        CheckFormat::Human | CheckFormat::Markdown => {
            report(findings, false);
            print(&nothing)?;
        }
        CheckFormat::Json => print(&pretty(&json!({"same": Value::Null, "findings": to_json(findings)})))?,
        CheckFormat::Sarif => services.sarif(findings)?,
        CheckFormat::Github => {
            services.github(findings)?;
            print(&nothing)?;
        }
    }
    Ok(false)
}

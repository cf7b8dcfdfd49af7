//! `check`: an output folder against what a build would write there.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Check, CheckFormat};
use super::built::{self, Built};
use super::folder::files_below;
use super::list::pretty;
use super::services::Services;
use super::typed::relative;
use super::{Stop, print, report, tally};
use crate::diagnostic::{Findings, to_json};
use crate::drift::{self, Drift, FileBytes, drift};
use crate::target::Role;
use crate::write::{MANIFEST, earlier_manifest};

pub(super) fn run(args: &Check) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let (built, mut paths) = built::build(&args.inputs, &[], &mut findings)?;
    let Some(mut built) = built else {
        let services = Services { verb: "check", verbose: false, paths: &paths };
        return refuse(args.format, &services, &findings);
    };
    let folder = built::folder(args.out.as_deref(), &built.job);
    let listed = listed(&folder);
    if listed.values().any(|role| *role == Role::Report.as_str()) {
        built.add_report(&args.inputs, &findings)?;
    }
    let wanted = wanted(&built, pretty(&built.manifest(&args.inputs, &findings)));
    let found = if folder.is_dir() { files_below(&folder)?.into_iter().collect() } else { FileBytes::new() };
    let drift = drift(&wanted, &found, &listed.into_keys().collect());
    let shown = relative(&folder);
    let meaning = "";
    findings.append(drift::findings(
        &drift,
        &shown,
        &format!("allowlistc build {}", relative(&args.inputs.profile)),
    ));
    for (path, _) in &drift.changes {
        let full = format!("{shown}/{path}");
        paths.insert(full.clone(), full);
    }
    let services = Services { verb: "check", verbose: false, paths: &paths };
    let name = &built.job.profile.name;
    match args.format {
        CheckFormat::Human => print(&human(&drift, name, &shown, meaning))?,
        CheckFormat::Markdown => print(&drift::to_markdown(&drift, name, &shown, meaning))?,
        CheckFormat::Json => print(&pretty(&json!({
            "same": drift.is_none(),
            "folder": shown,
            "files": drift::to_json(&drift),
            "findings": to_json(&findings),
        })))?,
        CheckFormat::Sarif => services.sarif(&findings)?,
        CheckFormat::Github => {
            services.github(&findings)?;
            print(&drift::to_human(&drift, name, &shown))?;
        }
    }
    Ok(drift.is_none())
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

fn human(drift: &Drift, name: &str, folder: &str, meaning: &str) -> String {
    format!("{}{meaning}{}", drift::to_human(drift, name, folder), drift::unified(drift, folder))
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

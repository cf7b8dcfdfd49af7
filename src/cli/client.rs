//! `client`: what the devices of a profile must be told of the proxy, rendered into a folder of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{Client, Format};
use super::folder::{open_for_reading, recovered};
use super::job::{components, read_profile, registry};
use super::list::pretty;
use super::sources::read_copy;
use super::table::aligned;
use super::{Stop, print, print_human, report, tally};
use crate::client::{Outcome, Rendered, SettingsFile, Skipped, components_json, manifest, render};
use crate::diagnostic::{Code, Finding, Findings, Place, to_json, visible};
use crate::manifest::Input;
use crate::profile::ClientSettings;
use crate::rules::Rules;
use crate::write::{Changes, MANIFEST, Old, OutputFolder};

/// The folder of the settings in the output folder of a profile.
const FOLDER: &str = "client";

pub(super) fn run(args: &Client) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    args.sources.iter().try_for_each(|path| read_copy(path).map(drop))?;
    let components = components(args.target_folder.as_deref(), &mut findings)?;
    let registry = registry(args.target_folder.as_deref(), &mut findings)?;
    let read = read_profile(&args.profile, &args.overrides, &registry, &mut findings)?;
    let Some((profile, rules, sha256)) = read.filter(|_| !findings.has_errors()) else {
        return refuse(args.format, &findings);
    };
    let rendered = render(&profile, &rules, &components, env!("CARGO_PKG_VERSION"), &mut findings);
    if findings.has_errors() {
        return refuse(args.format, &findings);
    }
    let file = Input { name: profile.file.clone(), sha256, rows: 0, date: None };
    let manifest = pretty(&manifest(&profile, &file, &args.overrides, &rendered, &findings));
    let whole = args.out.clone().unwrap_or_else(|| PathBuf::from("dist").join(&profile.name));
    let folder = whole.join(FOLDER);
    let (changes, kept, left) = write(&whole, &folder, &rendered, &manifest)?;
    report(&left, args.verbose);
    match args.format {
        Format::Human => {
            report(&findings, args.verbose);
            print_human(&format!(
                "{}: {}\n",
                profile.name,
                profile.client.as_ref().map(told).unwrap_or_default()
            ))?;
            print(&table(&rules, &rendered))?;
            print_human(&ending(&findings, &changes, &folder))?;
        }
        Format::Json => print(&pretty(&json!({
            "rendered": true,
            "folder": folder,
            "written": changes.written,
            "unchanged": changes.unchanged,
            "removed": changes.removed,
            "kept": kept,
            "components": components_json(&rendered.components),
            "findings": to_json(&findings),
        })))?,
    }
    Ok(true)
}

fn refuse(format: Format, findings: &Findings) -> Result<bool, Stop> {
    match format {
        Format::Human => {
            report(findings, false);
            print_human(&format!("nothing written: {}\n", tally(findings)))?;
        }
        Format::Json => print(&pretty(&json!({"rendered": false, "findings": to_json(findings)})))?,
    }
    Ok(false)
}

/// Writes the files into `folder`, which lies in the folder `whole` that a build may be replacing. Files that reset what
/// is no longer written stay, and are told: devices may still have it.
fn write(
    whole: &Path,
    folder: &Path,
    rendered: &Rendered,
    manifest: &str,
) -> Result<(Changes, Vec<String>, Findings), Stop> {
    let building = whole.is_dir().then(|| open_for_reading(whole)).transpose()?;
    let mut output = OutputFolder::open(folder)?;
    let mut left = recovered(output.recovery(), folder);
    let paths: Vec<String> = rendered.files.iter().map(SettingsFile::path).collect();
    let bytes = rendered.files.iter().map(|file| file.bytes.as_slice());
    let mut files: Vec<(&str, &[u8])> = paths.iter().map(String::as_str).zip(bytes).collect();
    files.push((MANIFEST, manifest.as_bytes()));
    let resets = output.manifest().map(|manifest| resets(&manifest)).unwrap_or_default();
    let is_kept = |path: &&String| !paths.contains(path) && folder.join(path).is_file();
    let kept: Vec<String> = resets.iter().filter(is_kept).cloned().collect();
    let changes = output.replace(&files, &[], |path| resets.contains(path), Old::Remove)?;
    drop(output);
    drop(building);
    if !kept.is_empty() {
        let message = format!("the profile no longer has what these files reset: `{}`", kept.join("`, `"));
        let finding =
            Finding::warning(Code::ClientResetKept, message).at(Place::file(folder.display().to_string()));
        left.push(finding.help(
            "they stay here, for devices keep what they were told: reset those that had it, then delete the files",
        ));
    }
    Ok((changes, kept, left))
}

/// The files that reset another one, by the manifest of an earlier run.
fn resets(manifest: &Value) -> BTreeSet<String> {
    let files = manifest["files"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let path = |file: &Value| Some(format!("{}/{}", file["component"].as_str()?, file["reset"].as_str()?));
    let resets: BTreeSet<String> = files.iter().filter_map(path).collect();
    let listed = files.iter().filter_map(|file| file["path"].as_str());
    listed.filter(|path| resets.contains(*path)).map(str::to_owned).collect()
}

/// What each component got.
fn table(rules: &Rules, rendered: &Rendered) -> String {
    let rows: Vec<Vec<String>> = rendered.components.iter().map(|outcome| row(outcome, rules)).collect();
    aligned(&["COMPONENT", "FILES", "WHAT IT IS"], &rows)
}

fn ending(findings: &Findings, changes: &Changes, folder: &Path) -> String {
    let tally = tally(findings);
    let mut text = if tally.is_empty() { String::new() } else { format!("{tally}\n") };
    let (written, removed) = (changes.written.len(), changes.removed.len());
    let folder = visible(&folder.display().to_string());
    let _ = writeln!(text, "{folder}: {written} written, {} unchanged, {removed} removed", changes.unchanged);
    text
}

/// What the devices are told.
fn told(settings: &ClientSettings) -> String {
    let proxy = settings.proxy.as_ref().map(|proxy| format!("proxy {}", proxy.value.address()));
    let pac = settings.pac.as_ref().map(|pac| format!("PAC file {}", pac.value.url));
    let bypass = (!settings.bypass.is_empty()).then(|| format!("{} past the proxy", settings.bypass.len()));
    proxy.into_iter().chain(pac).chain(bypass).collect::<Vec<_>>().join(", ")
}

fn row(outcome: &Outcome, rules: &Rules) -> Vec<String> {
    let (files, about) = match &outcome.files {
        Ok(files) => (files.to_string(), outcome.title.clone()),
        Err(Skipped::NoDevice(families)) => {
            let titles = families
                .iter()
                .map(|key| rules.devices.family(key).map_or(key.as_str(), |family| family.title.as_str()));
            ("-".into(), format!("not in the fleet: {}", titles.collect::<Vec<_>>().join("; ")))
        }
        Err(Skipped::NoSetting(settings)) => {
            let keys: Vec<String> = settings.iter().map(|key| format!("`client.{}`", key.as_str())).collect();
            ("-".into(), format!("needs {}", keys.join(" or ")))
        }
    };
    vec![outcome.name.clone(), files, about]
}

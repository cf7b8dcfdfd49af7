//! `build`: every target of a profile, rendered into a folder.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Build, FindingFormat};
use super::built::{self, Built};
use super::job::Job;
use super::list::pretty;
use super::services::Services;
use super::{Stop, print, report, tally};
use crate::compile::Output;
use crate::diagnostic::{Code, Finding, Findings, Place, to_json, visible};
use crate::lower::summarise;
use crate::manifest::{carry_over, verdict_json};
use crate::write::{Changes, earlier_manifest, write};

pub(super) fn run(args: &Build) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let (built, paths) = built::build(&args.inputs, &args.only, &mut findings)?;
    let services = Services { verb: "build", verbose: args.verbose, paths: &paths };
    let Some(mut built) = built else { return refuse(args.format, &services, &findings) };
    if args.report {
        built.add_report(&args.inputs, &findings)?;
    }
    let manifest = built.manifest(&args.inputs, &findings);
    let Built { job, output } = built;
    let folder = built::folder(args.out.as_deref(), &job);
    let (manifest, kept, left) = with_other_targets(manifest, args, &folder, &output);
    let changes = write(&folder, &output.artifacts, &pretty(&manifest), &kept)
        .map_err(|error| Stop::Request(error.to_string()))?;
    let summary = |shown: &Findings| summary(&job, &output, shown, &changes, &folder.display().to_string());
    match args.format {
        FindingFormat::Human => {
            report(&left, args.verbose);
            let shown = grouped(&findings, &output);
            report(&shown, args.verbose);
            print(&summary(&shown))?;
        }
        FindingFormat::Json => {
            report(&left, args.verbose);
            print(&pretty(&json!({
                "built": true,
                "folder": folder.display().to_string(),
                "written": changes.written,
                "unchanged": changes.unchanged,
                "removed": changes.removed,
                "verdicts": output.verdicts.iter().map(verdict_json).collect::<Value>(),
                "findings": to_json(&findings),
            })))?;
        }
        FindingFormat::Sarif => {
            findings.append(left);
            services.sarif(&findings)?;
        }
        FindingFormat::Github => {
            let mut shown = grouped(&findings, &output);
            shown.append(left);
            services.github(&shown)?;
            print(&summary(&shown))?;
        }
    }
    Ok(true)
}

/// The findings for people, who want to hear once of what several targets lose alike.
fn grouped(findings: &Findings, output: &Output) -> Findings {
    let mut shown = findings.without(Code::LossPermitted);
    shown.append(summarise(&output.losses));
    shown
}

/// With `--target`, the other targets of the folder stay, in the manifest as well.
fn with_other_targets(
    made: Value,
    args: &Build,
    folder: &Path,
    output: &Output,
) -> (Value, Vec<String>, Findings) {
    let mut findings = Findings::default();
    let earlier = if args.only.is_empty() { None } else { earlier_manifest(folder) };
    let Some(earlier) = earlier else { return (made, Vec::new(), findings) };
    let built = |name: &str| output.targets.iter().any(|(target, _)| target == name);
    let files = earlier["files"].as_array().into_iter().flatten();
    let kept: BTreeSet<String> = files
        .filter_map(|file| file["target"].as_str())
        .filter(|name| !built(name))
        .map(str::to_owned)
        .collect();
    let kept: Vec<String> = kept.into_iter().collect();
    let (made, same) = carry_over(made, &earlier, &kept);
    if !kept.is_empty() && !same {
        let names = kept.join("`, `");
        let message =
            format!("`{names}` in this folder are of an earlier profile or list; they were left as they are");
        let finding =
            Finding::warning(Code::OtherTargetsKept, message).at(Place::file(folder.display().to_string()));
        findings.push(finding.help("build without `--target` to bring them up to date"));
    }
    (made, kept, findings)
}

fn refuse(format: FindingFormat, services: &Services<'_>, findings: &Findings) -> Result<bool, Stop> {
    let nothing = || print(&format!("nothing written: {}\n", tally(findings)));
    match format {
        FindingFormat::Human => {
            report(findings, false);
            nothing()?;
        }
        FindingFormat::Json => print(&pretty(&json!({"built": false, "findings": to_json(findings)})))?,
        FindingFormat::Sarif => services.sarif(findings)?,
        FindingFormat::Github => {
            services.github(findings)?;
            nothing()?;
        }
    }
    Ok(false)
}

fn summary(job: &Job, output: &Output, findings: &Findings, changes: &Changes, folder: &str) -> String {
    use crate::allowlist::Product;
    let mut text = String::new();
    let rows: usize = job.sources.iter().map(|source| source.rows).sum();
    let (allow, bypass, direct) = (
        job.list.product(Product::Allow).len(),
        job.list.product(Product::Bypass).len(),
        job.list.product(Product::Direct).len(),
    );
    let _ = writeln!(
        text,
        "{}: {rows} rows read, {} entries: {allow} to allow, {bypass} to exempt from inspection, {direct} direct",
        job.profile.name,
        job.list.entries().len(),
    );
    for (target, files) in &output.targets {
        let _ = writeln!(text, "  {target:<10} {files:>3} files  {}", proof(target, output));
    }
    let tally = tally(findings);
    if !tally.is_empty() {
        let _ = writeln!(text, "{tally}");
    }
    let _ = writeln!(
        text,
        "{}: {} written, {} unchanged, {} removed",
        visible(folder),
        changes.written.len(),
        changes.unchanged,
        changes.removed.len()
    );
    text
}

/// What is proved about the files of a target, in a few words.
fn proof(target: &str, output: &Output) -> String {
    let verdicts: Vec<_> = output.verdicts.iter().filter(|verdict| verdict.target == target).collect();
    let losses = output.losses.iter().filter(|loss| loss.target == target).count();
    if verdicts.is_empty() {
        return format!("not proved, {losses} permitted losses");
    }
    let other: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.verdict.as_str() != "same")
        .map(|verdict| format!("{} {}", verdict.list, verdict.verdict.as_str()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if other.is_empty() {
        return "proved: the same as the list".to_owned();
    }
    format!("proved: {} by {losses} permitted losses, else the same", other.join(", "))
}

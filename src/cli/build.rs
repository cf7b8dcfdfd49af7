//! `build`: every target of a profile, rendered into a folder.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::args::{Build, Format};
use super::job::{self, Job};
use super::list::pretty;
use super::{Stop, print, report, tally};
use crate::compile::{Output, compile, known_targets};
use crate::diagnostic::{Code, Findings, to_json};
use crate::lower::summarise;
use crate::manifest::{Input, Manifest, manifest};
use crate::write::{Changes, write};

pub(super) fn run(args: &Build) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let job = job::load(&args.inputs, &mut findings)?;
    if let Some(job) = &job {
        check_targets(job, &args.only)?;
    }
    let output = job.as_ref().filter(|_| !findings.has_errors()).map(|job| {
        let sources = job.sources.iter().map(|source| (source.name.clone(), source.sha256.clone())).collect();
        compile(&job.list, &job.profile, &job.registry, sources, &args.only, &mut findings)
    });
    let (Some(job), Some(output), false) = (&job, &output, findings.has_errors()) else {
        return refuse(args.format, &findings);
    };
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from("dist").join(&job.profile.name));
    let text = pretty(&manifest(&Manifest {
        profile: &job.profile.name,
        profile_file: &Input { name: job.profile.file.clone(), sha256: job.profile_sha256.clone(), rows: 0 },
        overrides: &args.inputs.overrides,
        rules: &job.rules.name,
        sources: &job.sources,
        artifacts: &output.artifacts,
        losses: &output.losses,
        findings: &findings,
    }));
    let changes =
        write(&folder, &output.artifacts, &text).map_err(|error| Stop::Request(error.to_string()))?;
    match args.format {
        Format::Human => {
            let mut shown = findings.without(Code::LossPermitted);
            shown.append(summarise(&output.losses));
            report(&shown, args.verbose);
            print(&summary(job, output, &shown, &changes, &folder.display().to_string()))?;
        }
        Format::Json => print(&pretty(&json!({
            "built": true,
            "folder": folder.display().to_string(),
            "written": changes.written,
            "unchanged": changes.unchanged,
            "removed": changes.removed,
            "findings": to_json(&findings),
        })))?,
    }
    Ok(true)
}

/// A target that the command line names and nobody knows is a bad argument.
fn check_targets(job: &Job, only: &[String]) -> Result<(), Stop> {
    match only.iter().find(|name| job.registry.get(name).is_none()) {
        Some(name) => {
            Err(Stop::Request(format!("there is no target `{name}`; {}", known_targets(&job.registry, name))))
        }
        None => Ok(()),
    }
}

fn refuse(format: Format, findings: &Findings) -> Result<bool, Stop> {
    match format {
        Format::Human => {
            report(findings, false);
            print(&format!("nothing written: {}\n", tally(findings)))?;
        }
        Format::Json => print(&pretty(&json!({"built": false, "findings": to_json(findings)})))?,
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
        let losses = output.losses.iter().filter(|loss| loss.target == *target).count();
        let exact = if losses == 0 {
            "exact".to_owned()
        } else {
            format!("{losses} permitted losses, see manifest.json")
        };
        let _ = writeln!(text, "  {target:<10} {files:>3} files  {exact}");
    }
    let tally = tally(findings);
    if !tally.is_empty() {
        let _ = writeln!(text, "{tally}");
    }
    let _ = writeln!(
        text,
        "{folder}: {} written, {} unchanged, {} removed",
        changes.written.len(),
        changes.unchanged,
        changes.removed.len()
    );
    text
}

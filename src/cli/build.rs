//! `build`: every target of a profile, rendered into a folder.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::args::{Build, Format};
use super::job::{self, Job};
use super::list::pretty;
use super::{Stop, print, report, tally};
use crate::diagnostic::{Code, Finding, Findings, Place, to_json};
use crate::lower::{Loss, lower, summarise};
use crate::manifest::{Input, Manifest, manifest};
use crate::profile::{nearest, target_settings};
use crate::render::{Artifact, RenderContext, render};
use crate::target::Settings;
use crate::write::{Changes, write};

pub(super) fn run(args: &Build) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let job = job::load(&args.inputs, &mut findings)?;
    let output =
        job.as_ref().filter(|_| !findings.has_errors()).map(|job| compile(job, &args.only, &mut findings));
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

/// What the targets of a job come to.
struct Output {
    artifacts: Vec<Artifact>,
    losses: Vec<Loss>,
    targets: Vec<(String, usize)>,
}

fn compile(job: &Job, only: &[String], findings: &mut Findings) -> Output {
    let context = RenderContext {
        profile: job.profile.name.clone(),
        sources: job.sources.iter().map(|source| (source.name.clone(), source.sha256.clone())).collect(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut output = Output { artifacts: Vec::new(), losses: Vec::new(), targets: Vec::new() };
    for name in chosen_targets(job, only, findings) {
        let Some(target) = job.registry.get(&name) else { continue };
        let settings = job.profile.targets.get(&name);
        let settings = settings.map_or_else(Settings::default, |node| target_settings(&name, node, findings));
        let plan = lower(&job.list, target, &settings, &job.profile.name, findings);
        let artifacts = render(&plan, target, &context, findings);
        output.targets.push((name, artifacts.len()));
        output.losses.extend(plan.losses);
        output.artifacts.extend(artifacts);
    }
    output
}

/// The targets that the command line names, else those with a section in the profile, else all.
fn chosen_targets(job: &Job, only: &[String], findings: &mut Findings) -> Vec<String> {
    let known: Vec<String> = job.registry.names().map(str::to_owned).collect();
    let sections: Vec<String> = job.profile.targets.keys().cloned().collect();
    let mut chosen: Vec<String> = if !only.is_empty() {
        only.to_vec()
    } else if !sections.is_empty() {
        sections
    } else {
        known.clone()
    };
    chosen.sort();
    chosen.dedup();
    chosen.retain(|name| {
        let is_known = known.iter().any(|known| known == name);
        if !is_known {
            let place = job
                .profile
                .targets
                .get(name)
                .map_or_else(|| Place::file("--target"), |node| node.place.clone());
            let near = nearest(name, known.iter().map(String::as_str))
                .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
            let help = format!("{near}known targets: `{}`; `--targets DIR` adds folders", known.join("`, `"));
            let finding = Finding::error(Code::TargetUnknown, format!("there is no target `{name}`"));
            findings.push(finding.at(place).help(help));
        }
        is_known
    });
    chosen
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

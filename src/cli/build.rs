//! `build`: every target of a profile, rendered into a folder.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{Build, Format};
use super::job::{self, Job};
use super::list::pretty;
use super::{Stop, print, report, tally};
use crate::compile::{Output, compile, known_targets};
use crate::diagnostic::{Code, Finding, Findings, Place, to_json, visible};
use crate::lower::summarise;
use crate::manifest::{Input, Manifest, carry_over, manifest, verdict_json};
use crate::verify::{ListVerdict, Verdict};
use crate::write::{Changes, earlier_manifest, write};

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
    let made = manifest(&Manifest {
        profile: &job.profile.name,
        profile_file: &Input { name: job.profile.file.clone(), sha256: job.profile_sha256.clone(), rows: 0 },
        overrides: &args.inputs.overrides,
        rules: &job.rules.name,
        sources: &job.sources,
        artifacts: &output.artifacts,
        losses: &output.losses,
        verdicts: &output.verdicts,
        findings: &findings,
    });
    let (made, kept) = with_other_targets(made, args, &folder, output);
    let changes = write(&folder, &output.artifacts, &pretty(&made), &kept)
        .map_err(|error| Stop::Request(error.to_string()))?;
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
            "verdicts": output.verdicts.iter().map(verdict_json).collect::<Value>(),
            "findings": to_json(&findings),
        })))?,
    }
    Ok(true)
}

/// With `--target`, the other targets of the folder stay, in the manifest as well.
fn with_other_targets(made: Value, args: &Build, folder: &Path, output: &Output) -> (Value, Vec<String>) {
    let earlier = if args.only.is_empty() { None } else { earlier_manifest(folder) };
    let Some(earlier) = earlier else { return (made, Vec::new()) };
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
        let mut findings = Findings::default();
        findings.push(finding.help("build without `--target` to bring them up to date"));
        report(&findings, false);
    }
    (made, kept)
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
    let told = |tell: &dyn Fn(&ListVerdict) -> Option<String>| -> Vec<String> {
        verdicts.iter().filter_map(|verdict| tell(verdict)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let differs = told(&|verdict| match &verdict.verdict {
        Verdict::Same | Verdict::Within(_) => None,
        other => Some(format!("{} {}", verdict.list, other.as_str())),
    });
    let mut text = if differs.is_empty() {
        "proved: the same as the list".to_owned()
    } else {
        format!("proved: {} by {losses} permitted losses, else the same", differs.join(", "))
    };
    let further = told(&|verdict| match (&verdict.verdict, verdict.asked) {
        (Verdict::Within(other), _) => Some(format!("{} as a part of {other}", verdict.list)),
        (_, Some(asked)) if !asked.is_all() => {
            Some(format!("its program asked about {} of {} entries", asked.entries, asked.of))
        }
        _ => None,
    });
    for part in further {
        text.push_str(", ");
        text.push_str(&part);
    }
    text
}

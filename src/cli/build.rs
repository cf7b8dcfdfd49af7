//! `build`: every target of a profile, rendered into a folder.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::args::{Build, FindingFormat};
use super::built::{self, Built};
use super::folder::recovered;
use super::job::Job;
use super::list::pretty;
use super::services::Services;
use super::{Stop, print, print_human, report, tally};
use crate::compile::Output;
use crate::diagnostic::{Code, Finding, Findings, Place, to_json, visible};
use crate::lower::summarise;
use crate::manifest::{carry_over, verdict_json};
use crate::verify::{ListVerdict, Verdict};
use crate::write::{Changes, OutputFolder, write};

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
    let mut output_folder = OutputFolder::open(&folder)?;
    let (manifest, kept, mut left) = with_other_targets(manifest, args, &output_folder, &output);
    left.append(recovered(output_folder.recovery(), &folder));
    let changes = write(&mut output_folder, &output.artifacts, &pretty(&manifest), &kept)?;
    drop(output_folder);
    let summary = |shown: &Findings| summary(&job, &output, shown, &changes, &folder.display().to_string());
    match args.format {
        FindingFormat::Human => {
            report(&left, args.verbose);
            let shown = grouped(&findings, &output);
            report(&shown, args.verbose);
            print_human(&summary(&shown))?;
        }
        FindingFormat::Json => {
            report(&left, args.verbose);
            print(&pretty(&json!({
                "built": true,
                "folder": folder,
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
    // The process ends: to take a large list apart piece by piece would only take time.
    std::mem::forget((job, output, manifest));
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
    folder: &OutputFolder,
    output: &Output,
) -> (Value, Vec<String>, Findings) {
    let mut findings = Findings::default();
    let earlier = if args.only.is_empty() { None } else { folder.manifest() };
    let Some(earlier) = earlier else { return (made, Vec::new(), findings) };
    let built = |name: &str| output.targets.iter().any(|(target, _)| target == name);
    let files = earlier["files"].as_array().into_iter().flatten();
    let kept: BTreeSet<String> = files
        .filter_map(|file| file["target"].as_str())
        .filter(|name| !built(name))
        .map(str::to_owned)
        .collect();
    let kept: Vec<String> = kept.into_iter().collect();
    let made = carry_over(made, &earlier, &kept);
    let of_others = made["kept"].as_array().into_iter().flatten();
    let names = of_others.flat_map(|record| record["targets"].as_array().into_iter().flatten());
    let names: BTreeSet<&str> = names.filter_map(Value::as_str).collect();
    if !names.is_empty() {
        let names = names.into_iter().collect::<Vec<_>>().join("`, `");
        let message = format!(
            "`{names}` in this folder are of an earlier profile or list; they were left as they are, and the manifest \
             says of which under `kept`"
        );
        let finding = Finding::warning(Code::OtherTargetsKept, message).at(Place::file(folder.shown()));
        findings.push(finding.help("build without `--target` to bring them up to date"));
    }
    (made, kept, findings)
}

fn refuse(format: FindingFormat, services: &Services<'_>, findings: &Findings) -> Result<bool, Stop> {
    let nothing = || print_human(&format!("nothing written: {}\n", tally(findings)));
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
    text.push_str(&witnesses(output));
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

/// The request that shows each difference, with the targets and lists that it holds for.
fn witnesses(output: &Output) -> String {
    let mut shown: BTreeMap<(&str, String), BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for verdict in &output.verdicts {
        let both = [("wider", verdict.verdict.wider()), ("narrower", verdict.verdict.narrower())];
        for (how, witness) in both.into_iter().filter_map(|(how, witness)| Some((how, witness?))) {
            let targets = shown.entry((how, witness.to_string())).or_default();
            targets.entry(&verdict.list).or_default().insert(&verdict.target);
        }
    }
    let joined = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for ((how, witness), lists) in shown.iter().rev() {
        let lists: Vec<String> =
            lists.iter().map(|(list, targets)| format!("{list} of {}", joined(targets))).collect();
        let _ = writeln!(text, "  {how}: {} ({})", visible(witness), lists.join("; "));
    }
    text
}

/// What is proved about the files of a target, in a few words.
fn proof(target: &str, output: &Output) -> String {
    let verdicts: Vec<_> = output.verdicts.iter().filter(|verdict| verdict.target == target).collect();
    let losses = output.losses.iter().filter(|loss| loss.target == target).count();
    let losses =
        if losses == 1 { "1 permitted loss".to_owned() } else { format!("{losses} permitted losses") };
    if verdicts.is_empty() {
        return format!("not proved, {losses}");
    }
    let told = |tell: &dyn Fn(&ListVerdict) -> Option<String>| -> Vec<String> {
        verdicts.iter().filter_map(|verdict| tell(verdict)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let differs = told(&|verdict| match &verdict.verdict {
        Verdict::Same | Verdict::Within(_) => None,
        Verdict::Both { .. } => Some(format!("{} wider and narrower", verdict.list)),
        other => Some(format!("{} {}", verdict.list, other.as_str())),
    });
    let mut text = if differs.is_empty() {
        "proved: the same as the list".to_owned()
    } else {
        format!("proved: {} by {losses}, else the same", differs.join(", "))
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

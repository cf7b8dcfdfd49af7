//! `verify`: an output folder against a profile; one file goes to `verify_file`.

use serde_json::{Value, json};

use super::args::{Format, Verify};
use super::folder::{files_below, open_for_reading};
use super::job::{self, Job};
use super::list::pretty;
use super::table::aligned;
use super::{Stop, print, report, verify_file};
use crate::diagnostic::{Code, Findings, to_json};
use crate::manifest::verdict_json;
use crate::verify::read_back::Files;
use crate::verify::{ListVerdict, Prover, Verdict};

pub(super) fn run(args: &Verify) -> Result<bool, Stop> {
    let job = job::load_sound(&args.inputs, "there is nothing to compare with")?;
    if args.path.is_dir() { verify_folder(args, &job) } else { verify_file::run(args, &job) }
}

/// Every target that has a folder below the output folder.
fn verify_folder(args: &Verify, job: &Job) -> Result<bool, Stop> {
    let _lock = open_for_reading(&args.path)?;
    let mut findings = Findings::default();
    let mut verdicts = Vec::new();
    let prover = Prover::new(&job.list);
    for name in job.registry.names() {
        let folder = args.path.join(name);
        let Some(target) = job.registry.get(name).filter(|_| folder.is_dir()) else { continue };
        let files = files_below(&folder)?;
        let plan = job.plan(target, &mut findings);
        let files = Files::from(&files[..]);
        verdicts.extend(prover.verdicts(target, &files, &plan.options, &plan.losses, &mut findings));
    }
    if verdicts.is_empty() {
        let folder = args.path.display();
        return Err(Stop::Request(format!(
            "`{folder}` holds no folder of a known target that can be read back"
        )));
    }
    let findings = findings.without(Code::LossPermitted);
    let sound = !findings.has_errors();
    match args.format {
        Format::Human => {
            report(&findings, false);
            print(&table(&verdicts, sound))?;
        }
        Format::Json => print(&pretty(&json!({
            "proved": sound,
            "verdicts": verdicts.iter().map(verdict_json).collect::<Value>(),
            "findings": to_json(&findings),
        })))?,
    }
    Ok(sound)
}

fn table(verdicts: &[ListVerdict], sound: bool) -> String {
    let row = |verdict: &ListVerdict| {
        let witnesses = [verdict.verdict.wider(), verdict.verdict.narrower()];
        let mut witnesses: Vec<String> = witnesses.into_iter().flatten().map(ToString::to_string).collect();
        if let Verdict::Within(other) = &verdict.verdict {
            witnesses.push(format!("not told from {other}, which holds all of it"));
        }
        if let Some(asked) = verdict.asked.filter(|asked| !asked.is_all()) {
            witnesses.push(format!("program asked about {} of {} entries", asked.entries, asked.of));
        }
        let permitted = match (verdict.unpermitted.is_empty(), verdict.permitted_by.is_empty()) {
            (false, _) => "NOT PERMITTED",
            (true, false) => "permitted",
            (true, true) => "",
        };
        // What is permitted beside it would hide what is not.
        if !verdict.unpermitted.is_empty() {
            witnesses.clone_from(&verdict.unpermitted);
        }
        vec![
            verdict.target.clone(),
            verdict.list.clone(),
            verdict
                .asked_for
                .map_or_else(|| verdict.file.to_string(), |what| format!("{}, {what}", verdict.file)),
            verdict.verdict.as_str().to_owned(),
            permitted.to_owned(),
            witnesses.join("  "),
        ]
    };
    let rows: Vec<Vec<String>> = verdicts.iter().map(row).collect();
    let mut text = aligned(&["TARGET", "LIST", "READ FROM", "VERDICT", "", "WITNESSES"], &rows);
    text.push_str(if sound {
        "proved: the files mean what the list means, but for permitted differences\n"
    } else {
        "not proved\n"
    });
    text
}

//! `verify`: an output folder, or somebody's existing list, against a profile.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{Format, Verify};
use super::folder::{file_and_neighbours, files_below, open_for_reading};
use super::job::{self, Job};
use super::list::{address, pretty};
use super::table::aligned;
use super::{Stop, print, print_human, report};
use crate::allowlist::Product;
use crate::diagnostic::{Code, Findings, to_json};
use crate::lower::lower;
use crate::manifest::verdict_json;
use crate::profile::target_settings;
use crate::target::Settings;
use crate::verify::read_back::lines::{self, List};
use crate::verify::read_back::squid::{self, Plane, Squid};
use crate::verify::read_back::{Files, ReadError};
use crate::verify::{Dialect, Gaps, ListVerdict, Ruleset, gaps, verify_target, web_ports};

pub(super) fn run(args: &Verify) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let job = job::load(&args.inputs, &mut findings)?;
    let Some(job) = job.filter(|_| !findings.has_errors()) else {
        report(&findings, false);
        return Err(Stop::Request(
            "the profile and its list have errors, so there is nothing to compare with".into(),
        ));
    };
    if args.path.is_dir() { verify_folder(args, &job) } else { verify_file(args, &job) }
}

/// Every target that has a folder below the output folder.
fn verify_folder(args: &Verify, job: &Job) -> Result<bool, Stop> {
    let _lock = open_for_reading(&args.path)?;
    let mut findings = Findings::default();
    let mut verdicts = Vec::new();
    for name in job.registry.names() {
        let folder = args.path.join(name);
        let Some(target) = job.registry.get(name).filter(|_| folder.is_dir()) else { continue };
        let files = files_below(&folder)?;
        let settings = job.profile.targets.get(name);
        let settings =
            settings.map_or_else(Settings::default, |node| target_settings(name, node, &mut findings));
        let plan = lower(&job.list, target, &settings, &job.profile.name, &mut findings);
        verdicts.extend(verify_target(
            &job.list,
            target,
            &Files::from(&files[..]),
            &plan.options,
            &plan.losses,
            &mut findings,
        ));
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
        let witnesses: Vec<String> = witnesses.into_iter().flatten().map(ToString::to_string).collect();
        let permitted = if verdict.permitted_by.is_empty() { String::new() } else { "permitted".to_owned() };
        vec![
            verdict.target.clone(),
            verdict.list.clone(),
            verdict.file.clone(),
            verdict.verdict.as_str().to_owned(),
            permitted,
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

/// Somebody's list in one of the formats that can be read.
fn verify_file(args: &Verify, job: &Job) -> Result<bool, Stop> {
    let (name, files) = file_and_neighbours(&args.path)?;
    let files = Files::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let mut findings = Findings::default();
    let (form, plain, ruleset) = read_foreign(&name, &files, args, &mut findings);
    let ruleset =
        ruleset.map_err(|error| Stop::Request(format!("this is no {form} that can be read: {error}")))?;
    let found = gaps(&job.list, args.product.into(), &ruleset);
    let found = if plain { Gaps { ports: Vec::new(), ..found } } else { found };
    let sound = found.is_none();
    match args.format {
        Format::Human => {
            report(&findings, false);
            print_human(&human(&found, form, plain, &files))?;
        }
        Format::Json => print(&pretty(&gaps_json(&found, form, &findings)))?,
    }
    Ok(sound)
}

/// What the file is, whether it is a plain list without ports, and what it would do.
fn read_foreign(
    name: &str,
    files: &Files<'_>,
    args: &Verify,
    findings: &mut Findings,
) -> (&'static str, bool, Result<Ruleset, ReadError>) {
    let bytes = files.named(name).map_or(&[][..], |(_, bytes)| bytes);
    let text = String::from_utf8_lossy(bytes);
    let is_squid =
        |line: &str| ["acl ", "http_access ", "ssl_bump "].iter().any(|word| line.starts_with(word));
    if args.dialect.is_none() && text.lines().any(|line| is_squid(line.trim_start())) {
        let plane =
            if args.product == super::args::ProductName::Bypass { Plane::Bump } else { Plane::Access };
        let clients = args.clients.clone();
        let squid = Squid { entry: name, plane, clients: &clients };
        return ("Squid configuration", false, squid::read(files, &squid, findings));
    }
    let dialect = args.dialect.map_or_else(|| guess_dialect(&text), Into::into);
    let list = List { path: name, dialect, comment: Some("#"), condition: web_ports() };
    ("plain list", true, lines::read(files, &[list], findings))
}

/// Lists with an ending slash are written for PAN-OS, others for Squid.
fn guess_dialect(text: &str) -> Dialect {
    let entries: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let slashes = entries.iter().filter(|line| line.ends_with('/')).count();
    if slashes * 2 > entries.len() { Dialect::PanUrl } else { Dialect::Dstdomain }
}

fn human(found: &Gaps<'_>, form: &str, plain: bool, files: &Files<'_>) -> String {
    let mut text = format!("read as a {form}{}\n", if plain { ", which says no port" } else { "" });
    for (entry, witness) in &found.missing {
        let need = if entry.required == Some(false) { "optional" } else { "required" };
        let origin = entry.origins.first().map_or(String::new(), |origin| format!(", {origin}"));
        let _ = writeln!(text, "missing   {} ({need}{origin}): {witness} is not allowed", address(entry));
    }
    for (line, witness) in &found.wide {
        let _ = writeln!(text, "too wide  {line}{}: {witness} is allowed", shown(files, line));
    }
    if let Some((line, witness)) = found.ports.first() {
        let more = found.ports.len() - 1;
        let also = if more > 0 { format!(" and {more} more lines") } else { String::new() };
        let _ = writeln!(
            text,
            "ports     {line}{}{also}: {witness} is allowed, on another port than the list's",
            shown(files, line)
        );
    }
    for reason in &found.undecided {
        let _ = writeln!(text, "undecided {reason}");
    }
    let _ = writeln!(
        text,
        "{} missing, {} too wide, {} with more ports than the list",
        found.missing.len(),
        found.wide.len(),
        found.ports.len()
    );
    text
}

/// The text of a line, if it is short.
fn shown(files: &Files<'_>, line: &crate::verify::Line) -> String {
    let text = files.named(&line.file).and_then(|(_, bytes)| {
        let text = std::str::from_utf8(bytes).ok()?;
        text.lines().nth(usize::try_from(line.line).ok()?.checked_sub(1)?)
    });
    text.filter(|text| text.len() <= 80 && !text.contains(|c: char| c.is_control()))
        .map_or(String::new(), |text| format!(" `{}`", text.trim()))
}

fn gaps_json(found: &Gaps<'_>, form: &str, findings: &Findings) -> Value {
    let lines = |gaps: &[(crate::verify::Line, crate::pattern::Request)]| -> Value {
        gaps.iter()
            .map(|(line, witness)| json!({"line": line.to_string(), "witness": witness.to_string()}))
            .collect()
    };
    let missing: Value = found
        .missing
        .iter()
        .map(|(entry, witness)| {
            json!({
                "host": entry.pattern.host.to_string(), "path": entry.pattern.path.published(),
                "port": entry.pattern.port, "required": entry.required,
                "origins": entry.origins.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "witness": witness.to_string(),
            })
        })
        .collect();
    json!({
        "read_as": form, "same": found.is_none(), "missing": missing, "too_wide": lines(&found.wide),
        "more_ports": lines(&found.ports), "undecided": found.undecided, "findings": to_json(findings),
    })
}

impl From<super::args::ProductName> for Product {
    fn from(name: super::args::ProductName) -> Self {
        match name {
            super::args::ProductName::Allow => Self::Allow,
            super::args::ProductName::Bypass => Self::Bypass,
            super::args::ProductName::Direct => Self::Direct,
        }
    }
}

impl From<super::args::DialectName> for Dialect {
    fn from(name: super::args::DialectName) -> Self {
        match name {
            super::args::DialectName::Dstdomain => Self::Dstdomain,
            super::args::DialectName::Names => Self::Names,
            super::args::DialectName::PanUrl => Self::PanUrl,
            super::args::DialectName::PanUrlOpen => Self::PanUrlOpen,
            super::args::DialectName::AzureFqdn => Self::AzureFqdn,
        }
    }
}

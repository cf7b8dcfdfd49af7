//! `import`: lines for a profile, or changes of one.

use std::fmt::Write as _;
use std::path::Path;

use super::args::{Import, ImportFrom, ImportInto};
use super::job::{file_name, given_name, once_stdin, read_file, read_given};
use super::{Stop, print, report};
use crate::diagnostic::{Code, Finding, Findings, Place, Severity, visible};
use crate::file::replace_regular;
use crate::import::{self, from_cloud_connections, from_onboarding};
use crate::profile::{self, edit::edit};
use crate::rules::Rules;

pub(super) fn run(args: &Import) -> Result<bool, Stop> {
    let into = match &args.from {
        ImportFrom::Testcloudconnection(args) => &args.into,
        ImportFrom::Onboarding(args) => &args.into,
    };
    let profile = into.profile.as_deref().map(read_profile).transpose()?;
    let rules = rules_of(profile.as_deref())?;
    let mut findings = Findings::default();
    let import = match &args.from {
        ImportFrom::Testcloudconnection(args) => {
            let mut files = Vec::new();
            once_stdin(&args.files)?;
            for path in &args.files {
                files.push((given_name(path), read_given(path, import::LARGEST as u64)?));
            }
            Some(from_cloud_connections(&files, &rules, &mut findings))
        }
        ImportFrom::Onboarding(args) => {
            let bytes = read_given(&args.file, import::onboarding::LARGEST as u64)?;
            from_onboarding(&given_name(&args.file), &bytes, &rules.facts()?, &mut findings)
        }
    };
    let Some(import) = import.filter(|_| !findings.has_errors()) else {
        return Err(Stop::Argument(findings));
    };
    let (text, done) = match (into, profile) {
        (ImportInto { profile: Some(path) }, Some(text)) => put(&import, path, &text, &rules, &mut findings)?,
        _ => (import.to_toml(), true),
    };
    report(&findings, false);
    print(&text)?;
    Ok(done)
}

fn read_profile(path: &Path) -> Result<String, Stop> {
    let bytes = read_file(path, profile::LARGEST as u64)?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= profile::LARGEST);
    text.ok_or_else(|| {
        Stop::Request(format!("`{}` is no profile: no UTF-8 text, or too large", path.display()))
    })
}

/// The rules of the list that a profile names; the default ones where it names none.
fn rules_of(profile: Option<&str>) -> Result<Rules, Stop> {
    let document: Option<toml_edit::DocumentMut> = profile.and_then(|text| text.parse().ok());
    let list = document.as_ref().and_then(|document| document.get("list")?.as_str());
    Ok(Rules::shipped(list)?)
}

/// Changes the profile if it can be read as well as before; says what came in.
fn put(
    import: &import::Import,
    path: &Path,
    text: &str,
    rules: &Rules,
    findings: &mut Findings,
) -> Result<(String, bool), Stop> {
    let file = file_name(path);
    let edited = match edit(text, &import.changes) {
        Ok(edited) => edited,
        Err(fault) => {
            let message = format!("{fault}; nothing was written");
            let help = "look whether both belong together, then change the profile by hand";
            findings.push(Finding::error(Code::ImportConflict, message).at(Place::file(file)).help(help));
            return Ok((String::new(), false));
        }
    };
    let shown = visible(&path.display().to_string());
    if edited.added.is_empty() {
        return Ok((format!("{shown}: unchanged, everything stands there already\n"), true));
    }
    let (before, after) = (read_findings(&file, text, rules), read_findings(&file, &edited.text, rules));
    let new = after.iter().filter(|finding| !before.iter().any(|known| known.message == finding.message));
    let mut broken = false;
    for finding in new {
        broken |= finding.severity == Severity::Error;
        findings.push(finding.clone());
    }
    if broken {
        return Ok((String::new(), false));
    }
    findings.extend(before.iter().filter(|known| known.severity == Severity::Error).map(own_fault));
    let stop = |source| Stop::File { deed: "writing", path: path.display().to_string(), source };
    replace_regular(path, edited.text.as_bytes()).map_err(stop)?;
    let mut out = format!("{shown}: written\n");
    for (key, value) in &edited.added {
        let _ = writeln!(out, "  {key}: added {}", visible(value));
    }
    Ok((out, true))
}

/// A fault that the profile has by itself.
fn own_fault(known: &Finding) -> Finding {
    let message =
        format!("the profile has a fault of its own, and was changed all the same: {}", known.message);
    Finding { severity: Severity::Warning, message, ..known.clone() }
}

/// What reading a profile has to tell.
fn read_findings(file: &str, text: &str, rules: &Rules) -> Findings {
    let mut findings = Findings::default();
    profile::parse(file, text, &[], |_| Rules::shipped(Some(&rules.name)), &mut findings);
    findings
}

//! `lint`: faults in published lists themselves.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{CheckFormat, Lint};
use super::list::pretty;
use super::services::Services;
use super::sources::read_copy;
use super::typed::relative;
use super::{Stop, colours, print, tally};
use crate::diagnostic::{Findings, Paths, Severity, code_span, to_human, to_json, visible};
use crate::lint::lint;
use crate::report::prose_to_markdown;
use crate::rules::Rules;
use crate::source;

pub(super) fn run(args: &Lint) -> Result<bool, Stop> {
    let rules = Rules::shipped(None)?;
    let mut all: Vec<(String, Findings)> = Vec::new();
    let mut paths = Paths::new(args.sources.first().map_or_else(String::new, |path| relative(path)));
    for path in &args.sources {
        let copy = read_copy(path)?;
        let mut reading = Findings::default();
        let document = source::read(&copy.name, &copy.bytes, &rules.reading, &mut reading);
        paths.insert(copy.name.clone(), relative(path));
        all.push((copy.name, lint(&document, &reading, &rules)));
    }
    let services = Services { verb: "lint", verbose: true, paths: &paths };
    match args.format {
        CheckFormat::Human => {
            print(&all.iter().map(|(name, findings)| human(name, findings)).collect::<String>())?;
        }
        CheckFormat::Markdown => {
            print(&all.iter().map(|(name, findings)| markdown(name, findings)).collect::<String>())?;
        }
        CheckFormat::Json => {
            print(&pretty(&json!({"sources": all.iter().map(source_json).collect::<Value>()})))?;
        }
        CheckFormat::Sarif => services.sarif(&together(&all))?,
        CheckFormat::Github => services.github(&together(&all))?,
    }
    Ok(all
        .iter()
        .all(|(_, findings)| findings.count(Severity::Warning) == 0 && findings.count(Severity::Error) == 0))
}

fn together(all: &[(String, Findings)]) -> Findings {
    let mut together = Findings::default();
    for (_, findings) in all {
        together.append(findings.clone());
    }
    together
}

fn source_json((name, findings): &(String, Findings)) -> Value {
    json!({"file": name, "findings": to_json(findings)})
}

/// `2 warnings, 1 note`, or that there is nothing to tell.
fn summary(findings: &Findings) -> String {
    if findings.is_empty() { "no faults found".to_owned() } else { tally(findings) }
}

fn human(name: &str, findings: &Findings) -> String {
    let text = to_human(findings, Severity::Note, colours(&std::io::stdout()));
    format!("{text}{}: {}\n", visible(name), summary(findings))
}

/// A section for each list, worst first: for a message to whoever publishes it.
fn markdown(name: &str, findings: &Findings) -> String {
    let mut out = format!("## {}\n\n{}\n", code_span(name), summary(findings));
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let mut own = findings.iter().filter(|finding| finding.severity == severity).peekable();
        if own.peek().is_some() {
            let _ = writeln!(out, "\n### {}s\n", severity.as_str());
        }
        for finding in own {
            let place = finding.place.as_ref().map(|place| format!("{}: ", code_span(&place.to_string())));
            let (message, code) = (prose_to_markdown(&visible(&finding.message)), finding.code.as_str());
            let _ = writeln!(out, "- {}{message} ({code})", place.unwrap_or_default());
        }
    }
    out.push('\n');
    out
}

//! `list`: the selected entries, or the rows left out.

use serde_json::{Value, json};

use super::args::{List, ListFormat};
use super::job::{self, Job};
use super::table::{aligned, csv};
use super::{Stop, print, report};
use crate::allowlist::Entry;
use crate::diagnostic::Findings;
use crate::origin::Origin;
use crate::select::Dropped;

pub(super) fn run(args: &List) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let job = job::load(&args.inputs, &mut findings)?;
    report(&findings, false);
    let Some(job) = job else { return Ok(false) };
    let text = if args.dropped { dropped(&job, args.format) } else { entries(&job, args.format) };
    print(&text)?;
    Ok(!findings.has_errors())
}

fn entries(job: &Job, format: ListFormat) -> String {
    let list = job.list.entries().iter().enumerate().map(|(at, entry)| (entry, job.list.covered_by(at)));
    match format {
        ListFormat::Json => pretty(&list.map(|(entry, coverer)| entry_json(entry, coverer)).collect()),
        ListFormat::Table => {
            let rows: Vec<Vec<String>> = list.map(|(entry, coverer)| short_row(entry, coverer)).collect();
            aligned(&["HOST", "PATH", "PORT", "NEED", "GEOGRAPHY", "MARKS", "CATEGORY"], &rows)
        }
        ListFormat::Csv => {
            let rows: Vec<Vec<String>> = list.map(|(entry, coverer)| full_row(entry, coverer)).collect();
            let header = [
                "host",
                "path",
                "port",
                "required",
                "geography",
                "category",
                "origins",
                "bypass",
                "direct",
                "covered_by",
            ];
            csv(&header, &rows)
        }
    }
}

fn entry_json(entry: &Entry, coverer: Option<&Entry>) -> Value {
    json!({
        "host": entry.pattern.host.to_string(),
        "path": entry.pattern.path.published(),
        "port": entry.pattern.port,
        "required": entry.required,
        "geography": joined(entry.geographies.iter()),
        "category": joined(entry.categories.iter()),
        "origins": entry.origins.iter().map(origin_json).collect::<Value>(),
        "bypass": entry.bypass,
        "direct": entry.direct,
        "covered_by": coverer.map(address),
    })
}

fn origin_json(origin: &Origin) -> Value {
    json!({"file": &*origin.file, "sheet": &*origin.sheet, "row": (origin.row > 0).then_some(origin.row)})
}

fn short_row(entry: &Entry, coverer: Option<&Entry>) -> Vec<String> {
    let mut marks: Vec<String> = Vec::new();
    marks.extend(entry.bypass.then(|| "bypass".to_owned()));
    marks.extend(entry.direct.then(|| "direct".to_owned()));
    marks.extend(coverer.map(|coverer| format!("covered by {}", address(coverer))));
    vec![
        entry.pattern.host.to_string(),
        entry.pattern.path.to_string(),
        entry.pattern.port.to_string(),
        need(entry).to_owned(),
        joined(entry.geographies.iter()).unwrap_or_default(),
        marks.join(", "),
        joined(entry.categories.iter()).unwrap_or_default(),
    ]
}

fn full_row(entry: &Entry, coverer: Option<&Entry>) -> Vec<String> {
    let origins: Vec<String> = entry.origins.iter().map(ToString::to_string).collect();
    vec![
        entry.pattern.host.to_string(),
        entry.pattern.path.to_string(),
        entry.pattern.port.to_string(),
        entry.required.map_or(String::new(), |required| required.to_string()),
        joined(entry.geographies.iter()).unwrap_or_default(),
        joined(entry.categories.iter()).unwrap_or_default(),
        origins.join("; "),
        entry.bypass.to_string(),
        entry.direct.to_string(),
        coverer.map_or(String::new(), address),
    ]
}

fn need(entry: &Entry) -> &'static str {
    match entry.required {
        Some(true) => "required",
        Some(false) => "optional",
        None => "",
    }
}

/// Host and path as the list writes them.
pub(super) fn address(entry: &Entry) -> String {
    format!("{}{}", entry.pattern.host, entry.pattern.path)
}

fn joined<'a>(texts: impl Iterator<Item = &'a std::sync::Arc<str>>) -> Option<String> {
    let texts: Vec<&str> = texts.map(|text| &**text).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn dropped(job: &Job, format: ListFormat) -> String {
    let mut rows: Vec<&Dropped> = job.left_out().collect();
    rows.sort_by(|a, b| (&a.origin, &a.address).cmp(&(&b.origin, &b.address)));
    let cells = |row: &&Dropped| {
        let port = row.port.map_or(String::new(), |port| port.to_string());
        vec![row.address.to_string(), port, row.origin.to_string(), row.reason.clone()]
    };
    match format {
        ListFormat::Json => pretty(
            &rows
                .iter()
                .map(|row| {
                    json!({
                        "address": &*row.address,
                        "port": row.port,
                        "origin": origin_json(&row.origin),
                        "reason": row.reason,
                    })
                })
                .collect(),
        ),
        ListFormat::Table => {
            aligned(&["ADDRESS", "PORT", "ROW", "REASON"], &rows.iter().map(cells).collect::<Vec<_>>())
        }
        ListFormat::Csv => {
            csv(&["address", "port", "row", "reason"], &rows.iter().map(cells).collect::<Vec<_>>())
        }
    }
}

/// JSON with line ends, so that versions compare well.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = format!("{value:#}");
    text.push('\n');
    text
}

//! `why`: which rows and rules let a URL through, or leave it out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::args::{Format, Why};
use super::job::{self, Job};
use super::list::{address, pretty};
use super::request::parse_request;
use super::{Stop, print, print_human, report};
use crate::allowlist::{Entry, Product};
use crate::compile::compile;
use crate::diagnostic::{Findings, visible};
use crate::lower::Loss;
use crate::pattern::{Path, Pattern, Request, Scheme, allows, parse_address};
use crate::select::Dropped;
use crate::target::Effect;

pub(super) fn run(args: &Why) -> Result<bool, Stop> {
    let request = parse_request(&args.url).ok_or_else(|| not_a_url(&args.url))?;
    let mut findings = Findings::default();
    let job = job::load(&args.inputs, &mut findings)?;
    if job.is_none() || findings.has_errors() {
        report(&findings, false);
    }
    let Some(job) = job.filter(|_| !findings.has_errors()) else {
        return Err(Stop::Request("the profile and its list have errors, so there is no answer".into()));
    };
    let by: Vec<&Entry> =
        job.list.entries().iter().filter(|entry| allows(&entry.pattern, &request)).collect();
    let left_out: Vec<&Dropped> = job.dropped.iter().filter(|row| would_allow(row, &request)).collect();
    let mut notes = Vec::new();
    if by.is_empty() {
        notes.extend(near(&job, &request).into_iter().map(|entry| {
            format!("its host is named by {} on port {} only", address(entry), entry.pattern.port)
        }));
        notes.extend(
            widened(&job, &request).into_iter().map(|target| format!("passes all the same on {target}")),
        );
    }
    let left_out = if by.is_empty() { left_out } else { Vec::new() };
    match args.format {
        Format::Human => print_human(&human(&request, &by, &left_out, &notes))?,
        Format::Json => print(&json(&request, &by, &left_out, &notes))?,
    }
    Ok(!by.is_empty())
}

/// What is wrong with a URL, without the parts of it that may be secret.
fn not_a_url(text: &str) -> Stop {
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    Stop::Request(if shown.contains('@') {
        "the URL names a user before the host; leave that part out".to_owned()
    } else {
        format!("`{}` is no URL of the form `https://host/path` or `host:port`", visible(shown))
    })
}

/// Whether a row that was left out would have allowed the request.
pub(super) fn would_allow(row: &Dropped, request: &Request) -> bool {
    let Ok(parsed) = parse_address(&row.address) else { return false };
    let by_scheme = parsed.scheme.map(Scheme::port);
    let port = row.port.or(parsed.port).or(by_scheme).unwrap_or(443);
    let scheme = Scheme::of_port(port);
    allows(&Pattern { host: parsed.host, path: parsed.path, port, scheme }, request)
}

/// Entries that name the host, on another port or with other paths.
fn near<'j>(job: &'j Job, request: &Request) -> Vec<&'j Entry> {
    let names_host = |entry: &&Entry| {
        let Pattern { host, port, scheme, .. } = &entry.pattern;
        let any_path = Pattern { host: host.clone(), path: Path::Any, port: *port, scheme: *scheme };
        allows(&any_path, &Request { port: *port, scheme: *scheme, ..request.clone() })
    };
    job.list.entries().iter().filter(names_host).collect()
}

/// Targets that let the request pass all the same, because they were told something wider.
fn widened(job: &Job, request: &Request) -> Vec<String> {
    let mut findings = Findings::default();
    let output = compile(&job.list, &job.profile, &job.registry, Vec::new(), &[], &mut findings);
    let passes = |loss: &&Loss| {
        loss.product == Product::Allow
            && loss.effect == Effect::Wider
            && loss.permitted_by.is_some()
            && loss.after.iter().any(|pattern| allows(pattern, request))
    };
    let told = output.losses.iter().filter(passes);
    let told: BTreeSet<String> =
        told.map(|loss| format!("{}, where `{}` is widened", loss.target, loss.entry)).collect();
    told.into_iter().collect()
}

fn human(request: &Request, by: &[&Entry], left_out: &[&Dropped], notes: &[String]) -> String {
    let mut lines = vec![format!("{request} is {}", if by.is_empty() { "not allowed" } else { "allowed" })];
    for entry in by {
        let kind = match entry.required {
            Some(true) => " (required)",
            Some(false) => " (optional)",
            None => "",
        };
        lines.push(format!("  by {} on port {}{kind}", address(entry), entry.pattern.port));
        lines.extend(entry.origins.iter().map(|origin| format!("    from {origin}")));
        if entry.bypass {
            lines.push("    exempt from TLS inspection".into());
        }
        if entry.direct {
            lines.push("    past the proxy".into());
        }
    }
    for row in left_out {
        lines.push(format!("  left out: {} of {}: {}", row.address, row.origin, row.reason));
    }
    lines.extend(notes.iter().map(|note| format!("  {note}")));
    if by.is_empty() && left_out.is_empty() && notes.is_empty() {
        lines.push("  no row of the list names it".into());
    }
    lines.push(String::new());
    lines.iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}

fn json(request: &Request, by: &[&Entry], left_out: &[&Dropped], notes: &[String]) -> String {
    let origins = |entry: &Entry| entry.origins.iter().map(ToString::to_string).collect::<Vec<_>>();
    let by: Value = by
        .iter()
        .map(|entry| {
            json!({
                "host": entry.pattern.host.to_string(), "path": entry.pattern.path.published(),
                "port": entry.pattern.port, "required": entry.required, "bypass": entry.bypass,
                "direct": entry.direct, "origins": origins(entry),
            })
        })
        .collect();
    let left_out: Value = left_out
        .iter()
        .map(|row| json!({"address": &*row.address, "origin": row.origin.to_string(), "reason": row.reason}))
        .collect();
    let allowed = by.as_array().is_some_and(|by| !by.is_empty());
    pretty(
        &json!({"request": request.to_string(), "allowed": allowed, "by": by, "left_out": left_out, "notes": notes}),
    )
}

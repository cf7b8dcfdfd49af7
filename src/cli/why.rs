//! `why`: which rows and rules let a URL through, or leave it out.

use serde_json::{Value, json};

use super::args::{Format, Why};
use super::job;
use super::list::{address, pretty};
use super::{Stop, print, report};
use crate::allowlist::Entry;
use crate::diagnostic::{Findings, visible};
use crate::pattern::{Pattern, Request, Scheme, allows, parse_address};
use crate::select::Dropped;

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
    print(&match args.format {
        Format::Human => human(&request, &by, &left_out),
        Format::Json => json(&request, &by, &left_out),
    })?;
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

/// `https://host/path?query`, `host:port`, `host`; the query does not count.
fn parse_request(text: &str) -> Option<Request> {
    let text = text.split(['?', '#']).next()?;
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::Http), rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::Https), rest),
        Some(_) => return None,
        None => (None, text),
    };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = split_port(authority)?;
    let port = port.unwrap_or(if scheme == Some(Scheme::Http) { 80 } else { 443 });
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let sound = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b));
    sound.then(|| Request {
        scheme: scheme.unwrap_or(Scheme::of_port(port)),
        host,
        port,
        path: path.to_owned(),
    })
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

/// Whether a row that was left out would have allowed the request.
fn would_allow(row: &Dropped, request: &Request) -> bool {
    let Ok(parsed) = parse_address(&row.address) else { return false };
    let port = row.port.or(parsed.port).unwrap_or(request.port);
    allows(&Pattern { host: parsed.host, path: parsed.path, port, scheme: request.scheme }, request)
}

fn human(request: &Request, by: &[&Entry], left_out: &[&Dropped]) -> String {
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
    if by.is_empty() && left_out.is_empty() {
        lines.push("  no row of the list names it".into());
    }
    lines.push(String::new());
    lines.iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}

fn json(request: &Request, by: &[&Entry], left_out: &[&Dropped]) -> String {
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
    pretty(&json!({"request": request.to_string(), "allowed": allowed, "by": by, "left_out": left_out}))
}

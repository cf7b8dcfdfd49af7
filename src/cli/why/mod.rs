//! `why`: which rows and rules let a URL through, or leave it out.

mod answer;

use serde_json::{Value, json};

use crate::allowlist::Entry;
use crate::cli::args::{Format, Why};
use crate::cli::job;
use crate::cli::list::{address, pretty};
use crate::cli::url;
use crate::cli::{Stop, print, print_human};
use crate::diagnostic::visible;
use crate::lower::Withheld;
use crate::pattern::{Pattern, Request, Scheme};
use crate::select::Dropped;
use crate::texts::Texts;
use answer::Answer;

pub(super) fn run(args: &Why) -> Result<bool, Stop> {
    let request = url::parse(&args.url).map_err(|error| Stop::Request(error.to_string()))?.request;
    let (job, findings) = job::load_sound_with_findings(&args.inputs, "there is no answer")?;
    let answer = Answer::new(&job, &findings, &request);
    match args.format {
        Format::Human => print_human(&human(&request, &answer))?,
        Format::Json => print(&json(&request, &answer))?,
    }
    Ok(answer.passes)
}

fn headline(request: &Request, answer: &Answer<'_>) -> String {
    let verdict = match (answer.by.is_empty(), answer.passes) {
        (true, _) => "not allowed",
        (false, true) => "allowed",
        (false, false) => "meant by the list, but no target of the profile can let it through",
    };
    format!("{request} is {verdict}")
}

fn human(request: &Request, answer: &Answer<'_>) -> String {
    let mut lines = vec![headline(request, answer)];
    for entry in &answer.by {
        lines.extend(told(entry));
        lines.extend(answer.doubts(entry).into_iter().map(|doubt| format!("    in doubt: {doubt}")));
    }
    for row in &answer.left_out {
        lines.push(format!("  left out: {} of {}: {}", row.address, row.origin, row.reason));
    }
    lines.extend(notes(request, answer).iter().map(|note| format!("  {note}")));
    if lines.len() == 1 {
        lines.push("  no row of the list names it".into());
    }
    lines.push(String::new());
    lines.iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}

/// An entry that means the request, with the rows and statements that it comes from.
fn told(entry: &Entry) -> Vec<String> {
    let kind = match entry.required {
        Some(true) => " (required)",
        Some(false) => " (optional)",
        None => "",
    };
    let mut lines = vec![format!("  by {} on port {}{kind}", address(entry), entry.pattern.port)];
    lines.extend(entry.origins.iter().map(|origin| format!("    from {origin}")));
    let joined = |texts: &Texts| texts.iter().map(|text| &**text).collect::<Vec<_>>().join(", ");
    if !entry.geographies.is_empty() {
        lines.push(format!("    chosen by its geography: {}", joined(&entry.geographies)));
    }
    if !entry.categories.is_empty() {
        lines.push(format!("    listed under: {}", joined(&entry.categories)));
    }
    lines.extend(entry.bypass.then(|| "    exempt from TLS inspection".to_owned()));
    lines.extend(entry.direct.then(|| "    past the proxy".to_owned()));
    lines
}

fn notes(request: &Request, answer: &Answer<'_>) -> Vec<String> {
    let near = answer.near.iter().map(|entry| {
        let Pattern { port, scheme, .. } = &entry.pattern;
        let named = format!("its host is named by {}", address(entry));
        match (*port == request.port, scheme) {
            (false, _) => format!("{named} on port {port} only"),
            (true, scheme) if *scheme == request.scheme => format!("{named}, and the path differs"),
            (true, Scheme::Http) => format!("{named} on port {port} in clear text only, not over TLS"),
            (true, Scheme::Https) => format!("{named} on port {port} over TLS only, not in clear text"),
        }
    });
    let widened = answer.widened.iter().map(|target| format!("passes all the same on {target}"));
    let withheld = answer.withheld.iter().map(|one| format!("not on {}: {}", one.target, one.reason));
    near.chain(widened).chain(withheld).collect()
}

fn json(request: &Request, answer: &Answer<'_>) -> String {
    let entry = |entry: &&Entry| {
        let origins: Vec<String> = entry.origins.iter().map(ToString::to_string).collect();
        json!({
            "host": entry.pattern.host.to_string(), "path": entry.pattern.path.published(),
            "port": entry.pattern.port, "required": entry.required, "bypass": entry.bypass,
            "direct": entry.direct, "origins": origins,
            "geographies": entry.geographies.iter().map(|text| &**text).collect::<Vec<_>>(),
            "categories": entry.categories.iter().map(|text| &**text).collect::<Vec<_>>(),
            "doubts": answer.doubts(entry),
        })
    };
    let row = |row: &&Dropped| json!({"address": &*row.address, "origin": row.origin.to_string(), "reason": row.reason});
    let withheld = |one: &Withheld| json!({"target": one.target, "reason": one.reason});
    pretty(&json!({
        "request": request.to_string(),
        "allowed": answer.passes,
        "by": answer.by.iter().map(entry).collect::<Value>(),
        "left_out": answer.left_out.iter().map(row).collect::<Value>(),
        "withheld": answer.withheld.iter().map(withheld).collect::<Value>(),
        "notes": notes(request, answer),
    }))
}

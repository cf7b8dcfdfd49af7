//! `match`: what an output would do with requests, and by which line.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use serde_json::{Value, json};

use super::args::{Format, Match};
use super::folder::{files_below, open_for_reading};
use super::job;
use super::list::pretty;
use super::request::parse_request;
use super::{Stop, print, report};
use crate::allowlist::Product;
use crate::diagnostic::Findings;
use crate::pattern::Request;
use crate::target::{Settings, Value as OptionValue};
use crate::verify::read_back::Files;
use crate::verify::{Action, Line, Reading, match_request, matching_entry, read_target};

pub(super) fn run(args: &Match) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let registry = job::registry(args.target_folder.as_deref(), &mut findings)?;
    let Some(target) = registry.get(&args.target) else {
        let known = crate::compile::known_targets(&registry, &args.target);
        return Err(Stop::Request(format!("there is no target `{}`; {known}", args.target)));
    };
    let lock = open_for_reading(&args.folder)?;
    let inner = args.folder.join(&args.target);
    let files = files_below(if inner.is_dir() { &inner } else { &args.folder })?;
    drop(lock);
    let mut options = target.resolve(&Settings::default(), &mut Findings::default());
    set_options(&mut options, &args.options)?;
    let files = Files::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let readings = read_target(target, &options, &files, &mut findings);
    report(&findings, false);
    if readings.iter().all(|reading| reading.ruleset.is_err()) {
        let reason = readings.iter().find_map(|reading| reading.ruleset.as_ref().err());
        let reason = reason.map_or("its folder does not say how".to_owned(), ToString::to_string);
        return Err(Stop::Request(format!(
            "nothing of `{}` can be read back: {reason}",
            args.folder.display()
        )));
    }
    let mut all = Vec::new();
    for text in requests(args)? {
        let request = parse_request(&text).ok_or_else(|| {
            Stop::Request("a request is no URL of the form `https://host/path` or `host:port`".into())
        })?;
        all.push((text, answer(&readings, &request), request));
    }
    let allowed = all.iter().all(|(_, answer, _)| answer.verdict != "deny");
    match args.format() {
        Format::Human => {
            print(&all.iter().map(|(_, answer, request)| human(answer, request)).collect::<String>())?;
        }
        Format::Json => {
            print(&pretty(&all.iter().map(|(_, answer, request)| to_json(answer, request)).collect()))?;
        }
    }
    Ok(allowed)
}

fn requests(args: &Match) -> Result<Vec<String>, Stop> {
    let mut texts = args.urls.clone();
    if args.stdin {
        for line in io::stdin().lock().lines() {
            let line = line?;
            if !line.trim().is_empty() {
                texts.push(line.trim().to_owned());
            }
        }
    }
    if texts.is_empty() {
        return Err(Stop::Request("there is no request: give URLs, or `--stdin` with one a line".into()));
    }
    Ok(texts)
}

/// `flavour=interception` in place of a target's default.
fn set_options(options: &mut BTreeMap<String, OptionValue>, arguments: &[String]) -> Result<(), Stop> {
    for argument in arguments {
        let known = argument.split_once('=').filter(|(key, _)| options.contains_key(*key));
        let Some((key, value)) = known else {
            let names: Vec<&str> = options.keys().map(String::as_str).collect();
            return Err(Stop::Request(format!(
                "`--option {argument}` is no `key=value` of this target; keys: `{}`",
                names.join("`, `")
            )));
        };
        let value = match value {
            "true" => OptionValue::Flag(true),
            "false" => OptionValue::Flag(false),
            text => OptionValue::Text(text.to_owned()),
        };
        options.insert(key.to_owned(), value);
    }
    Ok(())
}

/// What an output does with one request.
struct Answer {
    verdict: &'static str,
    by: BTreeMap<&'static str, String>,
}

/// A direct request goes past the proxy; a bypass counts for what is allowed, or where nothing says what is.
fn answer(readings: &[Reading], request: &Request) -> Answer {
    let mut by = BTreeMap::new();
    for reading in readings {
        if let Some(line) = allowing_line(reading, request) {
            by.entry(reading.product.as_str()).or_insert_with(|| line.to_string());
        }
    }
    let has_allow = readings.iter().any(|reading| reading.product == Product::Allow);
    let verdict = match (by.contains_key("direct"), by.contains_key("allow"), by.contains_key("bypass")) {
        (true, ..) => "direct",
        (_, true, true) => "bypass",
        (_, true, false) => "allow",
        (_, false, true) if !has_allow => "bypass",
        (_, false, _) => "deny",
    };
    Answer { verdict, by }
}

fn allowing_line<'r>(reading: &'r Reading, request: &Request) -> Option<&'r Line> {
    let ruleset = reading.ruleset.as_ref().ok()?;
    let (action, rule) = match_request(ruleset, request)?;
    (action == Action::Allow).then(|| matching_entry(ruleset, request).unwrap_or(rule))
}

fn human(answer: &Answer, request: &Request) -> String {
    let by: Vec<String> = answer.by.iter().map(|(product, line)| format!("{product} by {line}")).collect();
    let by = if by.is_empty() { "no line allows it".to_owned() } else { by.join(", ") };
    format!("{}\t{request}\t{by}\n", answer.verdict)
}

fn to_json(answer: &Answer, request: &Request) -> Value {
    json!({"request": request.to_string(), "verdict": answer.verdict, "by": answer.by})
}

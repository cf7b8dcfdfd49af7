//! `match`: what an output would do with requests, and by which line.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Format, Match};
use super::folder::{files_below, open_for_reading};
use super::job;
use super::list::pretty;
use super::url::{self, NoRequest, Typed};
use super::{Stop, print, report};
use crate::allowlist::Product;
use crate::diagnostic::{Code, Finding, Findings, visible};
use crate::pattern::Request;
use crate::target::{RequestSpec, Settings, Value as OptionValue};
use crate::verify::read_back::Files;
use crate::verify::read_back::pac::{self, Tables};
use crate::verify::read_back::pac_program::Program;
use crate::verify::{Action, Line, Lookup, Reading, Ruleset, read_target};

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
    let asked = Asked::new(&readings, &files, &args.folder, &mut findings)?;
    report(&findings, false);
    let all: Vec<Asking> = requests(args)?;
    let spec = target.manifest_for(&options).request;
    let mut answers = Vec::new();
    for asking in &all {
        answers.push(match &asking.typed {
            Ok(typed) => Ok((asked.answer_as(typed, spec)?, &typed.request)),
            Err(error) => Err(format!("{}{error}", asking.place)),
        });
    }
    match args.format() {
        Format::Human => print(&answers.iter().map(human).collect::<String>())?,
        Format::Json => print(&pretty(&answers.iter().map(to_json).collect()))?,
    }
    let unread = answers.iter().filter(|answer| answer.is_err()).count();
    if unread > 0 {
        return Err(Stop::Request(format!("{unread} of {} requests could not be read", all.len())));
    }
    Ok(answers.iter().flatten().all(|(answer, _)| answer.verdict != "deny"))
}

/// One request as it was given.
struct Asking {
    typed: Result<Typed, NoRequest>,
    /// `line 3: ` of the standard input, empty for an argument.
    place: String,
}

/// Whoever answers: the lists as they were read, or the program where its tables do not tell.
enum Asked<'r> {
    Lists { lists: Vec<(Product, Lookup<'r>)>, routes: Option<Tables> },
    Program { file: String, program: Box<Program> },
}

impl<'r> Asked<'r> {
    fn new(
        readings: &'r [Reading],
        files: &Files<'_>,
        folder: &Path,
        findings: &mut Findings,
    ) -> Result<Self, Stop> {
        let stop = |reason: &dyn std::fmt::Display| {
            Stop::Request(format!("nothing of `{}` can be read back: {reason}", folder.display()))
        };
        let of_allow = readings.iter().find(|reading| reading.product == Product::Allow);
        let program = of_allow.and_then(|reading| Some((reading, reading.program.as_deref()?)));
        let text = program.and_then(|(_, file)| files.named(file));
        let text = text.map(|(path, bytes)| (path, String::from_utf8_lossy(bytes)));
        if let (Some((reading, _)), Some((path, text))) = (program, &text)
            && !reading.is_decided()
        {
            let program = Program::load(path, text).map_err(|error| stop(&error))?;
            return Ok(Self::Program { file: (*path).to_owned(), program: Box::new(program) });
        }
        if readings.iter().all(|reading| reading.ruleset.is_err()) {
            let reason = readings.iter().find_map(|reading| reading.ruleset.as_ref().err());
            return Err(match reason {
                Some(reason) => stop(reason),
                None => stop(&"its folder does not say how"),
            });
        }
        let routes = text.and_then(|(path, text)| pac::tables(path, &text).ok().flatten());
        if routes.is_none() {
            for reading in readings {
                tell_open(reading, findings);
            }
        }
        let lists = readings
            .iter()
            .filter_map(|reading| Some((reading.product, Lookup::new(reading.ruleset.as_ref().ok()?))));
        Ok(Self::Lists { lists: lists.collect(), routes })
    }

    /// The answer to a request as the target sees it.
    fn answer_as(&self, typed: &Typed, spec: RequestSpec) -> Result<Answer, Stop> {
        let request = &typed.request;
        let path = spec.compared(&request.path, typed.query.as_deref());
        if path == request.path {
            return self.answer(request);
        }
        self.answer(&Request { path, ..request.clone() })
    }

    fn answer(&self, request: &Request) -> Result<Answer, Stop> {
        match self {
            Self::Lists { lists, routes } => Ok(by_lists(lists, routes.as_ref(), request)),
            Self::Program { file, program } => {
                let answer =
                    program.answer(request).map_err(|error| Stop::Request(format!("{file}: {error}")))?;
                let by = answer.product.map(|product| (product.as_str(), format!("{file}, which was run")));
                Ok(Answer {
                    verdict: answer.product.map_or("deny", Product::as_str),
                    by: by.into_iter().collect(),
                    route: Some(answer.route),
                })
            }
        }
    }
}

/// What could not be followed may decide otherwise.
fn tell_open(reading: &Reading, findings: &mut Findings) {
    for open in reading.ruleset.iter().flat_map(Ruleset::undecided) {
        let message = format!("list `{}`: {}: {}", reading.list, open.line, open.reason);
        let finding = Finding::warning(Code::VerifyUndecided, message);
        findings.push(finding.help("the answers are those of everything else"));
    }
}

fn requests(args: &Match) -> Result<Vec<Asking>, Stop> {
    let asking = |text: &str, place| Asking { typed: url::parse(text.trim()), place };
    let mut texts: Vec<Asking> = args.urls.iter().map(|url| asking(url, String::new())).collect();
    if args.stdin {
        for (line, number) in io::stdin().lock().lines().zip(1_u64..) {
            let line = line?;
            if !line.trim().is_empty() {
                texts.push(asking(&line, format!("line {number}: ")));
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
    /// Of a PAC file: what clients are told.
    route: Option<String>,
}

/// A direct request goes past the proxy; a bypass counts for what is allowed, or where nothing says what is.
fn by_lists(lists: &[(Product, Lookup<'_>)], routes: Option<&Tables>, request: &Request) -> Answer {
    let mut by = BTreeMap::new();
    for (product, lookup) in lists {
        if let Some(line) = allowing_line(lookup, request) {
            by.entry(product.as_str()).or_insert_with(|| line.to_string());
        }
    }
    let has_allow = lists.iter().any(|(product, _)| *product == Product::Allow);
    let verdict = match (by.contains_key("direct"), by.contains_key("allow"), by.contains_key("bypass")) {
        (true, ..) => "direct",
        (_, true, true) => "bypass",
        (_, true, false) => "allow",
        (_, false, true) if !has_allow => "bypass",
        (_, false, _) => "deny",
    };
    let route = routes.map(|tables| tables.routes.get(verdict).unwrap_or(&tables.default).clone());
    Answer { verdict, by, route }
}

fn allowing_line<'r>(lookup: &Lookup<'r>, request: &Request) -> Option<&'r Line> {
    let found = lookup.find(request).filter(|found| found.rule.action == Action::Allow)?;
    Some(found.entry.map_or(&found.rule.line, |entry| &entry.line))
}

/// What is told of one request.
type Told<'r> = Result<(Answer, &'r Request), String>;

fn human(told: &Told<'_>) -> String {
    let (answer, request) = match told {
        Ok(told) => told,
        Err(error) => return format!("unread\t\t{error}\n"),
    };
    let by: Vec<String> = answer.by.iter().map(|(product, line)| format!("{product} by {line}")).collect();
    let by = if by.is_empty() { "no line allows it".to_owned() } else { by.join(", ") };
    let route = answer.route.as_ref().map_or(String::new(), |route| format!(", route {}", visible(route)));
    format!("{}\t{request}\t{by}{route}\n", answer.verdict)
}

fn to_json(told: &Told<'_>) -> Value {
    let (answer, request) = match told {
        Ok(told) => told,
        Err(error) => return json!({"verdict": "unread", "error": error}),
    };
    let mut said = json!({"request": request.to_string(), "verdict": answer.verdict, "by": answer.by});
    if let Some(route) = &answer.route {
        said["route"] = json!(route);
    }
    said
}

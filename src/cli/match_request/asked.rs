//! Whoever answers: the lists in every form in which they were read, or the program where its tables do not tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

use super::super::Stop;
use super::super::url::Typed;
use crate::allowlist::Product;
use crate::diagnostic::{Code, Finding, Findings};
use crate::pattern::Request;
use crate::target::RequestSpec;
use crate::verify::read_back::Files;
use crate::verify::read_back::pac::{self, Tables};
use crate::verify::read_back::pac_program::Program;
use crate::verify::{Action, Line, Lookup, ReadFrom, Reading, decide};

/// See the module.
pub(super) enum Asked<'r> {
    Lists { lists: Vec<List<'r>>, routes: Option<Tables> },
    Program { file: String, program: Box<Program> },
}

/// A list of the target with everything that says it.
pub(super) struct List<'r> {
    name: &'r str,
    product: Product,
    forms: Vec<Form<'r>>,
}

/// One form of a list: a format, or what it says of decrypted connections.
struct Form<'r> {
    /// Its file, and what of it.
    name: String,
    lookup: Lookup<'r>,
}

/// What an output does with one request.
pub(super) struct Answer {
    pub(super) verdict: &'static str,
    /// The line that allows it, by product.
    pub(super) by: BTreeMap<&'static str, String>,
    /// What other forms of a list say.
    pub(super) otherwise: Vec<Otherwise>,
    /// Of a PAC file: what clients are told.
    pub(super) route: Option<String>,
}

/// What one form of a list says, where it differs from the first one.
pub(super) struct Otherwise {
    pub(super) product: &'static str,
    pub(super) form: String,
    /// The line that allows it, if one does.
    pub(super) by: Option<String>,
}

impl Answer {
    /// Whether every form lets the request pass.
    pub(super) fn passes(&self) -> bool {
        let denied = |other: &Otherwise| other.product == Product::Allow.as_str() && other.by.is_none();
        self.verdict != "deny" && !self.otherwise.iter().any(denied)
    }
}

impl<'r> Asked<'r> {
    /// `asks_addresses`: whether a request names an address in place of a host.
    pub(super) fn new(
        readings: &'r [(ReadFrom, Reading)],
        files: &Files<'_>,
        folder: &Path,
        asks_addresses: bool,
        findings: &mut Findings,
    ) -> Result<Self, Stop> {
        let stop = |reason: &dyn Display| {
            Stop::Request(format!("nothing of `{}` can be read back: {reason}", folder.display()))
        };
        let of_allow =
            readings.iter().map(|(_, reading)| reading).find(|reading| reading.product == Product::Allow);
        let program = of_allow.and_then(|reading| Some((reading, reading.program.as_deref()?)));
        let text = program.and_then(|(_, file)| files.named(file));
        let text = text.map(|(path, bytes)| (path, String::from_utf8_lossy(bytes)));
        if let (Some((reading, _)), Some((path, text))) = (program, &text)
            && !reading.is_decided()
        {
            let program = Program::load(path, text).map_err(|error| stop(&error))?;
            return Ok(Self::Program { file: (*path).to_owned(), program: Box::new(program) });
        }
        // Without what it allows nothing can be said of a target.
        let unread = of_allow.and_then(|reading| reading.ruleset.as_ref().err());
        let any = readings.iter().find_map(|(_, reading)| reading.ruleset.as_ref().err());
        match (unread, any) {
            (Some(reason), _) => return Err(stop(reason)),
            (None, Some(reason)) if readings.iter().all(|(_, reading)| reading.ruleset.is_err()) => {
                return Err(stop(reason));
            }
            _ if readings.is_empty() => return Err(stop(&"its folder does not say how")),
            _ => {}
        }
        let routes = text.and_then(|(path, text)| pac::tables(path, &text).ok().flatten());
        // Of a program whose tables tell what it allows the rest is no secret either.
        let told = |reading: &Reading| {
            let same = |other: &Reading| other.program == reading.program && other.product == Product::Allow;
            let told = |(_, other): &(ReadFrom, Reading)| same(other) && other.is_decided();
            reading.program.is_some() && readings.iter().any(told)
        };
        for (_, reading) in readings.iter().filter(|(_, reading)| !told(reading)) {
            tell_open(reading, asks_addresses, findings);
        }
        Ok(Self::Lists { lists: lists(readings), routes })
    }

    /// The answer to a request as the target sees it.
    pub(super) fn answer(&self, typed: &Typed, spec: RequestSpec) -> Result<Answer, Stop> {
        let path = spec.compared(&typed.request.path, typed.query.as_deref());
        let request = Request { path, ..typed.request.clone() };
        match self {
            Asked::Lists { lists, routes } => Ok(by_lists(lists, routes.as_ref(), &request)),
            Asked::Program { file, program } => {
                let answer =
                    program.answer(&request).map_err(|error| Stop::Request(format!("{file}: {error}")))?;
                let by = answer.product.map(|product| (product.as_str(), format!("{file}, which was run")));
                let verdict = answer.product.map_or("deny", Product::as_str);
                let verdict = by_route(verdict, Some(&answer.route));
                Ok(Answer {
                    verdict,
                    by: by.into_iter().collect(),
                    otherwise: Vec::new(),
                    route: Some(answer.route),
                })
            }
        }
    }
}

/// Leaves of each list the forms whose files are there, or the first one: a list without entries may have no file.
pub(super) fn keep_present(readings: &mut Vec<(ReadFrom, Reading)>) {
    let present: BTreeSet<String> =
        readings.iter().filter(|(from, _)| from.count > 0).map(|(_, reading)| reading.list.clone()).collect();
    let mut seen = BTreeSet::new();
    readings.retain(|(from, reading)| {
        let is_first = seen.insert(reading.list.clone());
        from.count > 0 || (is_first && !present.contains(&reading.list))
    });
}

fn lists(readings: &[(ReadFrom, Reading)]) -> Vec<List<'_>> {
    let mut lists: Vec<List<'_>> = Vec::new();
    for (from, reading) in readings {
        let Ok(ruleset) = &reading.ruleset else { continue };
        let name = match reading.asked_for {
            Some(asked_for) => format!("{} {asked_for}", from.first),
            None => from.first.clone(),
        };
        let form = Form { name, lookup: Lookup::new(ruleset) };
        match lists.iter_mut().find(|list| list.name == reading.list) {
            Some(list) => list.forms.push(form),
            None => lists.push(List { name: &reading.list, product: reading.product, forms: vec![form] }),
        }
    }
    lists
}

/// What could not be read or followed may decide otherwise.
fn tell_open(reading: &Reading, asks_addresses: bool, findings: &mut Findings) {
    let mut tell = |reason: &dyn Display| {
        let message = format!("list `{}`: {reason}", reading.list);
        let finding = Finding::warning(Code::VerifyUndecided, message);
        findings.push(finding.help("the answers are those of everything else"));
    };
    let open = match &reading.ruleset {
        Err(error) => return tell(error),
        // What some sets do with an address is known to nobody.
        Ok(ruleset) if asks_addresses => decide(ruleset, ruleset).undecided,
        Ok(ruleset) => ruleset.undecided().to_vec(),
    };
    for open in open {
        tell(&format!("{}: {}", open.line, open.reason));
    }
}

/// A direct request goes past the proxy; a bypass counts for what is allowed, or where nothing says what is.
fn by_lists(lists: &[List<'_>], routes: Option<&Tables>, request: &Request) -> Answer {
    let (mut by, mut otherwise) = (BTreeMap::new(), Vec::new());
    for list in lists {
        let product = list.product.as_str();
        let mut lines = list.forms.iter().map(|form| (form, allowing_line(&form.lookup, request)));
        let first = lines.next().and_then(|(_, line)| line);
        for (form, line) in lines {
            if line.is_some() != first.is_some() {
                let by = line.map(ToString::to_string);
                otherwise.push(Otherwise { product, form: form.name.clone(), by });
            }
        }
        if let Some(line) = first {
            by.entry(product).or_insert_with(|| line.to_string());
        }
    }
    let has_allow = lists.iter().any(|list| list.product == Product::Allow);
    let verdict = match (by.contains_key("direct"), by.contains_key("allow"), by.contains_key("bypass")) {
        (true, ..) => "direct",
        (_, true, true) => "bypass",
        (_, true, false) => "allow",
        (_, false, true) if !has_allow => "bypass",
        (_, false, _) => "deny",
    };
    let route = routes.map(|tables| tables.routes.get(verdict).unwrap_or(&tables.default).clone());
    Answer { verdict: by_route(verdict, route.as_deref()), by, otherwise, route }
}

/// A request that no list names is denied by nobody where clients are told to go past every proxy.
fn by_route(verdict: &'static str, route: Option<&str>) -> &'static str {
    let first = route.and_then(|route| route.split(';').next()).map(str::trim);
    let goes_past = first.is_some_and(|first| first.eq_ignore_ascii_case("DIRECT"));
    if verdict == "deny" && goes_past { Product::Direct.as_str() } else { verdict }
}

fn allowing_line<'r>(lookup: &Lookup<'r>, request: &Request) -> Option<&'r Line> {
    let found = lookup.find(request).filter(|found| found.rule.action == Action::Allow)?;
    Some(found.entry.map_or(&found.rule.line, |entry| &entry.line))
}

//! Reports for people and for programs. Files of tests can hold anything.

mod group;
mod human;
mod json;
mod markdown;

use std::collections::BTreeMap;

pub use human::to_human;
pub use json::to_json;
pub use markdown::to_markdown;

use super::count::Counts;
use super::judge::{FileReport, Judged, Way};
use super::standing::{Need, Standing};
use super::trial::{Attempt, Basis, Method, Said};
use crate::lower::Withheld;
use crate::rules::Signal;

/// Entries and rows that are named for one URL; programs get all.
const MOST: usize = 3;

/// `4 tested: 1 failed, 1 passed by the vendor's rule alone, 2 passed`.
fn summary(file: &FileReport<'_>, strict: bool) -> String {
    let counts = Counts::of(file.judged.iter(), strict);
    let parts = [
        (counts.needed_and_failed, "failed"),
        (counts.failed_and_not_needed, "failed and not needed"),
        (counts.lenient, "passed by the rule of the vendor's programs alone"),
        (counts.passed, "passed"),
        (counts.not_judged, "not judged"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("{} tested: {}", counts.tested, parts.join(", "))
}

/// The last line: what it comes to for the profile.
fn conclusion(counts: &Counts, strict: bool) -> String {
    let rule = if strict { " by the documented rule" } else { "" };
    let needed = match (counts.needed_and_failed, counts.needed) {
        (0, 0) => "nothing was tested that the profile needs".to_owned(),
        (0, _) => format!("everything that the profile needs and that was tested is in reach{rule}"),
        (1, _) => format!("{} that the profile needs is out of reach{rule}", out_of_reach(counts)),
        _ => format!("{} that the profile needs are out of reach{rule}", out_of_reach(counts)),
    };
    let doubtful = match counts.lenient {
        0 => String::new(),
        1 => "; 1 is in doubt".to_owned(),
        many => format!("; {many} are in doubt"),
    };
    let others = match counts.failed_and_not_needed {
        0 => String::new(),
        1 => "; 1 that it does not need is out of reach".to_owned(),
        many => format!("; {many} that it does not need are out of reach"),
    };
    let unjudged = match counts.not_judged {
        0 => String::new(),
        1 => "; 1 was not judged".to_owned(),
        many => format!("; {many} were not judged"),
    };
    format!("{needed}{doubtful}{others}{unjudged}")
}

/// `2 addresses and 1 check`.
fn out_of_reach(counts: &Counts) -> String {
    let addresses = counts.needed_and_failed - counts.failed_checks;
    let some = |count: usize, one: &str, many: &str| {
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let parts = [some(addresses, "address", "addresses"), some(counts.failed_checks, "check", "checks")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// Why something that passed is doubtful, with what the test saw.
fn doubt(judged: &Judged<'_>) -> String {
    let signals = judged.trial.attempts.iter().flat_map(|attempt| &attempt.signals);
    let seen = signals.filter(|signal| matches!(signal, Signal::Text(_))).map(ToString::to_string).next();
    match (judged.passed_by_proxy_alone(), judged.trial.basis, seen) {
        (None, Basis::Word, Some(seen)) => {
            format!("the test is content, but {seen}: see whether somebody inspects TLS")
        }
        _ => kind_of_doubt(judged).to_owned(),
    }
}

/// The same in general, so that what is doubtful for one reason stands together.
fn kind_of_doubt<'j>(judged: &'j Judged<'_>) -> &'j str {
    match (judged.passed_by_proxy_alone(), judged.trial.basis) {
        (Some(direct), _) => &direct.doubt,
        (None, Basis::Word) => {
            "the test is content, but what it saw speaks against it: see whether somebody inspects TLS"
        }
        (None, Basis::Answers) => {
            "the vendor's programs take this answer, its documents ask for another: see who answers"
        }
    }
}

/// Why something was not judged.
fn unjudged(judged: &Judged<'_>) -> &'static str {
    if judged.trial.is_template() {
        "a placeholder stands in it where a name belongs"
    } else if judged.trial.cut {
        "the file breaks off in it: test again, and give the whole file"
    } else {
        "it is no address"
    }
}

/// `named proxy 10.0.0.6:8080`; nothing where the program knows one way alone.
fn method(attempt: &Attempt) -> Option<String> {
    match (&attempt.proxy, attempt.method) {
        (_, Method::Own) => None,
        (Some(proxy), method) => Some(format!("{method} {proxy}")),
        (None, method) => Some(method.to_string()),
    }
}

/// The ways that are there: `WPAD: 12175, certificate refused`.
fn ways(judged: &Judged<'_>) -> Vec<String> {
    let there = judged.tried().filter(|(attempt, _)| attempt.said != Said::NotThere);
    let one = |(attempt, way): (&Attempt, &Way<'_>)| {
        let parts = [code(attempt, way), way.cause.map_or_else(String::new, |cause| cause.brief.clone())];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        method(attempt).map_or_else(String::new, |method| format!("{method}: ")) + &parts.join(", ")
    };
    there.map(one).collect()
}

/// The numbers; else the words, those that tell the cause before others.
fn code(attempt: &Attempt, way: &Way<'_>) -> String {
    let is_text = |signal: &&Signal| matches!(signal, Signal::Text(_));
    let numbers: Vec<String> =
        attempt.signals.iter().filter(|signal| !is_text(signal)).map(ToString::to_string).collect();
    if !numbers.is_empty() {
        return numbers.join(", ");
    }
    let tells = |signal: &&Signal| way.cause.is_some_and(|cause| cause.fits(signal));
    let text = attempt.signals.iter().find(tells).or_else(|| attempt.signals.first());
    text.map_or_else(String::new, ToString::to_string)
}

/// `default proxy (200)`: the ways that passed, or those that did not.
fn methods(judged: &Judged<'_>, passed: bool) -> Vec<String> {
    let is_wanted =
        |(attempt, way): &(&Attempt, &Way<'_>)| attempt.said != Said::NotThere && way.passed == passed;
    let one =
        |(attempt, way): (&Attempt, &Way<'_>)| Some(format!("{} ({})", method(attempt)?, code(attempt, way)));
    judged.tried().filter(is_wanted).filter_map(one).collect()
}

/// What the list says: in words, and the addresses in it as they are written there.
fn listed(standing: &Standing) -> Vec<(String, Vec<String>)> {
    let mut lines = Vec::new();
    if standing.is_listed() {
        let exempt = match (standing.need, standing.is_exempt()) {
            (Need::Optional, true) => "listed (optional, exempt from inspection)",
            (Need::Optional, false) => "listed (optional)",
            (_, true) => "listed (exempt from inspection)",
            (_, false) => "listed",
        };
        lines.push((exempt.to_owned(), standing.entries.iter().take(MOST).map(entry).collect()));
    }
    if standing.is_direct() {
        let words = "goes past the proxy: open it on the firewall for direct connections";
        lines.push((words.to_owned(), Vec::new()));
    }
    lines.extend(uncovered(standing));
    lines
}

/// Where the list, or what targets were told of it, does not cover an URL: in words, and the addresses.
fn uncovered(standing: &Standing) -> Option<(String, Vec<String>)> {
    let (words, addresses) = match standing.need {
        Need::Needed | Need::Optional if standing.withheld.is_empty() => return None,
        Need::NoUrl => return None,
        Need::Needed | Need::Optional => {
            ("not let through by what the targets were told", withheld(&standing.withheld))
        }
        Need::LeftOut => ("not needed, left out by the profile", rows(standing)),
        Need::Narrowed => {
            let setting = standing.setting.as_deref().unwrap_or("select");
            return Some((format!("not among the values of `{setting}`"), rows(standing)));
        }
        Need::NotListed => (
            "not needed, no row of the list names it: if the tenant needs it, write it to `[select] extra`",
            Vec::new(),
        ),
    };
    Some((words.to_owned(), addresses))
}

/// Targets with the same reason together.
fn withheld(all: &[Withheld]) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in all {
        by_reason.entry(&one.reason).or_default().push(&one.target);
    }
    by_reason.iter().map(|(reason, targets)| format!("{}: {reason}", targets.join(", "))).collect()
}

fn rows(standing: &Standing) -> Vec<String> {
    let rows = standing.left_out.iter().take(MOST);
    rows.map(|(address, origin, reason)| format!("{address} of {origin}: {reason}")).collect()
}

fn entry(listed: &super::standing::Listed) -> String {
    match &listed.origin {
        Some(origin) => format!("{} of {origin}", listed.address),
        None => listed.address.clone(),
    }
}

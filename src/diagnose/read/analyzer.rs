//! `MDEClientAnalyzerResult.txt`: a block for each URL, a line for each way of connecting, and lines of events.

use std::collections::BTreeSet;

use super::{event, url};
use crate::console::{after, holds, lines};
use crate::diagnose::signal::{number, of_number, of_text};
use crate::diagnose::trial::{Attempt, Basis, Method, Said, Trial, without_login};
use crate::rules::Signal;

/// What a result goes on from; a part of one is a line that breaks off.
const WORDS: [&str; 5] = [
    "Succeeded (",
    "Failed (",
    "Doesn't exist",
    "Unexpected exception was thrown",
    "The proxy isn't in valid format",
];

/// The URLs of the blocks, then what events say beside them.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    let mut inside = false;
    for (line, content) in lines(text) {
        if let Some(url) = tested_url(content) {
            trials.push(block(url, line));
            inside = true;
        } else if content.starts_with("****") {
            inside = false;
        } else if inside
            && let Some(trial) = trials.last_mut()
            && let Some(attempt) = attempt(content)
        {
            trial.attempts.push(attempt);
        }
    }
    let events = lines(text).filter_map(|(line, content)| event::in_line(content).map(|event| (line, event)));
    let more = events.flat_map(|(line, event)| event.trials(Some(line))).collect::<Vec<_>>();
    let known: BTreeSet<String> = trials.iter().map(|trial| trial.subject.clone()).collect();
    trials.extend(more.into_iter().filter(|trial| !known.contains(&trial.subject)));
    trials
}

/// `Testing URL : https://…`, and behind a tab whether certificates are pinned.
pub(super) fn tested_url(line: &str) -> Option<&str> {
    Some(after(line, "testing url")?.strip_prefix(':')?.trim()).filter(|url| !url.is_empty())
}

fn block(url: &str, line: u32) -> Trial {
    let (_, mark) = url.split_once(char::is_whitespace).unwrap_or((url, ""));
    Trial {
        subject: url::first(url).to_owned(),
        is_url: true,
        query: None,
        line: Some(line),
        cut: false,
        pinned: Some(!holds(mark, "nopinning")),
        basis: Basis::Answers,
        attempts: Vec::new(),
    }
}

/// `4 - Named proxy ( 10.0.0.6:8080): Failed (407)`.
pub(super) fn attempt(line: &str) -> Option<Attempt> {
    let (number, rest) = line.split_once(" - ")?;
    let method = match number.trim().split('.').next()? {
        "1" => Method::DefaultProxy,
        "2" => Method::Discovery,
        "3" => Method::Direct,
        "4" => Method::NamedProxy,
        "5" => Method::CommandLine,
        _ => return None,
    };
    // The proxy stands between brackets and may hold colons; WPAD stands there as well.
    let (name, result) = rest.split_once("): ").or_else(|| rest.split_once(": "))?;
    let named = matches!(method, Method::NamedProxy | Method::CommandLine);
    let proxy =
        name.split_once('(').map(|(_, proxy)| proxy.trim()).filter(|proxy| named && !proxy.is_empty());
    let (said, signals) = outcome(result.trim())?;
    Some(Attempt { method, proxy: proxy.map(without_login), said, signals })
}

/// Whether a line is the last one of a block.
pub(super) fn ends_block(line: &str) -> bool {
    line.trim_start().starts_with("5 - ")
}

/// What a result says; `None` where the line breaks off in it.
fn outcome(result: &str) -> Option<(Said, Vec<Signal>)> {
    if holds(result, "doesn't exist") || holds(result, "doesn\u{2019}t exist") {
        return Some((Said::NotThere, Vec::new()));
    }
    let is_part = |word: &&str| {
        let start = word.get(..result.len()).filter(|start| start.len() < word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(result))
    };
    let is_open = result.contains('(') && !result.contains(')');
    if is_open || WORDS.iter().any(is_part) {
        return None;
    }
    let coded = |word| Some(after(result, word)?.strip_prefix('(').and_then(number).and_then(of_number));
    Some(match (coded("succeeded"), coded("failed")) {
        (Some(signal), _) => (Said::Succeeded, signal.into_iter().collect()),
        (_, Some(Some(signal))) => (Said::Failed, vec![signal]),
        (None, _) => (Said::Failed, of_text(result)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_connecting_is_read_with_its_proxy_and_its_number() {
        for (line, expected) in [
            ("1 - Default proxy: Succeeded (200)", "default-proxy - Succeeded 200"),
            ("2 - Proxy auto discovery (WPAD): Failed (12180)", "discovery - Failed 12180"),
            ("3 - Proxy disabled: Failed (0x80072EE7)", "direct - Failed 12007"),
            ("4 - Named proxy: Doesn't exist", "named-proxy - NotThere "),
            (
                "4.1 - Named proxy ( proxy.contoso.com:8080): Failed (403)",
                "named-proxy proxy.contoso.com:8080 Failed 403",
            ),
            (
                "4 - Named proxy ( user:secret@proxy.contoso.com:8080): Failed (407)",
                "named-proxy proxy.contoso.com:8080 Failed 407",
            ),
            (
                "5 - Command-line proxy ( [2001:db8::1]:80): Succeeded (404)",
                "command-line-proxy [2001:db8::1]:80 Succeeded 404",
            ),
            (
                "4 - Named proxy ( bad::value): The proxy isn't in valid format",
                "named-proxy bad::value Failed The proxy isn't in valid format",
            ),
            (
                "1 - Default proxy: Unexpected exception was thrown",
                "default-proxy - Failed Unexpected exception was thrown",
            ),
            ("1 - Default proxy: Failed ()", "default-proxy - Failed Failed ()"),
        ] {
            let found = attempt(line).map(|a| {
                let signals: Vec<String> = a.signals.iter().map(ToString::to_string).collect();
                let proxy = a.proxy.unwrap_or_else(|| "-".to_owned());
                format!("{} {proxy} {:?} {}", a.method.as_str(), a.said, signals.join(", "))
            });
            assert_eq!(found.as_deref(), Some(expected), "{line}");
        }
        for line in ["6 - Carrier pigeon: Succeeded (200)", "1 Default proxy", "", "Important notes:"] {
            assert_eq!(attempt(line), None, "{line}");
        }
    }
}

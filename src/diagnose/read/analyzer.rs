//! `MDEClientAnalyzerResult.txt`: a block for each URL, a line for each way of connecting, and lines of events.

use std::collections::BTreeSet;

use super::{event, url};
use crate::console::{after, holds, lines};
use crate::diagnose::signal::{number, of_number, of_text};
use crate::diagnose::trial::{Attempt, Basis, Method, Said, Trial, without_login};
use crate::rules::Signal;

/// What results are made of, whatever the language of the system; a part of one may be a line that breaks off.
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
    let open = open_line(text);
    for (line, content) in lines(text) {
        if let Some(url) = tested_url(content) {
            trials.push(block(url, line));
            inside = true;
        } else if content.starts_with("****") {
            inside = false;
        } else if inside
            && let Some(trial) = trials.last_mut()
            && let Some(attempt) = attempt(content, open == Some(line))
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
        pinned: Some(!holds(mark, "nopinning")),
        basis: Basis::Answers,
        attempts: Vec::new(),
        ..Trial::judged(url::first(url), Some(line), Said::Failed, Vec::new())
    }
}

/// The last line of a text, where nothing ends it: it may break off.
pub(super) fn open_line(text: &str) -> Option<u32> {
    lines(text).last().map(|(line, _)| line).filter(|_| !text.ends_with(['\n', '\r']))
}

/// `4 - Named proxy ( 10.0.0.6:8080): Failed (407)`; `None` where an open line breaks off in its result.
pub(super) fn attempt(line: &str, is_open: bool) -> Option<Attempt> {
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
    let (name, result) = at_colon(rest)?;
    let result = result.trim();
    if result.is_empty() || (is_open && breaks_off(result)) {
        return None;
    }
    let name = name.trim_end().strip_suffix(')').unwrap_or(name);
    let named = matches!(method, Method::NamedProxy | Method::CommandLine);
    let proxy =
        name.split_once('(').map(|(_, proxy)| proxy.trim()).filter(|proxy| named && !proxy.is_empty());
    let (said, signals) = outcome(result, named && proxy.is_none());
    Some(Attempt { method, proxy: proxy.map(without_login), said, signals })
}

/// What stands before and behind the colon of a line: the first one behind a bracket, else the first one of all. Some
/// languages put a space before it.
fn at_colon(text: &str) -> Option<(&str, &str)> {
    let is_behind_bracket = |at: &usize| text.get(..*at).is_some_and(|name| name.trim_end().ends_with(')'));
    let is_free = |at: &usize| text.get(..*at).is_some_and(|name| !name.contains('('));
    let behind_bracket = || text.match_indices(':').map(|(at, _)| at).find(is_behind_bracket);
    // A password may hold brackets and colons: the usual end of a name goes before.
    let at = text.find("): ").map(|at| at + 1).or_else(behind_bracket);
    let at = at.or_else(|| text.find(':').filter(is_free))?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Whether a line is the last one of a block.
pub(super) fn ends_block(line: &str) -> bool {
    line.trim_start().starts_with("5 - ")
}

fn breaks_off(result: &str) -> bool {
    let is_part = |word: &&str| {
        let start = word.get(..result.len()).filter(|start| start.len() < word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(result))
    };
    (result.contains('(') && !result.contains(')')) || WORDS.iter().any(is_part)
}

/// What a result says. Its word may be one of the system's language; the number is what the vendor judges by. A way that
/// wants a proxy and names none is not there, however that is said.
fn outcome(result: &str, lacks_proxy: bool) -> (Said, Vec<Signal>) {
    let succeeded = after(result, "succeeded").is_some();
    let said = if succeeded { Said::Succeeded } else { Said::Failed };
    if let Some(signal) = between_brackets(result) {
        return (said, vec![signal]);
    }
    let is_absent = ["doesn't exist", "doesn\u{2019}t exist"].iter().any(|word| holds(result, word));
    let is_known = WORDS.iter().any(|word| after(result, word.trim_end_matches(" (")).is_some());
    if is_absent || (lacks_proxy && !is_known) {
        return (Said::NotThere, Vec::new());
    }
    (said, of_text(result))
}

/// The first number that stands between brackets by itself.
fn between_brackets(result: &str) -> Option<Signal> {
    let inner = result.split('(').skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.trim()));
    let is_number = |text: &&str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    inner.filter(is_number).find_map(|text| of_number(number(text)?))
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
            ("1 - Default proxy: Failed", "default-proxy - Failed Failed"),
            ("1 - Default proxy: Succeeded", "default-proxy - Succeeded Succeeded"),
            ("1 - Proxy par d\u{e9}faut : R\u{e9}ussi (200)", "default-proxy - Failed 200"),
            ("1 - Standardproxy: Erfolgreich (200)", "default-proxy - Failed 200"),
            ("1 - Default proxy: (200)", "default-proxy - Failed 200"),
            ("1 - Default proxy:(200)", "default-proxy - Failed 200"),
            ("2 - Proxy auto discovery (WPAD): \u{c9}chec (12180)", "discovery - Failed 12180"),
            ("3 - Proxy disabled: Fehler (0x80072ee2)", "direct - Failed 12002"),
            ("3 - Proxy disabled: Fehler (mehrere) (12002)", "direct - Failed 12002"),
            (
                "4 - Proxy nomm\u{e9} ( p.contoso.com:80) : \u{c9}chec (407)",
                "named-proxy p.contoso.com:80 Failed 407",
            ),
            (
                "4 - Named proxy ( u:p):w@p.contoso.com:80): Failed",
                "named-proxy p.contoso.com:80 Failed Failed",
            ),
            ("4 - Benannter Proxy: Nicht vorhanden", "named-proxy - NotThere "),
            ("4 - Named proxy: Failed (407)", "named-proxy - Failed 407"),
            (
                "5 - Command line proxy: Unexpected exception was thrown",
                "command-line-proxy - Failed Unexpected exception was thrown",
            ),
            ("4 - Named proxy ( p.contoso.com:80): Kaputt", "named-proxy p.contoso.com:80 Failed Kaputt"),
        ] {
            let found = attempt(line, false).map(|a| {
                let signals: Vec<String> = a.signals.iter().map(ToString::to_string).collect();
                let proxy = a.proxy.unwrap_or_else(|| "-".to_owned());
                format!("{} {proxy} {:?} {}", a.method.as_str(), a.said, signals.join(", "))
            });
            assert_eq!(found.as_deref(), Some(expected), "{line}");
        }
        for line in [
            "6 - Carrier pigeon: Succeeded (200)",
            "1 Default proxy",
            "",
            "1 - Default proxy:",
            "Important notes:",
        ] {
            assert_eq!(attempt(line, false), None, "{line}");
        }
    }

    #[test]
    fn a_line_breaks_off_only_where_nothing_ends_it() {
        for result in ["Failed", "Succ", "Failed (40", "Doesn't"] {
            let line = format!("1 - Default proxy: {result}");
            assert_eq!(attempt(&line, true), None, "{result}");
            assert!(attempt(&line, false).is_some(), "{result}");
        }
        assert!(attempt("1 - Default proxy: Failed (407)", true).is_some());
        let open = ["a\nb", "a\rb", "a\n", "a\r", ""].map(open_line);
        assert_eq!(open, [Some(2), Some(2), None, None, None]);
    }
}

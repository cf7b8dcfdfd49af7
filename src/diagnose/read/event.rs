//! Events of the analyzer: `2026-01-31 21:36:21Z [Error] EDRCloud CnC 132021: text with URLs`, and the same in XML and
//! HTML. Of the six digits of a number the second tells the area, the third the severity.

use std::collections::BTreeSet;

use crate::console::holds;
use crate::diagnose::trial::{Said, Trial};
use crate::rules::Signal;

/// Second digit of events about connections.
const CONNECTIVITY: u32 = 3;

/// One event about connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Six digits.
    pub(super) number: u32,
    /// `EDRCloud CnC`.
    pub(super) check: String,
    /// What came out, which names the URLs that are out of reach.
    pub(super) result: String,
}

impl Event {
    /// An event about connections; `None` for all others.
    pub(super) fn new(number: &str, check: &str, result: &str) -> Option<Self> {
        let number = number.trim();
        let sound = number.len() == 6 && number.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = number.parse().ok().filter(|_| sound)?;
        let is_ours = number / 10_000 % 10 == CONNECTIVITY;
        let check = Some(check.trim()).filter(|check| !check.is_empty());
        let check = check.map_or_else(|| format!("event {number}"), str::to_owned);
        is_ours.then(|| Self { number, check, result: result.to_owned() })
    }

    /// The URLs that it says are out of reach; else the check itself.
    pub(super) fn trials(&self, line: Option<u32>) -> Vec<Trial> {
        let severity = self.number / 1_000 % 10;
        if severity == 0 {
            return vec![Trial::check(&*self.check, line, Said::Succeeded, Vec::new())];
        }
        let signals = vec![Signal::Event(self.number)];
        let urls = if holds(&self.result, "following url") { urls(&self.result) } else { Vec::new() };
        if urls.is_empty() {
            return vec![Trial::check(&*self.check, line, Said::Failed, signals)];
        }
        urls.iter().map(|url| Trial::judged(*url, line, Said::Failed, signals.clone())).collect()
    }
}

/// The event of a line of text.
pub(super) fn in_line(line: &str) -> Option<Event> {
    let severities = ["[Informational]", "[Warning]", "[Error]"];
    let rest = severities.iter().find_map(|severity| crate::console::find(line, severity))?;
    let (head, result) = rest.split_once(": ")?;
    let (check, number) = head.trim().rsplit_once(' ')?;
    Event::new(number, check, result)
}

/// The URLs of a text behind `following URL`, each once, up to the first sentence behind them.
fn urls(text: &str) -> Vec<&str> {
    let text = crate::console::find(text, "following url").unwrap_or_default();
    // The advice that follows in one line names pages of help.
    let text = text.split("Please ").next().unwrap_or_default();
    let (mut urls, mut seen) = (Vec::new(), BTreeSet::new());
    let mut rest = text;
    while let Some(at) = rest.find("http") {
        let from = rest.get(at..).unwrap_or_default();
        let end = from
            .find(|c: char| c.is_whitespace() || c.is_control() || "'\"<>,;`".contains(c))
            .unwrap_or(from.len());
        let (url, behind) = from.split_at(end);
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        if is_url && seen.insert(url) {
            urls.push(url);
        }
        rest = if end == 0 { from.get(4..).unwrap_or_default() } else { behind };
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_an_event_names_the_urls_that_are_out_of_reach() {
        let line = "2026-01-31 21:36:21Z [Error] EDRCloud CnC 132021: All of them. The test has no luck with the \
                    following URLs: <a href='https://a.contoso.com/test'>https://a.contoso.com/test</a> \
                    https://b.contoso.com/test Please read https://learn.contoso.com";
        let trials = in_line(line).map(|event| event.trials(Some(7))).unwrap_or_default();
        let subjects: Vec<&str> = trials.iter().map(|trial| trial.subject.as_str()).collect();
        assert_eq!(subjects, ["https://a.contoso.com/test", "https://b.contoso.com/test"]);
        assert!(trials.iter().all(|trial| trial.line == Some(7) && trial.is_url));
    }

    #[test]
    fn events_of_other_areas_and_other_lines_are_left_alone() {
        for line in [
            "2026-01-31 [Warning] MMAWorkspace 121001: several workspaces",
            "[Error] x 13202: short",
            "[Error] 132021",
            "EDRCloud CnC 132021: no severity",
            "",
        ] {
            assert_eq!(in_line(line), None, "{line}");
        }
        assert_eq!(
            in_line("[Informational] EDRCloud Cyber 130018: well").map(|event| event.trials(None)),
            Some(vec![Trial::check("EDRCloud Cyber", None, Said::Succeeded, Vec::new())])
        );
    }
}

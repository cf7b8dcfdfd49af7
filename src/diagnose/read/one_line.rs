//! `mdatp connectivity test` and the cross-platform analyzer's `connectivitytest`: a line for each URL, which ends in
//! `[OK]` or another token; the line below it may say more.

use crate::console::{find, lines};
use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Said, Trial};
use crate::rules::Signal;

/// One trial for each line.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    // Whether the line above may be gone on with.
    let mut open = false;
    for (line, content) in lines(text) {
        if let Some((url, rest)) = tested(content) {
            let (said, signals) = outcome(rest);
            let mut trial = Trial::judged(url, Some(line), said, signals);
            // A token without its end is one that breaks off.
            if rest.is_empty() || (rest.starts_with('[') && !rest.contains(']')) {
                trial.attempts.clear();
            }
            open = said == Said::Failed && !trial.attempts.is_empty();
            trials.push(trial);
        } else if open {
            let detail = without_stamp(content);
            let attempt = trials.last_mut().and_then(|trial| trial.attempts.first_mut());
            if let Some(attempt) = attempt.filter(|_| !detail.is_empty()) {
                let more = of_text(detail);
                // The words of the detail say more than those of the token.
                attempt.signals.retain(|signal| !matches!(signal, Signal::Text(_)));
                attempt.signals.extend(more);
            }
            open = false;
        }
    }
    trials
}

/// The URL and what stands behind its dots.
fn tested(line: &str) -> Option<(&str, &str)> {
    let rest = find(line, "testing connection with ")?.trim_start();
    let (url, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    is_url.then(|| (url, rest.trim().trim_start_matches(['.', '…']).trim()))
}

fn outcome(rest: &str) -> (Said, Vec<Signal>) {
    let bracketed = rest.strip_prefix('[').and_then(|inner| inner.split_once(']'));
    let (token, behind) = bracketed.unwrap_or((rest, ""));
    if token.trim().eq_ignore_ascii_case("ok") {
        return (Said::Succeeded, Vec::new());
    }
    let words = if behind.trim().is_empty() { token } else { behind };
    (Said::Failed, of_text(words))
}

/// A line without the date and the level that a logger puts in front of it.
fn without_stamp(line: &str) -> &str {
    ["INFO", "ERROR", "WARNING"]
        .iter()
        .find_map(|level| line.split_once(*level))
        .map_or(line, |(_, behind)| behind.trim_start_matches([':', '-', ']', ' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_below_a_failure_says_why() {
        let text = "Testing connection with https://a.contoso.com/ping ... [OK]\n\
                    Testing connection with https://b.contoso.com/ping ... [ERROR]\n\t SSL cert issue\n\
                    2026-01-31 INFO: Testing connection with https://c.contoso.com/ping ... [ERROR]\n\
                    2026-01-31 ERROR: \t response 407\n\
                    Testing connection with https://d.contoso.com/ping ... [FAIL] curl error 60\n\
                    Testing connection with https://e.contoso.com/ping ...\n";
        let found: Vec<String> = read(text)
            .iter()
            .map(|trial| {
                let said = trial.attempts.first().map(|attempt| {
                    let signals: Vec<String> = attempt.signals.iter().map(ToString::to_string).collect();
                    format!("{:?} {}", attempt.said, signals.join(", "))
                });
                format!("{} {}", trial.subject, said.unwrap_or_else(|| "-".to_owned()))
            })
            .collect();
        assert_eq!(
            found,
            [
                "https://a.contoso.com/ping Succeeded ",
                "https://b.contoso.com/ping Failed SSL cert issue",
                "https://c.contoso.com/ping Failed 407, response 407",
                "https://d.contoso.com/ping Failed curl 60, curl error 60",
                "https://e.contoso.com/ping -",
            ]
        );
    }
}

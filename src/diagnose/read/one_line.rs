//! `mdatp connectivity test` and the cross-platform analyzer's `connectivitytest`: a line for each URL, which ends in
//! `[OK]` or another token; an indented line below it may say more.

use super::url;
use crate::console::find;
use crate::diagnose::signal::{number, of_number, of_text};
use crate::diagnose::trial::{Said, Trial};
use crate::rules::Signal;

/// One trial for each line.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    // Whether the line above may be gone on with.
    let mut open = false;
    for (line, content) in (1..).zip(text.lines()) {
        if let Some((url, rest)) = tested(content.trim()) {
            let (said, signals) = outcome(rest);
            let mut trial = Trial::judged(url, Some(line), said, signals);
            // A token without its end is one that breaks off.
            if rest.is_empty() || (rest.starts_with('[') && !rest.contains(']')) {
                trial.attempts.clear();
            }
            open = said == Said::Failed && !trial.attempts.is_empty();
            trials.push(trial);
        } else if open {
            let attempt = trials.last_mut().and_then(|trial| trial.attempts.first_mut());
            if let (Some(attempt), Some(detail)) = (attempt, detail(content)) {
                // It says more than a token of one word, and less than words in the line itself.
                attempt.signals.retain(|signal| !is_word(signal));
                attempt.signals.extend(of_text(detail));
            }
            open = false;
        }
    }
    trials
}

/// The URL and what stands behind its dots.
fn tested(line: &str) -> Option<(&str, &str)> {
    let rest = find(line, "testing connection with ")?.trim_start();
    let url = url::first(rest);
    let (_, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
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
    let numbered = words.trim().strip_prefix('(').and_then(number).and_then(of_number);
    (Said::Failed, numbered.into_iter().chain(of_text(words)).collect())
}

/// `ERROR` and the like, which only say that it failed.
fn is_word(signal: &Signal) -> bool {
    matches!(signal, Signal::Text(text) if !text.contains(char::is_whitespace))
}

/// What an indented line says; any other line is about something else.
fn detail(line: &str) -> Option<&str> {
    let rest = without_stamp(line);
    // One space behind the stamp belongs to the stamp.
    let space = usize::from(rest.len() < line.len());
    let indented = rest.chars().take_while(|c| c.is_whitespace()).count() > space;
    Some(rest.trim()).filter(|detail| indented && !detail.is_empty())
}

/// A line without the date and the level that a logger puts in front of it; the white space behind them stays.
fn without_stamp(line: &str) -> &str {
    ["INFO", "ERROR", "WARNING"]
        .iter()
        .find_map(|level| line.split_once(*level))
        .map_or(line, |(_, behind)| behind.trim_start_matches([':', '-', ']']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indented_line_below_a_failure_says_why() {
        let text = "Testing connection with https://a.contoso.com/ping ... [OK]\n\
                    Testing connection with https://b.contoso.com/ping ... [ERROR]\n\t SSL cert issue\n\
                    2026-01-31 INFO: Testing connection with https://c.contoso.com/ping ... [ERROR]\n\
                    2026-01-31 ERROR: \t response 407\n\
                    Testing connection with https://d.contoso.com/ping ... [FAIL] curl error 60\n\
                    Testing connection with https://f.contoso.com/ping ... [FAILED] (407 Proxy Authentication \
                    Required)\nsome log line\n\
                    Testing connection with https://g.contoso.com/ping ... [FAILED] (407 Proxy Authentication \
                    Required)\n  retried 3 times\n\
                    Testing connection with https://h.contoso.com/ping ... [SSL cert issue]\n\
                    2026-01-31 INFO: Testing connection with\n\
                    Testing connection with https://i.contoso.com/ping ... [ERROR]\n\
                    2026-01-31 INFO: another line\n\
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
                "https://f.contoso.com/ping Failed 407, (407 Proxy Authentication Required)",
                "https://g.contoso.com/ping Failed 407, (407 Proxy Authentication Required), retried 3 times",
                "https://h.contoso.com/ping Failed SSL cert issue",
                "https://i.contoso.com/ping Failed ERROR",
                "https://e.contoso.com/ping -",
            ]
        );
    }
}

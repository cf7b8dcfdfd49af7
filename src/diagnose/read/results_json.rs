//! Results as JSON, whatever holds them: objects with a `url` and what came of it.

use serde_json::{Map, Value};

use crate::diagnose::signal::{of_number, of_text};
use crate::diagnose::trial::{Basis, Said, Trial};
use crate::rules::Signal;

/// Keys of the URL.
const URL: [&str; 3] = ["url", "endpoint", "uri"];
/// Keys of the program's own word.
const WORD: [&str; 4] = ["result", "status", "outcome", "success"];
/// Keys of the answer.
const ANSWER: [&str; 4] = ["response", "status_code", "http_status", "code"];
/// Keys of the answer that would be right.
const EXPECTED: [&str; 2] = ["expected_status_code", "expected"];
/// Keys of errors in words.
const ERROR: [&str; 3] = ["error", "message", "detail"];

/// One trial for each object that has an URL and something that came of it.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut trials = Vec::new();
    if let Ok(value) = serde_json::from_str::<Value>(text.trim_end_matches('\0')) {
        collect(&value, &mut trials);
    }
    trials
}

/// Line and column, from 1, at which a text ends in the middle of a value.
pub(super) fn breaks_off(text: &str) -> Option<(usize, usize)> {
    let fault = serde_json::from_str::<serde::de::IgnoredAny>(text.trim_end_matches('\0')).err()?;
    (fault.is_eof() && !text.trim().is_empty()).then(|| (fault.line(), fault.column()))
}

/// The parser has bounded how deep values nest.
fn collect(value: &Value, trials: &mut Vec<Trial>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, trials)),
        Value::Object(object) => match trial(object) {
            Some(trial) => trials.push(trial),
            None => object.values().for_each(|value| collect(value, trials)),
        },
        _ => {}
    }
}

fn trial(object: &Map<String, Value>) -> Option<Trial> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str());
    let number = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_i64());
    let flag = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_bool());
    let url = text(&URL).filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
    let answer = number(&ANSWER).or_else(|| number(&["status"]));
    let word = flag(&WORD).or_else(|| Some(is_good(text(&WORD)?)));
    let error = text(&ERROR).filter(|error| !error.is_empty());
    let right = number(&EXPECTED).zip(answer).map(|(expected, answer)| expected == answer);
    let pinned = object.get("pinned").and_then(Value::as_bool);
    // Where the program has no word of its own the answer alone tells, by the vendor's rule.
    let judged = word.or(right).or(error.map(|_| false));
    let basis = if judged.is_some() { Basis::Word } else { Basis::Answers };
    let well = judged.or(answer.map(|_| false))?;
    let signals: Vec<Signal> = if well {
        Vec::new()
    } else {
        answer.and_then(of_number).into_iter().chain(error.map(of_text).unwrap_or_default()).collect()
    };
    let said = if well { Said::Succeeded } else { Said::Failed };
    Some(Trial { pinned, basis, ..Trial::judged(url, None, said, signals) })
}

fn is_good(word: &str) -> bool {
    ["ok", "success", "succeeded", "pass", "passed"].iter().any(|good| word.eq_ignore_ascii_case(good))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_an_url_is_found_wherever_it_stands() {
        let text = r#"{"GW_EU": [
            {"url": "https://a.contoso.com/mdav/test", "expected_status_code": 404, "response": 404, "error": null},
            {"url": "https://b.contoso.com/", "expected_status_code": 200, "response": null, "error": "SSL cert issue"},
            {"url": "https://c.contoso.com/", "expected_status_code": 200, "response": 407},
            {"url": "https://d.contoso.com/", "result": "OK"},
            {"url": "https://e.contoso.com/", "expected_status_code": 200},
            {"url": 7}]}"#;
        let found: Vec<String> = read(text)
            .iter()
            .flat_map(|trial| trial.attempts.iter().map(move |attempt| (trial, attempt)))
            .map(|(trial, attempt)| {
                let signals: Vec<String> = attempt.signals.iter().map(ToString::to_string).collect();
                format!("{} {:?} {}", trial.subject, attempt.said, signals.join(", "))
            })
            .collect();
        assert_eq!(
            found,
            [
                "https://a.contoso.com/mdav/test Succeeded ",
                "https://b.contoso.com/ Failed SSL cert issue",
                "https://c.contoso.com/ Failed 407",
                "https://d.contoso.com/ Succeeded ",
            ]
        );
    }
}

//! Findings as SARIF 2.1.0, for services that keep track of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::paths::{Located, Paths};
use super::{Code, Finding, Findings, Place, Severity, visible};
use crate::manifest::sha256;

/// Results of one run; GitHub shows as many and refuses a file with more than five times that.
const MOST_RESULTS: usize = 5_000;

/// The findings as a log of one run of a verb.
pub fn to_sarif(findings: &Findings, verb: &str, paths: &Paths) -> Value {
    let mut shown: Vec<&Finding> = findings.iter().collect();
    // The heaviest stay where there are too many; otherwise the order is that of the stages.
    if shown.len() > MOST_RESULTS {
        shown.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    }
    let more = shown.len().saturating_sub(MOST_RESULTS);
    shown.truncate(MOST_RESULTS);
    let codes: BTreeSet<Code> = shown.iter().map(|finding| finding.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let mut seen = BTreeMap::new();
    let results: Value = shown.iter().map(|finding| result(finding, &codes, paths, &mut seen)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Value>(),
            }},
            // What GitHub calls the category: logs of several profiles do not replace each other.
            "automationDetails": {"id": format!("{}/{verb}/{}/", env!("CARGO_PKG_NAME"), visible(paths.main()))},
            "invocations": [invocation(more)],
            "results": results,
        }],
    })
}

fn invocation(more: usize) -> Value {
    let mut invocation = Map::new();
    invocation.insert("executionSuccessful".into(), json!(true));
    if more > 0 {
        let text = format!("{more} more findings are left out; the format json has all of them");
        let told = json!([{"level": "warning", "message": {"text": text}}]);
        invocation.insert("toolExecutionNotifications".into(), told);
    }
    Value::Object(invocation)
}

/// What a code is about, from its page.
fn rule(code: Code) -> Value {
    let page = code.page();
    let body = page.split_once("\n\n").map_or(page, |(_, body)| body);
    let first =
        body.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = first.split_inclusive(". ").next().unwrap_or_default().trim_end();
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": first},
        "help": {"text": body, "markdown": body},
    })
}

fn result(finding: &Finding, codes: &[Code], paths: &Paths, seen: &mut BTreeMap<String, usize>) -> Value {
    let located = paths.locate(finding.place.as_ref());
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let fingerprint = fingerprint(finding);
    let occurrence = seen.entry(fingerprint.clone()).or_default();
    *occurrence += 1;
    json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": codes.binary_search(&finding.code).unwrap_or_default(),
        "level": level,
        "message": {"text": finding.text_for(&located)},
        "locations": [location(finding.place.as_ref(), &located)],
        "partialFingerprints": {"primaryLocationLineHash": format!("{fingerprint}:{occurrence}")},
    })
}

/// The same finding in the next run, where rows and lines may have moved.
fn fingerprint(finding: &Finding) -> String {
    let place = finding.place.as_ref();
    let file = place.map_or("", |place| &place.file);
    let sheet = place.and_then(|place| place.sheet.as_deref()).unwrap_or_default();
    let text = place.and_then(|place| place.text.as_deref()).unwrap_or(&finding.message);
    let mut digest = sha256([finding.code.as_str(), file, sheet, text].join("\0").as_bytes());
    digest.truncate(16);
    digest
}

fn location(place: Option<&Place>, located: &Located<'_>) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".into(), json!({"uri": uri(located.path)}));
    if let Some(line) = located.line {
        let text = place.and_then(|place| place.text.as_deref()).map(visible);
        physical.insert(
            "region".into(),
            match text {
                Some(text) => json!({"startLine": line, "snippet": {"text": text}}),
                None => json!({"startLine": line}),
            },
        );
    }
    let mut location = Map::new();
    location.insert("physicalLocation".into(), Value::Object(physical));
    if let Some(within) = located.within {
        location.insert("logicalLocations".into(), json!([logical(within)]));
    }
    Value::Object(location)
}

/// A cell, a heading, or a file that is not the user's.
fn logical(place: &Place) -> Value {
    let (name, kind) = match (&place.cell, &place.sheet) {
        (Some(cell), _) if cell.starts_with(|c: char| c.is_ascii_digit()) => (cell.as_str(), "row"),
        (Some(cell), _) => (cell.as_str(), "cell"),
        (None, Some(sheet)) => (sheet.as_str(), "table"),
        (None, None) => (place.file.as_str(), "file"),
    };
    json!({"name": visible(name), "fullyQualifiedName": visible(&place.to_string()), "kind": kind})
}

/// A path as a reference of RFC 3986. No character is left that could be taken for a scheme or a query.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte))
            }
            other => {
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references_that_no_reader_takes_for_something_else() {
        for (path, expected) in [
            ("lists/a.toml", "lists/a.toml"),
            ("../my list (2).xlsx", "../my%20list%20%282%29.xlsx"),
            ("a:b?c#d%e.toml", "a%3Ab%3Fc%23d%25e.toml"),
            ("/srv/é.toml", "file:///srv/%C3%A9.toml"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn every_page_gives_a_rule_with_a_sentence_and_a_remedy() {
        for code in Code::ALL {
            let rule = rule(*code);
            let (short, full) = (&rule["shortDescription"]["text"], &rule["fullDescription"]["text"]);
            let (short, full) = (short.as_str().unwrap_or_default(), full.as_str().unwrap_or_default());
            assert!(
                short.ends_with('.') && short.len() < 260 && full.starts_with(short),
                "{code:?}: {short}"
            );
            assert!(!full.contains('\n') && !full.starts_with('#'), "{code:?}: {full}");
        }
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_when_its_row_moves() {
        let at = |row: &str, text: &str| {
            let place = Place::cell("l.xlsx", "S", row).showing(text);
            fingerprint(&Finding::warning(Code::FewRows, format!("row {row}")).at(place))
        };
        assert_eq!(at("E4", "a.example.com"), at("E5", "a.example.com"));
        assert_ne!(at("E4", "a.example.com"), at("E4", "b.example.com"));
    }

    #[test]
    fn too_many_results_are_cut_and_the_heaviest_stay() {
        let mut findings = Findings::default();
        for number in 0..MOST_RESULTS {
            findings.push(Finding::note(Code::FewRows, number.to_string()));
        }
        findings.push(Finding::error(Code::NoSource, "last"));
        let log = to_sarif(&findings, "build", &Paths::new("p.toml"));
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().map(Vec::len), Some(MOST_RESULTS));
        assert_eq!(run["results"][0]["level"], "error");
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "warning");
    }
}

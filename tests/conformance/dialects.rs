//! Rows about single entries of a list, each by the dialects of its context.

use allowlistc::diagnostic::Findings;
use allowlistc::pattern::{Request, Scheme};
use allowlistc::verify::read_back::lines::add_entries;
use allowlistc::verify::{Condition, Dialect, Line, Ruleset, is_allowed};
use serde_json::Value;

use super::{Row, Trial, text, trial};

pub(crate) fn palo_alto(rows: Vec<Value>) -> Vec<Trial> {
    let dialects = |row: &Value| match (text(row, "context"), row["append_ending_token"].as_bool()) {
        ("url-list" | "tls-undecrypted", Some(true)) => vec![Dialect::PanUrl],
        ("url-list" | "tls-undecrypted", Some(false)) => vec![Dialect::PanUrlOpen],
        ("url-list" | "tls-undecrypted", None) => vec![Dialect::PanUrl, Dialect::PanUrlOpen],
        ("domain-list", _) => vec![Dialect::PanDomain],
        ("ssl-decryption-exclusion", _) => vec![Dialect::PanExclusion],
        (context, _) => panic!("`{context}` is no context"),
    };
    trials("paloalto", rows, dialects, |_| false)
}

pub(crate) fn azure(rows: Vec<Value>) -> Vec<Trial> {
    let dialects = |row: &Value| match text(row, "context") {
        "targetFqdns" => vec![Dialect::AzureFqdn],
        "targetUrls" => vec![Dialect::AzureUrl],
        context => panic!("`{context}` is no context"),
    };
    // The portal refused `--` once: a warning of the target, not a rule of matching.
    trials("azure", rows, dialects, |row| row["valid"] == false && text(row, "pattern").contains("--"))
}

fn trials(
    table: &str,
    rows: Vec<Value>,
    dialects: impl Fn(&Value) -> Vec<Dialect>,
    is_warned: impl Fn(&Value) -> bool,
) -> Vec<Trial> {
    let one = |(number, row): (usize, Value)| {
        let (pattern, input) = (text(&row, "pattern").to_owned(), text(&row, "input"));
        let silent = if row["expected_match"].is_null() && row["valid"] != false {
            " (the vendor is silent)"
        } else {
            ""
        };
        let name = format!("{number} {} {pattern} {input}{silent}", text(&row, "context"));
        if is_warned(&row) {
            return trial(table, name, Row::Elsewhere("tests/targets.rs"));
        }
        let (request, dialects) = (plain_request(input), dialects(&row));
        let expected = if row["valid"] == false { None } else { row["expected_match"].as_bool() };
        let decide = move || dialects.iter().all(|dialect| takes(*dialect, &pattern, &request) == expected);
        trial(table, name, Row::Decided(Box::new(decide)))
    };
    rows.into_iter().enumerate().map(one).collect()
}

/// Whether `entry` of a list in this dialect takes the request; `None` where it is refused.
fn takes(dialect: Dialect, entry: &str, request: &Request) -> Option<bool> {
    let mut ruleset = Ruleset::default();
    let mut findings = Findings::default();
    let entries = [(entry, Line::new("list", 1))].into_iter();
    add_entries(&mut ruleset, "list", dialect, &Condition::any(), entries, &mut findings);
    (findings.is_empty() && ruleset.undecided().is_empty()).then(|| is_allowed(&ruleset, request))
}

/// `host/path`, the query left out.
fn plain_request(input: &str) -> Request {
    let (host, path) = input.split_once('/').unwrap_or((input, ""));
    let path = path.split('?').next().unwrap_or_default();
    Request { scheme: Scheme::Http, host: host.into(), port: 80, path: format!("/{path}") }
}

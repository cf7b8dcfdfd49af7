//! Every row of the tables of vendors' matching rules, one test each, decided by the readers and dialects of the
//! verifier; for PAC files by the program itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so loudly")]

mod dialects;
#[path = "../support/lists.rs"]
#[allow(dead_code, reason = "these tests need no published profile")]
mod lists;
mod pac;
mod squid;
#[path = "../support/targets.rs"]
#[allow(dead_code, reason = "these tests ask a program alone")]
mod targets;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use lists::skip::skipped;
use serde_json::Value;

/// How a row is decided.
enum Row {
    /// Here: whether it comes out as the table says.
    Decided(Box<dyn FnOnce() -> bool + Send>),
    /// By another test, which is named.
    Elsewhere(&'static str),
}

fn main() -> ExitCode {
    let mut trials = squid::trials(rows("squid"));
    trials.extend(dialects::palo_alto(rows("paloalto")));
    trials.extend(dialects::azure(rows("azure")));
    trials.extend(pac::trials(rows("pac")));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(table: &str, name: String, row: Row) -> Trial {
    match row {
        Row::Decided(decide) => Trial::test(name, || {
            if decide() { Ok(()) } else { Err(Failed::from("it comes out otherwise than the table says")) }
        })
        .with_kind(table),
        Row::Elsewhere(test) => {
            Trial::test(name, || Ok(())).with_kind(format!("{table}, by {test}")).with_ignored_flag(true)
        }
    }
}

/// The rows of a table, or nothing where the folder with our own research is not at hand.
fn rows(name: &str) -> Vec<Value> {
    let file = format!("{}/../shared/conformance/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(&file) else {
        skipped(&format!("../shared/conformance/{name}.json is not at hand"));
        return Vec::new();
    };
    let table: Value = serde_json::from_str(&text).unwrap();
    table["entries"].as_array().unwrap().clone()
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

fn port(row: &Value) -> u16 {
    row["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or(0)
}

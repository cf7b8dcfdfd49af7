//! What is fuzzed: one function for each target, from bytes to a panic if a law is broken.
//!
//! The fuzzer runs these functions, and the test `fuzz_corpus` runs them over the kept corpus.

#[allow(dead_code, reason = "literal lists only")]
#[path = "../../support/lists.rs"]
mod lists;

mod access_log;
mod address;
mod decide;
mod outputs;
mod pipeline;
mod read_back;
mod source;

use allowlistc::diagnostic::{Findings, Severity, to_human, to_json};

/// A target of the fuzzer.
pub(crate) struct Target {
    /// Name of it and of its folder of the corpus.
    pub(crate) name: &'static str,
    /// Panics if a law is broken.
    pub(crate) run: fn(&[u8]),
}

/// Every target that needs nothing but the compiler.
pub(crate) const ALL: &[Target] = &[
    Target { name: "page", run: source::text },
    Target { name: "tags", run: source::text },
    Target { name: "workbook", run: source::workbook },
    Target { name: "archive", run: source::archive },
    Target { name: "build", run: pipeline::build },
    Target { name: "profile", run: pipeline::profile },
    Target { name: "folder", run: pipeline::folder },
    Target { name: "manifest", run: pipeline::manifest },
    Target { name: "squid", run: read_back::squid },
    Target { name: "lists", run: read_back::lists },
    Target { name: "panos", run: read_back::panos },
    Target { name: "azure", run: read_back::azure },
    Target { name: "pac", run: read_back::pac },
    Target { name: "engine", run: read_back::engine },
    Target { name: "decide", run: decide::run },
    Target { name: "address", run: address::run },
    Target { name: "diagnose", run: outputs::diagnose },
    Target { name: "import", run: outputs::import },
    Target { name: "replay", run: access_log::run },
];

/// Several files in one: a line `--- path` before each.
fn parts(data: &[u8]) -> Vec<(&str, &[u8])> {
    const MOST: usize = 50;
    let mut parts = Vec::new();
    let mut rest = data.strip_prefix(b"--- ");
    while let Some(part) = rest.filter(|_| parts.len() < MOST) {
        let end = position(part, b"\n--- ").unwrap_or(part.len());
        let (whole, next) = part.split_at(end);
        rest = next.strip_prefix(b"\n--- ");
        let name = whole.iter().position(|byte| *byte == b'\n').unwrap_or(whole.len());
        if let Ok(path) = std::str::from_utf8(&whole[..name]) {
            parts.push((path, whole.get(name + 1..).unwrap_or_default()));
        }
    }
    parts
}

fn position(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

/// What users would see of the findings: clean text, and help with every error that has a place.
fn show(findings: &Findings) {
    let text = to_human(findings, Severity::Note, false);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a control character is shown: {text:?}");
    let json = to_json(findings);
    assert_eq!(json.as_array().map(Vec::len), Some(findings.iter().count()));
}

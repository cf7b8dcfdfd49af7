//! Findings for a person: headline, place, the text found there, help.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Code, Finding, Findings, Severity};

/// Bold red, yellow or cyan, as compilers use them.
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Note => "\x1b[1;36m",
    }
}

/// Findings of one code that are shown in full; a broken file can have one for every row.
const SHOWN: usize = 25;

/// The findings that weigh at least `least`, as text; `colours` only for a terminal.
pub fn to_human(findings: &Findings, least: Severity, colours: bool) -> String {
    let mut out = String::new();
    let mut counts: BTreeMap<(Code, Severity), usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity >= least) {
        let count = counts.entry((finding.code, finding.severity)).or_default();
        *count += 1;
        if *count <= SHOWN {
            write_finding(&mut out, finding, colours);
        }
    }
    for ((code, severity), count) in counts.into_iter().filter(|(_, count)| *count > SHOWN) {
        let more = count - SHOWN;
        let _ = writeln!(
            out,
            "{}[{}]: {more} more of these, not shown; `--format json` of `build` and `lint` has all",
            severity.as_str(),
            code.as_str()
        );
    }
    out
}

fn write_finding(out: &mut String, finding: &Finding, colours: bool) {
    let (start, bold, end) =
        if colours { (colour(finding.severity), "\x1b[1m", "\x1b[0m") } else { ("", "", "") };
    let (severity, code) = (finding.severity.as_str(), finding.code.as_str());
    let _ = writeln!(out, "{start}{severity}[{code}]{end}: {bold}{}{end}", visible(&finding.message));
    if let Some(place) = &finding.place {
        let _ = writeln!(out, "  --> {}", visible(&place.to_string()));
        if let Some(text) = &place.text {
            let _ = writeln!(out, "   |\n   | {}\n   |", visible(text));
        }
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "   = help: {}", visible(help));
    }
}

/// Control, invisible and direction characters made visible, so that a cell can neither paint the terminal nor hide.
pub fn visible(text: &str) -> String {
    let hostile = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
            )
    };
    if !text.contains(hostile) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if hostile(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}

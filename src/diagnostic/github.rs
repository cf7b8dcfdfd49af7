//! Findings as the workflow commands that GitHub turns into annotations.

use std::fmt::Write as _;

use super::paths::Paths;
use super::{Finding, Findings, Severity, visible};

/// Annotations of one severity; GitHub shows ten of a step.
const MOST: usize = 50;

/// The findings that weigh at least `least`, one command a line.
pub fn to_github(findings: &Findings, least: Severity, paths: &Paths) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        if severity < least {
            break;
        }
        for finding in findings.iter().filter(|finding| finding.severity == severity).take(MOST) {
            write_command(&mut out, finding, paths);
        }
        let more = findings.count(severity).saturating_sub(MOST);
        if more > 0 {
            let _ = writeln!(out, "{more} more findings of severity {}, not annotated", severity.as_str());
        }
    }
    out
}

fn write_command(out: &mut String, finding: &Finding, paths: &Paths) {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let located = paths.locate(finding.place.as_ref());
    let _ = write!(out, "::{command} file={}", property(&visible(located.path)));
    if let Some(line) = located.line {
        let _ = write!(out, ",line={line}");
    }
    let _ =
        writeln!(out, ",title={}::{}", property(finding.code.as_str()), data(&finding.text_for(&located)));
}

/// The text of a command: `%` and line ends are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value before the second `::`, where `:` and `,` have a meaning as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Place};
    use super::*;

    #[test]
    fn nothing_in_a_finding_ends_the_command_or_starts_another() {
        let mut findings = Findings::default();
        let place = Place::line("a,b:c.toml", 7);
        findings.push(
            Finding::error(Code::ProfileValue, "100 %, `a::b`\r\n::error::x").at(place).help("write `b`"),
        );
        let mut paths = Paths::new("p.toml");
        paths.insert("a,b:c.toml", "f%/a,b:c.toml");
        assert_eq!(
            to_github(&findings, Severity::Note, &paths),
            "::error file=f%25/a%2Cb%3Ac.toml,line=7,title=profile-value::\
             100 %25, `a::b`\\r\\n::error::x%0Ahelp: write `b`\n"
        );
    }

    #[test]
    fn the_heaviest_come_first_and_notes_only_where_they_are_asked_for() {
        let mut findings = Findings::default();
        findings.push(Finding::note(Code::FewRows, "n"));
        findings.push(Finding::warning(Code::FewRows, "w"));
        findings.push(Finding::error(Code::FewRows, "e"));
        let text = to_github(&findings, Severity::Warning, &Paths::new("p.toml"));
        assert_eq!(text, "::error file=p.toml,title=few-rows::e\n::warning file=p.toml,title=few-rows::w\n");
    }

    #[test]
    fn more_annotations_than_anybody_reads_are_counted() {
        let mut findings = Findings::default();
        for number in 0..60 {
            findings.push(Finding::warning(Code::FewRows, number.to_string()));
        }
        let text = to_github(&findings, Severity::Warning, &Paths::new("p.toml"));
        assert_eq!(text.lines().count(), 51);
        assert!(text.ends_with("\n10 more findings of severity warning, not annotated\n"), "{text}");
    }
}

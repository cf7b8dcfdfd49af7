//! A report as Markdown, for a ticket. What the files hold stands in code spans that it cannot leave.

use std::fmt::Write as _;

use super::super::judge::{Judged, Report, Verdict, groups, is_listed};
use super::{conclusion, listed, methods, summary, unjudged, ways, why};
use crate::diagnostic::code_span;
use crate::rules::Cause;

/// The report as Markdown: the conclusion first.
pub fn to_markdown(report: &Report<'_>, strict: bool) -> String {
    let mut out = format!("**{}**\n", conclusion(&report.counts(strict), strict));
    for file in &report.files {
        let _ =
            writeln!(out, "\n## {}\n\n{}: {}", code_span(&file.file), file.forms.join(", "), summary(file));
        for (cause, members) in groups(file.judged.iter()) {
            let (says, cure) = why(cause, &members);
            let _ = writeln!(out, "\n### {}\n", heading(cause, &members));
            for one in &members {
                failed(&mut out, one);
            }
            let _ = writeln!(out, "\n- why: {says}\n- cure: {cure}");
            if let Some(cause) = cause.filter(|_| is_listed(&members)) {
                let _ = writeln!(out, "- the list holds it already: {}", cause.look);
            }
        }
        for (verdict, title) in [
            (Verdict::Lenient, "passed by the rule of the vendor's programs alone"),
            (Verdict::Passed, "passed"),
        ] {
            let mut members = file.judged.iter().filter(|one| one.verdict == verdict).peekable();
            if members.peek().is_some() {
                let _ = writeln!(out, "\n### {title}\n");
            }
            for one in members {
                let by = methods(one, true);
                let by = if by.is_empty() { String::new() } else { format!(": by {}", code_spans(&by)) };
                let _ = writeln!(out, "- {}{by}", code_span(&one.trial.subject));
            }
        }
        let mut members = file.judged.iter().filter(|one| one.verdict == Verdict::NotJudged).peekable();
        if members.peek().is_some() {
            let _ = writeln!(out, "\n### not judged\n");
        }
        for one in members {
            let _ = writeln!(out, "- {}: {}", code_span(&one.trial.subject), unjudged(one));
        }
    }
    out
}

fn heading<'f>(cause: Option<&'f Cause>, members: &[&Judged<'_>]) -> &'f str {
    match cause {
        Some(cause) => &cause.brief,
        None if members.iter().all(|one| one.verdict == Verdict::NoResult) => "no result",
        None => "no known cause",
    }
}

fn failed(out: &mut String, one: &Judged<'_>) {
    let spared = if one.matters(false) { "" } else { " (not needed)" };
    let _ = writeln!(out, "- {}{spared}", code_span(&one.trial.subject));
    for way in ways(one) {
        let _ = writeln!(out, "  - {}", code_span(&way));
    }
    for (words, addresses) in listed(&one.standing) {
        let colon = if addresses.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "  - {words}{colon}{}", code_spans(&addresses));
    }
}

fn code_spans(texts: &[String]) -> String {
    texts.iter().map(|text| code_span(text)).collect::<Vec<_>>().join(", ")
}

//! A report as Markdown, for a ticket. What the files hold stands in code spans that it cannot leave.

use std::fmt::Write as _;

use super::super::judge::{Judged, Report, Verdict};
use super::group::{Group, groups, is_out, some_of};
use super::{conclusion, doubt, listed, methods, summary, uncovered, unjudged, ways};
use crate::diagnostic::code_span;

/// The report as Markdown: the conclusion first.
pub fn to_markdown(report: &Report<'_>, strict: bool) -> String {
    let mut out = format!("**{}**\n", conclusion(&report.counts(strict), strict));
    for file in &report.files {
        let summary = summary(file, strict);
        let _ = writeln!(out, "\n## {}\n\n{}: {summary}", code_span(&file.file), file.forms.join(", "));
        for group in groups(file.judged.iter(), strict) {
            let _ = writeln!(out, "\n### {}\n", group.heading());
            for one in &group.members {
                failed(&mut out, one, group.matters(one));
            }
            remedy(&mut out, &group);
        }
        for (verdict, title) in [
            (Verdict::Lenient, "passed by the rule of the vendor's programs alone"),
            (Verdict::Passed, "passed"),
        ] {
            let is_wanted = |one: &&Judged<'_>| one.verdict == verdict && !is_out(one, strict);
            let mut members = file.judged.iter().filter(is_wanted).peekable();
            if members.peek().is_some() {
                let _ = writeln!(out, "\n### {title}\n");
            }
            for one in members {
                passed(&mut out, one);
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

fn remedy(out: &mut String, group: &Group<'_, '_>) {
    let _ = writeln!(out, "\n- why: {}", group.says());
    for (setting, subjects) in group.settings() {
        let _ = writeln!(
            out,
            "- cure: add what belongs to the tenant to {}: the list does not hold {}",
            code_span(setting),
            some_of(&subjects, code_span)
        );
    }
    let _ = writeln!(out, "- cure: {}", group.cure());
    if let Some((named, look)) = group.look() {
        let named = some_of(&named, code_span);
        let named = if named.is_empty() { "it" } else { &named };
        let _ = writeln!(out, "- the list holds {named} already: {look}");
    }
}

fn failed(out: &mut String, one: &Judged<'_>, matters: bool) {
    let spared = if matters { "" } else { " (not needed)" };
    let _ = writeln!(out, "- {}{spared}", code_span(&one.trial.subject));
    for way in ways(one) {
        let _ = writeln!(out, "  - {}", code_span(&way));
    }
    standing(out, listed(&one.standing));
}

fn passed(out: &mut String, one: &Judged<'_>) {
    let by = methods(one, true);
    let by = if by.is_empty() { String::new() } else { format!(": by {}", code_spans(&by)) };
    let _ = writeln!(out, "- {}{by}", code_span(&one.trial.subject));
    if one.verdict == Verdict::Lenient {
        let _ = writeln!(out, "  - {}", code_span(&doubt(one)));
        standing(out, listed(&one.standing));
    } else {
        standing(out, uncovered(&one.standing));
    }
}

fn standing(out: &mut String, lines: impl IntoIterator<Item = (String, Vec<String>)>) {
    for (words, addresses) in lines {
        let colon = if addresses.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "  - {words}{colon}{}", code_spans(&addresses));
    }
}

fn code_spans(texts: &[String]) -> String {
    texts.iter().map(|text| code_span(text)).collect::<Vec<_>>().join(", ")
}

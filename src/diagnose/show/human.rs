//! A report for a terminal: what failed, why and what to do, before what passed.

use super::super::judge::{FileReport, Judged, Report, Verdict, groups, is_listed};
use super::{conclusion, doubt, listed, methods, summary, unjudged, ways, why};
use crate::diagnostic::visible;

/// Width of the column of labels.
const LABEL: usize = 8;

/// Fewer columns than this make nothing clearer.
const NARROWEST: usize = 20;

/// The report as text. `wrap` breaks a text into lines of at most so many columns; `columns` are those of the terminal.
pub fn to_human(
    report: &Report<'_>,
    strict: bool,
    columns: Option<usize>,
    wrap: fn(&str, usize) -> Vec<String>,
) -> String {
    let mut page = Page { out: String::new(), columns, wrap };
    for file in &report.files {
        page.file(file);
    }
    page.line("", &conclusion(&report.counts(strict), strict));
    page.out
}

struct Page {
    out: String,
    columns: Option<usize>,
    wrap: fn(&str, usize) -> Vec<String>,
}

impl Page {
    /// A text behind what stands in the column of labels.
    fn line(&mut self, label: &str, text: &str) {
        let text = visible(text);
        let lines = match self.columns {
            Some(columns) => (self.wrap)(&text, columns.saturating_sub(label.len()).max(NARROWEST)),
            None => vec![text],
        };
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label.to_owned() } else { " ".repeat(label.len()) };
            self.out.push_str(format!("{label}{line}").trim_end());
            self.out.push('\n');
        }
    }

    /// A verdict stands at the margin.
    fn verdict(&mut self, word: &str, subject: &str) {
        self.line(&format!("{word:LABEL$}"), subject);
    }

    /// What belongs to a verdict stands below its subject, a word beside it.
    fn note(&mut self, word: &str, text: &str) {
        self.line(&format!("{word:>width$}  ", width = LABEL - 2), text);
    }

    fn file(&mut self, file: &FileReport<'_>) {
        self.line("", &format!("{} ({}): {}", file.file, file.forms.join(", "), summary(file)));
        for (cause, members) in groups(file.judged.iter()) {
            self.out.push('\n');
            for one in &members {
                self.failed(one);
            }
            let (says, cure) = why(cause, &members);
            self.note("why", says);
            self.note("cure", cure);
            if let Some(cause) = cause.filter(|_| is_listed(&members)) {
                self.note("look", &format!("the list holds it already: {}", cause.look));
            }
        }
        if file.judged.iter().any(|one| !one.failed()) {
            self.out.push('\n');
        }
        for wanted in [Verdict::Lenient, Verdict::Passed] {
            for one in file.judged.iter().filter(|one| one.verdict == wanted) {
                self.passed(one);
            }
        }
        for one in file.judged.iter().filter(|one| one.verdict == Verdict::NotJudged) {
            self.verdict("unknown", &one.trial.subject);
            self.note("", &format!("not judged: {}", unjudged(one)));
        }
        self.out.push('\n');
    }

    fn failed(&mut self, one: &Judged<'_>) {
        self.verdict(if one.matters(false) { "FAILED" } else { "failed" }, &one.trial.subject);
        for way in ways(one) {
            self.note("", &way);
        }
        for (words, addresses) in listed(&one.standing) {
            let colon = if addresses.is_empty() { "" } else { ": " };
            self.note("", &format!("{words}{colon}{}", addresses.join("; ")));
        }
    }

    fn passed(&mut self, one: &Judged<'_>) {
        self.verdict(if one.verdict == Verdict::Lenient { "doubt" } else { "passed" }, &one.trial.subject);
        let (by, not_by) = (methods(one, true), methods(one, false));
        if !by.is_empty() {
            let others =
                if not_by.is_empty() { String::new() } else { format!("; not by {}", not_by.join(", ")) };
            self.note("", &format!("by {}{others}", by.join(", ")));
        }
        if one.verdict == Verdict::Lenient {
            self.note("", &doubt(one));
        }
        if one.trial.pinned == Some(false) {
            self.note("", "tested without pinned certificates, so inspection would not show");
        }
    }
}

//! A report for a terminal: what failed, why and what to do, before what passed.

use super::super::judge::{FileReport, Judged, Report, Verdict};
use super::group::{Group, groups, is_out, some_of};
use super::{conclusion, doubt, listed, methods, summary, uncovered, unjudged, ways};
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
    let mut page = Page { out: String::new(), columns, wrap, strict };
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
    strict: bool,
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
        let summary = summary(file, self.strict);
        self.line("", &format!("{} ({}): {summary}", file.file, file.forms.join(", ")));
        for group in groups(file.judged.iter(), self.strict) {
            self.out.push('\n');
            for one in &group.members {
                self.failed(one, group.matters(one));
            }
            self.remedy(&group);
        }
        let rest = || file.judged.iter().filter(|one| !is_out(one, self.strict));
        let rest: Vec<&Judged<'_>> = rest().collect();
        if !rest.is_empty() {
            self.out.push('\n');
        }
        for wanted in [Verdict::Lenient, Verdict::Passed] {
            for one in rest.iter().filter(|one| one.verdict == wanted) {
                self.passed(one);
            }
        }
        for one in file.judged.iter().filter(|one| one.verdict == Verdict::NotJudged) {
            self.verdict("unknown", &one.trial.subject);
            self.note("", &format!("not judged: {}", unjudged(one)));
        }
        self.out.push('\n');
    }

    fn remedy(&mut self, group: &Group<'_, '_>) {
        let quoted = |subject: &str| format!("`{subject}`");
        self.note("why", group.says());
        for (setting, subjects) in group.settings() {
            let subjects = some_of(&subjects, quoted);
            self.note(
                "cure",
                &format!("add what belongs to the tenant to `{setting}`: the list does not hold {subjects}"),
            );
        }
        self.note("cure", &group.cure());
        if let Some((named, look)) = group.look() {
            let named = some_of(&named, quoted);
            let named = if named.is_empty() { "it" } else { &named };
            self.note("look", &format!("the list holds {named} already: {look}"));
        }
    }

    fn failed(&mut self, one: &Judged<'_>, matters: bool) {
        self.verdict(if matters { "FAILED" } else { "failed" }, &one.trial.subject);
        for way in ways(one) {
            self.note("", &way);
        }
        self.standing(listed(&one.standing));
    }

    fn standing(&mut self, lines: impl IntoIterator<Item = (String, Vec<String>)>) {
        for (words, addresses) in lines {
            let colon = if addresses.is_empty() { "" } else { ": " };
            self.note("", &format!("{words}{colon}{}", addresses.join("; ")));
        }
    }

    fn passed(&mut self, one: &Judged<'_>) {
        let is_doubtful = one.verdict == Verdict::Lenient;
        self.verdict(if is_doubtful { "doubt" } else { "passed" }, &one.trial.subject);
        let (by, not_by) = (methods(one, true), methods(one, false));
        if !by.is_empty() {
            let others =
                if not_by.is_empty() { String::new() } else { format!("; not by {}", not_by.join(", ")) };
            self.note("", &format!("by {}{others}", by.join(", ")));
        }
        if is_doubtful {
            self.note("", &doubt(one));
        }
        if is_doubtful {
            self.standing(listed(&one.standing));
        } else {
            self.standing(uncovered(&one.standing));
        }
        if one.trial.pinned == Some(false) {
            self.note("", "tested without pinned certificates, so inspection would not show");
        }
    }
}

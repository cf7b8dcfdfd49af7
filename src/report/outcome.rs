//! The answer: what is proved, of the whole build and of each target.

use serde::Serialize;

use super::Report;
use crate::diagnostic::visible;
use crate::pattern::Request;
use crate::verify::{ListVerdict, Verdict};

/// What a reviewer wants to know first.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// `same`, `permitted`, `open`.
    state: &'static str,
    headline: String,
    text: &'static str,
}

/// One target and its lists.
#[derive(Debug, Serialize)]
pub(super) struct TargetRow {
    name: String,
    title: String,
    files: usize,
    state: &'static str,
    losses: usize,
    lists: Vec<ListRow>,
}

#[derive(Debug, Serialize)]
struct ListRow {
    list: String,
    files: Vec<String>,
    verdict: &'static str,
    why: String,
    wider: String,
    narrower: String,
    permitted_by: Vec<String>,
}

/// The answer on a build with this many distinct changes.
pub(super) fn answer(report: &Report<'_>, changes: usize) -> Answer {
    let verdicts = report.build.verdicts;
    let of = |name: &str| state(verdicts.iter().filter(|verdict| verdict.target == name));
    let open: Vec<&str> =
        report.targets.iter().map(|(name, ..)| name.as_str()).filter(|name| of(name) == "open").collect();
    if !open.is_empty() {
        return Answer {
            state: "open",
            headline: format!("Not proved: {}", open.join(", ")),
            text: "Nothing shows that these files mean what the list means. The others were read back by the \
                   vendor's rules of matching and compared with the list over all requests.",
        };
    }
    let text = "Every file was read back by the vendor's rules of matching and compared with the list over all \
                requests, not by sampling.";
    match changes {
        0 => Answer {
            state: "same",
            headline: "Proved: the files mean exactly what the list means".to_owned(),
            text,
        },
        1 => Answer { state: "permitted", headline: "Proved, with 1 permitted difference".to_owned(), text },
        many => Answer {
            state: "permitted",
            headline: format!("Proved, with {many} permitted differences"),
            text,
        },
    }
}

/// `same`, `permitted` where a permitted loss explains a difference, `open` where nobody can say.
fn state<'a>(verdicts: impl Iterator<Item = &'a ListVerdict>) -> &'static str {
    let mut state = "open";
    for verdict in verdicts {
        match verdict.verdict {
            Verdict::Same | Verdict::Within(_) if state == "open" => state = "same",
            Verdict::Same | Verdict::Within(_) => {}
            Verdict::Wider(_) | Verdict::Narrower(_) | Verdict::Both { .. } => state = "permitted",
            Verdict::Undecided(_) | Verdict::Unread(_) => return "open",
        }
    }
    state
}

/// Every target in order.
pub(super) fn target_rows(report: &Report<'_>) -> Vec<TargetRow> {
    let row = |(name, title, files): &(String, String, usize)| {
        let verdicts = || report.build.verdicts.iter().filter(|verdict| verdict.target == *name);
        TargetRow {
            name: visible(name),
            title: visible(title),
            files: *files,
            state: state(verdicts()),
            losses: report.build.losses.iter().filter(|loss| loss.target == *name).count(),
            lists: list_rows(verdicts()),
        }
    };
    report.targets.iter().map(row).collect()
}

/// The files of a list that were decided alike stand in one row.
fn list_rows<'a>(verdicts: impl Iterator<Item = &'a ListVerdict>) -> Vec<ListRow> {
    let mut rows: Vec<ListRow> = Vec::new();
    for verdict in verdicts {
        let row = list_row(verdict);
        match rows.iter_mut().find(|known| known.is_like(&row)) {
            Some(known) => {
                known.files.extend(row.files);
                known.files.dedup();
            }
            None => rows.push(row),
        }
    }
    rows
}

impl ListRow {
    fn is_like(&self, other: &Self) -> bool {
        let parts = |row: &Self| {
            (row.list.clone(), row.verdict, row.why.clone(), row.wider.clone(), row.narrower.clone())
        };
        parts(self) == parts(other) && self.permitted_by == other.permitted_by
    }
}

fn list_row(verdict: &ListVerdict) -> ListRow {
    let text =
        |request: Option<&Request>| request.map_or(String::new(), |request| visible(&request.to_string()));
    let (word, why) = match &verdict.verdict {
        Verdict::Same => ("the same", ""),
        Verdict::Wider(_) => ("wider", ""),
        Verdict::Narrower(_) => ("narrower", ""),
        Verdict::Both { .. } => ("wider and narrower", ""),
        Verdict::Within(other) => ("part of another list", other.as_str()),
        Verdict::Undecided(why) => ("undecided", why.as_str()),
        Verdict::Unread(why) => ("unread", why.as_str()),
    };
    ListRow {
        list: visible(&verdict.list),
        files: vec![visible(&verdict.file.to_string())],
        verdict: word,
        why: visible(why),
        wider: text(verdict.verdict.wider()),
        narrower: text(verdict.verdict.narrower()),
        permitted_by: verdict.permitted_by.iter().map(|by| visible(by)).collect(),
    }
}

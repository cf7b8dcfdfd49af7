//! The report for people: a summary, and tables with what matters most first.

use super::{Report, Row, Used, told};
use crate::replay::run::Replayed;
use crate::replay::seen::Cause;
use crate::replay::tally::Use;
use crate::replay::time::Period;

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Our own words and numbers.
    Say(String),
    /// Text of the log or of the list, which can hold anything.
    Quote(String),
}

/// A table with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What its rows have in common.
    pub title: &'static str,
    /// Titles of the columns.
    pub header: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Requests of rows that are not kept.
    pub beyond: u64,
}

impl Report {
    /// What was read: one line.
    pub fn read(&self) -> String {
        let Replayed { tally, lines, .. } = &self.replayed;
        let requests = counted(tally.all.requests(), "request");
        let lines = counted(*lines, self.unit);
        format!("{}, {requests} in {lines}{}", self.format, self.period(tally.all.period))
    }

    fn period(&self, period: Period) -> String {
        match (period.first(), period.last(), period.length()) {
            (Some(first), Some(last), Some(length)) => {
                format!(", {first} to {last} {} ({length})", self.clock)
            }
            _ => String::new(),
        }
    }

    /// What it came to: one line.
    pub fn summary(&self) -> String {
        let Replayed { tally, unread, .. } = &self.replayed;
        let denied = match tally.denied.requests() {
            0 if self.is_unjudged() => {
                format!("nothing can be judged, {} denied", counted(tally.all.denied, "request"))
            }
            0 if self.is_unread() => {
                format!("no needed request denied in the {}s that could be read", self.unit)
            }
            0 => "no needed request denied".to_owned(),
            count => format!("{} denied", counted(count, "needed request")),
        };
        let mut parts = vec![denied];
        parts.extend(self.unlisted_hosts());
        let all = self.used.len() + self.unused.len();
        parts.push(format!("{} of {} never used", self.unused.len(), counted(all as u64, "entry")));
        if *unread > 0 {
            parts.push(format!("{} not read", counted(*unread, self.unit)));
        }
        parts.join(", ")
    }

    /// How many hosts of the vendor's zones are on no list: those that nobody announced apart from the others.
    fn unlisted_hosts(&self) -> Option<String> {
        let hosts = |count: usize| format!("{} of the vendor's zones", counted(count as u64, "host"));
        let least = if self.replayed.tally.unlisted.is_more_allowed() { "at least " } else { "" };
        Some(match self.new_and_others() {
            (0, 0) => return None,
            (0, others) if !least.is_empty() => {
                format!("{least}{} on no list; whether one of them is new is not known", hosts(others))
            }
            (0, others) => format!("{} on no list, known or not let through", hosts(others)),
            (new, 0) => format!("{least}{} let through that no list names", hosts(new)),
            (new, others) => format!(
                "{least}{} let through that no list names, beside {others} known or not let through",
                hosts(new)
            ),
        })
    }

    /// The tables, what matters most first.
    pub fn sections(&self) -> Vec<Section> {
        let tally = &self.replayed.tally;
        let denied = |row: &Row| {
            let why = match row.cause {
                Some(Cause::Login) => "the proxy asked for a login",
                _ => "refused",
            };
            let mut cells = host(row);
            cells.extend([number(row.counted.denied), say(why)]);
            cells.extend(times(&row.counted.period));
            cells.push(quote(row.by.join(", ")));
            cells
        };
        let failed = |row: &Row| {
            let mut cells = host(row);
            cells.push(number(row.counted.failed));
            cells.extend(times(&row.counted.period));
            cells.push(quote(row.by.join(", ")));
            cells
        };
        let unlisted = |row: &Row| {
            let mut cells = host(row);
            cells.extend([
                number(row.counted.allowed),
                number(row.counted.denied),
                number(row.counted.failed),
            ]);
            cells.extend(times(&row.counted.period));
            cells.push(quote(row.by.join(", ")));
            cells
        };
        let sections = [
            Section {
                title: "denied although needed",
                header: vec!["HOST", "PORT", "DENIED", "WHY", "FIRST", "LAST", "ENTRIES"],
                rows: self.denied.iter().map(denied).collect(),
                beyond: tally.denied.beyond(),
            },
            Section {
                title: "hosts of the vendor's zones on no list",
                header: vec!["HOST", "PORT", "ALLOWED", "DENIED", "FAILED", "FIRST", "LAST", "KNOWN"],
                rows: self.unlisted.iter().map(unlisted).collect(),
                beyond: tally.unlisted.beyond(),
            },
            Section {
                title: "needed, let through, and without an answer",
                header: vec!["HOST", "PORT", "FAILED", "FIRST", "LAST", "ENTRIES"],
                rows: self.failed.iter().map(failed).collect(),
                beyond: tally.failed.beyond(),
            },
            Section {
                title: "entries never used",
                header: vec!["ADDRESS", "PORT", "NEED", "REMARK"],
                rows: self
                    .unused
                    .iter()
                    .map(|entry| [named(entry), vec![remarked(entry)]].concat())
                    .collect(),
                beyond: 0,
            },
            Section {
                title: "entries used",
                header: vec![
                    "ADDRESS", "PORT", "NEED", "ALLOWED", "DENIED", "FAILED", "FIRST", "LAST", "REMARK",
                ],
                rows: self.used.iter().map(used).collect(),
                beyond: 0,
            },
        ];
        sections.into_iter().filter(|section| !section.rows.is_empty()).collect()
    }
}

fn used(entry: &Used) -> Vec<Cell> {
    let Use { allowed, denied, failed, period, .. } = &entry.counted;
    let mut cells = named(entry);
    cells.extend([number(*allowed), number(*denied), number(*failed)]);
    cells.extend(times(period));
    cells.push(remarked(entry));
    cells
}

fn named(entry: &Used) -> Vec<Cell> {
    let need = match entry.required {
        Some(true) => "required",
        Some(false) => "optional",
        None => "",
    };
    vec![quote(entry.address.clone()), number(u64::from(entry.port)), say(need)]
}

fn remarked(entry: &Used) -> Cell {
    say(entry.remark.clone().unwrap_or_default())
}

fn host(row: &Row) -> Vec<Cell> {
    vec![quote(row.subject.host.clone()), number(u64::from(row.subject.port))]
}

fn times(period: &Period) -> [Cell; 2] {
    [period.first(), period.last()].map(|time| say(told(time).unwrap_or_default()))
}

fn say(text: impl Into<String>) -> Cell {
    Cell::Say(text.into())
}

fn quote(text: impl Into<String>) -> Cell {
    Cell::Quote(text.into())
}

fn number(number: u64) -> Cell {
    say(number.to_string())
}

/// `1 line`, `2 lines`, `2 entries`.
fn counted(count: u64, unit: &str) -> String {
    match (count, unit.strip_suffix('y')) {
        (1, _) => format!("1 {unit}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {unit}s"),
    }
}

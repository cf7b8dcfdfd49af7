//! What a log came to, for people and for programs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hosts::Hosts;
use super::read::Reader;
use super::run::Replayed;
use super::seen::{Cause, Subject};
use super::tally::{Tally, Use};
use super::time::{Period, Time};
use crate::allowlist::{Allowlist, Entry};
use crate::pattern::Host;

/// Everything that a report shows.
#[derive(Debug)]
pub struct Report {
    /// Name of the log.
    pub log: String,
    /// What the log counts by: lines, or records of documents.
    pub unit: &'static str,
    /// Name of the profile.
    pub profile: String,
    /// The log's format in words.
    pub format: String,
    /// Whose clock the times are of.
    pub clock: &'static str,
    /// What was counted.
    pub replayed: Replayed,
    /// Denied requests that an entry means, with those entries.
    pub denied: Vec<Row>,
    /// Requests that passed and got no answer, the same.
    pub failed: Vec<Row>,
    /// Hosts of the vendor's zones that no entry means.
    pub unlisted: Vec<Row>,
    /// Entries that were asked for.
    pub used: Vec<Used>,
    /// Entries that were not.
    pub unused: Vec<Used>,
    /// Remarks about what such a log can show.
    pub remarks: Vec<String>,
}

/// Requests to one host.
#[derive(Clone, Debug)]
pub struct Row {
    /// The host.
    pub subject: Arc<Subject>,
    /// Why they were denied.
    pub cause: Option<Cause>,
    /// How many, and when.
    pub counted: Use,
    /// The entries that mean them; of a host that no entry means, what is known of it all the same.
    pub by: Vec<String>,
}

/// An entry of the list with its use.
#[derive(Clone, Debug)]
pub struct Used {
    /// Host and path.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// Required, optional, or not said by the list.
    pub required: Option<bool>,
    /// Requests that it means.
    pub counted: Use,
    /// Why the log may not show them.
    pub remark: Option<String>,
}

impl Report {
    /// The report of a log. `known` says of an unlisted host what rows that were left out say.
    pub fn new(
        [log, profile]: [String; 2],
        reader: &Reader,
        list: &Allowlist,
        hosts: &Hosts<'_>,
        replayed: Replayed,
        known: impl Fn(&Subject) -> Option<String>,
    ) -> Self {
        let tally = &replayed.tally;
        let requests = tally.all.requests();
        let only_addresses =
            tally.by_address > 0 && tally.by_address + tally.malformed.requests() == requests;
        let denied = tally.denied.iter().map(|((subject, cause), counted)| Row {
            by: naming(hosts, tally.entries.as_slice(), subject, |counted| counted.denied),
            subject: Arc::clone(subject),
            cause: Some(*cause),
            counted: *counted,
        });
        let failed = tally.failed.iter().map(|(subject, counted)| Row {
            by: naming(hosts, tally.entries.as_slice(), subject, |counted| counted.failed),
            subject: Arc::clone(subject),
            cause: None,
            counted: *counted,
        });
        let unlisted = tally.unlisted.iter().map(|(subject, counted)| Row {
            by: known(subject).into_iter().collect(),
            subject: Arc::clone(subject),
            cause: None,
            counted: *counted,
        });
        let entries = list.entries().iter().zip(&tally.entries).enumerate();
        let entries = entries.map(|(at, (entry, counted))| Used {
            address: address(entry),
            port: entry.pattern.port,
            required: entry.required,
            counted: *counted,
            remark: remark(entry, counted, reader, only_addresses).or_else(|| {
                let coverer = list.covered_by(at).filter(|_| counted.requests() == 0)?;
                Some(format!("within {}", address(coverer)))
            }),
        });
        let (unused, used): (Vec<Used>, Vec<Used>) = entries.partition(|entry| entry.counted.requests() == 0);
        let mut remarks = malformed(&tally.malformed);
        remarks.extend(nameless(&tally.nameless));
        if requests == 0 {
            remarks.push("the log holds no request".to_owned());
        } else if only_addresses {
            remarks.push("the log names addresses only, so that it cannot show the use of names".to_owned());
        } else if let Some(silence) = reader.silence().filter(|_| !unused.is_empty()) {
            remarks.push(silence.to_owned());
        }
        Self {
            log,
            unit: "line",
            profile,
            format: reader.title(),
            clock: reader.clock(),
            denied: denied.collect(),
            failed: failed.collect(),
            unlisted: unlisted.collect(),
            used,
            unused,
            remarks,
            replayed,
        }
    }

    /// Whether a request was denied that an entry means.
    pub fn is_denied(&self) -> bool {
        self.replayed.tally.denied.requests() > 0
    }

    /// Whether requests were denied and the log tells of none of its requests which host was meant, so that they may
    /// have been needed.
    pub fn is_unjudged(&self) -> bool {
        let Tally { all, nameless, malformed, .. } = &self.replayed.tally;
        all.denied > 0 && all.requests() == nameless.requests() + malformed.requests()
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let Replayed { tally, lines, other, unread, shown, broken } = &self.replayed;
        json!({
            "log": self.log,
            "profile": self.profile,
            "format": self.format,
            "clock": self.clock,
            "lines": lines,
            "requests": use_json(&tally.all),
            "nameless": use_json(&tally.nameless),
            "malformed": use_json(&tally.malformed),
            "judged": !self.is_unjudged(),
            "other_lines": other,
            "unread_lines": unread,
            "unread": shown.iter().map(|unread| json!({
                "line": unread.line, "reason": unread.reason, "text": unread.text,
            })).collect::<Value>(),
            "broken": broken.as_ref().map(ToString::to_string),
            "denied": rows_json(&self.denied, "entries"),
            "denied_beyond": tally.denied.beyond(),
            "failed": rows_json(&self.failed, "entries"),
            "failed_beyond": tally.failed.beyond(),
            "unlisted": rows_json(&self.unlisted, "known"),
            "unlisted_beyond": tally.unlisted.beyond(),
            "unused": self.unused.iter().map(used_json).collect::<Value>(),
            "used": self.used.iter().map(used_json).collect::<Value>(),
            "remarks": self.remarks,
        })
    }
}

/// Requests that no entry can mean, however the list reads.
fn malformed(counted: &Use) -> Vec<String> {
    let name = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one} names nothing that can be a host")),
        _ => Some(format!("{count} {many} name nothing that can be a host")),
    };
    let denied = name(counted.denied, "denied request", "denied requests");
    let others = name(
        counted.allowed + counted.failed,
        "request that was let through",
        "requests that were let through",
    );
    let others = others.map(|names| format!("{names} and ends like one of the list"));
    let parts = denied.into_iter().chain(others);
    parts.map(|names| format!("malformed: {names}, so that no entry is about it")).collect()
}

/// Denied requests of which the names that they were meant for are not known.
fn nameless(counted: &Use) -> Option<String> {
    let names = match counted.denied {
        0 => return None,
        1 => "1 denied request names an address".to_owned(),
        count => format!("{count} denied requests name addresses"),
    };
    Some(format!("not judged: {names} in place of a host, and no entry is about addresses like that"))
}

/// Host and path as the list writes them.
fn address(entry: &Entry) -> String {
    format!("{}{}", entry.pattern.host, entry.pattern.path)
}

/// The entries that mean requests to a host and counted some.
fn naming(hosts: &Hosts<'_>, uses: &[Use], subject: &Subject, count: impl Fn(&Use) -> u64) -> Vec<String> {
    let counts = |at: &u32| uses.get(*at as usize).is_some_and(|counted| count(counted) > 0);
    let entries = hosts.meaning(subject).into_iter().filter(counts);
    entries.filter_map(|at| hosts.entries().get(at as usize)).map(address).collect()
}

/// Why a log does not show the use of an entry, or not all of it.
fn remark(entry: &Entry, counted: &Use, reader: &Reader, only_addresses: bool) -> Option<String> {
    let text = if counted.unseen_path > 0 {
        "its path is not in the log"
    } else if counted.requests() > 0 {
        return None;
    } else if entry.direct && reader.is_proxy() {
        "goes past the proxy"
    } else if only_addresses && !matches!(entry.pattern.host, Host::Net(_)) {
        "the log names addresses only"
    } else {
        return None;
    };
    Some(text.to_owned())
}

fn use_json(counted: &Use) -> Value {
    json!({
        "allowed": counted.allowed,
        "denied": counted.denied,
        "failed": counted.failed,
        "first": told(counted.period.first()),
        "last": told(counted.period.last()),
    })
}

fn told(time: Option<Time>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn rows_json(rows: &[Row], by: &str) -> Value {
    let row = |row: &Row| {
        let subject = &row.subject;
        json!({
            "host": subject.host,
            "port": subject.port,
            "scheme": subject.scheme.as_str(),
            "cause": row.cause.map(Cause::as_str),
            "requests": use_json(&row.counted),
            by: row.by,
        })
    };
    rows.iter().map(row).collect()
}

fn used_json(entry: &Used) -> Value {
    json!({
        "address": entry.address,
        "port": entry.port,
        "required": entry.required,
        "requests": use_json(&entry.counted),
        "remark": entry.remark,
    })
}

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
            0 => "no needed request denied".to_owned(),
            count => format!("{} denied", counted(count, "needed request")),
        };
        let mut parts = vec![denied];
        if !self.unlisted.is_empty() {
            let hosts = counted(self.unlisted.len() as u64, "host");
            parts.push(format!("{hosts} of the vendor's zones on no list"));
        }
        let all = self.used.len() + self.unused.len();
        parts.push(format!("{} of {} never used", self.unused.len(), counted(all as u64, "entry")));
        if *unread > 0 {
            parts.push(format!("{} not read", counted(*unread, self.unit)));
        }
        parts.join(", ")
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

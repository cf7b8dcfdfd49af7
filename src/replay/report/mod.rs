//! What a log came to, for people and for programs.

mod json;
mod tables;

use std::sync::Arc;

pub use tables::{Cell, Section};

use super::hosts::Hosts;
use super::read::Reader;
use super::run::Replayed;
use super::seen::{Cause, Subject};
use super::tally::{Tally, Use};
use super::time::Time;
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
    /// Hosts of the vendor's zones that no entry means; the new ones come first.
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

impl Row {
    /// Of a host that no entry means: whether it was let through although nothing is known of it.
    pub fn is_new(&self) -> bool {
        self.by.is_empty() && self.counted.allowed > 0
    }
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
        let denied = tally.denied.rows().into_iter().map(|((subject, cause), counted)| Row {
            by: naming(hosts, tally.entries.as_slice(), subject, |counted| counted.denied),
            subject: Arc::clone(subject),
            cause: Some(*cause),
            counted,
        });
        let failed = tally.failed.rows().into_iter().map(|(subject, counted)| Row {
            by: naming(hosts, tally.entries.as_slice(), subject, |counted| counted.failed),
            subject: Arc::clone(subject),
            cause: None,
            counted,
        });
        let unlisted = tally.unlisted.rows().into_iter().map(|(subject, counted)| Row {
            by: known(subject).into_iter().collect(),
            subject: Arc::clone(subject),
            cause: None,
            counted,
        });
        let mut unlisted: Vec<Row> = unlisted.collect();
        unlisted.sort_by_key(|row| !row.is_new());
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
        remarks.extend(reader.timeless());
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
            unlisted,
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

    /// How many hosts of the vendor's zones were let through although no list names them and nothing is known of them,
    /// and how many others no list names.
    pub(super) fn new_and_others(&self) -> (usize, usize) {
        let new = self.unlisted.iter().filter(|row| row.is_new()).count();
        (new, self.unlisted.len() - new)
    }

    /// Whether a needed request may have been denied in what could not be read. The last line of a log that is being
    /// written says nothing yet.
    pub fn is_unread(&self) -> bool {
        self.replayed.unread > u64::from(self.replayed.open) && !self.is_denied()
    }

    /// Whether requests were denied and the log tells of none of its requests which host was meant, so that they may
    /// have been needed.
    pub fn is_unjudged(&self) -> bool {
        let Tally { all, nameless, malformed, .. } = &self.replayed.tally;
        all.denied > 0 && all.requests() == nameless.requests() + malformed.requests()
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

fn told(time: Option<Time>) -> Option<String> {
    time.map(|time| time.to_string())
}

//! What a fetch prints.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::args::{Fetch, Format};
use super::super::list::pretty;
use super::super::sources::lock_path;
use super::super::{Stop, print, report, tally};
use super::Leftovers;
use super::bring::{Brought, State};
use crate::cache::Cache;
use crate::diagnostic::{Findings, to_json, visible};
use crate::profile::Profile;

/// What came of a fetch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The profile cannot be used, or a list did not come, or the guard refuses it.
    Refused,
    /// `--check` found what would be written.
    Checked {
        /// Whether anything is new.
        changed: bool,
    },
    /// The lock says what was brought.
    Locked {
        /// Whether it said something else before.
        written: bool,
    },
}

impl Outcome {
    fn line(self, args: &Fetch, findings: &Findings) -> String {
        let lock = lock_path(&args.profile).display().to_string();
        match self {
            Self::Refused => format!("nothing replaced, `{lock}` as before: {}", tally(findings)),
            Self::Checked { changed: true } => "changed; nothing written".to_owned(),
            Self::Checked { changed: false } => "nothing changed".to_owned(),
            Self::Locked { written: true } => format!("{lock}: written"),
            Self::Locked { written: false } => format!("{lock}: unchanged"),
        }
    }
}

/// Prints the outcome with the findings that lead to it.
pub(super) fn show(
    args: &Fetch,
    profile: Option<&Profile>,
    brought: &[Brought],
    cache: &Cache,
    outcome: Outcome,
    leftovers: &Leftovers,
    findings: &Findings,
) -> Result<(), Stop> {
    match args.format {
        Format::Human => {
            report(findings, args.verbose);
            let mut text = String::new();
            if let Some(profile) = profile.filter(|_| !brought.is_empty()) {
                sources(profile, brought, &mut text);
            }
            if outcome == Outcome::Refused {
                aside(brought, cache, &mut text);
            }
            let _ = writeln!(text, "{}", visible(&outcome.line(args, findings)));
            older(leftovers, cache, &mut text);
            print(&text)
        }
        Format::Json => print(&pretty(&json!({
            "fetched": outcome != Outcome::Refused,
            "changed": brought.iter().any(|brought| brought.state != State::Unchanged)
                || outcome == Outcome::Checked { changed: true },
            "older_copies": {
                "count": leftovers.copies, "bytes": leftovers.bytes, "removed": leftovers.removed,
            },
            "sources": brought.iter().map(|brought| source_json(brought, cache)).collect::<Value>(),
            "findings": to_json(findings),
        }))),
    }
}

fn sources(profile: &Profile, brought: &[Brought], text: &mut String) {
    let count = brought.len();
    let _ = writeln!(text, "{}: {count} {}", profile.name, if count == 1 { "source" } else { "sources" });
    for brought in brought {
        let entry = &brought.entry;
        let rows: usize = entry.rows.values().sum();
        let date = entry.date.as_ref().map_or(String::new(), |date| format!(", {date}"));
        let purpose = if brought.built { "" } else { ", for comparison only" };
        let line = format!(
            "  {:<9}  {}\n             {rows} rows, {} bytes{date}{purpose}",
            brought.state.as_str(),
            visible(&entry.origin.to_string()),
            entry.bytes,
        );
        let _ = writeln!(text, "{line}");
    }
}

/// Copies of a cache that the lock does not name are mentioned from this number on.
const MANY: usize = 20;

fn older(leftovers: &Leftovers, cache: &Cache, text: &mut String) {
    let Leftovers { copies, bytes, removed } = leftovers;
    let (folder, kib) = (cache.folder().display().to_string(), bytes.div_ceil(1024));
    if *removed {
        let _ = writeln!(text, "{}: {copies} older copies removed, {kib} KiB", visible(&folder));
    } else if *copies >= MANY {
        let _ = writeln!(
            text,
            "{}: {copies} older copies, {kib} KiB; `--prune` removes what the lock no longer names",
            visible(&folder)
        );
    }
}

/// Where what was refused can be looked at.
fn aside(brought: &[Brought], cache: &Cache, text: &mut String) {
    for brought in brought.iter().filter(|brought| brought.state != State::Unchanged) {
        let path = cache.path(&brought.entry);
        if path.is_file() {
            let _ =
                writeln!(text, "not in use, but kept to look at: {}", visible(&path.display().to_string()));
        }
    }
}

fn source_json(brought: &Brought, cache: &Cache) -> Value {
    let entry = &brought.entry;
    json!({
        "source": entry.origin.to_string(),
        "state": brought.state.as_str(),
        "use": if brought.built { "build" } else { "comparison" },
        "from": entry.from,
        "copy": cache.path(entry).display().to_string(),
        "sha256": entry.sha256,
        "bytes": entry.bytes,
        "date": entry.date,
        "rows": entry.rows,
    })
}

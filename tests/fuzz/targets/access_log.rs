//! Access logs of firewalls and proxies, as lines or as documents.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use allowlistc::allowlist::Allowlist;
use allowlistc::diagnostic::{Code, Finding, Findings, Place};
use allowlistc::replay::{Chunks, Documents, Hosts, Reader, Replayed, Report, recognise, replay};
use allowlistc::rules::Rules;
use serde_json::Value;

use super::{lists, show};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::shipped(None).expect("sound rules"));

static LIST: LazyLock<Allowlist> = LazyLock::new(|| {
    lists::list(&[
        "winatp-gw-weu.microsoft.com",
        "*.x.cp.wd.microsoft.com",
        "*load.fabrikam.com",
        "us*prod.northwind.com",
        "crl.microsoft.com/pki/* :80",
        "20.82.0.0/16",
    ])
});

static HOSTS: LazyLock<Hosts<'static>> = LazyLock::new(|| Hosts::new(LIST.entries(), &RULES));

/// Bytes by which a format is recognised.
const SAMPLE: usize = 64 * 1024;

/// `--logformat` with a format of the user's own, if the first line is one, and a log.
pub(super) fn run(data: &[u8]) {
    let (logformat, log) = given(data);
    let mut chunks = Chunks::new(Documents::new(log));
    let sample = chunks.sample(SAMPLE).to_vec();
    let records = chunks.reader().are_records();
    let reader = match recognise("access.log", &sample, logformat) {
        Ok(reader) => reader,
        Err(finding) => {
            let mut findings = Findings::default();
            findings.push(finding);
            return show(&findings);
        }
    };
    let whole = counted(chunks, &reader);
    let told = told(&whole, &reader);
    for size in [1, 7, 4096] {
        let pieces = counted(Chunks::of_size(Documents::new(log), size), &reader);
        assert_eq!(self::told(&pieces, &reader), told, "in pieces of {size} bytes");
    }
    if !records && whole.broken.is_none() {
        is_doubled(log, &whole, &reader);
    }
}

fn given(data: &[u8]) -> (Option<&str>, &[u8]) {
    let first = data.strip_prefix(b"--logformat ").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        Some((std::str::from_utf8(&rest[..end]).ok()?, &rest[end + 1..]))
    });
    first.map_or((None, data), |(format, log)| (Some(format), log))
}

fn counted<R: std::io::Read + Send>(chunks: Chunks<R>, reader: &Reader) -> Replayed {
    replay(chunks, reader, &HOSTS, NonZeroUsize::MIN)
}

/// What programs are told of a log. Every line is a request, something else, or unread.
fn told(replayed: &Replayed, reader: &Reader) -> Value {
    let Replayed { tally, lines, other, unread, open, shown, broken } = replayed;
    assert!(other + unread <= *lines && shown.len() as u64 <= *unread, "{replayed:?}");
    assert!(!open || *unread > 0, "{replayed:?}");
    assert!(shown.is_sorted_by_key(|one| one.line), "{shown:?}");
    // Shapes keep control characters; what shows them does not.
    let mut findings = Findings::default();
    for one in shown {
        let place = Place::file("access.log").showing(&one.text);
        findings.push(Finding::warning(Code::LogLineUnread, one.reason).at(place));
    }
    show(&findings);
    assert!(tally.entries.iter().all(|entry| entry.requests() <= tally.all.requests()), "{tally:?}");
    let broken = broken.as_ref().map(|error| error.kind().into());
    let copy = Replayed {
        tally: tally.clone(),
        lines: *lines,
        other: *other,
        unread: *unread,
        open: *open,
        shown: shown.clone(),
        broken,
    };
    let names = ["access.log".to_owned(), "made".to_owned()];
    let report = Report::new(names, reader, &LIST, &HOSTS, copy, |_| None);
    assert!(!report.read().contains(char::is_control) && !report.summary().contains(char::is_control));
    let rows = report
        .sections()
        .into_iter()
        .flat_map(|section| section.rows.into_iter().map(move |row| (section.header.len(), row)));
    for (cells, row) in rows {
        assert_eq!(row.len(), cells, "{row:?}");
    }
    report.to_json()
}

/// Nothing that was remembered of a log changes what is read of its lines when they come once more.
fn is_doubled(log: &[u8], once: &Replayed, reader: &Reader) {
    let line = if log.ends_with(b"\n") { &b""[..] } else { b"\n" };
    let log = [log, line, log].concat();
    let twice = counted(Chunks::new(&log[..]), reader);
    let counts = |replayed: &Replayed| [replayed.lines, replayed.other, replayed.unread];
    assert_eq!(counts(&twice), counts(once).map(|count| 2 * count));
    for (twice, once) in [(&twice.tally.all, &once.tally.all)]
        .into_iter()
        .chain(twice.tally.entries.iter().zip(&once.tally.entries))
    {
        let counts = [once.allowed, once.denied, once.failed, once.unseen_path].map(|count| 2 * count);
        assert_eq!([twice.allowed, twice.denied, twice.failed, twice.unseen_path], counts);
        assert_eq!(twice.period, once.period);
    }
}

//! `replay`: what an access log shows of a profile's list.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use super::args::{Replay, ReportFormat};
use super::job::{self, Job, STDIN, is_stdin};
use super::list::pretty;
use super::table::aligned;
use super::typed::relative;
use super::width::{columns, wrapped};
use super::{Stop, print, report};
use crate::diagnostic::{Code, Finding, Findings, Place, code_span, visible};
use crate::pattern::{Request, parse_address, shared_suffix};
use crate::replay::{
    Cell, Chunks, Documents, Hosts, Packed, Replayed, Report, Section, Spans, Subject, recognise, replay,
    replay_file, unpack,
};
use crate::select::Dropped;

/// Bytes by which a format is recognised.
const SAMPLE: usize = 64 * 1024;
/// What some editors write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Threads that count. More wait for the log.
const MOST_THREADS: usize = 16;

pub(super) fn run(args: &Replay) -> Result<bool, Stop> {
    let job = job::load_sound(&args.inputs, "there is nothing to replay")?;
    let name = if is_stdin(&args.log) { STDIN.to_owned() } else { relative(&args.log) };
    let (log, plain) = open(&args.log, &name)?;
    let mut chunks = Chunks::new(Documents::new(log));
    let mark = if chunks.sample(SAMPLE).starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    chunks.skip(mark);
    if let Some(error) = chunks.broke_off_at_once() {
        return Err(refused(broken_at_once(&name, error)));
    }
    let unit = if chunks.reader().are_records() { "record" } else { "line" };
    let reader = recognise(&name, chunks.sample(SAMPLE), args.logformat.as_deref()).map_err(refused)?;
    let hosts = Hosts::new(job.list.entries(), &job.rules);
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS);
    let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
    let plain = plain.filter(|_| !chunks.reader().are_records());
    let spans = plain.as_ref().and_then(|file| Spans::new(file, mark as u64));
    let replayed = spans.and_then(|spans| replay_file(&spans, &reader, &hosts, threads));
    let replayed = replayed.unwrap_or_else(|| replay(chunks, &reader, &hosts, threads));
    report(&about_lines(&name, &replayed, unit)?, false);
    let broke_off = replayed.broken.is_some();
    let names = [name, job.profile.name.clone()];
    let known = |subject: &Subject| known(&job, &hosts, subject);
    let done = Report { unit, ..Report::new(names, &reader, &job.list, &hosts, replayed, known) };
    match args.format {
        ReportFormat::Human => print(&human(&done))?,
        ReportFormat::Json => print(&pretty(&done.to_json()))?,
        ReportFormat::Markdown => print(&markdown(&done))?,
    }
    if broke_off && !done.is_denied() {
        return Err(Stop::Request(
            "the log breaks off, so that a needed request may have been denied in the rest; give the whole log".into(),
        ));
    }
    if done.is_unread() {
        return Err(Stop::Request(format!(
            "{} could not be read, so that a needed request may have been denied there; the findings above show what \
             is wrong",
            unread(done.replayed.unread, unit)
        )));
    }
    if done.is_unjudged() {
        return Err(Stop::Request(
            "the log names no hosts, so that the requests that were denied may have been needed; give a log that names \
             them, such as the one of URLs"
                .into(),
        ));
    }
    Ok(!done.is_denied())
}

/// `1 line`, `2 lines`.
fn unread(count: u64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn refused(finding: Finding) -> Stop {
    let mut findings = Findings::default();
    findings.push(finding);
    Stop::Argument(findings)
}

/// The log, unpacked; and once more as the file that it lies in, if it needs no unpacking.
fn open(path: &Path, name: &str) -> Result<(Box<dyn Read + Send>, Option<File>), Stop> {
    let stop = |source| Stop::File { deed: "reading", path: name.to_owned(), source };
    let given = if is_stdin(path) { None } else { Some(job::open_file(path)?) };
    let plain = given.as_ref().and_then(|file| file.try_clone().ok());
    let mut file: Box<dyn Read + Send> = match given {
        Some(file) => Box::new(file),
        None => Box::new(io::stdin()),
    };
    let mut start = Vec::new();
    file.by_ref().take(6).read_to_end(&mut start).map_err(stop)?;
    let packed = Packed::of(&start);
    if let Packed::Other(kind) = packed {
        let message = format!("the log is {kind}, which is not read");
        let help = "unpack it first and give what comes out as `-`; UTF-16 text has to be made UTF-8";
        return Err(refused(
            Finding::error(Code::LogNotRecognised, message).at(Place::file(name)).help(help),
        ));
    }
    let log = unpack(packed, io::Cursor::new(start).chain(file)).map_err(stop)?;
    Ok((log, plain.filter(|_| packed == Packed::Plain)))
}

fn broken_at_once(name: &str, error: &io::Error) -> Finding {
    let message = format!("the log breaks off before its first line ends: {error}; nothing was counted");
    let help = "give the whole file; one that is still being written is whole after the next rotation";
    Finding::error(Code::LogBreaksOff, message).at(Place::file(name)).help(help)
}

/// What is to be told of lines, or records, that could not be read. A log of which most cannot be read is refused.
fn about_lines(name: &str, replayed: &Replayed, unit: &str) -> Result<Findings, Stop> {
    let mut findings = Findings::default();
    let Replayed { lines, other, unread, shown, broken, .. } = replayed;
    for one in shown {
        // Records have no lines of their own.
        let (which, place) = match unit {
            "line" => ("a line".to_owned(), Place::line(name, u32::try_from(one.line).unwrap_or(u32::MAX))),
            _ => (format!("{unit} {}", one.line), Place::file(name)),
        };
        let message = format!("{which} was left out: {}", one.reason);
        findings.push(Finding::warning(Code::LogLineUnread, message).at(place.showing(&one.text)));
    }
    if let Some(more) = unread.checked_sub(shown.len() as u64).filter(|more| *more > 0) {
        let message = format!("{more} more {unit}s were left out for such reasons");
        findings.push(Finding::warning(Code::LogLineUnread, message).at(Place::file(name)));
    }
    if let Some(error) = broken {
        let message =
            format!("the log breaks off behind {unit} {lines}: {error}; what stands before was counted");
        let finding = Finding::warning(Code::LogBreaksOff, message).at(Place::file(name));
        findings.push(finding.help("entries that seem never used may be used in the rest"));
    }
    if 2 * unread > lines - other {
        let message = format!("{unread} of {lines} {unit}s cannot be read, so that the rest says too little");
        let help = "give the log alone, or its format with `--logformat`";
        findings.push(Finding::error(Code::LogNotRecognised, message).at(Place::file(name)).help(help));
        return Err(Stop::Argument(findings));
    }
    Ok(findings)
}

/// What is known of a host that no entry means: other ports and paths of entries, and rows that were left out. An entry
/// or a row below a suffix where the host may be anybody's says nothing of it.
fn known(job: &Job, hosts: &Hosts<'_>, subject: &Subject) -> Option<String> {
    let Subject { host, port, scheme } = subject.clone();
    let is_listed = |subject: &Subject| hosts.meaning(subject).into_iter().any(|at| !hosts.is_shared(at));
    let other_ports = job.list.entries().iter().map(|entry| (entry.pattern.port, entry.pattern.scheme));
    for (port, scheme) in other_ports.collect::<BTreeSet<_>>() {
        let elsewhere = Subject { host: host.clone(), port, scheme };
        if elsewhere != *subject && is_listed(&elsewhere) {
            return Some(format!("listed on port {port}"));
        }
    }
    if is_listed(subject) {
        return Some("listed with other paths".to_owned());
    }
    let request = Request { scheme, host, port, path: "/".to_owned() };
    let is_owners = |row: &&Dropped| {
        parse_address(&row.address).is_ok_and(|parsed| shared_suffix(&parsed.host).is_none())
    };
    let row = job.left_out().filter(is_owners).find(|row| row.would_allow(&request))?;
    Some(format!("left out: {} of {}: {}", row.address, row.origin, row.reason))
}

fn human(report: &Report) -> String {
    let within = columns(&io::stdout());
    let mut head = format!("{}: {}\n", visible(&report.log), report.read());
    let _ = writeln!(head, "{}: {}", report.profile, report.summary());
    for remark in &report.remarks {
        let _ = writeln!(head, "{remark}");
    }
    let mut out = wrapped(&head, within);
    for section in report.sections() {
        out.push('\n');
        out.push_str(&wrapped(&format!("{}{}\n", section.title, beyond(&section)), within));
        let text = |cell: &Cell| match cell {
            Cell::Say(text) | Cell::Quote(text) => text.clone(),
        };
        let rows: Vec<Vec<String>> = section.rows.iter().map(|row| row.iter().map(text).collect()).collect();
        out.push_str(&aligned(&section.header, &rows));
    }
    out
}

fn markdown(report: &Report) -> String {
    let mut out = format!("**{}: {}**\n\n", report.profile, report.summary());
    let _ = writeln!(out, "- {}: {}", code_span(&report.log), report.read());
    for remark in &report.remarks {
        let _ = writeln!(out, "- {remark}");
    }
    for section in report.sections() {
        let _ = writeln!(out, "\n### {}{}\n", capital(section.title), beyond(&section));
        let header: Vec<String> = section.header.iter().map(|title| capital(&title.to_lowercase())).collect();
        let _ = writeln!(out, "| {} |", header.join(" | "));
        let _ = writeln!(out, "|{}", "---|".repeat(header.len()));
        for row in &section.rows {
            // A bar ends a cell even inside a code span.
            let text = |cell: &Cell| match cell {
                Cell::Quote(text) if !text.is_empty() => code_span(text).replace('|', "\\|"),
                Cell::Say(text) | Cell::Quote(text) => text.clone(),
            };
            let _ = writeln!(out, "| {} |", row.iter().map(text).collect::<Vec<_>>().join(" | "));
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn beyond(section: &Section) -> String {
    match section.beyond {
        0 => String::new(),
        count => format!(" (and {count} requests to more hosts)"),
    }
}

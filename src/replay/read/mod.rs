//! Readers of logs: each format is recognised by its content, and each vendor has a file of its own.

mod azure;
mod lately;
mod logformat;
mod marks;
mod panos;
mod squid;
mod strftime;
mod words;

use serde::de::DeserializeOwned;

use azure::Azure;
pub(super) use lately::Lately;
pub(super) use marks::{Line, Marked};
use panos::Panos;
use squid::Squid;

use super::seen::Seen;
use super::shape::shape;
use crate::diagnostic::{Code, Finding, Place};
use crate::target::shipped_file;

/// Lines by which a format is recognised.
const MOST_TRIED: usize = 200;

/// One form of a log.
pub(super) trait Format {
    /// The byte that is to be marked in its lines.
    fn mark(&self) -> u8 {
        b','
    }

    /// Takes one line apart and hands on its requests. Whether the line is a request; if it cannot be read, what is wrong
    /// with it.
    fn read(
        &self,
        lately: &mut Lately,
        line: &Line<'_>,
        see: impl FnMut(Seen<'_>),
    ) -> Result<bool, &'static str>;

    /// Whether a line that stands alone can be read.
    fn fits(&self, line: &[u8]) -> bool {
        self.read(&mut Lately::default(), &Line::alone(line, self.mark()), |_| {}).is_ok()
    }
}

/// A format that was recognised or given.
#[derive(Debug)]
pub struct Reader(pub(super) Kind);

/// Whose format.
#[derive(Debug)]
pub(super) enum Kind {
    /// A proxy's access log in one of its own formats.
    Squid(Squid),
    /// A firewall's traffic or URL log, comma-separated.
    Panos(Panos),
    /// A cloud firewall's diagnostic log, JSON lines.
    Azure(Azure),
}

impl Reader {
    /// The format in words.
    pub fn title(&self) -> String {
        match &self.0 {
            Kind::Squid(format) => format.title(),
            Kind::Panos(format) => format.title(),
            Kind::Azure(_) => "Azure Firewall log".to_owned(),
        }
    }

    /// Whose clock the times are of.
    pub fn clock(&self) -> &'static str {
        match &self.0 {
            Kind::Squid(format) => format.clock(),
            Kind::Azure(_) => "UTC",
            Kind::Panos(_) => "by the firewall's clock",
        }
    }

    /// Whether the log is a proxy's, so that what goes past the proxy is not in it.
    pub fn is_proxy(&self) -> bool {
        matches!(self.0, Kind::Squid(_))
    }

    /// Why no line of such a log has a time, if so.
    pub fn timeless(&self) -> Option<String> {
        match &self.0 {
            Kind::Squid(format) => format.timeless(),
            Kind::Panos(_) | Kind::Azure(_) => None,
        }
    }

    /// What such a log does not tell of, if nothing in it was allowed.
    pub fn silence(&self) -> Option<&str> {
        match &self.0 {
            Kind::Panos(format) => Some(format.silence()),
            Kind::Squid(_) | Kind::Azure(_) => None,
        }
    }

    /// What is to be said of a log that the format would read if it were whole.
    fn complaint(&self) -> Option<String> {
        match &self.0 {
            Kind::Panos(format) => format.complaint(),
            Kind::Squid(_) | Kind::Azure(_) => None,
        }
    }

    /// Lines of the start that can be read, and how many were tried.
    fn fits(&self, sample: &[u8]) -> (usize, usize) {
        let lines = sample.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let lines: Vec<&[u8]> = lines.filter(|line| !line.is_empty()).take(MOST_TRIED).collect();
        let read = |line: &&&[u8]| match &self.0 {
            Kind::Squid(format) => format.fits(line),
            Kind::Panos(format) => format.fits(line),
            Kind::Azure(format) => format.fits(line),
        };
        (lines.iter().filter(read).count(), lines.len())
    }
}

/// The reader of a log by its start: the one that reads most of the lines, and at least half of them. `logformat` is the
/// user's own format; then there is no choice.
#[allow(clippy::result_large_err, reason = "once in a run; the finding goes to the user as it is")]
pub fn recognise(name: &str, sample: &[u8], logformat: Option<&str>) -> Result<Reader, Finding> {
    let readers = match logformat {
        Some(text) => vec![Reader(Kind::Squid(Squid::given(text).map_err(|error| {
            Finding::error(Code::LogformatInvalid, format!("the log format {error}")).help(
                "give what stands behind the name in `logformat name …` of squid.conf, in single quotes; Squid's own \
                 formats need no option",
            )
        })?))],
        None => all(sample)?,
    };
    let complaint = readers.iter().find_map(Reader::complaint);
    let ranked = readers.into_iter().map(|reader| (reader.fits(sample), reader));
    // Of readers that do equally well the first one stays.
    let best = ranked.reduce(|best, next| if next.0.0 > best.0.0 { next } else { best });
    let first = sample.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    match best {
        Some(((read, tried), reader)) if read > 0 && 2 * read >= tried => Ok(reader),
        _ => Err(not_recognised(name, first.map(shape), logformat.is_some(), complaint)),
    }
}

/// Every reader that might do, the commonest formats first.
#[allow(clippy::result_large_err, reason = "as above")]
fn all(sample: &[u8]) -> Result<Vec<Reader>, Finding> {
    let mut readers: Vec<Reader> =
        Squid::shipped()?.into_iter().map(|format| Reader(Kind::Squid(format))).collect();
    readers.push(Reader(Kind::Panos(Panos::new(sample)?)));
    readers.push(Reader(Kind::Azure(Azure::new()?)));
    Ok(readers)
}

fn not_recognised(name: &str, first: Option<String>, given: bool, complaint: Option<String>) -> Finding {
    let place = Place::line(name, 1);
    let Some(first) = first else {
        return Finding::error(Code::LogNotRecognised, "the log is empty").at(Place::file(name));
    };
    let finding = |message: String| Finding::error(Code::LogNotRecognised, message).at(place.showing(first));
    if let Some(complaint) = complaint {
        let help = "export the log with all its columns, or with the missing ones";
        return finding(format!("the log cannot be read: {complaint}")).help(help);
    }
    let message = if given {
        "most of the first lines are not what the log format says"
    } else {
        "the log is in none of the known formats"
    };
    finding(message.to_owned()).help(
        "known are Squid's native, combined and common format, or another one with `--logformat`; PAN-OS traffic and \
         URL logs as CSV; Azure Firewall logs as JSON lines, as \
         an array or as `{\"records\":[…]}`; the line is shown by its shape",
    )
}

/// Facts about a vendor's logs.
#[allow(clippy::result_large_err, reason = "as above")]
fn facts<T: DeserializeOwned>(path: &str) -> Result<T, Finding> {
    serde_json::from_str(shipped_file(path).unwrap_or_default()).map_err(|error| {
        let message = format!("the facts about its log cannot be used: {error}");
        Finding::error(Code::TargetBroken, message).at(Place::file(format!("targets/{path}")))
    })
}

/// A port behind a host, if there is one. The colons of an address without brackets are none before a port.
#[inline]
fn split_port(authority: &[u8]) -> (&[u8], Option<u16>) {
    // Nearly all of them.
    if let Some(host) = authority.strip_suffix(b":443").filter(|host| !host.is_empty()) {
        return (host, Some(443));
    }
    split_any_port(authority)
}

fn split_any_port(authority: &[u8]) -> (&[u8], Option<u16>) {
    let digits = authority.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let Some((before, text)) = authority.split_at_checked(authority.len() - digits) else {
        return (authority, None);
    };
    match before.split_last() {
        Some((b':', host)) if !host.is_empty() && (1..=5).contains(&digits) => {
            let port = text.iter().fold(0, |port: u32, digit| port * 10 + u32::from(digit - b'0'));
            u16::try_from(port)
                .ok()
                .filter(|port| *port > 0)
                .map_or((authority, None), |port| (host, Some(port)))
        }
        _ => (authority, None),
    }
}

/// Authority and path of what stands behind `://`, or of a URL without a scheme. A user before the host is left out.
fn split_path(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    let end = memchr::memchr3(b'/', b'?', b'#', rest);
    let (authority, path) = match end.and_then(|at| rest.split_at_checked(at)) {
        Some((authority, path)) => (authority, Some(path)),
        None => (rest, None),
    };
    let user = memchr::memrchr(b'@', authority);
    (user.and_then(|at| authority.get(at + 1..)).unwrap_or(authority), path)
}

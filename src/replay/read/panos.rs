//! Traffic and URL filtering logs of PAN-OS: lines of a syslog, or a file that the web interface exports.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Format, Lately, Line, facts, split_path, split_port};
use crate::diagnostic::Finding;
use crate::pattern::Scheme;
use crate::replay::seen::{Cause, Outcome, Seen};
use crate::replay::time::{Time, number};

/// `targets/paloalto/log.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    fields: Fields<usize>,
    titles: Fields<Vec<String>>,
    log: Vec<Log>,
    silent: Silent,
}

/// Something for each field that matters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<T> {
    r#type: T,
    subtype: T,
    time: T,
    destination: T,
    port: T,
    protocol: T,
    action: T,
    url: T,
    count: T,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

/// One type of log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    r#type: String,
    subtype: Option<String>,
    allowed: Vec<String>,
    denied: Vec<String>,
    /// Subtypes that tell of a request a second time.
    #[serde(default)]
    skipped: Vec<String>,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

/// What a log does not tell.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silent {
    about: String,
    #[allow(dead_code, reason = "for readers of the file")]
    r#type: String,
    #[allow(dead_code, reason = "for readers of the file")]
    source: String,
}

/// Names of the fields that matter, as places in `Values`.
const TYPE: usize = 0;
const SUBTYPE: usize = 1;
const TIME: usize = 2;
const DESTINATION: usize = 3;
const PORT: usize = 4;
const PROTOCOL: usize = 5;
const ACTION: usize = 6;
const URL: usize = 7;
const COUNT: usize = 8;

/// Most requests that one line counts for: lines that repeat themselves are those of five seconds.
const MOST_COUNTED: u64 = 1_000;

/// Values of one line; empty where it has none.
type Values<'l> = [&'l [u8]; 9];

/// The log of one file.
#[derive(Debug)]
pub(in crate::replay) struct Panos {
    facts: Facts,
    /// Which field of a line is which of the values.
    places: BTreeMap<usize, usize>,
    /// The header row, if the file has one.
    header: Option<Vec<u8>>,
    /// What a header row lacks.
    lacks: Option<Lacks>,
}

/// The columns of a header row, by the titles that are known.
#[derive(Debug)]
struct Lacks {
    missing: Vec<String>,
    found: Vec<String>,
}

impl Panos {
    /// The log that starts so: with or without a header row.
    #[allow(clippy::result_large_err, reason = "once in a run; the finding goes to the user as it is")]
    pub(super) fn new(sample: &[u8]) -> Result<Self, Finding> {
        let facts: Facts = facts("paloalto/log.toml")?;
        let first = sample.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let first = first.strip_suffix(b"\r").unwrap_or(first);
        let titled = titled(first, &facts.titles);
        let lacks = Lacks::of(&titled, &facts.titles);
        // Without what became of a request, and where it went, a row is no header.
        let is_header = [TYPE, ACTION].iter().all(|wanted| titled.values().any(|place| place == wanted));
        let (places, header) =
            if is_header { (titled, Some(first.to_vec())) } else { (by_number(&facts.fields), None) };
        Ok(Self { facts, places, header, lacks })
    }

    /// What is to be said of a log that cannot be read because its header row lacks columns.
    pub(super) fn complaint(&self) -> Option<String> {
        let Lacks { missing, found } = self.lacks.as_ref()?;
        Some(format!(
            "its first line looks like the titles of a PAN-OS log, and lacks `{}`; of those that are needed it has `{}`",
            missing.join("`, `"),
            found.join("`, `")
        ))
    }

    pub(super) fn title(&self) -> String {
        let form = if self.header.is_some() { "CSV with a header row" } else { "CSV as syslog sends it" };
        format!("PAN-OS log ({form})")
    }

    pub(super) fn silence(&self) -> &str {
        &self.facts.silent.about
    }

    fn values<'l>(&self, line: &'l [u8]) -> Values<'l> {
        let mut values = Values::default();
        let mut wanted = self.places.iter().peekable();
        for (at, field) in Cells(Some(line)).enumerate() {
            let Some((next, place)) = wanted.peek() else { break };
            if **next == at {
                if let Some(value) = values.get_mut(**place) {
                    *value = field;
                }
                wanted.next();
            }
        }
        values
    }

    fn outcome(log: &Log, action: &[u8]) -> Result<Outcome, &'static str> {
        let has = |words: &[String]| words.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(action));
        if has(&log.allowed) {
            Ok(Outcome::Allowed)
        } else if has(&log.denied) {
            Ok(Outcome::Denied(Cause::Refused))
        } else {
            Err("its action is not known")
        }
    }
}

impl Lacks {
    /// What is missing of a row that has enough titles to be a header row.
    fn of(titled: &BTreeMap<usize, usize>, titles: &Fields<Vec<String>>) -> Option<Self> {
        // Where a request went is told by the address or by the URL.
        let needed = [TYPE, TIME, PORT, PROTOCOL, ACTION, DESTINATION];
        let has = |wanted: usize| {
            let is_it = |place: &usize| *place == wanted || (wanted == DESTINATION && *place == URL);
            titled.values().any(is_it)
        };
        let title = |wanted: &usize| {
            let known = places(titles).into_iter().find(|(_, place)| place == wanted);
            known.and_then(|(titles, _)| titles.first().cloned()).unwrap_or_default()
        };
        let (found, missing): (Vec<usize>, Vec<usize>) = needed.iter().partition(|wanted| has(**wanted));
        let is_header = found.len() >= needed.len() / 2 && !missing.is_empty();
        let named = |places: &[usize]| places.iter().map(title).collect();
        is_header.then(|| Self { missing: named(&missing), found: named(&found) })
    }
}

/// The titles of each field, with its place among the values.
fn places(titles: &Fields<Vec<String>>) -> [(&Vec<String>, usize); 9] {
    [
        (&titles.r#type, TYPE),
        (&titles.subtype, SUBTYPE),
        (&titles.time, TIME),
        (&titles.destination, DESTINATION),
        (&titles.port, PORT),
        (&titles.protocol, PROTOCOL),
        (&titles.action, ACTION),
        (&titles.url, URL),
        (&titles.count, COUNT),
    ]
}

fn titled(first: &[u8], titles: &Fields<Vec<String>>) -> BTreeMap<usize, usize> {
    let cells: Vec<&[u8]> = Cells(Some(first)).map(<[u8]>::trim_ascii).collect();
    let all = places(titles);
    let at = |title: &String| cells.iter().position(|cell| cell.eq_ignore_ascii_case(title.as_bytes()));
    all.into_iter().filter_map(|(titles, place)| Some((titles.iter().find_map(at)?, place))).collect()
}

fn by_number(fields: &Fields<usize>) -> BTreeMap<usize, usize> {
    [
        (fields.r#type, TYPE),
        (fields.subtype, SUBTYPE),
        (fields.time, TIME),
        (fields.destination, DESTINATION),
        (fields.port, PORT),
        (fields.protocol, PROTOCOL),
        (fields.action, ACTION),
        (fields.url, URL),
        (fields.count, COUNT),
    ]
    .into_iter()
    .collect()
}

impl Format for Panos {
    fn read(
        &self,
        _: &mut Lately,
        line: &Line<'_>,
        mut see: impl FnMut(Seen<'_>),
    ) -> Result<bool, &'static str> {
        let line = line.text;
        if line.trim_ascii().is_empty() || self.header.as_deref() == Some(line) {
            return Ok(false);
        }
        let values = self.values(line);
        let [kind, subtype, time, destination, port, protocol, action, url, count] = values;
        let is_word = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(byte);
        if kind.is_empty() || !kind.iter().all(is_word) {
            return Err("it has no type of log in its place");
        }
        let logs = self.facts.log.iter();
        let log = logs
            .filter(|log| log.r#type.as_bytes() == kind)
            .find(|log| log.subtype.as_ref().is_none_or(|wanted| wanted.as_bytes() == subtype));
        let Some(log) = log.filter(|log| !log.skipped.iter().any(|known| known.as_bytes() == subtype)) else {
            return Ok(false);
        };
        let time = Time::of_date(time).ok_or("its time is none")?;
        if !protocol.eq_ignore_ascii_case(b"tcp") {
            return if protocol.is_empty() { Err("it has no protocol in its place") } else { Ok(false) };
        }
        let outcome = Self::outcome(log, action)?;
        let port = number(port).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        let port = port.ok_or("its port is no number from 1 to 65535")?;
        // A URL has no scheme there, and the rest of what a log of another type says of it is none.
        let url = if log.subtype.is_some() { url } else { b"" };
        let url = memchr::memmem::find(url, b"://").and_then(|at| url.get(at + 3..)).unwrap_or(url);
        let (authority, path) = split_path(url);
        let (host, written) = split_port(authority);
        let (host, port) =
            if host.is_empty() { (destination, port) } else { (host, written.unwrap_or(port)) };
        if host.is_empty() {
            return Err("it has no destination in its place");
        }
        // A host with nothing but a slash behind it is what a closed connection shows.
        let path = path.filter(|path| *path != b"/");
        let seen = Seen { scheme: Scheme::of_port(port), host, port, path, outcome, time: Some(time) };
        // What is no number says nothing: the line counts all the same.
        let count = number(count.trim_ascii()).unwrap_or(1).clamp(1, MOST_COUNTED);
        (0..count).for_each(|_| see(seen));
        Ok(true)
    }

    /// Below titles that are not enough no line can be read, so that the titles alone are not worth more.
    fn fits(&self, line: &[u8]) -> bool {
        self.lacks.is_none()
            && self.read(&mut Lately::default(), &Line::alone(line, self.mark()), |_| {}).is_ok()
    }
}

/// The cells of a comma-separated line; quotation marks around them are left out, those inside stay as they are written.
struct Cells<'l>(Option<&'l [u8]>);

impl<'l> Iterator for Cells<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let line = self.0?;
        let (cell, behind) = match line.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = closing_mark(quoted);
                (quoted.get(..end)?, quoted.get(end..)?.strip_prefix(b"\"").unwrap_or_default())
            }
            None => {
                line.split_at_checked(line.iter().position(|byte| *byte == b',').unwrap_or(line.len()))?
            }
        };
        self.0 = memchr::memchr(b',', behind).and_then(|at| behind.get(at + 1..));
        Some(cell)
    }
}

/// Where the quotation mark stands that is not doubled; the end if there is none.
fn closing_mark(quoted: &[u8]) -> usize {
    let mut from = 0;
    while let Some(at) = quoted.get(from..).and_then(|rest| memchr::memchr(b'"', rest)) {
        if quoted.get(from + at + 1) != Some(&b'"') {
            return from + at;
        }
        from += at + 2;
    }
    quoted.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_stands_between_commas_and_marks() {
        for (line, expected) in [
            ("a,b,,c", vec!["a", "b", "", "c"]),
            ("\"a,b\",c", vec!["a,b", "c"]),
            ("\"a\"\"b,\",\"\"", vec!["a\"\"b,", ""]),
            ("\"open,b", vec!["open,b"]),
            ("a,", vec!["a", ""]),
            ("", vec![""]),
        ] {
            let cells = Cells(Some(line.as_bytes())).map(|cell| String::from_utf8_lossy(cell).into_owned());
            assert_eq!(cells.collect::<Vec<_>>(), expected, "{line}");
        }
    }
}

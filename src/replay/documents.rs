//! Documents of JSON turned into lines: cloud services export their logs as `{"records":[…]}` or as arrays, on one line
//! or on many.
//!
//! Every record becomes a line before anybody asks for the format. Nothing of a document is kept but the piece that was
//! read last, and nothing nests in memory. A log that starts with anything else passes as it is.

use std::io::{self, Read};

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// White space at the start of a log that may stand before a document.
const MOST_BEFORE: usize = 4 * 1024;

/// The mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How an object that holds records starts, less its white space.
const OPENING: &[u8] = b"{\"records\":[";

/// What of `OPENING` stands between quotes.
const KEY: std::ops::Range<usize> = 2..10;

/// A log as lines.
#[derive(Debug)]
pub struct Documents<R> {
    reader: R,
    kind: Kind,
    /// Lines that were made and not yet read.
    made: Vec<u8>,
    given: usize,
    /// Why no more can be read; told once everything before it was.
    broken: Option<io::Error>,
}

/// What kind of log it is.
#[derive(Debug)]
enum Kind {
    /// Not known yet.
    Unknown,
    /// Not documents.
    Lines,
    /// Documents.
    Records(Splitter),
}

impl<R: Read> Documents<R> {
    /// A log whose kind its first reading tells.
    pub fn new(reader: R) -> Self {
        Self { reader, kind: Kind::Unknown, made: Vec::new(), given: 0, broken: None }
    }

    /// Whether its lines are records of documents. Nobody knows before the first reading.
    pub fn are_records(&self) -> bool {
        matches!(self.kind, Kind::Records(_))
    }

    /// Reads until the start tells the kind.
    fn look(&mut self) {
        let mut start = Vec::new();
        let opens = loop {
            let more = self.more(&mut start);
            match opens(&start) {
                Some(opens) => break opens,
                None if !more || start.len() > MOST_BEFORE => break false,
                None => {}
            }
        };
        if opens {
            let mut splitter = Splitter::default();
            splitter.split(start.strip_prefix(MARK).unwrap_or(&start), &mut self.made);
            self.kind = Kind::Records(splitter);
        } else {
            self.made = start;
            self.kind = Kind::Lines;
        }
    }

    /// Adds a piece to the start of the log; whether there was one.
    fn more(&mut self, start: &mut Vec<u8>) -> bool {
        let before = start.len();
        start.resize(before + PIECE, 0);
        let read = loop {
            match self.reader.read(start.get_mut(before..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = read.unwrap_or_else(|error| {
            self.broken = Some(error);
            0
        });
        start.truncate(before + count);
        count > 0
    }

    /// Makes lines of the next pieces until there is one, or the end.
    fn make(&mut self) -> io::Result<()> {
        self.made.clear();
        self.given = 0;
        let Kind::Records(splitter) = &mut self.kind else { return Ok(()) };
        let mut piece = vec![0; PIECE];
        while self.made.is_empty() {
            match self.reader.read(&mut piece)? {
                0 => return splitter.end(&mut self.made),
                count => splitter.split(piece.get(..count).unwrap_or_default(), &mut self.made),
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Documents<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.kind, Kind::Unknown) {
            self.look();
        }
        if self.given == self.made.len() {
            if let Some(broken) = self.broken.take() {
                return Err(broken);
            }
            if matches!(self.kind, Kind::Lines) {
                return self.reader.read(buffer);
            }
            if let Err(error) = self.make() {
                self.broken = Some(error);
            }
            if let Some(broken) = self.broken.take_if(|_| self.made.is_empty()) {
                return Err(broken);
            }
        }
        let rest = self.made.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

/// Whether a log that starts so is made of documents; `None` if more of it has to be seen. An array counts only with
/// an object in it: other logs start with brackets as well.
fn opens(start: &[u8]) -> Option<bool> {
    if start.len() < MARK.len() && MARK.starts_with(start) {
        return None;
    }
    let text = start.strip_prefix(MARK).unwrap_or(start).trim_ascii_start();
    match text.split_first() {
        None => None,
        Some((b'[', rest)) => rest.trim_ascii_start().first().map(|byte| *byte == b'{'),
        Some(_) => {
            let mut matched = 0;
            for byte in text {
                match opening(matched, *byte) {
                    Some(next) if next == OPENING.len() => return Some(true),
                    Some(next) => matched = next,
                    None => return Some(false),
                }
            }
            None
        }
    }
}

/// How much of `OPENING` is there after one more byte; `None` if it is something else.
fn opening(matched: usize, byte: u8) -> Option<usize> {
    if OPENING.get(matched) == Some(&byte) {
        return Some(matched + 1);
    }
    (byte.is_ascii_whitespace() && !KEY.contains(&matched)).then_some(matched)
}

/// Where in the documents the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Outside of all of them.
    #[default]
    Outside,
    /// In the start of an object that may hold records: so much of `OPENING` was seen.
    Opening(usize),
    /// Between the records of an array.
    Between,
    /// In a record.
    Record,
    /// Behind the records of an object, up to its end.
    Behind,
    /// In an object that holds no records and is one itself.
    Alone,
    /// In something else, up to the end of the line.
    Text,
}

/// Takes documents apart, byte for byte.
#[derive(Debug, Default)]
struct Splitter {
    at: At,
    /// Whether the records stand in an object.
    in_object: bool,
    /// Brackets that are open in a record, or behind the records.
    depth: u64,
    in_text: bool,
    escaped: bool,
}

impl Splitter {
    fn split(&mut self, bytes: &[u8], made: &mut Vec<u8>) {
        for byte in bytes {
            self.step(*byte, made);
        }
    }

    fn step(&mut self, byte: u8, made: &mut Vec<u8>) {
        match self.at {
            At::Outside => self.outside(byte, made),
            At::Opening(matched) => match opening(matched, byte) {
                Some(next) if next == OPENING.len() => (self.at, self.in_object) = (At::Between, true),
                Some(next) => self.at = At::Opening(next),
                None => {
                    self.start(At::Alone);
                    for seen in OPENING.iter().take(matched) {
                        self.inside(*seen, made);
                    }
                    self.inside(byte, made);
                }
            },
            At::Between => match byte {
                b']' => self.after_records(),
                b',' => {}
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.start(At::Record);
                    self.inside(byte, made);
                }
            },
            At::Record if self.depth == 0 && !self.in_text && matches!(byte, b',' | b']') => {
                made.push(b'\n');
                self.at = At::Between;
                self.step(byte, made);
            }
            At::Record | At::Alone => self.inside(byte, made),
            At::Behind => {
                self.follow(byte);
                if self.depth == 0 {
                    self.at = At::Outside;
                }
            }
            At::Text => {
                made.push(byte);
                if byte == b'\n' {
                    self.at = At::Outside;
                }
            }
        }
    }

    fn outside(&mut self, byte: u8, made: &mut Vec<u8>) {
        match byte {
            b'{' => self.at = At::Opening(1),
            b'[' => (self.at, self.in_object) = (At::Between, false),
            b',' => {}
            _ if byte.is_ascii_whitespace() => {}
            _ => {
                self.at = At::Text;
                made.push(byte);
            }
        }
    }

    fn start(&mut self, at: At) {
        *self = Self { at, in_object: self.in_object, ..Self::default() };
    }

    fn after_records(&mut self) {
        self.start(if self.in_object { At::Behind } else { At::Outside });
        self.depth = u64::from(self.in_object);
    }

    /// A byte of a record; one that ends a line becomes a space.
    fn inside(&mut self, byte: u8, made: &mut Vec<u8>) {
        made.push(if matches!(byte, b'\n' | b'\r') { b' ' } else { byte });
        self.follow(byte);
        if self.at == At::Alone && self.depth == 0 {
            made.push(b'\n');
            self.at = At::Outside;
        }
    }

    /// Keeps count of brackets and texts.
    fn follow(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_text => self.escaped = true,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// The end of the log. What is open is cut off.
    fn end(&mut self, made: &mut Vec<u8>) -> io::Result<()> {
        match self.at {
            At::Outside => Ok(()),
            At::Text => {
                made.push(b'\n');
                self.at = At::Outside;
                Ok(())
            }
            _ => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the JSON document has no end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads as many bytes at a time as asked for.
    struct Slow<'l>(&'l [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            let (now, rest) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = rest;
            Ok(count)
        }
    }

    fn lines(log: &str, step: usize) -> (String, bool, Option<String>) {
        let mut documents = Documents::new(Slow(log.as_bytes(), step));
        let mut out = Vec::new();
        let mut buffer = vec![0; step];
        let broken = loop {
            match documents.read(&mut buffer) {
                Ok(0) => break None,
                Ok(count) => out.extend_from_slice(&buffer[..count]),
                Err(error) => break Some(error.to_string()),
            }
        };
        (String::from_utf8(out).expect("text"), documents.are_records(), broken)
    }

    #[test]
    fn records_become_lines_and_other_logs_stay_as_they_are() {
        for (log, expected, records) in [
            ("{\"records\":[{\"a\":1},{\"b\":[2,3]}]}", "{\"a\":1}\n{\"b\":[2,3]}\n", true),
            ("{\"records\":[]}\n", "", true),
            ("[{\"a\":\"]},\\\"\"},\n {\"b\":{}}\n]\n", "{\"a\":\"]},\\\"\"}\n{\"b\":{}} \n", true),
            ("\u{feff} [\n{\n\"a\": 1\n}\n]", "{ \"a\": 1 } \n", true),
            (
                "{ \"records\" : [ {\"a\":1} ], \"next\": {\"records\":[7]} }\n{\"records\":[{\"b\":2}]}",
                "{\"a\":1} \n{\"b\":2}\n",
                true,
            ),
            ("{\"records\":[{\"a\":1}]}\n{\"c\":\n3}\nprose", "{\"a\":1}\n{\"c\": 3}\nprose\n", true),
            ("[{\"a\":1},7,\"x,]\",null,[1]]", "{\"a\":1}\n7\n\"x,]\"\nnull\n[1]\n", true),
            ("{\"a\":1}\n{\"records\":[{}]}\n", "{\"a\":1}\n{\"records\":[{}]}\n", false),
            ("{\"rec ords\":[{}]}", "{\"rec ords\":[{}]}", false),
            ("[1,2]\n", "[1,2]\n", false),
            ("[24/Nov/2026] GET\n", "[24/Nov/2026] GET\n", false),
            ("", "", false),
            (" \n", " \n", false),
        ] {
            for step in [1, 2, 3, 7, 100_000] {
                assert_eq!(lines(log, step), (expected.to_owned(), records, None), "{log} by {step}");
            }
        }
    }

    #[test]
    fn a_document_that_breaks_off_says_so_behind_its_whole_records() {
        for (log, expected) in [
            ("{\"records\":[{\"a\":1},{\"b\":", "{\"a\":1}\n{\"b\":"),
            ("[{\"a\":1},", "{\"a\":1}\n"),
            ("[{\"a\":1}", "{\"a\":1}"),
            ("{\"records\":[{\"a\":1}]", "{\"a\":1}\n"),
            ("[{\"a\":1}]\n{\"rec", "{\"a\":1}\n"),
        ] {
            for step in [1, 100_000] {
                let broken = Some("the JSON document has no end".to_owned());
                assert_eq!(lines(log, step), (expected.to_owned(), true, broken), "{log} by {step}");
            }
        }
    }
}

//! PAN-OS: objects and rules of a firewall or of one device group of Panorama, as one ruleset.
//!
//! Set commands and XML are two ways to write the same statements, and this is what they mean. Requests are taken to
//! come from the clients that the files are for, so zones and source addresses hold. A rule that needs to know
//! the user, the application or a schedule is undecided. Without decryption the firewall sees no path inside TLS,
//! so an entry with a path matches no such connection.

use std::ops::Deref;
use std::rc::Rc;

use super::by_address::tell_addresses;
use super::panos_objects::Objects;
use super::panos_rules::add_rules;
use super::{Files, ReadError, Shelf, panos_set, panos_xml};
use crate::diagnostic::Findings;
use crate::verify::ruleset::{Line, Ruleset};

/// How to read the files.
#[derive(Clone, Debug)]
pub struct Panos<'p> {
    /// The file with commands or XML.
    pub entry: &'p str,
    /// Which rules decide.
    pub plane: Plane,
    /// Whether the firewall closes entries that have no ending `/`.
    pub ending: Ending,
    /// Whether TLS is decrypted, so that paths inside it are seen.
    pub inside: bool,
    /// Reads the rules as if they named the custom categories in place of the external lists: the part of the
    /// name of a list that the name of its category does not have.
    pub without_lists: Option<&'p str>,
}

/// Which rules decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Security rules: what is allowed.
    Security,
    /// Decryption rules and the exclusion list: what is left alone.
    Decryption,
}

/// The setting "append ending token".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It is on, as by default from 10.2.
    Appended,
    /// It is off.
    Open,
    /// Nobody says: an entry that depends on it is undecided.
    #[default]
    Unknown,
}

/// One word of a statement. Files say the same few words again and again, so none is copied.
#[derive(Clone, Debug)]
pub(super) enum Word<'f> {
    /// As it stands in the file.
    Text(&'f str),
    /// Put together from what stands in the file.
    Made(Rc<str>),
}

impl Deref for Word<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl PartialEq for Word<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Word<'_> {}

/// The words of a command, without those that say where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words<'f> {
    /// Device group, virtual system or `shared`.
    pub(super) scope: Word<'f>,
    pub(super) words: Vec<Word<'f>>,
}

impl<'f> Words<'f> {
    /// Splits the words that say where from those that say what.
    pub(super) fn new(mut words: Vec<Word<'f>>) -> Self {
        let mut start = words.iter().take(3).map(Deref::deref);
        let (scope, skip) = match [start.next(), start.next(), start.next()] {
            [Some("devices"), Some(_), Some("vsys" | "device-group" | "template")] if words.len() > 3 => {
                (words.get(3).cloned(), 4)
            }
            [Some("devices"), Some(_), _] => (None, 2),
            [Some("vsys" | "device-group" | "template"), Some(_), _] => (words.get(1).cloned(), 2),
            [Some("shared"), ..] => (Some(Word::Text("shared")), 1),
            _ => (None, 0),
        };
        // A firewall with one virtual system need not name it.
        let scope = scope.filter(|scope| **scope != *"vsys1").unwrap_or(Word::Text(""));
        let of_template = words.get(skip..).unwrap_or_default();
        let skip =
            skip + of_template.iter().take_while(|word| matches!(&***word, "config" | "shared")).count();
        words.drain(..skip);
        Self { scope, words }
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.words.iter().map(Deref::deref).collect()
    }
}

/// Statements that follow each other and differ in their last word alone, which is their value: a list is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run<'f> {
    /// Device group, virtual system or `shared`.
    pub(super) scope: Word<'f>,
    /// The words in front of the values.
    pub(super) path: Vec<Word<'f>>,
    /// Every value with its line.
    pub(super) values: Vec<(Word<'f>, u32)>,
}

impl Run<'_> {
    /// The words in front of the values.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.path.iter().map(Deref::deref).collect()
    }

    /// Whether its statements start with one of these words.
    pub(super) fn starts_with(&self, words: &[&str]) -> bool {
        self.path.first().is_some_and(|first| words.contains(&&**first))
    }

    /// All words of every statement, with its line.
    pub(super) fn statements(&self) -> impl Iterator<Item = (Vec<&str>, u32)> {
        self.values.iter().map(|(value, line)| {
            let mut texts = self.texts();
            texts.push(value);
            (texts, *line)
        })
    }

    /// Takes out what is at or below a path; whether anything is left.
    fn drop_below(&mut self, gone: &Words<'_>) -> bool {
        if self.scope == gone.scope {
            match gone.words.strip_prefix(self.path.as_slice()) {
                Some([value]) => self.values.retain(|(known, _)| known != value),
                _ if self.path.starts_with(&gone.words) => self.values.clear(),
                _ => {}
            }
        }
        !self.values.is_empty()
    }
}

/// Where a rule is moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Top,
    Bottom,
    Before(String),
    After(String),
}

/// The command that moves a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move<'f> {
    pub(super) rule: Words<'f>,
    pub(super) line: u32,
    pub(super) place: Place,
}

/// Everything that a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script<'f> {
    pub(super) runs: Vec<Run<'f>>,
    pub(super) moves: Vec<Move<'f>>,
    /// Lines that are not followed, and why.
    pub(super) open: Vec<(u32, String)>,
}

impl<'f> Script<'f> {
    /// Adds a statement. Words that only say where are none. Returns whether its last word is surely a value: whatever
    /// else stood there would be one too.
    pub(super) fn set(&mut self, words: Vec<Word<'f>>, line: u32) -> bool {
        let Words { scope, words: mut path } = Words::new(words);
        let Some(value) = path.pop() else { return false };
        let is_value = !path.is_empty();
        match self.runs.last_mut() {
            Some(run) if run.scope == scope && run.path == path => run.values.push((value, line)),
            _ => self.runs.push(Run { scope, path, values: vec![(value, line)] }),
        }
        is_value
    }

    /// Adds a statement that differs from the last one in nothing but its value.
    pub(super) fn set_another(&mut self, value: Word<'f>, line: u32) {
        if let Some(run) = self.runs.last_mut() {
            run.values.push((value, line));
        }
    }

    /// Takes out the statements at or below a path.
    pub(super) fn delete(&mut self, gone: &Words<'_>) {
        self.runs.retain_mut(|run| run.drop_below(gone));
    }
}

/// Bytes of a configuration that are read.
const LARGEST: usize = 64 << 20;

/// The path and bytes of a configuration.
pub(super) fn file<'f>(files: &Files<'f>, entry: &str) -> Result<(&'f str, &'f [u8]), ReadError> {
    files.named(entry).ok_or_else(|| ReadError::new(&Line::new(entry, 0), "there is no such file"))
}

/// What a configuration says.
pub(super) fn parse<'f>(path: &str, bytes: &'f [u8]) -> Result<Script<'f>, ReadError> {
    let whole = Line::new(path, 0);
    if bytes.len() > LARGEST {
        return Err(ReadError::new(&whole, "the file is too large"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::new(&whole, "the file is no text"))?;
    let is_xml = text.trim_start().starts_with('<');
    if is_xml { panos_xml::read(path, text) } else { panos_set::read(path, text) }
}

/// What the firewall would do with these files.
pub fn read(files: &Files<'_>, panos: &Panos<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    read_from(&mut Shelf::new(files), panos, findings)
}

/// The same for files that may be parsed already.
pub(in crate::verify) fn read_from(
    shelf: &mut Shelf<'_>,
    panos: &Panos<'_>,
    findings: &mut Findings,
) -> Result<Ruleset, ReadError> {
    let (path, script) = shelf.script(panos.entry)?;
    let files = shelf.files;
    let mut ruleset = Ruleset::default();
    for (line, reason) in &script.open {
        ruleset.cannot_decide(Line::new(path, *line), reason.clone());
    }
    let mut objects = Objects::new(path, &script.runs, files, panos, findings);
    objects.say_lists(&mut ruleset);
    add_rules(path, &script, panos, &mut objects, &mut ruleset);
    tell_addresses(&mut ruleset);
    Ok(ruleset)
}

/// The statements of a file without their lines, in order of the alphabet: equal for files that set the same.
pub fn statements(files: &Files<'_>, entry: &str) -> Result<Vec<String>, ReadError> {
    let (path, bytes) = file(files, entry)?;
    let script = parse(path, bytes)?;
    let said = |run: &Run<'_>| -> Vec<String> {
        run.statements().map(|(texts, _)| format!("{}: {}", &*run.scope, texts.join(" "))).collect()
    };
    let mut all: Vec<String> = script.runs.iter().flat_map(said).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

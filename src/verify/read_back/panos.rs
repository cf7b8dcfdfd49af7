//! PAN-OS: objects and rules of a firewall or of one device group of Panorama, as one ruleset.
//!
//! Set commands and XML are two ways to write the same statements, and this is what they mean. Requests are taken to
//! come from the clients that the files are for, so zones and source addresses hold. A rule that needs to know
//! the user, the application or a schedule is undecided. Without decryption the firewall sees no path inside TLS,
//! so an entry with a path matches no such connection.

use std::ops::Deref;
use std::rc::Rc;

use super::panos_objects::Objects;
use super::panos_rules::add_rules;
use super::{Files, ReadError, panos_set, panos_xml};
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

/// One statement: the path of words down to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement<'f> {
    /// Device group, virtual system or `shared`.
    pub(super) scope: Word<'f>,
    pub(super) words: Vec<Word<'f>>,
    pub(super) line: u32,
}

impl<'f> Statement<'f> {
    /// Splits the words that say where from those that say what.
    pub(super) fn new(mut words: Vec<Word<'f>>, line: u32) -> Self {
        let start: Vec<&str> = words.iter().take(4).map(Deref::deref).collect();
        let (scope, skip) = match start.as_slice() {
            ["devices", _, "vsys" | "device-group" | "template", _] => (words.get(3).cloned(), 4),
            ["devices", _, ..] => (None, 2),
            ["vsys" | "device-group" | "template", _, ..] => (words.get(1).cloned(), 2),
            ["shared", ..] => (Some(Word::Text("shared")), 1),
            _ => (None, 0),
        };
        // A firewall with one virtual system need not name it.
        let scope = scope.filter(|scope| **scope != *"vsys1").unwrap_or(Word::Text(""));
        let of_template = words.get(skip..).unwrap_or_default();
        let skip =
            skip + of_template.iter().take_while(|word| matches!(&***word, "config" | "shared")).count();
        words.drain(..skip);
        Self { scope, words, line }
    }

    /// Whether it says something below `path`.
    pub(super) fn is_below(&self, path: &Self) -> bool {
        self.scope == path.scope && self.words.starts_with(&path.words)
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.words.iter().map(Deref::deref).collect()
    }

    /// Whether it starts with one of these words.
    pub(super) fn starts_with(&self, words: &[&str]) -> bool {
        self.words.first().is_some_and(|first| words.contains(&&**first))
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
    pub(super) rule: Statement<'f>,
    pub(super) place: Place,
}

/// Everything that a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script<'f> {
    pub(super) statements: Vec<Statement<'f>>,
    pub(super) moves: Vec<Move<'f>>,
    /// Lines that are not followed, and why.
    pub(super) open: Vec<(u32, String)>,
}

/// Bytes of a configuration that are read.
const LARGEST: usize = 32 << 20;

fn script<'f>(files: &Files<'f>, entry: &str) -> Result<(&'f str, Script<'f>), ReadError> {
    let whole = Line::new(entry, 0);
    let (path, bytes) = files.named(entry).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
    if bytes.len() > LARGEST {
        return Err(ReadError::new(&whole, "the file is too large"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::new(&whole, "the file is no text"))?;
    let is_xml = text.trim_start().starts_with('<');
    Ok((path, if is_xml { panos_xml::read(path, text)? } else { panos_set::read(path, text)? }))
}

/// What the firewall would do with these files.
pub fn read(files: &Files<'_>, panos: &Panos<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    let (path, script) = script(files, panos.entry)?;
    let mut ruleset = Ruleset::default();
    for (line, reason) in &script.open {
        ruleset.cannot_decide(Line::new(path, *line), reason.clone());
    }
    let mut objects = Objects::new(path, &script.statements, files, panos, findings);
    add_rules(path, &script, panos, &mut objects, &mut ruleset);
    Ok(ruleset)
}

/// The statements of a file without their lines, in order of the alphabet: equal for files that set the same.
pub fn statements(files: &Files<'_>, entry: &str) -> Result<Vec<String>, ReadError> {
    let (_, script) = script(files, entry)?;
    let said = |statement: &Statement<'_>| format!("{}: {}", &*statement.scope, statement.texts().join(" "));
    let mut all: Vec<String> = script.statements.iter().map(said).collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

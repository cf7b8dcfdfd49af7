//! What a firewall would make of its files: one reader per format, each giving a `Ruleset`.
//!
//! A reader knows the vendor's rules of matching, and nothing of how the files came about. What a firewall
//! would take but never match is a finding; what it would refuse is a `ReadError`; what a `Ruleset` cannot say
//! is undecided, and then there is no verdict `same`.

pub(super) mod address;
pub mod azure;
mod azure_arm;
mod azure_beside;
mod azure_bicep;
mod azure_order;
mod azure_rules;
mod azure_spelling;
mod azure_terraform;
mod by_address;
pub mod lines;
mod literal;
pub mod pac;
pub mod pac_edges;
pub mod pac_engine;
pub mod pac_guard;
pub mod pac_program;
pub mod pac_sampled;
mod pac_tables;
mod pairs;
pub mod panos;
mod panos_beside;
mod panos_objects;
mod panos_rules;
mod panos_said;
mod panos_set;
mod panos_xml;
pub mod recognise;
mod shelf;
pub mod squid;
mod squid_acl;
mod squid_beside;
mod squid_built_in;
mod squid_directives;
mod squid_dots;
mod squid_rules;
mod squid_text;
mod squid_types;
mod squid_values;
mod terraform_module;
mod token;

use std::collections::BTreeMap;

use super::ruleset::Line;
pub use shelf::Shelf;

/// The files of one target by path.
#[derive(Clone, Debug, Default)]
pub struct Files<'a>(BTreeMap<&'a str, &'a [u8]>);

impl<'a> Files<'a> {
    /// These files.
    pub fn new(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        Self(files.into_iter().collect())
    }

    /// The file that another one names by `path`: the same path, or else the only file of that name, for the
    /// folder on the firewall is not the folder here.
    pub fn named(&self, path: &str) -> Option<(&'a str, &'a [u8])> {
        if let Some((path, bytes)) = self.0.get_key_value(path) {
            return Some((path, bytes));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let same = |known: &&str| known.rsplit('/').next() == Some(name);
        let mut known = self.0.iter().filter(|(path, _)| same(path));
        match (known.next(), known.next()) {
            (Some((path, bytes)), None) => Some((path, bytes)),
            _ => None,
        }
    }

    /// All files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0.iter().map(|(path, bytes)| (*path, *bytes))
    }
}

impl<'a> From<&'a [(String, Vec<u8>)]> for Files<'a> {
    fn from(files: &'a [(String, Vec<u8>)]) -> Self {
        Self::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
    }
}

/// A file that the firewall would not load, or that this reader cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct ReadError {
    /// Where.
    pub line: Line,
    /// Why: lower case, no final stop.
    pub message: String,
}

impl ReadError {
    /// An error at a line.
    pub fn new(line: &Line, message: impl Into<String>) -> Self {
        Self { line: line.clone(), message: message.into() }
    }
}

/// The lines of a text from 1, without their ends.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)))
}

//! `Paths`: where the files that findings name lie, for readers who open them.

use std::collections::BTreeMap;

use super::{Finding, Place, visible};

/// The way to each file that findings name, as it was typed: relative to the working directory, with `/`.
///
/// Findings name files without folders. Services that show findings beside the text of a file need the whole way
/// from the root of the repository, and they refuse a finding that points at no file at all.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    main: String,
    known: BTreeMap<String, String>,
}

impl Paths {
    /// Knows no file but `main`, to which everything belongs that stands in no file of the user's.
    pub fn new(main: impl Into<String>) -> Self {
        Self { main: main.into(), known: BTreeMap::new() }
    }

    /// Adds the way to a file.
    pub fn insert(&mut self, name: impl Into<String>, path: impl Into<String>) {
        self.known.insert(name.into(), path.into());
    }

    /// The file to which everything else belongs.
    pub(super) fn main(&self) -> &str {
        &self.main
    }

    /// The file to open for a place, and the line in it.
    pub(super) fn locate<'a>(&'a self, place: Option<&'a Place>) -> Located<'a> {
        let Some(place) = place else { return Located { path: &self.main, line: None, within: None } };
        let known = self.known.get(&place.file);
        let is_whole = known.is_some() && place.sheet.is_none() && place.cell.is_none();
        Located {
            path: known.unwrap_or(&self.main),
            line: known.and(place.line),
            within: (!is_whole).then_some(place),
        }
    }
}

/// Where a reader looks.
pub(super) struct Located<'a> {
    /// The file.
    pub(super) path: &'a str,
    /// Its line, from 1.
    pub(super) line: Option<u32>,
    /// The place, where file and line do not say all of it: a cell, a heading, a file that is not the user's.
    pub(super) within: Option<&'a Place>,
}

impl Finding {
    /// Message and help in one text, led by what file and line do not say of the place.
    pub(super) fn text_for(&self, located: &Located<'_>) -> String {
        let within = located.within.map_or(String::new(), |place| format!("{place}: "));
        let help = self.help.as_ref().map_or(String::new(), |help| format!("\nhelp: {}", visible(help)));
        format!("{}{}{help}", visible(&within), visible(&self.message))
    }
}

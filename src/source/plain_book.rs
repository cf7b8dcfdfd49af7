//! Workbooks of nothing but plain sheets.

use std::collections::BTreeMap;

use memchr::memmem::find;

use super::plain_sheet::PlainSheet;
use super::zip_guard::{Parts, Stored, ZipFault};

/// The sheets of a workbook by name, each taken apart.
pub(super) struct PlainBook {
    sheets: BTreeMap<String, (String, PlainSheet)>,
}

impl PlainBook {
    /// The workbook, if all its sheets are plain. `paths` are the parts of the sheets by name.
    pub(super) fn of(parts: &Parts<'_>, paths: &BTreeMap<String, String>) -> Option<Self> {
        let mut sheets = BTreeMap::new();
        for (name, path) in paths {
            let part = parts.get(path.as_str())?;
            // A sheet of charts or macros.
            if find(part, b"sheetData").is_none() {
                continue;
            }
            // A part that two names stand for would be taken for the sheet of both.
            if paths.values().filter(|other| *other == path).count() > 1 {
                return None;
            }
            sheets.insert(name.clone(), (path.clone(), PlainSheet::of(part)?));
        }
        Some(Self { sheets })
    }

    /// The archive with every way of writing a cell in place of the cells.
    pub(super) fn archive(&self, stored: &Stored) -> Result<Vec<u8>, ZipFault> {
        let others = self.sheets.values().map(|(path, sheet)| (path.as_str(), sheet.ways.as_slice()));
        stored.replacing(&others.collect())
    }

    /// The sheet with this name, once.
    pub(super) fn take(&mut self, name: &str) -> Option<PlainSheet> {
        self.sheets.remove(name).map(|(_, sheet)| sheet)
    }

    /// Whether every sheet is taken.
    pub(super) fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }
}

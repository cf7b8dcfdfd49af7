//! `Origin`: where a row stood in the vendor's list, kept to the very end.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::Place;

/// File, sheet (or heading) and row of one published row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// File name without folders.
    pub file: Arc<str>,
    /// Sheet of a workbook, heading of a page, table of a rules file, tag of a service-tags file.
    pub sheet: Arc<str>,
    /// Row of the sheet, or line of a text file, from 1; 0 where there is none.
    pub row: u32,
}

impl Origin {
    /// Where a finding about the row points.
    pub fn place(&self) -> Place {
        let cell = (self.row > 0).then(|| self.row.to_string());
        Place { sheet: Some(self.sheet.to_string()), cell, ..Place::file(self.file.to_string()) }
    }
}

/// `defender.xlsx[Commercial]!14`, and without a row `--set[select.extra]`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.file, self.sheet)?;
        if self.row == 0 { Ok(()) } else { write!(f, "!{}", self.row) }
    }
}

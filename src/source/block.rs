//! `Block`: a header with the records below it, whatever format they came in; `Desk`: where findings point.

use std::sync::Arc;

use super::LeftOut;
use super::rules::{Kind, ReadingRules};
use super::runs::Raised;
use super::text::column_letters;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::origin::Origin;

/// One column of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Column of the sheet, or position in the row of a text file, from 0.
    pub(super) index: u32,
    /// Position of its meaning in the rules; `None` if its title has none.
    pub(super) field: Option<usize>,
    /// Its title as it is written, where the column is not read.
    pub(super) unread: Option<Box<str>>,
}

/// The columns of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Row of the sheet or line of the text, from 1.
    pub(super) row: u32,
    /// Columns with a title, in order.
    pub(super) columns: Vec<Column>,
}

impl Header {
    /// Position among the columns of the field with this id.
    pub(super) fn position(&self, id: &str, rules: &ReadingRules) -> Option<usize> {
        self.columns.iter().position(|column| {
            column.field.and_then(|at| rules.fields.get(at)).is_some_and(|field| &*field.id == id)
        })
    }

    /// What the cells of the column at `position` hold; words, where its title says nothing.
    pub(super) fn kind(&self, position: usize, rules: &ReadingRules) -> Kind {
        let field = self.columns.get(position).and_then(|column| column.field);
        field.and_then(|at| rules.fields.get(at)).map_or(Kind::Text, |field| field.kind)
    }

    /// Whether cells, those that a row holds itself, are more than words: a port, a flag, a choice, or a service with
    /// something else.
    pub(super) fn is_stated<'a>(
        &self,
        own: impl Iterator<Item = (usize, &'a str)>,
        rules: &ReadingRules,
    ) -> bool {
        let (mut filled, mut service) = (0, false);
        for (position, text) in own.filter(|(_, text)| !text.is_empty()) {
            let Some(field) = self.columns.get(position).and_then(|c| rules.fields.get(c.field?)) else {
                continue;
            };
            let certain = match field.kind {
                Kind::Port => text.contains(|c: char| c.is_ascii_digit()),
                Kind::Flag => rules.is_flag(text),
                Kind::Choice => rules.choice(text).is_some(),
                Kind::Text | Kind::Address | Kind::Geography => false,
            };
            if certain {
                return true;
            }
            filled += 1;
            service |= &*field.id == "service";
        }
        service && filled > 1
    }

    /// Whether a column holds cells of this kind.
    pub(super) fn has_kind(&self, kind: Kind, rules: &ReadingRules) -> bool {
        let fields = self.columns.iter().filter_map(|column| rules.fields.get(column.field?));
        fields.into_iter().any(|field| field.kind == kind)
    }

    /// How many columns have a meaning.
    pub(super) fn mapped(&self) -> usize {
        self.columns.iter().filter(|column| column.field.is_some()).count()
    }
}

/// A link in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// What is seen of it.
    pub(super) text: String,
    /// Where it leads.
    pub(super) target: String,
}

/// One row below a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a row")]
pub(super) struct Record {
    /// Row of the sheet or line of the text, from 1.
    pub(super) row: u32,
    /// One text for each column of the header, trimmed; blank where the row has none.
    pub(super) cells: Vec<Arc<str>>,
    /// Texts to the right of the header's last column.
    pub(super) extra: Vec<Arc<str>>,
    /// First column without a title in which the row of a sheet has a flag word.
    pub(super) untitled_flag: Option<u32>,
    /// What nobody sees around the texts of some columns, by position.
    pub(super) spaced: Vec<(usize, String)>,
    /// How many cells the row was written with, in text files.
    pub(super) written: Option<usize>,
    /// Whether it states a port, a flag or a choice itself, or a service with something else.
    pub(super) own: bool,
    /// Whether a merged cell, which counts for the row that it starts in, covers its address.
    pub(super) covered: bool,
    /// Whether its device cells cannot be trusted.
    pub(super) uncertain: bool,
    /// Whether its address is computed.
    pub(super) formula: bool,
    /// Whether its address is struck out.
    pub(super) struck: bool,
    /// Whether a part of the cell of its address is.
    pub(super) struck_part: bool,
    /// Texts of its other cells that are struck out, all of them or a part, by position; those of `extra` follow.
    pub(super) struck_cells: Vec<(usize, Arc<str>)>,
    /// Parts of its cells that were set above or below the line, by position.
    pub(super) raised: Vec<(usize, Arc<[Raised]>)>,
    /// The links in the cell of its address.
    pub(super) links: Vec<Link>,
    /// Other cells whose values are lost, by position: computed ones that were saved without one, and errors.
    pub(super) lost_values: Vec<(usize, Arc<str>)>,
}

impl Record {
    /// The text at a position, blank where there is none.
    pub(super) fn cell(&self, position: usize) -> &str {
        self.cells.get(position).map_or("", |cell| cell)
    }

    /// Whether the words at a position are those of a cell that is struck out, which may have stood elsewhere.
    pub(super) fn is_struck_at(&self, position: usize) -> bool {
        let Some(cell) = self.cells.get(position) else { return false };
        self.struck_cells.iter().any(|(at, struck)| *at == position || Arc::ptr_eq(cell, struck))
    }

    /// Fills blank cells at these positions with those of the row above.
    pub(super) fn take_from(&mut self, above: &Self, positions: impl Iterator<Item = usize>) {
        for at in positions {
            let blank = self.cells.get_mut(at).filter(|cell| cell.is_empty());
            if let (Some(blank), Some(cell)) = (blank, above.cells.get(at)) {
                *blank = Arc::clone(cell);
            }
        }
    }
}

/// A header with its records.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// Title above the header, first line.
    pub(super) title: Option<Arc<str>>,
    pub(super) header: Header,
    /// Device columns that a reader of the sheet cannot see, beside ones that can be seen.
    pub(super) hidden_devices: Vec<u32>,
    /// The column of comments, if a reader of the sheet cannot see it.
    pub(super) hidden_comments: Option<u32>,
    pub(super) records: Vec<Record>,
}

/// A sheet, or the part of a page that a heading names, taken apart into blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) blocks: Vec<Block>,
    /// Addresses found above every block, each with its place.
    pub(super) strays: Vec<(u32, u32, String)>,
}

/// Where findings of one sheet point, and where they go.
pub(super) struct Desk<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) sheet: Arc<str>,
    /// Whether rows are lines of a text.
    pub(super) text: bool,
    pub(super) rules: &'a ReadingRules,
    pub(super) findings: &'a mut Findings,
    /// Rows that were left out.
    pub(super) left_out: &'a mut Vec<LeftOut>,
}

impl Desk<'_> {
    /// A row, or the cell at a column (from 0) of it.
    pub(super) fn place(&self, row: u32, column: Option<u32>) -> Place {
        if self.text {
            return Place { sheet: Some(self.sheet.to_string()), ..Place::line(self.file.to_string(), row) };
        }
        let cell = column.map_or_else(|| row.to_string(), |column| cell_name(row, column));
        Place::cell(self.file.to_string(), self.sheet.to_string(), cell)
    }

    /// The whole sheet or heading.
    pub(super) fn sheet_place(&self) -> Place {
        Place { sheet: Some(self.sheet.to_string()), ..Place::file(self.file.to_string()) }
    }

    /// How messages call a row: `row 14` or `line 14`.
    pub(super) fn row_name(&self, row: u32) -> String {
        format!("{} {row}", if self.text { "line" } else { "row" })
    }

    /// Remembers a row that was left out.
    pub(super) fn leave_out(&mut self, row: u32, text: String, reason: &'static str) {
        let origin = Origin { file: Arc::clone(self.file), sheet: Arc::clone(&self.sheet), row };
        self.left_out.push(LeftOut { origin, text: text.into(), reason });
    }

    /// Tells of something that a person should look at.
    pub(super) fn warn(&mut self, code: Code, message: String, place: Place, help: &str) {
        self.findings.push(Finding::warning(code, message).at(place).help(help));
    }
}

/// `E14` for row 14 (from 1) and column 4 (from 0).
pub(super) fn cell_name(row: u32, column: u32) -> String {
    format!("{}{row}", column_letters(column))
}

//! Workbooks of the old binary format (Excel 97 to 2003) to grids.
//!
//! Read here and not by calamine, which reserves memory for what a file declares, follows chains of sectors that run in
//! circles, and copies a shared text for each cell: a small file could take all memory, and no process survives that.

use std::io::{Cursor, Read};
use std::sync::Arc;

use cfb::CompoundFile;

use super::biff::{Record, Records};
use super::grid::{Cell, Grid, Region};
use super::limits::{CELL_BYTES, CELLS, FILE_BYTES, RECORDS, TABLES};
use super::runs::{Look, Marks};
use super::sniff::contains;
use super::workbook::WorkbookFault;

/// The sheets of a compound file: a workbook of the old binary format, unless it holds an encrypted one.
pub(super) fn read_compound(bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if contains(bytes, &encrypted) {
        return Err(WorkbookFault::Encrypted);
    }
    let damaged = |error: std::io::Error| WorkbookFault::Damaged(error.to_string());
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(damaged)?;
    let stream = file.open_stream("/Workbook").or_else(|_| file.open_stream("/Book")).map_err(damaged)?;
    let mut content = Vec::new();
    stream.take(FILE_BYTES as u64).read_to_end(&mut content).map_err(damaged)?;
    let (stream, texts, fonts) = (content.as_slice(), Vec::new(), Vec::new());
    let reading = Reading { stream, texts, fonts, cells: CELLS, bytes: CELL_BYTES, records: RECORDS };
    reading.sheets()
}

/// Kinds of records.
mod kind {
    pub(super) const FORMULA: u16 = 0x06;
    pub(super) const END: u16 = 0x0A;
    pub(super) const PASSWORD: u16 = 0x2F;
    pub(super) const FONT: u16 = 0x31;
    pub(super) const COLUMNS: u16 = 0x7D;
    pub(super) const SHEET: u16 = 0x85;
    pub(super) const SHORT_NUMBERS: u16 = 0xBD;
    pub(super) const RICH_LABEL: u16 = 0xD6;
    pub(super) const MERGES: u16 = 0xE5;
    pub(super) const TEXTS: u16 = 0xFC;
    pub(super) const SHARED_TEXT: u16 = 0xFD;
    pub(super) const NUMBER: u16 = 0x203;
    pub(super) const LABEL: u16 = 0x204;
    pub(super) const TRUTH: u16 = 0x205;
    pub(super) const VALUE_OF_FORMULA: u16 = 0x207;
    pub(super) const ROW: u16 = 0x208;
    pub(super) const SHORT_NUMBER: u16 = 0x27E;
    pub(super) const START: u16 = 0x809;
}

/// The version of the format since Excel 97.
const VERSION: u16 = 0x600;

struct Reading<'a> {
    stream: &'a [u8],
    texts: Vec<Arc<str>>,
    /// How a text in each font looks.
    fonts: Vec<Look>,
    /// How much more is read.
    cells: usize,
    bytes: usize,
    records: usize,
}

/// A sheet as the workbook names it.
struct Named {
    name: String,
    at: usize,
    very_hidden: bool,
}

impl Reading<'_> {
    fn sheets(mut self) -> Result<Vec<Grid>, WorkbookFault> {
        let sheets = self.workbook()?;
        if sheets.len() > TABLES {
            return Err(WorkbookFault::TooManySheets(sheets.len()));
        }
        sheets.into_iter().map(|sheet| self.sheet(sheet)).collect()
    }

    /// The names of the sheets with cells; the shared texts are read on the way.
    fn workbook(&mut self) -> Result<Vec<Named>, WorkbookFault> {
        let mut sheets = Vec::new();
        let mut records = Records::from(self.stream, 0);
        let version =
            records.next().filter(|record| record.kind == kind::START).and_then(|start| start.u16(0));
        if version != Some(VERSION) {
            let what = "it is of a version before Excel 97, or no workbook";
            return Err(WorkbookFault::Damaged(what.to_owned()));
        }
        for record in records {
            match record.kind {
                kind::END => break,
                kind::PASSWORD => return Err(WorkbookFault::Encrypted),
                kind::SHEET => sheets.extend(named(&record)),
                kind::FONT if self.fonts.len() < usize::from(u16::MAX) => {
                    let struck = record.u16(2).is_some_and(|options| options & 8 != 0);
                    let raised = record.u16(8).is_some_and(|place| place != 0);
                    self.fonts.push(Look { struck, raised });
                }
                kind::TEXTS => {
                    let mut texts = record.texts(8);
                    while let Some(text) = texts.next_marked(&self.fonts) {
                        if self.texts.len() >= CELLS {
                            return Err(WorkbookFault::TooManyCells);
                        }
                        self.texts.push(text.into());
                    }
                }
                _ => {}
            }
        }
        Ok(sheets)
    }

    fn sheet(&mut self, sheet: Named) -> Result<Grid, WorkbookFault> {
        let mut grid = Grid::named(sheet.name);
        grid.very_hidden = sheet.very_hidden;
        // Charts inside of a sheet are sheets of their own, whose cells are none of the list's.
        let mut depth = 0_usize;
        let mut ended = false;
        let mut formula = None;
        for record in Records::from(self.stream, sheet.at) {
            self.records = self.records.checked_sub(1).ok_or(WorkbookFault::TooManyCells)?;
            match record.kind {
                kind::START => depth += 1,
                kind::END if depth <= 1 => {
                    ended = true;
                    break;
                }
                kind::END => depth -= 1,
                _ if depth == 1 => self.record(&record, &mut grid, &mut formula)?,
                _ => {}
            }
        }
        if !ended {
            return Err(WorkbookFault::Damaged(format!("the sheet `{}` is cut off", grid.name)));
        }
        grid.sort()?;
        Ok(grid)
    }

    fn record(
        &mut self,
        record: &Record<'_>,
        grid: &mut Grid,
        formula: &mut Option<(u16, u16)>,
    ) -> Result<(), WorkbookFault> {
        let cut = || WorkbookFault::Damaged(format!("a cell of the sheet `{}` is cut off", grid.name));
        let place = || Some((record.u16(0)?, record.u16(2)?));
        let (text, computed) = match record.kind {
            kind::MERGES | kind::ROW | kind::COLUMNS => return self.layout(record, grid),
            kind::SHORT_NUMBERS => return self.short_numbers(record, grid),
            kind::VALUE_OF_FORMULA => {
                let Some((row, column)) = formula.take() else { return Ok(()) };
                let text = record.texts(0).next_long().ok_or_else(cut)?;
                return self.cell(grid, (row, column), &text, true);
            }
            kind::FORMULA => {
                let value = formula_value(record).ok_or_else(cut)?;
                *formula = place().filter(|_| value.is_none());
                // A text stands in a record of its own behind this one.
                match value {
                    // Every value is saved there, an empty text as well.
                    Some(text) => {
                        let computed = !text.is_empty();
                        (text, computed)
                    }
                    None => return Ok(()),
                }
            }
            kind::SHARED_TEXT => {
                let at = record.u32(6).and_then(|at| usize::try_from(at).ok()).ok_or_else(cut)?;
                let text = self.texts.get(at).cloned().ok_or_else(cut)?;
                return self.cell(grid, place().ok_or_else(cut)?, &text, false);
            }
            kind::LABEL | kind::RICH_LABEL => (record.texts(6).next_long().ok_or_else(cut)?, false),
            kind::NUMBER => (record.f64(6).ok_or_else(cut)?.to_string(), false),
            kind::SHORT_NUMBER => (short_number(record.u32(6).ok_or_else(cut)?), false),
            kind::TRUTH => (truth(record.u16(6).ok_or_else(cut)?), false),
            _ => return Ok(()),
        };
        self.cell(grid, place().ok_or_else(cut)?, &text, computed)
    }

    /// Numbers side by side in one record: two bytes of format and four of the number each.
    fn short_numbers(&mut self, record: &Record<'_>, grid: &mut Grid) -> Result<(), WorkbookFault> {
        let (Some(row), Some(first)) = (record.u16(0), record.u16(2)) else { return Ok(()) };
        let numbers = record.data.len().saturating_sub(6) / 6;
        for (column, at) in (first..=u16::MAX).zip((0..numbers).map(|number| 6 + 6 * number)) {
            let text = record.u32(at).map(short_number).unwrap_or_default();
            self.cell(grid, (row, column), &text, false)?;
        }
        Ok(())
    }

    /// Merged regions, hidden rows, and columns that are hidden or have no width. They count like cells.
    fn layout(&mut self, record: &Record<'_>, grid: &mut Grid) -> Result<(), WorkbookFault> {
        let numbers = [0, 2, 4].map(|at| record.u16(at).unwrap_or_default());
        let mut covered = 0_u16;
        let cost = match (record.kind, numbers) {
            (kind::MERGES, [count, ..]) => {
                for at in (0..usize::from(count)).map(|region| 2 + 8 * region) {
                    let corner = [0, 2, 4, 6].map(|by| record.u16(at + by).map(u32::from));
                    let [Some(top), Some(bottom), Some(left), Some(right)] = corner else { break };
                    let region = Region { top, left, bottom, right };
                    covered = covered.saturating_add(u16::try_from(region.width()).unwrap_or(u16::MAX));
                    grid.merge(region);
                }
                covered
            }
            (kind::ROW, [row, ..]) => {
                if record.u16(12).is_some_and(|options| options & 0x20 != 0) {
                    grid.hidden_rows.push(u32::from(row) + 1);
                }
                0
            }
            (_, [first, last, width]) => {
                let hidden = record.u16(8).is_some_and(|options| options & 1 != 0);
                grid.unseen.list(first.into(), last.into(), hidden || width == 0);
                last.saturating_sub(first)
            }
        };
        self.cells = self.cells.checked_sub(usize::from(cost) + 1).ok_or(WorkbookFault::TooManyCells)?;
        Ok(())
    }

    fn cell(
        &mut self,
        grid: &mut Grid,
        (row, column): (u16, u16),
        text: &str,
        formula: bool,
    ) -> Result<(), WorkbookFault> {
        self.cells = self.cells.checked_sub(1).ok_or(WorkbookFault::TooManyCells)?;
        self.bytes = self.bytes.checked_sub(text.len()).ok_or(WorkbookFault::TooMuchText)?;
        let known = Cell { column: column.into(), formula, ..Cell::default() };
        grid.push_text(row.into(), known, text, &Marks::Pushed);
        Ok(())
    }
}

/// A sheet with cells; charts and macros have none.
fn named(record: &Record<'_>) -> Option<Named> {
    let (state, what) = (record.data.get(4)? & 3, record.data.get(5)?);
    let name = record.texts(6).next_short()?;
    let at = usize::try_from(record.u32(0)?).ok()?;
    (*what == 0).then_some(Named { name, at, very_hidden: state == 2 })
}

/// The value of a formula, `None` inside where a text follows it.
#[expect(clippy::option_option, reason = "a value that is cut off, and one that stands elsewhere")]
fn formula_value(record: &Record<'_>) -> Option<Option<String>> {
    if record.u16(12)? != 0xFFFF {
        return Some(Some(record.f64(6)?.to_string()));
    }
    let value = record.u16(8)? & 0xFF;
    Some(match record.data.get(6)? {
        0 => None,
        1 => Some(truth(value)),
        2 => Some(truth(value | 0x100)),
        _ => Some(String::new()),
    })
}

/// A truth, or an error where the second byte says so.
fn truth(value: u16) -> String {
    let text = match value {
        0 => "false",
        1..=0xFF => "true",
        0x100 => "#NULL!",
        0x107 => "#DIV/0!",
        0x10F => "#VALUE!",
        0x117 => "#REF!",
        0x11D => "#NAME?",
        0x124 => "#NUM!",
        _ => "#N/A",
    };
    text.to_owned()
}

/// A number in four bytes: an integer of 30 bits or the upper part of a long number, perhaps in hundredths.
fn short_number(bits: u32) -> String {
    let number = if bits & 2 == 0 {
        f64::from_bits(u64::from(bits & !3) << 32)
    } else {
        f64::from(bits.cast_signed() >> 2)
    };
    let number = if bits & 1 == 0 { number } else { number / 100.0 };
    number.to_string()
}

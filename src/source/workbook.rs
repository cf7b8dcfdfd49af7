//! Workbooks to grids. The only file that knows calamine.

use std::collections::BTreeSet;
use std::io::Cursor;

use calamine::{Data, DataRef, Reader, Sheet, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use super::compound_guard::overstates_itself;
use super::contain::contained;
use super::grid::{Cell, Grid, Region};
use super::layout::{add_layout, has_formulas, is_needed_part, overstated_part, sheet_parts};
use super::limits::{CELLS, TABLES};
use super::sniff::contains;
use super::zip_guard::{ZipFault, inflate, store};

type Book = Xlsx<Cursor<Vec<u8>>>;

/// Why a workbook is not read. The message completes "the workbook …".
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkbookFault {
    /// Its archive.
    #[error(transparent)]
    Zip(#[from] ZipFault),
    /// A part of it that cannot be understood.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// A password or a rights-management label.
    #[error("is encrypted")]
    Encrypted,
    /// More cells than any list.
    #[error("has more than {CELLS} cells")]
    TooManyCells,
    /// More sheets than any list.
    #[error("has {0} sheets, more than {TABLES}")]
    TooManySheets(usize),
}

/// The sheets of an Office Open XML workbook, in order.
pub(super) fn read_xlsx(bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    unwound("a place in it is no cell", || read_open_xml(bytes))
}

/// What `read` gives, or damage where calamine gives up: it panics where an offset or a number in a file lies.
fn unwound(
    what: &str,
    read: impl FnOnce() -> Result<Vec<Grid>, WorkbookFault>,
) -> Result<Vec<Grid>, WorkbookFault> {
    contained(read).unwrap_or_else(|| Err(WorkbookFault::Damaged(what.to_owned())))
}

fn read_open_xml(bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    let parts = inflate(bytes, is_needed_part)?;
    if let Some(part) = overstated_part(&parts) {
        return Err(WorkbookFault::Damaged(format!(
            "the part `{part}` declares more texts than it can hold"
        )));
    }
    let mut book: Book = Xlsx::new(Cursor::new(store(&parts)?)).map_err(xlsx_fault)?;
    let paths = sheet_parts(&parts);
    let mut cells_left = CELLS;
    let mut grids = Vec::new();
    for (name, very_hidden) in sheet_names(book.sheets_metadata())? {
        let part = paths.get(&name).and_then(|path| parts.get(path)).map_or(&[][..], Vec::as_slice);
        let mut grid = Grid::named(&name);
        grid.very_hidden = very_hidden;
        read_cells(&mut book, &mut grid, has_formulas(part), &mut cells_left)?;
        add_layout(part, &mut grid);
        grid.sort();
        grids.push(grid);
    }
    Ok(grids)
}

/// Names of the sheets with cells, each with whether it is very hidden: no reader of the file can show it.
fn sheet_names(sheets: &[Sheet]) -> Result<Vec<(String, bool)>, WorkbookFault> {
    if sheets.len() > TABLES {
        return Err(WorkbookFault::TooManySheets(sheets.len()));
    }
    let with_cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    Ok(with_cells.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::VeryHidden)).collect())
}

fn read_cells(
    book: &mut Book,
    grid: &mut Grid,
    formulas: bool,
    cells_left: &mut usize,
) -> Result<(), WorkbookFault> {
    let name = grid.name.clone();
    let mut reader = match book.worksheet_cells_reader(&name) {
        // A sheet of charts or macros; a worksheet that stops before its cells has the root of one.
        Err(XlsxError::NotAWorksheet(kind)) if kind != "worksheet" => return Ok(()),
        other => other.map_err(xlsx_fault)?,
    };
    let struck: BTreeSet<usize> =
        reader.styles().iter().enumerate().filter(|(_, style)| is_struck(style)).map(|(id, _)| id).collect();
    let mut count = || {
        *cells_left = cells_left.checked_sub(1).ok_or(WorkbookFault::TooManyCells)?;
        Ok::<(), WorkbookFault>(())
    };
    if !formulas {
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(xlsx_fault)? {
            count()?;
            let (row, column) = cell.get_position();
            push(grid, row, column, text_of_ref(cell.get_value()), false, struck.contains(&style));
        }
        return Ok(());
    }
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(xlsx_fault)? {
        count()?;
        let (row, column) = record.pos;
        push(grid, row, column, text_of_ref(&record.value), record.formula.is_some(), false);
    }
    drop(reader);
    if !struck.is_empty() {
        strike(book, grid, &struck)?;
    }
    Ok(())
}

fn is_struck(style: &calamine::Style) -> bool {
    style.font.as_ref().is_some_and(calamine::Font::has_strikethrough)
}

/// Marks struck-out cells in a second pass, which only sheets with formulas need.
fn strike(book: &mut Book, grid: &mut Grid, struck: &BTreeSet<usize>) -> Result<(), WorkbookFault> {
    let name = grid.name.clone();
    let mut reader = book.worksheet_cells_reader(&name).map_err(xlsx_fault)?;
    let mut places = BTreeSet::new();
    while let Some((row, column, style)) = reader.next_style_id().map_err(xlsx_fault)? {
        if struck.contains(&style) {
            places.insert((row.saturating_add(1), column));
        }
    }
    for line in &mut grid.lines {
        for cell in &mut line.cells {
            cell.struck = places.contains(&(line.number, cell.column));
        }
    }
    Ok(())
}

fn push(grid: &mut Grid, row: u32, column: u32, text: String, formula: bool, struck: bool) {
    if !text.is_empty() || formula {
        grid.push(row, Cell { column, text, formula, struck });
    }
}

fn text_of_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(date) => date.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    }
}

fn text_of(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(date) => date.as_f64().to_string(),
        Data::Error(error) => error.to_string(),
    }
}

fn xlsx_fault(error: XlsxError) -> WorkbookFault {
    match error {
        XlsxError::Password => WorkbookFault::Encrypted,
        other => WorkbookFault::Damaged(other.to_string()),
    }
}

/// The sheets of a compound file: a workbook of the old binary format, unless it holds an encrypted one.
pub(super) fn read_compound(bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if contains(bytes, &encrypted) {
        return Err(WorkbookFault::Encrypted);
    }
    if overstates_cells(bytes) {
        return Err(WorkbookFault::TooManyCells);
    }
    if overstates_itself(bytes).unwrap_or(false) {
        let what = "its table of sectors goes in circles or is longer than the file";
        return Err(WorkbookFault::Damaged(what.to_owned()));
    }
    unwound("an offset in it points nowhere", || read_xls(bytes))
}

/// Whether the sheets of an old workbook are larger than the format allows or, taken together, than any list: memory
/// is reserved for the whole rectangle between the first and the last cell of every sheet.
fn overstates_cells(bytes: &[u8]) -> bool {
    const DIMENSIONS: [[u8; 4]; 2] = [[0x00, 0x02, 14, 0], [0x00, 0x02, 16, 0]];
    let declared = |at: usize| {
        let record = bytes.get(at + 4..at + 16).unwrap_or_default();
        let (rows, columns) = (record.get(4..8), record.get(10..12));
        let rows = rows.and_then(|rows| rows.try_into().ok()).map_or(0, u32::from_le_bytes);
        let columns = columns.and_then(|columns| columns.try_into().ok()).map_or(0, u16::from_le_bytes);
        (u64::from(rows), u64::from(columns))
    };
    let found = DIMENSIONS.iter().flat_map(|record| memchr::memmem::find_iter(bytes, record).map(declared));
    let mut sum: u64 = 0;
    for (rows, columns) in found {
        if rows > 65_536 || columns > 256 {
            return true;
        }
        sum = sum.saturating_add(rows * columns);
    }
    let cap = u64::try_from(CELLS).unwrap_or(u64::MAX);
    sum > cap || spread_cells(bytes) > cap
}

/// How many cells the sheets of an old workbook can spread over, by the cells that are written and the sheets that
/// are named: what a sheet declares may be missing, or be too little.
fn spread_cells(bytes: &[u8]) -> u64 {
    // A number, a shared text, a short number, a truth; each with its length.
    const CELL_RECORDS: [[u8; 4]; 4] =
        [[0x03, 0x02, 14, 0], [0xFD, 0x00, 10, 0], [0x7E, 0x02, 10, 0], [0x05, 0x02, 8, 0]];
    let short = |at: usize| {
        let pair = bytes.get(at..at + 2).and_then(|pair| pair.try_into().ok());
        pair.map_or(0, |pair| u64::from(u16::from_le_bytes(pair)))
    };
    let (mut rows, mut columns) = (0, 0);
    for at in CELL_RECORDS.iter().flat_map(|record| memchr::memmem::find_iter(bytes, record)) {
        rows = short(at + 4).max(rows);
        columns = short(at + 6).max(columns);
    }
    let names_sheet = |at: &usize| {
        let record = bytes.get(*at..*at + 10);
        record.is_some_and(|record| matches!(record, [_, _, 8..=255, 0, _, _, _, _, 0..=2, 0]))
    };
    let sheets = memchr::memmem::find_iter(bytes, &[0x85, 0x00]).filter(names_sheet).count();
    u64::try_from(sheets.max(1)).unwrap_or(u64::MAX).saturating_mul((rows + 1) * (columns + 1))
}

fn read_xls(bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    let fault = |error: XlsError| match error {
        XlsError::Password => WorkbookFault::Encrypted,
        other => WorkbookFault::Damaged(other.to_string()),
    };
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(fault)?;
    let mut grids = Vec::new();
    let mut cells_left = CELLS;
    for (name, very_hidden) in sheet_names(book.sheets_metadata())? {
        let range = book.worksheet_range(&name).map_err(fault)?;
        let formulas = formula_places(&mut book, &name);
        let mut grid = Grid::named(&name);
        grid.very_hidden = very_hidden;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            cells_left = cells_left.checked_sub(1).ok_or(WorkbookFault::TooManyCells)?;
            let (row, column) = (offset(top, row), offset(left, column));
            push(&mut grid, row, column, text_of(value), formulas.contains(&(row, column)), false);
        }
        for merge in book.merge_cells_by_sheet_name(&name).unwrap_or_default() {
            grid.merge(Region { top: merge.start.0, left: merge.start.1, bottom: merge.end.0 });
        }
        grid.sort();
        grids.push(grid);
    }
    Ok(grids)
}

fn formula_places<R: std::io::Read + std::io::Seek>(book: &mut Xls<R>, name: &str) -> BTreeSet<(u32, u32)> {
    let Ok(range) = book.worksheet_formula(name) else { return BTreeSet::new() };
    let (top, left) = range.start().unwrap_or_default();
    range.used_cells().map(|(row, column, _)| (offset(top, row), offset(left, column))).collect()
}

fn offset(start: u32, by: usize) -> u32 {
    start.saturating_add(u32::try_from(by).unwrap_or(u32::MAX))
}

//! Office Open XML workbooks to grids. The only file that knows calamine.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};

use super::contain::contained;
use super::grid::Grid;
use super::layout::{add_layout, has_formulas, is_needed_part, overstated_part, sheet_parts};
use super::limits::{CELL_BYTES, CELLS, LAYOUT_ENTRIES, TABLES};
use super::zip_guard::{Stored, ZipFault};

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
    /// More text in its cells than any list.
    #[error("has more than {CELL_BYTES} bytes of text in its cells")]
    TooMuchText,
    /// More merged regions, widths and hidden rows than any list.
    #[error("has a sheet with more than {LAYOUT_ENTRIES} merged regions, column widths and hidden rows")]
    TooMuchLayout,
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
    let stored = Stored::of(bytes, is_needed_part)?;
    let parts = stored.parts();
    if let Some(part) = overstated_part(&parts) {
        return Err(WorkbookFault::Damaged(format!(
            "the part `{part}` declares more texts than it can hold"
        )));
    }
    let paths = sheet_parts(&parts);
    if paths.len() > TABLES {
        return Err(WorkbookFault::TooManySheets(paths.len()));
    }
    let mut layouts = BTreeMap::new();
    for (name, path) in paths {
        let layout = Layout::of(&name, parts.get(path.as_str()).copied().unwrap_or_default())?;
        layouts.insert(name, layout);
    }
    let mut book: Book = Xlsx::new(Cursor::new(stored.into_archive())).map_err(xlsx_fault)?;
    let mut cells_left = CELLS;
    let mut grids = Vec::new();
    for (name, very_hidden) in sheet_names(book.sheets_metadata())? {
        let Layout { mut grid, formulas } = match layouts.get(&name) {
            Some(layout) => layout.clone(),
            None => Layout::of(&name, &[])?,
        };
        grid.very_hidden = very_hidden;
        read_cells(&mut book, &mut grid, formulas, &mut cells_left)?;
        grid.sort();
        grids.push(grid);
    }
    Ok(grids)
}

/// What a sheet's part tells besides its cells.
#[derive(Clone)]
struct Layout {
    /// Still without cells.
    grid: Grid,
    formulas: bool,
}

impl Layout {
    fn of(name: &str, part: &[u8]) -> Result<Self, WorkbookFault> {
        let mut grid = Grid::named(name);
        if !add_layout(part, &mut grid) {
            return Err(WorkbookFault::TooMuchLayout);
        }
        Ok(Self { grid, formulas: has_formulas(part) })
    }
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
            grid.push_text(row, column, &text_of_ref(cell.get_value()), false, struck.contains(&style));
        }
        return Ok(());
    }
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(xlsx_fault)? {
        count()?;
        let (row, column) = record.pos;
        grid.push_text(row, column, &text_of_ref(&record.value), record.formula.is_some(), false);
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

fn text_of_ref<'v>(value: &'v DataRef<'_>) -> Cow<'v, str> {
    Cow::Owned(match value {
        DataRef::Empty => return Cow::Borrowed(""),
        DataRef::SharedString(text) => return Cow::Borrowed(text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            return Cow::Borrowed(text);
        }
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(date) => date.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    })
}

fn xlsx_fault(error: XlsxError) -> WorkbookFault {
    match error {
        XlsxError::Password => WorkbookFault::Encrypted,
        other => WorkbookFault::Damaged(other.to_string()),
    }
}

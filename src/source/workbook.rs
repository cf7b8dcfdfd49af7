//! Office Open XML workbooks to grids. The only file that knows calamine.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};

use super::contain::contained;
use super::grid::{Cell, Grid};
use super::layout::{add_layout, has_formulas, is_needed_part, overstated_part, sheet_parts};
use super::limits::{CELL_BYTES, CELLS, LAYOUT_ENTRIES, TABLES};
use super::plain_book::PlainBook;
use super::plain_sheet::PlainCell;
use super::runs::Marks;
use super::text::shortened;
use super::well_formed::fault_of;
use super::xlsx_runs::with_marks;
use super::zip_guard::{Parts, Stored, ZipFault, folded};

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
    let (stored, marks) = with_marks(Stored::of(bytes, is_needed_part)?, bytes)?;
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
    check_others(&parts)?;
    let layouts = layouts(&parts, &paths)?;
    let is_computed = layouts.values().any(|layout| layout.formulas);
    let plain = if is_computed { None } else { PlainBook::of(&parts, &paths) };
    let Some(plain) = plain else {
        let sheets = paths.values().filter_map(|path| Some((path.as_str(), *parts.get(path.as_str())?)));
        check(sheets)?;
        return read_cell_by_cell(stored.into_archive(), &layouts, &marks);
    };
    check(plain.sheets())?;
    let archive = plain.archive(&stored)?;
    drop(stored);
    match read_plain(plain, archive, &layouts, &marks) {
        Some(grids) => Ok(grids),
        // What is wrong is told of the workbook as it is.
        None => {
            let (stored, marks) = with_marks(Stored::of(bytes, is_needed_part)?, bytes)?;
            read_cell_by_cell(stored.into_archive(), &layouts, &marks)
        }
    }
}

/// What is wrong with the first of some parts that is no well-formed XML.
fn check<'p>(parts: impl Iterator<Item = (&'p str, &'p [u8])>) -> Result<(), WorkbookFault> {
    for (name, part) in parts {
        if let Some(fault) = fault_of(part) {
            let name = shortened(name);
            return Err(WorkbookFault::Damaged(format!("its part `{name}` is no well-formed XML: {fault}")));
        }
    }
    Ok(())
}

/// The same for what tells which sheets there are and which texts they share.
fn check_others(parts: &Parts<'_>) -> Result<(), WorkbookFault> {
    let is_read = |name: &str| {
        let name = folded(name);
        ["workbook.xml", "workbook.xml.rels", "sharedstrings.xml"].iter().any(|end| name.ends_with(end))
    };
    check(parts.iter().filter(|(name, _)| is_read(name)).map(|(name, part)| (*name, *part)))
}

fn layouts(
    parts: &Parts<'_>,
    paths: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Layout>, WorkbookFault> {
    let known = paths.iter().filter_map(|(name, path)| Some((name, *parts.get(path.as_str())?)));
    known.map(|(name, part)| Ok((name.clone(), Layout::of(name, part)?))).collect()
}

/// The sheets of a plain workbook, whose cells calamine sees once for each way of writing one.
fn read_plain(
    mut plain: PlainBook,
    archive: Vec<u8>,
    layouts: &BTreeMap<String, Layout>,
    marks: &Marks,
) -> Option<Vec<Grid>> {
    let mut book = open(archive).ok()?;
    let mut grids = Vec::new();
    for (name, very_hidden) in sheet_names(book.sheets_metadata()).ok()? {
        let sheet = plain.take(&name)?;
        let meanings = meanings(&mut book, &name, sheet.count, marks)?;
        let mut grid = layouts.get(&name)?.grid.clone();
        grid.very_hidden = very_hidden;
        for PlainCell { row, column, way } in sheet.cells {
            let meaning = meanings.get(usize::try_from(way).ok()?)?;
            if !meaning.text.is_empty() {
                grid.push(row, Cell { column: column.into(), ..meaning.clone() });
            }
        }
        grid.sort().ok()?;
        grids.push(grid);
    }
    plain.is_empty().then_some(grids)
}

/// What each way of writing a cell makes of one: those of the first row, from its start.
fn meanings(book: &mut Book, name: &str, count: u32, marks: &Marks) -> Option<Vec<Cell>> {
    let mut reader = book.worksheet_cells_reader(name).ok()?;
    let struck = struck_styles(reader.styles());
    let mut meanings = Vec::with_capacity(usize::try_from(count).ok()?);
    let mut columns = 0..count;
    while let Some((cell, style)) = reader.next_cell_with_style_id().ok()? {
        if cell.get_position() != (0, columns.next()?) {
            return None;
        }
        let read = marks.read(&text_of_ref(cell.get_value()));
        meanings.push(Cell { struck: read.struck || struck.contains(&style), ..read });
    }
    columns.next().is_none().then_some(meanings)
}

fn read_cell_by_cell(
    archive: Vec<u8>,
    layouts: &BTreeMap<String, Layout>,
    marks: &Marks,
) -> Result<Vec<Grid>, WorkbookFault> {
    let mut book = open(archive)?;
    let mut cells_left = CELLS;
    let mut grids = Vec::new();
    for (name, very_hidden) in sheet_names(book.sheets_metadata())? {
        // Without it nobody knows which cells are merged, hidden or computed.
        let lost =
            || WorkbookFault::Damaged(format!("the part of its sheet `{}` is missing", shortened(&name)));
        let Layout { mut grid, formulas } = layouts.get(&name).ok_or_else(lost)?.clone();
        grid.very_hidden = very_hidden;
        read_cells(&mut book, &mut grid, formulas, marks, &mut cells_left)?;
        grid.sort()?;
        grids.push(grid);
    }
    Ok(grids)
}

fn open(archive: Vec<u8>) -> Result<Book, WorkbookFault> {
    Xlsx::new(Cursor::new(archive)).map_err(xlsx_fault)
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
    let mut names = BTreeSet::new();
    if let Some(sheet) = sheets.iter().find(|sheet| !names.insert(&sheet.name)) {
        let what = format!("it has two sheets with the name `{}`", shortened(&sheet.name));
        return Err(WorkbookFault::Damaged(what));
    }
    let with_cells = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    Ok(with_cells.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::VeryHidden)).collect())
}

fn read_cells(
    book: &mut Book,
    grid: &mut Grid,
    formulas: bool,
    marks: &Marks,
    cells_left: &mut usize,
) -> Result<(), WorkbookFault> {
    let name = grid.name.clone();
    let mut reader = match book.worksheet_cells_reader(&name) {
        // A sheet of charts or macros; a worksheet that stops before its cells has the root of one.
        Err(XlsxError::NotAWorksheet(kind)) if kind != "worksheet" => return Ok(()),
        other => other.map_err(xlsx_fault)?,
    };
    let struck = struck_styles(reader.styles());
    let mut count = || {
        *cells_left = cells_left.checked_sub(1).ok_or(WorkbookFault::TooManyCells)?;
        Ok::<(), WorkbookFault>(())
    };
    if !formulas {
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(xlsx_fault)? {
            count()?;
            let (row, column) = cell.get_position();
            let struck = struck.contains(&style);
            let known = Cell { column, struck, ..Cell::default() };
            grid.push_text(row, known, &text_of_ref(cell.get_value()), marks);
        }
        return Ok(());
    }
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(xlsx_fault)? {
        count()?;
        let (row, column) = record.pos;
        // An empty text that was saved is a value, and the cell is as blank as it shows.
        let is_blank = matches!(&record.value, DataRef::String(text) if text.is_empty());
        let formula = record.formula.is_some() && !is_blank;
        grid.push_text(row, Cell { column, formula, ..Cell::default() }, &text_of_ref(&record.value), marks);
    }
    drop(reader);
    if !struck.is_empty() {
        strike(book, grid, &struck)?;
    }
    Ok(())
}

/// Numbers of the styles that strike their text out.
fn struck_styles(styles: &[calamine::Style]) -> BTreeSet<usize> {
    let is_struck =
        |style: &calamine::Style| style.font.as_ref().is_some_and(calamine::Font::has_strikethrough);
    styles.iter().enumerate().filter(|(_, style)| is_struck(style)).map(|(id, _)| id).collect()
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
            cell.struck |= places.contains(&(line.number, cell.column));
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use rust_xlsxwriter::{Color, ExcelDateTime, Format, Workbook};

    use super::*;

    /// The same workbook by both ways, if it is plain.
    fn both_ways(bytes: &[u8]) -> Option<[String; 2]> {
        let (stored, marks) = with_marks(Stored::of(bytes, is_needed_part).ok()?, bytes).ok()?;
        let parts = stored.parts();
        let paths = sheet_parts(&parts);
        let layouts = layouts(&parts, &paths).ok()?;
        let plain = PlainBook::of(&parts, &paths)?;
        let archive = plain.archive(&stored).ok()?;
        let plainly = read_plain(plain, archive, &layouts, &marks)?;
        let wholly = read_cell_by_cell(stored.into_archive(), &layouts, &marks).ok()?;
        let shown = |grids: Vec<Grid>| {
            let shown = |grid: &Grid| format!("{} {} {:#?}", grid.name, grid.very_hidden, grid.lines);
            grids.iter().map(shown).collect::<String>()
        };
        Some([shown(plainly), shown(wholly)])
    }

    fn workbooks(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.extend(workbooks(&path));
            } else if path.extension().is_some_and(|ending| ending == "xlsx") {
                found.push(path);
            }
        }
        found
    }

    #[test]
    fn plain_workbooks_are_what_calamine_reads_cell_by_cell() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut plain = 0;
        for path in ["samples", "tests", "../shared/workbooks"].iter().flat_map(|f| workbooks(&root.join(f)))
        {
            if let Some([plainly, wholly]) = both_ways(&fs::read(&path).expect("a workbook")) {
                assert_eq!(plainly, wholly, "{}", path.display());
                plain += 1;
            }
        }
        assert!(plain >= 3, "the workbooks of the samples are plain, and {plain} workbooks are");
    }

    #[test]
    fn values_of_every_kind_are_what_calamine_reads_cell_by_cell() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let struck = Format::new().set_font_strikethrough();
        let date = Format::new().set_num_format("yyyy-mm-dd");
        let blue = Format::new().set_background_color(Color::Blue);
        let write = |sheet: &mut rust_xlsxwriter::Worksheet| -> Result<(), rust_xlsxwriter::XlsxError> {
            for row in [0, 3, 70_000] {
                sheet.write(row, 0, " a<b>&\"c\"\u{a0}\n_x000D_ ")?;
                sheet.write_with_format(row, 1, "a.contoso.com", &struck)?;
                sheet.write(row, 2, "a.contoso.com")?;
                sheet.write(row, 4, 443)?.write(row, 5, 0.1)?.write(row, 6, row)?.write(row, 7, true)?;
                sheet.write_with_format(row, 8, ExcelDateTime::from_ymd(2025, 10, 1)?, &date)?;
                sheet.write_blank(row, 9, &blue)?;
                sheet.write(row, 16_383, format!("{row}.contoso.com"))?;
            }
            Ok(())
        };
        write(sheet).expect("cells");
        book.add_worksheet().set_very_hidden(true).write(1, 1, "b").expect("a cell");
        book.add_worksheet();
        let [plainly, wholly] = both_ways(&book.save_to_buffer().expect("a workbook")).expect("plain sheets");
        assert_eq!(plainly, wholly);
        assert!(plainly.contains("70000.contoso.com") && plainly.contains("struck: true"), "{plainly}");
    }
}

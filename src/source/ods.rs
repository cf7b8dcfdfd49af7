//! Open Document workbooks to grids.
//!
//! Read here and not by calamine, which unrolls repeated rows into memory, does not end on a document that is cut
//! off, and shows neither merged cells nor hidden columns.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::grid::{Cell, Grid, Region};
use super::layout::attribute;
use super::limits::{CELLS, TABLES};
use super::runs::{Look, Marks, push, without_marks};
use super::sniff::contains;
use super::text::shortened;
use super::workbook::WorkbookFault;
use super::zip_guard::inflate;

/// Highest row that any spreadsheet program has.
const LAST_ROW: u32 = 1 << 20;

/// The sheets of an Open Document workbook, in order.
pub(super) fn read_ods(bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    let parts = inflate(bytes, |name| name == "content.xml" || name == "META-INF/manifest.xml")?;
    if parts.get("META-INF/manifest.xml").is_some_and(|manifest| contains(manifest, b"encryption-data")) {
        return Err(WorkbookFault::Encrypted);
    }
    let content = parts.get("content.xml");
    let content =
        content.ok_or_else(|| WorkbookFault::Damaged("the part `content.xml` is missing".to_owned()))?;
    let mut reading = Reading { cells_left: CELLS, ..Reading::default() };
    let mut reader = Reader::from_reader(content.as_slice());
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event =
            reader.read_event_into(&mut buffer).map_err(|error| WorkbookFault::Damaged(error.to_string()))?;
        match event {
            Event::Start(element) => reading.start(&element)?,
            Event::End(element) => reading.end(element.local_name().as_ref())?,
            Event::Text(text) => reading.text(&text.xml10_content()),
            Event::CData(text) => reading.text(&text.xml10_content()),
            Event::GeneralRef(reference) => reading.reference(&reference)?,
            Event::Eof => break,
            _ => {}
        }
    }
    if reading.in_table {
        return Err(WorkbookFault::Damaged("the part `content.xml` is cut off".to_owned()));
    }
    for grid in &mut reading.grids {
        grid.sort()?;
    }
    Ok(reading.grids)
}

/// The cell that is being read.
#[derive(Debug, Default)]
struct OpenCell {
    text: String,
    /// A number or date, which stands in an attribute.
    value: Option<String>,
    repeated: u32,
    rows_spanned: u32,
    columns_spanned: u32,
    formula: bool,
    /// Whether a value was saved, be it an empty text.
    saved: bool,
    struck: bool,
    paragraphs: usize,
}

/// What a style says of how a text looks; what it does not say is as around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Style {
    struck: Option<bool>,
    raised: Option<bool>,
}

impl Style {
    /// How a text of the style looks inside of one that looks like `around`.
    fn inside(self, around: Look) -> Look {
        Look { struck: self.struck.unwrap_or(around.struck), raised: self.raised.unwrap_or(around.raised) }
    }
}

#[derive(Debug, Default)]
struct Reading {
    grids: Vec<Grid>,
    in_table: bool,
    /// Depth inside of comments and other things that are no text of a cell.
    aside: usize,
    row: u32,
    rows_repeated: u32,
    row_cells: Vec<Cell>,
    column: u32,
    /// Next column that a column element describes.
    described: u32,
    cell: Option<OpenCell>,
    cells_left: usize,
    /// What the styles of each family and name say of how texts look.
    styles: BTreeMap<(String, String), Style>,
    /// Names of the styles of columns that have no width.
    zero_width: BTreeSet<String>,
    /// Family and name of the style that is being described.
    style: Option<(String, String)>,
    /// How each of the paragraphs and pieces of text looks that are open.
    spans: Vec<Look>,
}

impl Reading {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), WorkbookFault> {
        let name = element.local_name();
        if self.aside > 0 || matches!(name.as_ref(), "annotation" | "shapes" | "tracked-changes") {
            self.aside += 1;
            return Ok(());
        }
        match name.as_ref() {
            "table" => self.start_table(element)?,
            "table-column" => self.describe_column(element),
            "table-row" => self.start_row(element),
            "table-cell" | "covered-table-cell" => {
                let look = self.style_of(element, "table-cell").inside(Look::default());
                self.cell = Some(OpenCell { struck: look.struck, ..open_cell(element) });
            }
            "style" => {
                let family = attribute(element, "family").unwrap_or_default();
                self.style = attribute(element, "name").map(|name| (family, name));
            }
            "text-properties" => self.describe_style(element),
            "table-column-properties" => self.describe_width(element),
            "span" => self.start_text(element, "text"),
            "p" => {
                self.start_text(element, "paragraph");
                if let Some(cell) = &mut self.cell {
                    cell.paragraphs += 1;
                    if cell.paragraphs > 1 {
                        cell.text.push('\n');
                    }
                }
            }
            "line-break" => self.text("\n"),
            "tab" => self.text("\t"),
            "s" => self.text(" "),
            _ => {}
        }
        Ok(())
    }

    /// The style that an element names.
    fn style_of(&self, element: &BytesStart<'_>, family: &str) -> Style {
        let name = attribute(element, "style-name");
        let style = name.and_then(|name| self.styles.get(&(family.to_owned(), name)).copied());
        style.unwrap_or_default()
    }

    fn start_text(&mut self, element: &BytesStart<'_>, family: &str) {
        let around = self.spans.last().copied().unwrap_or_default();
        self.spans.push(self.style_of(element, family).inside(around));
    }

    fn start_table(&mut self, element: &BytesStart<'_>) -> Result<(), WorkbookFault> {
        if self.grids.len() >= TABLES {
            return Err(WorkbookFault::TooManySheets(self.grids.len() + 1));
        }
        self.grids.push(Grid::named(attribute(element, "name").unwrap_or_default()));
        (self.in_table, self.row, self.described) = (true, 0, 0);
        Ok(())
    }

    fn describe_style(&mut self, element: &BytesStart<'_>) {
        let lines = ["text-line-through-style", "text-line-through-type"];
        let mut lines = lines.iter().filter_map(|name| attribute(element, name)).peekable();
        let is_none = |line: String| matches!(line.as_str(), "" | "none");
        let struck = lines.peek().is_some().then(|| !lines.any(is_none));
        let raised = attribute(element, "text-position").map(|position| {
            let shift = position.split_whitespace().next().unwrap_or_default().trim_end_matches('%');
            matches!(shift, "super" | "sub") || shift.parse::<f64>().is_ok_and(|shift| shift != 0.0)
        });
        let style = Style { struck, raised };
        if style != Style::default() {
            self.styles.extend(self.style.clone().map(|name| (name, style)));
        }
    }

    fn describe_width(&mut self, element: &BytesStart<'_>) {
        let Some((_, name)) = &self.style else { return };
        let width = attribute(element, "column-width");
        let number = width.as_deref().map(|width| width.trim_end_matches(|unit: char| unit.is_alphabetic()));
        if number.and_then(|number| number.parse::<f64>().ok()) == Some(0.0) {
            self.zero_width.insert(name.clone());
        }
    }

    fn describe_column(&mut self, element: &BytesStart<'_>) {
        let repeated = number(element, "number-columns-repeated");
        let style = attribute(element, "style-name");
        let unseen = is_unseen(element) || style.is_some_and(|name| self.zero_width.contains(&name));
        let last = self.described.saturating_add(repeated).saturating_sub(1);
        if let Some(grid) = self.grids.last_mut().filter(|_| unseen) {
            grid.unseen.list(self.described, last, true);
        }
        self.described = last.saturating_add(1);
    }

    fn start_row(&mut self, element: &BytesStart<'_>) {
        self.rows_repeated = number(element, "number-rows-repeated");
        self.column = 0;
        self.row_cells.clear();
        if let Some(grid) = self.grids.last_mut().filter(|_| is_unseen(element)) {
            grid.hidden_rows.push(self.row.saturating_add(1));
        }
    }

    fn end(&mut self, name: &str) -> Result<(), WorkbookFault> {
        if self.aside > 0 {
            self.aside -= 1;
            return Ok(());
        }
        match name {
            "table" => self.in_table = false,
            "style" => self.style = None,
            "span" | "p" => drop(self.spans.pop()),
            "table-row" => self.end_row()?,
            "table-cell" | "covered-table-cell" => self.end_cell()?,
            _ => {}
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), WorkbookFault> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let (first, repeated) = (self.column, cell.repeated);
        self.column = self.column.saturating_add(repeated);
        self.count(1)?;
        if cell.rows_spanned > 1 || cell.columns_spanned > 1 {
            let bottom = self.row.saturating_add(cell.rows_spanned - 1);
            let right = first.saturating_add(cell.columns_spanned - 1);
            let region = Region { top: self.row, left: first, bottom, right };
            self.count(usize::try_from(region.width()).unwrap_or(usize::MAX))?;
            if let Some(grid) = self.grids.last_mut() {
                grid.merge(region);
            }
        }
        let text = cell.value.map_or(cell.text, |value| without_marks(&value).into_owned());
        // One reading for every repetition.
        let read = Marks::Pushed.read(&text);
        // An empty text that was saved is the value of its formula.
        if read.text.trim().is_empty() && (!cell.formula || cell.saved) {
            return Ok(());
        }
        for column in first..self.column {
            self.count(1)?;
            let (formula, struck) = (cell.formula, cell.struck || read.struck);
            self.row_cells.push(Cell { column, formula, struck, ..read.clone() });
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), WorkbookFault> {
        let next = self.row.saturating_add(self.rows_repeated);
        if !self.row_cells.is_empty() {
            for row in self.row..next.min(LAST_ROW) {
                self.count(self.row_cells.len())?;
                if let Some(grid) = self.grids.last_mut() {
                    self.row_cells.iter().for_each(|cell| grid.push(row, cell.clone()));
                }
            }
        }
        self.row = next;
        Ok(())
    }

    fn count(&mut self, cells: usize) -> Result<(), WorkbookFault> {
        self.cells_left = self.cells_left.checked_sub(cells).ok_or(WorkbookFault::TooManyCells)?;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = self.cell.as_mut().filter(|cell| self.aside == 0 && cell.paragraphs > 0) {
            push(&mut cell.text, self.spans.last().copied().unwrap_or_default(), text);
        }
    }

    fn reference(&mut self, reference: &quick_xml::events::BytesRef<'_>) -> Result<(), WorkbookFault> {
        let character = reference.resolve_char_ref().ok().flatten();
        let name = reference.xml10_content();
        match (character, quick_xml::escape::resolve_predefined_entity(&name)) {
            (Some(character), _) => self.text(character.encode_utf8(&mut [0; 4])),
            (None, Some(text)) => self.text(text),
            (None, None) => {
                return Err(WorkbookFault::Damaged(format!(
                    "the part `content.xml` has the entity `{}`, which nothing explains",
                    shortened(&name)
                )));
            }
        }
        Ok(())
    }
}

fn open_cell(element: &BytesStart<'_>) -> OpenCell {
    let kind = attribute(element, "value-type");
    let is_number = matches!(kind.as_deref(), Some("float" | "percentage" | "currency"));
    OpenCell {
        value: is_number.then(|| attribute(element, "value")).flatten(),
        repeated: number(element, "number-columns-repeated"),
        rows_spanned: number(element, "number-rows-spanned"),
        columns_spanned: number(element, "number-columns-spanned"),
        formula: attribute(element, "formula").is_some(),
        saved: kind.is_some(),
        ..OpenCell::default()
    }
}

fn is_unseen(element: &BytesStart<'_>) -> bool {
    matches!(attribute(element, "visibility").as_deref(), Some("collapse" | "filter"))
}

/// A count of at least 1, which is 1 where the attribute is missing.
fn number(element: &BytesStart<'_>, name: &str) -> u32 {
    let text = attribute(element, name);
    text.map_or(1, |text| {
        text.trim().parse::<u64>().map_or(1, |count| u32::try_from(count).unwrap_or(u32::MAX))
    })
    .max(1)
}

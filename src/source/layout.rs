//! What the sheets of an Office Open XML workbook look like: widths of columns, hidden rows, merged cells.
//!
//! Only the little before and after a sheet's cells is parsed; the cells themselves are calamine's.

use std::collections::BTreeMap;

use memchr::memmem::{find, rfind};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::grid::{Grid, Region};
use super::limits::LAYOUT_ENTRIES;
use super::sniff::contains;
use super::zip_guard::{Parts, folded};

/// Most ranges of columns of a sheet that are looked at: one for each column.
const MOST_COLUMN_RANGES: usize = 16_384;

/// Whether a part can hold cells, or tell how they look.
pub(super) fn is_needed_part(name: &str) -> bool {
    let name = folded(name);
    let other =
        ["drawing", "customxml", "docprops", "/tables/", "/theme/"].iter().any(|part| name.contains(part));
    let ending = name.rsplit('.').next().unwrap_or_default();
    matches!(ending, "xml" | "rels") && !other
}

/// The part of each sheet, by the sheet's name. A sheet whose part is missing has none.
pub(super) fn sheet_parts(parts: &Parts<'_>) -> BTreeMap<String, String> {
    let names: BTreeMap<String, &str> = parts.keys().map(|name| (folded(name), *name)).collect();
    let named = |path: &str| names.get(&folded(path)).copied();
    let part = |path: &str| named(path).and_then(|name| parts.get(name)).copied().unwrap_or_default();
    let mut book = "xl/workbook.xml".to_owned();
    for_each_element(part("_rels/.rels"), "Relationship", |element| {
        let is_book =
            attribute(element, "Type").is_some_and(|kind| kind.ends_with("/relationships/officeDocument"));
        if let Some(target) = attribute(element, "Target").filter(|_| is_book) {
            target.trim_start_matches('/').clone_into(&mut book);
        }
    });
    let (folder, name) = book.rsplit_once('/').unwrap_or(("", &book));
    let below = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let mut targets = BTreeMap::new();
    for_each_element(part(&below(&format!("_rels/{name}.rels"))), "Relationship", |element| {
        if let (Some(id), Some(target)) = (attribute(element, "Id"), attribute(element, "Target")) {
            targets.insert(id, target);
        }
    });
    let mut sheets = BTreeMap::new();
    for_each_element(part(&book), "sheet", |element| {
        let target = attribute(element, "id").and_then(|id| targets.get(&id).cloned());
        if let (Some(name), Some(target)) = (attribute(element, "name"), target) {
            let path = target.strip_prefix('/').map_or_else(|| below(&target), str::to_owned);
            sheets.extend(named(&path).map(|path| (name, path.to_owned())));
        }
    });
    sheets
}

/// The part that declares more shared texts than it has room for: memory would be reserved for what it declares.
pub(super) fn overstated_part<'p>(parts: &Parts<'p>) -> Option<&'p str> {
    const SHORTEST_TEXT: usize = "<si/>".len();
    let strings = parts.iter().filter(|(name, _)| name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
    let overstates = |bytes: &[u8]| {
        let mut overstates = false;
        let end = find(bytes, b"<si").unwrap_or(bytes.len());
        for_each_element(bytes.get(..end).unwrap_or_default(), "sst", |element| {
            let declared = attribute(element, "uniqueCount").map(|count| count.trim().parse::<usize>());
            overstates |=
                declared.is_some_and(|count| count.is_ok_and(|count| count > bytes.len() / SHORTEST_TEXT));
        });
        overstates
    };
    strings.filter(|(_, bytes)| overstates(bytes)).map(|(name, _)| *name).next()
}

/// Whether any cell of a sheet is computed.
pub(super) fn has_formulas(sheet: &[u8]) -> bool {
    contains(sheet, b"<f>") || contains(sheet, b"<f ") || contains(sheet, b":f>") || contains(sheet, b":f ")
}

/// Adds columns without width, hidden rows and merged regions to a grid. Whether all of them could be added: what is
/// left out would change what rows mean.
pub(super) fn add_layout(sheet: &[u8], grid: &mut Grid) -> bool {
    let start = find(sheet, b"sheetData").unwrap_or(sheet.len());
    let (head, cells) = sheet.split_at(start);
    let mut entries = 0;
    let mut room = || {
        entries += 1;
        entries <= LAYOUT_ENTRIES
    };
    for_each_element(head, "sheetFormatPr", |element| {
        grid.unseen.others = attribute(element, "defaultColWidth").is_some_and(|width| is_zero(&width));
    });
    let mut columns = 0;
    for_each_element(head, "col", |element| {
        let number = |name: &str| attribute(element, name).and_then(|text| text.parse::<u32>().ok());
        let (Some(first), Some(last)) = (number("min"), number("max")) else { return };
        let zero = attribute(element, "width").is_some_and(|width| is_zero(&width));
        let unseen = zero || attribute(element, "hidden").is_some_and(|value| is_true(&value));
        columns += 1;
        if columns <= MOST_COLUMN_RANGES {
            grid.unseen.list(first.saturating_sub(1), last.saturating_sub(1), unseen);
        }
    });
    if contains(cells, b" hidden=") {
        for_each_element(cells, "row", |element| {
            let hidden = attribute(element, "hidden").is_some_and(|value| is_true(&value));
            let number = attribute(element, "r").and_then(|text| text.parse::<u32>().ok());
            if let Some(number) = number.filter(|_| hidden && room()) {
                grid.hidden_rows.push(number);
            }
        });
    }
    let tail = rfind(cells, b"sheetData").and_then(|at| cells.get(at..)).unwrap_or_default();
    for_each_element(tail, "mergeCell", |element| {
        let region = attribute(element, "ref").and_then(|text| region(&text));
        // Each column that it covers is an entry.
        if let Some(region) = region.filter(|region| (0..region.width()).all(|_| room())) {
            grid.merge(region);
        }
    });
    entries <= LAYOUT_ENTRIES && columns <= MOST_COLUMN_RANGES
}

/// Calls `f` for every element of this local name in a piece of XML, as far as it can be read.
fn for_each_element(xml: &[u8], name: &str, mut f: impl FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_reader(xml);
    let config = reader.config_mut();
    // A piece starts and ends in the middle of elements.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) if element.local_name().as_ref() == name => {
                f(&element);
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The value of an attribute by its local name.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

fn is_zero(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(|width| width <= 0.0)
}

fn is_true(text: &str) -> bool {
    text == "1" || text == "true"
}

/// `A6:A8` as a region.
fn region(text: &str) -> Option<Region> {
    let (from, to) = text.split_once(':')?;
    let ((top, left), (bottom, right)) = (row_and_column(from)?, row_and_column(to)?);
    Some(Region { top, left, bottom, right })
}

/// `C6` as row 5 and column 2.
fn row_and_column(text: &str) -> Option<(u32, u32)> {
    let text = text.trim_start_matches('$');
    let digits = text.find(|c: char| c.is_ascii_digit() || c == '$')?;
    let (letters, row) = text.split_at(digits);
    let mut column: u32 = 0;
    for letter in letters.bytes() {
        let value = letter.to_ascii_uppercase().checked_sub(b'A').filter(|value| *value < 26)?;
        column = column.checked_mul(26)?.checked_add(u32::from(value) + 1)?;
    }
    let row: u32 = row.trim_start_matches('$').parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_a_sheet_of_default_width_zero_does_not_list_are_unseen() {
        let xml = br#"<worksheet><sheetFormatPr defaultColWidth="0"/><cols><col min="1" max="7" width="9"/>
            <col min="9" max="9" width="9"/><col min="10" max="10" width="9" hidden="1"/></cols><sheetData>
            <row r="3" hidden="1"/></sheetData><mergeCells><mergeCell ref="A6:A8"/></mergeCells></worksheet>"#;
        let mut grid = Grid::named("s");
        assert!(add_layout(xml, &mut grid));
        assert!(grid.unseen.contains(7) && grid.unseen.contains(9) && !grid.unseen.contains(8));
        assert_eq!(grid.hidden_rows, [3]);
    }

    #[test]
    fn cell_names_are_rows_and_columns() {
        assert_eq!(row_and_column("C6"), Some((5, 2)));
        assert_eq!(row_and_column("$XFD$1048576"), Some((1_048_575, 16_383)));
        assert_eq!(row_and_column("6"), None);
        assert_eq!(row_and_column("C0"), None);
    }
}

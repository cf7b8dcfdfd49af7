//! Sheets whose cells are written as programs write them, with each way of writing a cell kept once.
//!
//! A long list repeats itself: of the cells of a row one or two are new. What a cell holds is calamine's to say, but
//! that cells which are written alike hold the same needs no parser. So calamine is given the sheet with every way of
//! writing once, and its answers go to all the places where cells are written so. A sheet with anything in it that is
//! not plain (formulas, rich texts, comments, prefixes, places that are not told) is not taken apart here: then
//! calamine reads it cell by cell.

use foldhash::{HashMap, HashMapExt};
use memchr::memchr;
use memchr::memmem::Finder;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::limits::CELLS;

const START: &[u8] = b"<sheetData>";
const END: &[u8] = b"</sheetData>";
const WITHOUT_CELLS: &[u8] = b"<sheetData/>";

/// Most rows and columns of any sheet.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;

/// A sheet taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlainSheet {
    /// Every cell, in the order of the file.
    pub(super) cells: Vec<PlainCell>,
    /// The sheet with each way of writing once, in one row that starts in the first column.
    pub(super) ways: Vec<u8>,
    /// How many ways there are.
    pub(super) count: u32,
}

/// A place, from 0, and the number of the way in which its cell is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlainCell {
    pub(super) row: u32,
    pub(super) column: u16,
    pub(super) way: u32,
}

impl PlainSheet {
    /// The sheet, if there is nothing in it that is not plain.
    pub(super) fn of(sheet: &[u8]) -> Option<Self> {
        // In other encodings a part of a character can look like a mark.
        std::str::from_utf8(sheet).ok()?;
        let (head, cells) = sheet.split_at(end_of_head(sheet)?);
        let mut tail = cells;
        let mut plain = Self { cells: Vec::new(), ways: Vec::with_capacity(head.len() + 256), count: 0 };
        if let Some(head) = head.strip_suffix(WITHOUT_CELLS) {
            plain.ways.extend(head);
            plain.ways.extend(START);
        } else {
            plain.ways.extend(head);
            plain.ways.extend(b"<row>");
            let mut cells = Marks(cells);
            plain.add_rows(&mut cells)?;
            plain.ways.extend(b"</row>");
            tail = cells.0;
        }
        plain.ways.extend(END);
        plain.ways.extend(tail);
        Some(plain)
    }

    fn add_rows<'x>(&mut self, marks: &mut Marks<'x>) -> Option<()> {
        let mut known: HashMap<&'x [u8], u32> = HashMap::new();
        let end_of_cell = Finder::new(b"</c>");
        while !marks.skip_blank().take(END) {
            if !marks.take(b"<row") {
                return None;
            }
            if marks.row_is_empty()? {
                continue;
            }
            while !marks.skip_blank().take(b"</row>") {
                let (row, column) = marks.place()?;
                let written = marks.written(&end_of_cell)?;
                let way = match known.get(written) {
                    Some(way) => *way,
                    None => {
                        let way = self.add_way(written)?;
                        known.insert(written, way);
                        way
                    }
                };
                if self.cells.len() == CELLS {
                    return None;
                }
                self.cells.push(PlainCell { row, column, way });
            }
        }
        Some(())
    }

    fn add_way(&mut self, written: &[u8]) -> Option<u32> {
        if !is_plain(&mut Marks(written))? {
            return None;
        }
        let way = self.count;
        self.count = way.checked_add(1)?;
        self.ways.extend(b"<c");
        self.ways.extend(written);
        Some(way)
    }
}

/// Where the cells of a sheet start.
fn end_of_head(sheet: &[u8]) -> Option<usize> {
    let mut reader = Reader::from_reader(sheet);
    loop {
        match reader.read_event().ok()? {
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().ok()?;
                if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
                    return None;
                }
            }
            Event::Start(element) | Event::Empty(element) => {
                if element.local_name().as_ref() == "sheetData" {
                    break;
                }
            }
            Event::End(_) | Event::Text(_) => {}
            _ => return None,
        }
    }
    let end = usize::try_from(reader.buffer_position()).ok()?;
    let head = sheet.get(..end)?;
    (head.ends_with(START) || head.ends_with(WITHOUT_CELLS)).then_some(end)
}

/// Whether what follows the place of a cell is plain, up to the end of the cell: a style and a type, and one value or
/// one text.
fn is_plain(marks: &mut Marks<'_>) -> Option<bool> {
    let (mut style, mut kind) = (false, false);
    loop {
        if marks.take(b"/>") {
            return Some(marks.0.is_empty());
        }
        if marks.take(b">") {
            break;
        }
        let seen = if marks.take(b" s=\"") {
            &mut style
        } else if marks.take(b" t=\"") {
            &mut kind
        } else {
            return None;
        };
        let value = marks.upto(b'"')?;
        if std::mem::replace(seen, true) || !value.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        marks.take(b"\"");
    }
    if marks.take(b"<v>") {
        marks.upto(b'<')?;
        marks.take(b"</v>").then_some(())?;
    } else if marks.take(b"<is><t>") || marks.take(b"<is><t xml:space=\"preserve\">") {
        marks.upto(b'<')?;
        marks.take(b"</t></is>").then_some(())?;
    }
    Some(marks.take(b"</c>") && marks.0.is_empty())
}

/// What is left of a piece of XML.
struct Marks<'x>(&'x [u8]);

impl<'x> Marks<'x> {
    fn take(&mut self, mark: &[u8]) -> bool {
        let rest = self.0.strip_prefix(mark);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_blank(&mut self) -> &mut Self {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.0 {
            self.0 = rest;
        }
        self
    }

    /// What stands in front of the next such byte.
    fn upto(&mut self, byte: u8) -> Option<&'x [u8]> {
        let (before, rest) = self.0.split_at(memchr(byte, self.0)?);
        self.0 = rest;
        Some(before)
    }

    /// Takes the rest of the tag of a row: whether the row ends with it.
    fn row_is_empty(&mut self) -> Option<bool> {
        loop {
            if self.take(b">") {
                return Some(false);
            }
            if self.take(b"/>") {
                return Some(true);
            }
            self.take(b" ").then_some(())?;
            let name = self.upto(b'=')?;
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b':';
            if !name.iter().all(is_name) || !self.take(b"=\"") {
                return None;
            }
            let value = self.upto(b'"')?;
            self.take(b"\"");
            let number = || std::str::from_utf8(value).ok()?.parse().ok();
            let is_plain = match name {
                b"r" => value.first()?.is_ascii_digit() && (1..=ROWS).contains(&number()?),
                _ => value.iter().all(|byte| !matches!(byte, b'<' | b'>' | b'&')),
            };
            is_plain.then_some(())?;
        }
    }

    /// Takes the start of the tag of a cell: row and column from 0.
    fn place(&mut self) -> Option<(u32, u16)> {
        self.take(b"<c r=\"").then_some(())?;
        let (mut column, mut row) = (0, 0);
        while let [letter @ b'A'..=b'Z', rest @ ..] = self.0 {
            column = column * 26 + u32::from(letter - b'A') + 1;
            (column <= COLUMNS).then_some(())?;
            self.0 = rest;
        }
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            row = row * 10 + u32::from(digit - b'0');
            (row <= ROWS).then_some(())?;
            self.0 = rest;
        }
        self.take(b"\"").then_some(())?;
        Some((row.checked_sub(1)?, u16::try_from(column.checked_sub(1)?).ok()?))
    }

    /// Takes the rest of a cell.
    fn written(&mut self, end_of_cell: &Finder<'_>) -> Option<&'x [u8]> {
        let tag = memchr(b'>', self.0)? + 1;
        let (start, rest) = self.0.split_at(tag);
        let end = if start.ends_with(b"/>") { tag } else { tag + end_of_cell.find(rest)? + b"</c>".len() };
        let (written, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(cells: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><worksheet><cols/><sheetData>{cells}</sheetData><x/></worksheet>"
        )
    }

    #[test]
    fn each_way_of_writing_a_cell_is_kept_once() {
        let rows = r#"<row r="2" spans="1:3"><c r="A2" s="1" t="s"><v>0</v></c><c r="XFD2" s="1"/></row>
            <row r="3"/><row><c r="B9" s="1" t="s"><v>0</v></c><c r="C9" t="inlineStr"><is><t>&lt;</t></is></c></row>"#;
        let plain = PlainSheet::of(sheet(rows).as_bytes()).expect("a plain sheet");
        let cells: Vec<(u32, u16, u32)> =
            plain.cells.iter().map(|cell| (cell.row, cell.column, cell.way)).collect();
        assert_eq!(cells, [(1, 0, 0), (1, 16_383, 1), (8, 1, 0), (8, 2, 2)]);
        let ways =
            r#"<row><c s="1" t="s"><v>0</v></c><c s="1"/><c t="inlineStr"><is><t>&lt;</t></is></c></row>"#;
        assert_eq!(plain.count, 3);
        assert_eq!(String::from_utf8_lossy(&plain.ways), sheet(ways));
    }

    #[test]
    fn whatever_is_not_plain_is_left_to_calamine() {
        for cells in [
            "<!-- --><row/>",
            "<row><!-- --></row>",
            "<x:row/>",
            "<row r=\"0\"/>",
            "<row r=\"A1\"/>",
            "<row r=\"1048577\"/>",
            "<row a=\"1>2\"/>",
            "<row a='1'/>",
            "<row>text</row>",
            "<row><c/></row>",
            "<row><c s=\"1\" r=\"A1\"/></row>",
            "<row><c r=\"a1\"/></row>",
            "<row><c r=\"A0\"/></row>",
            "<row><c r=\"A\"/></row>",
            "<row><c r=\"1\"/></row>",
            "<row><c r=\"XFE1\"/></row>",
            "<row><c r=\"A1048577\"/></row>",
            "<row><c r=\"A99999999999999999999\"/></row>",
            "<row><c r=\"A1\" s=\"1\" s=\"2\"/></row>",
            "<row><c r=\"A1\" cm=\"1\"/></row>",
            "<row><c r=\"A1\" t=\"a>b\"><v>1</v></c></row>",
            "<row><c r=\"A1\"><f>1+1</f><v>2</v></c></row>",
            "<row><c r=\"A1\"><v>1</v><v>2</v></c></row>",
            "<row><c r=\"A1\"><v><c r=\"B1\"></c></v></c></row>",
            "<row><c r=\"A1\" t=\"inlineStr\"><is><r><t>1</t></r></is></c></row>",
            "<row><c r=\"A1\"><v>1</v></row>",
            "<row><c r=\"A1\"><v>1</v></c>",
            "</row>",
        ] {
            assert_eq!(PlainSheet::of(sheet(cells).as_bytes()), None, "{cells}");
        }
        for head in [
            "<!-- <sheetData> --><a>",
            "<?x?><a>",
            "<a b=\"<sheetData>\">",
            "<x:sheetData>",
            "<?xml version=\"1.0\" encoding=\"big5\"?><a>",
        ] {
            let xml = format!("{head}<sheetData ></sheetData></a>");
            assert_eq!(PlainSheet::of(xml.as_bytes()), None, "{head}");
        }
    }
}

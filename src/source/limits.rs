//! How much of a file is read, and what is said of more.

use crate::diagnostic::{Code, Finding, Place};

/// Largest file, in bytes. The largest published list has 53 000.
pub(super) const FILE_BYTES: usize = 64 << 20;
/// Largest part of a zip archive once inflated, in bytes. A sheet of 100 000 rows and 13 columns has about 80 MB.
pub(super) const PART_BYTES: u64 = 192 << 20;
/// Largest sum of all inflated parts, in bytes.
pub(super) const ARCHIVE_BYTES: u64 = 256 << 20;
/// Most parts of a zip archive.
pub(super) const ARCHIVE_PARTS: usize = 2_000;
/// Most cells of a workbook, blank ones included.
pub(super) const CELLS: usize = 3_000_000;
/// Most bytes of text in the cells of a workbook whose cells share texts.
pub(super) const CELL_BYTES: usize = 128 << 20;
/// Most records of a workbook of the old binary format that are looked at; sheets can overlap.
pub(super) const RECORDS: usize = 20_000_000;
/// Most sheets of a workbook, or tables of a page.
pub(super) const TABLES: usize = 1_000;
/// Most merged regions, column ranges and hidden rows of a sheet that are looked at.
pub(super) const LAYOUT_ENTRIES: usize = 100_000;
/// Longest line of a text, in bytes. The longest published one has 1 400.
pub(super) const LINE_BYTES: usize = 1 << 20;
/// Most columns of a table. The widest published one has 13.
pub(super) const COLUMNS: usize = 64;
/// Most lines that one broken row of a text can go on for.
pub(super) const BROKEN_LINES: usize = 64;
/// Most rows of a list.
pub(super) const ROWS: usize = 250_000;

/// `2 of 3 things` that are too many: an error that names the cap.
pub(super) fn too_much(message: String, place: Place) -> Finding {
    Finding::error(Code::FileTooLarge, message).at(place).help(
        "a published list has some hundred rows; the file as the vendor publishes it is far below this limit",
    )
}

/// A list with more rows than any list has.
pub(super) fn too_many_rows(place: Place) -> Finding {
    too_much(format!("the list has more than {ROWS} addresses; the rest was not read"), place)
}

//! Words that people write in place of the published ones, read as what they plainly mean, and errors of formulas.

use std::sync::Arc;

use super::block::{Block, Desk};
use super::rules::Kind;
use super::text::shortened;
use crate::diagnostic::{Code, Finding};

/// What spreadsheet programs show where a formula has no value.
const ERRORS: [&str; 7] = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"];

/// Whether a cell shows the error of a formula.
pub(super) fn is_error(text: &str) -> bool {
    text.starts_with('#') && ERRORS.contains(&text)
}

/// Whether a cell of a device column says no, which is the same as a blank one.
pub(crate) fn is_no(flag: &str) -> bool {
    flag.trim().eq_ignore_ascii_case("no")
}

/// Puts the published words in place of others in columns that are more than words, and blank cells in place of errors
/// everywhere but in the addresses. The former are told here.
pub(super) fn read_plainly(block: &mut Block, desk: &mut Desk<'_>) {
    let rules = desk.rules;
    let kinds = (0..block.header.columns.len()).map(|at| (at, block.header.kind(at, rules)));
    let columns: Vec<(usize, Kind)> = kinds.filter(|(_, kind)| *kind != Kind::Address).collect();
    for record in &mut block.records {
        for (at, kind) in &columns {
            let Some(cell) = record.cells.get_mut(*at).filter(|cell| !cell.is_empty()) else { continue };
            if is_error(cell) {
                record.lost_values.push((*at, std::mem::take(cell)));
                continue;
            }
            let Some(word) = rules.plain_word(*kind, cell) else { continue };
            let read_as = if word.is_empty() { "a blank cell".to_owned() } else { format!("`{word}`") };
            let message = format!("the cell holds `{}`; it was read as {read_as}", shortened(cell));
            *cell = Arc::from(word);
            let column = block.header.columns.get(*at).map(|column| column.index);
            let place = desk.place(record.row, column);
            desk.findings.push(Finding::note(Code::RowRepaired, message).at(place));
        }
    }
}

//! Cells beside the address that are struck out: told once for each column of a table.

use std::collections::BTreeMap;

use super::blanks::named;
use super::block::{Block, Desk};
use super::text::shortened;
use super::unread::COMMENTS;
use crate::diagnostic::Code;

/// The fields whose words a row is judged by.
const WORDS: [&str; 2] = [COMMENTS, "description"];

/// The cells of a table by the position of their field in the rules.
#[derive(Debug, Default)]
pub(super) struct Struck(BTreeMap<usize, Cells>);

#[derive(Debug, Default)]
struct Cells {
    /// Each with its row and its column (from 0).
    places: Vec<(u32, Option<u32>)>,
    /// What the first of them says.
    first: String,
}

impl Struck {
    /// Remembers the cells of a block, as they stand before any is moved.
    pub(super) fn look(&mut self, block: &Block, desk: &Desk<'_>) {
        let Some(address) = block.header.position("address", desk.rules) else { return };
        let comments = block.header.position(COMMENTS, desk.rules);
        for record in block.records.iter().filter(|record| !record.cell(address).is_empty()) {
            for (at, text) in &record.struck_cells {
                // What stands behind the last column can become a comment.
                let at = if *at < block.header.columns.len() { Some(*at) } else { comments };
                let Some(column) = at.and_then(|at| block.header.columns.get(at)) else { continue };
                let Some(field) = column.field else { continue };
                // Of a row whose address is struck out, that is told; what is done with its words is more than that.
                if record.struck && !is_words(field, desk) {
                    continue;
                }
                let cells = self.0.entry(field).or_default();
                if cells.places.is_empty() {
                    cells.first = shortened(text);
                }
                cells.places.push((record.row, Some(column.index)));
            }
        }
    }

    /// Tells of them.
    pub(super) fn tell(self, desk: &mut Desk<'_>) {
        for (field, Cells { places, first }) in self.0 {
            let Some((row, column)) = places.first().copied() else { continue };
            let title = desk.rules.fields.get(field).and_then(|field| field.titles.first());
            let title = title.map(String::as_str).unwrap_or_default();
            let (names, cells) = (named(&places, desk), cells(places.len()));
            let place = desk.place(row, column).showing(&*first);
            let (then, help) = if is_words(field, desk) {
                ("nothing in it was read as a condition or a wish for a direct connection", WRITE_WORDS)
            } else {
                ("it was read as if it were not", WRITE)
            };
            let message =
                format!("{cells} of the column `{title}` is struck out, or a part of it: {names}; {then}");
            desk.warn(Code::StruckOut, message, place, help);
        }
    }
}

const WRITE: &str = "write what counts into the cell in a copy of the list, without what is struck out";
const WRITE_WORDS: &str =
    "write the words that count into the cell in a copy of the list, without what is struck out";

fn cells(count: usize) -> String {
    if count == 1 { "a cell".to_owned() } else { format!("each of {count} cells") }
}

fn is_words(field: usize, desk: &Desk<'_>) -> bool {
    desk.rules.fields.get(field).is_some_and(|field| WORDS.contains(&&*field.id))
}

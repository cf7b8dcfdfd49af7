//! Whether the device cells of a row can be trusted. Where they cannot, the row counts for every device, so that no address
//! is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::block::{Desk, Record};
use super::rules::Kind;
use super::shift::Columns;
use super::text::shortened;
use super::words::is_no;
use crate::diagnostic::Code;

impl Columns<'_> {
    /// Whether a row of a page has device marks and fewer cells than reach its last device column: the missing one may be a
    /// blank between the marks. Such rows of the government page of March 2026 did lose one.
    fn ends_early(&self, record: &Record) -> bool {
        let marked = self.devices.iter().any(|at| !record.cell(*at).is_empty());
        let last = self.devices.last().copied().unwrap_or_default();
        marked && record.written.is_some_and(|written| written <= last)
    }

    /// The devices that a row is marked for, were the marks from a column on one further to the right.
    fn marked(&self, record: &Record, moved_from: usize) -> BTreeSet<&str> {
        let says_yes = |text: &str| self.rules.is_flag(text) && !is_no(text);
        let is_marked = |at: &usize| says_yes(record.cell(*at));
        let marked = self.devices.iter().copied().filter(is_marked);
        marked.filter_map(|at| self.ids.get(at + usize::from(at >= moved_from))).map(|id| &**id).collect()
    }

    /// Whether a row of a page lacks its last cell and has marks as no published row, and as others once a blank cell stands
    /// before them or between them: it was lost.
    fn lost_a_blank(&self, record: &Record) -> bool {
        let lacks_last = record.written.is_some_and(|written| written < self.kinds.len());
        let last_is_blank = self.devices.last().is_some_and(|at| record.cell(*at).is_empty());
        if !(lacks_last && last_is_blank) {
            return false;
        }
        let now = self.marked(record, usize::MAX);
        let is_known = |from: &usize| self.rules.are_marked_together(&self.marked(record, *from));
        !now.is_empty() && !self.rules.are_marked_together(&now) && self.devices.iter().any(is_known)
    }

    /// Whether the column at a position is that of one of the devices.
    fn is_of(&self, at: usize, devices: &[String]) -> bool {
        self.ids.get(at).is_some_and(|id| devices.iter().any(|device| **device == **id))
    }

    /// Whether each of the devices has a column.
    fn has_all(&self, devices: &[String]) -> bool {
        devices
            .iter()
            .all(|device| self.devices.iter().any(|at| self.is_of(*at, std::slice::from_ref(device))))
    }

    /// The devices that the category names, each time one of which the row is for, where the marks name none of them.
    fn unmarked(&self, record: &Record) -> Vec<&[String]> {
        let Some(category) = self.category.map(|at| record.cell(at)) else { return Vec::new() };
        let named: Vec<&[String]> =
            self.rules.named_by_category(category).filter(|named| self.has_all(named)).collect();
        if named.is_empty() {
            return named;
        }
        let marked = self.marked(record, usize::MAX);
        let is_marked = |named: &[String]| named.iter().any(|device| marked.contains(device.as_str()));
        named.into_iter().filter(|named| !marked.is_empty() && !is_marked(named)).collect()
    }

    /// What stands in a device column and is no flag, or in the column of choices and is a flag.
    fn misfit<'r>(&self, record: &'r Record) -> Option<&'r str> {
        let device = self.devices.iter().map(|at| record.cell(*at)).find(|text| !self.fits(Kind::Flag, text));
        let choice = self.required.map(|at| record.cell(at)).filter(|text| self.rules.is_flag(text));
        device.or(choice)
    }

    /// Whether a text is a comment and no mark, as `Yes (from 1809)` is one with a word more.
    fn is_sentence(&self, text: &str) -> bool {
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default().trim_end_matches([',', ';', ':', '.']);
        words.count() >= if self.rules.is_flag(first) { 4 } else { 2 }
    }

    /// A sentence in a device column, where the column of comments is blank, or a flag in the column of choices: blank cells
    /// before them were lost. One odd word is a slip of that cell alone.
    fn proves_lost_cells(&self, record: &Record) -> bool {
        let no_comment = self.comment.is_none_or(|at| record.cell(at).is_empty());
        self.misfit(record)
            .is_some_and(|text| self.rules.is_flag(text) || (no_comment && self.is_sentence(text)))
    }
}

/// Of how many rows of a table one has to prove that cells were lost, so that the others are doubted.
const ROWS_FOR_ONE_PROOF: usize = 20;

/// Whether the rows of a table have lost blank cells throughout: more than some few of them prove it.
pub(super) fn have_lost_cells(records: &[Record], columns: &Columns<'_>) -> bool {
    let proofs = records.iter().filter(|record| columns.proves_lost_cells(record)).count();
    proofs > 0 && proofs.saturating_mul(ROWS_FOR_ONE_PROOF) >= records.len()
}

/// Decides whether the device cells of a row can be trusted; whether something was said of it.
pub(super) fn check_devices(
    record: &mut Record,
    columns: &Columns<'_>,
    lost_cells: bool,
    desk: &mut Desk<'_>,
) -> bool {
    let Some(why) = doubt(record, columns, lost_cells) else { return check_category(record, columns, desk) };
    move_comment(record, columns, lost_cells, desk);
    let place = desk.place(record.row, None);
    let row = desk.row_name(record.row);
    // One odd cell is no reason to give up the marks beside it.
    let is_moved = lost_cells || columns.ends_early(record) || columns.lost_a_blank(record);
    if let Some(devices) = is_moved.then(|| take_devices_of_category(record, columns)).flatten() {
        let message =
            format!("{row} {why}; its category names its devices, so that it counts for `{devices}`");
        desk.warn(Code::RowRepaired, message, place, "the row can be corrected in the list itself");
        return true;
    }
    record.uncertain = true;
    let message =
        format!("{row} {why}; its device columns are not certain, so that it counts for every device");
    let help = "the row can be corrected in the list itself, or left out in the profile";
    desk.warn(Code::RowShifted, message, place, help);
    true
}

/// Marks the devices that the category names and the row does not; whether something was said of it.
fn check_category(record: &mut Record, columns: &Columns<'_>, desk: &mut Desk<'_>) -> bool {
    let unmarked = columns.unmarked(record);
    for named in &unmarked {
        let category = columns.category.map_or("", |at| record.cell(at));
        let message = format!(
            "the category `{}` names what the row is not marked for, `{}`; the row counts for that as well as for its marks",
            shortened(category),
            named.join("` and `")
        );
        let place = desk.place(record.row, None);
        let help = "the columns or the category can be corrected in the list itself";
        desk.warn(Code::CategoryContradiction, message, place, help);
        for at in columns.devices.iter().filter(|at| columns.is_of(**at, named)) {
            if let Some(cell) = record.cells.get_mut(*at) {
                *cell = Arc::from(columns.rules.flag());
            }
        }
    }
    !unmarked.is_empty()
}

/// Why the device cells of a row cannot be trusted, if they cannot.
fn doubt(record: &Record, columns: &Columns<'_>, lost_cells: bool) -> Option<String> {
    if columns.comment.is_some_and(|at| columns.rules.is_flag(record.cell(at))) {
        return Some("has a flag in the column of comments".to_owned());
    }
    if let Some(text) = columns.misfit(record).filter(|_| !lost_cells) {
        let is_flag = columns.rules.is_flag(text);
        let place = if is_flag { "the column of choices" } else { "a device column, where it is no mark" };
        return Some(format!("has `{}` in {place}", shortened(text)));
    }
    if columns.ends_early(record) && !lost_cells {
        return Some("ends before its last device column, so that a blank cell may be lost".to_owned());
    }
    if !lost_cells && columns.lost_a_blank(record) {
        return Some(
            "has marks together that no published row has, as if a blank cell before or between them were lost"
                .to_owned(),
        );
    }
    let trusted = !columns.ends_early(record) && is_trusted(record, columns);
    (lost_cells && !trusted).then(|| "may have lost blank cells, as other rows of its table did".to_owned())
}

/// Marks the devices that the category of a shifted row names, and says which, where it names some.
fn take_devices_of_category(record: &mut Record, columns: &Columns<'_>) -> Option<String> {
    let rule = columns.rules.devices_of_category(record.cell(columns.category?))?;
    if !columns.has_all(&rule.devices) {
        return None;
    }
    for at in &columns.devices {
        if let Some(cell) = record.cells.get_mut(*at) {
            let is_named = columns.is_of(*at, &rule.devices);
            *cell = if is_named { Arc::from(columns.rules.flag()) } else { Arc::default() };
        }
    }
    Some(rule.devices.join("` and `"))
}

/// Whether a row of a table that lost cells shows that it lost none.
fn is_trusted(record: &Record, columns: &Columns<'_>) -> bool {
    if columns.misfit(record).is_some() {
        return false;
    }
    let last_device = columns.devices.last().is_some_and(|at| !record.cell(*at).is_empty());
    let comment = columns.comment.is_some_and(|at| !record.cell(at).is_empty());
    let full = record.written.is_some_and(|written| {
        let after_devices = columns.devices.last().map_or(0, |at| at + 1);
        written >= columns.kinds.len() || (written + 1 == columns.kinds.len() && written >= after_devices)
    });
    last_device || comment || full
}

/// Words in a device column of a table that lost cells, and everywhere a sentence, can only be the row's comment.
fn move_comment(record: &mut Record, columns: &Columns<'_>, lost_cells: bool, desk: &mut Desk<'_>) {
    let is_words = |at: &usize| {
        let text = record.cell(*at);
        !text.is_empty() && !columns.is_word(text) && (lost_cells || columns.is_sentence(text))
    };
    let words = columns.devices.iter().copied().find(is_words);
    let (Some(from), Some(to)) = (words, columns.comment) else { return };
    if !record.cell(to).is_empty() {
        return;
    }
    let text = record.cells.get_mut(from).map(std::mem::take).unwrap_or_default();
    let message = format!(
        "{}: `{}` stood in a device column and was moved to the comments",
        desk.row_name(record.row),
        shortened(&text)
    );
    if let Some(comment) = record.cells.get_mut(to) {
        *comment = text;
    }
    let place = desk.place(record.row, None);
    desk.warn(Code::RowRepaired, message, place, "the row can be corrected in the list itself");
}

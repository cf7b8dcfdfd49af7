//! Shifted rows: cells that stand in another column than they were meant for.
//!
//! A repair is made only where no other reading is possible, and told. Where the device columns stay doubtful the
//! row counts for every device, so that no address is lost.

use std::sync::Arc;

use super::address::looks_like_address;
use super::block::{Block, Column, Desk, Header, Record};
use super::marks::{check_devices, have_lost_cells};
use super::rules::{Kind, ReadingRules};
use super::text::shortened;
use crate::diagnostic::Code;

/// Most superfluous cells for which every way of removing blanks is tried.
const MOST_EXTRA: usize = 2;

/// Most blank cells of a row of which some are superfluous; the widest published table has 13 columns.
const MOST_BLANKS: usize = 16;

/// Most cells that are looked at to find superfluous ones, for all rows of a block.
const MOST_TRIES: usize = 8_000_000;

/// Repairs what is certain in the records of a block, and marks what is not.
pub(super) fn repair(block: &mut Block, desk: &mut Desk<'_>) {
    let columns = Columns::of(&block.header, desk.rules);
    let mut tries_left = MOST_TRIES;
    for record in &mut block.records {
        split_at_tab(record, &columns, desk);
        drop_extra_cells(record, &columns, &mut tries_left, desk);
    }
    let lost_cells = have_lost_cells(&block.records, &columns);
    for record in &mut block.records {
        if columns.address.is_some_and(|at| !record.cell(at).is_empty()) && !record.uncertain {
            let told = !columns.devices.is_empty() && check_devices(record, &columns, lost_cells, desk);
            if !told {
                tell_missing_cells(record, &columns, desk);
            }
        }
    }
}

/// A row of a page that lacks more than its last cell.
fn tell_missing_cells(record: &Record, columns: &Columns<'_>, desk: &mut Desk<'_>) {
    let missing = record.written.map_or(0, |written| columns.kinds.len().saturating_sub(written));
    if missing < 2 {
        return;
    }
    let message = format!(
        "{} has {missing} cells less than the table has columns; they were read as blank ones at its end",
        desk.row_name(record.row)
    );
    let place = desk.place(record.row, None);
    desk.warn(Code::RowShifted, message, place, "the row can be corrected in the list itself");
}

/// The columns of a header by what the check needs to know.
pub(super) struct Columns<'a> {
    pub(super) rules: &'a ReadingRules,
    pub(super) kinds: Vec<Kind>,
    pub(super) devices: Vec<usize>,
    pub(super) required: Option<usize>,
    pub(super) address: Option<usize>,
    pub(super) comment: Option<usize>,
    pub(super) category: Option<usize>,
    /// The id of each column, blank where it has no meaning.
    pub(super) ids: Vec<Arc<str>>,
}

impl<'a> Columns<'a> {
    fn of(header: &Header, rules: &'a ReadingRules) -> Self {
        let kinds: Vec<Kind> = (0..header.columns.len()).map(|at| header.kind(at, rules)).collect();
        let devices = (0..kinds.len()).filter(|at| kinds.get(*at) == Some(&Kind::Flag)).collect();
        let position = |id: &str| header.position(id, rules);
        let (required, address, comment) = (position("required"), position("address"), position("comment"));
        let field = |column: &Column| rules.fields.get(column.field?);
        let ids = header.columns.iter().map(|column| field(column).map(|field| Arc::clone(&field.id)));
        let ids = ids.map(Option::unwrap_or_default).collect();
        Self { rules, kinds, devices, required, address, comment, category: position("category"), ids }
    }

    pub(super) fn is_word(&self, text: &str) -> bool {
        self.rules.is_flag(text) || self.rules.choice(text).is_some()
    }

    /// Whether a text can stand in a column of this kind.
    pub(super) fn fits(&self, kind: Kind, text: &str) -> bool {
        if kind == Kind::Address {
            return looks_like_address(text.split_whitespace().next().unwrap_or_default());
        }
        text.is_empty()
            || match kind {
                Kind::Flag => self.rules.is_flag(text),
                Kind::Choice => self.rules.choice(text).is_some(),
                Kind::Port => text.trim().parse::<u16>().is_ok(),
                Kind::Geography => !looks_like_address(text) && !self.is_word(text),
                Kind::Text | Kind::Address => !self.is_word(text) && text.parse::<u16>().is_err(),
            }
    }

    /// Whether every cell can stand in its column.
    fn valid(&self, cells: &[Arc<str>]) -> bool {
        self.kinds.iter().zip(cells).all(|(kind, text)| self.fits(*kind, text))
    }
}

/// Two cells that a tab joins into one.
fn split_at_tab(record: &mut Record, columns: &Columns<'_>, desk: &mut Desk<'_>) {
    let Some(at) = record.cells.iter().position(|cell| cell.contains('\t')) else { return };
    if columns.valid(&record.cells) {
        return;
    }
    let Some((left, right)) = record.cell(at).split_once('\t') else { return };
    let (left, right): (Arc<str>, Arc<str>) = (Arc::from(left.trim()), Arc::from(right.trim()));
    let mut cells = record.cells.clone();
    let pushed_out = cells.pop().is_some_and(|last| !last.is_empty());
    if let Some(cell) = cells.get_mut(at) {
        *cell = left;
    }
    cells.insert((at + 1).min(cells.len()), right.clone());
    if pushed_out || !columns.valid(&cells) {
        return;
    }
    record.cells = cells;
    record.written = record.written.map(|written| written + 1);
    let message = format!(
        "{}: one cell held two values joined by a tab; `{}` was moved to a cell of its own, and the cells behind \
         it by one column",
        desk.row_name(record.row),
        shortened(&right)
    );
    let place = desk.place(record.row, None);
    desk.warn(Code::RowRepaired, message, place, "the row can be corrected in the list itself");
}

/// More cells than the header has: blank cells were put in by mistake.
fn drop_extra_cells(record: &mut Record, columns: &Columns<'_>, tries_left: &mut usize, desk: &mut Desk<'_>) {
    while record.extra.last().is_some_and(|cell| cell.is_empty()) {
        record.extra.pop();
    }
    // In a workbook a text beside the table is somebody's own note.
    let is_beside = || record.written.is_none() && columns.valid(&record.cells);
    if record.extra.is_empty() || is_beside() {
        return;
    }
    let extra = std::mem::take(&mut record.extra);
    let mut whole = record.cells.clone();
    whole.extend(extra.iter().cloned());
    let place = desk.place(record.row, None);
    let row = desk.row_name(record.row);
    if let Some(cells) = only_reading(&whole, extra.len(), columns, tries_left) {
        record.cells = cells;
        let message = format!(
            "{row} has {}; removed, and what stood behind moved to the left",
            counted(extra.len(), "superfluous blank cell")
        );
        desk.warn(Code::RowRepaired, message, place, "the row can be corrected in the list itself");
        return;
    }
    record.uncertain = !columns.devices.is_empty();
    keep_comment(record, extra.last(), columns);
    let message = format!(
        "{row} has {} more than the table has columns; its device columns are not certain, so that it counts for \
         every device",
        counted(extra.len(), "cell")
    );
    desk.warn(Code::RowShifted, message, place, "the row can be corrected in the list itself");
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The row without `surplus` blank cells, if every way of removing them that makes sense gives the same row.
fn only_reading(
    whole: &[Arc<str>],
    surplus: usize,
    columns: &Columns<'_>,
    tries_left: &mut usize,
) -> Option<Vec<Arc<str>>> {
    let blanks: Vec<usize> =
        (0..whole.len()).filter(|at| whole.get(*at).is_some_and(|cell| cell.is_empty())).collect();
    if surplus == 0 || surplus > MOST_EXTRA || whole.len() > 64 {
        return None;
    }
    if blanks.len() > MOST_BLANKS {
        return None;
    }
    let choices = choices(&blanks, surplus);
    *tries_left = tries_left.checked_sub(choices.len().saturating_mul(whole.len()))?;
    let mut readings: Vec<Vec<Arc<str>>> = Vec::new();
    for removed in choices {
        let kept = (0..whole.len()).filter(|at| !removed.contains(at));
        let cells: Vec<Arc<str>> = kept.filter_map(|at| whole.get(at).cloned()).collect();
        if columns.valid(&cells) && !readings.contains(&cells) {
            readings.push(cells);
        }
    }
    match readings.as_slice() {
        [_] => readings.pop(),
        _ => None,
    }
}

/// Every choice of one or two of the blanks.
fn choices(blanks: &[usize], surplus: usize) -> Vec<Vec<usize>> {
    if surplus == 1 {
        return blanks.iter().map(|at| vec![*at]).collect();
    }
    let pairs = blanks.iter().enumerate();
    pairs.flat_map(|(n, first)| blanks.iter().skip(n + 1).map(|second| vec![*first, *second])).collect()
}

fn keep_comment(record: &mut Record, text: Option<&Arc<str>>, columns: &Columns<'_>) {
    let Some(text) = text else { return };
    let comment = columns.comment.and_then(|at| record.cells.get_mut(at));
    if let Some(comment) = comment.filter(|comment| comment.is_empty())
        && !columns.is_word(text)
    {
        *comment = Arc::clone(text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::header_of_titles;
    use super::super::tests_support::rules;
    use super::*;
    use crate::diagnostic::Findings;

    const TITLES: [&str; 8] =
        ["Port", "URL", "Description", "Required", "Windows 10", "Mac", "Linux", "Comments"];

    /// Each row as written, repaired: its cells joined by `|`, with `?` behind it if its devices are uncertain.
    fn repaired(rows: &[&str], text: bool) -> (Vec<String>, Vec<&'static str>) {
        let rules = rules();
        let titles: Vec<(u32, &str)> = (0..).zip(TITLES).collect();
        let record = |(row, written): (u32, &&str)| {
            let mut cells: Vec<Arc<str>> = written.split('|').map(|cell| Arc::from(cell.trim())).collect();
            let count = cells.len();
            let extra = if count > TITLES.len() { cells.split_off(TITLES.len()) } else { Vec::new() };
            cells.resize_with(TITLES.len(), Arc::default);
            Record { row, cells, extra, written: text.then_some(count), ..Record::default() }
        };
        let records = (3..).zip(rows).map(record).collect();
        let header = header_of_titles(1, &titles, &rules);
        let mut block = Block { header, records, ..Block::default() };
        let mut findings = Findings::default();
        let (file, sheet) = (Arc::from("page.md"), Arc::from("s"));
        let (rules, findings_here, left_out) = (&rules, &mut findings, &mut Vec::new());
        repair(&mut block, &mut Desk { file: &file, sheet, text, rules, findings: findings_here, left_out });
        let shown = |record: &Record| record.cells.join("|") + if record.uncertain { "?" } else { "" };
        let codes = findings.iter().map(|finding| finding.code.as_str()).collect();
        (block.records.iter().map(shown).collect(), codes)
    }

    #[test]
    fn a_superfluous_blank_cell_is_removed_where_every_way_gives_the_same_row() {
        let (rows, codes) = repaired(&["443|a.x.com|d|Required|Yes|||Yes|words"], true);
        assert_eq!(rows, ["443|a.x.com|d|Required|Yes||Yes|words"]);
        assert_eq!(codes, ["row-repaired"]);
    }

    #[test]
    fn two_ways_of_removing_a_blank_cell_leave_the_devices_uncertain() {
        let (rows, codes) = repaired(&["443|a.x.com|d|Required||Yes|||words"], true);
        assert!(rows.iter().all(|row| row.ends_with("words?")), "{rows:?}");
        assert_eq!(codes, ["row-shifted"]);
    }

    #[test]
    fn a_tab_between_two_values_is_taken_apart() {
        let (rows, codes) = repaired(&["443|a.x.com|some words\tRequired|Yes||Yes"], true);
        assert_eq!(rows, ["443|a.x.com|some words|Required|Yes||Yes|"]);
        assert_eq!(codes, ["row-repaired"]);
    }

    #[test]
    fn one_lost_cell_makes_every_row_uncertain_that_does_not_prove_itself() {
        let rows = [
            "443|a.x.com|d|Required|Yes|words of a comment",
            "443|b.x.com|d|Required|Yes|Yes",
            "443|c.x.com|d|Required|Yes||Yes",
            "443|d.x.com|d|Required|Yes|||",
            "443|e.x.com|d|Required|Yes||",
        ];
        let (shown, codes) = repaired(&rows, true);
        let expected = [
            "443|a.x.com|d|Required|Yes|||words of a comment?",
            "443|b.x.com|d|Required|Yes|Yes||?",
            "443|c.x.com|d|Required|Yes||Yes|",
            "443|d.x.com|d|Required|Yes|||",
            "443|e.x.com|d|Required|Yes|||",
        ];
        assert_eq!(shown, expected);
        assert_eq!(codes, ["row-repaired", "row-shifted", "row-shifted"]);
    }

    #[test]
    fn a_row_that_lacks_its_comment_alone_is_padded_and_one_that_lacks_more_is_told() {
        let (rows, codes) = repaired(&["443|a.x.com|d|Required|Yes||", "443|b.x.com|d|Required"], true);
        assert_eq!(rows, ["443|a.x.com|d|Required|Yes|||", "443|b.x.com|d|Required||||"]);
        assert_eq!(codes, ["row-shifted"]);
    }

    #[test]
    fn one_odd_cell_makes_its_own_row_uncertain_alone() {
        for odd in ["Partial", "#N/A", "Yes (from 1809)", "Required", "Only for servers"] {
            let mut rows: Vec<String> =
                (0..30).map(|n| format!("443|h{n}.x.com|d|Required|Yes|Yes||")).collect();
            rows.push(format!("443|odd.x.com|d|Required|{odd}|||"));
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let (shown, codes) = repaired(&rows, false);
            let uncertain = shown.iter().filter(|row| row.ends_with('?')).count();
            assert_eq!((uncertain, codes.contains(&"row-shifted")), (1, true), "{odd}");
            assert!(
                shown.last().is_some_and(|row| row.starts_with("443|odd") && row.ends_with('?')),
                "{odd}"
            );
        }
    }

    #[test]
    fn a_row_that_ends_among_the_device_columns_is_uncertain() {
        let (rows, codes) = repaired(&["443|a.x.com|d|Required|Yes", "443|b.x.com|d|Required||Yes"], true);
        assert_eq!(rows, ["443|a.x.com|d|Required|Yes|||?", "443|b.x.com|d|Required||Yes||?"]);
        assert_eq!(codes, ["row-shifted", "row-shifted"]);
    }

    #[test]
    fn marks_that_no_published_row_has_tell_of_a_lost_blank_cell() {
        let (rows, codes) =
            repaired(&["443|a.x.com|d|Required|Yes|Yes|", "443|b.x.com|d|Required|Yes||"], true);
        assert_eq!(rows, ["443|a.x.com|d|Required|Yes|Yes||?", "443|b.x.com|d|Required|Yes|||"]);
        assert_eq!(codes, ["row-shifted"]);
        // With all of its cells, or in a workbook, the row says what it says.
        for (row, text) in
            [("443|a.x.com|d|Required|Yes|Yes||", true), ("443|a.x.com|d|Required|Yes|Yes||", false)]
        {
            let (rows, codes) = repaired(&[row], text);
            assert_eq!((rows[0].as_str(), codes.len()), ("443|a.x.com|d|Required|Yes|Yes||", 0));
        }
    }

    #[test]
    fn a_note_beside_the_table_of_a_workbook_is_no_shift() {
        let (rows, codes) = repaired(&["443|a.x.com|d|Required|Yes||||checked by Bob"], false);
        assert_eq!(rows, ["443|a.x.com|d|Required|Yes|||"]);
        assert!(codes.is_empty());
    }

    #[test]
    fn a_flag_among_the_comments_is_uncertain() {
        let (rows, codes) = repaired(&["443|a.x.com|d|Required|Yes||Yes|Yes"], true);
        assert_eq!(rows, ["443|a.x.com|d|Required|Yes||Yes|Yes?"]);
        assert_eq!(codes, ["row-shifted"]);
    }
}

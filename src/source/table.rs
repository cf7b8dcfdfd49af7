//! Grid to blocks: finds the headers of a sheet and the records below each.

use std::sync::Arc;

use super::address::{holds_addresses, is_certain_address};
use super::block::{Block, Desk, Header, Record, Sheet};
use super::grid::{Cell, Grid, Line};
use super::header::{
    Titles, column_of_addresses, has_address, header_of_line, header_of_titles, report_titles,
};
use super::limits::{ROWS, too_many_rows};
use super::rules::{Kind, ReadingRules};
use super::text::unseen_around;
use super::unread::COMMENTS;
use crate::diagnostic::Code;

/// Of how many headers of a sheet the titles without a meaning are told.
const REPORTED_BLOCKS: usize = 64;

/// Takes a sheet apart into blocks.
pub(super) fn sheet_of_grid(grid: &Grid, desk: &mut Desk<'_>) -> Sheet {
    let mut reading = Reading {
        grid,
        rules: desk.rules,
        titles: Titles::new(desk.rules),
        sheet: Sheet::default(),
        title: None,
        last_lone: false,
        records_left: ROWS,
    };
    for line in &grid.lines {
        reading.line(line, desk);
    }
    Sheet { name: grid.name.clone(), ..reading.sheet }
}

struct Reading<'a> {
    grid: &'a Grid,
    rules: &'a ReadingRules,
    titles: Titles<'a>,
    sheet: Sheet,
    /// The last row, if it had one cell only: the title, should a header follow.
    title: Option<Arc<str>>,
    /// Whether that row was also taken for a record.
    last_lone: bool,
    /// How many records may still be taken.
    records_left: usize,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a Line, desk: &mut Desk<'_>) {
        let grid = self.grid;
        let seen = |column: u32| !grid.unseen.contains(column);
        let mut filled = line.cells.iter().filter(|cell| seen(cell.column) && !cell.text.trim().is_empty());
        let Some(first) = filled.next() else { return };
        let single = filled.next().is_none();
        let blocks = &self.sheet.blocks;
        let address = blocks.last().and_then(|block| column_of_addresses(&block.header, self.rules));
        if let Some(header) = header_of_line(line, seen, &mut self.titles, address) {
            let same = address == column_of_addresses(&header, self.rules);
            let says_less = same && !single && header.mapped() == 1;
            match blocks.last().filter(|_| says_less) {
                Some(block) => report_other_words(line.number, block.header.row, desk),
                None => self.start_block(header, line, desk),
            }
            return;
        }
        let is_title = single && !holds_addresses(&first.text);
        let room = self.records_left > 0;
        let record = self.sheet.blocks.last().filter(|_| room).map(|block| self.record(line, &block.header));
        match (record, self.sheet.blocks.last_mut()) {
            (Some(record), Some(block)) => {
                self.records_left -= 1;
                block.records.push(record);
            }
            (None, Some(_)) => desk.findings.push(too_many_rows(desk.sheet_place())),
            (_, None) => self.note_stray(line),
        }
        self.title = is_title.then(|| first_line(&first.text));
        self.last_lone = is_title && !self.sheet.blocks.is_empty();
    }

    fn start_block(&mut self, header: Header, line: &Line, desk: &mut Desk<'_>) {
        if let Some(block) = self.sheet.blocks.last_mut().filter(|_| self.last_lone) {
            block.records.pop();
        }
        let titles: Vec<(u32, &str)> = line.cells.iter().map(|cell| (cell.column, &*cell.text)).collect();
        if has_address(&header, self.rules) {
            match self.sheet.blocks.len() {
                0..REPORTED_BLOCKS => report_titles(&header, &titles, desk),
                REPORTED_BLOCKS => report_many_headers(&header, desk),
                _ => {}
            }
        }
        let is_device = |header: &Header, at: &usize| header.kind(*at, self.rules) == Kind::Flag;
        let unseen: Vec<(u32, &str)> =
            titles.iter().filter(|(column, _)| self.grid.unseen.contains(*column)).copied().collect();
        let other = header_of_titles(line.number, &unseen, self.rules);
        let column = |at: usize| other.columns.get(at).map(|column| column.index);
        let devices = (0..other.columns.len()).filter(|at| is_device(&other, at));
        // Beside none that can be seen, hidden ones are left-over columns.
        let some_are_seen = (0..header.columns.len()).any(|at| is_device(&header, &at));
        let hidden_devices = devices.filter(|_| some_are_seen).filter_map(column).collect();
        let lacks_comments = header.position(COMMENTS, self.rules).is_none();
        let hidden_comments =
            other.position(COMMENTS, self.rules).filter(|_| lacks_comments).and_then(column);
        let title = self.title.take();
        self.sheet.blocks.push(Block { title, header, hidden_devices, hidden_comments, records: Vec::new() });
        self.last_lone = false;
    }

    fn note_stray(&mut self, line: &Line) {
        if self.sheet.strays.len() < ROWS {
            let address = line.cells.iter().find(|cell| is_certain_address(cell.text.trim()));
            let stray = address.map(|cell| (line.number, cell.column, cell.text.trim().to_owned()));
            self.sheet.strays.extend(stray);
        }
    }

    fn record(&self, line: &Line, header: &Header) -> Record {
        let mut record = Record { row: line.number, ..Record::default() };
        let mut stated: Vec<(usize, &str)> = Vec::new();
        let mut merged: Option<(usize, &str)> = None;
        let mut cells = line.cells.iter().filter(|cell| !self.grid.unseen.contains(cell.column)).peekable();
        for (position, column) in header.columns.iter().enumerate() {
            while let Some(cell) = cells.next_if(|cell| cell.column < column.index) {
                self.note_untitled(cell, &mut record);
            }
            let kind = header.kind(position, self.rules);
            let is_address = kind == Kind::Address && column.field.is_some();
            let cell = cells.next_if(|cell| cell.column == column.index);
            if let Some(cell) = cell.filter(|_| is_address) {
                record.formula |= cell.formula;
                record.struck |= cell.struck;
                record.struck_part |= cell.struck_part;
            }
            if cell.is_some_and(|cell| cell.formula && cell.text.trim().is_empty() && !is_address) {
                record.lost_values.push((position, Arc::default()));
            }
            if let Some(cell) = cell {
                let unseen = unseen_around(&cell.text, false);
                record.spaced.extend(unseen.map(|unseen| (position, unseen)));
                let raised = Some(&cell.raised).filter(|raised| !raised.is_empty());
                record.raised.extend(raised.map(|raised| (position, Arc::clone(raised))));
            }
            let filled = cell.filter(|cell| !cell.text.trim().is_empty());
            stated.extend(filled.map(|cell| (position, cell.text.trim())));
            let inherited = || {
                let (cell, below) = self.grid.inherited(line.number, column.index, header.row)?;
                // A mark counts for each of the devices over which its cell goes; other texts for their own column.
                let is_mark = || kind == Kind::Flag && self.rules.is_mark(&cell.text);
                (below || is_mark()).then_some(cell)
            };
            let text = match filled.or_else(inherited) {
                Some(cell) if filled.is_none() && is_address => {
                    merged = Some((position, cell.text.trim()));
                    Arc::default()
                }
                Some(cell) => {
                    let text = trimmed(&cell.text);
                    if (cell.struck || cell.struck_part) && !is_address && !text.is_empty() {
                        record.struck_cells.push((position, Arc::clone(&text)));
                    }
                    text
                }
                None => Arc::default(),
            };
            record.cells.push(text);
        }
        record.own = header.is_stated(stated.into_iter(), self.rules);
        if let Some((position, text)) = merged {
            record.covered = true;
            if let Some(cell) = record.cells.get_mut(position).filter(|_| record.own) {
                *cell = Arc::from(text);
            }
        }
        let last = header.columns.last().map_or(0, |column| column.index);
        let beyond = |cell: &&Cell| cell.column > last && !cell.text.trim().is_empty();
        for cell in cells.filter(beyond) {
            self.note_untitled(cell, &mut record);
            let text = trimmed(&cell.text);
            if cell.struck || cell.struck_part {
                let position = record.cells.len() + record.extra.len();
                record.struck_cells.push((position, Arc::clone(&text)));
            }
            record.extra.push(text);
        }
        record
    }

    /// Remembers a flag word in a column that has no title.
    fn note_untitled(&self, cell: &Cell, record: &mut Record) {
        if record.untitled_flag.is_none() && self.rules.is_flag(&cell.text) {
            record.untitled_flag = Some(cell.column);
        }
    }
}

/// A text without the white space around it, which few have.
fn trimmed(text: &Arc<str>) -> Arc<str> {
    let inner = text.trim();
    if inner.len() == text.len() { Arc::clone(text) } else { Arc::from(inner) }
}

/// A row of titles over the same column of addresses, of which nothing else is known, says less than the one above it.
fn report_other_words(row: u32, above: u32, desk: &mut Desk<'_>) {
    let message = format!(
        "row {row} is one of titles, of which only that of the addresses has a meaning in the rules; what stands below it \
         was read by the titles of row {above}"
    );
    let place = desk.place(row, None);
    let help = "if the columns below stand in another order, write published titles above them in a copy of the list";
    desk.warn(Code::HeaderNotMapped, message, place, help);
}

fn report_many_headers(header: &Header, desk: &mut Desk<'_>) {
    let message = format!(
        "the sheet has more than {REPORTED_BLOCKS} rows of titles; from here on, titles without a meaning are not told"
    );
    let place = desk.place(header.row, None);
    let help = "a published sheet has some few rows of titles; the list can be downloaded again";
    desk.warn(Code::HeaderNotMapped, message, place, help);
}

fn first_line(text: &str) -> Arc<str> {
    Arc::from(text.trim().lines().next().unwrap_or_default().trim_end())
}

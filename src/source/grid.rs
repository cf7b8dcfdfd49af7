//! `Grid`: the cells of one sheet, sparse, whatever format it came in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::block::cell_name;
use super::runs::{Marks, Raised};
use super::text::shortened;
use super::workbook::WorkbookFault;

/// One cell with text in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// Column from 0.
    pub(super) column: u32,
    /// Its text as a reader would see it, or of a formula the value that was saved with it.
    pub(super) text: Arc<str>,
    /// Whether its text is computed.
    pub(super) formula: bool,
    /// Whether its text is struck out.
    pub(super) struck: bool,
    /// Whether a part of its text is.
    pub(super) struck_part: bool,
    /// Parts of its text that were set above or below the line.
    pub(super) raised: Arc<[Raised]>,
}

/// One row with at least one cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Row of the sheet, from 1.
    pub(super) number: u32,
    /// Its cells by column.
    pub(super) cells: Vec<Cell>,
}

/// A merged region, rows and columns from 0, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) top: u32,
    pub(super) left: u32,
    pub(super) bottom: u32,
    pub(super) right: u32,
}

impl Region {
    /// How many columns it covers, of those that any table has.
    pub(super) fn width(self) -> u32 {
        self.right.saturating_sub(self.left).saturating_add(1).min(COVERED)
    }
}

/// Most columns of a merged region to which its text goes on.
const COVERED: u32 = 64;

/// Most columns of any sheet.
const COLUMNS: u32 = 16_384;

/// Columns that a reader of the sheet cannot see.
#[derive(Clone, Debug, Default)]
pub(super) struct Unseen {
    /// Columns that the sheet lists, each with whether it is unseen.
    listed: Vec<Option<bool>>,
    /// Whether columns that the sheet does not list are unseen.
    pub(super) others: bool,
}

impl Unseen {
    /// Lists the columns from `first` to `last` (from 0); what was listed before stays.
    pub(super) fn list(&mut self, first: u32, last: u32, unseen: bool) {
        let index = |column: u32| usize::try_from(column.min(COLUMNS)).unwrap_or(0);
        let end = index(last.saturating_add(1));
        if self.listed.len() < end {
            self.listed.resize(end, None);
        }
        for column in self.listed.get_mut(index(first)..end).into_iter().flatten() {
            column.get_or_insert(unseen);
        }
    }

    /// Whether `column` cannot be seen.
    pub(super) fn contains(&self, column: u32) -> bool {
        let listed = usize::try_from(column).ok().and_then(|at| self.listed.get(at).copied().flatten());
        listed.unwrap_or(self.others)
    }
}

/// The rest of a merged region.
#[derive(Clone, Copy, Debug)]
struct Merged {
    bottom: u32,
    left: u32,
}

/// One sheet.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    /// Its name.
    pub(super) name: String,
    /// Its rows, in order.
    pub(super) lines: Vec<Line>,
    /// Columns that do not count.
    pub(super) unseen: Unseen,
    /// Whether no program shows the sheet to its users.
    pub(super) very_hidden: bool,
    /// Numbers of rows that are hidden, which count all the same.
    pub(super) hidden_rows: Vec<u32>,
    /// Merged regions by each column that they cover and their top row.
    merges: BTreeMap<(u32, u32), Merged>,
    /// The last text of each column as it was written, and what was read of it.
    above: Vec<(Arc<str>, Cell)>,
}

impl Grid {
    /// An empty sheet.
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a merged region, whose text counts for every cell that it covers.
    pub(super) fn merge(&mut self, region: Region) {
        let Region { top, left, bottom, .. } = region;
        for column in left..left.saturating_add(region.width()) {
            if bottom > top || column > left {
                self.merges.insert((column, top), Merged { bottom, left });
            }
        }
    }

    /// Puts rows and cells in order, which no file has to keep. A place where two cells stand is an error.
    pub(super) fn sort(&mut self) -> Result<(), WorkbookFault> {
        if !self.lines.is_sorted_by_key(|line| line.number) {
            self.lines.sort_by_key(|line| line.number);
            self.lines.dedup_by(|later, earlier| {
                let same = later.number == earlier.number;
                if same {
                    earlier.cells.append(&mut later.cells);
                }
                same
            });
        }
        for line in &mut self.lines {
            if !line.cells.is_sorted_by_key(|cell| cell.column) {
                line.cells.sort_by_key(|cell| cell.column);
            }
            let twice = line.cells.windows(2).find_map(|pair| match pair {
                [one, other] if one.column == other.column => Some(one.column),
                _ => None,
            });
            if let Some(column) = twice {
                let place = cell_name(line.number, column);
                let what = format!("the sheet `{}` has two cells at `{place}`", shortened(&self.name));
                return Err(WorkbookFault::Damaged(what));
            }
        }
        Ok(())
    }

    /// Adds a cell at a row and column from 0, in the order of the file.
    pub(super) fn push(&mut self, row: u32, cell: Cell) {
        let number = row.saturating_add(1);
        match self.lines.last_mut() {
            Some(line) if line.number == number => line.cells.push(cell),
            last => {
                // Rows of a list mostly have the same cells.
                let mut cells = Vec::with_capacity(last.map_or(1, |line| line.cells.len()));
                cells.push(cell);
                self.lines.push(Line { number, cells });
            }
        }
    }

    /// Adds a cell of a workbook, unless it is blank. Its text has these marks.
    pub(super) fn push_text(&mut self, row: u32, cell: Cell, text: &str, marks: &Marks) {
        if !text.is_empty() || cell.formula {
            let Cell { text, struck, struck_part, raised, .. } = self.shared(cell.column, text, marks);
            let struck = struck || cell.struck;
            self.push(row, Cell { text, struck, struck_part, raised, ..cell });
        }
    }

    /// A text of a column, which mostly is that of the cell above and kept once then.
    fn shared(&mut self, column: u32, text: &str, marks: &Marks) -> Cell {
        let at = usize::try_from(column.min(COLUMNS)).unwrap_or(0);
        if self.above.len() <= at {
            self.above.resize_with(at + 1, Default::default);
        }
        match self.above.get_mut(at) {
            Some((written, read)) if **written == *text => read.clone(),
            Some(above) => {
                let read = marks.read(text);
                let is_same = *read.text == *text;
                *above = (if is_same { Arc::clone(&read.text) } else { Arc::from(text) }, read.clone());
                read
            }
            None => marks.read(text),
        }
    }

    /// The cell that a merged region gives to another (row from 1) that it covers, if the region starts below `above`, and
    /// whether it starts in the column of that.
    pub(super) fn inherited(&self, number: u32, column: u32, above: u32) -> Option<(&Cell, bool)> {
        let row = number.checked_sub(1).filter(|row| *row >= above)?;
        let (&(_, top), merged) = self.merges.range((column, above)..=(column, row)).next_back()?;
        let covers = merged.bottom >= row;
        let cell = covers.then(|| self.cell(top.saturating_add(1), merged.left)).flatten()?;
        Some((cell, merged.left == column))
    }

    fn cell(&self, number: u32, column: u32) -> Option<&Cell> {
        let at = self.lines.binary_search_by_key(&number, |line| line.number).ok()?;
        let line = self.lines.get(at)?;
        let cell = line.cells.binary_search_by_key(&column, |cell| cell.column).ok()?;
        line.cells.get(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(column: u32, text: &str) -> Cell {
        Cell { column, text: text.into(), ..Cell::default() }
    }

    #[test]
    fn a_merged_region_gives_its_text_to_the_cells_that_it_covers_and_no_further() {
        let mut grid = Grid::named("s");
        grid.push(2, cell(0, "Service"));
        grid.merge(Region { top: 2, left: 0, bottom: 4, right: 1 });
        let inherited = |number, column, above| {
            grid.inherited(number, column, above).map(|(cell, below)| (&*cell.text, below))
        };
        assert_eq!(inherited(4, 0, 1), Some(("Service", true)));
        assert_eq!(inherited(5, 0, 1), Some(("Service", true)));
        assert_eq!(inherited(6, 0, 1), None);
        assert_eq!(inherited(3, 1, 1), Some(("Service", false)));
        assert_eq!(inherited(5, 1, 1), Some(("Service", false)));
        assert_eq!(inherited(5, 1, 3), None);
        assert_eq!(inherited(4, 2, 1), None);
    }

    #[test]
    fn a_sheet_whose_default_width_is_zero_shows_only_the_columns_it_lists() {
        let mut unseen = Unseen { others: true, ..Unseen::default() };
        for (first, last, hidden) in [(0, 6, false), (8, 8, false), (22, 22, true), (22, u32::MAX, false)] {
            unseen.list(first, last, hidden);
        }
        assert!(unseen.contains(7) && unseen.contains(22) && !unseen.contains(8) && !unseen.contains(9_999));
    }
}

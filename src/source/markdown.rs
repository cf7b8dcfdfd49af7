//! Markdown to headings and tables, in one bounded pass.
//!
//! A table scanner of our own: the ones for rendering pad and cut ragged rows, and so hide what was published.

use super::inline::{cell_text, plain};
use super::limits::{BROKEN_LINES, COLUMNS, LINE_BYTES, ROWS};

/// One row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextRow {
    /// Line of its start, from 1.
    pub(super) line: u32,
    /// Its cells, trimmed.
    pub(super) cells: Vec<String>,
}

/// What a page is made of, as far as lists go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// `## Text`.
    Heading {
        /// 1 to 6.
        level: usize,
        text: String,
    },
    /// A header with its rows.
    Table { header: TextRow, rows: Vec<TextRow> },
}

/// Why a page is not read further, with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageFault {
    pub(super) line: u32,
    pub(super) message: String,
}

/// The headings and tables of a page, up to the first thing that breaks a limit.
pub(super) fn scan(text: &str) -> (Vec<Item>, Option<PageFault>) {
    let mut scanner = Scanner { lines: numbered(text), items: Vec::new(), rows_left: ROWS };
    let fault = scanner.scan().err();
    (scanner.items, fault)
}

type Numbered<'a> = std::iter::Peekable<Box<dyn Iterator<Item = (u32, &'a str)> + 'a>>;

fn numbered(text: &str) -> Numbered<'_> {
    let lines: Box<dyn Iterator<Item = (u32, &str)>> = Box::new((1..).zip(text.lines()));
    lines.peekable()
}

struct Scanner<'a> {
    lines: Numbered<'a>,
    items: Vec<Item>,
    rows_left: usize,
}

impl Scanner<'_> {
    fn scan(&mut self) -> Result<(), PageFault> {
        self.skip_front_matter();
        while let Some((number, line)) = self.lines.next() {
            check_length(number, line)?;
            let start = line.trim_start();
            if start.starts_with("```") || start.starts_with("~~~") {
                self.skip_fence(start);
            } else if let Some((level, text)) = heading(start) {
                self.items.push(Item::Heading { level, text: plain(text) });
            } else if line.contains('|') && self.lines.peek().is_some_and(|(_, next)| is_delimiter(next)) {
                self.lines.next();
                let header = TextRow { line: number, cells: cells(number, line)? };
                let rows = self.rows()?;
                self.items.push(Item::Table { header, rows });
            }
        }
        Ok(())
    }

    fn skip_front_matter(&mut self) {
        if self.lines.next_if(|(_, line)| line.trim_end() == "---").is_some() {
            self.lines.by_ref().find(|(_, line)| matches!(line.trim_end(), "---" | "..."));
        }
    }

    fn skip_fence(&mut self, start: &str) {
        let fence = start.get(..3).unwrap_or("```").to_owned();
        self.lines.by_ref().find(|(_, line)| line.trim_start().starts_with(&fence));
    }

    /// The rows up to the first line that belongs to no table.
    fn rows(&mut self) -> Result<Vec<TextRow>, PageFault> {
        let mut rows = Vec::new();
        while let Some((number, line)) = self.lines.next_if(|(_, line)| is_row(line)) {
            check_length(number, line)?;
            self.rows_left = self.rows_left.checked_sub(1).ok_or_else(|| PageFault {
                line: number,
                message: format!("the page has more than {ROWS} rows"),
            })?;
            let whole = self.whole_row(line);
            check_length(number, &whole)?;
            rows.push(TextRow { line: number, cells: cells(number, &whole)? });
        }
        Ok(rows)
    }

    /// A row with the lines that a break inside of one of its cells put it on.
    fn whole_row(&mut self, line: &str) -> String {
        let mut whole = line.to_owned();
        for _ in 0..BROKEN_LINES {
            if !line.trim_start().starts_with('|') || ends_row(&whole) {
                break;
            }
            let quoted = open_quote(&whole);
            let goes_on = |next: &str| {
                let start = next.trim_start();
                let other =
                    start.is_empty() || start.starts_with(['|', '#', '>']) || start.starts_with("```");
                !other || (quoted && !start.starts_with('|') && !start.is_empty())
            };
            let Some((_, next)) = self.lines.next_if(|(_, next)| goes_on(next)) else { break };
            whole.push('\n');
            whole.push_str(next.trim_end());
        }
        whole
    }
}

fn check_length(line: u32, text: &str) -> Result<(), PageFault> {
    if text.len() <= LINE_BYTES {
        return Ok(());
    }
    Err(PageFault { line, message: format!("the line has {} bytes, more than {LINE_BYTES}", text.len()) })
}

fn heading(start: &str) -> Option<(usize, &str)> {
    let text = start.trim_start_matches('#');
    let level = start.len() - text.len();
    let spaced = text.is_empty() || text.starts_with([' ', '\t']);
    ((1..=6).contains(&level) && spaced).then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

/// `|-|:-:|`: at least one dash in every cell.
fn is_delimiter(line: &str) -> bool {
    let line = line.trim();
    let inner = line.strip_prefix('|').unwrap_or(line);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    line.len() <= LINE_BYTES
        && line.contains('-')
        && line.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'))
        && inner.split('|').all(|cell| cell.contains('-'))
}

fn is_row(line: &str) -> bool {
    let start = line.trim_start();
    !start.is_empty() && line.contains('|') && heading(start).is_none() && !start.starts_with('>')
}

/// Whether a row ends with a bar that closes its last cell.
fn ends_row(row: &str) -> bool {
    let row = row.trim_end();
    row.strip_suffix('|').is_some_and(|before| !ends_with_escape(before))
}

fn ends_with_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Whether the last cell of an unfinished row starts with a quotation mark that is not closed.
fn open_quote(row: &str) -> bool {
    let last = row.rsplit('|').next().unwrap_or_default().trim();
    last.starts_with('"') && (last.len() == 1 || !last.ends_with('"'))
}

/// The cells of a row.
fn cells(line: u32, row: &str) -> Result<Vec<String>, PageFault> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = if ends_row(row) { row.strip_suffix('|').unwrap_or(row) } else { row };
    let mut cells = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, byte) in row.bytes().enumerate() {
        if byte == b'|' && !escaped {
            cells.push(cell_text(row.get(start..at).unwrap_or_default()));
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
        if cells.len() > COLUMNS {
            return Err(PageFault { line, message: format!("the row has more than {COLUMNS} cells") });
        }
    }
    cells.push(cell_text(row.get(start..).unwrap_or_default()));
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Vec<TextRow> {
        let (items, fault) = scan(text);
        assert_eq!(fault, None);
        items
            .into_iter()
            .find_map(|item| match item {
                Item::Table { rows, .. } => Some(rows),
                Item::Heading { .. } => None,
            })
            .unwrap_or_default()
    }

    #[test]
    fn a_row_broken_over_lines_is_one_row() {
        let rows = table("|A|B|\n|-|-|\n|x|\"one\ntwo\"|\n|y|b \\| c|\n|z|last without bar\n\ntext | more");
        let cells: Vec<_> = rows.iter().map(|row| (row.line, row.cells.join("/"))).collect();
        let expected = [(3, "x/one\ntwo"), (5, "y/b | c"), (6, "z/last without bar")];
        assert_eq!(cells, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn front_matter_and_fenced_code_hold_no_tables() {
        let text = "---\n|A|B|\n|-|-|\n---\n```\n|A|B|\n|-|-|\n|1|2|\n```\n## Heading ##\n";
        assert_eq!(scan(text).0, [Item::Heading { level: 2, text: "Heading".into() }]);
    }

    #[test]
    fn millions_of_bars_are_refused() {
        let text = format!("{}\n|-|-|\n", "|".repeat(100_000));
        assert_eq!(scan(&text).1.map(|fault| fault.line), Some(1));
    }
}

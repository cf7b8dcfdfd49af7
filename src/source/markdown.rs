//! Markdown to headings and tables, in one bounded pass.
//!
//! A table scanner of our own: the ones for rendering pad and cut ragged rows, and so hide what was published.

use super::address::is_certain_address;
use super::block::Link;
use super::inline::{cell_text, links, plain, without_strikes};
use super::limits::{BROKEN_LINES, COLUMNS, LINE_BYTES, ROWS};
use super::text::unseen_around;

/// Of how many things outside of the tables a page is told.
const REPORTED: usize = 64;

/// A cell of which something is struck out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Struck {
    /// Its text without the marks.
    pub(super) text: String,
    /// Whether all of it is.
    pub(super) whole: bool,
}

/// One row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextRow {
    /// Line of its start, from 1.
    pub(super) line: u32,
    /// Its cells, trimmed.
    pub(super) cells: Vec<String>,
    /// What nobody sees around some of them, by position.
    pub(super) spaced: Vec<(usize, String)>,
    /// Links to other pages in them, by position.
    pub(super) links: Vec<(usize, Link)>,
    /// Those that are struck out, by position. Their cells have the marks around what is struck out.
    pub(super) struck: Vec<(usize, Struck)>,
    /// Whether blank lines part it from the row above.
    pub(super) parted: bool,
}

/// What is written where no table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// A row with an address outside of every table.
    Stray,
    /// A table written in HTML.
    HtmlTable,
    /// Code or a comment that goes on to the end of the page.
    Open(&'static str),
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
    /// Something that a person should look at.
    Notice { line: u32, notice: Notice },
}

/// Why a page is not read further, with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageFault {
    pub(super) line: u32,
    pub(super) message: String,
}

/// The headings and tables of a page, up to the first thing that breaks a limit.
pub(super) fn scan(text: &str) -> (Vec<Item>, Option<PageFault>) {
    let mut scanner = Scanner {
        lines: numbered(text),
        items: Vec::new(),
        rows_left: ROWS,
        notices_left: REPORTED,
        depth: 0,
        touching: false,
    };
    let fault = scanner.scan().err();
    (scanner.items, fault)
}

/// A line without the marks of the quotations it stands in.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: u32,
    depth: usize,
    text: &'a str,
}

type Numbered<'a> = std::iter::Peekable<Box<dyn Iterator<Item = Line<'a>> + 'a>>;

fn numbered(text: &str) -> Numbered<'_> {
    let mut rest = text;
    let mut number = 0;
    // Front matter ends where it says so; without an end it is none.
    if let Some(lines) = front_matter(text) {
        number = u32::try_from(lines).unwrap_or(u32::MAX);
        let skipped: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
        rest = text.get(skipped..).unwrap_or_default();
    }
    let lines: Box<dyn Iterator<Item = Line<'_>>> =
        Box::new((number + 1..).zip(rest.lines()).map(|(number, text)| unquoted(number, text)));
    lines.peekable()
}

/// How many lines of front matter a page starts with.
fn front_matter(text: &str) -> Option<usize> {
    let mut lines = text.lines();
    lines.next().filter(|line| line.trim_end() == "---")?;
    let end = lines.position(|line| matches!(line.trim_end(), "---" | "..."))?;
    Some(end + 2)
}

/// The value of a key in the front matter of a page, where it is short enough for a date.
pub(super) fn front_matter_value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut lines = text.lines().take(front_matter(text)?);
    let value = lines.find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (1..=LONGEST_DATE).contains(&value.len()).then_some(value)
}

/// Bytes of a date, however it is written.
const LONGEST_DATE: usize = 40;

fn unquoted(number: u32, line: &str) -> Line<'_> {
    let (mut depth, mut text) = (0, line);
    while let Some(inner) = text.trim_start().strip_prefix('>') {
        text = inner;
        depth += 1;
    }
    Line { number, depth, text }
}

struct Scanner<'a> {
    lines: Numbered<'a>,
    items: Vec<Item>,
    rows_left: usize,
    notices_left: usize,
    /// Depth of quotation of the last table.
    depth: usize,
    /// Whether nothing but blank lines and comments stands between here and the last table.
    touching: bool,
}

impl Scanner<'_> {
    fn scan(&mut self) -> Result<(), PageFault> {
        while let Some(line) = self.lines.next() {
            check_length(line.number, line.text)?;
            let start = line.text.trim_start();
            if start.is_empty() {
                continue;
            }
            if let Some(mark) = fence(start) {
                self.touching = false;
                self.skip_fence(line, mark);
            } else if start.starts_with("<!--") {
                self.skip_comment(line, start);
            } else if let Some((level, text)) = heading(start).filter(|_| line.depth == 0) {
                self.touching = false;
                self.items.push(Item::Heading { level, text: plain(text) });
            } else if line.text.contains('|') && self.lines.peek().is_some_and(|next| is_delimiter(next.text))
            {
                self.lines.next();
                let header = text_row(line.number, line.text)?;
                self.depth = line.depth;
                let rows = self.rows()?;
                self.items.push(Item::Table { header, rows });
                self.touching = true;
            } else {
                self.outside(line)?;
            }
        }
        Ok(())
    }

    fn skip_fence(&mut self, opened: Line<'_>, (mark, count): (char, usize)) {
        let closes = |text: &str| {
            let text = text.trim();
            text.len() >= count && text.chars().all(|c| c == mark)
        };
        while let Some(line) = self.lines.next_if(|line| line.depth >= opened.depth) {
            if closes(line.text) {
                return;
            }
        }
        if self.lines.peek().is_none() {
            self.items.push(Item::Notice { line: opened.number, notice: Notice::Open("block of code") });
        }
    }

    fn skip_comment(&mut self, opened: Line<'_>, start: &str) {
        if start.get(4..).is_some_and(|rest| rest.contains("-->")) {
            return;
        }
        if !self.lines.by_ref().any(|line| line.text.contains("-->")) {
            self.items.push(Item::Notice { line: opened.number, notice: Notice::Open("comment") });
        }
    }

    /// A line outside of every table: it goes on with the table above, or is told if it holds an address.
    fn outside(&mut self, line: Line<'_>) -> Result<(), PageFault> {
        if html_table(line.text) {
            self.touching = false;
            self.notice(line.number, Notice::HtmlTable);
            return Ok(());
        }
        let row = if bars(line.text) >= 2 { text_row(line.number, line.text)?.cells } else { Vec::new() };
        let width = match self.items.last() {
            Some(Item::Table { header, .. }) if self.touching && self.depth == line.depth => {
                header.cells.len()
            }
            _ => 0,
        };
        if !row.is_empty() && width > 0 && row.len().abs_diff(width) <= MOST_DIFFERENCE {
            let mut first = self.row(line)?;
            first.parted = true;
            let more = self.rows()?;
            if let Some(Item::Table { rows, .. }) = self.items.last_mut() {
                rows.push(first);
                rows.extend(more);
            }
            return Ok(());
        }
        // Bars of another script look like those of a row.
        let wide = line.text.split('\u{ff5c}').skip(1);
        let words = || {
            let cells = row.iter().map(String::as_str).chain(wide.clone());
            cells.flat_map(|cell| cell.split_whitespace().map(|word| word.trim_matches('`')))
        };
        let alone = row.is_empty() && width > 0 && is_certain_address(line.text.trim());
        if alone || words().any(is_certain_address) {
            self.notice(line.number, Notice::Stray);
        } else {
            self.touching = false;
        }
        Ok(())
    }

    fn notice(&mut self, line: u32, notice: Notice) {
        if self.notices_left > 0 {
            self.notices_left -= 1;
            self.items.push(Item::Notice { line, notice });
        }
    }

    /// The rows up to the first line that belongs to no table.
    fn rows(&mut self) -> Result<Vec<TextRow>, PageFault> {
        let mut rows = Vec::new();
        let depth = self.depth;
        while let Some(line) = self.lines.next_if(|line| line.depth == depth && is_row(line.text)) {
            rows.push(self.row(line)?);
        }
        Ok(rows)
    }

    fn row(&mut self, line: Line<'_>) -> Result<TextRow, PageFault> {
        check_length(line.number, line.text)?;
        self.rows_left = self.rows_left.checked_sub(1).ok_or_else(|| PageFault {
            line: line.number,
            message: format!("the page has more than {ROWS} rows"),
        })?;
        let whole = self.whole_row(line.text);
        check_length(line.number, &whole)?;
        text_row(line.number, &whole)
    }

    /// A row with the lines that a break inside of one of its cells put it on.
    fn whole_row(&mut self, line: &str) -> String {
        let mut whole = line.to_owned();
        for _ in 0..BROKEN_LINES {
            if !line.trim_start().starts_with('|') || ends_row(&whole) {
                break;
            }
            let quoted = open_quote(&whole);
            let depth = self.depth;
            let goes_on = |next: &Line<'_>| {
                let start = next.text.trim_start();
                let other = start.is_empty()
                    || start.starts_with(['|', '#'])
                    || start.starts_with("<!--")
                    || next.depth != depth
                    || fence(start).is_some();
                !other || (quoted && !start.starts_with('|') && !start.is_empty())
            };
            let Some(next) = self.lines.next_if(goes_on) else { break };
            whole.push('\n');
            whole.push_str(next.text.trim_end());
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
    !start.is_empty()
        && line.contains('|')
        && heading(start).is_none()
        && fence(start).is_none()
        && !start.starts_with("<!--")
}

/// By how many cells a row that blank lines part from a table can differ from its header.
const MOST_DIFFERENCE: usize = 3;

/// The mark of a fence that starts a block of code, and how often it stands there.
fn fence(start: &str) -> Option<(char, usize)> {
    let mark = start.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = start.trim_start_matches(mark);
    let count = start.len() - info.len();
    (count >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, count))
}

/// `<table` that is no inline code.
fn html_table(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.match_indices("<table").any(|(at, tag)| {
        let after = lower.as_bytes().get(at + tag.len());
        !lower.get(..at).is_some_and(|before| before.ends_with(['`', '\\']))
            && after.is_none_or(|byte| matches!(byte, b'>' | b' ' | b'\t' | b'/'))
    })
}

/// How many bars of a line are not escaped.
fn bars(line: &str) -> usize {
    let mut escaped = false;
    line.bytes()
        .filter(|byte| {
            let bar = *byte == b'|' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            bar
        })
        .count()
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

/// A row taken apart into its cells.
fn text_row(line: u32, row: &str) -> Result<TextRow, PageFault> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = if ends_row(row) { row.strip_suffix('|').unwrap_or(row) } else { row };
    let mut made = TextRow { line, ..TextRow::default() };
    let mut start = 0;
    let mut escaped = false;
    for (at, byte) in row.bytes().enumerate() {
        if byte == b'|' && !escaped {
            add_cell(&mut made, row.get(start..at).unwrap_or_default());
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
        if made.cells.len() > COLUMNS {
            return Err(PageFault { line, message: format!("the row has more than {COLUMNS} cells") });
        }
    }
    add_cell(&mut made, row.get(start..).unwrap_or_default());
    Ok(made)
}

fn add_cell(row: &mut TextRow, source: &str) {
    let unseen = unseen_around(source, true);
    row.spaced.extend(unseen.map(|unseen| (row.cells.len(), unseen)));
    let struck = without_strikes(source);
    let unstruck = struck.as_ref().map_or(source, |(text, _)| text);
    row.links
        .extend(links(unstruck).into_iter().map(|(text, target)| (row.cells.len(), Link { text, target })));
    row.struck.extend(
        struck.iter().map(|(text, whole)| (row.cells.len(), Struck { text: cell_text(text), whole: *whole })),
    );
    row.cells.push(cell_text(source));
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
                Item::Heading { .. } | Item::Notice { .. } => None,
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
    fn the_head_of_a_page_tells_its_date() {
        let page = "---\ntitle: x\nms.date: 12/25/2025\n---\nms.date: 1\n";
        assert_eq!(front_matter_value(page, "ms.date"), Some("12/25/2025"));
        assert_eq!(front_matter_value("---\nms.date : '2026-01-02'\n---\n", "ms.date"), Some("2026-01-02"));
        for none in ["ms.date: 12/25/2025\n", "---\nms.dated: 1\n---\n", "---\nms.date:\n---\n"] {
            assert_eq!(front_matter_value(none, "ms.date"), None, "{none}");
        }
        let long = format!("---\nms.date: {}\n---\n", "1".repeat(LONGEST_DATE + 1));
        assert_eq!(front_matter_value(&long, "ms.date"), None);
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

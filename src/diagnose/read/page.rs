//! Pages of HTML, as far as tables and texts go: what programs wrote, without a parser's repairs.

use crate::console::{after, find, position};

/// A row of a table.
pub(super) struct Row {
    /// Where it starts.
    pub(super) at: usize,
    /// Whether it has titles alone.
    pub(super) is_header: bool,
    /// The texts of its cells.
    pub(super) cells: Vec<String>,
}

/// The rows of all tables.
pub(super) fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut rest = text;
    while let Some(row) = behind_tag(rest, "<tr") {
        let end = position(row, "</tr").unwrap_or(row.len());
        let (inside, behind) = row.split_at(end);
        let cells = cells(inside);
        let is_header = !cells.is_empty() && cells.iter().all(|(is_title, _)| *is_title);
        let cells = cells.into_iter().map(|(_, text)| text).collect();
        rows.push(Row { at: text.len() - row.len(), is_header, cells });
        rest = behind;
    }
    rows
}

/// Whether each cell of a row is a title, and its text.
fn cells(row: &str) -> Vec<(bool, String)> {
    let mut cells = Vec::new();
    let mut rest = row;
    while let Some((is_title, cell)) = next_cell(rest) {
        let end = position(cell, if is_title { "</th" } else { "</td" }).unwrap_or(cell.len());
        let (inside, behind) = cell.split_at(end);
        let inside = inside.split_once('>').map_or("", |(_, inside)| inside);
        cells.push((is_title, plain(inside).trim().to_owned()));
        rest = behind;
    }
    cells
}

/// What stands behind the start of the next cell, and whether that is a title.
fn next_cell(text: &str) -> Option<(bool, &str)> {
    text.match_indices('<').find_map(|(at, _)| {
        let tag = text.get(at + 1..)?;
        let behind = |name: &str| Some(tag.get(name.len()..)?).filter(|_| is_tag(tag, name));
        behind("td").map(|behind| (false, behind)).or_else(|| Some((true, behind("th")?)))
    })
}

/// Whether a tag, without its bracket, has this name and no longer one.
fn is_tag(tag: &str, name: &str) -> bool {
    let (start, end) = (tag.get(..name.len()), tag.get(name.len()..));
    start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        && end.is_some_and(|end| !end.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// What stands behind the start of the next tag of that name.
fn behind_tag<'t>(text: &'t str, tag: &str) -> Option<&'t str> {
    let mut rest = text;
    loop {
        rest = find(rest, tag)?;
        if !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Some(rest);
        }
    }
}

/// The text between the tags, and where its links lead; what ends a line in a page ends one here.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let (inside, behind) = tag.split_once('>').unwrap_or((tag, ""));
        let name = inside.trim_start_matches('/');
        let ends_line =
            ["br", "p", "div", "li", "tr", "pre", "h"].iter().any(|tag| after(name, tag).is_some());
        out.push(if ends_line { '\n' } else { ' ' });
        if let Some(link) = after(inside, "a ").and_then(link) {
            out.push_str(link);
            out.push(' ');
        }
        rest = behind;
    }
    out.push_str(rest);
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// Where the attributes of a link say that it leads.
fn link(attributes: &str) -> Option<&str> {
    let value = find(attributes, "href=")?;
    let mark = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match mark {
        Some(mark) => value.get(1..)?.split(mark).next(),
        None => value.split_whitespace().next(),
    }
}

//! Aligned columns and comma-separated values.

use std::fmt::Write as _;
use std::io;

use super::width::{cell_lines, columns};
use crate::diagnostic::visible;

/// Up to how many columns a cell is padded: a longer one pushes those behind it aside, in its row alone. One cell of a
/// list can hold as much text as a page, for which nobody wants as many blanks in every row.
pub(super) const MOST_PADDING: usize = 256;

/// Columns aligned by their widest cell, the last one not padded; on a terminal no wider than that. Where whole words do
/// not fit beside each other, the cells of each row stand one below the other.
pub(super) fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    aligned_within(header, rows, columns(&io::stdout()))
}

fn aligned_within(header: &[&str], rows: &[Vec<String>], most: Option<usize>) -> String {
    let header: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
    let all = || std::iter::once(&header).chain(&rows);
    let mut widths = widest(all(), header.len(), |cell| cell.chars().count());
    if let Some(most) = most {
        let words = |cell: &str| cell.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
        if !narrow(&mut widths, &widest(all(), header.len(), words), most) {
            return stacked(&header, &rows, most);
        }
    }
    let mut out = String::new();
    for row in all() {
        let cells: Vec<Vec<String>> =
            row.iter().zip(&widths).map(|(cell, width)| cell_lines(cell, (*width).max(1))).collect();
        for at in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                let width = (*width).min(MOST_PADDING);
                let _ = write!(line, "{:width$}  ", cell.get(at).map_or("", String::as_str));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// The largest measure of each column's cells.
fn widest<'a>(
    rows: impl Iterator<Item = &'a Vec<String>>,
    columns: usize,
    measure: impl Fn(&str) -> usize,
) -> Vec<usize> {
    rows.fold(vec![0; columns], |mut widths, row| {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(measure(cell));
        }
        widths
    })
}

/// Takes from the widest column that has room until all fit; whether they do. No word is broken.
fn narrow(widths: &mut [usize], least: &[usize], most: usize) -> bool {
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        let roomy = widths.iter_mut().zip(least).filter(|(width, least)| **width > **least);
        let Some((width, _)) = roomy.max_by_key(|(width, _)| **width) else { return false };
        *width -= 1;
    }
    true
}

/// Each row as a block of its own: a line for each cell that says something, behind the title of its column.
fn stacked(header: &[String], rows: &[Vec<String>], most: usize) -> String {
    let label = header.iter().map(|title| title.chars().count()).max().unwrap_or(0);
    let room = most.saturating_sub(label + 2).max(1);
    let block = |row: &Vec<String>| {
        let mut block = String::new();
        for (title, cell) in header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            for (at, line) in cell_lines(cell, room).iter().enumerate() {
                let title = if at == 0 { title } else { "" };
                let _ = writeln!(block, "{title:label$}  {line}");
            }
        }
        block
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// Comma-separated values as RFC 4180 has them, with LF.
pub(super) fn csv(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = header.join(",");
    out.push('\n');
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

/// Quotes a cell where it must be; a cell that a spreadsheet would run as a formula starts with `'`.
fn csv_cell(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@']);
    let cell = visible(cell);
    let cell = if formula { format!("'{cell}") } else { cell };
    if cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_narrows_its_widest_column_and_never_breaks_a_word() {
        let rows =
            [vec!["a.example.com".to_owned(), "443".to_owned(), "left out for some reason".to_owned()]];
        let wide = "ADDRESS        PORT  REASON\na.example.com  443   left out for some reason\n";
        assert_eq!(aligned_within(&["ADDRESS", "PORT", "REASON"], &rows, None), wide);
        assert_eq!(aligned_within(&["ADDRESS", "PORT", "REASON"], &rows, Some(80)), wide);
        let narrow = "ADDRESS        PORT  REASON\na.example.com  443   left out\n                     for some\n                     reason\n";
        assert_eq!(aligned_within(&["ADDRESS", "PORT", "REASON"], &rows, Some(30)), narrow);
    }

    #[test]
    fn a_cell_of_any_length_is_shown_whole_and_pads_no_other_without_end() {
        for length in [MOST_PADDING + 1, 65_536, 1_000_000] {
            let long = "a".repeat(length);
            let rows = [vec![long.clone(), "443".to_owned()], vec!["b".to_owned(), "80".to_owned()]];
            let blanks = |taken: usize| " ".repeat(MOST_PADDING + 2 - taken);
            let expected = format!("ADDRESS{}PORT\n{long}  443\nb{}80\n", blanks(7), blanks(1));
            assert_eq!(aligned_within(&["ADDRESS", "PORT"], &rows, None), expected);
        }
    }

    #[test]
    fn the_cells_of_a_row_stand_below_each_other_where_they_do_not_fit_beside_each_other() {
        let row = |address: &str, reason: &str| vec![address.to_owned(), "443".to_owned(), reason.to_owned()];
        let rows = [row("a.example.com", "left out for some reason"), row("b.example.com", "")];
        let stacked = "ADDRESS  a.example.com\nPORT     443\nREASON   left out for\n         some reason\n\n\
                       ADDRESS  b.example.com\nPORT     443\n";
        assert_eq!(aligned_within(&["ADDRESS", "PORT", "REASON"], &rows, Some(22)), stacked);
        assert_eq!(aligned_within(&["ADDRESS", "PORT", "REASON"], &[], Some(5)), "");
    }
}

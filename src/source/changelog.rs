//! The list's own change log: a table of dates and texts.

use std::sync::Arc;

use super::LogEntry;
use super::grid::Grid;
use super::page::Section;
use crate::date::day_after;
use crate::origin::Origin;

/// Entries of a log beyond this number are not read; the longest published one has 30.
const MOST_ENTRIES: usize = 10_000;

/// The entries of a sheet.
pub(super) fn of_grid(grid: &Grid, file: &Arc<str>) -> Vec<LogEntry> {
    let rows = grid.lines.iter().map(|line| {
        let seen = line.cells.iter().filter(|cell| !grid.unseen.contains(cell.column));
        (line.number, seen.map(|cell| &*cell.text).collect())
    });
    entries(rows, file, grid.name.trim())
}

/// The entries below a heading.
pub(super) fn of_section(section: &Section, file: &Arc<str>) -> Vec<LogEntry> {
    let rows = section.tables.iter().flat_map(|(_, _, rows)| rows);
    let rows = rows.map(|row| (row.line, row.cells.iter().map(String::as_str).collect()));
    entries(rows, file, &section.name)
}

/// A row with a date starts an entry, one without goes on with it.
fn entries<'c>(
    rows: impl Iterator<Item = (u32, Vec<&'c str>)>,
    file: &Arc<str>,
    sheet: &str,
) -> Vec<LogEntry> {
    let sheet: Arc<str> = Arc::from(sheet);
    let mut entries: Vec<LogEntry> = Vec::new();
    for (row, cells) in rows {
        let mut texts = cells.into_iter().map(str::trim).filter(|text| !text.is_empty()).peekable();
        let date = texts.peek().and_then(|first| date(first));
        if date.is_some() {
            texts.next();
        }
        let text = texts.collect::<Vec<_>>().join("\n");
        let room = entries.len() < MOST_ENTRIES;
        match (date, entries.last_mut()) {
            (Some(date), _) if room => {
                let origin = Origin { file: Arc::clone(file), sheet: Arc::clone(&sheet), row };
                entries.push(LogEntry { date, text, origin });
            }
            (None, Some(entry)) if !text.is_empty() => {
                entry.text.push('\n');
                entry.text.push_str(&text);
            }
            _ => {}
        }
    }
    entries
}

/// A date as `2026-03-23`; one whose day and month cannot be told apart stays as it is written.
fn date(text: &str) -> Option<String> {
    if let Ok(serial) = text.parse::<f64>() {
        return (20_000.0..100_000.0).contains(&serial).then(|| of_serial(serial));
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
    let numbers: Vec<u32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    match (parts.len(), numbers.as_slice()) {
        (3, [year, month @ 1..=12, day @ 1..=31]) if *year > 1900 => Some(iso(*year, *month, *day)),
        (3, [month @ 1..=12, day @ 13..=31, year]) if *year > 1900 => Some(iso(*year, *month, *day)),
        (3, [day @ 13..=31, month @ 1..=12, year]) if *year > 1900 => Some(iso(*year, *month, *day)),
        (3, [same @ 1..=12, other @ 1..=12, year]) if *year > 1900 && same == other => {
            Some(iso(*year, *same, *same))
        }
        (3, [1..=12, 1..=12, year]) if *year > 1900 => Some(text.to_owned()),
        _ => None,
    }
}

fn iso(year: u32, month: u32, day: u32) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// A spreadsheet counts days from 30 December 1899, so that day 2 is the first of January 1900.
fn of_serial(serial: f64) -> String {
    day_after(1900, u64::from(whole(serial).saturating_sub(2)))
}

fn whole(serial: f64) -> u32 {
    format!("{:.0}", serial.floor()).parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_where_they_are_certain() {
        for (text, expected) in [
            ("44245", Some("2021-02-18")),
            ("44021.5", Some("2020-07-09")),
            ("45351", Some("2024-02-29")),
            ("03/23/2026", Some("2026-03-23")),
            ("15/08/2023", Some("2023-08-15")),
            ("05/12/2022", Some("05/12/2022")),
            ("06/06/2022", Some("2022-06-06")),
            ("2026-03-23", Some("2026-03-23")),
            ("Date", None),
            ("443", None),
            ("1/2", None),
        ] {
            assert_eq!(date(text).as_deref(), expected, "{text}");
        }
    }
}

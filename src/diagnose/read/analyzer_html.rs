//! `MDEClientAnalyzer.htm`: a table of events, and what the text of the analyzer holds where it is part of the page.

use std::collections::BTreeSet;

use super::event::Event;
use super::{analyzer, previous};
use crate::console::find;
use crate::diagnose::trial::Trial;

/// Whether the text is a page of the analyzer.
pub(super) fn is_one(text: &str) -> bool {
    let is_page = ["<html", "<!doctype html", "<table"].iter().any(|tag| find(text, tag).is_some());
    is_page && ["EDRCloud", "MDEClientAnalyzer", "Testing URL"].iter().any(|word| find(text, word).is_some())
}

/// What its rows say, then what its text says.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let rows = rows(text);
    let mut trials: Vec<Trial> =
        rows.iter().filter_map(|row| event(row)).flat_map(|event| event.trials(None)).collect();
    let plain = plain(text);
    let blocks = analyzer::read(&plain).into_iter().chain(previous::read(&plain));
    let blocks: Vec<Trial> = blocks.map(|trial| Trial { line: None, ..trial }).collect();
    let known: BTreeSet<&str> = blocks.iter().map(|trial| trial.subject.as_str()).collect();
    trials.retain(|trial| !known.contains(trial.subject.as_str()));
    trials.extend(blocks);
    trials
}

/// The cell with the number, then the name of the check, then what came out.
fn event(cells: &[String]) -> Option<Event> {
    cells.windows(3).find_map(|cells| match cells {
        [number, check, result] => Event::new(number, check, result),
        _ => None,
    })
}

/// The cells of each row, as text.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut rest = text;
    while let Some(row) = find(rest, "<tr") {
        let end = position(row, "</tr").unwrap_or(row.len());
        let (inside, behind) = row.split_at(end);
        rows.push(cells(inside));
        rest = behind;
    }
    rows
}

fn cells(row: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = row;
    while let Some(cell) = find(rest, "<td") {
        let end = position(cell, "</td").unwrap_or(cell.len());
        let (inside, behind) = cell.split_at(end);
        cells.push(plain(inside.split_once('>').map_or("", |(_, inside)| inside)).trim().to_owned());
        rest = behind;
    }
    cells
}

/// Where a word starts, any case.
fn position(text: &str, word: &str) -> Option<usize> {
    Some(text.len() - find(text, word)?.len() - word.len())
}

/// The text between the tags; what ends a line in a page ends one here.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let (inside, behind) = tag.split_once('>').unwrap_or((tag, ""));
        let name = inside.trim_start_matches('/');
        let ends_line = ["br", "p", "div", "li", "tr", "pre", "h"]
            .iter()
            .any(|tag| crate::console::after(name, tag).is_some());
        out.push(if ends_line { '\n' } else { ' ' });
        rest = behind;
    }
    out.push_str(rest);
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_events_and_blocks_of_urls_are_read_from_a_page() {
        let page = "<!DOCTYPE html><html><body><table><tr><th>Category</th></tr>\
            <tr class='e'><td>Connectivity</td><td>Error</td><td>132022</td><td>EDRCloud Cyber</td><td>no luck with the \
            following URLs:<br><a href='https://a.contoso.com/ping'>https://a.contoso.com/ping</a></td><td>see <a \
            href='https://learn.contoso.com'>help</a></td></tr></table><pre>Testing URL : https://b.contoso.com/ping\r\n1 \
            - Default proxy: Failed (407)</pre></body></html>";
        let found: Vec<(String, usize)> =
            read(page).into_iter().map(|trial| (trial.subject, trial.attempts.len())).collect();
        assert_eq!(
            found,
            [("https://a.contoso.com/ping".to_owned(), 1), ("https://b.contoso.com/ping".to_owned(), 1)]
        );
    }
}

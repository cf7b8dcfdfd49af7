//! `MDEClientAnalyzer.htm`: tables of events, read by the titles of their columns, and what the text of the analyzer holds
//! where it is part of the page.

use std::collections::BTreeSet;

use super::cut::before_root_ends;
use super::event::Event;
use super::gap::{Gap, line_at};
use super::page::{Row, plain, rows};
use super::{analyzer, previous};
use crate::console::find;
use crate::diagnose::trial::Trial;

/// Titles of the columns that matter, letters and digits alone: the first ones are those of the analyzer.
const TITLES: [(&str, &[&str]); 3] = [
    ("Id", &["id", "eventid", "number", "event"]),
    ("Test Name", &["testname", "test", "check", "checkname"]),
    ("Results", &["results", "result", "checkresult", "details"]),
];

/// Whether the text is a page of the analyzer.
pub(super) fn is_one(text: &str) -> bool {
    let is_page = ["<html", "<!doctype html", "<table"].iter().any(|tag| find(text, tag).is_some());
    is_page && ["EDRCloud", "MDEClientAnalyzer", "Testing URL"].iter().any(|word| find(text, word).is_some())
}

/// What its rows say, then what its text says.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut trials: Vec<Trial> =
        events(text).events.into_iter().flat_map(|event| event.trials(None)).collect();
    let plain = plain(text);
    let blocks = analyzer::read(&plain).into_iter().chain(previous::read(&plain));
    let blocks: Vec<Trial> = blocks.map(|trial| Trial { line: None, ..trial }).collect();
    let known: BTreeSet<&str> = blocks.iter().map(|trial| trial.subject.as_str()).collect();
    trials.retain(|trial| !known.contains(trial.subject.as_str()));
    trials.extend(blocks);
    trials
}

/// Whether a table has other columns than the analyzer's, and whether the end of the page is missing.
pub(super) fn gaps(text: &str, trials: &[Trial]) -> Vec<Gap> {
    let other = events(text).other.map(|(at, titles)| other_layout(line_at(text, at), &titles));
    other.into_iter().chain(before_root_ends(text, trials)).collect()
}

fn other_layout(line: Option<u32>, titles: &[String]) -> Gap {
    let [id, check, result] = TITLES.map(|(title, _)| title);
    let found = match titles {
        [] => "it has no titles".to_owned(),
        _ => format!("it has `{}`", titles.join("`, `")),
    };
    let message = format!(
        "a table of events has not the columns `{id}`, `{check}` and `{result}`, so that its rows cannot be read: {found}"
    );
    let help = "give the page as the analyzer wrote it, or the text beside it (MDEClientAnalyzer.txt)";
    Gap { line, message, help: help.to_owned() }
}

/// What the tables of a page hold.
#[derive(Default)]
struct Events {
    events: Vec<Event>,
    /// The first row with an event that cannot be read: where it starts, and the titles above it.
    other: Option<(usize, Vec<String>)>,
}

fn events(text: &str) -> Events {
    let mut found = Events::default();
    let (mut places, mut titles) = (None, Vec::new());
    for Row { at, is_header, cells } in rows(text) {
        let named = places_of(&cells);
        if is_header || named.is_some() {
            (places, titles) = (named, cells);
            continue;
        }
        match places.and_then(|places| event(&cells, places)) {
            Some(event) => found.events.push(event),
            None if found.other.is_none() && cells.iter().any(|cell| Event::new(cell, "", "").is_some()) => {
                found.other = Some((at, titles.clone()));
            }
            None => {}
        }
    }
    found
}

/// Which cells hold the number, the name of the check and what came out.
fn places_of(titles: &[String]) -> Option<[usize; 3]> {
    let bare = |title: &String| -> String {
        title.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let titles: Vec<String> = titles.iter().map(bare).collect();
    let place =
        |known: &[&str]| known.iter().find_map(|known| titles.iter().position(|title| title == known));
    let [id, check, result] = TITLES.map(|(_, known)| place(known));
    Some([id?, check?, result?])
}

fn event(cells: &[String], [id, check, result]: [usize; 3]) -> Option<Event> {
    Event::new(cells.get(id)?, cells.get(check)?, cells.get(result)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(page: &str) -> Vec<(String, usize)> {
        read(page).into_iter().map(|trial| (trial.subject, trial.attempts.len())).collect()
    }

    #[test]
    fn rows_of_events_and_blocks_of_urls_are_read_from_a_page() {
        let page = "<!DOCTYPE html><html><body><table><thead><tr><th>Category</th><th>Severity</th><th>Id</th><th>Test \
            Name</th><th>Results</th></tr></thead>\
            <tr class='e'><td>Connectivity</td><td>Error</td><td>132022</td><td>EDRCloud Cyber</td><td>no luck with the \
            following URLs:<br><a href='https://a.contoso.com/ping'>the first</a></td><td>see <a \
            href='https://learn.contoso.com'>help</a></td></tr></table><pre>Testing URL : https://b.contoso.com/ping\r\n1 \
            - Default proxy: Failed (407)</pre></body></html>";
        let expected = [("https://a.contoso.com/ping", 1), ("https://b.contoso.com/ping", 1)];
        assert_eq!(subjects(page), expected.map(|(url, count)| (url.to_owned(), count)));
    }

    #[test]
    fn columns_are_known_by_their_titles_in_any_order() {
        let of = |titles: &str, cells: &str| format!("<table><tr>{titles}</tr><tr>{cells}</tr></table>");
        for page in [
            of(
                "<td>Check</td><td><b>Result</b></td><td>Event ID</td>",
                "<td>EDRCloud CnC</td><td>Reached</td><td>130017</td>",
            ),
            of(
                "<th>RESULTS</th><th>Severity</th><th>id</th><th>Test name</th>",
                "<td>x</td><td>Error</td><td>132021</td><td>EDRCloud CnC</td>",
            ),
        ] {
            assert_eq!(subjects(&page), [("EDRCloud CnC".to_owned(), 1)], "{page}");
            assert_eq!(gaps(&page, &[]), []);
        }
        for (titles, found) in
            [("", "it has no titles"), ("<th>Severity</th><th>Id</th>", "it has `Severity`, `Id`")]
        {
            let page = of(titles, "<td>132021</td><td>Error</td><td>Connectivity</td><td>EDRCloud CnC</td>");
            assert_eq!(subjects(&page), [], "{page}");
            let gaps: Vec<String> = gaps(&page, &[]).into_iter().map(|gap| gap.message).collect();
            assert!(matches!(gaps.as_slice(), [one] if one.ends_with(found)), "{gaps:?}");
        }
    }
}

//! A report for a terminal.

use std::fmt::Write as _;

use super::Report;
use super::section::{Line, Piece, remarks, sections, summary};
use crate::diagnostic::visible;

/// The report as text: the summary first, then every change by name.
pub fn to_human(report: &Report) -> String {
    let mut out = format!("{}\n", text(&summary(report)));
    for line in remarks(report) {
        let _ = writeln!(out, "{}", text(&line));
    }
    let mut part = None;
    for section in sections(report) {
        if part.as_ref() != Some(&section.part) {
            let _ = writeln!(out, "\n{}", text(&section.part));
            part = Some(section.part);
        }
        let _ = writeln!(out, "  {}", section.title);
        for entry in section.lines {
            let _ = writeln!(out, "    {}", text(&entry.line));
            for name in entry.names {
                let _ = writeln!(out, "      {}", text(&name));
            }
        }
    }
    out
}

fn text(line: &Line) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Say(text) => text.clone(),
        // One change stays one line, whatever its cells hold.
        Piece::Quote(text) => visible(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    line.iter().map(piece).collect()
}

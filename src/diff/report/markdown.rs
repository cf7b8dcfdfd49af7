//! A report as Markdown, for a comment below a pull request. Cells of the lists can hold anything, so that every word
//! of theirs stands in a code span that it cannot leave.

use std::fmt::Write as _;

use super::Report;
use super::section::{Line, Piece, remarks, sections, summary};
use crate::diagnostic::visible;

/// The report as Markdown: the summary first, then every change by name.
pub fn to_markdown(report: &Report) -> String {
    let mut out = format!("**{}**\n", text(&summary(report)));
    let remarks = remarks(report);
    if !remarks.is_empty() {
        out.push('\n');
    }
    for line in remarks {
        let _ = writeln!(out, "- {}", text(&line));
    }
    let mut part = None;
    for section in sections(report) {
        if part.as_ref() != Some(&section.part) {
            let _ = writeln!(out, "\n### {}", capital(&text(&section.part)));
            part = Some(section.part);
        }
        let _ = writeln!(out, "\n{}:\n", capital(section.title));
        for entry in section.lines {
            let names: Vec<String> = entry.names.iter().map(text).collect();
            let colon = if names.is_empty() { "" } else { ": " };
            let _ = writeln!(out, "- {}{colon}{}", text(&entry.line), names.join(", "));
        }
    }
    out
}

fn text(line: &Line) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Say(text) => text.clone(),
        Piece::Quote(text) => code(text),
    };
    line.iter().map(piece).collect()
}

/// A code span whose fence is longer than any run of backticks in it.
fn code(text: &str) -> String {
    let text = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_can_leave_its_code_span() {
        for (cell, span) in [
            ("*.contoso.com", "`*.contoso.com`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("`x", "`` `x ``"),
            (
                "a\n\n# b <img src=x> @all [l](javascript:x) | c",
                "`a # b <img src=x> @all [l](javascript:x) | c`",
            ),
            ("\u{202e}a", "`\\u{202e}a`"),
            ("", "`  `"),
        ] {
            assert_eq!(code(cell), span, "{cell}");
        }
    }
}

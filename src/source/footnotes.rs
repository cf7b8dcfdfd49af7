//! Marks of footnotes in cells that are more than words: `gw.contoso.com<sup>1</sup>`, `443²`, `EU[^1]`.
//!
//! Only a mark at the end of a word is certain to be none of its letters. Everything that was left out is told.

use std::sync::Arc;

use super::block::{Block, Desk, Record};
use super::rules::Kind;
use super::runs::{END, Look, Raised, unmarked, without_marks};
use super::text::shortened;
use crate::diagnostic::{Code, Finding};

/// How many marks of a sheet are told.
const MOST_TOLD: usize = 256;

/// The marks of a sheet.
#[derive(Debug, Default)]
pub(super) struct Footnotes {
    told: usize,
    /// Whether one of them is an error.
    errors: bool,
    untold: usize,
}

impl Footnotes {
    /// Takes marks of footnotes off the cells of a block, and tells of those that were taken off here or before.
    pub(super) fn take_off(&mut self, block: &mut Block, desk: &mut Desk<'_>) {
        let kinds: Vec<Kind> =
            (0..block.header.columns.len()).map(|at| block.header.kind(at, desk.rules)).collect();
        for record in &mut block.records {
            for (at, _) in kinds.iter().enumerate().filter(|(_, kind)| **kind != Kind::Text) {
                take_off_cell(record, at);
            }
            for (at, raised) in &record.raised {
                let kind = kinds.get(*at).copied().unwrap_or(Kind::Text);
                let column = block.header.columns.get(*at).map(|column| column.index);
                let mut cell = None;
                for raised in raised.iter().filter(|raised| is_told(raised, kind)) {
                    if self.has_room(raised, kind) {
                        let cell = cell.get_or_insert_with(|| shortened(record.cell(*at)));
                        let finding = told(raised, kind, cell).at(desk.place(record.row, column));
                        desk.findings.push(finding);
                    }
                }
            }
        }
    }

    /// Whether to tell of one more; the first error is always told.
    fn has_room(&mut self, raised: &Raised, kind: Kind) -> bool {
        let is_error = kind == Kind::Address && !raised.left_out;
        let has_room = self.told < MOST_TOLD || (is_error && !self.errors);
        self.errors |= is_error;
        if has_room {
            self.told += 1;
        } else {
            self.untold += 1 + raised.more;
        }
        has_room
    }

    /// Tells how many were not told one by one.
    pub(super) fn tell(self, desk: &mut Desk<'_>) {
        if self.untold > 0 {
            let message = format!(
                "{} more parts of cells are set above or below the line, and are told no further; they were read like \
                 those that are told",
                self.untold
            );
            desk.warn(Code::FootnoteMark, message, desk.sheet_place(), HELP);
        }
    }
}

const HELP: &str = "the mark can be removed in a copy of the list, or the text be set on the line";

fn take_off_cell(record: &mut Record, at: usize) {
    let Some(cell) = record.cells.get_mut(at) else { return };
    let Some(read) = with_marks(cell).and_then(|marked| unmarked(&marked)) else { return };
    // Where one is not certain, the cell stays as it is written and goes on to be refused.
    if !read.raised.is_empty() && read.raised.iter().all(|raised| raised.left_out) {
        *cell = Arc::from(read.text.trim());
        record.raised.push((at, Arc::from(read.raised)));
    }
}

/// A text with the marks of raised parts around what is written as a footnote; `None` if nothing is.
fn with_marks(text: &str) -> Option<String> {
    let raised = Look { raised: true, ..Look::default() }.mark()?;
    if text.is_ascii() && !text.contains(['<', '[']) {
        return None;
    }
    let text = without_marks(text);
    let (mut out, mut rest, mut found) = (String::with_capacity(text.len() + 8), &*text, false);
    while let Some(first) = rest.chars().next() {
        let Some((inner, length)) = footnote(rest) else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        };
        found = true;
        out.push(raised);
        out.push_str(&inner);
        out.push(END);
        rest = rest.get(length..).unwrap_or_default();
    }
    found.then_some(out)
}

/// The text of the footnote's mark that a text starts with, and its length in bytes.
fn footnote(text: &str) -> Option<(String, usize)> {
    for (open, close) in [("<sup>", "</sup>"), ("<sub>", "</sub>"), ("[^", "]")] {
        let starts = text.get(..open.len()).is_some_and(|start| start.eq_ignore_ascii_case(open));
        let inner = text.get(open.len()..).filter(|_| starts);
        let end = inner.and_then(|inner| start_of(inner).to_ascii_lowercase().find(close));
        if let Some((inner, end)) = inner.zip(end) {
            return Some((inner.get(..end)?.to_owned(), open.len() + end + close.len()));
        }
    }
    let mut digits = String::new();
    let mut length = 0;
    for (c, digit) in text.chars().map_while(|c| Some((c, superscript(c)?))) {
        digits.push(digit);
        length += c.len_utf8();
    }
    (length > 0).then_some((digits, length))
}

/// How far the end of a mark is looked for, in characters.
const LONGEST: usize = 24;

fn start_of(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The digit that a character sets above or below the line.
fn superscript(c: char) -> Option<char> {
    let digit = match c {
        '\u{b9}' => 1,
        '\u{b2}' => 2,
        '\u{b3}' => 3,
        '\u{2070}' | '\u{2074}'..='\u{2079}' => u32::from(c) - 0x2070,
        '\u{2080}'..='\u{2089}' => u32::from(c) - 0x2080,
        _ => return None,
    };
    char::from_digit(digit, 10)
}

/// Words often have such parts that are no marks.
fn is_told(raised: &Raised, kind: Kind) -> bool {
    raised.left_out || kind != Kind::Text
}

fn told(raised: &Raised, kind: Kind, cell: &str) -> Finding {
    let (part, more) = (&raised.text, raised.more);
    let more = if more == 0 { String::new() } else { format!(" and {more} more behind it") };
    if raised.left_out {
        let message = format!(
            "`{part}`{more}, set above or below the line behind `{cell}`, was taken for the mark of a footnote and left \
             out"
        );
        return match kind {
            Kind::Text => Finding::note(Code::FootnoteMark, message),
            _ => Finding::warning(Code::FootnoteMark, message).help(HELP),
        };
    }
    let message = format!(
        "`{part}`{more} in `{cell}` is set above or below the line: it can be a part of the text, or the mark of a \
         footnote; it was read as a part"
    );
    match kind {
        Kind::Address => Finding::error(Code::FootnoteMark, message).help(HELP),
        _ => Finding::warning(Code::FootnoteMark, message).help(HELP),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Vec<String>)> {
        let read = unmarked(&with_marks(text)?)?;
        let left_out = read.raised.iter().all(|raised| raised.left_out) && !read.raised.is_empty();
        left_out.then(|| (read.text, read.raised.into_iter().map(|raised| raised.text.into()).collect()))
    }

    #[test]
    fn marks_of_footnotes_are_told_from_what_they_stand_behind() {
        for (text, without, marks) in [
            ("gw.contoso.com<sup>1</sup>", "gw.contoso.com", &["1"][..]),
            ("gw.contoso.com\u{b9}\u{b2}", "gw.contoso.com", &["12"]),
            ("443\u{2074}", "443", &["4"]),
            ("EU[^1], UK<SUP>*</SUP>", "EU, UK", &["1", "*"]),
        ] {
            assert_eq!(
                read(text),
                Some((without.to_owned(), marks.iter().map(|mark| (*mark).to_owned()).collect()))
            );
        }
        for text in [
            "gw\u{b2}.contoso.com",
            "\u{b9}",
            "<sup>443</sup>",
            "443<sup>80</sup>0",
            "[2001:db8::2]",
            "443",
            "<sup>1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

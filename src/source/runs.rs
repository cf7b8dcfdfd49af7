//! Texts of which a part looks different: struck out, or set above or below the line like the mark of a footnote.
//!
//! Such a part is set between marks when a workbook is read, so that it goes to the cells that hold it by whatever way
//! texts go there; here the marks are taken off again. They are characters that no text has.

use std::sync::Arc;

use super::grid::{Cell, Grid};

/// How a part of a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Struck out.
    pub(super) struck: bool,
    /// Set above or below the line.
    pub(super) raised: bool,
}

impl Look {
    /// The mark in front of a part that looks so.
    pub(super) fn mark(self) -> Option<char> {
        match (self.struck, self.raised) {
            (false, false) => None,
            (true, false) => Some(STRUCK),
            (false, true) => Some(RAISED),
            (true, true) => Some(BOTH),
        }
    }

    fn of_mark(mark: char) -> Self {
        Self { struck: matches!(mark, STRUCK | BOTH), raised: matches!(mark, RAISED | BOTH) }
    }

    /// Either of two.
    pub(super) fn or(self, other: Self) -> Self {
        Self { struck: self.struck || other.struck, raised: self.raised || other.raised }
    }
}

const STRUCK: char = '\u{fdd0}';
const RAISED: char = '\u{fdd1}';
const BOTH: char = '\u{fdd2}';
/// Behind every part.
pub(super) const END: char = '\u{fdd3}';

const STARTS: [char; 3] = [STRUCK, RAISED, BOTH];

/// Adds a part to a text, between marks if it looks different.
pub(super) fn push(whole: &mut String, look: Look, part: &str) {
    match look.mark().filter(|_| !part.is_empty()) {
        None => whole.push_str(part),
        Some(mark) => {
            whole.push(mark);
            whole.push_str(part);
            whole.push(END);
        }
    }
}

/// A part of a cell that is set above or below the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raised {
    /// Its text.
    pub(super) text: Box<str>,
    /// Whether it is the mark of a footnote and no longer in the text of the cell; else that is not certain.
    pub(super) left_out: bool,
}

/// A text without marks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unmarked {
    pub(super) text: String,
    pub(super) struck_part: bool,
    pub(super) raised: Vec<Raised>,
}

/// Takes the marks off the cells of a workbook.
pub(super) fn take_off(grids: &mut [Grid]) {
    for cell in grids.iter_mut().flat_map(|grid| &mut grid.lines).flat_map(|line| &mut line.cells) {
        if let Some(Unmarked { text, struck_part, raised }) = unmarked(&cell.text) {
            *cell = Cell { text: Arc::from(text), struck_part, raised, ..std::mem::take(cell) };
        }
    }
}

/// A text without its marks; `None` if it has none. Footnote marks are left out where they end a word.
pub(super) fn unmarked(text: &str) -> Option<Unmarked> {
    let parts = parts(text)?;
    let is_note = parts.iter().any(|(look, part)| !look.raised && !part.trim().is_empty());
    let mut out = Unmarked::default();
    for (at, (look, part)) in parts.iter().enumerate() {
        out.struck_part |= look.struck && !part.trim().is_empty();
        // A cell of nothing else is a text in small letters.
        if !look.raised || !is_note || part.trim().is_empty() {
            out.text.push_str(part);
            continue;
        }
        let next = parts.get(at + 1).and_then(|(_, next)| next.chars().next());
        let ends_word = next.is_none_or(|next| next.is_whitespace() || matches!(next, ',' | ';' | ')'));
        let left_out = ends_word && is_footnote(part) && !out.text.trim().is_empty();
        if !left_out {
            out.text.push_str(part);
        }
        out.raised.push(Raised { text: part.trim().into(), left_out });
    }
    Some(out)
}

/// The parts of a text with marks, those that look alike as one; `None` if it has no marks.
fn parts(text: &str) -> Option<Vec<(Look, String)>> {
    let mut parts: Vec<(Look, String)> = Vec::new();
    let mut add = |look: Look, part: &str| match parts.last_mut() {
        _ if part.is_empty() => {}
        Some((last, whole)) if *last == look => whole.push_str(part),
        _ => parts.push((look, part.to_owned())),
    };
    let (mut rest, mut marked) = (text, false);
    while let Some((before, mark, inner, behind)) = next_part(rest) {
        add(Look::default(), before);
        add(Look::of_mark(mark), inner);
        (rest, marked) = (behind, true);
    }
    add(Look::default(), rest);
    marked.then_some(parts)
}

fn next_part(text: &str) -> Option<(&str, char, &str, &str)> {
    let start = text.find(STARTS)?;
    let (before, from) = text.split_at(start);
    let mark = from.chars().next()?;
    let (inner, behind) = from.get(mark.len_utf8()..)?.split_once(END)?;
    Some((before, mark, inner, behind))
}

/// `1`, `(2)`, `a`, `*`, `1, 2`.
fn is_footnote(text: &str) -> bool {
    const LONGEST: usize = 8;
    let text = text.trim();
    let mut words = text.split([',', ' ', '(', ')', '[', ']']).filter(|word| !word.is_empty()).peekable();
    let is_mark = |word: &str| {
        let number = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        let letter = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        number || letter || word.chars().all(|c| matches!(c, '*' | '#' | '\u{2020}' | '\u{2021}' | '\u{a7}'))
    };
    text.len() <= LONGEST && words.peek().is_some() && words.all(is_mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `^` and `~` start a raised and a struck part, `$` ends it.
    fn read(text: &str) -> Option<Unmarked> {
        let text = text.replace('^', &RAISED.to_string()).replace('~', &STRUCK.to_string());
        unmarked(&text.replace('$', &END.to_string()))
    }

    fn expected(text: &str, struck_part: bool, raised: &[(&str, bool)]) -> Unmarked {
        let part = |(text, left_out): &(&str, bool)| Raised { text: (*text).into(), left_out: *left_out };
        Unmarked { text: text.to_owned(), struck_part, raised: raised.iter().map(part).collect() }
    }

    #[test]
    fn marks_of_footnotes_are_left_out_where_that_is_certain() {
        for (text, without, raised) in [
            ("a.contoso.com^1$", "a.contoso.com", &[("1", true)][..]),
            ("a.contoso.com^ 2$", "a.contoso.com", &[("2", true)]),
            (
                "a.contoso.com^(1)$^,2$ b.contoso.com^*$",
                "a.contoso.com b.contoso.com",
                &[("(1),2", true), ("*", true)],
            ),
            ("a^2$.contoso.com", "a2.contoso.com", &[("2", false)]),
            ("^1$a.contoso.com", "1a.contoso.com", &[("1", false)]),
            ("a.contoso.com^/x$", "a.contoso.com/x", &[("/x", false)]),
            ("443^443$", "443443", &[("443", false)]),
            ("^443$", "443", &[]),
            ("^443$ ", "443 ", &[]),
        ] {
            assert_eq!(read(text), Some(expected(without, false, raised)), "{text}");
        }
        assert_eq!(read("a ~b$ c"), Some(expected("a b c", true, &[])));
        assert_eq!(read("a ~ $c"), Some(expected("a  c", false, &[])));
        for text in ["a.contoso.com", "a~b", "a$b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

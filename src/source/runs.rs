//! Texts of which a part looks different: struck out, or set above or below the line like the mark of a footnote.
//!
//! Such a part is set between marks when a workbook is read, so that it goes to the cells that hold it by whatever way
//! texts go there; here the marks are taken off again, once for each text. They are characters that stand for nothing; a
//! file can hold them all the same, and then they become ones that nothing takes for marks and no address has.

use std::borrow::Cow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::grid::Cell;
use super::text::shortened;

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
const MARKS: [char; 4] = [STRUCK, RAISED, BOTH, END];
/// In place of a character of a file that would be taken for a mark.
const NO_MARK: char = char::REPLACEMENT_CHARACTER;

/// A text of a file in which nothing is taken for a mark.
pub(super) fn without_marks(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(MARKS) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(MARKS, NO_MARK.encode_utf8(&mut [0; 4])))
}

/// Adds a part to a text, between marks if it looks different.
pub(super) fn push(whole: &mut String, look: Look, part: &str) {
    let mark = look.mark().filter(|_| !part.is_empty());
    whole.extend(mark);
    whole.push_str(&without_marks(part));
    whole.extend(mark.map(|_| END));
}

/// How the marks in the texts of a workbook are told from the characters of the file.
#[derive(Clone, Debug, Default)]
pub(super) enum Marks {
    /// No text has a mark.
    #[default]
    None,
    /// Every one is a mark: texts were made with `push`.
    Pushed,
    /// Behind every mark stands this text. It is the start of the file's digest, which no file can hold.
    Sealed(String),
}

impl Marks {
    /// For marks that are set into a file before another reader takes its texts apart.
    pub(super) fn sealed(file: &[u8]) -> Self {
        /// Characters without a meaning, as many as two bytes count.
        const FIRST: u32 = 0x4_0000;
        let digest = Sha256::digest(file);
        let (pairs, _) = digest.as_chunks::<2>();
        let of_pair = |pair: &[u8; 2]| char::from_u32(FIRST + u32::from(u16::from_le_bytes(*pair)));
        Self::Sealed(pairs.iter().take(4).filter_map(of_pair).collect())
    }

    /// Writes a mark.
    pub(super) fn write(&self, mark: char, out: &mut Vec<u8>) {
        out.extend(mark.encode_utf8(&mut [0; 4]).bytes());
        if let Self::Sealed(seal) = self {
            out.extend(seal.bytes());
        }
    }

    /// The text of a cell, with what its marks tell.
    pub(super) fn read(&self, text: &str) -> Cell {
        let unmarked = match self {
            _ if text.is_ascii() => None,
            Self::None => None,
            Self::Pushed => unmarked(text),
            Self::Sealed(_) if !text.contains(MARKS) => None,
            Self::Sealed(seal) => {
                let text = unsealed(text, seal);
                let read = unmarked(&text);
                Some(read.unwrap_or(Unmarked { text, ..Unmarked::default() }))
            }
        };
        match unmarked {
            None => Cell { text: Arc::from(text), ..Cell::default() },
            Some(Unmarked { text, struck, struck_part, raised }) => Cell {
                text: Arc::from(text),
                struck,
                struck_part,
                raised: Arc::from(raised),
                ..Cell::default()
            },
        }
    }
}

/// A text whose marks have nothing behind them, and that has no others.
fn unsealed(text: &str, seal: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, mark, behind)) = next_mark(rest) {
        out.push_str(before);
        let sealed = behind.strip_prefix(seal);
        out.push(if sealed.is_some() { mark } else { NO_MARK });
        rest = sealed.unwrap_or(behind);
    }
    out.push_str(rest);
    out
}

fn next_mark(text: &str) -> Option<(&str, char, &str)> {
    let (before, from) = text.split_at(text.find(MARKS)?);
    let mark = from.chars().next()?;
    Some((before, mark, from.get(mark.len_utf8()..)?))
}

/// A part of a cell that is set above or below the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raised {
    /// Its text, as short as messages show it.
    pub(super) text: Box<str>,
    /// Whether it is the mark of a footnote and no longer in the text of the cell; else that is not certain.
    pub(super) left_out: bool,
    /// How many more such parts of the cell it stands for.
    pub(super) more: usize,
}

/// How many parts of a cell are kept of those that were left out, and of the others.
const MOST_PARTS: usize = 4;

/// Keeps a part, or counts it where many like it are kept.
fn keep(raised: &mut Vec<Raised>, part: &str, left_out: bool) {
    let mut alike = raised.iter_mut().rev().filter(|other| other.left_out == left_out);
    match alike.next() {
        Some(last) if alike.count() + 1 >= MOST_PARTS => last.more += 1,
        _ => raised.push(Raised { text: shortened(part).into(), left_out, more: 0 }),
    }
}

/// A text without marks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unmarked {
    pub(super) text: String,
    /// Whether all of it is struck out, however many parts that are.
    pub(super) struck: bool,
    /// Whether some of it is.
    pub(super) struck_part: bool,
    pub(super) raised: Vec<Raised>,
}

/// Whether a part says anything that its text would not say without it; a full stop does not.
pub(super) fn is_said(part: &str) -> bool {
    part.contains(|c: char| c.is_alphanumeric() || matches!(c, '*' | '/'))
}

/// A text without its marks; `None` if it has none. Footnote marks are left out where they end a word.
pub(super) fn unmarked(text: &str) -> Option<Unmarked> {
    let parts = parts(text)?;
    let is_note = parts.iter().any(|(look, part)| !look.raised && !part.trim().is_empty());
    let mut out = Unmarked::default();
    let (mut is_blank, mut is_struck) = (true, true);
    for (at, (look, part)) in parts.iter().enumerate() {
        // A cell of nothing else is a text in small letters.
        if !look.raised || !is_note || part.trim().is_empty() {
            out.struck_part |= look.struck && is_said(part);
            out.text.push_str(part);
            is_blank &= part.trim().is_empty();
            is_struck &= look.struck || part.trim().is_empty();
            continue;
        }
        let next = parts.get(at + 1).and_then(|(_, next)| next.chars().next());
        let ends_word = next.is_none_or(|next| next.is_whitespace() || matches!(next, ',' | ';' | ')'));
        let left_out = ends_word && is_footnote(part) && !is_blank;
        if !left_out {
            // Of what is left out nobody needs to know that it is struck out as well.
            out.struck_part |= look.struck;
            is_struck &= look.struck;
            out.text.push_str(part);
            is_blank = false;
        }
        keep(&mut out.raised, part, left_out);
    }
    out.struck = out.struck_part && is_struck;
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
    // Most texts have none, and are not copied.
    next_part(text)?;
    let mut rest = text;
    while let Some((before, mark, inner, behind)) = next_part(rest) {
        add(Look::default(), before);
        add(Look::of_mark(mark), inner);
        rest = behind;
    }
    add(Look::default(), rest);
    Some(parts)
}

fn next_part(text: &str) -> Option<(&str, char, &str, &str)> {
    let start = text.find(STARTS)?;
    let (before, from) = text.split_at(start);
    let mark = from.chars().next()?;
    let (inner, behind) = from.get(mark.len_utf8()..)?.split_once(END)?;
    Some((before, mark, inner, behind))
}

/// `1`, `(2)`, `a`, `*`, `1, 2`.
pub(super) fn is_footnote(text: &str) -> bool {
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
        let part =
            |(text, left_out): &(&str, bool)| Raised { text: (*text).into(), left_out: *left_out, more: 0 };
        let raised = raised.iter().map(part).collect();
        Unmarked { text: text.to_owned(), struck: false, struck_part, raised }
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
        for text in ["~a$", " ~a$ ~b$", "~a$^1$", "~a$~ $"] {
            assert!(read(text).is_some_and(|read| read.struck && read.struck_part), "{text}");
        }
        let both = format!("a{BOTH}1{END} b{BOTH}x{END}c");
        assert_eq!(unmarked(&both), Some(expected("a bxc", true, &[("1", true), ("x", false)])));
        let left_out = format!("a{BOTH}1{END}");
        assert_eq!(unmarked(&left_out), Some(expected("a", false, &[("1", true)])));
        for text in ["a.contoso.com", "a~b", "a$b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

//! Inline Markdown as the text that a reader of the rendered page sees.

use super::address::with_line_breaks;
use super::runs::{is_footnote, is_said};

/// The text that a reader of the rendered page sees in a cell.
pub(super) fn cell_text(source: &str) -> String {
    let text = plain(without_emphasis(source.trim()));
    let text = text.trim();
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    quoted.map_or_else(|| text.to_owned(), |inner| inner.replace("\"\"", "\"").trim().to_owned())
}

/// Most marks of emphasis around each other that are taken off.
const MOST_EMPHASIS: usize = 3;

/// A cell without the emphasis around the whole of it. A single `*` stays: it can be the star of a wildcard.
fn without_emphasis(source: &str) -> &str {
    let mut text = source;
    for _ in 0..MOST_EMPHASIS {
        let inner = ["**", "__", "_"].iter().find_map(|mark| {
            let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
            let first = mark.get(..1)?;
            let ends = inner.starts_with(char::is_whitespace) || inner.ends_with(char::is_whitespace);
            let whole = !inner.is_empty() && !inner.starts_with(first) && !inner.ends_with([' ', '\\']);
            // `_a_<br>_b_` are two words, each set off; `_a_b_` is one.
            let is_word = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
            let others = inner.match_indices(mark).any(|(at, _)| {
                let (before, behind) = (inner.get(..at), inner.get(at + mark.len()..));
                !is_word(before.and_then(|text| text.chars().next_back()))
                    || !is_word(behind.and_then(|text| text.chars().next()))
            });
            (whole && !ends && !others && !inner.ends_with(first)).then_some(inner)
        });
        let Some(inner) = inner else { break };
        text = inner;
    }
    text
}

/// What stands around struck-out text.
const STRIKES: [(&str, &str); 4] =
    [("~~", "~~"), ("<s>", "</s>"), ("<del>", "</del>"), ("<strike>", "</strike>")];

/// A cell without the marks around what is struck out in it, and whether that is all of it; `None` if nothing is.
pub(super) fn without_strikes(source: &str) -> Option<(String, bool)> {
    let mut marks = STRIKES.to_vec();
    let (mut out, mut rest, mut found, mut whole) = (String::new(), source, false, true);
    while let Some(at) = rest.find(['~', '<', '\\']) {
        let (before, from) = rest.split_at(at);
        let (kept, length) = match strike(from, &mut marks) {
            Some((inner, length)) => {
                found = true;
                out.push_str(before);
                (inner, length)
            }
            None => {
                whole = false;
                out.push_str(before);
                let escaped = from.strip_prefix('\\').and_then(|behind| behind.chars().next());
                let tildes = from.len() - from.trim_start_matches('~').len();
                let length = tildes.max(1) + escaped.map_or(0, char::len_utf8);
                (from.get(..length).unwrap_or_default(), length)
            }
        };
        whole &= before.trim().is_empty();
        out.push_str(kept);
        rest = from.get(length..).unwrap_or_default();
    }
    whole &= rest.trim().is_empty();
    out.push_str(rest);
    found.then_some((out, whole))
}

/// The struck-out text that a text starts with, and its length with its marks. A mark without an end is looked for no
/// more.
fn strike<'t>(from: &'t str, marks: &mut Vec<(&str, &str)>) -> Option<(&'t str, usize)> {
    let at = marks.iter().position(|(open, _)| from.starts_with(open))?;
    let (open, close) = marks.get(at).copied()?;
    let inner = from.get(open.len()..)?;
    if inner.starts_with('~') || inner.starts_with(char::is_whitespace) {
        return None;
    }
    let Some(end) = inner.find(close) else {
        marks.remove(at);
        return None;
    };
    let struck = inner.get(..end)?;
    is_said(struck).then_some((struck, open.len() + end + close.len()))
}

/// Inline Markdown as plain text: breaks, links, code marks, escapes and entities.
pub(super) fn plain(source: &str) -> String {
    seen(source, &mut |_, _| {})
}

/// The links of a cell to other pages: each with what a reader sees of it and its target.
pub(super) fn links(source: &str) -> Vec<(String, String)> {
    let mut links = Vec::new();
    if source.contains("](") {
        seen(source, &mut |text, target| {
            let target = target.split_whitespace().next().unwrap_or_default().trim_matches(['<', '>']);
            if target.contains("://") {
                links.push((text.trim().to_owned(), target.to_owned()));
            }
        });
    }
    links
}

/// Inline Markdown as plain text; each link is told with its text and its target.
fn seen(source: &str, on_link: &mut dyn FnMut(&str, &str)) -> String {
    let mut out = String::with_capacity(source.len());
    let text = with_line_breaks(source);
    let mut rest = text.as_ref();
    while let Some(at) = rest.find(['\\', '`', '[', '&', '<']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (seen, length) = match glued_footnote(&out, from) {
            Some(mark) => mark,
            None => inline(from, on_link),
        };
        out.push_str(&seen);
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// A link to another place of the page that is glued to the word before it and looks like the mark of a footnote, such as
/// `443[1](#notes)`: written as such a mark, so that it is no part of the word.
fn glued_footnote(before: &str, from: &str) -> Option<(String, usize)> {
    let is_glued = before.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '*' | ']'));
    if !is_glued || !from.starts_with('[') {
        return None;
    }
    let (text, target, length) = link(from)?;
    (target.starts_with('#') && is_footnote(&text)).then(|| (format!("[^{}]", text.trim()), length))
}

/// What is seen of the mark at the start of a text, and how long the mark is.
fn inline(from: &str, on_link: &mut dyn FnMut(&str, &str)) -> (String, usize) {
    let first = from.get(..1).unwrap_or_default();
    let as_is = (first.to_owned(), 1);
    match first {
        "`" => (String::new(), 1),
        "\\" => match from.get(1..2) {
            Some(next) if next.bytes().all(|byte| byte.is_ascii_punctuation()) => (next.to_owned(), 2),
            _ => as_is,
        },
        "[" => link(from).map_or(as_is, |(text, target, length)| {
            on_link(&text, target);
            (text, length)
        }),
        "&" => entity(from).unwrap_or(as_is),
        _ => comment(from).or_else(|| autolink(from)).unwrap_or(as_is),
    }
}

/// How far a mark is looked for, so that a text full of opening ones stays linear.
const MARK_BYTES: usize = 512;

fn window(from: &str) -> &str {
    let end = (0..=MARK_BYTES.min(from.len())).rev().find(|at| from.is_char_boundary(*at));
    from.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// `[text](target)`: the text, the target and the length of both.
fn link(from: &str) -> Option<(String, &str, usize)> {
    let window = window(from);
    let middle = window.find("](")?;
    let text = window.get(1..middle).filter(|text| !text.contains('['))?;
    let end = window.get(middle..)?.find(')')? + middle;
    Some((plain(text), window.get(middle + "](".len()..end)?, end + 1))
}

/// `<!-- … -->`, which no reader of the page sees.
fn comment(from: &str) -> Option<(String, usize)> {
    let inner = window(from).strip_prefix("<!--")?;
    Some((String::new(), inner.find("-->")? + "<!---->".len()))
}

/// `<https://…>`.
fn autolink(from: &str) -> Option<(String, usize)> {
    let window = window(from);
    let end = window.find('>')?;
    let inner = window.get(1..end)?;
    (inner.contains("://") && !inner.contains(char::is_whitespace)).then(|| (inner.to_owned(), end + 1))
}

/// `&amp;`, `&#42;`.
fn entity(from: &str) -> Option<(String, usize)> {
    let name = from.get(1..from.bytes().take(12).position(|byte| byte == b';')?)?;
    let number = |digits: &str, radix: u32| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ensp" => '\u{2002}',
        "emsp" => '\u{2003}',
        "thinsp" => '\u{2009}',
        "Tab" => '\t',
        "NewLine" => '\n',
        "period" => '.',
        "colon" => ':',
        "sol" => '/',
        "lowbar" => '_',
        "dash" => '\u{2010}',
        "ndash" => '\u{2013}',
        "mdash" => '\u{2014}',
        "ast" => '*',
        "vert" | "verbar" => '|',
        _ => match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
            Some(digits) => number(digits, 16)?,
            None => number(name.strip_prefix('#')?, 10)?,
        },
    };
    Some((character.to_string(), name.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_a_reader_of_the_page_sees() {
        for (source, seen) in [
            ("www.x.com/pki/\\*<br>\\*.y.com ", "www.x.com/pki/*\n*.y.com"),
            ("`*.x.com`", "*.x.com"),
            ("443[1](#notes)", "443[^1]"),
            ("a.com[\\*](#notes)[2](#more), b.com", "a.com[^*][^2], b.com"),
            ("443 [1](#notes)", "443 1"),
            ("a[1](https://a.com)", "a1"),
            ("a[part](#part)", "apart"),
            ("see [the page](https://a.com/b) now", "see the page now"),
            ("<https://a.com>", "https://a.com"),
            ("a &amp; b&#42;&nbsp;", "a & b*"),
            ("\"one\ntwo\"", "one\ntwo"),
            ("\t443", "443"),
            ("C:\\Program", "C:\\Program"),
            ("[!NOTE]", "[!NOTE]"),
            ("a.com <!-- b.com --> ", "a.com"),
            ("&emsp;EU", "EU"),
            ("a&period;com", "a.com"),
            ("_a.com_", "a.com"),
            ("**a.com**", "a.com"),
            ("***a.com**", "***a.com**"),
            ("**_a.com_** ", "a.com"),
            ("*a.com*", "*a.com*"),
            ("_a.com_ _b.com_", "_a.com_ _b.com_"),
            ("_a.com_<br>_b.com_", "_a.com_\n_b.com_"),
            ("_a.com_,_b.com_", "_a.com_,_b.com_"),
            ("**a.com**<br>**b.com**", "**a.com**\n**b.com**"),
            ("_a_b.com_", "a_b.com"),
            ("**a.com** or **b.com**", "**a.com** or **b.com**"),
            ("\\_a.com\\_", "_a.com_"),
        ] {
            assert_eq!(cell_text(source), seen, "{source}");
        }
    }

    #[test]
    fn the_marks_around_struck_out_text_are_no_part_of_it() {
        for (source, text, whole) in [
            ("~~a.com~~", "a.com", true),
            (" ~~a.com~~ ~~b.com~~", " a.com b.com", true),
            ("~~80~~, 443", "80, 443", false),
            ("x <del>is not</del> y", "x is not y", false),
            ("<s>a.com</s>", "a.com", true),
            ("\\~~a~~ ~~b~~", "\\~~a~~ b", false),
        ] {
            let text = Some((text.to_owned(), whole));
            assert_eq!(without_strikes(source), text, "{source}");
        }
        for source in ["a~b", "~~a", "~~ a ~~", "~~~a~~~", "<strong>a</strong>", "\\~~a~~", "C:\\~~"] {
            assert_eq!(without_strikes(source), None, "{source}");
        }
        assert_eq!(without_strikes(&"~~a <s>".repeat(100_001)).map(|(_, whole)| whole), Some(false));
    }

    #[test]
    fn every_link_of_a_cell_is_kept_with_what_is_seen_of_it() {
        let pair = |(text, target): (&str, &str)| (text.to_owned(), target.to_owned());
        for (source, expected) in [
            ("[a.com](https://a.com)", vec![("a.com", "https://a.com")]),
            ("[a.com](https://b.com \"b\")", vec![("a.com", "https://b.com")]),
            ("**[`a.com`](<https://b.com>)**", vec![("a.com", "https://b.com")]),
            (
                "[a.com](https://b.com) [c.com](https://d.com)<br>x [e.com](https://f.com)",
                vec![("a.com", "https://b.com"), ("c.com", "https://d.com"), ("e.com", "https://f.com")],
            ),
            ("[a.com](other-page.md) \\[b.com](https://c.com) d.com", vec![]),
        ] {
            assert_eq!(links(source), expected.into_iter().map(pair).collect::<Vec<_>>(), "{source}");
        }
    }
}

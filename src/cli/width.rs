//! Text as wide as the terminal; elsewhere as it is.

use std::io::IsTerminal;
#[cfg(unix)]
use std::os::fd::AsFd as Handle;
#[cfg(windows)]
use std::os::windows::io::AsHandle as Handle;

use textwrap::{Options, WordSeparator, WordSplitter, wrap};

/// Narrower than this, breaking lines makes nothing clearer.
const NARROWEST: usize = 30;

/// How many columns a stream shows: those of the terminal, or as the user's environment says; none for pipes and files.
#[expect(clippy::disallowed_methods, reason = "the environment enters here")]
pub(super) fn columns(stream: &(impl IsTerminal + Handle)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let told: Option<usize> = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let columns = told
        .filter(|columns| *columns > 0)
        .or_else(|| Some(terminal_size::terminal_size_of(stream)?.0.0.into()))?;
    Some(columns.max(NARROWEST))
}

/// Lines broken between words; what goes on below keeps the margin of the first line.
pub(super) fn wrapped(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.lines() {
        let margin = margin(line);
        // Words are addresses and paths, which nobody wants to put together again.
        let pieces = wrap(line, options(columns).subsequent_indent(&margin));
        for piece in pieces {
            out.push_str(&piece);
            out.push('\n');
        }
    }
    out
}

/// A page whose paragraphs are broken anew; lines that stand apart, such as examples and headings, are left as they are.
pub(super) fn filled(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let stands_apart = |line: &str| line.is_empty() || line.starts_with([' ', '#', '|', '-', '`']);
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for lines in text.lines().collect::<Vec<_>>().chunk_by(|a, b| !stands_apart(a) && !stands_apart(b)) {
        let paragraph = lines.join(" ");
        if stands_apart(&paragraph) {
            out.push_str(&paragraph);
        } else {
            out.push_str(&wrap(&paragraph, options(columns)).join("\n"));
        }
        out.push('\n');
    }
    out
}

/// The lines of one cell of a table.
pub(super) fn cell_lines(text: &str, columns: usize) -> Vec<String> {
    wrap(text, options(columns)).into_iter().map(std::borrow::Cow::into_owned).collect()
}

fn options<'a>(columns: usize) -> Options<'a> {
    Options::new(columns)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// The start of the lines that go on with a line: below its text, where signs stand before that.
fn margin(line: &str) -> String {
    let signs = ["   = help: ", "   | ", "  --> "];
    if let Some(sign) = signs.iter().find(|sign| line.starts_with(**sign)) {
        return if sign.contains('|') { (*sign).to_owned() } else { " ".repeat(sign.len()) };
    }
    " ".repeat(line.len() - line.trim_start().len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_below_their_text_and_long_words_stay_whole() {
        let text = "warning[a-code]: some words that need more room\n  --> list.xlsx[Microsoft Defender URLs]!E14\n   \
                    = help: `a-host-name-that-is-longer-than-the-line.example.com` and more words\n";
        let expected = "warning[a-code]: some words that\n  need more room\n  --> list.xlsx[Microsoft Defender\n      \
                        URLs]!E14\n   = help:\n           `a-host-name-that-is-longer-than-the-line.example.com`\n           \
                        and more words\n";
        assert_eq!(wrapped(text, Some(34)), expected);
        assert_eq!(wrapped(text, None), text);
    }

    #[test]
    fn paragraphs_of_a_page_are_broken_anew_and_examples_are_not() {
        let text = "# a-code\n\nSome words that stand on one line of the page\nand go on below.\n\n    warning[a-code]: an example that is long\n";
        let expected = "# a-code\n\nSome words that stand on one\nline of the page and go on\nbelow.\n\n    warning[a-code]: an example that is long\n";
        assert_eq!(filled(text, Some(30)), expected);
        assert_eq!(filled(text, None), text);
    }
}

//! White space and letters of cells, the same for every format.

use std::collections::BTreeMap;

/// A title or name for comparison: white space collapsed and trimmed, letters folded.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// The start of a text that is short enough for a message.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        None => line,
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
    }
}

/// What nobody sees around the text of a cell, such as `2 no-break spaces behind it`; in a text file the usual spaces
/// beside the bars of a table do not count.
pub(super) fn unseen_around(raw: &str, text_file: bool) -> Option<String> {
    let text = raw.trim();
    if text.len() == raw.len() || text.is_empty() {
        return None;
    }
    let front = raw.get(..raw.len() - raw.trim_start().len()).unwrap_or_default();
    let back = raw.get(raw.trim_end().len()..).unwrap_or_default();
    let mut parts = Vec::new();
    for (side, place) in [(front, "in front of it"), (back, "behind it")] {
        let mut counts: BTreeMap<char, usize> = BTreeMap::new();
        for c in side.chars().filter(|c| !(text_file && *c == ' ')) {
            *counts.entry(c).or_default() += 1;
        }
        parts.extend(counts.into_iter().map(|(c, count)| format!("{} {place}", counted(c, count))));
    }
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn counted(c: char, count: usize) -> String {
    let name = match c {
        ' ' => "space".to_owned(),
        '\t' => "tab".to_owned(),
        '\n' | '\r' => "line break".to_owned(),
        '\u{a0}' => "no-break space".to_owned(),
        other => format!("character U+{:04X}", u32::from(other)),
    };
    if count == 1 { format!("a {name}") } else { format!("{count} {name}s") }
}

/// Letters of a column, from 0: `A`, …, `XFD`.
pub(super) fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
        {
            assert_eq!(column_letters(column), letters);
        }
    }

    #[test]
    fn what_nobody_sees_around_a_cell_is_named() {
        for (raw, text_file, expected) in [
            ("login.contoso.com\u{a0}\u{a0}", false, Some("2 no-break spaces behind it")),
            ("\t443", true, Some("a tab in front of it")),
            (" Yes ", false, Some("a space in front of it and a space behind it")),
            (" Yes ", true, None),
            ("Yes", false, None),
            (" ", false, None),
        ] {
            assert_eq!(unseen_around(raw, text_file).as_deref(), expected, "{raw:?}");
        }
    }

    #[test]
    fn folding_collapses_every_kind_of_white_space() {
        assert_eq!(fold(" Endpoint/URL\u{a0} Description\n"), "endpoint/url description");
    }
}

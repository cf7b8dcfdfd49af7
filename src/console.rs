//! What console programs wrote into a file: UTF-8, UTF-16 as PowerShell writes it, or the code page of some country.

use crate::diagnostic::{Code, Finding, Place};

/// The text. Bytes that are no UTF-8 become U+FFFD: words of a local language are never what is looked for.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        // A file to which PowerShell appends has no mark of its own.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => wide(bytes, u16::from_le_bytes),
        _ => {
            let text = String::from_utf8_lossy(bytes);
            text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
        }
    }
}

/// The lines of a text with their numbers, from 1, whatever ends them; white space around them is gone.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> + Clone {
    // A carriage return alone ends lines only where nothing else does: programs write over a line by it.
    let end = if text.contains('\n') { '\n' } else { '\r' };
    (1..).zip(text.split_terminator(end).map(str::trim))
}

/// What stands behind a word, any case and any white space around it; `None` where the line does not start with it.
pub(crate) fn after<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let start = line.get(..word.len())?;
    start.eq_ignore_ascii_case(word).then(|| line.get(word.len()..).unwrap_or_default().trim())
}

/// Whether a line holds a word, any case.
pub(crate) fn holds(line: &str, word: &str) -> bool {
    find(line, word).is_some()
}

/// What stands behind the first occurrence of a word of ASCII letters, any case.
pub(crate) fn find<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    line.get(position(line, word)? + word.len()..)
}

/// Where a word of ASCII letters starts, any case.
pub(crate) fn position(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// A file that is larger, or holds more, than any output of a test.
pub(crate) fn too_large(file: &str, message: String) -> Finding {
    let help = "the output of a connection test is far below this limit";
    Finding::error(Code::FileTooLarge, message).at(Place::file(file)).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_windows_writes_text_is_read() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let marked: Vec<u8> = [vec![0xFF, 0xFE], wide("a: b\r\n")].concat();
        let swapped: Vec<u8> =
            [vec![0xFE, 0xFF], "a: b\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect()].concat();
        for bytes in [&b"a: b\r\n"[..], b"\xEF\xBB\xBFa: b\r\n", &marked, &swapped, &wide("a: b\r\n")] {
            assert_eq!(decode(bytes), "a: b\r\n", "{bytes:?}");
        }
        assert_eq!(decode(b"gepr\x81ft: ok"), "gepr\u{fffd}ft: ok");
        assert_eq!(decode(b"\xFF\xFEa"), "", "half a letter is none");
    }

    #[test]
    fn lines_end_by_whatever_ends_lines_there() {
        for text in ["a\n b \n", "a\r\n b\r\n", "a\r b \r", "a\r b", "a\n b"] {
            assert_eq!(lines(text).collect::<Vec<_>>(), [(1, "a"), (2, "b")], "{text:?}");
        }
        assert_eq!(lines("10 %\r20 %\nb").collect::<Vec<_>>(), [(1, "10 %\r20 %"), (2, "b")]);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert_eq!(after("Testing URL : x", "testing url"), Some(": x"));
        assert_eq!(after("\u{e9}Testing", "testing"), None);
        assert_eq!(find("\u{e9} RESPONSE 407", "response "), Some("407"));
        assert!(!holds("", "response"));
    }
}

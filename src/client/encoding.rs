//! Bytes as the reader of a file expects them.

use serde::Deserialize;

/// How characters become bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// Plain ASCII; anything else is refused.
    #[default]
    #[serde(rename = "ascii")]
    Ascii,
    /// UTF-8 without a mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 behind a byte-order mark.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// UTF-16, little end first, behind a byte-order mark.
    #[serde(rename = "utf-16le-bom")]
    Utf16LeBom,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnds {
    /// A line feed.
    #[default]
    Lf,
    /// A carriage return and a line feed.
    Crlf,
}

impl Encoding {
    /// The name in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Utf16LeBom => "utf-16le-bom",
        }
    }
}

impl LineEnds {
    /// The name in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::Crlf => "crlf",
        }
    }
}

/// The bytes of a text whose lines end in line feeds; one line feed stands at its end. The error is a character that
/// the encoding, or a text file, does not hold.
pub(super) fn encode(text: &str, encoding: Encoding, ends: LineEnds) -> Result<Vec<u8>, char> {
    let wrong = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || (encoding == Encoding::Ascii && !c.is_ascii())
    };
    if let Some(wrong) = text.chars().find(wrong) {
        return Err(wrong);
    }
    let text = format!("{}\n", text.trim_end_matches('\n'));
    let text = match ends {
        LineEnds::Lf => text,
        LineEnds::Crlf => text.replace('\n', "\r\n"),
    };
    Ok(match encoding {
        Encoding::Ascii | Encoding::Utf8 => text.into_bytes(),
        Encoding::Utf8Bom => format!("\u{feff}{text}").into_bytes(),
        Encoding::Utf16LeBom => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_has_its_mark_and_its_line_ends() {
        for (encoding, ends, expected) in [
            (Encoding::Ascii, LineEnds::Lf, &b"a\nb\n"[..]),
            (Encoding::Utf8, LineEnds::Crlf, b"a\r\nb\r\n"),
            (Encoding::Utf8Bom, LineEnds::Lf, b"\xef\xbb\xbfa\nb\n"),
            (Encoding::Utf16LeBom, LineEnds::Crlf, b"\xff\xfea\0\r\0\n\0b\0\r\0\n\0"),
        ] {
            assert_eq!(encode("a\nb\n\n", encoding, ends).as_deref(), Ok(expected), "{encoding:?}");
        }
    }

    #[test]
    fn what_an_encoding_does_not_hold_is_refused() {
        assert_eq!(encode("\u{e9}", Encoding::Ascii, LineEnds::Lf), Err('\u{e9}'));
        assert_eq!(encode("\u{e9}", Encoding::Utf8, LineEnds::Lf), Ok("\u{e9}\n".into()));
        assert_eq!(encode("a\rb", Encoding::Utf16LeBom, LineEnds::Crlf), Err('\r'));
    }
}

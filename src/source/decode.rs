//! Bytes of a text file to its text: UTF-8 with or without a byte order mark, UTF-16 with one.

use std::borrow::Cow;

/// The text, and where it is none: the offset with what stands there.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<(usize, &'static str)>) {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| match pair {
            [a, b] => unit([*a, *b]),
            _ => 0,
        });
        let text: Result<String, _> = char::decode_utf16(units).collect();
        let odd = rest.len() % 2 == 1;
        let bad = (odd || text.is_err()).then_some((0, "bytes that are no UTF-16"));
        (Cow::Owned(text.unwrap_or_default()), bad)
    };
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return wide(rest, u16::from_be_bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)), None),
        Err(error) => (Cow::Borrowed(""), Some((error.valid_up_to(), "bytes that are no UTF-8"))),
    }
}

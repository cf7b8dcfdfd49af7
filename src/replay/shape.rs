//! The shape of a line: enough to see what kind of log it is from, and nothing of what it says.

/// Most characters of a shape.
const MOST: usize = 80;
/// Longest key that is shown.
const LONGEST_KEY: usize = 32;
/// Bytes of a line that are looked at.
const LOOKED_AT: usize = 4 * 1024;

/// The shape of a line: of JSON its keys, of everything else `a` for letters, `9` for digits, and what stands between.
/// Users, addresses and queries of other people's requests do not belong into messages.
pub(super) fn shape(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line.get(..LOOKED_AT).unwrap_or(line));
    let text = text.trim();
    let shape = if text.starts_with(['{', '[']) { keys(text) } else { letters(text) };
    if shape.chars().count() <= MOST {
        return shape;
    }
    shape.chars().take(MOST - 1).chain(['…']).collect()
}

fn letters(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.chars() {
        let kind = match letter {
            _ if letter.is_numeric() => '9',
            _ if letter.is_ascii() && !letter.is_ascii_alphabetic() => letter,
            _ => 'a',
        };
        if !(matches!(kind, 'a' | '9' | ' ') && shape.ends_with(kind)) {
            shape.push(kind);
        }
    }
    shape
}

/// Texts before a colon are keys; every other value is left out.
fn keys(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '"' => quoted(rest),
            _ if first.is_whitespace() || "{}[]:,".contains(first) => rest.split_at(first.len_utf8()),
            _ => rest.split_at(rest.find(|c: char| "{}[]:,\"".contains(c)).unwrap_or(rest.len())),
        };
        rest = behind;
        if word.len() == first.len_utf8() && "{}[]:,".contains(first) {
            shape.push(first);
        } else if !word.trim().is_empty() {
            let is_key = rest.trim_start().starts_with(':') && is_plain(word.trim_matches('"'));
            shape.push_str(if is_key { word } else { "…" });
        }
    }
    shape
}

/// Keys are words; what looks like anything else may be a value in a key's place.
fn is_plain(key: &str) -> bool {
    key.len() <= LONGEST_KEY && key.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
}

/// A text with its quotes, and what stands behind it.
fn quoted(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return text.split_at(at + 1),
            _ => {}
        }
    }
    text.split_at(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_shows_what_kind_of_line_it_is_and_nothing_of_what_it_says() {
        for (line, expected) in [
            ("Nov 24 16:36:30 host sshd[1]: Accepted publickey for jörg", "a 9 9:9:9 a a[9]: a a a a"),
            ("GET http://x.contoso.com/?token=S3cret user:Hunter2@", "a a://a.a.a/?a=a9a a:a9@"),
            (
                r#"{"time":"2026-11-24","user":"jane","n":[1,"a:b"],"p":{"Url":"https://x/?token=s"}}"#,
                r#"{"time":…,"user":…,"n":[…,…],"p":{"Url":…}}"#,
            ),
            (r#"{"jane@contoso.com":1, "a b":2, "cut"#, r"{…:…,…:…,…"),
            (r#"{"a":"b"#, r#"{"a":…"#),
            ("", ""),
        ] {
            assert_eq!(shape(line.as_bytes()), expected, "{line}");
        }
        let long = shape("a-".repeat(5_000).as_bytes());
        assert_eq!((long.chars().count(), long.ends_with('…')), (MOST, true));
        assert_eq!(shape(b"\xff\xfe{"), "a{");
    }
}

//! A `logformat` taken apart: what stands between its codes tells where their values end.

use memchr::{memchr, memchr_iter, memrchr_iter};

use super::strftime::Form;

/// Why a format cannot be read. The message completes "the log format …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormatError {
    /// `%` and nothing behind it that is a code.
    #[error("has a `%` without a code behind it, at character {0}")]
    NoCode(usize),
    /// `%ts%tu`.
    #[error("has nothing between `%{0}` and `%{1}` that tells where the first one ends")]
    SideBySide(String, String),
    /// A code that the requests cannot do without.
    #[error("has no code for {0}")]
    Missing(&'static str),
}

/// One code with what stands behind it.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// Its name without width, encoding and argument, such as `>Hs`.
    pub(super) name: String,
    /// Its argument, such as a header's name.
    pub(super) argument: Option<String>,
    /// Whether spaces may stand before its value to fill its width.
    pub(super) padded: bool,
    /// Where its value ends; nothing at the end of the line.
    pub(super) end: End,
}

/// The text behind a value.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// The end of the line.
    Line,
    /// One byte, the usual case.
    Byte(u8),
    /// A longer text. Where it starts with a quotation mark, one behind a backslash does not count.
    Text(Box<[u8]>),
    /// A text behind a time, which may hold the same itself.
    Behind(Box<Form>, Box<[u8]>),
    /// A text that starts with the last quotation mark of the line: some releases do not protect those of a header.
    LastMark(Box<[u8]>),
}

impl End {
    /// The end that `text` is, where `later` are the texts behind the codes that follow.
    fn new(text: &str, later: &[Written]) -> Self {
        match text.as_bytes() {
            [b'"', ..] if !later.iter().any(|written| written.text.contains('"')) => {
                Self::LastMark(text.as_bytes().into())
            }
            [] => Self::Line,
            [byte] => Self::Byte(*byte),
            bytes => Self::Text(bytes.into()),
        }
    }

    /// The same end behind a time; where that may hold it, its form tells where it ends.
    pub(super) fn behind(self, form: &Form) -> Self {
        let text: Box<[u8]> = match &self {
            Self::Line => return self,
            Self::Byte(byte) => [*byte].into(),
            Self::Text(text) | Self::LastMark(text) | Self::Behind(_, text) => text.clone(),
        };
        let is_held = text.first().is_some_and(|first| form.may_hold(*first));
        if is_held { Self::Behind(Box::new(form.clone()), text) } else { self }
    }

    /// A value and what stands behind its end.
    #[inline]
    pub(super) fn split<'l>(&self, rest: &'l [u8]) -> Option<(&'l [u8], &'l [u8])> {
        let (at, length) = match self {
            Self::Line => return Some((rest, &[])),
            Self::Byte(byte) => (memchr(*byte, rest)?, 1),
            Self::Text(text) => (find(text, rest)?, text.len()),
            Self::Behind(form, text) => {
                let at = form.length(rest)?;
                (Some(at).filter(|at| stands_at(text, rest, *at))?, text.len())
            }
            Self::LastMark(text) => {
                (memrchr_iter(b'"', rest).find(|at| stands_at(text, rest, *at))?, text.len())
            }
        };
        Some((rest.get(..at)?, rest.get(at + length..)?))
    }
}

/// These texts are short and start with what is rare in a value, so that looking for their first byte is fastest.
fn find(text: &[u8], rest: &[u8]) -> Option<usize> {
    let first = *text.first()?;
    let escaped = |at: usize| {
        let backslashes = rest.get(..at).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\');
        first == b'"' && backslashes.count() % 2 == 1
    };
    memchr_iter(first, rest).find(|at| stands_at(text, rest, *at) && !escaped(*at))
}

fn stands_at(text: &[u8], rest: &[u8], at: usize) -> bool {
    rest.get(at..).is_some_and(|rest| rest.starts_with(text))
}

/// The text before the first code, and the codes.
pub(super) fn parse(format: &str) -> Result<(String, Vec<Code>), FormatError> {
    let mut start = String::new();
    let mut found: Vec<Written> = Vec::new();
    let mut rest = format;
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        if next == '%' && !after.starts_with('%') {
            let at = format.len() - rest.len();
            let (mut written, behind) = parse_code(after).ok_or(FormatError::NoCode(at + 1))?;
            if let Some(before) = found.last() {
                if before.text.is_empty() {
                    return Err(FormatError::SideBySide(before.code.name.clone(), written.code.name));
                }
                written.code.padded |= before.is_left;
            }
            found.push(written);
            rest = behind;
            continue;
        }
        let literal = found.last_mut().map_or(&mut start, |written| &mut written.text);
        literal.push(next);
        rest = if next == '%' { after.get(1..).unwrap_or_default() } else { after };
    }
    let code = |(at, written): (usize, &Written)| Code {
        end: End::new(&written.text, found.get(at + 1..).unwrap_or_default()),
        ..written.code.clone()
    };
    let codes = found.iter().enumerate().map(code).collect();
    Ok((start, codes))
}

/// A code as the format has it.
struct Written {
    code: Code,
    /// Whether spaces behind the value fill its width, so that they stand before the next one.
    is_left: bool,
    /// What stands behind it.
    text: String,
}

/// `[encoding][-][0][width][.width][{argument}]code[{argument}]`, behind the `%`, and what follows.
fn parse_code(text: &str) -> Option<(Written, &str)> {
    let text = text.strip_prefix(['"', '[', '#', '/', '\'']).unwrap_or(text);
    let (is_left, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let width = text.get(..text.len() - behind.len()).unwrap_or_default();
    let (before, text) = argument(behind);
    let (name, rest) = text.split_at_checked(name_length(text))?;
    let (after, rest) = argument(rest);
    let padded = !is_left && !width.is_empty() && !width.starts_with(['0', '.']);
    let argument = before.or(after).map(str::to_owned);
    let code = Code { name: name.to_owned(), argument, padded, end: End::Line };
    (!name.is_empty()).then_some((Written { code, is_left, text: String::new() }, rest))
}

/// Bytes of a name such as `>Hs` or `ssl::>sni`; a colon that stands alone is no part of it.
fn name_length(text: &str) -> usize {
    let word = |text: &str| {
        let sign = usize::from(text.starts_with(['<', '>']));
        let behind = text.get(sign..).unwrap_or_default();
        let rest = behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if rest.len() == behind.len() { 0 } else { text.len() - rest.len() }
    };
    let first = word(text);
    match text.get(first..).and_then(|rest| rest.strip_prefix("::")) {
        Some(rest) if first > 0 && word(rest) > 0 => first + 2 + word(rest),
        _ => first,
    }
}

/// The argument in braces that comes next, and what stands behind it.
fn argument(text: &str) -> (Option<&str>, &str) {
    match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((argument, rest)) => (Some(argument), rest),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(format: &str) -> String {
        match parse(format) {
            Err(error) => error.to_string(),
            Ok((start, codes)) => {
                let code = |code: &Code| {
                    let end = match &code.end {
                        End::Line => "$".to_owned(),
                        End::Byte(byte) => char::from(*byte).to_string(),
                        End::Text(text) => String::from_utf8_lossy(text).into_owned(),
                        End::Behind(_, text) => format!("behind {}", String::from_utf8_lossy(text)),
                        End::LastMark(text) => format!("last {}", String::from_utf8_lossy(text)),
                    };
                    format!("{}{}({end})", if code.padded { "~" } else { "" }, code.name)
                };
                start + &codes.iter().map(code).collect::<String>()
            }
        }
    }

    #[test]
    fn a_format_is_its_codes_and_what_stands_between_them() {
        for (format, expected) in [
            ("%ts.%03tu %6tr %>a %Ss/%03>Hs", "ts(.)tu( )~tr( )>a( )Ss(/)>Hs($)"),
            ("[%tl] \"%rm %ru HTTP/%rv\"", "[tl(] \")rm( )ru( HTTP/)rv(last \")"),
            ("%\"{Referer}>h %{User-Agent}>h %Ss:%Sh", ">h( )>h( )Ss(:)Sh($)"),
            ("%ssl::>sni %[un 100%%", "ssl::>sni( )un( 100%)"),
            ("%-9ts %tr", "ts( )~tr($)"),
            ("%ts%tu", "has nothing between `%ts` and `%tu` that tells where the first one ends"),
            ("%ts % x", "has a `%` without a code behind it, at character 5"),
            ("", ""),
        ] {
            assert_eq!(shown(format), expected, "{format}");
        }
    }

    #[test]
    fn a_value_in_quotes_ends_at_a_mark_of_its_own() {
        let end = &parse("\"%ui\" \"%un\"").expect("a format").1[0].end;
        let rest = br#"a \" \"b\\" "c""#;
        assert_eq!(end.split(rest), Some((&br#"a \" \"b\\"#[..], &br#"c""#[..])));
        assert_eq!(end.split(br#"a \" "b"#), None);
        let last = &parse("\"%ui\" %un").expect("a format").1[0].end;
        assert_eq!(last.split(br#"a "b" c" d"#), Some((&br#"a "b" c"#[..], &b"d"[..])));
    }
}

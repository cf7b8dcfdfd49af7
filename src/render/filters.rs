//! Quoting filters: what a text looks like inside a language, so that it can be nothing but a text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::lines::Lines;
use crate::target::Spelling;

/// A language that texts are quoted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    Json,
    Arm,
    Js,
    Xml,
    Hcl,
    Bicep,
    Ere,
    /// One word behind options that start with a dash. It has no quotes, so what is no such word is refused.
    Word,
    Plain,
}

impl FromStr for Quoting {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "json" => Self::Json,
            "arm" => Self::Arm,
            "js" => Self::Js,
            "xml" => Self::Xml,
            "hcl" => Self::Hcl,
            "bicep" => Self::Bicep,
            "ere" => Self::Ere,
            "word" => Self::Word,
            "" => Self::Plain,
            _ => {
                return Err(Error::new(ErrorKind::InvalidOperation, format!("there is no quoting `{name}`")));
            }
        })
    }
}

impl Quoting {
    /// Appends `text`, quotes and all.
    pub(super) fn push(self, out: &mut String, text: &str) {
        match self.quotation() {
            Some(mark) if is_inert(text) => out.extend([mark, text, mark]),
            _ => self.push_quoted(out, text),
        }
    }

    /// The mark before and behind a text; `None` where every text is looked at.
    fn quotation(self) -> Option<&'static str> {
        match self {
            Self::Json | Self::Arm | Self::Js | Self::Hcl => Some("\""),
            Self::Bicep => Some("'"),
            Self::Xml | Self::Plain => Some(""),
            Self::Ere | Self::Word => None,
        }
    }

    fn push_quoted(self, out: &mut String, text: &str) {
        match self {
            Self::Json | Self::Js => push_json(out, text),
            Self::Arm => {
                // A text that starts with `[` is an expression of the template language.
                let escaped = text.starts_with('[').then(|| format!("[{text}"));
                push_json(out, escaped.as_deref().unwrap_or(text));
            }
            Self::Xml => text.chars().for_each(|c| push_xml(out, c)),
            Self::Hcl => push_hcl(out, text),
            Self::Bicep => push_bicep(out, text),
            Self::Ere => out.push_str(&ere(text)),
            Self::Word | Self::Plain => out.push_str(text),
        }
    }

    fn quote(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        self.push(&mut out, text);
        out
    }
}

/// Whether a text means itself between the quotes of every language: nearly all names and paths do.
fn is_inert(text: &str) -> bool {
    every(text.as_bytes(), |byte| matches!(byte, b'-'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'*'))
}

/// Whether every byte passes. Going to the end takes many bytes at a time; stopping at the first that fails goes one by
/// one.
pub(super) fn every(bytes: &[u8], passes: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & passes(*byte))
}

fn ere(text: &str) -> String {
    Spelling::parse("{name:ere}").map(|spelling| spelling.fill(|_| Some(text))).unwrap_or_default()
}

/// JSON and JavaScript alike: everything but plain ASCII is escaped.
fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '<' | '>' | '&' => push_utf16(out, c),
            ' '..='~' => out.push(c),
            _ => push_utf16(out, c),
        }
    }
    out.push('"');
}

fn push_utf16(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// Appends a character of the content of an XML element or attribute.
pub(crate) fn push_xml(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        ' '..='~' => out.push(c),
        // XML cannot hold most control characters at all.
        _ if c.is_control() => out.push('?'),
        _ => {
            let _ = write!(out, "&#{};", u32::from(c));
        }
    }
}

fn push_hcl(out: &mut String, text: &str) {
    out.push('"');
    for (at, c) in text.char_indices() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // `${` and `%{` start an expression unless the sign is doubled.
            '$' | '%' if text[at..].chars().nth(1) == Some('{') => out.extend([c, c]),
            ' '..='~' => out.push(c),
            _ => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
}

fn push_bicep(out: &mut String, text: &str) {
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' | '$' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out.push('\'');
}

/// Printable ASCII on one line. `--` and `*/` are broken up, because they end comments.
pub(crate) fn comment(text: &str) -> Cow<'_, str> {
    let is_plain = every(text.as_bytes(), |byte| matches!(byte, b' '..=b'~'));
    if is_plain && !text.contains("--") && !text.contains("*/") {
        return Cow::Borrowed(text.trim_end());
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if (' '..='~').contains(&c) { c } else { '?' };
        if (c == '-' && out.ends_with('-')) || (c == '/' && out.ends_with('*')) {
            out.push(' ');
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    Cow::Owned(out)
}

/// Whether `text` is one word that is neither an option, nor a quoted file, nor a comment.
fn is_word(text: &str) -> bool {
    !text.starts_with(['-', '+', '"', '#']) && !text.contains([' ', '\t']) && !text.is_empty()
}

/// All texts of a group in one go: `lines(quote="xml", before="<member>", after="</member>", between="\n")`.
///
/// With `note="# "` each text has its reason on a line of its own above it.
fn lines(value: &Value, kwargs: &Kwargs) -> Result<String, Error> {
    let option = |name: &'static str| kwargs.get::<Option<&str>>(name);
    let quoting: Quoting = option("quote")?.unwrap_or_default().parse()?;
    let (before, after) = (option("before")?.unwrap_or_default(), option("after")?.unwrap_or_default());
    let (between, note) = (option("between")?.unwrap_or("\n"), option("note")?);
    kwargs.assert_all_used()?;
    let lines = value
        .downcast_object_ref::<Lines>()
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`lines` is for the entries of a group"))?;
    // Two quotation marks, and what stands around each line.
    let around = before.len() + after.len() + between.len() + 2;
    let mut out = String::with_capacity(lines.bytes(note.is_some()) + lines.len() * around);
    for (at, line) in lines.as_slice().iter().enumerate() {
        if quoting == Quoting::Word && !is_word(&line.text) {
            let message = format!("`{}` would not be read as one value", line.text);
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        if at > 0 {
            out.push_str(between);
        }
        if let (Some(note), Some(reason)) = (note, &line.note) {
            out.push_str(note);
            out.push_str(&comment(reason));
            out.push('\n');
        }
        out.push_str(before);
        quoting.push(&mut out, &line.text);
        out.push_str(after);
    }
    Ok(out)
}

/// Adds all filters. `longest_name` is the target's limit for names of objects.
pub(super) fn add(environment: &mut Environment<'_>, longest_name: Option<usize>) {
    for (name, quoting) in [
        ("json", Quoting::Json),
        ("arm", Quoting::Arm),
        ("js", Quoting::Js),
        ("xml", Quoting::Xml),
        ("hcl", Quoting::Hcl),
        ("bicep", Quoting::Bicep),
        ("ere", Quoting::Ere),
    ] {
        environment.add_filter(name, move |text: &str| quoting.quote(text));
    }
    environment.add_filter("comment", |text: &str| comment(text).into_owned());
    environment.add_filter("lines", |value: Value, kwargs: Kwargs| lines(&value, &kwargs));
    environment.add_filter("name", move |text: &str| checked_name(text, longest_name));
}

/// A name of an object: plain, and no longer than the target takes.
fn checked_name(text: &str, longest: Option<usize>) -> Result<String, Error> {
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !plain {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("`{text}` is no name of an object")));
    }
    match longest {
        Some(longest) if text.len() > longest => {
            let message = format!("the name `{text}` has more than {longest} characters");
            Err(Error::new(ErrorKind::InvalidOperation, message))
        }
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_keeps_a_text_a_text() {
        let hostile = "a\"b'c\\d${e}%{f}]]><!--\n\u{e9}";
        for (quoting, expected) in [
            (Quoting::Json, r#""a\"b'c\\d${e}%{f}]]\u003e\u003c!--\u000a\u00e9""#),
            (Quoting::Hcl, r#""a\"b'c\\d$${e}%%{f}]]><!--\U0000000A\U000000E9""#),
            (Quoting::Bicep, r#"'a"b\'c\\d\${e}%{f}]]><!--\u{a}\u{e9}'"#),
            (Quoting::Xml, "a&quot;b&apos;c\\d${e}%{f}]]&gt;&lt;!--?&#233;"),
        ] {
            assert_eq!(quoting.quote(hostile), expected, "{quoting:?}");
        }
        assert_eq!(Quoting::Arm.quote("[resourceGroup()]"), "\"[[resourceGroup()]\"");
        assert_eq!(Quoting::Ere.quote("a.b|c"), "a\\.b\\|c");
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(comment("a\nb */ --> \u{e9} "), "a?b * / - -> ?");
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        assert!(checked_name("mde-allow-443", Some(31)).is_ok());
        assert!(checked_name("mde-allow-443", Some(12)).is_err());
        assert!(checked_name("-x", None).is_err());
        assert!(checked_name("a b", None).is_err());
    }
}

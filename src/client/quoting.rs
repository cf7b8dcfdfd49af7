//! Quoting for the languages of devices. What a filter has quoted prints as it is; any other text prints only if it is
//! plain, so a template that forgets to quote is refused where it matters.

use std::fmt::Write as _;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

use crate::manifest::sha256;
use crate::render::{comment, push_xml};

/// A language that a device reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    /// A text of a `.reg` file.
    RegString,
    /// A text of PowerShell in which nothing but the quote means anything.
    PsSingle,
    /// One word of a POSIX shell.
    Shell,
    /// A text of a systemd unit, where `%` starts a specifier; `$` is plain in an environment.
    Systemd,
    /// One argument in a batch file. It has no way to write a quote, and `%` would start a variable.
    Batch,
    /// A text in double quotes in which nothing is special but what is refused: `"` and `\`.
    Double,
    Json,
    /// The content of an XML element, or of an attribute.
    Xml,
    /// The rest of a line, which is taken as it stands.
    Line,
}

/// The names of the filters.
const FILTERS: &[(&str, Language)] = &[
    ("reg_string", Language::RegString),
    ("ps_single", Language::PsSingle),
    ("sh", Language::Shell),
    ("systemd", Language::Systemd),
    ("cmd", Language::Batch),
    ("double", Language::Double),
    ("json", Language::Json),
    ("xml", Language::Xml),
    ("line", Language::Line),
];

/// Makes an environment strict in what it prints, and adds the filters.
pub(super) fn extend(environment: &mut Environment<'_>) {
    // So that what a macro has printed counts as quoted.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("device".into()));
    environment.set_formatter(|out, _, value| print(out, value));
    for (name, language) in FILTERS {
        environment.add_filter(*name, |text: &str| filtered(text, *language));
    }
    environment.add_filter("comment", |text: &str| Value::from_safe_string(comment(text).into_owned()));
    environment.add_filter("uuid", |text: &str| Value::from_safe_string(uuid(text)));
}

fn print(out: &mut minijinja::Output<'_>, value: &Value) -> Result<(), Error> {
    if value.is_integer() {
        return write!(out, "{value}").map_err(Error::from);
    }
    let Some(text) = value.as_str() else {
        let message = format!("`{}` cannot be printed, only texts and whole numbers", value.kind());
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    };
    if !value.is_safe() && !is_plain(text) {
        let message = format!("`{text}` is printed without a filter that quotes it");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    out.write_str(text).map_err(Error::from)
}

/// Whether a text means itself in every language.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// A text in quotes. None of the languages has a way to write a control character that all its readers know, and
/// settings are ASCII, so anything else is refused.
fn filtered(text: &str, language: Language) -> Result<Value, Error> {
    let sound = text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let quoted = sound.then(|| language.quote(text)).flatten();
    quoted.map(Value::from_safe_string).ok_or_else(|| {
        let message = format!("`{}` cannot be written in this language", text.escape_debug());
        Error::new(ErrorKind::InvalidOperation, message)
    })
}

impl Language {
    /// Printable ASCII as a text of the language, quotes and all; nothing if the language cannot say it.
    fn quote(self, text: &str) -> Option<String> {
        Some(match self {
            Self::RegString | Self::Json => escaped(text, '"', &['"', '\\'], '\\'),
            Self::PsSingle => escaped(text, '\'', &['\''], '\''),
            Self::Shell => format!("'{}'", text.replace('\'', "'\\''")),
            Self::Systemd => escaped(&text.replace('%', "%%"), '"', &['"', '\\'], '\\'),
            Self::Batch if text.contains(['"', '%', '!', '^']) || text.ends_with('\\') => return None,
            Self::Double if text.contains(['"', '\\']) => return None,
            Self::Batch | Self::Double => format!("\"{text}\""),
            Self::Xml => text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
                push_xml(&mut out, c);
                out
            }),
            Self::Line if text.is_empty() || text.trim() != text => return None,
            Self::Line => text.to_owned(),
        })
    }
}

/// `text` between two `mark`s, with `escape` before each of `special`.
fn escaped(text: &str, mark: char, special: &[char], escape: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        if special.contains(&c) {
            out.push(escape);
        }
        out.push(c);
    }
    out.push(mark);
    out
}

/// A UUID that depends on nothing but the text (version 8 of RFC 9562).
fn uuid(text: &str) -> String {
    let digest = sha256(text.as_bytes()).to_ascii_uppercase();
    let mut out = String::with_capacity(36);
    for (at, digit) in digest.chars().take(32).enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        match at {
            12 => out.push('8'),
            // The variant takes two bits: 8, 9, A or B.
            16 => {
                let _ = write!(out, "{:X}", 8 | (digit.to_digit(16).unwrap_or_default() & 3));
            }
            _ => out.push(digit),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_keeps_a_text_a_text() {
        let hostile = "a\"b'c\\d$(e)`f&<g>%h%]]>";
        for (language, expected) in [
            (Language::RegString, Some(r#""a\"b'c\\d$(e)`f&<g>%h%]]>""#)),
            (Language::PsSingle, Some(r#"'a"b''c\d$(e)`f&<g>%h%]]>'"#)),
            (Language::Shell, Some(r#"'a"b'\''c\d$(e)`f&<g>%h%]]>'"#)),
            (Language::Systemd, Some(r#""a\"b'c\\d$(e)`f&<g>%%h%%]]>""#)),
            (Language::Json, Some(r#""a\"b'c\\d$(e)`f&<g>%h%]]>""#)),
            (Language::Xml, Some("a&quot;b&apos;c\\d$(e)`f&amp;&lt;g&gt;%h%]]&gt;")),
            (Language::Line, Some(hostile)),
            (Language::Batch, None),
            (Language::Double, None),
        ] {
            assert_eq!(language.quote(hostile).as_deref(), expected, "{language:?}");
        }
        let plain = "<local>;*.contoso.com";
        assert_eq!(Language::Batch.quote(plain).as_deref(), Some("\"<local>;*.contoso.com\""));
        assert_eq!(Language::Line.quote(" a"), None);
    }

    #[test]
    fn no_language_takes_a_line_break_or_a_character_that_can_look_like_a_quote() {
        for text in ["a\nb", "a\rb", "a\0b", "\u{2019}", "\u{201c}"] {
            for (name, language) in FILTERS {
                assert!(filtered(text, *language).is_err(), "{name} {text:?}");
            }
        }
    }

    #[test]
    fn a_text_that_no_filter_quoted_prints_only_if_it_is_plain() {
        let mut environment = Environment::new();
        extend(&mut environment);
        let render = |template: &str, x: &str| environment.render_str(template, minijinja::context! {x}).ok();
        assert_eq!(render("{{ x }}", "proxy.contoso.com").as_deref(), Some("proxy.contoso.com"));
        assert_eq!(render("{{ x }}", "a;b"), None);
        assert_eq!(render("{{ x | sh }}", "a;b").as_deref(), Some("'a;b'"));
        assert_eq!(render("{{ (x | sh) ~ x }}", "a;b"), None);
    }

    #[test]
    fn a_uuid_has_its_form_and_depends_on_its_text_alone() {
        let one = uuid("a");
        assert_eq!((one.len(), one.as_bytes()[14], one.as_bytes()[8]), (36, b'8', b'-'));
        assert!(b"89AB".contains(&one.as_bytes()[19]), "{one}");
        assert_eq!(one, uuid("a"));
        assert_ne!(one, uuid("b"));
    }
}

//! Readers of the files that devices read: each takes a file apart into its structure and the texts that stand in it.
//!
//! They share nothing with the templates and filters that write the files.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::fmt::Write as _;

use quick_xml::events::Event;

/// A file taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The file with `\u{25a1}` for every text, without its comments.
    pub structure: String,
    /// The texts, decoded, in order.
    pub texts: Vec<String>,
}

/// Takes a file apart by its name. A file that no reader knows is a panic: a new file needs a reader.
pub fn take_apart(name: &str, bytes: &[u8]) -> Apart {
    let ending = name.rsplit('.').next().unwrap_or_default();
    match ending {
        "reg" => quoted(&utf16_crlf(bytes), '"', Some('\\'), &[";"]),
        "ps1" => powershell(&ascii_crlf(bytes)),
        "cmd" => quoted(&ascii_crlf(bytes), '"', None, &["rem "]),
        "sh" => shell(&ascii_lf(bytes)),
        "json" => json(&ascii_lf(bytes)),
        "plist" | "mobileconfig" => plist(&ascii_lf(bytes)),
        "zone" => last_words(&ascii_lf(bytes)),
        "txt" if name.contains("lgpo") => lgpo(&ascii_crlf(bytes)),
        "txt" => after_equals(&ascii_crlf(bytes)),
        "conf" if name.contains("service") => systemd(&ascii_lf(bytes)),
        "conf" if name.contains("apt") => quoted(&ascii_lf(bytes), '"', Some('\\'), &["//", "#"]),
        "conf" => quoted(&ascii_lf(bytes), '"', Some('\\'), &["#"]),
        _ => panic!("no reader for {name}"),
    }
}

/// The text of a file of UTF-16 with its mark, whose lines end in CRLF.
pub fn utf16_crlf(bytes: &[u8]) -> String {
    assert!(bytes.starts_with(&[0xff, 0xfe]), "the mark of UTF-16, little end first");
    let units: Vec<u16> = bytes[2..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    crlf(&String::from_utf16(&units).expect("UTF-16"))
}

fn ascii(bytes: &[u8]) -> String {
    assert!(bytes.is_ascii(), "plain ASCII");
    String::from_utf8(bytes.to_vec()).expect("ASCII is UTF-8")
}

fn ascii_crlf(bytes: &[u8]) -> String {
    crlf(&ascii(bytes))
}

fn crlf(text: &str) -> String {
    assert!(text.ends_with("\r\n") && !text.ends_with("\r\n\r\n"), "one line end at the end");
    let lines = text.replace("\r\n", "\u{2028}");
    assert!(!lines.contains(['\r', '\n']), "every line ends in CRLF");
    lines.replace('\u{2028}', "\n")
}

fn ascii_lf(bytes: &[u8]) -> String {
    let text = ascii(bytes);
    assert!(text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains('\r'), "lines end in LF");
    text
}

fn without_comments(text: &str, marks: &[&str]) -> String {
    let is_comment = |line: &&str| marks.iter().any(|mark| line.trim_start().starts_with(mark));
    text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n")
}

/// Texts between two marks, with an escape before what is special.
fn quoted(text: &str, mark: char, escape: Option<char>, comments: &[&str]) -> Apart {
    let text = without_comments(text, comments);
    let mut apart = Apart { structure: String::new(), texts: Vec::new() };
    let mut inside: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match &mut inside {
            Some(value) if Some(c) == escape => value.push(chars.next().expect("something behind an escape")),
            Some(value) if c == mark => {
                apart.texts.push(std::mem::take(value));
                apart.structure.push('\u{25a1}');
                inside = None;
            }
            Some(value) => {
                assert_ne!(c, '\n', "a text ends on its line");
                value.push(c);
            }
            None if c == mark => inside = Some(String::new()),
            None => apart.structure.push(c),
        }
    }
    assert_eq!(inside, None, "every text has an end");
    apart
}

/// Texts in single quotes, in which two quotes are one; nothing else may hold a text.
fn powershell(text: &str) -> Apart {
    // A typographic quote is a quote as well.
    assert!(!text.contains(['"', '`', '\u{2018}', '\u{2019}']), "{text}");
    let text = without_comments(text, &["#"]).replace("''", "\u{2028}");
    let mut apart = quoted(&text, '\'', None, &[]);
    // An empty text is two quotes as well.
    apart.structure = apart.structure.replace('\u{2028}', "\u{25a1}");
    for value in &mut apart.texts {
        *value = value.replace('\u{2028}', "'");
    }
    apart
}

/// Texts in single quotes, in which nothing is special; `'\''` is how one of them goes on behind a quote.
fn shell(text: &str) -> Apart {
    let text = without_comments(text, &["#"]).replace("'\\''", "\u{2028}");
    let mut apart = quoted(&text, '\'', None, &[]);
    for value in &mut apart.texts {
        *value = value.replace('\u{2028}', "'");
    }
    apart
}

fn systemd(text: &str) -> Apart {
    let mut apart = quoted(text, '"', Some('\\'), &["#", ";"]);
    for value in &mut apart.texts {
        let plain = value.replace("%%", "\u{2028}");
        assert!(!plain.contains('%'), "a specifier in {value}");
        *value = plain.replace('\u{2028}', "%");
    }
    apart
}

fn json(text: &str) -> Apart {
    fn walk(value: &mut serde_json::Value, texts: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => texts.push(std::mem::replace(text, "\u{25a1}".into())),
            serde_json::Value::Array(values) => values.iter_mut().for_each(|value| walk(value, texts)),
            serde_json::Value::Object(values) => values.values_mut().for_each(|value| walk(value, texts)),
            _ => {}
        }
    }
    let mut value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let mut texts = Vec::new();
    walk(&mut value, &mut texts);
    Apart { structure: value.to_string(), texts }
}

/// The contents of `<string>`, in order.
fn plist(text: &str) -> Apart {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut apart = Apart { structure: String::new(), texts: Vec::new() };
    let mut string: Option<String> = None;
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_owned();
                if name == "string" {
                    string = Some(String::new());
                }
                let _ = write!(apart.structure, "<{name}>");
            }
            Event::End(tag) => {
                let name = tag.name().as_ref().to_owned();
                if let Some(text) = string.take() {
                    apart.texts.push(text);
                    apart.structure.push('\u{25a1}');
                }
                let _ = write!(apart.structure, "</{name}>");
            }
            Event::Text(text) => {
                let text = text.to_string();
                match &mut string {
                    Some(string) => string.push_str(&text),
                    None => apart.structure.push_str(text.trim()),
                }
            }
            Event::GeneralRef(name) => {
                let name = name.to_string();
                let c = quick_xml::escape::resolve_predefined_entity(&name).expect("a known entity");
                string.as_mut().expect("entities stand in strings").push_str(c);
            }
            Event::CData(_) => panic!("no CDATA is written"),
            Event::Eof => return apart,
            _ => {}
        }
    }
}

/// Four lines for each value; the last says what is done.
fn lgpo(text: &str) -> Apart {
    let text = without_comments(text, &[";"]);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len() % 4, 0, "four lines for each value: {lines:?}");
    let mut apart = Apart { structure: String::new(), texts: Vec::new() };
    for value in lines.chunks(4) {
        assert_eq!(value[0], "Computer");
        let action = match value[3].strip_prefix("SZ:") {
            Some(text) => {
                apart.texts.push(text.to_owned());
                "SZ:\u{25a1}"
            }
            None => value[3],
        };
        let _ = writeln!(apart.structure, "{}\\{} {action}", value[1], value[2]);
    }
    apart
}

fn after_equals(text: &str) -> Apart {
    let (name, value) = text.trim_end().split_once('=').expect("name=value");
    assert!(!value.contains(['\n', ' ', '"']), "one argument");
    Apart { structure: name.to_owned(), texts: vec![value.to_owned()] }
}

fn last_words(text: &str) -> Apart {
    let text = without_comments(text, &[";"]);
    // A zone may have its record already.
    if text.trim().is_empty() {
        return Apart { structure: String::new(), texts: Vec::new() };
    }
    let (record, name) = text.trim_end().rsplit_once(' ').expect("a record");
    Apart { structure: record.to_owned(), texts: vec![name.to_owned()] }
}

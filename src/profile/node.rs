//! `Node`: a TOML value with the line it stands on, whatever it came from.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, TableLike, Value};

use crate::diagnostic::Place;

/// A value of the profile.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `"text"`.
    Text(String),
    /// `1`.
    Integer(i64),
    /// `true`.
    Flag(bool),
    /// `[…]`.
    List(Vec<Node>),
    /// `{…}` or a section.
    Table(BTreeMap<String, Node>),
    /// A date or a float: no key of a profile takes one.
    Other(&'static str),
}

impl Kind {
    /// What it is, for people.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a section",
            Self::Other(name) => name,
        }
    }
}

/// Reads a whole profile. The error is the parser's own text with the line.
pub fn parse(file: &str, text: &str) -> Result<Node, (String, u32)> {
    let document = Document::parse(text.to_owned()).map_err(|error| {
        (error.message().to_owned(), error.span().map_or(1, |span| line_of(text, span.start)))
    })?;
    let lines = text.match_indices('\n').map(|(at, _)| at).collect();
    let reader = Reader { file, text, lines };
    Ok(Node { kind: reader.table(document.as_table()), place: Place::line(file, 1) })
}

/// Reads the right side of `--set key=value`: a TOML value, or the bare text. The error is the parser's own text about
/// what starts like a list, a section or a quoted text and is none.
pub fn parse_override(text: &str, place: &Place) -> Result<Node, String> {
    let reader = Reader { file: "--set", text: "", lines: Vec::new() };
    let kind = match text.parse::<Value>() {
        Ok(value) => reader.value(&value),
        Err(error) if text.starts_with(['[', '{', '"', '\'']) => {
            return Err(error.message().trim().to_owned());
        }
        Err(_) => Kind::Text(text.to_owned()),
    };
    let mut node = Node { kind, place: place.clone() };
    node.move_to(place);
    Ok(node)
}

fn line_of(text: &str, offset: usize) -> u32 {
    let newlines = text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
    u32::try_from(newlines + 1).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// Where the lines end.
    lines: Vec<usize>,
}

impl Reader<'_> {
    fn table(&self, table: &dyn TableLike) -> Kind {
        let nodes = table.iter().map(|(key, item)| {
            let span = table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
            (key.to_owned(), Node { kind: self.item(item), place: self.place(span) })
        });
        Kind::Table(nodes.collect())
    }

    fn place(&self, span: Option<std::ops::Range<usize>>) -> Place {
        let Some(span) = span else { return Place::file(self.file) };
        let at = self.lines.partition_point(|end| *end < span.start);
        let start = at.checked_sub(1).and_then(|before| self.lines.get(before)).map_or(0, |end| end + 1);
        let end = self.lines.get(at).copied().unwrap_or(self.text.len());
        let shown = self.text.get(start..end).unwrap_or_default().trim();
        let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
        Place::line(self.file, line).showing(shortened(shown))
    }

    fn item(&self, item: &Item) -> Kind {
        match item {
            Item::None => Kind::Other("nothing"),
            Item::Value(value) => self.value(value),
            Item::Table(table) => self.table(table),
            Item::ArrayOfTables(tables) => Kind::List(
                tables
                    .iter()
                    .map(|table| Node { kind: self.table(table), place: self.place(table.span()) })
                    .collect(),
            ),
        }
    }

    fn value(&self, value: &Value) -> Kind {
        match value {
            Value::String(text) => Kind::Text(text.value().clone()),
            Value::Integer(number) => Kind::Integer(*number.value()),
            Value::Boolean(flag) => Kind::Flag(*flag.value()),
            Value::Float(_) => Kind::Other("a number with a fraction"),
            Value::Datetime(_) => Kind::Other("a date"),
            Value::Array(values) => Kind::List(
                values
                    .iter()
                    .map(|value| Node { kind: self.value(value), place: self.place(value.span()) })
                    .collect(),
            ),
            Value::InlineTable(table) => self.table(table),
        }
    }
}

/// A line as a finding shows it: every value of a list carries a copy.
fn shortened(line: &str) -> String {
    const LONGEST: usize = 160;
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

impl Node {
    /// Replaces the value at a dotted key, making sections on the way; `Err` names the part that is no section.
    pub fn set(&mut self, key: &str, value: Node) -> Result<(), String> {
        let Kind::Table(table) = &mut self.kind else { return Err(key.to_owned()) };
        match key.split_once('.') {
            None => {
                table.insert(key.to_owned(), value);
                Ok(())
            }
            Some((section, rest)) => {
                let empty = || Node { kind: Kind::Table(BTreeMap::new()), place: value.place.clone() };
                let node = table.entry(section.to_owned()).or_insert_with(empty);
                node.set(rest, value).map_err(|_| section.to_owned())
            }
        }
    }

    fn move_to(&mut self, place: &Place) {
        self.place = place.clone();
        match &mut self.kind {
            Kind::List(nodes) => nodes.iter_mut().for_each(|node| node.move_to(place)),
            Kind::Table(nodes) => nodes.values_mut().for_each(|node| node.move_to(place)),
            Kind::Text(_) | Kind::Integer(_) | Kind::Flag(_) | Kind::Other(_) => {}
        }
    }
}

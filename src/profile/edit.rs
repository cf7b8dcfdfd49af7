//! Changes to the text of a profile that leave everything else in it as it is: comments, order, layout.

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// Longer lists stand in lines of their own.
pub const LINE: usize = 100;

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    /// A text that the profile must say; another one there is a conflict.
    Word {
        /// Name of a key outside of all sections.
        key: String,
        /// What it says.
        value: String,
    },
    /// A text that the profile must say one of, if it says any; nothing is written.
    OneOf {
        /// Name of a key outside of all sections.
        key: String,
        /// What it may say.
        values: Vec<String>,
    },
    /// Texts of a list beside those that stand there.
    Union {
        /// The section, unless the key stands outside of all.
        section: Option<String>,
        /// Name of the key.
        key: String,
        /// The texts, in their normal form.
        values: Vec<String>,
        /// The normal form of a text, by which two are the same.
        normal: fn(&str) -> Option<String>,
    },
}

/// A profile after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// Dotted key and text of everything that came in.
    pub added: Vec<(String, String)>,
}

/// Why a profile is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is no TOML.
    #[error("the profile is not TOML: {0}")]
    NotToml(String),
    /// The profile says something else.
    #[error("the profile says `{key} = \"{says}\"`, not `{wanted}`")]
    Conflict {
        /// The key.
        key: String,
        /// What it says.
        says: String,
        /// What it would have to say.
        wanted: String,
    },
    /// The key holds something of another type.
    #[error("`{key}` is not {wanted}")]
    Type {
        /// The key, or the section.
        key: String,
        /// What it would have to be.
        wanted: &'static str,
    },
}

/// The text after all changes; nothing is changed where one of them cannot be made.
pub fn edit(text: &str, changes: &[Change]) -> Result<Edited, Fault> {
    let windows = text.contains("\r\n");
    let mark = text.starts_with('\u{feff}');
    let body = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut document: DocumentMut = body
        .parse()
        .map_err(|error: toml_edit::TomlError| Fault::NotToml(error.message().trim().to_owned()))?;
    let mut added = Vec::new();
    for change in changes {
        match change {
            Change::Word { key, value } => say(&mut document, key, value, &mut added)?,
            Change::OneOf { key, values } => one_of(&document, key, values)?,
            Change::Union { section, key, values, normal } => {
                let full = section.as_ref().map_or_else(|| key.clone(), |section| format!("{section}.{key}"));
                let table = match section {
                    None => document.as_item_mut(),
                    Some(section) => section_of(&mut document, section)?,
                };
                unite(table, key, &full, values, *normal, &mut added)?;
            }
        }
    }
    if added.is_empty() {
        return Ok(Edited { text: text.to_owned(), added });
    }
    let mut out = document.to_string();
    if windows {
        out = out.replace('\n', "\r\n");
    }
    Ok(Edited { text: if mark { format!("\u{feff}{out}") } else { out }, added })
}

fn one_of(document: &DocumentMut, key: &str, values: &[String]) -> Result<(), Fault> {
    match document.get(key).and_then(Item::as_str) {
        Some(says) if !values.iter().any(|value| value.eq_ignore_ascii_case(says)) => {
            Err(Fault::Conflict { key: key.to_owned(), says: says.to_owned(), wanted: values.join("` or `") })
        }
        _ => Ok(()),
    }
}

fn say(
    document: &mut DocumentMut,
    key: &str,
    value: &str,
    added: &mut Vec<(String, String)>,
) -> Result<(), Fault> {
    match document.get(key) {
        None => {
            document.insert(key, Item::Value(Value::from(value)));
            added.push((key.to_owned(), value.to_owned()));
            Ok(())
        }
        Some(item) => match item.as_str() {
            Some(says) if says == value => Ok(()),
            Some(says) => {
                Err(Fault::Conflict { key: key.to_owned(), says: says.to_owned(), wanted: value.to_owned() })
            }
            None => Err(Fault::Type { key: key.to_owned(), wanted: "a text" }),
        },
    }
}

/// The section, made at the end where there is none.
fn section_of<'d>(document: &'d mut DocumentMut, name: &str) -> Result<&'d mut Item, Fault> {
    if !document.contains_key(name) {
        let mut table = Table::new();
        table.decor_mut().set_prefix("\n");
        document.insert(name, Item::Table(table));
    }
    let section = document.get_mut(name).filter(|item| item.is_table_like());
    section.ok_or_else(|| Fault::Type { key: name.to_owned(), wanted: "a section" })
}

fn unite(
    section: &mut Item,
    key: &str,
    full: &str,
    values: &[String],
    normal: fn(&str) -> Option<String>,
    added: &mut Vec<(String, String)>,
) -> Result<(), Fault> {
    if values.is_empty() {
        return Ok(());
    }
    let is_new = section.get(key).is_none();
    let is_inline = section.is_inline_table();
    let Some(table) = section.as_table_like_mut() else { return Ok(()) };
    if is_new {
        insert_list(table, key, is_inline);
    }
    let array = table.get_mut(key).and_then(Item::as_array_mut);
    let array = array.ok_or_else(|| Fault::Type { key: full.to_owned(), wanted: "a list of texts" })?;
    if is_new && !is_inline && values.iter().map(|value| value.len() + 4).sum::<usize>() > LINE {
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    for value in values {
        let is_it = |there: &Value| there.as_str().and_then(normal).as_ref() == normal(value).as_ref();
        if !array.iter().any(is_it) {
            append(array, value);
            added.push((full.to_owned(), value.clone()));
        }
    }
    Ok(())
}

/// An empty list under a new key. In an inline section the space before its `}` goes behind the list.
fn insert_list(table: &mut dyn TableLike, key: &str, is_inline: bool) {
    let mut list = Value::Array(Array::new());
    if is_inline {
        list.decor_mut().set_prefix(" ");
        for value in table.iter_mut().filter_map(|(_, item)| item.as_value_mut()) {
            if value.decor().suffix().and_then(toml_edit::RawString::as_str) == Some(" ") {
                value.decor_mut().set_suffix("");
                list.decor_mut().set_suffix(" ");
            }
        }
    }
    table.insert(key, Item::Value(list));
}

/// Adds a text behind the last one, in a line of its own where the last one has one. Comments stay where they are.
fn append(array: &mut Array, text: &str) {
    let mut indent = "  ".to_owned();
    let mut tail = String::new();
    let is_first = array.is_empty();
    if let Some(last) = array.iter_mut().last() {
        let decor = last.decor_mut();
        let part = |raw: Option<&toml_edit::RawString>| {
            raw.and_then(toml_edit::RawString::as_str).unwrap_or_default().to_owned()
        };
        let (prefix, suffix) = (part(decor.prefix()), part(decor.suffix()));
        if let Some((_, own)) = prefix.rsplit_once('\n') {
            own.clone_into(&mut indent);
        }
        decor.set_suffix("");
        tail = suffix;
    }
    tail.push_str(array.trailing().as_str().unwrap_or_default());
    let mut value = Value::from(text);
    match tail.rsplit_once('\n') {
        Some((comments, end)) => {
            value.decor_mut().set_prefix(format!("{comments}\n{indent}"));
            array.set_trailing(format!("\n{end}"));
        }
        None => {
            value.decor_mut().set_prefix(if is_first { "" } else { " " });
            array.set_trailing(tail);
        }
    }
    array.push_formatted(value);
}

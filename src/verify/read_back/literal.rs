//! Values as JSON, Bicep, Terraform and JavaScript write them down, with the line of each.
//!
//! Only literals are read: texts, numbers, flags, lists and maps. Whatever else stands in the place of a value is kept as
//! an expression, for its reader to know or to leave undecided.

use super::token::{Kind, Token, Tokens};

/// Maps and lists within each other; real files have less than a fifth of it.
const DEEPEST: usize = 64;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: Value,
    pub(super) line: u32,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A number, `true`, `false` or `null` as it is written, or an expression.
    Word(String),
    List(Vec<Literal>),
    Map(Vec<(String, Literal)>),
}

impl Literal {
    /// The value at `key` of a map. If it is there twice, nobody can say which counts.
    pub(super) fn get(&self, key: &str) -> Option<&Literal> {
        let mut found = self.entries().iter().filter(|(known, _)| known == key);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The same, taken out.
    pub(super) fn take(&mut self, key: &str) -> Option<Literal> {
        self.get(key)?;
        let Value::Map(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|(known, _)| known == key)?;
        Some(entries.remove(at).1)
    }

    /// The entries of a map, taken.
    pub(super) fn into_entries(self) -> Vec<(String, Literal)> {
        if let Value::Map(entries) = self.value { entries } else { Vec::new() }
    }

    /// The entries of a map.
    pub(super) fn entries(&self) -> &[(String, Literal)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The members of a list.
    pub(super) fn list(&self) -> Option<&[Literal]> {
        if let Value::List(members) = &self.value { Some(members) } else { None }
    }

    /// A text.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// A word.
    pub(super) fn word(&self) -> Option<&str> {
        if let Value::Word(word) = &self.value { Some(word) } else { None }
    }

    /// A number, also one that is written as a text.
    pub(super) fn number(&self) -> Option<u32> {
        self.word().or_else(|| self.text())?.parse().ok()
    }

    /// Whether it is nothing, written down as such.
    pub(super) fn is_null(&self) -> bool {
        self.word() == Some("null")
    }

    /// Whether a key stands twice in a map.
    pub(super) fn repeats(&self) -> bool {
        let mut keys: Vec<&str> = self.entries().iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| pair.first() == pair.last())
    }
}

/// How entries of maps and lists follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// A comma, and none at the end.
    Comma,
    /// A comma, perhaps one at the end too.
    CommaOrEnd,
    /// A comma or a new line.
    CommaOrLine,
}

/// A list or map that is not yet whole.
enum Open {
    List(Vec<Literal>),
    Map(Vec<(String, Literal)>, String),
}

/// The value that comes next.
pub(super) fn value(tokens: &mut Tokens<'_>, between: Between, assigns: &[&str]) -> Result<Literal, String> {
    let mut open: Vec<(Open, u32)> = Vec::new();
    'next: loop {
        if open.len() > DEEPEST {
            return Err("too many values within each other".into());
        }
        if !open.is_empty() {
            tokens.skip_lines();
        }
        let token = tokens.next().ok_or("a value is missing")?;
        let line = token.line;
        let mut done = match (token.kind, token.text.as_ref()) {
            (Kind::Text, _) => Literal { value: Value::Text(token.text.into_owned()), line },
            (Kind::Mark, "[") => {
                tokens.skip_lines();
                if !tokens.take("]") {
                    open.push((Open::List(Vec::new()), line));
                    continue 'next;
                }
                Literal { value: Value::List(Vec::new()), line }
            }
            (Kind::Mark, "{") => {
                tokens.skip_lines();
                if !tokens.take("}") {
                    let key = key(tokens, assigns)?;
                    open.push((Open::Map(Vec::new(), key), line));
                    continue 'next;
                }
                Literal { value: Value::Map(Vec::new()), line }
            }
            _ => Literal { value: Value::Word(expression(token, tokens)?), line },
        };
        // Puts it into what is open, and ends whatever ends behind it.
        loop {
            let Some((parent, parent_line)) = open.pop() else { return Ok(done) };
            let close = if matches!(parent, Open::List(_)) { "]" } else { "}" };
            let more = more(tokens, between, close)?;
            match parent {
                Open::List(mut members) => {
                    members.push(done);
                    if more {
                        open.push((Open::List(members), parent_line));
                        continue 'next;
                    }
                    done = Literal { value: Value::List(members), line: parent_line };
                }
                Open::Map(mut entries, at) => {
                    entries.push((at, done));
                    if more {
                        let key = key(tokens, assigns)?;
                        open.push((Open::Map(entries, key), parent_line));
                        continue 'next;
                    }
                    done = Literal { value: Value::Map(entries), line: parent_line };
                }
            }
        }
    }
}

/// Whether another entry follows; if not, takes the end.
fn more(tokens: &mut Tokens<'_>, between: Between, close: &str) -> Result<bool, String> {
    let by_line = tokens.skip_lines();
    let by_comma = tokens.take(",");
    tokens.skip_lines();
    let ends = tokens.take(close);
    match (by_comma, ends) {
        (true, true) if between == Between::Comma => Err("a comma in front of the end".into()),
        (_, true) => Ok(false),
        (true, false) => Ok(true),
        (false, false) if by_line && between == Between::CommaOrLine => Ok(true),
        (false, false) => Err(format!("neither `,` nor `{close}`")),
    }
}

fn key(tokens: &mut Tokens<'_>, assigns: &[&str]) -> Result<String, String> {
    let token = tokens.next().ok_or("a key is missing")?;
    if token.kind == Kind::Mark {
        return Err(format!("`{}` is no key", token.text));
    }
    let name = token.text.into_owned();
    if name == CHILD && tokens.take_word().is_some() {
        return child(tokens);
    }
    if assigns.iter().any(|mark| tokens.take(mark)) {
        Ok(name)
    } else {
        Err(format!("no value for `{name}`"))
    }
}

/// A resource within the body of another one, in Bicep: its key is this word with the type.
pub(super) const CHILD: &str = "resource";

fn child(tokens: &mut Tokens<'_>) -> Result<String, String> {
    let kind = tokens.take_text().ok_or("a resource without a type")?;
    let exists = tokens.take("existing");
    if !tokens.take("=") {
        return Err("a resource without a body".into());
    }
    Ok(if exists { format!("existing {kind}") } else { format!("{CHILD} {kind}") })
}

/// The rest of an expression: up to the end of the line, a comma or a bracket that it did not open.
fn expression(first: Token<'_>, tokens: &mut Tokens<'_>) -> Result<String, String> {
    let mut depth = 0_usize;
    let mut text = String::new();
    let mut next = Some(first);
    while let Some(token) = next {
        match token.text.as_ref() {
            "(" | "[" | "{" if token.kind == Kind::Mark => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Mark => {
                depth = depth.checked_sub(1).ok_or("a bracket that is not open")?;
            }
            _ => {}
        }
        if token.kind == Kind::Text {
            // So that no text is taken for a word.
            text.push('\'');
        }
        text.push_str(&token.text);
        let ends = |token: &Token<'_>| {
            let text = token.text.as_ref();
            matches!((token.kind, text), (Kind::Mark, "," | ")" | "]" | "}" | ";") | (Kind::Line, _))
        };
        if depth == 0 && tokens.peek().is_none_or(ends) {
            return Ok(text);
        }
        next = tokens.next();
    }
    Err("an expression without an end".into())
}

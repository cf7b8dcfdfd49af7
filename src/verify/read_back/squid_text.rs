//! Squid's configuration as text: directives with their tokens, includes followed, list files read.

use std::borrow::Cow;

use super::{Files, ReadError, numbered};
use crate::verify::ruleset::Line;

/// Levels of includes that Squid follows.
const DEEPEST: usize = 16;
/// Bytes of all included files together: a few that include each other often come to more than anybody waits for.
const MOST_BYTES: usize = 64 << 20;

/// One directive: its tokens, the first of them its name.
pub(super) struct Directive {
    pub(super) tokens: Vec<String>,
    pub(super) line: Line,
}

/// The directives of `path` and of everything that it includes, in order.
pub(super) fn directives(files: &Files<'_>, path: &str) -> Result<Vec<Directive>, ReadError> {
    let whole = Line::new(path, 0);
    let first = files.named(path).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
    let mut found = Vec::new();
    // Files that are being read, the innermost last: what is left of each, reversed.
    let mut open = vec![logical_lines(first)];
    let mut bytes = 0;
    while let Some(lines) = open.last_mut() {
        let Some(directive) = lines.pop() else {
            open.pop();
            continue;
        };
        if directive.tokens.first().map(String::as_str) != Some("include") {
            found.push(directive);
            continue;
        }
        if open.len() >= DEEPEST {
            return Err(ReadError::new(&directive.line, "files include each other too deeply"));
        }
        for name in directive.tokens.iter().skip(1).rev() {
            let name = name.trim_matches('"');
            let file = files.named(name);
            let file = file.ok_or_else(|| {
                ReadError::new(&directive.line, format!("`{name}` is included, but there is no such file"))
            })?;
            bytes += file.1.len();
            if bytes > MOST_BYTES {
                return Err(ReadError::new(&directive.line, "the included files are too large together"));
            }
            open.push(logical_lines(file));
        }
    }
    Ok(found)
}

/// The directives of one file, the last one first.
fn logical_lines((path, bytes): (&str, &[u8])) -> Vec<Directive> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut pending: Option<(u32, String)> = None;
    for (number, line) in numbered(&text) {
        let (start, mut whole) = pending.take().unwrap_or((number, String::new()));
        if whole.is_empty() && line.trim_start().starts_with('#') {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(part) => {
                whole.push_str(part);
                pending = Some((start, whole));
            }
            None => {
                whole.push_str(line);
                push(&mut found, path, start, &whole);
            }
        }
    }
    if let Some((start, whole)) = pending {
        push(&mut found, path, start, &whole);
    }
    found.reverse();
    found
}

fn push(found: &mut Vec<Directive>, path: &str, number: u32, text: &str) {
    // A comment starts at a token that starts with `#`.
    let tokens: Vec<String> = text
        .split_ascii_whitespace()
        .take_while(|token| !token.starts_with('#'))
        .map(str::to_owned)
        .collect();
    if !tokens.is_empty() {
        found.push(Directive { tokens, line: Line::new(path, number) });
    }
}

/// The entries of a list file: one a line; a comment starts at the beginning of a line or after white space.
pub(super) fn entries<'f>((path, bytes): (&str, &'f [u8])) -> Vec<(Cow<'f, str>, Line)> {
    fn of_text<'t>(path: &str, text: &'t str) -> impl Iterator<Item = (&'t str, Line)> {
        let whole = Line::new(path, 0);
        let entry = |line: &'t str| without_comment(line).trim_matches([' ', '\t', '\r']);
        let entries = numbered(text).map(move |(number, line)| (entry(line), number));
        let entries = entries.filter(|(entry, _)| !entry.is_empty());
        entries.map(move |(entry, number)| (entry, whole.at(number)))
    }
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => {
            of_text(path, text).map(|(entry, line)| (Cow::Borrowed(entry), line)).collect()
        }
        Cow::Owned(text) => {
            of_text(path, &text).map(|(entry, line)| (Cow::Owned(entry.to_owned()), line)).collect()
        }
    }
}

fn without_comment(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| {
        let before = line.get(..*at).and_then(|before| before.chars().last());
        before.is_none_or(|before| before == ' ' || before == '\t')
    };
    let comment = line.match_indices('#').find(starts);
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

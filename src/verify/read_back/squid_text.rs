//! Squid's configuration as text: directives with their tokens, includes followed, list files read.

use std::borrow::Cow;

use super::{Files, ReadError, numbered};
use crate::verify::ruleset::Line;

/// Levels of includes that Squid follows.
const DEEPEST: usize = 16;
/// Bytes of all included files together: a few that include each other often come to more than anybody waits for.
const MOST_BYTES: usize = 64 << 20;

/// Bytes that Squid reads of a line at once. What is longer becomes two lines, also where it starts as a comment.
const LONGEST: usize = 8190;
/// Bytes that it reads of a line of a list file at once.
const PIECE: usize = 2047;

/// One directive: its tokens, the first of them its name.
pub(super) struct Directive {
    pub(super) tokens: Vec<String>,
    pub(super) line: Line,
    /// Whether it goes on in a line that is not there: Squid drops it.
    pub(super) is_open: bool,
}

/// The directives of `path` and of everything that it includes, in order.
pub(super) fn directives(files: &Files<'_>, path: &str) -> Result<Vec<Directive>, ReadError> {
    let whole = Line::new(path, 0);
    let first = files.named(path).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
    let mut found = Vec::new();
    // Files that are being read, the innermost last: what is left of each, reversed.
    let mut open = vec![logical_lines(first)?];
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
            if name.contains(['*', '?', '[']) {
                // Which files there are is for the proxy to say: whoever reads the line has to say so.
                found.push(Directive {
                    tokens: vec!["include".into(), name.into()],
                    line: directive.line.clone(),
                    is_open: false,
                });
                continue;
            }
            let file = files.named(name);
            let file = file.ok_or_else(|| {
                ReadError::new(&directive.line, format!("`{name}` is included, but there is no such file"))
            })?;
            bytes += file.1.len();
            if bytes > MOST_BYTES {
                return Err(ReadError::new(&directive.line, "the included files are too large together"));
            }
            open.push(logical_lines(file)?);
        }
    }
    Ok(found)
}

/// The directives of one file, the last one first. A line goes on where it ends in a backslash, whatever stands in front
/// of the next one: comments and empty lines between are passed over, and what it is indented by is taken away.
fn logical_lines((path, bytes): (&str, &[u8])) -> Result<Vec<Directive>, ReadError> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut pending: Option<(u32, String)> = None;
    for (number, line) in numbered(&text) {
        check_line(line).map_err(|why| ReadError::new(&Line::new(path, number), why))?;
        // What is behind a carriage return is not read.
        let line = line.split('\r').next().unwrap_or_default().trim_start_matches(BLANKS);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (start, mut whole) = pending.take().unwrap_or((number, String::new()));
        whole.push_str(line);
        if whole.ends_with('\\') {
            whole.pop();
            pending = Some((start, whole));
        } else {
            found.extend(directive(path, start, &whole));
        }
    }
    let open = pending.and_then(|(start, whole)| directive(path, start, &whole));
    found.extend(open.map(|directive| Directive { is_open: true, ..directive }));
    found.reverse();
    Ok(found)
}

/// What stands between words.
const BLANKS: [char; 2] = [' ', '\t'];

/// Why a line of a configuration is not read as it stands.
fn check_line(line: &str) -> Result<(), String> {
    if line.starts_with('\u{feff}') {
        return Err("a byte order mark stands in front, which Squid takes for a part of the first word: \
                    save the file without one"
            .into());
    }
    if line.len() > LONGEST {
        return Err(format!(
            "the line is longer than the {LONGEST} bytes that Squid reads at once: break it"
        ));
    }
    check_characters(line)
}

fn check_characters(line: &str) -> Result<(), String> {
    match line.bytes().find(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r')) {
        Some(byte) => Err(format!("a control character stands in the line (byte {byte}): take it away")),
        None => Ok(()),
    }
}

/// A line of a list file as Squid reads it: in pieces, each a line of its own.
fn pieces(line: &str) -> Result<impl Iterator<Item = &str>, String> {
    check_characters(line)?;
    if line.len() >= PIECE && !line.is_ascii() {
        return Err(format!("the line is longer than the {PIECE} bytes that Squid reads at once: break it"));
    }
    let mut rest = Some(line);
    Ok(std::iter::from_fn(move || {
        let piece = rest?;
        let (piece, left) =
            piece.split_at_checked(PIECE).map_or((piece, None), |(piece, left)| (piece, Some(left)));
        rest = left;
        Some(piece)
    }))
}

fn directive(path: &str, number: u32, text: &str) -> Option<Directive> {
    // A comment starts at a token that starts with `#`.
    let words = text.split(BLANKS).filter(|word| !word.is_empty());
    let tokens: Vec<String> = words.take_while(|word| !word.starts_with('#')).map(str::to_owned).collect();
    (!tokens.is_empty()).then(|| Directive { tokens, line: Line::new(path, number), is_open: false })
}

/// The entries of a list file: one a line; a comment starts at the beginning of a line or after white space.
pub(super) fn entries<'f>((path, bytes): (&str, &'f [u8])) -> Result<Vec<(Cow<'f, str>, Line)>, ReadError> {
    fn of_text<'t>(path: &str, text: &'t str) -> Result<Vec<(&'t str, Line)>, ReadError> {
        let whole = Line::new(path, 0);
        let mut entries = Vec::new();
        for (number, line) in numbered(text) {
            for piece in pieces(line).map_err(|why| ReadError::new(&whole.at(number), why))? {
                let entry = without_comment(piece).trim_matches([' ', '\t', '\r']);
                if !entry.is_empty() {
                    entries.push((entry, whole.at(number)));
                }
            }
        }
        Ok(entries)
    }
    Ok(match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => {
            of_text(path, text)?.into_iter().map(|(entry, line)| (Cow::Borrowed(entry), line)).collect()
        }
        Cow::Owned(text) => {
            let entries = of_text(path, &text)?.into_iter();
            entries.map(|(entry, line)| (Cow::Owned(entry.to_owned()), line)).collect()
        }
    })
}

fn without_comment(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| {
        let before = line.get(..*at).and_then(|before| before.chars().last());
        before.is_none_or(|before| matches!(before, ' ' | '\t' | '\r'))
    };
    let comment = line.match_indices('#').find(starts);
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

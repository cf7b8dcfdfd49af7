//! PAN-OS set commands as statements: the path of words of every command, lists of words as one statement each.

use std::borrow::Cow;

use super::panos::{Move, Place, Script, Statement, Word};
use super::{ReadError, numbered};
use crate::verify::ruleset::Line;

/// Commands that delete or move; each looks at everything in front of it.
const MOST_CHANGES: usize = 2_000;
/// Words in front of a list; real paths have less than twenty.
const LONGEST_PATH: usize = 32;

/// Commands that change nothing of what the firewall holds.
const QUIET: &[&str] = &["commit", "configure", "exit", "quit", "run", "show", "top", "up", "validate"];

/// The commands of a file.
pub(super) fn read<'f>(path: &str, text: &'f str) -> Result<Script<'f>, ReadError> {
    let mut script = Script::default();
    let mut changes = 0;
    let whole = Line::new(path, 0);
    for (number, line) in numbered(text) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refuse = |message: &str| ReadError::new(&whole.at(number), message);
        let words = words(line).map_err(refuse)?;
        let (command, rest) = words.split_first().map_or(("", [].as_slice()), |(c, rest)| (*c, rest));
        match command {
            "set" => {
                for words in spread(rest).map_err(refuse)? {
                    script.statements.push(statement(&words, number));
                }
            }
            "delete" | "move" if changes >= MOST_CHANGES => {
                return Err(refuse("too many rules are deleted or moved"));
            }
            "delete" => {
                changes += 1;
                let gone = statement(rest, number);
                script.statements.retain(|known| !known.is_below(&gone));
            }
            "move" => {
                changes += 1;
                script.moves.push(moved(rest, number).map_err(refuse)?);
            }
            quiet if QUIET.contains(&quiet) => {}
            other => script.open.push((number, format!("the command `{other}` is not followed"))),
        }
    }
    Ok(script)
}

fn statement<'f>(words: &[&'f str], line: u32) -> Statement<'f> {
    Statement::new(words.iter().copied().map(Word::Text).collect(), line)
}

/// The words of a line; a word with spaces stands in quotes.
fn words(line: &str) -> Result<Vec<&str>, &'static str> {
    let mut words = Vec::with_capacity(8);
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = if first == '"' {
            let (word, after) =
                rest.get(1..).and_then(|open| open.split_once('"')).ok_or("a quote is open")?;
            if after.starts_with(|next: char| !next.is_whitespace()) {
                return Err("a quote ends within a word");
            }
            rest = after;
            word
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            word
        };
        words.push(word);
        rest = rest.trim_start();
    }
    Ok(words)
}

/// `… list [ a b ]` as `… list a` and `… list b`.
fn spread<'w, 'f>(words: &'w [&'f str]) -> Result<Vec<Cow<'w, [&'f str]>>, &'static str> {
    let Some(open) = words.iter().position(|word| *word == "[") else {
        return Ok(vec![Cow::Borrowed(words)]);
    };
    let (path, list) = words.split_at(open);
    if path.len() > LONGEST_PATH {
        return Err("too many words in front of a list");
    }
    match list {
        [_, members @ .., close]
            if *close == "]" && !members.iter().any(|word| *word == "[" || *word == "]") =>
        {
            let one = |member: &&'f str| Cow::Owned([path, &[*member]].concat());
            Ok(members.iter().map(one).collect())
        }
        _ => Err("`[` without `]` at the end"),
    }
}

fn moved<'f>(words: &[&'f str], line: u32) -> Result<Move<'f>, &'static str> {
    let (path, place) = match words {
        [path @ .., "top"] => (path, Place::Top),
        [path @ .., "bottom"] => (path, Place::Bottom),
        [path @ .., "before", other] => (path, Place::Before((*other).to_owned())),
        [path @ .., "after", other] => (path, Place::After((*other).to_owned())),
        _ => return Err("the place of the rule is missing"),
    };
    Ok(Move { rule: statement(path, line), place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_quotes_become_words() {
        let text = "# set ignored\nset a type \"URL List\"\nset a list [ x y ]\nset b c\ndelete b\n";
        let script = read("f", text).unwrap();
        let words: Vec<String> = script.statements.iter().map(|s| s.texts().join("|")).collect();
        assert_eq!(words, ["a|type|URL List", "a|list|x", "a|list|y"]);
        assert!(read("f", "set a \"b").is_err() && read("f", "set a [ b").is_err());
        assert_eq!(read("f", "rename a to b").unwrap().open.len(), 1);
    }
}

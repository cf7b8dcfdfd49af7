//! PAN-OS set commands as statements: the path of words of every command, lists of words as one statement each.
//!
//! Most commands add one entry to a list, and differ from the one above in their last word only. Their other words are
//! looked at once.

use std::borrow::Cow;

use super::panos::{Move, Place, Script, Word, Words};
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
    let mut beginning: Option<&str> = None;
    for (number, line) in numbered(text) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let value = beginning.and_then(|beginning| line.strip_prefix(beginning));
        if let Some(value) = value.filter(|value| is_plain(value)) {
            script.set_another(Word::Text(value), number);
            continue;
        }
        beginning = None;
        let refuse = |message: &str| ReadError::new(&whole.at(number), message);
        let words = words(line).map_err(refuse)?;
        let (command, rest) = words.split_first().map_or(("", [].as_slice()), |(c, rest)| (*c, rest));
        match command {
            "set" => {
                let mut has_value = false;
                for command in fields(rest) {
                    for words in spread(&command).map_err(refuse)? {
                        has_value = script.set(in_text(&words), number);
                    }
                }
                beginning = beginning_of(line, &words).filter(|_| has_value);
            }
            "delete" | "move" if changes >= MOST_CHANGES => {
                return Err(refuse("too many rules are deleted or moved"));
            }
            "delete" => {
                changes += 1;
                script.delete(&Words::new(in_text(rest)));
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

fn in_text<'f>(words: &[&'f str]) -> Vec<Word<'f>> {
    words.iter().copied().map(Word::Text).collect()
}

/// What another command has to start with to differ from this one in its last word alone, where neither lists nor the
/// fields of a rule are in it.
fn beginning_of<'f>(line: &'f str, words: &[&str]) -> Option<&'f str> {
    let is_simple = !words.iter().any(|word| matches!(*word, "[" | "]" | "rules"));
    let last = words.last().filter(|last| is_simple && is_plain(last))?;
    line.strip_suffix(last).filter(|beginning| beginning.ends_with(' '))
}

/// Whether it is one word as it stands.
fn is_plain(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'[' | b']');
    !word.is_empty() && word.bytes().all(is_plain)
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

/// Fields of a rule that have a value or a list, so that several may stand in one command.
const FIELDS: &[&str] = &[
    "action",
    "application",
    "category",
    "description",
    "destination",
    "disabled",
    "from",
    "log-end",
    "log-setting",
    "log-start",
    "negate-destination",
    "negate-source",
    "rule-type",
    "service",
    "source",
    "source-user",
    "tag",
    "to",
];

/// `… rules r from any to any` as `… rules r from any` and `… rules r to any`; any other command as it is.
fn fields<'w, 'f>(words: &'w [&'f str]) -> Vec<Cow<'w, [&'f str]>> {
    let whole = || vec![Cow::Borrowed(words)];
    let of_rules = |pair: &[&str]| matches!(pair, [kind, rules] if *kind != "profiles" && *rules == "rules");
    let Some(at) = words.windows(2).position(of_rules) else { return whole() };
    let Some((rule, mut rest)) = words.split_at_checked(at + 3) else { return whole() };
    let mut commands = Vec::new();
    while let Some((field, after)) = rest.split_first() {
        let length = match after {
            [open, ..] if *open == "[" => after.iter().position(|word| *word == "]").map(|end| end + 1),
            [_, ..] => Some(1),
            [] => None,
        };
        let Some((value, next)) = length.and_then(|length| after.split_at_checked(length)) else {
            return whole();
        };
        if !FIELDS.contains(field) {
            return whole();
        }
        commands.push(Cow::Owned([rule, std::slice::from_ref(field), value].concat()));
        rest = next;
    }
    if commands.is_empty() { whole() } else { commands }
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
    Ok(Move { rule: Words::new(in_text(path)), line, place })
}

#[cfg(test)]
mod tests {
    use super::super::panos::Run;
    use super::*;

    #[test]
    fn lists_and_quotes_become_words() {
        let text = "# set ignored\nset a type \"URL List\"\nset a list [ x y ]\nset b c\ndelete b\n";
        let script = read("f", text).unwrap();
        let words = |script: &Script<'_>| -> Vec<String> {
            let statements = script.runs.iter().flat_map(Run::statements);
            statements.map(|(texts, line)| format!("{line}:{}", texts.join("|"))).collect()
        };
        assert_eq!(words(&script), ["2:a|type|URL List", "3:a|list|x", "3:a|list|y"]);
        let text = "set rulebase security rules r from any to [ a b ] action allow\nset rulebase x rules r target y z\n";
        let rules: Vec<String> = words(&read("f", text).unwrap())
            .iter()
            .map(|s| s.splitn(5, '|').last().unwrap().to_owned())
            .collect();
        assert_eq!(rules, ["from|any", "to|a", "to|b", "action|allow", "target|y|z"]);
        assert!(read("f", "set a \"b").is_err() && read("f", "set a [ b").is_err());
        assert_eq!(read("f", "rename a to b").unwrap().open.len(), 1);
    }
}

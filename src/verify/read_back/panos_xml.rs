//! PAN-OS configuration in XML as the statements that set commands would make.

use std::borrow::Cow;
use std::collections::BTreeSet;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::ReadError;
use super::panos::{Script, Word};
use crate::verify::ruleset::Line;

/// Elements within elements; real configurations have less than half of it.
const DEEPEST: usize = 64;

/// Bytes of one name.
const LONGEST: usize = 1024;
/// Words of all statements together.
const MOST_WORDS: usize = 8_000_000;

/// An element that is open.
struct Open<'f> {
    /// Its word: the `name` of an `entry`, the tag of others, nothing for a `member`.
    word: Option<Word<'f>>,
    /// Text so far.
    text: Cow<'f, str>,
    /// Whether it had an element in it.
    is_parent: bool,
    /// How many runs of statements there were behind its last `member`.
    runs: usize,
    line: u32,
    /// The words in it so far.
    words: BTreeSet<String>,
}

/// The statements of a file.
pub(super) fn read<'f>(path: &str, text: &'f str) -> Result<Script<'f>, ReadError> {
    let mut script = Script::default();
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text: text.as_bytes(), offset: 0, line: 1 };
    let mut open: Vec<Open<'f>> = Vec::new();
    let whole = Line::new(path, 0);
    let mut roots = 0;
    let mut words = 0;
    loop {
        let place = reader.buffer_position();
        let line = lines.at(place);
        let refuse = |message: &str| ReadError::new(&whole.at(line), message);
        let tag = |length| tag_at(text, place, length);
        let event = reader.read_event().map_err(|error| refuse(&format!("no sound XML: {error}")))?;
        if words > MOST_WORDS {
            return Err(refuse("it says too much"));
        }
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(refuse("too many elements within each other"));
                }
                roots += usize::from(open.is_empty());
                let element = element(&start, tag(start.name().as_ref().len()), line, &mut open, &mut script)
                    .map_err(refuse)?;
                open.push(element);
            }
            Event::Empty(start) => {
                roots += usize::from(open.is_empty());
                let leaf = element(&start, tag(start.name().as_ref().len()), line, &mut open, &mut script)
                    .map_err(refuse)?;
                open.push(leaf);
                words += close(&mut open, &mut script);
            }
            Event::End(_) => words += close(&mut open, &mut script),
            Event::Text(text) => add(&mut open, text.xml10_content()).map_err(refuse)?,
            Event::CData(text) => add(&mut open, text.xml10_content()).map_err(refuse)?,
            Event::GeneralRef(reference) => {
                let name = reference.as_ref().to_owned();
                let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                let known = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                let text = character.or(known).ok_or_else(|| refuse("an entity that XML does not define"))?;
                add(&mut open, text.into()).map_err(refuse)?;
            }
            Event::DocType(_) => return Err(refuse("a document type is not read")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() && roots == 1 => return Ok(script),
            Event::Eof => return Err(refuse("it does not have exactly one whole element")),
        }
    }
}

/// The name of the tag that starts at a place of the file.
fn tag_at(text: &str, place: u64, length: usize) -> &str {
    let start = usize::try_from(place).unwrap_or(usize::MAX).saturating_add(1);
    text.get(start..start.saturating_add(length)).unwrap_or_default()
}

fn element<'f>(
    start: &BytesStart<'_>,
    tag: &'f str,
    line: u32,
    open: &mut [Open<'f>],
    script: &mut Script<'f>,
) -> Result<Open<'f>, &'static str> {
    if let Some(parent) = open.last_mut() {
        parent.is_parent = true;
    }
    if start.len() > LONGEST {
        return Err("a name is too long");
    }
    let word = match tag {
        "entry" => {
            let mut names = start.attributes().flatten().filter(|found| found.key.as_ref() == "name");
            let name = names.next().ok_or("an entry without a name")?;
            let name = name.normalized_value(XmlVersion::Implicit1_0).map_err(|_| "a name is unsound")?;
            Some(Word::Made(name.as_ref().into()))
        }
        "member" => None,
        _ => Some(Word::Text(tag)),
    };
    if let (Some(parent), Some(word)) = (open.last_mut(), &word)
        && !parent.words.insert(word.to_string())
    {
        script.open.push((line, format!("`{}` stands twice in one element", &**word)));
    }
    Ok(Open { word, text: Cow::Borrowed(""), is_parent: false, runs: 0, line, words: BTreeSet::new() })
}

fn add<'f>(open: &mut [Open<'f>], text: Cow<'f, str>) -> Result<(), &'static str> {
    match open.last_mut() {
        // Most texts are one piece of the file.
        Some(last) if last.text.is_empty() => last.text = text,
        Some(last) => last.text.to_mut().push_str(&text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside the configuration"),
    }
    Ok(())
}

/// Ends the last element. If it is no parent, it ends a statement. Returns the number of its words.
fn close<'f>(open: &mut Vec<Open<'f>>, script: &mut Script<'f>) -> usize {
    let Some(last) = open.pop().filter(|last| !last.is_parent) else { return 0 };
    let text = match last.text {
        Cow::Borrowed(text) => Word::Text(text.trim()),
        Cow::Owned(text) => Word::Made(text.trim().into()),
    };
    // The members of one list differ in their text alone.
    let list = open.last_mut().filter(|_| last.word.is_none() && !text.is_empty());
    if list.as_ref().is_some_and(|list| list.runs > 0 && list.runs == script.runs.len()) {
        script.set_another(text, last.line);
        return open.len();
    }
    // The outermost element is the file; the answer of a firewall wraps it once more.
    let inner = open.iter().skip(1).filter_map(|element| element.word.as_ref());
    let is_wrapper = |word: &&Word<'f>| matches!(&***word, "result" | "config");
    let own = last.word.as_ref().filter(|_| !open.is_empty());
    let mut words: Vec<Word<'f>> = inner.chain(own).skip_while(is_wrapper).cloned().collect();
    let has_text = !text.is_empty();
    if has_text {
        words.push(text);
    }
    let count = words.len();
    if count > 1
        && script.set(words, last.line)
        && last.word.is_none()
        && has_text
        && let Some(list) = open.last_mut()
    {
        list.runs = script.runs.len();
    }
    count
}

/// Lines by place, asked for in order.
struct Lines<'t> {
    text: &'t [u8],
    offset: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, position: u64) -> u32 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.get(self.offset..position).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', passed).count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.offset = position.max(self.offset);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::super::panos::Run;
    use super::*;

    #[test]
    fn elements_become_the_words_of_commands() {
        let text = "<config><devices><entry name=\"localhost.localdomain\"><vsys><entry name=\"vsys1\">\n\
                    <service><entry name=\"a&amp;b\"><protocol><tcp><port>80</port></tcp></protocol></entry></service>\n\
                    <x><list><member>h/?a&lt;</member><member>i</member></list><type><u/></type></x>\n\
                    </entry></vsys></entry></devices></config>";
        let script = read("f", text).unwrap();
        let statements = script.runs.iter().flat_map(Run::statements);
        let words: Vec<String> =
            statements.map(|(texts, line)| format!("{line}:{}", texts.join(" "))).collect();
        assert_eq!(
            words,
            ["2:service a&b protocol tcp port 80", "3:x list h/?a<", "3:x list i", "3:x type u"]
        );
        for broken in ["<a>", "<a></b>", "<!DOCTYPE a><a/>", "<a>&b;</a>", "<a/><b/>", "", "<a><entry/></a>"]
        {
            assert!(read("f", broken).is_err(), "{broken}");
        }
        assert!(read("f", &"<a>".repeat(100)).is_err());
    }
}

//! `MDEClientAnalyzer.xml`: events with their checks.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event as Xml};

use super::cut::before_root_ends;
use super::event::Event;
use super::gap::{Gap, line_at};
use crate::console::find;
use crate::diagnose::trial::Trial;

/// Whether the text has the root of such a file.
pub(super) fn is_one(text: &str) -> bool {
    find(text, "<MDEResults").is_some()
}

/// What its events about connections say. A broken file is read up to where it breaks.
pub(super) fn read(text: &str) -> Vec<Trial> {
    walk(text).trials
}

/// What cannot be read of it, and whether its end is missing.
pub(super) fn gaps(text: &str, trials: &[Trial]) -> Vec<Gap> {
    let walk = walk(text);
    let cut = before_root_ends(text, trials);
    let entity = walk.entity.map(|(at, name)| unresolved(line_at(text, at), &name));
    // Where nothing stands behind the fault, the missing end says it better.
    let more = |at: usize| text.get(at..).is_some_and(|rest| find(rest, "</event").is_some());
    let fault = walk.fault.filter(|(at, _)| cut.is_none() || more(*at));
    let fault = fault.map(|(at, error)| unsound(line_at(text, at), &error));
    entity.into_iter().chain(fault).chain(cut).collect()
}

fn unresolved(line: Option<u32>, name: &str) -> Gap {
    let message = format!(
        "nothing says what `&{name};` stands for, and document types are not read; it is shown as it is written"
    );
    let help = "write the text in its place, or let the analyzer write the file again";
    Gap { line, message, help: help.to_owned() }
}

fn unsound(line: Option<u32>, error: &str) -> Gap {
    let message = format!("the file is no sound XML from here on, and nothing behind it was read: {error}");
    let help = "give the file as the analyzer wrote it, or the text beside it (MDEClientAnalyzer.txt)";
    Gap { line, message, help: help.to_owned() }
}

/// A file from its start to its end, or to where it is no XML.
#[derive(Default)]
struct Walk {
    trials: Vec<Trial>,
    /// The first entity that nothing explains: where it ends, and its name.
    entity: Option<(usize, String)>,
    /// Why it could not be read to its end.
    fault: Option<(usize, String)>,
}

fn walk(text: &str) -> Walk {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_dangling_amp = true;
    let at = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
    let mut walk = Walk::default();
    let mut event = Parts::default();
    let mut field = Field::Other;
    loop {
        match reader.read_event() {
            Err(error) => {
                walk.fault = Some((at(reader.error_position()), error.to_string()));
                return walk;
            }
            Ok(Xml::Eof) => return walk,
            Ok(Xml::Start(start)) => {
                if start.local_name().as_ref() == "event" {
                    event = Parts { number: number(&start), ..Parts::default() };
                }
                field = Field::of(start.local_name().as_ref());
            }
            Ok(Xml::End(end)) => {
                if end.local_name().as_ref() == "event" {
                    let parts = std::mem::take(&mut event);
                    walk.trials.extend(parts.event().into_iter().flat_map(|event| event.trials(None)));
                }
                field = Field::Other;
            }
            Ok(Xml::Text(text)) => event.add(field, &text),
            Ok(Xml::CData(text)) => event.add(field, &text),
            Ok(Xml::GeneralRef(name)) => match character(&name) {
                Some(character) => event.add(field, character.encode_utf8(&mut [0; 4])),
                None => {
                    event.add(field, &format!("&{};", &*name));
                    if walk.entity.is_none() && matches!(field, Field::Check | Field::Result) {
                        walk.entity = Some((at(reader.buffer_position()), shown(&name)));
                    }
                }
            },
            Ok(_) => {}
        }
    }
}

/// So much of a name as belongs into a message.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

/// The element that text belongs to.
#[derive(Clone, Copy)]
enum Field {
    Check,
    Result,
    Other,
}

impl Field {
    fn of(name: &str) -> Self {
        match name {
            "check" => Self::Check,
            "checkresult" => Self::Result,
            _ => Self::Other,
        }
    }
}

/// An event while it is being read.
#[derive(Default)]
struct Parts {
    number: String,
    check: String,
    result: String,
}

impl Parts {
    fn add(&mut self, field: Field, text: &str) {
        match field {
            Field::Check => self.check.push_str(text),
            Field::Result => self.result.push_str(text),
            Field::Other => {}
        }
    }

    fn event(&self) -> Option<Event> {
        Event::new(&self.number, &self.check, &self.result)
    }
}

fn number(event: &BytesStart<'_>) -> String {
    let id = event.try_get_attribute("id").ok().flatten();
    id.map(|id| id.value.into_owned()).unwrap_or_default()
}

/// The character of a reference: results hold tags of HTML as `&lt;a href=…`. `None` for what only a document type can
/// explain.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    let known = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')];
    known.iter().find(|(name, _)| *name == &**reference).map(|(_, character)| *character)
}

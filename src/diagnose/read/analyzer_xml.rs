//! `MDEClientAnalyzer.xml`: events with their checks.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};

use super::event::Event;
use crate::console::find;
use crate::diagnose::trial::Trial;

/// Whether the text has the root of such a file.
pub(super) fn is_one(text: &str) -> bool {
    find(text, "<MDEResults").is_some()
}

/// What its events about connections say. A broken file is read up to where it breaks.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut trials = Vec::new();
    let mut event = Parts::default();
    let mut field = Field::Other;
    while let Ok(xml) = reader.read_event() {
        match xml {
            Xml::Eof => break,
            Xml::Start(start) => {
                if start.local_name().as_ref() == "event" {
                    event = Parts { number: number(&start), ..Parts::default() };
                }
                field = Field::of(start.local_name().as_ref());
            }
            Xml::End(end) => {
                if end.local_name().as_ref() == "event" {
                    let parts = std::mem::take(&mut event);
                    trials.extend(parts.event().into_iter().flat_map(|event| event.trials(None)));
                }
                field = Field::Other;
            }
            Xml::Text(text) => event.add(field, &text),
            Xml::CData(text) => event.add(field, &text),
            Xml::GeneralRef(name) => event.add(field, &reference(&name)),
            _ => {}
        }
    }
    trials
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

/// The character of a reference: results hold tags of HTML as `&lt;a href=…`.
fn reference(name: &str) -> String {
    match name {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => " ".to_owned(),
    }
}

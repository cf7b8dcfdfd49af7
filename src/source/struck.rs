//! Texts of a workbook of which a part is struck out. calamine gives such texts as plain ones.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::grid::Grid;
use super::layout::attribute;
use super::sniff::contains;
use super::zip_guard::Parts;

/// Marks the cells of grids whose text has a part that is struck out.
pub(super) fn mark(grids: &mut [Grid], texts: &BTreeSet<String>) {
    if texts.is_empty() {
        return;
    }
    for cell in grids.iter_mut().flat_map(|grid| &mut grid.lines).flat_map(|line| &mut line.cells) {
        cell.struck_part = texts.contains(cell.text.trim());
    }
}

/// The texts with runs that are struck out, of all parts that have texts: the shared ones and those of sheets.
pub(super) fn struck_texts(parts: &Parts<'_>) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let with_runs = parts.values().filter(|part| contains(part, b"trike") && contains(part, b"rPr"));
    for part in with_runs {
        let mut reading = Reading { texts: &mut texts, open: None, in_text: false, struck_run: false };
        // What is wrong with a part is calamine's to tell.
        let _ = reading.part(part);
    }
    texts
}

struct Reading<'t> {
    texts: &'t mut BTreeSet<String>,
    /// The text that is being read, and whether a part of it is struck out.
    open: Option<(String, bool)>,
    in_text: bool,
    struck_run: bool,
}

impl Reading<'_> {
    fn part(&mut self, part: &[u8]) -> Result<(), quick_xml::Error> {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer)? {
                Event::Start(element) => self.start(&element),
                Event::End(element) => self.end(element.local_name().as_ref()),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref().ok().flatten() {
                    Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
                    None => {
                        let name = reference.xml10_content();
                        self.text(resolve_predefined_entity(&name).unwrap_or_default());
                    }
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            "si" | "is" => self.open = Some((String::new(), false)),
            "r" => self.struck_run = false,
            "strike" | "dstrike" => {
                let off = attribute(element, "val").is_some_and(|value| value == "0" || value == "false");
                self.struck_run = !off;
            }
            "t" => self.in_text = true,
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "r" => self.struck_run = false,
            "si" | "is" => {
                let text = self.open.take().filter(|(_, struck)| *struck);
                self.texts.extend(text.map(|(text, _)| text.trim().to_owned()));
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let Some((whole, struck)) = self.open.as_mut().filter(|_| self.in_text) else { return };
        *struck |= self.struck_run && !text.trim().is_empty();
        whole.push_str(text);
    }
}

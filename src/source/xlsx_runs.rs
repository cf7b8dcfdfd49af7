//! Parts of texts that look different, in Office Open XML workbooks. calamine gives such texts as plain ones.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::layout::attribute;
use super::runs::{END, Look, Marks};
use super::sniff::contains;
use super::zip_guard::{Stored, ZipFault};

/// The archive of a file with marks around such parts, in the shared texts and in those of sheets, and what marks.
pub(super) fn with_marks(stored: Stored, file: &[u8]) -> Result<(Stored, Marks), ZipFault> {
    let parts = stored.parts();
    let has_runs =
        |part: &[u8]| contains(part, b"rPr") && (contains(part, b"trike") || contains(part, b"vertAlign"));
    let with_runs: Vec<_> = parts.iter().filter(|(_, part)| has_runs(part)).collect();
    if with_runs.is_empty() {
        return Ok((stored, Marks::None));
    }
    let marks = Marks::sealed(file);
    let changed: BTreeMap<&str, Vec<u8>> =
        with_runs.into_iter().filter_map(|(name, part)| Some((*name, marked(part, &marks)?))).collect();
    if changed.is_empty() {
        return Ok((stored, Marks::None));
    }
    let others = changed.iter().map(|(name, part)| (*name, part.as_slice())).collect();
    Ok((Stored::uncompressed(stored.replacing(&others)?)?, marks))
}

/// A part with marks, if it has such texts.
fn marked(part: &[u8], marks: &Marks) -> Option<Vec<u8>> {
    // The reader counts no byte order mark that it skips.
    let part = part.strip_prefix(b"\xef\xbb\xbf").unwrap_or(part);
    let mut places = Vec::new();
    // What is wrong with a part is calamine's to tell.
    let _ = find_marks(part, &mut places);
    let mut out = Vec::with_capacity(part.len());
    let mut from = 0;
    for (at, mark) in &places {
        out.extend(part.get(from..*at)?);
        marks.write(*mark, &mut out);
        from = *at;
    }
    out.extend(part.get(from..)?);
    (!places.is_empty()).then_some(out)
}

/// Where each mark goes, in the order of the part.
fn find_marks(part: &[u8], marks: &mut Vec<(usize, char)>) -> Result<(), quick_xml::Error> {
    let mut reader = Reader::from_reader(part);
    let mut look = Look::default();
    let mut open: Option<(usize, char)> = None;
    loop {
        let before = place(&reader);
        match reader.read_event()? {
            Event::Start(element) | Event::Empty(element) if is_property(&element) => {
                look = look.or(look_of(&element));
            }
            Event::Start(element) => match element.local_name().as_ref() {
                "r" => look = Look::default(),
                "t" => open = look.mark().map(|mark| (place(&reader), mark)),
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "r" => look = Look::default(),
                "t" => marks.extend(open.take().into_iter().flat_map(|start| [start, (before, END)])),
                _ => {}
            },
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn place(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn is_property(element: &BytesStart<'_>) -> bool {
    matches!(element.local_name().as_ref(), "strike" | "dstrike" | "vertAlign")
}

fn look_of(element: &BytesStart<'_>) -> Look {
    let value = attribute(element, "val");
    let raised = element.local_name().as_ref() == "vertAlign";
    let value = value.as_deref();
    Look {
        struck: !raised && !matches!(value, Some("0" | "false")),
        raised: raised && matches!(value, Some("superscript" | "subscript")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_moves_no_mark() {
        let part = br#"<si><t>gw</t><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r></si>"#;
        let marks = Marks::sealed(part);
        let alone = marked(part, &marks);
        assert!(alone.is_some());
        assert_eq!(marked(&[b"\xef\xbb\xbf", part.as_slice()].concat(), &marks), alone);
    }
}

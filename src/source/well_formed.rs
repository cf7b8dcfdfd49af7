//! Whether parts of a workbook are well-formed XML: calamine reads on where tags do not match, and cells get lost so.

use memchr::memchr;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// What is wrong with a part, if anything is. One in another encoding than UTF-8 is left to calamine.
pub(super) fn fault_of(part: &[u8]) -> Option<String> {
    std::str::from_utf8(part).ok()?;
    if memchr(0, part).is_some() {
        return Some("it holds a NUL character".to_owned());
    }
    let mut reader = Reader::from_reader(part);
    // For each open element, whether text may stand in it.
    let mut open: Vec<bool> = Vec::new();
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Some(error.to_string()),
        };
        match event {
            Event::Start(tag) | Event::Empty(tag) if memchr(b'<', tag.as_bytes()).is_some() => {
                return Some("a tag begins within a tag".to_owned());
            }
            Event::Start(tag) => {
                let is_cells = match open.as_slice() {
                    [_] => tag.local_name().as_ref() == "sheetData",
                    [_, false] => tag.local_name().as_ref() == "row",
                    _ => false,
                };
                open.push(!is_cells);
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) if is_astray(&open) && !text.trim_ascii().is_empty() => return Some(astray()),
            Event::CData(_) if is_astray(&open) => return Some(astray()),
            Event::GeneralRef(entity) if !is_known(&entity) => {
                return Some(format!("nobody knows the entity `{}`", &*entity));
            }
            Event::Eof if open.is_empty() => return None,
            Event::Eof => return Some("its last element does not end".to_owned()),
            _ => {}
        }
    }
}

fn is_astray(open: &[bool]) -> bool {
    open.last() != Some(&true)
}

fn astray() -> String {
    "text stands where none belongs".to_owned()
}

fn is_known(entity: &BytesRef<'_>) -> bool {
    entity.is_char_ref() || matches!(&**entity, "amp" | "lt" | "gt" | "quot" | "apos")
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn what_is_wrong_with_a_part_is_told() {
        for part in [
            "",
            "<a/>",
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- a -- b --><a b='1>2'>x &amp;&#10;&#xA; <![CDATA[<]]></a>\n",
            "<a><sheetData>\n<row> <c><v>1</v></c></row></sheetData></a>",
            "<a><anchor><x:row>3</x:row></anchor><b><sheetData>3</sheetData></b><row>3</row></a>",
        ] {
            assert_eq!(fault_of(part.as_bytes()), None, "{part}");
        }
        for (part, fault) in [
            ("<row></rwo>", "ill-formed document: expected `</row>`, but `</rwo>` was found"),
            ("<a><b></a>", "ill-formed document: expected `</b>`, but `</a>` was found"),
            ("<a>", "its last element does not end"),
            ("<a/></a>", "ill-formed document: close tag `</a>` does not match any open tag"),
            ("<c <c r='A1'/>", "a tag begins within a tag"),
            ("<a>&foo;</a>", "nobody knows the entity `foo`"),
            ("<a>\0</a>", "it holds a NUL character"),
            ("<a/>b", "text stands where none belongs"),
            ("<a><sheetData>a</sheetData></a>", "text stands where none belongs"),
            (
                "<a><x:sheetData><x:row><![CDATA[<c/>]]></x:row></x:sheetData></a>",
                "text stands where none belongs",
            ),
        ] {
            assert_eq!(fault_of(part.as_bytes()).as_deref(), Some(fault), "{part}");
        }
    }
}

//! What a file is, by its content and never by its name.

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Office Open XML workbook.
    Xlsx,
    /// Open Document workbook.
    Ods,
    /// Compound file: a workbook of the old binary format, or an encrypted one.
    Compound,
    /// Plain text, by what decoding gave.
    Text,
    /// A JSON document.
    Json,
    /// No list, with what it is.
    Other(&'static str),
}

/// The kind of a file.
pub(super) fn sniff(bytes: &[u8]) -> FileKind {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return FileKind::Other("an empty file");
    }
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        return zip_kind(bytes);
    }
    if starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return FileKind::Compound;
    }
    let magics: [(&[u8], &'static str); 7] = [
        (b"%PDF", "a PDF document"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"7z\xBC\xAF", "a 7-Zip archive"),
        (b"\x89PNG", "a picture"),
        (b"\x7FELF", "a program"),
        (b"MZ", "a program"),
        (b"SQLite format", "a database"),
    ];
    if let Some((_, what)) = magics.iter().find(|(magic, _)| starts(magic)) {
        return FileKind::Other(what);
    }
    text_kind(bytes)
}

fn zip_kind(bytes: &[u8]) -> FileKind {
    // The names stand uncompressed in the local headers, so the first and the last kilobytes show them.
    const WINDOW: usize = 64 * 1024;
    let head = bytes.get(..WINDOW.min(bytes.len())).unwrap_or_default();
    let tail = bytes.get(bytes.len().saturating_sub(WINDOW)..).unwrap_or_default();
    let names = |name: &str| contains(head, name.as_bytes()) || contains(tail, name.as_bytes());
    if names("application/vnd.oasis.opendocument.spreadsheet") {
        return FileKind::Ods;
    }
    if names("word/document.xml") {
        return FileKind::Other("a text document");
    }
    if names("ppt/presentation.xml") {
        return FileKind::Other("a presentation");
    }
    if names("xl/workbook.bin") {
        return FileKind::Other("a binary workbook (xlsb)");
    }
    if names("xl/") || names("[Content_Types].xml") {
        return FileKind::Xlsx;
    }
    FileKind::Other("a zip archive that holds no workbook")
}

fn text_kind(bytes: &[u8]) -> FileKind {
    let start = bytes.get(..1024.min(bytes.len())).unwrap_or_default();
    let wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    if wide {
        return FileKind::Text;
    }
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let lower = start.to_ascii_lowercase();
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") || contains(&lower, b"<head") {
        return FileKind::Other("an HTML page");
    }
    if lower.starts_with(b"<?xml") {
        return FileKind::Other("an XML document");
    }
    if start.contains(&0) {
        return FileKind::Other("a binary file");
    }
    match start.first() {
        Some(b'{') => FileKind::Json,
        Some(b'[') if start.get(1..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{")) => {
            FileKind::Json
        }
        _ => FileKind::Text,
    }
}

/// Whether `needle` occurs in `hay`.
pub(super) fn contains(hay: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(hay, needle).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tells_the_kind() {
        for (bytes, kind) in [
            (&b""[..], FileKind::Other("an empty file")),
            (b" \n", FileKind::Other("an empty file")),
            (b"\xEF\xBB\xBF<!DOCTYPE html><html>", FileKind::Other("an HTML page")),
            (b"PK\x03\x04....xl/workbook.xml", FileKind::Xlsx),
            (b"PK\x03\x04....word/document.xml[Content_Types].xml", FileKind::Other("a text document")),
            (b"{\"values\":[]}", FileKind::Json),
            (b"# Heading", FileKind::Text),
            (b"a\0b", FileKind::Other("a binary file")),
            (b"\xFF\xFE#\0", FileKind::Text),
        ] {
            assert_eq!(sniff(bytes), kind, "{}", String::from_utf8_lossy(bytes));
        }
    }
}

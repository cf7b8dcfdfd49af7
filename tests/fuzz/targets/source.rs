//! Published lists in every form.

use std::io::{Cursor, Write};
use std::sync::LazyLock;

use allowlistc::diagnostic::Findings;
use allowlistc::rules::Rules;
use allowlistc::source::{Document, read};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::shipped(None).expect("sound rules"));

/// Reads a file and looks at what came of it.
pub(super) fn checked(bytes: &[u8]) -> (Document, Findings) {
    let mut findings = Findings::default();
    let document = read("list.md", bytes, &RULES.reading, &mut findings);
    super::show(&findings);
    let empty = document.tables.iter().all(|table| table.rows.is_empty()) && document.tags.is_empty();
    assert!(!empty || findings.has_errors() || bytes.starts_with(b"{") || bytes.starts_with(b"["), "silence");
    for row in document.tables.iter().flat_map(|table| &table.rows) {
        assert!(!row.address.is_empty() && row.address.trim() == &*row.address, "{row:?}");
        assert!(row.origin.row > 0, "{row:?}");
    }
    for tag in &document.tags {
        assert!(tag.prefixes.iter().all(|net| net.trunc() == *net), "{tag:?}");
    }
    (document, findings)
}

/// A page or a service-tags file: whatever the bytes are, but no archive.
pub(super) fn text(data: &[u8]) {
    checked(data);
}

/// A zip or a compound file as it stands.
pub(super) fn archive(data: &[u8]) {
    checked(data);
}

/// Parts of a workbook; the archive around them is made here.
pub(super) fn workbook(data: &[u8]) {
    if let Some(archive) = zipped(&super::parts(data)) {
        checked(&archive);
    }
}

/// An archive of parts, unless the parts can stand in none.
pub(super) fn zipped(parts: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (path, content) in parts {
        archive.start_file(*path, options).ok()?;
        archive.write_all(content).ok()?;
    }
    Some(archive.finish().ok()?.into_inner())
}

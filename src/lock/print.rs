//! A lock as TOML: the same lock, the same bytes.

use std::fmt::Write as _;

use super::{Accepted, Entry, Lock, Origin, VERSION};

const HEAD: &str = "\
# The published lists that the profiles in this folder are built from, to the byte.
# `allowlistc fetch PROFILE` writes this file; commit it. A build of sources with an address reads the copies with
# these digests, and `allowlistc build --locked` refuses every source that differs.
";

/// The text of a lock.
pub fn print(lock: &Lock) -> String {
    let mut text = format!("{HEAD}version = {VERSION}\n");
    for entry in lock.entries() {
        print_entry(entry, &mut text);
    }
    for (profile, accepted) in &lock.accepted {
        for Accepted { code, reason } in accepted {
            let (profile, code, reason) = (quoted(profile), quoted(code), quoted(reason));
            let _ = write!(text, "\n[[accepted]]\nprofile = {profile}\ncode = {code}\nreason = {reason}\n");
        }
    }
    text
}

fn print_entry(entry: &Entry, text: &mut String) {
    let (key, origin) = match &entry.origin {
        Origin::Path(path) => ("path", path),
        Origin::Url(url) => ("url", url),
    };
    let _ = write!(text, "\n[[source]]\nprofile = {}\n{key} = {}\n", quoted(&entry.profile), quoted(origin));
    if let Some(from) = &entry.from {
        let _ = writeln!(text, "from = {}", quoted(from));
    }
    let _ = writeln!(text, "file = {}", quoted(&entry.file));
    let _ = writeln!(text, "sha256 = {}\nbytes = {}", quoted(&entry.sha256), entry.bytes);
    if let Some(date) = &entry.date {
        let _ = writeln!(text, "date = {}", quoted(date));
    }
    if !entry.rows.is_empty() {
        text.push_str("\n[source.rows]\n");
        for (table, rows) in &entry.rows {
            let _ = writeln!(text, "{} = {rows}", quoted(table));
        }
    }
}

/// A basic string of TOML: one line, whatever it holds.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // Invisible and direction characters as well, so that a review shows what is there.
            c if c.is_control() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{206f}' | '\u{feff}') => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

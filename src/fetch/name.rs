//! The name of a copy: what its address calls it, in plain letters, with the ending of what it is.

use crate::lock::is_plain_name;

/// Longest name.
const LONGEST: usize = 80;

/// A plain name for what an address gave.
///
/// ```
/// # use allowlistc::fetch::copy_name;
/// assert_eq!(copy_name("https://example.com/a/list.xlsx", b"PK\x03\x04"), "list.xlsx");
/// assert_eq!(copy_name("https://example.com/urls-commercial?accept=text/markdown", b"# URLs"), "urls-commercial.md");
/// assert_eq!(copy_name("https://example.com/", b"{}"), "list.json");
/// ```
pub fn copy_name(url: &str, bytes: &[u8]) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let last = path.split_once('/').and_then(|(_, path)| path.rsplit('/').next()).unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(LONGEST)
        .collect();
    let name = plain.trim_matches(['.', '-']);
    let name = if is_plain_name(name) { name } else { "list" };
    let ending = ending(bytes);
    if has_ending(name) { name.to_owned() } else { format!("{name}.{ending}") }
}

fn has_ending(name: &str) -> bool {
    let known = ["xlsx", "xls", "ods", "md", "json", "txt"];
    name.rsplit_once('.').is_some_and(|(_, ending)| known.contains(&ending.to_ascii_lowercase().as_str()))
}

fn ending(bytes: &[u8]) -> &'static str {
    match bytes.trim_ascii_start() {
        [b'P', b'K', ..] => "xlsx",
        [0xD0, 0xCF, ..] => "xls",
        [b'{' | b'[', ..] => "json",
        _ => "md",
    }
}

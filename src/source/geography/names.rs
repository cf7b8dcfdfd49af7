//! What a cell of geographies names: one, several, or words in which one stands.

use crate::source::with_line_breaks;

/// What stands between the geographies of a cell, besides `and`, `or` and a line break of a page.
const BETWEEN: [char; 8] = [',', ';', '/', '&', '+', '|', '\n', '\r'];

/// Marks behind a name that lead to a note.
const MARKS: [char; 8] = ['*', '†', '‡', '§', '¹', '²', '³', '⁴'];

/// The geographies that a cell names, one at least. A name that is known as a whole is one, whatever stands in it.
pub(crate) fn names(cell: &str, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let whole = bare(cell);
    if is_known(cell) || is_known(whole) || whole.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return vec![whole.to_owned()];
    }
    let mut names = Vec::new();
    for part in with_line_breaks(cell).split(BETWEEN) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let is_between = |word: &&str| word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or");
        names.extend(words.split(is_between).map(|words| bare(&words.join(" ")).to_owned()));
    }
    names.retain(|name| !name.is_empty());
    if names.is_empty() { vec![whole.to_owned()] } else { names }
}

/// The name without marks and numbers of notes behind it: `WW*`, `EU [1]`, `UK (2)`.
fn bare(name: &str) -> &str {
    let name = name.trim().trim_end_matches(MARKS).trim_end();
    let note = [('[', ']'), ('(', ')')].into_iter().find_map(|(open, close)| {
        let (before, number) = name.strip_suffix(close)?.rsplit_once(open)?;
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(before)
    });
    note.map_or(name, str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn every_way_of_writing_several_is_taken_apart() {
        let is_known = |name: &str| {
            let words: Vec<&str> = name.split_whitespace().collect();
            ["US Gov", "Bosnia and Herzegovina"].contains(&words.join(" ").as_str())
        };
        for (cell, expected) in [
            ("EU", &["EU"][..]),
            ("EU, UK", &["EU", "UK"]),
            ("EU/UK", &["EU", "UK"]),
            ("EU\nUK", &["EU", "UK"]),
            ("EU<br>UK<BR />AU", &["EU", "UK", "AU"]),
            ("EU and UK", &["EU", "UK"]),
            ("EU, UK, and AU", &["EU", "UK", "AU"]),
            ("WW*", &["WW"]),
            ("EU [1]", &["EU"]),
            ("EU (2), UK\u{b9}", &["EU", "UK"]),
            ("US  Gov", &["US  Gov"]),
            ("US Gov, EU", &["US Gov", "EU"]),
            ("Bosnia and Herzegovina", &["Bosnia and Herzegovina"]),
            ("Azure UAE North (AEN)", &["Azure UAE North (AEN)"]),
            ("Andorra", &["Andorra"]),
            ("a<b", &["a<b"]),
            ("*", &[""]),
        ] {
            assert_eq!(names(cell, is_known), expected, "{cell}");
        }
    }
}

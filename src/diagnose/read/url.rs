//! URLs in texts that went through something that marks them up: a ticket in Markdown, a mail in HTML.

use crate::console::{after, find, position};

/// The URL at the start of a text, up to white space and without the marks around it. A name between angle brackets is
/// a part of it: somebody was to fill it in.
pub(super) fn first(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || QUOTES.contains(&c));
    let text = match text.strip_prefix('<') {
        Some(inside) if find(inside, "http").is_some() && is_marked_up(inside) => start(inside),
        _ => text,
    };
    let end = text.find(|c: char| c.is_whitespace() || QUOTES.contains(&c)).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    let tag = TAGS.iter().filter_map(|tag| position(word, tag)).filter(|at| *at > 0).min();
    let word = word.get(..tag.unwrap_or(word.len())).unwrap_or_default();
    let is_open = word.matches('>').count() > word.matches('<').count();
    if is_open { word.split('>').next().unwrap_or_default() } else { word }
}

/// What no URL holds, and texts put around one.
const QUOTES: [char; 3] = ['`', '"', '\''];

/// Tags that stand behind one.
const TAGS: [&str; 3] = ["</", "<br>", "<br/"];

/// Whether a bracket opens a link, and no name to be filled in.
fn is_marked_up(inside: &str) -> bool {
    ["http://", "https://", "a "].iter().any(|word| after(inside, word).is_some())
}

/// From where the URL of a link starts.
fn start(inside: &str) -> &str {
    position(inside, "http").and_then(|at| inside.get(at..)).unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_around_a_url_are_no_part_of_it_and_placeholders_are() {
        let url = "https://a.contoso.com/ping";
        for text in [
            "https://a.contoso.com/ping",
            " `https://a.contoso.com/ping` ... [OK]",
            "https://a.contoso.com/ping`",
            "\"https://a.contoso.com/ping\"",
            "<https://a.contoso.com/ping> ... [OK]",
            "https://a.contoso.com/ping<br>",
            "https://a.contoso.com/ping<br/> ... [OK]",
            "https://a.contoso.com/ping</td><td>",
            "<a href=\"https://a.contoso.com/ping\">https://a.contoso.com/ping</a>",
            "<A HREF='https://a.contoso.com/ping'>x</A>",
        ] {
            assert_eq!(first(text), url, "{text}");
        }
        for (text, kept) in [
            ("https://<region>.contoso.com/ping ... [OK]", "https://<region>.contoso.com/ping"),
            ("https://a.contoso.com/storage/<region>/", "https://a.contoso.com/storage/<region>/"),
            ("<region>.contoso.com", "<region>.contoso.com"),
            ("a.contoso.com:443\tNoPinning", "a.contoso.com:443"),
            ("", ""),
            ("<", "<"),
            ("<br>", "<br>"),
            ("a.contoso.com:<port>/", "a.contoso.com:<port>/"),
        ] {
            assert_eq!(first(text), kept, "{text}");
        }
    }
}

//! Texts of other people in HTML and Markdown: they show, and nothing in them acts.

use minijinja::{HtmlEscape, Value};

use crate::diagnostic::code_span;

/// A message as HTML: what stands in backticks becomes code.
pub(super) fn prose_to_html(text: &str) -> Value {
    let parts = segments(text).into_iter().map(|(is_code, part)| {
        let part = HtmlEscape(part);
        if is_code { format!("<code>{part}</code>") } else { part.to_string() }
    });
    Value::from_safe_string(parts.collect())
}

/// A message as Markdown: what stands in backticks stays code, the rest is plain text.
pub(crate) fn prose_to_markdown(text: &str) -> String {
    let parts = segments(text);
    parts
        .into_iter()
        .map(|(is_code, part)| if is_code { code_to_markdown(part) } else { text_to_markdown(part) })
        .collect()
}

/// Plain text as Markdown: no character has a meaning, no name is called, and no cell of a table ends.
pub(super) fn text_to_markdown(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A comment between the sign and the name keeps people from being called.
            '@' => out.push_str("@<!-- -->"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
        out
    })
}

/// Text as code in a table of Markdown, where a bar ends the cell even inside code, unless it is escaped.
pub(super) fn code_to_markdown(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { code_span(text).replace('|', "\\|") }
}

/// The parts of a message with whether they stand in backticks. A message with a backtick too many is plain text.
fn segments(text: &str) -> Vec<(bool, &str)> {
    if text.matches('`').count() % 2 == 1 {
        return vec![(false, text)];
    }
    text.split('`').enumerate().map(|(at, part)| (at % 2 == 1, part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_message_shows_as_code_and_nothing_else_acts() {
        let text = "`<b>` is no <i>host</i>";
        assert_eq!(
            prose_to_html(text).to_string(),
            "<code>&lt;b&gt;</code> is no &lt;i&gt;host&lt;&#x2f;i&gt;"
        );
        assert_eq!(prose_to_markdown(text), "`<b>` is no &lt;i&gt;host&lt;/i&gt;");
    }

    #[test]
    fn a_stray_backtick_opens_nothing() {
        assert_eq!(prose_to_markdown("a ` <script> `b` c"), "a \\` &lt;script&gt; \\`b\\` c");
        assert!(!prose_to_html("a ` <script>").to_string().contains("<script>"));
    }

    #[test]
    fn markdown_of_cells_neither_links_nor_calls_nor_ends_a_cell() {
        for (text, expected) in [
            ("a|b", "a\\|b"),
            ("[x](https://example.com)", "\\[x\\](https://example.com)"),
            ("@contoso/team", "@<!-- -->contoso/team"),
            ("# a\nb", "\\# a b"),
        ] {
            assert_eq!(text_to_markdown(text), expected);
        }
        assert_eq!(code_to_markdown("a|b`c"), "``a\\|b`c``");
        assert_eq!(code_to_markdown("``"), "``` `` ```");
        assert_eq!(code_to_markdown(" "), "");
    }
}

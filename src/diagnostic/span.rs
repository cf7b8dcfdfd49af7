//! Text of others inside Markdown.

use super::visible;

/// A code span whose fence is longer than any run of backticks in it: nothing in the text can leave it.
pub fn code_span(text: &str) -> String {
    let text = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_leave_its_code_span() {
        for (text, span) in [
            ("*.contoso.com", "`*.contoso.com`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("`x", "`` `x ``"),
            (
                "a\n\n# b <img src=x> @all [l](javascript:x) | c",
                "`a # b <img src=x> @all [l](javascript:x) | c`",
            ),
            ("\u{202e}a", "`\\u{202e}a`"),
            ("", "`  `"),
        ] {
            assert_eq!(code_span(text), span, "{text}");
        }
    }
}

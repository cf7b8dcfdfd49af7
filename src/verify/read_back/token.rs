//! The tokens of JSON, Bicep, Terraform and JavaScript, as far as literals need them.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text in quotes, without them and unescaped.
    Text,
    /// A name or number.
    Word,
    /// Anything else, one character each.
    Mark,
    /// The end of a line.
    Line,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'t, str>,
    pub(super) line: u32,
}

/// How a language writes texts and comments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Language {
    /// Around a text.
    pub(super) quotes: &'static [char],
    /// In front of a comment up to the end of the line.
    pub(super) comments: &'static [&'static str],
    /// What starts an expression within a text: such a text is no literal.
    pub(super) templates: &'static [&'static str],
    /// What starts a text over several lines.
    pub(super) long: Option<&'static str>,
}

/// JSON.
pub(super) const JSON: Language = Language { quotes: &['"'], comments: &[], templates: &[], long: None };
/// Bicep.
pub(super) const BICEP: Language =
    Language { quotes: &['\''], comments: &["//"], templates: &["${"], long: Some("'''") };
/// Terraform.
pub(super) const HCL: Language =
    Language { quotes: &['"'], comments: &["#", "//"], templates: &["${", "%{"], long: Some("<<") };
/// JavaScript.
pub(super) const JAVASCRIPT: Language =
    Language { quotes: &['"', '\''], comments: &["//"], templates: &[], long: None };

/// The tokens of a text, in order.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t str,
    line: u32,
    language: Language,
    peeked: Option<Token<'t>>,
    /// Why there are no more.
    pub(super) broken: Option<&'static str>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str, language: Language) -> Self {
        Self { rest: text, line: 1, language, peeked: None, broken: None }
    }

    /// The next one, taken.
    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        if let Some(token) = self.peeked.take() {
            return Some(token);
        }
        match self.read() {
            Ok(token) => token,
            Err(reason) => {
                self.broken = Some(reason);
                self.rest = "";
                None
            }
        }
    }

    /// The next one, left.
    pub(super) fn peek(&mut self) -> Option<&Token<'t>> {
        if self.peeked.is_none() {
            self.peeked = self.next();
        }
        self.peeked.as_ref()
    }

    /// Takes the next one if it is this mark or word.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_it = self.peek().is_some_and(|token| token.kind != Kind::Text && token.text == text);
        if is_it {
            self.peeked = None;
        }
        is_it
    }

    /// Takes the next one if it is a text.
    pub(super) fn take_text(&mut self) -> Option<String> {
        self.peek().filter(|token| token.kind == Kind::Text)?;
        self.next().map(|token| token.text.into_owned())
    }

    /// Takes the next one if it is a name.
    pub(super) fn take_word(&mut self) -> Option<String> {
        self.peek().filter(|token| token.kind == Kind::Word)?;
        self.next().map(|token| token.text.into_owned())
    }

    /// Skips ends of lines; whether there was one.
    pub(super) fn skip_lines(&mut self) -> bool {
        let mut any = false;
        while self.peek().is_some_and(|token| token.kind == Kind::Line) {
            self.peeked = None;
            any = true;
        }
        any
    }

    /// Skips the rest of the line, brackets that open in it and all.
    pub(super) fn skip_statement(&mut self) {
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            match (token.kind, token.text.as_ref()) {
                (Kind::Mark, "(" | "[" | "{") => depth += 1,
                (Kind::Mark, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                (Kind::Line, _) if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// The line of the next token.
    pub(super) fn line(&mut self) -> u32 {
        let here = self.line;
        self.peek().map_or(here, |token| token.line)
    }

    fn read(&mut self) -> Result<Option<Token<'t>>, &'static str> {
        self.skip_blanks()?;
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let line = self.line;
        if first == '\n' {
            self.advance(1);
            return Ok(Some(Token { kind: Kind::Line, text: Cow::Borrowed("\n"), line }));
        }
        if self.language.long.is_some_and(|start| self.rest.starts_with(start)) {
            return self.long_text().map(Some);
        }
        if self.language.quotes.contains(&first) {
            return self.text(first).map(Some);
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
        let (kind, length) = match self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len()) {
            0 => (Kind::Mark, first.len_utf8()),
            length => (Kind::Word, length),
        };
        let text = Cow::Borrowed(self.rest.get(..length).unwrap_or_default());
        self.advance(length);
        Ok(Some(Token { kind, text, line }))
    }

    fn skip_blanks(&mut self) -> Result<(), &'static str> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r']).len();
            self.advance(blank);
            let comments = self.language.comments;
            if comments.iter().any(|start| self.rest.starts_with(start)) {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.advance(end);
            } else if !comments.is_empty() && self.rest.starts_with("/*") {
                let end = self.rest.find("*/").ok_or("a comment without an end")?;
                self.advance(end + 2);
            } else {
                return Ok(());
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        let breaks = memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.rest = rest;
    }

    /// Nobody writes an entry so; it is kept as what is no literal.
    fn long_text(&mut self) -> Result<Token<'t>, &'static str> {
        let line = self.line;
        let length = long_length(self.rest).ok_or("a text without an end")?;
        self.advance(length);
        Ok(Token { kind: Kind::Word, text: Cow::Borrowed("a text over several lines"), line })
    }

    fn text(&mut self, quote: char) -> Result<Token<'t>, &'static str> {
        let line = self.line;
        let body = self.rest.get(1..).unwrap_or_default();
        let ends = body.find([quote, '\\', '\n']).ok_or("a text without an end")?;
        let plain = body.get(..ends).unwrap_or_default();
        let (text, length) = if body.get(ends..).is_some_and(|rest| rest.starts_with(quote)) {
            (Cow::Borrowed(plain), ends)
        } else {
            let (text, length) = escaped(body, quote)?;
            (Cow::Owned(text), length)
        };
        self.advance(length + 2);
        if self.language.templates.iter().any(|start| text.contains(start)) {
            // Neither a text nor a name, so whoever asks for one does not get it.
            return Ok(Token { kind: Kind::Word, text: Cow::Owned(format!("template {text}")), line });
        }
        Ok(Token { kind: Kind::Text, text, line })
    }
}

/// Bytes of a text over several lines, its marks and all.
fn long_length(text: &str) -> Option<usize> {
    if let Some(body) = text.strip_prefix("'''") {
        let end = body.find("'''")? + 6;
        // Further quotes at the end are part of the text.
        let more = text.get(end..)?.bytes().take_while(|byte| *byte == b'\'').count();
        return Some(end + more);
    }
    let head = text.lines().next()?;
    let word = head.trim_start_matches("<<").trim_start_matches('-').trim();
    let mut length = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number > 0 && line.trim() == word {
            // The end of the line stays, for it ends the value.
            return Some(length + line.trim_end_matches(['\n', '\r']).len());
        }
        length += line.len();
    }
    None
}

/// A text with escapes, and its length as it is written.
fn escaped(body: &str, quote: char) -> Result<(String, usize), &'static str> {
    let mut text = String::new();
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\n' => return Err("a text without an end"),
            '\\' => {
                let (_, escape) = characters.next().ok_or("a text without an end")?;
                text.push(match escape {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '\\' | '/' | '"' | '\'' | '$' => escape,
                    'u' => {
                        let code: String = characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                        let code = u32::from_str_radix(&code, 16).ok().filter(|_| code.len() == 4);
                        code.and_then(char::from_u32).ok_or("an escape that is not read")?
                    }
                    _ => return Err("an escape that is not read"),
                });
            }
            end if end == quote => return Ok((text, at)),
            other => text.push(other),
        }
    }
    Err("a text without an end")
}

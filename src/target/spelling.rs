//! `Spelling`: how a target writes one entry: text with placeholders such as `{name}` or `{path:ere}`.

use serde::Deserialize;

/// Text with placeholders, taken apart once and filled often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value { name: String, ere: bool },
}

impl Spelling {
    /// Takes `text` apart. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) =
                after.split_once('}').ok_or_else(|| format!("`{text}` has a `{{` without a `}}`"))?;
            let (name, quoting) = inside.split_once(':').map_or((inside, None), |(name, q)| (name, Some(q)));
            if !matches!(quoting, None | Some("ere")) {
                return Err(format!("`{text}` asks for a quoting other than `ere`"));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Value { name: name.to_owned(), ere: quoting.is_some() });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The placeholders in it.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value { name, .. } => Some(name.as_str()),
        })
    }

    /// The text with `value` for every placeholder; a placeholder without a value is left out.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> String {
        self.0.iter().fold(String::with_capacity(48), |mut text, part| {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Value { name, ere: false } => text.push_str(value(name).unwrap_or_default()),
                Part::Value { name, ere: true } => push_ere(&mut text, value(name).unwrap_or_default()),
            }
            text
        })
    }
}

/// Appends `literal` as a POSIX extended regular expression that matches just it.
pub(crate) fn push_ere(text: &mut String, literal: &str) {
    for c in literal.chars() {
        if c == '-' && text.is_empty() {
            // A list of expressions would take it for an option.
            text.push_str("[-]");
            continue;
        }
        if ".[](){}*+?^$|\\ ".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
}

impl<'de> Deserialize<'de> for Spelling {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_quoted() {
        let spelling = Spelling::parse("^{start:ere}[^.]*{end:ere}$ {start}").unwrap();
        let text = spelling.fill(|name| Some(if name == "start" { "a+b" } else { "c.d" }));
        assert_eq!(text, "^a\\+b[^.]*c\\.d$ a+b");
        assert!(Spelling::parse("{open").is_err());
        assert!(Spelling::parse("{name:sql}").is_err());
    }
}

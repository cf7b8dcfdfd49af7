//! `Path`: the shapes in which a list names paths.

use std::fmt;

/// Which paths an entry means. Paths start with `/`, keep their case and carry no query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    /// No path in the list: every path.
    Any,
    /// `/a/b.aspx`: that path only.
    Exact(Box<str>),
    /// `/a/b`, named by the rules as a folder: the path itself and everything below it.
    Folder(Box<str>),
    /// `/a/*`: every path that starts with the text before the star.
    Prefix(Box<str>),
}

impl Path {
    /// Every path starts with a slash, so that `host/*` means no less than `host`.
    #[must_use]
    pub fn simplified(self) -> Self {
        match self {
            Self::Prefix(start) if *start == *"/" => Self::Any,
            path => path,
        }
    }

    /// The name of the shape in data: `any`, `exact`, `folder`, `prefix`.
    pub fn shape(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Exact(_) => "exact",
            Self::Folder(_) => "folder",
            Self::Prefix(_) => "prefix",
        }
    }

    /// The text without a star; empty for `Any`.
    pub fn text(&self) -> &str {
        match self {
            Self::Any => "",
            Self::Exact(text) | Self::Folder(text) | Self::Prefix(text) => text,
        }
    }

    /// The vendor's spelling, or `None` where the list gives no path.
    pub fn published(&self) -> Option<String> {
        (*self != Self::Any).then(|| self.to_string())
    }
}

/// The vendor's spelling: empty, `/a/b.aspx`, `/a/*`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        if matches!(self, Self::Prefix(text) if !text.is_empty()) { f.write_str("*") } else { Ok(()) }
    }
}

//! `Trial`: one URL, or one check without an URL, as a connection test tried it.

use std::fmt;

use crate::rules::Signal;

/// Everything that one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// File name without folders.
    pub file: String,
    /// Which programs wrote it.
    pub forms: Vec<&'static str>,
    /// In the order of the file.
    pub trials: Vec<Trial>,
}

/// One URL or check, and every way in which it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The URL as the file writes it, or the name of a check that names none.
    pub subject: String,
    /// Stands for the query of the URL, which may hold secrets and is not kept; another one for another query.
    pub query: Option<u64>,
    /// Which run of the check it is, from 1, where the file holds several.
    pub run: Option<u32>,
    /// Whether the subject is an URL.
    pub is_url: bool,
    /// Line of the file, from 1; none for formats in which lines mean nothing.
    pub line: Option<u32>,
    /// Whether the file ends within the subject, so that half of a name may stand there.
    pub cut: bool,
    /// Whether the test pinned certificates, where the file tells: without that it cannot see inspection.
    pub pinned: Option<bool>,
    /// What tells whether it passed.
    pub basis: Basis,
    /// The ways in which it was tried, in the order of the file.
    pub attempts: Vec<Attempt>,
}

/// What tells whether a trial passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The answers of HTTP, whatever the program calls them.
    Answers,
    /// The word of the program, which compared with the answer that it expected.
    Word,
}

/// One way of connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which way.
    pub method: Method,
    /// The proxy that it names, without a user and password.
    pub proxy: Option<String>,
    /// What the program says of it.
    pub said: Said,
    /// What it says beside that.
    pub signals: Vec<Signal>,
}

/// The ways of connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// What the system is set to.
    DefaultProxy,
    /// A proxy that the network announces.
    Discovery,
    /// No proxy.
    Direct,
    /// The static proxy of the sensor.
    NamedProxy,
    /// A proxy given to the test.
    CommandLine,
    /// The one way that the program knows.
    Own,
}

impl Method {
    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DefaultProxy => "default-proxy",
            Self::Discovery => "discovery",
            Self::Direct => "direct",
            Self::NamedProxy => "named-proxy",
            Self::CommandLine => "command-line-proxy",
            Self::Own => "own",
        }
    }

    /// Whether a proxy stands between, if there is one.
    pub(super) fn is_proxied(self) -> bool {
        match self {
            Self::DefaultProxy | Self::Discovery | Self::NamedProxy | Self::CommandLine => true,
            Self::Direct | Self::Own => false,
        }
    }
}

/// For people.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DefaultProxy => "default proxy",
            Self::Discovery => "WPAD",
            Self::Direct => "no proxy",
            Self::NamedProxy => "named proxy",
            Self::CommandLine => "command line proxy",
            Self::Own => "the test",
        })
    }
}

/// What a program says of one way of connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It worked.
    Succeeded,
    /// It did not.
    Failed,
    /// There is no such way here.
    NotThere,
}

impl Trial {
    /// Whether something stands in the URL for a name that somebody was to fill in: `<region>.x`, `*.x`, `{tenant}.x`, or
    /// a whole part of its path. Signs of that kind within a part are a part of the address.
    pub(super) fn is_template(&self) -> bool {
        let mut parts = split_scheme(&self.subject).1.split('/');
        let is_name_missing = parts.next().is_some_and(|name| name.contains(['<', '>', '*', '{', '}']));
        self.is_url && (is_name_missing || parts.any(is_placeholder))
    }

    /// An URL that a program tried in its own way and judged itself.
    pub(super) fn judged(
        url: impl Into<String>,
        line: Option<u32>,
        said: Said,
        signals: Vec<Signal>,
    ) -> Self {
        let attempts = vec![Attempt { method: Method::Own, proxy: None, said, signals }];
        Self {
            subject: url.into(),
            is_url: true,
            query: None,
            run: None,
            line,
            cut: false,
            pinned: None,
            basis: Basis::Word,
            attempts,
        }
    }

    /// A check that names no URL.
    pub(super) fn check(
        name: impl Into<String>,
        line: Option<u32>,
        said: Said,
        signals: Vec<Signal>,
    ) -> Self {
        Self { is_url: false, ..Self::judged(name, line, said, signals) }
    }
}

fn is_placeholder(part: &str) -> bool {
    let stands_between = |start, end| part.starts_with(start) && part.ends_with(end);
    part == "*" || stands_between('<', '>') || stands_between('{', '}')
}

/// A proxy without what stands before its `@`. It has no path, so that a `/` belongs to a password.
pub(super) fn without_login(proxy: &str) -> String {
    let (scheme, rest) = split_scheme(proxy);
    format!("{scheme}{}", rest.rsplit('@').next().unwrap_or_default())
}

/// The scheme with its `://`, and what stands behind. What can be no scheme may be a part of a password, and is left out.
pub(super) fn split_scheme(text: &str) -> (&str, &str) {
    let Some(at) = text.find("://") else { return ("", text) };
    let (start, rest) = text.split_at(at + 3);
    let is_scheme = text.bytes().take(at).all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (if is_scheme { start } else { "" }, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_missing_is_told_from_signs_of_an_address() {
        for (url, expected) in [
            ("https://<region>.contoso.com/x", true),
            ("*.contoso.com", true),
            ("https://{tenant}.contoso.com", true),
            ("a.contoso.com:<port>/", true),
            ("https://a.contoso.com/storage/<region>/", true),
            ("https://a.contoso.com/{id}", true),
            ("https://a.contoso.com/*", true),
            ("https://a.contoso.com/a|b<img", false),
            ("https://a.contoso.com/a<b>", false),
            ("https://a.contoso.com/a*/{b}c", false),
            ("https://a.contoso.com/", false),
        ] {
            let trial = Trial::judged(url, None, Said::Failed, Vec::new());
            assert_eq!(trial.is_template(), expected, "{url}");
        }
    }

    #[test]
    fn no_user_and_no_password_of_a_proxy_is_kept() {
        for (proxy, kept) in [
            ("proxy.contoso.com:8080", "proxy.contoso.com:8080"),
            ("http://jo:p/w@proxy.contoso.com:8080", "http://proxy.contoso.com:8080"),
            ("jo:p@w@proxy.contoso.com:8080", "proxy.contoso.com:8080"),
            ("jo:p://w@proxy.contoso.com:8080", "proxy.contoso.com:8080"),
            ("jo@x:p://proxy.contoso.com:8080", "proxy.contoso.com:8080"),
        ] {
            assert_eq!(without_login(proxy), kept);
        }
    }
}

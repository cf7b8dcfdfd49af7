//! `probe.toml`: which URLs tell that a host is reached, and how to judge what comes back.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::pattern::Scheme;

/// What is known about asking a vendor's hosts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeFacts {
    /// Statuses with which the vendor's own tool is content.
    pub accepted: Accepted,
    /// Headers with which proxies say why they answer themselves.
    #[serde(rename = "reason")]
    pub reasons: Vec<ReasonHeader>,
    /// Certificate authorities of the vendor's services beside those that browsers know.
    #[serde(rename = "authority")]
    pub authorities: Vec<Authority>,
    /// URLs that the vendor's own tools ask for.
    #[serde(rename = "test")]
    pub tests: Vec<UrlTest>,
}

/// Statuses with which the vendor's own tool takes a URL as reached, whatever it waited for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// HTTP statuses.
    pub statuses: Vec<u16>,
    /// How we know.
    pub source: String,
}

/// A header with which a proxy says why it answers in a server's place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonHeader {
    /// Its name.
    pub header: String,
    /// How we know.
    pub source: String,
}

/// A certificate authority of the vendor's services.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its certificate, PEM.
    pub pem: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub sha256: String,
    /// How we know.
    pub source: String,
}

/// URLs that the vendor's own tools ask for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrlTest {
    /// With `{}` for a word.
    pub urls: Vec<UrlForm>,
    /// How to ask.
    #[serde(default)]
    pub method: Method,
    /// Statuses to wait for. `None`: those that the vendor's tool accepts; empty: any.
    pub expected: Option<Vec<u16>>,
    /// The only words, by geography; empty: any word.
    #[serde(default)]
    pub words: BTreeMap<String, Vec<String>>,
    /// How we know.
    pub source: String,
}

impl UrlTest {
    /// The URLs for a host that one of the forms means.
    pub fn urls_of(&self, host: &str) -> Vec<Url> {
        let mut urls = Vec::new();
        for form in &self.urls {
            let word = form.word(host).filter(|word| {
                word.is_empty()
                    || self.words.is_empty()
                    || self.words.values().flatten().any(|known| known == word)
            });
            match word {
                Some("") => urls.extend(self.filled(form, |_| true)),
                Some(word) => urls.push(form.with(word)),
                None => {}
            }
        }
        urls
    }

    /// The URLs of all hosts that can be named without a list: in geographies that `is_chosen` says yes to.
    pub fn known_urls(&self, is_chosen: impl Fn(&str) -> bool) -> Vec<Url> {
        self.urls.iter().flat_map(|form| self.filled(form, &is_chosen)).collect()
    }

    /// The URLs of a form: one for each of the words, or one if it has none.
    fn filled(&self, form: &UrlForm, is_chosen: impl Fn(&str) -> bool) -> Vec<Url> {
        if !form.host.contains(WORD) && !form.target.contains(WORD) {
            return vec![form.with("")];
        }
        let chosen = self.words.iter().filter(|(geography, _)| is_chosen(geography));
        chosen.flat_map(|(_, words)| words).map(|word| form.with(word)).collect()
    }
}

/// Stands for a word in the form of a URL.
const WORD: &str = "{}";

/// `https://host/path`, where `{}` stands for a word without dots.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct UrlForm {
    scheme: Scheme,
    host: String,
    target: String,
}

/// One URL on the port of its scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Scheme.
    pub scheme: Scheme,
    /// Host name.
    pub host: String,
    /// Path and query.
    pub target: String,
}

impl TryFrom<String> for UrlForm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not of the form `https://host/path`");
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let scheme = [Scheme::Http, Scheme::Https].into_iter().find(|known| known.as_str() == scheme);
        let at = rest.find('/').ok_or_else(wrong)?;
        let (host, target) = rest.split_at(at);
        Ok(Self { scheme: scheme.ok_or_else(wrong)?, host: host.to_owned(), target: target.to_owned() })
    }
}

impl UrlForm {
    /// The word that a host has in place of the `{}`; empty if there is none in the form's host.
    fn word<'h>(&self, host: &'h str) -> Option<&'h str> {
        let Some((start, end)) = self.host.split_once(WORD) else {
            return (self.host == host).then_some("");
        };
        let word = host.strip_prefix(start)?.strip_suffix(end)?;
        (!word.is_empty() && !word.contains('.')).then_some(word)
    }

    fn with(&self, word: &str) -> Url {
        let filled = |text: &str| text.replace(WORD, word);
        Url { scheme: self.scheme, host: filled(&self.host), target: filled(&self.target) }
    }
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `GET`, of whose answer only the head is read.
    #[default]
    Get,
    /// `HEAD`.
    Head,
}

impl Method {
    /// The word of the request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

//! Which sources a profile has: its files, its addresses, or what the rules name for its cloud and connectivity.

use super::Profile;
use crate::lock::Origin;
use crate::rules::{LinkPattern, Publication, Purpose, Rules};

/// One source of a profile.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// A file, relative to the profile.
    File(&'a str),
    /// Something that is published at an address.
    Published(Published<'a>),
}

/// Something that is published at an address.
#[derive(Clone, Debug)]
pub struct Published<'a> {
    /// How the profile, or the rules, name it.
    pub url: &'a str,
    /// What to ask for.
    pub download: &'a str,
    /// The link to follow, where the answer is a page that links to the file.
    pub link: Option<&'a LinkPattern>,
    /// Whether a build reads it.
    pub purpose: Purpose,
}

impl Source<'_> {
    /// What the lock knows it by.
    pub fn origin(&self) -> Origin {
        match self {
            Self::File(path) => Origin::Path((*path).to_owned()),
            Self::Published(published) => Origin::Url(published.url.to_owned()),
        }
    }

    /// Whether a build reads it.
    pub fn is_built(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Published(published) => published.purpose == Purpose::Build,
        }
    }
}

/// The sources of a profile. An address that the rules know is asked for as they say.
pub fn sources<'a>(profile: &'a Profile, rules: &'a Rules) -> Vec<Source<'a>> {
    let files = profile.sources.iter().map(|file| Source::File(&file.value));
    let publications = &rules.list.publications;
    let urls = profile.urls.iter().map(|url| {
        let known = publications.iter().find(|publication| publication.url == url.value);
        Source::Published(known.map_or(
            Published { url: &url.value, download: &url.value, link: None, purpose: Purpose::Build },
            |known| Published { purpose: Purpose::Build, ..published(known) },
        ))
    });
    let named: Vec<Source> = files.chain(urls).collect();
    if !named.is_empty() {
        return named;
    }
    let cloud = rules.reading.clouds.iter().find(|cloud| cloud.name == profile.cloud.value);
    let fits = |publication: &&Publication| {
        publication.connectivity == profile.connectivity.value
            && cloud.is_some_and(|cloud| cloud.family == publication.family)
    };
    publications.iter().filter(fits).map(published).map(Source::Published).collect()
}

fn published(publication: &Publication) -> Published<'_> {
    Published {
        url: &publication.url,
        download: publication.download.as_deref().unwrap_or(&publication.url),
        link: publication.link.as_ref(),
        purpose: publication.purpose,
    }
}

/// Whether a text is an address that a lock and a report may show: no user, no password, no blank, no fragment.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let sound = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '\\');
    let names_host = |rest: &str| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        authority.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') && !authority.contains('@')
    };
    rest.is_some_and(|rest| names_host(rest) && rest.chars().all(sound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_nobody() {
        for (text, expected) in [
            ("https://example.com/list.xlsx", true),
            ("http://[::1]:8080/list?accept=text/markdown", true),
            ("https://example.com/@vendor/list.md", true),
            ("https://user:secret@example.com/list.xlsx", false),
            ("https://example.com/list.xlsx#sheet", false),
            ("https:///list.xlsx", false),
            ("ftp://example.com/list.xlsx", false),
            ("example.com/list.xlsx", false),
            ("https://example.com/a list.xlsx", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }

    #[test]
    fn every_shipped_publication_is_an_address_and_names_what_to_look_for() {
        for name in Rules::names() {
            let rules = Rules::shipped(Some(name)).expect("shipped rules");
            for publication in &rules.list.publications {
                assert!(is_url(&publication.url), "{}", publication.url);
                assert!(publication.download.as_deref().is_none_or(is_url), "{}", publication.url);
            }
        }
    }

    #[test]
    fn the_newest_link_of_a_page_is_taken() {
        let rules = Rules::shipped(None).expect("shipped rules");
        let link = rules.list.publications.iter().find_map(|publication| publication.link.as_ref());
        let file = |day: &str| {
            format!("https://download.microsoft.com/download/7/1/D/x-1/ServiceTags_Public_{day}.json")
        };
        let page = format!("<a href=\"{}\">{{\"url\":\"{}\"}}", file("20260701"), file("20260708"));
        assert_eq!(link.and_then(|link| link.newest(&page)), Some(file("20260708").as_str()));
        assert_eq!(link.and_then(|link| link.newest("<a href=\"/elsewhere\">")), None);
    }
}

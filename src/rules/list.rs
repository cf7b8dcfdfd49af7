//! `list.toml`: what the list is and where it is published.

use regex_lite::Regex;
use serde::Deserialize;

/// What is known about the list as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListFacts {
    /// For people.
    pub title: String,
    /// Whether a profile that names no list means this one.
    #[serde(default)]
    pub default: bool,
    /// Where it is published.
    #[serde(default, rename = "publication")]
    pub publications: Vec<Publication>,
    /// Ports that the published lists have had.
    pub ports: Vec<u16>,
    /// Service tags that stand for addresses of the list.
    #[serde(default, rename = "tag")]
    pub tags: Vec<TagRule>,
    /// Clouds of service-tags files.
    #[serde(default, rename = "tag-cloud")]
    pub tag_clouds: Vec<TagCloud>,
    /// Hosts for which another page of the vendor wants a second port.
    #[serde(default, rename = "second-port")]
    pub second_ports: Vec<SecondPort>,
}

/// One place where the list, or a part of it, is published.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// For people.
    pub name: String,
    /// Where people find it; a profile and a lock name it so.
    pub url: String,
    /// What to ask for in place of `url`.
    pub download: Option<String>,
    /// The link to follow, where the answer is a page that links to the file.
    pub link: Option<LinkPattern>,
    /// For which connectivity.
    pub connectivity: String,
    /// For which family of clouds.
    pub family: String,
    /// What it is good for.
    #[serde(rename = "use")]
    pub purpose: Purpose,
    /// How we know.
    pub source: String,
}

/// What a publication is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A build of a profile that names no sources reads it.
    Build,
    /// It is brought for comparison only: another form of what a build reads.
    Comparison,
}

/// What the addresses of a link look like: a regular expression.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct LinkPattern(Regex);

impl TryFrom<String> for LinkPattern {
    type Error = regex_lite::Error;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        Regex::new(&pattern).map(Self)
    }
}

impl LinkPattern {
    /// The last of a page's links in alphabetical order: the newest where dates make the difference.
    pub fn newest<'p>(&self, page: &'p str) -> Option<&'p str> {
        self.0.find_iter(page).map(|link| link.as_str()).max()
    }
}

/// A service tag that stands for addresses of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagRule {
    /// Name in the service-tags file.
    pub name: String,
    /// For which connectivity.
    pub connectivity: String,
    /// TCP port.
    pub port: u16,
    /// What it stands for.
    pub covers: String,
    /// How we know.
    pub source: String,
}

/// What a service-tags file calls its cloud.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagCloud {
    /// `cloud` of the file.
    pub name: String,
    /// For which family of clouds.
    pub family: String,
    /// How we know.
    pub source: String,
}

/// Hosts listed with one port while another page of the vendor wants a second one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondPort {
    /// Hosts as the list writes them.
    pub hosts: Vec<String>,
    /// The port of the list.
    pub listed: u16,
    /// The port of the other page.
    pub also: u16,
    /// How we know.
    pub source: String,
}

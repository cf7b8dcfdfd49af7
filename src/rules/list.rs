//! `list.toml`: what the list is and where it is published.

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
    /// Where.
    pub url: String,
    /// For which connectivity.
    pub connectivity: String,
    /// For which family of clouds.
    pub family: String,
    /// How we know.
    pub source: String,
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

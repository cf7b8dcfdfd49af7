//! `lint.toml`: what one part of a list lets expect of another.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Expectations of a vendor's list. A vendor without the file has none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LintFacts {
    /// Hosts of one service in several regions.
    #[serde(rename = "family")]
    pub families: Vec<HostFamily>,
    /// Categories that repeat the geography.
    pub category_geography: Option<CategoryGeography>,
    /// Hosts that stand in the tables of another cloud.
    #[serde(rename = "foreign")]
    pub foreign: Vec<Foreign>,
}

/// Hosts of one service that differ in the word of their region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostFamily {
    /// Forms of their names; `{}` stands for the word.
    pub hosts: Vec<String>,
    /// By geography: lists of words that come together.
    pub regions: BTreeMap<String, Vec<Vec<String>>>,
    /// How we know.
    pub source: String,
}

impl HostFamily {
    /// The form of a host of this family, and its word.
    pub fn word<'h>(&self, host: &'h str) -> Option<(&str, &'h str)> {
        self.hosts.iter().find_map(|form| Some((form.as_str(), word_of(form.split_once("{}")?, host)?)))
    }

    /// What stands before and behind the word, for each form.
    pub fn forms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.hosts.iter().filter_map(|form| form.split_once("{}"))
    }

    /// The geographies that a word belongs to.
    pub fn geographies<'f>(&'f self, word: &str) -> Vec<&'f str> {
        let has = |lists: &&Vec<Vec<String>>| lists.iter().flatten().any(|known| known == word);
        self.regions.iter().filter(|(_, lists)| has(lists)).map(|(name, _)| name.as_str()).collect()
    }
}

/// The word of a host between what stands before and behind it; it holds no dot.
pub fn word_of<'h>((start, end): (&str, &str), host: &'h str) -> Option<&'h str> {
    let word = host.strip_suffix(end)?.strip_prefix(start)?;
    (!word.is_empty() && !word.contains('.')).then_some(word)
}

/// Categories that repeat the geography behind a prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryGeography {
    /// The words before the geography.
    pub prefix: String,
    /// How we know.
    pub source: String,
}

/// A host that stands in the tables of one cloud and serves another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    /// Family of the tables.
    pub family: String,
    /// The host.
    pub host: String,
    /// What belongs there.
    pub instead: String,
    /// How we know.
    pub source: String,
}

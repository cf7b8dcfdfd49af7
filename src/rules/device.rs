//! `devices.toml`: what a fleet can consist of.

use serde::Deserialize;

/// All device families.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    /// In the order of the file.
    #[serde(rename = "family")]
    pub families: Vec<Family>,
}

impl Devices {
    /// The family with that key.
    pub fn family(&self, key: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.key == key)
    }

    /// The build of a release of one of `families`.
    pub fn build(&self, families: &[String], release: &str) -> Option<u32> {
        families
            .iter()
            .filter_map(|key| self.family(key))
            .find_map(|family| Some(family.release(release)?.build))
    }
}

/// Devices that the list treats alike, up to their release.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Key in `[devices]` of a profile.
    pub key: String,
    /// For people.
    pub title: String,
    /// The device column that speaks for it, unless its releases name their own.
    pub column: Option<String>,
    /// Words of a column for all systems that mean it.
    #[serde(default)]
    pub os: Vec<String>,
    /// Releases to show in messages and new profiles.
    #[serde(default)]
    pub example: Vec<String>,
    /// Connectivity that it cannot use.
    pub unsupported: Option<Unsupported>,
    /// Releases of which the vendor does not say whether they can use a connectivity.
    #[serde(default)]
    pub unnamed: Vec<Unnamed>,
    /// Its releases, oldest first; none for a family that is chosen with `true`.
    #[serde(default, rename = "release")]
    pub releases: Vec<Release>,
    /// Settings that a profile may give in a section named like the family.
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    /// How we know.
    pub source: String,
}

impl Family {
    /// The release with that name.
    pub fn release(&self, name: &str) -> Option<&Release> {
        self.releases.iter().find(|release| release.name.eq_ignore_ascii_case(name))
    }
}

/// Connectivity that a family cannot use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsupported {
    /// Which one.
    pub connectivity: String,
    /// Why, for people.
    pub reason: String,
    /// How we know.
    pub source: String,
}

/// Releases of which no statement says whether they can use a connectivity.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unnamed {
    /// Which one.
    pub connectivity: String,
    /// Which releases.
    pub releases: Vec<String>,
    /// What the vendor says and what was done, for people.
    pub reason: String,
    /// How we know.
    pub source: String,
}

/// One release of a family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Name in a profile.
    pub name: String,
    /// Build number: orders releases, across families as well.
    pub build: u32,
    /// The device column that speaks for it.
    pub column: Option<String>,
}

/// A setting of a family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Key in the section of the profile.
    pub key: String,
    /// What its values are.
    pub kind: SettingKind,
    /// More values than this are a finding.
    pub most: Option<usize>,
    /// For people.
    pub title: String,
    /// How we know.
    pub source: String,
}

/// What the values of a setting are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// `11111111-2222-3333-4444-555555555555`, any case, braces allowed.
    Guid,
    /// A host name.
    Host,
}

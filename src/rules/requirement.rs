//! `requirements.toml`: addresses that a family of devices needs whatever the list says.

use serde::Deserialize;

/// All requirements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// In the order of the file.
    #[serde(default, rename = "requirement")]
    pub all: Vec<Requirement>,
}

/// One address that a family of devices needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Which devices.
    pub family: String,
    /// In which clouds.
    pub clouds: Vec<String>,
    /// The address, as the list would write it.
    pub address: String,
    /// TCP port.
    pub port: u16,
    /// As in a row of the list.
    pub service: String,
    /// As in a row of the list.
    pub category: String,
    /// Setting of the family whose values take the place of the `*`.
    pub star: Option<String>,
    /// Setting of the family whose values take the place of the whole address.
    pub instead: Option<String>,
    /// Listed addresses that contain this one.
    #[serde(default)]
    pub broader: Vec<String>,
    /// Whether the published lists carry it.
    pub listed: bool,
    /// How we know.
    pub source: String,
}

//! `onboarding.toml`: what an onboarding package says of its tenant.

use serde::Deserialize;

/// Where a package says what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OnboardingFacts {
    /// Keys that hold the location, the first one first.
    pub location_keys: Vec<String>,
    /// Key that holds the datacenter.
    pub datacenter_key: String,
    /// Start of a location that stands for streamlined connectivity.
    pub streamlined_location: String,
    /// Keys that hold URLs of the service.
    pub url_keys: Vec<String>,
    /// Ends of hosts that stand for streamlined connectivity.
    pub streamlined_host: Vec<String>,
    /// How we know.
    pub source: String,
    /// The known locations.
    #[serde(rename = "location")]
    pub locations: Vec<Location>,
}

/// One data location.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// As packages name it, without the start that stands for streamlined connectivity.
    pub name: String,
    /// Start of its datacenters, where the name alone does not tell.
    pub datacenter: Option<String>,
    /// Cloud of a profile.
    pub cloud: String,
    /// Geography of a profile, unless the cloud implies its own.
    pub geography: Option<String>,
    /// How we know.
    pub source: String,
}

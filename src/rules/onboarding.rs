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
    /// As packages name it, without the start that stands for streamlined connectivity; none where no package is known
    /// that names it, so that its gateways alone tell.
    pub name: Option<String>,
    /// Starts of its datacenters, as far as they are known.
    #[serde(default)]
    pub datacenters: Vec<String>,
    /// Its gateways, as far as they are known: hosts, or ends of hosts behind a dot.
    #[serde(default)]
    pub gateways: Vec<String>,
    /// Cloud of a profile.
    pub cloud: String,
    /// Geography of a profile, unless the cloud implies its own.
    pub geography: Option<String>,
    /// How we know.
    pub source: String,
}

impl Location {
    /// Whether a datacenter is one of its own.
    pub fn has_datacenter(&self, datacenter: &str) -> bool {
        let starts = |start: &String| {
            datacenter.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
        };
        self.datacenters.iter().any(starts)
    }

    /// Whether a host, in lower case, is one of its gateways.
    pub fn has_gateway(&self, host: &str) -> bool {
        self.gateways
            .iter()
            .any(|known| if known.starts_with('.') { host.ends_with(known.as_str()) } else { host == known })
    }

    /// Whether packages name it so.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    }
}

/// `US`; where the cloud implies its geographies, `FFL4 (gcc)`.
impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.name, &self.geography) {
            (Some(name), Some(_)) => f.write_str(name),
            (Some(name), None) => write!(f, "{name} ({})", self.cloud),
            (None, geography) => f.write_str(geography.as_ref().unwrap_or(&self.cloud)),
        }
    }
}

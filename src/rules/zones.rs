//! `zones.toml`: the names under which a vendor runs its product and nothing else.

use serde::Deserialize;

/// All zones.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zones {
    /// In the order of the file.
    #[serde(default, rename = "zone")]
    pub all: Vec<Zone>,
}

/// One name and everything below it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The name, in lower case.
    pub below: String,
    /// How we know.
    pub source: String,
}

impl Zone {
    /// Whether a host, in lower case, lies below it; the name itself does as well.
    pub fn holds(&self, host: &str) -> bool {
        host.strip_suffix(self.below.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

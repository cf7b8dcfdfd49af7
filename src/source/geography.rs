//! Geographies of the lists, and the clouds that they make up.

mod names;

use serde::Deserialize;

pub(crate) use names::names;

/// Whom a geography concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Every tenant.
    Everywhere,
    /// Tenants of the commercial cloud.
    Commercial,
    /// Tenants of a government cloud.
    Government,
}

impl Scope {
    /// The cloud family it tells, if it tells one.
    pub fn family(self) -> Option<&'static str> {
        match self {
            Self::Everywhere => None,
            Self::Commercial => Some("commercial"),
            Self::Government => Some("government"),
        }
    }
}

/// One geography of the lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Geography {
    /// The name most lists use.
    pub name: String,
    /// Other names met.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Whom it concerns.
    pub scope: Scope,
    /// Whether lists have no rows of its own: its tenants have streamlined connectivity alone, and the rows of every tenant
    /// do for them.
    #[serde(default)]
    pub streamlined_alone: bool,
    /// Where this was seen.
    pub source: String,
}

/// A cloud that a tenant can be in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloud {
    /// `commercial`, `gcc-high`, ….
    pub name: String,
    /// `commercial` or `government`.
    pub family: String,
    /// Names of its geographies, besides those that concern everybody.
    pub geographies: Vec<String>,
    /// Where this was seen.
    pub source: String,
}

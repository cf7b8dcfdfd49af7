//! `Component`: a part of a device that has a proxy setting of its own, as its folder declares it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Encoding, LineEnds, LongestLine};
use crate::diagnostic::Code;
use crate::profile::{ClientSettings, Fleet};
use crate::target::OptionSpec;

/// A part of a device, and its templates.
#[derive(Clone, Debug)]
pub struct Component {
    /// What its `target.toml` says.
    pub declaration: Declaration,
    /// Templates by file name.
    pub templates: BTreeMap<String, String>,
}

/// `target.toml` of a component: an unknown key is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Declaration {
    /// Name of the folder.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Version of the template context that the folder was written for.
    pub context: u32,
    /// Where the facts of the folder come from.
    pub sources: Vec<String>,
    /// Device families that have it.
    pub devices: Vec<String>,
    /// Settings of `[client]` that it takes.
    pub takes: Vec<Setting>,
    /// Every other setting, with the reason why it takes none.
    #[serde(default)]
    pub not_taken: BTreeMap<Setting, NotTaken>,
    /// `[options.<key>]`: what `[client.<name>]` of a profile may set.
    #[serde(default)]
    pub options: BTreeMap<String, OptionSpec>,
    /// What is to know where it applies.
    #[serde(default, rename = "note")]
    pub notes: Vec<Note>,
    /// Updates that releases need first.
    #[serde(default, rename = "minimum")]
    pub minimums: Vec<Minimum>,
    /// The files.
    #[serde(rename = "output")]
    pub outputs: Vec<OutputSpec>,
}

impl Declaration {
    /// The folder's place among the targets.
    pub fn folder(&self) -> String {
        format!("client/{}", self.name)
    }
}

/// A setting of `[client]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// The static proxy.
    Proxy,
    /// The PAC file.
    PacUrl,
    /// What goes past the proxy.
    Bypass,
}

impl Setting {
    /// Every setting.
    pub const ALL: &[Setting] = &[Self::Proxy, Self::PacUrl, Self::Bypass];

    /// Its key: `pac-url`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::PacUrl => "pac-url",
            Self::Bypass => "bypass",
        }
    }

    /// Whether a profile has it.
    pub fn is_in(self, settings: &ClientSettings) -> bool {
        match self {
            Self::Proxy => settings.proxy.is_some(),
            Self::PacUrl => settings.pac.is_some(),
            Self::Bypass => !settings.bypass.is_empty(),
        }
    }
}

/// Why a component cannot be told something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotTaken {
    /// For people.
    pub reason: String,
    /// How we know.
    pub source: String,
    /// Whether nobody expects otherwise, so that there is nothing to tell.
    #[serde(default)]
    pub obvious: bool,
}

/// How much a note weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Good to know.
    Note,
    /// A person should look.
    Warning,
}

/// Where a PAC file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PacHost {
    /// At a host that is not called `wpad`.
    Elsewhere,
    /// At a host without a domain.
    Relative,
}

impl PacHost {
    /// Whether the PAC file of a profile lies there.
    pub fn is_of(self, settings: &ClientSettings) -> bool {
        settings.pac.as_ref().is_some_and(|pac| match self {
            Self::Elsewhere => !pac.value.is_wpad(),
            Self::Relative => pac.value.is_relative(),
        })
    }
}

/// Something to know about a component.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Note {
    /// Code of the finding.
    pub code: String,
    /// How much it weighs.
    pub severity: Weight,
    /// Settings that the profile must have.
    #[serde(default)]
    pub with: Vec<Setting>,
    /// Settings that the profile must not have.
    #[serde(default)]
    pub without: Vec<Setting>,
    /// Families of which the fleet must have one; empty for those of the component.
    #[serde(default)]
    pub devices: Vec<String>,
    /// Options that must have these values.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// What the host of the PAC file must be.
    pub pac_host: Option<PacHost>,
    /// What follows the component's name in a sentence: lower case, no final stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// How we know.
    pub source: String,
}

impl Note {
    /// The code, if there is one of that name.
    pub fn code(&self) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == self.code)
    }
}

/// An update that some releases need before they can use the settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    /// Its name at the vendor.
    pub update: String,
    /// Family to its releases.
    pub releases: BTreeMap<String, Vec<String>>,
    /// How we know.
    pub source: String,
}

impl Minimum {
    /// The devices of the fleet that need it.
    pub fn needed_by(&self, fleet: &Fleet) -> Vec<String> {
        let is_meant = |family: &str, release: &str| {
            self.releases.get(family).is_some_and(|releases| releases.iter().any(|known| known == release))
        };
        let devices = fleet.devices.iter().filter(|device| {
            device.release.as_deref().is_some_and(|release| is_meant(&device.family, release))
        });
        devices.map(ToString::to_string).collect()
    }
}

/// One file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutputSpec {
    /// File of the folder.
    pub template: String,
    /// Name of the file.
    pub path: String,
    /// What it is for, in a few words.
    pub purpose: String,
    /// Settings without which there is no such file: one of them must be there.
    pub needs: Vec<Setting>,
    /// Options that must have these values.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// File that resets it.
    pub reset: Option<String>,
    /// How it is taken back, where no file is needed for that.
    pub reset_by: Option<String>,
    /// How its characters are written.
    #[serde(default)]
    pub encoding: Encoding,
    /// How its lines end.
    #[serde(default)]
    pub line_ends: LineEnds,
    /// The longest line that its reader takes.
    pub longest_line: Option<LongestLine>,
}

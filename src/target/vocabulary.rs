//! The closed vocabulary of what firewalls can and cannot say.

use crate::pattern::{Host, Path, Scheme};

/// Where a target may be unable to say what the list means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Clear text or TLS.
    Scheme,
    /// The shape of the host names.
    Host,
    /// Whether `*.x` is `x` as well.
    Apex,
    /// How many labels a star stands for.
    Depth,
    /// The TCP port.
    Port,
    /// The path of the URL.
    Path,
    /// Anything that would open names of other customers below a shared suffix.
    SharedSuffix,
    /// IPv4 or IPv6.
    Family,
}

impl Axis {
    /// Every axis.
    pub const ALL: &[Axis] = &[
        Self::Scheme,
        Self::Host,
        Self::Apex,
        Self::Depth,
        Self::Port,
        Self::Path,
        Self::SharedSuffix,
        Self::Family,
    ];

    /// The word in data: `shared-suffix`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Apex => "apex",
            Self::Depth => "depth",
            Self::Port => "port",
            Self::Path => "path",
            Self::SharedSuffix => "shared-suffix",
            Self::Family => "family",
        }
    }
}

/// What a loss does to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The firewall allows more than the list says.
    Wider,
    /// The firewall allows less than the list says.
    Narrower,
    /// The firewall does not get the entry.
    Omitted,
}

impl Effect {
    /// `wider`, `narrower`, `omitted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Omitted => "omitted",
        }
    }
}

/// The leave to lose something on one axis.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    /// In which direction. `narrower` permits leaving out as well, where no narrower form exists.
    pub effect: Effect,
    /// Why that is right here.
    pub reason: String,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Destinations that must pass.
    Allow,
    /// Destinations that must not be inspected.
    Bypass,
    /// Destinations that must not go through a proxy.
    Direct,
    /// Configuration to include.
    Include,
    /// A whole policy to load.
    Policy,
    /// For reviewers, beside the folders of the targets: no target writes one.
    #[serde(skip)]
    Report,
}

impl Role {
    /// `allow`, `bypass`, `direct`, `include`, `policy`, `report`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Bypass => "bypass",
            Self::Direct => "direct",
            Self::Include => "include",
            Self::Policy => "policy",
            Self::Report => "report",
        }
    }
}

/// A host shape that a list may be able to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `login.live.com`.
    Exact,
    /// `*.x`.
    Subdomains,
    /// `*x`.
    Suffix,
    /// `a*b.x`.
    Infix,
    /// An IPv4 network.
    Net4,
    /// An IPv6 network.
    Net6,
    /// A group of networks that the platform knows by name.
    Tag,
}

impl Shape {
    /// The shape of `host`.
    pub fn of(host: &Host) -> Self {
        match host {
            Host::Exact(_) => Self::Exact,
            Host::Subdomains(_) => Self::Subdomains,
            Host::Suffix(_) => Self::Suffix,
            Host::Infix(..) => Self::Infix,
            Host::Net(ipnet::IpNet::V4(_)) => Self::Net4,
            Host::Net(ipnet::IpNet::V6(_)) => Self::Net6,
        }
    }

    /// The placeholders that a spelling of this shape may use.
    pub fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::Exact | Self::Subdomains | Self::Suffix => &["name"],
            Self::Infix => &["start", "end"],
            Self::Net4 | Self::Net6 => &["net", "length", "high"],
            Self::Tag => &["tag"],
        }
    }
}

/// A path form that a list may be able to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `/a/b.aspx`: that path only.
    Exact,
    /// `/a/b` and everything below it.
    Folder,
    /// `/a/*`: everything below a slash.
    Below,
    /// `/a*`: everything that starts so, at any character.
    Prefix,
}

impl Form {
    /// The form of `path`, `None` where every path is meant.
    pub fn of(path: &Path) -> Option<Self> {
        match path {
            Path::Any => None,
            Path::Exact(_) => Some(Self::Exact),
            Path::Folder(text) | Path::Prefix(text) if text.ends_with('/') => Some(Self::Below),
            Path::Folder(_) => Some(Self::Folder),
            Path::Prefix(_) => Some(Self::Prefix),
        }
    }

    /// The word in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Folder => "folder",
            Self::Below => "below",
            Self::Prefix => "prefix",
        }
    }
}

/// Whether the target's `*.x` is `x` as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Apex {
    /// `*.x` is what is below `x`.
    #[default]
    Excluded,
    /// `*.x` is `x` and what is below it.
    Included,
}

/// A scheme in data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemeName {
    /// Clear text.
    Http,
    /// TLS.
    Https,
}

impl SchemeName {
    /// Whether `scheme` is meant.
    pub fn is(self, scheme: Scheme) -> bool {
        matches!((self, scheme), (Self::Http, Scheme::Http) | (Self::Https, Scheme::Https))
    }
}

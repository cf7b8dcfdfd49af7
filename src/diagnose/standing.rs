//! `Standing`: what the list of a profile says of an URL.

use crate::allowlist::{Allowlist, Entry};
use crate::pattern::{Request, allows};
use crate::select::Dropped;

/// What the list of a profile says of an URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the profile needs it.
    pub need: Need,
    /// The entries that allow it.
    pub entries: Vec<Listed>,
    /// The rows that would have allowed it: address, row, reason.
    pub left_out: Vec<(String, String, String)>,
}

/// Whether a profile needs what was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The list of the profile holds it.
    Needed,
    /// The same, and the vendor calls it optional; a profile that does without leaves optional rows out.
    Optional,
    /// The profile leaves it out.
    LeftOut,
    /// No row of the list names it. The vendor's own test does, so that it counts.
    NotListed,
    /// What was tested names no URL, or one that is none.
    NoUrl,
}

impl Need {
    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Optional => "optional",
            Self::LeftOut => "left-out",
            Self::NotListed => "not-listed",
            Self::NoUrl => "no-url",
        }
    }

    /// Whether a failure is the profile's business.
    pub fn counts(self) -> bool {
        match self {
            Self::Needed | Self::Optional | Self::NotListed | Self::NoUrl => true,
            Self::LeftOut => false,
        }
    }
}

/// An entry that allows an URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Host and path as the list writes them.
    pub address: String,
    /// Its first row.
    pub origin: Option<String>,
    /// Whether it is exempt from inspection.
    pub bypass: bool,
    /// Whether it goes past the proxy.
    pub direct: bool,
}

impl Standing {
    /// What the list says of a request; nothing where there is none.
    pub(super) fn of(request: Option<&Request>, list: &Allowlist, dropped: &[Dropped]) -> Self {
        let none = |need| Self { need, entries: Vec::new(), left_out: Vec::new() };
        let Some(request) = request else { return none(Need::NoUrl) };
        let by: Vec<&Entry> = list.entries().iter().filter(|entry| allows(&entry.pattern, request)).collect();
        if !by.is_empty() {
            let optional = by.iter().all(|entry| entry.required == Some(false));
            let need = if optional { Need::Optional } else { Need::Needed };
            return Self { need, entries: by.into_iter().map(listed).collect(), left_out: Vec::new() };
        }
        let rows = dropped.iter().filter(|row| row.would_allow(request));
        let left_out: Vec<_> =
            rows.map(|row| (row.address.to_string(), row.origin.to_string(), row.reason.clone())).collect();
        let need = if left_out.is_empty() { Need::NotListed } else { Need::LeftOut };
        Self { need, entries: Vec::new(), left_out }
    }

    /// Whether an entry keeps it from being inspected.
    pub fn is_exempt(&self) -> bool {
        self.entries.iter().any(|entry| entry.bypass)
    }
}

fn listed(entry: &Entry) -> Listed {
    Listed {
        address: format!("{}{}", entry.pattern.host, entry.pattern.path),
        origin: entry.origins.first().map(ToString::to_string),
        bypass: entry.bypass,
        direct: entry.direct,
    }
}

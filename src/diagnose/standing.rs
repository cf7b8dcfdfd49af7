//! `Standing`: what the list of a profile says of an URL.

use crate::allowlist::{Allowlist, Entry};
use crate::lower::{Plan, Withheld, withheld};
use crate::pattern::{Request, allows};
use crate::select::Dropped;

/// Everything that a profile makes of its lists.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'l> {
    /// What the fleet needs.
    pub list: &'l Allowlist,
    /// Rows that it does not need.
    pub dropped: &'l [Dropped],
    /// Rows of which it needs a part.
    pub narrowed: &'l [Dropped],
    /// What the targets were told.
    pub plans: &'l [Plan<'l>],
}

/// What the list of a profile says of an URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the profile needs it.
    pub need: Need,
    /// The entries that allow it.
    pub entries: Vec<Listed>,
    /// The rows that would have allowed it: address, row, reason.
    pub left_out: Vec<(String, String, String)>,
    /// The setting of the profile that would have to name it, where a row was narrowed to its values.
    pub setting: Option<String>,
    /// Targets that cannot let it through although the list holds it.
    pub withheld: Vec<Withheld>,
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
    /// A row that means it was narrowed to values of the profile, and this is none of them.
    Narrowed,
    /// No row of the list names it.
    NotListed,
    /// What was tested names no URL: a check of the device as a whole.
    NoUrl,
}

impl Need {
    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Optional => "optional",
            Self::LeftOut => "left-out",
            Self::Narrowed => "narrowed",
            Self::NotListed => "not-listed",
            Self::NoUrl => "no-url",
        }
    }

    /// Whether a failure is the profile's business.
    pub fn counts(self) -> bool {
        match self {
            Self::Needed | Self::Optional | Self::Narrowed | Self::NoUrl => true,
            Self::LeftOut | Self::NotListed => false,
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
    /// What the lists say of a request; nothing where there is none.
    pub(super) fn of(request: Option<&Request>, lists: &Lists<'_>) -> Self {
        let none = Self {
            need: Need::NoUrl,
            entries: Vec::new(),
            left_out: Vec::new(),
            setting: None,
            withheld: Vec::new(),
        };
        let Some(request) = request else { return none };
        let entries = lists.list.entries();
        let by: Vec<&Entry> = entries.iter().filter(|entry| allows(&entry.pattern, request)).collect();
        if !by.is_empty() {
            let optional = by.iter().all(|entry| entry.required == Some(false));
            let withheld = lists.plans.iter().filter_map(|plan| withheld(plan, &by, request));
            return Self {
                need: if optional { Need::Optional } else { Need::Needed },
                withheld: withheld.collect(),
                entries: by.into_iter().map(listed).collect(),
                ..none
            };
        }
        let (need, rows) = not_allowed(request, lists);
        let told = |row: &Dropped| (row.address.to_string(), row.origin.to_string(), row.reason.clone());
        let setting = rows.iter().find_map(|row| row.setting.clone());
        Self { need, setting, left_out: rows.into_iter().map(told).collect(), ..none }
    }

    /// Whether the list of the profile holds it.
    pub fn is_listed(&self) -> bool {
        matches!(self.need, Need::Needed | Need::Optional)
    }

    /// Whether an entry leads past the proxy, which cannot lead there.
    pub fn is_direct(&self) -> bool {
        self.entries.iter().any(|entry| entry.direct)
    }

    /// Whether an entry keeps it from being inspected.
    pub fn is_exempt(&self) -> bool {
        self.entries.iter().any(|entry| entry.bypass)
    }
}

/// What is to be said of a request that no entry allows, and the rows that would have allowed it. A row of the host's
/// own says more than a wildcard that happens to mean it.
fn not_allowed<'l>(request: &Request, lists: &Lists<'l>) -> (Need, Vec<&'l Dropped>) {
    let would_allow = |rows: &'l [Dropped]| rows.iter().filter(|row| row.would_allow(request)).collect();
    let narrowed: Vec<&Dropped> = would_allow(lists.narrowed);
    let left_out: Vec<&Dropped> = would_allow(lists.dropped);
    let own = |rows: &[&Dropped]| rows.iter().any(|row| row.names_one_host());
    if !narrowed.is_empty() && (own(&narrowed) || !own(&left_out)) {
        (Need::Narrowed, narrowed)
    } else if left_out.is_empty() {
        (Need::NotListed, left_out)
    } else {
        (Need::LeftOut, left_out)
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

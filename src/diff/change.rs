//! `Change`: one thing that a reviewer should see.

use super::aspect::{Aspect, Column};
use super::item::{Group, Item};
use super::log::Logged;
use crate::pattern::{Pattern, Request};

/// One change, and what the list's own log says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it happened.
    pub group: Group,
    /// What happened.
    pub kind: Kind,
    /// Whether the list's own log names it.
    pub logged: Logged,
}

/// Addresses before and after, and what else their rows say now. Neither side is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// In the old list.
    pub before: Vec<Item>,
    /// In the new list.
    pub after: Vec<Item>,
    /// What else changed.
    pub aspects: Vec<Aspect>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An address that was not there.
    Added {
        /// The address.
        item: Item,
        /// What allowed it before and still does.
        covered_by: Option<Pattern>,
    },
    /// An address that is no longer there.
    Removed {
        /// The address.
        item: Item,
        /// What allowed it before and still does.
        covered_by: Option<Pattern>,
    },
    /// Other hosts or paths: wider, narrower or both, each with a shortest request that shows it.
    Reshaped {
        /// The addresses.
        sides: Sides,
        /// Allowed after, not before.
        wider: Option<Request>,
        /// Allowed before, not after.
        narrower: Option<Request>,
    },
    /// The same hosts and paths on other ports.
    Port(Sides),
    /// The same address of which the list says something else.
    Said(Sides),
}

impl Kind {
    /// What it is called.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Reshaped { wider: Some(_), narrower: None, .. } => "widened",
            Self::Reshaped { wider: None, narrower: Some(_), .. } => "narrowed",
            Self::Reshaped { .. } => "reshaped",
            Self::Port(_) => "port changed",
            Self::Said(sides) => match sides.aspects.first().map(|aspect| &aspect.column) {
                Some(Column::Geography) => "moved between geographies",
                Some(Column::Required) => "required or optional",
                Some(Column::Product) => "handled otherwise",
                Some(Column::Devices | Column::Systems | Column::Condition) => "devices changed",
                Some(Column::Service | Column::Category) | None => "called otherwise",
            },
        }
    }

    /// Every name, in the order in which they are shown.
    pub const ALL: [&'static str; 11] = [
        "added",
        "removed",
        "widened",
        "narrowed",
        "reshaped",
        "port changed",
        "moved between geographies",
        "required or optional",
        "handled otherwise",
        "devices changed",
        "called otherwise",
    ];

    /// The addresses before and after.
    pub fn items(&self) -> (&[Item], &[Item]) {
        match self {
            Self::Added { item, .. } => (&[], std::slice::from_ref(item)),
            Self::Removed { item, .. } => (std::slice::from_ref(item), &[]),
            Self::Reshaped { sides, .. } | Self::Port(sides) | Self::Said(sides) => {
                (&sides.before, &sides.after)
            }
        }
    }

    /// What else changed, or what changed at all.
    pub fn aspects(&self) -> &[Aspect] {
        match self {
            Self::Added { .. } | Self::Removed { .. } => &[],
            Self::Reshaped { sides, .. } | Self::Port(sides) | Self::Said(sides) => &sides.aspects,
        }
    }
}

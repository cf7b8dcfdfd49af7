//! What rows say of an address beside hosts, paths and ports, and how it changed.

use std::collections::BTreeSet;

use super::item::{Group, Item};

/// One thing that rows say, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Geographies.
    Geographies(Words),
    /// Required or optional.
    Required(Words),
    /// Device columns that say yes.
    Devices(Words),
    /// `OS`.
    Systems(Words),
    /// Device conditions by the name of the table.
    Conditions(Words),
    /// Services.
    Services(Words),
    /// Categories.
    Categories(Words),
}

/// The words before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// In the old list.
    pub before: BTreeSet<String>,
    /// In the new list.
    pub after: BTreeSet<String>,
}

impl Aspect {
    /// The name of the change.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Geographies(_) => "geography changed",
            Self::Required(_) => "required or optional",
            Self::Devices(_) => "devices changed",
            Self::Systems(_) => "systems changed",
            Self::Conditions(_) => "condition changed",
            Self::Services(_) => "service changed",
            Self::Categories(_) => "category changed",
        }
    }

    /// Column that says it.
    pub fn column(&self) -> &'static str {
        match self {
            Self::Geographies(_) => "geography",
            Self::Required(_) => "required",
            Self::Devices(_) => "devices",
            Self::Systems(_) => "os",
            Self::Conditions(_) => "condition",
            Self::Services(_) => "service",
            Self::Categories(_) => "category",
        }
    }

    /// Before and after.
    pub fn words(&self) -> &Words {
        match self {
            Self::Geographies(words)
            | Self::Required(words)
            | Self::Devices(words)
            | Self::Systems(words)
            | Self::Conditions(words)
            | Self::Services(words)
            | Self::Categories(words) => words,
        }
    }
}

/// A column of which one side of a group says nothing in any row, so that its rows cannot be compared by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsaid {
    /// Where.
    pub group: Group,
    /// Which column.
    pub column: String,
    /// Whether it is the new list that says nothing.
    pub new: bool,
}

/// The columns that some row of a group says something in.
#[derive(Debug, Default)]
pub(super) struct Said {
    columns: BTreeSet<&'static str>,
    devices: BTreeSet<String>,
}

impl Said {
    pub(super) fn by<'i>(items: impl Iterator<Item = &'i Item>) -> Self {
        let mut said = Self::default();
        for item in items {
            for (column, blank) in [
                ("geography", item.geographies.is_empty()),
                ("required", item.required.is_none()),
                ("os", item.systems.is_empty()),
                ("service", item.services.is_empty()),
                ("category", item.categories.is_empty()),
            ] {
                if !blank {
                    said.columns.insert(column);
                }
            }
            said.devices.extend(item.devices.iter().map(ToString::to_string));
        }
        said
    }

    /// Columns that only one of the two sides says, each with whether it is the new one that does not.
    pub(super) fn unsaid(&self, new: &Self) -> Vec<(String, bool)> {
        let owned = |column: &&'static str| (*column).to_owned();
        let lost = self.columns.difference(&new.columns).map(owned);
        let lost = lost.chain(self.devices.difference(&new.devices).cloned()).map(|column| (column, true));
        let come = new.columns.difference(&self.columns).map(owned);
        let come = come.chain(new.devices.difference(&self.devices).cloned()).map(|column| (column, false));
        lost.chain(come).collect()
    }
}

/// What rows say otherwise now, in columns that both sides use.
pub(super) fn aspects(before: &[Item], after: &[Item], old: &Said, new: &Said) -> Vec<Aspect> {
    let compared = |column: &str| old.columns.contains(column) && new.columns.contains(column);
    let words = |of: &dyn Fn(&Item) -> Vec<String>| Words {
        before: before.iter().flat_map(of).collect(),
        after: after.iter().flat_map(of).collect(),
    };
    let uncertain = before.iter().chain(after).any(|item| item.uncertain);
    let devices = |item: &Item| -> Vec<String> {
        let both = |id: &&std::sync::Arc<str>| old.devices.contains(&***id) && new.devices.contains(&***id);
        item.devices.iter().filter(both).map(ToString::to_string).collect()
    };
    let all = [
        (
            compared("geography"),
            Aspect::Geographies(words(&|item| item.geographies.iter().cloned().collect())),
        ),
        (compared("required"), Aspect::Required(words(&|item| vec![need(item.required).to_owned()]))),
        (!uncertain, Aspect::Devices(words(&devices))),
        (compared("os"), Aspect::Systems(words(&|item| item.systems.iter().cloned().collect()))),
        (true, Aspect::Conditions(words(&|item| item.conditions.iter().cloned().collect()))),
        (compared("service"), Aspect::Services(words(&|item| texts(&item.services)))),
        (compared("category"), Aspect::Categories(words(&|item| texts(&item.categories)))),
    ];
    let changed =
        |(compared, aspect): &(bool, Aspect)| *compared && aspect.words().before != aspect.words().after;
    all.into_iter().filter(changed).map(|(_, aspect)| aspect).collect()
}

/// `required`, `optional`, `not said`.
pub(super) fn need(required: Option<bool>) -> &'static str {
    match required {
        Some(true) => "required",
        Some(false) => "optional",
        None => "not said",
    }
}

fn texts(set: &BTreeSet<std::sync::Arc<str>>) -> Vec<String> {
    set.iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

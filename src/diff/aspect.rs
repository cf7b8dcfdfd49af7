//! What rows say of an address beside hosts, paths and ports, and how it changed.

use std::collections::BTreeSet;

use super::item::{Group, Item};

/// A column that is compared; what matters more stands first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Geographies.
    Geography,
    /// Required or optional.
    Required,
    /// What a build does with it: allow, exempt from inspection, direct.
    Product,
    /// Device columns that say yes.
    Devices,
    /// `OS`.
    Systems,
    /// Device conditions by the name of the table.
    Condition,
    /// Services.
    Service,
    /// Categories.
    Category,
}

impl Column {
    const ALL: [Self; 8] = [
        Self::Geography,
        Self::Required,
        Self::Product,
        Self::Devices,
        Self::Systems,
        Self::Condition,
        Self::Service,
        Self::Category,
    ];

    /// For people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Geography => "geography",
            Self::Required => "need",
            Self::Product => "handling",
            Self::Devices => "devices",
            Self::Systems => "systems",
            Self::Condition => "condition",
            Self::Service => "service",
            Self::Category => "category",
        }
    }

    /// What the rows of an address say in it.
    fn words(&self, item: &Item) -> BTreeSet<String> {
        let texts = |set: &BTreeSet<std::sync::Arc<str>>| set.iter().map(|text| one_line(text)).collect();
        match self {
            Self::Geography => item.geographies.clone(),
            Self::Required => item.required.map(|required| need(required).to_owned()).into_iter().collect(),
            Self::Product => item.products.iter().map(|product| product.as_str().to_owned()).collect(),
            Self::Devices => texts(&item.devices),
            Self::Systems => item.systems.clone(),
            Self::Condition => item.conditions.clone(),
            Self::Service => texts(&item.services),
            Self::Category => texts(&item.categories),
        }
    }
}

/// `required` or `optional`.
pub(super) fn need(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a column says, before and after.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Aspect {
    /// Which column.
    pub column: Column,
    /// In the old list.
    pub before: BTreeSet<String>,
    /// In the new list.
    pub after: BTreeSet<String>,
}

/// A column, or one of several device columns, of which one side of a group says nothing in any row, so that its
/// addresses cannot be compared by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaid {
    /// Where.
    pub group: Group,
    /// Which column.
    pub column: String,
    /// Whether it is the new list that says nothing.
    pub new: bool,
}

/// What the addresses of a group say in any of their rows.
#[derive(Debug, Default)]
pub(super) struct Said {
    columns: BTreeSet<Column>,
    devices: BTreeSet<String>,
}

impl Said {
    pub(super) fn by<'i>(items: impl Iterator<Item = &'i Item>) -> Self {
        let mut said = Self::default();
        for item in items {
            said.columns.extend(Column::ALL.into_iter().filter(|column| !column.words(item).is_empty()));
            said.devices.extend(Column::Devices.words(item));
        }
        said
    }

    /// Columns that only one of the two sides says, each with whether it is the new one that does not.
    pub(super) fn unsaid(&self, new: &Self) -> Vec<(String, bool)> {
        let only = |one: &Self, other: &Self| -> Vec<String> {
            // Most tables state no condition and most rows need no handling of their own.
            let compared = |column: &&Column| !matches!(column, Column::Condition | Column::Product);
            let columns = one.columns.difference(&other.columns).filter(compared);
            let devices = one.devices.difference(&other.devices).filter(|_| !other.devices.is_empty());
            columns.map(|column| column.as_str().to_owned()).chain(devices.cloned()).collect()
        };
        let lost = only(self, new).into_iter().map(|column| (column, true));
        lost.chain(only(new, self).into_iter().map(|column| (column, false))).collect()
    }
}

/// What rows say otherwise now, in columns that both sides use.
pub(super) fn aspects(before: &[Item], after: &[Item], old: &Said, new: &Said) -> Vec<Aspect> {
    let uncertain = before.iter().chain(after).any(|item| item.uncertain);
    let both_say = |column: &Column| match column {
        Column::Condition | Column::Product => true,
        Column::Devices if uncertain => false,
        _ => old.columns.contains(column) && new.columns.contains(column),
    };
    let is_compared = |column: &Column, word: &String| {
        *column != Column::Devices || (old.devices.contains(word) && new.devices.contains(word))
    };
    let aspect = |column: Column| {
        let words = |items: &[Item]| -> BTreeSet<String> {
            let all = items.iter().flat_map(|item| column.words(item));
            all.filter(|word| is_compared(&column, word)).collect()
        };
        let (before, after) = (words(before), words(after));
        Aspect { column, before, after }
    };
    let compared = Column::ALL.into_iter().filter(both_say).map(aspect);
    compared.filter(|aspect| aspect.before != aspect.after).collect()
}

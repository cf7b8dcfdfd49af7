//! `Item`: one address of a list by its meaning, with all that its rows say of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::allowlist::{Allowlist, Product};
use crate::diagnostic::Place;
use crate::normalise::meaning;
use crate::pattern::{Host, Path, Pattern, Scheme};
use crate::rules::Rules;
use crate::select::{family_of, place};
use crate::source::{Document, ReadingRules, Role, Row, Table, geography_names, is_no};

/// The part of the lists that an address stands in. A sheet's name and place do not count, its purpose does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Cloud family, where the lists tell.
    pub cloud: Option<String>,
    /// For devices or for the portal.
    pub role: Role,
    /// The service tag, for networks.
    pub tag: Option<Arc<str>>,
}

impl Group {
    /// For people: `commercial`, `government, portal`, `service tag X`; empty where there is nothing to tell.
    pub fn title(&self) -> String {
        if let Some(tag) = &self.tag {
            return format!("service tag {tag}");
        }
        let role = (self.role == Role::Portal).then_some("portal");
        let parts: Vec<&str> = self.cloud.as_deref().into_iter().chain(role).collect();
        parts.join(", ")
    }
}

/// One address with what all its rows say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it means.
    pub pattern: Pattern,
    /// Required, optional, or not said; required wins.
    pub required: Option<bool>,
    /// Canonical names of its geographies.
    pub geographies: BTreeSet<String>,
    /// Ids of the device columns that say more than no.
    pub devices: BTreeSet<Arc<str>>,
    /// Whether some row's device columns cannot be trusted.
    pub uncertain: bool,
    /// `OS`, in lower case.
    pub systems: BTreeSet<String>,
    /// Device conditions that the names of its tables state.
    pub conditions: BTreeSet<String>,
    /// Services.
    pub services: BTreeSet<Arc<str>>,
    /// Categories.
    pub categories: BTreeSet<Arc<str>>,
    /// What a build does with it; empty for a published list.
    pub products: BTreeSet<Product>,
    /// Where its rows stand.
    pub places: Vec<Place>,
}

impl Item {
    fn of_pattern(pattern: Pattern, place: Place) -> Self {
        Self {
            pattern,
            required: None,
            geographies: BTreeSet::new(),
            devices: BTreeSet::new(),
            uncertain: false,
            systems: BTreeSet::new(),
            conditions: BTreeSet::new(),
            services: BTreeSet::new(),
            categories: BTreeSet::new(),
            products: BTreeSet::new(),
            places: vec![place],
        }
    }

    /// The address in the vendor's spelling, without its port.
    pub fn address(&self) -> String {
        address(&self.pattern)
    }
}

/// Host and path in the vendor's spelling.
pub fn address(pattern: &Pattern) -> String {
    format!("{}{}", pattern.host, pattern.path)
}

/// The addresses of lists by group and meaning.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// Every address.
    pub groups: BTreeMap<Group, BTreeMap<Pattern, Item>>,
    /// Texts of address columns that are no address, with the first place of each.
    pub unreadable: BTreeMap<Arc<str>, Place>,
}

impl Items {
    /// The addresses of `documents`. Of service tags, those that the rules know count.
    pub fn new<'d>(documents: impl IntoIterator<Item = &'d Document>, rules: &Rules) -> Self {
        let mut items = Self::default();
        for document in documents {
            let family = family_of(document);
            for table in &document.tables {
                let cloud = table.cloud.clone().or_else(|| family.clone());
                items.add_table(table, cloud, rules);
            }
            items.add_tags(document, rules);
        }
        items
    }

    /// The entries of a selection. Its cloud and its devices are those of the profile.
    pub fn of_allowlist(list: &Allowlist, rules: &ReadingRules) -> Self {
        let mut items = Self::default();
        for entry in list.entries() {
            let tag = entry.tag.as_ref().map(|tag| Arc::clone(&tag.name));
            let group = items.groups.entry(Group { cloud: None, role: Role::Endpoints, tag }).or_default();
            let mut products = BTreeSet::from([Product::Allow]);
            products.extend(entry.bypass.then_some(Product::Bypass));
            products.extend(entry.direct.then_some(Product::Direct));
            let places = entry
                .origins
                .iter()
                .map(|origin| Place::cell(&*origin.file, &*origin.sheet, origin.row.to_string()));
            let item = Item {
                required: entry.required,
                geographies: entry.geographies.iter().flat_map(|cell| names(cell, rules)).collect(),
                services: entry.services.iter().cloned().collect(),
                categories: entry.categories.iter().cloned().collect(),
                products,
                places: places.collect(),
                ..Item::of_pattern(entry.pattern.clone(), Place::default())
            };
            group.insert(entry.pattern.clone(), item);
        }
        items
    }

    fn add_table(&mut self, table: &Table, cloud: Option<String>, rules: &Rules) {
        let group = self.groups.entry(Group { cloud, role: table.role, tag: None }).or_default();
        for row in &table.rows {
            let Ok(pattern) = meaning(&row.address, row.port, rules) else {
                self.unreadable.entry(Arc::clone(&row.address)).or_insert_with(|| place(row));
                continue;
            };
            match group.get_mut(&pattern) {
                Some(item) => {
                    item.places.push(place(row));
                    say(item, row, table, &rules.reading);
                }
                None => {
                    let mut item = Item::of_pattern(pattern.clone(), place(row));
                    item.required = row.required;
                    say(&mut item, row, table, &rules.reading);
                    group.insert(pattern, item);
                }
            }
        }
    }

    fn add_tags(&mut self, document: &Document, rules: &Rules) {
        for tag in &document.tags {
            let Some(rule) = rules.list.tags.iter().find(|rule| *rule.name == *tag.name) else { continue };
            let group = Group { cloud: None, role: Role::Endpoints, tag: Some(Arc::clone(&tag.name)) };
            let group = self.groups.entry(group).or_default();
            for net in &tag.prefixes {
                let (host, scheme) = (Host::Net(*net), Scheme::of_port(rule.port));
                let pattern = Pattern { host, path: Path::Any, port: rule.port, scheme };
                let place = Place { sheet: Some(tag.name.to_string()), ..Place::file(&*document.file) };
                group.entry(pattern.clone()).or_insert_with(|| Item::of_pattern(pattern, place));
            }
        }
    }

    /// The clouds of the groups of each role; `None` for groups that say none.
    fn clouds(&self) -> Clouds {
        [Role::Endpoints, Role::Portal].map(|role| {
            let groups = self.groups.keys().filter(|group| group.role == role && group.tag.is_none());
            (role, groups.map(|group| group.cloud.clone()).collect())
        })
    }

    /// Gives the groups of a role that say no cloud the only one that the other side has and this one lacks.
    fn aligned(self, own: &Clouds, other: &Clouds) -> Self {
        let mut groups: BTreeMap<Group, BTreeMap<Pattern, Item>> = BTreeMap::new();
        let clouds = own.iter().zip(other).map(|((role, own), (_, other))| {
            let mut lacking = other.difference(own).flatten();
            let only = lacking.next().filter(|_| lacking.next().is_none()).cloned();
            (*role, only.filter(|_| !other.contains(&None)))
        });
        let clouds: Vec<(Role, Option<String>)> = clouds.collect();
        for (mut group, items) in self.groups {
            if group.tag.is_none() && group.cloud.is_none() {
                let cloud = clouds.iter().find(|(role, _)| *role == group.role);
                group.cloud = cloud.and_then(|(_, cloud)| cloud.clone());
            }
            groups.entry(group).or_default().extend(items);
        }
        Self { groups, unreadable: self.unreadable }
    }
}

/// Gives groups that say no cloud the one that the other side has in their place.
pub(super) fn align(old: Items, new: Items) -> (Items, Items) {
    let (before, after) = (old.clouds(), new.clouds());
    (old.aligned(&before, &after), new.aligned(&after, &before))
}

/// What the groups of each role say of their cloud.
type Clouds = [(Role, BTreeSet<Option<String>>); 2];

/// Adds what one more row says.
fn say(item: &mut Item, row: &Row, table: &Table, rules: &ReadingRules) {
    item.required = match (item.required, row.required) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        (Some(false), Some(false)) => Some(false),
    };
    item.geographies.extend(geographies(row, rules));
    item.devices.extend(flagged(row).cloned());
    item.uncertain |= row.devices_uncertain;
    item.systems.extend(row.os.as_deref().map(str::to_lowercase));
    item.conditions.extend(table.condition.clone());
    item.services.extend(row.service.clone());
    item.categories.extend(row.category.clone());
}

/// The device columns of a row that say more than no.
pub fn flagged(row: &Row) -> impl Iterator<Item = &Arc<str>> {
    row.devices.iter().filter(|(_, cell)| !is_no(cell)).map(|(id, _)| id)
}

/// The canonical names of the geographies of a row.
pub fn geographies(row: &Row, rules: &ReadingRules) -> Vec<String> {
    row.geography.as_deref().map_or_else(Vec::new, |cell| names(cell, rules))
}

/// The canonical names of the geographies in a cell, which may name several.
fn names(cell: &str, rules: &ReadingRules) -> Vec<String> {
    if let Some(known) = rules.geography(cell) {
        return vec![known.name.clone()];
    }
    let parts = geography_names(cell, |name| rules.geography(name).is_some());
    let parts: Option<Vec<String>> =
        parts.iter().map(|part| rules.geography(part).map(|known| known.name.clone())).collect();
    parts.unwrap_or_else(|| vec![cell.split_whitespace().collect::<Vec<_>>().join(" ")])
}

//! The lists on one side of the guard, row by row, by meaning.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Place;
use crate::diff::{address, coverers, flagged, geographies};
use crate::normalise::meaning;
use crate::pattern::{Host, Path, Pattern, Scheme, shared_suffix};
use crate::profile::Profile;
use crate::rules::Rules;
use crate::select::{family_of, place};
use crate::source::{Document, Role, Row, Scope};

/// What a table is for; its name and its place in the file do not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Connectivity and cloud family: rows of another realm take no row's place.
    pub(super) realm: Realm,
    pub(super) role: Role,
    /// Device condition that the table's name states.
    pub(super) condition: Option<String>,
    /// Service tag, for networks.
    pub(super) tag: Option<String>,
}

/// Connectivity and cloud family.
pub(super) type Realm = (String, String);

/// Whether rows of one realm can stand for rows of the other; what states no cloud fits each.
fn fits(one: &Realm, other: &Realm) -> bool {
    let same = |a: &str, b: &str| a.is_empty() || b.is_empty() || a == b;
    same(&one.0, &other.0) && same(&one.1, &other.1)
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) pattern: Pattern,
    pub(super) required: bool,
    /// Canonical names; empty for everybody.
    pub(super) geographies: BTreeSet<String>,
    pub(super) place: Place,
}

impl Line {
    /// The address as the list writes it.
    pub(super) fn address(&self) -> String {
        address(&self.pattern)
    }
}

/// The tables of one purpose.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Sheets or headings.
    pub(super) names: BTreeSet<String>,
    pub(super) lines: Vec<Line>,
    /// Ids of columns with some cell that is not blank.
    pub(super) columns: BTreeSet<String>,
    /// Whether the device columns of some row cannot be trusted.
    pub(super) uncertain: bool,
}

impl Table {
    pub(super) fn patterns(&self) -> BTreeSet<&Pattern> {
        self.lines.iter().map(|line| &line.pattern).collect()
    }

    /// For places: the first row.
    pub(super) fn place(&self) -> Place {
        let first = self.lines.first().map(|line| line.place.clone()).unwrap_or_default();
        Place { cell: None, line: None, text: None, ..first }
    }

    /// `sheet A` or `sheets A, B`, in code marks.
    pub(super) fn title(&self) -> String {
        super::tell::names(self.names.iter().map(String::as_str))
    }
}

/// All tables of one side.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) tables: BTreeMap<Key, Table>,
    /// Geographies whose rows concern everybody.
    pub(super) everywhere: BTreeSet<String>,
}

impl Lists {
    pub(super) fn new(documents: &[Document], rules: &Rules) -> Self {
        let everywhere = rules.reading.geographies.iter().filter(|known| known.scope == Scope::Everywhere);
        let everywhere = everywhere.map(|known| known.name.clone()).collect();
        let mut lists = Self { everywhere, ..Self::default() };
        for document in documents {
            lists.add(document, rules);
        }
        lists
    }

    fn add(&mut self, document: &Document, rules: &Rules) {
        let family = family_of(document);
        let connectivity = document.connectivity.clone().unwrap_or_default();
        for table in &document.tables {
            let cloud = table.cloud.clone().or_else(|| family.clone()).unwrap_or_default();
            let realm = (connectivity.clone(), cloud);
            let key = Key { realm, role: table.role, condition: table.condition.clone(), tag: None };
            let kept = self.tables.entry(key).or_default();
            kept.names.insert(table.sheet.to_string());
            for row in &table.rows {
                // A text that is no address allows nothing, before and after.
                let Ok(pattern) = meaning(&row.address, row.port, rules) else { continue };
                let geographies = geographies(row, &rules.reading).into_iter().collect();
                let required = row.required == Some(true);
                kept.lines.push(Line { pattern, required, geographies, place: place(row) });
                kept.columns.extend(columns(row));
                kept.uncertain |= row.devices_uncertain && !table.unread_marks;
            }
        }
        for tag in &document.tags {
            let Some(rule) = rules.list.tags.iter().find(|rule| *rule.name == *tag.name) else { continue };
            let realm = (String::new(), String::new());
            let key = Key { realm, role: Role::Endpoints, condition: None, tag: Some(rule.name.clone()) };
            let kept = self.tables.entry(key).or_default();
            kept.names.insert(rule.name.clone());
            let place = Place { sheet: Some(rule.name.clone()), ..Place::file(&*document.file) };
            let scheme = Scheme::of_port(rule.port);
            kept.lines.extend(tag.prefixes.iter().map(|net| Line {
                pattern: Pattern { host: Host::Net(*net), path: Path::Any, port: rule.port, scheme },
                required: false,
                geographies: BTreeSet::new(),
                place: place.clone(),
            }));
        }
    }

    /// Every row that can take the place of one in `realm`.
    pub(super) fn in_realm<'l>(&'l self, realm: &Realm) -> impl Iterator<Item = &'l Line> {
        let realm = realm.clone();
        let fitting = self.tables.iter().filter(move |(key, _)| fits(&key.realm, &realm));
        fitting.flat_map(|(_, table)| &table.lines)
    }

    /// The table with rows that serves the purpose of `key`.
    pub(super) fn table(&self, key: &Key) -> Option<&Table> {
        let serves = |other: &Key| {
            fits(&other.realm, &key.realm)
                && (other.role, &other.condition, &other.tag) == (key.role, &key.condition, &key.tag)
        };
        let exact = self.tables.get_key_value(key).into_iter();
        let all = exact.chain(self.tables.iter().filter(|(other, _)| serves(other)));
        all.map(|(_, table)| table).find(|table| !table.lines.is_empty())
    }

    /// Every row of exactly that realm.
    pub(super) fn of_realm<'l>(&'l self, realm: &Realm) -> impl Iterator<Item = &'l Line> {
        self.tables.iter().filter(move |(key, _)| key.realm == *realm).flat_map(|(_, table)| &table.lines)
    }

    /// The same without the tables of other clouds than the fleet's.
    pub(super) fn for_fleet(mut self, chosen: &Chosen) -> Self {
        self.tables.retain(|key, _| chosen.has_realm(&key.realm));
        self
    }

    /// The realms that occur.
    pub(super) fn realms(&self) -> BTreeSet<&Realm> {
        self.tables.keys().map(|key| &key.realm).collect()
    }

    /// Whether a row concerns everybody.
    pub(super) fn is_for_all(&self, line: &Line) -> bool {
        line.geographies.is_empty() || line.geographies.iter().any(|name| self.everywhere.contains(name))
    }
}

fn columns(row: &Row) -> impl Iterator<Item = String> {
    let fields = [
        ("service", row.service.is_some()),
        ("geography", row.geography.is_some()),
        ("category", row.category.is_some()),
        ("port", row.port.is_some()),
        ("required", row.required.is_some()),
        ("description", row.description.is_some()),
        ("comment", row.comment.is_some()),
        ("os", row.os.is_some()),
    ];
    let stated = fields.into_iter().filter(|(_, stated)| *stated).map(|(id, _)| id.to_owned());
    stated.chain(flagged(row).map(ToString::to_string))
}

/// The patterns of `lost` that `new` neither has nor covers. `known` is what the old list had: a wildcard that stood
/// beside an address before does not take its place, for the vendor wanted both; nor does one below a suffix that
/// customers share.
pub(super) fn uncovered<'p>(
    lost: &BTreeSet<&'p Pattern>,
    new: &BTreeSet<&'p Pattern>,
    known: &BTreeSet<&'p Pattern>,
) -> BTreeSet<&'p Pattern> {
    let open: BTreeSet<&Pattern> = lost.difference(new).copied().collect();
    let fresh = new.difference(known).filter(|pattern| shared_suffix(&pattern.host).is_none());
    let covered = coverers(&open, &fresh.copied().collect());
    open.into_iter().filter(|pattern| !covered.contains_key(pattern)).collect()
}

/// Whom the fleet's rows are for.
pub(super) struct Chosen {
    /// Canonical names and cloud family; `None` for all.
    profile: Option<(BTreeSet<String>, String)>,
}

impl Chosen {
    pub(super) fn new(profile: Option<&Profile>, rules: &Rules) -> Self {
        let names = |profile: &Profile| {
            let cloud = rules.reading.clouds.iter().find(|cloud| cloud.name == profile.cloud.value);
            let implied = cloud.map(|cloud| cloud.geographies.clone()).unwrap_or_default();
            let written = profile.geographies.iter().map(|spot| spot.value.clone());
            let canonical =
                |name: String| rules.reading.geography(&name).map_or(name, |known| known.name.clone());
            let family = cloud.map_or_else(String::new, |cloud| cloud.family.clone());
            (implied.into_iter().chain(written).map(canonical).collect(), family)
        };
        Self { profile: profile.map(names) }
    }

    /// Whether the fleet needs rows of that cloud.
    fn has_realm(&self, realm: &Realm) -> bool {
        self.profile.as_ref().is_none_or(|(_, family)| realm.1.is_empty() || realm.1 == *family)
    }

    /// Whether it needs rows of that geography.
    pub(super) fn has(&self, geography: &str) -> bool {
        self.profile.as_ref().is_none_or(|(names, _)| names.contains(geography))
    }
}

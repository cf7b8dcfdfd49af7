//! `ReadingRules`: what titles, sheet names and geographies mean, from `rules/<vendor>/*.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::Role;
use super::geography::{Cloud, Geography, names};
use super::text::fold;

/// What the cells of a column hold, for the check of shifted rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Any words.
    Text,
    /// A number from 1 to 65535.
    Port,
    /// Host names, URLs or networks.
    Address,
    /// One of the words for required and optional.
    Choice,
    /// One of the flag words, or blank.
    Flag,
    /// A part of the world, or of a government's clouds.
    Geography,
}

/// One meaning that a column can have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Field {
    /// `service`, `address`, … or the id of a device column.
    #[serde(deserialize_with = "shared_text")]
    pub id: Arc<str>,
    /// What its cells hold.
    pub kind: Kind,
    /// Titles that mean it.
    #[serde(default)]
    pub titles: Vec<String>,
    #[serde(default)]
    starts_with: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
    /// Where this was seen.
    pub source: String,
}

/// The words of choice and flag columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Words {
    flag: Vec<String>,
    /// The first of them as it is written.
    #[serde(skip)]
    mark: String,
    required: Vec<String>,
    optional: Vec<String>,
    /// What people write in place of a word, by that word; of a blank cell, by none.
    #[serde(default)]
    plain: BTreeMap<String, Vec<String>>,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

/// The devices that rows of a category are for, where their device cells cannot be trusted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shifted {
    category: String,
    /// Ids of device fields.
    pub(super) devices: Vec<String>,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

/// Devices that a category names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryDevices {
    /// What stands in parentheses, alone or beside others, in lower case.
    names: Vec<String>,
    /// Ids of device fields, for one of which a row is marked.
    devices: Vec<String>,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

/// Devices that rows are marked for together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    /// Ids of device fields.
    together: Vec<BTreeSet<String>>,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    words: Words,
    #[serde(default)]
    shifted: Vec<Shifted>,
    #[serde(default, rename = "category")]
    categories: Vec<CategoryDevices>,
    #[serde(default)]
    marks: Marks,
    field: Vec<Field>,
}

/// What a sheet name or heading says about the table below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableRole {
    /// Addresses that devices need.
    Endpoints,
    /// Addresses that administrators' browsers need.
    Portal,
    /// Dates and texts: what changed in the list.
    Changelog,
    /// No addresses.
    Ignore,
}

impl TableRole {
    /// The role of a table that is read, `None` for one that is not.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Endpoints => Some(Role::Endpoints),
            Self::Portal => Some(Role::Portal),
            Self::Changelog | Self::Ignore => None,
        }
    }
}

/// A kind of sheet, known by its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TableRule {
    /// What it is for.
    pub role: TableRole,
    /// Id of the device condition that its name states.
    pub condition: Option<String>,
    /// Ids of the fields for which every published table of this kind has a column.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Ids of the device fields for which every published table of this kind has a column: a fleet that has such devices
    /// cannot be told what they need without it.
    #[serde(default)]
    pub devices: Vec<String>,
    /// Ids of the fields of words for which every published table of this kind has a column: without it rows are read, and
    /// what the words say of them is lost.
    #[serde(default)]
    pub texts: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    starts_with: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
    #[serde(default)]
    parts: Vec<String>,
    #[serde(default)]
    addresses: Vec<String>,
    /// Where this was seen.
    pub source: String,
}

impl TableRule {
    /// Whether a heading of a page, no deeper than the table's own, stands above a part of it.
    pub(super) fn has_part(&self, heading: &str) -> bool {
        self.parts.contains(&fold(heading))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CloudName {
    family: String,
    #[serde(default)]
    contains: Vec<String>,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Connectivity {
    name: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
    #[serde(default)]
    otherwise: bool,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

/// How many rows a kind of table has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Plausible {
    role: TableRole,
    /// The cloud family that it is for, if only for one.
    cloud: Option<String>,
    /// With neither, it is for every other table of the role.
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    starts_with: Vec<String>,
    /// The fewest that a published one has had; fewer are a finding.
    pub(super) least: usize,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

/// The key of a page's front matter that holds its date.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageDate {
    key: String,
    #[expect(dead_code, reason = "a citation for readers of the rules")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tables {
    names: Vec<String>,
    table: Vec<TableRule>,
    #[serde(default)]
    cloud: Vec<CloudName>,
    #[serde(default)]
    connectivity: Vec<Connectivity>,
    #[serde(default)]
    plausible: Vec<Plausible>,
    page_date: Option<PageDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Geographies {
    geography: Vec<Geography>,
    #[serde(default)]
    cloud: Vec<Cloud>,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// One of the three files is not as it must be.
    #[error("the rules file `{file}` cannot be read")]
    File {
        /// `columns.toml`, `tables.toml` or `geographies.toml`.
        file: &'static str,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// A title that would mean two things.
    #[error("the rules file `columns.toml` gives the title `{0}` to two fields")]
    TitleTwice(String),
    /// No field holds addresses.
    #[error("the rules file `columns.toml` has no field with the id `address`")]
    NoAddress,
}

/// Everything the reader knows about a vendor's lists.
#[derive(Clone, Debug)]
pub struct ReadingRules {
    /// Meanings of columns.
    pub fields: Vec<Field>,
    /// Geographies of the lists.
    pub geographies: Vec<Geography>,
    /// Clouds that a tenant can be in.
    pub clouds: Vec<Cloud>,
    words: Words,
    shifted: Vec<Shifted>,
    categories: Vec<CategoryDevices>,
    marks: Marks,
    exact: BTreeMap<String, usize>,
    geographies_by_name: BTreeMap<String, usize>,
    tables: Vec<TableRule>,
    cloud_names: Vec<CloudName>,
    connectivity: Vec<Connectivity>,
    plausible: Vec<Plausible>,
    page_date: Option<PageDate>,
    /// Published names of tables that hold addresses, to show people.
    pub(super) names: Vec<String>,
}

impl ReadingRules {
    /// The key of a page's front matter that holds its date.
    pub(super) fn page_date_key(&self) -> Option<&str> {
        self.page_date.as_ref().map(|date| date.key.as_str())
    }

    /// Rules from what `columns.toml`, `tables.toml` and `geographies.toml` say, as JSON.
    pub fn from_json(columns: &str, tables: &str, geographies: &str) -> Result<Self, RulesError> {
        let columns: Columns = parse("columns.toml", columns)?;
        let tables: Tables = parse("tables.toml", tables)?;
        let geographies: Geographies = parse("geographies.toml", geographies)?;
        let mut rules = Self {
            exact: exact_titles(&columns.field)?,
            fields: columns.field,
            words: columns.words,
            shifted: columns.shifted,
            categories: columns.categories,
            marks: columns.marks,
            geographies_by_name: geographies_by_name(&geographies.geography),
            geographies: geographies.geography,
            clouds: geographies.cloud,
            tables: tables.table,
            cloud_names: tables.cloud,
            connectivity: tables.connectivity,
            plausible: tables.plausible,
            page_date: tables.page_date,
            names: tables.names,
        };
        if !rules.fields.iter().any(|field| &*field.id == "address" && field.kind == Kind::Address) {
            return Err(RulesError::NoAddress);
        }
        rules.fold_matchers();
        Ok(rules)
    }

    fn fold_matchers(&mut self) {
        let fields = self.fields.iter_mut().flat_map(|f| [&mut f.starts_with, &mut f.contains]);
        let tables = self
            .tables
            .iter_mut()
            .flat_map(|t| [&mut t.names, &mut t.starts_with, &mut t.contains, &mut t.parts]);
        let clouds = self.cloud_names.iter_mut().map(|c| &mut c.contains);
        let connectivity = self.connectivity.iter_mut().flat_map(|c| [&mut c.names, &mut c.contains]);
        self.words.mark = self.words.flag.first().cloned().unwrap_or_default();
        let words = [&mut self.words.flag, &mut self.words.required, &mut self.words.optional];
        self.shifted.iter_mut().for_each(|rule| rule.category = fold(&rule.category));
        let plausible = self.plausible.iter_mut().flat_map(|p| [&mut p.names, &mut p.starts_with]);
        for list in fields.chain(tables).chain(clouds).chain(connectivity).chain(words).chain(plausible) {
            for text in list {
                *text = fold(text);
            }
        }
    }

    /// Position in `fields` of what a column title means.
    pub(super) fn field_of_title(&self, title: &str) -> Option<usize> {
        let title = fold_title(title);
        let starts = |field: &Field| field.starts_with.iter().any(|start| title.starts_with(start));
        let contains = |field: &Field| field.contains.iter().any(|part| title.contains(part.as_str()));
        self.exact
            .get(&title)
            .copied()
            .or_else(|| self.fields.iter().position(starts))
            .or_else(|| self.fields.iter().position(contains))
    }

    /// The title that the column of a field has mostly had.
    pub(crate) fn title_of(&self, id: &str) -> Option<&str> {
        self.fields.iter().find(|field| *field.id == *id)?.titles.first().map(String::as_str)
    }

    /// The known title that is most like `title`.
    pub(super) fn nearest_title(&self, title: &str) -> Option<&str> {
        let title = fold(title);
        if title.len() > 80 {
            return None;
        }
        let titles = self.fields.iter().flat_map(|field| &field.titles);
        let likeness = |known: &String| strsim::normalized_damerau_levenshtein(&fold(known), &title);
        let best = titles.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(best) >= 0.5).then_some(best)
    }

    /// What a sheet name or heading says about the table below it.
    pub(super) fn table(&self, name: &str) -> Option<&TableRule> {
        let name = fold(name);
        self.tables.iter().find(|rule| {
            rule.names.contains(&name)
                || rule.starts_with.iter().any(|start| name.starts_with(start))
                || rule.contains.iter().any(|part| name.contains(part.as_str()))
        })
    }

    /// What a table is that has these addresses, where its name says nothing.
    pub(super) fn table_of_addresses<'t>(
        &self,
        addresses: impl Iterator<Item = &'t str> + Clone,
    ) -> Option<&TableRule> {
        self.tables.iter().filter(|rule| !rule.addresses.is_empty()).find(|rule| {
            let (mut all, mut of_rule) = (0_usize, 0_usize);
            for address in addresses.clone() {
                let bare = address.split_once("://").map_or(address, |(_, bare)| bare);
                let bare = bare.trim().trim_end_matches('/');
                all += 1;
                of_rule += usize::from(rule.addresses.iter().any(|known| known.eq_ignore_ascii_case(bare)));
            }
            of_rule * 2 > all
        })
    }

    /// Cloud family that a sheet name states.
    pub(super) fn family_of_name(&self, name: &str) -> Option<&str> {
        let name = fold(name);
        let rule = self.cloud_names.iter().find(|c| c.contains.iter().any(|part| name.contains(part)));
        rule.map(|rule| rule.family.as_str())
    }

    /// Connectivity that the sheet names and headings of a document state.
    pub(super) fn connectivity<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Option<&str> {
        let stated = |rule: &&Connectivity, name: &str| {
            let name = fold(name);
            rule.names.contains(&name) || rule.contains.iter().any(|part| name.contains(part.as_str()))
        };
        names
            .find_map(|name| self.connectivity.iter().find(|rule| stated(rule, name)))
            .or_else(|| self.connectivity.iter().find(|rule| rule.otherwise))
            .map(|rule| rule.name.as_str())
    }

    /// How many rows a table of this role and name has, the fewest where its cloud does not decide.
    pub(super) fn plausible(&self, role: Role, name: &str, cloud: Option<&str>) -> Option<&Plausible> {
        let name = fold(name);
        let of_role = || self.plausible.iter().filter(|rule| rule.role.role() == Some(role));
        let named = |rule: &&Plausible| {
            rule.names.contains(&name) || rule.starts_with.iter().any(|start| name.starts_with(start))
        };
        let of_cloud =
            |rule: &&Plausible| cloud.is_none() || rule.cloud.is_none() || rule.cloud.as_deref() == cloud;
        let other = |rule: &&Plausible| rule.names.is_empty() && rule.starts_with.is_empty();
        let best = of_role().filter(named).filter(of_cloud).min_by_key(|rule| rule.least);
        best.or_else(|| of_role().find(other))
    }

    /// The geography that a cell names.
    pub fn geography(&self, text: &str) -> Option<&Geography> {
        self.geographies.get(*self.geographies_by_name.get(&fold(text))?)
    }

    /// The word that marks a device.
    pub fn flag(&self) -> &str {
        &self.words.mark
    }

    /// Whether a cell is a flag word.
    pub fn is_flag(&self, text: &str) -> bool {
        has_word(&self.words.flag, text)
    }

    /// Whether a cell is a flag word, or plainly stands for one.
    pub(super) fn is_mark(&self, text: &str) -> bool {
        self.is_flag(text) || self.plain_word(Kind::Flag, text).is_some()
    }

    /// Whether a cell calls its row required, with a published word or one that plainly stands for it.
    pub(super) fn plain_choice(&self, text: &str) -> Option<bool> {
        self.choice(text).or_else(|| self.choice(self.plain_word(Kind::Choice, text)?))
    }

    /// The word, or the blank cell, that a cell plainly stands for.
    pub(super) fn plain_word(&self, kind: Kind, text: &str) -> Option<&str> {
        // Nearly every cell holds a published word.
        let is_published = match kind {
            Kind::Flag => self.is_flag(text),
            Kind::Choice => self.choice(text).is_some(),
            Kind::Port => text.starts_with(|c: char| c.is_ascii_digit()),
            Kind::Geography => false,
            Kind::Text | Kind::Address => true,
        };
        if is_published {
            return None;
        }
        let fits = |word: &str| match kind {
            Kind::Flag => word.is_empty() || self.is_flag(word),
            Kind::Choice => word.is_empty() || self.choice(word).is_some(),
            Kind::Port | Kind::Geography => word.is_empty(),
            Kind::Text | Kind::Address => false,
        };
        let mut words = self.words.plain.iter();
        words.find_map(|(word, others)| (fits(word) && has_word(others, text)).then_some(word.as_str()))
    }

    /// The devices that the category of a shifted row names.
    pub(super) fn devices_of_category(&self, category: &str) -> Option<&Shifted> {
        let category = fold(category);
        self.shifted.iter().find(|rule| rule.category == category)
    }

    /// The devices that a category names, each time one of which a row is for.
    pub(super) fn named_by_category(&self, category: &str) -> impl Iterator<Item = &[String]> {
        let denies = |word: &&str| DENIALS.contains(&word.trim_end_matches([',', ':']));
        let affirmed = |inside: &str| {
            let inside = inside.to_lowercase();
            let words: Vec<&str> = inside.split_whitespace().take_while(|word| !denies(word)).collect();
            names(&words.join(" "), |_| false)
        };
        let inside = category.split('(').skip(1).filter_map(|part| part.split(')').next());
        let names: Vec<String> = inside.flat_map(affirmed).collect();
        let named =
            self.categories.iter().filter(move |rule| rule.names.iter().any(|name| names.contains(name)));
        named.map(|rule| rule.devices.as_slice())
    }

    /// Whether published rows are marked for just these devices.
    pub(super) fn are_marked_together(&self, devices: &BTreeSet<&str>) -> bool {
        let is_same = |known: &BTreeSet<String>| {
            known.len() == devices.len() && known.iter().all(|device| devices.contains(device.as_str()))
        };
        self.marks.together.iter().any(is_same)
    }

    /// What a cell of a choice column says.
    pub(super) fn choice(&self, text: &str) -> Option<bool> {
        if has_word(&self.words.required, text) {
            return Some(true);
        }
        has_word(&self.words.optional, text).then_some(false)
    }
}

fn shared_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Arc::from)
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, RulesError> {
    serde_json::from_str(text).map_err(|source| RulesError::File { file, source })
}

/// Words behind which a category names what it is not for.
const DENIALS: [&str; 7] = ["not", "no", "non", "except", "excluding", "but", "without"];

/// A title, whatever stands around its slashes: `Endpoint / URL`.
fn fold_title(title: &str) -> String {
    fold(title).replace(" /", "/").replace("/ ", "/")
}

fn exact_titles(fields: &[Field]) -> Result<BTreeMap<String, usize>, RulesError> {
    let mut exact = BTreeMap::new();
    for (at, field) in fields.iter().enumerate() {
        for title in &field.titles {
            if exact.insert(fold_title(title), at).is_some_and(|other| other != at) {
                return Err(RulesError::TitleTwice(title.clone()));
            }
        }
    }
    Ok(exact)
}

/// Every name and alias; of two geographies with one name the first counts.
fn geographies_by_name(geographies: &[Geography]) -> BTreeMap<String, usize> {
    let mut by_name = BTreeMap::new();
    for (at, geography) in geographies.iter().enumerate() {
        for name in std::iter::once(&geography.name).chain(&geography.aliases) {
            by_name.entry(fold(name)).or_insert(at);
        }
    }
    by_name
}

fn has_word(words: &[String], text: &str) -> bool {
    // The words are ASCII and short: most cells are told by their length alone.
    let text = text.trim();
    text.len() <= 16 && words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

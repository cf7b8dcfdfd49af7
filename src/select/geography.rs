//! Geographies and clouds: the rows of the tenant's data locations, and those that concern everybody.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::{Profile, nearest};
use crate::rules::Rules;
use crate::source::{Document, ReadingRules, Role, Row, Scope, Table, geography_names};

use super::meaning;

/// The connectivity of a profile that some data locations have alone.
const STREAMLINED: &str = "streamlined";

/// The geographies that a profile chooses.
pub(super) struct Chosen {
    family: String,
    cloud: String,
    names: BTreeSet<String>,
    everywhere: BTreeSet<String>,
    aliases: Vec<(String, String)>,
    misplaced: Vec<(Vec<String>, String, String)>,
    /// The cloud family that a geography tells, by its folded name.
    families: BTreeMap<String, &'static str>,
    /// Folded names that the rules or the profile have.
    known: BTreeSet<String>,
}

/// How a cell of geographies is read.
enum Reading {
    /// One of its geographies is chosen, or is for everybody.
    Here,
    /// None of them is.
    Elsewhere,
    /// Nobody knows it as a whole, and this chosen name stands in it.
    Doubtful(String),
}

impl Chosen {
    /// Checks the profile's choice against the geographies that the lists have.
    pub(super) fn new(
        documents: &[&Document],
        profile: &Profile,
        rules: &Rules,
        findings: &mut Findings,
    ) -> Self {
        let reading = &rules.reading;
        let cloud = reading.clouds.iter().find(|cloud| cloud.name == profile.cloud.value);
        let mut chosen = Self {
            family: cloud.map_or_else(String::new, |cloud| cloud.family.clone()),
            cloud: profile.cloud.value.clone(),
            names: cloud
                .map(|cloud| cloud.geographies.iter().map(|name| fold(name)).collect())
                .unwrap_or_default(),
            everywhere: BTreeSet::new(),
            aliases: Vec::new(),
            misplaced: Vec::new(),
            families: BTreeMap::new(),
            known: profile.geographies.iter().map(|spot| fold(&spot.value)).collect(),
        };
        for geography in &reading.geographies {
            if geography.scope == Scope::Everywhere {
                chosen.everywhere.insert(fold(&geography.name));
            }
            let aliases = geography.aliases.iter().map(|alias| (fold(alias), fold(&geography.name)));
            chosen.aliases.extend(aliases);
            chosen.known.extend(geography.aliases.iter().chain([&geography.name]).map(|name| fold(name)));
            chosen.families.extend(geography.scope.family().map(|family| (fold(&geography.name), family)));
        }
        for fact in &rules.conditions.misplaced {
            chosen.misplaced.push((fact.hosts.clone(), fact.belongs.clone(), fact.source.clone()));
        }
        chosen.add_profile(documents, profile, reading, findings);
        chosen
    }

    fn add_profile(
        &mut self,
        documents: &[&Document],
        profile: &Profile,
        reading: &ReadingRules,
        findings: &mut Findings,
    ) {
        let tables = self.tables(documents);
        // Lists of addresses for everybody name no geography but those of the portal.
        let mut for_devices = tables.iter().filter(|table| table.role == Role::Endpoints);
        let tells = for_devices.any(|table| table.rows.iter().any(|row| row.geography.is_some()));
        let listed = self.listed(&tables);
        // Of a cloud that implies geographies one plays the part of everywhere, and is asked for below.
        if self.names.is_empty() && self.lacks_everywhere(&tables, reading) {
            findings.extend(lost_everywhere(documents, reading));
        }
        let lacks = |chosen: &Self, name: &str| {
            let is_it = |listed: &String| chosen.canonical(listed) == name;
            listed.as_ref().is_some_and(|listed| !listed.iter().any(is_it))
                && !chosen.everywhere.contains(name)
        };
        for name in self.names.iter().filter(|name| lacks(self, name)) {
            let known = reading.geography(name).map_or(name.as_str(), |known| known.name.as_str());
            findings.push(without_rows(known, tells, profile.cloud.place.clone()));
        }
        for spot in &profile.geographies {
            let name = self.canonical(&spot.value);
            if lacks(self, &name) {
                let listed = listed.iter().flatten().map(String::as_str).collect::<Vec<_>>();
                let known = reading.geography(&spot.value);
                let is_known = known.is_some();
                findings.push(if known.is_some_and(|known| known.streamlined_alone) {
                    no_rows_of_its_own(&spot.value, &profile.connectivity.value).at(spot.place.clone())
                } else if listed.is_empty() && is_known {
                    without_rows(&spot.value, tells, spot.place.clone())
                } else {
                    unknown(&spot.value, &listed, reading).at(spot.place.clone())
                });
            }
            self.names.insert(name);
        }
    }

    /// The tables of the lists for this cloud.
    fn tables<'d>(&self, documents: &[&'d Document]) -> Vec<&'d Table> {
        let of_document = |document: &&'d Document| {
            let family = family_of(document);
            let is_ours =
                move |table: &&Table| self.wrong_family(self.cloud_of(table, family.as_deref())).is_none();
            document.tables.iter().filter(is_ours)
        };
        documents.iter().flat_map(of_document).collect()
    }

    /// Whether some row tells a known geography and none is for every tenant.
    fn lacks_everywhere(&self, tables: &[&Table], reading: &ReadingRules) -> bool {
        let cells: BTreeSet<Option<&str>> =
            tables.iter().flat_map(|table| &table.rows).map(|row| row.geography.as_deref()).collect();
        let names: Vec<String> = cells.iter().flatten().flat_map(|cell| self.names_of(cell)).collect();
        names.iter().any(|name| reading.geography(name).is_some())
            && !cells.contains(&None)
            && !names.iter().any(|name| self.is_everywhere(name))
    }

    fn is_everywhere(&self, name: &str) -> bool {
        self.everywhere.contains(&self.canonical(name))
    }

    /// The geographies that a cell names, one at least.
    fn names_of(&self, cell: &str) -> Vec<String> {
        geography_names(cell, |name| self.known.contains(&fold(name)))
    }

    /// The geographies that tables name, as they write them, but for those of every tenant; `None` if they have no row.
    fn listed(&self, tables: &[&Table]) -> Option<BTreeSet<String>> {
        let mut rows = tables.iter().flat_map(|table| &table.rows).peekable();
        rows.peek()?;
        let cells: BTreeSet<&str> = rows.filter_map(|row| row.geography.as_deref()).collect();
        let names = cells.into_iter().flat_map(|cell| self.names_of(cell));
        Some(names.filter(|name| !self.is_everywhere(name)).collect())
    }

    fn canonical(&self, name: &str) -> String {
        let name = fold(name);
        self.aliases.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, canonical)| canonical.clone())
    }

    /// Why a table of that cloud family is left out, if it is.
    pub(super) fn wrong_family(&self, family: Option<&str>) -> Option<String> {
        let family = family.filter(|family| *family != self.family)?;
        Some(format!("{family} list; the cloud of the profile is `{}`", self.cloud))
    }

    /// For each table of a document why it is for another cloud, if it is.
    pub(super) fn wrong_tables(&self, document: &Document) -> Vec<Option<String>> {
        let family = family_of(document);
        document.tables.iter().map(|table| self.wrong_table(document, table, family.as_deref())).collect()
    }

    /// Why a table of a document is left out, if it is. A table that names no cloud is not for the one that has a
    /// table of its own.
    fn wrong_table(
        &self,
        document: &Document,
        table: &Table,
        document_family: Option<&str>,
    ) -> Option<String> {
        let own = |other: &Table| other.role == table.role && other.cloud.as_deref() == Some(&self.family);
        let unnamed = table.cloud.is_none() && document_family.is_none();
        // Addresses for devices are kept where the cloud is in doubt.
        if unnamed && table.role == Role::Portal && document.tables.iter().any(own) {
            return Some(format!("the list has a table of its own for the cloud `{}`", self.cloud));
        }
        self.wrong_family(self.cloud_of(table, document_family))
    }

    /// The cloud family of a table: its own, or its document's, unless one of its rows tells another.
    fn cloud_of<'a>(&self, table: &'a Table, document_family: Option<&'a str>) -> Option<&'a str> {
        if table.cloud.is_some() {
            return table.cloud.as_deref();
        }
        let family = document_family?;
        let geographies: BTreeSet<&str> =
            table.rows.iter().filter_map(|row| row.geography.as_deref()).collect();
        let told =
            |name: &String| self.families.get(&self.canonical(name)).is_some_and(|told| *told != family);
        (!geographies.iter().flat_map(|cell| self.names_of(cell)).any(|name| told(&name))).then_some(family)
    }

    /// Why a row of another geography is left out, if it is.
    pub(super) fn reason_against(&self, row: &Row) -> Option<String> {
        let geography = row.geography.as_deref()?;
        let here = !matches!(self.reading(geography), Reading::Elsewhere);
        let elsewhere = || {
            self.belonging(row, geography)
                .is_some_and(|(belongs, _)| self.names.contains(&self.canonical(belongs)))
        };
        (!here && !elsewhere()).then(|| format!("geography `{geography}` is not chosen"))
    }

    /// Whether a cell names a chosen geography; one of several is enough.
    fn reading(&self, cell: &str) -> Reading {
        let is_here = |name: &str| {
            let name = self.canonical(name);
            self.everywhere.contains(&name) || self.names.contains(&name)
        };
        // Most cells name one that is known.
        if is_here(cell) {
            return Reading::Here;
        }
        let names = self.names_of(cell);
        if names.iter().any(|name| is_here(name)) {
            return Reading::Here;
        }
        if names.iter().all(|name| self.known.contains(&fold(name))) {
            return Reading::Elsewhere;
        }
        let chosen = self.known.iter().find(|name| is_here(name) && holds_words(cell, name));
        chosen.map_or(Reading::Elsewhere, |name| Reading::Doubtful(name.clone()))
    }

    /// How a cell is read of which nobody knows every name.
    fn unknown_reading(&self, cell: &str) -> Option<Reading> {
        let is_known = |name: &String| self.known.contains(&fold(name));
        (!self.names_of(cell).iter().all(is_known)).then(|| self.reading(cell))
    }

    /// Geographies that the rules do not know and the profile does not choose, each with a row: those rows are left out,
    /// but for the ones whose words hold a chosen name. `wrong` is what [`Self::wrong_tables`] says of each document.
    pub(super) fn report_unknown(
        &self,
        documents: &[&Document],
        wrong: &[Vec<Option<String>>],
        reading: &ReadingRules,
        findings: &mut Findings,
    ) {
        let mut unknown: BTreeMap<&str, (&Row, usize)> = BTreeMap::new();
        let mut readings: BTreeMap<&str, Option<Reading>> = BTreeMap::new();
        for (document, wrong) in documents.iter().zip(wrong) {
            let ours = document.tables.iter().zip(wrong).filter(|(_, wrong)| wrong.is_none());
            for (table, _) in ours {
                for row in &table.rows {
                    let Some(geography) = row.geography.as_deref() else { continue };
                    let reading =
                        readings.entry(geography).or_insert_with(|| self.unknown_reading(geography));
                    let is_told = match reading {
                        None | Some(Reading::Here) => false,
                        Some(Reading::Doubtful(_)) => true,
                        Some(Reading::Elsewhere) => self.reason_against(row).is_some(),
                    };
                    if is_told {
                        unknown.entry(geography).or_insert((row, 0)).1 += 1;
                    }
                }
            }
        }
        for (geography, (row, count)) in unknown {
            let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
            let (then, help) = match readings.get(geography) {
                Some(Some(Reading::Doubtful(name))) => {
                    let name = reading.geography(name).map_or(name, |known| &known.name);
                    (
                        format!("`{name}`, which is wanted, stands in it; {rows} kept"),
                        "if the rows are for others, leave them out with an exclude rule in `[select]`"
                            .to_owned(),
                    )
                }
                _ => (
                    format!("the profile does not choose it; {rows} left out"),
                    format!(
                        "if it is yours, add `{geography}` to `geographies`; `list --dropped` shows the rows"
                    ),
                ),
            };
            let message = format!("the rules do not know the geography `{geography}`, and {then}");
            let place = super::place_of_cell(row, row.columns.geography, geography.to_owned());
            findings.push(Finding::warning(Code::GeographyNotKnown, message).at(place).help(help));
        }
    }

    /// Where a row belongs by its name, if that is not the geography it stands under, and how we know.
    fn belonging(&self, row: &Row, geography: &str) -> Option<(&str, &str)> {
        self.misplaced
            .iter()
            .filter(|(hosts, ..)| hosts.iter().any(|host| meaning::is_same(&row.address, host)))
            .find(|(_, belongs, _)| self.canonical(belongs) != self.canonical(geography))
            .map(|(_, belongs, source)| (belongs.as_str(), source.as_str()))
    }

    /// A finding about a selected row that stands under the wrong geography.
    pub(super) fn report_misplaced(&self, row: &Row, findings: &mut Findings) {
        let Some(geography) = row.geography.as_deref() else { return };
        let Some((belongs, source)) = self.belonging(row, geography) else { return };
        let message = format!(
            "`{}` stands under `{geography}` and by its name belongs to `{belongs}`; it is kept for both",
            row.address
        );
        let finding = Finding::warning(Code::GeographyContradiction, message);
        let place = super::place_of_cell(row, row.columns.geography, geography.to_owned());
        findings.push(finding.at(place).help(format!("source: {source}")));
    }
}

/// What to say where every list has rows for all tenants and these have none.
fn lost_everywhere(documents: &[&Document], reading: &ReadingRules) -> Option<Finding> {
    let known = reading.geographies.iter().find(|geography| geography.scope == Scope::Everywhere)?;
    let message = format!(
        "no row of the list is for the geography `{}`, which every tenant needs; they were cut off or renamed",
        known.name
    );
    let place = documents.first().map_or_else(Place::default, |document| Place::file(&*document.file));
    let help = "the list can be downloaded again and compared with the vendor's page";
    Some(Finding::error(Code::GeographyUnknown, message).at(place).help(help))
}

/// What to say of a geography that nobody has heard of.
fn unknown(name: &str, listed: &[&str], reading: &ReadingRules) -> Finding {
    let message = format!("the list has never heard of the geography `{name}`");
    let known = || reading.geographies.iter().map(|geography| geography.name.as_str()).collect();
    let (names, whose) =
        if listed.is_empty() { (known(), "the rules know") } else { (listed.to_vec(), "it has") };
    let near = nearest(name, names.iter().copied())
        .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
    Finding::error(Code::GeographyUnknown, message).help(format!("{near}{whose} `{}`", names.join("`, `")))
}

/// What to say of a geography whose tenants need the rows of every tenant alone.
fn no_rows_of_its_own(name: &str, connectivity: &str) -> Finding {
    if connectivity == STREAMLINED {
        let message = format!(
            "no row of the list is for the geography `{name}` alone; those of every tenant were taken"
        );
        return Finding::note(Code::GeographyUnknown, message)
            .help("its tenants have streamlined connectivity alone, for which they do");
    }
    let message = format!(
        "tenants of the geography `{name}` have streamlined connectivity, and no row of the list is for it"
    );
    Finding::error(Code::GeographyUnknown, message).help("write `connectivity = \"streamlined\"`")
}

/// What to say of a known geography for which the lists have no row: `tells` is whether they name geographies at all.
fn without_rows(name: &str, tells: bool, place: Place) -> Finding {
    let help = "the list can be downloaded again and compared with the vendor's page";
    if tells {
        let message = format!(
            "no row of the list is for the geography `{name}`, and other rows name theirs: its own addresses were cut off"
        );
        return Finding::error(Code::GeographyUnknown, message).at(place).help(help);
    }
    let message = format!(
        "no row of the list is for the geography `{name}`, so that its own addresses may have been cut off; the other \
         rows were taken"
    );
    Finding::warning(Code::GeographyUnknown, message).at(place).help(help)
}

/// The cloud family of a document, if its tables agree.
pub(crate) fn family_of(document: &Document) -> Option<String> {
    let mut families = document.tables.iter().filter_map(|table| table.cloud.as_deref());
    let first = families.next()?;
    families.all(|family| family == first).then(|| first.to_owned())
}

/// Whether the words of `name` stand in the cell side by side.
fn holds_words(cell: &str, name: &str) -> bool {
    let (cell, name) = (words(cell), words(name));
    !name.is_empty() && cell.windows(name.len()).any(|window| window == name)
}

fn words(text: &str) -> Vec<String> {
    let text = fold(text);
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Names are compared without case and repeated white space.
fn fold(name: &str) -> String {
    let is_visible = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}');
    let visible: Cow<'_, str> =
        if name.is_ascii() { name.into() } else { name.chars().filter(is_visible).collect() };
    let mut words = String::with_capacity(visible.len());
    for word in visible.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::holds_words;

    #[test]
    fn a_name_is_found_among_words_and_not_inside_one() {
        assert!(holds_words("EU (see note)", "EU"));
        assert!(holds_words("all of the US  Gov", "us gov"));
        assert!(!holds_words("EUROPE", "EU"));
        assert!(!holds_words("US", "US Gov"));
    }
}

//! STAGE 2 select: which rows the fleet of a profile needs, and why the others are left out.
//!
//! The first reason wins, in this order: list, cloud, portal, geography, devices, exclude rule, releases, optional.

mod device;
mod direct;
mod extra;
mod fleet;
mod geography;
mod meaning;
mod requirement;
mod tag;

pub(crate) use extra::EXTRA;
pub(crate) use fleet::check_fleet;
pub(crate) use geography::family_of;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::allowlist::Tag;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::origin::Origin;
use crate::pattern::{Host, Pattern, Request, Scheme, allows, parse_address};
use crate::profile::Profile;
use crate::rules::Rules;
use crate::source::{Document, LeftOut, Role, Row, Table};
use crate::texts::Texts;

/// One address that the fleet needs, as the list writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address, workspace IDs filled in.
    pub address: Arc<str>,
    /// The row it comes from.
    pub origin: Origin,
    /// Where it stands.
    pub spot: Spot,
    /// `Service`.
    pub service: Option<Arc<str>>,
    /// `Geography`.
    pub geography: Option<Arc<str>>,
    /// `Category`.
    pub category: Option<Arc<str>>,
    /// `Port`.
    pub port: Option<u16>,
    /// Required, optional, or not said.
    pub required: Option<bool>,
    /// Whether it is for devices or for the portal.
    pub role: Role,
    /// Whether its row asks for a direct connection.
    pub direct: bool,
    /// Whether inspection is to leave it alone, as far as the list decides it.
    pub exempt: bool,
    /// Families of the fleet that need it; empty for the portal and for tags.
    pub families: Texts,
    /// Whether the list marks the devices that need it; without marks that count it is for every device.
    pub marked: bool,
    /// The tag that it belongs to.
    pub tag: Option<Arc<Tag>>,
}

/// Where an endpoint stands. Few are ever pointed at, so that the place is made only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// In its row: in this cell, or in a line of a text.
    Row(Option<Box<str>>),
    /// Beside the rows of the lists, or in one with another address.
    Other(Box<Place>),
}

impl Endpoint {
    /// Where to point in a finding.
    pub fn place(&self) -> Place {
        match &self.spot {
            Spot::Row(cell) => place_in_row(&self.origin, cell.as_deref(), &self.address),
            Spot::Other(place) => Place::clone(place),
        }
    }
}

/// A row that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The address as the list writes it, or what stands in its place.
    pub address: Arc<str>,
    /// Its row.
    pub origin: Origin,
    /// `Port`.
    pub port: Option<u16>,
    /// Why.
    pub reason: String,
    /// The exclude rule that leaves it out, by its position in the profile.
    pub rule: Option<usize>,
    /// The setting of the profile whose values take its place: `[mma] workspaces`.
    pub setting: Option<String>,
}

impl Dropped {
    /// Whether the row names one host, and not every host of a form.
    pub fn names_one_host(&self) -> bool {
        parse_address(&self.address).is_ok_and(|parsed| matches!(parsed.host, Host::Exact(_)))
    }

    /// Whether the row would have allowed the request.
    pub fn would_allow(&self, request: &Request) -> bool {
        let Ok(parsed) = parse_address(&self.address) else { return false };
        let port = self.port.or(parsed.written_port()).unwrap_or(443);
        let scheme = Scheme::of_port(port);
        allows(&Pattern { host: parsed.host, path: parsed.path, port, scheme }, request)
    }
}

/// What select finds.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Rows that the fleet needs.
    pub kept: Vec<Endpoint>,
    /// Rows that it does not.
    pub dropped: Vec<Dropped>,
    /// Rows that it needs in part: values of the profile took the place of what they say.
    pub narrowed: Vec<Dropped>,
}

/// Everything that stays the same from row to row.
struct Context<'a> {
    profile: &'a Profile,
    rules: &'a Rules,
    geographies: geography::Chosen,
    releases: device::Releases<'a>,
    excludes: Vec<ExcludeUse>,
    /// What comments and descriptions say of direct connections.
    direct: direct::Texts,
}

/// What an exclude rule of the profile has met.
#[derive(Clone, Default)]
struct ExcludeUse {
    /// Whether it matches any row of the lists for the cloud, be it left out for another reason.
    matched: bool,
    /// The rows that it leaves out though they are required, by address.
    required: BTreeMap<Arc<str>, Place>,
}

/// Selects the rows of all documents for a profile.
pub fn select(
    documents: &[Document],
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) -> Selection {
    check_fleet(profile, rules, findings);
    let mut selection = Selection::default();
    let documents = usable(documents, profile, &mut selection, findings);
    tag::report_alone(&documents, profile, rules, findings);
    let geographies = geography::Chosen::new(&documents, profile, rules, findings);
    let mut context = Context {
        profile,
        rules,
        geographies,
        releases: device::Releases::new(profile, rules),
        excludes: vec![ExcludeUse::default(); profile.excludes.len()],
        direct: direct::Texts::default(),
    };
    let wrong: Vec<Vec<Option<String>>> =
        documents.iter().map(|document| context.geographies.wrong_tables(document)).collect();
    report_other_clouds(&documents, &wrong, findings);
    for (document, wrong) in documents.iter().zip(&wrong) {
        for (table, other_cloud) in document.tables.iter().zip(wrong) {
            select_table(&mut context, table, other_cloud.as_deref(), &mut selection, findings);
        }
        tag::select(document, profile, rules, &mut selection, findings);
        selection.dropped.extend(document.left_out.iter().map(without_address));
    }
    // What the rules add by themselves is no list: without a row of the list there is nothing to build on.
    let nothing = selection.kept.is_empty() && !documents.is_empty();
    let mut selection = requirement::fill_in(selection, &documents, &context, findings);
    context.releases.report(findings);
    context.direct.report(rules, findings);
    context.releases.report_missing_sections(&documents, findings);
    context.geographies.report_unknown(&documents, &wrong, &rules.reading, findings);
    apply_excludes_to_requirements(&mut context, &mut selection);
    report_excludes(&context, findings);
    report_optional(&documents, profile, findings);
    selection.kept.extend(extra::endpoints(profile));
    report_second_ports(&selection, rules, findings);
    if (nothing || selection.kept.is_empty() && !documents.is_empty()) && !findings.has_errors() {
        report_nothing(&selection, profile, findings);
    }
    selection
}

/// The documents written for the profile's connectivity.
fn usable<'a>(
    documents: &'a [Document],
    profile: &Profile,
    selection: &mut Selection,
    findings: &mut Findings,
) -> Vec<&'a Document> {
    let wanted = profile.connectivity.value.as_str();
    let fits = |document: &&Document| document.connectivity.as_deref().is_none_or(|found| found == wanted);
    let (used, unused): (Vec<_>, Vec<_>) = documents.iter().partition(fits);
    let has_rows = used.iter().any(|document| !document.tables.is_empty());
    for document in unused {
        let found = document.connectivity.as_deref().unwrap_or_default();
        let reason = format!("list for {found} connectivity; the profile says `{wanted}`");
        let rows = document.tables.iter().flat_map(|table| &table.rows);
        selection.dropped.extend(rows.map(|row| dropped(row, reason.clone())));
        selection.dropped.extend(document.left_out.iter().map(without_address));
        let message = format!(
            "this is the list for {found} connectivity and the profile says `{wanted}`; it is not used"
        );
        let finding = if has_rows {
            Finding::warning(Code::SourceNotUsed, message)
        } else {
            Finding::error(Code::SourceNotUsed, message)
        };
        let help = format!("write `connectivity = \"{found}\"`, or give the list for {wanted} connectivity");
        findings.push(finding.at(Place::file(&*document.file)).help(help));
    }
    used
}

/// Tells of lists that are all for another cloud, beside one that is for the profile's. `wrong` says of each table why it
/// is, if it is.
fn report_other_clouds(documents: &[&Document], wrong: &[Vec<Option<String>>], findings: &mut Findings) {
    let lists = documents.iter().zip(wrong).filter(|(_, tables)| !tables.is_empty());
    let (other, ours): (Vec<_>, Vec<_>) = lists.partition(|(_, tables)| tables.iter().all(Option::is_some));
    // With no list for the cloud at all the build stops, and says the same.
    if ours.is_empty() {
        return;
    }
    for (document, tables) in other {
        let reasons: BTreeSet<&str> = tables.iter().flatten().map(String::as_str).collect();
        let reasons = reasons.into_iter().collect::<Vec<_>>().join("; ");
        let message = format!("no table of this file is for the profile: {reasons}; it is not used");
        let help = "take the file out of `sources`, or change `cloud`";
        let place = Place::file(&*document.file);
        findings.push(Finding::warning(Code::SourceNotUsed, message).at(place).help(help));
    }
}

fn select_table(
    context: &mut Context<'_>,
    table: &Table,
    other_cloud: Option<&str>,
    selection: &mut Selection,
    findings: &mut Findings,
) {
    let profile = context.profile;
    context.releases.report_missing_columns(table, other_cloud.is_some(), findings);
    selection.kept.reserve(table.rows.len());
    for row in &table.rows {
        let matching = if other_cloud.is_none() { matching_rule(context, row) } else { None };
        let earlier = other_cloud
            .map(str::to_owned)
            .or_else(|| (table.role == Role::Portal && !profile.portal).then(|| PORTAL.to_owned()))
            .or_else(|| context.geographies.reason_against(row))
            .or_else(|| context.releases.reason_against(table, row));
        let rule = matching.filter(|_| earlier.is_none());
        let reason = earlier.or_else(|| excluded(context, rule?, row));
        let families = match (reason, table.role) {
            (Some(reason), _) => Err(reason),
            (None, Role::Portal) => Ok(Texts::default()),
            (None, Role::Endpoints) => context.releases.families(table, row),
        };
        if families.is_ok() {
            context.geographies.report_misplaced(row, findings);
        }
        match families {
            Ok(_) if row.required == Some(false) && !profile.optional => {
                selection.dropped.push(dropped(row, OPTIONAL.to_owned()));
            }
            Ok(families) => selection.kept.push(endpoint(context, table.role, row, families)),
            Err(reason) => selection.dropped.push(Dropped { rule, ..dropped(row, reason) }),
        }
    }
}

const PORTAL: &str = "portal address; `select.portal` is false";
const OPTIONAL: &str = "optional; `select.optional` is false";

/// The first exclude rule that matches a row. Every rule that matches is noted: it is not misspelt.
fn matching_rule(context: &mut Context<'_>, row: &Row) -> Option<usize> {
    let service = row.service.as_deref().unwrap_or_default();
    let category = row.category.as_deref().unwrap_or_default();
    note_matches(context, service, category, &row.address)
}

fn note_matches(context: &mut Context<'_>, service: &str, category: &str, address: &str) -> Option<usize> {
    let mut first = None;
    for (at, (exclude, usage)) in context.profile.excludes.iter().zip(&mut context.excludes).enumerate() {
        if exclude.matches(service, category, address) {
            usage.matched = true;
            first = first.or(Some(at));
        }
    }
    first
}

/// Why the rule leaves out a row, remembering the required ones.
fn excluded(context: &mut Context<'_>, rule: usize, row: &Row) -> Option<String> {
    if row.required == Some(true)
        && let Some(usage) = context.excludes.get_mut(rule)
    {
        usage.required.entry(row.address.clone()).or_insert_with(|| place(row));
    }
    excluded_reason(context.profile, rule)
}

fn excluded_reason(profile: &Profile, rule: usize) -> Option<String> {
    Some(format!("excluded by the profile: {}", profile.excludes.get(rule)?.reason))
}

/// Requirements stand beside the list, so an exclude rule reaches them after they were filled in.
fn apply_excludes_to_requirements(context: &mut Context<'_>, selection: &mut Selection) {
    if context.profile.excludes.is_empty() {
        return;
    }
    for endpoint in std::mem::take(&mut selection.kept) {
        let service = endpoint.service.as_deref().unwrap_or_default();
        let category = endpoint.category.as_deref().unwrap_or_default();
        let rule = note_matches(context, service, category, &endpoint.address);
        let reason = rule.and_then(|rule| excluded_reason(context.profile, rule));
        let (Some(rule), Some(reason)) = (rule, reason) else {
            selection.kept.push(endpoint);
            continue;
        };
        if endpoint.required == Some(true)
            && let Some(usage) = context.excludes.get_mut(rule)
        {
            usage.required.entry(endpoint.address.clone()).or_insert_with(|| endpoint.place());
        }
        let Endpoint { address, origin, port, .. } = endpoint;
        selection.dropped.push(Dropped { address, origin, port, reason, rule: Some(rule), setting: None });
    }
}

/// How many names a message shows; all of them stand in `list --dropped`.
pub(crate) const SHOWN: usize = 5;

fn report_excludes(context: &Context<'_>, findings: &mut Findings) {
    for (exclude, usage) in context.profile.excludes.iter().zip(&context.excludes) {
        if !usage.matched {
            let message = "this exclude rule matches no row of the list";
            let help = "globs look at the whole cell: write `*text*` for a part of it";
            findings.push(
                Finding::warning(Code::RuleMatchedNothing, message).at(exclude.place.clone()).help(help),
            );
        }
        if !usage.required.is_empty() {
            let names: Vec<&str> = usage.required.keys().take(SHOWN).map(|address| &**address).collect();
            let more = usage.required.len().saturating_sub(SHOWN);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let message =
                format!("this exclude rule leaves out what is required: `{}`{more}", names.join("`, `"));
            let help = "`*` in a glob stands for any text; write `[*].example.com` for the row `*.example.com` alone";
            findings.push(
                Finding::warning(Code::RequiredRowExcluded, message).at(exclude.place.clone()).help(help),
            );
        }
    }
}

/// A choice that the lists know nothing of leaves every row in.
fn report_optional(documents: &[&Document], profile: &Profile, findings: &mut Findings) {
    let mut rows =
        documents.iter().flat_map(|document| &document.tables).flat_map(|table| &table.rows).peekable();
    if profile.optional || rows.peek().is_none() || rows.any(|row| row.required.is_some()) {
        return;
    }
    let message =
        "`select.optional` is false, and the list does not say which rows are optional; all were taken";
    let help = "leave rows out with `select.exclude`";
    let finding = Finding::warning(Code::RuleMatchedNothing, message).at(Place::file(&profile.file));
    findings.push(finding.help(help));
}

/// An empty list with the reasons that made it so, most frequent first.
fn report_nothing(selection: &Selection, profile: &Profile, findings: &mut Findings) {
    let message = "no row of the list is left for this profile; an empty allowlist is never written";
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &selection.dropped {
        *counts.entry(&row.reason).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = counts.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown: Vec<String> =
        reasons.iter().take(3).map(|(reason, count)| format!("{reason} ({count})")).collect();
    let finding = Finding::error(Code::NothingSelected, message).at(Place::file(&profile.file));
    findings.push(if shown.is_empty() {
        finding
    } else {
        finding.help(format!("rows are left out because: {}", shown.join("; ")))
    });
}

fn report_second_ports(selection: &Selection, rules: &Rules, findings: &mut Findings) {
    for fact in &rules.list.second_ports {
        let of = |host: &String, port: u16| {
            let is_it = |endpoint: &&Endpoint| {
                endpoint.port.or_else(|| meaning::written_port(&endpoint.address)) == Some(port)
                    && meaning::is_same(&endpoint.address, host)
            };
            selection.kept.iter().find(is_it)
        };
        let hosts: BTreeMap<&String, &Endpoint> = fact
            .hosts
            .iter()
            .filter(|host| of(host, fact.also).is_none())
            .filter_map(|host| Some((host, of(host, fact.listed)?)))
            .collect();
        for (host, endpoint) in hosts {
            let message = format!(
                "the list gives `{host}` port {}; another page wants port {} as well",
                fact.listed, fact.also
            );
            let help = format!(
                "to allow it write `select.extra = [{{ address = \"{host}\", port = {}, reason = \"…\" }}]`; source: {}",
                fact.also, fact.source
            );
            findings.push(Finding::note(Code::SecondPort, message).at(endpoint.place()).help(help));
        }
    }
}

fn dropped(row: &Row, reason: String) -> Dropped {
    let (address, origin) = (row.address.clone(), row.origin.clone());
    Dropped { address, origin, port: row.port, reason, rule: None, setting: None }
}

/// A row of the list that was left out when it was read.
fn without_address(row: &LeftOut) -> Dropped {
    Dropped {
        address: row.text.clone(),
        origin: row.origin.clone(),
        port: None,
        reason: row.reason.to_owned(),
        rule: None,
        setting: None,
    }
}

fn endpoint(context: &mut Context<'_>, role: Role, row: &Row, families: Texts) -> Endpoint {
    let direct = role == Role::Endpoints && context.direct.is_asked(row, context.rules);
    Endpoint {
        address: row.address.clone(),
        origin: row.origin.clone(),
        spot: Spot::Row(row.cell.as_deref().map(Box::from)),
        service: row.service.clone(),
        geography: row.geography.clone(),
        category: row.category.clone(),
        port: row.port,
        required: row.required,
        role,
        exempt: role == Role::Endpoints,
        direct,
        families,
        marked: device::is_marked(row),
        tag: None,
    }
}

/// The place of a row's address.
pub(crate) fn place(row: &Row) -> Place {
    place_in_row(&row.origin, row.cell.as_deref(), &row.address)
}

/// The place of another cell of a row than its address, in one of the row's columns, with the text there.
fn place_of_cell(row: &Row, column: Option<u32>, text: String) -> Place {
    let mut place = place(row);
    place.cell = row.cell_in(column).or(place.cell);
    place.text = Some(text);
    place
}

fn place_in_row(origin: &Origin, cell: Option<&str>, address: &str) -> Place {
    let (file, sheet) = (origin.file.to_string(), origin.sheet.to_string());
    let place = match cell {
        Some(cell) => Place::cell(file, sheet, cell),
        None => Place { file, sheet: Some(sheet), line: Some(origin.row), ..Place::default() },
    };
    place.showing(address)
}

//! STAGE 2 select: which rows the fleet of a profile needs, and why the others are left out.
//!
//! The first reason wins, in this order: list, cloud, portal, exclude rule, geography, devices, releases, optional.

mod device;
mod geography;
mod requirement;
mod tag;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::allowlist::Tag;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::origin::Origin;
use crate::profile::Profile;
use crate::rules::Rules;
use crate::source::{Document, Role, Row, Table};

/// One address that the fleet needs, as the list writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address, workspace IDs filled in.
    pub address: Arc<str>,
    /// The row it comes from.
    pub origin: Origin,
    /// Where to point in a finding.
    pub place: Place,
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
    /// Families of the fleet that need it; empty for the portal and for tags.
    pub families: BTreeSet<Arc<str>>,
    /// The tag that it belongs to.
    pub tag: Option<Arc<Tag>>,
}

/// A row that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The address as the list writes it.
    pub address: Arc<str>,
    /// Its row.
    pub origin: Origin,
    /// `Port`.
    pub port: Option<u16>,
    /// Why.
    pub reason: String,
}

/// What select finds.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Rows that the fleet needs.
    pub kept: Vec<Endpoint>,
    /// Rows that it does not.
    pub dropped: Vec<Dropped>,
}

/// Everything that stays the same from row to row.
struct Context<'a> {
    profile: &'a Profile,
    rules: &'a Rules,
    geographies: geography::Chosen,
    releases: device::Releases<'a>,
    used_excludes: Vec<bool>,
    /// Comments and descriptions that were looked at, and whether they ask for a direct connection.
    direct_texts: BTreeMap<Arc<str>, bool>,
}

/// Selects the rows of all documents for a profile.
pub fn select(
    documents: &[Document],
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) -> Selection {
    check_fleet(profile, rules, findings);
    let documents = usable(documents, profile, findings);
    let geographies = geography::Chosen::new(&documents, profile, rules, findings);
    let mut context = Context {
        profile,
        rules,
        geographies,
        releases: device::Releases::new(profile, rules),
        used_excludes: vec![false; profile.excludes.len()],
        direct_texts: BTreeMap::new(),
    };
    let mut selection = Selection::default();
    for document in &documents {
        let family = geography::family_of(document);
        for table in &document.tables {
            select_table(&mut context, table, family.as_deref(), &mut selection, findings);
        }
        tag::select(document, profile, rules, &mut selection, findings);
    }
    let mut selection = requirement::fill_in(selection, &documents, &context, findings);
    context.releases.report(findings);
    apply_excludes_to_requirements(&mut context, &mut selection);
    report_unused_excludes(&context, findings);
    report_second_ports(&selection, rules, findings);
    if selection.kept.is_empty() && !documents.is_empty() && !findings.has_errors() {
        let message = "no row of the list is left for this profile; an empty allowlist is never written";
        findings.push(Finding::error(Code::NothingSelected, message).at(Place::file(&profile.file)));
    }
    selection
}

/// Families that cannot use the profile's connectivity.
fn check_fleet(profile: &Profile, rules: &Rules, findings: &mut Findings) {
    for family in &rules.devices.families {
        let Some(unsupported) = &family.unsupported else { continue };
        if unsupported.connectivity == profile.connectivity.value && profile.fleet.has(&family.key) {
            let message = format!(
                "`devices.{}` cannot go with `connectivity = \"{}\"`: {}",
                family.key, unsupported.connectivity, unsupported.reason
            );
            let place = profile.fleet.place(&family.key).unwrap_or_else(|| Place::file(&profile.file));
            findings.push(
                Finding::error(Code::ConnectivityUnsupported, message)
                    .at(place)
                    .help(format!("source: {}", unsupported.source)),
            );
        }
    }
}

/// The documents written for the profile's connectivity.
fn usable<'a>(documents: &'a [Document], profile: &Profile, findings: &mut Findings) -> Vec<&'a Document> {
    let wanted = profile.connectivity.value.as_str();
    let fits = |document: &&Document| document.connectivity.as_deref().is_none_or(|found| found == wanted);
    let (used, unused): (Vec<_>, Vec<_>) = documents.iter().partition(fits);
    let has_rows = used.iter().any(|document| !document.tables.is_empty());
    for document in unused {
        let found = document.connectivity.as_deref().unwrap_or_default();
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

fn select_table(
    context: &mut Context<'_>,
    table: &Table,
    document_family: Option<&str>,
    selection: &mut Selection,
    findings: &mut Findings,
) {
    let profile = context.profile;
    let wrong_cloud = context.geographies.wrong_family(table.cloud.as_deref().or(document_family));
    for row in &table.rows {
        let reason = wrong_cloud
            .clone()
            .or_else(|| (table.role == Role::Portal && !profile.portal).then(|| PORTAL.to_owned()))
            .or_else(|| excluded(context, row, findings))
            .or_else(|| context.geographies.reason_against(row, findings));
        let families = match (reason, table.role) {
            (Some(reason), _) => Err(reason),
            (None, Role::Portal) => Ok(BTreeSet::new()),
            (None, Role::Endpoints) => context.releases.families(table, row),
        };
        match families {
            Ok(_) if row.required == Some(false) && !profile.optional => {
                selection.dropped.push(dropped(row, OPTIONAL.to_owned()));
            }
            Ok(families) => selection.kept.push(endpoint(context, table.role, row, families)),
            Err(reason) => selection.dropped.push(dropped(row, reason)),
        }
    }
}

const PORTAL: &str = "portal address; `select.portal` is false";
const OPTIONAL: &str = "optional; `select.optional` is false";

fn excluded(context: &mut Context<'_>, row: &Row, findings: &mut Findings) -> Option<String> {
    let service = row.service.as_deref().unwrap_or_default();
    let category = row.category.as_deref().unwrap_or_default();
    let matching = |exclude: &crate::profile::Exclude| exclude.matches(service, category, &row.address);
    let at = context.profile.excludes.iter().position(matching)?;
    let exclude = context.profile.excludes.get(at)?;
    if let Some(used) = context.used_excludes.get_mut(at) {
        *used = true;
    }
    if row.required == Some(true) {
        let message = format!("an exclude rule leaves out `{}`, which the list calls required", row.address);
        findings.push(Finding::warning(Code::RequiredRowExcluded, message).at(place(row)));
    }
    Some(format!("excluded by the profile: {}", exclude.reason))
}

/// Requirements stand beside the list, so an exclude rule reaches them after they were filled in.
fn apply_excludes_to_requirements(context: &mut Context<'_>, selection: &mut Selection) {
    let (profile, used) = (context.profile, &mut context.used_excludes);
    let (kept, gone): (Vec<Endpoint>, Vec<Endpoint>) =
        std::mem::take(&mut selection.kept).into_iter().partition(|endpoint| {
            let service = endpoint.service.as_deref().unwrap_or_default();
            let category = endpoint.category.as_deref().unwrap_or_default();
            let at = profile
                .excludes
                .iter()
                .position(|exclude| exclude.matches(service, category, &endpoint.address));
            if let Some(used) = at.and_then(|at| used.get_mut(at)) {
                *used = true;
            }
            at.is_none()
        });
    selection.kept = kept;
    for endpoint in gone {
        let reason = "excluded by the profile".to_owned();
        selection.dropped.push(Dropped {
            address: endpoint.address,
            origin: endpoint.origin,
            port: endpoint.port,
            reason,
        });
    }
}

fn report_unused_excludes(context: &Context<'_>, findings: &mut Findings) {
    for (exclude, used) in context.profile.excludes.iter().zip(&context.used_excludes) {
        if !used {
            let message = "this exclude rule matches no row of the list";
            let help = "globs look at the whole cell: write `*text*` for a part of it";
            findings.push(
                Finding::warning(Code::RuleMatchedNothing, message).at(exclude.place.clone()).help(help),
            );
        }
    }
}

fn report_second_ports(selection: &Selection, rules: &Rules, findings: &mut Findings) {
    for fact in &rules.list.second_ports {
        let has = |host: &String, port: u16| {
            selection.kept.iter().any(|endpoint| *endpoint.address == **host && endpoint.port == Some(port))
        };
        let hosts: BTreeSet<&String> =
            fact.hosts.iter().filter(|host| has(host, fact.listed) && !has(host, fact.also)).collect();
        for host in hosts {
            let message = format!(
                "the list gives `{host}` port {}; another page wants port {} as well",
                fact.listed, fact.also
            );
            let help =
                format!("only port {} is allowed, as the list says; source: {}", fact.listed, fact.source);
            findings.push(Finding::note(Code::SecondPort, message).help(help));
        }
    }
}

fn dropped(row: &Row, reason: String) -> Dropped {
    Dropped { address: row.address.clone(), origin: row.origin.clone(), port: row.port, reason }
}

/// Whether one of the texts asks for a direct connection. The same text stands in many rows.
fn asks_for_direct(context: &mut Context<'_>, texts: [&Option<Arc<str>>; 2]) -> bool {
    let rules = context.rules;
    texts.into_iter().flatten().any(|text| {
        if let Some(known) = context.direct_texts.get(text) {
            return *known;
        }
        let lower = text.to_lowercase();
        let direct = rules.inspection.direct.iter().any(|rule| rule.matches(&lower));
        context.direct_texts.insert(text.clone(), direct);
        direct
    })
}

fn endpoint(context: &mut Context<'_>, role: Role, row: &Row, families: BTreeSet<Arc<str>>) -> Endpoint {
    let direct = role == Role::Endpoints && asks_for_direct(context, [&row.comment, &row.description]);
    Endpoint {
        address: row.address.clone(),
        origin: row.origin.clone(),
        place: place(row),
        service: row.service.clone(),
        geography: row.geography.clone(),
        category: row.category.clone(),
        port: row.port,
        required: row.required,
        role,
        direct,
        families,
        tag: None,
    }
}

/// The place of a row's address.
pub(crate) fn place(row: &Row) -> Place {
    let (file, sheet) = (row.origin.file.to_string(), row.origin.sheet.to_string());
    let place = match &row.cell {
        Some(cell) => Place::cell(file, sheet, cell.clone()),
        None => Place { file, sheet: Some(sheet), line: Some(row.origin.row), ..Place::default() },
    };
    place.showing(&*row.address)
}

//! Requirements beside the list: merged with its rows, with the profile's values in place of wildcards.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::origin::Origin;
use crate::rules::Requirement;
use crate::source::{Document, Role, Row, Table};

use super::{Context, Dropped, Endpoint, Selection, Spot, geography, meaning};

/// The selection with the requirements of the fleet's families.
pub(super) fn fill_in(
    mut selection: Selection,
    documents: &[&Document],
    context: &Context<'_>,
    findings: &mut Findings,
) -> Selection {
    let mut without_values = BTreeSet::new();
    for (at, requirement) in context.rules.requirements.all.iter().enumerate() {
        let here = requirement.clouds.contains(&context.profile.cloud.value);
        if !here || !context.profile.fleet.has(&requirement.family) || documents.is_empty() {
            continue;
        }
        report_loss(requirement, documents, context, findings);
        let values = values(context, requirement);
        report_foreign(requirement, context, findings);
        let broader = broader(&selection, requirement);
        if !broader.is_empty() && values.is_empty() {
            continue;
        }
        if requirement.star.is_some() && values.is_empty() {
            without_values.insert((requirement.family.as_str(), requirement.address.as_str()));
        }
        replace_broader(&mut selection, requirement, &values, &broader, findings);
        report_open(&selection, requirement, &values, findings);
        selection.kept.push(own_row(requirement, at, context));
        substitute(&mut selection, requirement, &values);
    }
    report_wildcards(&without_values, context, findings);
    selection
}

/// Every row of the lists for this cloud, selected or not.
fn listed_rows<'a>(
    documents: &'a [&Document],
    context: &'a Context<'_>,
) -> impl Iterator<Item = &'a Row> + 'a {
    documents.iter().flat_map(move |document| {
        let family = geography::family_of(document);
        let is_read = move |table: &&Table| {
            let wrong = context.geographies.wrong_family(table.cloud.as_deref().or(family.as_deref()));
            wrong.is_none() && table.role == Role::Endpoints
        };
        document.tables.iter().filter(is_read).flat_map(|table| &table.rows)
    })
}

fn report_loss(
    requirement: &Requirement,
    documents: &[&Document],
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let is_it = |row: &Row| is_it_or_broader(&row.address, requirement);
    let mut rows = listed_rows(documents, context).peekable();
    if rows.peek().is_none() || rows.any(is_it) {
        return;
    }
    let address = &requirement.address;
    let finding = if requirement.listed {
        let message =
            format!("the list has lost `{address}`, which the vendor requires; it is added from the rules");
        Finding::warning(Code::RequirementNotListed, message)
    } else {
        let message = format!(
            "`{address}` stands in no published list, and the vendor requires it: it comes from the rules"
        );
        Finding::note(Code::RequirementNotListed, message)
    };
    let place = documents.first().map_or_else(Place::default, |document| Place::file(&*document.file));
    findings.push(finding.at(place).help(format!("source: {}", requirement.source)));
}

/// The profile's values that replace the wildcard or the whole address.
fn values(context: &Context<'_>, requirement: &Requirement) -> Vec<String> {
    let setting = |key: &Option<String>| {
        key.as_ref().map_or(&[] as &[String], |key| context.profile.fleet.setting(&requirement.family, key))
    };
    let stars = setting(&requirement.star).iter().map(|value| requirement.address.replacen('*', value, 1));
    let whole = setting(&requirement.instead).iter().cloned();
    stars.chain(whole).collect()
}

/// Values of the profile that the wildcard whose place they take does not mean: allowed in its stead, they would be names
/// that nobody asked for.
fn report_foreign(requirement: &Requirement, context: &Context<'_>, findings: &mut Findings) {
    let (Some(key), Some(suffix)) = (&requirement.instead, requirement.address.strip_prefix('*')) else {
        return;
    };
    let fleet = &context.profile.fleet;
    for value in fleet.setting(&requirement.family, key).iter().filter(|value| !value.ends_with(suffix)) {
        let message = format!(
            "`{value}` of `{}.{key}` is not below `{}`, whose place it takes",
            requirement.family, requirement.address
        );
        let place = fleet.place(&requirement.family).unwrap_or_else(|| Place::file(&context.profile.file));
        let help = format!(
            "write the whole name of a host that ends in `{suffix}`, or `select.extra` for another one"
        );
        findings.push(Finding::error(Code::ProfileValue, message).at(place).help(help));
    }
}

/// Positions of selected rows that already contain the requirement.
fn broader(selection: &Selection, requirement: &Requirement) -> Vec<usize> {
    let is_it =
        |endpoint: &Endpoint| is_broader(&endpoint.address, requirement) && is_own(endpoint, requirement);
    let rows = selection.kept.iter().enumerate();
    rows.filter(|(_, endpoint)| is_it(endpoint)).map(|(at, _)| at).collect()
}

fn is_it_or_broader(address: &str, requirement: &Requirement) -> bool {
    meaning::is_same(address, &requirement.address) || is_broader(address, requirement)
}

fn is_broader(address: &str, requirement: &Requirement) -> bool {
    requirement.broader.iter().any(|broader| meaning::is_same(address, broader))
}

/// Whether a row is there for the requirement's family alone: the list marks no other, or it marks nobody and puts the row
/// into the requirement's category.
fn is_own(endpoint: &Endpoint, requirement: &Requirement) -> bool {
    let of_category = || endpoint.category.as_deref().is_some_and(|name| is_category(name, requirement));
    let alone = || endpoint.families.iter().all(|family| **family == *requirement.family);
    endpoint.role == Role::Endpoints && (alone() || !endpoint.marked && of_category())
}

fn is_category(name: &str, requirement: &Requirement) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    words(name) == words(&requirement.category)
}

/// Rows that keep the wildcard, or a wider one, although the profile gives values for it.
fn report_open(selection: &Selection, requirement: &Requirement, values: &[String], findings: &mut Findings) {
    if values.is_empty() {
        return;
    }
    for endpoint in selection.kept.iter().filter(|endpoint| endpoint.role == Role::Endpoints) {
        let Some(why) = why_open(endpoint, requirement) else { continue };
        let message = format!(
            "`{}` stays as a wildcard beside the profile's values `{}`: {why}",
            endpoint.address,
            values.join("`, `")
        );
        let help = "if the row is not needed by other devices, leave it out with an exclude rule in `[select]`, or correct \
                    its device columns in a copy of the list";
        findings.push(Finding::warning(Code::WildcardsStay, message).at(endpoint.place()).help(help));
    }
}

/// Why a row keeps a wildcard that holds the requirement, if it does.
fn why_open(endpoint: &Endpoint, requirement: &Requirement) -> Option<String> {
    let is_known = is_it_or_broader(&endpoint.address, requirement);
    if !is_known {
        return meaning::is_wider(&endpoint.address, &requirement.address)
            .then(|| format!("it is wider than `{}`, and the rules say nothing of it", requirement.address));
    }
    if is_own(endpoint, requirement) {
        return None;
    }
    let others: Vec<&str> = endpoint
        .families
        .iter()
        .map(AsRef::as_ref)
        .filter(|family| **family != *requirement.family)
        .collect();
    let why = if endpoint.marked { "the list marks it" } else { "without marks that count the row is" };
    Some(format!("{why} for `{}` as well", others.join("`, `")))
}

fn replace_broader(
    selection: &mut Selection,
    requirement: &Requirement,
    values: &[String],
    broader: &[usize],
    findings: &mut Findings,
) {
    for at in broader.iter().rev() {
        let old = selection.kept.remove(*at);
        let new = values.join("`, `");
        let message =
            format!("`{}` is broader than the vendor's requirement; `{new}` takes its place", old.address);
        findings.push(
            Finding::warning(Code::BroaderRowReplaced, message)
                .at(old.place())
                .help(format!("source: {}", requirement.source)),
        );
        let reason = format!("broader than `{}`, which takes its place", requirement.address);
        selection.dropped.push(Dropped {
            address: old.address,
            origin: old.origin,
            port: old.port,
            reason,
            rule: None,
            setting: None,
        });
    }
}

fn own_row(requirement: &Requirement, at: usize, context: &Context<'_>) -> Endpoint {
    let file: Arc<str> = format!("rules/{}/requirements.toml", context.rules.name).into();
    let row = u32::try_from(at + 1).unwrap_or(u32::MAX);
    Endpoint {
        address: requirement.address.as_str().into(),
        origin: Origin { file: file.clone(), sheet: "requirement".into(), row },
        spot: Spot::Other(Box::new(Place::file(&*file).showing(requirement.address.as_str()))),
        service: Some(requirement.service.as_str().into()),
        geography: None,
        category: Some(requirement.category.as_str().into()),
        port: Some(requirement.port),
        required: Some(true),
        role: Role::Endpoints,
        exempt: true,
        direct: false,
        families: [Arc::from(requirement.family.as_str())].into(),
        marked: true,
        tag: None,
    }
}

/// Puts the values in place of the wildcard, in the rules' own row and in the rows of the list that stand for it.
fn substitute(selection: &mut Selection, requirement: &Requirement, values: &[String]) {
    if values.is_empty() {
        return;
    }
    // A row that serves other devices of the fleet as well keeps its wildcard.
    let stands_for = |endpoint: &Endpoint| {
        meaning::is_same(&endpoint.address, &requirement.address) && is_own(endpoint, requirement)
    };
    let key = requirement.star.as_ref().or(requirement.instead.as_ref());
    let (rows, mut kept): (Vec<Endpoint>, Vec<Endpoint>) =
        std::mem::take(&mut selection.kept).into_iter().partition(stands_for);
    for row in rows {
        let by_category =
            if row.marked { "" } else { "; its marks count for nobody, so that its category decides" };
        selection.narrowed.push(Dropped {
            address: row.address.clone(),
            origin: row.origin.clone(),
            port: row.port,
            reason: format!("the profile's values take its place: `{}`{by_category}", values.join("`, `")),
            rule: None,
            setting: key.map(|key| format!("[{}] {key}", requirement.family)),
        });
        // The values have no scheme, so that what the row's text says of the port goes along.
        let port = row.port.or_else(|| meaning::written_port(&row.address));
        let row = Endpoint { spot: Spot::Other(Box::new(row.place())), port, ..row };
        kept.extend(values.iter().map(|value| Endpoint { address: value.as_str().into(), ..row.clone() }));
    }
    selection.kept = kept;
}

fn report_wildcards(without: &BTreeSet<(&str, &str)>, context: &Context<'_>, findings: &mut Findings) {
    let families: BTreeSet<&str> = without.iter().map(|(family, _)| *family).collect();
    for family in families {
        let addresses: Vec<&str> =
            without.iter().filter(|(of, _)| *of == family).map(|(_, address)| *address).collect();
        let stay = match addresses.as_slice() {
            [one] => format!("`{one}` stays as a wildcard: the profile gives no value for it"),
            many => {
                format!("`{}` stay as wildcards: the profile gives no values for them", many.join("`, `"))
            }
        };
        let settings = context.rules.devices.family(family).map(|family| &family.settings);
        let first = settings.and_then(|settings| settings.first());
        let help = first.map_or(String::new(), |setting| {
            format!("write `[{family}]` with `{} = [\"…\"]`: {}", setting.key, setting.title)
        });
        let place = context.profile.fleet.place(family).unwrap_or_else(|| Place::file(&context.profile.file));
        findings.push(Finding::warning(Code::WildcardsStay, stay).at(place).help(help));
    }
}

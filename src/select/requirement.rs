//! Requirements beside the list: merged with its rows, with the profile's values in place of wildcards.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::origin::Origin;
use crate::rules::Requirement;
use crate::source::{Document, Role, Row, Table};

use super::{Context, Dropped, Endpoint, Selection, Spot, geography};

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
    let mut rows = listed_rows(documents, context).peekable();
    let is_it = |row: &Row| *row.address == *requirement.address;
    if requirement.listed && rows.peek().is_some() && !rows.any(is_it) {
        let message = format!(
            "the list has lost `{}`, which the vendor requires; it is added from the rules",
            requirement.address
        );
        let place = documents.first().map_or_else(Place::default, |document| Place::file(&*document.file));
        findings.push(
            Finding::warning(Code::RequirementNotListed, message)
                .at(place)
                .help(format!("source: {}", requirement.source)),
        );
    }
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
    let is_broader = |endpoint: &Endpoint| {
        requirement.broader.iter().any(|address| **address == *endpoint.address)
            && endpoint.role == Role::Endpoints
            && endpoint.families.iter().all(|family| **family == *requirement.family)
    };
    let rows = selection.kept.iter().enumerate();
    rows.filter(|(_, endpoint)| is_broader(endpoint)).map(|(at, _)| at).collect()
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
        *endpoint.address == *requirement.address
            && endpoint.role == Role::Endpoints
            && endpoint.families.iter().all(|family| **family == *requirement.family)
    };
    let key = requirement.star.as_ref().or(requirement.instead.as_ref());
    let (rows, mut kept): (Vec<Endpoint>, Vec<Endpoint>) =
        std::mem::take(&mut selection.kept).into_iter().partition(stands_for);
    for row in rows {
        selection.narrowed.push(Dropped {
            address: row.address.clone(),
            origin: row.origin.clone(),
            port: row.port,
            reason: format!("the profile's values take its place: `{}`", values.join("`, `")),
            rule: None,
            setting: key.map(|key| format!("[{}] {key}", requirement.family)),
        });
        let row = Endpoint { spot: Spot::Other(Box::new(row.place())), ..row };
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

//! What is doubtful about one row by itself.

use super::Line;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::{Host, Scheme, parse_address};
use crate::rules::Rules;
use crate::select::place;

pub(super) fn check(line: &Line<'_>, rules: &Rules, findings: &mut Findings) {
    let mut found = Vec::new();
    found.extend(address(line, rules));
    found.extend(geography(line, rules));
    found.extend(stray_flag(line, rules));
    found.extend(foreign(line, rules));
    for finding in found {
        findings.push(finding);
    }
}

fn warning(code: Code, message: String, place: Place) -> Finding {
    Finding::warning(code, message).at(place)
}

fn address(line: &Line<'_>, rules: &Rules) -> Vec<Finding> {
    let row = line.row;
    let parsed = match parse_address(&row.address) {
        Ok(parsed) => parsed,
        Err(error) => {
            let message = format!("the address `{}` {error}", row.address);
            return vec![warning(Code::AddressInvalid, message, place(row))];
        }
    };
    let mut found = Vec::new();
    match &parsed.host {
        Host::Suffix(end) => {
            let message = format!(
                "`{}` has no dot behind its star: read to the letter it also allows `x{end}`, which can be anybody's",
                row.address
            );
            let help =
                format!("`*.{end}` means the names below it, and a second row `{end}` the name itself");
            found.push(warning(Code::WildcardUnusual, message, place(row)).help(help));
        }
        Host::Infix(..) => {
            let message =
                format!("`{}` has its star inside a label, where few products can have one", row.address);
            found.push(warning(Code::WildcardUnusual, message, place(row)));
        }
        Host::Exact(_) | Host::Subdomains(_) | Host::Net(_) => {}
    }
    let written = parsed.port.or(parsed.scheme.map(|scheme| if scheme == Scheme::Http { 80 } else { 443 }));
    if let (Some(column), Some(written)) = (row.port, written)
        && column != written
    {
        let message =
            format!("the port column says {column} and the address `{}` says {written}", row.address);
        found.push(warning(Code::PortContradiction, message, place(row)));
    }
    if let Some(port) = row.port.filter(|port| !rules.list.ports.contains(port)) {
        let message = format!("`{}` is for port {port}, which no published list has had", row.address);
        found.push(warning(Code::PortUnusual, message, place(row)));
    }
    found
}

fn geography(line: &Line<'_>, rules: &Rules) -> Vec<Finding> {
    let unknown = line.geographies.iter().filter(|name| rules.reading.geography(name).is_none());
    let unknown = unknown.map(|name| {
        let message =
            format!("the geography `{name}` of `{}` is none that any list has had", line.row.address);
        warning(Code::GeographyNotKnown, message, place(line.row))
    });
    let mut found: Vec<Finding> = unknown.collect();
    if let Some(rule) = &rules.lint.category_geography
        && let Some(stated) =
            line.row.category.as_deref().and_then(|text| text.strip_prefix(rule.prefix.as_str()))
        && let Some(known) = rules.reading.geography(stated)
        && !line.geographies.is_empty()
        && !line.geographies.contains(&known.name)
    {
        let message = format!(
            "`{}` stands under `{}` and its category says `{}`",
            line.row.address,
            names(line),
            known.name
        );
        found.push(warning(Code::GeographyContradiction, message, place(line.row)));
    }
    found
}

/// The geographies of a row as one text.
pub(super) fn names(line: &Line<'_>) -> String {
    line.geographies.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A flag where words belong: the row's cells have probably moved.
fn stray_flag(line: &Line<'_>, rules: &Rules) -> Vec<Finding> {
    let texts = [
        ("service", &line.row.service),
        ("category", &line.row.category),
        ("description", &line.row.description),
        ("comment", &line.row.comment),
    ];
    let flags = texts.into_iter().filter_map(|(column, text)| Some((column, text.as_deref()?)));
    let flags = flags.filter(|(_, text)| rules.reading.is_flag(text));
    let finding = |(column, text): (&str, &str)| {
        let message = format!("`{}` has the flag `{text}` in its column `{column}`", line.row.address);
        warning(Code::FlagOutsideItsColumn, message, place(line.row))
            .help("the cells of the row may stand one column away from where they belong")
    };
    flags.map(finding).collect()
}

fn foreign(line: &Line<'_>, rules: &Rules) -> Option<Finding> {
    let host = line.pattern.as_ref()?.host.to_string();
    let fact =
        rules.lint.foreign.iter().find(|fact| fact.host == host && line.cloud == Some(&*fact.family))?;
    let message =
        format!("`{host}` stands in a table of the {} clouds, which have `{}`", fact.family, fact.instead);
    Some(
        warning(Code::AddressOfOtherCloud, message, place(line.row)).help(format!("source: {}", fact.source)),
    )
}

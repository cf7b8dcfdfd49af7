//! STAGE 3 normalise: selected addresses as canonical entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allowlist::{Allowlist, Entry};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::{AddressError, Host, Parsed, Path, Pattern, Scheme, parse_address, shared_suffix};
use crate::rules::Rules;
use crate::select::Endpoint;

/// The allowlist of the endpoints. An address that cannot be parsed is an error and never left out in silence.
pub fn normalise(
    endpoints: Vec<Endpoint>,
    rules: &Rules,
    bypass_shared_suffixes: bool,
    findings: &mut Findings,
) -> Allowlist {
    let mut shared_places = BTreeMap::new();
    let mut entries = Vec::with_capacity(endpoints.len());
    entries.extend(endpoints.into_iter().filter_map(|endpoint| match parse_address(&endpoint.address) {
        Ok(parsed) => {
            let pattern = pattern(parsed, &endpoint, rules, findings);
            if shared_suffix(&pattern.host).is_some() {
                let place = || endpoint.place().showing(&*endpoint.address);
                shared_places.entry(pattern.to_string()).or_insert_with(place);
            }
            Some(entry(pattern, endpoint, bypass_shared_suffixes))
        }
        Err(error) => {
            let message = format!("the address `{}` {error}", endpoint.address);
            let help = "correct the cell, or leave the row out with an exclude rule in `[select]`";
            findings.push(Finding::error(Code::AddressInvalid, message).at(endpoint.place()).help(help));
            None
        }
    }));
    let list = Allowlist::new(entries);
    report_open_suffixes(&list, &shared_places, rules, findings);
    if bypass_shared_suffixes {
        report_exempt_suffixes(&list, &shared_places, rules, findings);
    } else {
        report_shared_suffixes(&list, &shared_places, rules, findings);
    }
    list
}

/// What an address with its port column means, without a word about what is doubtful in it.
pub fn meaning(address: &str, port: Option<u16>, rules: &Rules) -> Result<Pattern, AddressError> {
    let mut pattern = pattern_of(parse_address(address)?, port, rules);
    pattern.path = pattern.path.simplified();
    Ok(pattern)
}

fn pattern_of(parsed: Parsed, column: Option<u16>, rules: &Rules) -> Pattern {
    let port = column.or(parsed.written_port()).unwrap_or(443);
    let scheme = match (port, parsed.scheme) {
        (80, _) => Scheme::Http,
        (443, _) | (_, None) => Scheme::of_port(port),
        (_, Some(scheme)) => scheme,
    };
    let path = if folder_source(&parsed.path, rules).is_some() {
        Path::Folder(parsed.path.text().into())
    } else {
        parsed.path
    };
    Pattern { host: parsed.host, path, port, scheme }
}

/// How we know that a path without a star means what stands below it as well, if it does.
fn folder_source<'r>(path: &Path, rules: &'r Rules) -> Option<&'r str> {
    match path {
        Path::Exact(text) => rules.inspection.folder_source(text),
        Path::Folder(_) => Some("it ends in `/`"),
        Path::Any | Path::Prefix(_) => None,
    }
}

fn pattern(parsed: Parsed, endpoint: &Endpoint, rules: &Rules, findings: &mut Findings) -> Pattern {
    if let (Some(column), Some(written)) = (endpoint.port, parsed.written_port())
        && column != written
    {
        let message = format!(
            "the port column says {column} and the address `{}` says {written}; the column counts",
            endpoint.address
        );
        findings.push(Finding::warning(Code::PortContradiction, message).at(endpoint.place()));
    }
    let folder = folder_source(&parsed.path, rules);
    let pattern = pattern_of(parsed, endpoint.port, rules);
    if !rules.list.ports.contains(&pattern.port) {
        let message = format!(
            "`{}` is for port {}, which no published list has had; it is allowed",
            endpoint.address, pattern.port
        );
        let help = "leave the row out with `select.exclude` if the port is a slip";
        findings.push(Finding::warning(Code::PortUnusual, message).at(endpoint.place()).help(help));
    }
    if let Some(source) = folder {
        let message =
            format!("the path `{}` names a folder; what stands below it is allowed as well", pattern.path);
        findings.push(
            Finding::note(Code::PathReadAsFolder, message)
                .at(endpoint.place())
                .help(format!("source: {source}")),
        );
    }
    if matches!(pattern.host, Host::Infix(..)) {
        let message = format!("the `*` in `{}` is read as a part of one label", pattern.host);
        findings.push(Finding::warning(Code::InnerWildcard, message).at(endpoint.place()));
    }
    pattern
}

fn entry(pattern: Pattern, endpoint: Endpoint, bypass_shared_suffixes: bool) -> Entry {
    let shared = shared_suffix(&pattern.host).is_some();
    let set = |text: Option<Arc<str>>| text.into_iter().collect();
    Entry {
        bypass: endpoint.exempt && pattern.scheme == Scheme::Https && (bypass_shared_suffixes || !shared),
        direct: endpoint.direct,
        required: endpoint.required,
        services: set(endpoint.service),
        geographies: set(endpoint.geography),
        categories: set(endpoint.category),
        origins: vec![endpoint.origin],
        tag: endpoint.tag,
        pattern,
    }
}

/// A wildcard without a path below a shared suffix lets every customer's names pass.
fn report_open_suffixes(
    list: &Allowlist,
    places: &BTreeMap<String, Place>,
    rules: &Rules,
    findings: &mut Findings,
) {
    for entry in list.entries().iter().filter(|entry| entry.pattern.path == Path::Any) {
        let Some(zone) = shared_suffix(&entry.pattern.host) else { continue };
        let host = entry.pattern.host.to_string();
        let message = format!("`{host}` lets everything below `{zone}` pass, where anybody may own a name");
        let help = narrower(&host, rules);
        let finding = Finding::warning(Code::SharedSuffixAllowed, message).help(help);
        findings.push(match places.get(&entry.pattern.to_string()) {
            Some(place) => finding.at(place.clone()),
            None => finding,
        });
    }
}

/// What to write in place of a wildcard: the hosts of a family that the profile can name, or nothing.
fn narrower(host: &str, rules: &Rules) -> String {
    let requirement = rules.requirements.all.iter().find(|requirement| requirement.address == host);
    match requirement.and_then(|requirement| Some((&requirement.family, requirement.instead.as_ref()?))) {
        Some((family, key)) => format!(
            "write `[{family}]` with `{key} = [\"…\"]`: the concrete hosts take the wildcard's place in the rows for \
             `{family}`; leave other rows out with `select.exclude`"
        ),
        None => "leave the row out with `select.exclude` if no device of yours needs it".to_owned(),
    }
}

/// A wildcard below a shared suffix that is exempt exempts the names of every customer.
fn report_exempt_suffixes(
    list: &Allowlist,
    places: &BTreeMap<String, Place>,
    rules: &Rules,
    findings: &mut Findings,
) {
    let facts = &rules.inspection.shared_suffix;
    for entry in list.entries().iter().filter(|entry| entry.bypass) {
        let Some(zone) = shared_suffix(&entry.pattern.host) else { continue };
        let host = entry.pattern.host.to_string();
        let message = format!(
            "`{host}` is exempt from inspection, as `inspection.bypass-shared-suffixes` says, and so is whatever anybody keeps \
             below `{zone}`; the vendor contradicts itself: {} ({}), but also: {} ({})",
            facts.says, facts.source, facts.contradicted, facts.contradicted_source
        );
        let narrower = narrower(&host, rules);
        let help =
            format!("{narrower}; `bypass-shared-suffixes = false` keeps the wildcard under inspection");
        let finding = Finding::warning(Code::SharedSuffixExempt, message).help(help);
        findings.push(match places.get(&entry.pattern.to_string()) {
            Some(place) => finding.at(place.clone()),
            None => finding,
        });
    }
}

fn report_shared_suffixes(
    list: &Allowlist,
    places: &BTreeMap<String, Place>,
    rules: &Rules,
    findings: &mut Findings,
) {
    let facts = &rules.inspection.shared_suffix;
    for entry in list.entries().iter().filter(|entry| entry.pattern.scheme == Scheme::Https && !entry.bypass)
    {
        let Some(zone) = shared_suffix(&entry.pattern.host) else { continue };
        let place = places.get(&entry.pattern.to_string()).cloned();
        let message = format!(
            "`{}` stays under inspection, since anybody may own a name below `{zone}`; the vendor contradicts itself: {} \
             ({}), but also: {} ({})",
            entry.pattern.host, facts.says, facts.source, facts.contradicted, facts.contradicted_source
        );
        let mut help =
            "to exempt it all the same write `[inspection]` with `bypass-shared-suffixes = true`".to_owned();
        if entry.pattern.path != Path::Any {
            help.push_str(
                "; a target that cannot see its path also wants `shared-suffix` under `[targets.<name>.allow-loss]`",
            );
        }
        let finding = Finding::warning(Code::SharedSuffixInspected, message).help(help);
        findings.push(match place {
            Some(place) => finding.at(place),
            None => finding,
        });
    }
}

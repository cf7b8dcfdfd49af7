//! Wildcards below suffixes that many customers share: what they open, and what inspection sees of them.

use std::collections::BTreeMap;

use crate::allowlist::Allowlist;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::{Path, Scheme, shared_suffix};
use crate::rules::Rules;

/// Tells of every wildcard below a shared suffix: `places` is where each pattern stands.
pub(super) fn report(
    list: &Allowlist,
    places: &BTreeMap<String, Place>,
    bypass_shared_suffixes: bool,
    rules: &Rules,
    findings: &mut Findings,
) {
    report_open_suffixes(list, places, rules, findings);
    if bypass_shared_suffixes {
        report_exempt_suffixes(list, places, rules, findings);
    } else {
        report_shared_suffixes(list, places, rules, findings);
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

/// What the vendor says of names below the zone: of some it contradicts itself, of the others it says nothing.
fn statements(zone: &str, rules: &Rules) -> String {
    let facts = &rules.inspection.shared_suffix;
    let (says, source) = (&facts.says, &facts.source);
    if facts.zones.iter().any(|about| about == zone) {
        let (contradicted, other) = (&facts.contradicted, &facts.contradicted_source);
        return format!(
            "the vendor contradicts itself: {says} ({source}), but also: {contradicted} ({other})"
        );
    }
    format!(
        "the vendor speaks of {} alone, and what it says is applied to every suffix that customers share: {says} ({source})",
        facts.about
    )
}

/// A wildcard below a shared suffix that is exempt exempts the names of every customer.
fn report_exempt_suffixes(
    list: &Allowlist,
    places: &BTreeMap<String, Place>,
    rules: &Rules,
    findings: &mut Findings,
) {
    for entry in list.entries().iter().filter(|entry| entry.bypass) {
        let Some(zone) = shared_suffix(&entry.pattern.host) else { continue };
        let host = entry.pattern.host.to_string();
        let message = format!(
            "`{host}` is exempt from inspection, as `inspection.bypass-shared-suffixes` says, and so is whatever anybody keeps \
             below `{zone}`; {}",
            statements(zone, rules)
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
    for entry in list.entries().iter().filter(|entry| entry.pattern.scheme == Scheme::Https && !entry.bypass)
    {
        let Some(zone) = shared_suffix(&entry.pattern.host) else { continue };
        let place = places.get(&entry.pattern.to_string()).cloned();
        let message = format!(
            "`{}` is put on no list of what is not inspected, since anybody may own a name below `{zone}`; {}",
            entry.pattern.host,
            statements(zone, rules)
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

//! STAGE 3 normalise: selected addresses as canonical entries.

mod doubt;
mod suffix;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allowlist::{Allowlist, Entry};
use crate::diagnostic::{Code, Finding, Findings};
use crate::pattern::{AddressError, Parsed, Path, Pattern, Scheme, parse_address, shared_suffix};
use crate::rules::Rules;
use crate::select::{Dropped, Endpoint};

use doubt::Agreeing;

/// What endpoints come to.
#[derive(Debug)]
pub struct Normalised {
    /// The list.
    pub list: Allowlist,
    /// Those whose address cannot be read, so that no entry comes of them.
    pub unreadable: Vec<Dropped>,
}

/// The allowlist of the endpoints. An address that cannot be parsed is an error and never left out in silence.
pub fn normalise(
    endpoints: Vec<Endpoint>,
    rules: &Rules,
    bypass_shared_suffixes: bool,
    findings: &mut Findings,
) -> Normalised {
    let mut unreadable = Vec::new();
    let mut shared_places = BTreeMap::new();
    let agreeing = Agreeing::new(&endpoints);
    let mut entries = Vec::with_capacity(endpoints.len());
    entries.extend(endpoints.into_iter().filter_map(|endpoint| match parse_address(&endpoint.address) {
        Ok(parsed) => {
            let pattern = pattern(parsed, &endpoint, &agreeing, rules, findings);
            if shared_suffix(&pattern.host).is_some() {
                let place = || endpoint.place().showing(&*endpoint.address);
                shared_places.entry(pattern.to_string()).or_insert_with(place);
            }
            Some(entry(pattern, endpoint, bypass_shared_suffixes))
        }
        Err(error) => {
            let message = format!("the address `{}` {error}", endpoint.address);
            let help = if endpoint.address.trim_matches('*').is_empty() {
                "correct the cell, or leave the row out with an exclude rule in `[select]`; a `*` behind an address can \
                 be the mark of a footnote, to be removed in a copy of the list"
            } else {
                "correct the cell, or leave the row out with an exclude rule in `[select]`"
            };
            findings.push(Finding::error(Code::AddressInvalid, message).at(endpoint.place()).help(help));
            let Endpoint { address, origin, port, .. } = endpoint;
            let reason = format!("the address {error}");
            unreadable.push(Dropped { address, origin, port, reason, rule: None, setting: None });
            None
        }
    }));
    let list = Allowlist::new(entries);
    suffix::report(&list, &shared_places, bypass_shared_suffixes, rules, findings);
    Normalised { list, unreadable }
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

fn pattern(
    parsed: Parsed,
    endpoint: &Endpoint,
    agreeing: &Agreeing,
    rules: &Rules,
    findings: &mut Findings,
) -> Pattern {
    doubt::report_ports(&parsed, endpoint, agreeing, findings);
    let folder = folder_source(&parsed.path, rules);
    let pattern = pattern_of(parsed, endpoint.port, rules);
    doubt::report_reading(&pattern, folder, endpoint, rules, findings);
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

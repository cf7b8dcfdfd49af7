//! TLS connections with two names: their destination, and the server name that the client asks for.

use std::collections::BTreeMap;

use super::automaton::TooLarge;
use super::decide::{Comparison, cells};
use super::hosts::{self, HostClasses, Hosts};
use super::paths::PathSets;
use super::ruleset::{Ruleset, Subject, at};
use super::side::Side;
use super::words::Sets;
use crate::pattern::{Request, Scheme};

/// Pairs of classes beyond which `by_two_names` stays open.
const MOST_PAIRS: usize = 4_000_000;

/// A TLS connection that the actual ruleset allows although one of its two names is in no rule of the expected one: the
/// request to its destination, and the server name that it asks for. The error says that there are too many classes to
/// tell.
pub(super) fn by_two_names(comparison: &Comparison<'_>) -> Result<Option<(Request, String)>, TooLarge> {
    let Comparison { expected, actual, .. } = *comparison;
    let HostClasses { hosts, .. } = comparison.classes.as_ref().map_err(|error| *error)?;
    let offset = expected.host_sets().len();
    let mut paths = PathSets::default();
    let (first, second) = (Side::new(expected, 0, &mut paths)?, Side::new(actual, offset, &mut paths)?);
    let destinations = seen_as(Subject::Destination, hosts, actual, offset);
    let server_names = seen_as(Subject::ServerName, hosts, actual, offset);
    if destinations.len().saturating_mul(server_names.len()) > MOST_PAIRS {
        return Err(TooLarge);
    }
    let mut found: Option<(Request, String)> = None;
    for (scheme, port) in cells(expected, actual).into_iter().filter(|(scheme, _)| *scheme == Scheme::Https) {
        let (listed, real) = (first.cell(scheme, port), second.cell(scheme, port));
        if real.is_empty() {
            continue;
        }
        let is_listed = |sets: &[u32]| !first.program(&listed, sets, &paths).is_empty();
        let names: Vec<(&Sets, &String, bool)> =
            server_names.iter().map(|(sets, name)| (sets, *name, is_listed(sets))).collect();
        for (of_host, host) in &destinations {
            let host_listed = is_listed(of_host);
            for (of_name, name, name_listed) in &names {
                let both_listed = host_listed && *name_listed;
                let mut sets: Vec<u32> = of_host.iter().chain(of_name.iter()).copied().collect();
                sets.sort_unstable();
                sets.dedup();
                if both_listed || second.program(&real, &sets, &paths).is_empty() {
                    continue;
                }
                let length =
                    |host: &str, name: &str| (host.len() + name.len(), host.to_owned(), name.to_owned());
                let shorter =
                    |known: &(Request, String)| length(host, name) < length(&known.0.host, &known.1);
                if found.as_ref().is_none_or(shorter) {
                    let request = Request { scheme, host: (*host).clone(), port, path: "/".into() };
                    found = Some((request, (*name).clone()));
                }
            }
        }
    }
    Ok(found)
}

/// The classes of names, as far as sets of one subject can tell them apart. The sets of the list look at both.
fn seen_as<'h>(
    subject: Subject,
    hosts: &'h Hosts,
    actual: &Ruleset,
    offset: usize,
) -> BTreeMap<Sets, &'h String> {
    let mut seen: BTreeMap<Sets, &String> = BTreeMap::new();
    let is_name = |host: &str| !host.starts_with(hosts::TAG) && host.parse::<std::net::IpAddr>().is_err();
    for (sets, host) in hosts.iter().filter(|(_, host)| is_name(host)) {
        let counts = |number: &&u32| match at(**number).checked_sub(offset) {
            None => true,
            Some(own) => actual.host_sets().get(own).is_some_and(|set| set.subject == subject),
        };
        let sets: Sets = sets.iter().filter(counts).copied().collect();
        let known = seen.entry(sets).or_insert(host);
        if (host.len(), host) < (known.len(), *known) {
            *known = host;
        }
    }
    seen
}

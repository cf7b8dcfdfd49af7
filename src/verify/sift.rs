//! Which of many entries differ, without deciding each by itself.

use std::collections::BTreeMap;

use super::expected::Meant;
use super::ruleset::{Condition, HostShape, PathShape};
use crate::pattern::{Request, Scheme};

/// Differences of a kind for which the shortest request is sought; beyond them, one that shows it will do.
const MOST_SHORTEST: usize = 100;

/// Those of `all` that differ, in order, each with a request. A group in which none does is decided at once, so that a
/// long list with few differences takes few decisions. `sure` shows a difference without one.
pub(super) fn differing<T: Copy>(
    all: &[T],
    left: &mut usize,
    sure: impl Fn(&T) -> Option<Request>,
    mut differs: impl FnMut(&[T]) -> Option<Request>,
) -> Vec<(T, Request)> {
    let (mut found, mut open) = (BTreeMap::new(), Vec::new());
    for (number, one) in all.iter().enumerate() {
        match sure(one) {
            Some(request) => drop(found.insert(number, (*one, request))),
            None => open.push((number, *one)),
        }
    }
    for (one, request) in found.values_mut().take(MOST_SHORTEST) {
        if let Some(shortest) = differs(&[*one]) {
            *request = shortest;
        }
    }
    let mut groups = vec![open.as_slice()];
    while let Some(group) = groups.pop() {
        let members: Vec<T> = group.iter().map(|(_, one)| *one).collect();
        if members.is_empty() || *left == 0 {
            continue;
        }
        *left -= 1;
        let Some(request) = differs(&members) else { continue };
        match group {
            [(number, one)] => drop(found.insert(*number, (*one, request))),
            _ => groups.extend(<[_; 2]>::from(group.split_at(group.len() / 2))),
        }
    }
    found.into_values().collect()
}

/// A request that an entry means, if one is at hand.
pub(super) fn sample(meant: &Meant) -> Option<Request> {
    let path = match &meant.path {
        PathShape::Any => "/",
        PathShape::Exact(path) | PathShape::Prefix(path) | PathShape::Folder(path) => path,
        PathShape::Longer(_) | PathShape::Regular(_) => return None,
    };
    let usual = if meant.scheme == Scheme::Https { 443 } else { 80 };
    let port = if meant.port == 0 { usual } else { meant.port };
    Some(Request { scheme: meant.scheme, host: host_of(&meant.host)?, port, path: path.to_owned() })
}

/// A host that a shape means, if one is at hand.
pub(super) fn host_of(shape: &HostShape) -> Option<String> {
    let host = match shape {
        HostShape::Exact(name) => name.clone(),
        HostShape::Below { base, .. } => format!("a.{base}"),
        HostShape::Ends(end) => format!("a{end}"),
        HostShape::Net(net) => net.network().to_string(),
        HostShape::Any | HostShape::Labels { .. } | HostShape::Regular(_) | HostShape::Tag(_) => return None,
    };
    // No name is longer.
    (host.len() <= 253).then_some(host)
}

/// A request for a host on a usual port, if the rule has one.
pub(super) fn request(condition: &Condition, host: String) -> Option<Request> {
    let mut usual = [(Scheme::Https, 443), (Scheme::Http, 80)].into_iter();
    let (scheme, port) = usual.find(|(scheme, port)| condition.ports(*scheme).contains(*port))?;
    Some(Request { scheme, host, port, path: "/".to_owned() })
}

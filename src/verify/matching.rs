//! What a ruleset does with one request: slow and obvious, without the classes and automata of `decide`.

use std::net::IpAddr;

use super::hosts::TAG;
use super::ruleset::{Action, HostShape, Line, PathShape, Rule, Ruleset, Subject, at};
use crate::pattern::Request;

/// What the first fitting rule does with the request, and where it stands; `None` where no rule fits.
pub fn match_request<'r>(ruleset: &'r Ruleset, request: &Request) -> Option<(Action, &'r Line)> {
    match_connection(ruleset, request, &request.host)
}

/// The same for a client that asks for another server name inside TLS than for the host of the request.
pub fn match_connection<'r>(
    ruleset: &'r Ruleset,
    request: &Request,
    server_name: &str,
) -> Option<(Action, &'r Line)> {
    let rule = ruleset.rules().iter().find(|rule| fits(ruleset, rule, request, server_name))?;
    Some((rule.action, &rule.line))
}

/// Whether the ruleset allows the request.
pub fn is_allowed(ruleset: &Ruleset, request: &Request) -> bool {
    match_request(ruleset, request).is_some_and(|(action, _)| action == Action::Allow)
}

/// The entry that puts the request into the rule which decides it: its line says more than that of the rule.
pub fn matching_entry<'r>(ruleset: &'r Ruleset, request: &Request) -> Option<&'r Line> {
    let rule = ruleset.rules().iter().find(|rule| fits(ruleset, rule, request, &request.host))?;
    let test = rule.hosts.iter().find(|test| !test.negated)?;
    let members = &ruleset.host_sets().get(at(test.set.0))?.members;
    members.iter().find(|member| host_fits(&member.shape, &request.host)).map(|member| &member.line)
}

fn fits(ruleset: &Ruleset, rule: &Rule, request: &Request, server_name: &str) -> bool {
    let in_hosts = |set: u32| {
        ruleset.host_sets().get(at(set)).is_some_and(|set| {
            let name = match set.subject {
                Subject::Destination => request.host.as_str(),
                Subject::ServerName => server_name,
            };
            set.members.iter().any(|member| host_fits(&member.shape, name))
        })
    };
    let in_paths = |set: u32| {
        let set = ruleset.path_sets().get(at(set));
        set.is_some_and(|set| set.members.iter().any(|member| path_fits(&member.shape, &request.path)))
    };
    rule.condition.ports(request.scheme).contains(request.port)
        && rule.hosts.iter().all(|test| in_hosts(test.set.0) != test.negated)
        && rule.paths.iter().all(|test| in_paths(test.set.0) != test.negated)
}

/// Whether the shape means the host.
pub(super) fn host_fits(shape: &HostShape, host: &str) -> bool {
    if let Some(tag) = host.strip_prefix(TAG) {
        return matches!(shape, HostShape::Any) || matches!(shape, HostShape::Tag(name) if name == tag);
    }
    let address = host.parse::<IpAddr>().ok();
    let below = |base: &str| host.strip_suffix(base).and_then(|rest| rest.strip_suffix('.'));
    match shape {
        HostShape::Any => true,
        HostShape::Exact(name) => match address {
            Some(address) => name.parse() == Ok(address),
            None => name == host,
        },
        HostShape::Net(net) => address.is_some_and(|address| net.contains(&address)),
        HostShape::Tag(_) => false,
        _ if address.is_some() => false,
        HostShape::Below { base, apex } => {
            below(base).is_some_and(|labels| !labels.is_empty()) || (*apex && base == host)
        }
        HostShape::Labels { count, base } => {
            below(base).is_some_and(|labels| labels.split('.').count() == usize::from(*count))
        }
        HostShape::Ends(end) => host.ends_with(end),
        HostShape::Regular(regular) => regular.finds(host),
    }
}

/// Whether the shape means the path.
pub(super) fn path_fits(shape: &PathShape, path: &str) -> bool {
    match shape {
        PathShape::Any => true,
        PathShape::Exact(wanted) => path == wanted,
        PathShape::Prefix(start) => path.starts_with(start),
        PathShape::Longer(start) => path.len() > start.len() && path.starts_with(start),
        PathShape::Folder(folder) => {
            let rest = path.strip_prefix(folder.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.ends_with('/'))
        }
        PathShape::Regular(regular) => regular.finds(path),
    }
}

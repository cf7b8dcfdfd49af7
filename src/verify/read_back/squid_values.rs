//! Values of Squid's acls, and which of them Squid does not bear in one acl.

use std::collections::HashSet;

use super::squid_acl::place;
use crate::diagnostic::{Code, Finding, Findings};
use crate::verify::ruleset::Line;
use crate::verify::universe::Universe;

/// The name of a `dstdomain` entry, and whether it starts with a dot. `None` for what never matches.
pub(super) fn domain(value: &str) -> Option<(String, bool)> {
    let lower = value.to_ascii_lowercase();
    let (base, dotted) = lower.strip_prefix('.').map_or((lower.as_str(), false), |base| (base, true));
    let is_name = Universe::Names.holds(base);
    let is_address = || !dotted && base.parse::<std::net::IpAddr>().is_ok();
    (is_name || is_address()).then(|| (base.to_owned(), dotted))
}

/// A network or an address.
pub(super) fn network(value: &str) -> Option<ipnet::IpNet> {
    let one = || value.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from);
    value.parse::<ipnet::IpNet>().ok().or_else(one)
}

/// A port or a range of ports.
pub(super) fn range(value: &str) -> Option<(u16, u16)> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match value.split_once('-') {
        Some((first, last)) => Some((number(first)?, number(last)?)),
        None => number(value).map(|port| (port, port)),
    }
}

/// The domains of one acl, to see which cover each other: Squid 5 and 6 do not start then.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlaps {
    plain: HashSet<String>,
    dotted: HashSet<String>,
    above: HashSet<String>,
}

impl Overlaps {
    /// Takes the next entry.
    pub(super) fn add(&mut self, name: &str, base: &str, dotted: bool, line: &Line, findings: &mut Findings) {
        let above = || base.match_indices('.').filter_map(|(at, _)| base.get(at + 1..));
        let twice = if dotted { self.dotted.contains(base) } else { self.plain.contains(base) };
        if twice {
            return;
        }
        let covered = above().find(|parent| self.dotted.contains(*parent));
        let is_apex = if dotted { self.plain.contains(base) } else { self.dotted.contains(base) };
        if let Some(parent) = covered {
            let message =
                format!("`{base}` in acl `{name}` is below `.{parent}`: Squid warns and ignores it");
            findings.push(Finding::warning(Code::AclOverlap, message).at(place(line)));
        } else if is_apex || (dotted && self.above.contains(base)) {
            let message = format!(
                "`{base}` in acl `{name}` overlaps with an entry above: Squid 5 and 6 do not start, and stop on a reload"
            );
            findings.push(Finding::error(Code::AclOverlap, message).at(place(line)));
        }
        for parent in above() {
            // Most names have a parent that is known.
            if !self.above.contains(parent) {
                self.above.insert(parent.to_owned());
            }
        }
        if dotted { &mut self.dotted } else { &mut self.plain }.insert(base.to_owned());
    }
}

//! Values of Squid's acls, and which of them Squid does not bear in one acl.

use foldhash::HashMap;

use super::squid_acl::place;
use crate::diagnostic::{Code, Finding, Findings};
use crate::verify::ruleset::Line;
use crate::verify::universe::Universe;

/// The name of a `dstdomain` entry, and whether it starts with a dot. `None` for what never matches.
pub(super) fn domain(value: &str) -> Option<(String, bool)> {
    let (base, dotted) = value.strip_prefix('.').map_or((value, false), |base| (base, true));
    let base = base.to_ascii_lowercase();
    let is_name = Universe::Names.holds(&base);
    let is_address = || !dotted && base.parse::<std::net::IpAddr>().is_ok();
    (is_name || is_address()).then_some((base, dotted))
}

/// Whether the text of an address may be, or end in, a `dstdomain` entry that is no IPv4 address itself.
pub(super) fn may_end_an_address(value: &str) -> bool {
    let has_colon = value.contains(':');
    if !has_colon && !value.ends_with(|last: char| last.is_ascii_digit()) {
        return false;
    }
    let is_of_both = |byte: u8| byte.is_ascii_hexdigit() || b":.[]".contains(&byte);
    let is_of_four = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let is_text = if has_colon { value.bytes().all(is_of_both) } else { value.bytes().all(is_of_four) };
    is_text && value.parse::<std::net::Ipv4Addr>().is_err()
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
pub(super) struct Overlaps(HashMap<Box<str>, Seen>);

/// How a name stood in the entries so far.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// By itself.
    plain: bool,
    /// With a dot in front.
    dotted: bool,
    /// As the end of a longer one.
    above: bool,
}

impl Overlaps {
    /// Makes room for so many entries.
    pub(super) fn reserve(&mut self, count: usize) {
        self.0.reserve(count);
    }

    /// Takes the next entry.
    pub(super) fn add(&mut self, name: &str, base: &str, dotted: bool, line: &Line, findings: &mut Findings) {
        let before = self.0.get(base).copied().unwrap_or_default();
        let (twice, is_apex) =
            if dotted { (before.dotted, before.plain) } else { (before.plain, before.dotted) };
        if twice {
            return;
        }
        let mut covered = None;
        for parent in memchr::memchr_iter(b'.', base.as_bytes()).filter_map(|at| base.get(at + 1..)) {
            // Most names have a parent that is known.
            match self.0.get_mut(parent) {
                Some(seen) => {
                    seen.above = true;
                    covered = covered.or(seen.dotted.then_some(parent));
                }
                None => drop(self.0.insert(parent.into(), Seen { above: true, ..Seen::default() })),
            }
        }
        if let Some(parent) = covered {
            let message =
                format!("`{base}` in acl `{name}` is below `.{parent}`: Squid warns and ignores it");
            findings.push(Finding::warning(Code::AclOverlap, message).at(place(line)));
        } else if is_apex || (dotted && before.above) {
            let message = format!(
                "`{base}` in acl `{name}` overlaps with an entry above: Squid 5 and 6 do not start, and stop on a reload"
            );
            findings.push(Finding::error(Code::AclOverlap, message).at(place(line)));
        }
        let seen = Seen { plain: before.plain || !dotted, dotted: before.dotted || dotted, ..before };
        match self.0.get_mut(base) {
            Some(known) => *known = seen,
            None => drop(self.0.insert(base.into(), seen)),
        }
    }
}

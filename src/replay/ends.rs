//! Most hosts of a log are nothing to a list, and their last bytes tell so.

use crate::pattern::Host;
use crate::rules::{HostFamily, Rules};

/// Bits of a table, a power of two: few enough for a core's nearest cache, many beside the endings of the longest list.
const PLACES: usize = 1 << 15;
/// Bytes of an ending that are compared.
const LENGTH: usize = 8;

/// The endings of all hosts that a list, a zone or a family can mean.
#[derive(Debug)]
pub(super) struct Ends {
    /// By their length, for endings shorter than the bytes that are compared need a look of their own: mostly one.
    tables: Vec<Table>,
}

/// Endings of one length, as a set of their hashes.
#[derive(Debug)]
struct Table {
    /// Keeps the bytes of the ending.
    kept: u64,
    places: Vec<u64>,
}

impl Ends {
    /// The endings of the hosts that there can be something to say about.
    pub(super) fn new<'h>(hosts: impl Iterator<Item = &'h Host>, rules: &'h Rules) -> Self {
        let listed = hosts.filter_map(|host| match host {
            Host::Exact(name) | Host::Subdomains(name) | Host::Suffix(name) => Some(name.as_str()),
            Host::Infix(_, end) => Some(end.as_ref()),
            // Addresses are told by what they look like.
            Host::Net(_) => None,
        });
        let zones = rules.zones.all.iter().map(|zone| zone.below.as_str());
        let families = rules.lint.families.iter().flat_map(HostFamily::forms).map(|(_, end)| end);
        let mut ends = Self { tables: Vec::new() };
        for end in listed.chain(zones).chain(families) {
            ends.add(end.as_bytes());
        }
        ends
    }

    fn add(&mut self, end: &[u8]) {
        let unused = LENGTH.saturating_sub(end.len()) * 8;
        let kept = u64::MAX.checked_shl(u32::try_from(unused).unwrap_or(u32::MAX)).unwrap_or(0);
        let known = self.tables.iter().position(|table| table.kept == kept);
        let at = known.unwrap_or_else(|| {
            self.tables.push(Table { kept, places: vec![0; PLACES / 64] });
            self.tables.len() - 1
        });
        if let Some(table) = self.tables.get_mut(at) {
            let (word, bit) = place(folded(last_bytes(end)) & kept);
            if let Some(places) = table.places.get_mut(word) {
                *places |= bit;
            }
        }
    }

    /// Whether there can be anything to say about a host, as a log writes it. `false` is certain.
    #[inline]
    pub(super) fn may_matter(&self, host: &[u8]) -> bool {
        let last = last_bytes(host);
        let folded = folded(last);
        let has = |table: &Table| {
            let (word, bit) = place(folded & table.kept);
            table.places.get(word).is_some_and(|places| places & bit != 0)
        };
        may_be_written_otherwise(last) || self.tables.iter().any(has)
    }
}

/// Whether a host ends as addresses do, or with the full stop or bracket that are left out of it. The last group of an
/// address without digits at its end has four letters at most, and a colon before them.
#[inline]
fn may_be_written_otherwise(last: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const COLONS: u64 = u64::from_ne_bytes([b':'; 8]);
    let [.., end] = last.to_le_bytes();
    let other = last ^ COLONS;
    let has_colon = other.wrapping_sub(ONES) & !other & (ONES << 7) != 0;
    has_colon || end.is_ascii_digit() || matches!(end, b'.' | b']')
}

/// The last bytes of a text, the last one in the highest place.
#[inline]
fn last_bytes(text: &[u8]) -> u64 {
    match text.last_chunk::<LENGTH>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text.iter().fold(0, |bytes, byte| bytes >> 8 | u64::from(*byte) << 56),
    }
}

/// Without the difference between capital and small letters; other bytes may fall together.
#[inline]
fn folded(bytes: u64) -> u64 {
    bytes | u64::from_ne_bytes([0x20; 8])
}

/// The word and the bit of an ending.
#[inline]
fn place(end: u64) -> (usize, u64) {
    let hash = end.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PLACES.trailing_zeros());
    ((hash / 64) as usize, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::allowlist::{Allowlist, Entry};
    use crate::pattern::{Pattern, Scheme, parse_address};
    use crate::replay::{Hosts, Outcome, Seen};
    use crate::texts::Texts;

    const LISTED: [&str; 9] = [
        "a.contoso.com",
        "*.fabrikam.net",
        "*a.northwind.example.com",
        "b*a.contoso.com",
        "*.a.io",
        "x.de",
        "198.51.100.0/24",
        "2001:db8::/32",
        "www.contoso.com/p/*",
    ];

    fn list() -> Allowlist {
        let entry = |address: &&str| {
            let parsed = parse_address(address).expect("an address");
            Entry {
                pattern: Pattern { host: parsed.host, path: parsed.path, port: 443, scheme: Scheme::Https },
                required: None,
                services: Texts::default(),
                geographies: Texts::default(),
                categories: Texts::default(),
                origins: Vec::new(),
                bypass: false,
                direct: false,
                tag: None,
            }
        };
        Allowlist::new(LISTED.iter().map(entry).collect())
    }

    fn name(rules: &Rules) -> impl Strategy<Value = String> + use<> {
        let listed = LISTED.iter().map(|name| (*name).to_owned());
        let zones = rules.zones.all.iter().map(|zone| zone.below.clone());
        let families = rules.lint.families.iter().flat_map(|family| &family.hosts).cloned();
        let known: Vec<String> = listed.chain(zones).chain(families).collect();
        let known = ("[ab]{0,2}", prop::sample::select(known), "[ab]{1,2}")
            .prop_map(|(before, known, word)| before + &known.replace('*', &word).replace("{}", &word));
        let address = (any::<[u16; 8]>(), any::<u8>()).prop_map(|(groups, zeros)| {
            let group = |(at, group): (usize, u16)| if zeros >> at & 1 == 0 { group } else { 0 };
            let mut numbers = groups.into_iter().enumerate().map(group);
            Ipv6Addr::from(std::array::from_fn(|_| numbers.next().unwrap_or(0))).to_string()
        });
        prop_oneof![4 => known, 1 => address, 1 => any::<[u8; 4]>().prop_map(|part| part.map(|part| part.to_string()).join(".")), 1 => "[a-z.:0-9]{1,10}"]
    }

    fn written() -> impl Strategy<Value = String> {
        let rules = Rules::shipped(None).expect("the shipped rules");
        (name(&rules), any::<u32>(), prop::sample::select(vec!["{}", "{}.", "[{}]"])).prop_map(
            |(name, capitals, form)| {
                let letter = |(at, letter): (usize, char)| match capitals >> (at % 32) & 1 {
                    0 => letter,
                    _ => letter.to_ascii_uppercase(),
                };
                form.replace("{}", &name.chars().enumerate().map(letter).collect::<String>())
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn no_host_is_passed_over_that_there_is_something_to_say_about(host in written()) {
            let (rules, list) = (Rules::shipped(None).expect("the shipped rules"), list());
            let hosts = Hosts::new(list.entries(), &rules);
            let seen = Seen {
                scheme: Scheme::Https,
                host: host.as_bytes(),
                port: 443,
                path: None,
                outcome: Outcome::Allowed,
                time: None,
            };
            prop_assert!(hosts.class(&seen).is_none() || hosts.ends.may_matter(host.as_bytes()));
        }
    }

    #[test]
    fn other_hosts_are_passed_over() {
        let (rules, list) = (Rules::shipped(None).expect("the shipped rules"), list());
        let hosts = Hosts::new(list.entries(), &rules);
        for host in ["assets-1.cdn.contoso.example", "service-22.northwind.org", "A.B", "com", ""] {
            assert!(!hosts.ends.may_matter(host.as_bytes()), "{host}");
        }
        for host in ["c.CONTOSO.com", "1.2.3.4", "::a", "2001:db8::abcd", "a.contoso.com.", "[::1]"] {
            assert!(hosts.ends.may_matter(host.as_bytes()), "{host}");
        }
    }
}

//! Which entries of a list mean a host, found without asking each of them.

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use ipnet::IpNet;

use super::cache::Class;
use super::ends::Ends;
use super::seen::{Seen, Subject};
use crate::allowlist::Entry;
use crate::pattern::{Host, Path, Request, allows, shared_suffix};
use crate::request::without_dot_segments;
use crate::rules::{HostFamily, Rules, word_of};

/// The entries of a list by their hosts, and the zones of the vendor's.
#[derive(Debug)]
pub struct Hosts<'a> {
    entries: &'a [Entry],
    rules: &'a Rules,
    exact: HashMap<&'a str, Vec<u32>>,
    /// By the name behind `*.`.
    below: HashMap<&'a str, Vec<u32>>,
    /// Stars inside a label: few, and asked one after the other.
    starred: Vec<u32>,
    nets: Vec<(IpNet, u32)>,
    /// What stands before and behind the word of each family's hosts.
    families: Vec<(&'a str, &'a str)>,
    /// Which hosts need no look-up.
    pub(super) ends: Ends,
}

impl<'a> Hosts<'a> {
    /// Puts the entries of a list in order for look-ups.
    pub fn new(entries: &'a [Entry], rules: &'a Rules) -> Self {
        let mut hosts = Self {
            entries,
            rules,
            exact: HashMap::new(),
            below: HashMap::new(),
            starred: Vec::new(),
            nets: Vec::new(),
            families: rules.lint.families.iter().flat_map(HostFamily::forms).collect(),
            ends: Ends::new(entries.iter().map(|entry| &entry.pattern.host), rules),
        };
        for (at, entry) in (0..).zip(entries) {
            match &entry.pattern.host {
                Host::Exact(name) => hosts.exact.entry(name.as_str()).or_default().push(at),
                Host::Subdomains(base) => hosts.below.entry(base.as_str()).or_default().push(at),
                Host::Suffix(_) | Host::Infix(..) => hosts.starred.push(at),
                Host::Net(net) => hosts.nets.push((*net, at)),
            }
        }
        hosts
    }

    /// All entries, in the order of the list.
    pub fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// The entries that mean some request to a host, port and scheme, by their index, in order.
    pub fn meaning(&self, subject: &Subject) -> Vec<u32> {
        let mut found = Vec::new();
        if let Ok(address) = subject.host.parse::<IpAddr>() {
            found.extend(self.nets.iter().filter(|(net, _)| net.contains(&address)).map(|(_, at)| *at));
        } else {
            found.extend(self.exact.get(subject.host.as_str()).into_iter().flatten());
            let ends = subject.host.match_indices('.').filter_map(|(at, _)| subject.host.get(at + 1..));
            found.extend(ends.filter_map(|end| self.below.get(end)).flatten());
            found.extend(&self.starred);
        }
        found.retain(|at| self.means_host(*at, subject));
        found.sort_unstable();
        found
    }

    /// The meaning of an entry's host, port and scheme is the reference's.
    fn means_host(&self, at: u32, subject: &Subject) -> bool {
        let Some(entry) = self.entries.get(at as usize) else { return false };
        let pattern = &entry.pattern;
        // A path that the entry means, so that only the rest of the pattern decides.
        let path = if pattern.path == Path::Any { "/" } else { pattern.path.text() };
        allows(pattern, &request(subject, path))
    }

    /// Whether an entry means one path of a host.
    pub(super) fn means_path(&self, at: u32, subject: &Subject, path: &str) -> bool {
        self.entries.get(at as usize).is_some_and(|entry| allows(&entry.pattern, &request(subject, path)))
    }

    /// Whether customers of the vendor own names beside those that an entry means, so that a host alone does not tell.
    pub fn is_shared(&self, at: u32) -> bool {
        self.entries.get(at as usize).is_some_and(|entry| shared_suffix(&entry.pattern.host).is_some())
    }

    /// Everything that is to be known about a request's host; `None` if that is nothing.
    pub(super) fn class(&self, seen: &Seen<'_>) -> Option<Class> {
        let host = host(seen.host)?;
        let is_address = host.parse::<IpAddr>().is_ok();
        let subject = Subject { host, port: seen.port, scheme: seen.scheme };
        let in_zone = self.in_zone(&subject.host);
        let (whole, limited): (Vec<u32>, Vec<u32>) = self.meaning(&subject).into_iter().partition(|at| {
            self.entries.get(*at as usize).is_some_and(|entry| entry.pattern.path == Path::Any)
        });
        let matters = in_zone || !whole.is_empty() || !limited.is_empty();
        (matters || is_address).then(|| Class {
            whole: whole.into(),
            limited: limited.into(),
            in_zone,
            is_address,
            subject: matters.then(|| Arc::new(subject)),
        })
    }

    fn in_zone(&self, host: &str) -> bool {
        self.rules.zones.all.iter().any(|zone| zone.holds(host))
            || self.families.iter().any(|form| word_of(*form, host).is_some())
    }
}

fn request(subject: &Subject, path: &str) -> Request {
    Request { scheme: subject.scheme, host: subject.host.clone(), port: subject.port, path: path.to_owned() }
}

/// A host as requests have it: lower case, no trailing dot, no brackets. What holds other bytes is no host of a list.
fn host(bytes: &[u8]) -> Option<String> {
    sound(bytes).map(|bytes| String::from_utf8_lossy(bytes).to_ascii_lowercase())
}

/// The bytes of a host without brackets and a trailing dot; `None` where they can be no host.
fn sound(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b".").unwrap_or(bytes);
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:".contains(byte);
    // A log writes `-` where there is nothing.
    let is_something = !bytes.is_empty() && bytes != b"-";
    (is_something && bytes.len() <= 253 && bytes.iter().all(fits)).then_some(bytes)
}

/// Whether what stands in a host's place can be none: a list cannot say whether it was needed.
#[inline(never)]
pub(super) fn is_malformed(bytes: &[u8]) -> bool {
    sound(bytes).is_none()
}

/// A path as clients send it, without its query.
pub(super) fn path(bytes: &[u8]) -> String {
    let path = bytes.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    without_dot_segments(&String::from_utf8_lossy(path))
}

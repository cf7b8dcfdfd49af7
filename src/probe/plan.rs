//! `plan`: which URLs to ask for, so that every entry of a list is asked about where that is possible.

use std::collections::BTreeMap;
use std::fmt;

use crate::allowlist::{Allowlist, Entry};
use crate::pattern::{Host, Path, Pattern, Request, Scheme, allows};
use crate::profile::Profile;
use crate::rules::{Accepted, Method, ProbeFacts, Rules, Url, UrlTest};
use crate::source::Scope;

/// One URL to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Scheme.
    pub scheme: Scheme,
    /// Host name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path and query.
    pub target: String,
    /// How to ask.
    pub method: Method,
    /// Which statuses will do; empty where nothing is known of the server.
    pub expected: Vec<u16>,
    /// Whether an entry asks for it that the list does not call optional.
    pub needed: bool,
    /// Whether TLS inspection must leave it alone.
    pub bypass: bool,
    /// Whether it must not go through a proxy.
    pub direct: bool,
}

/// What to ask for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the order of their hosts.
    pub probes: Vec<Probe>,
    /// What cannot be asked about, in the order of the list.
    pub untested: Vec<Untested>,
}

/// An entry that cannot be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untested {
    /// What the entry means.
    pub pattern: Pattern,
    /// Why nothing is asked.
    pub reason: &'static str,
}

/// `contoso.com/path`, with the scheme if it is clear text and the port if it is not that of the scheme.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::Http {
            f.write_str("http://")?;
        }
        f.write_str(&self.host)?;
        if self.port != self.scheme.port() {
            write!(f, ":{}", self.port)?;
        }
        if self.target == "/" { Ok(()) } else { f.write_str(&self.target) }
    }
}

/// The plan for a list: the names in it, and names behind its wildcards that the rules know in the profile's
/// geographies.
pub fn plan(list: &Allowlist, profile: &Profile, rules: &Rules, facts: &ProbeFacts) -> Plan {
    let known = known_urls(profile, rules, facts);
    let mut probes = Probes::default();
    for entry in list.entries() {
        match &entry.pattern.host {
            Host::Exact(name) => probes.add_name(entry, name.as_str(), facts),
            Host::Subdomains(_) | Host::Suffix(_) | Host::Infix(..) => {
                for (test, url) in &known {
                    probes.add_url(entry, test, url, &facts.accepted);
                }
            }
            Host::Net(_) => {}
        }
    }
    let untested = list.entries().iter().filter_map(|entry| untested(&entry.pattern, &probes)).collect();
    Plan { probes: probes.0.into_values().collect(), untested }
}

/// URLs of hosts that the rules name, in the geographies of a profile and its cloud.
fn known_urls<'f>(profile: &Profile, rules: &Rules, facts: &'f ProbeFacts) -> Vec<(&'f UrlTest, Url)> {
    let reading = &rules.reading;
    let cloud = reading.clouds.iter().find(|cloud| cloud.name == profile.cloud.value);
    let of_cloud = cloud.into_iter().flat_map(|cloud| &cloud.geographies);
    let written: Vec<&String> = profile.geographies.iter().map(|spot| &spot.value).chain(of_cloud).collect();
    let is_chosen = |name: &str| {
        let geography = reading.geography(name);
        let same = |written: &&&String| {
            reading.geography(written).is_some_and(|other| geography.is_some_and(|it| it.name == other.name))
        };
        geography.is_some_and(|it| it.scope == Scope::Everywhere) || written.iter().any(|text| same(&text))
    };
    let tests = facts.tests.iter();
    tests.flat_map(|test| test.known_urls(is_chosen).into_iter().map(move |url| (test, url))).collect()
}

/// Probes by host, port, path and method, each once.
#[derive(Default)]
struct Probes(BTreeMap<(String, u16, String, Method), Probe>);

impl Probes {
    fn add_name(&mut self, entry: &Entry, name: &str, facts: &ProbeFacts) {
        let mut asked = false;
        for test in &facts.tests {
            for url in test.urls_of(name) {
                asked |= self.add_url(entry, test, &url, &facts.accepted);
            }
        }
        if asked || entry.pattern.port == 0 {
            return;
        }
        let target = match &entry.pattern.path {
            Path::Any => "/".to_owned(),
            path => path.text().to_owned(),
        };
        let url = Url { scheme: entry.pattern.scheme, host: name.to_owned(), target };
        self.add(entry, &url, Method::Get, Vec::new());
    }

    /// Adds the URL of a test, if the entry means it.
    fn add_url(&mut self, entry: &Entry, test: &UrlTest, url: &Url, accepted: &Accepted) -> bool {
        let means = allows(&entry.pattern, &asked(url.scheme, &url.host, url.scheme.port(), &url.target));
        if means {
            let expected = test.expected.as_ref().unwrap_or(&accepted.statuses).clone();
            self.add(entry, url, test.method, expected);
        }
        means
    }

    fn add(&mut self, entry: &Entry, url: &Url, method: Method, expected: Vec<u16>) {
        let port = entry.pattern.port;
        let key = (url.host.clone(), port, url.target.clone(), method);
        let probe = self.0.entry(key).or_insert_with(|| Probe {
            scheme: url.scheme,
            host: url.host.clone(),
            port,
            target: url.target.clone(),
            method,
            expected,
            needed: false,
            bypass: false,
            direct: false,
        });
        probe.needed |= entry.required != Some(false);
        probe.bypass |= entry.bypass;
        probe.direct |= entry.direct;
    }
}

/// A request as patterns mean it: without the query.
fn asked(scheme: Scheme, host: &str, port: u16, target: &str) -> Request {
    let path = target.split('?').next().unwrap_or_default().to_owned();
    Request { scheme, host: host.to_owned(), port, path }
}

/// Why nothing is asked that the pattern means, if so.
fn untested(pattern: &Pattern, probes: &Probes) -> Option<Untested> {
    let reason = match &pattern.host {
        Host::Net(_) => "a network has no name to ask for",
        _ if pattern.port == 0 => "it has no port",
        Host::Exact(_) => return None,
        Host::Subdomains(_) | Host::Suffix(_) | Host::Infix(..) => "no name is known that it means",
    };
    let means = |probe: &Probe| allows(pattern, &asked(probe.scheme, &probe.host, probe.port, &probe.target));
    (!probes.0.values().any(means)).then(|| Untested { pattern: pattern.clone(), reason })
}

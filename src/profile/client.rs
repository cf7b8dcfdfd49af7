//! `[client]`: the proxy, PAC file and exceptions that devices are told, checked so that each is inert in every
//! language in which a device could read it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Spot;
use super::client_values::{LONGEST_URL, SCHEME, Wrong, bypassed, pac_url, proxy};
use super::node::{Kind, Node};
use super::section::{Section, once};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// The keys that stand directly in `[client]`.
const KEYS: &[&str] = &["proxy", "pac-url", "bypass"];

/// The settings of devices.
#[derive(Debug)]
pub struct ClientSettings {
    /// Where the section starts.
    pub place: Place,
    /// The static proxy.
    pub proxy: Option<Spot<Proxy>>,
    /// Where the PAC file is.
    pub pac: Option<Spot<PacUrl>>,
    /// What goes past the proxy: names, `*.name`, IPv4 addresses, `10.*`, `<local>`.
    pub bypass: Vec<Spot<String>>,
    /// `[client.<component>]`, as written.
    pub components: BTreeMap<String, Node>,
}

/// A proxy without its scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// A host name in lower case, or an IPv4 address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether the profile has the scheme, which is taken off.
    pub had_scheme: bool,
}

impl Proxy {
    /// `proxy.contoso.com:8080`.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// `http://proxy.contoso.com:8080`.
    pub fn url(&self) -> String {
        format!("{SCHEME}{}", self.address())
    }
}

/// The address of a PAC file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacUrl {
    /// As the profile has it.
    pub url: String,
    /// The host in it.
    pub host: String,
}

impl PacUrl {
    /// Whether the host is a name.
    pub fn is_name(&self) -> bool {
        self.host.parse::<Ipv4Addr>().is_err()
    }

    /// Whether the host is a name without a domain.
    pub fn is_relative(&self) -> bool {
        self.is_name() && !self.host.contains('.')
    }

    /// Whether the host is called `wpad`, in whatever domain.
    pub fn is_wpad(&self) -> bool {
        self.host.split('.').next() == Some("wpad")
    }
}

pub(super) fn read(section: &mut Section, findings: &mut Findings) -> Option<ClientSettings> {
    let node = section.take("client")?;
    let place = node.place.clone();
    let (node, components) = apart(node);
    let mut client = Section::new("client", node, findings);
    let proxy = client.text("proxy", findings).and_then(|spot| checked("proxy", spot, proxy, findings));
    let pac = client.text("pac-url", findings).and_then(|spot| checked("pac-url", spot, pac_url, findings));
    let bypass = once("client.bypass", client.texts("bypass", findings), true, findings);
    let bypass = bypass.into_iter().filter_map(|spot| checked("bypass", spot, bypassed, findings)).collect();
    client.finish(findings);
    Some(ClientSettings { place, proxy, pac, bypass, components })
}

/// The section without the sections in it, which are the components' own.
fn apart(node: Node) -> (Node, BTreeMap<String, Node>) {
    let Kind::Table(nodes) = node.kind else { return (node, BTreeMap::new()) };
    let is_component =
        |(key, node): &(String, Node)| matches!(node.kind, Kind::Table(_)) && !KEYS.contains(&key.as_str());
    let (components, own): (Vec<_>, Vec<_>) = nodes.into_iter().partition(is_component);
    let own = Node { kind: Kind::Table(own.into_iter().collect()), place: node.place };
    (own, components.into_iter().collect())
}

/// What `parse` makes of a value; a value that it refuses is a finding.
fn checked<T>(
    key: &str,
    spot: Spot<String>,
    parse: fn(&str) -> Result<T, Wrong>,
    findings: &mut Findings,
) -> Option<Spot<T>> {
    let Wrong { what: wrong, help } = match parse(&spot.value) {
        Ok(value) => return Some(Spot { value, place: spot.place }),
        Err(wrong) => wrong,
    };
    // Neither the value nor its line is shown where it may hold a password.
    let message = if spot.value.contains('@') || spot.value.len() > LONGEST_URL {
        format!("`client.{key}` {wrong}")
    } else {
        format!("`client.{key}` cannot be `{}`: it {wrong}", spot.value)
    };
    let text = spot.place.text.clone().filter(|line| !line.contains('@'));
    let place = Place { text, ..spot.place };
    findings.push(Finding::error(Code::ProfileValue, message).at(place).help(help));
    None
}

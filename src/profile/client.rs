//! `[client]`: the proxy, PAC file and exceptions that devices are told, checked so that each is inert in every
//! language in which a device could read it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Spot;
use super::node::{Kind, Node};
use super::section::{Section, once};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::Fqdn;

/// The keys that stand directly in `[client]`.
const KEYS: &[&str] = &["proxy", "pac-url", "bypass"];

/// A DHCP option holds no more.
const LONGEST_URL: usize = 255;

/// Scheme of a proxy where a component wants one written.
const SCHEME: &str = "http://";

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

/// What is wrong with a value, and what to write instead.
type Wrong = (&'static str, &'static str);

const NO_PROXY: Wrong = ("is no host with a port", "write `proxy = \"proxy.contoso.com:8080\"`");

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
    let (wrong, help) = match parse(&spot.value) {
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

/// `name:port` or `address:port`; `http://` before it is taken off.
fn proxy(text: &str) -> Result<Proxy, Wrong> {
    if text.contains('@') {
        return Err((
            "holds a user or password, and the devices cannot log in to a proxy",
            "write `host:port`, and let the proxy take the devices without a login",
        ));
    }
    let had_scheme = text.starts_with(SCHEME);
    let address = text.strip_prefix(SCHEME).map_or(text, |rest| rest.strip_suffix('/').unwrap_or(rest));
    if address.contains("://") {
        return Err((
            "has a scheme other than http",
            "write `host:port`; what needs a scheme gets `http://`",
        ));
    }
    if address.starts_with('[') {
        return Err((
            "is an IPv6 address, which not all of the devices take",
            "write its name, or its IPv4 address",
        ));
    }
    let (host, port) = address.rsplit_once(':').ok_or(NO_PROXY)?;
    let host = host_name(host).ok_or(NO_PROXY)?;
    Ok(Proxy { host, port: port_number(port).ok_or(NO_PROXY)?, had_scheme })
}

fn port_number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// A host name of letters, digits and hyphens, or an IPv4 address.
fn host_name(text: &str) -> Option<String> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(text.to_owned());
    }
    let name = Fqdn::parse(text)?.to_string();
    let sound = |label: &str| !label.starts_with('-') && !label.ends_with('-') && !label.contains('_');
    // What ends in a number, in whatever base, would be read as an address.
    let is_number = |label: &str| match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    };
    (name.split('.').all(sound) && !name.rsplit('.').next().is_some_and(is_number)).then_some(name)
}

/// `http://host/path` of the characters that a URL may hold, less the comma, at which DHCP servers cut.
fn pac_url(text: &str) -> Result<PacUrl, Wrong> {
    const WRONG: Wrong = (
        "is no address of a PAC file",
        "write `http://host/proxy.pac`; characters that no URL holds, and commas, as `%2C`",
    );
    if text.len() > LONGEST_URL {
        return Err((
            "is longer than the 255 characters that a DHCP option holds",
            "give the PAC file a shorter address",
        ));
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix(SCHEME)).ok_or(WRONG)?;
    let (authority, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).ok_or(WRONG)?;
    if authority.contains('@') {
        return Err((
            "holds a user or password, and the devices cannot log in",
            "write `http://host/proxy.pac`",
        ));
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let sound_port = port.is_none_or(|port| port_number(port).is_some());
    let sound = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+;=:@/?%".contains(c);
    let mut escapes = path.split('%').skip(1);
    let escaped = escapes
        .all(|after| after.get(..2).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())));
    match host_name(host) {
        Some(host) if sound_port && escaped && path.chars().all(sound) => {
            Ok(PacUrl { url: text.to_owned(), host })
        }
        _ => Err(WRONG),
    }
}

/// A name, `*.name`, an IPv4 address, the start of one (`10.*`), or `<local>`.
fn bypassed(text: &str) -> Result<String, Wrong> {
    const WRONG: Wrong = (
        "is no name or address",
        "write `intranet.contoso.com`, `*.contoso.com`, `10.0.0.6`, `10.*` or `<local>`",
    );
    if text.parse::<ipnet::IpNet>().is_ok() {
        return Err((
            "is a network, which devices do not read",
            "write the start of its addresses, such as `10.*`",
        ));
    }
    let start_of_addresses = |start: &str| {
        let parts: Vec<&str> = start.split('.').collect();
        parts.len() <= 3 && parts.iter().all(|part| part.parse::<u8>().is_ok_and(|n| n.to_string() == *part))
    };
    let sound = text == "<local>"
        || host_name(text).is_some()
        || text
            .strip_prefix("*.")
            .is_some_and(|name| host_name(name).is_some() && name.parse::<Ipv4Addr>().is_err())
        || text.strip_suffix(".*").is_some_and(start_of_addresses);
    if sound { Ok(text.to_owned()) } else { Err(WRONG) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_nothing_else() {
        for (text, expected) in [
            ("proxy.contoso.com:8080", Some("http://proxy.contoso.com:8080")),
            ("Proxy.Contoso.com:8080", Some("http://proxy.contoso.com:8080")),
            ("http://proxy.contoso.com:8080/", Some("http://proxy.contoso.com:8080")),
            ("10.0.0.6:8080", Some("http://10.0.0.6:8080")),
            ("proxy:3128", Some("http://proxy:3128")),
            ("proxy.contoso.com", None),
            ("proxy.contoso.com:", None),
            ("proxy.contoso.com:+80", None),
            ("proxy.contoso.com:0", None),
            ("proxy.contoso.com:65536", None),
            ("https://proxy.contoso.com:8080", None),
            ("user:secret@proxy.contoso.com:8080", None),
            ("10.0.0.300:8080", None),
            ("0x7f000001:8080", None),
            ("127.0x1:8080", None),
            ("0xyz:8080", Some("http://0xyz:8080")),
            ("-proxy:8080", None),
            ("[::1]:8080", None),
            ("proxy.contoso.com:8080/path", None),
            ("a;b:80", None),
            ("", None),
        ] {
            assert_eq!(proxy(text).ok().map(|proxy| proxy.url()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn no_setting_holds_what_ends_a_text_or_a_line() {
        for hostile in [
            "\"", "`", "\n", "\r", "\0", "\\", "<", ">", " ", "\u{e9}", "\u{2019}", "]]>", "{", "|", "^",
            ",", "#",
        ] {
            assert!(proxy(&format!("pro{hostile}xy:80")).is_err(), "{hostile:?}");
            assert!(proxy(&format!("proxy:80{hostile}")).is_err(), "{hostile:?}");
            assert!(pac_url(&format!("http://host/a{hostile}b")).is_err(), "{hostile:?}");
            assert!(bypassed(&format!("na{hostile}me")).is_err(), "{hostile:?}");
        }
        for hostile in ["'", "$(x)", "$x", "&", ";", "%PATH%", "!x!"] {
            assert!(proxy(&format!("pro{hostile}xy:80")).is_err(), "{hostile:?}");
            assert!(bypassed(&format!("na{hostile}me")).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn a_pac_url_may_hold_what_a_url_may_hold() {
        for (text, sound) in [
            ("http://proxy.contoso.com/proxy.pac", true),
            ("https://proxy.contoso.com:8443/a/b.pac?site=EU&v=2", true),
            ("http://host/it's$(fine)&so;on%20!", true),
            ("http://host/%2", false),
            ("http://host/%zz", false),
            ("http://host", false),
            ("http:///proxy.pac", false),
            ("ftp://host/proxy.pac", false),
            ("http://user@host/proxy.pac", false),
            ("http://host:0/proxy.pac", false),
            ("http://host/a,b", false),
        ] {
            assert_eq!(pac_url(text).is_ok(), sound, "{text}");
        }
    }

    #[test]
    fn what_goes_past_the_proxy_is_named_as_devices_read_it() {
        for (text, sound) in [
            ("intranet", true),
            ("intranet.contoso.com", true),
            ("*.contoso.com", true),
            ("10.0.0.6", true),
            ("10.*", true),
            ("192.168.*", true),
            ("<local>", true),
            ("<LOCAL>", false),
            ("10.0.0.0/8", false),
            ("*", false),
            ("*contoso.com", false),
            ("010.*", false),
            ("10.1.2.3.*", false),
        ] {
            assert_eq!(bypassed(text).is_ok(), sound, "{text}");
        }
    }
}

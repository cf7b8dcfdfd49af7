//! What stands in `[client]`: each value has one form, of characters that are inert wherever a device reads them, and what
//! is wrong with another one is said by name.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::client::{PacUrl, Proxy};
use crate::pattern::Fqdn;

/// A DHCP option holds no more.
pub(super) const LONGEST_URL: usize = 255;

/// Scheme of a proxy where a component wants one written.
pub(super) const SCHEME: &str = "http://";

/// What is wrong with a value, and what to write instead.
#[derive(Debug)]
pub(super) struct Wrong {
    /// What follows `it` in a sentence.
    pub(super) what: Cow<'static, str>,
    /// What to write.
    pub(super) help: Cow<'static, str>,
}

const PROXY: &str = "write `proxy = \"proxy.contoso.com:8080\"`";
const PAC: &str = "write `http://host/proxy.pac`";

fn wrong<T>(what: impl Into<Cow<'static, str>>, help: impl Into<Cow<'static, str>>) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), help: help.into() })
}

/// `name:port` or `address:port`; `http://` before it is taken off.
pub(super) fn proxy(text: &str) -> Result<Proxy, Wrong> {
    if text.contains('@') {
        return wrong(
            "holds a user or password, and the devices cannot log in to a proxy",
            "write `host:port`, and let the proxy take the devices without a login",
        );
    }
    let had_scheme = text.starts_with(SCHEME);
    let address = text.strip_prefix(SCHEME).map_or(text, |rest| rest.strip_suffix('/').unwrap_or(rest));
    match address.split_once("://") {
        Some(("https", _)) => {
            return wrong(
                "names a proxy that is reached through TLS: most of the settings hold `host:port` alone, and their readers \
                 speak to it in clear text",
                "write host and port of the proxy's clear-text listener; what clients ask for stays in TLS of their own",
            );
        }
        Some(_) => {
            return wrong(
                "has a scheme other than http",
                "write `host:port`; what needs a scheme gets `http://`",
            );
        }
        None => {}
    }
    if address.starts_with('[') {
        return wrong(
            "is an IPv6 address, which not all of the devices take",
            "write its name, or its IPv4 address",
        );
    }
    let Some((host, port)) = address.rsplit_once(':') else { return wrong("names no port", PROXY) };
    let host = host_name(host).or_else(|what| wrong(what, PROXY))?;
    match port_number(port) {
        Some(port) => Ok(Proxy { host, port, had_scheme }),
        None => wrong("has no number from 1 to 65535 behind the last colon", PROXY),
    }
}

fn port_number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// A host name of letters, digits and hyphens, or an IPv4 address; else what is wrong with it.
fn host_name(text: &str) -> Result<String, &'static str> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Ok(text.to_owned());
    }
    if text.is_empty() {
        return Err("names no host");
    }
    if !text.is_ascii() {
        return Err("holds letters beyond ASCII in its host: DNS has such names in another form, `xn--…`");
    }
    if text.contains('_') {
        return Err(
            "holds `_` in its host, which host names may not (RFC 1123) and some readers refuse: the host's address \
                    or another name of it will do",
        );
    }
    let Some(name) = Fqdn::parse(text) else {
        return Err("is no host: names consist of letters, digits, `-` and `.`");
    };
    let name = name.to_string();
    if name.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err("has a part of a host name that starts or ends with `-`");
    }
    // What ends in a number, in whatever base, would be read as an address.
    let is_number = |label: &str| match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    };
    if name.rsplit('.').next().is_some_and(is_number) {
        return Err("ends in a number, so that it would be read as an address, and is none");
    }
    Ok(name)
}

/// `http://host/path` of the characters that a URL may hold, less the comma, at which DHCP servers cut.
pub(super) fn pac_url(text: &str) -> Result<PacUrl, Wrong> {
    if text.len() > LONGEST_URL {
        return wrong(
            "is longer than the 255 characters that a DHCP option holds",
            "give the PAC file a shorter address",
        );
    }
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix(SCHEME)) else {
        return wrong("starts with neither `http://` nor `https://`", PAC);
    };
    let Some((authority, path)) = rest.find('/').and_then(|at| rest.split_at_checked(at)) else {
        return wrong("has no path behind its host", PAC);
    };
    if authority.contains('@') {
        return wrong("holds a user or password, and the devices cannot log in", PAC);
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host = host_name(host).or_else(|what| wrong(what, PAC))?;
    if port.is_some_and(|port| port_number(port).is_none()) {
        return wrong("has no number from 1 to 65535 behind the colon of its host", PAC);
    }
    sound_path(path)?;
    Ok(PacUrl { url: text.to_owned(), host })
}

fn sound_path(path: &str) -> Result<(), Wrong> {
    if path.contains('#') {
        return wrong("holds `#`, and what follows that is sent to no server", "leave it out");
    }
    let sound = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+;=:@/?%".contains(c);
    if path.contains(char::is_control) {
        return wrong("holds a control character, such as the end of a line", "leave it out");
    }
    if let Some(other) = path.chars().find(|c| !sound(*c)) {
        let mut bytes = [0; 4];
        let escaped = other.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}"));
        let why = if other == ',' { "at which DHCP servers cut the address" } else { "which no URL holds" };
        return wrong(format!("holds {other:?}, {why}"), format!("write `{}`", escaped.collect::<String>()));
    }
    let is_escape =
        |after: &str| after.get(..2).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    if !path.split('%').skip(1).all(is_escape) {
        return wrong(
            "holds `%` without two hexadecimal digits behind it",
            "write `%25` for the sign itself",
        );
    }
    Ok(())
}

/// A name, `*.name`, an IPv4 address, the start of one (`10.*`), or `<local>`.
pub(super) fn bypassed(text: &str) -> Result<String, Wrong> {
    const HELP: &str = "write `intranet.contoso.com`, `*.contoso.com`, `10.0.0.6`, `10.*` or `<local>`";
    if text.parse::<ipnet::IpNet>().is_ok() {
        return wrong(
            "is a network, which devices do not read",
            "write the start of its addresses, such as `10.*`",
        );
    }
    let start_of_addresses = |start: &str| {
        let parts: Vec<&str> = start.split('.').collect();
        parts.len() <= 3 && parts.iter().all(|part| part.parse::<u8>().is_ok_and(|n| n.to_string() == *part))
    };
    if text == "<local>" || text.strip_suffix(".*").is_some_and(start_of_addresses) {
        return Ok(text.to_owned());
    }
    let (name, is_below) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
    if is_below && name.parse::<Ipv4Addr>().is_ok() {
        return wrong("has a wildcard before an address", HELP);
    }
    if name.contains('*') {
        return wrong(
            "has a wildcard in another place than at the start of a name or the end of an address",
            HELP,
        );
    }
    if name.contains([';', ',', ' ']) {
        return wrong(
            "looks like several names in one text",
            "write each as a text of its own: `[\"a\", \"b\"]`",
        );
    }
    match host_name(name) {
        Ok(_) => Ok(text.to_owned()),
        Err(what) => wrong(what, HELP),
    }
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

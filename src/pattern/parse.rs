//! The vendor's address text as host and path; one `AddressError` per way a text can be wrong.

use ipnet::IpNet;

use super::{Fqdn, Host, Path, Scheme, is_registry};

/// Longest address that is read, in bytes. The longest published one has 64.
const LONGEST: usize = 2048;

/// An address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Scheme prefix, if the text has one.
    pub scheme: Option<Scheme>,
    /// Hosts.
    pub host: Host,
    /// Port after the host, if the text has one.
    pub port: Option<u16>,
    /// Paths. A text that ends in `/` names a folder.
    pub path: Path,
}

impl Parsed {
    /// The port that the address itself says.
    pub fn written_port(&self) -> Option<u16> {
        self.port.or(self.scheme.map(Scheme::port))
    }
}

/// Why a text is no address. The message completes "the address …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// Longer than any address can be.
    #[error("is longer than 2048 bytes")]
    TooLong,
    /// A character that can look like another one, or cannot be seen.
    #[error("holds the character U+{:04X}, which is not plain ASCII and can look like another one", u32::from(*.0))]
    NotAscii(char),
    /// A control character or white space inside.
    #[error("holds white space or a control character inside")]
    Control,
    /// `ftp://…`.
    #[error("has a scheme other than http and https")]
    Scheme,
    /// `user@host`.
    #[error("names a user before the host")]
    UserInfo,
    /// A port that is no number from 1 to 65535.
    #[error("has a port that is no number from 1 to 65535")]
    Port,
    /// No host name.
    #[error("has no host name of the form `name.example.com`")]
    Host,
    /// `xn--…`: an internationalised label.
    #[error("has an internationalised (`xn--`) label, which can look like another name")]
    Idn,
    /// `*`, `*.`, `*.com`, `*.co.uk`, `*e.com`.
    #[error("would allow names of a whole public suffix, not of one owner")]
    TooWide,
    /// `0.0.0.0/0`.
    #[error("is a network of more than a /8 (IPv6: /16)")]
    TooWideNet,
    /// `127.0.0.1`, `10.0.0.0/8`.
    #[error("is a loopback, private or otherwise special address")]
    SpecialNet,
    /// A star in the host anywhere but in front or once inside the first label.
    #[error("has a `*` in a place of the host that has no clear meaning")]
    HostStar,
    /// A star in the path anywhere but at its end.
    #[error("has a `*` inside its path")]
    PathStar,
    /// `?` or `#`.
    #[error("has a query or fragment, which no list of hosts and paths can hold")]
    Query,
    /// Dot segments, backslashes, quotes and the like.
    #[error(
        "has a path with dot segments, a dot written as `%2e`, or characters that are not allowed in a URL"
    )]
    Path,
}

/// Takes one address apart: `https://*.x.com:443/p/*`, `*x.com`, `10.0.0.0/8`, ….
pub fn parse_address(text: &str) -> Result<Parsed, AddressError> {
    let text = text.trim();
    check_characters(text)?;
    if let Some(net) = parse_net(text) {
        check_net(net)?;
        return Ok(Parsed { scheme: None, host: Host::Net(net), port: None, path: Path::Any });
    }
    let (scheme, rest) = split_scheme(text)?;
    if rest.contains(['?', '#']) {
        return Err(AddressError::Query);
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if authority.contains('@') {
        return Err(AddressError::UserInfo);
    }
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, Some(parse_port(port)?)),
        None => (authority, None),
    };
    Ok(Parsed { scheme, host: parse_host(name)?, port, path: parse_path(path)? })
}

fn check_characters(text: &str) -> Result<(), AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.len() > LONGEST {
        return Err(AddressError::TooLong);
    }
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AddressError::Control);
    }
    text.chars().find(|c| !c.is_ascii()).map_or(Ok(()), |c| Err(AddressError::NotAscii(c)))
}

/// Whole continents of addresses, and addresses that are nobody's on the internet, are slips or worse.
fn check_net(net: IpNet) -> Result<(), AddressError> {
    let least = if matches!(net, IpNet::V4(_)) { 8 } else { 16 };
    if net.prefix_len() < least {
        return Err(AddressError::TooWideNet);
    }
    let special = SPECIAL_NETS.iter().filter_map(|text| text.parse::<IpNet>().ok());
    let is_special = special.into_iter().any(|known| known.contains(&net) || net.contains(&known));
    if is_special { Err(AddressError::SpecialNet) } else { Ok(()) }
}

/// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
const SPECIAL_NETS: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

fn parse_net(text: &str) -> Option<IpNet> {
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'/')) {
        return None;
    }
    let net = text.parse::<IpNet>().ok();
    net.or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from)).map(|net| net.trunc())
}

fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), AddressError> {
    match text.split_once("://") {
        None => Ok((None, text)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => Ok((Some(Scheme::Https), rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Ok((Some(Scheme::Http), rest)),
        Some(_) => Err(AddressError::Scheme),
    }
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { text.parse().unwrap_or(0) } else { 0 };
    if port == 0 { Err(AddressError::Port) } else { Ok(port) }
}

fn parse_host(text: &str) -> Result<Host, AddressError> {
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if text.split('.').any(|label| label.trim_start_matches('*').starts_with("xn--")) {
        return Err(AddressError::Idn);
    }
    let host = match text.match_indices('*').collect::<Vec<_>>().as_slice() {
        [] => Host::Exact(whole_labels(&text, AddressError::Host)?),
        [(0, _)] => match text.strip_prefix("*.") {
            Some(base) => {
                let name = whole_labels(base, AddressError::TooWide)?;
                if is_registry(base) {
                    return Err(AddressError::TooWide);
                }
                Host::Subdomains(name)
            }
            None => {
                // The first label may be the end of one: `*-files.example.com`.
                let end = text.get(1..).unwrap_or_default();
                let name = two_labels(end, AddressError::TooWide)?;
                // The star may stand for a part of the first label, so what follows it must be somebody's.
                let zone = end.split_once('.').map_or("", |(_, zone)| zone);
                if is_registry(zone) {
                    return Err(AddressError::TooWide);
                }
                Host::Suffix(name)
            }
        },
        [(at, _)] => infix(&text[..*at], &text[at + 1..])?,
        _ => return Err(AddressError::HostStar),
    };
    Ok(host)
}

/// A name with at least two labels: nothing published is shorter, and `*.com` must never pass.
fn two_labels(text: &str, too_short: AddressError) -> Result<Fqdn, AddressError> {
    let name = Fqdn::parse(text)
        .ok_or_else(|| if text.is_empty() { too_short.clone() } else { AddressError::Host })?;
    // A name that ends in digits would be read as an IP address by some engines.
    let last = name.as_str().rsplit('.').next().unwrap_or_default();
    let number =
        last.strip_prefix("0x").map_or(last, |hex| hex.trim_end_matches(|c: char| c.is_ascii_hexdigit()));
    if number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::Host);
    }
    let mut labels = name.as_str().split('.');
    let is_cut = |label: &str| label.starts_with('-') || label.ends_with('-');
    if labels.next().is_some_and(|first| first.ends_with('-')) || labels.any(is_cut) {
        return Err(AddressError::Host);
    }
    if name.as_str().contains('.') { Ok(name) } else { Err(too_short) }
}

/// The same without a hyphen in front, which no host has and some parsers take for an option.
fn whole_labels(text: &str, too_short: AddressError) -> Result<Fqdn, AddressError> {
    if text.starts_with('-') { Err(AddressError::Host) } else { two_labels(text, too_short) }
}

/// `a*b.example.com`: the star stands for a part of the first label.
fn infix(start: &str, end: &str) -> Result<Host, AddressError> {
    let whole = Fqdn::parse(&format!("{start}x{end}"));
    let inside_first_label = !start.contains('.') && end.contains('.') && !end.starts_with('.');
    let below_an_owner = end.split_once('.').is_some_and(|(_, parent)| !is_registry(parent));
    match whole {
        Some(_) if inside_first_label && below_an_owner => Ok(Host::Infix(start.into(), end.into())),
        _ => Err(AddressError::HostStar),
    }
}

fn parse_path(text: &str) -> Result<Path, AddressError> {
    let (body, starred) = text.strip_suffix('*').map_or((text, false), |body| (body, true));
    if body.contains('*') {
        return Err(AddressError::PathStar);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/-._~!$&()+,;=:@%".contains(&b);
    // Clients write `%2e` as a dot before they ask, and resolve segments of dots.
    let dots = body.split('/').any(|segment| segment == "." || segment == "..")
        || body.as_bytes().windows(3).any(|escape| escape.eq_ignore_ascii_case(b"%2e"));
    if dots || !body.bytes().all(allowed) || body.contains("//") {
        return Err(AddressError::Path);
    }
    Ok(match body {
        "" if starred => return Err(AddressError::HostStar),
        "" | "/" => Path::Any,
        _ if starred => Path::Prefix(body.into()),
        _ if body.ends_with('/') => Path::Folder(body.into()),
        _ => Path::Exact(body.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        match parse_address(text) {
            Ok(parsed) => {
                format!("{} {} {} {}", parsed.host.shape(), parsed.host, parsed.path.shape(), parsed.path)
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn every_published_shape_parses_and_prints_itself() {
        for (text, expected) in [
            ("login.live.com", "exact login.live.com any "),
            ("*.wns.windows.com", "subdomains *.wns.windows.com any "),
            ("*download.windowsupdate.com", "suffix *download.windowsupdate.com any "),
            ("*-files.contoso.com", "suffix *-files.contoso.com any "),
            ("crl.microsoft.com/pki/crl/*", "exact crl.microsoft.com prefix /pki/crl/*"),
            (
                "https://www.microsoft.com/security/encyclopedia/adlpackages.aspx",
                "exact www.microsoft.com exact /security/encyclopedia/adlpackages.aspx",
            ),
            (
                "*.blob.core.windows.net/networkscannerstable/*",
                "subdomains *.blob.core.windows.net prefix /networkscannerstable/*",
            ),
            ("http://www.microsoft.com/pkiops/crl/", "exact www.microsoft.com folder /pkiops/crl/"),
            ("ussus*eastprod.blob.core.windows.net", "infix ussus*eastprod.blob.core.windows.net any "),
            ("https://*.securitycenter.windows.com", "subdomains *.securitycenter.windows.com any "),
            ("20.15.141.7/24", "net4 20.15.141.0/24 any "),
            ("2603:1000::1", "net6 2603:1000::1/128 any "),
            ("LOGIN.windows.net\u{a0}\u{a0}", "exact login.windows.net any "),
            ("https://x.contoso.com/", "exact x.contoso.com any "),
            ("x.contoso.com.", "exact x.contoso.com any "),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn each_wrong_text_has_its_own_error() {
        for (text, expected) in [
            ("", "Empty"),
            ("*", "TooWide"),
            ("*.", "TooWide"),
            ("*.com", "TooWide"),
            ("*com", "TooWide"),
            ("*e.com", "TooWide"),
            ("*microsoft.com", "TooWide"),
            ("*o.uk", "TooWide"),
            ("*.co.uk", "TooWide"),
            ("a*b.co.uk", "HostStar"),
            ("0.0.0.0/0", "TooWideNet"),
            ("::/0", "TooWideNet"),
            ("127.0.0.1", "SpecialNet"),
            ("169.254.169.254", "SpecialNet"),
            ("2603::/15", "TooWideNet"),
            ("fe80::1", "SpecialNet"),
            ("0x7f.0x1", "Host"),
            ("-foo.contoso.com", "Host"),
            ("foo-.contoso.com", "Host"),
            ("*.-foo.contoso.com", "Host"),
            ("*-.contoso.com", "Host"),
            ("*a.-b.contoso.com", "Host"),
            ("*-foo.co.uk", "TooWide"),
            ("*-com", "TooWide"),
            ("www.contoso.*", "HostStar"),
            ("*.contoso.*", "HostStar"),
            ("a.b*.contoso.com", "HostStar"),
            ("*/x", "TooWide"),
            ("micr\u{43e}soft.com", "NotAscii('о')"),
            ("xn--micrsoft-6bg.com", "Idn"),
            ("*xn--micrsoft-6bg.com", "Idn"),
            ("ftp://contoso.com", "Scheme"),
            ("a@contoso.com", "UserInfo"),
            ("contoso.com:0", "Port"),
            ("contoso.com:99999", "Port"),
            ("contoso.com:+80", "Port"),
            ("contoso.com?a", "Query"),
            ("contoso.com/a*/b", "PathStar"),
            ("contoso.com/../b", "Path"),
            ("contoso.com/%2e%2e/x/*", "Path"),
            ("contoso.com/a/.%2E", "Path"),
            ("contoso.com/%2e/x", "Path"),
            ("contoso.com/%2e%2e*", "Path"),
            ("contoso.com/a%2Eb", "Path"),
            ("contoso.com/a\"b", "Path"),
            ("contoso.com*", "HostStar"),
            ("Root", "Host"),
            ("1.2.3", "Host"),
            ("a..b.com", "Host"),
            ("a\u{202e}b.com", "NotAscii('\\u{202e}')"),
            ("a b.com", "Control"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }
}

//! `Resolve`: an address to use in place of those that the system knows for a name.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// `HOST:PORT:ADDRESS`, where `*` is any host, and `HOST:PORT:ADDRESS:PORT`, which leads to another port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    host: String,
    port: u16,
    address: SocketAddr,
}

impl Resolve {
    /// The address for a host and port, if it is about them.
    pub(super) fn find(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let means = self.port == port && (self.host == "*" || self.host.eq_ignore_ascii_case(host));
        means.then_some(self.address)
    }
}

impl FromStr for Resolve {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = || {
            let (host, rest) = text.split_once(':').filter(|(host, _)| !host.is_empty())?;
            let (port, address) = rest.split_once(':')?;
            let port = port.parse().ok().filter(|port| *port > 0)?;
            let alone = || address.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, port));
            let address = address.parse().ok().or_else(alone)?;
            Some(Self { host: host.to_owned(), port, address })
        };
        parts().ok_or("it is not of the form `HOST:PORT:ADDRESS`, such as `login.contoso.com:443:192.0.2.7`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_behind_host_and_port_and_may_have_a_port_of_its_own() {
        for (text, expected) in [
            ("a.contoso.com:443:192.0.2.7", Some("192.0.2.7:443")),
            ("a.contoso.com:443:192.0.2.7:8443", Some("192.0.2.7:8443")),
            ("A.Contoso.com:443:::1", Some("[::1]:443")),
            ("*:443:[2001:db8::1]:8443", Some("[2001:db8::1]:8443")),
            ("a.contoso.com:80:192.0.2.7", None),
            ("b.contoso.com:443:192.0.2.7", None),
        ] {
            let resolve: Resolve = text.parse().expect(text);
            let found = resolve.find("a.contoso.com", 443).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        for text in [
            "",
            "a.contoso.com",
            "a.contoso.com:443",
            "a:0:192.0.2.7",
            ":443:192.0.2.7",
            "a:443:b.contoso.com",
        ] {
            assert!(text.parse::<Resolve>().is_err(), "{text}");
        }
    }
}

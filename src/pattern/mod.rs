//! STAGE 3 normalise: the vendor's address text as one canonical `Pattern`.

mod cover;
mod host;
mod meaning;
mod parse;
mod path;
mod shared;

use std::fmt;

pub use cover::{covers, minimise, minimise_new, minimise_some};
pub use host::{Fqdn, Host};
pub use meaning::{Request, allows};
pub use parse::{AddressError, Parsed, parse_address};
pub use path::Path;
pub use shared::{is_registry, is_shared, shared_end, shared_suffix, starts_like_a_host, unknown_top_level};

/// The scheme that requests to an entry use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Clear text.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of requests that name none.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// The scheme of a port that the list gives without one: 80 is clear text, everything else TLS.
    pub fn of_port(port: u16) -> Self {
        if port == 80 { Self::Http } else { Self::Https }
    }
}

/// What one entry of the list means: hosts, a port, and for clear text perhaps a path.
///
/// The derived order (host, path, port) is the order of every output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// Which hosts.
    pub host: Host,
    /// Which paths.
    pub path: Path,
    /// TCP port.
    pub port: u16,
    /// Scheme of the requests.
    pub scheme: Scheme,
}

/// The vendor's spelling with scheme and port: `https://*.wns.windows.com:443`. Port 0 stands for all.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port, path) = (self.scheme.as_str(), &self.host, self.port, &self.path);
        match host {
            _ if port == 0 => write!(f, "any port of {host}{path}"),
            // The colons of the address are none before a port.
            Host::Net(ipnet::IpNet::V6(net)) => write!(f, "{scheme}://[{net}]:{port}{path}"),
            _ => write!(f, "{scheme}://{host}:{port}{path}"),
        }
    }
}

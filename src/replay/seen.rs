//! One request as a log tells of it.

use std::fmt;

use super::time::Time;
use crate::pattern::Scheme;

/// Why a request was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The product refused it.
    Refused,
    /// The proxy asked for a login, which services of devices cannot give.
    Login,
}

impl Cause {
    /// The word in data: `refused`, `login`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Login => "login",
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Allowed,
    /// It did not.
    Denied(Cause),
    /// It was let through, and then no answer came.
    Failed,
}

/// One line's request, as far as the log shows it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'l> {
    /// Scheme.
    pub scheme: Scheme,
    /// Host name or address as it was written; empty where the log names neither.
    pub host: &'l [u8],
    /// TCP port.
    pub port: u16,
    /// Path with its query; `None` inside TLS that was not opened.
    pub path: Option<&'l [u8]>,
    /// What became of it.
    pub outcome: Outcome,
    /// When.
    pub time: Option<Time>,
}

/// Where requests go. The order is the order of every table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Host name in lower case without a trailing dot, or an address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Scheme.
    pub scheme: Scheme,
}

/// `https://host`, `http://host:8080`, as `why` takes it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{}://{open}{}{close}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

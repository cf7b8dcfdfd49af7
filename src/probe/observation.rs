//! `Observation`: what came back when a URL was asked for, before anybody judges it.

/// What came back for one URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The certificates, if TLS was set up.
    pub chain: Option<Chain>,
    /// How it ended.
    pub end: End,
}

/// Whom a chain of certificates names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The name in the server's certificate.
    pub subject: String,
    /// The authority behind the last certificate of the chain.
    pub authority: String,
    /// Whether that is one that everybody knows.
    pub trust: Trust,
}

/// What a chain of certificates proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The server's name, by an authority that browsers or the vendor know.
    Public,
    /// Nothing: the authority is somebody's own.
    Private,
    /// Nothing: something else is wrong with it.
    Unsound {
        /// What, in words.
        what: String,
        /// What to do about it.
        help: &'static str,
    },
}

/// The two ends of a connection that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// The proxy.
    Proxy,
    /// The server.
    Host,
}

/// A step on the way to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A TCP connection.
    Connect,
    /// The proxy's answer to CONNECT.
    Tunnel,
    /// TLS.
    Tls,
    /// The answer to the request.
    Answer,
}

/// How nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Not within so many seconds.
    TimedOut(u64),
    /// The connection was refused.
    Refused,
    /// The connection was closed.
    Closed,
    /// The system's words for anything else.
    Broken(String),
}

/// The head of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// The header with which a proxy says that and why it answers itself.
    pub said: Option<String>,
    /// The ways to log in that a proxy offers.
    pub logins: Vec<String>,
}

/// How asking for a URL ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// An answer.
    Answered(Head),
    /// The proxy's answer to CONNECT, if it does not connect.
    NoTunnel(Head),
    /// Without an answer.
    Lost(Lost),
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// A name has no address.
    Unresolved {
        /// Whose.
        hop: Hop,
        /// The system's words.
        why: String,
    },
    /// Nothing came.
    Silent {
        /// From whom.
        hop: Hop,
        /// Where.
        step: Step,
        /// How.
        silence: Silence,
    },
    /// TLS could not be set up; in words.
    NoTls(String),
    /// What came is no HTTP.
    NotHttp {
        /// From whom.
        hop: Hop,
        /// In words.
        why: &'static str,
    },
}

impl From<Lost> for End {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

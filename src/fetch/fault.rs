//! `Fault`: what can go wrong on the way of a file, and what to say about it.

use std::time::Duration;

use crate::diagnostic::{Code, Finding, Place};

/// Why a file did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection, or one that broke before an answer; the reason in the system's words.
    Unreachable(String),
    /// The answer has another status than 200.
    Status {
        /// The status.
        code: u16,
        /// How long the server wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The proxy wants a user and password, or other ones.
    ProxyLogin,
    /// The proxy does not connect to the server.
    ProxyRefuses(String),
    /// The answer ended before the file did.
    Cut {
        /// Bytes that arrived.
        got: u64,
        /// The reason in the words of the lower layers.
        why: String,
    },
    /// It took too long.
    TimedOut {
        /// Seconds that were allowed.
        seconds: u64,
        /// Bytes that arrived.
        got: u64,
    },
    /// The file is larger than any list.
    TooLarge {
        /// Bytes that are allowed.
        most: u64,
    },
    /// Redirects without end.
    Redirects {
        /// How many were followed.
        followed: usize,
        /// The address of the last one.
        last: String,
    },
    /// A redirect without an address that can be followed.
    NoTarget,
    /// An address, or one that a redirect leads to, without TLS.
    NoTls {
        /// The address.
        url: String,
    },
    /// A certificate that does not prove the server's name.
    Certificate {
        /// What is wrong with it.
        what: String,
        /// What to do about it.
        help: &'static str,
    },
    /// Any other failure of TLS.
    Tls(String),
    /// "Not modified" for something that was not asked so.
    NotModified,
    /// A page without the link that should be there.
    NoLink,
}

const WAY: &str =
    "a name server, a firewall or a proxy on the way may be the cause; `--proxy URL` names a proxy";

impl Fault {
    /// Whether the same request may succeed a moment later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Cut { .. } | Self::TimedOut { .. } => true,
            Self::Status { code, .. } => matches!(code, 408 | 429 | 500 | 502 | 503 | 504),
            Self::ProxyLogin
            | Self::ProxyRefuses(_)
            | Self::TooLarge { .. }
            | Self::Redirects { .. }
            | Self::NoTarget
            | Self::NoTls { .. }
            | Self::Certificate { .. }
            | Self::Tls(_)
            | Self::NotModified
            | Self::NoLink => false,
        }
    }

    /// The fault as a finding about an address, after so many attempts.
    pub fn finding(&self, url: &str, attempts: usize) -> Finding {
        let (code, message, help) = self.words();
        let tried = if attempts > 1 { format!(", {attempts} times in a row") } else { String::new() };
        Finding::error(code, format!("{message}{tried}")).at(Place::file(url)).help(help)
    }

    fn words(&self) -> (Code, String, &'static str) {
        use Code::{CertificateRefused, DownloadFailed, DownloadRefused, ProxyFailed};
        match self {
            Self::Unreachable(why) => (DownloadFailed, format!("the server did not answer: {why}"), WAY),
            Self::Status { code, retry_after } => {
                (DownloadFailed, status(*code, *retry_after), status_help(*code))
            }
            Self::ProxyLogin => (
                ProxyFailed,
                "the proxy asks for a user and password (407)".to_owned(),
                "write them into the proxy's address, `http://user:password@proxy:8080`; a proxy that only takes \
                 Kerberos or NTLM needs a local relay, or an exception for this program",
            ),
            Self::ProxyRefuses(why) => (
                ProxyFailed,
                format!("the proxy does not connect to the server: {why}"),
                "the proxy must allow CONNECT to this host on port 443",
            ),
            Self::Cut { got, why } => (
                DownloadFailed,
                format!("the file broke off after {got} bytes: {why}"),
                "the part that arrived is not used; fetch again",
            ),
            Self::TimedOut { seconds, got } => (
                DownloadFailed,
                format!("after {seconds} seconds only {got} bytes had arrived"),
                "`--timeout SECONDS` allows more; the part that arrived is not used",
            ),
            Self::TooLarge { most } => (
                DownloadRefused,
                format!("the file is larger than {most} bytes; no published list is"),
                "see what the address gives in a browser",
            ),
            Self::Redirects { followed, last } => (
                DownloadRefused,
                format!("after {followed} redirects there is still no file; the last one leads to `{last}`"),
                "see where the address leads in a browser; a login or a cookie may be wanted",
            ),
            Self::NoTarget => (
                DownloadRefused,
                "the server redirects to no address that can be followed".to_owned(),
                "see where the address leads in a browser",
            ),
            Self::NoTls { url } => (
                DownloadRefused,
                format!("`{url}` has no TLS, so that anybody on the way could change the list"),
                "use an address with `https`; `--allow-http` is for servers of your own",
            ),
            Self::Certificate { what, help } => (CertificateRefused, what.clone(), help),
            Self::Tls(why) => (
                CertificateRefused,
                format!("no TLS connection could be made: {why}"),
                "the server, or a device on the way that inspects TLS, speaks no TLS 1.2 or 1.3",
            ),
            Self::NotModified => (
                DownloadRefused,
                "the server says \"not modified\" (304) although the whole file was asked for".to_owned(),
                "a cache on the way may be broken; the list that is in use stays",
            ),
            Self::NoLink => (
                DownloadRefused,
                "the page does not hold the link to the file that it should hold".to_owned(),
                "the vendor may have changed the page; download the file by hand and name it under \
                 `sources.files`, or its address under `sources.urls`",
            ),
        }
    }
}

fn status(code: u16, retry_after: Option<Duration>) -> String {
    let name = match code {
        401 => " (login wanted)",
        403 => " (forbidden)",
        404 => " (not found)",
        410 => " (gone)",
        429 => " (too many requests)",
        503 => " (unavailable)",
        _ => "",
    };
    let wait =
        retry_after.map_or(String::new(), |wait| format!(" and wants {} seconds of peace", wait.as_secs()));
    format!("the server answers with {code}{name}{wait}")
}

fn status_help(code: u16) -> &'static str {
    match code {
        404 | 410 => {
            "the vendor may have moved the list; `[sources]` with `urls` or `files` names another place"
        }
        401 | 403 => "a proxy or firewall may ask for a login; see what the address gives in a browser",
        408 | 429 | 500..=599 => "fetch again later; the list that is in use stays",
        _ => "see what the address gives in a browser",
    }
}

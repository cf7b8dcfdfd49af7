//! A URL as people paste it: a request, and what its query adds.

use std::net::IpAddr;

use super::request::parse_request;
use crate::diagnostic::visible;
use crate::pattern::Request;

/// A request, and the query of its URL, which lists do not know but some products compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) request: Request,
    /// What follows `?`.
    pub(super) query: Option<String>,
}

impl Typed {
    /// Whether an address stands in place of a host.
    pub(super) fn is_address(&self) -> bool {
        self.request.host.parse::<IpAddr>().is_ok()
    }
}

/// Reads `https://host/path?query`, `host:port` or `host`.
pub(super) fn parse(text: &str) -> Result<Typed, NoRequest> {
    let url = text.split('#').next().unwrap_or_default();
    let (url, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
    match parse_request(url) {
        Some(request) => Ok(Typed { request, query: query.map(str::to_owned) }),
        None if url.contains('@') => Err(NoRequest::User),
        None => Err(NoRequest::Form(visible(url))),
    }
}

/// Why a text is no request. People paste URLs with sign-in data, so that no part that may be secret is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRequest {
    /// It holds a user's name, and perhaps a password.
    #[error("the URL names a user before the host; leave that part out")]
    User,
    /// Anything else.
    #[error("`{0}` is no URL of the form `https://host/path` or `host:port`")]
    Form(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_kept_apart_and_a_fragment_is_not_sent() {
        for (text, request, query) in [
            ("https://x.contoso.com/a?b?c#d", "https://x.contoso.com/a", Some("b?c")),
            ("x.contoso.com#?a", "https://x.contoso.com/", None),
        ] {
            let typed = parse(text).expect("a request");
            assert_eq!((typed.request.to_string().as_str(), typed.query.as_deref()), (request, query));
        }
    }

    #[test]
    fn no_part_that_may_be_secret_is_told() {
        for text in ["https://me:secret@x.contoso.com/", "ftp://x/?secret", "ftp://x/#secret"] {
            assert!(!parse(text).expect_err("no request").to_string().contains("secret"), "{text}");
        }
    }
}

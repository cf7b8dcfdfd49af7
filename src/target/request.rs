//! `RequestSpec`: what a target compares of a request beside its host.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// `[request]` of a target: how it sees the path of a request. Without it, as it is sent and without its query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequestSpec {
    /// Whether percent escapes are decoded before a path is compared.
    #[serde(default)]
    pub decodes_escapes: bool,
    /// Whether the query is compared as the end of the path.
    #[serde(default)]
    pub sees_query: bool,
}

impl RequestSpec {
    /// The text that the target compares. `query` is what follows `?`.
    pub fn compared(self, path: &str, query: Option<&str>) -> String {
        let whole = match query.filter(|_| self.sees_query) {
            Some(query) => Cow::Owned(format!("{path}?{query}")),
            None => Cow::Borrowed(path),
        };
        if self.decodes_escapes {
            percent_decode_str(&whole).decode_utf8_lossy().into_owned()
        } else {
            whole.into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_compared_as_the_target_sees_it() {
        let squid_like = RequestSpec { decodes_escapes: true, sees_query: true };
        for (spec, path, query, expected) in [
            (RequestSpec::default(), "/a%2fb", Some("c"), "/a%2fb"),
            (squid_like, "/%70ki/%2e%2e%2fx", None, "/pki/../x"),
            (squid_like, "/pki/a", Some("x=%2e"), "/pki/a?x=."),
            (squid_like, "/a%3fb%zz%", Some(""), "/a?b%zz%?"),
        ] {
            assert_eq!(spec.compared(path, query), expected);
        }
    }
}

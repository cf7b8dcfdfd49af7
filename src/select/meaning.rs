//! What the address of a row means, whichever way it is written: rules name hosts, and lists write them with schemes,
//! ports, upper case and trailing dots.

use std::borrow::Cow;

use crate::pattern::{Host, Parsed, Path, parse_address};

/// The host of an address as rules write it; `None` where the text is no address, which a later stage refuses.
pub(super) fn host(address: &str) -> Option<Cow<'_, str>> {
    if is_plain(address) {
        return Some(Cow::Borrowed(address));
    }
    parse_address(address).ok().map(|parsed| Cow::Owned(parsed.host.to_string()))
}

/// Whether the text is a host and written as rules write it. Most rows are, and need not be taken apart.
fn is_plain(address: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-*".contains(&byte);
    !address.ends_with('.') && address.bytes().all(plain)
}

/// Whether two addresses mean the same hosts and paths, whatever their ports.
pub(super) fn is_same(address: &str, other: &str) -> bool {
    if address == other {
        return true;
    }
    starts_with_host(address, other)
        && taken_apart(address).is_some_and(|address| Some(address) == taken_apart(other))
}

/// Whether an address means every host that the wildcard `other` means, and more.
pub(super) fn is_wider(address: &str, other: &str) -> bool {
    let end = |host: &str| {
        host.strip_prefix('*').is_some_and(|end| end.len() < other.len() - 1 && other.ends_with(end))
    };
    address.contains('*')
        && host(address).is_some_and(|host| end(&host))
        && taken_apart(address).is_some_and(|(_, path)| path == Path::Any)
}

/// The port that the address itself says.
pub(super) fn written_port(address: &str) -> Option<u16> {
    parse_address(address).ok().and_then(|parsed| parsed.written_port())
}

/// Whether the text may be a way of writing that host: it stands in front, or behind a scheme.
fn starts_with_host(text: &str, host: &str) -> bool {
    let starts = |text: &str| {
        text.as_bytes().get(..host.len()).is_some_and(|start| start.eq_ignore_ascii_case(host.as_bytes()))
    };
    let text = text.trim_start();
    starts(text) || text.split_once("://").is_some_and(|(_, rest)| starts(rest))
}

fn taken_apart(address: &str) -> Option<(Host, Path)> {
    let Parsed { host, path, .. } = parse_address(address).ok()?;
    Some((host, path.simplified()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_host_is_the_host() {
        for text in
            ["a.example.com", "A.Example.com", "https://a.example.com", "a.example.com.", "a.example.com:443"]
        {
            assert_eq!(host(text).as_deref(), Some("a.example.com"), "{text}");
            assert!(is_same(text, "a.example.com"), "{text}");
        }
        for text in ["https://*.example.com/*", "*.EXAMPLE.com./", "http://*.example.com:8080"] {
            assert!(is_same(text, "*.example.com"), "{text}");
        }
        for text in
            ["a.example.com/p", "*.a.example.com", "a.example.com.example.net", "xa.example.com", "a example"]
        {
            assert!(!is_same(text, "a.example.com"), "{text}");
        }
        assert_eq!(host("https://a.example.com/b-v20.1/*").as_deref(), Some("a.example.com"));
        assert_eq!(host("a b"), None);
    }

    #[test]
    fn a_wildcard_is_wider_than_one_below_it() {
        let other = "*.ods.example.com";
        for text in ["*.example.com", "https://*.Example.com/", "*ods.example.com", "*s.example.com"] {
            assert!(is_wider(text, other), "{text}");
        }
        for text in [
            "*.ods.example.com",
            "*.x.ods.example.com",
            "*.example.com/p/*",
            "example.com",
            "*.example.net",
            "a",
        ] {
            assert!(!is_wider(text, other), "{text}");
        }
    }
}

//! A request as people type it.

use std::net::Ipv6Addr;

use crate::pattern::{Request, Scheme};

/// `https://host/path`, `host:port`, `host`.
pub(super) fn parse_request(text: &str) -> Option<Request> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::Http), rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::Https), rest),
        Some(_) => return None,
        None => (None, text),
    };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = split_port(authority)?;
    let port = port.unwrap_or(scheme.map_or(443, Scheme::port));
    // A name may end with the dot of the root; a second one would be an empty label.
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    let is_name = is_name && host.split('.').all(|label| !label.is_empty());
    let sound = is_name || host.parse::<Ipv6Addr>().is_ok();
    (sound && !path.contains(char::is_control)).then(|| Request {
        scheme: scheme.unwrap_or(Scheme::of_port(port)),
        host,
        port,
        path: without_dot_segments(path),
    })
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').filter(|(host, _)| host.contains(':'))?;
        return if rest.is_empty() {
            Some((host, None))
        } else {
            Some((host, Some(port(rest.strip_prefix(':')?)?)))
        };
    }
    match authority.rsplit_once(':') {
        // An address without brackets has no port that one could tell from it.
        Some((host, _)) if host.contains(':') => Some((authority, None)),
        Some((host, text)) => Some((host, Some(port(text)?))),
        None => Some((authority, None)),
    }
}

fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// The path as clients send it: `.` and `..` resolved, percent-encoded ones too.
fn without_dot_segments(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut folder = false;
    for segment in path.split('/').skip(1) {
        let dots = segment.replace("%2e", ".").replace("%2E", ".");
        folder = matches!(dots.as_str(), "." | "..");
        match dots.as_str() {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    format!("/{}{}", segments.join("/"), if folder && !segments.is_empty() { "/" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_clients_send() {
        for (text, expected) in [
            ("https://X.contoso.com/a", Some("https://x.contoso.com/a")),
            ("x.contoso.com..", None),
            ("a..contoso.com", None),
            (".contoso.com", None),
            ("x.contoso.com:80", Some("http://x.contoso.com/")),
            ("x.contoso.com.:8443/a/../b/.", Some("https://x.contoso.com:8443/b/")),
            ("http://[2603:1000::1]:8080/", Some("http://[2603:1000::1]:8080/")),
            ("https://[2603:1000::1]", Some("https://[2603:1000::1]/")),
            ("2603:1000::1", Some("https://[2603:1000::1]/")),
            ("[x.contoso.com]", None),
            ("a:b:443", None),
            ("x.contoso.com:0", None),
            ("x.contoso.com:+80", None),
            ("x.contoso.com:", None),
            ("user@x.contoso.com", None),
            ("https://x.contoso.com/\u{1b}[2J", None),
            ("ftp://x.contoso.com", None),
        ] {
            let printed = parse_request(text).map(|request| request.to_string());
            assert_eq!(printed.as_deref(), expected, "{text}");
            let again = printed.as_deref().and_then(parse_request);
            assert_eq!(again, parse_request(text), "{text}");
        }
    }
}

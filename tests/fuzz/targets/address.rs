//! Addresses of a list and requests of a user, as they are typed.

use allowlistc::pattern::{Host, Path, Pattern, Request, Scheme, allows, covers, parse_address};

/// The parser of requests belongs to the command line and is not seen from outside; it finds `pattern` at the root.
#[path = "../../../src/request.rs"]
pub(super) mod request;

/// One address or request a line.
pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lines: Vec<&str> = text.lines().take(12).collect();
    let requests: Vec<Request> = lines.iter().filter_map(|line| typed(line)).collect();
    let patterns: Vec<Pattern> = lines.iter().filter_map(|line| listed(line)).collect();
    for p in &patterns {
        assert!(covers(p, p), "{p} does not cover itself");
        for q in &patterns {
            let apart = requests.iter().find(|request| allows(q, request) && !allows(p, request));
            assert!(apart.is_none() || !covers(p, q), "{p} covers {q}, but not {apart:?}");
        }
    }
}

/// A request that is read prints as itself.
fn typed(line: &str) -> Option<Request> {
    let request = request::parse_request(line)?;
    let printed = request.to_string();
    let again = request::parse_request(&printed);
    assert_eq!(again.as_ref(), Some(&request), "`{line}` prints as `{printed}`");
    Some(request)
}

/// An address that is read prints as itself.
fn listed(line: &str) -> Option<Pattern> {
    let parsed = parse_address(line).ok()?;
    let port = parsed.port.unwrap_or(443);
    let scheme = parsed.scheme.unwrap_or(Scheme::of_port(port));
    let pattern = Pattern { host: parsed.host, path: parsed.path, port, scheme };
    let printed = match &pattern.host {
        Host::Net(net) => net.to_string(),
        _ => pattern.to_string(),
    };
    let again =
        parse_address(&printed).unwrap_or_else(|error| panic!("`{line}` prints as `{printed}`: {error}"));
    assert_eq!(again.host, pattern.host, "`{line}` prints as `{printed}`");
    if !matches!(pattern.host, Host::Net(_)) && !matches!(pattern.path, Path::Folder(_)) {
        assert_eq!(again.path, pattern.path, "`{line}` prints as `{printed}`");
    }
    Some(pattern)
}

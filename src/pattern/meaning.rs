//! REFERENCE SEMANTICS: what a pattern allows, slow and obvious. Everything fast is tested against this.

use std::net::IpAddr;

use super::{Host, Path, Pattern, Scheme};

/// One concrete request. `host` is lower case without a trailing dot, `path` starts with `/` and has no query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// Scheme.
    pub scheme: Scheme,
    /// Host name or IP literal.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path.
    pub path: String,
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The colons of an address are none before a port.
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{}://{open}{}{close}", self.scheme.as_str(), self.host)?;
        if self.port != self.scheme.port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

/// Whether the pattern means the request.
pub fn allows(pattern: &Pattern, request: &Request) -> bool {
    pattern.scheme == request.scheme
        && pattern.port == request.port
        && host_allows(&pattern.host, &request.host)
        && path_allows(&pattern.path, &request.path)
}

fn host_allows(host: &Host, name: &str) -> bool {
    if let Ok(address) = name.parse::<IpAddr>() {
        return matches!(host, Host::Net(net) if net.contains(&address));
    }
    match host {
        Host::Exact(wanted) => name == wanted.as_str(),
        Host::Subdomains(base) => name
            .strip_suffix(base.as_str())
            .and_then(|below| below.strip_suffix('.'))
            .is_some_and(|b| !b.is_empty()),
        Host::Suffix(end) => name.ends_with(end.as_str()),
        Host::Infix(start, end) => name
            .strip_prefix(start.as_ref())
            .and_then(|rest| rest.strip_suffix(end.as_ref()))
            .is_some_and(|middle| !middle.contains('.')),
        Host::Net(_) => false,
    }
}

fn path_allows(wanted: &Path, path: &str) -> bool {
    match wanted {
        Path::Any => true,
        Path::Exact(text) => path == text.as_ref(),
        Path::Prefix(start) => path.starts_with(start.as_ref()),
        Path::Folder(folder) if folder.ends_with('/') => path.starts_with(folder.as_ref()),
        Path::Folder(folder) => {
            path.strip_prefix(folder.as_ref()).is_some_and(|below| below.is_empty() || below.starts_with('/'))
        }
    }
}

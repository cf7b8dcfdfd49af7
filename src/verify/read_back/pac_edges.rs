//! Requests on the edge of an entry, as engines hand them to a PAC file.

use std::net::IpAddr;

use crate::pattern::{Host, Path, Pattern, Request, Scheme};

/// One question to a PAC file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The URL as an engine gets it.
    pub url: String,
    /// The host as an engine gets it.
    pub host: String,
    /// The request that it is: lower case, no dot at the end, no query.
    pub request: Request,
}

/// A request that the pattern means and those beside it that a wrong program most likely mistakes: a few for each,
/// for every build asks about every entry.
pub(super) fn few_edges(pattern: &Pattern) -> Vec<Edge> {
    let (inside, outside) = hosts(&pattern.host);
    let (scheme, port) = (pattern.scheme, if pattern.port == 0 { 443 } else { pattern.port });
    let paths = paths(&pattern.path);
    let path = paths.first().map_or("/", String::as_str);
    let mut edges: Vec<Edge> = outside.iter().take(1).map(|host| edge(scheme, host, port, path)).collect();
    if let Some(host) = inside.last() {
        edges.push(edge(scheme, host, port, path));
        edges.push(edge(scheme, host, if port == 8443 { 8444 } else { 8443 }, path));
        if scheme == Scheme::Http {
            edges.extend(paths.iter().skip(1).take(2).map(|path| edge(scheme, host, port, path)));
        }
    }
    edges
}

/// Witness and near misses of a pattern: names next to its own, other cases and dots, other ports and schemes, other
/// paths, and the name in places where it means nothing.
pub fn edges(pattern: &Pattern) -> Vec<Edge> {
    let (inside, outside) = hosts(&pattern.host);
    let (scheme, port) = (pattern.scheme, if pattern.port == 0 { 443 } else { pattern.port });
    let paths = paths(&pattern.path);
    let path = paths.first().map_or("/", String::as_str);
    let other = if scheme == Scheme::Http { Scheme::Https } else { Scheme::Http };
    let mut edges = Vec::new();
    for host in &inside {
        edges.extend(paths.iter().map(|path| edge(scheme, host, port, path)));
        let same = edge(scheme, host, port, path);
        let upper = host.to_ascii_uppercase();
        edges.push(Edge { url: same.url.replacen(host.as_str(), &upper, 1), host: upper, ..same.clone() });
        if host.parse::<IpAddr>().is_err() {
            let dotted = format!("{host}.");
            edges.push(Edge {
                url: same.url.replacen(host.as_str(), &dotted, 1),
                host: dotted,
                ..same.clone()
            });
        }
        edges.push(edge(scheme, host, if port == 8443 { 8444 } else { 8443 }, path));
        edges.push(edge(other, host, port, path));
        edges.push(edge(other, host, if other == Scheme::Http { 80 } else { 443 }, path));
        let evil = edge(scheme, "evil.net", port, path);
        edges.push(Edge { url: evil.url.replacen("evil.net", &format!("{host}@evil.net"), 1), ..evil });
        if scheme == Scheme::Http {
            edges.push(edge(scheme, "evil.net", port, &format!("/{host}{path}")));
            let asked = edge(scheme, host, port, "/");
            edges.push(Edge { url: format!("{}?x={path}", asked.url), ..asked });
            edges.push(Edge { url: format!("{}?x=1", same.url), ..same });
        }
    }
    edges.extend(outside.iter().map(|host| edge(scheme, host, port, path)));
    edges
}

/// Hosts that the pattern means, and hosts beside them.
fn hosts(host: &Host) -> (Vec<String>, Vec<String>) {
    match host {
        Host::Exact(name) => {
            let parent = name.as_str().split_once('.').map(|(_, parent)| parent.to_owned());
            let mut beside = around(name.as_str());
            beside.push(format!("x.{name}", name = name.as_str()));
            beside.extend(parent);
            (vec![name.as_str().to_owned()], beside)
        }
        Host::Subdomains(base) => {
            let base = base.as_str();
            let mut beside = around(base);
            beside.extend([base.to_owned(), format!("a.{base}.evil.net")]);
            (vec![format!("a.{base}"), format!("a.b.{base}")], beside)
        }
        Host::Suffix(end) => {
            let end = end.as_str();
            let shorter = end.get(1..).unwrap_or_default().to_owned();
            let beside =
                [shorter, format!("{end}.evil.net")].into_iter().filter(|name| !name.starts_with('.'));
            (vec![end.to_owned(), format!("x{end}"), format!("x.{end}")], beside.collect())
        }
        Host::Infix(start, end) => (
            vec![format!("{start}{end}"), format!("{start}1{end}")],
            vec![format!("{start}a.b{end}"), format!("x{start}{end}"), format!("{start}{end}.evil.net")],
        ),
        Host::Net(net) => {
            let (first, last) = (net.network(), net.broadcast());
            let beside = [before(first), after(last)].into_iter().flatten();
            (vec![first.to_string(), last.to_string()], beside.map(|address| address.to_string()).collect())
        }
    }
}

fn around(name: &str) -> Vec<String> {
    vec![format!("x{name}"), format!("{name}.evil.net"), format!("evil-{name}")]
}

fn before(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => u32::from(v4).checked_sub(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(v6) => u128::from(v6).checked_sub(1).map(|next| IpAddr::V6(next.into())),
    }
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => u32::from(v4).checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(v6) => u128::from(v6).checked_add(1).map(|next| IpAddr::V6(next.into())),
    }
}

/// A path that the pattern means first, then others next to it.
fn paths(path: &Path) -> Vec<String> {
    match path {
        Path::Any => vec!["/".into(), "/a/b".into()],
        Path::Exact(text) | Path::Folder(text) | Path::Prefix(text) => {
            let bare = text.trim_end_matches('/');
            let parent = bare.rsplit_once('/').map_or("", |(parent, _)| parent);
            let mut all =
                vec![text.to_string(), format!("{bare}x"), format!("{bare}/x/y"), format!("{parent}/")];
            all.extend([bare.to_ascii_uppercase(), format!("/x{text}"), "/".to_owned()]);
            if !bare.is_empty() {
                all.push(bare.to_owned());
            }
            all.retain(|path| path.starts_with('/') && !path.contains("//"));
            all
        }
    }
}

/// Engines hide the path of https.
fn edge(scheme: Scheme, host: &str, port: u16, path: &str) -> Edge {
    let path = if scheme == Scheme::Https { "/" } else { path };
    Edge::of(Request { scheme, host: host.to_owned(), port, path: path.to_owned() })
}

impl Edge {
    /// The request as it is handed over.
    pub fn of(request: Request) -> Self {
        let Request { scheme, host, port, path } = &request;
        let name = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let usual = if *scheme == Scheme::Http { 80 } else { 443 };
        let at = if *port == usual { String::new() } else { format!(":{port}") };
        Self { url: format!("{}://{name}{at}{path}", scheme.as_str()), host: name, request }
    }
}

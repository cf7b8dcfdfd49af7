//! Requests on the edge of every entry of a list, and what a PAC file does with them.

use std::net::IpAddr;

use super::pac_engine::{Engine, EngineError};
use super::pac_guard::Guarded;
use crate::allowlist::{Allowlist, Product};
use crate::pattern::{Host, Path, Pattern, Request, Scheme, allows};
use crate::verify::decide::Difference;
use crate::verify::expected::is_member;
use crate::verify::matching::is_allowed;
use crate::verify::ruleset::{Line, Ruleset, Undecided};

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

/// Entries that are asked about, times entries of the list that each answer is compared with: of a longer list only
/// as many, spread over it, are asked about.
const MOST_WORK: usize = 1_000_000;
/// Entries that are asked about of any list.
const FEWEST: usize = 20;

/// Witness and near misses of the entries of a product: names next to theirs, other cases and dots, other ports and
/// schemes, other paths, and the name in places where it means nothing.
pub fn edges(list: &Allowlist, product: Product) -> Vec<Edge> {
    let entries: Vec<_> = list.entries().iter().filter(|entry| is_member(entry, product)).collect();
    let asked = (MOST_WORK / entries.len().max(1)).max(FEWEST);
    let step = entries.len().div_ceil(asked).max(1);
    let mut edges: Vec<Edge> =
        entries.iter().step_by(step).flat_map(|entry| of_pattern(&entry.pattern)).collect();
    edges.sort_by(|a, b| (&a.url, &a.host).cmp(&(&b.url, &b.host)));
    edges.dedup();
    edges
}

fn of_pattern(pattern: &Pattern) -> Vec<Edge> {
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
    let request = Request { scheme, host: host.to_owned(), port, path: path.to_owned() };
    let name = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let usual = if scheme == Scheme::Http { 80 } else { 443 };
    let at = if port == usual { String::new() } else { format!(":{port}") };
    Edge { url: format!("{}://{name}{at}{path}", scheme.as_str()), host: name, request }
}

/// A request for which the program does not do what its tables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What was asked.
    pub edge: Edge,
    /// The route that the program gave.
    pub route: String,
    /// Whether the tables have the request.
    pub in_tables: bool,
}

/// Asks the program about every edge and compares the answers with what was read from its tables. `routes` are the
/// routes of requests that the tables have; after `Engine::name_tables` these are the names of the tables.
pub fn disagreements(
    engine: &Engine,
    edges: &[Edge],
    read: &Ruleset,
    routes: &[&str],
) -> Result<Vec<Disagreement>, EngineError> {
    let mut found = Vec::new();
    for edge in edges {
        let route = engine.route(&edge.url, &edge.host)?;
        let in_tables = is_allowed(read, &edge.request);
        if routes.contains(&route.text.as_str()) != in_tables || route.depends {
            found.push(Disagreement { edge: edge.clone(), route: route.text, in_tables });
        }
    }
    Ok(found)
}

/// What a PAC file of anybody does at the edges of a product. It says so that this is no proof: `undecided` is never
/// empty. `routes` are those that requests of the product have to take.
pub fn sampled(
    file: &str,
    engine: &Guarded,
    list: &Allowlist,
    product: Product,
    routes: &[&str],
) -> Result<Difference, EngineError> {
    let mut difference = Difference::default();
    let edges = edges(list, product);
    let patterns: Vec<&Pattern> =
        list.entries().iter().filter(|entry| is_member(entry, product)).map(|entry| &entry.pattern).collect();
    let mut depends = 0_usize;
    for edge in &edges {
        let route = engine.route(&edge.url, &edge.host)?;
        depends += usize::from(route.depends);
        let taken = routes.contains(&route.text.trim());
        let meant = patterns.iter().any(|pattern| allows(pattern, &edge.request));
        let slot = match (taken, meant) {
            (true, false) => &mut difference.wider,
            (false, true) => &mut difference.narrower,
            _ => continue,
        };
        let length = |request: &Request| (request.to_string().len(), request.to_string());
        if slot.as_ref().is_none_or(|known| length(&edge.request) < length(known)) {
            *slot = Some(edge.request.clone());
        }
    }
    let mut say = |reason: String| difference.undecided.push(Undecided { line: Line::new(file, 0), reason });
    say(format!(
        "sampled: the program was asked about {} requests, and nothing says what it does with others",
        edges.len()
    ));
    if depends > 0 {
        say(format!(
            "{depends} of its answers depend on names that are looked up, on the machine or on the time"
        ));
    }
    Ok(difference)
}

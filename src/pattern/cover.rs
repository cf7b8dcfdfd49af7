//! Which pattern makes another one superfluous: `p` covers `q` if `p` allows every request that `q` allows.

use std::collections::HashMap;

use ipnet::IpNet;

use super::{Host, Path, Pattern, Scheme};

/// Whether `p` allows every request that `q` allows.
pub fn covers(p: &Pattern, q: &Pattern) -> bool {
    p.port == q.port && p.scheme == q.scheme && path_covers(&p.path, &q.path) && host_covers(&p.host, &q.host)
}

fn host_covers(p: &Host, q: &Host) -> bool {
    let below = |name: &str, base: &str| name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'));
    match (p, q) {
        (Host::Exact(p), Host::Exact(q)) => p == q,
        (Host::Subdomains(p), Host::Exact(q) | Host::Suffix(q)) => below(q.as_str(), p.as_str()),
        (Host::Subdomains(p), Host::Subdomains(q)) => p == q || below(q.as_str(), p.as_str()),
        (Host::Subdomains(p), Host::Infix(_, end)) => below(end, p.as_str()),
        (Host::Suffix(p), Host::Exact(q) | Host::Subdomains(q) | Host::Suffix(q)) => {
            q.as_str().ends_with(p.as_str())
        }
        (Host::Suffix(p), Host::Infix(_, end)) => end.ends_with(p.as_str()),
        (Host::Infix(start, end), Host::Exact(q)) => q
            .as_str()
            .strip_prefix(start.as_ref())
            .and_then(|rest| rest.strip_suffix(end.as_ref()))
            .is_some_and(|middle| !middle.contains('.')),
        // The first label of both holds the star, so what `q` has more of it is free of dots.
        (Host::Infix(start, end), Host::Infix(q_start, q_end)) => {
            q_start.starts_with(start.as_ref())
                && q_end.strip_suffix(end.as_ref()).is_some_and(|rest| !rest.contains('.'))
        }
        (Host::Net(p), Host::Net(q)) => p.contains(q),
        (Host::Exact(_) | Host::Infix(..) | Host::Net(_), _) | (_, Host::Net(_)) => false,
    }
}

fn path_covers(p: &Path, q: &Path) -> bool {
    match (p, q) {
        (Path::Any, _) => true,
        (Path::Exact(p), Path::Exact(q)) => p == q,
        // A folder without its last slash allows its own name, which the prefix must match as well.
        (Path::Prefix(p), Path::Exact(q) | Path::Prefix(q) | Path::Folder(q)) => q.starts_with(p.as_ref()),
        (Path::Folder(p), Path::Exact(q) | Path::Folder(q)) => in_folder(p, q),
        (Path::Folder(p), Path::Prefix(q)) => q.starts_with(folder_with_slash(p).as_str()),
        (Path::Exact(_) | Path::Folder(_) | Path::Prefix(_), Path::Any)
        | (Path::Exact(_), Path::Folder(_) | Path::Prefix(_)) => false,
    }
}

fn in_folder(folder: &str, path: &str) -> bool {
    path == folder || path.starts_with(folder_with_slash(folder).as_str())
}

fn folder_with_slash(folder: &str) -> String {
    let mut text = folder.to_owned();
    if !text.ends_with('/') {
        text.push('/');
    }
    text
}

/// For each pattern the index of one that covers it and that nothing covers, or `None` where it is needed.
///
/// `patterns` holds no two equal ones. Of two with the same meaning the first stays. The cost grows with the
/// length of the names, not with the square of the list.
pub fn minimise(patterns: &[&Pattern]) -> Vec<Option<usize>> {
    let index = Index::new(patterns);
    let direct: Vec<Option<usize>> = (0..patterns.len()).map(|at| index.coverer(at)).collect();
    (0..direct.len()).map(|at| last_of_chain(&direct, at)).collect()
}

fn last_of_chain(direct: &[Option<usize>], start: usize) -> Option<usize> {
    let mut last = direct.get(start).copied().flatten()?;
    while let Some(next) = direct.get(last).copied().flatten() {
        last = next;
    }
    Some(last)
}

/// How a host can be looked up: by shape and the text that it is built on.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Exact(&'a str),
    Subdomains(&'a str),
    Suffix(&'a str),
    Net(IpNet),
}

/// The patterns of one host key: their paths.
#[derive(Default)]
struct Paths<'a> {
    any: Option<usize>,
    limited: HashMap<&'a str, Vec<usize>>,
}

struct Index<'a> {
    patterns: &'a [&'a Pattern],
    by_host: HashMap<(Scheme, u16, Key<'a>), Paths<'a>>,
    infixes: Vec<usize>,
    has_suffixes: bool,
}

impl<'a> Index<'a> {
    fn new(patterns: &'a [&'a Pattern]) -> Self {
        let mut index = Self { patterns, by_host: HashMap::new(), infixes: Vec::new(), has_suffixes: false };
        for (at, pattern) in patterns.iter().enumerate() {
            let key = match &pattern.host {
                Host::Exact(name) => Key::Exact(name.as_str()),
                Host::Subdomains(name) => Key::Subdomains(name.as_str()),
                Host::Suffix(name) => Key::Suffix(name.as_str()),
                Host::Net(net) => Key::Net(*net),
                Host::Infix(..) => {
                    index.infixes.push(at);
                    continue;
                }
            };
            index.has_suffixes |= matches!(key, Key::Suffix(_));
            let paths = index.by_host.entry((pattern.scheme, pattern.port, key)).or_default();
            match &pattern.path {
                Path::Any => paths.any = paths.any.or(Some(at)),
                path => paths.limited.entry(path.text()).or_default().push(at),
            }
        }
        index
    }

    /// The widest pattern that covers the one at `at`, if there is one.
    fn coverer(&self, at: usize) -> Option<usize> {
        let pattern = *self.patterns.get(at)?;
        let keys: Vec<Key<'_>> = match &pattern.host {
            Host::Net(net) => supernets(*net).map(Key::Net).collect(),
            Host::Exact(name) => self.name_keys(name.as_str(), true),
            Host::Subdomains(name) | Host::Suffix(name) => self.name_keys(name.as_str(), false),
            Host::Infix(_, end) => self.name_keys(end, false),
        };
        let by_key = keys.into_iter().find_map(|key| {
            let paths = self.by_host.get(&(pattern.scheme, pattern.port, key))?;
            self.path_coverer(paths, at, pattern)
        });
        by_key.or_else(|| self.infixes.iter().copied().find(|&other| self.is_coverer(other, at, pattern)))
    }

    /// Keys that may cover a name, widest first.
    fn name_keys<'n>(&self, name: &'n str, exact: bool) -> Vec<Key<'n>> {
        let mut keys = Vec::new();
        if self.has_suffixes {
            keys.extend((0..name.len()).rev().filter_map(|at| name.get(at..)).map(Key::Suffix));
        }
        keys.extend(name.rmatch_indices('.').filter_map(|(at, _)| name.get(at + 1..)).map(Key::Subdomains));
        keys.push(if exact { Key::Exact(name) } else { Key::Subdomains(name) });
        keys
    }

    fn path_coverer(&self, paths: &Paths<'_>, at: usize, pattern: &Pattern) -> Option<usize> {
        let any = paths.any.filter(|&other| self.is_coverer(other, at, pattern));
        if any.is_some() || paths.limited.is_empty() {
            return any;
        }
        let text = pattern.path.text();
        (1..=text.len())
            .filter_map(|end| paths.limited.get(text.get(..end)?))
            .flatten()
            .copied()
            .find(|&other| self.is_coverer(other, at, pattern))
    }

    fn is_coverer(&self, other: usize, at: usize, pattern: &Pattern) -> bool {
        let Some(candidate) = self.patterns.get(other) else { return false };
        other != at && covers(candidate, pattern) && (other < at || !covers(pattern, candidate))
    }
}

/// The network and all above it, widest first.
fn supernets(net: IpNet) -> impl Iterator<Item = IpNet> {
    let address = net.addr();
    (0..=net.prefix_len()).filter_map(move |length| IpNet::new(address, length).ok()).map(|wide| wide.trunc())
}

//! Which pattern makes another one superfluous: `p` covers `q` if `p` allows every request that `q` allows.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use hashbrown::hash_table::HashTable;
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
    minimise_some(patterns, |_| true)
}

/// The same for some of the patterns and what covers them; the others have `None`, and may be equal to each other.
pub fn minimise_some(patterns: &[&Pattern], is_asked: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut known = vec![false; patterns.len()];
    minimise_by(patterns, |members, direct| {
        let mut asked: Vec<usize> = members.iter().copied().filter(|at| is_asked(*at)).collect();
        let index = Index::new(patterns, members, &asked);
        while let Some(at) = asked.pop() {
            let (Some(is_known), Some(coverer)) = (known.get_mut(at), direct.get_mut(at)) else { continue };
            if !std::mem::replace(is_known, true) {
                *coverer = index.coverer(at);
                asked.extend(*coverer);
            }
        }
    })
}

/// The same for patterns of which it is known that those do not cover each other for which `is_new` does not hold.
pub fn minimise_new(patterns: &[&Pattern], is_new: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    minimise_by(patterns, |members, direct| {
        let new: Vec<usize> = members.iter().copied().filter(|at| is_new(*at)).collect();
        if new.is_empty() {
            return;
        }
        let (all, among_new) = (Index::new(patterns, members, &new), Index::new(patterns, &new, members));
        for at in members {
            if let Some(coverer) = direct.get_mut(*at) {
                *coverer = if is_new(*at) { all.coverer(*at) } else { among_new.coverer(*at) };
            }
        }
    })
}

/// `coverers` finds for the patterns of one scheme and port, by their indexes, what covers each.
fn minimise_by(
    patterns: &[&Pattern],
    mut coverers: impl FnMut(&[usize], &mut [Option<usize>]),
) -> Vec<Option<usize>> {
    let mut services: BTreeMap<(Scheme, u16), Vec<usize>> = BTreeMap::new();
    for (at, pattern) in patterns.iter().enumerate() {
        services.entry((pattern.scheme, pattern.port)).or_default().push(at);
    }
    let mut direct = vec![None; patterns.len()];
    for members in services.values() {
        coverers(members, &mut direct);
    }
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
    Infix(&'a str, &'a str),
    Net(IpNet),
}

impl<'a> Key<'a> {
    fn of(host: &'a Host) -> Self {
        match host {
            Host::Exact(name) => Self::Exact(name.as_str()),
            Host::Subdomains(name) => Self::Subdomains(name.as_str()),
            Host::Suffix(name) => Self::Suffix(name.as_str()),
            Host::Infix(start, end) => Self::Infix(start, end),
            Host::Net(net) => Self::Net(*net),
        }
    }
}

/// Patterns with a path by its text.
type Paths<'a> = HashMap<&'a str, Vec<usize>>;

/// The patterns of one scheme and port that can cover others.
struct Index<'a> {
    patterns: &'a [&'a Pattern],
    hashes: RandomState,
    /// Those without a path, by host. It holds nothing but indexes: most of what is looked for is not there, and a small
    /// table says so soonest.
    whole: HashTable<usize>,
    with_paths: HashMap<Key<'a>, Paths<'a>>,
    /// Whether a text behind `*.` has this length.
    below: Vec<bool>,
    suffixes: Ends<'a>,
    infix_ends: Ends<'a>,
    /// Lengths of what stands before a star, by what stands behind it.
    infix_starts: HashMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Index<'a> {
    /// Those of the `members` that can cover one of the `asked`.
    fn new(patterns: &'a [&'a Pattern], members: &[usize], asked: &[usize]) -> Self {
        let mut index = Self {
            patterns,
            hashes: RandomState::default(),
            whole: HashTable::new(),
            with_paths: HashMap::new(),
            below: Vec::new(),
            suffixes: Ends::default(),
            infix_ends: Ends::default(),
            infix_starts: HashMap::new(),
        };
        let wanted = index.wanted(members, asked);
        for at in members {
            index.add(*at, &wanted);
        }
        index
    }

    /// The keys that the `asked` will be looked for by: with many of them only those of whole names.
    fn wanted(&self, members: &[usize], asked: &[usize]) -> Wanted {
        let every_wildcard = asked.len() > members.len() / FEW;
        let mut keys = HashSet::new();
        for pattern in asked.iter().filter_map(|at| self.patterns.get(*at)) {
            if pattern.path != Path::Any {
                keys.insert(self.hash(&Key::of(&pattern.host)));
            }
            if !every_wildcard {
                keys.extend(
                    parents(last_text(&pattern.host)).map(|parent| self.hash(&Key::Subdomains(parent))),
                );
            }
        }
        Wanted { keys, every_wildcard }
    }

    fn hash(&self, key: &Key<'_>) -> u64 {
        self.hashes.hash_one(key)
    }

    fn add(&mut self, at: usize, wanted: &Wanted) {
        let Some(pattern) = self.patterns.get(at) else { return };
        let key = Key::of(&pattern.host);
        let hash = self.hash(&key);
        if !wanted.holds(&key, hash) {
            return;
        }
        match &pattern.host {
            Host::Subdomains(name) => {
                let length = name.as_str().len();
                self.below.resize(self.below.len().max(length + 1), false);
                if let Some(is_length) = self.below.get_mut(length) {
                    *is_length = true;
                }
            }
            Host::Suffix(name) => self.suffixes.add(name.as_str()),
            Host::Infix(start, end) => {
                self.infix_ends.add(end);
                self.infix_starts.entry(end).or_default().insert(start.len());
            }
            Host::Exact(_) | Host::Net(_) => {}
        }
        if pattern.path != Path::Any {
            self.with_paths.entry(key).or_default().entry(pattern.path.text()).or_default().push(at);
            return;
        }
        let (patterns, hashes) = (self.patterns, &self.hashes);
        let hash_of = |at: &usize| patterns.get(*at).map_or(0, |other| hashes.hash_one(Key::of(&other.host)));
        self.whole.insert_unique(hash, at, hash_of);
    }

    /// The widest pattern that covers the one at `at`, if there is one.
    fn coverer(&self, at: usize) -> Option<usize> {
        let pattern = *self.patterns.get(at)?;
        match &pattern.host {
            Host::Net(net) => supernets(*net).find_map(|net| self.find(at, pattern, &Key::Net(net))),
            Host::Exact(name) => self.coverer_of_name(at, pattern, name.as_str(), name.as_str()),
            Host::Subdomains(name) | Host::Suffix(name) => {
                self.coverer_of_name(at, pattern, "", name.as_str())
            }
            Host::Infix(start, end) => self.coverer_of_name(at, pattern, start, end),
        }
    }

    /// Looks from the widest key to the narrowest. All names of the pattern start with `start` and end with `end`.
    fn coverer_of_name(&self, at: usize, pattern: &Pattern, start: &str, end: &str) -> Option<usize> {
        let suffixes = self.suffixes.of(end).map(Key::Suffix);
        let parents = Some(end).filter(|_| !self.below.is_empty()).into_iter().flat_map(parents);
        let below = parents.filter(|end| self.below.get(end.len()) == Some(&true)).map(Key::Subdomains);
        // Without a path only the pattern itself stands under its own key.
        let own = (pattern.path != Path::Any).then(|| Key::of(&pattern.host));
        let infixes = self.infix_ends.of(end).flat_map(|end| {
            let starts = self.infix_starts.get(end).into_iter().flatten();
            starts.filter_map(move |length| Some(Key::Infix(start.get(..*length)?, end)))
        });
        let mut keys = suffixes.chain(below).chain(own).chain(infixes);
        keys.find_map(|key| self.find(at, pattern, &key))
    }

    fn find(&self, at: usize, pattern: &Pattern, key: &Key<'_>) -> Option<usize> {
        let is_host =
            |other: &usize| self.patterns.get(*other).is_some_and(|other| Key::of(&other.host) == *key);
        let is_coverer = |other: &usize| self.is_coverer(*other, at, pattern);
        let whole = self.whole.find(self.hash(key), |other| is_host(other) && is_coverer(other)).copied();
        if whole.is_some() {
            return whole;
        }
        let paths = self.with_paths.get(key)?;
        let text = pattern.path.text();
        let starts = (1..=text.len()).filter_map(|end| paths.get(text.get(..end)?));
        starts.flatten().copied().find(is_coverer)
    }

    fn is_coverer(&self, other: usize, at: usize, pattern: &Pattern) -> bool {
        let Some(candidate) = self.patterns.get(other) else { return false };
        other != at && covers(candidate, pattern) && (other < at || !covers(pattern, candidate))
    }
}

/// Wildcards are looked through for those that some patterns ask for where these are fewer than one in so many.
const FEW: usize = 8;

/// What is looked for in an index.
struct Wanted {
    /// Hashes of keys. Whole names are needed for paths of their own alone.
    keys: HashSet<u64>,
    /// Or of any wildcard.
    every_wildcard: bool,
}

impl Wanted {
    fn holds(&self, key: &Key<'_>, hash: u64) -> bool {
        match key {
            Key::Exact(_) => self.keys.contains(&hash),
            Key::Subdomains(_) => self.every_wildcard || self.keys.contains(&hash),
            Key::Suffix(_) | Key::Infix(..) | Key::Net(_) => true,
        }
    }
}

/// The text that all names of a host end with.
fn last_text(host: &Host) -> &str {
    match host {
        Host::Exact(name) | Host::Subdomains(name) | Host::Suffix(name) => name.as_str(),
        Host::Infix(_, end) => end,
        Host::Net(_) => "",
    }
}

/// Where the labels of a name start and end, the last one first.
fn label_bounds(name: &str) -> impl Iterator<Item = (usize, usize)> {
    // Names are too short for a search that takes many bytes at once.
    let mut dots = name.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at);
    let mut end = Some(name.len());
    std::iter::from_fn(move || {
        let label_end = end?;
        end = dots.next();
        Some((end.map_or(0, |dot| dot + 1), label_end))
    })
}

/// `c` and `b.c` of `a.b.c`: what it stands below.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    label_bounds(name).filter(|(start, _)| *start > 0).filter_map(|(start, _)| name.get(start..))
}

/// Texts, to be found at the ends of names: their lengths, by what each has from its first dot on.
#[derive(Default)]
struct Ends<'a>(HashMap<&'a str, BTreeSet<usize>>);

impl<'a> Ends<'a> {
    fn add(&mut self, text: &'a str) {
        let (_, parent) = text.split_at(text.find('.').unwrap_or(text.len()));
        self.0.entry(parent).or_default().insert(text.len());
    }

    /// The ends of `name` that may be among the texts, shortest first. The part of a text before its first dot lies
    /// within one label of the name, so that there are no more of them than characters.
    fn of<'n>(&self, name: &'n str) -> impl Iterator<Item = &'n str> {
        let labels = Some(name).filter(|_| !self.0.is_empty()).into_iter().flat_map(label_bounds);
        let ends = labels.filter_map(|(start, end)| {
            let lengths = self.0.get(name.get(end..)?)?.range(name.len() - end..=name.len() - start);
            Some(lengths.filter_map(|length| name.get(name.len() - length..)))
        });
        ends.flatten()
    }
}

/// The network and all above it, widest first.
fn supernets(net: IpNet) -> impl Iterator<Item = IpNet> {
    let address = net.addr();
    (0..=net.prefix_len()).filter_map(move |length| IpNet::new(address, length).ok()).map(|wide| wide.trunc())
}

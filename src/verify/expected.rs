//! What a ruleset has to be: the meaning of the list itself, and of the list with its recorded losses.

use std::collections::HashMap;

use super::ports::Ports;
use super::ruleset::{Condition, HostId, HostShape, Line, PathKey, PathShape, Ruleset, Subject};
use crate::allowlist::{Allowlist, Entry, Product};
use crate::pattern::{Host, Path, Pattern, Scheme};

/// The meaning of one product of `list`, from all its entries. Clear text is never inspected, so a bypass list
/// says nothing of it.
pub fn expected(list: &Allowlist, product: Product) -> Ruleset {
    let mut builder = Builder::default();
    for entry in list.entries().iter().filter(|entry| is_member(entry, product)) {
        builder.add(&Meant::from(&entry.pattern), &line_of(entry));
    }
    builder.ruleset
}

/// Whether the product holds the entry.
pub(super) fn is_member(entry: &Entry, product: Product) -> bool {
    match product {
        Product::Allow => true,
        Product::Bypass => entry.bypass && entry.pattern.scheme == Scheme::Https,
        Product::Direct => entry.direct,
    }
}

/// Where an entry stands in the list.
pub(super) fn line_of(entry: &Entry) -> Line {
    entry
        .origins
        .first()
        .map_or_else(|| Line::new("list", 0), |origin| Line { file: origin.file.clone(), line: origin.row })
}

/// One pattern in the words of a ruleset.
#[derive(Clone, Debug)]
pub(super) struct Meant {
    pub(super) host: HostShape,
    pub(super) path: PathShape,
    pub(super) scheme: Scheme,
    /// 0 for every port of every scheme.
    pub(super) port: u16,
}

impl From<&Pattern> for Meant {
    fn from(pattern: &Pattern) -> Self {
        let host = match &pattern.host {
            Host::Exact(name) => HostShape::Exact(name.as_str().to_owned()),
            Host::Subdomains(base) => HostShape::Below { base: base.as_str().to_owned(), apex: false },
            Host::Suffix(end) => HostShape::Ends(end.as_str().to_owned()),
            Host::Infix(start, end) => infix(start, end),
            Host::Net(net) => HostShape::Net(*net),
        };
        let path = match &pattern.path {
            Path::Any => PathShape::Any,
            Path::Exact(path) => PathShape::Exact(path.to_string()),
            Path::Folder(folder) => PathShape::Folder(folder.to_string()),
            Path::Prefix(start) => PathShape::Prefix(start.to_string()),
        };
        Self { host, path, scheme: pattern.scheme, port: pattern.port }
    }
}

/// `a*b.x`: no dot where the star is.
fn infix(start: &str, end: &str) -> HostShape {
    let text = format!("^{}[^.]*{}$", regex_syntax::escape(start), regex_syntax::escape(end));
    // Two plain texts always make an expression.
    super::regular::Regular::new(&text, false).map_or(HostShape::Exact(String::new()), HostShape::Regular)
}

/// Puts patterns into sets: one rule for each scheme, port and path.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) ruleset: Ruleset,
    groups: HashMap<(Scheme, u16, PathKey), HostId>,
}

impl Builder {
    pub(super) fn add(&mut self, meant: &Meant, line: &Line) {
        let key = (meant.scheme, meant.port, meant.path.key());
        let set = match self.groups.get(&key) {
            Some(set) => *set,
            None => {
                let set = self.rule(meant, line);
                self.groups.insert(key, set);
                set
            }
        };
        self.ruleset.add_host(set, meant.host.clone(), line.clone());
    }

    fn rule(&mut self, meant: &Meant, line: &Line) -> HostId {
        let hosts = self.ruleset.add_hosts("list", Subject::Destination);
        let condition = match meant.port {
            0 => Condition::any(),
            port => {
                Condition { http: Ports::none(), https: Ports::none() }.with(meant.scheme, Ports::one(port))
            }
        };
        let paths = (meant.path != PathShape::Any).then(|| {
            let paths = self.ruleset.add_paths("list");
            self.ruleset.add_path(paths, meant.path.clone(), line.clone());
            paths
        });
        self.ruleset.allow(condition, hosts, paths, line.clone());
        hosts
    }
}

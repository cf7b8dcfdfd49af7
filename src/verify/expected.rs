//! What a ruleset has to be: the meaning of the list itself, and of the list with its recorded losses.

use foldhash::HashMap;

use super::by_path::ByPath;
use super::lexicon::Lexicon;
use super::ports::Ports;
use super::ruleset::{Condition, HostId, HostShape, Line, PathShape, Ruleset, Subject};
use super::universe::Universe;
use crate::allowlist::{Allowlist, Entry, Product};
use crate::pattern::{Fqdn, Host, Path, Pattern, Scheme};

/// The meaning of one product of `list`, from all its entries. Clear text is never inspected, so a bypass list
/// says nothing of it.
pub fn expected(list: &Allowlist, product: Product) -> Ruleset {
    let mut builder = Builder::default();
    for entry in list.entries().iter().filter(|entry| is_member(entry, product)) {
        builder.add(Meant::from(&entry.pattern), line_of(entry));
    }
    builder.ruleset
}

/// The names of all entries, in order.
pub(super) fn names(list: &Allowlist) -> Lexicon<'_> {
    let names = list.entries().iter().filter_map(|entry| entry.pattern.host.base());
    Lexicon::new(Universe::Names, names.map(Fqdn::as_str))
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
    /// Whether the other scheme passes on that port as well.
    pub(super) both_schemes: bool,
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
        Self { host, path, scheme: pattern.scheme, port: pattern.port, both_schemes: false }
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
    groups: HashMap<(Scheme, u16, bool), ByPath>,
}

impl Builder {
    pub(super) fn add(&mut self, meant: Meant, line: Line) {
        let by_path = self.groups.entry((meant.scheme, meant.port, meant.both_schemes)).or_default();
        let set = by_path.set(&meant.path, || add_rule(&mut self.ruleset, &meant, &line));
        self.ruleset.add_host(set, meant.host, line);
    }
}

fn add_rule(ruleset: &mut Ruleset, meant: &Meant, line: &Line) -> HostId {
    let hosts = ruleset.add_hosts("list", Subject::Destination);
    let condition = match meant.port {
        0 => Condition::any(),
        port if meant.both_schemes => Condition { http: Ports::one(port), https: Ports::one(port) },
        port => Condition { http: Ports::none(), https: Ports::none() }.with(meant.scheme, Ports::one(port)),
    };
    let paths = (meant.path != PathShape::Any).then(|| {
        let paths = ruleset.add_paths("list");
        ruleset.add_path(paths, meant.path.clone(), line.clone());
        paths
    });
    ruleset.allow(condition, hosts, paths, line.clone());
    hosts
}

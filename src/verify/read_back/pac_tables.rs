//! What the entries of one PAC table mean.

use std::net::Ipv4Addr;

use foldhash::{HashMap, HashMapExt};
use ipnet::{IpNet, Ipv4Net};

use super::literal::{Literal, Value};
use super::pac::{PROTOTYPE, Pac, Plane, Table, Tables};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::Scheme;
use crate::verify::ports::Ports;
use crate::verify::regular::Regular;
use crate::verify::ruleset::{
    Action, Condition, HostId, HostShape, Line, PathId, PathShape, Rule, Ruleset, Subject, Test,
};

/// The maps of hosts of a table, with what a key means.
const MAPS: [(&str, ReadKey); 4] = [("exact", exact), ("below", below), ("ends", ends), ("nets", network)];

/// Reads one key.
type ReadKey = fn(&str) -> Result<HostShape, Problem>;

/// Why a key has no meaning.
enum Problem {
    /// The program never asks for such a key.
    Never,
    /// It does something that has no word here.
    Open,
}

/// Adds the rules of all tables that the plane asks for.
pub(super) fn add_rules(
    path: &str,
    tables: &Tables,
    pac: &Pac<'_>,
    ruleset: &mut Ruleset,
    findings: &mut Findings,
) {
    for kind in pac.plane.kinds() {
        for table in tables.entries.iter().filter(|table| table.kind == *kind) {
            let mut reading = Reading { path, table, escaped_dots: pac.escaped_dots, ruleset, findings };
            if pac.plane != Plane::Bypass || table.scheme == Scheme::Https {
                reading.table();
            }
        }
    }
}

struct Reading<'r> {
    path: &'r str,
    table: &'r Table,
    escaped_dots: bool,
    ruleset: &'r mut Ruleset,
    findings: &'r mut Findings,
}

impl Reading<'_> {
    fn table(&mut self) {
        let table = self.table;
        self.known_keys(&table.entries, "limited");
        let all = self.hosts(&table.entries, |_, _| true);
        let Some(limited) = table.entries.get("limited").and_then(Literal::list) else {
            return self.open(&table.entries, "a table without `limited`");
        };
        self.rule(all, None, table.entries.line);
        // A host that stands in several of them counts in the last one only, but for `infix`.
        let mut last: HashMap<(&str, &str), usize> = HashMap::new();
        for (number, pair) in limited.iter().enumerate() {
            for (map, key) in keys(pair) {
                last.insert((map, key), number);
            }
        }
        for (number, pair) in limited.iter().enumerate() {
            if table.scheme == Scheme::Https {
                self.never("an entry with a path for https", pair.line);
                continue;
            }
            self.known_keys(pair, "paths");
            let hosts = self.hosts(pair, |map, key| last.get(&(map, key)) == Some(&number));
            let paths = self.paths(pair);
            self.rule(hosts, Some(paths), pair.line);
        }
    }

    /// Besides the maps of hosts there is one other key, and no prototype that holds more.
    fn known_keys(&mut self, of: &Literal, other: &str) {
        let is_known = |key: &str| key == "infix" || key == other || MAPS.iter().any(|(map, _)| *map == key);
        for (key, said) in of.entries().iter().filter(|(key, _)| !is_known(key)) {
            self.open(said, &format!("`{key}`"));
        }
    }

    fn rule(&mut self, hosts: HostId, paths: Option<PathId>, line: u32) {
        let mut tests: Vec<Test<PathId>> = paths.into_iter().map(Test::is_in).collect();
        if paths.is_some() && self.escaped_dots {
            let dots = self.ruleset.add_paths("escaped dots");
            if let Ok(regular) = Regular::new("%2[eE]", false) {
                self.ruleset.add_path(dots, PathShape::Regular(regular), Line::new(self.path, line));
            }
            tests.push(Test::is_not_in(dots));
        }
        let condition = Condition { http: Ports::none(), https: Ports::none() }
            .with(self.table.scheme, Ports::one(self.table.port));
        let line = Line::new(self.path, line);
        let hosts = vec![Test::is_in(hosts)];
        self.ruleset.add_rule(Rule { action: Action::Allow, condition, hosts, paths: tests, line });
    }

    fn hosts(&mut self, of: &Literal, counts: impl Fn(&str, &str) -> bool) -> HostId {
        let name = format!("{} {}:{}", self.table.kind, self.table.scheme.as_str(), self.table.port);
        let set = self.ruleset.add_hosts(&name, Subject::Destination);
        for (map, read) in MAPS {
            let Some(entries) = of.get(map).filter(|entries| matches!(entries.value, Value::Map(_))) else {
                self.open(of, &format!("a table without `{map}`"));
                continue;
            };
            for (key, said) in entries.entries().iter().filter(|(key, _)| counts(map, key)) {
                match (read(key), said.word()) {
                    _ if key == PROTOTYPE => self.open(said, &format!("`{key}`")),
                    (Ok(shape), Some("1")) => {
                        self.ruleset.add_host(set, shape, Line::new(self.path, said.line));
                    }
                    (Err(Problem::Never), _) => self.never(&format!("`{key}`"), said.line),
                    _ => self.open(said, &format!("`{key}`")),
                }
            }
        }
        let Some(texts) = of.get("infix").and_then(Literal::list) else {
            self.open(of, "a table without `infix`");
            return set;
        };
        for said in texts {
            match said.text().and_then(infix) {
                Some(shape) => self.ruleset.add_host(set, shape, Line::new(self.path, said.line)),
                None => self.open(said, "an entry of `infix`"),
            }
        }
        set
    }

    fn paths(&mut self, of: &Literal) -> PathId {
        let set = self.ruleset.add_paths("paths");
        let Some(texts) = of.get("paths").and_then(Literal::list) else {
            self.open(of, "a pair without `paths`");
            return set;
        };
        for said in texts {
            let line = Line::new(self.path, said.line);
            let text = said.text().unwrap_or_default();
            let shape = match text.split_at_checked(1) {
                Some(("^", start)) => PathShape::Prefix(start.to_owned()),
                // The program wants a second slash behind one at the end, and no request has two.
                Some((":", folder)) if !folder.ends_with('/') => PathShape::Folder(folder.to_owned()),
                Some(("=" | ":", path)) => PathShape::Exact(path.to_owned()),
                _ => {
                    self.open(said, "an entry of `paths`");
                    continue;
                }
            };
            self.ruleset.add_path(set, shape, line);
        }
        set
    }

    fn open(&mut self, at: &Literal, what: &str) {
        self.ruleset.cannot_decide(Line::new(self.path, at.line), format!("{what} is not followed"));
    }

    fn never(&mut self, what: &str, line: u32) {
        let message = format!("{what} in the table for {} never matches", self.table.scheme.as_str());
        let place = Place::line(self.path, line);
        self.findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place));
    }
}

/// The keys of the maps of hosts.
fn keys(of: &Literal) -> impl Iterator<Item = (&'static str, &str)> {
    MAPS.into_iter().flat_map(move |(map, _)| {
        let entries = of.get(map).map(Literal::entries).unwrap_or_default();
        entries.iter().map(move |(key, _)| (map, key.as_str()))
    })
}

/// Asked for with a dot and the host, in lower case, that is no address.
fn exact(key: &str) -> Result<HostShape, Problem> {
    let name = dotted(key)?;
    if name.parse::<Ipv4Addr>().is_ok() { Err(Problem::Never) } else { Ok(HostShape::Exact(name)) }
}

/// Asked for with every rest of the host that starts with a dot and is not the whole.
fn below(key: &str) -> Result<HostShape, Problem> {
    Ok(HostShape::Below { base: dotted(key)?, apex: false })
}

fn dotted(key: &str) -> Result<String, Problem> {
    let name = key.strip_prefix('.').ok_or(Problem::Never)?;
    if name.is_empty() || name.contains(|c: char| c.is_ascii_uppercase()) {
        Err(Problem::Never)
    } else {
        Ok(name.to_owned())
    }
}

/// Asked for with every rest of the host in which there is a dot.
fn ends(key: &str) -> Result<HostShape, Problem> {
    match key {
        _ if !key.contains('.') || key.contains(|c: char| c.is_ascii_uppercase()) => Err(Problem::Never),
        // A key in front of whose first dot is nothing is the end of a longer name.
        _ => Ok(HostShape::Ends(key.to_owned())),
    }
}

/// `24:1315981`: prefix length, and the prefix as a number.
fn network(key: &str) -> Result<HostShape, Problem> {
    let (length, high) = key.split_once(':').ok_or(Problem::Never)?;
    let (length, high): (u32, u32) = length.parse().ok().zip(high.parse().ok()).ok_or(Problem::Never)?;
    if length > 32 || format!("{length}:{high}") != key {
        return Err(Problem::Never);
    }
    let shift = 32 - length;
    let address = u64::from(high) << shift;
    let address = u32::try_from(address).map_err(|_| Problem::Never)?;
    let length = u8::try_from(length).map_err(|_| Problem::Open)?;
    let net = Ipv4Net::new(Ipv4Addr::from(address), length).map_err(|_| Problem::Open)?;
    Ok(HostShape::Net(IpNet::V4(net)))
}

/// `a*b.x`: start and end of the first label, and the rest.
fn infix(text: &str) -> Option<HostShape> {
    let (start, end) = text.split_once('*')?;
    let plain = !start.contains('.') && end.contains('.') && !end.contains('*');
    if !plain {
        return None;
    }
    let text = format!("^{}[^.]*{}$", regex_syntax::escape(start), regex_syntax::escape(end));
    Regular::new(&text, false).ok().map(HostShape::Regular)
}

//! `decide`: where two rulesets differ, over all requests.
//!
//! Schemes and ports fall into cells between the edges of all rules, hosts into the classes of `hosts`. In one
//! cell every host of a class meets the same rules, and what those say of paths is a small program; two programs
//! are compared over the classes of all paths. Nothing is sampled, and each step is linear in the lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::automaton::TooLarge;
use super::hosts::{self, Hosts};
use super::paths::{self, Extent, PathDifference, Program};
use super::ruleset::{Action, HostId, Line, Rule, Ruleset, Subject, Test, Undecided, at, index};
use super::words::Sets;
use crate::pattern::{Request, Scheme};

/// Where two rulesets differ: a shortest request on either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// A request that the actual ruleset allows and the expected one does not.
    pub wider: Option<Request>,
    /// A request that the expected ruleset allows and the actual one does not.
    pub narrower: Option<Request>,
    /// Why there may be more. If it is not empty, two rulesets without a witness are not proved to be the same.
    pub undecided: Vec<Undecided>,
}

impl Difference {
    /// Whether both rulesets are proved to allow the same requests.
    pub fn is_none(&self) -> bool {
        self.wider.is_none() && self.narrower.is_none() && self.undecided.is_empty()
    }
}

/// Where `actual` differs from `expected`.
pub fn decide(expected: &Ruleset, actual: &Ruleset) -> Difference {
    let mut difference = Difference::default();
    difference.undecided.extend(expected.undecided().iter().chain(actual.undecided()).cloned());
    if search(expected, actual, &mut difference).is_err() {
        difference.undecided.push(Undecided {
            line: Line::new("", 0),
            reason: "the expressions need more states than are followed".into(),
        });
    }
    difference.undecided.sort();
    difference.undecided.dedup();
    difference
}

fn search(expected: &Ruleset, actual: &Ruleset, difference: &mut Difference) -> Result<(), TooLarge> {
    let (hosts, doubts) = hosts::classes(&[expected, actual])?;
    difference.undecided.extend(doubts.0.into_iter().map(|text| Undecided {
        line: Line::new("", 0),
        reason: format!("`{text}` may also be found in the text of an address"),
    }));
    let mut search = Search {
        sides: [Side::new(expected, 0)?, Side::new(actual, expected.host_sets().len())?],
        compared: HashMap::new(),
    };
    for (scheme, port) in cells(expected, actual) {
        search.cell(scheme, port, &hosts, difference)?;
    }
    Ok(())
}

/// One port of every range in which no rule begins or ends, for each scheme; the usual port where it is in it.
fn cells(expected: &Ruleset, actual: &Ruleset) -> Vec<(Scheme, u16)> {
    let mut cells = Vec::new();
    for (scheme, usual) in [(Scheme::Http, 80), (Scheme::Https, 443)] {
        let rules = expected.rules().iter().chain(actual.rules());
        let mut edges: BTreeSet<u16> = rules.flat_map(|rule| rule.condition.ports(scheme).edges()).collect();
        edges.insert(1);
        let firsts: Vec<u16> = edges.into_iter().collect();
        let nexts = firsts.iter().skip(1).copied().map(Some).chain([None]);
        for (first, next) in firsts.iter().zip(nexts) {
            let holds_usual = *first <= usual && next.is_none_or(|next| usual < next);
            cells.push((scheme, if holds_usual { usual } else { *first }));
        }
    }
    cells
}

struct Search<'r> {
    sides: [Side<'r>; 2],
    compared: HashMap<(u32, u32), PathDifference>,
}

impl Search<'_> {
    fn cell(
        &mut self,
        scheme: Scheme,
        port: u16,
        hosts: &Hosts,
        difference: &mut Difference,
    ) -> Result<(), TooLarge> {
        let [first, second] = &mut self.sides;
        let (first_cell, second_cell) = (first.cell(scheme, port), second.cell(scheme, port));
        if first_cell.is_empty() && second_cell.is_empty() {
            return Ok(());
        }
        for (sets, host) in hosts {
            let [first, second] = &mut self.sides;
            let programs = (first.program(&first_cell, sets), second.program(&second_cell, sets));
            if !self.compared.contains_key(&programs) {
                let compared = self.compare(programs)?;
                self.compared.insert(programs, compared);
            }
            let Some(paths) = self.compared.get(&programs) else { continue };
            for (path, slot) in
                [(&paths.wider, &mut difference.wider), (&paths.narrower, &mut difference.narrower)]
            {
                let Some(path) = path else { continue };
                keep(slot, Request { scheme, host: host.clone(), port, path: path.clone() });
            }
        }
        Ok(())
    }

    fn compare(&self, programs: (u32, u32)) -> Result<PathDifference, TooLarge> {
        let [first, second] = &self.sides;
        let (Some(a), Some(b)) = (first.programs.get(at(programs.0)), second.programs.get(at(programs.1)))
        else {
            return Ok(PathDifference::default());
        };
        paths::compare((a, first.ruleset), (b, second.ruleset))
    }
}

/// Keeps the shorter of two requests as they are written.
fn keep(slot: &mut Option<Request>, request: Request) {
    let length = |request: &Request| (request.to_string().len(), request.to_string());
    if slot.as_ref().is_none_or(|known| length(&request) < length(known)) {
        *slot = Some(request);
    }
}

/// Pairs of classes beyond which `by_two_names` stays open.
const MOST_PAIRS: usize = 4_000_000;

/// A TLS connection that `actual` allows although one of its two names is in no rule of `expected`: the request to its
/// destination, and the server name that it asks for. The error says that there are too many classes to tell.
pub(super) fn by_two_names(
    expected: &Ruleset,
    actual: &Ruleset,
) -> Result<Option<(Request, String)>, TooLarge> {
    let (hosts, _) = hosts::classes(&[expected, actual])?;
    let offset = expected.host_sets().len();
    let mut sides = [Side::new(expected, 0)?, Side::new(actual, offset)?];
    let destinations = seen_as(Subject::Destination, &hosts, actual, offset);
    let server_names = seen_as(Subject::ServerName, &hosts, actual, offset);
    if destinations.len().saturating_mul(server_names.len()) > MOST_PAIRS {
        return Err(TooLarge);
    }
    let mut found: Option<(Request, String)> = None;
    for (scheme, port) in cells(expected, actual).into_iter().filter(|(scheme, _)| *scheme == Scheme::Https) {
        let [first, second] = &mut sides;
        let (listed, real) = (first.cell(scheme, port), second.cell(scheme, port));
        if real.is_empty() {
            continue;
        }
        for (of_host, host) in &destinations {
            for (of_name, name) in &server_names {
                let both_listed =
                    first.says_something(&listed, of_host) && first.says_something(&listed, of_name);
                let mut sets: Vec<u32> = of_host.iter().chain(of_name.iter()).copied().collect();
                sets.sort_unstable();
                sets.dedup();
                if both_listed || !second.says_something(&real, &sets) {
                    continue;
                }
                let length =
                    |host: &str, name: &str| (host.len() + name.len(), host.to_owned(), name.to_owned());
                let shorter =
                    |known: &(Request, String)| length(host, name) < length(&known.0.host, &known.1);
                if found.as_ref().is_none_or(shorter) {
                    let request = Request { scheme, host: (*host).clone(), port, path: "/".into() };
                    found = Some((request, (*name).clone()));
                }
            }
        }
    }
    Ok(found)
}

/// The classes of names, as far as sets of one subject can tell them apart. The sets of the list look at both.
fn seen_as<'h>(
    subject: Subject,
    hosts: &'h Hosts,
    actual: &Ruleset,
    offset: usize,
) -> BTreeMap<Sets, &'h String> {
    let mut seen: BTreeMap<Sets, &String> = BTreeMap::new();
    let is_name = |host: &str| !host.starts_with(hosts::TAG) && host.parse::<std::net::IpAddr>().is_err();
    for (sets, host) in hosts.iter().filter(|(_, host)| is_name(host)) {
        let counts = |number: &&u32| match at(**number).checked_sub(offset) {
            None => true,
            Some(own) => actual.host_sets().get(own).is_some_and(|set| set.subject == subject),
        };
        let sets: Sets = sets.iter().filter(counts).copied().collect();
        let known = seen.entry(sets).or_insert(host);
        if (host.len(), host) < (known.len(), *known) {
            *known = host;
        }
    }
    seen
}

/// One ruleset with what is remembered of it.
struct Side<'r> {
    ruleset: &'r Ruleset,
    /// Number of its first set of hosts.
    offset: u32,
    extents: Vec<Extent>,
    programs: Vec<Program>,
    by_program: HashMap<Program, u32>,
}

/// The rules of a ruleset for one scheme and port.
#[derive(Default)]
struct Cell<'r> {
    /// By a set that the host must be in.
    by_set: HashMap<HostId, Vec<(usize, &'r Rule)>>,
    /// Those that ask for no such set.
    always: Vec<(usize, &'r Rule)>,
}

impl Cell<'_> {
    fn is_empty(&self) -> bool {
        self.by_set.is_empty() && self.always.is_empty()
    }
}

impl<'r> Side<'r> {
    fn new(ruleset: &'r Ruleset, offset: usize) -> Result<Self, TooLarge> {
        let extents = paths::extents(ruleset)?;
        let offset = index(offset);
        Ok(Self { ruleset, offset, extents, programs: Vec::new(), by_program: HashMap::new() })
    }

    fn cell(&self, scheme: Scheme, port: u16) -> Cell<'r> {
        let mut cell = Cell::default();
        for (number, rule) in self.ruleset.rules().iter().enumerate() {
            if !rule.condition.ports(scheme).contains(port) {
                continue;
            }
            match rule.hosts.iter().find(|test| !test.negated) {
                Some(test) => cell.by_set.entry(test.set).or_default().push((number, rule)),
                None => cell.always.push((number, rule)),
            }
        }
        cell
    }

    /// Whether the rules of a cell allow any path of a host that is in `sets`.
    fn says_something(&mut self, cell: &Cell<'r>, sets: &[u32]) -> bool {
        let program = self.program(cell, sets);
        self.programs.get(at(program)).is_some_and(|program| !program.is_empty())
    }

    /// What the rules of a cell say of paths for a host that is in `sets`.
    fn program(&mut self, cell: &Cell<'r>, sets: &[u32]) -> u32 {
        let own = sets.iter().filter_map(|set| set.checked_sub(self.offset).map(HostId));
        let mut rules: Vec<(usize, &Rule)> = cell.always.clone();
        rules.extend(own.filter_map(|set| cell.by_set.get(&set)).flatten());
        rules.sort_unstable_by_key(|(number, _)| *number);
        let holds = |test: &Test<HostId>| {
            let number = test.set.0.saturating_add(self.offset);
            sets.binary_search(&number).is_ok() != test.negated
        };
        let mut program = Program::new();
        for (_, rule) in rules {
            if !rule.hosts.iter().all(holds) {
                continue;
            }
            let Some(tests) = self.open_tests(rule) else { continue };
            let is_last = tests.is_empty();
            program.push((rule.action, tests));
            if is_last {
                break;
            }
        }
        while program.last().is_some_and(|(action, _)| *action == Action::Deny) {
            program.pop();
        }
        if let Some(known) = self.by_program.get(&program) {
            return *known;
        }
        let id = index(self.programs.len());
        self.programs.push(program.clone());
        self.by_program.insert(program, id);
        id
    }

    /// The tests of a rule that depend on the path, or `None` if no path passes them.
    fn open_tests(&self, rule: &Rule) -> Option<Box<[Test<super::ruleset::PathId>]>> {
        let mut open = Vec::new();
        for test in &rule.paths {
            let extent = self.extents.get(at(test.set.0)).copied().unwrap_or(Extent::Nothing);
            match (extent, test.negated) {
                (Extent::Some, _) => open.push(*test),
                (Extent::Nothing, true) | (Extent::Everything, false) => {}
                (Extent::Nothing, false) | (Extent::Everything, true) => return None,
            }
        }
        Some(open.into())
    }
}

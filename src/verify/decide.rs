//! `decide`: where two rulesets differ, over all requests.
//!
//! Schemes and ports fall into cells between the edges of all rules, hosts into the classes of `hosts`. In one
//! cell every host of a class meets the same rules, and what those say of paths is a small program; two programs
//! are compared over the classes of all paths. Nothing is sampled, and each step is linear in the lists.
//!
//! Two programs are the same without a look at any path if they are equal once written in one order: sets of paths
//! with the same entries hold the same paths, whatever their names, and of rules with the same action that follow each
//! other it does not matter which one fits first. That is most of a list, and all of it is still walked: no entry is
//! taken for proved because another file had it too.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt};

use super::automaton::TooLarge;
use super::hosts::{self, HostClasses, Hosts};
use super::lexicon::Lexicon;
use super::numbers::Numbers;
use super::paths::{PathDifference, PathSets, Program};
use super::ruleset::{Line, Ruleset, Undecided};
use super::side::Side;
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

/// Hosts and rules beyond which a comparison stays open, each counted for every cell. A million entries come to less
/// than a tenth.
const MOST_WORK: usize = 50_000_000;

/// Where `actual` differs from `expected`.
pub fn decide(expected: &Ruleset, actual: &Ruleset) -> Difference {
    Comparison::new(expected, actual, &Lexicon::default()).difference()
}

/// Two rulesets with the classes of hosts that they can tell apart.
pub(super) struct Comparison<'r> {
    pub(super) expected: &'r Ruleset,
    pub(super) actual: &'r Ruleset,
    pub(super) classes: Result<HostClasses, TooLarge>,
}

impl<'r> Comparison<'r> {
    /// Compares them; most of their names stand in the lexicon.
    pub(super) fn new(expected: &'r Ruleset, actual: &'r Ruleset, lexicon: &'r Lexicon<'r>) -> Self {
        Self { expected, actual, classes: hosts::classes(&[expected, actual], lexicon) }
    }

    /// Where `actual` differs from `expected`.
    pub(super) fn difference(&self) -> Difference {
        let mut difference = Difference::default();
        difference.undecided.extend(self.expected.undecided().iter().chain(self.actual.undecided()).cloned());
        if self.search(&mut difference).is_err() {
            difference.undecided.push(Undecided {
                line: Line::new("", 0),
                reason: "the rules need more states than are followed".into(),
            });
        }
        difference.undecided.sort();
        difference.undecided.dedup();
        difference
    }

    fn search(&self, difference: &mut Difference) -> Result<(), TooLarge> {
        let Self { expected, actual, .. } = *self;
        let HostClasses { hosts, doubts } = self.classes.as_ref().map_err(|error| *error)?;
        difference.undecided.extend(doubts.iter().cloned());
        let mut paths = PathSets::default();
        let first = Side::new(expected, 0, &mut paths)?;
        let second = Side::new(actual, expected.host_sets().len(), &mut paths)?;
        let mut search =
            Search { first, second, paths, programs: Numbers::default(), compared: HashMap::new() };
        let cells = cells(expected, actual);
        let rules = expected.rules().len() + actual.rules().len();
        if cells.len().saturating_mul(hosts.len() + rules) > MOST_WORK {
            return Err(TooLarge);
        }
        for (scheme, port) in cells {
            search.cell(scheme, port, hosts, difference)?;
        }
        Ok(())
    }
}

/// One port of every range in which no rule begins or ends, for each scheme; the usual port where it is in it.
pub(super) fn cells(expected: &Ruleset, actual: &Ruleset) -> Vec<(Scheme, u16)> {
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
    first: Side<'r>,
    second: Side<'r>,
    paths: PathSets<'r>,
    programs: Numbers<Program>,
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
        let (first, second) = (self.first.cell(scheme, port), self.second.cell(scheme, port));
        if first.is_empty() && second.is_empty() {
            return Ok(());
        }
        for (sets, host) in hosts {
            let programs = (
                self.programs.of(self.first.program(&first, sets, &self.paths)),
                self.programs.of(self.second.program(&second, sets, &self.paths)),
            );
            if programs.0 == programs.1 {
                continue;
            }
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
        match (self.programs.get(programs.0), self.programs.get(programs.1)) {
            (Some(first), Some(second)) => self.paths.compare(first, second),
            _ => Ok(PathDifference::default()),
        }
    }
}

/// Keeps the shorter of two requests as they are written.
fn keep(slot: &mut Option<Request>, request: Request) {
    let length = |request: &Request| (request.to_string().len(), request.to_string());
    if slot.as_ref().is_none_or(|known| length(&request) < length(known)) {
        *slot = Some(request);
    }
}

//! One of the two rulesets that are compared: its rules by cell and by host.

use foldhash::HashMap;

use super::automaton::TooLarge;
use super::paths::{Extent, PathSets, Program, in_order};
use super::ruleset::{Action, HostId, Rule, Ruleset, Test, at, index};
use crate::pattern::Scheme;

/// One ruleset.
pub(super) struct Side<'r> {
    ruleset: &'r Ruleset,
    /// Number of its first set of hosts.
    offset: u32,
    /// Numbers of its sets of paths.
    path_sets: Vec<u32>,
}

/// The rules of a ruleset for one scheme and port.
#[derive(Default)]
pub(super) struct Cell<'r> {
    /// By a set that the host must be in.
    by_set: HashMap<HostId, Vec<(usize, &'r Rule)>>,
    /// Those that ask for no such set.
    always: Vec<(usize, &'r Rule)>,
}

impl Cell<'_> {
    /// Whether there is no rule.
    pub(super) fn is_empty(&self) -> bool {
        self.by_set.is_empty() && self.always.is_empty()
    }
}

impl<'r> Side<'r> {
    /// A ruleset whose first set of hosts has the number `offset`.
    pub(super) fn new(
        ruleset: &'r Ruleset,
        offset: usize,
        paths: &mut PathSets<'r>,
    ) -> Result<Self, TooLarge> {
        Ok(Self { ruleset, offset: index(offset), path_sets: paths.add(ruleset)? })
    }

    /// Its rules for one scheme and port.
    pub(super) fn cell(&self, scheme: Scheme, port: u16) -> Cell<'r> {
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

    /// What the rules of a cell say of paths for a host that is in `sets`.
    pub(super) fn program(&self, cell: &Cell<'r>, sets: &[u32], paths: &PathSets<'r>) -> Program {
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
            let Some(tests) = self.open_tests(rule, paths) else { continue };
            let is_last = tests.is_empty();
            program.push((rule.action, tests));
            if is_last {
                break;
            }
        }
        while program.last().is_some_and(|(action, _)| *action == Action::Deny) {
            program.pop();
        }
        in_order(program)
    }

    /// The tests of a rule that depend on the path, or `None` if no path passes them.
    fn open_tests(&self, rule: &Rule, paths: &PathSets<'r>) -> Option<Box<[Test<u32>]>> {
        let mut open = Vec::new();
        for test in &rule.paths {
            let Some(set) = self.path_sets.get(at(test.set.0)).copied() else {
                // Nothing is in a set that is not there.
                if test.negated {
                    continue;
                }
                return None;
            };
            match (paths.extent(set), test.negated) {
                (Extent::Some, negated) => open.push(Test { set, negated }),
                (Extent::Nothing, true) | (Extent::Everything, false) => {}
                (Extent::Nothing, false) | (Extent::Everything, true) => return None,
            }
        }
        Some(open.into())
    }
}

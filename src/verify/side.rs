//! One of the two rulesets that are compared: its rules by cell and by host.

use std::collections::HashMap;

use super::automaton::TooLarge;
use super::paths::{self, Extent, Program};
use super::ruleset::{Action, HostId, PathId, Rule, Ruleset, Test, at, index};
use crate::pattern::Scheme;

/// One ruleset with what is remembered of it.
pub(super) struct Side<'r> {
    pub(super) ruleset: &'r Ruleset,
    /// Number of its first set of hosts.
    offset: u32,
    extents: Vec<Extent>,
    pub(super) programs: Vec<Program>,
    by_program: HashMap<Program, u32>,
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
    pub(super) fn new(ruleset: &'r Ruleset, offset: usize) -> Result<Self, TooLarge> {
        let extents = paths::extents(ruleset)?;
        let offset = index(offset);
        Ok(Self { ruleset, offset, extents, programs: Vec::new(), by_program: HashMap::new() })
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

    /// Whether the rules of a cell allow any path of a host that is in `sets`.
    pub(super) fn says_something(&mut self, cell: &Cell<'r>, sets: &[u32]) -> bool {
        let program = self.program(cell, sets);
        self.programs.get(at(program)).is_some_and(|program| !program.is_empty())
    }

    /// What the rules of a cell say of paths for a host that is in `sets`.
    pub(super) fn program(&mut self, cell: &Cell<'r>, sets: &[u32]) -> u32 {
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
    fn open_tests(&self, rule: &Rule) -> Option<Box<[Test<PathId>]>> {
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

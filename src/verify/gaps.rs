//! Somebody's list against what the fleet needs, entry by entry: what is missing and what is too wide.

use std::collections::HashSet;

use super::decide::decide;
use super::expected::{Builder, Meant, is_member, line_of};
use super::ruleset::{Action, Condition, HostShape, Line, Member, Ruleset, at};
use crate::allowlist::{Allowlist, Entry, Product};
use crate::pattern::Request;

/// Comparisons beyond this number of entries times entries are left to the whole lists' two witnesses.
const MOST_COMPARISONS: usize = 4_000_000;

/// What somebody's list lacks or has too much.
#[derive(Clone, Debug, Default)]
pub struct Gaps<'l> {
    /// Entries of the fleet that are not allowed as a whole, each with a request that is not.
    pub missing: Vec<(&'l Entry, Request)>,
    /// Lines that allow what no entry means, each with such a request.
    pub wide: Vec<(Line, Request)>,
    /// Lines that allow only more schemes or ports than the list, each with such a request.
    pub ports: Vec<(Line, Request)>,
    /// Why there may be more.
    pub undecided: Vec<String>,
    /// Where the list is a program: what was asked, in place of deciding over all requests.
    pub sample: Option<Sample>,
}

/// How much a program was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Different requests.
    pub requests: usize,
    /// Entries that they are about.
    pub entries: usize,
    /// Entries of the list.
    pub of: usize,
}

impl Gaps<'_> {
    /// Whether nothing was found: without a sample, the lists are then proved to mean the same.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.wide.is_empty() && self.ports.is_empty() && self.undecided.is_empty()
    }
}

/// Compares `actual` with one product of the list.
pub fn gaps<'l>(list: &'l Allowlist, product: Product, actual: &Ruleset) -> Gaps<'l> {
    let needed: Vec<&Entry> =
        list.product(product).into_iter().filter(|entry| is_member(entry, product)).collect();
    let expected = ruleset(&needed, false);
    let whole = decide(&expected, actual);
    let mut gaps = Gaps {
        undecided: whole.undecided.iter().map(|doubt| format!("{}: {}", doubt.line, doubt.reason)).collect(),
        ..Gaps::default()
    };
    let members: usize = actual.host_sets().iter().map(|set| set.members.len()).sum();
    if needed.len().saturating_mul(members.max(1)) > MOST_COMPARISONS {
        gaps.undecided.push("the lists are too long to compare entry by entry".into());
        return gaps;
    }
    if whole.narrower.is_some() {
        let lacking = |entry: &&'l Entry| {
            let witness = decide(&ruleset(&[*entry], false), actual).narrower;
            witness.map(|witness| (*entry, witness))
        };
        gaps.missing = needed.iter().filter_map(lacking).collect();
    }
    if whole.wider.is_some() {
        find_wide(&mut gaps, &expected, &ruleset(&needed, true), actual);
    }
    gaps
}

/// What the entries mean; `unported` on every scheme and port.
fn ruleset(entries: &[&Entry], unported: bool) -> Ruleset {
    let mut builder = Builder::default();
    for entry in entries {
        let mut meant = Meant::from(&entry.pattern);
        if unported {
            meant.port = 0;
        }
        builder.add(meant, line_of(entry));
    }
    builder.ruleset
}

fn find_wide(gaps: &mut Gaps<'_>, expected: &Ruleset, unported: &Ruleset, actual: &Ruleset) {
    for (at, rule) in actual.rules().iter().enumerate() {
        if rule.action != Action::Allow {
            continue;
        }
        let tested = rule.hosts.iter().find(|test| !test.negated);
        let members: Vec<Option<&Member<HostShape>>> = match tested {
            Some(test) => {
                let set = actual.host_sets().get(super::ruleset::at(test.set.0));
                set.map_or_else(Vec::new, |set| set.members.iter().map(Some).collect())
            }
            None => vec![None],
        };
        for member in members {
            let alone = only(actual, at, member);
            let Some(witness) = decide(expected, &alone).wider else { continue };
            let line = member.map_or(&rule.line, |member| &member.line).clone();
            match decide(unported, &alone).wider {
                Some(witness) => gaps.wide.push((line, witness)),
                None => gaps.ports.push((line, witness)),
            }
        }
    }
}

/// The ruleset with all rules above number `number` that refuse, and that rule for one of its entries only.
fn only(actual: &Ruleset, number: usize, member: Option<&Member<HostShape>>) -> Ruleset {
    let mut alone = actual.clone();
    alone.undecided.clear();
    let mut index = 0;
    alone.rules.retain(|rule| {
        let kept = index == number || (index < number && rule.action == Action::Deny);
        index += 1;
        kept
    });
    let Some(rule) = alone.rules.last_mut() else { return alone };
    if let (Some(member), Some(position)) = (member, rule.hosts.iter().position(|test| !test.negated))
        && let Some(test) = rule.hosts.get_mut(position)
        && let Some(set) = alone.hosts.get(at(test.set.0)).cloned()
    {
        // A rule above may test the same set, so the single entry gets a set of its own.
        test.set = super::ruleset::HostId(super::ruleset::index(alone.hosts.len()));
        alone.hosts.push(super::ruleset::Set { members: vec![member.clone()], ..set });
    }
    // What no rule asks any more would still be told apart, and expressions make that dear.
    let used: HashSet<usize> =
        alone.rules.iter().flat_map(|rule| &rule.hosts).map(|test| at(test.set.0)).collect();
    let unused = alone.hosts.iter_mut().enumerate().filter(|(number, _)| !used.contains(number));
    unused.for_each(|(_, set)| set.members.clear());
    alone
}

/// A plain list as a firewall would use it: every entry on clear text port 80 and TLS port 443.
pub fn web_ports() -> Condition {
    use super::ports::Ports;
    use crate::pattern::Scheme;
    Condition::one(Scheme::Http, 80).with(Scheme::Https, Ports::one(443))
}

//! What a ruleset does with many requests: the answers of `matching`, from tables of its sets.

use std::collections::BTreeSet;
use std::net::IpAddr;

use foldhash::HashMap;
use ipnet::IpNet;

use super::hosts::TAG;
use super::matching::{host_fits, path_fits};
use super::ruleset::{HostShape, Member, Rule, Ruleset, Set, Test, at};
use crate::pattern::Request;

/// A ruleset that is asked about many requests.
#[derive(Debug)]
pub struct Lookup<'r> {
    ruleset: &'r Ruleset,
    hosts: Vec<Table<'r>>,
}

/// What is found for a request.
#[derive(Clone, Copy, Debug)]
pub struct Found<'r> {
    /// The first rule that fits.
    pub rule: &'r Rule,
    /// The set of hosts that the rule asks for, if it asks for one.
    pub set: Option<&'r Set<HostShape>>,
    /// The first entry of that set that holds the host.
    pub entry: Option<&'r Member<HostShape>>,
}

impl<'r> Lookup<'r> {
    /// Tables of a ruleset.
    pub fn new(ruleset: &'r Ruleset) -> Self {
        Self { ruleset, hosts: ruleset.host_sets().iter().map(Table::new).collect() }
    }

    /// What the ruleset does with a request of an honest client: one name for both of a connection. Nothing where
    /// no rule fits, which denies.
    pub fn find(&self, request: &Request) -> Option<Found<'r>> {
        let host = Host { name: &request.host, address: request.host.parse().ok() };
        let rule = self.ruleset.rules().iter().find(|rule| self.fits(rule, request, &host))?;
        let set = rule.hosts.iter().find(|test| !test.negated).map(|test| at(test.set.0));
        let set_of = |number: usize| self.ruleset.host_sets().get(number);
        let entry = set.and_then(|set| self.hosts.get(set)?.first(&host));
        let members = set.and_then(set_of).map(|set| set.members.as_slice()).unwrap_or_default();
        Some(Found { rule, set: set.and_then(set_of), entry: entry.and_then(|entry| members.get(entry)) })
    }

    fn fits(&self, rule: &Rule, request: &Request, host: &Host<'_>) -> bool {
        let holds = |set: u32| self.hosts.get(at(set)).is_some_and(|table| table.first(host).is_some());
        let has = |set: u32| {
            let set = self.ruleset.path_sets().get(at(set));
            set.is_some_and(|set| set.members.iter().any(|member| path_fits(&member.shape, &request.path)))
        };
        rule.condition.ports(request.scheme).contains(request.port)
            && rule.hosts.iter().all(|Test { set, negated }| holds(set.0) != *negated)
            && rule.paths.iter().all(|Test { set, negated }| has(set.0) != *negated)
    }
}

/// A host as it is asked for.
struct Host<'h> {
    name: &'h str,
    address: Option<IpAddr>,
}

/// One set of hosts: the number of the first entry for each text.
#[derive(Debug, Default)]
struct Table<'r> {
    exact: HashMap<&'r str, usize>,
    addresses: HashMap<IpAddr, usize>,
    below: HashMap<&'r str, usize>,
    ends: HashMap<&'r str, usize>,
    nets: HashMap<IpNet, usize>,
    /// Lengths of the prefixes in `nets`.
    lengths: BTreeSet<u8>,
    /// What has no text to be found by.
    others: Vec<(usize, &'r HostShape)>,
}

impl<'r> Table<'r> {
    fn new(set: &'r Set<HostShape>) -> Self {
        let mut table = Self::default();
        for (number, member) in set.members.iter().enumerate() {
            table.add(number, &member.shape);
        }
        table
    }

    fn add(&mut self, number: usize, shape: &'r HostShape) {
        match shape {
            HostShape::Exact(name) => {
                self.exact.entry(name).or_insert(number);
                if let Ok(address) = name.parse() {
                    self.addresses.entry(address).or_insert(number);
                }
            }
            HostShape::Below { base, apex } => {
                self.below.entry(base).or_insert(number);
                if *apex {
                    self.exact.entry(base).or_insert(number);
                }
            }
            HostShape::Ends(end) => {
                self.ends.entry(end).or_insert(number);
            }
            HostShape::Net(net) => {
                self.nets.entry(net.trunc()).or_insert(number);
                self.lengths.insert(net.prefix_len());
            }
            other => self.others.push((number, other)),
        }
    }

    /// The number of the first entry that holds the host.
    fn first(&self, host: &Host<'_>) -> Option<usize> {
        let others = || self.others.iter().find(|(_, shape)| host_fits(shape, host.name)).map(|(n, _)| *n);
        let found = match host.address {
            Some(address) => [self.addresses.get(&address).copied(), self.net(address), None],
            // The name of a group of networks is no host.
            None if host.name.starts_with(TAG) => [None; 3],
            None => [self.exact.get(host.name).copied(), self.below(host.name), self.end(host.name)],
        };
        found.into_iter().chain([others()]).flatten().min()
    }

    fn net(&self, address: IpAddr) -> Option<usize> {
        let nets = self.lengths.iter().filter_map(|length| IpNet::new(address, *length).ok());
        nets.filter_map(|net| self.nets.get(&net.trunc()).copied()).min()
    }

    fn below(&self, name: &str) -> Option<usize> {
        let dots = name.match_indices('.').filter(|(at, _)| *at > 0);
        dots.filter_map(|(at, _)| self.below.get(name.get(at + 1..)?).copied()).min()
    }

    fn end(&self, name: &str) -> Option<usize> {
        if self.ends.is_empty() {
            return None;
        }
        name.char_indices().filter_map(|(at, _)| self.ends.get(name.get(at..)?).copied()).min()
    }
}

//! Somebody's list against what the fleet needs, entry by entry: what is missing and what is too wide.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::decide::decide;
use super::expected::{Builder, Meant, is_member, line_of};
use super::lookup::Lookup;
use super::lossy::Lossy;
use super::matching::is_allowed;
use super::ruleset::{Action, Condition, HostId, HostShape, Line, Member, Rule, Ruleset, Set, at, index};
use super::sift::{differing, host_of, request, sample};
use crate::allowlist::{Allowlist, Entry, Product};
use crate::lower::Loss;
use crate::pattern::{Request, Scheme};
use crate::target::Effect;

/// Groups of entries that are decided; of a file for which that is not enough, the rest is not told apart.
const MOST_DECISIONS: usize = 4_000;

/// What somebody's list lacks or has too much.
#[derive(Clone, Debug, Default)]
pub struct Gaps<'l> {
    /// Entries of the fleet that are not allowed as a whole, each with a request that is not.
    pub missing: Vec<(&'l Entry, Request)>,
    /// Lines that allow what no entry means, each with such a request.
    pub wide: Vec<(Line, Request)>,
    /// Lines that allow only more schemes or ports than the list, each with such a request.
    pub ports: Vec<(Line, Request)>,
    /// The same where something that is not read may decide otherwise.
    pub perhaps: Perhaps<'l>,
    /// What a target of this form may lose, so that it is no fault of the file.
    pub permitted: Vec<Permitted<'l>>,
    /// Why there may be more.
    pub undecided: Vec<String>,
    /// Where the list is a program: what was asked, in place of deciding over all requests.
    pub sample: Option<Sample>,
}

/// What would be lacking or too much if whatever is not read decided nothing.
#[derive(Clone, Debug, Default)]
pub struct Perhaps<'l> {
    /// See [`Gaps::missing`].
    pub missing: Vec<(&'l Entry, Request)>,
    /// See [`Gaps::wide`].
    pub wide: Vec<(Line, Request)>,
    /// See [`Gaps::ports`].
    pub ports: Vec<(Line, Request)>,
}

/// A difference that a target's folder or the profile permits.
#[derive(Clone, Debug)]
pub struct Permitted<'l> {
    /// The entry that is not allowed as a whole; none where a line allows more.
    pub entry: Option<&'l Entry>,
    /// The line that allows more; none where an entry is missing.
    pub line: Option<Line>,
    /// A request that shows it.
    pub witness: Request,
    /// What is lost, and who permits it.
    pub loss: &'l Loss,
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
    /// Whether nothing was found but what is permitted: without a sample, that is then proved.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.wide.is_empty() && self.ports.is_empty() && self.undecided.is_empty()
    }
}

/// Compares `actual` with one product of the list. With `lossy`, what a target may lose is no fault.
pub fn gaps<'l>(
    list: &'l Allowlist,
    product: Product,
    actual: &Ruleset,
    lossy: Option<&Lossy<'l>>,
) -> Gaps<'l> {
    let actual = &*with_networks(actual, list);
    let needed: Vec<&Entry> = match lossy {
        Some(lossy) => lossy.entries(list, product),
        None => list.product(product).into_iter().filter(|entry| is_member(entry, product)).collect(),
    };
    let expected = ruleset(&needed, false);
    let whole = decide(&expected, actual);
    let mut gaps =
        Gaps { undecided: whole.undecided.iter().map(ToString::to_string).collect(), ..Gaps::default() };
    let mut left = MOST_DECISIONS;
    if whole.narrower.is_some() {
        find_missing(&mut gaps, &needed, actual, lossy, &mut left);
    }
    if whole.wider.is_some() {
        let wanted =
            Wanted { unported: ruleset(&needed, true), union: union(&expected, &needed, lossy), expected };
        find_wide(&mut gaps, &wanted, actual, lossy, &mut left);
    }
    if left == 0 {
        gaps.undecided.push("too much differs to compare the rest entry by entry".into());
    }
    let doubt = actual.doubt();
    if doubt.may_allow {
        gaps.perhaps.missing = std::mem::take(&mut gaps.missing);
    }
    if doubt.may_deny {
        gaps.perhaps.wide = std::mem::take(&mut gaps.wide);
        gaps.perhaps.ports = std::mem::take(&mut gaps.ports);
    }
    gaps
}

/// The ruleset with the networks that the list knows of a tag in place of its name: a list may say either.
fn with_networks<'a>(actual: &'a Ruleset, list: &Allowlist) -> Cow<'a, Ruleset> {
    let is_tag = |member: &Member<HostShape>| matches!(member.shape, HostShape::Tag(_));
    if !actual.host_sets().iter().flat_map(|set| &set.members).any(is_tag) {
        return Cow::Borrowed(actual);
    }
    let mut networks: HashMap<&str, Vec<HostShape>> = HashMap::new();
    for entry in list.entries() {
        if let (Some(tag), shape @ HostShape::Net(_)) = (&entry.tag, Meant::from(&entry.pattern).host) {
            networks.entry(&tag.name).or_default().push(shape);
        }
    }
    let mut known = actual.clone();
    for set in &mut known.hosts {
        let spread = |member: Member<HostShape>| match &member.shape {
            HostShape::Tag(tag) if networks.contains_key(tag.as_str()) => {
                let shapes = networks.get(tag.as_str()).into_iter().flatten();
                shapes.map(|shape| Member { shape: shape.clone(), line: member.line.clone() }).collect()
            }
            _ => vec![member],
        };
        set.members = std::mem::take(&mut set.members).into_iter().flat_map(spread).collect();
    }
    Cow::Owned(known)
}

fn find_missing<'l>(
    gaps: &mut Gaps<'l>,
    needed: &[&'l Entry],
    actual: &Ruleset,
    lossy: Option<&Lossy<'l>>,
    left: &mut usize,
) {
    let lookup = Lookup::new(actual);
    // A request of the entry, and of what a target leaves of it, that the file does not allow.
    let sure = |entry: &&Entry| {
        let meant = lossy.map(|lossy| with_losses(&[*entry], lossy));
        let is_needed = |request: &Request| meant.as_ref().is_none_or(|meant| is_allowed(meant, request));
        let request = sample(&Meant::from(&entry.pattern))?;
        (lookup.find(&request).is_none() && is_needed(&request)).then_some(request)
    };
    let differs = |group: &[&Entry]| decide(&ruleset(group, false), actual).narrower;
    for (entry, witness) in differing(needed, left, sure, differs) {
        // Whatever is left of the entry has to be there.
        let loss = lossy.and_then(|lossy| {
            let loss = lossy.losses(entry).iter().find(|loss| loss.effect != Effect::Wider)?;
            decide(&with_losses(&[entry], lossy), actual).narrower.is_none().then_some(*loss)
        });
        match loss {
            Some(loss) => gaps.permitted.push(Permitted { entry: Some(entry), line: None, witness, loss }),
            None => gaps.missing.push((entry, witness)),
        }
    }
}

/// What the lines of a file may mean.
struct Wanted {
    /// The list.
    expected: Ruleset,
    /// The list on every scheme and port.
    unported: Ruleset,
    /// The list, and the list with what a target loses of it.
    union: Ruleset,
}

fn union(expected: &Ruleset, needed: &[&Entry], lossy: Option<&Lossy<'_>>) -> Ruleset {
    let mut union = expected.clone();
    if let Some(lossy) = lossy {
        union.append(with_losses(needed, lossy));
    }
    union
}

fn with_losses(entries: &[&Entry], lossy: &Lossy<'_>) -> Ruleset {
    let mut builder = Builder::default();
    for entry in entries {
        for meant in lossy.meant(entry) {
            builder.add(meant, line_of(entry));
        }
    }
    builder.ruleset
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

/// Entries of a rule, or the whole rule where it asks for no set.
type Members<'r> = Option<&'r Member<HostShape>>;

fn find_wide<'l>(
    gaps: &mut Gaps<'l>,
    wanted: &Wanted,
    actual: &Ruleset,
    lossy: Option<&Lossy<'l>>,
    left: &mut usize,
) {
    let known = [&wanted.union, &wanted.unported].map(Lookup::new);
    let is_plain = actual.rules().iter().all(|rule| rule.action == Action::Allow);
    for (at, rule) in actual.rules().iter().enumerate() {
        if rule.action != Action::Allow {
            continue;
        }
        let tested = rule.hosts.iter().find(|test| !test.negated);
        let members: Vec<Members<'_>> = match tested {
            Some(test) => {
                let set = actual.host_sets().get(super::ruleset::at(test.set.0));
                set.map_or_else(Vec::new, |set| set.members.iter().map(Some).collect())
            }
            None => vec![None],
        };
        // A rule that asks for this set alone allows whatever the set holds.
        let is_plain = is_plain && rule.paths.is_empty() && rule.hosts.len() == 1;
        let sure = |member: &Members<'_>| {
            let host = host_of(&member.filter(|_| is_plain)?.shape)?;
            let request = request(&rule.condition, host)?;
            known.iter().all(|known| known.find(&request).is_none()).then_some(request)
        };
        let differs = |group: &[Members<'_>]| decide(&wanted.expected, &only(actual, at, group)).wider;
        for (member, witness) in differing(&members, left, sure, differs) {
            let line = member.map_or(&rule.line, |member| &member.line).clone();
            // Then it is neither permitted nor on another port.
            if known.iter().all(|known| known.find(&witness).is_none()) {
                gaps.wide.push((line, witness));
                continue;
            }
            let alone = only(actual, at, &[member]);
            let loss = lossy.and_then(|lossy| lossy.widening(&witness));
            if let Some(loss) = loss
                && decide(&wanted.union, &alone).wider.is_none()
            {
                gaps.permitted.push(Permitted { entry: None, line: Some(line), witness, loss });
                continue;
            }
            match decide(&wanted.unported, &alone).wider {
                Some(witness) => gaps.wide.push((line, witness)),
                None => gaps.ports.push((line, witness)),
            }
        }
    }
}

/// The ruleset with all rules above number `number` that refuse, and that rule for some of its entries only.
fn only(actual: &Ruleset, number: usize, members: &[Members<'_>]) -> Ruleset {
    let above = actual.rules().iter().take(number).filter(|rule| rule.action == Action::Deny);
    let mut rules: Vec<Rule> = above.cloned().collect();
    let mut own = None;
    if let Some(mut rule) = actual.rules().get(number).cloned() {
        let members: Vec<_> = members.iter().copied().flatten().cloned().collect();
        if let Some(test) = rule.hosts.iter_mut().find(|test| !test.negated) {
            // A rule above may test the same set, so the entries get a set of their own.
            let tested = actual.host_sets().get(at(test.set.0));
            own = tested.map(|set| Set { name: set.name.clone(), subject: set.subject, members });
            test.set = HostId(index(actual.host_sets().len()));
        }
        rules.push(rule);
    }
    // What no rule asks any more would still be told apart, and expressions make that dear.
    let used: HashSet<usize> = rules.iter().flat_map(|rule| &rule.hosts).map(|test| at(test.set.0)).collect();
    let kept = |(number, set): (usize, &Set<HostShape>)| {
        let members = if used.contains(&number) { set.members.clone() } else { Vec::new() };
        Set { name: set.name.clone(), subject: set.subject, members }
    };
    let hosts = actual.host_sets().iter().enumerate().map(kept).chain(own).collect();
    Ruleset { hosts, paths: actual.path_sets().to_vec(), rules, ..Ruleset::default() }
}

/// A plain list as a firewall would use it: every entry on clear text port 80 and TLS port 443.
pub fn web_ports() -> Condition {
    use super::ports::Ports;
    Condition::one(Scheme::Http, 80).with(Scheme::Https, Ports::one(443))
}

//! All hosts, cut into the classes that two rulesets can tell apart.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::addresses;
use super::automaton::TooLarge;
use super::lexicon::Lexicon;
use super::networks;
use super::regular::Regular;
use super::ruleset::{HostShape, Line, Member, Ruleset, Set, Undecided, index};
use super::universe::Universe;
use super::words::{Form, Sets, Shapes};

/// The sets that hold a host, and the shortest such host. Sets are numbered through both rulesets.
pub(super) type Hosts = BTreeMap<Sets, String>;

/// All hosts, as far as some rulesets can tell them apart.
pub(super) struct HostClasses {
    pub(super) hosts: Hosts,
    /// Shapes of names that may also be found in the text of an address, which is not compared.
    pub(super) doubts: Vec<Undecided>,
}

/// The classes of hosts that the sets of `rulesets` can tell apart. Names that are in the lexicon need not be put in
/// order.
pub(super) fn classes<'r>(
    rulesets: &[&'r Ruleset],
    lexicon: &'r Lexicon<'r>,
) -> Result<HostClasses, TooLarge> {
    let members = |ruleset: &&Ruleset| ruleset.host_sets().iter().map(|set| set.members.len()).sum::<usize>();
    let mut question = Question::new(lexicon, rulesets.iter().map(members).sum());
    let sets = rulesets.iter().flat_map(|ruleset| ruleset.host_sets());
    for (number, set) in sets.enumerate() {
        question.add(index(number), set);
    }
    let mut hosts = Hosts::new();
    let mut keep = |sets: Sets, host: String| {
        let better = |known: &String| (host.len(), &host) < (known.len(), known);
        if hosts.get(&sets).is_none_or(better) {
            hosts.insert(sets, host);
        }
    };
    let Question { names, networks, tags, everything, doubts } = question;
    for (sets, first) in networks::ranges(&networks, &everything) {
        keep(sets, first.to_string());
    }
    for (tag, mut sets) in tags {
        sets.extend(&everything);
        sets.sort_unstable();
        sets.dedup();
        keep(sets.into(), format!("{TAG}{tag}"));
    }
    // Names last: a name is the better witness where the sets are the same.
    for (sets, word) in names.classes()? {
        hosts.insert(sets, Universe::Names.text(&word));
    }
    Ok(HostClasses { hosts, doubts })
}

/// What the host of a witness starts with if it stands for a tag.
pub(super) const TAG: &str = "tag:";

struct Question<'r> {
    names: Shapes<'r>,
    networks: Vec<(IpNet, u32)>,
    tags: BTreeMap<&'r str, Vec<u32>>,
    everything: Vec<u32>,
    doubts: Vec<Undecided>,
}

impl<'r> Question<'r> {
    fn new(lexicon: &'r Lexicon<'r>, count: usize) -> Self {
        Self {
            names: Shapes::new(Universe::Names, lexicon, count),
            networks: Vec::new(),
            tags: BTreeMap::new(),
            everything: Vec::new(),
            doubts: Vec::new(),
        }
    }

    fn add(&mut self, number: u32, set: &'r Set<HostShape>) {
        for Member { shape, line } in &set.members {
            self.shape(number, shape, line);
        }
    }

    fn shape(&mut self, number: u32, shape: &'r HostShape, line: &Line) {
        match shape {
            HostShape::Any => {
                self.everything.push(number);
                self.names.everything(number);
            }
            // Every address ends with a digit or holds a colon, and few names do.
            HostShape::Exact(name)
                if name.as_bytes().last().is_some_and(u8::is_ascii_digit)
                    || memchr::memchr(b':', name.as_bytes()).is_some() =>
            {
                match name.parse::<std::net::IpAddr>() {
                    Ok(address) => self.networks.push((address.into(), number)),
                    Err(_) => self.names.text(name, Form::Exact, number),
                }
            }
            HostShape::Exact(name) => self.names.text(name, Form::Exact, number),
            HostShape::Below { base, apex } => {
                self.doubt(base, line);
                self.names.text(base, Form::Below, number);
                if *apex {
                    self.names.text(base, Form::Exact, number);
                }
            }
            HostShape::Ends(end) => {
                self.doubt(end, line);
                self.names.text(end, Form::Starts, number);
            }
            HostShape::Labels { count, base } => {
                let text = format!("^([^.]+\\.){{{count}}}{}$", regex_syntax::escape(base));
                self.regular(number, Regular::new(&text, false).ok().as_ref(), base, line);
            }
            HostShape::Regular(regular) => self.regular(number, Some(regular), regular.as_str(), line),
            HostShape::Net(net) => self.networks.push((*net, number)),
            HostShape::Tag(tag) => self.tags.entry(tag).or_default().push(number),
        }
    }

    fn regular(&mut self, number: u32, regular: Option<&Regular>, text: &str, line: &Line) {
        let is_open = regular.is_none_or(|regular| self.names.expression(regular, number).is_err());
        if is_open || regular.is_none_or(addresses::may_find) {
            self.is_in_doubt(text, line);
        }
    }

    /// A text that the text of an address may end in.
    fn doubt(&mut self, text: &str, line: &Line) {
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.is_in_doubt(text, line);
        }
    }

    fn is_in_doubt(&mut self, text: &str, line: &Line) {
        let reason = format!("`{text}` may also be found in the text of an address");
        self.doubts.push(Undecided { line: line.clone(), reason });
    }
}

//! `Ruleset`: what a firewall would do, in words that no firewall owns.
//!
//! Every reader turns its files into one `Ruleset` per product: named sets of hosts and of paths, and ordered
//! rules that test them. The first rule that fits a request decides; a request that none fits is denied. For a
//! bypass list `Allow` means "is left alone by inspection", for a direct list "does not go through a proxy".

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::ports::Ports;
use super::regular::Regular;
use super::settings::{Said, Setting};
use crate::pattern::Scheme;

/// File and line that a part of a ruleset comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// File as the user knows it.
    pub file: Arc<str>,
    /// Line, from 1; 0 where a file has no lines.
    pub line: u32,
}

impl Line {
    /// A line of a file.
    pub fn new(file: &str, line: u32) -> Self {
        Self { file: file.into(), line }
    }

    /// Another line of the same file.
    #[must_use]
    pub fn at(&self, line: u32) -> Self {
        Self { file: self.file.clone(), line }
    }
}

/// `allow.conf:12`.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 { write!(f, ":{}", self.line) } else { Ok(()) }
    }
}

/// Which hosts one entry of a set means. Names are lower case without a dot at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostShape {
    /// Every name and every address.
    Any,
    /// That name, or that address if it is the text of one.
    Exact(String),
    /// Every name below the base at any depth, and the base itself if `apex`.
    Below {
        /// The name above.
        base: String,
        /// Whether the base is meant too.
        apex: bool,
    },
    /// Every name with exactly so many labels in front of the base.
    Labels {
        /// How many.
        count: u8,
        /// The name above.
        base: String,
    },
    /// Every name whose text ends so; no label boundary is implied.
    Ends(String),
    /// Every name in which the expression finds something.
    Regular(Regular),
    /// A network of IP literals.
    Net(IpNet),
    /// A group of networks that the platform knows by name; it is compared by that name alone.
    Tag(String),
}

/// Which paths one entry of a set means. Paths start with `/` and have no query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathShape {
    /// Every path.
    Any,
    /// That path.
    Exact(String),
    /// Every path that starts so, at any character.
    Prefix(String),
    /// Every longer path that starts so.
    Longer(String),
    /// That path and everything below it.
    Folder(String),
    /// Every path in which the expression finds something.
    Regular(Regular),
}

/// What tells a shape from all others.
pub(super) type PathKey = (char, String, bool);

impl PathShape {
    /// Its kind, its text, and whether an expression ignores case: the same for no two shapes.
    pub(super) fn parts(&self) -> (char, &str, bool) {
        match self {
            Self::Any => ('*', "", false),
            Self::Exact(text) => ('=', text, false),
            Self::Prefix(text) => ('^', text, false),
            Self::Longer(text) => ('+', text, false),
            Self::Folder(text) => ('/', text, false),
            Self::Regular(regular) => ('~', regular.as_str(), regular.ignores_case()),
        }
    }

    /// The same for keeping.
    pub(super) fn key(&self) -> PathKey {
        let (kind, text, ignores_case) = self.parts();
        (kind, text.to_owned(), ignores_case)
    }
}

/// Which of the names of a TLS connection a set is compared with. An honest client gives the same twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// The destination: host of the URL or of the CONNECT.
    #[default]
    Destination,
    /// The server name that the client asks for inside TLS.
    ServerName,
}

/// One entry of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<S> {
    /// What it means.
    pub shape: S,
    /// Where it stands.
    pub line: Line,
}

/// A named set: what any of its entries means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<S> {
    /// Name, for messages.
    pub name: String,
    /// What it is compared with.
    pub subject: Subject,
    /// Its entries.
    pub members: Vec<Member<S>>,
}

/// Index of a set of hosts in its ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub(super) u32);

/// Index of a set of paths in its ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub(super) u32);

/// The question whether a request is in a set, or whether it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Test<I> {
    /// Which set.
    pub set: I,
    /// Whether the request must not be in it.
    pub negated: bool,
}

impl<I> Test<I> {
    /// The request is in the set.
    pub fn is_in(set: I) -> Self {
        Self { set, negated: false }
    }

    /// The request is not in the set.
    pub fn is_not_in(set: I) -> Self {
        Self { set, negated: true }
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The request is in the product.
    Allow,
    /// It is not.
    Deny,
}

/// The ports that a rule fits, by scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Ports of clear-text requests.
    pub http: Ports,
    /// Ports of TLS connections.
    pub https: Ports,
}

impl Condition {
    /// Every scheme and port.
    pub fn any() -> Self {
        Self { http: Ports::all(), https: Ports::all() }
    }

    /// One scheme on one port.
    pub fn one(scheme: Scheme, port: u16) -> Self {
        Self { http: Ports::none(), https: Ports::none() }.with(scheme, Ports::one(port))
    }

    /// The same with these ports of `scheme`.
    #[must_use]
    pub fn with(mut self, scheme: Scheme, ports: Ports) -> Self {
        match scheme {
            Scheme::Http => self.http = ports,
            Scheme::Https => self.https = ports,
        }
        self
    }

    /// The ports of `scheme`.
    pub fn ports(&self, scheme: Scheme) -> &Ports {
        match scheme {
            Scheme::Http => &self.http,
            Scheme::Https => &self.https,
        }
    }
}

/// One rule. It fits a request if its condition and all its tests do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// Schemes and ports.
    pub condition: Condition,
    /// All of these must hold for the host.
    pub hosts: Vec<Test<HostId>>,
    /// All of these must hold for the path.
    pub paths: Vec<Test<PathId>>,
    /// Where it stands.
    pub line: Line,
}

/// Something that a reader cannot put into these words. With one of them there is no verdict `same`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// Where it stands.
    pub line: Line,
    /// Why: a whole clause in lower case.
    pub reason: String,
}

/// `allow.conf:12: reason`, without a place where there is none.
impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.line.file.is_empty() {
            write!(f, "{}: ", self.line)?;
        }
        f.write_str(&self.reason)
    }
}

/// Everything that one product of a firewall's files comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruleset {
    pub(super) hosts: Vec<Set<HostShape>>,
    pub(super) paths: Vec<Set<PathShape>>,
    pub(super) rules: Vec<Rule>,
    pub(super) undecided: Vec<Undecided>,
    pub(super) doubt: Doubt,
    pub(super) said: Vec<Said>,
}

/// What may be otherwise than the rules say, because of what could not be put into one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Requests that no rule allows may be allowed.
    pub may_allow: bool,
    /// Requests that a rule allows may be refused.
    pub may_deny: bool,
}

impl Doubt {
    fn add(&mut self, action: Action) {
        match action {
            Action::Allow => self.may_allow = true,
            Action::Deny => self.may_deny = true,
        }
    }
}

impl Ruleset {
    /// Adds an empty set of hosts.
    pub fn add_hosts(&mut self, name: &str, subject: Subject) -> HostId {
        let id = HostId(index(self.hosts.len()));
        self.hosts.push(Set { name: name.to_owned(), subject, members: Vec::new() });
        id
    }

    /// Adds an empty set of paths.
    pub fn add_paths(&mut self, name: &str) -> PathId {
        let id = PathId(index(self.paths.len()));
        let subject = Subject::Destination;
        self.paths.push(Set { name: name.to_owned(), subject, members: Vec::new() });
        id
    }

    /// Makes room for so many entries more in a set of hosts.
    pub(super) fn reserve_hosts(&mut self, set: HostId, count: usize) {
        if let Some(set) = self.hosts.get_mut(at(set.0)) {
            set.members.reserve(count);
        }
    }

    /// Adds an entry to a set of hosts.
    pub fn add_host(&mut self, set: HostId, shape: HostShape, line: Line) {
        if let Some(set) = self.hosts.get_mut(at(set.0)) {
            set.members.push(Member { shape, line });
        }
    }

    /// Adds an entry to a set of paths.
    pub fn add_path(&mut self, set: PathId, shape: PathShape, line: Line) {
        if let Some(set) = self.paths.get_mut(at(set.0)) {
            set.members.push(Member { shape, line });
        }
    }

    /// Adds a rule below all others.
    pub fn add_rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Adds an allow rule for the hosts of one set, with the paths of another if there is one.
    pub fn allow(&mut self, condition: Condition, hosts: HostId, paths: Option<PathId>, line: Line) {
        let paths = paths.into_iter().map(Test::is_in).collect();
        self.add_rule(Rule {
            action: Action::Allow,
            condition,
            hosts: vec![Test::is_in(hosts)],
            paths,
            line,
        });
    }

    /// Says that the verdict cannot be `same`, and why. Whatever the rules say may be otherwise.
    pub fn cannot_decide(&mut self, line: Line, reason: impl Into<String>) {
        self.leave_out(Action::Allow, line, reason);
        self.may(Action::Deny);
    }

    /// The same where what is left out could do nothing but this to some requests: then what the rules do already
    /// is sure.
    pub fn leave_out(&mut self, action: Action, line: Line, reason: impl Into<String>) {
        self.undecided.push(Undecided { line, reason: reason.into() });
        self.may(action);
    }

    /// Says that the verdict cannot be `same`, and why; whoever uses what is left out says by [`Ruleset::may`] what it
    /// could do.
    pub(super) fn is_open(&mut self, line: Line, reason: impl Into<String>) {
        self.undecided.push(Undecided { line, reason: reason.into() });
    }

    /// Says that something is left out which is told already and could do this to some requests.
    pub fn may(&mut self, action: Action) {
        self.doubt.add(action);
    }

    /// What may be otherwise than the rules say.
    pub fn doubt(&self) -> Doubt {
        self.doubt
    }

    /// Keeps what the files say beside the rules; what was last said of the same is not kept twice.
    pub fn says(&mut self, setting: Setting, line: &Line, values: Vec<String>) {
        let last = self.said.iter().rev().find(|said| said.setting == setting);
        if last.is_none_or(|said| said.values != values || said.line.file != line.file) {
            self.said.push(Said { setting, values, line: line.clone() });
        }
    }

    /// What the files say beside the rules.
    pub fn said(&self) -> &[Said] {
        &self.said
    }

    /// The sets of hosts.
    pub fn host_sets(&self) -> &[Set<HostShape>] {
        &self.hosts
    }

    /// The sets of paths.
    pub fn path_sets(&self) -> &[Set<PathShape>] {
        &self.paths
    }

    /// The rules in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What could not be put into a rule.
    pub fn undecided(&self) -> &[Undecided] {
        &self.undecided
    }

    /// Whether the other one says the same, rule by rule and entry by entry, wherever it stands in its files. Others
    /// may mean the same all the same.
    pub(super) fn says_what(&self, other: &Self) -> bool {
        fn alike<S: PartialEq>(one: &[Set<S>], other: &[Set<S>]) -> bool {
            let same = |one: &Set<S>, other: &Set<S>| {
                one.subject == other.subject
                    && one.members.len() == other.members.len()
                    && one.members.iter().zip(&other.members).all(|(one, other)| one.shape == other.shape)
            };
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        let same = |one: &Rule, other: &Rule| {
            (one.action, &one.condition, &one.hosts, &one.paths)
                == (other.action, &other.condition, &other.hosts, &other.paths)
        };
        self.rules.len() == other.rules.len()
            && self.rules.iter().zip(&other.rules).all(|(one, other)| same(one, other))
            && self.undecided == other.undecided
            && self.doubt == other.doubt
            && alike(&self.paths, &other.paths)
            && alike(&self.hosts, &other.hosts)
    }

    /// Puts the rules of `below` under these.
    pub fn append(&mut self, below: Ruleset) {
        let (hosts, paths) = (index(self.hosts.len()), index(self.paths.len()));
        self.hosts.extend(below.hosts);
        self.paths.extend(below.paths);
        self.undecided.extend(below.undecided);
        self.doubt.may_allow |= below.doubt.may_allow;
        self.doubt.may_deny |= below.doubt.may_deny;
        self.said.extend(below.said);
        for mut rule in below.rules {
            rule.hosts.iter_mut().for_each(|test| test.set.0 += hosts);
            rule.paths.iter_mut().for_each(|test| test.set.0 += paths);
            self.rules.push(rule);
        }
    }
}

/// An index as it is stored; more sets than that do not fit into memory.
pub(super) fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A stored index as an index.
pub(super) fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

//! Rules of Azure Firewall, as ARM spells them, in the order in which the firewall looks at them.

use super::address;
use super::azure::{Plane, Policy};
use super::azure_order::{say_groups, tell_ties};
use super::literal::{Literal, Value};
use super::pairs::Pairs;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::Scheme;
use crate::verify::dialect::Dialect;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{
    Action, Condition, HostId, HostShape, Line, PathId, Rule, Ruleset, Subject, Test,
};
use crate::verify::settings::Setting;

/// Keys of an application rule that are read or that say nothing of destinations.
const APPLICATION: &[&str] = &[
    "name",
    "description",
    "ruleType",
    "protocols",
    "sourceAddresses",
    "sourceIpGroups",
    "targetFqdns",
    "targetUrls",
    "terminateTLS",
    "httpHeadersToInsert",
];

/// The same of a network rule.
const NETWORK: &[&str] = &[
    "name",
    "description",
    "ruleType",
    "ipProtocols",
    "sourceAddresses",
    "sourceIpGroups",
    "destinationAddresses",
    "destinationPorts",
];

/// Keys of a group, as Azure prints it too.
const GROUP: &[&str] = &[
    "etag",
    "id",
    "name",
    "priority",
    "provisioningState",
    "resourceGroup",
    "ruleCollections",
    "size",
    "type",
];

/// Keys of a collection.
const COLLECTION: &[&str] = &["action", "name", "priority", "ruleCollectionType", "rules"];

/// One rule with what decides its place.
pub(super) struct Ordered<'p> {
    /// Network rules first, then the priorities.
    pub(super) place: (bool, u32, u32),
    /// Numbers of its group and of its collection in it.
    pub(super) of: (usize, usize),
    pub(super) action: Action,
    pub(super) rule: &'p Literal,
    pub(super) path: &'p str,
}

/// Adds all rules of a policy. Returns whether any of them decrypts.
pub(super) fn add_rules(
    policy: &Policy<'_>,
    plane: Plane,
    ruleset: &mut Ruleset,
    findings: &mut Findings,
) -> bool {
    let mut decrypts = false;
    let mut rules = Vec::new();
    for (number, group) in policy.groups.iter().enumerate() {
        let mut open = |(line, reason)| ruleset.cannot_decide(Line::new(group.path, line), reason);
        collect(policy, (group.path, number), &group.properties, &mut rules, &mut open);
    }
    say_groups(policy, ruleset);
    rules.sort_by_key(|rule| rule.place);
    tell_ties(policy, plane, &rules, ruleset);
    for ordered in &rules {
        let (is_application, _, _) = ordered.place;
        let mut adding = Adding { policy, plane, ordered, decrypts: false, ruleset, findings };
        let added = if is_application { adding.application() } else { adding.network() };
        decrypts |= adding.decrypts;
        if let Err(reason) = added {
            let name = text_at(policy, ordered.rule, "name").unwrap_or_default();
            let reason = format!("rule `{name}`: {reason}");
            let line = Line::new(ordered.path, ordered.rule.line);
            if plane == Plane::Access {
                ruleset.leave_out(ordered.action, line, reason);
            } else {
                ruleset.cannot_decide(line, reason);
            }
        }
    }
    decrypts
}

/// A place that is not followed, and why.
type Open = (u32, String);

fn open(at: &Literal, reason: &str) -> Open {
    (at.line, reason.to_owned())
}

/// The rules of a group. What is not followed is told, and what stands beside it is read.
fn collect<'p>(
    policy: &'p Policy<'_>,
    (path, number): (&'p str, usize),
    group: &'p Literal,
    rules: &mut Vec<Ordered<'p>>,
    tell: &mut impl FnMut(Open),
) {
    let Some(group_priority) = priority(policy, group) else {
        return tell(open(group, "a group without a priority from 100 to 65000"));
    };
    let collections = group.get("ruleCollections").and_then(|said| policy.resolve(said).list());
    let Some(collections) = collections else { return tell(open(group, "`ruleCollections` is no list")) };
    if let Some((key, said)) = group.entries().iter().find(|(key, _)| !GROUP.contains(&key.as_str())) {
        tell((said.line, format!("a group with `{key}` is not followed")));
    }
    for (at, collection) in collections.iter().map(|said| policy.resolve(said)).enumerate() {
        let (action, own, list) = match head(policy, collection) {
            Ok(Some(head)) => head,
            Ok(None) => continue,
            Err(reason) => {
                tell(reason);
                continue;
            }
        };
        for rule in list.iter().map(|said| policy.resolve(said)) {
            match is_application(policy, rule) {
                Ok(is_application) => {
                    let place = (is_application, group_priority, own);
                    rules.push(Ordered { place, of: (number, at), action, rule, path });
                }
                Err(reason) => tell(reason),
            }
        }
    }
}

pub(super) fn priority(policy: &Policy<'_>, of: &Literal) -> Option<u32> {
    let said = of.get("priority").and_then(|said| policy.resolve(said).number());
    said.filter(|priority| (100..=65_000).contains(priority))
}

/// Action, priority and rules of a collection.
type Head<'p> = (Action, u32, &'p [Literal]);

/// What a collection says; nothing for one that translates addresses.
fn head<'p>(policy: &'p Policy<'_>, collection: &'p Literal) -> Result<Option<Head<'p>>, Open> {
    if collection.entries().is_empty() || collection.repeats() {
        return Err(open(collection, "a collection in this form is not followed"));
    }
    if let Some((key, said)) =
        collection.entries().iter().find(|(key, _)| !COLLECTION.contains(&key.as_str()))
    {
        return Err((said.line, format!("a collection with `{key}` is not followed")));
    }
    let kind = text_at(policy, collection, "ruleCollectionType").unwrap_or_default();
    if kind == "FirewallPolicyNatRuleCollection" {
        return Ok(None);
    }
    let action = collection.get("action").and_then(|action| text_at(policy, action, "type"));
    let action = match (kind, action) {
        ("FirewallPolicyFilterRuleCollection", Some("Allow")) => Action::Allow,
        ("FirewallPolicyFilterRuleCollection", Some("Deny")) => Action::Deny,
        _ => return Err(open(collection, "neither allows nor denies")),
    };
    let own = priority(policy, collection)
        .ok_or_else(|| open(collection, "a collection without a priority from 100 to 65000"))?;
    let list = collection.get("rules").and_then(|said| policy.resolve(said).list());
    Ok(Some((action, own, list.ok_or_else(|| open(collection, "`rules` is no list"))?)))
}

/// Whether it is an application rule; if not, it is a network rule.
fn is_application(policy: &Policy<'_>, rule: &Literal) -> Result<bool, Open> {
    let is_application = match text_at(policy, rule, "ruleType") {
        Some("ApplicationRule") => true,
        Some("NetworkRule") => false,
        _ => return Err(open(rule, "neither an application rule nor a network rule")),
    };
    let keys = if is_application { APPLICATION } else { NETWORK };
    let says_nothing = |said: &Literal| said.list().is_some_and(<[Literal]>::is_empty) || said.is_null();
    let unknown = rule
        .entries()
        .iter()
        .find(|(key, said)| !keys.contains(&key.as_str()) && !says_nothing(policy.resolve(said)));
    match unknown {
        Some((key, said)) => {
            let name = text_at(policy, rule, "name").unwrap_or_default();
            Err((said.line, format!("`{key}` of rule `{name}` is not followed")))
        }
        None if rule.repeats() => Err(open(rule, "a key stands twice")),
        None => Ok(is_application),
    }
}

fn text_at<'p>(policy: &'p Policy<'_>, of: &'p Literal, key: &str) -> Option<&'p str> {
    policy.resolve(of.get(key)?).text()
}

/// Puts one rule into the ruleset.
struct Adding<'a, 'p> {
    policy: &'a Policy<'p>,
    plane: Plane,
    ordered: &'a Ordered<'a>,
    /// Whether the rule does.
    decrypts: bool,
    ruleset: &'a mut Ruleset,
    findings: &'a mut Findings,
}

impl<'a> Adding<'a, '_> {
    fn application(&mut self) -> Result<(), String> {
        self.check_sources()?;
        self.decrypts = match self.ordered.rule.get("terminateTLS") {
            None => false,
            Some(said) => match self.policy.resolve(said).word() {
                Some("true") => true,
                Some("false") => false,
                _ => return Err("`terminateTLS` is neither true nor false".into()),
            },
        };
        let condition = self.protocols()?;
        let mut pairs = Pairs::default();
        let mut any = false;
        for (field, dialect) in [("targetFqdns", Dialect::AzureFqdn), ("targetUrls", Dialect::AzureUrl)] {
            for (entry, line) in self.texts(field)? {
                any = true;
                match dialect.read(entry) {
                    Ok(meaning) => {
                        for meant in meaning {
                            pairs.add(self.ruleset, field, meant, &line);
                        }
                    }
                    Err(reason) => {
                        let action = self.ordered.action;
                        self.ruleset.leave_out(action, line, dialect.open(entry, &reason));
                    }
                }
            }
        }
        if !any {
            return Err("it has no destination".into());
        }
        for (hosts, paths) in pairs.sets() {
            let mut condition = condition.clone();
            // Without decryption there is no path to compare.
            let of_url = paths.is_some();
            if of_url && !self.decrypts {
                if !condition.https.is_empty() && condition.http.is_empty() {
                    self.never("a URL in a rule for TLS that does not decrypt", &self.line());
                }
                condition = condition.with(Scheme::Https, Ports::none());
            }
            let paths = paths.iter().copied().map(Test::is_in).collect();
            let hosts = vec![Test::is_in(*hosts)];
            self.add(condition, hosts, paths);
        }
        Ok(())
    }

    fn network(&mut self) -> Result<(), String> {
        self.check_sources()?;
        let protocols = self.texts("ipProtocols")?;
        if let Some((other, _)) =
            protocols.iter().find(|(protocol, _)| !matches!(*protocol, "TCP" | "UDP" | "ICMP" | "Any"))
        {
            return Err(format!("the protocol `{other}` is not known"));
        }
        if !protocols.iter().any(|(protocol, _)| matches!(*protocol, "TCP" | "Any")) {
            return Ok(());
        }
        let mut ports = Ports::none();
        for (text, _) in self.texts("destinationPorts")? {
            ports = ports.or(&if text == "*" { Ports::all() } else { address::ports(text)? });
        }
        let set = self.ruleset.add_hosts("destinationAddresses", Subject::Destination);
        let addresses = self.texts("destinationAddresses")?;
        if addresses.is_empty() {
            return Err("it has no destination address".into());
        }
        for (text, line) in addresses {
            let shapes = match address::networks(text) {
                Some(shapes) => shapes,
                None if text == "*" => vec![HostShape::Any],
                None if is_tag(text) => vec![HostShape::Tag(text.to_owned())],
                None => return Err(format!("`{text}` is no address")),
            };
            for shape in shapes {
                self.ruleset.add_host(set, shape, line.clone());
            }
        }
        // A network rule does not look at the scheme: each port is taken for the scheme that it usually carries.
        let clear = Ports::one(80);
        let condition = if ports == Ports::all() {
            Condition::any()
        } else {
            Condition { http: ports.and(&clear), https: ports.and(&clear.complement()) }
        };
        self.add(condition, vec![Test::is_in(set)], Vec::new());
        Ok(())
    }

    fn add(&mut self, condition: Condition, hosts: Vec<Test<HostId>>, paths: Vec<Test<PathId>>) {
        let untouched = if self.decrypts { Action::Deny } else { self.ordered.action };
        let (action, condition) = match self.plane {
            Plane::Access => (self.ordered.action, condition),
            Plane::Inspection => (untouched, condition.with(Scheme::Http, Ports::none())),
            Plane::Untouched => (untouched, condition),
        };
        let line = self.line();
        self.ruleset.add_rule(Rule { action, condition, hosts, paths, line });
    }

    fn line(&self) -> Line {
        Line::new(self.ordered.path, self.ordered.rule.line)
    }

    fn never(&mut self, what: &str, line: &Line) {
        let place = Place::line(line.file.as_ref(), line.line);
        let message = format!("{what}: the firewall never matches it");
        self.findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place));
    }

    /// A rule needs a source; says which it has.
    fn check_sources(&mut self) -> Result<(), String> {
        let networks = self.texts("sourceAddresses");
        let mut sources: Vec<String> = match networks {
            Ok(texts) => texts.into_iter().map(|(text, _)| text.to_owned()).collect(),
            Err(reason) => vec![reason],
        };
        let groups = self.ordered.rule.get("sourceIpGroups").map(|said| self.policy.resolve(said));
        let is_empty = |said: &Literal| said.is_null() || said.list().is_some_and(<[Literal]>::is_empty);
        sources.extend(groups.filter(|said| !is_empty(said)).map(|_| "sourceIpGroups".to_owned()));
        self.ruleset.says(Setting::Clients, &self.line(), sources);
        let has = |key: &str| self.ordered.rule.get(key).is_some_and(|said| !said.is_null());
        if has("sourceAddresses") || has("sourceIpGroups") { Ok(()) } else { Err("it has no source".into()) }
    }

    fn protocols(&self) -> Result<Condition, String> {
        let said = self.ordered.rule.get("protocols").and_then(|said| self.policy.resolve(said).list());
        let mut condition = Condition { http: Ports::none(), https: Ports::none() };
        for protocol in said.ok_or("`protocols` is no list")? {
            let port = protocol.get("port").and_then(|port| self.policy.resolve(port).number());
            let port =
                port.and_then(|port| u16::try_from(port).ok()).filter(|port| (1..=64_000).contains(port));
            let port = Ports::one(port.ok_or("a protocol without a port from 1 to 64000")?);
            condition = match text_at(self.policy, protocol, "protocolType") {
                Some("Http") => Condition { http: condition.http.or(&port), ..condition },
                Some("Https") => Condition { https: condition.https.or(&port), ..condition },
                _ => return Err("a protocol that is neither Http nor Https".into()),
            };
        }
        Ok(condition)
    }

    /// The texts of a list, each with its line; nothing where the list is missing.
    fn texts(&self, key: &str) -> Result<Vec<(&'a str, Line)>, String> {
        let said = self.ordered.rule.get(key).filter(|said| !said.is_null());
        let Some(said) = said else { return Ok(Vec::new()) };
        let list = self.policy.resolve(said).list().ok_or_else(|| format!("`{key}` is computed"))?;
        let whole = self.line();
        let text = |said: &'a Literal| match &said.value {
            // A text in ARM that starts with a bracket is an expression; two brackets are one.
            Value::Text(text) if !text.starts_with('[') => Some((text.as_str(), whole.at(said.line))),
            _ => None,
        };
        let all: Option<Vec<(&str, Line)>> =
            list.iter().map(|said| text(self.policy.resolve(said))).collect();
        all.ok_or_else(|| format!("`{key}` holds something that is computed"))
    }
}

/// `AzureMonitor`, `Storage.WestEurope`.
fn is_tag(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')
}

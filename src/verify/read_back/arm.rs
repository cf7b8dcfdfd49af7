//! Azure Firewall: the rule collection groups of ARM templates as one ruleset.
//!
//! Groups and the collections in them are ordered by priority; all network rules come before all application rules.
//! An application rule sees names by its protocols and ports, a network rule addresses. Sources are taken to be those
//! of the devices. An expression in a field that decides is undecided. JSON has no lines here: a place is the file.

use serde_json::Value;

use super::lines::add_entries;
use super::{Files, ReadError};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::Scheme;
use crate::verify::dialect::Dialect;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Action, Condition, HostShape, Line, Rule, Ruleset, Subject, Test};

/// What the groups of these templates do, all of one policy.
pub fn read(files: &Files<'_>, paths: &[&str], findings: &mut Findings) -> Result<Ruleset, ReadError> {
    let mut collections = Vec::new();
    for path in paths {
        let line = Line::new(path, 0);
        let (_, bytes) = files.named(path).ok_or_else(|| ReadError::new(&line, "there is no such file"))?;
        let template: Value = serde_json::from_slice(bytes)
            .map_err(|error| ReadError::new(&line, format!("no JSON: {error}")))?;
        let resources = template.get("resources").and_then(Value::as_array);
        let resources = resources.ok_or_else(|| ReadError::new(&line, "the template has no resources"))?;
        for resource in
            resources.iter().filter(|resource| text(resource, "type").ends_with("ruleCollectionGroups"))
        {
            group(resource, &line, &mut collections)?;
        }
    }
    collections.sort_by_key(|collection: &Collection| collection.priority);
    let mut ruleset = Ruleset::default();
    for kind in ["NetworkRule", "ApplicationRule"] {
        for collection in &collections {
            for rule in collection.rules.iter().filter(|rule| text(rule, "ruleType") == kind) {
                let mut reader = Reader { ruleset: &mut ruleset, collection, findings };
                match kind {
                    "NetworkRule" => reader.network(rule)?,
                    _ => reader.application(rule)?,
                }
            }
        }
    }
    Ok(ruleset)
}

/// One rule collection.
struct Collection {
    /// Of the group, then its own.
    priority: (u64, u64),
    action: Action,
    rules: Vec<Value>,
    line: Line,
}

fn group(resource: &Value, line: &Line, collections: &mut Vec<Collection>) -> Result<(), ReadError> {
    let wrong = |what: &str| ReadError::new(line, format!("a rule collection group {what}"));
    let properties = resource.get("properties").ok_or_else(|| wrong("has no properties"))?;
    let of_group =
        properties.get("priority").and_then(Value::as_u64).ok_or_else(|| wrong("has no priority"))?;
    let members = properties.get("ruleCollections").and_then(Value::as_array);
    for member in members.ok_or_else(|| wrong("has no collections"))? {
        let own = member
            .get("priority")
            .and_then(Value::as_u64)
            .ok_or_else(|| wrong("has a collection without priority"))?;
        let action = match member.get("action").map(|action| text(action, "type")) {
            Some("Allow") => Action::Allow,
            Some("Deny") => Action::Deny,
            _ => return Err(wrong("has a collection that neither allows nor denies")),
        };
        let rules = member
            .get("rules")
            .and_then(Value::as_array)
            .ok_or_else(|| wrong("has a collection without rules"))?;
        collections.push(Collection {
            priority: (of_group, own),
            action,
            rules: rules.clone(),
            line: line.clone(),
        });
    }
    Ok(())
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

struct Reader<'r> {
    ruleset: &'r mut Ruleset,
    collection: &'r Collection,
    findings: &'r mut Findings,
}

impl Reader<'_> {
    fn wrong(&self, rule: &Value, what: &str) -> ReadError {
        ReadError::new(&self.collection.line, format!("rule `{}` {what}", text(rule, "name")))
    }

    /// The texts of a list; without the key there are none.
    fn texts<'v>(&self, rule: &'v Value, key: &str) -> Result<Vec<&'v str>, ReadError> {
        let Some(value) = rule.get(key) else { return Ok(Vec::new()) };
        let texts = value.as_array().map(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        texts.flatten().ok_or_else(|| self.wrong(rule, &format!("has no list of texts in `{key}`")))
    }

    fn application(&mut self, rule: &Value) -> Result<(), ReadError> {
        let mut condition = Condition { http: Ports::none(), https: Ports::none() };
        for protocol in rule.get("protocols").and_then(Value::as_array).into_iter().flatten() {
            let port = protocol.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
            let port = Ports::one(port.ok_or_else(|| self.wrong(rule, "has a protocol without a port"))?);
            let scheme = match text(protocol, "protocolType") {
                "Http" => Scheme::Http,
                "Https" => Scheme::Https,
                _ => return Err(self.wrong(rule, "has an unknown protocol")),
            };
            let ports = condition.ports(scheme).or(&port);
            condition = condition.with(scheme, ports);
        }
        for unseen in ["fqdnTags", "webCategories", "destinationAddresses"] {
            if !self.texts(rule, unseen)?.is_empty() {
                let reason = format!("`{unseen}` of rule `{}` is not followed", text(rule, "name"));
                self.ruleset.cannot_decide(self.collection.line.clone(), reason);
            }
        }
        let urls = self.texts(rule, "targetUrls")?;
        if !urls.is_empty()
            && !condition.https.is_empty()
            && rule.get("terminateTLS") != Some(&Value::Bool(true))
        {
            let message = format!("rule `{}` has URLs for TLS that it does not inspect", text(rule, "name"));
            let place = Place::file(self.collection.line.file.as_ref());
            self.findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place));
            condition = condition.with(Scheme::Https, Ports::none());
        }
        for (key, dialect) in [("targetFqdns", Dialect::AzureFqdn), ("targetUrls", Dialect::AzureUrl)] {
            self.names(rule, key, dialect, &condition)?;
        }
        Ok(())
    }

    fn names(
        &mut self,
        rule: &Value,
        key: &str,
        dialect: Dialect,
        condition: &Condition,
    ) -> Result<(), ReadError> {
        let entries = self.texts(rule, key)?;
        let line = self.collection.line.clone();
        let mut of_rule = Ruleset::default();
        let lines = entries.into_iter().map(|entry| (entry, line.clone()));
        add_entries(&mut of_rule, text(rule, "name"), dialect, condition, lines, self.findings);
        for rule in &mut of_rule.rules {
            rule.action = self.collection.action;
        }
        self.ruleset.append(of_rule);
        Ok(())
    }

    fn network(&mut self, rule: &Value) -> Result<(), ReadError> {
        let line = self.collection.line.clone();
        let name = text(rule, "name");
        for unseen in ["destinationIpGroups", "destinationFqdns"] {
            if !self.texts(rule, unseen)?.is_empty() {
                self.ruleset
                    .cannot_decide(line.clone(), format!("`{unseen}` of rule `{name}` is not followed"));
            }
        }
        if !self.texts(rule, "ipProtocols")?.iter().any(|protocol| matches!(*protocol, "TCP" | "Any")) {
            return Ok(());
        }
        let mut ports = Ports::none();
        for word in self.texts(rule, "destinationPorts")? {
            ports =
                ports.or(&port_range(word).ok_or_else(|| self.wrong(rule, "has a port that is no number"))?);
        }
        let hosts = self.ruleset.add_hosts(name, Subject::Destination);
        for word in self.texts(rule, "destinationAddresses")? {
            let shape = destination(word)
                .ok_or_else(|| self.wrong(rule, "has a destination that is not followed"))?;
            self.ruleset.add_host(hosts, shape, line.clone());
        }
        self.ruleset.add_rule(Rule {
            action: self.collection.action,
            condition: of_ports(&ports),
            hosts: vec![Test::is_in(hosts)],
            paths: Vec::new(),
            line,
        });
        Ok(())
    }
}

/// A network rule does not look at the scheme: port 80 is taken for clear text, every other one for TLS.
fn of_ports(ports: &Ports) -> Condition {
    let clear = Ports::one(80);
    Condition { http: ports.and(&clear), https: ports.and(&clear.complement()) }
}

fn port_range(word: &str) -> Option<Ports> {
    let number = |text: &str| text.parse::<u16>().ok();
    match word.split_once('-') {
        _ if word == "*" => Some(Ports::all()),
        Some((first, last)) => Some(Ports::new([(number(first)?, number(last)?)])),
        None => number(word).map(Ports::one),
    }
}

/// An address, a network, everything, or the name of a service tag.
fn destination(word: &str) -> Option<HostShape> {
    if word == "*" {
        return Some(HostShape::Any);
    }
    let address = || word.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from);
    if let Some(net) = word.parse().ok().or_else(address) {
        return Some(HostShape::Net(net));
    }
    let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_name.then(|| HostShape::Tag(word.to_owned()))
}

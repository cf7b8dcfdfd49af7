//! Squid: `acl`, `http_access` and `ssl_bump` lines with their list files, as one ruleset.
//!
//! Followed are the acls of destinations, paths, ports, schemes, methods and TLS steps. Requests are taken to come
//! from the clients that the files are for, so an acl of client addresses holds. A rule that asks for a login
//! refuses, for the devices have none. A rule with any other acl is undecided.
//!
//! `http_access`: a request by `https` is a `CONNECT`, which has no path and no scheme, one by `http` is a `GET`. With
//! `inside` set, a request by `https` is one that the proxy has decrypted. Where rules ask for the step of a TLS
//! connection, the connections are redirected ones: first an address must pass step 1, then the name decides.
//! `ssl_bump`: `splice` is `Allow`, everything that decrypts or closes is `Deny`.

use super::squid_acl::{Acls, Tested};
use super::squid_dots;
use super::squid_text::{Directive, directives};
use super::{Files, ReadError};
use crate::diagnostic::Findings;
use crate::pattern::Scheme;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Action, Condition, HostShape, Line, Rule, Ruleset, Subject, Test};
use crate::verify::settings::Setting;

/// Which lines decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// `http_access` for requests as they come.
    Access,
    /// `http_access` for requests inside decrypted connections.
    Inside,
    /// `ssl_bump`: which connections are left alone.
    Bump,
}

impl Plane {
    fn directive(self) -> &'static str {
        match self {
            Self::Access | Self::Inside => "http_access",
            Self::Bump => "ssl_bump",
        }
    }
}

/// How to read Squid's files.
#[derive(Clone, Debug)]
pub struct Squid<'s> {
    /// The file that is read first.
    pub entry: &'s str,
    /// Which lines decide.
    pub plane: Plane,
    /// Names of acls of the clients that stand in another file.
    pub clients: &'s [String],
}

/// What Squid would do with these files.
pub fn read(files: &Files<'_>, squid: &Squid<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    let mut ruleset = Ruleset::default();
    let mut acls = Acls::new(files, squid.clients, &mut ruleset);
    let mut lines = Vec::new();
    for directive in directives(files, squid.entry)? {
        match directive.tokens.first().map(String::as_str) {
            Some("acl") => acls.define(&directive, &mut ruleset, findings)?,
            Some(name @ ("http_access" | "ssl_bump")) => {
                check_names(&acls, &directive)?;
                if name == squid.plane.directive() {
                    lines.push(directive);
                }
            }
            Some("if" | "else" | "endif") => {
                ruleset.cannot_decide(directive.line, "conditional lines are not followed");
            }
            _ => {}
        }
    }
    let reader =
        Reader { acls: &acls, plane: squid.plane, step: if squid.plane == Plane::Access { 2 } else { 0 } };
    if squid.plane == Plane::Access && lines.iter().any(|line| reader.asks_for_step(line)) {
        first_step(&reader, &lines, &mut ruleset)?;
    }
    for line in &lines {
        for rule in reader.rules(line, &mut ruleset)? {
            ruleset.add_rule(rule);
        }
    }
    squid_dots::check(&ruleset, findings);
    Ok(ruleset)
}

fn check_names(acls: &Acls<'_>, directive: &Directive) -> Result<(), ReadError> {
    let names = directive.tokens.iter().skip(2).map(|word| word.trim_start_matches('!'));
    match names.into_iter().find(|name| !acls.by_name.contains_key(*name)) {
        Some(name) => Err(ReadError::new(&directive.line, format!("there is no acl `{name}` above"))),
        None => Ok(()),
    }
}

/// Denies the ports on which a redirected connection to some address does not even pass step 1.
fn first_step(reader: &Reader<'_>, lines: &[Directive], ruleset: &mut Ruleset) -> Result<(), ReadError> {
    let first = Reader { step: 1, ..*reader };
    let (mut passing, mut open) = (Ports::none(), Ports::all());
    let mut scratch = ruleset.clone();
    for line in lines {
        for rule in first.rules(line, &mut scratch)? {
            let fits =
                rule.hosts.iter().all(|test| test.negated) && rule.paths.iter().all(|test| test.negated);
            let ports = rule.condition.https.and(&open);
            if fits && rule.action == Action::Allow {
                passing = passing.or(&ports);
            }
            if fits {
                open = open.and(&ports.complement());
            }
        }
    }
    let addresses = ruleset.add_hosts("addresses", Subject::Destination);
    let line = lines.first().map_or_else(|| Line::new("", 0), |line| line.line.clone());
    for net in [ipnet::IpNet::V4(ipnet::Ipv4Net::default()), ipnet::IpNet::V6(ipnet::Ipv6Net::default())] {
        ruleset.add_host(addresses, HostShape::Net(net), line.clone());
    }
    ruleset.add_rule(Rule {
        action: Action::Deny,
        condition: Condition { http: Ports::none(), https: passing.complement() },
        hosts: vec![Test::is_not_in(addresses)],
        paths: Vec::new(),
        line,
    });
    Ok(())
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    acls: &'a Acls<'a>,
    plane: Plane,
    /// The step of a TLS connection that is looked at.
    step: u8,
}

/// What a word of a rule comes to for one scheme.
enum Word {
    Holds(bool),
    Ports(Ports),
    Hosts(crate::verify::ruleset::HostId),
    Paths(crate::verify::ruleset::PathId),
    Login,
    Unknown(String),
}

impl Reader<'_> {
    fn asks_for_step(&self, line: &Directive) -> bool {
        let names = line.tokens.iter().skip(2).map(|word| word.trim_start_matches('!'));
        names
            .into_iter()
            .any(|name| matches!(self.acls.by_name.get(name).map(|acl| &acl.tested), Some(Tested::Step(_))))
    }

    /// The rules of a line: one for each scheme that it can fit.
    fn rules(&self, line: &Directive, ruleset: &mut Ruleset) -> Result<Vec<Rule>, ReadError> {
        let action = line.tokens.get(1).map(String::as_str).unwrap_or_default();
        let action = match (self.plane, action) {
            (Plane::Access | Plane::Inside, "allow") | (Plane::Bump, "splice") => Action::Allow,
            (Plane::Access | Plane::Inside, "deny") | (Plane::Bump, "bump" | "terminate") => Action::Deny,
            (Plane::Bump, "peek" | "stare") => return Ok(self.look(line, action, ruleset)),
            (_, other) => {
                let message = format!("`{}` has no action `{other}`", self.plane.directive());
                return Err(ReadError::new(&line.line, message));
            }
        };
        if self.plane == Plane::Bump && self.asks_for_step(line) {
            ruleset.cannot_decide(line.line.clone(), "a decision at one step only is not followed");
            return Ok(Vec::new());
        }
        if action == Action::Allow {
            ruleset.says(Setting::Clients, &line.line, self.clients(line));
        }
        let mut rules = Vec::new();
        for scheme in [Scheme::Http, Scheme::Https] {
            match self.rule(line, action, scheme) {
                Ok(rule) => rules.extend(rule),
                Err(reason) => ruleset.cannot_decide(line.line.clone(), reason),
            }
        }
        Ok(rules)
    }

    /// The clients that a line is for: all where it asks for none, and those of several acls together are nobody's
    /// networks alone.
    fn clients(&self, line: &Directive) -> Vec<String> {
        let tested = |name: &String| {
            let acl = self.acls.by_name.get(name).filter(|acl| matches!(acl.tested, Tested::Client));
            acl.map(|acl| acl.clients.as_slice())
        };
        let mut acls = line.tokens.iter().skip(2).filter_map(tested);
        match (acls.next(), acls.next()) {
            (None, _) => vec!["all".to_owned()],
            (Some(networks), None) => networks.to_vec(),
            (Some(_), Some(_)) => vec![line.tokens.join(" ")],
        }
    }

    /// `peek` and `stare` decide nothing at step 1; later they do.
    fn look(&self, line: &Directive, action: &str, ruleset: &mut Ruleset) -> Vec<Rule> {
        let is_first_step = line.tokens.iter().skip(2).any(|name| {
            let tested = self.acls.by_name.get(name).map(|acl| &acl.tested);
            matches!(tested, Some(Tested::Step(steps)) if steps.iter().all(|step| step == "SSLBUMP1"))
        });
        if !is_first_step {
            let reason = format!("what follows from `{action}` after step 1 is not followed");
            ruleset.cannot_decide(line.line.clone(), reason);
        }
        Vec::new()
    }

    /// The line for one scheme; `None` if it never fits, an error if that is not known.
    fn rule(&self, line: &Directive, action: Action, scheme: Scheme) -> Result<Option<Rule>, String> {
        if self.plane == Plane::Bump && scheme == Scheme::Http {
            return Ok(None);
        }
        let mut rule = Rule {
            action,
            condition: Condition { http: Ports::none(), https: Ports::none() },
            hosts: Vec::new(),
            paths: Vec::new(),
            line: line.line.clone(),
        };
        let mut ports = Ports::all();
        let mut doubt = None;
        for word in line.tokens.iter().skip(2) {
            let (name, negated) = word.strip_prefix('!').map_or((word.as_str(), false), |name| (name, true));
            match self.word(name, scheme) {
                Word::Holds(holds) if holds == negated => return Ok(None),
                Word::Holds(_) => {}
                Word::Ports(these) => ports = ports.and(&if negated { these.complement() } else { these }),
                Word::Hosts(set) => rule.hosts.push(Test { set, negated }),
                Word::Paths(set) => rule.paths.push(Test { set, negated }),
                Word::Login => {
                    rule.action = Action::Deny;
                    break;
                }
                Word::Unknown(reason) => doubt = Some(format!("acl `{name}`: {reason}")),
            }
        }
        if ports.is_empty() {
            return Ok(None);
        }
        rule.condition = rule.condition.with(scheme, ports);
        doubt.map_or(Ok(Some(rule)), Err)
    }

    fn word(&self, name: &str, scheme: Scheme) -> Word {
        let Some(acl) = self.acls.by_name.get(name) else { return Word::Unknown("is not defined".into()) };
        if let Some(doubt) = &acl.doubt {
            return Word::Unknown(doubt.clone());
        }
        let is_tunnel = scheme == Scheme::Https && self.plane != Plane::Inside;
        let among = |words: &[String], word: &str| Word::Holds(words.iter().any(|known| known == word));
        match &acl.tested {
            Tested::Hosts(set) => Word::Hosts(*set),
            Tested::Ports(ports) => Word::Ports(ports.clone()),
            // Only redirected connections are looked at before their name is known.
            Tested::LocalPorts(ports) if self.step == 1 => Word::Ports(ports.clone()),
            Tested::LocalPorts(_) => Word::Unknown("it depends on the port that the proxy listens on".into()),
            // A CONNECT has no path: the acl does not match.
            Tested::Paths(_) if is_tunnel => Word::Holds(false),
            Tested::Paths(set) => Word::Paths(*set),
            Tested::Method(methods) => among(methods, if is_tunnel { "CONNECT" } else { "GET" }),
            Tested::Proto(_) if is_tunnel && self.plane == Plane::Bump => {
                Word::Unknown("the scheme of a tunnel depends on the version".into())
            }
            Tested::Proto(_) if is_tunnel => Word::Holds(false),
            Tested::Proto(words) => among(words, if scheme == Scheme::Http { "HTTP" } else { "HTTPS" }),
            Tested::Step(_) if scheme == Scheme::Http => Word::Holds(false),
            Tested::Step(steps) => among(steps, if self.step == 1 { "SSLBUMP1" } else { "SSLBUMP2" }),
            Tested::Client => Word::Holds(true),
            Tested::Login => Word::Login,
            Tested::Unknown(reason) => Word::Unknown(reason.clone()),
        }
    }
}

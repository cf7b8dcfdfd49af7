//! Squid: `acl`, `http_access` and `ssl_bump` lines with their list files, as one ruleset.
//!
//! Followed are the acls of destinations, paths, ports, schemes, tunnels and TLS steps. Requests are taken to come
//! from the clients that the files are for: those of the acl that the rules which allow ask for. Whether a rule that
//! refuses fits is not known where it asks for other clients, and so is any rule that leaves clients out. A rule that
//! asks for a login refuses, for the devices have none. A rule with any other acl is undecided, and so is everything
//! where another directive has a say in requests.
//!
//! `http_access`: a request by `https` is a `CONNECT`, which has no path and no scheme, one by `http` has any other
//! method. With `inside` set, a request by `https` is one that the proxy has decrypted. Of a redirected connection
//! first an address must pass step 1, then the name decides.
//! `ssl_bump`: `splice` is `Allow`, everything that decrypts or closes is `Deny`.

use std::collections::BTreeSet;

use super::squid_acl::Acls;
use super::squid_beside;
use super::squid_directives::{Effect, effect};
use super::squid_dots;
use super::squid_rules::Reader;
use super::squid_text::{Directive, directives};
use super::{Files, ReadError};
use crate::diagnostic::Findings;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Action, Condition, HostShape, Line, Rule, Ruleset, Subject, Test};

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
    pub(super) fn directive(self) -> &'static str {
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
    /// Whether connections are redirected to the proxy. None for somebody's own configuration, which has to say it
    /// itself, and beside which other files do not count.
    pub redirected: Option<bool>,
}

/// What Squid would do with these files.
pub fn read(files: &Files<'_>, squid: &Squid<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    let mut ruleset = Ruleset::default();
    let mut acls = Acls::new(files, squid.clients, &mut ruleset);
    let mut lines = Vec::new();
    let mut ports = Vec::new();
    let mut read = BTreeSet::from([squid.entry.to_owned()]);
    for directive in directives(files, squid.entry)? {
        read.insert(directive.line.file.to_string());
        let name = directive.tokens.first().map_or("", String::as_str);
        if let Some(reason) = is_unsure(&directive) {
            ruleset.cannot_decide(directive.line.clone(), reason);
        }
        match name {
            _ if directive.is_open => {}
            "acl" => acls.define(&directive, &mut ruleset, findings)?,
            "http_access" | "ssl_bump" => {
                check_names(&acls, &directive)?;
                if name == squid.plane.directive() {
                    lines.push(directive);
                }
            }
            "include" => {
                let reason =
                    "which files are included is not known here: name them, or `verify` them one by one";
                ruleset.cannot_decide(directive.line, reason);
            }
            "if" | "else" | "endif" => {
                ruleset.cannot_decide(directive.line, "conditional lines are not followed");
            }
            _ => {
                match effect(&directive, squid.plane) {
                    Effect::None => {}
                    Effect::Doubt(reason) => ruleset.cannot_decide(directive.line.clone(), reason),
                    Effect::Refused(reason) => return Err(ReadError::new(&directive.line, reason)),
                }
                if matches!(name, "http_port" | "https_port") {
                    ports.push(directive);
                }
            }
        }
    }
    if squid.redirected.is_some() {
        squid_beside::neighbours(files, squid, &lines, &read, &mut ruleset);
    }
    let mut reader = Reader { acls: &acls, plane: squid.plane, step: 0, own: Vec::new() };
    reader.own = reader.own_clients(&lines, squid.clients);
    // Rules that ask for a step are for redirected connections, unless a port says that clients know of the proxy.
    let is_plain = |port: &Directive| !port.tokens.iter().any(|word| word == "intercept" || word == "tproxy");
    let redirected = squid.redirected.unwrap_or_else(|| {
        squid.plane == Plane::Access
            && lines.iter().any(|line| reader.asks_for_step(line))
            && !ports.iter().any(is_plain)
    });
    if redirected && squid.plane != Plane::Inside {
        reader.step = 2;
    }
    if reader.step == 2 && squid.plane == Plane::Access {
        first_step(&reader, &lines, &mut ruleset)?;
    }
    for line in &lines {
        for rule in reader.rules(line, &mut ruleset)? {
            ruleset.add_rule(rule);
        }
    }
    if squid.redirected.is_none() && lines.is_empty() {
        squid_beside::acls_alone(&acls, squid, &mut ruleset);
    }
    squid_dots::check(&ruleset, findings);
    Ok(ruleset)
}

/// Why a line is not what it seems to be.
fn is_unsure(directive: &Directive) -> Option<&'static str> {
    let decides = directive
        .tokens
        .first()
        .is_some_and(|name| matches!(name.as_str(), "acl" | "http_access" | "ssl_bump" | "include"));
    let has = |text: &str| decides && directive.tokens.iter().any(|word| word.contains(text));
    if directive.is_open {
        Some("the line ends in `\\` and nothing follows: Squid drops it; take the `\\` away")
    } else if has("${") {
        Some("what `${…}` stands for depends on how Squid is started: write it out")
    } else if has("\u{fffd}") {
        Some("the line is no UTF-8: write it in ASCII")
    } else {
        None
    }
}

fn check_names(acls: &Acls<'_>, directive: &Directive) -> Result<(), ReadError> {
    let mut names = directive.tokens.iter().skip(2).map(|word| word.strip_prefix('!').unwrap_or(word));
    match names.find(|name| acls.get(name).is_none()) {
        Some(name) => Err(ReadError::new(&directive.line, format!("there is no acl `{name}` above"))),
        None => Ok(()),
    }
}

/// Denies the ports on which a redirected connection to some address does not even pass step 1.
fn first_step(reader: &Reader<'_>, lines: &[Directive], ruleset: &mut Ruleset) -> Result<(), ReadError> {
    let first = Reader { step: 1, ..reader.clone() };
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

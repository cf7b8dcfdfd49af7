//! Rules of Squid: what a line that allows or refuses comes to for one scheme.

use super::ReadError;
use super::squid::Plane;
use super::squid_acl::{Acls, Tested, key};
use super::squid_text::Directive;
use crate::pattern::Scheme;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Action, Condition, Rule, Ruleset, Test};
use crate::verify::settings::Setting;

/// How lines are read.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    pub(super) acls: &'a Acls<'a>,
    pub(super) plane: Plane,
    /// The step of a redirected TLS connection that is looked at; 0 where none is redirected.
    pub(super) step: u8,
    /// The acls of the clients that the files are for.
    pub(super) own: Vec<String>,
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
    pub(super) fn asks_for_step(&self, line: &Directive) -> bool {
        let mut acls = line.tokens.iter().skip(2).filter_map(|word| self.acls.get(test(word).0));
        acls.any(|acl| matches!(acl.tested, Tested::Step(_)))
    }

    /// Whether a line fits no request of a client.
    fn is_for_proxy(&self, line: &Directive) -> bool {
        let mut tests = line.tokens.iter().skip(2).map(|word| test(word)).filter(|(_, negated)| !negated);
        tests.any(|(name, _)| self.acls.get(name).is_some_and(|acl| matches!(acl.tested, Tested::Proxy)))
    }

    /// The acls of the clients that the files are for: all of them, those that stand in another file, and the one that
    /// the rules which allow ask for, if it is one.
    pub(super) fn own_clients(&self, lines: &[Directive], elsewhere: &[String]) -> Vec<String> {
        let allows = |line: &&Directive| {
            line.tokens.get(1).is_some_and(|action| action == "allow" || action == "splice")
        };
        let is_client =
            |name: &&str| self.acls.get(name).is_some_and(|acl| matches!(acl.tested, Tested::Client));
        let names = lines.iter().filter(allows).flat_map(|line| line.tokens.iter().skip(2));
        let mut asked: Vec<String> =
            names.map(|word| test(word).0).filter(is_client).map(key).filter(|name| name != "all").collect();
        asked.sort_unstable();
        asked.dedup();
        let one = if asked.len() == 1 { asked } else { Vec::new() };
        elsewhere.iter().map(|name| key(name)).chain(one).chain(["all".to_owned()]).collect()
    }

    /// The rules of a line: one for each scheme that it can fit.
    pub(super) fn rules(&self, line: &Directive, ruleset: &mut Ruleset) -> Result<Vec<Rule>, ReadError> {
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
        // Squid passes it over.
        if line.tokens.len() < 3 {
            return Ok(Vec::new());
        }
        if self.plane == Plane::Bump && self.asks_for_step(line) {
            ruleset.cannot_decide(line.line.clone(), "a decision at one step only is not followed");
            return Ok(Vec::new());
        }
        if action == Action::Allow && !self.is_for_proxy(line) {
            ruleset.says(Setting::Clients, &line.line, self.clients(line));
        }
        let mut rules = Vec::new();
        for scheme in [Scheme::Http, Scheme::Https] {
            match self.rule(line, action, scheme) {
                Ok(rule) => rules.extend(rule),
                Err(reason) => ruleset.leave_out(action, line.line.clone(), reason),
            }
        }
        Ok(rules)
    }

    /// The clients that a line is for: all where it asks for none, and those of several acls together are nobody's
    /// networks alone.
    fn clients(&self, line: &Directive) -> Vec<String> {
        let tested = |word: &String| {
            let acl = self.acls.get(test(word).0).filter(|acl| matches!(acl.tested, Tested::Client));
            acl.map(|acl| if test(word).1 { vec![word.clone()] } else { acl.clients.clone() })
        };
        let mut acls = line.tokens.iter().skip(2).filter_map(tested);
        match (acls.next(), acls.next()) {
            (None, _) => vec!["all".to_owned()],
            (Some(networks), None) => networks,
            (Some(_), Some(_)) => vec![line.tokens.join(" ")],
        }
    }

    /// `peek` and `stare` decide nothing at step 1; later they do.
    fn look(&self, line: &Directive, action: &str, ruleset: &mut Ruleset) -> Vec<Rule> {
        let is_first_step = line.tokens.iter().skip(2).any(|name| {
            let tested = self.acls.get(name).map(|acl| &acl.tested);
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
            let (name, negated) = test(word);
            let asked = Asked { scheme, allows: action == Action::Allow, negated };
            match self.word(name, asked) {
                Word::Holds(holds) if holds == negated => return Ok(None),
                Word::Holds(_) => {}
                Word::Ports(these) => ports = ports.and(&if negated { these.complement() } else { these }),
                Word::Hosts(set) => rule.hosts.push(Test { set, negated }),
                Word::Paths(set) => rule.paths.push(Test { set, negated }),
                Word::Login => {
                    rule.action = Action::Deny;
                    break;
                }
                Word::Unknown(reason) => doubt = Some(format!("acl `{word}`: {reason}")),
            }
        }
        if ports.is_empty() {
            return Ok(None);
        }
        rule.condition = rule.condition.with(scheme, ports);
        doubt.map_or(Ok(Some(rule)), Err)
    }

    fn word(&self, name: &str, asked: Asked) -> Word {
        let Some(acl) = self.acls.get(name) else { return Word::Unknown("is not defined".into()) };
        if let Some(doubt) = &acl.doubt {
            return Word::Unknown(doubt.clone());
        }
        let is_tunnel = asked.scheme == Scheme::Https && self.plane != Plane::Inside;
        let is_sure = asked.allows && !asked.negated;
        match &acl.tested {
            Tested::Hosts(set) => match self.redirected_doubt(&acl.kind, asked) {
                Some(reason) => Word::Unknown(reason.into()),
                None => Word::Hosts(*set),
            },
            Tested::Ports(ports) => Word::Ports(ports.clone()),
            // Only redirected connections are looked at before their name is known.
            Tested::LocalPorts(ports) if self.step == 1 => Word::Ports(ports.clone()),
            Tested::LocalPorts(_) => Word::Unknown("it depends on the port that the proxy listens on".into()),
            // A CONNECT has no path: the acl does not match.
            Tested::Paths(_) if is_tunnel => Word::Holds(false),
            Tested::Paths(set) => Word::Paths(*set),
            Tested::Method(methods) => method(methods, is_tunnel),
            Tested::Proto(_) if is_tunnel && self.plane == Plane::Bump => {
                Word::Unknown("the scheme of a tunnel depends on the version".into())
            }
            Tested::Proto(_) if is_tunnel => Word::Holds(false),
            Tested::Proto(words) if is_sure && asked.scheme == Scheme::Http && has_others(words) => {
                Word::Unknown("it lets requests by other schemes than `http` and `https` through".into())
            }
            Tested::Proto(words) => among(words, if asked.scheme == Scheme::Http { "HTTP" } else { "HTTPS" }),
            Tested::Step(steps) => self.step(steps, asked.scheme),
            // Where only some clients are let through, what they ask for is compared all the same.
            Tested::Client if is_sure || self.own.contains(&key(name)) => Word::Holds(true),
            Tested::Client => Word::Unknown("whether the rule fits depends on the client's address".into()),
            // None of these is a request that a list is about, but a rule that lets them through names no host.
            Tested::Manager if is_sure => Word::Unknown("it holds for a path of every host".into()),
            Tested::Proxy | Tested::Manager => Word::Holds(false),
            Tested::Login => Word::Login,
            Tested::Unknown(reason) => Word::Unknown(reason.clone()),
        }
    }

    /// Whether a step is reached. Whatever is no TLS connection that the proxy looks into is at step 1 for ever.
    fn step(&self, steps: &[String], scheme: Scheme) -> Word {
        match (self.plane, scheme, self.step) {
            (Plane::Access | Plane::Inside, Scheme::Http, _) | (Plane::Access, Scheme::Https, 1) => {
                among(steps, "SSLBUMP1")
            }
            (Plane::Access, Scheme::Https, 2) => among(steps, "SSLBUMP2"),
            _ => Word::Unknown("a decision at one step only is not followed".into()),
        }
    }

    /// Why nobody can say whether a redirected TLS connection is one to these hosts: its destination is an address.
    fn redirected_doubt(&self, kind: &str, asked: Asked) -> Option<&'static str> {
        if self.step == 0 || asked.scheme == Scheme::Http {
            return None;
        }
        match kind.split(' ').next() {
            Some("dstdomain" | "dstdom_regex") => Some(
                "the destination of a redirected TLS connection is an address: write \
                 `ssl::server_name --client-requested`",
            ),
            Some("dst") if !asked.allows || asked.negated => Some(
                "which names have these addresses is not known, and a redirected TLS connection goes to an address",
            ),
            _ => None,
        }
    }
}

/// What a word of a rule is asked about.
#[derive(Clone, Copy)]
struct Asked {
    scheme: Scheme,
    allows: bool,
    negated: bool,
}

/// The name of an acl in a rule, and whether it must not hold.
pub(super) fn test(word: &str) -> (&str, bool) {
    word.strip_prefix('!').map_or((word, false), |name| (name, true))
}

fn among(words: &[String], word: &str) -> Word {
    Word::Holds(words.iter().any(|known| known == word))
}

fn has_others(words: &[String]) -> bool {
    words.iter().any(|word| word != "HTTP" && word != "HTTPS")
}

/// A tunnel is asked for by `CONNECT`, everything else by any other method.
fn method(methods: &[String], is_tunnel: bool) -> Word {
    let is_connect = |method: &String| method == "CONNECT";
    if methods.iter().all(is_connect) || (is_tunnel && methods.iter().any(is_connect)) {
        return Word::Holds(is_tunnel && !methods.is_empty());
    }
    if is_tunnel && !methods.iter().any(|method| method.eq_ignore_ascii_case("connect")) {
        return Word::Holds(false);
    }
    Word::Unknown("requests come by more than these methods; only `CONNECT` is told apart".into())
}

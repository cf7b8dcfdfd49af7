//! PAN-OS rules in the order in which the firewall looks at them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::pairs::Pairs;
use super::panos::{Panos, Place, Plane, Run, Script};
use super::panos_beside::{is_refusing, look_beside};
use super::panos_objects::Objects;
use crate::pattern::Scheme;
use crate::verify::dialect::Dialect;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Action, Condition, HostId, Line, PathId, Rule, Ruleset, Subject, Test};
use crate::verify::settings::Setting;

/// What one rule says, field by field.
struct Fields {
    scope: String,
    base: usize,
    name: String,
    line: u32,
    /// Whether it is moved to the top of what is there.
    is_first: bool,
    values: BTreeMap<String, Vec<String>>,
}

impl Fields {
    fn all(&self, field: &str) -> &[String] {
        self.values.get(field).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a field with one value says; nothing where it is not there.
    fn one(&self, field: &str) -> Result<&str, String> {
        let values = self.all(field);
        let first = values.first().map(String::as_str).unwrap_or_default();
        if values.iter().all(|value| value == first) {
            Ok(first)
        } else {
            Err(format!("`{field}` is set several times, each time otherwise"))
        }
    }

    /// The values of a field that every rule has, or of one whose default is `any`.
    fn is_any(&self, field: &str) -> bool {
        self.all(field).iter().any(|value| value == "any")
    }
}

/// Rulebases in the order in which Panorama's rules and those of the firewall are looked at.
pub(super) const BASES: [&str; 3] = ["pre-rulebase", "rulebase", "post-rulebase"];

/// Fields that say nothing of destinations, or only which clients a rule is for.
const QUIET: &[&str] = &[
    "description",
    "destination",
    "category",
    "service",
    "action",
    "disabled",
    "from",
    "group-tag",
    "icmp-unreachable",
    "log-end",
    "log-setting",
    "log-start",
    "negate-destination",
    "source",
    "tag",
    "to",
    "uuid",
];

/// Adds the rules of the plane.
pub(super) fn add_rules(
    path: &str,
    script: &Script<'_>,
    panos: &Panos<'_>,
    objects: &mut Objects<'_>,
    ruleset: &mut Ruleset,
) {
    if panos.plane == Plane::Decryption {
        add_exclusions(path, &script.runs, ruleset);
    }
    let kind = if panos.plane == Plane::Security { "security" } else { "decryption" };
    let rules = ordered(script, kind, path, ruleset);
    let mut scopes: Vec<&str> = rules.iter().map(|rule| rule.scope.as_str()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.len() > 1 {
        let reason = format!("rules stand in several places: {}", scopes.join(", "));
        ruleset.cannot_decide(Line::new(path, 0), reason);
    }
    if panos.plane == Plane::Security {
        look_beside(path, &script.runs, ruleset);
    }
    for rule in &rules {
        if let Err(reason) = add_rule(path, rule, panos, objects, ruleset) {
            let line = Line::new(path, rule.line);
            let reason = format!("rule `{}`: {reason}", rule.name);
            match action(rule, panos.plane) {
                Ok(action) => ruleset.leave_out(action, line, reason),
                Err(_) => ruleset.cannot_decide(line, reason),
            }
        }
    }
}

/// Names that are never decrypted, whatever the rules say.
fn add_exclusions(path: &str, runs: &[Run<'_>], ruleset: &mut Ruleset) {
    let mut names: BTreeMap<&str, (u32, bool)> = BTreeMap::new();
    for (texts, line) in runs.iter().filter(|run| run.starts_with(&["ssl-decrypt"])).flat_map(Run::statements)
    {
        if let ["ssl-decrypt", "ssl-exclude-cert", name, rest @ ..] = texts.as_slice() {
            let known = names.entry(name).or_insert((line, true));
            known.1 &= rest != ["exclude", "no"];
        }
    }
    let mut set = None;
    for (name, (line, _)) in names.into_iter().filter(|(_, (_, excluded))| *excluded) {
        let line = Line::new(path, line);
        match Dialect::PanExclusion.read(name) {
            Ok(meaning) => {
                let hosts = *set.get_or_insert_with(|| {
                    let hosts = ruleset.add_hosts("exclusions", Subject::Destination);
                    let condition = Condition::any().with(Scheme::Http, Ports::none());
                    ruleset.allow(condition, hosts, None, line.clone());
                    hosts
                });
                for (host, _) in meaning {
                    ruleset.add_host(hosts, host, line.clone());
                }
            }
            Err(reason) => ruleset.leave_out(Action::Allow, line, Dialect::PanExclusion.open(name, &reason)),
        }
    }
}

/// The rules of a kind, moved to where the commands put them.
fn ordered(script: &Script<'_>, kind: &str, path: &str, ruleset: &mut Ruleset) -> Vec<Fields> {
    let mut rules: Vec<Fields> = Vec::new();
    let mut known: HashMap<(String, usize, String), usize> = HashMap::new();
    let runs = script.runs.iter().filter(|run| run.starts_with(&BASES));
    for (run, texts, line) in
        runs.flat_map(|run| run.statements().map(move |(texts, line)| (run, texts, line)))
    {
        let [base, of, "rules", name, rest @ ..] = texts.as_slice() else { continue };
        let Some(base) = BASES.iter().position(|known| known == base).filter(|_| *of == kind) else {
            continue;
        };
        let key = (run.scope.to_string(), base, (*name).to_owned());
        let at = *known.entry(key).or_insert_with(|| {
            let (scope, name) = (run.scope.to_string(), (*name).to_owned());
            rules.push(Fields { scope, base, name, line, is_first: false, values: BTreeMap::new() });
            rules.len() - 1
        });
        if let (Some(rule), Some(field)) = (rules.get_mut(at), rest.first()) {
            let value = rest.last().filter(|_| rest.len() > 1).copied().unwrap_or_default();
            // More than one value to a word of its own is another field behind it.
            let field =
                if rest.len() > 2 && QUIET.contains(field) { rest.join(" ") } else { (*field).to_owned() };
            rule.values.entry(field).or_default().push(value.to_owned());
        }
    }
    for moved in &script.moves {
        let texts = moved.rule.texts();
        let [base, of, "rules", name] = texts.as_slice() else { continue };
        if *of != kind {
            continue;
        }
        let is_at = |rule: &Fields, name: &str| {
            rule.scope == *moved.rule.scope && BASES.get(rule.base) == Some(base) && rule.name == name
        };
        let found = rules.iter().position(|rule| is_at(rule, name)).map(|from| rules.remove(from));
        let to = |other: &str| rules.iter().position(|rule| is_at(rule, other));
        let to = match &moved.place {
            Place::Top => Some(0),
            Place::Bottom => Some(rules.len()),
            Place::Before(other) => to(other),
            Place::After(other) => to(other).map(|at| at + 1),
        };
        match (found, to) {
            (Some(rule), Some(to)) => {
                rules.insert(to, Fields { is_first: moved.place == Place::Top, ..rule });
            }
            (rule, _) => {
                rules.extend(rule);
                let line = Line::new(path, moved.line);
                ruleset.cannot_decide(line, "a rule is moved that is not in the file, or to one that is not");
            }
        }
    }
    rules.sort_by_key(|rule| rule.base);
    rules
}

fn add_rule(
    path: &str,
    rule: &Fields,
    panos: &Panos<'_>,
    objects: &mut Objects<'_>,
    ruleset: &mut Ruleset,
) -> Result<(), String> {
    if rule.one("disabled")? == "yes" {
        return Ok(());
    }
    check(rule, panos.plane)?;
    let action = action(rule, panos.plane)?;
    let line = Line::new(path, rule.line);
    let beside =
        [(Setting::SourceZone, "from"), (Setting::DestinationZone, "to"), (Setting::Clients, "source")];
    for (setting, field) in beside {
        ruleset.says(setting, &line, rule.all(field).to_vec());
    }
    // A firewall with one virtual system need not name it.
    let scope = if rule.scope.is_empty() { "vsys1" } else { rule.scope.as_str() };
    ruleset.says(Setting::Scope, &line, vec![scope.to_owned()]);
    let place = if rule.is_first { "top" } else { "bottom" };
    ruleset.says(Setting::RulePlace, &line, vec![place.to_owned()]);
    let mut ports = Ports::none();
    for service in rule.all("service") {
        ports = ports.or(&objects.ports(&rule.scope, service)?);
    }
    let condition = condition(&ports, panos.plane);
    let mut hosts = Vec::new();
    let negated = rule.one("negate-destination")? == "yes";
    if rule.is_any("destination") {
        if negated || rule.all("destination").len() > 1 {
            return Err("`any` is no destination to be negated or to stand beside others".into());
        }
    } else {
        let set = objects.destination(&rule.scope, rule.all("destination"), &line, ruleset)?;
        hosts.push(Test { set, negated });
    }
    let mut lists: Vec<Rc<Pairs>> = Vec::new();
    if !rule.is_any("category") {
        for name in rule.all("category") {
            lists.push(objects.category(&rule.scope, name, ruleset)?);
        }
    }
    if lists.iter().any(|pairs| pairs.is_cut) {
        ruleset.may(action);
    }
    if lists.is_empty() {
        ruleset.add_rule(Rule { action, condition, hosts, paths: Vec::new(), line });
        return Ok(());
    }
    for (set, paths) in lists.iter().flat_map(|pairs| pairs.sets()) {
        let condition = match paths {
            Some(paths) if !panos.inside => clear_only(&condition, *paths, &line, objects, ruleset),
            _ => condition.clone(),
        };
        let hosts = hosts.iter().copied().chain([Test::is_in(*set)]).collect::<Vec<Test<HostId>>>();
        let paths = paths.iter().copied().map(Test::is_in).collect();
        ruleset.add_rule(Rule { action, condition, hosts, paths, line: line.clone() });
    }
    Ok(())
}

/// No path is seen inside TLS that nobody decrypts.
fn clear_only(
    condition: &Condition,
    paths: PathId,
    line: &Line,
    objects: &mut Objects<'_>,
    ruleset: &Ruleset,
) -> Condition {
    if condition.http.is_empty() {
        let set = ruleset.path_sets().get(crate::verify::ruleset::at(paths.0));
        let entry = set.and_then(|set| set.members.first());
        let name = set.map_or("", |set| set.name.as_str());
        let line = entry.map_or(line, |entry| &entry.line);
        objects.never(name, "has an entry with a path, which is not visible inside TLS", line);
    }
    condition.clone().with(Scheme::Https, Ports::none())
}

/// Refuses what a rule may depend on and no request shows.
fn check(rule: &Fields, plane: Plane) -> Result<(), String> {
    let needed: &[&str] = match plane {
        Plane::Security => &["from", "to", "source", "destination", "service", "application", "action"],
        Plane::Decryption => &["from", "to", "source", "destination", "service", "action"],
    };
    if let Some(missing) = needed.iter().find(|field| rule.all(field).is_empty()) {
        return Err(format!("`{missing}` is missing"));
    }
    for (field, values) in &rule.values {
        let is_known = match field.as_str() {
            field if QUIET.contains(&field) => true,
            "application" | "source-user" | "hip-profiles" | "source-hip" | "destination-hip" => {
                values.iter().all(|value| value == "any")
            }
            // `devices` below it are those that get the rule.
            "negate-source" | "target" => values.iter().all(|value| value == "no"),
            "rule-type" => values.iter().all(|value| value == "universal" || value == "interzone"),
            "type" => values.iter().all(|value| value == "ssl-forward-proxy"),
            _ => false,
        };
        if !is_known {
            return Err(format!("`{field}` is not followed"));
        }
    }
    Ok(())
}

fn action(rule: &Fields, plane: Plane) -> Result<Action, String> {
    match (plane, rule.one("action")?) {
        (Plane::Security, "allow") | (Plane::Decryption, "no-decrypt") => Ok(Action::Allow),
        (Plane::Decryption, "decrypt" | "decrypt-and-forward") => Ok(Action::Deny),
        (Plane::Security, other) if is_refusing(other) => Ok(Action::Deny),
        (_, other) => Err(format!("the action `{other}` is not known")),
    }
}

/// A rule does not look at the scheme: 80 is taken for clear text, 443 for TLS, and any other port for both.
fn condition(ports: &Ports, plane: Plane) -> Condition {
    if *ports == Ports::all() {
        let any = Condition::any();
        return if plane == Plane::Security { any } else { any.with(Scheme::Http, Ports::none()) };
    }
    let but = |port: u16| ports.and(&Ports::one(port).complement());
    let http = if plane == Plane::Security { but(443) } else { Ports::none() };
    Condition { http, https: but(80) }
}

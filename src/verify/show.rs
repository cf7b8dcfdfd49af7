//! The entries of a ruleset as short texts, for people who compare two of them.

use crate::allowlist::Product;
use std::collections::BTreeSet;
use std::fmt;

use super::ruleset::{Action, Condition, HostShape, PathShape, Rule, Ruleset, Set, at};

/// Of a rule with several sets, texts beyond this number are not made.
const MOST_PAIRS: usize = 200_000;

/// One text for each entry of every rule: host, path and ports, with `deny` in front where the rule denies.
pub fn entries(ruleset: &Ruleset) -> BTreeSet<String> {
    ruleset.rules().iter().flat_map(|rule| of_rule(rule, ruleset)).collect()
}

fn of_rule(rule: &Rule, ruleset: &Ruleset) -> Vec<String> {
    let hosts = rule.hosts.iter().map(|test| (ruleset.host_sets().get(at(test.set.0)), test.negated));
    let paths = rule.paths.iter().map(|test| (ruleset.path_sets().get(at(test.set.0)), test.negated));
    let denies = if rule.action == Action::Deny { "deny " } else { "" };
    let ports = ports(&rule.condition);
    let hosts = members(hosts, "any host");
    let paths = members(paths, "");
    let pairs = hosts.iter().flat_map(|host| paths.iter().map(move |path| (host, path)));
    pairs.take(MOST_PAIRS).map(|(host, path)| format!("{denies}{host}{path} {ports}")).collect()
}

/// The members of the first set that must hold. Further sets only narrow it: what they do is for `decide` to say.
fn members<'r, S: fmt::Display + 'r>(
    mut tests: impl Iterator<Item = (Option<&'r Set<S>>, bool)>,
    none: &str,
) -> Vec<String> {
    let first = tests.find_map(|(set, negated)| set.filter(|_| !negated));
    first.map_or_else(
        || vec![none.to_owned()],
        |set| set.members.iter().map(|member| member.shape.to_string()).collect(),
    )
}

fn ports(condition: &Condition) -> String {
    match (condition.http.is_empty(), condition.https.is_empty()) {
        _ if condition.http == condition.https => format!("port {}", condition.http),
        (true, _) => format!("https {}", condition.https),
        (_, true) => format!("http {}", condition.http),
        (false, false) => format!("http {}, https {}", condition.http, condition.https),
    }
}

impl fmt::Display for HostShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any host"),
            Self::Exact(name) => f.write_str(name),
            Self::Below { base, apex: false } => write!(f, "*.{base}"),
            Self::Below { base, apex: true } => write!(f, ".{base}"),
            Self::Labels { count, base } => write!(f, "{}{base}", "*.".repeat(usize::from(*count))),
            Self::Ends(end) => write!(f, "*{end}"),
            Self::Regular(regular) => write!(f, "/{}/", regular.as_str()),
            Self::Net(net) => write!(f, "{net}"),
            Self::Tag(name) => write!(f, "tag {name}"),
        }
    }
}

impl fmt::Display for PathShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::Exact(path) => f.write_str(path),
            Self::Prefix(start) => write!(f, "{start}*"),
            Self::Longer(start) => write!(f, "{start}?*"),
            Self::Folder(folder) => write!(f, "{}/**", folder.trim_end_matches('/')),
            Self::Regular(regular) => write!(f, " path /{}/", regular.as_str()),
        }
    }
}

/// What becomes of a request that a product holds, or does not hold.
pub fn outcome(product: Product, is_held: bool) -> &'static str {
    match (product, is_held) {
        (Product::Allow, true) => "is allowed",
        (Product::Allow, false) => "is not allowed",
        (Product::Bypass, true) => "is exempt from inspection",
        (Product::Bypass, false) => "is inspected",
        (Product::Direct, true) => "goes around the proxy",
        (Product::Direct, false) => "goes through the proxy",
    }
}

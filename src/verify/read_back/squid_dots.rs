//! Paths that climb out of a folder: Squid compares `/pki/crl/../../x` as it is sent, and the server resolves it.
//!
//! Verdicts are about paths that are resolved already, as every honest client sends them, so this is told by itself.

use super::squid_acl::place;
use crate::diagnostic::{Code, Finding, Findings};
use crate::verify::matching::path_fits;
use crate::verify::ruleset::{Action, HostShape, PathShape, Rule, Ruleset, at};

/// Tells of each rule that allows a folder and does not refuse what climbs out of it.
pub(super) fn check(ruleset: &Ruleset, findings: &mut Findings) {
    for rule in ruleset.rules().iter().filter(|rule| rule.action == Action::Allow) {
        if let Some(path) = climbing(ruleset, rule) {
            let scheme = if rule.condition.http.is_empty() { "https" } else { "http" };
            let message = format!(
                "the rule for a folder lets `{scheme}://{}{path}` pass, which a server takes for another path",
                host(ruleset, rule)
            );
            let help = "add an acl `urlpath_regex ^[^?]*/\\.\\.?([/?]|$)` and test it with `!` in the rule";
            findings.push(Finding::error(Code::VerdictUnpermitted, message).at(place(&rule.line)).help(help));
        }
    }
}

/// A path that starts in a folder of the rule, leaves it, and is not refused by the rule.
fn climbing(ruleset: &Ruleset, rule: &Rule) -> Option<String> {
    let members = |negated: bool| {
        let sets = rule.paths.iter().filter(move |test| test.negated == negated);
        sets.filter_map(|test| ruleset.path_sets().get(at(test.set.0))).flat_map(|set| &set.members)
    };
    let below = |shape: &PathShape| match shape {
        PathShape::Prefix(start) | PathShape::Longer(start) | PathShape::Folder(start) => {
            // Nothing lies above the root.
            let folder = start.trim_end_matches('/');
            (!folder.is_empty()).then(|| format!("{folder}/../a"))
        }
        PathShape::Any | PathShape::Exact(_) | PathShape::Regular(_) => None,
    };
    let mut paths = members(false).filter_map(|member| below(&member.shape));
    paths.find(|path| !members(true).any(|member| path_fits(&member.shape, path)))
}

/// A host of the rule.
fn host(ruleset: &Ruleset, rule: &Rule) -> String {
    let test = rule.hosts.iter().find(|test| !test.negated);
    let set = test.and_then(|test| ruleset.host_sets().get(at(test.set.0)));
    match set.and_then(|set| set.members.first()).map(|member| &member.shape) {
        Some(HostShape::Exact(name) | HostShape::Ends(name)) => name.clone(),
        Some(HostShape::Below { base, .. } | HostShape::Labels { base, .. }) => format!("a.{base}"),
        Some(HostShape::Net(net)) => net.addr().to_string(),
        Some(HostShape::Any | HostShape::Regular(_) | HostShape::Tag(_)) | None => "a.example".to_owned(),
    }
}

//! Paths that climb out of a folder: Squid compares `/pki/crl/../../x` as it is sent, and the server resolves it.

use super::squid_acl::place;
use crate::diagnostic::{Code, Finding, Findings};
use crate::verify::matching::path_fits;
use crate::verify::ruleset::{Action, PathShape, Rule, Ruleset, at};

/// Tells of each rule that allows a folder and does not refuse what climbs out of it.
pub(super) fn check(ruleset: &Ruleset, findings: &mut Findings) {
    let limited = ruleset.rules().iter().filter(|rule| rule.action == Action::Allow);
    for rule in limited {
        if let Some(path) = climbing(ruleset, rule) {
            let message = format!("the rule lets `{path}` pass, which a server takes for another folder");
            let help = "add an acl `urlpath_regex ^[^?]*/\\.\\.?([/?]|$)` and test it with `!` in the rule";
            findings.push(Finding::error(Code::PathClimbsOut, message).at(place(&rule.line)).help(help));
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

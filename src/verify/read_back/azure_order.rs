//! Which group and which collection of Azure rules comes first, as far as that is documented, and what groups are called.

use super::azure::{Group, Plane, Policy};
use super::azure_rules::{Ordered, priority};
use super::literal::Literal;
use crate::verify::ruleset::{Line, Ruleset};
use crate::verify::settings::Setting;

/// Tells of groups or collections of one priority that do different things: nothing is published on which comes first.
pub(super) fn tell_ties(policy: &Policy<'_>, plane: Plane, rules: &[Ordered<'_>], ruleset: &mut Ruleset) {
    let effect = |rule: &Ordered<'_>| {
        let decrypts = rule.rule.get("terminateTLS").map(|said| policy.resolve(said).word() != Some("false"));
        (rule.action, plane != Plane::Access && decrypts == Some(true))
    };
    let mut tell = |run: &[Ordered<'_>], what: &str| {
        let Some(first) = run.first() else { return };
        if let Some(other) = run.iter().find(|rule| effect(rule) != effect(first)) {
            let reason = format!(
                "{what} of one priority do different things, and which comes first is not documented: give one of \
                 them another priority"
            );
            ruleset.cannot_decide(Line::new(other.path, other.rule.line), reason);
        }
    };
    let place = |rule: &Ordered<'_>| (rule.place.0, rule.place.1);
    for of_group in rules.chunk_by(|one, next| place(one) == place(next)) {
        let group = |rule: &Ordered<'_>| rule.of.0;
        if of_group.iter().any(|rule| Some(group(rule)) != of_group.first().map(group)) {
            tell(of_group, "groups");
            continue;
        }
        for run in of_group.chunk_by(|one, next| one.place == next.place) {
            if run.iter().any(|rule| Some(rule.of) != run.first().map(|first| first.of)) {
                tell(run, "collections");
            }
        }
    }
}

/// Says which place the first group takes among all groups of the firewall, which the others follow, and what they are
/// called: after the first one, each with its number.
pub(super) fn say_groups(policy: &Policy<'_>, ruleset: &mut Ruleset) {
    let mut groups: Vec<(u32, &Group<'_>)> = Vec::new();
    groups
        .extend(policy.groups.iter().filter_map(|group| Some((priority(policy, &group.properties)?, group))));
    groups.sort_by_key(|(priority, group)| (*priority, group.path));
    for (number, (priority, group)) in (1..).zip(groups) {
        let line = |literal: &Literal| Line::new(group.path, literal.line);
        if number == 1 {
            ruleset.says(Setting::Priority, &line(&group.properties), vec![priority.to_string()]);
        }
        let Some(name) = &group.name else { continue };
        let said = policy.resolve(name);
        let whole = own_name(said.text().or(said.word()).unwrap_or_default());
        let suffix = format!("-{number}");
        let own = whole.strip_suffix(&suffix).filter(|_| number > 1).unwrap_or(whole);
        ruleset.says(Setting::GroupName, &line(name), vec![own.to_owned()]);
    }
}

/// The name of a group without that of its policy: `mde` of `policy/mde` and of `[concat(parameters('p'), '/mde')]`.
fn own_name(text: &str) -> &str {
    let literal = text.strip_prefix("[concat(").and_then(|text| text.strip_suffix("')]"));
    let last = literal.and_then(|text| text.rsplit_once('\'')).map_or(text, |(_, last)| last);
    last.rsplit_once('/').map_or(last, |(_, own)| own)
}

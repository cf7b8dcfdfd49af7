//! The losses of all targets: what differs alike is told once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::diagnostic::visible;
use crate::lower::Loss;
use crate::target::{Axis, Effect};

/// One entry that some targets are told differently.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Change {
    /// The entry as the list has it.
    pub(super) entry: String,
    axis: &'static str,
    effect: &'static str,
    /// What is told instead.
    emitted: Vec<String>,
    /// The targets, in order.
    pub(super) targets: Vec<String>,
    products: Vec<&'static str>,
    /// Complete "the target …".
    reasons: Vec<String>,
    permitted_by: Vec<String>,
    origin: String,
}

/// Every distinct change, by axis, effect and entry.
pub(super) fn changes(losses: &[Loss]) -> Vec<Change> {
    let mut groups: BTreeMap<(Effect, Axis, &crate::pattern::Pattern, &[String]), Group<'_>> =
        BTreeMap::new();
    for loss in losses {
        let group = groups.entry((loss.effect, loss.axis, &loss.entry, &loss.emitted)).or_default();
        group.targets.insert(&loss.target);
        group.products.insert(loss.product.as_str());
        group.reasons.insert(&loss.reason);
        group.permitted_by.extend(loss.permitted_by.as_deref());
        group.origin = group.origin.take().or_else(|| loss.origin.as_ref().map(ToString::to_string));
    }
    let owned = |texts: BTreeSet<&str>| -> Vec<String> { texts.into_iter().map(visible).collect() };
    let change = |((effect, axis, entry, emitted), group): (
        (Effect, Axis, &crate::pattern::Pattern, &[String]),
        Group<'_>,
    )| Change {
        entry: entry.to_string(),
        axis: axis.as_str(),
        effect: effect.as_str(),
        emitted: emitted.iter().map(|text| visible(text)).collect(),
        targets: owned(group.targets),
        products: group.products.into_iter().collect(),
        reasons: owned(group.reasons),
        permitted_by: owned(group.permitted_by),
        origin: visible(&group.origin.unwrap_or_default()),
    };
    groups.into_iter().map(change).collect()
}

/// Everywhere that an entry differs alike.
#[derive(Default)]
struct Group<'a> {
    targets: BTreeSet<&'a str>,
    products: BTreeSet<&'static str>,
    reasons: BTreeSet<&'a str>,
    permitted_by: BTreeSet<&'a str>,
    origin: Option<String>,
}

/// What differs alike, in one sentence.
#[derive(Debug, Serialize)]
pub(super) struct Kind {
    /// `2 entries are wider on azure, squid, which cannot see the path`.
    text: String,
    /// The first of the entries.
    entries: Vec<String>,
    more: usize,
}

/// Entries of one kind that are named in the answer.
const NAMED: usize = 3;

/// The kinds of changes, in their order.
pub(super) fn kinds(changes: &[Change]) -> Vec<Kind> {
    let mut kinds: BTreeMap<(&str, &str), Vec<&Change>> = BTreeMap::new();
    for change in changes {
        kinds.entry((change.effect, change.axis)).or_default().push(change);
    }
    kinds.into_iter().map(|((effect, axis), changes)| kind(effect, axis, &changes)).collect()
}

fn kind(effect: &str, axis: &str, changes: &[&Change]) -> Kind {
    let entries: BTreeSet<&str> = changes.iter().map(|change| change.entry.as_str()).collect();
    let targets: BTreeSet<&str> =
        changes.iter().flat_map(|change| &change.targets).map(String::as_str).collect();
    let are =
        if entries.len() == 1 { "1 entry is".to_owned() } else { format!("{} entries are", entries.len()) };
    let done = if effect == "omitted" { "left out" } else { effect };
    let targets: Vec<&str> = targets.into_iter().collect();
    Kind {
        text: format!("{are} {done} on {} because of {}", targets.join(", "), in_words(axis)),
        more: entries.len().saturating_sub(NAMED),
        entries: entries.into_iter().take(NAMED).map(str::to_owned).collect(),
    }
}

/// What a target cannot say, in words.
fn in_words(axis: &str) -> &str {
    match axis {
        "scheme" => "the scheme",
        "host" => "the shape of the name",
        "apex" => "the name above a wildcard",
        "depth" => "the depth of a wildcard",
        "port" => "the port",
        "path" => "the path",
        "shared-suffix" => "a suffix that other customers share",
        "family" => "the family of the addresses",
        other => other,
    }
}

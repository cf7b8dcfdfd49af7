//! Losses for people: what several targets lose alike is told once.

use std::collections::{BTreeMap, BTreeSet};

use super::Loss;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::target::{Axis, Effect};

/// Entries of one kind of loss that are named one by one.
const NAMED: usize = 3;

/// The permitted losses of all targets, grouped by what is lost.
pub fn summarise(losses: &[Loss]) -> Findings {
    let mut groups: BTreeMap<(Axis, Effect, String), Group<'_>> = BTreeMap::new();
    for loss in losses.iter().filter(|loss| loss.permitted_by.is_some()) {
        let key = (loss.axis, loss.effect, loss.entry.to_string());
        let group = groups.entry(key).or_insert_with(|| Group::new(loss));
        group.targets.insert(&loss.target);
        group.products.insert(loss.product.as_str());
        group.reasons.insert(&loss.reason);
    }
    let mut kinds: BTreeMap<(Axis, Effect), Vec<Group<'_>>> = BTreeMap::new();
    for ((axis, effect, _), group) in groups {
        kinds.entry((axis, effect)).or_default().push(group);
    }
    let mut findings = Findings::default();
    for ((axis, effect), groups) in kinds {
        let more = groups.len().saturating_sub(NAMED);
        for (at, group) in groups.iter().take(NAMED).enumerate() {
            let rest = if at + 1 == NAMED.min(groups.len()) { more } else { 0 };
            findings.push(group.finding(axis, effect, rest));
        }
    }
    findings
}

/// One entry and everywhere it is lost alike.
struct Group<'a> {
    loss: &'a Loss,
    targets: BTreeSet<&'a str>,
    products: BTreeSet<&'static str>,
    reasons: BTreeSet<&'a str>,
}

impl<'a> Group<'a> {
    fn new(loss: &'a Loss) -> Self {
        Self { loss, targets: BTreeSet::new(), products: BTreeSet::new(), reasons: BTreeSet::new() }
    }

    fn finding(&self, axis: Axis, effect: Effect, more: usize) -> Finding {
        let emitted: Vec<String> = self.loss.emitted.iter().map(|text| format!("`{text}`")).collect();
        let done = match effect {
            Effect::Wider => format!("widened to {}", emitted.join(" and ")),
            Effect::Narrower => format!("narrowed to {}", emitted.join(" and ")),
            Effect::Omitted => "left out".to_owned(),
        };
        let targets = self.targets.iter().copied().collect::<Vec<_>>().join(", ");
        let reason = self.reasons.iter().next().copied().unwrap_or_default();
        let mut message = format!(
            "`{}` is {done} on {targets} ({}): they {}",
            self.loss.entry,
            self.products.iter().copied().collect::<Vec<_>>().join(", "),
            plural(reason)
        );
        if more > 0 {
            message = format!("{message}; {more} more entries alike, see manifest.json");
        }
        let other = if effect == Effect::Omitted { "wider" } else { "omitted" };
        let help = format!(
            "to decide otherwise, under `[targets.<name>.allow-loss]` write `{} = {{ effect = \"{other}\", reason = \"…\" }}`",
            axis.as_str()
        );
        // On the other axes there is nothing else that the target could be told.
        let finding = Finding::warning(Code::LossPermitted, message);
        let finding =
            if matches!(axis, Axis::Path | Axis::SharedSuffix) { finding.help(help) } else { finding };
        match &self.loss.origin {
            Some(origin) => finding.at(Place::cell(&*origin.file, &*origin.sheet, origin.row.to_string())),
            None => finding,
        }
    }
}

/// Reasons complete "the target …"; several targets "are" and "have".
fn plural(reason: &str) -> String {
    reason.strip_prefix("has ").map_or_else(|| reason.to_owned(), |rest| format!("have {rest}"))
}

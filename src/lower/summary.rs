//! Losses for people: what several targets lose alike is told once.

use std::collections::{BTreeMap, BTreeSet};

use super::Loss;
use crate::diagnostic::{Code, Finding, Findings};
use crate::pattern::Pattern;
use crate::target::{Axis, Effect};

/// Entries of one kind of loss that are named one by one.
const NAMED: usize = 3;

/// The permitted losses of all targets, grouped by what is lost.
pub fn summarise(losses: &[Loss]) -> Findings {
    let permitted = || losses.iter().filter(|loss| loss.permitted_by.is_some());
    // An entry that was split before it was changed is what all its parts become.
    let mut emitted: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for loss in permitted() {
        emitted.entry(list_of(loss)).or_default().extend(loss.emitted.iter().map(String::as_str));
    }
    let mut groups: BTreeMap<(Axis, Effect, String, BTreeSet<&str>, String), Group<'_>> = BTreeMap::new();
    for loss in permitted() {
        // What is told in one sentence must be so on every target that it names.
        let emitted = emitted.get(&list_of(loss)).cloned().unwrap_or_default();
        let key = (loss.axis, loss.effect, loss.entry.to_string(), emitted.clone(), plural(&loss.reason));
        let group = groups.entry(key).or_insert_with(|| Group::new(loss, emitted));
        group.targets.insert(&loss.target);
        group.products.insert(loss.product.as_str());
    }
    let mut kinds: BTreeMap<(Axis, Effect), Vec<Group<'_>>> = BTreeMap::new();
    for ((axis, effect, ..), group) in groups {
        kinds.entry((axis, effect)).or_default().push(group);
    }
    let mut findings = Findings::default();
    for ((axis, effect), groups) in kinds {
        let named = named(&groups);
        let more = entries(groups.iter()).len() - entries(groups.iter().take(named)).len();
        for (at, group) in groups.iter().take(named).enumerate() {
            let rest = if at + 1 == named { more } else { 0 };
            findings.push(group.finding(axis, effect, rest));
        }
    }
    findings
}

/// One way of loss of one entry in one list.
fn list_of(loss: &Loss) -> (&str, &str, Axis, Effect, String, &str) {
    (&loss.target, &loss.list, loss.axis, loss.effect, loss.entry.to_string(), &loss.reason)
}

/// How many groups stand for the first entries: an entry that is lost in several ways is told whole.
fn named(groups: &[Group<'_>]) -> usize {
    let of_first = |at: &usize| entries(groups.iter().take(*at)).len() <= NAMED;
    (0..=groups.len()).take_while(of_first).last().unwrap_or_default()
}

fn entries<'g>(groups: impl Iterator<Item = &'g Group<'g>>) -> BTreeSet<&'g Pattern> {
    groups.map(|group| &group.loss.entry).collect()
}

/// What can be done for a form of names that a target does not have.
const ONE_BY_ONE: &str =
    "names that devices are seen to need can be given whole, each in `select.extra` with a reason";

/// One entry and everywhere it is lost alike.
struct Group<'a> {
    loss: &'a Loss,
    emitted: BTreeSet<&'a str>,
    targets: BTreeSet<&'a str>,
    products: BTreeSet<&'static str>,
}

impl<'a> Group<'a> {
    fn new(loss: &'a Loss, emitted: BTreeSet<&'a str>) -> Self {
        Self { loss, emitted, targets: BTreeSet::new(), products: BTreeSet::new() }
    }

    fn finding(&self, axis: Axis, effect: Effect, more: usize) -> Finding {
        let emitted: Vec<String> = self.emitted.iter().map(|text| format!("`{text}`")).collect();
        let done = match effect {
            Effect::Wider => format!("widened to {}", emitted.join(" and ")),
            Effect::Narrower => format!("narrowed to {}", emitted.join(" and ")),
            Effect::Omitted => "left out".to_owned(),
        };
        let targets = self.targets.iter().copied().collect::<Vec<_>>().join(", ");
        let mut message = format!(
            "`{}` is {done} on {targets} ({}): they {}",
            self.loss.entry,
            self.products.iter().copied().collect::<Vec<_>>().join(", "),
            plural(&self.loss.reason)
        );
        if more > 0 {
            message = format!("{message}; {more} more entries alike, see manifest.json");
        }
        let other = if effect == Effect::Omitted { "wider" } else { "omitted" };
        let help = format!(
            "to decide otherwise, under `[targets.<name>.allow-loss]` write `{} = {{ effect = \"{other}\", reason = \"…\" }}`",
            axis.as_str()
        );
        let finding = Finding::warning(Code::LossPermitted, message);
        let finding = match (axis, effect) {
            (Axis::Path | Axis::SharedSuffix, _) => finding.help(help),
            (Axis::Host, Effect::Omitted) => finding.help(ONE_BY_ONE),
            // There is nothing else that the target could be told.
            _ => finding,
        };
        match &self.loss.origin {
            Some(origin) => finding.at(origin.place()),
            None => finding,
        }
    }
}

/// Reasons complete "the target …"; several targets "are" and "have".
fn plural(reason: &str) -> String {
    reason.strip_prefix("has ").map_or_else(|| reason.to_owned(), |rest| format!("have {rest}"))
}

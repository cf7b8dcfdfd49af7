//! Losses as findings: one for each entry, but no more of a kind than anybody reads.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};

use super::Loss;
use crate::diagnostic::{Code, Finding, Findings};
use crate::target::{Axis, Effect};

/// Findings of one kind that are shown in full.
const SHOWN: usize = 20;

/// Tells the user of all losses. The same loss in several lists of a target is told once.
pub(super) fn losses(losses: &[Loss], findings: &mut Findings) {
    let mut kinds: BTreeMap<(Axis, bool), usize> = BTreeMap::new();
    for (loss, lists) in once_each(losses) {
        let count = kinds.entry((loss.axis, loss.permitted_by.is_some())).or_default();
        *count += 1;
        if *count <= SHOWN {
            findings.push(finding(loss, &lists));
        }
    }
    for ((axis, permitted), count) in kinds.into_iter().filter(|(_, count)| *count > SHOWN) {
        let target = losses.first().map(|loss| loss.target.as_str()).unwrap_or_default();
        let more = count - SHOWN;
        let message = format!("{more} more entries for `{target}` have the same loss of {}", axis.as_str());
        findings.push(weigh(permitted, message));
    }
}

/// Every distinct loss in order, with the lists that have it.
fn once_each(losses: &[Loss]) -> Vec<(&Loss, Vec<&str>)> {
    let mut at = HashMap::new();
    let mut distinct: Vec<(&Loss, Vec<&str>)> = Vec::new();
    for loss in losses {
        let key = (&loss.entry, loss.axis, loss.effect, &loss.emitted, &loss.permitted_by);
        let index = *at.entry(key).or_insert(distinct.len());
        match distinct.get_mut(index) {
            Some((_, lists)) => lists.push(&loss.list),
            None => distinct.push((loss, vec![&loss.list])),
        }
    }
    distinct
}

fn weigh(permitted: bool, message: String) -> Finding {
    if permitted {
        Finding::warning(Code::LossPermitted, message)
    } else {
        Finding::error(Code::LossRefused, message)
    }
}

fn finding(loss: &Loss, lists: &[&str]) -> Finding {
    let (entry, target, reason) = (&loss.entry, &loss.target, &loss.reason);
    let lists = lists.join(", ");
    let message = match (&loss.permitted_by, loss.effect) {
        (None, Effect::Wider) => format!("`{target}` {reason}, and nothing permits to widen `{entry}`"),
        (None, Effect::Narrower) => format!("`{target}` {reason}, and nothing permits to narrow `{entry}`"),
        (None, Effect::Omitted) => format!("`{target}` {reason}, and nothing permits to leave out `{entry}`"),
        (Some(_), Effect::Wider) => format!("`{target}` {reason}: `{entry}` is widened to {}", emitted(loss)),
        (Some(_), Effect::Narrower) => {
            format!("`{target}` {reason}: `{entry}` is narrowed to {}", emitted(loss))
        }
        (Some(_), Effect::Omitted) => format!("`{target}` {reason}: `{entry}` is left out"),
    };
    let finding = weigh(loss.permitted_by.is_some(), format!("{message} ({lists})")).help(help(loss));
    match &loss.origin {
        Some(origin) => finding.at(origin.place()),
        None => finding,
    }
}

fn emitted(loss: &Loss) -> String {
    let texts: Vec<String> = loss.emitted.iter().map(|text| format!("`{text}`")).collect();
    texts.join(" and ")
}

/// The lines of the profile that decide otherwise.
fn help(loss: &Loss) -> String {
    let (target, axis) = (&loss.target, loss.axis.as_str());
    let line = |effect: &str| {
        format!(
            "under `[targets.{target}.allow-loss]` write `{axis} = {{ effect = \"{effect}\", reason = \"…\" }}`"
        )
    };
    match (&loss.permitted_by, loss.effect) {
        (None, Effect::Omitted) => format!("{} to leave such entries out", line("omitted")),
        (None, effect) => {
            format!("{}, or `omitted` for the effect to leave such entries out", line(effect.as_str()))
        }
        (Some(by), Effect::Omitted) if loss.axis == Axis::SharedSuffix => {
            format!("permitted by {by}; to let them pass, {}", line("wider"))
        }
        (Some(by), Effect::Wider) => {
            format!("permitted by {by}; to leave such entries out, {}", line("omitted"))
        }
        (Some(by), _) => format!("permitted by {by}"),
    }
}

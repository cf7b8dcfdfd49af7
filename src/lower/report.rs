//! Losses as findings: one each, but no more of a kind than anybody reads.

use std::collections::BTreeMap;

use super::Loss;
use crate::allowlist::Product;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::target::{Axis, Effect};

/// Findings of one kind that are shown in full.
const SHOWN: usize = 20;

/// Tells the user of all losses.
pub(super) fn losses(losses: &[Loss], findings: &mut Findings) {
    let mut kinds: BTreeMap<(&str, Axis, bool), usize> = BTreeMap::new();
    for loss in losses {
        let count = kinds.entry((&loss.list, loss.axis, loss.permitted_by.is_some())).or_default();
        *count += 1;
        if *count <= SHOWN {
            findings.push(finding(loss));
        }
    }
    for ((list, axis, permitted), count) in kinds.into_iter().filter(|(_, count)| *count > SHOWN) {
        let target = losses.first().map(|loss| loss.target.as_str()).unwrap_or_default();
        let more = count - SHOWN;
        let message = format!(
            "{more} more entries of list `{list}` of `{target}` have the same loss of {}",
            axis.as_str()
        );
        findings.push(weigh(permitted, message));
    }
}

fn weigh(permitted: bool, message: String) -> Finding {
    if permitted {
        Finding::warning(Code::LossPermitted, message)
    } else {
        Finding::error(Code::LossRefused, message)
    }
}

fn finding(loss: &Loss) -> Finding {
    let entry = &loss.entry;
    let done = match (&loss.permitted_by, loss.effect) {
        (None, Effect::Wider) => "nothing permits to widen it".to_owned(),
        (None, Effect::Narrower) => "nothing permits to narrow it".to_owned(),
        (None, Effect::Omitted) => "nothing permits to leave it out".to_owned(),
        (Some(_), Effect::Wider) => format!("widened to {}", emitted(loss)),
        (Some(_), Effect::Narrower) => format!("narrowed to {}", emitted(loss)),
        (Some(_), Effect::Omitted) => "left out".to_owned(),
    };
    let list = match loss.product {
        Product::Allow => "",
        Product::Bypass => " for the bypass",
        Product::Direct => " for direct routes",
    };
    let message = format!("`{}` {}: `{entry}` is {done}{list}", loss.target, loss.reason);
    let message = if loss.permitted_by.is_none() {
        format!("`{}` {}, and {done}{list}: `{entry}`", loss.target, loss.reason)
    } else {
        message
    };
    let finding = weigh(loss.permitted_by.is_some(), message).help(help(loss));
    match &loss.origin {
        Some(origin) => finding.at(Place::cell(&*origin.file, &*origin.sheet, origin.row.to_string())),
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

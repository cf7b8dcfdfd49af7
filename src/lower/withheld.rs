//! Targets that cannot let through what the list means.

use super::{Loss, Plan};
use crate::allowlist::{Entry, Product};
use crate::pattern::{Request, allows};
use crate::target::Effect;

/// A target that cannot let through what the list means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withheld {
    /// Its name.
    pub target: String,
    /// The entry, and why it is narrowed or left out.
    pub reason: String,
}

/// Why a target lets a request through by none of the entries that mean it, if so.
pub fn withheld(plan: &Plan<'_>, by: &[&Entry], request: &Request) -> Option<Withheld> {
    let losses = || plan.losses.iter().filter(|loss| loss.product == Product::Allow);
    let takes = |loss: &&Loss| {
        loss.effect != Effect::Wider
            && allows(&loss.before, request)
            && !loss.after.iter().any(|pattern| allows(pattern, request))
    };
    let lost: Vec<&Loss> = by
        .iter()
        .map_while(|entry| losses().filter(takes).find(|loss| loss.entry == entry.pattern))
        .collect();
    let first = lost.first().filter(|_| lost.len() == by.len())?;
    let done = if first.effect == Effect::Omitted { "left out" } else { "narrowed" };
    Some(Withheld {
        target: plan.target.clone(),
        reason: format!("`{}` is {done} there: the target {}", first.entry, first.reason),
    })
}

//! Which ways of connecting tell why an URL is out of reach, and what they tell.

use super::judge::Way;
use super::trial::{Attempt, Method, Said, Trial};
use crate::rules::{Cause, DiagnoseFacts};

/// The most telling cause of the ways that tell; a weak one only where every one of them is explained.
pub(super) fn cause<'f>(
    trial: &Trial,
    ways: &[Way<'f>],
    is_direct: bool,
    facts: &DiagnoseFacts,
) -> Option<&'f Cause> {
    let telling = telling(trial, ways, is_direct);
    let causes = telling.iter().filter_map(|(_, way)| way.cause);
    let best = causes.min_by_key(|cause| facts.rank(cause))?;
    (!best.weak || telling.iter().all(|(_, way)| way.cause.is_some())).then_some(best)
}

/// Where an address has to be reached without a proxy, the direct way alone. Elsewhere a direct way that is barred says
/// nothing beside what came of a proxy: where everything goes through one, it always is.
fn telling<'t, 'f>(
    trial: &'t Trial,
    ways: &'t [Way<'f>],
    is_direct: bool,
) -> Vec<(&'t Attempt, &'t Way<'f>)> {
    let all = trial.attempts.iter().zip(ways);
    let mut there: Vec<_> = all.filter(|(attempt, _)| attempt.said != Said::NotThere).collect();
    let is_past = |attempt: &Attempt| attempt.method == Method::Direct;
    let is_absent = |way: &Way<'_>| way.cause.is_some_and(|cause| cause.absent);
    if is_direct && there.iter().any(|(attempt, _)| is_past(attempt)) {
        there.retain(|(attempt, _)| is_past(attempt));
    } else if there.iter().any(|(attempt, way)| attempt.method.is_proxied() && !is_absent(way)) {
        there.retain(|(attempt, way)| !is_past(attempt) || !way.cause.is_some_and(|cause| cause.barred));
    }
    there
}

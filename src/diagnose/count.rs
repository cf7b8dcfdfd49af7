//! How many targets came to what.

use std::collections::BTreeMap;

use super::judge::{Judged, Verdict};

/// Targets by what they came to. One that several rows or files name counts once, by the worst of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Everything that is named.
    pub tested: usize,
    /// What the profile needs, whatever came of it.
    pub needed: usize,
    /// Out of reach, and the profile needs it.
    pub needed_and_failed: usize,
    /// Those of them that are checks without an address.
    pub failed_checks: usize,
    /// Out of reach, and the profile leaves it out or no row of its list names it.
    pub failed_and_not_needed: usize,
    /// In reach by the rule of the vendor's programs alone.
    pub lenient: usize,
    /// In reach.
    pub passed: usize,
    /// No address.
    pub not_judged: usize,
}

impl Counts {
    /// Counts targets; `strict` takes what passed by the vendor's rule alone for out of reach.
    pub(super) fn of<'j>(all: impl Iterator<Item = &'j Judged<'j>>, strict: bool) -> Self {
        let mut worst: BTreeMap<&str, &Judged<'_>> = BTreeMap::new();
        for one in all {
            let known = worst.entry(&one.target).or_insert(one);
            if one.verdict < known.verdict {
                *known = one;
            }
        }
        let mut counts = Self { tested: worst.len(), ..Self::default() };
        for one in worst.into_values() {
            counts.add(one, strict);
        }
        counts
    }

    fn add(&mut self, one: &Judged<'_>, strict: bool) {
        let counts = one.standing.need.counts();
        self.needed += usize::from(counts && one.verdict != Verdict::NotJudged);
        self.failed_checks += usize::from(one.matters(strict) && !one.trial.is_url);
        let place = match one.verdict {
            _ if one.matters(strict) => &mut self.needed_and_failed,
            Verdict::Failed | Verdict::NoResult => &mut self.failed_and_not_needed,
            Verdict::Lenient => &mut self.lenient,
            Verdict::Passed => &mut self.passed,
            Verdict::NotJudged => &mut self.not_judged,
        };
        *place += 1;
    }
}

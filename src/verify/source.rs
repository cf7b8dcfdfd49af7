//! A list as every target is compared with it: its names, its meanings, and whether its covered entries may be left out,
//! each made once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::decide::{Comparison, Difference};
use super::expected::{Builder, is_member, line_of, names};
use super::lexicon::Lexicon;
use super::lossy::{meant, tag_feature};
use super::ruleset::Ruleset;
use crate::allowlist::{Allowlist, Entry, Product};
use crate::pattern::Request;
use crate::target::ListSpec;

/// See the module.
pub(super) struct Source<'l> {
    pub(super) list: &'l Allowlist,
    /// The names of the list.
    pub(super) names: Lexicon<'l>,
    meanings: Once<Arc<Ruleset>>,
    reductions: Once<Option<Request>>,
}

/// What depends on a product, and on the feature of those tags that stand for themselves.
type Once<T> = Mutex<BTreeMap<(Product, Option<String>), Arc<OnceLock<T>>>>;

fn once<T: Clone>(known: &Once<T>, spec: &ListSpec, make: impl FnOnce() -> T) -> T {
    let key = (spec.product, tag_feature(spec).cloned());
    let slot = known.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
    slot.get_or_init(make).clone()
}

impl<'l> Source<'l> {
    /// A list of which nobody has asked anything.
    pub(super) fn new(list: &'l Allowlist) -> Self {
        Self { list, names: names(list), meanings: Mutex::default(), reductions: Mutex::default() }
    }

    /// What all entries of a target's list mean.
    pub(super) fn meaning(&self, spec: &ListSpec) -> Arc<Ruleset> {
        once(&self.meanings, spec, || Arc::new(ruleset(self.members(spec), spec)))
    }

    /// A request that shows that a list without its covered entries means something else, if there is one.
    ///
    /// What is left of the list is a part of it, so it can only mean less, and only where an entry that is left out
    /// does. If those that are named as covering them mean them all, and are themselves left, that is proof enough;
    /// only if not, the whole list is asked.
    pub(super) fn reduction(&self, spec: &ListSpec) -> Option<Request> {
        once(&self.reductions, spec, || self.reduced(spec))
    }

    fn reduced(&self, spec: &ListSpec) -> Option<Request> {
        let product = spec.product;
        let kept = || self.list.product(product).into_iter().filter(|entry| is_member(entry, product));
        let left: Vec<&Entry> = kept().collect();
        // Both are in the order of the list, and the same entry is at the same place.
        let mut next = left.iter().peekable();
        let is_next = |entry: &&Entry| next.next_if(|left| std::ptr::eq(**left, *entry)).is_none();
        let covered = self.members(spec).filter(is_next);
        let is_left = |by: &&Entry| left.binary_search_by(|left| left.pattern.cmp(&by.pattern)).is_ok();
        let covering = self.list.covered(product).map(|(_, by)| by).filter(is_left);
        let alone = self.differ(&ruleset(covered, spec), &ruleset(covering, spec));
        if alone.narrower.is_none() && alone.undecided.is_empty() {
            return None;
        }
        let difference = self.differ(&ruleset(self.members(spec), spec), &ruleset(kept(), spec));
        difference.wider.or(difference.narrower)
    }

    /// Where `actual` differs from `expected`.
    pub(super) fn differ(&self, expected: &Ruleset, actual: &Ruleset) -> Difference {
        Comparison::new(expected, actual, &self.names).difference()
    }

    fn members(&self, spec: &ListSpec) -> impl Iterator<Item = &'l Entry> + use<'l> {
        let product = spec.product;
        self.list.entries().iter().filter(move |entry| is_member(entry, product))
    }
}

fn ruleset<'e>(entries: impl Iterator<Item = &'e Entry>, spec: &ListSpec) -> Ruleset {
    let mut builder = Builder::default();
    for entry in entries {
        builder.add(meant(entry, &entry.pattern, spec), line_of(entry));
    }
    builder.ruleset
}

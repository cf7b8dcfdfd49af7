//! Lowered terms put together again: widening makes duplicates and covers, which some firewalls refuse.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::plan::{PlannedList, PlannedPort, Term};
use crate::allowlist::Entry;
use crate::pattern::{Host, Pattern, Scheme, covers, minimise_new, minimise_some};
use crate::target::{Apex, Depth, ListSpec};

/// The terms of a list while it is being lowered.
#[derive(Default)]
pub(super) struct Lowered<'a> {
    /// Each with whether it is an entry of the list as it stands there: those do not cover each other.
    terms: Vec<(Term<'a>, bool)>,
    tags: BTreeMap<(Scheme, u16, &'a str), Vec<&'a Entry>>,
    changed: bool,
    /// Whether the entries come that others cover.
    covered_come: bool,
}

impl<'a> Lowered<'a> {
    /// Nothing yet, with room for the terms of so many entries.
    pub(super) fn with_room(entries: usize) -> Self {
        Self { terms: Vec::with_capacity(entries), ..Self::default() }
    }

    /// An entry that the target can say as it is.
    pub(super) fn keep(&mut self, entry: &'a Entry) {
        let term = Term { changed: None, entry, more: Vec::new() };
        self.terms.push((term, !self.covered_come));
    }

    /// What an entry has become.
    pub(super) fn add(&mut self, pattern: Pattern, entry: &'a Entry) {
        self.changed = true;
        self.terms.push((Term { changed: Some(Box::new(pattern)), entry, more: Vec::new() }, false));
    }

    pub(super) fn add_tag(&mut self, tag: &'a str, pattern: &Pattern, entry: &'a Entry) {
        self.tags.entry((pattern.scheme, pattern.port, tag)).or_default().push(entry);
    }

    /// The `entries` that no term stands for, each with the widest of the others that covers it. `entries` come in
    /// order; they are terms in a moment, so the order of all terms has to be made anew.
    pub(super) fn standing(
        &mut self,
        entries: &[&'a Entry],
        spec: &ListSpec,
    ) -> Vec<(&'a Entry, Option<&'a Entry>)> {
        self.changed = true;
        self.covered_come = true;
        // What the list says itself says none of them; what became of others may.
        let changed = self.terms.iter().filter_map(|(term, _)| term.changed.as_deref());
        let said: HashSet<&Pattern> = changed.collect();
        let entries: Vec<&'a Entry> =
            entries.iter().copied().filter(|entry| !said.contains(&entry.pattern)).collect();
        let terms = self.terms.len();
        let of_terms = self.terms.iter().map(|(term, _)| term.pattern());
        let all: Vec<&Pattern> = of_terms.chain(entries.iter().map(|entry| &entry.pattern)).collect();
        let covered = minimise_some(&all, |at| at >= terms);
        let mut standing = Vec::new();
        for (entry, coverer) in entries.iter().copied().zip(covered.iter().skip(terms)) {
            let coverer =
                coverer.filter(|at| all.get(*at).is_some_and(|wide| stands_for(wide, &entry.pattern, spec)));
            match coverer {
                Some(at) if at < terms => {}
                Some(at) => standing.push((entry, entries.get(at - terms).copied())),
                None => standing.push((entry, None)),
            }
        }
        standing
    }

    pub(super) fn into_list(self, spec: &ListSpec) -> PlannedList<'a> {
        let mut listed = self.terms;
        if self.changed {
            listed.sort_by(|(a, _), (b, _)| a.pattern().cmp(b.pattern()));
            listed.dedup_by(|(later, later_stands), (kept, stands)| {
                let same = later.pattern() == kept.pattern();
                if same {
                    kept.more.extend(later.entries());
                    *stands |= *later_stands;
                }
                same
            });
        }
        let stands: Vec<bool> = listed.iter().map(|(_, stands)| *stands).collect();
        let mut terms: Vec<Term<'a>> = listed.into_iter().map(|(term, _)| term).collect();
        if self.changed {
            let patterns: Vec<&Pattern> = terms.iter().map(Term::pattern).collect();
            let mut covered = minimise_new(&patterns, |at| stands.get(at) != Some(&true));
            for (coverer, term) in covered.iter_mut().zip(&patterns) {
                let wide = coverer.and_then(|at| patterns.get(at));
                if !wide.is_none_or(|wide| stands_for(wide, term, spec)) {
                    *coverer = None;
                }
            }
            terms = without_covered(terms, &covered);
        }
        if spec.apex == Apex::Included {
            let covered = covered_apexes(&terms);
            terms = without_covered(terms, &covered);
        }
        let key_of = |term: &Term<'a>| (term.pattern().scheme, term.pattern().port);
        let mut counts: BTreeMap<(Scheme, u16), usize> = BTreeMap::new();
        for term in &terms {
            *counts.entry(key_of(term)).or_default() += 1;
        }
        let mut ports: BTreeMap<(Scheme, u16), PlannedPort<'a>> = BTreeMap::new();
        let empty = |key: (Scheme, u16)| PlannedPort {
            scheme: key.0,
            port: key.1,
            terms: Vec::with_capacity(counts.get(&key).copied().unwrap_or_default()),
            tags: Vec::new(),
        };
        for term in terms {
            let key = key_of(&term);
            ports.entry(key).or_insert_with(|| empty(key)).terms.push(term);
        }
        for ((scheme, port, tag), entries) in self.tags {
            ports.entry((scheme, port)).or_insert_with(|| empty((scheme, port))).tags.push((tag, entries));
        }
        PlannedList { ports: ports.into_values().collect() }
    }
}

/// Whether `wide`, which covers `narrow`, does so in a list whose stars stand for a few labels only.
fn stands_for(wide: &Pattern, narrow: &Pattern, spec: &ListSpec) -> bool {
    let Depth::Labels(most) = spec.depth else { return true };
    let dots = |name: &str| name.bytes().filter(|byte| *byte == b'.').count();
    match (&wide.host, &narrow.host) {
        (Host::Subdomains(base) | Host::Suffix(base), Host::Exact(name)) => {
            dots(name.as_str()) <= dots(base.as_str()) + usize::from(most)
        }
        (Host::Subdomains(base) | Host::Suffix(base), Host::Subdomains(other) | Host::Suffix(other)) => {
            base == other
        }
        (Host::Subdomains(_) | Host::Suffix(_), Host::Infix(..)) => false,
        _ => true,
    }
}

/// The terms that nothing covers; each takes over the entries of those that it covers.
fn without_covered<'a>(mut terms: Vec<Term<'a>>, covered: &[Option<usize>]) -> Vec<Term<'a>> {
    for (at, wide) in covered.iter().enumerate() {
        let Some(wide) = *wide else { continue };
        let entries: Vec<&Entry> = terms.get(at).into_iter().flat_map(Term::entries).collect();
        if let Some(term) = terms.get_mut(wide) {
            term.more.extend(entries);
        }
    }
    let kept = terms.into_iter().zip(covered).filter(|(_, wide)| wide.is_none());
    kept.map(|(term, _)| term).collect()
}

/// Exact names that a `*.x` covers because the target's `*.x` is `x` as well.
fn covered_apexes(terms: &[Term<'_>]) -> Vec<Option<usize>> {
    let mut below: HashMap<(&str, Scheme, u16), Vec<usize>> = HashMap::new();
    for (at, term) in terms.iter().enumerate() {
        if let Host::Subdomains(base) = &term.pattern().host {
            below.entry((base.as_str(), term.pattern().scheme, term.pattern().port)).or_default().push(at);
        }
    }
    let coverer = |term: &Term<'_>| {
        let Host::Exact(name) = &term.pattern().host else { return None };
        let candidates = below.get(&(name.as_str(), term.pattern().scheme, term.pattern().port))?;
        let as_wildcard = Pattern { host: Host::Subdomains(name.clone()), ..term.pattern().clone() };
        let covering = |at: &&usize| terms.get(**at).is_some_and(|wide| covers(wide.pattern(), &as_wildcard));
        candidates.iter().find(covering).copied()
    };
    terms.iter().map(coverer).collect()
}

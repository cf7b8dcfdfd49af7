//! Which patterns of one set are covered by patterns of another.

use std::collections::{BTreeMap, BTreeSet};

use crate::pattern::{Pattern, minimise};

/// For each of `some` that a pattern of `by` covers, that pattern. Linear in both but for nests of wildcards in `some`.
pub fn coverers<'p>(
    some: &BTreeSet<&'p Pattern>,
    by: &BTreeSet<&'p Pattern>,
) -> BTreeMap<&'p Pattern, &'p Pattern> {
    let mut found: BTreeMap<&Pattern, &Pattern> =
        some.intersection(by).map(|pattern| (*pattern, *pattern)).collect();
    let mut open: Vec<&Pattern> = some.difference(by).copied().collect();
    while !open.is_empty() {
        let all: Vec<&Pattern> = by.iter().copied().chain(open.iter().copied()).collect();
        let covered_by = minimise(&all);
        let mut doubtful = Vec::new();
        for (pattern, coverer) in open.iter().zip(covered_by.iter().skip(by.len())) {
            match coverer.and_then(|at| Some((at, *all.get(at)?))) {
                Some((at, coverer)) if at < by.len() => drop(found.insert(pattern, coverer)),
                // Another one of `some` covers it; whether one of `by` does as well is seen without that one.
                Some(_) => doubtful.push(*pattern),
                None => {}
            }
        }
        open = doubtful;
    }
    found
}

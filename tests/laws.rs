//! The laws that every list keeps, on made-up lists.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

#[path = "support/generate.rs"]
mod generate;
#[path = "support/near.rs"]
mod near;

use std::collections::{BTreeMap, BTreeSet};

use allowlistc::allowlist::{Allowlist, Entry, Product};
use allowlistc::diagnostic::Findings;
use allowlistc::lower::lower;
use allowlistc::normalise::normalise;
use allowlistc::origin::Origin;
use allowlistc::pattern::{
    Host, Path, Pattern, Request, Scheme, allows, covers, minimise, minimise_new, minimise_some,
    parse_address,
};
use allowlistc::profile;
use allowlistc::render::{RenderContext, render};
use allowlistc::rules::Rules;
use allowlistc::select::select;
use allowlistc::source::{Document, Row};
use allowlistc::target::{Registry, Settings};
use allowlistc::texts::Texts;
use proptest::prelude::*;
use proptest::sample::Index;

use near::pattern;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_printed_pattern_is_parsed_as_itself(pattern in pattern()) {
        // The spelling of a folder without its last slash is that of a file; the rules tell them apart.
        prop_assume!(!matches!(&pattern.path, Path::Folder(text) if !text.ends_with('/')));
        let printed = pattern.to_string();
        let parsed = match &pattern.host {
            // Networks are listed without a scheme.
            Host::Net(net) => parse_address(&net.to_string()),
            _ => parse_address(&printed),
        };
        let parsed = parsed.map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(&parsed.host, &pattern.host);
        if !matches!(pattern.host, Host::Net(_)) {
            prop_assert_eq!(&parsed.path, &pattern.path);
            prop_assert_eq!((parsed.scheme, parsed.port), (Some(pattern.scheme), Some(pattern.port)));
        }
    }

    #[test]
    fn a_pattern_covers_what_it_allows_more_of(p in pattern(), q in pattern()) {
        for (p, q) in [(&p, &q), (&q, &p), (&p, &p)] {
            let wrong = near::requests(&[p, q]).into_iter().find(|request| allows(q, request) && !allows(p, request));
            prop_assert_eq!(covers(p, q), wrong.is_none(), "{} {} {:?}", p, q, wrong);
        }
    }

    #[test]
    fn patterns_are_in_the_order_of_their_spelling(p in pattern(), q in pattern()) {
        let is_net = |host: &Host| matches!(host, Host::Net(_));
        if !is_net(&p.host) && !is_net(&q.host) && p.host != q.host {
            let by_spelling = p.host.to_string().cmp(&q.host.to_string());
            prop_assert_eq!(p.host.cmp(&q.host), by_spelling.then(p.host.shape().cmp(q.host.shape())));
        }
        prop_assert_eq!(p.cmp(&q), q.cmp(&p).reverse());
        prop_assert_eq!(p.cmp(&q).is_eq(), p == q);
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_list_is_minimised_alike_by_whoever_knows_a_part_of_it(
        old in prop::collection::btree_set(pattern(), 0..40),
        new in prop::collection::btree_set(pattern(), 0..20),
        odd in any::<u64>(),
    ) {
        let old: Vec<&Pattern> = old.iter().collect();
        let covered = minimise(&old);
        let standing = old.iter().zip(&covered).filter(|(_, by)| by.is_none()).map(|(pattern, _)| *pattern);
        let standing: BTreeSet<&Pattern> = standing.collect();
        let all: Vec<&Pattern> =
            standing.iter().copied().chain(&new).collect::<BTreeSet<&Pattern>>().into_iter().collect();
        prop_assert_eq!(minimise_new(&all, |at| !standing.contains(all[at])), minimise(&all));

        let part = |at: &usize| odd >> (at % 64) & 1 == 1;
        let part: Vec<usize> = (0..old.len()).filter(part).collect();
        let patterns: Vec<&Pattern> = part.iter().map(|at| old[*at]).collect();
        prop_assert_eq!(minimise_some(&patterns, |at| covered[part[at]].is_some()), minimise(&patterns));
    }

    #[test]
    fn a_pattern_is_covered_alike_whoever_else_is_asked_about(
        patterns in prop::collection::btree_set(pattern(), 20..80),
    ) {
        let patterns: Vec<Pattern> =
            patterns.into_iter().map(|pattern| Pattern { scheme: Scheme::Https, port: 443, ..pattern }).collect();
        let patterns: BTreeSet<&Pattern> = patterns.iter().collect();
        let patterns: Vec<&Pattern> = patterns.into_iter().collect();
        for (asked, coverer) in minimise(&patterns).into_iter().enumerate() {
            prop_assert_eq!(minimise_some(&patterns, |at| at == asked)[asked], coverer);
        }
    }

    #[test]
    fn what_is_left_out_is_covered_by_what_stays(patterns in prop::collection::btree_set(pattern(), 1..14)) {
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        let coverers = minimise(&patterns);
        prop_assert_eq!(coverers.len(), patterns.len());
        for (at, coverer) in coverers.iter().enumerate() {
            let slow = patterns.iter().enumerate().any(|(other, wide)| {
                other != at && covers(wide, patterns[at]) && (other < at || !covers(patterns[at], wide))
            });
            prop_assert_eq!(coverer.is_some(), slow, "{} of {:?}", patterns[at], patterns);
            if let Some(coverer) = coverer {
                prop_assert!(covers(patterns[*coverer], patterns[at]));
                prop_assert!(coverers[*coverer].is_none(), "the coverer of {} is covered itself", patterns[at]);
            }
        }
        let kept: Vec<&Pattern> =
            patterns.iter().zip(&coverers).filter(|(_, by)| by.is_none()).map(|(pattern, _)| *pattern).collect();
        for request in near::requests(&patterns) {
            prop_assert_eq!(one_allows(&kept, &request), one_allows(&patterns, &request), "{}", request);
        }
    }

    #[test]
    fn one_row_more_never_takes_a_request_away(
        entries in prop::collection::vec(entry(), 1..12),
        more in entry(),
    ) {
        let less = Allowlist::new(numbered(&entries));
        let all: Vec<Entry> = entries.into_iter().chain([more]).collect();
        let list = Allowlist::new(numbered(&all));
        for request in near::requests(&all.iter().map(|entry| &entry.pattern).collect::<Vec<_>>()) {
            for product in [Product::Allow, Product::Bypass, Product::Direct] {
                let (before, after) =
                    (product_allows(&less, product, &request), product_allows(&list, product, &request));
                prop_assert!(!before || after, "{:?} {}", product, request);
                let expected = all.iter().any(|entry| belongs(entry, product) && allows(&entry.pattern, &request));
                prop_assert_eq!(after, expected, "{:?} {}", product, request);
            }
        }
    }
}

fn one_allows(patterns: &[&Pattern], request: &Request) -> bool {
    patterns.iter().any(|pattern| allows(pattern, request))
}

fn belongs(entry: &Entry, product: Product) -> bool {
    match product {
        Product::Allow => true,
        Product::Bypass => entry.bypass,
        Product::Direct => entry.direct,
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    (pattern(), any::<bool>(), any::<bool>()).prop_map(|(pattern, bypass, direct)| Entry {
        pattern,
        required: None,
        services: Texts::default(),
        geographies: Texts::default(),
        categories: Texts::default(),
        origins: Vec::new(),
        bypass,
        direct,
        tag: None,
    })
}

/// The entries, each with a row of its own.
fn numbered(entries: &[Entry]) -> Vec<Entry> {
    let origin = |row| Origin { file: "list.xlsx".into(), sheet: "Commercial".into(), row };
    entries
        .iter()
        .zip(1..)
        .map(|(entry, row)| Entry { origins: vec![origin(row)], ..entry.clone() })
        .collect()
}

fn product_allows(list: &Allowlist, product: Product, request: &Request) -> bool {
    list.product(product).iter().any(|entry| allows(&entry.pattern, request))
}

/// Everything behind the reader.
struct Stages {
    profile: profile::Profile,
    rules: Rules,
    registry: Registry,
}

impl Stages {
    fn new() -> Self {
        let mut findings = Findings::default();
        let (profile, rules) =
            profile::parse("made.toml", generate::PROFILE, &[], Rules::shipped, &mut findings)
                .expect("a profile");
        Self { profile, rules, registry: Registry::shipped().expect("sound targets") }
    }

    fn list(&self, document: &Document) -> Allowlist {
        let mut findings = Findings::default();
        let selection = select(std::slice::from_ref(document), &self.profile, &self.rules, &mut findings);
        normalise(selection.kept, &self.rules, false, &mut findings).list
    }

    /// What a target is told, by its lists.
    fn told(&self, list: &Allowlist, name: &str) -> BTreeMap<String, Vec<Pattern>> {
        let target = self.registry.get(name).expect("a target");
        let plan = lower(list, target, &Settings::default(), "made", &mut Findings::default());
        let terms = plan.lists.iter().map(|(list, planned)| {
            let terms = planned.ports.iter().flat_map(|port| &port.terms);
            (list.clone(), terms.map(|term| term.pattern().clone()).collect())
        });
        terms.collect()
    }

    /// Path and text of every file of every target.
    fn files(&self, document: &Document) -> Vec<(String, String)> {
        let list = self.list(document);
        let mut files = Vec::new();
        for name in self.registry.names() {
            let target = self.registry.get(name).expect("a target");
            let mut findings = Findings::default();
            let plan = lower(&list, target, &Settings::default(), "made", &mut findings);
            for artifact in render(&plan, target, &RenderContext::default(), &mut findings) {
                let text = String::from_utf8(artifact.bytes).expect("text");
                files.push((format!("{name}/{}", artifact.path), text));
            }
        }
        files
    }
}

fn with_rows(rows: Vec<Row>) -> Document {
    let mut document = generate::document(0);
    document.tables[0].rows = rows;
    document
}

/// Another order of the same rows, each with the number of where it stands then.
fn shuffled(mut rows: Vec<Row>, order: u64) -> Vec<Row> {
    let numbers: Vec<u32> = rows.iter().map(|row| row.origin.row).collect();
    for at in (1..rows.len()).rev() {
        rows.swap(at, generate::mixed(at, order) % (at + 1));
    }
    for (row, number) in rows.iter_mut().zip(numbers) {
        row.origin.row = number;
    }
    rows
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn the_order_of_rows_changes_no_byte(rows in near::rows(), order in any::<u64>()) {
        let stages = Stages::new();
        let files = stages.files(&with_rows(rows.clone()));
        prop_assert!(!files.is_empty());
        prop_assert_eq!(files, stages.files(&with_rows(shuffled(rows, order))));
    }

    #[test]
    fn one_row_more_never_makes_a_target_refuse_a_request(rows in near::rows(), at in any::<Index>()) {
        let stages = Stages::new();
        let mut fewer = rows.clone();
        fewer.remove(at.index(rows.len()));
        let (list, less) = (stages.list(&with_rows(rows)), stages.list(&with_rows(fewer)));
        let patterns: Vec<&Pattern> = list.entries().iter().map(|entry| &entry.pattern).collect();
        let requests = near::requests(&patterns);
        for name in stages.registry.names() {
            let (before, after) = (stages.told(&less, name), stages.told(&list, name));
            for (part, told) in &before {
                for request in &requests {
                    let was = told.iter().any(|pattern| allows(pattern, request));
                    let is = after[part].iter().any(|pattern| allows(pattern, request));
                    prop_assert!(!was || is, "{} {} refuses {}", name, part, request);
                }
            }
        }
    }
}

/// Palo Alto cannot say `*a.x.com` and is told `a.x.com` and `*.a.x.com`; the name that it covered is told as well.
#[test]
fn what_a_narrowed_entry_covered_is_told_by_itself() {
    let stages = Stages::new();
    let mut rows = generate::document(2).tables.remove(0).rows;
    for (row, address) in rows.iter_mut().zip(["us-a.x.com", "*a.x.com"]) {
        row.address = address.into();
        row.port = Some(443);
    }
    let told = stages.told(&stages.list(&with_rows(rows)), "paloalto");
    let hosts: Vec<String> = told["allow"].iter().map(|pattern| pattern.host.to_string()).collect();
    assert_eq!(hosts, ["*.a.x.com", "a.x.com", "us-a.x.com"]);
}

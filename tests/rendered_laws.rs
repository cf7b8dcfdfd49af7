//! Laws of what is rendered, on made-up lists: files of every target, read back.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says so loudly"
)]

#[path = "support/generate.rs"]
mod generate;
#[allow(dead_code, reason = "literal lists only")]
#[path = "support/lists.rs"]
mod lists;
#[allow(dead_code, reason = "patterns only")]
#[path = "support/near.rs"]
mod near;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use allowlistc::allowlist::{Allowlist, Entry};
use allowlistc::diagnostic::{Findings, Severity};
use allowlistc::lower::{Loss, lower};
use allowlistc::pattern::{Pattern, Scheme};
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Axis, Effect, Registry, Settings, Target, Value};
use allowlistc::verify::read_back::Files;
use allowlistc::verify::{ListVerdict, Ruleset, Verdict, decide, expected, read_target, verify_target};
use proptest::prelude::*;

static TARGETS: LazyLock<Registry> = LazyLock::new(|| Registry::shipped().expect("sound targets"));

/// An entry of any shape, in any of the products. Clear text is on port 80 only: for other ports see the last test.
fn entry() -> impl Strategy<Value = Entry> {
    let pattern =
        near::pattern().prop_filter("odd port", |pattern| pattern.scheme == Scheme::of_port(pattern.port));
    (pattern, any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(pattern, inspected, direct)| {
        let bypass = !inspected && pattern.scheme == Scheme::Https;
        Entry { pattern, bypass, direct, ..lists::entry("login.contoso.com", 443, 1) }
    })
}

/// What a target makes of a list.
struct Made {
    options: BTreeMap<String, Value>,
    losses: Vec<Loss>,
    files: Vec<(String, Vec<u8>)>,
}

impl Made {
    fn new(target: &Target, list: &Allowlist) -> Self {
        let mut findings = Findings::default();
        let plan = lower(list, target, &Settings::default(), "law", &mut findings);
        let artifacts = render(&plan, target, &RenderContext::default(), &mut findings);
        assert!(!findings.has_errors(), "{} {findings:#?}", target.name);
        let files = artifacts.into_iter().map(|artifact| (artifact.path, artifact.bytes)).collect();
        Self { options: plan.options.clone(), losses: plan.losses.clone(), files }
    }

    /// The verdicts, and whatever speaks against the files.
    fn verdicts(&self, target: &Target, list: &Allowlist) -> (Vec<ListVerdict>, Vec<String>) {
        let mut findings = Findings::default();
        let verdicts = verify_target(
            list,
            target,
            &Files::from(&self.files[..]),
            &self.options,
            &self.losses,
            &mut findings,
        );
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        (verdicts, errors.map(|finding| finding.message.clone()).collect())
    }

    /// What the files say, by list.
    fn rulesets(&self, target: &Target) -> BTreeMap<String, Ruleset> {
        let files = Files::new(self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        let readings = read_target(target, &self.options, &files, &mut Findings::default());
        readings.into_iter().map(|reading| (reading.list, reading.ruleset.expect("it is read"))).collect()
    }
}

/// Whether other entries mean what the target says in place of one. On the other axes the pattern is the same, read as the
/// target reads it.
fn is_meant_anyway(list: &Allowlist, loss: &Loss) -> bool {
    let is_text = !matches!(loss.axis, Axis::Scheme | Axis::Apex | Axis::Depth);
    let entry = |pattern: &Pattern| {
        let entry = lists::entry("login.contoso.com", 443, 1);
        Entry { pattern: pattern.clone(), bypass: true, direct: true, ..entry }
    };
    let said = Allowlist::new(loss.after.iter().map(entry).collect());
    let [meant, said] = [list, &said].map(|list| expected(list, loss.product));
    is_text && loss.effect == Effect::Wider && decide(&meant, &said).wider.is_none()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_same_exactly_where_no_loss_is_recorded(entries in prop::collection::vec(entry(), 1..10)) {
        let list = Allowlist::new(entries);
        for name in TARGETS.names() {
            let target = TARGETS.get(name).unwrap();
            let made = Made::new(target, &list);
            let (verdicts, errors) = made.verdicts(target, &list);
            prop_assert!(errors.is_empty(), "{} {:#?}", name, errors);
            prop_assert!(!verdicts.is_empty());
            for verdict in verdicts {
                let of_list = || made.losses.iter().filter(|loss| loss.list == verdict.list);
                if let Verdict::Within(other) = &verdict.verdict {
                    // The other list holds all of this one, also what this one had to give up.
                    prop_assert!(*other != verdict.list && verdict.permitted_by.is_empty(), "{:?}", verdict);
                    continue;
                }
                let lost = of_list().any(|loss| !is_meant_anyway(&list, loss));
                let lists = &target.manifest_for(&made.options).lists;
                let besides = lists[&verdict.list].besides.as_ref();
                if !lost && made.losses.iter().any(|loss| Some(&loss.list) == besides) {
                    // What another list holds too much is held here as well, and what it lacks nobody misses here.
                    prop_assert!(verdict.verdict.narrower().is_none(), "{:?}", verdict);
                    continue;
                }
                prop_assert_eq!(verdict.verdict == Verdict::Same, !lost, "{:?} {:#?}", verdict, made.losses);
                prop_assert_eq!(verdict.permitted_by.is_empty(), !lost, "{:?}", verdict);
            }
        }
    }

    #[test]
    fn one_entry_more_never_makes_files_refuse_a_request(
        entries in prop::collection::vec(entry(), 1..8),
        more in entry(),
    ) {
        let fewer = Allowlist::new(entries.clone());
        let all = Allowlist::new(entries.into_iter().chain([more]).collect());
        for name in TARGETS.names() {
            let target = TARGETS.get(name).unwrap();
            let (before, after) = (Made::new(target, &fewer), Made::new(target, &all));
            let after = after.rulesets(target);
            for (list, before) in before.rulesets(target) {
                let refused = decide(&before, &after[&list]).narrower;
                prop_assert!(refused.is_none(), "{} {} refuses {:?}", name, list, refused);
            }
        }
    }
}

/// The end of a path cannot be said, and what stands below it is in the list by another entry.
#[test]
fn what_a_loss_adds_may_be_in_the_list_anyway() {
    let list = lists::list(&["*.x.com/p/q/* :80", "us-a.x.com/p/q :80"]);
    let made = Made::new(TARGETS.get("paloalto").unwrap(), &list);
    let (verdicts, _) = made.verdicts(TARGETS.get("paloalto").unwrap(), &list);
    assert_eq!((made.losses.len(), &verdicts[0].verdict), (1, &Verdict::Same));
    assert!(is_meant_anyway(&list, &made.losses[0]));
    let alone = lists::list(&["us-a.x.com/p/q :80"]);
    assert!(!is_meant_anyway(&alone, &made.losses[0]));
}

#[test]
fn a_loss_that_is_not_recorded_is_an_error() {
    let list = lists::list(&["*load.fabrikam.com"]);
    let target = TARGETS.get("paloalto").unwrap();
    let mut made = Made::new(target, &list);
    let (verdicts, errors) = made.verdicts(target, &list);
    assert!(errors.is_empty() && verdicts[0].verdict.narrower().is_some(), "{verdicts:?}");
    made.losses.clear();
    let (_, errors) = made.verdicts(target, &list);
    assert!(!errors.is_empty());
}

/// A rule of PAN-OS looks at the port and not at the scheme, so another port than 80 is taken for TLS.
#[test]
fn clear_text_on_an_odd_port_is_the_same_or_a_loss_or_refused() {
    let mut clear = lists::entry("login.contoso.com", 8080, 1);
    (clear.pattern.scheme, clear.bypass) = (Scheme::Http, false);
    let list = Allowlist::new(vec![clear]);
    for name in TARGETS.names() {
        let target = TARGETS.get(name).unwrap();
        let made = Made::new(target, &list);
        let (verdicts, errors) = made.verdicts(target, &list);
        let lost = made.losses.iter().any(|loss| loss.list == verdicts[0].list);
        let is_same = verdicts[0].verdict == Verdict::Same;
        assert!(!errors.is_empty() || is_same != lost, "{name} {verdicts:#?}");
    }
}

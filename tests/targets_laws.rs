//! Laws of lowering: what a target is told allows what the list allows, unless a loss says otherwise.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test stops at the first surprise")]

#[path = "support/lists.rs"]
mod lists;

use allowlistc::allowlist::{Allowlist, Entry, Product};
use allowlistc::diagnostic::Findings;
use allowlistc::lower::{Loss, Plan, lower};
use allowlistc::pattern::{Pattern, Request, Scheme, allows, covers};
use allowlistc::target::{Effect, Registry, Settings};
use proptest::prelude::*;

const HOSTS: &[&str] = &[
    "x.test.com",
    "a.x.test.com",
    "*.x.test.com",
    "*x.test.com",
    "*ax.test.com",
    "bax.test.com",
    "a-x.test.com",
    "acb.test.com",
    "a*b.test.com",
    "*.test.com",
    "*.blob.core.windows.net",
    "acc.blob.core.windows.net",
    "a*b.blob.core.windows.net",
    "20.1.0.0/16",
    "20.1.2.3",
];
const PATHS: &[&str] = &["", "", "", "/p/*", "/p/q", "/p/", "/p*"];

fn one_entry() -> impl Strategy<Value = String> {
    (0..HOSTS.len(), 0..PATHS.len(), any::<bool>()).prop_map(|(host, path, clear)| {
        let path = if HOSTS[host].starts_with("20.") { "" } else { PATHS[path] };
        format!("{}{path}{}", HOSTS[host], if clear { " :80" } else { "" })
    })
}

/// Requests on and just outside every edge of the hosts and paths above.
fn requests() -> Vec<Request> {
    let hosts = [
        "x.test.com",
        "a.x.test.com",
        "b.a.x.test.com",
        "yx.test.com",
        "test.com",
        "z.test.com",
        "ab.test.com",
        "a-b.test.com",
        "a.b.test.com",
        "blob.core.windows.net",
        "acc.blob.core.windows.net",
        "other.blob.core.windows.net",
        "a-b.blob.core.windows.net",
        "20.1.2.3",
        "10.2.0.1",
    ];
    let mut all = Vec::new();
    for host in hosts {
        for path in ["/", "/p", "/p/", "/p/q", "/p/q/r", "/pq", "/other"] {
            for (scheme, port) in [(Scheme::Http, 80), (Scheme::Https, 443)] {
                all.push(Request { scheme, host: host.to_owned(), port, path: path.to_owned() });
            }
        }
    }
    all
}

fn members(list: &Allowlist, product: Product) -> Vec<&Entry> {
    let mut entries = list.product(product);
    if product == Product::Bypass {
        entries.retain(|entry| entry.pattern.scheme == Scheme::Https);
    }
    entries
}

fn is_member(entry: &Entry, product: Product) -> bool {
    match product {
        Product::Allow => true,
        Product::Bypass => entry.bypass && entry.pattern.scheme == Scheme::Https,
        Product::Direct => entry.direct,
    }
}

fn told<'p>(plan: &'p Plan<'_>, list: &str) -> Vec<&'p Pattern> {
    plan.lists[list].ports.iter().flat_map(|port| &port.terms).map(allowlistc::lower::Term::pattern).collect()
}

fn check(list: &Allowlist) -> Result<(), TestCaseError> {
    let registry = Registry::shipped().unwrap();
    for name in registry.names() {
        let target = registry.get(name).unwrap();
        let mut findings = Findings::default();
        let plan = lower(list, target, &Settings::default(), "law", &mut findings);
        prop_assert!(!findings.has_errors(), "{name} {findings:?}");
        for (list_name, spec) in &target.manifest().lists {
            let entries = members(list, spec.product);
            let patterns = told(&plan, list_name);
            for (at, pattern) in patterns.iter().enumerate() {
                let covered =
                    patterns.iter().enumerate().any(|(other, wide)| other != at && covers(wide, pattern));
                prop_assert!(!covered, "{name} {list_name}: {pattern} is covered");
            }
            let losses: Vec<&Loss> = plan.losses.iter().filter(|loss| loss.list == *list_name).collect();
            // What the target can say alone is said, whatever became of an entry that covers it.
            for entry in list.entries().iter().filter(|entry| is_member(entry, spec.product)) {
                let alone = Allowlist::new(vec![entry.clone()]);
                let alone = lower(&alone, target, &Settings::default(), "law", &mut Findings::default());
                if alone.losses.iter().any(|loss| loss.list == *list_name) {
                    continue;
                }
                let said = patterns.iter().any(|pattern| covers(pattern, &entry.pattern));
                prop_assert!(said, "{name} {list_name} does not say {}", entry.pattern);
            }
            for request in requests() {
                let meant = entries.iter().any(|entry| allows(&entry.pattern, &request));
                let said = patterns.iter().any(|pattern| allows(pattern, &request));
                let wider = losses.iter().any(|loss| loss.effect == Effect::Wider);
                let given_up = |loss: &&Loss| loss.effect != Effect::Wider && allows(&loss.entry, &request);
                prop_assert!(
                    said || !meant || losses.iter().any(given_up),
                    "{name} {list_name} loses {request}"
                );
                prop_assert!(meant || !said || wider, "{name} {list_name} opens {request}");
                if said && !meant {
                    let admitted = losses.iter().filter(|loss| loss.effect == Effect::Wider).any(|loss| {
                        loss.emitted.iter().any(|text| text.contains(&*base_of(&loss.entry)))
                            && request.host.ends_with(&*base_of(&loss.entry))
                    });
                    prop_assert!(admitted, "{name} {list_name} opens {request} without saying so");
                }
            }
        }
    }
    Ok(())
}

/// The part of a host that no widening by itself gives up.
fn base_of(pattern: &Pattern) -> String {
    let text = pattern.host.to_string();
    text.rsplit_once('*').map_or(text.clone(), |(_, end)| end.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_target_is_told_is_what_the_list_means_or_a_loss(
        entries in prop::collection::vec(one_entry(), 1..12)
    ) {
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        check(&lists::list(&entries))?;
    }
}

#[test]
fn an_entry_given_up_leaves_those_that_it_covered() {
    let list = lists::list(&[
        "*download.example.org",
        "cdn-download.example.org",
        "*.download.example.org",
        "a.cdn-download.example.org",
        "*load.other.org",
        "*download.other.org",
        "cdn-download.other.org",
        "us*prod.example.net",
        "us1*prod.example.net",
        "us1prod.example.net",
        "us1-a*prod.example.net",
    ]);
    check(&list).unwrap();
    let registry = Registry::shipped().unwrap();
    let mut findings = Findings::default();
    let plan = lower(&list, registry.get("paloalto").unwrap(), &Settings::default(), "law", &mut findings);
    let said: Vec<String> = told(&plan, "allow").iter().map(|pattern| pattern.host.to_string()).collect();
    let expected = "*.download.example.org *.download.other.org *.load.other.org a.cdn-download.example.org \
                    cdn-download.example.org cdn-download.other.org download.example.org download.other.org \
                    load.other.org us1prod.example.net";
    assert_eq!(said.join(" "), expected);
}

#[test]
fn the_published_profiles_keep_the_law() {
    let _ = lists::tagged;
    for (name, list) in lists::published().unwrap_or_default() {
        check(&list).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

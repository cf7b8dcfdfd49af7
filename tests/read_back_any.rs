//! Readers of rendered files end with a ruleset or an error for any text, and soon.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says so loudly")]

#[allow(dead_code, reason = "no lists of others here")]
#[path = "support/lists.rs"]
mod lists;
#[allow(dead_code, reason = "files only")]
#[path = "support/targets.rs"]
mod targets;

use std::sync::LazyLock;

use allowlistc::diagnostic::Findings;
use allowlistc::verify::read_back::Files;
use allowlistc::verify::read_back::azure::{self, Azure};
use allowlistc::verify::read_back::pac::{self, Pac};
use allowlistc::verify::read_back::panos::{self, Ending, Panos};
use allowlistc::verify::read_back::squid;
use allowlistc::verify::{Ruleset, decide, is_allowed};
use proptest::prelude::*;
use targets::Built;

/// One file of every form, in its lines.
static TEXTS: LazyLock<Vec<(&'static str, Vec<String>)>> = LazyLock::new(|| {
    let list =
        lists::list(&["*.wns.windows.com", "login.live.com", "crl.microsoft.com/pki/* :80", "20.15.0.0/16"]);
    let pac = [("allow", "PROXY a:1"), ("no-inspect", "PROXY b:1")];
    let files = [("paloalto", "firewall.set"), ("paloalto", "firewall.xml"), ("azure", "allow.arm.json")];
    let more = [("azure", "allow.bicep"), ("azure", "terraform/allow.tf"), ("pac", "proxy.pac")];
    let lines = |(target, path): (&str, &'static str)| {
        let built = Built::new(target, list.clone(), if target == "pac" { &pac } else { &[] });
        (path, built.text(path).lines().map(str::to_owned).collect())
    };
    files.into_iter().chain(more).map(lines).collect()
});

/// Reads the text as every plane of every reader that may get it, and asks for a request.
fn read_all(path: &str, text: &str) {
    let files = Files::new([(path, text.as_bytes())]);
    let mut findings = Findings::default();
    let mut rulesets = Vec::new();
    for plane in [panos::Plane::Security, panos::Plane::Decryption] {
        let panos =
            Panos { entry: path, plane, ending: Ending::Unknown, inside: false, without_lists: Some("-edl") };
        rulesets.extend(panos::read(&files, &panos, &mut findings));
    }
    for plane in [azure::Plane::Access, azure::Plane::Inspection] {
        rulesets.extend(azure::read(&files, &Azure { paths: vec![path], plane }, &mut findings));
    }
    for plane in [pac::Plane::Allow, pac::Plane::Bypass, pac::Plane::Direct] {
        rulesets.extend(pac::read(
            &files,
            &Pac { path, plane, program: "", escaped_dots: true },
            &mut findings,
        ));
    }
    let request = allowlistc::pattern::Request {
        scheme: allowlistc::pattern::Scheme::Https,
        host: "login.live.com".into(),
        port: 443,
        path: "/".into(),
    };
    for ruleset in rulesets {
        let _ = is_allowed(&ruleset, &request);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_lines_in_any_order_with_any_text_between(
        form in 0..6_usize,
        lines in prop::collection::vec((0..200_usize, prop::option::of("[\\[\\]{}()\"'=:,;$<>&!/*#a-z0-9. \\\\-]{0,12}")), 0..60),
    ) {
        let (path, known) = &TEXTS[form];
        let text: Vec<String> = lines
            .into_iter()
            .map(|(at, other)| other.unwrap_or_else(|| known[at % known.len()].clone()))
            .collect();
        read_all(path, &text.join("\n"));
    }

    #[test]
    fn of_a_file_with_a_few_bytes_changed(
        form in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}()\"'=:,;$<>&!/*#a-z0-9. \\\\\n-]{0,3}"), 1..6),
    ) {
        let (path, known) = &TEXTS[form];
        let mut text = known.join("\n");
        for (at, other) in changes {
            let at = at.index(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                text.replace_range(at..=at, &other);
            }
        }
        read_all(path, &text);
    }
}

#[test]
fn of_long_and_deep_texts() {
    let many = |text: &str| text.repeat(50_000);
    let long_name =
        format!("<a><entry name=\"{}\">{}</entry></a>", "n".repeat(1_000_000), "<b/>".repeat(50_000));
    for text in [
        many("["),
        many("{"),
        many("a {\n"),
        many("a=["),
        many("<a>"),
        many("<a/>"),
        many("\""),
        many("a-"),
        many("\"a\" "),
        many("set a [ b "),
        many("delete a\n"),
        many("set a b\n"),
        many("/*"),
        many("(("),
        many("\n"),
        many("resource a 'b' = {\n"),
        many("MDE[\"allow http:80\"] = {};\n"),
        format!("var MDE = {{}};\n{}\nfunction ", many("MDE[\"a\"]")),
        long_name,
        format!("resource \"x\" {}", many("\"a\" ")),
        format!("set {} [ {} ]", many("a "), many("b ")),
    ] {
        let start = std::time::Instant::now();
        for path in ["a.set", "a.json", "a.bicep", "a.tf", "a.pac"] {
            read_all(path, &text);
        }
        let start_of_it: String = text.chars().take(20).collect();
        // What grows with the square of a text takes minutes.
        assert!(start.elapsed().as_secs() < 60, "`{start_of_it}` took {:?}", start.elapsed());
    }
}

/// Expressions that are deep, that grow when they are spelled out, or that are many, and files that name each other.
#[test]
fn of_squid_files_that_come_to_more_than_they_say() {
    let many = |text: &str| text.repeat(50_000);
    let acl =
        |kind: &str, value: &str| format!("acl x {kind} {value}\nacl p port 443\nhttp_access allow p x\n");
    let mut texts = vec![
        many("include a\n"),
        "acl x dstdomain \"b\"\n".repeat(2_000),
        many("a\\\n"),
        many("acl x port 1-9\n"),
    ];
    for kind in ["dstdom_regex -n", "urlpath_regex"] {
        for value in [
            format!("{}{}", many("("), many(")")),
            format!("{}a{}", many("(a|"), many(")")),
            format!("a{}", "{1,200}".repeat(5_000)),
            format!("{}a{}", "(".repeat(200), "{9})".repeat(200)),
            "(((a{9,99}){9,99}){9,99}){9,99}".to_owned(),
            format!("^{}$", many("(a|b)?")),
            many("[^.]*a"),
            "(a|b)*a(a|b){60}".to_owned(),
            (0..60).fold(String::new(), |text, n| text + &format!("a.*{n} ")),
        ] {
            texts.push(acl(kind, &value));
        }
    }
    let big = many("a.example.com\n");
    for text in texts {
        let files = Files::new([("a", text.as_bytes()), ("b", big.as_bytes())]);
        let start = std::time::Instant::now();
        let squid = squid::Squid { entry: "a", plane: squid::Plane::Access, clients: &[], redirected: None };
        if let Ok(ruleset) = squid::read(&files, &squid, &mut Findings::default()) {
            let _ = decide(&Ruleset::default(), &ruleset);
        }
        let start_of_it: String = text.chars().take(60).collect();
        assert!(start.elapsed().as_secs() < 60, "`{start_of_it}` took {:?}", start.elapsed());
    }
}

//! The three forms of an Azure Firewall policy mean the same, and any change of them shows.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test says so loudly"
)]

#[path = "support/lists.rs"]
mod lists;
#[path = "support/targets.rs"]
mod targets;

use allowlistc::allowlist::{Allowlist, Entry, Product};
use allowlistc::diagnostic::Findings;
use allowlistc::pattern::{Path, Pattern, Request, Scheme};
use allowlistc::verify::read_back::azure::{Azure, Plane, read};
use allowlistc::verify::read_back::{Files, ReadError};
use allowlistc::verify::{Ruleset, decide, is_allowed, match_request};
use targets::Built;

const FORMS: [&str; 3] = [".json", ".bicep", ".tf"];

fn paths<'f>(files: &'f [(String, Vec<u8>)], form: &str) -> Vec<&'f str> {
    files.iter().map(|(path, _)| path.as_str()).filter(|path| path.ends_with(form)).collect()
}

fn ruleset(files: &[(String, Vec<u8>)], form: &str, plane: Plane) -> Result<Ruleset, ReadError> {
    let azure = Azure { paths: paths(files, form), plane };
    let files = Files::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    read(&files, &azure, &mut Findings::default())
}

fn every_shape() -> Allowlist {
    lists::list(&[
        "*.wns.windows.com",
        "login.live.com",
        "~login.live.com :80",
        "*.update.microsoft.com",
        "*.update.microsoft.com :80",
        "*download.windowsupdate.com :80",
        "crl.microsoft.com/pki/crl/* :80",
        "www.microsoft.com/download/symbols :80",
        "www.microsoft.com/security/encyclopedia/adlpackages.aspx :80",
        "20.15.141.0/24",
        "20.15.0.0/16 :80",
        "2603:1000::/24",
    ])
}

/// The vendor's own sentence: a target URL without an ending slash takes the same with one as well.
fn with_ending_slashes(list: &Allowlist) -> Allowlist {
    let mut entries = list.entries().to_vec();
    for entry in list.entries() {
        if let (Path::Exact(path), Scheme::Http) = (&entry.pattern.path, entry.pattern.scheme) {
            let path = Path::Exact(format!("{path}/").into());
            entries.push(Entry { pattern: Pattern { path, ..entry.pattern.clone() }, ..entry.clone() });
        }
    }
    Allowlist::new(entries)
}

#[test]
fn every_form_means_the_list_with_its_recorded_losses() {
    for (name, list) in lists::published_and(every_shape()) {
        for sku in ["premium", "standard"] {
            let built = Built::new("azure", list.clone(), &[("sku", sku)]);
            let planned = if sku == "premium" {
                Built {
                    list: with_ending_slashes(&list),
                    ..Built::new("azure", list.clone(), &[("sku", sku)])
                }
            } else {
                Built::new("azure", list.clone(), &[("sku", sku)])
            };
            let planned = planned.planned(Product::Allow, "allow");
            for form in FORMS {
                let actual = ruleset(&built.files, form, Plane::Access).unwrap();
                let difference = decide(&planned, &actual);
                assert!(difference.is_none(), "{name} {sku} {form} {difference:?}");
            }
            // No rule decrypts, so whatever is allowed inside TLS is left alone.
            let left_alone = ruleset(&built.files, ".json", Plane::Inspection).unwrap();
            for form in FORMS {
                let actual = ruleset(&built.files, form, Plane::Inspection).unwrap();
                assert!(decide(&left_alone, &actual).is_none(), "{name} {sku} {form}");
                let bypass = decide(&built.planned(Product::Bypass, "allow"), &actual);
                assert_eq!(bypass.narrower, None, "{name} {sku} {form}");
            }
        }
    }
}

#[test]
fn tags_are_compared_by_their_names() {
    let list = lists::tagged(&["20.15.141.0/24", "20.15.142.0/24"], "MicrosoftDefenderForEndpoint", "FW");
    let built = Built::new("azure", list, &[]);
    let of = |form| ruleset(&built.files, form, Plane::Access).unwrap();
    for form in FORMS {
        assert!(decide(&of(".json"), &of(form)).is_none(), "{form}");
        let tag = Request {
            scheme: Scheme::Https,
            host: "tag:MicrosoftDefenderForEndpoint".into(),
            port: 443,
            path: "/".into(),
        };
        assert!(is_allowed(&of(form), &tag), "{form}");
        assert!(!is_allowed(&of(form), &Request { host: "20.15.141.1".into(), ..tag }), "{form}");
    }
}

/// The samples as the tool builds them, with networks and tags.
#[test]
fn the_forms_of_every_sample_mean_the_same() {
    for sample in ["contoso-eu", "fabrikam-gcc-high", "northwind-streamlined"] {
        let out = tempfile::tempdir().unwrap();
        let profile = format!("{}/samples/{sample}/profile.toml", env!("CARGO_MANIFEST_DIR"));
        let built = std::process::Command::new(env!("CARGO_BIN_EXE_allowlistc"))
            .args(["build", &profile, "--target", "azure", "--out"])
            .arg(out.path())
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let mut files = Vec::new();
        for folder in ["azure", "azure/terraform"] {
            for file in std::fs::read_dir(out.path().join(folder)).unwrap().map(Result::unwrap) {
                if file.path().is_file() {
                    let path = format!("{folder}/{}", file.file_name().to_string_lossy());
                    files.push((path, std::fs::read(file.path()).unwrap()));
                }
            }
        }
        files.sort();
        let arm = ruleset(&files, ".json", Plane::Access).unwrap();
        assert!(!arm.rules().is_empty());
        for form in FORMS {
            let actual = ruleset(&files, form, Plane::Access).unwrap();
            assert!(decide(&arm, &actual).is_none(), "{sample} {form}");
        }
    }
}

#[test]
fn any_change_of_a_line_changes_the_decision() {
    let built = Built::new("azure", every_shape(), &[]);
    let planned = Built { list: with_ending_slashes(&built.list), ..Built::new("azure", every_shape(), &[]) };
    let planned = planned.planned(Product::Allow, "allow");
    let mut tried = 0;
    for (form, quote) in [(".json", '"'), (".bicep", '\''), (".tf", '"')] {
        for path in paths(&built.files, form).into_iter().filter(|path| !path.contains("variables")) {
            let text = built.text(path);
            for (at, line) in text.lines().enumerate() {
                let entry = line.trim().trim_end_matches(',');
                let is_entry = entry.starts_with(quote)
                    && entry.ends_with(quote)
                    && entry.contains('.')
                    && !entry.contains("10.0.0.0")
                    && !entry.contains(": ");
                // `h/p/*` needs a token; `h/p` and `h/p/` overlap with nothing else.
                let mut changed = vec![
                    line.replacen("\"Allow\"", "\"Deny\"", 1),
                    line.replacen("'Allow'", "'Deny'", 1),
                    line.replacen("terminateTLS", "terminatesTLS", 1),
                    line.replacen("\"443\"", "\"444\"", 1),
                    line.replacen("'80'", "'81'", 1),
                    line.replacen("port: 443", "port: 442", 1),
                    line.replacen("\"port\": 80", "\"port\": 81", 1),
                    line.replacen("port = 80", "port = 81", 1),
                    line.replacen("Https\"", "Http\"", 1),
                ];
                if is_entry {
                    changed.push(String::new());
                    changed.push(line.replacen("*.", "*", 1));
                    changed.push(line.replacen("login.", "*.", 1));
                    changed.push(line.replacen("windows", "window", 1));
                    changed.push(line.replacen("/24", "/23", 1));
                    changed.push(line.replacen("/*", "*", 1));
                }
                for changed in
                    changed.into_iter().filter(|changed| changed != line && !line.contains("resources\""))
                {
                    let lines: Vec<&str> = text
                        .lines()
                        .enumerate()
                        .map(|(n, l)| if n == at { changed.as_str() } else { l })
                        .collect();
                    let mut files = built.files.clone();
                    files
                        .iter_mut()
                        .filter(|(known, _)| known == path)
                        .for_each(|(_, bytes)| *bytes = lines.join("\n").into());
                    let seen = ruleset(&files, form, Plane::Access)
                        .map_or(true, |actual| !decide(&planned, &actual).is_none());
                    assert!(seen, "{path}: `{line}` to `{changed}`");
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} changes, each seen");
}

const BICEP: &str = "@description('x')\nparam names array = [\n  'a.org', '*.b.org' /* c */\n]\nvar p = 443\n\
resource g 'Microsoft.Network/firewallPolicies/ruleCollectionGroups@2024-05-01' = {\n  name: 'x/y'\n  properties: {\n\
    priority: 200\n    ruleCollections: [\n      {\n        ruleCollectionType: 'FirewallPolicyFilterRuleCollection'\n\
        name: 'n'\n        priority: 300\n        action: { type: 'Allow' }\n        rules: [\n          {\n\
            ruleType: 'ApplicationRule'\n            name: 'r'\n            sourceAddresses: [ '*' ]\n\
            protocols: [ { protocolType: 'Https', port: p } ]\n            targetFqdns: names\n            terminateTLS: false\n\
          }\n        ]\n      }\n    ]\n  }\n}\noutput o string = 'x'\n";

fn of_text(path: &str, text: &str, plane: Plane) -> Ruleset {
    ruleset(&[(path.to_owned(), text.into())], path.rsplit_once('.').unwrap().1, plane).unwrap()
}

fn https(host: &str) -> Request {
    Request { scheme: Scheme::Https, host: host.into(), port: 443, path: "/".into() }
}

#[test]
fn names_are_followed_and_whatever_is_computed_is_undecided() {
    let plain = of_text("a.bicep", BICEP, Plane::Access);
    assert!(plain.undecided().is_empty(), "{:?}", plain.undecided());
    assert_eq!(
        match_request(&plain, &https("x.b.org")).map(|(_, line)| line.to_string()),
        Some("a.bicep:17".into())
    );
    assert!(!is_allowed(&plain, &https("b.org")));
    for (from, to) in [
        ("targetFqdns: names", "targetFqdns: [for n in names: n]"),
        ("targetFqdns: names", "targetFqdns: concat(names, names)"),
        ("targetFqdns: names", "targetFqdns: ['${p}.org']"),
        ("targetFqdns: names", "targetFqdns: names\n            webCategories: ['x']"),
        ("param names array = [\n  'a.org', '*.b.org' /* c */\n]", "param names array"),
        ("resource g", "module m 'x.bicep' = { }\nresource g"),
        ("= {\n  name: 'x/y'", "= if (true) {\n  name: 'x/y'"),
        ("'NatRule'", "''"),
        ("priority: 300", "priority: 99"),
        ("terminateTLS: false", "terminateTLS: p"),
        ("'Allow'", "'Perhaps'"),
        ("sourceAddresses: [ '*' ]", ""),
    ] {
        let text = BICEP.replace(from, to);
        if text != BICEP {
            assert!(!of_text("a.bicep", &text, Plane::Access).undecided().is_empty(), "{to}");
        }
    }
    for (from, to) in [("[ '*' ]", "[ '*'"), ("'n'", "'n"), ("var p = 443", "var p = 443 }")] {
        let files = [("a.bicep".to_owned(), BICEP.replace(from, to).into())];
        assert!(ruleset(&files, ".bicep", Plane::Access).is_err(), "{to}");
    }
}

#[test]
fn what_is_decrypted_is_not_left_alone_and_priorities_decide() {
    let inspects = BICEP.replace("terminateTLS: false", "terminateTLS: true");
    assert!(is_allowed(&of_text("a.bicep", &inspects, Plane::Access), &https("a.org")));
    assert!(!is_allowed(&of_text("a.bicep", &inspects, Plane::Inspection), &https("a.org")));
    assert!(is_allowed(&of_text("a.bicep", BICEP, Plane::Inspection), &https("a.org")));
    let second = |priority: &str| {
        let denies = BICEP.replace("'Allow'", "'Deny'").replace("priority: 200", priority);
        format!("{BICEP}{}", denies.replace("resource g", "resource h"))
    };
    for (priority, expected) in [("priority: 150", false), ("priority: 250", true)] {
        assert_eq!(
            is_allowed(&of_text("a.bicep", &second(priority), Plane::Access), &https("a.org")),
            expected
        );
    }
}

#[test]
fn hostile_texts_end_in_errors() {
    for end in [".json", ".bicep", ".tf"] {
        for text in [
            "[".repeat(100_000),
            "{a:".repeat(100_000),
            "a {\n".repeat(1000),
            "'".into(),
            "\"\\u12".into(),
            "/*".into(),
            "resource".into(),
            "}".into(),
        ] {
            let _ = ruleset(&[(format!("a{end}"), text.into())], end, Plane::Access);
        }
    }
}

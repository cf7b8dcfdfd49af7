//! PAN-OS set commands, XML and list files mean the same, and any change of them shows.

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

use allowlistc::allowlist::{Allowlist, Product};
use allowlistc::diagnostic::Findings;
use allowlistc::pattern::{Request, Scheme};
use allowlistc::verify::read_back::Files;
use allowlistc::verify::read_back::panos::{Ending, Panos, Plane, read, statements};
use allowlistc::verify::{Ruleset, decide, is_allowed, match_request};
use targets::Built;

const FORMS: [&str; 4] = ["firewall.set", "firewall.xml", "panorama.set", "panorama.xml"];

fn panos(entry: &str, plane: Plane) -> Panos<'_> {
    Panos { entry, plane, ending: Ending::Unknown, inside: false, without_lists: None }
}

fn ruleset(files: &Files<'_>, panos: &Panos<'_>) -> Ruleset {
    let mut findings = Findings::default();
    let ruleset = read(files, panos, &mut findings).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    ruleset
}

fn every_shape() -> Allowlist {
    lists::list(&[
        "!*.wns.windows.com",
        "login.live.com",
        "~login.live.com :80",
        "*.update.microsoft.com",
        "*.update.microsoft.com :80",
        "*download.windowsupdate.com :80",
        "crl.microsoft.com/pki/crl/* :80",
        "www.microsoft.com/security/encyclopedia/adlpackages.aspx :80",
        "20.15.141.0/24",
        "20.15.0.0/16 :80",
        "2603:1000::/24",
    ])
}

#[test]
fn every_form_means_the_list_with_its_recorded_losses() {
    for (name, list) in lists::published_and(every_shape()) {
        for edl in [None, Some(("edl-url", "https://lists.example.com/mde"))] {
            let options: Vec<(&str, &str)> = edl.into_iter().collect();
            let built = Built::new("paloalto", list.clone(), &options);
            for (plane, product, of) in
                [(Plane::Security, Product::Allow, "allow"), (Plane::Decryption, Product::Bypass, "bypass")]
            {
                let planned = built.planned(product, of);
                for form in FORMS {
                    let mut panos = panos(form, plane);
                    let difference = decide(&planned, &ruleset(&built.files(), &panos));
                    assert!(difference.is_none(), "{name} {form} {of} {difference:?}");
                    panos.without_lists = Some("-edl");
                    let difference = decide(&planned, &ruleset(&built.files(), &panos));
                    assert!(difference.is_none(), "{name} {form} {of} categories {difference:?}");
                }
            }
        }
    }
}

#[test]
fn commands_and_xml_make_the_same_objects() {
    for (name, list) in lists::published_and(every_shape()) {
        for options in [vec![], vec![("edl-url", "https://lists.example.com/mde")]] {
            let built = Built::new("paloalto", list.clone(), &options);
            for on in ["firewall", "panorama"] {
                let of = |end: &str| statements(&built.files(), &format!("{on}.{end}")).unwrap();
                assert_eq!(of("set"), of("xml"), "{name} {on}");
            }
        }
    }
}

#[test]
fn any_change_of_an_entry_or_a_rule_changes_the_decision() {
    let mut tried = 0;
    for options in [vec![], vec![("edl-url", "https://lists.example.com/mde")]] {
        let built = Built::new("paloalto", every_shape(), &options);
        for form in ["firewall.set", "firewall.xml"] {
            let text = built.text(form);
            let ends = |line: &str, end: &str| line.trim_end_matches("</member>").ends_with(end);
            for (at, line) in text.lines().enumerate() {
                let is_entry = line.contains("list ") || line.starts_with("<member>");
                let counts = line.contains("-tcp-") || line.contains("action") || is_entry;
                if !counts
                    || line.contains("external-list")
                    || line.contains("load config")
                    || line.starts_with(['#', ' '])
                {
                    continue;
                }
                let mut changed = vec![
                    line.replacen("allow</action>", "deny</action>", 1),
                    line.replacen("action allow", "action deny", 1),
                    line.replacen("no-decrypt</action>", "decrypt</action>", 1),
                    line.replacen("action no-decrypt", "action decrypt", 1),
                    line.replacen("<port>443", "<port>444", 1),
                    line.replacen("port 80", "port 81", 1),
                    line.replacen("*.", "", 1),
                    line.replacen("login.", "*.", 1),
                    line.replacen("windows", "window", 1),
                ];
                if is_entry && !ends(line, "/*") {
                    changed.push(String::new());
                }
                // With external lists the categories are the spare ones.
                let without_lists = (is_entry && !options.is_empty()).then_some("-edl");
                for changed in changed.into_iter().filter(|changed| changed != line) {
                    let lines: Vec<&str> =
                        text.lines().enumerate().map(|(n, l)| if n == at { &changed } else { l }).collect();
                    let mutated = lines.join("\n");
                    let seen = [
                        (Plane::Security, Product::Allow, "allow"),
                        (Plane::Decryption, Product::Bypass, "bypass"),
                    ]
                    .into_iter()
                    .any(|(plane, product, of)| {
                        let files = built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
                        let files = Files::new(files.chain([(form, mutated.as_bytes())]));
                        let panos = Panos { without_lists, ..panos(form, plane) };
                        let actual = read(&files, &panos, &mut Findings::default());
                        actual.is_err()
                            || actual
                                .is_ok_and(|actual| !decide(&built.planned(product, of), &actual).is_none())
                    });
                    assert!(seen, "{form}: `{line}` to `{changed}`");
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} changes, each seen");
}

fn of_text(text: &str, plane: Plane) -> Ruleset {
    let files = Files::new([("c", text.as_bytes()), ("b.txt", b"x.org/\n".as_slice())]);
    let panos = Panos { ending: Ending::Appended, ..panos("c", plane) };
    read(&files, &panos, &mut Findings::default()).unwrap()
}

fn request(host: &str, port: u16) -> Request {
    Request { scheme: Scheme::of_port(port), host: host.into(), port, path: "/".into() }
}

const RULE: &str = "set rulebase security rules r from any\nset rulebase security rules r to any\n\
    set rulebase security rules r source any\nset rulebase security rules r application any\n";

#[test]
fn rules_of_other_hands_are_followed_or_undecided() {
    let base = format!(
        "{RULE}set rulebase security rules r category [ c d ]\nset rulebase security rules r service [ service-http g ]\n\
         set rulebase security rules r destination any\nset rulebase security rules r action allow\n\
         set profiles custom-url-category c type \"URL List\"\nset profiles custom-url-category c list a.org\n\
         set shared external-list d type url url https://h/b.txt?x=1\n\
         set service-group g members [ s service-https ]\nset service s protocol tcp port 8443-8444,9000\n"
    );
    let ruleset = of_text(&base, Plane::Security);
    assert!(ruleset.undecided().is_empty(), "{:?}", ruleset.undecided());
    for (host, port, expected) in [
        ("a.org", 80, true),
        ("a.org", 443, true),
        ("x.org", 8444, true),
        ("a.org", 9000, true),
        ("a.org", 8080, true),
        ("a.org", 81, false),
        ("b.org", 443, false),
    ] {
        assert_eq!(is_allowed(&ruleset, &request(host, port)), expected, "{host} {port}");
    }
    let (_, line) = match_request(&ruleset, &request("a.org", 80)).unwrap();
    assert_eq!(line.to_string(), "c:1");
    for open in [
        "set rulebase security rules r application ssl",
        "set rulebase security rules r schedule night",
        "set rulebase security rules r category adult",
        "set rulebase security rules r destination US",
        "set rulebase security rules r source-user jane",
        "copy a to b",
        "set device-group x rulebase security rules q action allow",
    ] {
        let text = if open.contains("application") {
            base.replace("r application any", "r application ssl")
        } else if open.contains("destination") {
            base.replace("r destination any", "r destination US")
        } else {
            format!("{base}{open}\n")
        };
        assert!(!of_text(&text, Plane::Security).undecided().is_empty(), "{open}");
    }
    let denied = format!(
        "{base}{}set rulebase security rules q destination 10.0.0.1-10.0.0.2\nset rulebase security rules q service any\n\
         set rulebase security rules q action deny\nmove rulebase security rules q top\n",
        RULE.replace(" r ", " q ")
    );
    let ruleset = of_text(&denied, Plane::Security);
    assert!(ruleset.undecided().is_empty(), "{:?}", ruleset.undecided());
    assert_eq!(match_request(&ruleset, &request("10.0.0.2", 443)).map(|(_, line)| line.line), Some(14));
    assert_eq!(match_request(&ruleset, &request("10.0.0.3", 443)), None);
}

#[test]
fn an_exclusion_is_one_label_deep_and_comes_before_all_rules() {
    let text = "set shared ssl-decrypt ssl-exclude-cert *.a.org exclude yes\n\
                set shared ssl-decrypt ssl-exclude-cert b.org exclude no\n";
    let ruleset = of_text(text, Plane::Decryption);
    assert!(is_allowed(&ruleset, &request("x.a.org", 443)));
    for host in ["x.y.a.org", "a.org", "b.org"] {
        assert!(!is_allowed(&ruleset, &request(host, 443)), "{host}");
    }
}

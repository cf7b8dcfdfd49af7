//! Rendered files read back: the verdict is `same` where no loss was recorded, and any change of a file shows.

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

use std::collections::{BTreeMap, BTreeSet};

use allowlistc::allowlist::{Allowlist, Product};
use allowlistc::diagnostic::{Code, Findings, Place, Severity};
use allowlistc::lower::{Loss, lower};
use allowlistc::pattern::{Scheme, allows};
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Registry, Settings, Target, Value};
use allowlistc::verify::read_back::Files;
use allowlistc::verify::read_back::azure::{self, Azure, Plane};
use allowlistc::verify::{ListVerdict, Verdict, decide, expected, verify_target};

use lists::{list, published, tagged};

struct Built {
    target: Target,
    list: Allowlist,
    options: BTreeMap<String, Value>,
    losses: Vec<Loss>,
    files: Vec<(String, Vec<u8>)>,
}

impl Built {
    fn verify(&self) -> (Vec<ListVerdict>, Findings) {
        self.verify_files(&self.files)
    }

    fn verify_files(&self, files: &[(String, Vec<u8>)]) -> (Vec<ListVerdict>, Findings) {
        let mut findings = Findings::default();
        let verdicts = verify_target(
            &self.list,
            &self.target,
            &files.into(),
            &self.options,
            &self.losses,
            &mut findings,
        );
        (verdicts, findings)
    }

    fn text(&self, path: &str) -> String {
        let (_, bytes) = self.files.iter().find(|(known, _)| known == path).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }

    fn with(&self, path: &str, text: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = self.files.clone();
        files.iter_mut().filter(|(known, _)| known == path).for_each(|(_, bytes)| *bytes = text.into());
        files
    }
}

fn build(target: &Target, list: Allowlist, settings: &Settings) -> Built {
    let mut findings = Findings::default();
    let plan = lower(&list, target, settings, "test", &mut findings);
    let context = RenderContext { profile: "test".into(), sources: Vec::new(), tool_version: "0.1.0".into() };
    let artifacts = render(&plan, target, &context, &mut findings);
    assert!(!findings.has_errors(), "{findings:#?}");
    let (options, losses) = (plan.options.clone(), plan.losses.clone());
    let files = artifacts.into_iter().map(|artifact| (artifact.path, artifact.bytes)).collect();
    Built { target: target.clone(), list, options, losses, files }
}

fn shipped(name: &str) -> Target {
    Registry::shipped().unwrap().get(name).unwrap().clone()
}

fn settings(options: &[(&str, Value)]) -> Settings {
    let place = Place::line("profile.toml", 1);
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (value.clone(), place.clone())));
    Settings { options: options.collect(), permits: BTreeMap::new(), ..Settings::default() }
}

fn errors(findings: &Findings) -> Vec<String> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{}: {}", finding.code.as_str(), finding.message)).collect()
}

/// Every host shape, paths on clear text and inside TLS, overlaps and networks.
fn every_shape() -> Allowlist {
    list(&[
        "!*.wns.windows.com",
        "login.live.com",
        "login.live.com :80",
        "*.update.microsoft.com",
        "*.update.microsoft.com :80",
        "*download.windowsupdate.com",
        "*download.windowsupdate.com :80",
        "au.download.windowsupdate.com :80",
        "ussus*eastprod.blob.core.windows.net",
        "crl.microsoft.com/pki/crl/* :80",
        "www.microsoft.com/pkiops/* :80",
        "www.microsoft.com/security/encyclopedia/adlpackages.aspx :80",
        "*.blob.core.windows.net/networkscannerstable/* :80",
        "msdl.microsoft.com/download/symbols",
        "20.15.141.0/24",
        "20.15.0.0/16 :80",
        "2603:1000::/24",
    ])
}

#[test]
fn what_squid_renders_of_every_shape_is_the_same_but_for_its_losses() {
    for flavour in ["explicit", "interception"] {
        for decrypted in [false, true] {
            let options = [("flavour", Value::Text(flavour.into())), ("decrypted", Value::Flag(decrypted))];
            let built = build(&shipped("squid"), every_shape(), &settings(&options));
            let (verdicts, findings) = built.verify();
            assert!(errors(&findings).is_empty(), "{flavour} {decrypted} {:#?}", errors(&findings));
            assert_eq!(verdicts.len(), if decrypted { 3 } else { 2 });
            for verdict in &verdicts {
                let witness = verdict.verdict.wider().unwrap_or_else(|| panic!("{verdict:?}")).to_string();
                assert_eq!(witness, "https://msdl.microsoft.com/", "{flavour} {}", verdict.list);
                assert_eq!(verdict.permitted_by, ["targets/squid/target.toml"]);
            }
        }
    }
}

#[test]
fn published_profiles_are_the_same_where_nothing_was_lost() {
    let registry = Registry::shipped().unwrap();
    let Some(profiles) = published() else { return };
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for (profile, allowlist) in &profiles {
        for name in registry.names() {
            let built = build(registry.get(name).unwrap(), allowlist.clone(), &Settings::default());
            let (verdicts, findings) = built.verify();
            assert!(errors(&findings).is_empty(), "{profile} {name} {:#?}", errors(&findings));
            for verdict in verdicts {
                let lost = built.losses.iter().any(|loss| loss.list == verdict.list);
                // One proxy for both is the default of PAC files.
                let is_within = verdict.verdict == Verdict::Within("allow".into());
                let is_one_proxy = name == "pac" && verdict.list == "bypass";
                assert_eq!(is_within, is_one_proxy && verdict.verdict.narrower().is_none(), "{verdict:?}");
                if is_within {
                    continue;
                }
                let is_same = verdict.verdict == Verdict::Same;
                assert_eq!(is_same, !lost, "{profile} {name} {verdict:?}");
                assert_eq!(verdict.permitted_by.is_empty(), is_same);
                let entries = built.list.entries().iter().filter(|entry| match verdict.product {
                    Product::Allow => true,
                    Product::Bypass => entry.bypass,
                    Product::Direct => entry.direct,
                });
                let meant = |request| entries.clone().any(|entry| allows(&entry.pattern, request));
                assert!(verdict.verdict.wider().is_none_or(|request| !meant(request)));
                assert!(verdict.verdict.narrower().is_none_or(meant));
                *counts.entry((format!("{name} {}", verdict.list), verdict.verdict.as_str())).or_default() +=
                    1;
            }
        }
    }
    println!("{counts:#?}");
}

/// Drops, widens or changes one line, in each way that applies to it.
fn mutations(line: &str) -> Vec<String> {
    let mut changed = Vec::new();
    // `h/p/` says what `h/p/*` says and a little more, so the second can go.
    if !line.ends_with("/*") {
        changed.push(String::new());
    }
    let (before, entry) = line.rsplit_once(' ').map_or(("", line), |(before, entry)| (before, entry));
    let put = |entry: String| if before.is_empty() { entry } else { format!("{before} {entry}") };
    if entry.bytes().any(|byte| byte.is_ascii_alphabetic()) && !entry.contains('"') {
        changed.push(put(entry.replacen(|c: char| c.is_ascii_lowercase(), "q", 1)));
    }
    changed.extend(entry.strip_prefix('.').map(|rest| put(rest.to_owned())));
    changed.extend(entry.strip_suffix('$').map(|rest| put(rest.to_owned())));
    changed.extend(entry.strip_prefix('^').map(|rest| put(rest.to_owned())));
    changed.extend(entry.strip_prefix("*.").map(|rest| put(rest.to_owned())));
    changed.extend(entry.starts_with('!').then(|| before.to_owned()));
    changed.push(line.replacen(" allow ", " deny ", 1));
    changed.push(line.replacen(" splice ", " bump ", 1));
    changed.retain(|changed| changed != line);
    changed
}

/// Lines that say nothing of destinations: changing them need not change the verdict.
fn decides(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#') && !line.contains(" src ") && !line.starts_with("acl mde_dots")
}

/// Lines that name a host of the list, other than comments and what is told beside the rules.
fn names_a_host<'n>(line: &str, names: &[&'n str]) -> Option<&'n str> {
    let start = line.trim_start();
    let is_told = ["#", "//", "<!--"].iter().any(|mark| start.starts_with(mark)) || line.contains("://");
    names.iter().copied().find(|name| line.contains(name)).filter(|_| !is_told)
}

/// The line without its entry, with another one, and with wider ones.
fn other_entries(line: &str, name: &str) -> Vec<String> {
    let wider = name.split_once('.').map_or(name, |(_, parent)| parent);
    let mut changed = vec![
        String::new(),
        line.replacen(name, &format!("q{}", name.get(1..).unwrap_or_default()), 1),
        line.replacen(name, wider, 1),
        line.replacen(&format!("*.{name}"), name, 1),
    ];
    changed.retain(|changed| changed != line);
    changed
}

/// Files with none of the list's hosts.
const WITHOUT_HOSTS: [&str; 2] = ["terraform/variables.tf", "bypass.conf"];

#[test]
fn another_entry_in_any_file_of_any_target_changes_the_verdict() {
    let names = ["wns.windows.com", "login.live.com", "crl.microsoft.com", "update.microsoft.com"];
    let entries = list(&[
        "!*.wns.windows.com",
        "login.live.com",
        "crl.microsoft.com/pki/crl/* :80",
        "*.update.microsoft.com :80",
    ]);
    let mut tried = 0;
    let registry = Registry::shipped().unwrap();
    let routes = [("allow", "PROXY a:1"), ("no-inspect", "PROXY b:1"), ("default", "PROXY c:1")]
        .map(|(key, route)| (key, Value::Text(route.into())));
    for name in registry.names() {
        let options = if name == "pac" { settings(&routes) } else { Settings::default() };
        let built = build(&shipped(name), entries.clone(), &options);
        let (honest, findings) = built.verify();
        assert!(!findings.has_errors(), "{name} {findings:#?}");
        for (path, _) in &built.files {
            let text = built.text(path);
            let mut of_file = 0;
            for (at, line) in text.lines().enumerate() {
                let Some(host) = names_a_host(line, &names) else { continue };
                // A table further down is asked only for what no table above has.
                if name == "pac"
                    && text.lines().take(at).any(|above| above.trim_matches(',') == line.trim_matches(','))
                {
                    continue;
                }
                for changed in other_entries(line, host) {
                    // `h/p/` says what `h/p/*` says and a little more, so the second can go.
                    if name == "paloalto" && changed.is_empty() && line.contains("/*") {
                        continue;
                    }
                    let lines: Vec<&str> = text
                        .lines()
                        .enumerate()
                        .map(|(n, l)| if n == at { changed.as_str() } else { l })
                        .collect();
                    let (verdicts, findings) =
                        built.verify_files(&built.with(path, &(lines.join("\n") + "\n")));
                    let shows = verdicts != honest && findings.has_errors();
                    assert!(shows, "{name} {path}: `{line}` to `{changed}` went unseen");
                    of_file += 1;
                }
            }
            assert!(of_file > 0 || WITHOUT_HOSTS.contains(&path.as_str()), "{name} {path} has no entry");
            tried += of_file;
        }
    }
    println!("{tried} changes of one entry, each seen");
}

#[test]
fn any_change_of_a_line_changes_the_verdict() {
    let mut tried = 0;
    for name in ["squid", "paloalto"] {
        let built = build(&shipped(name), every_shape(), &Settings::default());
        let (honest, _) = built.verify();
        for (path, _) in &built.files {
            if !["txt", "conf"].iter().any(|end| path.ends_with(end)) {
                continue;
            }
            let text = built.text(path);
            for (at, line) in text.lines().enumerate().filter(|(_, line)| decides(line)) {
                for changed in mutations(line) {
                    let lines: Vec<&str> = text
                        .lines()
                        .enumerate()
                        .map(|(n, l)| if n == at { changed.as_str() } else { l })
                        .collect();
                    let (verdicts, findings) = built.verify_files(&built.with(path, &lines.join("\n")));
                    tried += 1;
                    let shows = verdicts != honest || findings.has_errors();
                    assert!(shows, "{name} {path}: `{line}` to `{changed}` went unseen");
                    assert!(findings.has_errors(), "{name} {path}: `{line}` to `{changed}`: {verdicts:?}");
                }
            }
        }
    }
    println!("{tried} changes of one line, each seen");
}

/// Forms of a list beside its first one are compared with it first, so a change in one of them alone must show.
#[test]
fn any_change_of_an_entry_in_any_form_changes_the_verdict() {
    let names =
        ["login.live.com", "wns.windows.com", "crl.microsoft.com/pki/crl/", "20.15.141.0", "2603:1000::"];
    let mut tried = 0;
    for name in ["paloalto", "azure"] {
        let built = build(&shipped(name), every_shape(), &Settings::default());
        assert!(!built.verify().1.has_errors());
        for (path, _) in &built.files {
            if !["set", "xml", "json", "bicep", "tf"].iter().any(|end| path.ends_with(end)) {
                continue;
            }
            let text = built.text(path);
            let lines: Vec<&str> = text.lines().collect();
            for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.contains("://")) {
                let Some(entry) = names.iter().find(|entry| line.contains(**entry)) else { continue };
                let other = line.replace(entry, &entry.replacen(['l', 'w', '2'], "3", 1));
                let mut changes = vec![other.clone()];
                // `h/p/` says what `h/p/*` says and a little more, so the second can go.
                if !line.contains("/*") {
                    changes.push(String::new());
                }
                // An address more may be an object that no rule names.
                if !entry.starts_with('2') {
                    changes.push(format!("{line}\n{other}"));
                }
                for changed in changes {
                    let mut lines = lines.clone();
                    lines[at] = &changed;
                    let (_, findings) = built.verify_files(&built.with(path, &lines.join("\n")));
                    tried += 1;
                    assert!(findings.has_errors(), "{name} {path}: `{line}` to `{changed}` went unseen");
                }
            }
        }
    }
    assert!(tried > 50, "{tried}");
}

/// Every rule of every form says that it inspects nothing; none may say otherwise, of clear text either.
#[test]
fn a_rule_of_any_form_that_inspects_is_an_error() {
    let built = build(&shipped("azure"), every_shape(), &Settings::default());
    assert!(!built.verify().1.has_errors());
    for (path, says, other) in [
        ("allow.arm.json", "\"terminateTLS\": false", "\"terminateTLS\": true"),
        ("allow.bicep", "terminateTLS: false", "terminateTLS: true"),
        ("terraform/allow.tf", "terminate_tls = false", "terminate_tls = true"),
    ] {
        let text = built.text(path);
        let places: Vec<usize> = text.match_indices(says).map(|(at, _)| at).collect();
        assert!(places.len() > 2, "{path}: {places:?}");
        for at in places {
            let changed = format!("{}{other}{}", &text[..at], &text[at + says.len()..]);
            let (verdicts, findings) = built.verify_files(&built.with(path, &changed));
            assert!(findings.has_errors(), "{path} at {at}");
            assert!(verdicts.iter().any(|verdict| !verdict.unpermitted.is_empty()), "{path} at {at}");
        }
    }
}

/// What was found when `path` says `to` in place of `from`.
fn edited(built: &Built, path: &str, from: &str, to: &str) -> Vec<String> {
    let text = built.text(path);
    assert!(text.contains(from), "{path} has no `{from}`");
    let (verdicts, findings) = built.verify_files(&built.with(path, &text.replacen(from, to, 1)));
    let errors = errors(&findings);
    let shows = verdicts.iter().any(|verdict| !verdict.unpermitted.is_empty());
    assert_eq!(shows, errors.iter().any(|error| error.starts_with("setting-differs")), "{errors:?}");
    errors
}

#[test]
fn a_route_that_is_not_the_profiles_is_an_error_that_names_both() {
    let routes = [
        ("allow", "PROXY a:1", "allow: \"PROXY a:1\""),
        ("no-inspect", "PROXY b:1", "bypass: \"PROXY b:1\""),
        ("direct", "PROXY d:1", "direct: \"PROXY d:1\""),
        ("default", "PROXY c:1", "MDE_DEFAULT = \"PROXY c:1\""),
    ];
    let options = routes.map(|(option, route, _)| (option, Value::Text(route.into())));
    let built = build(&shipped("pac"), every_shape(), &settings(&options));
    let (_, findings) = built.verify();
    assert!(!findings.has_errors(), "{:#?}", errors(&findings));
    for path in ["proxy.pac", "wpad.dat"] {
        for (option, route, says) in routes {
            for other in ["DIRECT", "PROXY evil.example:1", &format!("{route}; DIRECT"), ""] {
                let found = edited(&built, path, says, &says.replace(route, other));
                let names = |error: &String| {
                    let is_option = error.ends_with(&format!("and `{route}` by option `{option}`"));
                    is_option && error.contains(&format!("is `{other}` by {path}"))
                };
                assert!(found.iter().any(names), "{path} {option} {other}: {found:#?}");
            }
        }
        // A route that is gone is no route.
        let gone = edited(&built, path, "direct: \"PROXY d:1\", ", "");
        assert!(gone.iter().any(|error| error.contains("option `direct`")), "{gone:#?}");
    }
}

#[test]
fn a_spare_category_beside_an_external_list_is_compared_as_well() {
    let options = [("edl-url", Value::Text("https://lists.contoso.com/mde".into()))];
    let built = build(&shipped("paloalto"), every_shape(), &settings(&options));
    let (honest, findings) = built.verify();
    assert!(!findings.has_errors(), "{:#?}", errors(&findings));
    for path in ["firewall.set", "firewall.xml", "panorama.set", "panorama.xml"] {
        let text = built.text(path);
        let spare: Vec<&str> = text.lines().filter(|line| line.contains("login.live.com/")).collect();
        assert!(spare.len() > 1, "{path} {spare:?}");
        for line in spare {
            for to in ["", "*.com/", "login.live.net/"] {
                let changed = if to.is_empty() { String::new() } else { line.replace("login.live.com/", to) };
                let files = built.with(path, &text.replacen(line, &changed, 1));
                let (verdicts, findings) = built.verify_files(&files);
                assert!(findings.has_errors() && verdicts != honest, "{path}: `{line}` to `{changed}`");
            }
        }
    }
    // Without external lists the categories are the lists, and are read once.
    let plain = build(&shipped("paloalto"), every_shape(), &Settings::default()).verify().0;
    assert_eq!(plain.len() + 8, honest.len());
}

#[test]
fn a_list_that_is_taken_from_another_place_is_an_error_that_names_both() {
    let url = "https://lists.contoso.com/mde";
    let panos =
        build(&shipped("paloalto"), every_shape(), &settings(&[("edl-url", Value::Text(url.into()))]));
    let squid = build(&shipped("squid"), every_shape(), &Settings::default());
    let folder = "/etc/squid/allowlist";
    let every = |built: &Built, path: &str, place: &str, others: [&str; 4]| {
        assert!(!built.verify().1.has_errors(), "{:#?}", errors(&built.verify().1));
        let text = built.text(path);
        // In comments stands the place alone.
        let file = format!("{place}/");
        let lines = text.lines().filter(|line| line.contains(&file) && !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        assert!(lines.len() > 3, "{path}: {lines:?}");
        for line in lines {
            for other in others {
                let found = edited(built, path, line, &line.replace(place, other));
                let is_told = |error: &String| error.contains(&format!("{other}` by {path}:"));
                assert!(found.iter().any(is_told), "{path} `{line}` to {other}: {found:#?}");
            }
        }
    };
    for path in ["firewall.set", "firewall.xml", "panorama.set", "panorama.xml"] {
        let others = [
            "https://evil.example/mde",
            "http://lists.contoso.com/mde",
            "https://lists.contoso.com",
            "https://lists.contoso.com/mde/old",
        ];
        every(&panos, path, url, others);
    }
    for path in ["allow.conf", "bypass.conf"] {
        every(
            &squid,
            path,
            folder,
            ["/tmp", "/etc/squid", "/etc/squid/allowlist/old", "/etc/Squid/allowlist"],
        );
    }
}

#[test]
fn rules_for_other_clients_than_the_profiles_are_an_error() {
    let networks = || Value::List(vec!["10.1.0.0/16".into(), "10.2.0.0/16".into()]);
    let own = build(&shipped("squid"), every_shape(), &Settings::default());
    let squid = build(&shipped("squid"), every_shape(), &settings(&[("clients", networks())]));
    let azure = build(&shipped("azure"), every_shape(), &settings(&[("source-addresses", networks())]));
    for built in [&own, &squid, &azure] {
        assert!(!built.verify().1.has_errors(), "{:#?}", errors(&built.verify().1));
    }
    let rule = "http_access allow localnet mde_connect mde_443 mde_443_exact";
    let net = "acl mde_clients src 10.2.0.0/16\n";
    let arm = "\"sourceAddresses\": \"[parameters('sourceAddresses')]\"";
    for (built, path, from, to) in [
        (&own, "allow.conf", rule, "http_access allow all mde_connect mde_443 mde_443_exact"),
        (&own, "allow.conf", rule, "http_access allow mde_connect mde_443 mde_443_exact"),
        (&own, "allow.conf", rule, &format!("acl localnet src 10.0.0.0/8\n{rule}")),
        (
            &own,
            "allow.conf",
            rule,
            &format!("acl x src 10.9.0.0/16\n{}", rule.replace("localnet", "localnet x")),
        ),
        (&squid, "allow.conf", net, "acl mde_clients src all\n"),
        (&squid, "allow.conf", net, "acl mde_clients src 10.2.0.0/15\n"),
        (&squid, "allow.conf", net, ""),
        (&squid, "allow.conf", net, &format!("{net}acl mde_clients src 0.0.0.0/0\n")),
        (&azure, "allow.arm.json", arm, "\"sourceAddresses\": [\"*\"]"),
        (&azure, "allow.arm.json", arm, "\"sourceIpGroups\": [\"/all\"]"),
        (&azure, "allow.arm.json", "\"10.2.0.0/16\"", "\"0.0.0.0/0\""),
        (&azure, "allow.bicep", "sourceAddresses: sourceAddresses", "sourceAddresses: ['*']"),
        (&azure, "allow.bicep", "'10.2.0.0/16'", "'0.0.0.0/0'"),
        (
            &azure,
            "terraform/allow.tf",
            "source_addresses = var.source_addresses",
            "source_addresses = [\"*\"]",
        ),
        (&azure, "terraform/variables.tf", "\"10.2.0.0/16\",", ""),
        (&azure, "terraform/variables.tf", "\"10.2.0.0/16\"", "\"0.0.0.0/0\""),
        (
            &azure,
            "terraform/variables.tf",
            "default = [\n    \"10.1.0.0/16\",\n    \"10.2.0.0/16\",\n  ]\n",
            "",
        ),
    ] {
        let found = edited(built, path, from, to);
        assert!(found.iter().any(|error| error.contains(": the clients")), "{path} {to}: {found:#?}");
    }
    for empty in ["", "# nothing\n"] {
        let (_, findings) = azure.verify_files(&azure.with("terraform/variables.tf", empty));
        assert!(findings.has_errors());
    }
    // The same networks in other words are the same.
    let turned = squid.text("allow.conf").replace(net, "acl mde_clients src 10.2.3.0/16\n");
    assert!(!squid.verify_files(&squid.with("allow.conf", &turned)).1.has_errors());
}

/// What is exempt from inspection is so for all clients of the proxy: no option narrows it.
#[test]
fn an_exemption_for_some_clients_alone_is_an_error() {
    for flavour in ["explicit", "interception"] {
        let options = [("flavour", Value::Text(flavour.into()))];
        let built = build(&shipped("squid"), every_shape(), &settings(&options));
        assert!(!built.verify().1.has_errors(), "{:#?}", errors(&built.verify().1));
        let text = built.text("bypass.conf");
        let rules: Vec<&str> = text.lines().filter(|line| line.starts_with("ssl_bump splice ")).collect();
        assert!(rules.len() > 3, "{text}");
        for rule in rules {
            for (before, who, value) in [
                ("acl guests src 10.9.0.0/16\n", "guests", "`10.9.0.0/16`"),
                ("", "localnet", "`localnet`"),
                ("acl a src 10.1.0.0/16\nacl b src 10.2.0.0/16\n", "a b", "`ssl_bump splice a b "),
            ] {
                let other = format!("{before}{}", rule.replace(" splice ", &format!(" splice {who} ")));
                let found = edited(&built, "bypass.conf", rule, &other);
                let is_told = |error: &String| {
                    error.contains(&format!("the clients is {value}"))
                        && error.ends_with("and `all` in every rule that is rendered")
                };
                assert!(found.iter().any(is_told), "{flavour} {other}: {found:#?}");
            }
        }
    }
}

/// Palo Alto's rules are for the addresses that come from the zone of the devices, whatever they are.
#[test]
fn rules_for_some_source_addresses_alone_are_an_error() {
    let urls = [("edl-url", Value::Text("https://lists.contoso.com/mde".into()))];
    for options in [settings(&[]), settings(&urls)] {
        let built = build(&shipped("paloalto"), every_shape(), &options);
        assert!(!built.verify().1.has_errors(), "{:#?}", errors(&built.verify().1));
        for path in ["firewall.set", "firewall.xml", "panorama.set", "panorama.xml"] {
            let text = built.text(path);
            let lines: BTreeSet<&str> = text
                .lines()
                .filter(|line| line.ends_with(" source any") || line.contains("<source>"))
                .collect();
            assert!(lines.len() > 1, "{path}");
            for line in lines {
                for other in ["10.9.0.0/16", "guests"] {
                    let changed = line.replace("source any", &format!("source {other}"));
                    let from = "<source><member>any</member>";
                    let changed = changed.replace(from, &format!("<source><member>{other}</member>"));
                    let found = edited(&built, path, line, &changed);
                    let is_told = |error: &String| {
                        error.contains(&format!("the clients is `{other}` by {path}:"))
                            && error.ends_with("and `any` in every rule that is rendered")
                    };
                    assert!(found.iter().any(is_told), "{path} `{changed}`: {found:#?}");
                    // One more beside it.
                    let from = "<source><member>any</member>";
                    let more = line.replace(from, &format!("{from}<member>{other}</member>"));
                    let more = if more == line { format!("{line}\n{changed}") } else { more };
                    assert!(!edited(&built, path, line, &more).is_empty(), "{path} `{more}`");
                }
            }
        }
    }
}

#[test]
fn what_files_say_of_fetching_scope_and_order_is_the_profiles() {
    let options = [
        ("edl-url", "https://lists.contoso.com/mde"),
        ("edl-certificate-profile", "edl-ca"),
        ("device-group", "branches"),
    ];
    let options = options.map(|(option, text)| (option, Value::Text(text.into())));
    let palo = build(&shipped("paloalto"), every_shape(), &settings(&options));
    let azure = build(&shipped("azure"), every_shape(), &settings(&[("priority", Value::Integer(700))]));
    for built in [&palo, &azure] {
        assert!(!built.verify().1.has_errors(), "{:#?}", errors(&built.verify().1));
    }
    let certificate = "set external-list mde-allow-443-edl type url certificate-profile edl-ca\n";
    let schedule = "set external-list mde-allow-443-edl type url recurring hourly\n";
    let group = "<device-group><entry name=\"branches\">";
    let moved = "move rulebase decryption rules mde-no-decrypt-443 top\n";
    for (built, path, from, to, told) in [
        (&palo, "firewall.set", certificate, "", "is nothing by firewall.set"),
        (
            &palo,
            "firewall.set",
            certificate,
            &certificate.replace("edl-ca", "none"),
            "and `edl-ca` by option",
        ),
        (&palo, "firewall.set", schedule, "", "and `hourly` in every rule"),
        (
            &palo,
            "firewall.xml",
            "<certificate-profile>edl-ca</certificate-profile>",
            "",
            "and `edl-ca` by option",
        ),
        (
            &palo,
            "firewall.xml",
            "<recurring><hourly/>",
            "<recurring><monthly/>",
            "and `hourly` in every rule",
        ),
        (
            &palo,
            "firewall.xml",
            "<entry name=\"vsys1\">",
            "<entry name=\"vsys2\">",
            "and `vsys1` in every rule",
        ),
        (&palo, "panorama.xml", group, &group.replace("branches", "all"), "and `branches` by option"),
        (&palo, "firewall.set", moved, "", "is `bottom` by firewall.set"),
        (&palo, "firewall.set", moved, &moved.replace(" top", " bottom"), "and `top` in every rule"),
        (&azure, "allow.arm.json", "\"priority\": 700", "\"priority\": 900", "is `900` by allow.arm.json"),
        (&azure, "allow.bicep", "priority: 700", "priority: 600", "and `700` by option `priority`"),
        (&azure, "terraform/allow.tf", "priority           = 700", "priority = 701", "and `700` by option"),
    ] {
        let found = edited(built, path, from, to);
        assert!(found.iter().any(|error| error.contains(told)), "{path} {to}: {found:#?}");
    }
}

#[test]
fn a_rule_that_only_some_firewalls_of_panorama_get_is_never_the_same() {
    let built = build(&shipped("paloalto"), every_shape(), &Settings::default());
    let text = built.text("panorama.set");
    let rule = text.lines().find(|line| line.contains("mde-allow-443 action allow")).unwrap();
    let target = |what: &str| rule.replace("action allow", &format!("target {what}"));
    for (what, is_told) in [("negate no", false), ("devices 007", true), ("negate yes", true)] {
        let changed = text.replace(rule, &format!("{rule}\n{}", target(what)));
        let (_, findings) = built.verify_files(&built.with("panorama.set", &changed));
        assert_eq!(
            errors(&findings).iter().any(|error| error.contains("`target` is not followed")),
            is_told,
            "{what}"
        );
    }
}

#[test]
fn rules_for_other_zones_than_the_profiles_are_an_error() {
    let zones = [("source-zone", "lan"), ("destination-zone", "wan")];
    let options = zones.map(|(option, zone)| (option, Value::Text(zone.into())));
    let built = build(&shipped("paloalto"), every_shape(), &settings(&options));
    assert!(!built.verify().1.has_errors(), "{:#?}", errors(&built.verify().1));
    for path in ["firewall.set", "firewall.xml", "panorama.set", "panorama.xml"] {
        let text = built.text(path);
        for (option, zone) in zones {
            let of_rule =
                |line: &&str| line.ends_with(&format!(" {zone}")) || line.contains(&format!(">{zone}<"));
            let lines: BTreeSet<&str> = text.lines().filter(of_rule).collect();
            assert!(!lines.is_empty(), "{path}");
            for line in lines {
                let found = edited(&built, path, line, &line.replacen(zone, "any", 1));
                let is_told = |error: &String| error.ends_with(&format!("and `{zone}` by option `{option}`"));
                assert!(found.iter().any(is_told), "{path} `{line}`: {found:#?}");
            }
        }
    }
}

#[test]
fn an_exemption_by_one_of_two_names_is_an_error() {
    let built = build(&shipped("squid"), list(&["*.wns.windows.com"]), &Settings::default());
    let text = built.text("bypass.conf");
    for word in [" mde_b443_name_sub !mde_b443_name_apex", " mde_b443_host_sub !mde_b443_host_apex"] {
        assert!(text.contains(word), "{text}");
        let (verdicts, findings) = built.verify_files(&built.with("bypass.conf", &text.replace(word, "")));
        assert_eq!(verdicts.last().unwrap().verdict, Verdict::Same);
        assert!(findings.iter().any(|finding| finding.code == Code::VerdictUnpermitted), "{findings:?}");
    }
}

#[test]
fn a_raw_list_of_cells_in_an_acl_names_what_is_missing() {
    let mut built =
        build(&shipped("squid"), list(&["*.wns.windows.com", "login.live.com"]), &Settings::default());
    let conf = "acl x dstdomain -n *.wns.windows.com login.live.com\nacl p port 443\nhttp_access allow CONNECT p x\n";
    built.files = vec![("allow.conf".into(), conf.into()), ("bypass.conf".into(), Vec::new())];
    let (verdicts, findings) = built.verify();
    assert_eq!(
        verdicts.first().unwrap().verdict.narrower().unwrap().to_string(),
        "https://a.wns.windows.com/"
    );
    assert!(findings.iter().any(|finding| finding.code == Code::EntryNeverMatches));
}

#[test]
fn rules_that_are_not_followed_leave_the_verdict_open() {
    let built = build(&shipped("squid"), list(&["login.live.com"]), &Settings::default());
    let text =
        format!("acl late time MTWHF 18:00-20:00\nhttp_access deny late\n{}", built.text("allow.conf"));
    let (verdicts, findings) = built.verify_files(&built.with("allow.conf", &text));
    assert!(matches!(verdicts.first().unwrap().verdict, Verdict::Undecided(_)));
    assert!(findings.iter().any(|finding| finding.code == Code::VerifyUndecided));
    let text = format!("acl here localport 3128\nhttp_access deny here\n{}", built.text("allow.conf"));
    let (verdicts, _) = built.verify_files(&built.with("allow.conf", &text));
    assert!(matches!(verdicts.first().unwrap().verdict, Verdict::Undecided(_)));
}

/// Redirected connections go to the port of the service, so that a rule for another one lets none of them in.
#[test]
fn a_first_step_for_another_port_lets_nothing_pass() {
    let redirected = settings(&[("flavour", Value::Text("interception".into()))]);
    let built = build(&shipped("squid"), list(&["login.live.com"]), &redirected);
    let conf = built.text("allow.conf");
    assert!(conf.contains("\nacl mde_443_redirected localport 443\n"), "{conf}");
    assert_eq!(built.verify().0.first().unwrap().verdict, Verdict::Same);
    let text = conf.replace("localport 443", "localport 3128");
    let (verdicts, _) = built.verify_files(&built.with("allow.conf", &text));
    assert_ne!(verdicts.first().unwrap().verdict, Verdict::Same);
}

#[test]
fn what_stops_squid_or_empties_an_acl_is_told() {
    let built =
        build(&shipped("squid"), list(&["*.wns.windows.com", "login.live.com"]), &Settings::default());
    let conf = built.text("allow.conf");
    let told = |files: &[(String, Vec<u8>)], code| {
        let (_, findings) = built.verify_files(files);
        assert!(findings.has_errors());
        assert!(findings.iter().any(|finding| finding.code == code), "{findings:?}");
    };
    let overlap = format!("{conf}acl mde_443_sub dstdomain -n .windows.com\n");
    told(&built.with("allow.conf", &overlap), Code::AclOverlap);
    told(&built.with("allow.conf", &conf.replacen("_connect", "_tunnel", 1)), Code::ReadBackFailed);
    let mut files = built.files.clone();
    files.retain(|(path, _)| path != "allow-443-apex.txt");
    told(&files, Code::ListFileMissing);
}

#[test]
fn a_folder_without_the_acl_against_dots_is_told() {
    let built = build(&shipped("squid"), list(&["crl.microsoft.com/pki/crl/* :80"]), &Settings::default());
    let text = built.text("allow.conf").replace(" !mde_dots", "");
    let (_, findings) = built.verify_files(&built.with("allow.conf", &text));
    let told = findings.iter().find(|finding| finding.code == Code::VerdictUnpermitted).unwrap();
    assert!(told.message.contains("`http://crl.microsoft.com/pki/crl/../a`"), "{}", told.message);
}

#[test]
fn what_a_narrowed_entry_covered_is_still_expected() {
    let entries = list(&["*download.windowsupdate.com", "xdownload.windowsupdate.com"]);
    let built = build(&shipped("paloalto"), entries, &Settings::default());
    let (verdicts, findings) = built.verify();
    assert!(errors(&findings).is_empty(), "{:?}", errors(&findings));
    let witness = verdicts.first().unwrap().verdict.narrower().unwrap();
    assert_eq!(witness.to_string(), "https://adownload.windowsupdate.com/");
    let text = built.text("allow-443.txt").replace("xdownload.windowsupdate.com/\n", "");
    let (_, findings) = built.verify_files(&built.with("allow-443.txt", &text));
    assert!(errors(&findings).iter().any(|error| error.contains("`https://xdownload.windowsupdate.com/`")));
}

#[test]
fn an_arm_template_means_the_list_but_for_a_slash_behind_a_path() {
    let entries = |path: &str| {
        list(&[
            "*.wns.windows.com",
            "login.live.com",
            "*download.windowsupdate.com :80",
            "crl.microsoft.com/pki/crl/* :80",
            "20.15.141.0/24",
            path,
        ])
    };
    let read = |built: &Built| {
        let files = Files::new(built.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        let mut findings = Findings::default();
        let actual = azure::read(
            &files,
            &Azure { paths: vec!["allow.arm.json"], plane: Plane::Access },
            &mut findings,
        )
        .unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        decide(&expected(&built.list, Product::Allow), &actual)
    };
    let below = build(&shipped("azure"), entries("www.microsoft.com/pkiops/* :80"), &Settings::default());
    assert!(read(&below).is_none(), "{:?}", read(&below));
    // A URL without a star takes the same path with a slash behind it.
    let exact = build(&shipped("azure"), entries("www.microsoft.com/a.aspx :80"), &Settings::default());
    let difference = read(&exact);
    assert_eq!(difference.wider.unwrap().to_string(), "http://www.microsoft.com/a.aspx/");
    assert_eq!(difference.narrower, None);
    let tags = tagged(&["20.15.141.0/24", "20.8.195.0/24"], "MicrosoftDefenderForEndpoint", "FW");
    let built = build(&shipped("azure"), tags, &Settings::default());
    let difference = read(&built);
    assert_eq!(difference.wider.unwrap().host, "tag:MicrosoftDefenderForEndpoint");
    assert_eq!(difference.narrower.unwrap().host, "20.8.195.0");
}

#[test]
fn two_schemes_on_one_port_are_read_back_apart() {
    let rows =
        [(Scheme::Http, "a.example.org"), (Scheme::Https, "b.example.org"), (Scheme::Https, "20.2.0.0/16")];
    let entry = |(row, (scheme, address)): (u32, (Scheme, &str))| {
        let mut entry = lists::entry(address, 8080, row);
        entry.pattern.scheme = scheme;
        entry.bypass = scheme == Scheme::Https;
        entry
    };
    let list = Allowlist::new((1..).zip(rows).map(entry).collect());
    let built = build(&shipped("squid"), list.clone(), &Settings::default());
    let (verdicts, findings) = built.verify();
    assert!(errors(&findings).is_empty(), "{findings:#?}");
    assert!(!verdicts.is_empty() && verdicts.iter().all(|v| v.verdict == Verdict::Same), "{verdicts:#?}");
    // PAN-OS rules do not look at the scheme: both pass, and each entry says so.
    let built = build(&shipped("paloalto"), list, &Settings::default());
    let (verdicts, findings) = built.verify();
    assert!(errors(&findings).is_empty(), "{findings:#?}");
    let lost: Vec<String> = built.losses.iter().map(|loss| loss.emitted.join(" ")).collect();
    assert_eq!(
        lost,
        [
            "http://a.example.org:8080 https://a.example.org:8080",
            "https://b.example.org:8080 http://b.example.org:8080",
            "https://20.2.0.0/16:8080 http://20.2.0.0/16:8080",
        ]
    );
    for verdict in verdicts {
        if verdict.product == Product::Allow {
            assert_eq!(verdict.verdict.wider().unwrap().port, 8080, "{verdict:?}");
            assert_eq!(verdict.permitted_by, ["targets/paloalto/target.toml"]);
        } else {
            assert_eq!(verdict.verdict, Verdict::Same, "{verdict:?}");
        }
    }
    // A path is seen in clear text alone, so it needs no loss.
    let mut with_path = lists::entry("c.example.org/p/*", 8080, 1);
    with_path.pattern.scheme = Scheme::Http;
    with_path.bypass = false;
    let built = build(&shipped("paloalto"), Allowlist::new(vec![with_path]), &Settings::default());
    let (verdicts, findings) = built.verify();
    assert!(built.losses.is_empty() && errors(&findings).is_empty(), "{findings:#?}");
    assert!(verdicts.iter().all(|verdict| verdict.verdict == Verdict::Same), "{verdicts:#?}");
}

/// What goes around the proxy is inspected by nobody there, though the list of exemptions does not have it.
#[test]
fn a_direct_entry_that_may_be_inspected_is_no_fault_of_the_exemptions() {
    let routes = [("allow", "PROXY a:1"), ("no-inspect", "PROXY b:1")];
    let options = settings(&routes.map(|(option, route)| (option, Value::Text(route.into()))));
    let entries = [
        "!~*.blob.core.windows.net",
        "!~a.example.com/only/this",
        "!~a.example.org :80",
        "store1.blob.core.windows.net",
        "b.example.com",
    ];
    let built = build(&shipped("pac"), list(&entries), &options);
    let (verdicts, findings) = built.verify();
    assert!(errors(&findings).is_empty(), "{:#?}", errors(&findings));
    for verdict in verdicts {
        // A path inside TLS is a permitted loss of what is direct.
        let wider = verdict.verdict.wider().map(ToString::to_string);
        assert_eq!(wider.as_deref(), Some("https://a.example.com/"), "{verdict:?}");
        assert_eq!(verdict.permitted_by, ["targets/pac/target.toml"]);
    }
    let text = built.text("proxy.pac");
    for (from, to, witness) in [
        ("\".b.example.com\":1", "\".c.example.com\":1", "`https://b.example.com/` is inspected"),
        (
            "\".b.example.com\":1",
            "\".b.example.com\":1,\n\".c.example.com\":1",
            "`https://c.example.com/` is exempt",
        ),
        (
            "\".blob.core.windows.net\":1",
            "\".core.windows.net\":1",
            "`https://a.core.windows.net/` is exempt",
        ),
    ] {
        assert!(text.contains(from), "{text}");
        let (_, findings) = built.verify_files(&built.with("proxy.pac", &text.replace(from, to)));
        let of_bypass = |error: &String| error.contains("list `bypass` of `pac`") && error.contains(witness);
        assert!(errors(&findings).iter().any(of_bypass), "{to}: {:#?}", errors(&findings));
    }
}

#[test]
fn entries_that_a_lost_one_covered_are_read_back() {
    let list = list(&[
        "*download.example.org",
        "cdn-download.example.org",
        "a.cdn-download.example.org",
        "us*prod.example.net",
        "us1prod.example.net",
        "*x.example.com",
        "*ax.example.com",
        "bax.example.com/p/*",
    ]);
    for name in ["squid", "paloalto"] {
        let built = build(&shipped(name), list.clone(), &Settings::default());
        let (verdicts, findings) = built.verify();
        assert!(errors(&findings).is_empty(), "{name} {findings:#?}");
        assert!(!verdicts.is_empty());
        if name == "paloalto" {
            let without = built.text("allow-443.txt").replace("cdn-download.example.org/\n", "");
            let (_, findings) = built.verify_files(&built.with("allow-443.txt", &without));
            assert_eq!(errors(&findings).len(), 1, "{findings:#?}");
        }
    }
}

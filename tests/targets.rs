//! The shipped targets and a trivial fifth one, from entries to files.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "a test stops at the first surprise"
)]

#[path = "support/lists.rs"]
mod lists;

use std::collections::BTreeMap;

use allowlistc::allowlist::{Allowlist, Product};
use allowlistc::diagnostic::{Code, Findings, Place, Severity};
use allowlistc::lower::{Loss, lower, summarise};
use allowlistc::pattern::{Fqdn, Host, Scheme};
use allowlistc::render::{Artifact, RenderContext, render};
use allowlistc::target::{Axis, Effect, Permit, Registry, Role, Settings, Target, Value};

use lists::{list, published, tagged};

/// What became of a list.
struct Built {
    losses: Vec<Loss>,
    files: BTreeMap<String, String>,
    findings: Findings,
}

impl Built {
    fn file(&self, path: &str) -> &str {
        self.files.get(path).unwrap_or_else(|| panic!("no {path} among {:?}", self.files.keys()))
    }

    fn errors(&self) -> Vec<&str> {
        self.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.message.as_str()).collect()
    }

    fn codes(&self, code: Code) -> usize {
        self.findings.iter().filter(|finding| finding.code == code).count()
    }
}

fn build(target: &Target, list: &Allowlist, settings: &Settings, profile: &str) -> Built {
    let mut findings = Findings::default();
    let plan = lower(list, target, settings, profile, &mut findings);
    let context = RenderContext {
        profile: profile.to_owned(),
        sources: vec![("list.xlsx".into(), "ab".repeat(32))],
        tool_version: "0.1.0".into(),
    };
    let artifacts = render(&plan, target, &context, &mut findings);
    keep(profile, &target.name, &artifacts);
    let files = artifacts.into_iter().map(|a| (a.path, String::from_utf8(a.bytes).unwrap())).collect();
    Built { losses: plan.losses, files, findings }
}

fn shipped(name: &str, list: &Allowlist, settings: &Settings) -> Built {
    build(Registry::shipped().unwrap().get(name).unwrap(), list, settings, "test")
}

fn options(options: &[(&str, Value)]) -> Settings {
    let place = Place::line("profile.toml", 7);
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), (value.clone(), place.clone())));
    Settings { options: options.collect(), permits: BTreeMap::new(), ..Settings::default() }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn permit(axis: Axis, effect: Effect) -> Settings {
    let permit = Permit { effect, reason: "asked for".into() };
    Settings { options: BTreeMap::new(), permits: [(axis, permit)].into(), ..Settings::default() }
}

/// Writes the files where the scripts of `tests/engines` look for them, if that place is set.
fn keep(profile: &str, target: &str, artifacts: &[Artifact]) {
    let Some(folder) = std::env::var_os("ALLOWLISTC_RENDERED") else { return };
    if profile == "test" {
        return;
    }
    for artifact in artifacts {
        let path = std::path::Path::new(&folder).join(profile).join(target).join(&artifact.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &artifact.bytes).unwrap();
    }
}

/// The lines that are neither empty nor a comment.
fn entries(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn plain() -> Target {
    let mut registry = Registry::shipped().unwrap();
    let mut findings = Findings::default();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/targets/plain");
    let files = ["target.toml", "names.j2"]
        .map(|name| (name.to_owned(), std::fs::read_to_string(format!("{folder}/{name}")).unwrap()));
    registry.add("plain", files.into(), &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
    registry.get("plain").unwrap().clone()
}

fn plain_with(from: &str, to: &str) -> (Option<Target>, Findings) {
    let mut registry = Registry::default();
    let mut findings = Findings::default();
    let manifest = include_str!("fixtures/targets/plain/target.toml");
    assert!(manifest.contains(from), "{from}");
    let files = [
        ("target.toml".to_owned(), manifest.replace(from, to)),
        ("names.j2".to_owned(), include_str!("fixtures/targets/plain/names.j2").to_owned()),
    ];
    registry.add("plain", files.into(), &mut findings);
    (registry.get("plain").cloned(), findings)
}

#[test]
fn every_shipped_target_renders_the_published_profiles() {
    let registry = Registry::shipped().unwrap();
    let Some(profiles) = published() else { return };
    for (profile, allowlist) in &profiles {
        for name in registry.names() {
            let built = build(registry.get(name).unwrap(), allowlist, &Settings::default(), profile);
            assert!(built.errors().is_empty(), "{profile} {name} {:#?}", built.errors());
            assert!(!built.files.is_empty());
            for (path, text) in &built.files {
                assert!(
                    text.is_ascii() && text.ends_with('\n') && !text.ends_with("\n\n"),
                    "{profile} {path}"
                );
                assert!(!text.contains('\r'), "{profile} {path}");
            }
        }
    }
}

/// Every shape on both ports, as the recorded answers of the PAC engines use them, and some more.
#[test]
fn every_shape_renders_for_the_engines() {
    let allowlist = list(&[
        "!*.wns.windows.com",
        "!login.live.com",
        "!login.microsoftonline.com",
        "ussus1eastprod.blob.core.windows.net",
        "*.endpoint.security.microsoft.com",
        "*.update.microsoft.com",
        "*.update.microsoft.com :80",
        "*.delivery.mp.microsoft.com",
        "*.delivery.mp.microsoft.com :80",
        "ctldl.windowsupdate.com :80",
        "*download.windowsupdate.com",
        "*download.windowsupdate.com :80",
        "crl.microsoft.com/pki/crl/* :80",
        "www.microsoft.com/pkiops/* :80",
        "www.microsoft.com/pki/* :80",
        "fe3cr.delivery.mp.microsoft.com/ClientWebService/client.asmx :80",
        "*.blob.core.windows.net/networkscannerstable/* :80",
        "*.blob.core.windows.net/networkscannerstable/*",
        "other.delivery.example.com/ClientWebService/client.asmx :80",
    ]);
    let routes =
        options(&[("allow", text("PROXY 127.0.0.1:18081")), ("default", text("PROXY 127.0.0.1:18080"))]);
    let registry = Registry::shipped().unwrap();
    let built = build(registry.get("pac").unwrap(), &allowlist, &routes, "conformance");
    assert!(built.errors().is_empty(), "{:?}", built.errors());
    let clients = options(&[("clients", Value::List(vec!["127.0.0.0/8".into()]))]);
    let built = build(registry.get("squid").unwrap(), &allowlist, &clients, "conformance");
    assert!(built.errors().is_empty(), "{:?}", built.errors());
    let inspected = list(&["spliced.lab.test", "*.wild.lab.test", "*end.lab.test", "~bumped.lab.test"]);
    let decrypted =
        options(&[("clients", Value::List(vec!["127.0.0.0/8".into()])), ("decrypted", Value::Flag(true))]);
    let built = build(registry.get("squid").unwrap(), &inspected, &decrypted, "bump");
    assert!(built.errors().is_empty(), "{:?}", built.errors());
    let redirected = options(&[
        ("clients", Value::List(vec!["10.0.0.0/8".into()])),
        ("decrypted", Value::Flag(true)),
        ("flavour", text("interception")),
    ]);
    let built = build(registry.get("squid").unwrap(), &inspected, &redirected, "bump-interception");
    assert!(built.errors().is_empty(), "{:?}", built.errors());
    let more = list(&[
        "a*b.cdn.example.com",
        "a*b.cdn.example.com :80",
        "*x.example.org/p/* :80",
        "*.example.org/folder/ :80",
        "*.deep.example.org/folder/ :80",
        "plain.example.org :8443",
        "20.15.141.0/24",
        "20.15.141.7",
        "2603:1000::/24",
        "*.a.example.com",
        "a.example.com",
        "*.b.a.example.com",
    ]);
    let apart = options(&[
        ("allow", text("PROXY 127.0.0.1:18081")),
        ("no-inspect", text("PROXY 127.0.0.1:18082")),
        ("default", text("PROXY 127.0.0.1:18080")),
    ]);
    let built = build(registry.get("pac").unwrap(), &more, &apart, "routes");
    assert!(built.file("proxy.pac").contains("MDE[\"bypass https:443\"]"));
    for name in ["squid", "pac", "paloalto", "azure"] {
        for (profile, settings) in [
            ("shapes", Settings::default()),
            ("interception", options(&[("flavour", text("interception"))])),
            ("standard", options(&[("sku", text("standard"))])),
            (
                "edl",
                options(&[
                    ("edl-url", text("https://edl.example.com/mde")),
                    ("edl-certificate-profile", text("edl")),
                ]),
            ),
            (
                "own",
                options(&[
                    ("clients", Value::List(vec!["10.1.0.0/16".into()])),
                    ("decrypted", Value::Flag(true)),
                ]),
            ),
        ] {
            let target = registry.get(name).unwrap();
            if settings.options.keys().all(|key| target.options.contains_key(key)) {
                let built = build(target, &more, &settings, profile);
                assert!(built.errors().is_empty(), "{name} {profile} {:?}", built.errors());
            }
        }
    }
}

#[test]
fn a_fifth_target_needs_no_code() {
    let allowlist = list(&[
        "login.live.com",
        "login.live.com :80",
        "*.wns.windows.com",
        "wns.windows.com",
        "a.wns.windows.com",
        "*smartscreen.microsoft.com",
        "*.blob.core.windows.net/networkscannerstable/*",
        "msdl.microsoft.com/download/symbols",
    ]);
    let built = build(&plain(), &allowlist, &Settings::default(), "test");
    assert!(built.errors().is_empty(), "{:?}", built.errors());
    assert_eq!(
        built.file("names.txt"),
        "# names of test\n.smartscreen.microsoft.com\n.wns.windows.com\nlogin.live.com\nmsdl.microsoft.com\n"
    );
}

#[test]
fn a_star_inside_a_label_is_never_widened_to_its_parent_by_itself() {
    let allowlist = list(&["*smartscreen.microsoft.com"]);
    let built = shipped("paloalto", &allowlist, &Settings::default());
    assert_eq!(
        entries(built.file("allow-443.txt")),
        ["*.smartscreen.microsoft.com/", "smartscreen.microsoft.com/"]
    );
    let loss = built.losses.first().unwrap();
    assert_eq!((loss.axis, loss.effect), (Axis::Host, Effect::Narrower));
    assert_eq!(loss.permitted_by.as_deref(), Some("targets/paloalto/target.toml"));
    let asked = shipped("paloalto", &allowlist, &permit(Axis::Host, Effect::Wider));
    assert_eq!(entries(asked.file("allow-443.txt")), ["*.microsoft.com/"]);
    assert_eq!(asked.losses.first().unwrap().permitted_by.as_deref(), Some("profile"));
    for name in ["squid", "pac", "azure"] {
        assert!(shipped(name, &allowlist, &Settings::default()).losses.is_empty(), "{name}");
    }
}

#[test]
fn a_path_inside_tls_is_widened_and_left_out_below_a_shared_suffix() {
    let allowlist =
        list(&["*.blob.core.windows.net/networkscannerstable/*", "msdl.microsoft.com/download/symbols"]);
    for name in ["squid", "pac", "paloalto", "azure"] {
        let built = shipped(name, &allowlist, &Settings::default());
        let of_allow: Vec<_> = built.losses.iter().filter(|loss| loss.product == Product::Allow).collect();
        let kinds: Vec<_> =
            of_allow.iter().map(|loss| (loss.axis, loss.effect, loss.emitted.join(" "))).collect();
        assert_eq!(
            kinds,
            [
                (Axis::SharedSuffix, Effect::Omitted, String::new()),
                (Axis::Path, Effect::Wider, "https://msdl.microsoft.com:443".to_owned())
            ],
            "{name}"
        );
        assert!(built.codes(Code::LossPermitted) >= 2);
        let help = built.findings.iter().find_map(|f| f.help.as_deref()).unwrap();
        let wanted =
            format!("under `[targets.{name}.allow-loss]` write `shared-suffix = {{ effect = \"wider\"");
        let shown =
            built.findings.iter().any(|f| f.help.as_deref().is_some_and(|help| help.contains(&wanted)));
        assert!(shown, "{name} {help}");
        let asked = shipped(name, &allowlist, &permit(Axis::SharedSuffix, Effect::Wider));
        let everything: String = asked.files.values().cloned().collect();
        assert!(everything.contains(".blob.core.windows.net"), "{name}");
        assert!(asked.errors().is_empty());
    }
}

#[test]
fn a_path_on_port_80_stays() {
    let allowlist = list(&["crl.microsoft.com/pki/crl/* :80", "www.microsoft.com/a/b.asmx :80"]);
    for name in ["squid", "pac"] {
        assert!(shipped(name, &allowlist, &Settings::default()).losses.is_empty(), "{name}");
    }
    let squid = shipped("squid", &allowlist, &Settings::default());
    assert!(squid.file("allow.conf").contains("urlpath_regex ^/pki/crl/\n"));
    assert!(squid.file("allow.conf").contains("urlpath_regex ^/a/b\\.asmx$\n"));
    assert!(!squid.files.contains_key("bypass-80-exact.txt"));
    let panos = shipped("paloalto", &allowlist, &Settings::default());
    assert_eq!(
        entries(panos.file("allow-80.txt")),
        ["crl.microsoft.com/pki/crl/", "crl.microsoft.com/pki/crl/*", "www.microsoft.com/a/b.asmx"]
    );
    let widened: Vec<_> = panos.losses.iter().flat_map(|loss| &loss.emitted).collect();
    assert_eq!(widened, ["http://www.microsoft.com:80/a/b.asmx", "http://www.microsoft.com:80/a/b.asmx/*"]);
    let standard = shipped("azure", &allowlist, &options(&[("sku", text("standard"))]));
    assert!(standard.losses.iter().all(|loss| (loss.axis, loss.effect) == (Axis::Path, Effect::Wider)));
    assert_eq!(standard.losses.len(), 2);
    assert!(!standard.file("allow.arm.json").contains("targetUrls"));
}

#[test]
fn a_loss_without_a_permit_is_an_error_with_the_lines_that_permit_it() {
    let (target, findings) = plain_with(
        "shared-suffix = { effect = \"omitted\", reason = \"never open the names of others\" }\n",
        "",
    );
    assert!(findings.is_empty(), "{findings:?}");
    let allowlist = list(&["ussus*eastprod.blob.core.windows.net", "20.0.0.0/8", "2603:1000::/24"]);
    let built = build(&target.unwrap(), &allowlist, &Settings::default(), "test");
    assert_eq!(built.codes(Code::LossRefused), 3);
    assert!(built.losses.iter().all(|loss| loss.axis == Axis::Port || loss.permitted_by.is_none()));
    let helps: Vec<_> = built.findings.iter().filter_map(|finding| finding.help.as_deref()).collect();
    let line = "under `[targets.plain.allow-loss]` write `family = { effect = \"omitted\", reason = \"…\" }`";
    assert!(helps.iter().any(|help| help.contains(line)), "{helps:?}");
    let place = built.findings.iter().find_map(|finding| finding.place.clone()).unwrap();
    assert_eq!(place.to_string(), "list.xlsx[Commercial]!1");
}

#[test]
fn depth_scheme_and_ports_are_axes_of_their_own() {
    let list = list(&["*.x.example.com", "y.example.com :80", "z.example.com :8443"]);
    for (from, to, axis, effect) in [
        ("apex = \"included\"", "depth = 1", Axis::Depth, Effect::Narrower),
        ("apex = \"included\"", "schemes = [\"https\"]", Axis::Scheme, Effect::Omitted),
        ("ports = \"ignored\"", "ports = [80, 443]", Axis::Port, Effect::Omitted),
    ] {
        let (target, findings) = plain_with(from, to);
        assert!(findings.is_empty(), "{findings:?}");
        let built = build(&target.unwrap(), &list, &permit(axis, effect), "test");
        let found =
            built.losses.iter().any(|l| (l.axis, l.effect) == (axis, effect) && l.permitted_by.is_some());
        assert!(found, "{axis:?} {:?}", built.losses);
    }
}

#[test]
fn squid_never_sees_an_entry_that_another_one_covers() {
    let allowlist = list(&[
        "*.windowsupdate.com",
        "*.download.windowsupdate.com/x",
        "a.download.windowsupdate.com/y",
        "windowsupdate.com",
        "www.example.com/a/b",
        "www.example.com/c",
        "www.example.com",
    ]);
    let built = shipped("squid", &allowlist, &Settings::default());
    assert_eq!(entries(built.file("allow-443-sub.txt")), [".windowsupdate.com"]);
    assert_eq!(entries(built.file("allow-443-apex.txt")), ["windowsupdate.com"]);
    assert_eq!(entries(built.file("allow-443-exact.txt")), ["windowsupdate.com", "www.example.com"]);
    assert!(!built.file("allow.conf").contains("_end"), "an empty group has no acl");
}

#[test]
fn clear_text_has_no_bypass() {
    let allowlist = list(&["ctldl.windowsupdate.com :80"]);
    let squid = shipped("squid", &allowlist, &Settings::default());
    assert!(!squid.file("bypass.conf").contains("ssl_bump splice mde"));
    assert_eq!(squid.files.len(), 3, "{:?}", squid.files.keys());
}

#[test]
fn networks_become_their_tag_where_the_platform_takes_it() {
    let nets = ["20.15.141.0/24", "2603:1000::/24"];
    let azure = shipped("azure", &tagged(&nets, "MicrosoftDefenderForEndpoint", "FW"), &Settings::default());
    assert!(azure.file("allow.arm.json").contains("\"MicrosoftDefenderForEndpoint\""));
    assert!(azure.losses.is_empty());
    let without = shipped("azure", &tagged(&nets, "OneDsCollector", "NSG"), &Settings::default());
    assert!(without.file("allow.arm.json").contains("\"20.15.141.0/24\""));
    assert!(!without.file("allow.arm.json").contains("OneDsCollector"));
    assert_eq!(
        without.losses.first().map(|loss| (loss.axis, loss.effect)),
        Some((Axis::Family, Effect::Omitted))
    );
}

#[test]
fn settings_are_checked_with_the_nearest_name() {
    let allowlist = list(&["login.live.com"]);
    let built = shipped("squid", &allowlist, &options(&[("list_dir", text("/etc/squid"))]));
    let finding = built.findings.iter().find(|f| f.code == Code::TargetOptionUnknown).unwrap();
    assert_eq!(finding.help.as_deref(), Some("the nearest option is `list-dir`"));
    assert_eq!(finding.place.as_ref().unwrap().to_string(), "profile.toml:7");
    for (target, key, value) in [
        ("squid", "list-dir", text("relative")),
        ("squid", "clients", text("10.0.0.0/8")),
        ("squid", "flavour", text("implicit")),
        ("squid", "decrypted", text("yes")),
        ("azure", "priority", Value::Integer(99)),
        ("azure", "source-addresses", Value::List(vec!["*".into()])),
        ("azure", "source-addresses", Value::List(Vec::new())),
        ("azure", "group-name", text("x.")),
        ("azure", "group-name", text("mde-")),
        ("azure", "group-name", text("x")),
        ("paloalto", "device-group", text("shared")),
        ("squid", "list-dir", text("/")),
        ("pac", "allow", text("PROXY a:1; DIRECT")),
        ("paloalto", "prefix", text("much-too-long-a-prefix")),
    ] {
        let built = shipped(target, &allowlist, &options(&[(key, value)]));
        assert_eq!(built.codes(Code::TargetOptionInvalid), 1, "{target} {key}");
    }
}

#[test]
fn a_folder_is_written_without_needless_slashes() {
    let allowlist = list(&["login.live.com"]);
    let written = |folder| {
        shipped("squid", &allowlist, &options(&[("list-dir", text(folder))])).file("allow.conf").to_owned()
    };
    assert_eq!(written("/srv//lists/"), written("/srv/lists"));
}

#[test]
fn an_option_that_changes_nothing_is_told() {
    let allowlist = list(&["login.live.com"]);
    let certificate = ("edl-certificate-profile", text("edl-ca"));
    let alone = shipped("paloalto", &allowlist, &options(std::slice::from_ref(&certificate)));
    assert_eq!(alone.codes(Code::SettingNotUsed), 1);
    let both = [certificate, ("edl-url", text("https://lists.contoso.com"))];
    assert_eq!(shipped("paloalto", &allowlist, &options(&both)).codes(Code::SettingNotUsed), 0);
}

/// One sentence says of several targets only what is so on each of them.
#[test]
fn losses_are_told_together_where_they_are_alike() {
    let allowlist = list(&["*smartscreen.microsoft.com"]);
    let loss = shipped("paloalto", &allowlist, &Settings::default()).losses.remove(0);
    let alike = Loss { target: "alike".into(), ..loss.clone() };
    let said = Loss { target: "said".into(), emitted: vec!["something else".into()], ..loss.clone() };
    let why = Loss { target: "why".into(), reason: "has another reason".into(), ..loss.clone() };
    let told = summarise(&[loss, alike, said, why]);
    let messages: Vec<&str> = told.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages.len(), 3, "{messages:#?}");
    let has = |words: &[&str]| messages.iter().any(|message| words.iter().all(|word| message.contains(word)));
    assert!(has(&["on alike, paloalto (", "part of a label"]), "{messages:#?}");
    assert!(has(&["narrowed to `something else` on said (", "part of a label"]), "{messages:#?}");
    assert!(has(&["on why (", "have another reason"]), "{messages:#?}");
}

/// What begins with a hyphen is the end of a label: no host and no zone.
#[test]
fn an_end_with_a_hyphen_is_said_exactly_or_left_out() {
    let allowlist = list(&["*-files.contoso.com"]);
    for (name, file, expected) in [
        ("squid", "allow-443-end.txt", "[-]files\\.contoso\\.com$"),
        ("pac", "proxy.pac", "\"-files.contoso.com\":1"),
        ("azure", "allow.bicep", "'*-files.contoso.com'"),
    ] {
        let built = shipped(name, &allowlist, &Settings::default());
        assert!(built.losses.is_empty(), "{name}");
        assert!(built.file(file).contains(expected), "{name}: {}", built.file(file));
    }
    let built = shipped("paloalto", &allowlist, &Settings::default());
    let loss = built.losses.first().unwrap();
    assert_eq!((loss.axis, loss.effect), (Axis::Host, Effect::Omitted));
    assert!(loss.permitted_by.is_some());
    let told = summarise(&built.losses);
    let help = told.iter().next().and_then(|finding| finding.help.as_deref());
    assert!(help.is_some_and(|help| help.contains("`select.extra`")), "{told:?}");
}

#[test]
fn no_setting_breaks_out_of_its_file() {
    let allowlist = list(&["login.live.com", "20.15.141.0/24"]);
    let registry = Registry::shipped().unwrap();
    for name in registry.names() {
        let target = registry.get(name).unwrap();
        for (key, spec) in &target.options {
            for hostile in
                ["a\"b", "a'b", "a\nb", "a#b", "a${b}", "a\\b", "]]>", "-->", "a b;c", "\u{e9}", "[x]", "*/"]
            {
                let value = match spec.kind {
                    allowlistc::target::OptionKind::List => Value::List(vec![hostile.to_owned()]),
                    _ => text(hostile),
                };
                let built = build(target, &allowlist, &options(&[(key, value)]), "test");
                assert!(!built.errors().is_empty(), "{name} {key} {hostile:?}");
                assert!(
                    !built
                        .files
                        .values()
                        .any(|text| text.contains(hostile) && hostile.len() > 3 && hostile != "-->")
                );
            }
        }
    }
}

#[test]
fn hostile_names_of_sources_and_profiles_stay_in_their_comments() {
    let allowlist = list(&["login.live.com"]);
    let registry = Registry::shipped().unwrap();
    for name in registry.names() {
        let target = registry.get(name).unwrap();
        let mut findings = Findings::default();
        let plan = lower(&allowlist, target, &Settings::default(), "test", &mut findings);
        let hostile = "x\nhttp_access allow all -->*/\"]]>${y}";
        let context = RenderContext {
            profile: hostile.into(),
            sources: vec![(hostile.into(), hostile.into())],
            tool_version: hostile.into(),
        };
        for artifact in render(&plan, target, &context, &mut findings) {
            let text = String::from_utf8(artifact.bytes).unwrap();
            assert!(!text.lines().any(|line| line.starts_with("http_access allow all")), "{}", artifact.path);
            assert!(!text.contains("all -->"), "{}", artifact.path);
        }
        assert!(!findings.has_errors(), "{name} {findings:?}");
    }
}

#[test]
fn mistakes_in_a_folder_are_found_when_it_is_read() {
    for (from, to) in [
        ("name = \"plain\"", "name = \"other\""),
        ("context = 1", "context = 2"),
        ("product = \"allow\"", "product = \"allow\"\ncolour = \"red\""),
        ("\"{name}\"", "\"{nam}\""),
        ("template = \"names.j2\"", "template = \"gone.j2\""),
        ("path = \"names{part}.txt\"", "path = \"../names{part}.txt\""),
        ("path = \"names{part}.txt\"", "path = \"/names{part}.txt\""),
        ("list = \"names\"", "list = \"gone\""),
        ("reason = \"names only\"", "reason = \" \""),
        ("path = { effect", "paths = { effect"),
        ("product = \"allow\"", "product = \"allow\"\nbesides = \"gone\""),
        ("[[verify.names]]", "[[verify.gone]]"),
        ("reader = \"lines\"", "reader = \"lines\"\nwithin = \"gone\""),
        ("reader = \"lines\"", "reader = \"lines\"\nwhen = { gone = \"true\" }"),
        ("reader = \"lines\"", "reader = \"lines\"\nwith = [\"gone\"]"),
        ("reader = \"lines\"", "reader = \"lines\"\ndiffer = [\"note\"]"),
        ("reader = \"lines\"", "reader = \"lines\"\nequal = [\"note\", \"gone\"]"),
        ("reader = \"lines\"", "reader = \"lines\"\nsettings = { clients = \"gone\" }"),
        ("files = [{ path = \"names{part}.txt\", entries = \"dstdomain\" }]", "files = []"),
        ("default = \"names\"", "default = 7"),
        ("default = \"names\"", "default = \"a\\\"b\""),
    ] {
        let (target, findings) = plain_with(from, to);
        assert!(target.is_none(), "{to}");
        assert!(findings.iter().all(|f| f.code == Code::TargetBroken), "{findings:?}");
        assert!(findings.has_errors());
    }
}

#[test]
fn variants_of_a_folder_are_checked_when_it_is_read() {
    let with = |variant: &str| {
        let from = "help = \"what the first line says\"\n";
        plain_with(from, &format!("{from}choices = [\"names\", \"hosts\"]\n{variant}\n"))
    };
    let (target, findings) = with("[variant.note.hosts.limits]\nname = 3");
    assert!(target.is_some(), "{findings:?}");
    for (variant, message) in [
        ("[variant.form.hosts.limits]\nname = 3", "`[variant.form.hosts]` is no choice of an option"),
        ("[variant.note.colours.limits]\nname = 3", "`[variant.note.colours]` is no choice of an option"),
        ("[variant.note.hosts]\ncolour = \"red\"", "`[variant.note.hosts]`: unknown field `colour`"),
        ("[variant.note.hosts.variant.note.names]", "`[variant.note.hosts]`: a variant has no variants"),
        ("[variant]\nnote = 7", "invalid type: integer `7`"),
    ] {
        let (target, findings) = with(variant);
        assert!(target.is_none(), "{variant}");
        assert!(findings.iter().any(|f| f.message.contains(message)), "{variant}: {findings:?}");
    }
}

#[test]
fn templates_are_checked_when_a_folder_is_read_and_print_texts_and_numbers_only() {
    let read = |template: &str| {
        let mut registry = Registry::default();
        let mut findings = Findings::default();
        let manifest = include_str!("fixtures/targets/plain/target.toml").to_owned();
        let files = [("target.toml".to_owned(), manifest), ("names.j2".to_owned(), template.to_owned())];
        registry.add("plain", files.into(), &mut findings);
        (registry.get("plain").cloned(), findings)
    };
    for template in ["{% if %}", "{{ nobody }}", "{{ piece.entries | unknown }}"] {
        let (target, findings) = read(template);
        let broken = match target {
            None => findings.has_errors(),
            // An unknown filter only shows when it is used.
            Some(target) => {
                !build(&target, &list(&["a.example.com"]), &Settings::default(), "test").errors().is_empty()
            }
        };
        assert!(broken, "{template}");
    }
    let forever = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{{ c }}{% endfor %}{% endfor %}{% endfor %}";
    for template in [
        "{{ piece }}",
        "{{ piece.gone }}",
        "{{ 1.5 }}",
        "{{ none }}",
        "{{ true }}",
        "{{ piece.entries }}",
        forever,
    ] {
        let (target, findings) = read(template);
        assert!(findings.is_empty(), "{template} {findings:?}");
        let built = build(&target.unwrap(), &list(&["a.example.com"]), &Settings::default(), "test");
        assert_eq!(built.codes(Code::TemplateFailed), 1, "{template}");
        assert!(built.files.is_empty());
    }
}

#[test]
fn a_folder_of_the_user_stands_before_a_shipped_one() {
    let mut registry = Registry::shipped().unwrap();
    let manifest = include_str!("fixtures/targets/plain/target.toml").replace("\"plain\"", "\"squid\"");
    let files = [
        ("target.toml".to_owned(), manifest),
        ("names.j2".to_owned(), include_str!("fixtures/targets/plain/names.j2").to_owned()),
        ("README.md".to_owned(), String::new()),
    ];
    let mut findings = Findings::default();
    registry.add("squid", files.into(), &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(registry.get("squid").unwrap().title, "A plain list of names, one a line");
    assert_eq!(registry.names().collect::<Vec<_>>(), ["azure", "pac", "paloalto", "squid"]);
}

#[test]
fn a_large_list_is_split_where_the_firewall_wants_it() {
    let names: Vec<String> =
        (0..50_001).map(|n| format!("host-{n}.a-long-domain-name.example.com")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let allowlist = list(&names);
    let panos = shipped("paloalto", &allowlist, &Settings::default());
    assert_eq!(entries(panos.file("allow-443.txt")).len(), 50_000);
    assert_eq!(entries(panos.file("allow-443-2.txt")).len(), 1);
    assert!(panos.file("firewall.xml").contains("<member>mde-allow-443-2</member>"));
    let azure = shipped("azure", &allowlist, &Settings::default());
    assert!(azure.errors().is_empty(), "{:?}", azure.errors());
    let parts: Vec<_> = azure.files.keys().filter(|path| path.ends_with(".arm.json")).collect();
    assert!(parts.len() > 3, "{parts:?}");
    let total: usize = parts.iter().map(|path| azure.file(path).matches("a-long-domain-name").count()).sum();
    assert_eq!(total, 50_001);
    assert!(azure.file("terraform/allow-2.tf").contains("depends_on"));
    assert!(azure.file("allow-2.arm.json").contains("\"priority\": 501"));
    let pac = shipped("pac", &allowlist, &options(&[("allow", text("DIRECT"))]));
    assert_eq!(pac.codes(Code::TargetLimitExceeded), 2);
    let many = shipped("squid", &allowlist, &Settings::default());
    assert_eq!(entries(many.file("allow-443-exact.txt")).len(), 50_001);
}

#[test]
fn many_losses_are_values_and_few_findings() {
    let names: Vec<String> = (0..500).map(|n| format!("host-{n}.example.com/path")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let built = shipped("azure", &list(&names), &Settings::default());
    assert_eq!(built.losses.len(), 500);
    assert_eq!(built.codes(Code::LossPermitted), 21);
    assert!(built.findings.iter().any(|f| f.message.starts_with("480 more entries for `azure`")));
}

#[test]
fn the_same_entries_in_any_order_give_the_same_bytes() {
    let names = ["b.example.com", "*.a.example.com", "*x.example.com :80", "c.example.com/p/* :80"];
    let mut turned = names;
    turned.reverse();
    let registry = Registry::shipped().unwrap();
    for name in registry.names() {
        let target = registry.get(name).unwrap();
        let one = build(target, &list(&names), &Settings::default(), "test");
        let other = build(target, &list(&turned), &Settings::default(), "test");
        let without_rows = |built: &Built| {
            built
                .files
                .values()
                .map(|t| t.lines().filter(|l| !l.contains('!')).collect::<Vec<_>>().join("\n"))
                .collect::<Vec<_>>()
        };
        assert_eq!(without_rows(&one), without_rows(&other), "{name}");
    }
}

#[test]
fn roles_say_what_a_file_is_for() {
    let mut findings = Findings::default();
    let registry = Registry::shipped().unwrap();
    let target = registry.get("squid").unwrap();
    let allowlist = list(&["login.live.com", "*.wns.windows.com"]);
    let plan = lower(&allowlist, target, &Settings::default(), "test", &mut findings);
    let artifacts = render(&plan, target, &RenderContext::default(), &mut findings);
    // What the rules take out again is no list of what is allowed, and says so.
    for artifact in artifacts.iter().filter(|artifact| artifact.path.ends_with("-apex.txt")) {
        let text = String::from_utf8_lossy(&artifact.bytes);
        let (head, names) = text.split_once('\n').unwrap();
        assert!(head.starts_with("# NOT ") && !head.contains("allow list"), "{head}");
        assert_eq!(names, "wns.windows.com\n");
    }
    let roles: Vec<_> = artifacts.iter().map(|a| (a.path.as_str(), a.role, a.product)).collect();
    assert_eq!(
        roles,
        [
            ("allow.conf", Role::Include, Some(Product::Allow)),
            ("bypass.conf", Role::Include, Some(Product::Bypass)),
            ("allow-443-exact.txt", Role::Allow, Some(Product::Allow)),
            ("allow-443-sub.txt", Role::Allow, Some(Product::Allow)),
            ("allow-443-apex.txt", Role::Include, Some(Product::Allow)),
            ("bypass-443-exact.txt", Role::Bypass, Some(Product::Bypass)),
            ("bypass-443-sub.txt", Role::Bypass, Some(Product::Bypass)),
            ("bypass-443-apex.txt", Role::Include, Some(Product::Bypass)),
        ]
    );
}

/// Clear text and TLS on port 8080, names and networks.
fn two_schemes() -> Allowlist {
    let rows = [
        (Scheme::Http, "a.example.org"),
        (Scheme::Https, "b.example.org"),
        (Scheme::Http, "20.1.0.0/16"),
        (Scheme::Https, "20.2.0.0/16"),
    ];
    let entry = |(row, (scheme, address)): (u32, (Scheme, &str))| {
        let mut entry = lists::entry(address, 8080, row);
        entry.pattern.scheme = scheme;
        entry.bypass = scheme == Scheme::Https;
        entry
    };
    Allowlist::new((1..).zip(rows).map(entry).collect())
}

#[test]
fn two_schemes_on_one_port_keep_their_files_and_names() {
    let list = two_schemes();
    let squid = shipped("squid", &list, &Settings::default());
    assert!(squid.errors().is_empty(), "{:?}", squid.errors());
    assert_eq!(entries(squid.file("allow-8080-http-exact.txt")), ["a.example.org"]);
    assert_eq!(entries(squid.file("allow-8080-https-exact.txt")), ["b.example.org"]);
    let conf = squid.file("allow.conf");
    assert!(conf.contains("mde_http mde_8080-http mde_8080-http_exact"), "{conf}");
    assert!(conf.contains("mde_connect mde_8080-https mde_8080-https_exact"), "{conf}");
    assert!(squid.files.contains_key("bypass-8080-exact.txt"));
    let edl = options(&[("edl-url", text("https://lists.example.org"))]);
    for settings in [Settings::default(), edl] {
        let paloalto = shipped("paloalto", &list, &settings);
        assert!(paloalto.errors().is_empty(), "{:?}", paloalto.errors());
        assert_eq!(entries(paloalto.file("allow-8080-http.txt")), ["a.example.org/"]);
        assert_eq!(entries(paloalto.file("allow-8080-https-ip.txt")), ["20.2.0.0/16"]);
        let set = paloalto.file("firewall.set");
        assert_eq!(set.matches("service mde-tcp-8080 protocol").count(), 1, "{set}");
        for rule in ["mde-allow-8080-http", "mde-allow-8080-https-ip"] {
            assert_eq!(set.matches(&format!("security rules {rule} action allow")).count(), 1, "{set}");
        }
        let xml = paloalto.file("firewall.xml");
        let names: Vec<&str> =
            xml.split("<entry name=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        // A category and a rule of one name are different things.
        let repeated = names.len() - distinct.len();
        assert!(repeated <= names.iter().filter(|name| name.contains("-allow-")).count() / 2, "{names:?}");
        assert_eq!(names.iter().filter(|name| **name == "mde-tcp-8080").count(), 1, "{names:?}");
    }
    let azure = shipped("azure", &list, &Settings::default());
    for name in ["tcp-8080-http-ip", "tcp-8080-https-ip", "http-8080-fqdn", "https-8080-fqdn"] {
        for file in ["allow.arm.json", "allow.bicep", "terraform/allow.tf"] {
            assert_eq!(azure.file(file).matches(name).count(), 1, "{file} {name}");
        }
    }
}

#[test]
fn two_files_of_one_path_are_an_error() {
    let (target, findings) = plain_with("ports = \"ignored\"", "");
    assert!(findings.is_empty(), "{findings:?}");
    let built = build(
        &target.unwrap(),
        &list(&["a.example.org", "a.example.org :80"]),
        &permit(Axis::Apex, Effect::Wider),
        "test",
    );
    assert!(built.errors().iter().any(|e| e.contains("`names.txt` twice")), "{:?}", built.errors());
}

#[test]
fn names_that_become_parts_of_paths_are_plain() {
    for name in ["\"../../x\"", "\"/x\"", "\"a/b\"", "\"\"", "\".\""] {
        let mut registry = Registry::default();
        let mut findings = Findings::default();
        let manifest = include_str!("fixtures/targets/plain/target.toml");
        let lists = manifest
            .replace("[list.names", &format!("[list.{name}"))
            .replace("list = \"names\"", &format!("list = {name}"))
            .replace("path = \"names{part}.txt\"", "path = \"{list}.txt\"");
        let groups = manifest.replace("{ names = ", &format!("{{ {name} = "));
        for text in [lists, groups] {
            let files = [
                ("target.toml".to_owned(), text),
                ("names.j2".to_owned(), include_str!("fixtures/targets/plain/names.j2").to_owned()),
            ];
            registry.add("plain", files.into(), &mut findings);
            assert!(registry.get("plain").is_none(), "{name}");
        }
        assert_eq!(findings.iter().filter(|f| f.code == Code::TargetBroken).count(), 2, "{findings:?}");
    }
}

#[test]
fn a_star_for_few_labels_leaves_listed_names_below_them() {
    let (target, findings) = plain_with("apex = \"included\"", "depth = 1");
    assert!(findings.is_empty(), "{findings:?}");
    let list = list(&["*.x.example.org", "a.x.example.org", "b.a.x.example.org", "*.a.x.example.org"]);
    let built = build(&target.unwrap(), &list, &permit(Axis::Depth, Effect::Narrower), "test");
    assert!(built.errors().is_empty(), "{:?}", built.errors());
    let said = entries(built.file("names.txt"));
    assert_eq!(said, [".a.x.example.org", ".x.example.org", "b.a.x.example.org"]);
}

/// The trivial target with this text as its template.
fn with_template(template: &str) -> (Option<Target>, Findings) {
    let mut registry = Registry::default();
    let mut findings = Findings::default();
    let files = [
        ("target.toml".to_owned(), include_str!("fixtures/targets/plain/target.toml").to_owned()),
        ("names.j2".to_owned(), template.to_owned()),
    ];
    registry.add("plain", files.into(), &mut findings);
    (registry.get("plain").cloned(), findings)
}

#[test]
fn no_template_takes_the_process_down() {
    let allowlist = list(&["a.example.org"]);
    let room = 32_000;
    for (start, again, end) in [
        ("{{ ", "1+", "1 }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ ", "not ", "1 }}"),
        ("{{ [1]", "|list", " }}"),
        ("{{ profile", ".a", " }}"),
        ("", "{% if 1 %}", ""),
        ("{{ ", "[", " }}"),
    ] {
        for times in [room / again.len(), 200_000] {
            let (target, findings) = with_template(&format!("{start}{}{end}", again.repeat(times)));
            assert_eq!(target.is_none(), findings.has_errors(), "{again}");
            assert!(times < 200_000 || findings.has_errors(), "{again}");
            if let Some(target) = target {
                build(&target, &allowlist, &Settings::default(), "test");
            }
        }
    }
    for endless in [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(x) %}{{ m([x]) }}{% endmacro %}{{ m(1) }}",
        "{% include 'names.j2' %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ] {
        let (target, findings) = with_template(endless);
        let built = build(
            &target.unwrap_or_else(|| panic!("{findings:?}")),
            &allowlist,
            &Settings::default(),
            "test",
        );
        assert_eq!(built.codes(Code::TemplateFailed), 1, "{endless} {:?}", built.findings);
    }
}

#[test]
fn no_host_is_taken_for_an_option_of_an_acl() {
    let squid = shipped("squid", &list(&["a.example.org/p/* :80"]), &Settings::default());
    assert!(squid.errors().is_empty(), "{:?}", squid.errors());
    // The reader of addresses may refuse such names; the templates do not count on it.
    let Some(host) = Fqdn::parse("-bar.example.com") else { return };
    for shape in [Host::Exact, Host::Subdomains, Host::Suffix] {
        let mut entry = lists::entry("bar.example.com/p/*", 80, 1);
        entry.pattern.host = shape(host.clone());
        let built = shipped("squid", &Allowlist::new(vec![entry]), &Settings::default());
        let is_option = |line: &str| line.starts_with("acl") && line.contains(" -bar");
        assert!(!built.files.values().any(|text| text.lines().any(is_option)), "{:?}", built.files);
    }
}

#[test]
fn an_entry_without_a_port_is_told_as_any_port() {
    let built = build(&plain(), &list(&["p80.example.org/p :80"]), &Settings::default(), "test");
    let told: Vec<&str> = built.findings.iter().map(|f| f.message.as_str()).collect();
    assert!(told.iter().any(|text| text.contains("widened to `any port of p80.example.org/p`")), "{told:?}");
    assert!(!told.iter().any(|text| text.contains(":0")), "{told:?}");
}

#[test]
fn a_network_is_told_apart_from_its_port() {
    let told = |address| lists::entry(address, 443, 1).pattern.to_string();
    assert_eq!(told("2603:1000::/122"), "https://[2603:1000::/122]:443");
    assert_eq!(told("20.1.0.0/16"), "https://20.1.0.0/16:443");
}

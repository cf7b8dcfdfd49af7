//! Settings of devices: the files of every sample, what they say when they are read back, and that no setting can become
//! anything but a text in any of them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

#[path = "support/devices.rs"]
mod devices;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use allowlistc::client::{Components, Rendered, render};
use allowlistc::diagnostic::{Code, Findings, visible};
use allowlistc::profile;
use allowlistc::rules::Rules;
use proptest::prelude::*;
use tempfile::TempDir;

use devices::{Apart, take_apart};
use support::{
    Ran, assert_file, first_sample, json, names_below, overwrites, read, root, run_in, samples, snapshot,
};

/// A fleet with everything in it.
const FLEET: &str = "schema = 1\ncloud = \"commercial\"\nconnectivity = \"standard\"\ngeographies = [\"EU\"]\n\
    [devices]\nwindows = [\"11-24H2\"]\nwindows-server = [\"2022\"]\nmma = [\"8.1\"]\nmacos = true\nlinux = true\n";

const TEXTS: &str = include_str!("client/texts.txt");

/// What devices are told.
#[derive(Clone, Debug, Default)]
struct Told {
    name: String,
    proxy: Option<String>,
    pac: Option<String>,
    bypass: Vec<String>,
}

impl Told {
    fn full() -> Self {
        Self {
            name: "contoso".into(),
            proxy: Some("proxy.contoso.com:8080".into()),
            pac: Some("http://proxy.contoso.com/proxy.pac".into()),
            bypass: vec!["*.contoso.com".into(), "<local>".into()],
        }
    }

    fn profile(&self) -> String {
        let quoted = |text: &String| toml_edit::Value::from(text.as_str()).to_string();
        let mut text = format!("name = {}\n{FLEET}[client]\n", quoted(&self.name));
        for (key, value) in [("proxy", &self.proxy), ("pac-url", &self.pac)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{key} = {}", quoted(value));
            }
        }
        let bypass: Vec<String> = self.bypass.iter().map(quoted).collect();
        let _ = writeln!(text, "bypass = [{}]\n[client.edr]\nprefer-static-proxy = true", bypass.join(", "));
        text
    }

    /// The files, and what is told with them.
    fn render_with_findings(&self) -> (Rendered, Findings) {
        let mut findings = Findings::default();
        let parsed = profile::parse("profile.toml", &self.profile(), &[], Rules::shipped, &mut findings);
        let components = Components::shipped().expect("the shipped components");
        let (profile, rules) = parsed.expect("a sound profile");
        (render(&profile, &rules, &components, "1.0.0", &mut findings), findings)
    }

    /// The files, unless the settings are refused.
    fn render(&self) -> Result<Rendered, Findings> {
        let mut findings = Findings::default();
        let parsed = profile::parse("profile.toml", &self.profile(), &[], Rules::shipped, &mut findings);
        let components = Components::shipped().expect("the shipped components");
        let (profile, rules) = parsed.filter(|_| !findings.has_errors()).ok_or_else(|| findings.clone())?;
        let rendered = render(&profile, &rules, &components, "1.0.0", &mut findings);
        if findings.has_errors() { Err(findings) } else { Ok(rendered) }
    }

    /// The texts that a file must hold: `tests/client/texts.txt`.
    fn texts(&self, path: &str) -> Vec<String> {
        let line = TEXTS.lines().find(|line| line.split(" |").next() == Some(path));
        let items = line.unwrap_or_else(|| panic!("texts.txt has no line for {path}")).split(" |").skip(1);
        items.flat_map(|item| self.text(item.trim())).collect()
    }

    fn text(&self, item: &str) -> Vec<String> {
        let settings = [
            ("proxy:", self.proxy.is_some()),
            ("pac:", self.pac.is_some()),
            ("bypass:", !self.bypass.is_empty()),
        ];
        let marked = settings.iter().find_map(|(mark, is_there)| Some((item.strip_prefix(mark)?, *is_there)));
        let (item, is_there) = marked.unwrap_or((item, true));
        if !is_there {
            return Vec::new();
        }
        if item == "{each}" {
            return self.bypass.clone();
        }
        let address = self.proxy.clone().unwrap_or_default();
        let pac = self.pac.clone().unwrap_or_default();
        let host = pac.split(['/', ':']).nth(3).unwrap_or_default().to_owned();
        if item == "{host}" && is_wpad(&pac) {
            return Vec::new();
        }
        let host = if is_address(&pac) || !host.contains('.') { host } else { format!("{host}.") };
        let values = [
            ("{address}", address.clone()),
            ("{url}", format!("http://{address}")),
            ("{pac}", pac),
            ("{host}", host),
            ("{bypass}", self.bypass.join(";")),
            ("{id}", format!("{}.defender-proxy", self.name)),
        ];
        let known = values.iter().find(|(placeholder, _)| item.contains(placeholder));
        vec![known.map_or_else(|| item.to_owned(), |(placeholder, value)| item.replace(placeholder, value))]
    }
}

fn apart(rendered: &Rendered) -> BTreeMap<String, Apart> {
    rendered.files.iter().map(|file| (file.path(), take_apart(&file.name, &file.bytes))).collect()
}

/// Every file says what it was told, and nothing else: besides its texts it is the file of a harmless profile.
fn assert_inert(told: &Told, rendered: &Rendered) {
    let mut harmless = Told::full();
    harmless.proxy = harmless.proxy.filter(|_| told.proxy.is_some());
    harmless.pac = harmless.pac.filter(|_| told.pac.is_some());
    // The scheme and the kind of host are all that structure may depend on.
    if told.pac.as_ref().is_some_and(|pac| is_address(pac)) {
        harmless.pac = Some("http://10.0.0.6/proxy.pac".into());
    }
    if told.pac.as_ref().is_some_and(|pac| is_wpad(pac)) {
        harmless.pac = Some("http://wpad.contoso.com/proxy.pac".into());
    }
    harmless.bypass = told.bypass.iter().enumerate().map(|(at, _)| format!("host{at}.contoso.com")).collect();
    let expected = apart(&harmless.render().expect("a harmless profile"));
    let found = apart(rendered);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (path, apart) in &found {
        assert_eq!(apart.structure, expected[path].structure, "{path}");
        let texts =
            apart.texts.iter().map(|text| if is_uuid(text) { "{uuid}".to_owned() } else { text.clone() });
        assert_eq!(texts.collect::<Vec<_>>(), told.texts(path), "{path}");
    }
}

/// UUIDs are nobody's setting.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().enumerate().all(|(at, b)| (b == b'-') == matches!(at, 8 | 13 | 18 | 23))
}

fn is_wpad(pac: &str) -> bool {
    pac.split(['/', ':', '.']).nth(3) == Some("wpad")
}

fn is_address(pac: &str) -> bool {
    pac.split(['/', ':']).nth(3).is_some_and(|host| host.parse::<std::net::Ipv4Addr>().is_ok())
}

/// Names and addresses.
fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?){0,3}\\.[a-z]{2,8}",
        "[a-z]([a-z0-9-]{0,8}[a-z0-9])?",
        any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}")),
    ]
}

/// Everything that a URL may hold, what means something to a shell or to PowerShell among it.
fn pac() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zA-Z0-9._~-]{1,6}",
        "[!$&'()*+;=:@/?]{1,3}",
        Just("%27".to_owned()),
        Just("%0A".to_owned()),
        Just("$(calc)".to_owned()),
        Just("';calc;'".to_owned()),
        Just("'''".to_owned()),
    ];
    ("http|https", host(), proptest::collection::vec(part, 0..8))
        .prop_map(|(scheme, host, parts)| format!("{scheme}://{host}/{}", parts.concat()))
}

fn bypass() -> impl Strategy<Value = Vec<String>> {
    let entry = prop_oneof![
        host(),
        "[a-z]{1,8}\\.[a-z]{2,8}".prop_map(|name| format!("*.{name}")),
        Just("10.*".to_owned()),
        Just("<local>".to_owned()),
    ];
    proptest::collection::btree_set(entry, 0..4).prop_map(|entries| entries.into_iter().collect())
}

fn told() -> impl Strategy<Value = Told> {
    let proxy = (host(), 1..=u16::MAX).prop_map(|(host, port)| format!("{host}:{port}"));
    ("[a-zA-Z0-9][a-zA-Z0-9._-]{0,12}", proptest::option::of(proxy), proptest::option::of(pac()), bypass())
        .prop_filter("something to tell", |(_, proxy, pac, _)| proxy.is_some() || pac.is_some())
        .prop_map(|(name, proxy, pac, bypass)| Told { name, proxy, pac, bypass })
}

const HOSTILE: &[&str] = &[
    "\"",
    "'",
    "`",
    "$",
    "$(calc)",
    "${calc}",
    "\n",
    "\r\n",
    "\0",
    "\\",
    "]]>",
    "<!--",
    "-->",
    "&",
    "&amp;",
    "<",
    ">",
    ";",
    "|",
    "%",
    "%PATH%",
    "!",
    "^",
    "#",
    "//",
    "@",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    " ",
    "\t",
    ",",
    "*",
    "?",
    "\u{e9}",
    "\u{2019}",
    "\u{201d}",
    "\u{202e}",
    "\u{feff}",
    "\";calc;\"",
    "';calc;'",
    "'\\''",
    "\"=-\n\"",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_file_read_back_says_what_the_profile_says(told in told()) {
        let rendered = told.render();
        prop_assert!(rendered.is_ok(), "{rendered:?}");
        assert_inert(&told, &rendered.unwrap());
    }

    #[test]
    fn what_means_something_to_a_language_is_refused_or_inert(
        text in proptest::sample::select(HOSTILE),
        setting in 0..3_usize,
        at in any::<proptest::sample::Index>(),
    ) {
        let mut told = Told::full();
        let target = match setting {
            0 => told.proxy.as_mut().unwrap(),
            1 => told.pac.as_mut().unwrap(),
            _ => told.bypass.first_mut().unwrap(),
        };
        let at = at.index(target.len() + 1);
        target.insert_str(at, text);
        match told.render() {
            Ok(rendered) => assert_inert(&told, &rendered),
            Err(findings) => prop_assert!(findings.iter().all(|finding| finding.code == Code::ProfileValue)),
        }
    }
}

/// The paths below a folder, without the manifest.
fn settings_below(folder: &Path) -> BTreeSet<PathBuf> {
    names_below(folder).into_iter().filter(|path| path != Path::new("manifest.json")).collect()
}

#[test]
fn every_sample_gives_the_golden_settings_of_every_component() {
    for sample in samples() {
        let out = tempfile::tempdir().unwrap();
        let profile = format!("samples/{sample}/profile.toml");
        let ran = run_in(&root(), &["client", &profile, "--out", &out.path().to_string_lossy()]);
        assert_eq!(ran.code, 0, "{sample}: {}", ran.err);
        let (made, kept) = (out.path().join("client"), root().join("tests/client").join(&sample));
        let names = settings_below(&made);
        for name in &names {
            assert_file(&kept.join(name), &fs::read(made.join(name)).unwrap());
        }
        for name in settings_below(&kept).difference(&names) {
            assert!(overwrites(), "{} is no longer made", kept.join(name).display());
            fs::remove_file(kept.join(name)).unwrap();
        }
    }
}

fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    run_in(folder.path(), arguments)
}

/// What a registry holds after a file: `key\name` to the value as it is written.
fn import(registry: &mut BTreeMap<String, String>, bytes: &[u8]) {
    let text = devices::utf16_crlf(bytes);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("Windows Registry Editor Version 5.00"));
    let mut key = String::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with(';')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut key);
            continue;
        }
        let (name, value) = line.split_once('=').expect("name=value");
        let full = format!("{key}\\{}", name.trim_matches('"'));
        if value == "-" {
            registry.remove(&full);
        } else {
            registry.insert(full, value.to_owned());
        }
    }
}

#[test]
fn a_registry_file_read_back_holds_the_settings_and_its_reset_takes_them_away() {
    let work = first_sample();
    assert_eq!(run(&work, &["client", "profile.toml"]).code, 0);
    let file = |name: &str| fs::read(work.path().join("dist/contoso-eu/client").join(name)).unwrap();
    let mut registry = BTreeMap::from([("HKEY_LOCAL_MACHINE\\x".to_owned(), "\"kept\"".to_owned())]);
    import(&mut registry, &file("edr/edr-proxy.reg"));
    import(&mut registry, &file("antivirus/antivirus-proxy.reg"));
    let value = |name: &str| {
        let key = format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\{name}");
        registry.get(&key).map(String::as_str)
    };
    assert_eq!(value("Windows\\DataCollection\\TelemetryProxyServer"), Some("\"proxy.contoso.com:8080\""));
    assert_eq!(value("Windows\\DataCollection\\DisableEnterpriseAuthProxy"), Some("dword:00000001"));
    assert_eq!(value("Windows Defender\\ProxyServer"), Some("\"http://proxy.contoso.com:8080\""));
    assert_eq!(value("Windows Defender\\ProxyPacUrl"), Some("\"http://proxy.contoso.com/proxy.pac\""));
    assert_eq!(value("Windows Defender\\ProxyBypass"), Some("\"*.contoso.com;10.*;<local>\""));
    assert_eq!(registry.len(), 6);
    import(&mut registry, &file("edr/edr-proxy-reset.reg"));
    import(&mut registry, &file("antivirus/antivirus-proxy-reset.reg"));
    assert_eq!(registry.len(), 1, "{registry:?}");
}

#[test]
fn a_policy_sets_the_values_of_the_registry_file_and_its_reset_deletes_each() {
    let rendered = Told::full().render().unwrap();
    let files = apart(&rendered);
    for component in ["edr", "antivirus"] {
        let set = &files[&format!("{component}/{component}-proxy-lgpo.txt")];
        let reset = &files[&format!("{component}/{component}-proxy-reset-lgpo.txt")];
        let names = |apart: &Apart| -> Vec<String> {
            apart.structure.lines().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
        };
        assert_eq!(names(set), names(reset));
        assert!(reset.structure.lines().all(|line| line.ends_with(" DELETE")), "{}", reset.structure);
        let mut registry = BTreeMap::new();
        let reg = rendered.files.iter().find(|file| file.name == format!("{component}-proxy.reg")).unwrap();
        import(&mut registry, &reg.bytes);
        let policy: BTreeSet<String> =
            names(set).iter().map(|name| format!("HKEY_LOCAL_MACHINE\\{name}")).collect();
        assert_eq!(policy, registry.into_keys().collect());
    }
}

/// Where a PAC file lies, the record for DNS, and what is told of it.
#[test]
fn the_record_for_dns_leads_to_where_the_pac_file_lies() {
    for (pac, record, codes) in [
        (
            "http://proxy.contoso.com/proxy.pac",
            Some("wpad IN CNAME proxy.contoso.com."),
            &[Code::ClientWpadElsewhere][..],
        ),
        (
            "http://proxy/proxy.pac",
            Some("wpad IN CNAME proxy"),
            &[Code::ClientWpadElsewhere, Code::ClientWpadRelative],
        ),
        ("http://10.0.0.6/proxy.pac", Some("wpad IN A 10.0.0.6"), &[Code::ClientWpadElsewhere]),
        ("http://wpad.contoso.com/wpad.dat", None, &[]),
        ("http://wpad/wpad.dat", None, &[Code::ClientWpadRelative]),
        (
            "http://wpadded.contoso.com/wpad.dat",
            Some("wpad IN CNAME wpadded.contoso.com."),
            &[Code::ClientWpadElsewhere],
        ),
    ] {
        let told = Told { pac: Some(pac.into()), ..Told::full() };
        let (rendered, findings) = told.render_with_findings();
        let zone = rendered.files.iter().find(|file| file.name == "wpad-dns.zone").expect("a zone");
        let zone = String::from_utf8(zone.bytes.clone()).expect("text");
        assert_eq!(zone.lines().find(|line| !line.starts_with(';')), record, "{pac}");
        let wanted = [Code::ClientWpadElsewhere, Code::ClientWpadRelative];
        let found: Vec<Code> =
            findings.iter().map(|finding| finding.code).filter(|code| wanted.contains(code)).collect();
        assert_eq!(found, codes, "{pac}");
    }
}

/// `cmd.exe` takes 8191 characters of a line, and all exceptions stand in one.
#[test]
fn a_batch_file_is_left_out_where_its_line_is_longer_than_its_reader_takes() {
    let names = ["winhttp-proxy.cmd", "winhttp-proxy-reset.cmd", "winhttp-advproxy.cmd"];
    for (letters, expected) in [(19, [true; 3]), (20, [false, false, true])] {
        let mut told = Told::full();
        told.bypass = (0..289).map(|at| format!("host{at:04}.branch.contoso.com")).collect();
        told.bypass.push(format!("{}.com", "a".repeat(letters)));
        let (rendered, findings) = told.render_with_findings();
        let is_there = |name: &str| rendered.files.iter().any(|file| file.name == name);
        assert_eq!(names.map(is_there), expected, "{letters}");
        let longest = rendered.files.iter().filter(|file| file.name == names[0]).map(|file| {
            let text = String::from_utf8(file.bytes.clone()).expect("text");
            text.lines().map(str::len).max().unwrap_or(0)
        });
        assert!(longest.eq(expected[0].then_some(8191)), "the longest line that is taken");
        let count = rendered.components.iter().find(|outcome| outcome.name == "winhttp").expect("winhttp");
        assert_eq!(count.files, Ok(if expected[0] { 6 } else { 4 }));
        let told: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.code == Code::ClientLineTooLong)
            .map(|finding| finding.message.as_str())
            .collect();
        let left_out = "`winhttp-proxy.cmd` and `winhttp-proxy-reset.cmd` of `winhttp` would have a line of 8192 \
                        characters, and its reader takes 8191; left out";
        assert_eq!(told, if expected[0] { vec![] } else { vec![left_out] });
    }
}

/// `client/hostile.toml`: values that mean something to a language, and what comes of each in `client/hostile.txt`.
#[test]
fn every_hostile_value_is_refused_with_its_message_or_inert() {
    let cases: toml_edit::DocumentMut =
        read(&root().join("tests/client/hostile.toml")).parse().expect("TOML");
    let mut said = String::new();
    let mut count = 0;
    for (key, values) in cases.iter() {
        for value in values.as_array().expect("values").iter().map(|value| value.as_str().expect("a text")) {
            count += 1;
            let mut told = Told::full();
            match key {
                "proxy" => told.proxy = Some(value.into()),
                "pac-url" => told.pac = Some(value.into()),
                "bypass" => told.bypass = vec![value.into()],
                other => panic!("no setting `{other}`"),
            }
            let _ = write!(said, "{key} {}: ", value.escape_debug());
            match told.render() {
                Ok(rendered) => {
                    assert_inert(&told, &rendered);
                    said.push_str("inert\n");
                }
                Err(findings) => {
                    let findings: Vec<_> = findings.iter().collect();
                    assert!(
                        findings.iter().all(|finding| finding.code == Code::ProfileValue),
                        "{findings:?}"
                    );
                    for finding in findings {
                        assert!(!finding.message.contains("Hunter2"), "{}", finding.message);
                        let help = finding.help.as_deref().unwrap_or_default();
                        let _ = writeln!(said, "{}\n    {}", visible(&finding.message), visible(help));
                    }
                }
            }
        }
    }
    assert!(count >= 25, "{count}");
    assert_file(&root().join("tests/client/hostile.txt"), said.as_bytes());
}

/// Runs a script with programs that write down how they were called.
#[cfg(unix)]
fn run_script(bytes: &[u8], programs: &[(&str, &str)], arguments: &[&str]) -> String {
    let (code, said) = run_script_to_its_end(bytes, programs, arguments);
    assert_eq!(code, 0, "{said}");
    said
}

/// The same, with the exit code.
#[cfg(unix)]
fn run_script_to_its_end(bytes: &[u8], programs: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (bin, log) = (folder.path().join("bin"), folder.path().join("log"));
    fs::create_dir(&bin).unwrap();
    for (name, body) in programs {
        let path = bin.join(name);
        let told = "printf ' [%s]' \"$@\"; printf ' (%s)\\n' \"${HTTPS_PROXY-}\"";
        let script =
            format!("#!/bin/sh\n{body}\n{{ printf '%s' '{name}'; {told}; }} >>'{}'\n", log.display());
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let script = folder.path().join("script.sh");
    fs::write(&script, bytes).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let status = Command::new("sh").arg(&script).args(arguments).env("PATH", path).status().unwrap();
    (status.code().unwrap_or(-1), fs::read_to_string(&log).unwrap_or_default())
}

#[cfg(unix)]
#[test]
fn a_shell_runs_the_scripts_with_the_settings_as_single_words() {
    let told = Told { pac: Some("http://host/it's$(id)&;a%20'b'?x=$HOME".into()), ..Told::full() };
    let rendered = told.render().unwrap();
    let script = |name: &str| rendered.files.iter().find(|file| file.name == name).unwrap().bytes.clone();
    assert_eq!(
        run_script(&script("linux-proxy.sh"), &[("mdatp", "")], &[]),
        "mdatp [config] [proxy] [set] [--value] [http://proxy.contoso.com:8080] ()\n\
         mdatp [connectivity] [test] ()\n"
    );
    let help = |commands: &str| format!("if [ \"$3\" = --help ]; then printf '{commands}'; exit; fi");
    let knows = help("Usage: reset the proxy\\n\\nset    sets it\\n  unset  removes it\\n");
    assert_eq!(
        run_script(&script("linux-proxy-reset.sh"), &[("mdatp", &knows)], &[]),
        "mdatp [config] [proxy] [unset] ()\n"
    );
    let (code, said) =
        run_script_to_its_end(&script("linux-proxy-reset.sh"), &[("mdatp", &help("set  sets it\\n"))], &[]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert_eq!(
        run_script(&script("linux-install.sh"), &[("apt-get", "")], &["apt-get", "install", "mdatp"]),
        "apt-get [install] [mdatp] (http://proxy.contoso.com:8080/)\n"
    );
    let services = "printf 'An asterisk (*) denotes\\nWi-Fi\\n*Thunderbolt Bridge\\n'";
    let list = format!("if [ \"$1\" = -listallnetworkservices ]; then {services}; exit; fi");
    let networksetup: &[(&str, &str)] = &[("networksetup", &list)];
    let pac = told.pac.clone().unwrap();
    let set = ["Wi-Fi", "Thunderbolt Bridge"].map(|service| {
        format!(
            "networksetup [-setautoproxyurl] [{service}] [{pac}] ()\n\
             networksetup [-setautoproxystate] [{service}] [on] ()\n"
        )
    });
    assert_eq!(run_script(&script("macos-pac.sh"), networksetup, &[]), set.concat());
    assert_eq!(
        run_script(&script("macos-pac-reset.sh"), networksetup, &[]),
        "networksetup [-setautoproxystate] [Wi-Fi] [off] ()\n\
         networksetup [-setautoproxystate] [Thunderbolt Bridge] [off] ()\n"
    );
    assert_eq!(
        run_script(&script("macos-defender-proxy-reset.sh"), &[("profiles", "")], &[]),
        "profiles [remove] [-identifier] [allowlistc.contoso.defender-proxy] ()\n"
    );
}

#[test]
fn a_build_and_the_settings_beside_it_leave_each_other_alone() {
    let work = first_sample();
    let folder = work.path().join("dist/contoso-eu");
    assert_eq!(run(&work, &["build", "profile.toml"]).code, 0);
    let built = snapshot(&folder);
    let ran = run(&work, &["client", "profile.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let both = snapshot(&folder);
    assert!(both.len() > built.len());
    assert!(built.iter().all(|(path, bytes)| both.get(path) == Some(bytes)), "the build is untouched");
    let checked = run(&work, &["check", "profile.toml"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert_eq!(run(&work, &["build", "profile.toml", "--set", "select.portal=true"]).code, 0);
    let settings = |files: BTreeMap<PathBuf, Vec<u8>>| -> BTreeMap<PathBuf, Vec<u8>> {
        files.into_iter().filter(|(path, _)| path.starts_with(folder.join("client"))).collect()
    };
    assert_eq!(settings(snapshot(&folder)), settings(both));
}

#[test]
fn the_same_profile_writes_the_same_bytes_and_what_is_no_longer_made_goes() {
    let work = first_sample();
    let client = |more: &[&str]| {
        let arguments: Vec<&str> =
            ["client", "profile.toml", "--format", "json"].iter().chain(more).copied().collect();
        json(&run(&work, &arguments).out)
    };
    assert_eq!(client(&[])["rendered"], true);
    let before = snapshot(&work.path().join("dist"));
    assert_eq!(client(&[])["written"], serde_json::json!([]));
    assert_eq!(snapshot(&work.path().join("dist")), before);
    let less = client(&["--set", "devices.macos=false"]);
    let removed = less["removed"].as_array().unwrap();
    assert_eq!(removed.len(), 3);
    assert!(removed.iter().all(|path| path.as_str().unwrap().starts_with("macos/")), "{removed:?}");
    // Macs may still have what they were told.
    let kept = serde_json::json!(["macos/macos-defender-proxy-reset.sh", "macos/macos-pac-reset.sh"]);
    assert_eq!(less["kept"], kept);
    let components = less["components"].as_array().unwrap();
    let macos = components.iter().find(|component| component["name"] == "macos").unwrap();
    assert_eq!(macos["no_device"], serde_json::json!(["macos"]));
}

#[test]
fn what_resets_a_setting_stays_when_the_profile_no_longer_has_it() {
    let work = first_sample();
    let profile = work.path().join("profile.toml");
    assert_eq!(run(&work, &["client", "profile.toml"]).code, 0);
    let folder = work.path().join("dist/contoso-eu/client");
    let is_reset = |path: &PathBuf| path.to_string_lossy().contains("-reset");
    let resets: BTreeSet<PathBuf> = settings_below(&folder).into_iter().filter(is_reset).collect();
    let text = read(&profile);
    let without: String = text
        .lines()
        .filter(|line| !line.starts_with("proxy = "))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_ne!(without.len(), text.len());
    fs::write(&profile, without).unwrap();
    let ran = run(&work, &["client", "profile.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for name in ["edr/edr-proxy-reset.reg", "linux/linux-proxy-reset.sh", "mma/mma-proxy-reset.ps1"] {
        assert!(ran.err.contains("warning[client-reset-kept]") && ran.err.contains(name), "{}", ran.err);
    }
    let left = settings_below(&folder);
    assert!(resets.is_subset(&left), "{:?}", resets.difference(&left));
    assert!(!left.contains(Path::new("edr/edr-proxy.reg")));
    // It resets what an earlier file of the same name set as well.
    let reset = devices::utf16_crlf(&fs::read(folder.join("antivirus/antivirus-proxy-reset.reg")).unwrap());
    assert!(reset.contains("\"ProxyServer\"=-"), "{reset}");
    assert!(!run(&work, &["client", "profile.toml"]).err.contains("client-reset-kept"));
}

#[test]
fn a_static_proxy_for_offline_devices_needs_a_late_sensor_and_is_nothing_for_the_agent() {
    let told = Told::full();
    let messages = |told: &Told| -> Vec<String> {
        let (_, findings) = told.render_with_findings();
        let about = findings.iter().filter(|finding| finding.message.contains("prefer-static-proxy"));
        about.map(|finding| format!("{}: {}", finding.code.as_str(), finding.message)).collect()
    };
    let found = messages(&told);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with(
        "client-update-minimum: `edr` needs a sensor (MsSense.exe) of version 10.8210 or 10.8049"
    ));
    assert!(found[1].starts_with("client-setting-not-taken: `edr` does nothing with"));
    let without = Told { proxy: None, ..Told::full() };
    assert_eq!(messages(&without), Vec::<String>::new());
}

#[test]
fn an_error_writes_nothing_and_a_password_is_shown_nowhere() {
    let work = first_sample();
    for (setting, more) in [
        ("client.proxy=user:hunter2@proxy.contoso.com:8080", &[][..]),
        ("client.pac-url=http://user:hunter2@host/proxy.pac", &["--format", "json"]),
    ] {
        let arguments: Vec<&str> =
            ["client", "profile.toml", "--set", setting].iter().chain(more).copied().collect();
        let ran = run(&work, &arguments);
        assert_eq!(ran.code, 1);
        assert!(!ran.err.contains("hunter2") && !ran.out.contains("hunter2"), "{}{}", ran.err, ran.out);
        assert!(ran.out.contains("nothing written") || json(&ran.out)["rendered"] == false, "{}", ran.out);
    }
    assert!(!work.path().join("dist").exists());
}

#[test]
fn the_manifest_names_every_file_with_its_digest_and_its_way_back() {
    let work = first_sample();
    assert_eq!(run(&work, &["client", "profile.toml"]).code, 0);
    let folder = work.path().join("dist/contoso-eu/client");
    let manifest = json(&read(&folder.join("manifest.json")));
    let files = manifest["files"].as_array().unwrap();
    let listed: BTreeSet<PathBuf> = files.iter().map(|file| file["path"].as_str().unwrap().into()).collect();
    assert_eq!(listed, settings_below(&folder));
    let resets: BTreeSet<&str> = files.iter().filter_map(|file| file["reset"].as_str()).collect();
    for file in files {
        let path = file["path"].as_str().unwrap();
        let bytes = fs::read(folder.join(path)).unwrap();
        assert_eq!(file["sha256"], allowlistc::manifest::sha256(&bytes), "{path}");
        let name = path.split_once('/').unwrap().1;
        assert!(file["reset"].is_string() != resets.contains(name), "{path} has one way back or is one");
    }
}

const OWN: &str = r#"
name = "vpn"
title = "VPN client"
context = 1
sources = ["ours"]
devices = ["windows"]
takes = ["proxy"]
not-taken = { pac-url = { reason = "none", source = "ours" }, bypass = { reason = "none", source = "ours" } }

[options.tag]
type = "text"
default = "a"
help = "a tag"

[[output]]
template = "x.j2"
path = "vpn.ini"
purpose = "settings"
needs = ["proxy"]
reset-by = "remove it"
"#;

/// A folder of the user's with one component.
fn own_component(work: &TempDir, declaration: &str, template: &str) {
    let folder = work.path().join("own/client/vpn");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("target.toml"), declaration).unwrap();
    fs::write(folder.join("x.j2"), template).unwrap();
}

#[test]
fn a_component_of_ones_own_is_a_folder_and_no_rust() {
    let work = first_sample();
    own_component(&work, OWN, "proxy={{ proxy.address | line }}\ntag={{ options.tag | line }}\n");
    let ran = run(&work, &["client", "profile.toml", "--targets", "own", "--set", "client.vpn.tag=b c"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let made = read(&work.path().join("dist/contoso-eu/client/vpn/vpn.ini"));
    assert_eq!(made, "proxy=proxy.contoso.com:8080\ntag=b c\n");
    // Firewalls do not see it.
    assert_eq!(run(&work, &["build", "profile.toml", "--targets", "own"]).code, 0);
    assert!(!work.path().join("dist/contoso-eu/vpn").exists());
    assert_eq!(run(&work, &["client", "profile.toml", "--targets", "nowhere"]).code, 2);
}

#[test]
fn mistakes_in_a_folder_are_found_when_it_is_read() {
    let good = "{{ proxy.address | line }}";
    let no_page =
        "[[note]]\ncode = \"nope\"\nseverity = \"note\"\nmessage = \"x\"\nsource = \"x\"\n[[output]]";
    for (from, to, template, message) in [
        ("", "", good, ""),
        ("", "", "{{ proxy.address }}", "is printed without a filter that quotes it"),
        ("", "", "{{ prxy }}", "names `prxy`, which no context has"),
        ("", "", "{{ proxy.address | nope }}", "nope"),
        ("reset-by = \"remove it\"", "", good, "needs one way back"),
        ("reset-by = \"remove it\"", "reset = \"gone.ini\"", good, "no output writes `gone.ini`"),
        (
            ", bypass = { reason = \"none\", source = \"ours\" }",
            "",
            good,
            "neither that it takes `bypass` nor why not",
        ),
        ("takes = [\"proxy\"]", "takes = [\"proxy\", \"bypass\"]", good, "both taken and not taken"),
        ("path = \"vpn.ini\"", "path = \"../vpn.ini\"", good, "is no plain name of a file"),
        ("[\"windows\"]", "[\"windws\"]", good, "is for `windws`, which is no family of devices"),
        ("name = \"vpn\"", "name = \"vpm\"", good, "calls itself `vpm`"),
        ("context = 1", "context = 2", good, "it is for context 2"),
        ("takes =", "take =", good, "unknown field `take`"),
        ("default = \"a\"", "default = 5", good, "the default of option `tag` must be a text"),
        ("template = \"x.j2\"", "template = \"y.j2\"", good, "output `y.j2` has no such file"),
        ("[[output]]", no_page, good, "has the code `nope`, which has no page"),
    ] {
        let work = first_sample();
        assert!(OWN.contains(from));
        let declaration = if from.is_empty() { OWN.to_owned() } else { OWN.replacen(from, to, 1) };
        own_component(&work, &declaration, template);
        let ran = run(&work, &["client", "profile.toml", "--targets", "own"]);
        assert_eq!(ran.code, i32::from(!message.is_empty()), "{message}: {}", ran.err);
        assert!(ran.err.contains(message), "{message}: {}", ran.err);
        assert_eq!(work.path().join("dist").exists(), message.is_empty());
    }
}

#[test]
fn every_fact_of_the_shipped_components_has_its_source_and_every_folder_its_readme() {
    for component in Components::shipped().unwrap().iter() {
        let declaration = &component.declaration;
        let notes = declaration.notes.iter().map(|note| &note.source);
        let minimums = declaration.minimums.iter().map(|minimum| &minimum.source);
        let not_taken = declaration.not_taken.values().map(|why| &why.source);
        let mut sources = notes.chain(minimums).chain(not_taken).chain(&declaration.sources);
        assert!(sources.all(|source| source.len() > 10), "{}", declaration.name);
        let readme = root().join("targets").join(declaration.folder()).join("README.md");
        assert!(read(&readme).len() > 300, "{}", declaration.name);
    }
}

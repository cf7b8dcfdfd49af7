//! `verify` and `match` on real outputs, edited copies and lists that somebody else wrote.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use support::{Ran, root, run_in, run_with, shared};
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Ran {
    run_in(&root(), arguments)
}

fn profile() -> String {
    root().join("samples/contoso-eu/profile.toml").to_string_lossy().into_owned()
}

/// The first sample, built into a folder of its own.
fn built() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_string_lossy().into_owned();
    assert_eq!(run(&["build", &profile(), "--out", &out]).code, 0);
    folder
}

fn edit(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).expect("the file");
    let changed = change(&text);
    assert_ne!(text, changed, "{file} was edited");
    fs::write(path, changed).expect("the file can be written");
}

fn verify(folder: &Path) -> Ran {
    run(&["verify", &profile(), &folder.to_string_lossy()])
}

#[test]
fn a_fresh_build_is_proved() {
    let folder = built();
    let ran = verify(folder.path());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("proved: the files mean what the list means"), "{}", ran.out);
    // No two rows say that they are about the same.
    let rows: BTreeSet<&str> = ran.out.lines().collect();
    assert_eq!(rows.len(), ran.out.lines().count(), "{}", ran.out);
}

#[test]
fn an_edited_line_is_found_with_a_request() {
    for (file, from, to, request) in [
        ("squid/allow-443-exact.txt", "\nlogin.live.com\n", "\nlogin.live.net\n", "https://login.live.com/"),
        ("squid/allow-443-exact.txt", "\nlogin.live.com\n", "\n", "https://login.live.com/"),
        ("squid/allow-443-sub.txt", "\n.wns.windows.com\n", "\n.windows.com\n", "https://windows.com/"),
        ("squid/allow-443-apex.txt", "\nwns.windows.com\n", "\n", "https://wns.windows.com/"),
        ("squid/allow.conf", "acl mde_443 port 443", "acl mde_443 port 443 8443", ":8443/"),
        ("squid/bypass-443-exact.txt", "\nlogin.live.com\n", "\n", "https://login.live.com/"),
        ("paloalto/allow-443.txt", "\n*.wns.windows.com/\n", "\n*.windows.com/\n", "https://a.windows.com/"),
        (
            "paloalto/bypass-443.txt",
            "\nlogin.live.com/\n",
            "\nlogin.live.com\nx.example.com/\n",
            "x.example.com",
        ),
    ] {
        let folder = built();
        edit(folder.path(), file, |text| text.replace(from, to));
        let ran = verify(folder.path());
        assert_eq!(ran.code, 1, "{file} {from:?} {to:?} {}", ran.out);
        assert!(ran.err.contains("error[verdict-unpermitted]"), "{file}: {}", ran.err);
        assert!(ran.err.contains(request), "{file} {to:?}: {}", ran.err);
    }
}

/// The rows of the table for one list and file.
fn row(ran: &Ran, list: &str, file: &str) -> String {
    let is_it = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(1..3) == Some(&[list, file][..])
    };
    ran.out.lines().find(is_it).unwrap_or_else(|| panic!("{list} {file}: {}", ran.out)).to_owned()
}

/// The shortest request of a list whose losses are permitted is not the one that nobody permits.
#[test]
fn a_list_that_is_not_proved_is_never_said_to_be_permitted() {
    let folder = built();
    assert!(row(&verify(folder.path()), "allow", "allow.conf").contains(" permitted "));
    edit(folder.path(), "squid/allow-443-exact.txt", |text| {
        format!("{text}a-long-name-that-nobody-lists.example.com\n")
    });
    let ran = verify(folder.path());
    assert_eq!(ran.code, 1, "{}", ran.out);
    let row = row(&ran, "allow", "allow.conf");
    assert!(
        row.contains("NOT PERMITTED") && row.contains("https://a-long-name-that-nobody-lists.example.com/"),
        "{row}"
    );
    assert!(!row.contains(" permitted "), "{row}");
}

#[test]
fn a_pac_program_that_does_not_do_what_its_tables_say_is_told() {
    for (from, to, words) in [
        (
            "h.indexOf(\".\", 1); i > 0;",
            "h.indexOf(\".\", 1); i > 1e9;",
            ["`https://a.b.", "its tables say `"],
        ),
        (
            "if (mdeListed(\"allow\"",
            "if (0 && mdeListed(\"allow\"",
            ["takes the route `default`", "that of `allow`"],
        ),
        (
            "return MDE_ROUTES.direct",
            "return MDE_ROUTES.allow",
            ["takes the route `allow`", "that of `direct`"],
        ),
        (
            "{ return MDE_ROUTES.allow; }\n  return \"\"",
            "{ return MDE_ROUTES.allow; }\n  return MDE_ROUTES.allow",
            ["takes the route `allow`", "that of `default`"],
        ),
        (
            "var h = host.toLowerCase()",
            "var h = dnsResolve(host) || host.toLowerCase()",
            ["asks for names", "`https://"],
        ),
        (
            "function mdeRoute(url, host) {",
            "function mdeRoute(url, host) { while (true) {}",
            ["does not end in time", ""],
        ),
        ("function mdeRoute(url, host) {", "function mdeRoute(url, host { ", ["cannot be loaded", ""]),
    ] {
        let folder = built();
        edit(folder.path(), "pac/proxy.pac", |text| text.replace(from, to));
        let ran = verify(folder.path());
        assert_eq!(ran.code, 1, "{to} {}", ran.out);
        let told: Vec<&str> =
            ran.err.lines().filter(|line| line.starts_with("error[program-disagrees]")).collect();
        assert!(told.iter().any(|line| words.iter().all(|word| line.contains(word))), "{to}: {}", ran.err);
        assert!(told.len() <= 5, "{told:#?}");
    }
}

#[test]
fn every_file_of_a_pac_target_has_a_verdict_for_every_list() {
    let folder = built();
    for (route, bypass) in
        [("PROXY proxy.contoso.com:8080", "within"), ("PROXY other.contoso.com:8080", "wider")]
    {
        let out = folder.path().join(bypass);
        let no_inspect = format!("targets.pac.no-inspect={route}");
        let set = ["--set", &no_inspect, "--set", "targets.pac.allow=PROXY proxy.contoso.com:8080"];
        let more = ["--target", "pac", "--out", out.to_str().unwrap()];
        let ran = run(&[&["build", &profile()], &set[..], &more[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let verdict = |file: &str, list: &str| {
            let all = manifest["verdicts"].as_array().unwrap().iter();
            let of: Vec<_> = all.filter(|v| v["file"] == file && v["list"] == list).collect();
            assert_eq!(of.len(), 1, "{file} {list}");
            of[0].clone()
        };
        for file in ["proxy.pac", "wpad.dat"] {
            assert_eq!(verdict(file, "bypass")["verdict"], bypass);
            assert_eq!(verdict(file, "bypass")["within"].as_str(), (bypass == "within").then_some("allow"));
            assert_eq!(verdict(file, "direct")["verdict"], "same");
            assert_eq!(verdict(file, "allow")["verdict"], "both");
        }
        let says = ran.out.contains("bypass as a part of allow");
        assert_eq!(says, bypass == "within", "{}", ran.out);
        // What is missing from the one list is missing from the other.
        edit(&out, "pac/wpad.dat", |text| text.replace("\".definitionupdates.microsoft.com\":1,\n", ""));
        let ran = run(&[&["verify", &profile(), out.to_str().unwrap()], &set[..]].concat());
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(
            ran.err.contains(
                "list `bypass` of `pac` is narrower than the list: `https://definitionupdates.microsoft.com/`"
            ),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_file_that_the_firewall_would_not_load_is_told() {
    let folder = built();
    edit(folder.path(), "squid/allow.conf", |text| {
        text.replace("acl mde_443 port 443", "acl mde_443 portt 443")
    });
    let ran = verify(folder.path());
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("error["), "{}", ran.err);
    fs::write(folder.path().join("squid/allow.conf"), "acl a dstdomain\nhttp_access allow b\n").unwrap();
    let ran = verify(folder.path());
    assert!(ran.err.contains("error[read-back-failed]"), "{}", ran.err);
}

#[test]
fn slips_that_squid_takes_in_silence_are_told() {
    let folder = built();
    fs::remove_file(folder.path().join("squid/allow-443-apex.txt")).unwrap();
    edit(folder.path(), "squid/allow-443-exact.txt", |text| {
        format!("{text}*.contoso.com\nfoo.bar.contoso.com\n.contoso.com\n")
    });
    let ran = verify(folder.path());
    assert_eq!(ran.code, 1);
    for code in ["list-file-missing", "entry-never-matches", "acl-overlap"] {
        assert!(ran.err.contains(&format!("[{code}]")), "{code}: {}", ran.err);
    }
}

#[test]
fn a_rule_that_nobody_can_follow_is_undecided_and_never_the_same() {
    let folder = built();
    edit(folder.path(), "squid/allow.conf", |text| {
        format!("acl work time MTWHF 8:00-18:00\nhttp_access allow localnet work\n{text}")
    });
    let ran = verify(folder.path());
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("error[verify-undecided]"), "{}", ran.err);
}

#[test]
fn a_folder_without_read_back_is_built_and_told_to_be_unproved() {
    let targets = tempfile::tempdir().unwrap();
    let plain = root().join("tests/fixtures/targets/plain");
    let copy = targets.path().join("plain");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(plain).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("\n[[verify").next().unwrap().to_owned();
        fs::write(copy.join(path.file_name().unwrap()), text).unwrap();
    }
    let out = targets.path().join("out");
    let ran = run(&[
        "build",
        &profile(),
        "--targets",
        &targets.path().to_string_lossy(),
        "--target",
        "plain",
        "--verbose",
        "--out",
        &out.to_string_lossy(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("[not-proved]"), "{}", ran.err);
}

/// A fifth target: a folder of templates and data, no line of Rust.
#[test]
fn a_folder_of_the_users_own_is_proved_like_a_shipped_one() {
    let targets = root().join("tests/fixtures/targets").to_string_lossy().into_owned();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_string_lossy().into_owned();
    let own = ["--targets", &targets];
    let ran = run(&[&["build", &profile(), "--target", "plain", "--out", &out], &own[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("plain") && ran.out.contains("proved: "), "{}", ran.out);
    let verify = || run(&[&["verify", &profile(), &out], &own[..]].concat());
    assert_eq!(verify().code, 0);
    let list = "plain/names.txt";
    for (from, to, request) in [
        ("\nlogin.live.com\n", "\n", "://login.live.com/`"),
        ("\nlogin.live.com\n", "\nlogin.live.com\nx.example.com\n", "x.example.com/`"),
        ("\n.wns.windows.com\n", "\nwns.windows.com\n", ".wns.windows.com/`"),
    ] {
        let honest = fs::read_to_string(folder.path().join(list)).unwrap();
        edit(folder.path(), list, |text| text.replace(from, to));
        let ran = verify();
        assert_eq!(ran.code, 1, "{to:?} {}", ran.out);
        assert!(
            ran.err.contains("list `names` of `plain`") && ran.err.contains(request),
            "{to:?} {}",
            ran.err
        );
        fs::write(folder.path().join(list), honest).unwrap();
    }
    let asked = |url| run(&[&["match", "--target", "plain", &out, url], &own[..]].concat()).out;
    assert!(asked("https://login.live.com/").starts_with("allow\t"));
    assert!(asked("https://login.live.net/").starts_with("deny\t"));
}

#[test]
fn match_runs_a_pac_file_whose_tables_do_not_tell() {
    let folder = built();
    let dir = folder.path().to_string_lossy().into_owned();
    let urls = [
        "https://login.live.com/",
        "https://packages.microsoft.com/",
        "http://crl.microsoft.com/pki/a",
        "https://nobody.example/",
    ];
    let ask = || {
        let ran = run(&[&["match", "--target", "pac", &dir, "--json"], &urls[..]].concat());
        let answers: serde_json::Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
        let text = |answer: &serde_json::Value| {
            format!("{} {}", answer["verdict"].as_str().unwrap(), answer["route"].as_str().unwrap())
        };
        let by = answers.to_string();
        (answers.as_array().unwrap().iter().map(text).collect::<Vec<_>>(), by.contains("which was run"))
    };
    let (proxy, past) = ("PROXY proxy.contoso.com:8080", "PROXY passthrough.contoso.com:8080");
    let honest = [
        "direct DIRECT".to_owned(),
        format!("bypass {past}"),
        format!("allow {proxy}"),
        format!("deny {proxy}"),
    ];
    assert_eq!(ask(), (honest.to_vec(), false));
    // A program of another hand behind the same tables.
    edit(folder.path(), "pac/proxy.pac", |text| {
        text.replace(
            "if (mdeListed(\"bypass\"",
            "if (h != \"packages.microsoft.com\" && mdeListed(\"bypass\"",
        )
    });
    let changed = [&honest[0], &format!("allow {proxy}"), &honest[2], &honest[3]].map(Clone::clone);
    assert_eq!(ask(), (changed.to_vec(), true));
    // No tables at all.
    fs::copy(root().join("tests/foreign/pac/corporate.pac"), folder.path().join("pac/proxy.pac")).unwrap();
    let theirs = format!("deny {proxy}; DIRECT");
    let cloud = "allow PROXY cloud-proxy.contoso.com:3128";
    assert_eq!(ask(), (vec![theirs.clone(), theirs.clone(), cloud.to_owned(), theirs], true));
    fs::write(folder.path().join("pac/proxy.pac"), "function (").unwrap();
    let ran = run(&["match", "--target", "pac", &dir, urls[0]]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("the file cannot be loaded"), "{}", ran.err);
}

#[test]
fn match_says_what_an_output_does_and_by_which_line() {
    let folder = built();
    let dir = folder.path().to_string_lossy().into_owned();
    for (url, verdict) in [
        ("https://evil-crl.microsoft.com/", "deny"),
        ("http://crl.microsoft.com/pki/x.crl", "allow"),
        ("https://a.b.WNS.windows.com./", "bypass"),
        ("https://wns.windows.com/", "deny"),
        ("http://www.microsoft.com/pki/x", "allow"),
        ("http://www.microsoft.com/pkix", "deny"),
        ("login.live.com:443", "bypass"),
        ("login.live.com:8443", "deny"),
        ("https://login.live.com.evil.net/", "deny"),
    ] {
        let ran = run(&["match", "--target", "squid", &dir, url]);
        assert!(ran.out.starts_with(&format!("{verdict}\t")), "{url}: {}", ran.out);
        assert_eq!(ran.code, i32::from(verdict == "deny"), "{url}");
        if verdict != "deny" {
            assert!(ran.out.contains(" by allow"), "{url}: {}", ran.out);
        }
    }
}

/// A list that several files say is read from each of them, and so is what a proxy asks inside TLS.
#[test]
fn match_tells_of_every_form_that_says_otherwise() {
    let ask = |target: &str, folder: &Path, url: &str| {
        run(&["match", "--target", target, &folder.to_string_lossy(), url])
    };
    let (listed, other) = ("https://packages.microsoft.com/", "https://evil.example.com/");
    let folder = built();
    for target in ["squid", "paloalto", "azure", "pac"] {
        for url in [listed, other] {
            let ran = ask(target, folder.path(), url);
            assert!(!ran.out.contains("otherwise") && ran.err.is_empty(), "{target}: {}{}", ran.out, ran.err);
        }
    }
    edit(folder.path(), "paloalto/firewall.set", |text| {
        format!(
            "{text}set rulebase security rules any from any to any source any destination any application any service any action allow\n"
        )
    });
    let ran = ask("paloalto", folder.path(), other);
    assert!(
        ran.out.starts_with("deny\t") && ran.out.contains("; otherwise firewall.set: allow by firewall.set:"),
        "{}",
        ran.out
    );
    edit(folder.path(), "azure/allow.bicep", |text| {
        text.replace("'packages.microsoft.com'", "'packages.contoso.com'")
    });
    let ran = ask("azure", folder.path(), listed);
    assert!(ran.out.contains("; otherwise allow.bicep: no allow"), "{}", ran.out);
    assert_eq!(ran.code, 1, "not every form lets it pass");
    edit(folder.path(), "squid/allow.conf", |text| {
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("mde_https mde_443")).collect();
        kept.join("\n") + "\n"
    });
    let ran = ask("squid", folder.path(), listed);
    assert!(ran.out.contains("; otherwise allow.conf inside TLS: no allow"), "{}", ran.out);
    edit(folder.path(), "pac/wpad.dat", |text| text.replace("\".packages.microsoft.com\":1,", ""));
    let ran = ask("pac", folder.path(), listed);
    assert!(ran.out.contains("; otherwise wpad.dat: no allow"), "{}", ran.out);
    // One form alone is asked like the first.
    for file in ["allow.arm.json", "terraform"] {
        let path = folder.path().join("azure").join(file);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    let ran = ask("azure", folder.path(), "https://packages.contoso.com/");
    assert!(ran.out.starts_with("allow\t") && ran.out.contains("allow by allow.bicep:"), "{}", ran.out);
}

/// Nothing is answered by the rest where the allowlist cannot be read, and what a set does with an address may be open.
#[test]
fn match_says_what_it_does_not_know() {
    let folder = built();
    let dir = folder.path().to_string_lossy().into_owned();
    edit(folder.path(), "squid/allow.conf", |text| {
        format!("acl numbers dstdom_regex -n ^[0-9]+\\.0\nhttp_access allow numbers\n{text}")
    });
    let ran = run(&["match", "--target", "squid", &dir, "https://127.0.0.2/"]);
    assert!(ran.err.contains("may also be found in the text of an address"), "{}", ran.err);
    edit(folder.path(), "squid/allow.conf", |text| text.replacen("^[0-9]+\\.0", "^[0-9", 1));
    let ran = run(&["match", "--target", "squid", &dir, "https://login.live.com/"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("can be read back: allow.conf:1"), "{}", ran.err);
    // A request that no table names is denied by nobody where the rest goes past every proxy.
    edit(folder.path(), "pac/proxy.pac", |text| {
        text.replacen("var MDE_DEFAULT = \"PROXY proxy.contoso.com:8080\"", "var MDE_DEFAULT = \"DIRECT\"", 1)
    });
    let ran = run(&["match", "--target", "pac", &dir, "https://evil.example.com/"]);
    assert!(
        ran.out.starts_with("direct\t") && ran.out.contains("no line allows it, route DIRECT"),
        "{}",
        ran.out
    );
}

/// Clients take no PAC file above their limit, whatever it says.
#[test]
fn a_file_that_clients_refuse_for_its_size_is_not_proved() {
    let folder = built();
    edit(folder.path(), "pac/proxy.pac", |text| format!("// {}\n{text}", "x".repeat(1_000_000)));
    let ran = verify(folder.path());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("`proxy.pac` of `pac` has 1"), "{}", ran.err);
}

#[test]
fn match_reads_requests_from_standard_input_and_answers_in_json() {
    let folder = built();
    let dir = folder.path().join("squid").to_string_lossy().into_owned();
    let ran = run_with(
        &root(),
        &["match", "--target", "squid", &dir, "--stdin", "--json"],
        "https://login.live.com/\n\nhttps://login.example.com/\n",
    );
    let answers: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(answers[0]["verdict"], "bypass");
    assert_eq!(answers[1]["verdict"], "deny");
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
    assert!(answers[0]["by"]["allow"].as_str().is_some_and(|line| line.starts_with("allow-443-exact.txt:")));
}

/// One line that is no request does not take the answers of the others away.
#[test]
fn match_answers_every_line_and_names_those_that_are_no_requests() {
    let folder = built();
    let dir = folder.path().join("squid").to_string_lossy().into_owned();
    let ran = run_with(
        &root(),
        &["match", "--target", "squid", &dir, "--stdin"],
        "https://login.live.com/\n# heads\nhttps://me:secret@login.live.com/\nftp://x\nhttps://x.example.com/",
    );
    let verdicts: Vec<&str> = ran.out.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(verdicts, ["bypass", "unread", "unread", "unread", "deny"], "{}", ran.out);
    assert!(ran.out.contains("line 3: the URL names a user") && !ran.out.contains("secret"), "{}", ran.out);
    assert!(ran.code == 2 && ran.err.contains("3 of 5 requests could not be read"), "{}", ran.err);
}

/// Squid decodes a path before it compares it, and compares the query with it.
#[test]
fn match_compares_what_the_target_compares() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = root().join("samples/fabrikam-gcc-high/profile.toml").display().to_string();
    let out = folder.path().to_string_lossy().into_owned();
    assert_eq!(run(&["build", &sample, "--out", &out]).code, 0);
    let dir = folder.path().join("squid").to_string_lossy().into_owned();
    for (verdict, url) in [
        ("allow", "http://www.microsoft.com/pki/certs"),
        ("allow", "http://www.microsoft.com/pki/cert%73/a"),
        ("allow", "http://www.microsoft.com/pkiops%2fa"),
        ("allow", "http://crl.microsoft.com/pki/crl/a?x=/../y"),
        ("deny", "http://www.microsoft.com/pki/certs?x"),
        ("deny", "http://crl.microsoft.com/pki/crl/%2e%2e%2fx"),
    ] {
        let ran = run(&["match", "--target", "squid", &dir, url]);
        assert!(ran.out.starts_with(&format!("{verdict}\t")), "{url}: {}", ran.out);
    }
}

/// The published cells as they stand in a Squid acl: it loads without a word, and most of them match nothing.
#[test]
fn the_raw_cells_of_a_workbook_in_a_squid_acl_are_shown_to_miss_entries() {
    let Some(shared) = shared() else { return };
    let truth = fs::read_to_string(shared.join("truth/mde-urls-commercial-2025-06.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let mut cells: Vec<&str> =
        truth["rows"].as_array().unwrap().iter().filter_map(|r| r["endpoint"].as_str()).collect();
    cells.sort_unstable();
    cells.dedup();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("cells.txt"), cells.join("\n") + "\n").unwrap();
    let conf = format!("acl mde dstdomain -n \"{}\"\nhttp_access allow localnet mde\n", path("cells.txt"));
    fs::write(path("squid.conf"), conf).unwrap();
    let ran = run(&["verify", &profile(), &path("squid.conf")]);
    assert_eq!(ran.code, 1);
    for missing in [
        "missing   *.wns.windows.com ",
        "missing   www.microsoft.com/pki/* ",
        "missing   *.wd.microsoft.com ",
    ] {
        assert!(ran.out.contains(missing), "{missing}: {}", ran.out);
    }
    assert!(!ran.out.contains("missing   login.live.com "), "an exact host works as it stands: {}", ran.out);
    assert!(ran.err.contains("`*.wns.windows.com` in acl `mde` never matches"), "{}", ran.err);
}

#[test]
fn a_plain_list_is_compared_entry_by_entry() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("edl.txt");
    let built = built();
    fs::copy(built.path().join("paloalto/allow-443.txt"), &list).unwrap();
    edit(folder.path(), "edl.txt", |text| {
        format!("{}*.example.com/\n", text.replace("login.live.com/\n", ""))
    });
    let ran = run(&["verify", &profile(), &list.to_string_lossy()]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("missing   login.live.com (optional"), "{}", ran.out);
    assert!(ran.out.contains("`*.example.com/`: "), "{}", ran.out);
    assert!(!ran.out.contains("missing   login.windows.net"), "{}", ran.out);
}

/// A file that was just built has no fault but what its target's folder permits, and that is told with its reason.
#[test]
fn a_file_of_ours_by_itself_has_no_faults_but_permitted_ones() {
    let folder = built();
    let path = |file: &str| folder.path().join(file).to_string_lossy().into_owned();
    let mut told = 0;
    for (file, product) in [
        ("squid/allow.conf", "allow"),
        ("squid/bypass.conf", "bypass"),
        ("pac/proxy.pac", "allow"),
        ("pac/proxy.pac", "bypass"),
        ("paloalto/firewall.set", "allow"),
        ("paloalto/panorama.xml", "bypass"),
        ("azure/allow.arm.json", "allow"),
        ("azure/allow.bicep", "allow"),
        ("azure/terraform/allow.tf", "allow"),
    ] {
        let ran = run(&["verify", &profile(), &path(file), "--product", product]);
        assert_eq!(ran.code, 0, "{file} {product} {} {}", ran.out, ran.err);
        assert!(ran.out.contains("\n0 missing, 0 too wide, 0 with more ports"), "{file}: {}", ran.out);
        for line in ran.out.lines().filter(|line| line.starts_with("permitted ")) {
            let target = file.split('/').next().unwrap();
            assert!(line.ends_with(&format!(": permitted by targets/{target}/target.toml")), "{line}");
            told += 1;
        }
    }
    assert!(told > 3, "{told}");
    // What nobody permits is a fault as before, beside what is permitted.
    edit(folder.path(), "squid/allow-443-exact.txt", |text| {
        format!("{}nobody.example.com\n", text.replace("\nlogin.live.com\n", "\n"))
    });
    let ran = run(&["verify", &profile(), &path("squid/allow.conf")]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("\n1 missing, 1 too wide, 0 with more ports"), "{}", ran.out);
    let ran = run(&["verify", &profile(), &path("squid/bypass.conf"), "--product", "bypass"]);
    assert!(!ran.out.contains("is not allowed"), "{}", ran.out);
}

#[test]
fn what_a_bypass_list_lacks_is_inspected() {
    let folder = built();
    edit(folder.path(), "squid/bypass-443-exact.txt", |text| text.replace("\nlogin.live.com\n", "\n"));
    let conf = folder.path().join("squid/bypass.conf").to_string_lossy().into_owned();
    let ran = run(&["verify", &profile(), &conf, "--product", "bypass"]);
    assert!(ran.out.contains("https://login.live.com/ is inspected"), "{}", ran.out);
}

/// Deciding every name by itself took minutes. What is printed of it is bounded as well, and the JSON has it all.
#[test]
fn a_long_list_of_other_names_is_compared_in_seconds_and_told_in_short() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.txt");
    let mut names: Vec<String> = (0..20_000).map(|n| format!("host{n}.unlisted.example.com")).collect();
    names.insert(9_000, "login.live.com".into());
    fs::write(&path, names.join("\n") + "\n").unwrap();
    let start = Instant::now();
    let ran = run(&["verify", &profile(), &path.to_string_lossy()]);
    let took = start.elapsed();
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains(" 20000 too wide, 0 with more ports"), "{}", ran.out);
    assert!(ran.out.contains("too wide  and 19900 more, which `--format json` names\n"), "{}", ran.out);
    assert!(!ran.out.contains("login.live.com ("), "{}", ran.out);
    assert!(ran.out.lines().count() < 300 && took < Duration::from_secs(40), "{took:?}");
}

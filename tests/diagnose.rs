//! Outputs of connection tests: what is read from each form, what it means, and what the profile's list has to do with it.
//!
//! `diagnose/given/` has an output of each form; `diagnose/expected/` what is said of it, for people, programs and
//! tickets. `diagnose/broken/` has files that are refused, each with its message beside it. `diagnose/samples/` has what
//! is said of the samples of the research beside the project.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use allowlistc::allowlist::Allowlist;
use allowlistc::diagnose::{LARGEST, Lists, judge, read, to_json};
use allowlistc::diagnostic::{Code, Findings, visible};
use allowlistc::rules::{DiagnoseFacts, Rules};
use proptest::prelude::*;
use support::{Ran, assert_file, files_below, root, run_in, run_with};

const PROFILE: &str = "samples/contoso-eu/profile.toml";

fn facts() -> &'static DiagnoseFacts {
    static FACTS: OnceLock<DiagnoseFacts> = OnceLock::new();
    FACTS.get_or_init(|| Rules::shipped(None).and_then(|rules| rules.facts()).expect("the shipped rules"))
}

/// What a profile makes of no list at all.
fn lists() -> Lists<'static> {
    static NOTHING: OnceLock<Allowlist> = OnceLock::new();
    Lists { list: NOTHING.get_or_init(Allowlist::default), dropped: &[], narrowed: &[], plans: &[] }
}

fn folder(name: &str) -> PathBuf {
    root().join("tests/diagnose").join(name)
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn diagnosed(path: &Path, more: &[&str]) -> Ran {
    let path = path.to_string_lossy();
    run_in(&root(), &[&["diagnose", &path, PROFILE], more].concat())
}

fn transcript(ran: &Ran) -> String {
    format!("{}{}exit code {}\n", ran.err, ran.out, ran.code)
}

#[test]
fn each_form_is_read_and_told_in_every_format() {
    for path in files_below(&folder("given")) {
        for (format, ending) in [("human", "txt"), ("json", "json"), ("markdown", "md")] {
            let ran = diagnosed(&path, &["--format", format]);
            let expected = folder("expected").join(format!("{}.{ending}", name(&path)));
            assert_file(&expected, transcript(&ran).as_bytes());
        }
    }
}

#[test]
fn each_broken_file_gets_its_message_and_no_diagnosis() {
    for path in files_below(&folder("broken")).iter().filter(|path| !name(path).ends_with(".message")) {
        let ran = diagnosed(path, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", path.display());
        assert_file(&path.with_file_name(format!("{}.message", name(path))), ran.err.as_bytes());
    }
}

#[test]
fn the_samples_of_the_research_are_read_or_refused() {
    let Some(shared) = support::shared() else { return };
    let is_output = |path: &&PathBuf| {
        let starts =
            ["mdatp_", "mdeclientanalyzer_", "mpcmdrun_", "sense_", "xmde_", "mde_analyzer_", "testcloud"];
        starts.iter().any(|start| name(path).starts_with(start))
    };
    let files = files_below(&shared.join("samples"));
    assert!(files.iter().filter(is_output).count() > 10, "the samples are there");
    for path in files.iter().filter(is_output) {
        let ran = diagnosed(path, &[]);
        assert_file(&folder("samples").join(name(path)), transcript(&ran).as_bytes());
    }
}

#[test]
fn the_failing_urls_of_the_sample_are_named_with_cause_and_cure() {
    let Some(shared) = support::shared() else { return };
    let ran = diagnosed(&shared.join("samples/mdeclientanalyzer_SYNTHETIC_failures.txt"), &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for part in [
        "FAILED  https://settings-win.data.microsoft.com/qos",
        "12175",
        "inspects TLS",
        "cure  exempt the host",
    ] {
        assert!(ran.out.contains(part), "no `{part}` in\n{}", ran.out);
    }
    assert_eq!(ran.out.matches("FAILED").count(), 1);
    assert!(
        ran.out.contains("by named proxy 10.0.0.6:8080 (200); not by default proxy (407)"),
        "{}",
        ran.out
    );
}

/// Bytes as Windows writes them.
fn wide(text: &str) -> Vec<u8> {
    let text = text.replace('\n', "\r\n");
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn every_encoding_and_line_end_of_windows_says_the_same() {
    let text = support::read(&folder("given/windows.txt"));
    let read_as = |bytes: &[u8]| read("x", bytes, &mut Findings::default()).expect("it is known");
    let plain = read_as(text.as_bytes());
    assert_eq!(plain.trials.len(), 12);
    for bytes in [
        wide(&text),
        wide(&text)[2..].to_vec(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', " \t\n \t ").into_bytes(),
    ] {
        assert_eq!(read_as(&bytes), plain);
    }
}

#[test]
fn logins_of_proxies_are_never_shown() {
    for format in ["human", "json", "markdown"] {
        let ran = diagnosed(&folder("given/windows.txt"), &["--format", format]);
        assert!(!ran.out.contains("Hunter2") && !ran.out.contains("svc:"), "{format}");
    }
}

/// An answer, and whether it passes by the vendor's rule and by the documented one.
#[test]
fn the_two_rules_of_the_vendor_are_kept_apart() {
    for (url, result, expected) in [
        ("https://a.contoso.com/", "Succeeded (200)", "passed"),
        ("https://a.contoso.com/", "Failed (200)", "passed"),
        ("https://a.contoso.com/", "Succeeded (404)", "passed-by-vendor-rule-only"),
        ("https://a.contoso.com/", "Failed (400)", "passed-by-vendor-rule-only"),
        ("https://a.contoso.com/", "Succeeded (405)", "passed-by-vendor-rule-only"),
        ("https://a.contoso.com/", "Failed (405)", "failed"),
        ("https://a.contoso.com/", "Succeeded (204)", "failed"),
        ("https://a.contoso.com/", "Succeeded (12200)", "failed"),
        ("https://a.blob.core.windows.net", "Failed (400)", "passed"),
        ("https://a.blob.core.usgovcloudapi.net", "Failed (400)", "passed"),
        ("https://a.blob.core.windows.net", "Failed (403)", "failed"),
        ("https://a.contoso.com/storage/x/", "Failed (400)", "passed"),
        ("https://a.contoso.com/mdav/test", "Failed (404)", "passed"),
        ("https://a.contoso.com/mdav/test", "Failed (400)", "passed-by-vendor-rule-only"),
    ] {
        let text =
            format!("Testing URL : {url}\n1 - Default proxy: {result}\n2 - Proxy disabled: Failed (12029)\n");
        let found = json_of(text.as_bytes());
        assert_eq!(found["files"][0]["results"][0]["verdict"], expected, "{url} {result}");
    }
}

fn json_of(bytes: &[u8]) -> serde_json::Value {
    let reading = read("x", bytes, &mut Findings::default()).expect("it is known");
    let request = |text: &str| {
        let (host, path) =
            text.strip_prefix("https://")?.split_once('/').unwrap_or((text.strip_prefix("https://")?, ""));
        let (scheme, port) = (allowlistc::pattern::Scheme::Https, 443);
        Some(allowlistc::pattern::Request { scheme, host: host.into(), port, path: format!("/{path}") })
    };
    to_json(&judge(vec![reading], facts(), &lists(), request), false, &Findings::default())
}

/// An error of some program, and its cause.
#[test]
fn every_number_and_word_has_the_cause_that_its_source_names() {
    for (text, cause) in [
        ("Failed (407)", "proxy-login"),
        ("Failed (12175)", "inspection"),
        ("Failed (-2147012721)", "inspection"),
        ("Failed (12057)", "revocation"),
        ("Failed (12180)", "no-wpad"),
        ("Failed (12007)", "name"),
        ("Failed (12002)", "timeout"),
        ("Failed (12029)", "refused"),
        ("Failed (403)", "denied"),
        ("Failed (502)", "gateway"),
        ("Failed (504)", "gateway"),
        ("Failed (302)", "redirect"),
        ("Failed (511)", "network-login"),
        ("Failed (12044)", "client-certificate"),
        ("Failed (12152)", "other-answer"),
        ("Failed (12167)", "script"),
        ("Failed (12176)", "script"),
        ("Failed (12177)", "script"),
        ("The proxy isn't in valid format", "proxy-name"),
        ("Unexpected exception was thrown", "exception"),
    ] {
        let found =
            json_of(format!("Testing URL : https://a.contoso.com\n1 - Default proxy: {text}\n").as_bytes());
        assert_eq!(found["files"][0]["results"][0]["cause"]["id"], cause, "{text}");
    }
    for (text, cause) in [
        ("curl error 35", "inspection"),
        ("curl error 60", "inspection"),
        ("curl error 6", "name"),
        ("curl error 28", "timeout"),
        ("SSL cert issue", "inspection"),
        ("Request timeout", "timeout"),
        ("Request general issue", "test-error"),
        ("response 407", "proxy-login"),
        ("response 403", "denied"),
    ] {
        let line = format!("Testing connection with https://a.contoso.com/ping ... [ERROR]\n\t {text}\n");
        assert_eq!(json_of(line.as_bytes())["files"][0]["results"][0]["cause"]["id"], cause, "{text}");
    }
}

/// What came of the default proxy, WPAD, no proxy and a named proxy, and the cause of it all.
#[test]
fn what_came_of_a_proxy_says_more_than_a_direct_way_that_is_barred() {
    let none = "Doesn't exist";
    for (ways, cause) in [
        (["Failed (503)", "Failed (12180)", "Failed (12007)", none], Some("gateway")),
        (["Failed (302)", "Failed (12180)", "Failed (12002)", none], Some("redirect")),
        (["Failed (12167)", "Failed (12180)", "Failed (12002)", none], Some("script")),
        (["Failed (12002)", "Failed (12180)", "Failed (12007)", none], Some("timeout")),
        (["Failed (12029)", "Failed (12180)", "Failed (12002)", none], Some("refused")),
        (["Failed (511)", "Failed (12180)", "Failed (12002)", none], Some("network-login")),
        (["Failed (12199)", "Failed (12180)", "Failed (12002)", none], None),
        (["Failed", "Failed (12180)", "Failed (12002)", none], None),
        (["Failed (12002)", "Failed (12180)", "Failed (12002)", "Failed (502)"], Some("gateway")),
        ([none, "Failed (12180)", "Failed (12002)", "Failed (502)"], Some("gateway")),
        ([none, "Failed (12029)", "Failed (12007)", none], Some("refused")),
        // A direct way that got further than being barred says something.
        (["Failed (12029)", "Failed (12180)", "Failed (403)", none], Some("denied")),
        (["Failed (12029)", "Failed (12180)", "Failed (12175)", none], Some("inspection")),
        // No way by a proxy is there.
        ([none, "Failed (12180)", "Failed (12002)", none], Some("timeout")),
        ([none, none, "Failed (12007)", none], Some("name")),
    ] {
        let [system, discovered, direct, named] = ways;
        let text = format!(
            "Testing URL : https://a.contoso.com/\n1 - Default proxy: {system}\n2 - Proxy auto discovery (WPAD): \
             {discovered}\n3 - Proxy disabled: {direct}\n4 - Named proxy ( p.contoso.com:80): {named}\n5 - x: {none}\n"
        );
        let found = json_of(text.as_bytes());
        assert_eq!(found["files"][0]["results"][0]["cause"]["id"].as_str(), cause, "{ways:?}");
    }
}

/// What came of the default proxy and of no proxy for an address that no proxy can lead to, and what it comes to.
#[test]
fn the_direct_way_counts_for_what_goes_past_the_proxy() {
    for (system, direct, verdict, cause) in [
        ("Succeeded (200)", "Failed (12029)", "passed-by-vendor-rule-only", None),
        ("Succeeded (200)", "Succeeded (200)", "passed", None),
        ("Failed (407)", "Succeeded (200)", "passed", None),
        ("Failed (407)", "Succeeded (404)", "passed-by-vendor-rule-only", None),
        ("Failed (407)", "Failed (12029)", "failed", Some("refused")),
        ("Failed (503)", "Failed (12007)", "failed", Some("name")),
        ("Failed (12029)", "Failed (12175)", "failed", Some("inspection")),
        ("Failed (407)", "Doesn't exist", "failed", Some("proxy-login")),
    ] {
        let text = format!(
            "Testing URL : https://client.wns.windows.com/\n1 - Default proxy: {system}\n2 - Proxy auto discovery \
             (WPAD): Failed (12180)\n3 - Proxy disabled: {direct}\n5 - x: Doesn't exist\n"
        );
        let told = |more: &[&str]| run_with(&root(), &[&["diagnose", "-", PROFILE], more].concat(), &text);
        let found = support::json(&told(&["--format", "json"]).out);
        let one = &found["files"][0]["results"][0];
        assert_eq!((one["verdict"].as_str(), one["cause"]["id"].as_str()), (Some(verdict), cause), "{text}");
        let is_barred = matches!(cause, Some("refused" | "name"));
        let cure = one["cause"]["cure"].as_str().unwrap_or_default();
        assert_eq!(cure.contains("TCP 443 on the firewall from the device straight"), is_barred, "{cure}");
        let is_by_proxy_alone = (system, direct) == ("Succeeded (200)", "Failed (12029)");
        let human = told(&[]).out;
        assert_eq!(human.contains("a proxy let the test through"), is_by_proxy_alone, "{human}");
        assert_eq!(human.contains("in reach; 1 is in doubt"), verdict.ends_with("only"), "{human}");
        assert_eq!(told(&["--strict"]).code, i32::from(verdict != "passed"), "{text}");
    }
}

#[test]
fn a_cure_names_the_ports_of_its_addresses() {
    let block =
        |url: &str| format!("Testing URL : {url}\n1 - Default proxy: Failed (12029)\n5 - x: Doesn't exist\n");
    let (clear, secure) =
        (block("http://crl.microsoft.com/x"), block("https://winatp-gw-weu.microsoft.com/x"));
    for (text, ports) in [
        (clear.clone(), "open TCP 80 from"),
        (secure.clone(), "open TCP 443 from"),
        (clear + &secure, "open TCP 80 and 443 from"),
        (
            "ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072EFD)\n".to_owned(),
            "open its port from",
        ),
    ] {
        for format in ["human", "markdown"] {
            let ran = run_with(&root(), &["diagnose", "-", PROFILE, "--format", format], &text);
            assert!(ran.out.contains(ports) && !ran.out.contains("{port}"), "{}", ran.out);
        }
        let ran = run_with(&root(), &["diagnose", "-", PROFILE, "--format", "json"], &text);
        assert!(ran.out.contains("open TCP ") || ports.contains("its"), "{}", ran.out);
        assert!(!ran.out.contains("{port}"), "{}", ran.out);
    }
}

#[test]
fn every_cause_says_what_to_do_and_where_it_is_known_from() {
    let causes = &facts().causes;
    let mut ids: Vec<&str> = causes.iter().map(|cause| cause.id.as_str()).collect();
    for cause in causes {
        for text in [&cause.brief, &cause.says, &cause.cure, &cause.look, &cause.source] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", cause.id);
        }
        assert!(cause.brief.len() <= 30, "{}", cause.id);
        assert!(cause.words.iter().all(|word| *word == word.to_lowercase()), "{}", cause.id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), causes.len());
}

#[test]
fn what_the_profile_leaves_out_does_not_count() {
    let work = tempfile::tempdir().expect("a folder");
    let put = |host: &str| {
        let path = work.path().join("result.txt");
        let text = format!("Testing URL : https://{host}/commands/test\n1 - Default proxy: Failed (403)\n");
        fs::write(&path, text).expect("a file");
        path
    };
    let ran = diagnosed(&put("winatp-gw-cus.microsoft.com"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("not needed, left out by the profile"), "{}", ran.out);
    let ran = diagnosed(&put("winatp-gw-cus.microsoft.com"), &["--set", "geographies=[\"US\"]"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let ran = diagnosed(&put("nobody-lists-this.contoso.com"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("not needed, no row of the list names it"), "{}", ran.out);
    assert!(
        ran.out.ends_with(
            "nothing was tested that the profile needs; 1 that it does not need is out of reach\n"
        ),
        "{}",
        ran.out
    );
    let found = support::json(&diagnosed(&put("nobody-lists-this.contoso.com"), &["--format", "json"]).out);
    let counts = ["tested", "needed", "needed_and_failed", "failed_and_not_needed"].map(|key| &found[key]);
    assert_eq!(counts, [1, 0, 0, 1]);
}

#[test]
fn a_row_of_the_hosts_own_says_more_than_a_wildcard_that_was_narrowed() {
    let text =
        "Testing URL : https://ussus1eastprod.blob.core.windows.net\n1 - Default proxy: Failed (403)\n";
    let ran = run_with(&root(), &["diagnose", "-", PROFILE], text);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("not needed, left out by the profile: ussus1eastprod.blob"), "{}", ran.out);
    assert!(!ran.out.contains("not among the values of"), "{}", ran.out);
}

#[test]
fn half_a_name_is_not_judged() {
    for start in ["Testing URL : ", "Testing connection with ", "Test URL : "] {
        let whole = format!("{start}https://winatp-gw-neu.microsoft.com/test");
        let ran =
            run_with(&root(), &["diagnose", "-", PROFILE], &format!("{start}https://winatp-gw-weu.micro"));
        assert!(ran.err.contains("the file breaks off in `https://winatp-gw-weu.micro`"), "{}", ran.err);
        assert!(ran.out.contains("not judged: the file breaks off in it"), "{}", ran.out);
        assert!(!ran.out.contains("extra"), "{}", ran.out);
        let ran = run_with(&root(), &["diagnose", "-", PROFILE], &whole);
        assert_eq!(ran.code, 1, "the list holds what stands there: {}", ran.out);
        let ran = run_with(&root(), &["diagnose", "-", PROFILE], &(whole + "\n"));
        assert!(ran.err.contains("has no result; it counts as not passed"), "{}", ran.err);
    }
}

#[test]
fn another_query_is_another_target_and_none_is_shown() {
    let line = |query: &str| {
        format!(
            "Testing connection with https://winatp-gw-weu.microsoft.com/x{query} ... [FAILED] response 407\n"
        )
    };
    for (text, targets) in [
        (line("?sig=Hunter2") + &line("?sig=Hunter3"), 2),
        (line("?sig=Hunter2") + &line("?sig=Hunter2#part"), 1),
        (line("?sig=Hunter2") + &line(""), 2),
        (line("#Hunter2") + &line(""), 1),
    ] {
        for format in ["human", "json", "markdown"] {
            let ran = run_with(&root(), &["diagnose", "-", PROFILE, "--format", format], &text);
            assert!(!ran.out.contains("Hunter") && !ran.err.contains("Hunter"), "{}{}", ran.err, ran.out);
            assert_eq!(ran.out.contains("microsoft.com/x?…"), text.contains('?'), "{}", ran.out);
            if format == "json" {
                assert_eq!(support::json(&ran.out)["tested"], targets, "{text}");
            }
        }
    }
}

/// Texts of the analyzer in which a target is named more than once, and how many targets that the profile needs fail.
#[test]
fn a_target_counts_once_however_often_it_is_named() {
    let block = |url: &str, result: &str| {
        format!("Testing URL : {url}\n1 - Default proxy: {result}\n5 - x: Doesn't exist\n")
    };
    let weu = "https://winatp-gw-weu.microsoft.com";
    for (text, failed) in [
        (block(weu, "Failed (407)") + &block(weu, "Failed (12175)"), 1),
        (block(weu, "Failed (407)") + &block("https://WINATP-gw-weu.microsoft.com:443/", "Failed (407)"), 1),
        (block(weu, "Failed (407)") + &block(weu, "Succeeded (200)"), 1),
        (block(weu, "Failed (407)") + &block(&format!("{weu}/other"), "Failed (407)"), 2),
    ] {
        let ran = run_with(&root(), &["diagnose", "-", PROFILE, "--format", "json"], &text);
        assert_eq!(support::json(&ran.out)["needed_and_failed"], failed, "{text}{}", ran.err);
    }
    let text = block(weu, "Failed (407)") + &block(weu, "Failed (12175)");
    let ran = run_with(&root(), &["diagnose", "-", PROFILE], &text);
    assert_eq!(ran.out.matches("FAILED").count(), 1, "{}", ran.out);
    assert!(
        ran.out.contains("default proxy: 407") && ran.out.contains("default proxy: 12175"),
        "{}",
        ran.out
    );
}

#[test]
fn runs_of_one_check_count_once_and_are_no_addresses() {
    let ran = diagnosed(&folder("given/runs.txt"), &[]);
    assert_eq!(ran.out.matches("FAILED").count(), 2, "{}", ran.out);
    assert!(ran.out.ends_with("\n1 check that the profile needs is out of reach\n"), "{}", ran.out);
    let both =
        [folder("given/runs.txt"), folder("given/mdatp.txt")].map(|path| path.to_string_lossy().into_owned());
    let ran = run_in(&root(), &["diagnose", &both[0], &both[1], PROFILE]);
    assert!(
        ran.out.ends_with(" addresses and 1 check that the profile needs are out of reach\n"),
        "{}",
        ran.out
    );
}

/// Texts of programs for Linux and macOS that have no Windows cure.
#[test]
fn no_cure_of_windows_is_given_for_another_system() {
    for detail in ["\n", "\n\t Request general issue\n", "\n\t curl error 5\n"] {
        let text =
            format!("Testing connection with https://winatp-gw-weu.microsoft.com/test ... [ERROR]{detail}");
        let ran = run_with(&root(), &["diagnose", "-", PROFILE], &text);
        assert_eq!(ran.code, 1, "{}", ran.out);
        assert!(!ran.out.contains(".NET"), "{}", ran.out);
        let names_both = !ran.out.contains("Windows") || ran.out.contains("Linux");
        assert!(
            names_both && (!ran.out.contains("system account") || ran.out.contains("as root")),
            "{}",
            ran.out
        );
    }
}

#[test]
fn the_list_is_said_to_hold_only_what_it_holds() {
    let (listed, other) =
        ("https://winatp-gw-weu.microsoft.com/x", "https://newstore.blob.core.windows.net/x");
    let left_out = "https://winatp-gw-cus.microsoft.com/x";
    for (urls, held, added) in [
        (vec![listed], Some("the list holds it already: "), None),
        (vec![listed, left_out], Some(&*format!("the list holds `{listed}` already: ")), None),
        (vec![left_out], None, None),
        (vec![other], None, Some(other)),
        (vec![listed, other], Some(&*format!("the list holds `{listed}` already: ")), Some(other)),
    ] {
        let line = |url: &&str| format!("Testing connection with {url} ... [ERROR]\n\t response 403\n");
        let text: String = urls.iter().map(line).collect();
        for format in ["human", "markdown"] {
            let ran = run_with(&root(), &["diagnose", "-", PROFILE, "--format", format], &text);
            assert_eq!(ran.out.contains("the list holds"), held.is_some(), "{}", ran.out);
            assert!(held.is_none_or(|held| ran.out.contains(held)), "{held:?}\n{}", ran.out);
            let cure = added.map(|url| {
                format!(
                    "add what belongs to the tenant to `[mma] blob-hosts`: the list does not hold `{url}`"
                )
            });
            assert_eq!(ran.out.contains("add what belongs"), cure.is_some(), "{}", ran.out);
            assert!(cure.is_none_or(|cure| ran.out.contains(&cure)), "{}", ran.out);
        }
    }
}

/// URLs with what no URL holds, how they are shown, and whether they are judged.
#[test]
fn a_url_that_no_client_sends_like_this_is_judged_by_what_can_be_read() {
    for (url, shown, is_judged) in [
        ("https://winatp-gw-weu.microsoft.com/\u{1b}[31mx", "microsoft.com/\\u{1b}[31mx", true),
        ("https://winatp-gw-weu.microsoft.com/a|b<img", "microsoft.com/a|b<img", true),
        ("https://winatp-gw-weu.microsoft.com/a<b>{c}", "microsoft.com/a<b>{c}", true),
        ("https://winatp-gw\u{1b}-weu.microsoft.com/x", "winatp-gw\\u{1b}-weu.microsoft.com/x", false),
    ] {
        let text = format!("Testing URL : {url}\n1 - Default proxy: Failed (403)\n5 - x: Doesn't exist\n");
        let ran = run_with(&root(), &["diagnose", "-", PROFILE], &text);
        assert!(ran.out.contains(shown), "{}", ran.out);
        assert_eq!(ran.code, i32::from(is_judged), "{}", ran.out);
        assert_eq!(ran.out.contains("not judged: it is no address"), !is_judged, "{}", ran.out);
    }
}

#[test]
fn what_a_file_says_cannot_leave_its_place_in_a_ticket() {
    let text = "Test URL : https://winatp-gw-weu.microsoft.com/test\nCertificate Issuer is CN=[x](http://contoso.com)\n\
                Test result is 200\n";
    for more in [&[][..], &["--strict"]] {
        let args = [&["diagnose", "-", PROFILE, "--format", "markdown"], more].concat();
        let ran = run_with(&root(), &args, text);
        let seen = "`the test is content, but certificate issuer is CN=[x](http://contoso.com): see whether somebody \
                    inspects TLS`";
        assert_eq!(ran.out.contains(seen), more.is_empty(), "{}", ran.out);
        assert!(ran.out.contains("certificate issuer is CN="), "{}", ran.out);
        let is_quoted = |line: &str| line.contains(": `") || line.contains("- `");
        let mut lines = ran.out.lines().filter(|line| line.contains("](http"));
        assert!(lines.all(|line| line.ends_with('`') && is_quoted(line)), "{}", ran.out);
    }
}

#[test]
fn a_passed_url_is_said_to_be_uncovered_only_where_it_is() {
    for (url, words) in [
        ("https://winatp-gw-weu.microsoft.com/x", None),
        ("https://nobody-lists-this.contoso.com/x", Some("no row of the list names it")),
        ("https://winatp-gw-cus.microsoft.com/x", Some("left out by the profile")),
        ("https://newstore.blob.core.windows.net/x", Some("not among the values of `[mma] blob-hosts`")),
        (
            "https://x.blob.core.windows.net/networkscannerstable/a",
            Some("not let through by what the targets"),
        ),
    ] {
        let text = format!("Testing connection with {url} ... [OK]\n");
        for format in ["human", "markdown"] {
            let ran = run_with(&root(), &["diagnose", "-", PROFILE, "--format", format], &text);
            assert_eq!(ran.code, 0);
            match words {
                Some(words) => assert!(ran.out.contains(words), "no `{words}` in\n{}", ran.out),
                None => assert!(!ran.out.contains("list"), "{}", ran.out),
            }
        }
    }
}

#[test]
fn a_file_may_come_by_standard_input() {
    let path = folder("given/mdatp.txt");
    let piped = run_with(&root(), &["diagnose", "-", PROFILE], &support::read(&path));
    let by_path = transcript(&diagnosed(&path, &[])).replace("mdatp.txt", "standard input");
    assert_eq!(transcript(&piped), by_path);
    let twice = run_with(&root(), &["diagnose", "-", "-", PROFILE], "");
    assert_eq!((twice.code, twice.out.as_str()), (2, ""));
    assert!(twice.err.contains("`-` is given twice"), "{}", twice.err);
}

#[test]
fn a_workspace_that_the_profile_does_not_name_counts() {
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("result.txt");
    let text = "Firewall Rule: *.ods.opinsights.azure.com\n\
        https://99999999-2222-3333-4444-555555555555.ods.opinsights.azure.com : Connection failed\n";
    fs::write(&path, text).expect("a file");
    let ran = diagnosed(&path, &[]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(
        ran.out.contains("not among the values of `[mma] workspaces`: *.ods.opinsights.azure.com"),
        "{}",
        ran.out
    );
}

#[test]
fn what_a_target_cannot_let_through_is_told() {
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("result.txt");
    fs::write(&path, "Testing URL : https://x.blob.core.windows.net/networkscannerstable/a\n1 - Default proxy: Failed (403)\n")
        .expect("a file");
    let ran = diagnosed(&path, &[]);
    assert!(
        ran.out.contains("not let through by what the targets were told: azure, pac, paloalto, squid: "),
        "{}",
        ran.out
    );
}

#[test]
fn the_documented_rule_can_be_asked_for() {
    let work = tempfile::tempdir().expect("a folder");
    let path = work.path().join("result.txt");
    fs::write(
        &path,
        "Testing URL : https://winatp-gw-weu.microsoft.com/x\n1 - Default proxy: Failed (404)\n",
    )
    .expect("a file");
    let lenient = diagnosed(&path, &[]);
    assert_eq!(lenient.code, 0);
    assert!(lenient.out.contains("doubt   https") && lenient.out.contains("listed ("), "{}", lenient.out);
    for (format, failed) in
        [("human", "FAILED  https"), ("markdown", "### not in reach by the documented rule")]
    {
        let strict = diagnosed(&path, &["--strict", "--format", format]);
        assert_eq!(strict.code, 1);
        let parts = [
            failed,
            "1 tested: 1 failed\n",
            "listed (",
            "why",
            "its documents ask for another",
            "cure",
            "the list holds it already: look",
        ];
        for part in parts {
            assert!(strict.out.contains(part), "no `{part}` in\n{}", strict.out);
        }
    }
}

#[test]
fn several_files_are_told_together_and_one_that_is_unknown_stops_all() {
    let given = |name: &str| folder("given").join(name).to_string_lossy().into_owned();
    let ran = run_in(&root(), &["diagnose", &given("mdatp.txt"), &given("curl.txt"), PROFILE]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("mdatp.txt (") && ran.out.contains("curl.txt ("), "{}", ran.out);
    let broken = folder("broken/prose.txt").to_string_lossy().into_owned();
    let ran = run_in(&root(), &["diagnose", &given("mdatp.txt"), &broken, PROFILE]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
}

#[test]
fn a_file_that_is_too_large_or_holds_too_much_is_refused() {
    let line = "Testing connection with https://a.contoso.com/ping ... [OK]\n";
    for (text, code) in [
        (line.repeat(60_000), Code::FileTooLarge),
        (" ".repeat(LARGEST + 1), Code::FileTooLarge),
        ("Testing URL : \n".repeat(100_000), Code::TestOutputUnknown),
        ("{\"a\":".repeat(100_000), Code::TestOutputUnknown),
        (format!("<html>EDRCloud{}", "<tr><td".repeat(200_000)), Code::TestOutputUnknown),
        (format!("<MDEResults>{}", "<event>".repeat(200_000)), Code::TestOutputUnknown),
    ] {
        let mut findings = Findings::default();
        assert!(read("x", text.as_bytes(), &mut findings).is_none());
        assert_eq!(findings.iter().next().map(|finding| finding.code), Some(code));
    }
}

/// Words of all forms, so that made-up texts get past their first line.
fn words() -> impl Strategy<Value = String> {
    let fragments = proptest::sample::select(vec![
        "Testing URL : ",
        "Testing URL",
        "https://a.contoso.com",
        "\tNoPinning",
        "1 - Default proxy: ",
        "Succeeded (200)",
        "Failed (",
        "99999999999999999999)",
        "0x80072F8F)",
        "-2147012721)",
        " 4.1 - Named proxy ( ",
        "): ",
        "\r\n",
        "\n",
        "Test for URL ",
        " is failed ,Error Message : ",
        "Test URL : ",
        "Test result is ",
        "Certificate Issuer is ",
        "Testing connection with ",
        " ... [OK]",
        " ... [ERROR]",
        "\t response 407",
        "ValidateMapsConnection connection to MAPS",
        "Contacted server 1 times, URI: ",
        "Firewall Rule: *.blob.core.windows.net",
        "x.blob.core.windows.net",
        "[Error] a 132021: ",
        "following URLs: ",
        "<html>",
        "EDRCloud",
        "<tr><td>",
        "</td>",
        "</tr>",
        "<MDEResults>",
        "<event id=\"132021\">",
        "<checkresult>",
        "</event>",
        "&lt;",
        "{\"url\":\"https://a.contoso.com\",\"response\":",
        "407}",
        "[",
        "curl: (60) x",
        "\u{0}",
        "\u{202e}",
        "\u{e9}",
        "****",
        "OK ",
        "http",
        "…",
    ]);
    proptest::collection::vec(fragments, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused_and_told_without_control_characters(text in words(), wide in any::<bool>()) {
        check(&if wide { self::wide(&text) } else { text.into_bytes() });
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }
}

fn check(bytes: &[u8]) {
    let mut findings = Findings::default();
    let Some(reading) = read("x", bytes, &mut findings) else {
        assert!(findings.has_errors());
        return;
    };
    assert!(!reading.trials.is_empty());
    let report = judge(vec![reading], facts(), &lists(), |_| None);
    let human = allowlistc::diagnose::to_human(&report, false, Some(40), |text, _| vec![text.to_owned()]);
    assert!(human.lines().all(|line| visible(line) == line), "{human:?}");
    allowlistc::diagnose::to_markdown(&report, true);
    to_json(&report, true, &findings);
}

//! `fetch` against servers on loopback, sound and broken ones: what is written, what is said, and what stays.

#![cfg(feature = "fetch")]
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
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use allowlistc::cache::Cache;
use allowlistc::diagnostic::Findings;
use allowlistc::lock::{Lock, Origin, parse};
use rustls::ServerConfig;
use serde_json::Value;
use support::book::book;
use support::server::{Authority, Reply, Request, Server, response};
use support::{Ran, assert_file, files_below, overwrites, read, root};
use tempfile::TempDir;

const DATE: &str = "Last-Modified: Thu, 16 Oct 2025 10:00:00 GMT\r\n";

struct Trust {
    authority: Authority,
    other: Authority,
    tls: Arc<ServerConfig>,
}

/// One authority for all tests, and one that nobody trusts: keys take time.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let authority = Authority::new();
    let tls = authority.tls(&["localhost"], 2020, 2120);
    Trust { authority, other: Authority::new(), tls }
});

fn text_of_list() -> String {
    read(&root().join("tests/books/contoso-eu.tsv"))
}

/// The list of the first sample.
fn list() -> Vec<u8> {
    book(&text_of_list())
}

/// The same list with one host more.
fn longer_list() -> Vec<u8> {
    let more = "Microsoft Defender for Endpoint\tWW\tCommon\t443\tnew.contoso.com\tnew\tRequired\tYes";
    let text = text_of_list();
    let (head, rows) = text.split_once("\nMicrosoft Defender for Endpoint\t").expect("rows");
    book(&format!("{head}\n{more}\nMicrosoft Defender for Endpoint\t{rows}"))
}

fn serve(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(Some(Arc::clone(&TRUST.tls)), false, handler)
}

/// A folder with a profile that names these addresses, and the authority's certificate.
fn work(urls: &[String]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = read(&root().join("samples/contoso-eu/profile.toml"));
    let urls: Vec<String> = urls.iter().map(|url| format!("{url:?}")).collect();
    let profile = profile.replace("files = [\"list.xlsx\"]", &format!("urls = [{}]", urls.join(", ")));
    fs::write(folder.path().join("profile.toml"), profile).expect("a profile");
    fs::write(folder.path().join("authority.pem"), TRUST.authority.pem()).expect("a certificate");
    fs::write(folder.path().join("system.pem"), TRUST.other.pem()).expect("a certificate");
    folder
}

/// The program in a folder, without the proxies and the authorities of this machine.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allowlistc"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env("SSL_CERT_FILE", "system.pem").env_remove("SSL_CERT_DIR");
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    let output = command(folder.path(), arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

const FETCH: [&str; 5] = ["fetch", "--ca-bundle", "authority.pem", "--retries", "0"];

fn fetch(folder: &TempDir, more: &[&str]) -> Ran {
    run(folder, &[&FETCH[..], more].concat())
}

fn lock_text(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("allowlistc.lock")).unwrap_or_default()
}

fn lock(text: &str) -> Lock {
    let mut findings = Findings::default();
    parse("allowlistc.lock", text, &mut findings).unwrap_or_else(|| panic!("{findings:?}: {text}"))
}

/// Every file of a folder with its bytes, without the notes and the file that reserves the cache.
fn files(folder: &TempDir) -> Vec<(PathBuf, Vec<u8>)> {
    let noted =
        |path: &PathBuf| path.ends_with("in-use") || path.extension().is_some_and(|end| end == "asked");
    let paths = files_below(folder.path()).into_iter().filter(|path| !noted(path));
    paths.map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

#[test]
fn a_fetch_locks_what_a_build_then_reads_without_a_network() {
    let server = serve(|_| Reply::file(DATE, &list()));
    let url = server.url("/lists/mde-urls.xlsx?key=secret");
    let work = work(std::slice::from_ref(&url));
    let before = run(&work, &["build", "profile.toml"]);
    assert_eq!(before.code, 1);
    assert!(before.err.contains("error[source-not-fetched]"), "{}", before.err);
    let fetched = fetch(&work, &[]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    assert!(fetched.err.is_empty(), "{}", fetched.err);
    let lock = lock(&lock_text(&work));
    let entry = lock.entry("contoso-eu", &Origin::Url(url)).expect("an entry");
    assert_eq!(entry.file, "mde-urls.xlsx");
    assert_eq!(entry.from.as_deref(), Some(server.url("/lists/mde-urls.xlsx").as_str()));
    assert_eq!(entry.date.as_deref(), Some("Thu, 16 Oct 2025 10:00:00 GMT"));
    assert_eq!(entry.bytes, list().len() as u64);
    let rows: Vec<(&str, usize)> = entry.rows.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
    assert_eq!(rows, [("Microsoft Defender URLs", 98), ("Security Center URLs", 9)]);
    let asked = server.requests().len();
    let built = run(&work, &["build", "profile.toml", "--locked", "--offline"]);
    assert_eq!(built.code, 0, "{}", built.err);
    for verb in [&["list", "profile.toml"][..], &["why", "http://crl.microsoft.com", "profile.toml"]] {
        assert_eq!(run(&work, verb).code, 0, "{verb:?}");
    }
    assert_eq!(server.requests().len(), asked, "nothing but `fetch` uses the network");
    let manifest: Value =
        serde_json::from_str(&read(&work.path().join("dist/contoso-eu/manifest.json"))).unwrap();
    assert_eq!(manifest["sources"][0]["sha256"], entry.sha256.as_str());
}

#[test]
fn a_second_fetch_asks_for_changes_only_and_leaves_every_byte() {
    let server = serve(|request| match request.header("if-none-match") {
        Some("\"one\"") => Reply::status("304 Not Modified", "ETag: \"one\"\r\n"),
        _ => Reply::file("ETag: \"one\"\r\n", &list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    let again = fetch(&work, &[]);
    assert!(again.out.contains("unchanged") && again.code == 0, "{}", again.out);
    assert_eq!(files(&work), before);
    assert_eq!(fetch(&work, &["--check"]).code, 0);
    assert_eq!(fetch(&work, &["--fresh"]).code, 0);
    assert_eq!(files(&work), before);
}

#[test]
fn a_check_exits_with_10_when_something_changed_and_writes_nothing() {
    let server = serve(|request| Reply::file("", &if request.before < 2 { list() } else { longer_list() }));
    let work = work(&[server.url("/list.xlsx")]);
    let before = files(&work);
    assert_eq!(fetch(&work, &["--check"]).code, 10);
    assert_eq!(files(&work), before, "not even a cache is made");
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    let changed = fetch(&work, &["--check"]);
    assert_eq!(changed.code, 10);
    assert!(changed.out.contains("changed "), "{}", changed.out);
    assert_eq!(files(&work), before);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(fetch(&work, &["--check"]).code, 0);
    let copies =
        files(&work).iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "xlsx")).count();
    assert_eq!(copies, 2, "the copy of before stays for comparisons");
}

#[test]
fn the_same_bytes_under_new_headers_are_no_change() {
    let server = serve(|request| Reply::file(&format!("ETag: \"{}\"\r\n{DATE}", request.before), &list()));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(fetch(&work, &["--check"]).code, 0);
    assert_eq!(files(&work), before);
}

#[test]
fn a_lost_or_changed_copy_is_told_by_builds_and_brought_back_by_a_fetch() {
    let server = serve(|request| match request.header("if-none-match") {
        Some(_) => Reply::status("304 Not Modified", ""),
        None => Reply::file("ETag: \"one\"\r\n", &list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    let (copy, _) =
        before.iter().find(|(path, _)| path.extension().is_some_and(|end| end == "xlsx")).expect("a copy");
    for (damage, words) in [(None, "has no copy"), (Some("half"), "was changed")] {
        match damage {
            None => fs::remove_file(copy).expect("removed"),
            Some(text) => fs::write(copy, text).expect("written"),
        }
        let built = run(&work, &["build", "profile.toml"]);
        assert_eq!(built.code, 1);
        assert!(built.err.contains("source-not-fetched") && built.err.contains(words), "{}", built.err);
        assert_eq!(fetch(&work, &[]).code, 0);
        assert_eq!(files(&work), before);
    }
}

#[test]
fn a_server_that_contradicts_its_own_version_is_asked_for_the_whole_file() {
    let server = serve(|request| match request.header("if-none-match") {
        Some(_) => Reply::status("304 Not Modified", "ETag: \"two\"\r\n"),
        None if request.before == 0 => Reply::file("ETag: \"one\"\r\n", &list()),
        None => Reply::file("ETag: \"two\"\r\n", &longer_list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let again = fetch(&work, &[]);
    assert!(again.code == 0 && again.out.contains("changed "), "{}{}", again.err, again.out);
}

#[test]
fn what_a_server_said_of_one_address_is_not_told_to_another() {
    let server = serve(|request| match request.target.as_str() {
        "/short" => Reply::status("302 Found", &format!("Location: /{}.xlsx\r\n", request.before)),
        _ if request.header("if-none-match").is_some() => Reply::status("304 Not Modified", ""),
        "/0.xlsx" => Reply::file("ETag: \"same\"\r\n", &list()),
        _ => Reply::file("ETag: \"same\"\r\n", &longer_list()),
    });
    let work = work(&[server.url("/short")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let again = fetch(&work, &[]);
    assert!(again.out.contains("changed "), "{}", again.out);
    let lock = lock(&lock_text(&work));
    let from = lock.entries().next().and_then(|entry| entry.from.clone());
    assert_eq!(from, Some(server.url("/1.xlsx")));
}

#[test]
fn failures_that_pass_are_tried_again_and_a_wanted_pause_is_kept() {
    let server = serve(|request| match request.before {
        0 => Reply::status("503 Unavailable", "Retry-After: 1\r\n"),
        1 => Reply::Bytes(response("200 OK", "", &list())[..2000].to_vec()),
        _ => Reply::file("", &list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    let started = std::time::Instant::now();
    let ran = run(&work, &["fetch", "--ca-bundle", "authority.pem", "--retries", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(server.requests().len(), 3);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn local_files_are_locked_as_well_and_a_locked_build_refuses_others() {
    let work = work(&[]);
    let profile = read(&root().join("samples/contoso-eu/profile.toml"));
    fs::write(work.path().join("profile.toml"), profile).expect("a profile");
    fs::write(work.path().join("list.xlsx"), list()).expect("a list");
    let locked = ["build", "profile.toml", "--locked"];
    let refused = run(&work, &locked);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("error[source-not-locked]: `list.xlsx` is not in the lock"),
        "{}",
        refused.err
    );
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(run(&work, &locked).code, 0);
    fs::write(work.path().join("list.xlsx"), longer_list()).expect("a list");
    let refused = run(&work, &locked);
    assert!(
        refused.code == 1 && refused.err.contains("is not the file that the lock names"),
        "{}",
        refused.err
    );
    assert_eq!(run(&work, &["build", "profile.toml"]).code, 0, "only --locked compares");
    assert_eq!(run(&work, &["list", "profile.toml", "--locked"]).code, 1, "every verb compares");
    assert_eq!(fetch(&work, &["--check"]).code, 10);
    let both = run(&work, &["build", "profile.toml", "--locked", "--source", "list.xlsx"]);
    assert_eq!(both.code, 2);
    assert_eq!(fetch(&work, &[]).code, 0);
    let moved = work.path().join("other.xlsx");
    fs::rename(work.path().join("list.xlsx"), moved).expect("moved");
    let renamed =
        run(&work, &["build", "profile.toml", "--locked", "--set", "sources.files=[\"other.xlsx\"]"]);
    assert!(renamed.err.contains("which the profile does not name"), "{}", renamed.err);
}

#[test]
fn profiles_of_one_folder_share_the_lock_and_not_its_entries() {
    let server = serve(|_| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(fetch(&work, &["--set", "name=fabrikam"]).code, 0);
    let text = lock_text(&work);
    let profiles: Vec<String> = lock(&text).entries().map(|entry| entry.profile.clone()).collect();
    assert_eq!(profiles, ["contoso-eu", "fabrikam"]);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(lock_text(&work), text);
}

#[test]
fn a_broken_lock_is_never_replaced() {
    let server = serve(|_| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    for (text, words) in [
        ("version = 1\n<<<<<<< HEAD\n", "allowlistc.lock:2"),
        ("version = 2\nfuture = true\n", "version 2"),
        (
            "version = 1\n[[source]]\nprofile = \"a\"\nurl = \"u\"\nfile = \"../x\"\nsha256 = \"0\"\nbytes = 1\n",
            "SHA-256",
        ),
        ("version = 1\nsauce = []\n", "sauce"),
    ] {
        fs::write(work.path().join("allowlistc.lock"), text).expect("a lock");
        for arguments in [&FETCH[..], &["build", "profile.toml"], &["build", "profile.toml", "--locked"]] {
            let ran = run(&work, arguments);
            assert_eq!(ran.code, 1, "{arguments:?}");
            assert!(ran.err.contains("error[lock-broken]") && ran.err.contains(words), "{}", ran.err);
        }
        assert_eq!(lock_text(&work), text);
    }
}

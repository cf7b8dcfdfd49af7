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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

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
    let authority = Authority::new("Contoso");
    let tls = authority.tls(&["localhost"], 2020, 2120);
    Trust { authority, other: Authority::new("Fabrikam"), tls }
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
    fill(tempfile::tempdir().expect("a folder"), urls)
}

fn fill(folder: TempDir, urls: &[String]) -> TempDir {
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
    let started = Instant::now();
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

/// What a broken server, proxy or way does, by name; the words about it are in `tests/fetch/<name>.txt`.
fn broken_servers() -> Vec<(&'static str, Server, String, Vec<String>)> {
    let plain = |handler: fn(&Request) -> Reply| Server::start(None, false, handler);
    let with = |names: &[&str], from, to| {
        Server::start(Some(TRUST.authority.tls(names, from, to)), false, |_: &Request| {
            Reply::file("", &list())
        })
    };
    let proxy = |status: &'static str| {
        Server::start(Some(Arc::clone(&TRUST.tls)), true, move |_: &Request| {
            Reply::status(status, "Proxy-Authenticate: Negotiate\r\n")
        })
    };
    let gzipped = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).expect("compressed");
        encoder.finish().expect("compressed")
    };
    let bomb = gzipped(&vec![0; 65 << 20]);
    let half_zip = gzipped(&list())[..4000].to_vec();
    let page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Who are you?</body></html>";
    let https: Vec<(&str, Server)> = vec![
        ("empty-body", serve(|_| Reply::file("", b""))),
        ("html-page", serve(move |_| Reply::file("Content-Type: text/html\r\n", page))),
        (
            "login-page",
            serve(move |request| match request.target.as_str() {
                "/login" => Reply::file("Content-Type: text/html\r\n", page),
                _ => Reply::status("302 Found", "Location: /login\r\n"),
            }),
        ),
        ("half-a-workbook", serve(|_| Reply::file("", &list()[..6000]))),
        ("broken-off", serve(|_| Reply::Bytes(response("200 OK", "", &list())[..6000].to_vec()))),
        (
            "length-too-small",
            serve(|_| {
                Reply::Bytes([b"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n", &list()[..]].concat())
            }),
        ),
        ("endless", serve(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec()))),
        (
            "huge-length",
            serve(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec())),
        ),
        ("gzip-bomb", serve(move |_| Reply::file("Content-Encoding: gzip\r\n", &bomb))),
        ("gzip-broken-off", serve(move |_| Reply::file("Content-Encoding: gzip\r\n", &half_zip))),
        ("redirect-loop", serve(|_| Reply::status("302 Found", "Location: /list.xlsx?again=1\r\n"))),
        (
            "redirect-without-tls",
            serve(|_| Reply::status("301 Moved", "Location: http://example.com/list.xlsx\r\n")),
        ),
        ("redirect-to-nowhere", serve(|_| Reply::status("302 Found", ""))),
        ("not-found", serve(|_| Reply::status("404 Not Found", ""))),
        ("forbidden", serve(|_| Reply::status("403 Forbidden", ""))),
        ("error-of-the-server", serve(|_| Reply::status("500 Internal Server Error", ""))),
        ("pause-too-long", serve(|_| Reply::status("429 Too Many Requests", "Retry-After: 3600\r\n"))),
        ("not-modified-unasked", serve(|_| Reply::status("304 Not Modified", ""))),
        ("no-http", serve(|_| Reply::Bytes(b"220 mail.contoso.com ready\r\n".to_vec()))),
        ("silent", serve(|_| Reply::Silence(Duration::from_secs(3)))),
        (
            "slow",
            serve(|_| {
                let bytes = response("200 OK", "", &list());
                let (first, rest) = bytes.split_at(response("200 OK", "", b"").len() + 103);
                Reply::Slowly(first.to_vec(), Duration::from_secs(3), rest.to_vec())
            }),
        ),
        ("certificate-of-another-name", with(&["www.fabrikam.com", "fabrikam.com"], 2020, 2120)),
        ("certificate-expired", with(&["localhost"], 2001, 2002)),
        ("certificate-of-the-future", with(&["localhost"], 2110, 2120)),
    ];
    let mut all: Vec<(&str, Server, String, Vec<String>)> = Vec::new();
    for (name, server) in https {
        let url = server.url("/list.xlsx");
        all.push((name, server, url, Vec::new()));
    }
    let server = plain(|_| Reply::file("", &list()));
    let url = server.url("/list.xlsx");
    all.push(("address-without-tls", server, url, Vec::new()));
    let server = plain(|_| Reply::file("", &list()));
    let url = server.url("/list.xlsx").replace("http:", "https:");
    all.push(("server-without-tls", server, url, Vec::new()));
    let server =
        plain(|_| Reply::status("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n"));
    let through = vec!["--proxy".to_owned(), server.url(""), "--allow-http".to_owned()];
    all.push(("proxy-wants-a-login", server, "http://lists.example.com/list.xlsx".to_owned(), through));
    for (name, status) in [
        ("proxy-wants-a-login-for-a-tunnel", "407 Proxy Authentication Required"),
        ("proxy-refuses-a-tunnel", "403 Forbidden"),
    ] {
        let server = proxy(status);
        let through = vec!["--proxy".to_owned(), format!("http://user:secret@localhost:{}", server.port())];
        all.push((name, server, "https://lists.example.com/list.xlsx".to_owned(), through));
    }
    let server = vendor(|request| match request.target.as_str() {
        "/download/details.aspx?id=56519" => {
            Reply::file("", b"<html><a href=\"/en-us/download\">moved</a></html>")
        }
        _ => Reply::status("404 Not Found", ""),
    });
    let through = vec!["--proxy".to_owned(), format!("http://localhost:{}", server.port())];
    all.push((
        "page-without-its-link",
        server,
        "https://www.microsoft.com/download/details.aspx?id=56519".to_owned(),
        through,
    ));
    all
}

/// A proxy that answers in the name of the vendor's servers.
fn vendor(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let names = ["learn.microsoft.com", "download.microsoft.com", "www.microsoft.com"];
    Server::start(Some(TRUST.authority.tls(&names, 2020, 2120)), true, move |request: &Request| {
        if request.method == "CONNECT" { Reply::status("200 OK", "") } else { handler(request) }
    })
}

fn set_urls(folder: &TempDir, urls: &[String]) {
    let urls: Vec<String> = urls.iter().map(|url| format!("{url:?}")).collect();
    let path = folder.path().join("profile.toml");
    let lines: Vec<String> = read(&path)
        .lines()
        .map(|line| {
            if line.starts_with("urls = ") {
                format!("urls = [{}]", urls.join(", "))
            } else {
                line.to_owned()
            }
        })
        .collect();
    fs::write(path, lines.join("\n") + "\n").expect("a profile");
}

#[test]
fn each_broken_server_gets_its_message_and_nothing_is_lost() {
    let good = serve(|_| Reply::file("", &list()));
    let work = work(&[good.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let folder = root().join("tests/fetch");
    let mut left: Vec<PathBuf> = if folder.is_dir() { files_below(&folder) } else { Vec::new() };
    for (name, server, url, more) in broken_servers() {
        set_urls(&work, &[url]);
        let before = files(&work);
        let more: Vec<&str> = ["--timeout", "1"].into_iter().chain(more.iter().map(String::as_str)).collect();
        // A slow machine may need more than a second for what has nothing to do with time.
        let ran = fetch(&work, if matches!(name, "silent" | "slow") { &more } else { &more[2..] });
        assert_eq!(ran.code, 1, "{name}: {}{}", ran.err, ran.out);
        assert_eq!(files(&work), before, "{name}");
        let port = server.port().to_string();
        let text = format!("{}{}", ran.err, ran.out).replace(&port, "PORT");
        assert!(!text.contains("secret"), "{text}");
        let text: String = text
            .lines()
            .map(|line| match line.split_once("clock says ") {
                Some((before, _)) => format!("{before}clock says DATE\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let path = folder.join(format!("{name}.txt"));
        assert_file(&path, text.as_bytes());
        left.retain(|known| *known != path);
    }
    if overwrites() {
        left.iter().for_each(|path| fs::remove_file(path).expect("a file"));
    } else {
        assert!(left.is_empty(), "messages without a server: {left:?}");
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_until_it_is_given() {
    let server = serve(|_| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    let refused = run(&work, &["fetch", "--retries", "0"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("error[certificate-refused]"), "{}", refused.err);
    assert!(refused.err.contains("an authority that this machine does not trust"), "{}", refused.err);
    assert_eq!(server.requests(), [""; 0], "nothing was asked");
    assert_eq!(fetch(&work, &[]).code, 0);
}

#[test]
fn options_that_cannot_be_used_end_with_2() {
    let work = work(&["https://localhost:1/list.xlsx".to_owned()]);
    fs::write(work.path().join("empty.pem"), "nothing").expect("a file");
    for (arguments, words) in [
        (&["fetch", "--proxy", "user:secret@"][..], "`--proxy` needs an address"),
        (&["fetch", "--ca-bundle", "empty.pem"], "`--ca-bundle` needs a file with certificates"),
        (&["fetch", "--ca-bundle", "nowhere.pem"], "reading `nowhere.pem`"),
        (&["fetch", "--accept", "guard-empty=why not"], "an empty list is never accepted"),
        (&["fetch", "--accept", "guard-rows-lost"], "without a reason"),
        (&["fetch", "--timeout", "0"], "--timeout"),
    ] {
        let ran = run(&work, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(words) && !ran.err.contains("secret"), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn plain_http_is_fetched_where_it_is_allowed() {
    let server = Server::start(None, false, |_: &Request| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &["--allow-http"]).code, 0);
}

#[test]
fn a_proxy_of_the_environment_is_used_and_one_of_the_command_line_before_it() {
    let served = |_: &Request| Reply::file("", &list());
    let (first, second) = (Server::start(None, false, served), Server::start(None, false, served));
    let work = work(&["http://lists.contoso.com/list.xlsx".to_owned()]);
    let fetch_through = |more: &[&str]| {
        let arguments = [&["fetch", "--allow-http", "--fresh", "--retries", "0"][..], more].concat();
        let mut command = command(work.path(), &arguments);
        command
            .env("HTTP_PROXY", first.url(""))
            .env("http_proxy", first.url(""))
            .output()
            .expect("it runs")
            .status
            .code()
    };
    assert_eq!(fetch_through(&[]), Some(0));
    assert_eq!(first.requests(), ["GET http://lists.contoso.com/list.xlsx"]);
    assert_eq!(fetch_through(&["--proxy", &second.url("")]), Some(0));
    assert_eq!(second.requests(), ["GET http://lists.contoso.com/list.xlsx"]);
    assert_eq!(first.requests().len(), 1);
}

/// The service tags of a sample under a new name every week, and the page that links to them.
fn vendors_files(request: &Request) -> Reply {
    let tags = fs::read(root().join("samples/northwind-streamlined/service-tags.json")).expect("tags");
    let link = "https://download.microsoft.com/download/7/1/D/71D86715/ServiceTags_Public_20260706.json";
    let page = format!("<html><a href=\"{link}\">Download</a></html>");
    let learn = request.header("host") == Some("learn.microsoft.com");
    match request.target.as_str() {
        "/download/details.aspx?id=56519" => Reply::file("", page.as_bytes()),
        "/download/7/1/D/71D86715/ServiceTags_Public_20260706.json" => Reply::file(DATE, &tags),
        target if learn && target.ends_with("?accept=text/markdown") => {
            let streamlined = "# Streamlined connectivity URLs\n\n## Common endpoints\n\n\
                | Service | Port | Endpoint/URLs | Type | OS |\n|---|---|---|---|---|\n\
                | Core | 443 | *.endpoint.security.microsoft.com | Required | All |\n";
            Reply::file("", streamlined.as_bytes())
        }
        _ if learn => Reply::file("", b"<!DOCTYPE html><html></html>"),
        _ => Reply::status("404 Not Found", ""),
    }
}

#[test]
fn a_profile_without_sources_gets_what_the_vendor_publishes_for_its_cloud() {
    let server = vendor(vendors_files);
    let work = work(&[]);
    let profile = read(&root().join("samples/northwind-streamlined/profile.toml"));
    let without = profile.replace("[sources]\nfiles = [\"list.xlsx\", \"service-tags.json\"]\n", "");
    assert_ne!(profile, without);
    fs::write(work.path().join("profile.toml"), without).expect("a profile");
    let none = run(&work, &["build", "profile.toml"]);
    assert!(
        none.err.contains("error[no-source]") && none.err.contains("allowlistc fetch profile.toml"),
        "{}",
        none.err
    );
    let proxy = format!("http://localhost:{}", server.port());
    let fetched = fetch(&work, &["--proxy", &proxy]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    // The workbook of 2024 is for comparison only: that it is gone is a warning.
    assert!(fetched.err.contains("warning[download-failed]: the server answers with 404"), "{}", fetched.err);
    let lock = lock(&lock_text(&work));
    let files: Vec<&str> = lock.entries().map(|entry| entry.file.as_str()).collect();
    assert_eq!(
        files,
        ["streamlined-device-connectivity-urls-commercial.md", "ServiceTags_Public_20260706.json"]
    );
    let tags = lock.entries().last().expect("tags");
    assert_eq!(tags.origin.to_string(), "https://www.microsoft.com/download/details.aspx?id=56519");
    assert!(tags.rows.contains_key("MicrosoftDefenderForEndpoint"), "{:?}", tags.rows);
    let built = run(&work, &["list", "profile.toml", "--locked"]);
    assert_eq!(built.code, 0, "{}", built.err);
    assert!(built.out.contains("endpoint.security.microsoft.com"), "{}", built.out);
    assert_eq!(fetch(&work, &["--proxy", &proxy, "--check"]).code, 0);
}

#[test]
fn a_list_that_lost_half_its_rows_is_refused_until_that_is_accepted() {
    let half = || {
        let text = text_of_list();
        let kept: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(at, line)| *at < 3 || at % 2 == 0 || line.starts_with('['))
            .map(|(_, line)| line)
            .collect();
        book(&kept.join("\n"))
    };
    let server = serve(move |request| Reply::file("", &if request.before == 0 { list() } else { half() }));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let (text, built) =
        (lock_text(&work), || run(&work, &["list", "profile.toml", "--locked", "--format", "csv"]).out);
    let before = built();
    let refused = fetch(&work, &[]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("error[guard-rows-lost]") && refused.err.contains("`crl.microsoft.com`"),
        "{}",
        refused.err
    );
    assert!(refused.out.contains("not in use, but kept to look at: .allowlistc/"), "{}", refused.out);
    assert_eq!((lock_text(&work), built()), (text.clone(), before.clone()));
    assert_eq!(
        fetch(&work, &["--check"]).code,
        10,
        "a check says that something changed, whatever the guard thinks"
    );
    let accepted = fetch(
        &work,
        &[
            "--accept",
            "guard-rows-lost=the vendor moved them",
            "--accept",
            "guard-required-gone=moved as well",
            "--accept",
            "guard-geography-gone=one more",
            "--accept",
            "guard-header-lost=and this",
        ],
    );
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let lock = lock(&lock_text(&work));
    let reasons: Vec<&str> =
        lock.accepted("contoso-eu").iter().map(|accepted| accepted.reason.as_str()).collect();
    assert!(reasons.contains(&"the vendor moved them") && reasons.contains(&"moved as well"), "{reasons:?}");
    assert_ne!(built(), before);
    let text = lock_text(&work);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(lock_text(&work), text, "the reason stays as long as the list does");
}

#[test]
fn without_the_old_copy_the_row_counts_of_the_lock_guard() {
    let few = "[Microsoft Defender URLs]\n";
    let server = serve(move |request| {
        let text = text_of_list();
        let rows: Vec<&str> = text.lines().skip(2).take(30).collect();
        let short = book(&format!("{few}{}", rows.join("\n")));
        Reply::file("", &if request.before == 0 { list() } else { short })
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    fs::remove_dir_all(work.path().join(".allowlistc")).expect("the cache");
    let text = lock_text(&work);
    let refused = fetch(&work, &[]);
    assert_eq!(refused.code, 1);
    for words in [
        "warning[guard-copy-missing]",
        "error[guard-table-gone]: the table `Security Center URLs` with its 9 rows is gone",
        "error[guard-rows-lost]: the table `Microsoft Defender URLs` has 29 rows in place of 98",
    ] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    assert_eq!(lock_text(&work), text);
    let accepted =
        fetch(&work, &["--accept", "guard-rows-lost=so be it", "--accept", "guard-table-gone=that too"]);
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let lock = lock(&lock_text(&work));
    let codes: Vec<&str> =
        lock.accepted("contoso-eu").iter().map(|accepted| accepted.code.as_str()).collect();
    assert_eq!(codes, ["guard-rows-lost", "guard-table-gone"]);
}

#[test]
fn two_fetches_at_once_wait_for_each_other() {
    let server = serve(|_| {
        let bytes = response("200 OK", "", &list());
        Reply::Slowly(bytes[..500].to_vec(), Duration::from_millis(700), bytes[500..].to_vec())
    });
    let work = work(&[server.url("/list.xlsx")]);
    let start = || {
        command(work.path(), &FETCH).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs")
    };
    let first = start();
    // Until the first one asks, it may not hold the cache yet.
    while server.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    let second = start();
    let [first, second] = [first, second].map(|child| child.wait_with_output().expect("it ends"));
    assert!(first.status.success() && second.status.success());
    let words = "waiting for another fetch that uses `.allowlistc`";
    assert!(String::from_utf8_lossy(&second.stderr).contains(words));
    assert!(String::from_utf8_lossy(&second.stdout).contains("unchanged"));
    assert_eq!(run(&work, &["list", "profile.toml", "--locked"]).code, 0);
}

/// A shell that runs the program after `before`, with its arguments.
fn shell(folder: &TempDir, before: &str, arguments: &[&str]) -> Ran {
    let mut shell = command(folder.path(), &[]);
    let program = shell.get_program().to_owned();
    shell = Command::new("sh");
    shell.args(["-c", &format!("{before} \"$0\" \"$@\"")]).arg(program).args(arguments);
    shell.current_dir(folder.path()).env("SSL_CERT_FILE", "system.pem").stdin(Stdio::null());
    let output = shell.output().expect("the shell runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let server = serve(|request| Reply::file("", &if request.before == 0 { list() } else { longer_list() }));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    // Files may have 8 blocks: writing a copy ends in the middle, as on a disk without room.
    let ran = shell(&work, "trap '' XFSZ; ulimit -f 8; exec", &FETCH);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("error[cache-unusable]: `.allowlistc/"), "{}", ran.err);
    assert_eq!(files(&work), before, "and no part of a file stays");
    assert_eq!(fetch(&work, &[]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_cache_or_folder_that_cannot_be_written_is_told_and_nothing_is_lost() {
    use std::os::unix::fs::PermissionsExt;
    let server = serve(|request| Reply::file("", &if request.before == 0 { list() } else { longer_list() }));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let rights =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("rights");
    let before = files(&work);
    // Nothing is forbidden to root, so that another user fetches.
    let is_root = files_below(work.path()).first().is_some_and(|path| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).expect("a file").uid() == 0
    });
    let other = if is_root { "exec setpriv --reuid=65534 --regid=65534 --clear-groups" } else { "exec" };
    rights(work.path(), 0o555);
    rights(&work.path().join(".allowlistc"), 0o555);
    let ran = shell(&work, other, &FETCH);
    assert!(
        ran.code == 1 && ran.err.contains("error[cache-unusable]: `.allowlistc` cannot be written"),
        "{}",
        ran.err
    );
    assert_eq!(files(&work), before);
    // The copies can be kept elsewhere; then it is the lock that cannot be replaced.
    let elsewhere = tempfile::tempdir().expect("a folder");
    rights(elsewhere.path(), 0o777);
    let cache = elsewhere.path().to_str().expect("a path");
    let ran = shell(&work, other, &[&FETCH[..], &["--cache", cache]].concat());
    assert!(
        ran.code == 1 && ran.err.contains("error[cache-unusable]: `allowlistc.lock` cannot be written"),
        "{}",
        ran.err
    );
    assert_eq!(files(&work), before);
    rights(work.path(), 0o755);
    let file = fetch(&work, &["--cache", "profile.toml"]);
    assert!(file.code == 1 && file.err.contains("error[cache-unusable]: `profile.toml`"), "{}", file.err);
    assert_eq!(files(&work), before);
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn time(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(most.as_micros()).expect("a time")))
    }
}

#[cfg(unix)]
#[test]
fn a_fetch_that_is_killed_leaves_the_old_set_or_the_new_one() {
    const KILLS: usize = 200;
    let second = Arc::new(AtomicBool::new(false));
    let turn = Arc::clone(&second);
    // The same list in other words, so that the guard has nothing against either.
    let books = [list(), book(&text_of_list().replace("revocation lists", "lists of what is revoked"))];
    let handler = move |_: &Request| Reply::file(DATE, &books[usize::from(turn.load(Ordering::SeqCst))]);
    let server = Server::start(None, false, handler);
    // In memory where that can be: a kill is no power cut, and waiting for a disk takes most of the time.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    // Two sources that always change together.
    let work = fill(folder.expect("a folder"), &[server.url("/one.xlsx"), server.url("/two.xlsx")]);
    let start = || {
        let mut child = command(work.path(), &["fetch", "--allow-http", "--retries", "0"]);
        child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs")
    };
    let asked_twice = |before: usize| {
        while server.requests().len() < before + 2 {
            thread::sleep(Duration::from_micros(100));
        }
    };
    let (mut whole, mut end) = (Duration::ZERO, Duration::ZERO);
    let locks = [false, true].map(|turn| {
        second.store(turn, Ordering::SeqCst);
        let (started, before) = (Instant::now(), server.requests().len());
        let mut child = start();
        asked_twice(before);
        let asked = Instant::now();
        assert!(child.wait().expect("it ends").success());
        (whole, end) = (started.elapsed(), asked.elapsed());
        lock_text(&work)
    });
    let cache = Cache::new(work.path().join(".allowlistc"));
    let in_force = |kill: usize| {
        let text = lock_text(&work);
        locks.iter().position(|known| *known == text).unwrap_or_else(|| panic!("kill {kill}: {text}"))
    };
    let (mut chance, mut seen) = (Chance(7), [0, 0]);
    for kill in 0..KILLS {
        let now = in_force(kill);
        // The server has the other set, of which there is no copy yet.
        second.store(now == 0, Ordering::SeqCst);
        for entry in lock(&locks[1 - now]).entries() {
            let _ = fs::remove_file(cache.path(entry));
        }
        let before = server.requests().len();
        let mut child = start();
        // One in four at any time; the others where the files are written, from the last answer on.
        if kill % 4 == 0 {
            thread::sleep(chance.time(whole));
        } else {
            asked_twice(before);
            thread::sleep(chance.time(end * 3 / 2));
        }
        child.kill().expect("killed");
        child.wait().expect("it ended");
        let then = in_force(kill);
        seen[usize::from(then != now)] += 1;
        for entry in lock(&locks[then]).entries() {
            assert!(cache.copy(entry).is_ok(), "kill {kill}: {} is not whole", entry.origin);
        }
        let names = fs::read_dir(work.path()).expect("the folder");
        let litter = names.filter(|entry| {
            entry.as_ref().expect("an entry").file_name().to_string_lossy().starts_with(".part-")
        });
        assert_eq!(litter.count(), 0, "kill {kill}: nothing is left beside the profile");
    }
    println!("{} kills left the old set, {} the new one", seen[0], seen[1]);
    assert!(seen.iter().all(|count| *count >= KILLS / 20), "kills at one end only prove nothing: {seen:?}");
    assert_eq!(fetch(&work, &["--allow-http"]).code, 0);
    let parts = files(&work).iter().filter(|(path, _)| path.to_string_lossy().contains(".part-")).count();
    assert_eq!(parts, 0, "the next fetch sweeps up");
}

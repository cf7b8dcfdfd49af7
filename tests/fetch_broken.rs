//! `fetch` where something breaks: servers, proxies, certificates, disks, and the program itself.

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
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use allowlistc::cache::Cache;
use support::book::book;
use support::fetching::{
    DATE, FETCH, TRUST, command, fetch, files, fill, list, lock, lock_text, longer_list, run, serve,
    text_of_list, vendor, work,
};
use support::server::{Reply, Request, Server, response};
use support::{Ran, assert_file, files_below, overwrites, read, root};
use tempfile::TempDir;

/// A server, proxy or way that is broken; the words about it are in `tests/fetch/<name>.txt`.
struct Case {
    name: &'static str,
    server: Server,
    url: String,
    arguments: Vec<String>,
}

/// A server that gives something under its own address.
fn case(name: &'static str, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Case {
    at_list(name, serve(handler))
}

fn at_list(name: &'static str, server: Server) -> Case {
    let url = server.url("/list.xlsx");
    Case { name, server, url, arguments: Vec::new() }
}

fn through(name: &'static str, server: Server, url: &str, proxy: String) -> Case {
    let arguments = vec!["--allow-http".to_owned(), "--proxy".to_owned(), proxy];
    Case { name, server, url: url.to_owned(), arguments }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

/// An answer that says it is a whole file.
fn broken_files() -> Vec<Case> {
    let bomb = gzipped(&vec![0; 65 << 20]);
    let half_zip = gzipped(&list())[..4000].to_vec();
    let page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Who are you?</body></html>";
    vec![
        case("empty-body", |_| Reply::file("", b"")),
        case("html-page", move |_| Reply::file("Content-Type: text/html\r\n", page)),
        case("login-page", move |request| match request.target.as_str() {
            "/login" => Reply::file("Content-Type: text/html\r\n", page),
            _ => Reply::status("302 Found", "Location: /login\r\n"),
        }),
        case("half-a-workbook", |_| Reply::file("", &list()[..6000])),
        case("broken-off", |_| Reply::Bytes(response("200 OK", "", &list())[..6000].to_vec())),
        case("length-too-small", |_| {
            Reply::Bytes([b"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n", &list()[..]].concat())
        }),
        case("endless", |_| Reply::Endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec())),
        case("huge-length", |_| {
            Reply::Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec())
        }),
        case("gzip-bomb", move |_| Reply::file("Content-Encoding: gzip\r\n", &bomb)),
        case("gzip-broken-off", move |_| Reply::file("Content-Encoding: gzip\r\n", &half_zip)),
    ]
}

/// An answer that is no file, or none at all.
fn broken_answers() -> Vec<Case> {
    vec![
        case("redirect-loop", |_| Reply::status("302 Found", "Location: /list.xlsx?again=1\r\n")),
        case("redirect-without-tls", |_| {
            Reply::status("301 Moved", "Location: http://example.com/list.xlsx\r\n")
        }),
        case("redirect-to-nowhere", |_| Reply::status("302 Found", "")),
        case("not-found", |_| Reply::status("404 Not Found", "")),
        case("forbidden", |_| Reply::status("403 Forbidden", "")),
        case("error-of-the-server", |_| Reply::status("500 Internal Server Error", "")),
        case("pause-too-long", |_| Reply::status("429 Too Many Requests", "Retry-After: 3600\r\n")),
        case("not-modified-unasked", |_| Reply::status("304 Not Modified", "")),
        case("no-http", |_| Reply::Bytes(b"220 mail.contoso.com ready\r\n".to_vec())),
        case("silent", |_| Reply::Silence(Duration::from_secs(3))),
        case("slow", |_| {
            let bytes = response("200 OK", "", &list());
            let (first, rest) = bytes.split_at(response("200 OK", "", b"").len() + 103);
            Reply::Slowly(first.to_vec(), Duration::from_secs(3), rest.to_vec())
        }),
    ]
}

/// A server that cannot prove who it is, or does not try.
fn broken_tls() -> Vec<Case> {
    let with = |names: &[&str], from, to| {
        let tls = TRUST.authority.tls(names, from, to);
        Server::start(Some(tls), false, |_: &Request| Reply::file("", &list()))
    };
    let plain = || Server::start(None, false, |_: &Request| Reply::file("", &list()));
    let without = at_list("server-without-tls", plain());
    vec![
        at_list("certificate-of-another-name", with(&["www.fabrikam.com", "fabrikam.com"], 2020, 2120)),
        at_list("certificate-expired", with(&["localhost"], 2001, 2002)),
        at_list("certificate-of-the-future", with(&["localhost"], 2110, 2120)),
        at_list("address-without-tls", plain()),
        Case { url: without.url.replace("http:", "https:"), ..without },
    ]
}

/// A proxy that does not let through, and one that leads to a page without its link.
fn broken_proxies() -> Vec<Case> {
    let file = |scheme: &str| format!("{scheme}://lists.example.com/list.xlsx");
    let login =
        |_: &Request| Reply::status("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n");
    let refusal = |_: &Request| Reply::status("403 Forbidden", "");
    let tls = || Some(Arc::clone(&TRUST.tls));
    let page = vendor(|_| Reply::file("", b"<html><a href=\"/en-us/download\">moved</a></html>"));
    [
        ("proxy-wants-a-login", Server::start(None, false, login), file("http")),
        ("proxy-wants-a-login-for-a-tunnel", Server::start(tls(), true, login), file("https")),
        ("proxy-refuses-a-tunnel", Server::start(tls(), true, refusal), file("https")),
        (
            "page-without-its-link",
            page,
            "https://www.microsoft.com/download/details.aspx?id=56519".to_owned(),
        ),
    ]
    .map(|(name, server, url)| {
        let proxy = format!("http://user:secret@localhost:{}", server.port());
        through(name, server, &url, proxy)
    })
    .into()
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
    let cases = [broken_files(), broken_answers(), broken_tls(), broken_proxies()].into_iter().flatten();
    for Case { name, server, url, arguments } in cases {
        set_urls(&work, &[url]);
        let before = files(&work);
        // A slow machine may need more than a second for what has nothing to do with time.
        let seconds = if matches!(name, "silent" | "slow") { "1" } else { "60" };
        let more: Vec<&str> =
            ["--timeout", seconds].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let ran = fetch(&work, &more);
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
        for path in &left {
            fs::remove_file(path).expect("a file");
        }
    } else {
        assert!(left.is_empty(), "messages without a server: {left:?}");
    }
}

#[test]
fn a_server_that_drips_is_given_up_in_time() {
    let server = serve(|_| {
        Reply::Dripping(
            b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n".to_vec(),
            Duration::from_millis(100),
        )
    });
    let work = work(&[server.url("/list.xlsx")]);
    let started = Instant::now();
    let ran = fetch(&work, &["--timeout", "1"]);
    assert!(ran.code == 1 && ran.err.contains("bytes had arrived after 1 s"), "{}", ran.err);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
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
    let cache_folder = work.path().join(".allowlistc");
    let names = || -> Vec<PathBuf> {
        let entries = fs::read_dir(&cache_folder).into_iter().flatten().flatten();
        let mut names: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        names.sort();
        names
    };
    // Until the first file is being written, after both answers.
    let writes = |child: &mut Child| {
        let before = names();
        while names() == before && child.try_wait().expect("a state").is_none() {
            std::hint::spin_loop();
        }
    };
    let (mut whole, mut end) = (Duration::ZERO, Duration::ZERO);
    let locks = [false, true].map(|turn| {
        second.store(turn, Ordering::SeqCst);
        let (started, before) = (Instant::now(), server.requests().len());
        let mut child = start();
        while server.requests().len() < before + 2 {
            thread::sleep(Duration::from_micros(100));
        }
        writes(&mut child);
        let writing = Instant::now();
        assert!(child.wait().expect("it ends").success());
        (whole, end) = (started.elapsed(), writing.elapsed());
        lock_text(&work)
    });
    let cache = Cache::new(cache_folder.clone());
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
        for part in names().iter().filter(|name| name.to_string_lossy().contains(".part-")) {
            fs::remove_file(part).expect("removed");
        }
        let mut child = start();
        // One in four at any time; the others where the files are written.
        if kill % 4 == 0 {
            thread::sleep(chance.time(whole));
        } else {
            writes(&mut child);
            thread::sleep(chance.time(end));
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
    fs::write(cache_folder.join(".part-left"), "half a").expect("a file");
    assert_eq!(fetch(&work, &["--allow-http"]).code, 0);
    let parts = files(&work).iter().filter(|(path, _)| path.to_string_lossy().contains(".part-")).count();
    assert_eq!(parts, 0, "the next fetch sweeps up");
}

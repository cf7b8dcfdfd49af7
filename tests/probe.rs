//! `probe` against servers and proxies on loopback: what is seen of them, what is said, and what bounds it.

#![cfg(feature = "probe")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use allowlistc::diagnostic::{Severity, to_human};
use allowlistc::manifest::sha256;
use allowlistc::pattern::Scheme;
use allowlistc::probe::{Options, Probe, ask_all, judge, tell};
use allowlistc::rules::{Method, ProbeFacts, Rules};
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use support::book::book;
use support::server::{Authority, Reply, Request, Server, response};
use support::{Ran, assert_file, read, root, run_in};
use tempfile::TempDir;

const HOST: &str = "a.contoso.com";
const SQUID: &str = "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n";

/// An authority that counts as public, and the one of an inspecting proxy.
struct Trust {
    public: Authority,
    private: Authority,
}

static TRUST: LazyLock<Trust> = LazyLock::new(|| Trust {
    public: Authority::new("Contoso Public CA"),
    private: Authority::new("Contoso Inspection CA"),
});

fn public() -> Arc<ServerConfig> {
    TRUST.public.tls(&["*.contoso.com", "*.events.data.microsoft.com"], 2020, 2120)
}

fn private() -> Arc<ServerConfig> {
    TRUST.private.tls(&["*.contoso.com"], 2020, 2120)
}

/// A listener that does anything with a connection.
fn raw(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    port
}

/// A port on which nobody listens: that of a connection which stays open, so that nobody else gets it meanwhile.
fn closed() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let port = client.local_addr().expect("an address").port();
    std::mem::forget((client, listener));
    port
}

fn says(bytes: &'static [u8]) -> u16 {
    raw(move |mut stream| {
        let _ = stream.write_all(bytes);
        let _ = stream.read(&mut [0; 4096]);
    })
}

fn silent() -> u16 {
    raw(|_stream| thread::sleep(Duration::from_secs(20)))
}

/// What is at the other end.
enum End {
    /// A server, asked directly.
    Host(Server),
    /// A proxy.
    Proxy(Server),
    /// Anything at this port.
    HostAt(u16),
    ProxyAt(u16),
}

struct Case {
    name: &'static str,
    probe: Probe,
    end: End,
}

fn https() -> Probe {
    Probe {
        scheme: Scheme::Https,
        host: HOST.to_owned(),
        port: 443,
        target: "/ping".to_owned(),
        method: Method::Get,
        expected: vec![200],
        needed: true,
        bypass: true,
        direct: false,
    }
}

fn any() -> Probe {
    Probe { expected: Vec::new(), ..https() }
}

fn clear() -> Probe {
    Probe { scheme: Scheme::Http, port: 80, bypass: false, ..https() }
}

fn inspectable() -> Probe {
    Probe { bypass: false, ..https() }
}

fn answers(tls: Option<Arc<ServerConfig>>, status: &'static str, headers: &'static str) -> End {
    End::Host(Server::start(tls, false, move |_| Reply::status(status, headers)))
}

/// A proxy that answers CONNECT itself, or connects to a server that answers so.
fn proxy(
    connect: &'static str,
    connect_headers: &'static str,
    status: &'static str,
    headers: &'static str,
) -> End {
    End::Proxy(proxy_with(public(), connect, connect_headers, status, headers))
}

fn proxy_with(
    tls: Arc<ServerConfig>,
    connect: &'static str,
    connect_headers: &'static str,
    status: &'static str,
    headers: &'static str,
) -> Server {
    Server::start(Some(tls), true, move |request: &Request| {
        if request.method == "CONNECT" {
            Reply::status(connect, connect_headers)
        } else {
            Reply::status(status, headers)
        }
    })
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let case = |name, probe, end| Case { name, probe, end };
    let reply = |bytes: &'static [u8]| {
        End::Host(Server::start(Some(public()), false, move |_| Reply::Bytes(bytes.to_vec())))
    };
    let expired = TRUST.public.tls(&[HOST], 2020, 2021);
    let other_name = TRUST.public.tls(&["portal.fabrikam.com"], 2020, 2120);
    let own_login = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"contoso\"\r\n";
    let dns = "X-Squid-Error: ERR_DNS_FAIL 0\r\n";
    let inner = proxy_with(private(), "200 OK", "", "403 Forbidden", SQUID);
    let headers = response("200 OK", &"X-More: 1\r\n".repeat(500), b"");
    let many = "X-More: 1\r\n".repeat(200);
    let drip = |_: &Request| Reply::Dripping(b"HTTP/1.1 200 OK\r\nX-".to_vec(), Duration::from_millis(20));
    let endless = |_: &Request| Reply::Endless(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec());
    vec![
        case("reached", https(), answers(Some(public()), "200 OK", "")),
        case("reached through a proxy", https(), proxy("200 OK", "", "200 OK", "")),
        case(
            "a status that the vendor's tool accepts",
            https(),
            answers(Some(public()), "404 Not Found", ""),
        ),
        case(
            "another status of a server without a test",
            any(),
            answers(Some(public()), "403 Forbidden", ""),
        ),
        case("a redirect of a server without a test", any(), answers(Some(public()), "302 Found", "")),
        case("an expected status of a server without a test", any(), answers(Some(public()), "404 No", "")),
        case("a fault of a server without a test", any(), answers(Some(public()), "503 Busy", "")),
        case("a login that a server without a test demands", any(), answers(Some(public()), "407 Login", "")),
        case(
            "a server's own mark of a cache is no refusal",
            any(),
            answers(Some(public()), "403 Forbidden", SQUID),
        ),
        case("another status", https(), answers(Some(public()), "503 Busy", "")),
        case(
            "announced, then reached",
            https(),
            reply(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        ),
        case("inspected", https(), answers(Some(private()), "200 OK", "")),
        case("inspected where it may be", inspectable(), answers(Some(private()), "200 OK", "")),
        case(
            "inspected where it may be, and refused inside",
            inspectable(),
            answers(Some(private()), "403 No", ""),
        ),
        case("denied inside of TLS", https(), End::Proxy(inner)),
        case("expired", https(), answers(Some(expired), "200 OK", "")),
        case("of another name", https(), answers(Some(other_name), "200 OK", "")),
        case(
            "an own certificate without an authority",
            https(),
            answers(Some(Authority::own(HOST)), "200 OK", ""),
        ),
        case("clear text in place of TLS", https(), End::HostAt(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"))),
        case(
            "closed at the start of TLS",
            https(),
            End::HostAt(raw(|mut stream| drop(stream.read(&mut [0; 4096])))),
        ),
        case("silent at the start of TLS", https(), End::HostAt(silent())),
        case("refused", https(), End::HostAt(closed())),
        case("proxy refused", https(), End::ProxyAt(closed())),
        case("denied", https(), proxy("403 Forbidden", SQUID, "200 OK", "")),
        case("denied by a proxy that gives no reason", https(), proxy("418 Teapot", "", "200 OK", "")),
        case("login demanded", https(), proxy("407 Login", own_login, "200 OK", "")),
        case("the proxy cannot resolve", https(), proxy("503 Unavailable", dns, "200 OK", "")),
        case(
            "denied in lines that end by a line feed alone",
            https(),
            End::ProxyAt(says(b"HTTP/1.1 403 Forbidden\nX-Squid-Error: ERR_ACCESS_DENIED 0\n\nNo.\n")),
        ),
        case(
            "login demanded in such lines",
            https(),
            End::ProxyAt(says(b"HTTP/1.0 407 Login\nProxy-Authenticate: Basic realm=\"contoso\"\n\n")),
        ),
        case(
            "denied with a control character in the reason",
            https(),
            End::ProxyAt(says(b"HTTP/1.1 403 For\x01bid\x1b[0mden\r\n\r\n")),
        ),
        case("denied with many headers", https(), proxy("403 Forbidden", many.leak(), "200 OK", "")),
        case("silent at CONNECT", https(), End::ProxyAt(silent())),
        case("closed at CONNECT", https(), End::ProxyAt(raw(|mut stream| drop(stream.read(&mut [0; 4096]))))),
        case("no proxy at all", https(), End::ProxyAt(says(b"SSH-2.0-OpenSSH_9.2\r\n"))),
        case("head without end", https(), End::Host(Server::start(Some(public()), false, endless))),
        case(
            "many headers",
            https(),
            End::Host(Server::start(Some(public()), false, move |_| Reply::Bytes(headers.clone()))),
        ),
        case("dripping head", https(), End::Host(Server::start(Some(public()), false, drip))),
        case(
            "announcements without end",
            https(),
            End::Host(Server::start(Some(public()), false, |_| {
                Reply::Bytes(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4000))
            })),
        ),
        case("clear text reached", clear(), answers(None, "200 OK", "")),
        case("clear text denied", clear(), answers(None, "403 Forbidden", SQUID)),
        case("clear text with a login", clear(), answers(None, "407 Login", own_login)),
        case(
            "clear text refused by who knows whom",
            Probe { expected: Vec::new(), ..clear() },
            answers(None, "403 Forbidden", ""),
        ),
        case(
            "clear text redirected by who knows whom",
            Probe { expected: Vec::new(), ..clear() },
            answers(None, "302 Found", ""),
        ),
        case(
            "not found in clear text, without a test",
            Probe { expected: Vec::new(), ..clear() },
            answers(None, "404 Not Found", ""),
        ),
        case(
            "a status in clear text that the vendor's tool accepts",
            clear(),
            answers(None, "404 Not Found", ""),
        ),
        case(
            "a success in clear text without a test",
            Probe { expected: Vec::new(), ..clear() },
            answers(None, "200 OK", ""),
        ),
        case(
            "inspected where it may be, and not found inside",
            inspectable(),
            answers(Some(private()), "404 No", ""),
        ),
        case(
            "clear text redirected to a portal",
            clear(),
            answers(None, "302 Found", "Location: http://portal.contoso.com/\r\n"),
        ),
    ]
}

fn options() -> Options {
    Options {
        proxy: None,
        resolve: Vec::new(),
        authorities: vec![
            CertificateDer::from_pem_slice(TRUST.public.pem().as_bytes()).expect("a certificate"),
        ],
        reasons: vec!["x-squid-error".to_owned()],
        timeout: Duration::from_secs(1),
        jobs: 4,
    }
}

#[test]
fn each_obstacle_is_told_from_the_others_within_its_time() {
    let accepted = [200, 400, 404];
    let mut said = String::new();
    for Case { name, probe, end } in cases() {
        let resolve =
            |port: u16| vec![format!("*:{}:127.0.0.1:{port}", probe.port).parse().expect("an address")];
        let options = match &end {
            End::Host(server) => Options { resolve: resolve(server.port()), ..options() },
            End::HostAt(port) => Options { resolve: resolve(*port), ..options() },
            End::Proxy(server) => Options { proxy: Some(("127.0.0.1".into(), server.port())), ..options() },
            End::ProxyAt(port) => Options { proxy: Some(("127.0.0.1".into(), *port)), ..options() },
        };
        let began = Instant::now();
        let seen = ask_all(std::slice::from_ref(&probe), options, &|_| {}).expect("an observation");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{name} took {took:?}");
        let judged = judge(&probe, &seen[0], &accepted);
        let _ = writeln!(said, "{name}: {}", judged.situation.as_str());
        let findings = tell(&[(&probe, &judged)], &[]);
        if findings.is_empty() {
            let _ = writeln!(said, "{}", judged.what);
        }
        let _ = writeln!(said, "{}", to_human(&findings, Severity::Note, false));
    }
    // Dates and the clock are of the day of the test.
    let said = said.split(", and this machine's clock says ").enumerate().fold(
        String::new(),
        |mut all, (at, part)| {
            let part = if at == 0 { part } else { part.get(10..).expect("a date") };
            all.push_str(part);
            all
        },
    );
    assert_file(&root().join("tests/probe/obstacles.txt"), said.as_bytes());
}

#[test]
fn no_request_carries_credentials_and_only_the_proxy_is_told_the_whole_address() {
    let server = Server::start(None, false, |request: &Request| {
        for header in ["authorization", "proxy-authorization", "cookie"] {
            assert!(request.header(header).is_none(), "{}", request.head);
        }
        Reply::status("200 OK", "")
    });
    let direct = Options {
        resolve: vec![format!("*:80:127.0.0.1:{}", server.port()).parse().expect("an address")],
        ..options()
    };
    ask_all(&[clear()], direct, &|_| {}).expect("an observation");
    let through = Options { proxy: Some(("127.0.0.1".into(), server.port())), ..options() };
    ask_all(&[clear(), https()], through, &|_| {}).expect("an observation");
    let mut asked = server.requests();
    asked[1..].sort();
    assert_eq!(asked, ["GET /ping", "CONNECT a.contoso.com:443", "GET http://a.contoso.com/ping"]);
}

#[test]
fn a_name_without_an_address_is_told_as_such() {
    let probe = Probe { host: "a.invalid".to_owned(), ..https() };
    let seen = ask_all(std::slice::from_ref(&probe), options(), &|_| {}).expect("an observation");
    let judged = judge(&probe, &seen[0], &[]);
    let told = to_human(&tell(&[(&probe, &judged)], &[]), Severity::Note, false);
    assert!(told.starts_with("error[probe-unresolved]: the name does not resolve: "), "{told}");
    let lost = Options { proxy: Some(("proxy.invalid".into(), 8080)), ..options() };
    let seen = ask_all(std::slice::from_ref(&probe), lost, &|_| {}).expect("an observation");
    let judged = judge(&probe, &seen[0], &[]);
    assert!(judged.what.starts_with("the proxy's name does not resolve"), "{judged:?}");
}

#[test]
fn what_must_not_go_through_a_proxy_is_asked_directly() {
    let server = Server::start(Some(public()), false, |_| Reply::status("200 OK", ""));
    let options = Options {
        proxy: Some(("127.0.0.1".into(), closed())),
        resolve: vec![format!("*:443:127.0.0.1:{}", server.port()).parse().expect("an address")],
        ..options()
    };
    let probes = [Probe { direct: true, ..https() }, https()];
    let seen = ask_all(&probes, options, &|_| {}).expect("observations");
    let words: Vec<&str> =
        probes.iter().zip(&seen).map(|(probe, seen)| judge(probe, seen, &[]).situation.as_str()).collect();
    assert_eq!(words, ["reachable", "no-answer"]);
}

#[test]
fn at_most_so_many_are_asked_at_a_time_and_the_order_is_that_of_the_plan() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (Arc::clone(&open), Arc::clone(&most));
    let server = Server::start(None, false, move |request: &Request| {
        peak.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // The first ones take longest.
        let pause = if request.target.as_str() < "/05" { 150 } else { 10 };
        thread::sleep(Duration::from_millis(pause));
        counted.fetch_sub(1, Ordering::SeqCst);
        let status = 200 + request.target[1..].parse::<u16>().expect("a number");
        Reply::status(&format!("{status} OK"), "")
    });
    let probes: Vec<Probe> =
        (0..20).map(|number| Probe { target: format!("/{number:02}"), ..clear() }).collect();
    let resolve = vec![format!("*:80:127.0.0.1:{}", server.port()).parse().expect("an address")];
    let counts = std::cell::RefCell::new(Vec::new());
    let options = Options { resolve, timeout: Duration::from_secs(10), ..options() };
    let seen = ask_all(&probes, options, &|done| counts.borrow_mut().push(done)).expect("observations");
    let statuses: Vec<u16> = seen
        .iter()
        .map(|seen| match &seen.end {
            allowlistc::probe::End::Answered(head) => head.status,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(statuses, (200..220).collect::<Vec<u16>>());
    assert_eq!(counts.into_inner(), (1..=20).collect::<Vec<usize>>());
    assert!(most.load(Ordering::SeqCst) <= 4, "{most:?}");
}

#[test]
fn the_vendors_own_authorities_are_what_their_digests_say() {
    let facts: ProbeFacts = Rules::shipped(None).and_then(|rules| rules.facts()).expect("facts");
    assert!(!facts.authorities.is_empty());
    for authority in &facts.authorities {
        let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(authority.pem.as_bytes())
            .map(|der| der.expect("a certificate"))
            .collect();
        assert_eq!(certificates.len(), 1);
        assert_eq!(sha256(&certificates[0]), authority.sha256);
    }
}

/// A folder with a profile and its list, and the certificate of the authority that counts as public.
fn work() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let source = root().join("tests/probe");
    fs::write(folder.path().join("list.xlsx"), book(&read(&source.join("list.tsv")))).expect("a list");
    fs::copy(source.join("profile.toml"), folder.path().join("profile.toml")).expect("a profile");
    fs::write(folder.path().join("public.pem"), TRUST.public.pem()).expect("a certificate");
    folder
}

fn probe(folder: &Path, more: &[&str]) -> Ran {
    let base = ["probe", "profile.toml", "--ca-bundle", "public.pem", "--timeout", "1"];
    run_in(folder, &[&base[..], more].concat())
}

#[test]
fn a_direct_run_says_what_stands_in_whose_way() {
    let work = work();
    let good = Server::start(Some(public()), false, |_| Reply::status("200 OK", ""));
    let bad = Server::start(Some(private()), false, |_| Reply::status("200 OK", ""));
    let plain = Server::start(None, false, |_| Reply::status("200 OK", ""));
    let (gone, mute) = (closed(), silent());
    let to = |host: &str, port: u16, at: u16| format!("--resolve={host}:{port}:127.0.0.1:{at}");
    let arguments = [
        to("a.contoso.com", 443, good.port()),
        to("b.contoso.com", 443, bad.port()),
        to("c.contoso.com", 443, mute),
        to("d.contoso.com", 443, gone),
        to("e.contoso.com", 443, gone),
        to("*", 443, good.port()),
        to("*", 80, plain.port()),
    ];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let human = probe(work.path(), &arguments);
    assert_eq!(human.code, 1, "{}", human.err);
    assert_file(&root().join("tests/probe/direct.txt"), format!("{}\n{}", human.out, human.err).as_bytes());
    let json = probe(work.path(), &[&arguments[..], &["--json"]].concat());
    assert_eq!(json.code, 1, "{}", json.err);
    assert_file(&root().join("tests/probe/direct.json"), json.out.as_bytes());
}

#[test]
fn a_run_through_a_proxy_tells_its_refusals_apart() {
    let work = work();
    let proxy = Server::start(Some(public()), true, |request: &Request| match request.target.as_str() {
        "b.contoso.com:443" => Reply::status("403 Forbidden", SQUID),
        "c.contoso.com:443" => Reply::status("407 Login", "Proxy-Authenticate: Negotiate\r\n"),
        "d.contoso.com:443" => Reply::status("503 Unavailable", "X-Squid-Error: ERR_CONNECT_FAIL 110\r\n"),
        "e.contoso.com:443" => Reply::Silence(Duration::from_secs(3)),
        target if target.starts_with("http://g.contoso.com/") => Reply::status("403 Forbidden", SQUID),
        _ => Reply::status("200 OK", ""),
    });
    let address = format!("http://127.0.0.1:{}", proxy.port());
    let human = probe(work.path(), &["--proxy", &address]);
    assert_eq!(human.code, 1, "{}", human.err);
    let text = format!("{}\n{}", human.out, human.err).replace(&proxy.port().to_string(), "PORT");
    assert_file(&root().join("tests/probe/proxy.txt"), text.as_bytes());
}

#[test]
fn a_fault_that_all_addresses_share_stands_above_them() {
    let work = work();
    let login = Server::start(Some(public()), true, |_| {
        Reply::status("407 Login", "Proxy-Authenticate: Negotiate\r\n")
    });
    let gone = closed();
    for (name, port) in [("login", login.port()), ("gone", gone)] {
        let address = format!("127.0.0.1:{port}");
        let human = probe(work.path(), &["--proxy", &address]);
        assert_eq!(human.code, 1, "{}", human.err);
        let what = human.out.split_once(" through the proxy: ").expect("a shared fault").1;
        let what = what.lines().next().expect("a line");
        assert_eq!(human.out.matches(what).count(), 1, "{}", human.out);
        let text = format!("{}\n{}", human.out, human.err).replace(&port.to_string(), "PORT");
        assert_file(&root().join(format!("tests/probe/shared-{name}.txt")), text.as_bytes());
        let json = probe(work.path(), &["--proxy", &address, "--json"]);
        assert_eq!(support::json(&json.out)["shared"]["addresses"], 8, "{}", json.out);
    }
}

#[test]
fn what_servers_send_is_shown_visibly() {
    let work = work();
    let proxy = Server::start(Some(public()), true, |_| {
        let head =
            b"HTTP/1.1 403 No\r\nX-Bad: \x1b[2J\r\nX-Squid-Error: ERR\x9b31m \xc2\x9b \xe2\x80\xae\r\n\r\n";
        Reply::Bytes(head.to_vec())
    });
    let address = format!("127.0.0.1:{}", proxy.port());
    for form in ["human", "json"] {
        let ran = probe(work.path(), &["--proxy", &address, "--format", form]);
        let slash = if form == "json" { "\\\\" } else { "\\" };
        let shown = format!("X-Squid-Error: ERR{slash}x9b31m {slash}u{{9b}} {slash}u{{202e}}");
        assert!(ran.out.contains(&shown), "{shown}: {}", ran.out);
        let hidden = ["\u{1b}", "\u{9b}", "\u{202e}", "\u{fffd}"];
        assert!(
            !hidden.iter().any(|hidden| ran.out.contains(hidden) || ran.err.contains(hidden)),
            "{}",
            ran.out
        );
    }
}

#[test]
fn the_profiles_proxy_is_asked_unless_nobody_wants_it() {
    let work = work();
    let proxy = Server::start(Some(public()), true, |_| Reply::status("200 OK", ""));
    let profile = work.path().join("profile.toml");
    let text = format!("{}\n[client]\nproxy = \"127.0.0.1:{}\"\n", read(&profile), proxy.port());
    fs::write(&profile, text).expect("a profile");
    let ran = probe(work.path(), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(&format!("contoso through 127.0.0.1:{}: ", proxy.port())), "{}", ran.out);
    let gone = closed();
    let resolve = [format!("--resolve=*:443:127.0.0.1:{gone}"), format!("--resolve=*:80:127.0.0.1:{gone}")];
    let ran = probe(work.path(), &["--no-proxy", &resolve[0], &resolve[1]]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("contoso directly: 0 of "), "{}", ran.out);
    let ran = probe(work.path(), &["--proxy", &format!("127.0.0.1:{gone}")]);
    assert!(ran.out.contains(&format!("contoso through 127.0.0.1:{gone}: 0 of ")), "{}", ran.out);
    let ran = probe(work.path(), &["--proxy", &format!("http://[::1]:{gone}")]);
    assert!(ran.out.contains(&format!("contoso through [::1]:{gone}: 0 of ")), "{}", ran.out);
    let both = probe(work.path(), &["--no-proxy", "--proxy", "127.0.0.1:1"]);
    assert_eq!(both.code, 2, "{}", both.err);
}

#[test]
fn a_run_that_reaches_everything_ends_with_0_and_one_that_cannot_start_with_2() {
    let work = work();
    let proxy = Server::start(Some(public()), true, |_| Reply::status("200 OK", ""));
    let address = format!("127.0.0.1:{}", proxy.port());
    let good = probe(work.path(), &["--proxy", &address, "--verbose"]);
    assert!(
        good.err.contains("note[probe-untested]: not asked for") && good.err.contains("`*.contoso.net`"),
        "{}",
        good.err
    );
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    assert!(
        good.out.ends_with(
            "7 of 7 needed addresses reached, 1 of 1 optional ones; 1 entry cannot be asked about\n"
        ),
        "{}",
        good.out
    );
    for (arguments, words) in [
        (&["--proxy", "http://user:secret@proxy.contoso.com:8080"][..], "holds a user or password"),
        (&["--proxy", "socks5://proxy.contoso.com:1080"], "host and port of an HTTP proxy"),
        (&["--proxy", "proxy.contoso.com"], "host and port of an HTTP proxy"),
        (&["--proxy", "http://proxy.contoso.com:8080/path"], "host and port of an HTTP proxy"),
        (&["--resolve", "a.contoso.com:443"], "HOST:PORT:ADDRESS"),
        (&["--source", "missing.xlsx"], "missing.xlsx"),
        (&["--source", "public.pem"], "error["),
    ] {
        let ran = probe(work.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(words) && !ran.err.contains("secret"), "{arguments:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
    }
    let ran = run_in(work.path(), &["probe", "profile.toml", "--ca-bundle", "profile.toml"]);
    assert!(ran.code == 2 && ran.err.contains("holds no certificate in PEM form"), "{}", ran.err);
}

#[test]
fn the_environments_proxy_is_not_used_and_that_is_said() {
    let work = work();
    let server = Server::start(Some(public()), false, |_| Reply::status("200 OK", ""));
    let plain = Server::start(None, false, |_| Reply::status("200 OK", ""));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_allowlistc"))
        .args(["probe", "profile.toml", "--ca", "public.pem", "--verbose"])
        .arg(format!("--resolve=*:443:127.0.0.1:{}", server.port()))
        .arg(format!("--resolve=*:80:127.0.0.1:{}", plain.port()))
        .env("HTTPS_PROXY", format!("http://127.0.0.1:{}", closed()))
        .current_dir(work.path())
        .output()
        .expect("the program runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.contains("note[probe-proxy-unused]: `HTTPS_PROXY` is set and not used"), "{err}");
}

#[test]
fn every_entry_of_the_samples_is_asked_about_or_named() {
    for sample in ["contoso-eu", "fabrikam-gcc-high", "northwind-streamlined"] {
        let nobody = closed();
        let arguments = [
            "probe".to_owned(),
            format!("samples/{sample}/profile.toml"),
            format!("--resolve=*:443:127.0.0.1:{nobody}"),
            format!("--resolve=*:80:127.0.0.1:{nobody}"),
            "--json".to_owned(),
            "--no-proxy".to_owned(),
        ];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = run_in(&root(), &arguments);
        let said: Value = serde_json::from_str(&ran.out).expect("JSON");
        let mut text = String::new();
        for address in said["addresses"].as_array().expect("addresses") {
            let word = |key: &str| address[key].as_str().expect("a word").to_owned();
            let need = if address["needed"].as_bool().expect("a flag") { "needed" } else { "optional" };
            let _ = writeln!(text, "{need:8} {:4} {} {}", word("method"), word("url"), address["expected"]);
        }
        let untested = said["untested"].as_array().expect("entries");
        let reason = |entry: &&Value| entry["reason"].as_str().expect("a reason").to_owned();
        let (networks, others): (Vec<_>, Vec<_>) =
            untested.iter().partition(|entry| reason(entry).starts_with("a network"));
        for entry in others {
            let _ =
                writeln!(text, "untested {}: {}", entry["entry"].as_str().expect("an entry"), reason(&entry));
        }
        let _ = writeln!(text, "untested networks: {}", networks.len());
        assert_file(&root().join(format!("tests/probe/plan-{sample}.txt")), text.as_bytes());
    }
}

//! The tables of a PAC file, its program in an engine, and the list say the same, and any change shows.

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

use allowlistc::allowlist::{Allowlist, Entry, Product};
use allowlistc::diagnostic::Findings;
use allowlistc::pattern::allows;
use allowlistc::verify::read_back::Files;
use allowlistc::verify::read_back::pac::{Pac, Plane, read, tables};
use allowlistc::verify::read_back::pac_edges::{Edge, edges};
use allowlistc::verify::read_back::pac_engine::Engine;
use allowlistc::verify::read_back::pac_guard::Guarded;
use allowlistc::verify::read_back::pac_sampled::{Routes, sampled};
use allowlistc::verify::{Lookup, Ruleset, decide, is_allowed, match_request, matching_entry};
use targets::Built;

/// Digest of the program of `targets/pac`, whose meaning the reader of its tables knows.
const PROGRAM: &str = "dbbeddecfcfddfc7c0c6190c1d92b89a56c9716c0754445951e62b09cd873102";

const ROUTES: [(&str, &str); 4] = [
    ("allow", "PROXY 127.0.0.1:18081"),
    ("no-inspect", "PROXY 127.0.0.1:18082"),
    ("direct", "DIRECT"),
    ("default", "PROXY 127.0.0.1:18080"),
];

const PLANES: [(Plane, Product, &str); 3] = [
    (Plane::Allow, Product::Allow, "allow"),
    (Plane::Bypass, Product::Bypass, "bypass"),
    (Plane::Direct, Product::Direct, "direct"),
];

fn pac(plane: Plane) -> Pac<'static> {
    Pac { path: "proxy.pac", plane, program: PROGRAM, escaped_dots: false }
}

/// The edges of all entries of a product.
fn edges_of(list: &Allowlist, product: Product) -> Vec<Edge> {
    let is_member = |entry: &&Entry| match product {
        Product::Allow => true,
        Product::Bypass => entry.bypass,
        Product::Direct => entry.direct,
    };
    list.entries().iter().filter(is_member).flat_map(|entry| edges(&entry.pattern)).collect()
}

fn of_text(text: &str, pac: &Pac<'_>) -> Ruleset {
    let files = Files::new([("proxy.pac", text.as_bytes())]);
    read(&files, pac, &mut Findings::default()).unwrap()
}

fn every_shape() -> Allowlist {
    lists::list(&[
        "!*.wns.windows.com",
        "!login.live.com",
        "!crl.live.com/crl/* :80",
        "~settings.live.com",
        "*.update.microsoft.com",
        "*.update.microsoft.com :80",
        "*download.windowsupdate.com :80",
        "ussus*eastprod.blob.core.windows.net",
        "crl.microsoft.com/pki/crl/* :80",
        "www.microsoft.com/download/symbols :80",
        "*.blob.core.windows.net/networkscannerstable/* :80",
        "20.15.141.0/24",
        "20.15.0.0/16 :80",
        "2603:1000::/24",
    ])
}

#[test]
fn the_program_is_the_one_whose_tables_are_read() {
    let built = Built::new("pac", lists::list(&["login.live.com"]), &ROUTES);
    let found = tables("proxy.pac", built.text("proxy.pac")).unwrap().unwrap();
    assert_eq!(
        found.program, PROGRAM,
        "the program of targets/pac has changed: see whether its tables still mean the same"
    );
    assert_eq!(found.default, "PROXY 127.0.0.1:18080");
    assert_eq!(found.routes["bypass"], "PROXY 127.0.0.1:18082");
    assert_eq!(built.text("proxy.pac"), built.text("wpad.dat"));
}

#[test]
fn tables_program_and_list_agree() {
    let mut asked = 0;
    for (name, list) in lists::published_and(every_shape()) {
        let built = Built::new("pac", list.clone(), &ROUTES);
        let text = built.text("proxy.pac");
        let engine = Engine::load(text).unwrap();
        engine.name_tables().unwrap();
        for (plane, product, of) in PLANES {
            let read = of_text(text, &pac(plane));
            let planned = built.planned(product, of);
            let difference = decide(&planned, &read);
            if plane == Plane::Bypass {
                // What goes direct is not inspected either.
                assert_eq!(difference.narrower, None, "{name}");
                let direct = of_text(text, &pac(Plane::Direct));
                let mut both = planned.clone();
                both.append(direct);
                let difference = decide(&both, &read);
                assert!(
                    difference.wider.is_none() && difference.undecided.is_empty(),
                    "{name} {difference:?}"
                );
            } else {
                assert!(difference.is_none(), "{name} {of} {difference:?}");
            }
            let edges = edges_of(&list, product);
            asked += edges.len();
            let lookup = Lookup::new(&read);
            let routes: &[&str] = match plane {
                Plane::Allow => &["direct", "bypass", "allow"],
                Plane::Bypass => &["direct", "bypass"],
                Plane::Direct => &["direct"],
            };
            for edge in edges.iter().filter(|edge| plane != Plane::Bypass || edge.url.starts_with("https")) {
                let route = engine.route(&edge.url, &edge.host).unwrap();
                let in_tables = is_allowed(&read, &edge.request);
                assert_eq!(
                    routes.contains(&route.text.as_str()),
                    in_tables,
                    "{name} {of} {edge:?} {route:?}"
                );
                assert!(!route.depends);
                // The quick look-up says what the slow one does.
                let found = lookup.find(&edge.request);
                let quick = found.map(|found| (found.rule.action, &found.rule.line));
                assert_eq!(quick, match_request(&read, &edge.request), "{edge:?}");
                let entry = found.and_then(|found| found.entry).map(|entry| &entry.line);
                assert_eq!(entry, matching_entry(&read, &edge.request), "{edge:?}");
            }
        }
    }
    println!("{asked} requests");
}

#[test]
fn what_the_reference_means_the_program_does() {
    let list = lists::list(&[
        "*.wns.windows.com",
        "login.live.com",
        "*download.windowsupdate.com :80",
        "crl.microsoft.com/pki/* :80",
        "20.1.0.0/16",
    ]);
    let built = Built::new("pac", list.clone(), &ROUTES);
    let engine = Engine::load(built.text("proxy.pac")).unwrap();
    engine.name_tables().unwrap();
    for edge in edges_of(&list, Product::Allow) {
        let meant = list.entries().iter().any(|entry| allows(&entry.pattern, &edge.request));
        let route = engine.route(&edge.url, &edge.host).unwrap().text;
        assert_eq!(route != "default", meant, "{edge:?} {route}");
    }
}

#[test]
fn escaped_dots_are_never_listed_paths() {
    let built = Built::new("pac", lists::list(&["crl.microsoft.com/pki/crl/* :80"]), &ROUTES);
    let exact = of_text(built.text("proxy.pac"), &Pac { escaped_dots: true, ..pac(Plane::Allow) });
    let difference = decide(&built.planned(Product::Allow, "allow"), &exact);
    assert_eq!(difference.narrower.unwrap().path, "/pki/crl/%2e");
    assert_eq!(difference.wider, None);
}

#[test]
fn any_change_of_a_line_changes_the_decision() {
    let built = Built::new("pac", every_shape(), &ROUTES);
    let text = built.text("proxy.pac");
    let honest = PLANES.map(|(plane, ..)| of_text(text, &pac(plane)));
    let mut tried = 0;
    for (at, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with("//") || line.is_empty() || line.trim() == ",";
        if is_comment || line.starts_with("var MDE_") {
            continue;
        }
        let changed = [
            String::new(),
            line.replacen("com\"", "net\"", 1),
            line.replacen(":1,", ":0,", 1),
            line.replacen(":443\"", ":444\"", 1),
            line.replacen("\".", "\"", 1),
            line.replacen("\"^", "\"=", 1),
            line.replacen("\"24:", "\"23:", 1),
            line.replacen("ussus*", "*", 1),
            line.replacen("return false", "return true", 1),
        ];
        for changed in changed.into_iter().filter(|changed| changed != line) {
            let lines: Vec<&str> =
                text.lines().enumerate().map(|(n, l)| if n == at { changed.as_str() } else { l }).collect();
            let text = lines.join("\n") + "\n";
            let seen = PLANES.iter().zip(&honest).any(|((plane, ..), honest)| {
                let files = Files::new([("proxy.pac", text.as_bytes())]);
                let actual = read(&files, &pac(*plane), &mut Findings::default());
                actual.map_or(true, |actual| !decide(honest, &actual).is_none())
            });
            // An entry that stands in a table above as well has no effect below: its requests never come so far.
            let key = line.trim_end_matches(',');
            let has_effect = !text.lines().take(at).any(|above| above.trim_end_matches(',') == key);
            assert!(seen || !has_effect, "{}: `{line}` to `{changed}`", at + 1);
            tried += 1;
        }
    }
    println!("{tried} changes, each seen");
}

/// Lines that an engine runs, or that give a look-up more than its own entries, where a reader sees a comment or a key.
#[test]
fn code_that_hides_in_the_head_is_never_followed() {
    let built = Built::new("pac", every_shape(), &ROUTES);
    let text = built.text("proxy.pac");
    let open = "MDE[\"allow https:443\"].exact[\".evil.example\"]=1;";
    let edits = [
        text.replacen("\nvar MDE = ", &format!("\n// note\r{open}\nvar MDE = "), 1),
        text.replacen("\nvar MDE = ", &format!("\n// note\u{2028}{open}\nvar MDE = "), 1),
        text.replacen("\nvar MDE = ", &format!("\n// note\u{2029}{open}\nvar MDE = "), 1),
        text.replacen("\nexact: {", "\nexact: {\n\"__proto__\":{\".evil.example\":1},", 1),
        text.replacen("\nexact: {", "\n\"__proto__\":{},\nexact: {", 1),
        text.replacen("MDE_ROUTES = {", "MDE_ROUTES = { \"__proto__\": { other: \"DIRECT\" },", 1),
    ];
    for edited in edits {
        assert_ne!(edited, text);
        let files = Files::new([("proxy.pac", edited.as_bytes())]);
        let ruleset = read(&files, &pac(Plane::Allow), &mut Findings::default());
        assert!(ruleset.is_err() || ruleset.is_ok_and(|rules| !rules.undecided().is_empty()), "{edited}");
    }
}

/// Editors change them, and engines take either.
#[test]
fn line_ends_are_none_of_the_program() {
    let built = Built::new("pac", every_shape(), &ROUTES);
    let text = built.text("proxy.pac");
    let [one, other] =
        [text.to_owned(), text.replace('\n', "\r\n")].map(|text| of_text(&text, &pac(Plane::Allow)));
    assert!(one.undecided().is_empty() && other.undecided().is_empty(), "{:?}", other.undecided());
    let difference = decide(&one, &other);
    assert!(difference.wider.is_none() && difference.narrower.is_none());
}

#[test]
fn a_foreign_file_is_asked_and_says_that_it_is_no_proof() {
    let list = lists::list(&["*.wns.windows.com", "login.live.com"]);
    let text = |condition: &str| {
        format!(
            "function FindProxyForURL(url, host) {{\n  if ({condition}) {{ return \"PROXY a:1\"; }}\n  return \"PROXY b:1\";\n}}\n"
        )
    };
    let honest = "url.indexOf(\"https:\") == 0 && url.indexOf(\":8443\") < 0 && url.indexOf(\":80\") < 0 && \
        (dnsDomainIs(host, '.wns.windows.com') || host == 'login.live.com')";
    for (condition, missing, wide, ports, undecided) in [
        (honest, 0, 0, 0, 0),
        ("dnsDomainIs(host, '.wns.windows.com') || host == 'login.live.com'", 0, 0, 2, 0),
        ("dnsDomainIs(host, 'wns.windows.com') || host == 'login.live.com'", 0, 1, 2, 0),
        ("host == 'login.live.com'", 1, 0, 1, 0),
        ("isResolvable(host)", 2, 0, 0, 1),
    ] {
        let text = text(condition);
        assert!(!of_text(&text, &pac(Plane::Allow)).undecided().is_empty());
        let engine = Guarded::load(&text, false).unwrap();
        for routes in [Routes::Named(vec!["PROXY a:1".into()]), Routes::but_unlisted(&engine).unwrap()] {
            let gaps = sampled("theirs.pac", &engine, &list, Product::Allow, &routes).unwrap();
            let found = (gaps.missing.len(), gaps.wide.len(), gaps.ports.len(), gaps.undecided.len());
            assert_eq!(found, (missing, wide, ports, undecided), "{condition} {routes}: {gaps:#?}");
            assert_eq!(gaps.sample.map(|sample| (sample.entries, sample.of)), Some((2, 2)));
        }
    }
}

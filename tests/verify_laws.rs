//! Laws of `decide`, against brute force over short requests.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says so loudly")]

use allowlistc::diagnostic::Findings;
use allowlistc::pattern::{Request, Scheme};
use allowlistc::verify::read_back::Files;
use allowlistc::verify::read_back::azure::{self, Azure};
use allowlistc::verify::read_back::squid::{self, Plane, Squid};
use allowlistc::verify::{
    Action, Condition, Dialect, Difference, HostShape, Line, PathShape, Ports, Rule, Ruleset, Subject, Test,
    decide, is_allowed, posix_hosts, posix_paths,
};
use proptest::prelude::*;

fn host_shape() -> impl Strategy<Value = HostShape> {
    // No letters of addresses: expressions for those leave a ruleset undecided.
    let text = || prop::sample::select(vec!["x", "y", "x.y", "y.y", "xy.y", "y.x.y", "x.x", "yx", "yy.x"]);
    let regular = prop::sample::select(vec![
        "^x[^.]*y$",
        "x.y",
        "y$",
        r"^[^.]+\.x$",
        "^(x|y)+$",
        r"(^|\.)x\.y$",
        r"^.*\.y$",
        "yy",
        "^x",
        "^.$",
        "xx|yy$",
        "^x|y$",
        "(^|x)y",
        "^y*$",
        "(^x|^y)y",
    ]);
    prop_oneof![
        1 => Just(HostShape::Any),
        4 => text().prop_map(|name| HostShape::Exact(name.into())),
        4 => (text(), any::<bool>()).prop_map(|(base, apex)| HostShape::Below { base: base.into(), apex }),
        2 => (text(), 1_u8..3).prop_map(|(base, count)| HostShape::Labels { base: base.into(), count }),
        3 => text().prop_map(|end| HostShape::Ends(end.into())),
        3 => regular.prop_map(|text| posix_hosts(text, true).unwrap()),
        1 => prop::sample::select(vec!["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0"])
            .prop_map(|net| HostShape::Net(net.parse().unwrap())),
    ]
}

fn path_shape() -> impl Strategy<Value = PathShape> {
    let text = || prop::sample::select(vec!["/", "/a", "/b", "/a/", "/a/b", "/ab", "/b/a"]);
    let regular = prop::sample::select(vec![
        "^/a",
        "a$",
        "b",
        "^/[^/]*$",
        "^/a(/|$)",
        "^/(a|b)b?$",
        "^/a|b$",
        "(^|b)/a$",
        r"^[^?]*/\.\.?([/?]|$)",
    ]);
    prop_oneof![
        1 => Just(PathShape::Any),
        3 => text().prop_map(|path| PathShape::Exact(path.into())),
        3 => text().prop_map(|start| PathShape::Prefix(start.into())),
        3 => text().prop_map(|folder| PathShape::Folder(folder.into())),
        2 => text().prop_map(|start| PathShape::Longer(start.into())),
        2 => regular.prop_map(|text| posix_paths(text, false).unwrap()),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let ports = || {
        prop::sample::select(vec![
            Ports::none(),
            Ports::all(),
            Ports::one(80),
            Ports::one(443),
            Ports::new([(1, 443)]),
        ])
    };
    (ports(), ports()).prop_map(|(http, https)| Condition { http, https })
}

type Parts = (Vec<Vec<HostShape>>, Vec<Vec<PathShape>>, Vec<RuleParts>);

type RuleParts = (bool, Condition, Vec<(usize, bool)>, Vec<(usize, bool)>);

fn parts() -> impl Strategy<Value = Parts> {
    let hosts = prop::collection::vec(prop::collection::vec(host_shape(), 1..4), 1..4);
    let paths = prop::collection::vec(prop::collection::vec(path_shape(), 1..3), 1..3);
    let tests = |most| prop::collection::vec((0_usize..4, any::<bool>()), 0..most);
    let rules = prop::collection::vec((prop::bool::weighted(0.8), condition(), tests(3), tests(2)), 1..5);
    (hosts, paths, rules)
}

fn ruleset() -> impl Strategy<Value = Ruleset> {
    parts().prop_map(|(hosts, paths, rules)| build(hosts, paths, rules))
}

/// The same with other numbers of its sets, entries twice and in another order, and of neighbouring rules with the same
/// action the last one first. Every set has a twin that half of the rules test in its place.
fn said_otherwise((mut hosts, mut paths, mut rules): Parts) -> Ruleset {
    for shapes in &mut hosts {
        shapes.extend(shapes.clone());
        shapes.reverse();
    }
    for shapes in &mut paths {
        shapes.extend(shapes.clone());
        shapes.reverse();
    }
    let (of_hosts, of_paths) = (hosts.len(), paths.len());
    for (at, (_, _, tests, path_tests)) in rules.iter_mut().enumerate() {
        for (set, _) in tests.iter_mut() {
            *set = *set % of_hosts + of_hosts * (at % 2);
        }
        for (set, _) in path_tests.iter_mut() {
            *set = *set % of_paths + of_paths * (at % 2);
        }
        tests.reverse();
        path_tests.reverse();
    }
    hosts.extend(hosts.clone());
    paths.extend(paths.clone());
    rules.chunk_by_mut(|one, other| one.0 == other.0).for_each(<[RuleParts]>::reverse);
    build(hosts, paths, rules)
}

fn build(hosts: Vec<Vec<HostShape>>, paths: Vec<Vec<PathShape>>, rules: Vec<RuleParts>) -> Ruleset {
    let line = Line::new("rules", 1);
    let mut ruleset = Ruleset::default();
    let mut host_ids = Vec::new();
    for shapes in hosts {
        let id = ruleset.add_hosts("hosts", Subject::Destination);
        for shape in shapes {
            ruleset.add_host(id, shape, line.clone());
        }
        host_ids.push(id);
    }
    let mut path_ids = Vec::new();
    for shapes in paths {
        let id = ruleset.add_paths("paths");
        for shape in shapes {
            ruleset.add_path(id, shape, line.clone());
        }
        path_ids.push(id);
    }
    for (allow, condition, hosts, paths) in rules {
        ruleset.add_rule(Rule {
            action: if allow { Action::Allow } else { Action::Deny },
            condition,
            hosts: hosts
                .into_iter()
                .map(|(at, negated)| Test { set: host_ids[at % host_ids.len()], negated })
                .collect(),
            paths: paths
                .into_iter()
                .map(|(at, negated)| Test { set: path_ids[at % path_ids.len()], negated })
                .collect(),
            line: line.clone(),
        });
    }
    ruleset
}

fn words(letters: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|word| letters.chars().map(move |letter| format!("{word}{letter}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn requests() -> Vec<Request> {
    let is_name = |name: &String| name.split('.').all(|label| !label.is_empty());
    let mut hosts: Vec<String> = words("xy.", 5).into_iter().filter(is_name).collect();
    hosts.extend(["10.0.0.0", "10.1.0.0", "10.1.2.3", "9.9.9.9", "::", "::1", "c", "c.a"].map(str::to_owned));
    let is_path = |path: &String| path.starts_with('/') && !path.contains("//");
    let paths: Vec<String> = words("/ab", 4).into_iter().filter(is_path).collect();
    let cells = [
        (Scheme::Http, 80),
        (Scheme::Http, 443),
        (Scheme::Https, 443),
        (Scheme::Https, 1),
        (Scheme::Https, 444),
    ];
    let mut all = Vec::new();
    for (scheme, port) in cells {
        for host in &hosts {
            all.extend(paths.iter().map(|path| Request {
                scheme,
                port,
                host: host.clone(),
                path: path.clone(),
            }));
        }
    }
    all
}

const WORDS: &[&str] = &[
    "acl ",
    "x ",
    "y ",
    "dstdomain ",
    "-n ",
    "-i ",
    "dstdom_regex ",
    "port ",
    "443 ",
    "80-90 ",
    "method ",
    "CONNECT ",
    "proto ",
    "HTTP ",
    "urlpath_regex ",
    "^/a",
    "(/|$) ",
    "\\.",
    "[^.]*",
    "[[:alpha:]]+",
    "{2,3}",
    "*",
    "^",
    "$ ",
    "(",
    ")",
    "http_access ",
    "allow ",
    "deny ",
    "ssl_bump ",
    "splice ",
    "peek ",
    "bump ",
    "all ",
    "!",
    "\n",
    "\n",
    "\n",
    "\\\n",
    "\"b\" ",
    "\"a\" ",
    "include ",
    "b ",
    "a ",
    ".a.b ",
    "*.a.b ",
    "a.b/",
    "ssl::server_name ",
    "--client-requested ",
    "at_step ",
    "SslBump1 ",
    "dst ",
    "10.0.0.0/8 ",
    "proxy_auth ",
    "# ",
    "\u{feff}",
    "?",
    "%41",
    "\t",
    "time ",
];

const DIALECTS: [Dialect; 10] = [
    Dialect::Names,
    Dialect::NamesAndBelow,
    Dialect::Dstdomain,
    Dialect::Network,
    Dialect::PanUrl,
    Dialect::PanUrlOpen,
    Dialect::PanDomain,
    Dialect::PanExclusion,
    Dialect::AzureFqdn,
    Dialect::AzureUrl,
];

/// Checks both witnesses against the rules, and that no request of brute force is shorter.
fn check(expected: &Ruleset, actual: &Ruleset, difference: &Difference, requests: &[Request]) {
    let sides = [(&difference.wider, actual, expected), (&difference.narrower, expected, actual)];
    for (witness, allowing, denying) in sides {
        if let Some(witness) = witness {
            assert!(is_allowed(allowing, witness) && !is_allowed(denying, witness), "{witness}");
        }
        let brute =
            requests.iter().filter(|request| is_allowed(allowing, request) && !is_allowed(denying, request));
        if let Some(shortest) = brute.min_by_key(|request| request.to_string().len()) {
            let found = witness.as_ref().unwrap_or_else(|| panic!("nothing found, but {shortest}"));
            let is_name = shortest.host.parse::<std::net::IpAddr>().is_err();
            assert!(
                !is_name || found.to_string().len() <= shortest.to_string().len(),
                "{found}, but {shortest}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_ruleset_is_the_same_as_itself(ruleset in ruleset()) {
        let difference = decide(&ruleset, &ruleset);
        prop_assert!(difference.is_none(), "{difference:?}");
    }

    #[test]
    fn a_ruleset_said_otherwise_is_the_same_and_no_other_one_is(parts in parts(), other in ruleset()) {
        let (hosts, paths, rules) = parts.clone();
        let (ruleset, otherwise) = (build(hosts, paths, rules), said_otherwise(parts));
        let difference = decide(&ruleset, &otherwise);
        prop_assert!(difference.is_none(), "{difference:?}");
        prop_assert_eq!(decide(&ruleset, &other), decide(&otherwise, &other));
        prop_assert_eq!(decide(&other, &ruleset), decide(&other, &otherwise));
    }

    #[test]
    fn readers_take_any_text(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..60),
        noise in ".{0,40}",
    ) {
        let text = format!("{}{noise}", words.concat());
        let files = Files::new([("a", text.as_bytes()), ("b", noise.as_bytes())]);
        for plane in [Plane::Access, Plane::Inside, Plane::Bump] {
            let mut findings = Findings::default();
            if let Ok(ruleset) = squid::read(&files, &Squid { entry: "a", plane, clients: &[], redirected: None }, &mut findings) {
                let difference = decide(&Ruleset::default(), &ruleset);
                prop_assert!(difference.wider.is_none_or(|request| is_allowed(&ruleset, &request)));
            }
        }
        let files = Files::new(["a.json", "a.bicep", "a.tf"].map(|path| (path, text.as_bytes())));
        for (path, _) in files.iter() {
            let azure = Azure { paths: vec![path], plane: azure::Plane::Access };
            let _ = azure::read(&files, &azure, &mut Findings::default());
        }
        for entry in words.iter().map(|word| word.trim()).chain([text.as_str(), noise.as_str()]) {
            for dialect in DIALECTS {
                let _ = dialect.read(entry);
            }
            let _ = (posix_hosts(entry, true), posix_paths(entry, false));
        }
    }

    #[test]
    fn witnesses_are_true_and_none_is_missed(expected in ruleset(), actual in ruleset()) {
        let requests = requests();
        check(&expected, &actual, &decide(&expected, &actual), &requests);
    }
}

/// What the verifier takes of the stages that it checks: shapes to read, and what was lost. No function of theirs says
/// what matches what.
#[test]
fn the_verifier_takes_types_alone_of_the_stages_before_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify");
    let (mut folders, mut read) = (vec![folder], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let own = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (at, _) in own.match_indices("crate::") {
                let rest = own.get(at + "crate::".len()..).unwrap_or_default();
                let name = |text: &str| -> String {
                    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
                };
                let stage = name(rest);
                let taken = rest.get(stage.len() + 2..).unwrap_or_default();
                let taken = match taken.strip_prefix('{').and_then(|list| list.split_once('}')) {
                    Some((list, _)) => list.split(',').map(|word| name(word.trim())).collect(),
                    None => vec![name(taken)],
                };
                let known: &[&str] = match stage.as_str() {
                    "pattern" => &["Fqdn", "Host", "Path", "Pattern", "Request", "Scheme"],
                    "lower" => &["Loss"],
                    "normalise" | "render" | "select" | "source" => &[],
                    _ => continue,
                };
                for word in taken {
                    assert!(known.contains(&word.as_str()), "{} takes `{stage}::{word}`", path.display());
                }
            }
            read += 1;
        }
    }
    assert!(read > 40, "{read} files");
}

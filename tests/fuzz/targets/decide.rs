//! `decide` on made-up rulesets, against brute force over short requests and the slow reading of the rules.

use std::sync::LazyLock;

use allowlistc::pattern::{Request, Scheme};
use allowlistc::verify::{
    Action, Condition, HostShape, Line, PathShape, Ports, Rule, Ruleset, Subject, Test, decide, is_allowed,
    posix_hosts, posix_paths,
};

/// Two rulesets from bytes.
pub(super) fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let expected = ruleset(&mut bytes);
    let actual = ruleset(&mut bytes);
    let itself = decide(&expected, &expected);
    assert!(itself.wider.is_none() && itself.narrower.is_none(), "it differs from itself: {itself:?}");
    let difference = decide(&expected, &actual);
    for (witness, allowing, denying) in
        [(&difference.wider, &actual, &expected), (&difference.narrower, &expected, &actual)]
    {
        let differs = |request: &&Request| is_allowed(allowing, request) && !is_allowed(denying, request);
        if let Some(witness) = witness {
            assert!(differs(&witness), "{witness} is no witness");
        }
        // What was given up as too large may have found nothing.
        if !difference.undecided.is_empty() {
            continue;
        }
        if let Some(missed) = REQUESTS.iter().find(differs) {
            let found = witness.as_ref().unwrap_or_else(|| panic!("{missed} was missed"));
            assert!(
                found.to_string().len() <= missed.to_string().len() || is_address(missed),
                "{found} but {missed}"
            );
        }
    }
}

fn is_address(request: &Request) -> bool {
    request.host.parse::<std::net::IpAddr>().is_ok()
}

/// Every short name and path, and a few others.
static REQUESTS: LazyLock<Vec<Request>> = LazyLock::new(|| {
    let is_name = |name: &String| name.split('.').all(|label| !label.is_empty());
    let is_path = |path: &String| path.starts_with('/') && !path.contains("//");
    let mut hosts: Vec<String> = words("ab.", 4).into_iter().filter(is_name).collect();
    hosts.extend(["10.0.0.0", "10.1.2.3", "9.9.9.9", "::", "::1", "c", "c.a", "b.b.b"].map(str::to_owned));
    let paths: Vec<String> = words("/ab", 3).into_iter().filter(is_path).collect();
    let mut all = Vec::new();
    for (scheme, port) in [(Scheme::Http, 80), (Scheme::Https, 443), (Scheme::Https, 444)] {
        for host in &hosts {
            let request = |path: &String| Request { scheme, port, host: host.clone(), path: path.clone() };
            all.extend(paths.iter().map(request));
        }
    }
    all
});

fn words(letters: &str, longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let longer: Vec<String> = all[from..]
            .iter()
            .flat_map(|word| letters.chars().map(move |letter| format!("{word}{letter}")))
            .collect();
        from = all.len();
        all.extend(longer);
    }
    all
}

/// Choices, read from bytes; all the same at their end.
struct Bytes<'d>(&'d [u8]);

impl Bytes<'_> {
    fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Up to five pieces in a row.
    fn text(&mut self, pieces: &[&str]) -> String {
        (0..self.below(6)).map(|_| pieces[self.below(pieces.len())]).collect()
    }

    fn name(&mut self) -> String {
        let text = self.text(&["a", "b", "a", "b", "."]);
        let labels: Vec<&str> = text.split('.').filter(|label| !label.is_empty()).collect();
        if labels.is_empty() { "a".to_owned() } else { labels.join(".") }
    }

    fn path(&mut self) -> String {
        let text = format!("/{}", self.text(&["a", "b", "/"]));
        text.replace("//", "/").replace("//", "/")
    }
}

const EXPRESSION: &[&str] = &[
    "a", "b", r"\.", ".", "[^.]*", "*", "+", "?", "^", "$", "(", ")", "|", "(^|", "a{2}", "[ab]", "(a|b)",
    "/",
];

fn host(bytes: &mut Bytes<'_>) -> HostShape {
    match bytes.below(9) {
        0 => HostShape::Any,
        1 => HostShape::Exact(bytes.name()),
        2 => HostShape::Below { apex: bytes.flag(), base: bytes.name() },
        3 => HostShape::Labels { count: u8::try_from(bytes.below(3) + 1).unwrap_or(1), base: bytes.name() },
        4 => HostShape::Ends(bytes.name()),
        5 => {
            let nets = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "::1/128"];
            nets[bytes.below(nets.len())].parse().map_or(HostShape::Any, HostShape::Net)
        }
        6 => HostShape::Tag(bytes.name()),
        _ => posix_hosts(&bytes.text(EXPRESSION), bytes.flag()).unwrap_or(HostShape::Any),
    }
}

fn path(bytes: &mut Bytes<'_>) -> PathShape {
    match bytes.below(7) {
        0 => PathShape::Any,
        1 => PathShape::Exact(bytes.path()),
        2 => PathShape::Prefix(bytes.path()),
        3 => PathShape::Longer(bytes.path()),
        4 => PathShape::Folder(bytes.path()),
        _ => posix_paths(&bytes.text(EXPRESSION), bytes.flag()).unwrap_or(PathShape::Any),
    }
}

fn ports(bytes: &mut Bytes<'_>) -> Ports {
    match bytes.below(5) {
        0 => Ports::none(),
        1 => Ports::one(80),
        2 => Ports::one(443),
        3 => Ports::new([(1, 443)]),
        _ => Ports::all(),
    }
}

fn ruleset(bytes: &mut Bytes<'_>) -> Ruleset {
    let line = Line::new("rules", 1);
    let mut ruleset = Ruleset::default();
    let hosts: Vec<_> =
        (0..=bytes.below(3)).map(|_| ruleset.add_hosts("hosts", Subject::Destination)).collect();
    let paths: Vec<_> = (0..=bytes.below(2)).map(|_| ruleset.add_paths("paths")).collect();
    for set in &hosts {
        for _ in 0..bytes.below(4) {
            ruleset.add_host(*set, host(bytes), line.clone());
        }
    }
    for set in &paths {
        for _ in 0..bytes.below(3) {
            ruleset.add_path(*set, path(bytes), line.clone());
        }
    }
    for _ in 0..=bytes.below(4) {
        ruleset.add_rule(Rule {
            action: if bytes.below(4) == 0 { Action::Deny } else { Action::Allow },
            condition: Condition { http: ports(bytes), https: ports(bytes) },
            hosts: (0..bytes.below(3)).map(|_| tested(bytes, &hosts)).collect(),
            paths: (0..bytes.below(2)).map(|_| tested(bytes, &paths)).collect(),
            line: line.clone(),
        });
    }
    ruleset
}

fn tested<I: Copy>(bytes: &mut Bytes<'_>, sets: &[I]) -> Test<I> {
    Test { set: sets[bytes.below(sets.len())], negated: bytes.below(4) == 0 }
}

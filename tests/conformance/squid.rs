//! Rows about Squid: rules as the target writes them, TLS rules and files as they were given to Squid's parser.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use allowlistc::diagnostic::{Code, Findings, Severity};
use allowlistc::lower::lower;
use allowlistc::pattern::{Request, Scheme};
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Registry, Settings};
use allowlistc::verify::read_back::squid::{Plane, Squid, read};
use allowlistc::verify::read_back::{Files, ReadError};
use allowlistc::verify::{Action, Ruleset, is_allowed, match_connection};
use serde_json::Value;

use super::{Row, Trial, lists, port, text, trial};

/// What was rendered for each pattern: many rows ask about the same one.
type Rendered = Arc<Mutex<BTreeMap<String, Arc<Ruleset>>>>;

pub(crate) fn trials(rows: Vec<Value>) -> Vec<Trial> {
    let rendered = Rendered::default();
    let one = |(number, row): (usize, Value)| {
        let name = format!(
            "{number} {} {} {} {}",
            text(&row, "plane"),
            text(&row, "pattern"),
            text(&row, "input_url_or_host"),
            text(&row, "note")
        );
        let rendered = rendered.clone();
        match text(&row, "plane") {
            "parse" => trial("squid", name, Row::Decided(Box::new(move || parse_row(&row)))),
            "ssl_bump" => trial("squid", name, Row::Decided(Box::new(move || bump_row(&row)))),
            _ => match (squid_request(&row), row["expected_match"].as_bool()) {
                (Some(request), Some(expected)) => {
                    let decide = move || {
                        is_allowed(&of_pattern(text(&row, "pattern"), &rendered), &request) == expected
                    };
                    trial("squid", name, Row::Decided(Box::new(decide)))
                }
                // No well-formed request by http or https: how Squid reads the line is its parser's matter.
                _ => trial("squid", name, Row::Elsewhere("tests/engines/squid_decisions.py")),
            },
        }
    };
    rows.into_iter().enumerate().map(one).collect()
}

fn of_pattern(pattern: &str, rendered: &Rendered) -> Arc<Ruleset> {
    let mut known = rendered.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(pattern.to_owned()).or_insert_with(|| Arc::new(self::rendered(pattern))).clone()
}

fn squid(
    files: &[(&str, &str)],
    entry: &str,
    plane: Plane,
    findings: &mut Findings,
) -> Result<Ruleset, ReadError> {
    let files = Files::new(files.iter().map(|(path, text)| (*path, text.as_bytes())));
    read(&files, &Squid { entry, plane, clients: &["localnet".to_owned()], redirected: None }, findings)
}

/// `*.update.microsoft.com :80,443` and `www.microsoft.com/pkiops/*, /pki/* :80` as the Squid target writes them.
fn rendered(pattern: &str) -> Ruleset {
    let pattern = match pattern {
        "(none)" => "login.live.com :80,443",
        "allowlist" => "*.wns.windows.com :443",
        pattern => pattern,
    };
    let (addresses, ports) = pattern.rsplit_once(" :").unwrap();
    let host = addresses.split('/').next().unwrap();
    let addresses = addresses.split(", ").map(|address| match address.strip_prefix('/') {
        Some(path) => format!("{host}/{path}"),
        None => address.to_owned(),
    });
    let entries: Vec<String> = addresses
        .flat_map(|address| ports.split(',').map(move |port| format!("{address} :{port}")))
        .collect();
    let list = lists::list(&entries.iter().map(String::as_str).collect::<Vec<_>>());
    let registry = Registry::shipped().unwrap();
    let target = registry.get("squid").unwrap();
    let mut findings = Findings::default();
    let plan = lower(&list, target, &Settings::default(), "conformance", &mut findings);
    let context =
        RenderContext { profile: "conformance".into(), sources: Vec::new(), tool_version: "0".into() };
    let artifacts = render(&plan, target, &context, &mut findings);
    let files =
        Files::new(artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact.bytes.as_slice())));
    let squid = Squid {
        entry: "allow.conf",
        plane: Plane::Access,
        clients: &["localnet".to_owned()],
        redirected: None,
    };
    let ruleset = read(&files, &squid, &mut findings).unwrap();
    assert!(ruleset.undecided().is_empty() && !findings.has_errors(), "{findings:?}");
    ruleset
}

/// The request as the target says that Squid compares it.
fn squid_request(row: &Value) -> Option<Request> {
    let input = text(row, "input_url_or_host");
    if text(row, "method") == "CONNECT" {
        let (host, port) = input.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let host = host.to_owned();
        let plain = !host.contains(['@', ':']) && !host.starts_with('.');
        return plain.then_some(Request { scheme: Scheme::Https, host, port, path: "/".into() });
    }
    let (authority, path) = input.strip_prefix("http://")?.split_once('/')?;
    let host = authority.split(':').next()?.to_owned();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let registry = Registry::shipped().unwrap();
    let seen = registry.get("squid").unwrap().manifest().request;
    let path = seen.compared(&format!("/{path}"), query);
    Some(Request { scheme: Scheme::Http, host, port: port(row), path })
}

fn bump_conf(config: &str) -> String {
    let (host, name, bare) = (
        "acl h dstdomain -n spliced.lab.test .wns.windows.com\nacl ha dstdomain -n wns.windows.com\n",
        "acl s ssl::server_name --client-requested spliced.lab.test .wns.windows.com\nacl sa ssl::server_name --client-requested wns.windows.com\n",
        "acl s ssl::server_name spliced.lab.test .wns.windows.com\n",
    );
    let step = "acl step1 at_step SslBump1\nssl_bump peek step1\n";
    if config.contains("without option") {
        format!("{bare}{step}ssl_bump splice s\nssl_bump bump all\n")
    } else if config.contains("<dstdomain -n> <ssl::server_name") {
        format!("{host}{name}{step}ssl_bump splice h !ha s !sa\nssl_bump bump all\n")
    } else if config.contains("dstdomain") {
        format!("{host}{step}ssl_bump splice h !ha\nssl_bump bump all\n")
    } else {
        format!("{name}{step}ssl_bump splice s !sa\nssl_bump bump all\n")
    }
}

fn bump_row(row: &Value) -> bool {
    let conf = bump_conf(text(row, "config"));
    let ruleset =
        squid(&[("squid.conf", &conf)], "squid.conf", Plane::Bump, &mut Findings::default()).unwrap();
    if text(row, "config").contains("without option") {
        // Which names a certificate has is nobody's to know from the files: there is no verdict, and so no `same`.
        return !ruleset.undecided().is_empty();
    }
    let request = squid_request(row).unwrap();
    let server_name = row["sni"].as_str().map_or(request.host.clone(), str::to_ascii_lowercase);
    let action = match_connection(&ruleset, &request, &server_name).map(|(action, _)| action);
    Some(action == Some(Action::Allow)) == row["expected_match"].as_bool()
}

/// Files of the rows about Squid's parser, by the name of the row.
fn parse_files(name: &str) -> Option<(&'static str, &'static str)> {
    let file = "acl x dstdomain -n \"D/e.txt\"";
    Some(match name {
        "sub-after-parent(dot,dot)" => ("acl x dstdomain -n .example.com .foo.example.com", ""),
        "sub-before-parent(dot,dot)" => ("acl x dstdomain -n .foo.example.com .example.com", ""),
        "host-after-dot" => ("acl x dstdomain -n .example.com foo.example.com", ""),
        "host-before-dot" => ("acl x dstdomain -n foo.example.com .example.com", ""),
        "dup-dot" => ("acl x dstdomain -n .example.com .example.com", ""),
        "dup-case" => ("acl x dstdomain -n a.example.com A.Example.com", ""),
        "overlap-across-two-lines-same-acl" => {
            ("acl x dstdomain -n foo.example.com\nacl x dstdomain -n .example.com", "")
        }
        "overlap-in-file" => (file, "foo.example.com\n.example.com\n"),
        "star-wildcard" => ("acl x dstdomain -n *.example.com", ""),
        "url-in-dstdomain" => ("acl x dstdomain -n http://example.com/", ""),
        "port-in-dstdomain" => ("acl x dstdomain -n example.com:443", ""),
        "path-in-dstdomain" => ("acl x dstdomain -n example.com/pki/*", ""),
        "trailing-dot-entry" => ("acl x dstdomain -n example.com.", ""),
        "empty-file" => (file, ""),
        "only-comments-file" => (file, "# one\n  # two\n"),
        "comments-file" => (file, "# one\nexample.com # two\n.foo.org#c\nbar.org baz.org\n"),
        "crlf-file" => (file, "  example.com\t\r\n.foo.org\r\n"),
        "bom-file" => (file, "\u{feff}example.com\n.foo.org\n"),
        "one-bad-regex-of-two" => (r"acl x dstdom_regex -n ^(foo\.example\.com$ ^example\.com$", ""),
        "bad-regex-in-file" => ("acl x dstdom_regex -n \"D/e.txt\"", "^example\\.com$\n*bad(\n^foo\\.org$\n"),
        "regex-leading-wild" => (r"acl x dstdom_regex -n ^.*\.example\.com$", ""),
        "unknown-type" => ("acl x dstdomian -n example.com", ""),
        "unknown-option" => ("acl x dstdomain -Q example.com", ""),
        "type-mismatch-redefine" => ("acl x dstdomain -n example.com\nacl x port 80", ""),
        "undefined-acl-in-http_access" => ("http_access allow nosuch\nacl x dstdomain -n a.b", ""),
        "acl-defined-after-use" => ("http_access allow x2\nacl x dstdomain -n a.b\nacl x2 src all", ""),
        "bad-port" => ("acl x port 443x", ""),
        "server_name-two-opts" => {
            ("acl x ssl::server_name --client-requested --server-provided example.com", "")
        }
        "ssl_bump-without-port-flag" => ("acl x dstdomain -n example.com\nssl_bump splice x", ""),
        "include-missing" => ("include D/nosuch/*.conf\nacl x dstdomain -n a.b", ""),
        "include-missing-noglob" => ("include D/nosuch.conf\nacl x dstdomain -n a.b", ""),
        "dstdomain-no-args" => ("acl x dstdomain -n", ""),
        "hash-in-line" => ("acl x dstdomain -n example.com # foo.org", ""),
        _ => return None,
    })
}

const PROBES: &[&str] = &["example.com", "foo.example.com", "bar.example.com", "foo.org", "sub.foo.org"];

/// Squid 7 by what is matched, Squid 5 and 6 by the error that says that they do not start.
fn parse_row(row: &Value) -> bool {
    let name = text(row, "pattern");
    let long = format!("example.com\n{}\n", "a".repeat(3000));
    let (conf, list) = match parse_files(name) {
        Some(files) => files,
        None if name == "long-line-3000-file" => ("acl x dstdomain -n \"D/e.txt\"", long.as_str()),
        None => return false,
    };
    let conf = format!("{conf}\nhttp_access allow x\n");
    let mut findings = Findings::default();
    let ruleset =
        squid(&[("squid.conf", &conf), ("D/e.txt", list)], "squid.conf", Plane::Access, &mut findings);
    let matched: Vec<&str> = ruleset.map_or_else(
        |_| Vec::new(),
        |ruleset| {
            let request =
                |host: &str| Request { scheme: Scheme::Http, host: host.into(), port: 80, path: "/".into() };
            PROBES.iter().copied().filter(|probe| is_allowed(&ruleset, &request(probe))).collect()
        },
    );
    let starts = !findings.iter().any(|f| f.code == Code::AclOverlap && f.severity == Severity::Error);
    let measured = |version: &str| {
        let probes = row["matched_probes"][version].as_array().unwrap();
        probes.iter().map(|probe| probe.as_str().unwrap()).collect::<Vec<_>>()
    };
    let old = if starts { matched.clone() } else { Vec::new() };
    measured("7.7") == matched && measured("6.13") == old
}

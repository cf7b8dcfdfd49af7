//! Patterns and rows that nearly mean the same, and the requests on which they differ.

use allowlistc::pattern::{Host, Path, Pattern, Request, Scheme, parse_address};
use allowlistc::source::Row;
use proptest::prelude::*;
use proptest::sample::select;

use super::generate;

const HOSTS: &[&str] = &[
    "x.com",
    "evil-x.com",
    "evilx.com",
    "a.x.com",
    "b.a.x.com",
    "evil-a.x.com",
    "*.x.com",
    "*x.com",
    "*.a.x.com",
    "*a.x.com",
    "*-a.x.com",
    "*.b.a.x.com",
    "u*a.x.com",
    "u*-a.x.com",
    "us*a.x.com",
    "*us*a.x.com",
    "u*.x.com",
    "us-a.x.com",
    "ua.x.com",
    "us.y.a.x.com",
    "x.com.evil.net",
    "*.x.com.evil.net",
    "*.x.co",
    "*.blob.core.windows.net",
    "acc.blob.core.windows.net",
    "u*a.blob.core.windows.net",
    "20.0.0.0/8",
    "20.1.0.0/16",
    "20.1.2.3",
    "11.0.0.0/8",
    "2603:1000::/24",
    "2603:1000::1",
];
const PATHS: &[&str] =
    &["", "", "", "/p", "/p/", "/p/*", "/p*", "/p/q", "/p/q/", "/p/q/*", "/pq", "/P/", "/*"];

/// Any shape of pattern, all of them close to each other.
pub(crate) fn pattern() -> impl Strategy<Value = Pattern> {
    let services =
        vec![(Scheme::Http, 80), (Scheme::Https, 443), (Scheme::Https, 8443), (Scheme::Http, 8443)];
    let parts = (select(HOSTS), select(PATHS), any::<bool>(), select(services));
    parts.prop_filter_map("no address", |(host, path, folder, (scheme, port))| {
        let net = parse_address(host).is_ok_and(|parsed| matches!(parsed.host, Host::Net(_)));
        let parsed = parse_address(&format!("{host}{}", if net { "" } else { path })).ok()?;
        let path = match parsed.path {
            // The rules say of some paths without a star that they are folders.
            Path::Exact(text) if folder => Path::Folder(text),
            path => path,
        };
        Some(Pattern { host: parsed.host, path, port, scheme })
    })
}

/// Rows of a list with addresses of every shape, some of them more than once.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let near = (select(HOSTS), select(PATHS), select(vec![80, 443])).prop_filter_map(
        "no address",
        |(host, path, port)| {
            let address = if host.starts_with(|c: char| c.is_ascii_digit()) {
                host.to_owned()
            } else {
                format!("{host}{path}")
            };
            parse_address(&address).ok().map(|_| (address, port))
        },
    );
    let made = (0..1_000_usize).prop_map(|number| {
        let made = generate::made(number);
        (made.address, made.port)
    });
    prop::collection::vec(prop_oneof![3 => near, 1 => made], 2..14).prop_map(|addresses| {
        let mut rows = generate::document(addresses.len()).tables.remove(0).rows;
        for (row, (address, port)) in rows.iter_mut().zip(addresses) {
            row.address = address.into();
            row.port = Some(port);
        }
        rows
    })
}

/// Requests on and just outside every edge of the patterns.
pub(crate) fn requests(patterns: &[&Pattern]) -> Vec<Request> {
    let mut hosts: Vec<String> = patterns.iter().flat_map(|pattern| hosts_near(&pattern.host)).collect();
    let mut paths: Vec<String> =
        patterns.iter().flat_map(|pattern| paths_near(pattern.path.text())).collect();
    let mut services: Vec<(Scheme, u16)> =
        patterns.iter().map(|pattern| (pattern.scheme, pattern.port)).collect();
    for list in [&mut hosts, &mut paths] {
        list.sort();
        list.dedup();
    }
    services.sort_unstable();
    services.dedup();
    let mut requests = Vec::with_capacity(hosts.len() * paths.len() * services.len());
    for host in &hosts {
        for path in &paths {
            for (scheme, port) in &services {
                requests.push(Request {
                    scheme: *scheme,
                    host: host.clone(),
                    port: *port,
                    path: path.clone(),
                });
            }
        }
    }
    requests
}

fn hosts_near(host: &Host) -> Vec<String> {
    match host {
        Host::Exact(name) | Host::Subdomains(name) | Host::Suffix(name) => {
            let before = ["", "y.", "z.y.", "evil-", "evil", "y.evil-"];
            let mut near: Vec<String> = before.iter().map(|before| format!("{before}{name}")).collect();
            near.push(format!("{name}.evil.net"));
            near.extend(name.as_str().split_once('.').map(|(_, parent)| parent.to_owned()));
            near
        }
        Host::Infix(start, end) => {
            let between = ["", "y", "-", "y.z", "."];
            let mut near: Vec<String> =
                between.iter().map(|between| format!("{start}{between}{end}")).collect();
            near.extend([format!("y.{start}y{end}"), format!("evil{start}y{end}"), format!("y{end}")]);
            near
        }
        Host::Net(net) => {
            let inside = [net.network(), net.broadcast()].map(|address| address.to_string());
            let outside =
                ["19.255.255.255", "20.0.0.1", "20.1.2.4", "22.0.0.0", "2603:1100::", "2603:1000::2"];
            inside.into_iter().chain(outside.map(str::to_owned)).collect()
        }
    }
}

fn paths_near(text: &str) -> Vec<String> {
    let bare = text.trim_end_matches('/');
    let after = ["", "/", "x", "/x", "/x/y"].map(|after| format!("{bare}{after}"));
    let before = bare.rsplit_once('/').map(|(before, _)| format!("{before}/"));
    after.into_iter().chain(before).filter(|path| path.starts_with('/')).chain(["/".to_owned()]).collect()
}

//! Allowlists for tests: from literals, and from the published profiles where they are at hand.

#[path = "skip.rs"]
pub(crate) mod skip;

use std::sync::Arc;

use allowlistc::allowlist::{Allowlist, Entry, Tag};
use allowlistc::origin::Origin;
use allowlistc::pattern::{Pattern, Scheme, parse_address};
use allowlistc::texts::Texts;

/// An entry for `address` on `port`, to be left alone by inspection if it is TLS.
pub(crate) fn entry(address: &str, port: u16, row: u32) -> Entry {
    let parsed = parse_address(address).unwrap_or_else(|error| panic!("the address {error}: {address}"));
    let scheme = Scheme::of_port(port);
    Entry {
        pattern: Pattern { host: parsed.host, path: parsed.path, port, scheme },
        required: Some(true),
        services: Texts::default(),
        geographies: [Arc::from("WW")].into(),
        categories: [Arc::from("EDR")].into(),
        origins: vec![Origin { file: "list.xlsx".into(), sheet: "Commercial".into(), row }],
        bypass: scheme == Scheme::Https,
        direct: false,
        tag: None,
    }
}

/// `host/path :port` or `host/path` for 443; `!` in front for a direct route, `~` for TLS that may be inspected.
pub(crate) fn list(addresses: &[&str]) -> Allowlist {
    let mut row = 0;
    Allowlist::new(addresses.iter().copied().map(|address| one(address, &mut row)).collect())
}

fn one(address: &str, row: &mut u32) -> Entry {
    *row += 1;
    let (direct, address) = address.strip_prefix('!').map_or((false, address), |rest| (true, rest));
    let (inspected, address) = address.strip_prefix('~').map_or((false, address), |rest| (true, rest));
    let (address, port) = match address.rsplit_once(" :") {
        Some((address, port)) => (address, port.parse().unwrap()),
        None => (address, 443),
    };
    let entry = entry(address, port, *row);
    Entry { direct, bypass: entry.bypass && !inspected, ..entry }
}

/// The same with a tag on every network.
#[allow(dead_code, reason = "not every test file has networks")]
pub(crate) fn tagged(addresses: &[&str], name: &str, feature: &str) -> Allowlist {
    let tag = Arc::new(Tag { name: name.into(), features: vec![feature.to_owned()] });
    let mut row = 0;
    let entries =
        addresses.iter().copied().map(|address| Entry { tag: Some(tag.clone()), ..one(address, &mut row) });
    Allowlist::new(entries.collect())
}

/// The published profiles where they are at hand, and a list of every shape that a test has of its own.
#[allow(dead_code, reason = "not every test file has a list of every shape")]
pub(crate) fn published_and(every_shape: Allowlist) -> Vec<(String, Allowlist)> {
    let mut all = published().unwrap_or_default();
    all.push(("every shape".into(), every_shape));
    all
}

/// The entries of the published profiles, where the folder with our own research is at hand.
pub(crate) fn published() -> Option<Vec<(String, Allowlist)>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/truth/profiles.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        skip::skipped("../shared/truth/profiles.json is not at hand");
        return None;
    };
    let truth: serde_json::Value = serde_json::from_str(&text).unwrap();
    let profiles = truth["profiles"].as_array().unwrap().iter().map(|profile| {
        let rows = profile["expected"].as_array().unwrap().iter().zip(1..);
        let entries = rows.map(|(row, number)| {
            let address =
                format!("{}{}", row["host"].as_str().unwrap(), row["path"].as_str().unwrap_or_default());
            let port = u16::try_from(row["port"].as_u64().unwrap()).unwrap();
            Entry { direct: address.ends_with("wns.windows.com"), ..entry(&address, port, number) }
        });
        (profile["name"].as_str().unwrap().to_owned(), Allowlist::new(entries.collect()))
    });
    Some(profiles.collect())
}

//! No row is lost in silence: for every published list and many profiles, each row is selected or left out with a
//! reason.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use allowlistc::allowlist::Allowlist;
use allowlistc::diagnostic::{Findings, Severity, to_human};
use allowlistc::normalise::normalise;
use allowlistc::origin::Origin;
use allowlistc::profile;
use allowlistc::rules::Rules;
use allowlistc::select::{Selection, select};
use allowlistc::source::{Document, read as read_list};
use serde_json::Value;
use support::{files_below, read, shared};

const CLOUDS: [(&str, &str); 7] = [
    ("commercial", "[]"),
    ("commercial", "[\"EU\"]"),
    ("commercial", "[\"EU\", \"UK\", \"US\"]"),
    ("commercial", "[\"WW\"]"),
    ("gcc", "[]"),
    ("gcc-high", "[]"),
    ("dod", "[]"),
];

const FLEETS: [&str; 13] = [
    "windows = [\"10-1507\"]",
    "windows = [\"10-1607\", \"10-1703\"]",
    "windows = [\"10-1709\"]",
    "windows = [\"10-1803\"]",
    "windows = [\"10-1809\"]",
    "windows = [\"11-25H2\"]",
    "windows-server = [\"2012-r2-unified\", \"2016-unified\"]",
    "windows-server = [\"2019\", \"2025\"]",
    "mma = [\"7-sp1\"]",
    "mma = [\"2012-r2\"]",
    "macos = true",
    "linux = true",
    "windows = [\"10-1703\", \"11-24H2\"]\nwindows-server = [\"2022\"]\nmma = [\"8.1\", \"2016\"]\nmacos = true\nlinux = true\n[mma]\n\
     workspaces = [\"11111111-2222-3333-4444-555555555555\"]\nblob-hosts = [\"a.blob.core.windows.net\"]",
];

const SELECTS: [&str; 3] = [
    "optional = true\nportal = true",
    "optional = false",
    "exclude = [{ category = \"*MU*\", reason = \"WSUS\" }, { address = \"*.blob.*\", reason = \"storage\" }]",
];

/// What a profile makes of a list.
struct Outcome {
    selection: Selection,
    list: Allowlist,
    findings: Findings,
}

fn outcome(documents: &[Document], toml: &str) -> Outcome {
    let mut findings = Findings::default();
    let parsed = profile::parse("profile.toml", toml, &[], Rules::shipped, &mut findings);
    let (profile, rules) = parsed.unwrap_or_else(|| panic!("{toml}\n{findings:?}"));
    let selection = select(documents, &profile, &rules, &mut findings);
    let list = normalise(selection.kept.clone(), &rules, profile.bypass_shared_suffixes, &mut findings).list;
    Outcome { selection, list, findings }
}

fn profiles() -> impl Iterator<Item = String> {
    let connectivities = ["standard", "streamlined"];
    CLOUDS.into_iter().flat_map(move |(cloud, geographies)| {
        connectivities.into_iter().flat_map(move |connectivity| {
            FLEETS.into_iter().flat_map(move |fleet| {
                SELECTS.into_iter().map(move |select| {
                    let geographies = match geographies {
                        "[]" if cloud == "commercial" => "geographies = [\"AU\"]\n".to_owned(),
                        "[]" => String::new(),
                        names => format!("geographies = {names}\n"),
                    };
                    format!(
                        "schema = 1\nname = \"a\"\ncloud = \"{cloud}\"\nconnectivity = \"{connectivity}\"\n{geographies}\
                         [select]\n{select}\n[devices]\n{fleet}\n"
                    )
                })
            })
        })
    })
}

fn lists() -> Option<Vec<Document>> {
    let shared = shared()?;
    let rules = Rules::shipped(None).expect("rules");
    let files = [files_below(&shared.join("workbooks")), files_below(&shared.join("pages"))].concat();
    let document = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        read_list(&name, &fs::read(path).expect("a list"), &rules.reading, &mut Findings::default())
    };
    let documents: Vec<Document> = files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "xlsx" || e == "md"))
        .map(document)
        .collect();
    assert!(documents.len() >= 12, "workbooks and pages");
    Some(documents)
}

fn rows(document: &Document) -> impl Iterator<Item = (&Origin, &str)> {
    document.tables.iter().flat_map(|table| &table.rows).map(|row| (&row.origin, &*row.address))
}

#[test]
fn every_row_is_selected_or_left_out_with_a_reason() {
    let Some(documents) = lists() else { return };
    let mut checked = 0;
    for document in documents {
        let documents = [document];
        for toml in profiles() {
            let Outcome { selection, list, .. } = outcome(&documents, &toml);
            let mut left: BTreeMap<(&Origin, &str), usize> = BTreeMap::new();
            for row in rows(&documents[0]) {
                *left.entry(row).or_default() += 1;
            }
            let dropped: BTreeSet<(&Origin, &str)> =
                selection.dropped.iter().map(|row| (&row.origin, &*row.address)).collect();
            let selected: BTreeSet<&Origin> =
                selection.kept.iter().map(|endpoint| &endpoint.origin).collect();
            let kept: BTreeSet<&Origin> = list.entries().iter().flat_map(|entry| &entry.origins).collect();
            for (origin, address) in left.keys() {
                let is_dropped = dropped.contains(&(*origin, *address));
                let is_kept = selected.contains(origin);
                assert!(is_dropped || is_kept, "{origin} {address} is lost\n{toml}");
                assert!(!is_kept || kept.contains(origin), "{origin} {address} is in no entry\n{toml}");
                checked += 1;
            }
            assert!(selection.dropped.iter().all(|row| row.reason.len() > 8), "{toml}");
        }
    }
    println!("{checked} rows");
    assert!(checked > 100_000);
}

/// The truth files hold the same rows as the lists: none got lost on the way from the file.
#[test]
fn the_truth_files_have_no_row_that_the_lists_lack() {
    let (Some(documents), Some(shared)) = (lists(), shared()) else { return };
    for path in files_below(&shared.join("truth")) {
        let truth: Value = serde_json::from_str(&read(&path)).expect("JSON");
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (Some(expected), Some(document)) = (
            truth["rows"].as_array(),
            documents.iter().find(|document| document.file.strip_suffix(".xlsx") == Some(name.as_str())),
        ) else {
            continue;
        };
        let addresses: BTreeSet<&str> = rows(document).map(|(_, address)| address).collect();
        for row in expected.iter().filter_map(|row| row["endpoint"].as_str()) {
            assert!(addresses.contains(row), "{name}: {row}");
        }
    }
}

/// A profile that fits its list says little: what it says needs a look.
#[test]
fn an_ordinary_profile_has_few_findings() {
    let Some(documents) = lists() else { return };
    let ordinary = [
        ("mde-urls-commercial-2025-06.xlsx", "commercial", "standard", "geographies = [\"EU\"]\n"),
        ("mde-urls-commercial-2026-q1.xlsx", "commercial", "standard", "geographies = [\"US\"]\n"),
        ("mde-urls-2021-03.xlsx", "commercial", "standard", "geographies = [\"UK\"]\n"),
        ("mde-urls-2021-03.xlsx", "gcc-high", "standard", ""),
        (
            "mde-streamlined-urls-commercial-2024-08.xlsx",
            "commercial",
            "streamlined",
            "geographies = [\"EU\"]\n",
        ),
        ("mde-streamlined-urls-gov-2025-10.xlsx", "gcc", "streamlined", ""),
        ("standard-commercial-2026-q1.md", "commercial", "standard", "geographies = [\"AU\"]\n"),
        ("standard-gov-2026-03.md", "dod", "standard", ""),
        ("streamlined-commercial-2025-10.md", "commercial", "streamlined", "geographies = [\"US\"]\n"),
    ];
    for (file, cloud, connectivity, geographies) in ordinary {
        let at = documents.iter().position(|document| &*document.file == file).expect(file);
        let toml = format!(
            "schema = 1\nname = \"a\"\ncloud = \"{cloud}\"\nconnectivity = \"{connectivity}\"\n{geographies}\
             [devices]\nwindows = [\"10-22H2\", \"11-24H2\"]\nwindows-server = [\"2019\", \"2022\"]\nmacos = true\nlinux = true\n"
        );
        let findings = outcome(&documents[at..=at], &toml).findings;
        println!("== {file} {cloud}\n{}", to_human(&findings, Severity::Note, false));
        assert!(!findings.has_errors(), "{file}");
        assert!(findings.count(Severity::Warning) <= 2, "{file}");
    }
}

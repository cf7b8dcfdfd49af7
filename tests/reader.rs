//! Every published workbook and page is read as the truth files say. They are not part of the repository.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test stops where its own material is wrong")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use allowlistc::diagnostic::{Findings, Severity, to_human};
use allowlistc::rules::Rules;
use allowlistc::source::{Document, ReadingRules, Role, Row, Table, read};
use serde_json::Value;

#[path = "support/skip.rs"]
mod skip;

fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    skip::skipped("there is no ../shared beside the project");
    None
}

fn rules() -> ReadingRules {
    Rules::shipped(None).expect("the shipped rules are right").reading
}

fn read_shared(path: &str) -> Option<(Document, Findings)> {
    let bytes = fs::read(shared()?.join(path)).expect("the file is there");
    let mut findings = Findings::default();
    let document = read(path, &bytes, &rules(), &mut findings);
    println!("{}", to_human(&findings, Severity::Note, false));
    Some((document, findings))
}

fn truth(name: &str) -> Vec<Value> {
    let path = shared().expect("called after reading").join("truth").join(name);
    let text = fs::read_to_string(path).expect("the truth is there");
    let value: Value = serde_json::from_str(&text).expect("the truth is JSON");
    let rows = value["rows"].as_array().expect("rows").clone();
    rows.into_iter().filter(|row| !row["endpoint"].is_null()).collect()
}

/// Device columns of the truth files by the ids of the rules.
const DEVICES: [(&str, &str); 5] = [
    ("win10", "windows"),
    ("win7", "windows-7"),
    ("mma_server", "mma-server"),
    ("mac", "macos"),
    ("linux", "linux"),
];

fn text(value: &Value) -> Option<String> {
    value.as_str().map(|text| text.trim().to_owned())
}

fn owned(text: Option<&Arc<str>>) -> Option<String> {
    text.map(ToString::to_string)
}

fn devices(expected: &Value) -> BTreeMap<String, String> {
    if expected.get("issues_note").is_some() {
        return BTreeMap::new();
    }
    let cell = |(theirs, ours): &(&str, &str)| Some(((*ours).to_owned(), text(&expected["os"][theirs])?));
    DEVICES.iter().filter_map(cell).collect()
}

fn device_cells(row: &Row) -> BTreeMap<String, String> {
    row.devices.iter().map(|(id, cell)| (id.to_string(), cell.to_string())).collect()
}

/// What must be equal in every row; `place` tells which row it is.
fn compare(row: &Row, expected: &Value, place: &str) {
    assert_eq!(row.address.as_ref(), expected["endpoint"].as_str().expect("endpoint"), "{place}");
    assert_eq!(owned(row.service.as_ref()), text(&expected["service"]), "service of {place}");
    assert_eq!(owned(row.geography.as_ref()), text(&expected["geography"]), "geography of {place}");
    assert_eq!(owned(row.category.as_ref()), text(&expected["category"]), "category of {place}");
    assert_eq!(row.port.map(u64::from), expected["port"].as_u64(), "port of {place}");
    let required = expected["required"].as_str().map(|word| word == "Required");
    assert_eq!(row.required, required, "required of {place}");
    assert_eq!(owned(row.os.as_ref()), text(&expected["os_text"]), "os of {place}");
}

fn compare_devices(row: &Row, expected: &Value, place: &str) {
    assert!(!row.devices_uncertain, "devices of {place}");
    assert_eq!(device_cells(row), devices(expected), "devices of {place}");
}

fn compare_comment(row: &Row, expected: &Value, place: &str) {
    assert_eq!(owned(row.comment.as_ref()), text(&expected["comment"]), "comment of {place}");
}

fn rows(document: &Document) -> impl Iterator<Item = &Row> {
    document.tables.iter().flat_map(|table| &table.rows)
}

fn workbook_is_as_the_truth_says(name: &str) -> Option<(Document, Findings)> {
    let (document, findings) = read_shared(&format!("workbooks/{name}.xlsx"))?;
    let expected = truth(&format!("{name}.json"));
    for (row, expected) in rows(&document).zip(&expected) {
        let place = format!("{} {}", row.origin, row.address);
        compare(row, expected, &place);
        compare_devices(row, expected, &place);
        compare_comment(row, expected, &place);
        assert_eq!(Some(row.origin.sheet.to_string()), text(&expected["sheet"]), "{place}");
        assert_eq!(Some(u64::from(row.origin.row)), expected["row"].as_u64(), "{place}");
        assert_eq!(owned(row.block.as_ref()), text(&expected["block"]), "block of {place}");
        let cell = row.cell.as_deref().expect("workbooks have cells");
        assert!(cell.ends_with(&row.origin.row.to_string()), "{cell}");
    }
    assert_eq!(rows(&document).count(), expected.len());
    assert!(!findings.has_errors());
    Some((document, findings))
}

fn codes(findings: &Findings) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.code.as_str()).or_insert(0) += 1;
    }
    counts
}

fn shape(table: &Table) -> (&str, Role, Option<&str>, Option<&str>, usize) {
    (&table.sheet, table.role, table.cloud.as_deref(), table.condition.as_deref(), table.rows.len())
}

#[test]
fn the_workbook_of_2021_is_read_as_published() {
    let Some((document, findings)) = workbook_is_as_the_truth_says("mde-urls-2021-03") else { return };
    let shapes: Vec<_> = document.tables.iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            ("Microsoft Defender URLs", Role::Endpoints, Some("commercial"), None, 100),
            ("Microsoft Defender URLs - USGov", Role::Endpoints, Some("government"), None, 88),
            ("Security Center URLs", Role::Portal, None, None, 9),
            ("Security Center URLs - US Gov", Role::Portal, Some("government"), None, 14),
        ]
    );
    assert_eq!(document.connectivity.as_deref(), Some("standard"));
    assert_eq!(codes(&findings), BTreeMap::from([("stray-space", 1)]));
    let dates: Vec<&str> = document.changelog.iter().map(|entry| entry.date.as_str()).collect();
    assert_eq!(dates, ["2021-02-18", "2021-02-03", "2021-02-02", "2020-12-16", "2020-11-16", "2020-07-09"]);
    assert!(document.changelog[3].text.contains("*.notify.windows.com"));
}

#[test]
fn the_streamlined_workbook_of_2024_is_read_without_its_left_over_column() {
    let name = "mde-streamlined-urls-commercial-2024-08";
    let Some((document, findings)) = workbook_is_as_the_truth_says(name) else { return };
    let shapes: Vec<_> = document.tables.iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            ("Common endpoints", Role::Endpoints, None, None, 27),
            ("Windows 1607 to 1803", Role::Endpoints, Some("commercial"), Some("windows-1607-to-1803"), 45),
            ("Windows 7, 8.1, 2008R2 (MMA)", Role::Endpoints, None, Some("mma"), 15),
            ("Admin portal", Role::Portal, None, None, 8),
        ]
    );
    assert_eq!(document.connectivity.as_deref(), Some("streamlined"));
    assert_eq!(codes(&findings), BTreeMap::from([("hidden-column", 1), ("stray-space", 1)]));
}

#[test]
fn the_rebuilt_workbooks_are_read_as_published() {
    for (name, connectivity) in [
        ("mde-streamlined-urls-gov-2025-10", "streamlined"),
        ("mde-urls-commercial-2025-06", "standard"),
        ("mde-urls-commercial-2026-q1", "standard"),
        ("mde-urls-gov-2025-10", "standard"),
    ] {
        let Some((document, findings)) = workbook_is_as_the_truth_says(name) else { return };
        assert_eq!(document.connectivity.as_deref(), Some(connectivity), "{name}");
        let prose = usize::from(name.ends_with("q1"));
        assert_eq!(codes(&findings).get("prose-instead-of-address").copied().unwrap_or(0), prose, "{name}");
        assert_eq!(findings.count(Severity::Warning), prose, "{name}");
    }
}

/// Rows of a page or ragged workbook against the truth: all certain cells equal, devices equal or uncertain.
fn ragged_is_as_the_truth_says(path: &str, name: &str, missing: &[&str]) -> Option<(Document, Findings)> {
    let (document, findings) = read_shared(path)?;
    let published = |row: &Value| !missing.contains(&row["endpoint"].as_str().unwrap_or_default());
    let expected: Vec<Value> = truth(name).into_iter().filter(published).collect();
    for (row, expected) in rows(&document).zip(&expected) {
        let place = format!("{} {}", row.origin, row.address);
        compare(row, expected, &place);
        if row.devices_uncertain {
            assert!(row.devices.is_empty(), "{place}");
        } else {
            compare_devices(row, expected, &place);
        }
    }
    assert_eq!(rows(&document).count(), expected.len());
    assert!(!findings.has_errors());
    Some((document, findings))
}

fn uncertain(document: &Document) -> usize {
    rows(document).filter(|row| row.devices_uncertain).count()
}

#[test]
fn the_ragged_government_workbook_keeps_every_certain_cell() {
    let (path, name) = ("workbooks/mde-urls-gov-2025-10.ragged.xlsx", "mde-urls-gov-2025-10.json");
    let Some((document, findings)) = ragged_is_as_the_truth_says(path, name, &[]) else { return };
    for (row, expected) in rows(&document).zip(truth(name)) {
        compare_comment(row, &expected, &row.origin.to_string());
    }
    assert_eq!(codes(&findings).get("row-shifted").copied(), Some(uncertain(&document)));
    println!("uncertain: {}", uncertain(&document));
}

#[test]
fn the_ragged_government_page_keeps_every_certain_cell() {
    let (path, name) = ("pages/standard-gov-2025-10.md", "mde-urls-gov-2025-10.json");
    let Some((document, findings)) = ragged_is_as_the_truth_says(path, name, &[]) else { return };
    for (row, expected) in rows(&document).zip(truth(name)) {
        compare_comment(row, &expected, &row.origin.to_string());
    }
    assert_eq!(codes(&findings).get("row-shifted").copied(), Some(uncertain(&document)));
    println!("uncertain: {}", uncertain(&document));
    assert_eq!(rows(&document).next().map(|row| row.origin.row), Some(31));
    // Their category says what they are for.
    let agent =
        rows(&document).filter(|row| row.category.as_deref() == Some("Microsoft Monitoring Agent (MMA)"));
    assert_eq!(agent.filter(|row| !row.devices_uncertain).count(), 3);
}

/// Words of a comment: pages write some of them in quotes, with other line ends than the workbooks.
fn words(text: Option<String>) -> String {
    let text = text.unwrap_or_default().replace(['"', '`'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Addresses of the rows whose comments are not those of the truth file.
fn other_comments(document: &Document, expected: &[Value]) -> Vec<String> {
    let pairs = rows(document).zip(expected);
    let differ = pairs
        .filter(|(row, expected)| words(owned(row.comment.as_ref())) != words(text(&expected["comment"])));
    differ.map(|(row, _)| row.address.to_string()).collect()
}

#[test]
fn the_commercial_pages_are_read_like_their_workbooks() {
    let lost = ["usseu1westprod.blob.core.windows.net", "wseu1westprod.blob.core.windows.net"];
    let (path, name) = ("pages/standard-commercial-2025-10.md", "mde-urls-commercial-2025-06.json");
    let Some((document, findings)) = ragged_is_as_the_truth_says(path, name, &lost) else { return };
    assert_eq!(uncertain(&document), 0);
    assert_eq!(codes(&findings), BTreeMap::from([("row-repaired", 4)]));
    let mut expected = truth(name);
    expected.retain(|row| !lost.contains(&row["endpoint"].as_str().unwrap_or_default()));
    assert!(other_comments(&document, &expected).is_empty());
    let (path, name) = ("pages/standard-commercial-2026-q1.md", "mde-urls-commercial-2026-q1.json");
    let Some((document, findings)) = ragged_is_as_the_truth_says(path, name, &[]) else { return };
    assert_eq!(uncertain(&document), 0);
    assert_eq!(codes(&findings), BTreeMap::from([("prose-instead-of-address", 1)]));
    assert!(other_comments(&document, &truth(name)).is_empty());
}

#[test]
fn the_streamlined_government_page_is_read_like_its_workbook() {
    let (path, name) = ("pages/streamlined-gov-2025-10.md", "mde-streamlined-urls-gov-2025-10.json");
    let Some((document, findings)) = ragged_is_as_the_truth_says(path, name, &[]) else { return };
    assert_eq!(uncertain(&document), 0);
    assert_eq!(document.connectivity.as_deref(), Some("streamlined"));
    assert!(findings.is_empty());
    for (row, expected) in rows(&document).zip(truth(name)) {
        assert_eq!(owned(row.block.as_ref()), text(&expected["block"]), "{}", row.origin);
    }
    assert!(other_comments(&document, &truth(name)).is_empty());
}

/// One line for each row: what pages and workbooks of one list must have in common.
fn lines_of_document(document: &Document, devices: bool) -> Vec<String> {
    let line = |row: &Row| {
        let cells: Vec<String> =
            device_cells(row).into_iter().map(|(id, cell)| format!("{id}={cell}")).collect();
        let cells = if !devices || row.devices_uncertain { String::new() } else { cells.join(",") };
        let (geography, port) = (row.geography.as_deref().unwrap_or_default(), row.port.unwrap_or_default());
        format!("{} {geography} {port} {:?} {cells}", row.address, row.required)
    };
    rows(document).map(line).collect()
}

fn lines_of_truth(name: &str, with_devices: bool) -> Vec<String> {
    let line = |row: &Value| {
        let cells: Vec<String> = devices(row).into_iter().map(|(id, cell)| format!("{id}={cell}")).collect();
        let cells = if with_devices { cells.join(",") } else { String::new() };
        let required = row["required"].as_str().map(|word| word == "Required");
        let (geography, port) =
            (text(&row["geography"]).unwrap_or_default(), row["port"].as_u64().unwrap_or_default());
        format!("{} {geography} {port} {required:?} {cells}", row["endpoint"].as_str().expect("an endpoint"))
    };
    truth(name).iter().map(line).collect()
}

/// What `left` has more than `right`, each as often as it is more.
fn beyond(left: &[String], right: &[String]) -> Vec<String> {
    let mut rest = right.to_vec();
    let mut more = Vec::new();
    for line in left {
        match rest.iter().position(|other| other == line) {
            Some(at) => drop(rest.swap_remove(at)),
            None => more.push(line.trim_end().to_owned()),
        }
    }
    more
}

/// There is no truth file of this page: it is compared with that of the workbook it took the place of.
#[test]
fn the_streamlined_page_says_what_the_workbook_said_but_for_named_rows() {
    let Some((document, findings)) = read_shared("pages/streamlined-commercial-2025-10.md") else { return };
    assert!(!findings.has_errors());
    let (page, book) = (
        lines_of_document(&document, false),
        lines_of_truth("mde-streamlined-urls-commercial-2024-08.json", false),
    );
    assert!(beyond(&page, &book).is_empty());
    assert_eq!(beyond(&book, &page), ["*.dm.microsoft.com  443 Some(true)"]);
}

/// There is no truth file of this page either: it is compared with that of the list of October 2025.
#[test]
fn the_government_page_of_2026_says_what_the_list_before_said_but_for_named_rows() {
    let Some((document, findings)) = read_shared("pages/standard-gov-2026-03.md") else { return };
    assert!(!findings.has_errors());
    let (page, before) =
        (lines_of_document(&document, true), lines_of_truth("mde-urls-gov-2025-10.json", true));
    let newer = [
        "cdn.x.cp.wd.microsoft.com US Gov 443 Some(true)",
        "officecdn-microsoft-com.akamaized.net US Gov 443 Some(true)",
        "unitedstates4.x.cp.wd.microsoft.us Government Community Cloud 443 Some(true)",
        "automatedirstrffusgv.blob.core.usgovcloudapi.net GCC High 443 Some(true)",
        "unitedstates2.x.cp.wd.microsoft.us DoD 443 Some(true)",
        "ussusd2centralff5.blob.core.usgovcloudapi.net DoD 443 Some(true) windows=Yes",
        "wsusd1centralff5.blob.core.usgovcloudapi.net DoD 443 Some(true) linux=Yes,macos=Yes,windows=Yes",
        "ussusd1eastff5.blob.core.usgovcloudapi.net DoD 443 Some(true) linux=Yes,macos=Yes,windows=Yes",
        "ussusd2eastff5.blob.core.usgovcloudapi.net DoD 443 Some(true) linux=Yes,macos=Yes,windows=Yes",
    ];
    assert_eq!(beyond(&page, &before), newer);
    let older = [
        "cdn.x.cp.wd.microsoft.com US Gov 443 Some(true) linux=Yes,macos=Yes",
        "officecdn-microsoft-com.akamaized.net US Gov 443 Some(true) linux=Yes,macos=Yes",
        "unitedstates4.x.cp.wd.microsoft.us GCC 443 Some(true) linux=Yes,macos=Yes",
        "automatedirstrffusgv.blob.core.usgovcloudapi.net GCC High 443 Some(true) linux=Yes,macos=Yes,windows=Yes",
        "unitedstates2.x.cp.wd.microsoft.us DoD 443 Some(true) linux=Yes,macos=Yes,windows=Yes",
        "ussusd2centralff5.blob.core.usgovcloudapi.net DoD 443 Some(true) linux=Yes,macos=Yes,windows=Yes",
        "https://*.securitycenter.microsoft.us DoD 0 None",
    ];
    assert_eq!(beyond(&before, &page), older);
}

#[test]
fn the_streamlined_page_inherits_service_and_port_from_the_row_above() {
    let Some((document, _)) = read_shared("pages/streamlined-commercial-2025-10.md") else { return };
    let shapes: Vec<_> = document.tables.iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            ("Common endpoints", Role::Endpoints, None, None, 26),
            ("Windows 1607 to 1803", Role::Endpoints, Some("commercial"), Some("windows-1607-to-1803"), 45),
            ("Windows 7, 8.1, 2008R2 (MMA)", Role::Endpoints, None, Some("mma"), 15),
            ("Defender portal URLs", Role::Portal, None, None, 8),
        ]
    );
    let revoked = rows(&document).find(|row| row.address.as_ref() == "crl.microsoft.com").expect("the row");
    assert_eq!(revoked.port, Some(80));
    assert_eq!(revoked.os.as_deref(), Some("Windows"));
    assert_eq!(revoked.block.as_deref(), Some("URLs used for certificate validation checks"));
    assert!(
        revoked.service.as_deref().is_some_and(|service| service.starts_with("Windows operating system"))
    );
}

#[test]
fn a_flag_among_the_comments_or_a_lost_cell_makes_the_devices_of_the_row_uncertain() {
    let Some((document, findings)) = read_shared("pages/standard-gov-2026-03.md") else { return };
    let doubtful: Vec<_> =
        rows(&document).filter(|row| row.devices_uncertain).map(|row| row.address.as_ref()).collect();
    let expected = [
        "cdn.x.cp.wd.microsoft.com",
        "officecdn-microsoft-com.akamaized.net",
        "unitedstates4.x.cp.wd.microsoft.us",
        "automatedirstrffusgv.blob.core.usgovcloudapi.net",
        "unitedstates2.x.cp.wd.microsoft.us",
    ];
    assert_eq!(doubtful, expected);
    assert_eq!(codes(&findings).get("row-shifted"), Some(&expected.len()));
}

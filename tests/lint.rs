//! Faults of published lists: every slip that is known is found, and right lists are left in peace.

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

use allowlistc::diagnostic::{Finding, Findings, Severity};
use allowlistc::lint::lint;
use allowlistc::rules::Rules;
use allowlistc::source::read;
use support::{book::book, root, run_in};

fn linted(name: &str, bytes: &[u8]) -> Findings {
    let rules = Rules::shipped(None).expect("the shipped rules");
    let mut reading = Findings::default();
    let document = read(name, bytes, &rules.reading, &mut reading);
    lint(&document, &reading, &rules)
}

/// `code place: message`.
fn line(finding: &Finding) -> String {
    let place = finding.place.as_ref().map_or(String::new(), ToString::to_string);
    format!("{} {place}: {}", finding.code.as_str(), finding.message)
}

/// Known slips: the file, the code, and what its finding names beside its place.
const SLIPS: &[(&str, &str, &[&str])] = &[
    // The real workbooks.
    ("workbooks/mde-urls-2021-03.xlsx", "wildcard-unusual", &["!E98", "`*smartscreen-prod.microsoft.com`"]),
    ("workbooks/mde-urls-2021-03.xlsx", "wildcard-unusual", &["!E65", "`*download.windowsupdate.com`"]),
    ("workbooks/mde-urls-2021-03.xlsx", "wildcard-unusual", &["!E101", "`*urs.microsoft.com`"]),
    ("workbooks/mde-urls-2021-03.xlsx", "duplicate-row", &["!E78", "`ussus1eastprod.blob.core.windows.net`"]),
    ("workbooks/mde-urls-2021-03.xlsx", "duplicate-row", &["`settings-win.data.microsoft.com`"]),
    ("workbooks/mde-urls-2021-03.xlsx", "stray-space", &["`*.blob.core.windows.net`", "a space behind it"]),
    (
        "workbooks/mde-streamlined-urls-commercial-2024-08.xlsx",
        "requirement-not-listed",
        &["Windows 7, 8.1, 2008R2 (MMA)", "`*.ods.opinsights.azure.com`"],
    ),
    (
        "workbooks/mde-streamlined-urls-commercial-2024-08.xlsx",
        "duplicate-row",
        &["Windows 7, 8.1, 2008R2 (MMA)", "`*.oms.opinsights.azure.com`"],
    ),
    (
        "workbooks/mde-streamlined-urls-commercial-2024-08.xlsx",
        "hidden-column",
        &["Windows 1607 to 1803", "`H`"],
    ),
    (
        "workbooks/mde-streamlined-urls-commercial-2024-08.xlsx",
        "duplicate-differs",
        &["!C6", "`*.smartscreen.microsoft.com`", "required", "optional"],
    ),
    ("workbooks/mde-streamlined-urls-commercial-2024-08.xlsx", "stray-space", &["Admin portal"]),
    // The pages.
    (
        "pages/standard-commercial-2025-10.md",
        "sibling-missing",
        &["`usseu1westprod.blob.core.windows.net` is not"],
    ),
    (
        "pages/standard-commercial-2025-10.md",
        "sibling-missing",
        &["`wseu1westprod.blob.core.windows.net` is not"],
    ),
    ("pages/standard-commercial-2025-10.md", "row-repaired", &["superfluous blank cell"]),
    ("pages/standard-commercial-2026-q1.md", "prose-instead-of-address", &["Root URLs"]),
    ("pages/standard-commercial-2026-q1.md", "wildcard-unusual", &["`*ecs.office.com/config/v1/"]),
    ("pages/standard-gov-2025-10.md", "row-shifted", &["lost blank cells"]),
    ("pages/standard-gov-2025-10.md", "stray-space", &["`443`", "a tab in front of it"]),
    ("pages/standard-gov-2025-10.md", "stray-space", &["`crl.microsoft.com/pki/crl/*`", "a tab"]),
    ("pages/standard-gov-2025-10.md", "sibling-missing", &["`winatp-gw-usgv.microsoft.com` is not"]),
    (
        "pages/standard-gov-2025-10.md",
        "sibling-missing",
        &["`automatedirstrffusgt.blob.core.usgovcloudapi.net` is not"],
    ),
    (
        "pages/standard-gov-2025-10.md",
        "sibling-missing",
        &["`ussusd1eastff5.blob.core.usgovcloudapi.net` is not"],
    ),
    (
        "pages/standard-gov-2025-10.md",
        "sibling-missing",
        &["`ussusd2eastff5.blob.core.usgovcloudapi.net` is not"],
    ),
    (
        "pages/standard-gov-2025-10.md",
        "sibling-missing",
        &["`wsusd1centralff5.blob.core.usgovcloudapi.net` is not"],
    ),
    ("pages/standard-gov-2025-10.md", "address-of-other-cloud", &["`*.endpoint.security.microsoft.com`"]),
    ("pages/standard-gov-2026-03.md", "row-shifted", &[":39:", "ends before its last device column"]),
    ("pages/standard-gov-2026-03.md", "row-shifted", &[":44:", "a blank cell before or between them"]),
    ("pages/standard-gov-2026-03.md", "row-shifted", &[":59:", "ends before its last device column"]),
    (
        "pages/standard-gov-2026-03.md",
        "flag-outside-its-column",
        &["`unitedstates2.x.cp.wd.microsoft.us`", "`Yes`", "`comment`"],
    ),
    (
        "pages/standard-gov-2026-03.md",
        "sibling-differs",
        &["`ussusd2centralff5.blob.core.usgovcloudapi.net`"],
    ),
    ("pages/standard-gov-2026-03.md", "sibling-differs", &["`wsusd1centralff5.blob.core.usgovcloudapi.net`"]),
    ("pages/streamlined-commercial-2025-10.md", "requirement-not-listed", &["`*.ods.opinsights.azure.com`"]),
];

#[test]
fn every_known_slip_of_the_published_lists_is_found() {
    let Some(shared) = support::shared() else { return };
    for (file, code, parts) in SLIPS {
        let findings = linted(file, &fs::read(shared.join(file)).expect("the file is there"));
        let lines: Vec<String> = findings.iter().map(line).collect();
        let found = lines.iter().any(|line| {
            line.starts_with(&format!("{code} ")) && parts.iter().all(|part| line.contains(part))
        });
        assert!(found, "{file}: no {code} with {parts:?} in\n{}", lines.join("\n"));
    }
}

/// How many warnings each list may have: what is beyond the known slips was looked at and is a real oddity.
const WARNINGS: &[(&str, usize)] = &[
    ("workbooks/mde-urls-2021-03.xlsx", 6),
    ("workbooks/mde-urls-commercial-2025-06.xlsx", 2),
    ("workbooks/mde-urls-commercial-2026-q1.xlsx", 4),
    ("workbooks/mde-streamlined-urls-commercial-2024-08.xlsx", 2),
    ("workbooks/mde-streamlined-urls-gov-2025-10.xlsx", 0),
    ("workbooks/mde-urls-gov-2025-10.xlsx", 6),
    ("pages/standard-commercial-2026-q1.md", 4),
    ("pages/streamlined-gov-2025-10.md", 0),
];

#[test]
fn there_are_no_other_warnings_than_those_looked_at() {
    let Some(shared) = support::shared() else { return };
    for (file, most) in WARNINGS {
        let findings = linted(file, &fs::read(shared.join(file)).expect("the file is there"));
        let lines: Vec<String> =
            findings.iter().filter(|finding| finding.severity >= Severity::Warning).map(line).collect();
        assert_eq!(lines.len(), *most, "{file}:\n{}", lines.join("\n"));
    }
}

#[test]
fn the_samples_have_no_faults_but_the_ones_put_into_them() {
    for name in ["contoso-eu", "fabrikam-gcc-high", "northwind-streamlined"] {
        let findings =
            linted("list.xlsx", &fs::read(root().join("samples").join(name).join("list.xlsx")).unwrap());
        for finding in &findings {
            println!("{name}: {}", line(finding));
        }
        assert_eq!(findings.count(Severity::Error), 0, "{name}");
    }
}

/// Rows of a commercial list, and what each finding about them is.
const ROWS: &[(&str, &[&str], &[&str])] = &[
    (
        "storage of the UAE under AU",
        &[
            "Contoso\tAU\tMicrosoft Defender for Endpoint AU\t443\tautomatedirstrprdaen0a.blob.core.windows.net\tRequired\tYes\t\tYes",
            "Contoso\tAU\tMicrosoft Defender for Endpoint AU\t443\tautomatedirstrprdaec0a.blob.core.windows.net\tRequired\tYes\t\tYes",
        ],
        &[
            "geography-contradiction list.xlsx[Microsoft Defender URLs]!E2: `automatedirstrprdaen0a.blob.core.windows.net` stands under `AU` and by its name belongs to `Azure UAE North (AEN)`",
            "geography-contradiction list.xlsx[Microsoft Defender URLs]!E3: `automatedirstrprdaec0a.blob.core.windows.net` stands under `AU` and by its name belongs to `Azure UAE Central (AEC)`",
        ],
    ),
    (
        "hosts that rules name, written as URLs",
        &[
            "Contoso\tAU\tMicrosoft Defender for Endpoint AU\t443\thttps://AutomatedIRstrprdaec0a.blob.core.windows.net/\tRequired\tYes\t\tYes",
            "Contoso\tWW\tCommon\t443\thttps://go.microsoft.com:443\tRequired\tYes\tYes\tYes",
        ],
        &[
            "second-port list.xlsx[Microsoft Defender URLs]!E3: `go.microsoft.com` has port 443 here",
            "geography-contradiction list.xlsx[Microsoft Defender URLs]!E2: `https://AutomatedIRstrprdaec0a.blob.core.windows.net/` stands under `AU`",
        ],
    ),
    (
        "a gateway of the EU under US",
        &["Contoso\tUS\tEDR\t443\twinatp-gw-neu.microsoft.com\tRequired\tYes\tYes\tYes"],
        &[
            "geography-contradiction list.xlsx[Microsoft Defender URLs]!E2: `winatp-gw-neu.microsoft.com` stands under `US`",
        ],
    ),
    (
        "a category of another geography",
        &["Contoso\tEU\tMicrosoft Defender for Endpoint UK\t443\tgw.contoso.com\tRequired\tYes\t\t"],
        &[
            "geography-contradiction list.xlsx[Microsoft Defender URLs]!E2: `gw.contoso.com` stands under `EU` and its category says `UK`",
        ],
    ),
    (
        "a category of other systems",
        &["Contoso\tWW\tCommon (Mac) (Linux)\t443\tgw.contoso.com\tRequired\tYes\tYes\t"],
        &[
            "category-contradiction list.xlsx[Microsoft Defender URLs]!2: the category `Common (Mac) (Linux)` names what the row is not marked for, `linux`",
        ],
    ),
    (
        "a geography that nobody knows",
        &["Contoso\tAtlantis\tEDR\t443\tgw.contoso.com\tRequired\tYes\t\t"],
        &[
            "geography-not-known list.xlsx[Microsoft Defender URLs]!E2: the geography `Atlantis` of `gw.contoso.com`",
        ],
    ),
    (
        "half of a pair",
        &["Contoso\tUK\tEDR\t443\twinatp-gw-uks.microsoft.com\tRequired\tYes\tYes\tYes"],
        &[
            "sibling-missing list.xlsx[Microsoft Defender URLs]!E2: `winatp-gw-uks.microsoft.com` is listed for `UK` and its sibling `winatp-gw-ukw.microsoft.com` is not",
        ],
    ),
    (
        "a whole pair",
        &[
            "Contoso\tUK\tEDR\t443\twinatp-gw-uks.microsoft.com\tRequired\tYes\tYes\tYes",
            "Contoso\tUK\tEDR\t443\twinatp-gw-ukw.microsoft.com\tRequired\tYes\tYes\tYes",
        ],
        &[],
    ),
    (
        "the same twice",
        &[
            "Contoso\tWW\tEDR\t443\tgw.contoso.com\tRequired\tYes\t\t",
            "Contoso\tWW\tOther\t443\thttps://GW.contoso.com/\tRequired\tYes\t\t",
        ],
        &[
            "duplicate-row list.xlsx[Microsoft Defender URLs]!E3: `https://GW.contoso.com/` stands twice: `Microsoft Defender URLs`!E2 says the same",
        ],
    ),
    (
        "other flags in another row",
        &[
            "Contoso\tWW\tEDR\t443\tgw.contoso.com\tRequired\tYes\t\t",
            "Contoso\tWW\tEDR\t443\tgw.contoso.com\tOptional\t\tYes\t",
        ],
        &[
            "duplicate-differs list.xlsx[Microsoft Defender URLs]!E3: `gw.contoso.com` stands twice and says different things: `Microsoft Defender URLs`!E2 (`WW`) says required, windows, this one (`WW`) says optional, macos",
        ],
    ),
    (
        "the same for two geographies",
        &[
            "Contoso\tUS\tEDR\t443\tgw.contoso.com\tRequired\tYes\t\t",
            "Contoso\tEU\tEDR\t443\tgw.contoso.com\tRequired\tYes\t\t",
        ],
        &[],
    ),
    (
        "a star in odd places",
        &[
            "Contoso\tWW\tEDR\t443\t*updates.contoso.com\tRequired\tYes\t\t",
            "Contoso\tWW\tEDR\t443\tgw*prod.contoso.com\tRequired\tYes\t\t",
        ],
        &[
            "wildcard-unusual list.xlsx[Microsoft Defender URLs]!E2: `*updates.contoso.com` has no dot behind its star",
            "wildcard-unusual list.xlsx[Microsoft Defender URLs]!E3: `gw*prod.contoso.com` has its star inside a label",
        ],
    ),
    (
        "wrong ports",
        &[
            "Contoso\tWW\tEDR\t80\thttps://gw.contoso.com\tRequired\tYes\t\t",
            "Contoso\tWW\tEDR\t8443\tgx.contoso.com\tRequired\tYes\t\t",
            "Contoso\tWW\tEDR\t\tgy.contoso.com\tRequired\tYes\t\t",
        ],
        &[
            "port-contradiction list.xlsx[Microsoft Defender URLs]!E2: the port column says 80 and the address `https://gw.contoso.com` says 443",
            "port-unusual list.xlsx[Microsoft Defender URLs]!E3: `gx.contoso.com` is for port 8443",
            "port-missing list.xlsx[Microsoft Defender URLs]!E4: `gy.contoso.com` has no port",
        ],
    ),
    (
        "a broken address",
        &["Contoso\tWW\tEDR\t443\tgw..contoso.com\tRequired\tYes\t\t"],
        &[
            "address-invalid list.xlsx[Microsoft Defender URLs]!E2: the address `gw..contoso.com` has no host name",
        ],
    ),
    (
        "no-break spaces",
        &["Contoso\tWW\tEDR\t443\tgw.contoso.com\u{a0}\u{a0}\tRequired\tYes\t\t"],
        &[
            "stray-space list.xlsx[Microsoft Defender URLs]!E2: the cell holds `gw.contoso.com` with 2 no-break spaces behind it; it was read without",
        ],
    ),
    (
        "a flag among the words",
        &["Yes\tWW\tEDR\t443\tgw.contoso.com\tRequired\tYes\t\t"],
        &[
            "flag-outside-its-column list.xlsx[Microsoft Defender URLs]!E2: `gw.contoso.com` has the flag `Yes` in its column `service`",
        ],
    ),
];

#[test]
fn each_fault_of_a_row_is_told_at_its_cell() {
    let header = "Service\tGeography\tCategory\tPort\tEndpoint/URL\tRequired or Optional\tWindows 10\tMac\tLinux\tComments";
    for (name, rows, expected) in ROWS {
        let text = format!("[Microsoft Defender URLs]\n{header}\n{}\n", rows.join("\n"));
        let findings = linted("list.xlsx", &book(&text));
        let found: Vec<String> =
            findings.iter().map(line).filter(|line| !line.starts_with("few-rows")).collect();
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (found, expected) in found.iter().zip(*expected) {
            assert!(found.starts_with(expected), "{name}:\n  expected {expected}\n  found    {found}");
        }
    }
}

#[test]
fn hidden_and_struck_out_cells_are_told() {
    let text = "[Microsoft Defender URLs]\nService\tGeography\tPort\tEndpoint/URL\tWindows 10\tMac\n\
        Contoso\tWW\t443\ta.contoso.com\tYes\tYes\nContoso\tWW\t443\tb.contoso.com\tYes\tYes\n\
        !hidden 3\n!struck D2\n!width0 F\n";
    let findings = linted("list.xlsx", &book(text));
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    for code in ["hidden-row", "hidden-column", "struck-out"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn the_verb_prints_every_form_and_its_exit_code_tells_faults() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = "Service\tGeography\tPort\tEndpoint/URL\tWindows 10\tComments";
    let row = |number: usize| format!("Contoso\tWW\t443\th{number}.contoso.com\tYes\n");
    let good: String = (0..60).map(row).collect();
    fs::write(folder.path().join("good.xlsx"), book(&format!("[Microsoft Defender URLs]\n{header}\n{good}")))
        .unwrap();
    let bad = format!("[Microsoft Defender URLs]\n{header}\n{good}Contoso\tWW\t443\t*`x.contoso.com\tYes\n");
    fs::write(folder.path().join("bad.xlsx"), book(&bad)).unwrap();
    let ran = run_in(folder.path(), &["lint", "good.xlsx"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "good.xlsx: no faults found\n"), "{}", ran.err);
    let ran = run_in(folder.path(), &["lint", "good.xlsx", "bad.xlsx", "--format", "markdown"]);
    assert_eq!(ran.code, 1);
    // A backtick of a cell opens and ends nothing.
    let line =
        "- `bad.xlsx[Microsoft Defender URLs]!D62`: the address \\`\\*\\`x.contoso.com\\` has no host name";
    assert!(ran.out.contains(line), "{}", ran.out);
    let ran = run_in(folder.path(), &["lint", "bad.xlsx", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(value["sources"][0]["findings"][0]["code"], "address-invalid");
    let ran = run_in(folder.path(), &["lint", "good.xlsx", "bad.xlsx", "--format", "sarif"]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(value["runs"][0]["results"][0]["ruleId"], "address-invalid");
    let ran = run_in(folder.path(), &["lint", "bad.xlsx", "--format", "github"]);
    assert!(ran.out.starts_with("::warning file=bad.xlsx"), "{}", ran.out);
    assert_eq!(run_in(folder.path(), &["lint", "absent.xlsx"]).code, 2);
}

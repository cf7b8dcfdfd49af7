//! The guard: every kind of loss is refused by name, and nothing else is.

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

use allowlistc::diagnostic::{Findings, Severity};
use allowlistc::guard::{Acceptance, guard};
use allowlistc::profile::{self, Profile};
use allowlistc::rules::Rules;
use allowlistc::source::{Document, read};

const PAGE: &str = "\
## Microsoft Defender URLs

|Service|Geography|Category|Port|Endpoint/URL|Required or Optional|Windows 10|Mac|Comments|
|-|-|-|-|-|-|-|-|-|
|Contoso|WW|Common|443|login.contoso.com|Required|Yes|Yes||
|Contoso|WW|Common|443|*.updates.contoso.com|Optional|Yes||only for some|
|Contoso|WW|CRL|80|crl.contoso.com/pki/*|Required|Yes|Yes||
|Contoso|EU|EDR|443|gw-eu.contoso.com|Required|Yes|Yes||
|Contoso|EU|EDR|443|store-eu.contoso.com|Optional|Yes|||
|Contoso|UK|EDR|443|gw-uk.contoso.com|Required|Yes|Yes||
|Contoso|UK|EDR|443|store-uk.contoso.com|Optional|Yes|||
|Contoso|US|EDR|443|gw-us.contoso.com|Required|Yes|Yes||
|Contoso|US|EDR|443|store-us.contoso.com|Optional|Yes|||
|Contoso|US|EDR|443|logs-us.contoso.com|Optional|Yes|||

## Defender portal URLs

|Service|Geography|Endpoint/URL|
|-|-|-|
|Contoso|WW|https://portal.contoso.com|
|Contoso|WW|https://static.contoso.com|
";

fn rules() -> Rules {
    Rules::shipped(None).expect("the shipped rules")
}

fn document(text: &str) -> Document {
    read("list.md", text.as_bytes(), &rules().reading, &mut Findings::default())
}

fn profile(geographies: &str) -> Profile {
    let text = format!(
        "schema = 1\nname = \"x\"\ncloud = \"commercial\"\nconnectivity = \"standard\"\n\
         geographies = {geographies}\n[devices]\nlinux = true\n"
    );
    let mut findings = Findings::default();
    let parsed = profile::parse("p.toml", &text, &[], Rules::shipped, &mut findings);
    parsed.unwrap_or_else(|| panic!("{findings:?}")).0
}

/// `severity code: message`, one a finding.
fn lines(findings: &Findings) -> Vec<String> {
    let line = |finding: &allowlistc::diagnostic::Finding| {
        format!("{} {}: {}", finding.severity.as_str(), finding.code.as_str(), finding.message)
    };
    findings.iter().map(line).collect()
}

fn told(old: &str, new: &str, chosen: Option<&Profile>, accept: &[&str]) -> (Vec<String>, Vec<String>) {
    let accept: Vec<Acceptance> =
        accept.iter().map(|text| Acceptance::parse(text).expect("an acceptance")).collect();
    let mut findings = Findings::default();
    let used = guard(&[document(old)], &[document(new)], chosen, &rules(), &accept, &mut findings);
    (
        lines(&findings),
        used.into_iter().map(|used| format!("{}={}", used.code.as_str(), used.reason)).collect(),
    )
}

/// The page with each of `edits` made: what stands first is replaced by what stands second.
fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(PAGE.to_owned(), |page, (from, to)| {
        assert!(page.contains(from), "{from}");
        page.replace(from, to)
    })
}

/// A name, edits, and what each finding starts with.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const NO_LOSS: &[Case] = &[
    ("the same page", &[], &[]),
    ("upper case", &[("login.contoso.com", "LOGIN.contoso.com")], &[]),
    ("a scheme", &[("|login.contoso.com", "|https://login.contoso.com")], &[]),
    ("a slash", &[("login.contoso.com", "login.contoso.com/")], &[]),
    ("a final dot", &[("|login.contoso.com", "|login.contoso.com.")], &[]),
    ("a wildcard over a name", &[("|gw-eu.contoso.com", "|*.contoso.com")], &[]),
    ("a path less", &[("crl.contoso.com/pki/*", "crl.contoso.com")], &[]),
    ("a geography for all", &[("|EU|EDR|443|gw-eu", "|WW|EDR|443|gw-eu")], &[]),
    ("an alias of a geography", &[("|WW|", "|Worldwide|")], &[]),
    ("one more geography in its cell", &[("|EU|EDR|443|gw-eu", "|EU<br>UK|EDR|443|gw-eu")], &[]),
    ("a mark behind geographies", &[("|EU|", "|EU*|"), ("|UK|EDR|443|gw", "|UK and US [1]|EDR|443|gw")], &[]),
    (
        "a heading with another text",
        &[("## Microsoft Defender URLs", "## Microsoft Defender URLs of 2027")],
        &[],
    ),
    (
        "another title of the same meaning",
        &[
            ("|Required or Optional|", "|Required/Optional|"),
            ("|Windows 10|", "|Win 11/10/Server (Unified)|"),
        ],
        &[],
    ),
    (
        "an addition",
        &[(
            "|Contoso|EU|EDR|443|gw",
            "|Contoso|EU|EDR|443|new.contoso.com|Required|Yes|||\n|Contoso|EU|EDR|443|gw",
        )],
        &[],
    ),
];

const LOSSES: &[Case] = &[
    (
        "an optional address",
        &[("|Contoso|UK|EDR|443|store-uk.contoso.com|Optional|Yes|||\n", "")],
        &["warning guard-address-gone: `store-uk.contoso.com` (port 443) is gone; it was listed for `UK`"],
    ),
    (
        "a required address",
        &[("|Contoso|WW|Common|443|login.contoso.com|Required|Yes|Yes||\n", "")],
        &[
            "error guard-required-gone: the required `login.contoso.com` (port 443) is gone; it was listed for `WW`",
        ],
    ),
    (
        "another port",
        &[("|443|login.contoso.com", "|80|login.contoso.com")],
        &["error guard-required-gone: the required `login.contoso.com` (port 443) is gone"],
    ),
    (
        "a narrower path",
        &[("crl.contoso.com/pki/*", "crl.contoso.com/pki/crl/*")],
        &["error guard-required-gone: the required `crl.contoso.com/pki/*` (port 80) is gone"],
    ),
    (
        "another geography",
        &[("|UK|EDR|443|gw-uk", "|EU|EDR|443|gw-uk")],
        &[
            "error guard-required-gone: the required `gw-uk.contoso.com` (port 443) is no longer listed for `UK`, only for other geographies",
        ],
    ),
    (
        "a whole geography",
        &[
            ("|Contoso|UK|EDR|443|store-uk.contoso.com|Optional|Yes|||\n", ""),
            ("|Contoso|UK|EDR|443|gw-uk.contoso.com|Required|Yes|Yes||\n", ""),
        ],
        &[
            "error guard-geography-gone: no row is for the geography `UK` any more; it had `gw-uk.contoso.com`, `store-uk.contoso.com`",
            "error guard-required-gone: the required `gw-uk.contoso.com`",
            "warning guard-address-gone: `store-uk.contoso.com`",
        ],
    ),
    (
        "a table",
        &[(
            "## Defender portal URLs\n\n|Service|Geography|Endpoint/URL|\n|-|-|-|\n|Contoso|WW|https://portal.contoso.com|\n|Contoso|WW|https://static.contoso.com|\n",
            "",
        )],
        &[
            "error guard-table-gone: the table `Defender portal URLs` is gone, and nothing takes the place of `portal.contoso.com`, `static.contoso.com`",
            "warning guard-address-gone: `portal.contoso.com`",
            "warning guard-address-gone: `static.contoso.com`",
        ],
    ),
    (
        "a title that means nothing",
        &[("|Required or Optional|", "|Needed|")],
        &[
            "error guard-header-lost: the table `Microsoft Defender URLs` has lost what its columns `required` said",
        ],
    ),
    (
        "two columns",
        &[("|Mac|", "|Apple|"), ("|Comments|", "|Remarks|")],
        &[
            "error guard-header-lost: the table `Microsoft Defender URLs` has lost what its columns `comment`, `macos` said",
        ],
    ),
    (
        "more than a quarter of the rows",
        &[
            ("|Contoso|EU|EDR|443|store-eu.contoso.com|Optional|Yes|||\n", ""),
            ("|Contoso|UK|EDR|443|store-uk.contoso.com|Optional|Yes|||\n", ""),
            ("|Contoso|US|EDR|443|store-us.contoso.com|Optional|Yes|||\n", ""),
        ],
        &[
            "error guard-rows-lost: the table `Microsoft Defender URLs` has 7 addresses in place of 10; it has lost `store-eu.contoso.com`, `store-uk.contoso.com`, `store-us.contoso.com`",
            "warning guard-address-gone: `store-eu.contoso.com`",
            "warning guard-address-gone: `store-uk.contoso.com`",
            "warning guard-address-gone: `store-us.contoso.com`",
        ],
    ),
];

#[test]
fn what_only_looks_different_is_no_loss() {
    for (name, edits, _) in NO_LOSS {
        assert_eq!(told(PAGE, &edited(edits), None, &[]).0, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_kind_of_loss_is_told_by_its_names() {
    for (name, edits, expected) in LOSSES {
        let found = told(PAGE, &edited(edits), None, &[]).0;
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for (found, expected) in found.iter().zip(*expected) {
            assert!(found.starts_with(expected), "{name}:\n  expected {expected}\n  found    {found}");
        }
    }
}

#[test]
fn an_accepted_loss_is_a_warning_with_its_reason_and_comes_back() {
    let new = edited(&[("|Contoso|WW|Common|443|login.contoso.com|Required|Yes|Yes||\n", "")]);
    let (found, used) = told(PAGE, &new, None, &["guard-required-gone=sign-in moved, see ticket 7"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("warning guard-required-gone: the required `login.contoso.com`"),
        "{found:?}"
    );
    assert_eq!(used, ["guard-required-gone=sign-in moved, see ticket 7"]);
}

#[test]
fn an_acceptance_that_was_not_needed_is_told() {
    let (found, used) = told(PAGE, PAGE, None, &["guard-table-gone=just in case"]);
    assert_eq!(found, ["warning guard-acceptance-unused: nothing of the kind `guard-table-gone` was lost"]);
    assert_eq!(used, Vec::<String>::new());
}

#[test]
fn an_empty_list_is_refused_whatever_is_accepted() {
    let header = PAGE.lines().take(4).collect::<Vec<_>>().join("\n");
    let accept = allowlistc::guard::ACCEPTABLE.map(|code| format!("{}=all of it", code.as_str()));
    let accept: Vec<&str> = accept.iter().map(String::as_str).collect();
    let (found, used) = told(PAGE, &header, None, &accept);
    assert_eq!(found[0], "error guard-empty: the new `list.md` has no address at all");
    assert_eq!(used, Vec::<String>::new());
    let mut findings = Findings::default();
    guard(&[document(PAGE)], &[], None, &rules(), &[], &mut findings);
    assert_eq!(lines(&findings), ["error guard-empty: there is no new source"]);
}

#[test]
fn a_loss_for_a_chosen_geography_is_at_least_a_warning_and_for_another_one_a_note() {
    let new = edited(&[("|Contoso|UK|EDR|443|store-uk.contoso.com|Optional|Yes|||\n", "")]);
    for (geographies, severity) in
        [("[\"UK\"]", "warning"), ("[\"uk\", \"EU\"]", "warning"), ("[\"EU\"]", "note")]
    {
        let (found, _) = told(PAGE, &new, Some(&profile(geographies)), &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("{severity} guard-address-gone: `store-uk.contoso.com`")),
            "{found:?}"
        );
    }
    // A move away is a loss only for those who chose the geography.
    let moved = edited(&[("|UK|EDR|443|store-uk", "|EU|EDR|443|store-uk")]);
    assert_eq!(told(PAGE, &moved, Some(&profile("[\"EU\"]")), &[]).0, Vec::<String>::new());
    assert_eq!(told(PAGE, &moved, Some(&profile("[\"UK\"]")), &[]).0.len(), 1);
}

#[test]
fn a_wildcard_that_stood_beside_a_name_does_not_take_its_place() {
    let row = "|Contoso|EU|EDR|443|gw-eu.contoso.com|Required|Yes|Yes||\n";
    for wildcard in ["*.contoso.com", "*.blob.core.windows.net"] {
        let old = edited(&[(row, &format!("|Contoso|WW|EDR|443|{wildcard}|Optional|Yes|||\n{row}"))]);
        let old = old.replace("gw-eu.contoso.com", &format!("gw-eu{}", &wildcard[1..]));
        let (found, _) =
            told(&old, &old.replace(&row.replace(".contoso.com", &wildcard[1..]), ""), None, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("error guard-required-gone: the required `gw-eu"), "{found:?}");
    }
    // Anybody may own a name below a shared suffix, so that a new wildcard there is no wider address of the vendor's.
    let old = PAGE.replace("gw-eu.contoso.com", "gw-eu.blob.core.windows.net");
    let new = old.replace("gw-eu.blob.core.windows.net", "*.blob.core.windows.net");
    assert!(told(&old, &new, None, &[]).0[0].starts_with("error guard-required-gone"));
}

#[test]
fn rows_may_move_to_another_sheet_and_book() {
    let (devices, portal) = PAGE.split_once("## Defender portal URLs").expect("two tables");
    let portal = format!("## Defender portal URLs{portal}");
    let moved = devices.replace("|Contoso|US|", "|Contoso|AU|");
    let mut findings = Findings::default();
    guard(&[document(PAGE)], &[document(devices), document(&portal)], None, &rules(), &[], &mut findings);
    assert_eq!(lines(&findings), Vec::<String>::new());
    // All of the portal's rows among those for devices: nothing is lost, although its table is gone.
    let together = format!(
        "{devices}\n|Contoso|WW|Portal|443|portal.contoso.com|Required|Yes|||\n|Contoso|WW|Portal|443|static.contoso.com|Required|Yes|||\n"
    );
    let together = together.replace("|||\n\n\n|Contoso", "|||\n|Contoso");
    assert_eq!(told(PAGE, &together, None, &[]).0, Vec::<String>::new());
    assert!(told(PAGE, &moved, None, &[]).0.iter().any(|line| line.contains("geography `US`")));
}

#[test]
fn a_first_source_is_taken_unless_it_is_empty() {
    let mut findings = Findings::default();
    guard(&[], &[document(PAGE)], None, &rules(), &[], &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
}

fn shared_document(path: &str) -> Option<Document> {
    let bytes = fs::read(support::shared()?.join(path)).expect("the file is there");
    Some(read(path, &bytes, &rules().reading, &mut Findings::default()))
}

fn guarded(old: &str, new: &str, profile: Option<&Profile>) -> Option<Findings> {
    let (old, new) = (shared_document(old)?, shared_document(new)?);
    let mut findings = Findings::default();
    guard(&[old], &[new], profile, &rules(), &[], &mut findings);
    for line in lines(&findings) {
        println!("{line}");
    }
    Some(findings)
}

#[test]
fn a_page_in_place_of_a_workbook_loses_only_what_it_lost() {
    for (old, new, lost) in [
        // The page of October 2025 has lost two rows for malware samples of the EU.
        (
            "workbooks/mde-urls-commercial-2025-06.xlsx",
            "pages/standard-commercial-2025-10.md",
            &["usseu1westprod.blob.core.windows.net", "wseu1westprod.blob.core.windows.net"][..],
        ),
        ("workbooks/mde-urls-commercial-2026-q1.xlsx", "pages/standard-commercial-2026-q1.md", &[]),
        ("pages/standard-commercial-2026-q1.md", "workbooks/mde-urls-commercial-2026-q1.xlsx", &[]),
        ("workbooks/mde-urls-gov-2025-10.xlsx", "pages/standard-gov-2025-10.md", &[]),
        ("workbooks/mde-streamlined-urls-gov-2025-10.xlsx", "pages/streamlined-gov-2025-10.md", &[]),
    ] {
        let Some(findings) = guarded(old, new, None) else { return };
        let found: Vec<String> = lines(&findings);
        assert_eq!(found.len(), lost.len(), "{old} {new}: {found:#?}");
        for name in lost {
            assert!(found.iter().any(|line| line.contains(name)), "{old} {new}: {name}");
        }
    }
}

#[test]
fn a_source_cut_to_half_its_rows_is_refused_with_the_lost_names() {
    let Some(old) = shared_document("workbooks/mde-urls-commercial-2025-06.xlsx") else { return };
    let mut new = old.clone();
    let rows = &mut new.tables[0].rows;
    let lost = rows.split_off(rows.len() / 2);
    let mut findings = Findings::default();
    guard(&[old], &[new], None, &rules(), &[], &mut findings);
    let rows_lost = findings.iter().find(|finding| finding.code.as_str() == "guard-rows-lost").expect("told");
    assert_eq!(rows_lost.severity, Severity::Error);
    for row in lost {
        let host = row.address.split_once("://").map_or(&*row.address, |(_, rest)| rest);
        assert!(rows_lost.message.contains(host.trim_start_matches('*')), "{host}: {}", rows_lost.message);
    }
}

#[test]
fn the_real_list_of_2025_has_lost_what_2021_had_and_no_more() {
    let commercial = profile("[\"EU\"]");
    let Some(findings) = guarded(
        "workbooks/mde-urls-2021-03.xlsx",
        "workbooks/mde-urls-commercial-2025-06.xlsx",
        Some(&commercial),
    ) else {
        return;
    };
    let mut names: Vec<String> = lines(&findings)
        .iter()
        .map(|line| {
            assert!(line.starts_with("warning guard-address-gone: "), "{line}");
            line.split('`').nth(1).expect("a name").to_owned()
        })
        .collect();
    names.sort();
    let expected = [
        "*.azure-automation.net",
        "*.notify.windows.com",
        "*.wdcpalt.microsoft.com",
        "*checkappexec.microsoft.com",
        "*download.windowsupdate.com",
        "*smartscreen-prod.microsoft.com",
        "*smartscreen.microsoft.com",
        "*urs.microsoft.com",
        "crl.microsoft.com/pki/crl/*",
        "crl.microsoft.com/pki/crl/products",
        "eu-cdn.x.cp.wd.microsoft.com",
        "msdl.microsoft.com/download/symbols",
        "securitycenter.windows.com",
        "wu-cdn.x.cp.wd.microsoft.com",
        "www.microsoft.com/pkiops/certs",
        "www.microsoft.com/pkiops/crl/",
    ];
    assert_eq!(names, expected);
}

#[test]
fn service_tags_may_not_lose_their_networks() {
    let tags = |prefixes: &str| {
        format!(
            "{{\"values\":[{{\"name\":\"MicrosoftDefenderForEndpoint\",\"properties\":{{\"addressPrefixes\":[{prefixes}]}}}}]}}"
        )
    };
    let old = tags("\"20.1.0.0/24\",\"20.2.0.0/24\",\"20.3.0.0/24\"");
    assert_eq!(told(&old, &tags("\"20.1.0.0/16\",\"20.2.0.0/15\""), None, &[]).0, Vec::<String>::new());
    let found = told(&old, &tags("\"20.1.0.0/24\""), None, &[]).0;
    assert!(found[0].starts_with("error guard-rows-lost: the table `MicrosoftDefenderForEndpoint` has 1 addresses in place of 3; it has lost `20.2.0.0/24`, `20.3.0.0/24`"), "{found:?}");
    assert_eq!(
        told(&old, &tags(""), None, &[]).0,
        ["error guard-empty: the new `list.md` has no address at all"]
    );
}

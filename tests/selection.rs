//! Selection against the entries that a correct reader of the list expects.

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

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use support::{Ran, read, root, run_in, shared};

/// Runs the program and gives its exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let Ran { code, out, err } = run_in(&root(), arguments);
    (code, out, err)
}

/// A profile of `truth/profiles.json` as TOML.
fn profile_toml(profile: &Value) -> String {
    let mut text = format!(
        "schema = 1\nname = {}\ncloud = {}\nconnectivity = {}\n",
        profile["name"], profile["cloud"], profile["connectivity"]
    );
    if !profile["geographies"].is_null() {
        let _ = writeln!(text, "geographies = {}", profile["geographies"]);
    }
    text.push_str("[devices]\n");
    for (family, value) in profile["devices"].as_object().expect("devices") {
        let _ = writeln!(text, "{family} = {value}");
    }
    if !profile["workspaces"].is_null() {
        let _ = write!(text, "[mma]\nworkspaces = {}\n", profile["workspaces"]);
    }
    text
}

fn list(folder: &Path, name: &str, toml: &str, source: &Path) -> Vec<(String, Option<String>, u64)> {
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, toml).expect("the profile can be written");
    let (file, source) = (file.to_string_lossy(), source.to_string_lossy());
    let (code, out, err) = run(&["list", &file, "--source", &source, "--format", "json"]);
    assert_eq!(code, 0, "{name}: {err}");
    entries(&serde_json::from_str(&out).expect("JSON"))
}

fn entries(list: &Value) -> Vec<(String, Option<String>, u64)> {
    let mut entries: Vec<_> = list
        .as_array()
        .expect("an array")
        .iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().map(str::to_owned);
            (text("host").expect("a host"), text("path"), entry["port"].as_u64().expect("a port"))
        })
        .collect();
    entries.sort();
    entries
}

#[test]
fn list_gives_the_expected_entries_of_every_profile() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let truth: Value = serde_json::from_str(&read(&shared.join("truth/profiles.json"))).expect("JSON");
    let profiles = truth["profiles"].as_array().expect("profiles");
    for profile in profiles {
        let name = profile["name"].as_str().expect("a name");
        let source = shared.join(profile["source"].as_str().expect("a source"));
        let found = list(folder.path(), name, &profile_toml(profile), &source);
        assert_eq!(found, entries(&profile["expected"]), "{name}");
    }
    assert_eq!(profiles.len(), 7);
}

/// The page of October 2025 has lost two rows that the workbook has, and says the rest as the workbook does.
#[test]
fn the_page_gives_what_the_workbook_gives() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let toml = "schema = 1\nname = \"page\"\ncloud = \"commercial\"\nconnectivity = \"standard\"\n\
        geographies = [\"EU\", \"UK\"]\n[devices]\nwindows = [\"10-1703\", \"11-24H2\"]\nmma = [\"2012-r2\"]\nmacos = true\nlinux = true\n";
    let page = list(folder.path(), "page", toml, &shared.join("pages/standard-commercial-2025-10.md"));
    let book = list(folder.path(), "book", toml, &shared.join("workbooks/mde-urls-commercial-2025-06.xlsx"));
    let lost: Vec<_> =
        book.iter().filter(|entry| !page.contains(entry)).map(|entry| entry.0.as_str()).collect();
    assert_eq!(lost, ["usseu1westprod.blob.core.windows.net", "wseu1westprod.blob.core.windows.net"]);
    assert!(page.iter().all(|entry| book.contains(entry)), "the page has nothing that the workbook lacks");
}

/// The selected addresses of a list made of `rows` (columns as in the workbooks of 2022 and later).
fn selected(rows: &str, toml: &str) -> (Vec<String>, Vec<(String, String)>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (entries, dropped, told) = selected_in(folder.path(), rows, toml);
    let texts = |list: Value, key: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
    };
    let reasons = texts(dropped.clone(), "address").into_iter().zip(texts(dropped, "reason")).collect();
    (texts(entries, "host"), reasons, told)
}

/// The same as JSON.
fn selected_in(folder: &Path, rows: &str, toml: &str) -> (Value, Value, String) {
    let text = format!(
        "[Microsoft Defender URLs]\nService\tGeography\tCategory\tPort\tEndpoint/URL\tRequired or Optional\t\
         Windows 10, 11; Server 2022, 2019, 2016 (Unified Agent); Server 2012 R2 (Unified Agent)\tWindows 7, 8.1\t\
         Windows Server 2008 R2, 2012 R2, 2016 (MMA Based)\tMac\tLinux\tComments\n{rows}"
    );
    std::fs::write(folder.join("list.xlsx"), support::book::book(&text)).expect("the list");
    let toml = format!(
        "schema = 1\nname = \"a\"\nconnectivity = \"standard\"\nsources.files = [\"list.xlsx\"]\n{toml}"
    );
    std::fs::write(folder.join("profile.toml"), toml).expect("the profile");
    let list = |more: &[&str]| {
        support::run_in(folder, &[&["list", "profile.toml", "--format", "json"], more].concat())
    };
    let kept = list(&[]);
    let (entries, dropped): (Value, Value) = (
        serde_json::from_str(&kept.out).expect("JSON"),
        serde_json::from_str(&list(&["--dropped"]).out).expect("JSON"),
    );
    (entries, dropped, kept.err)
}

fn row(geography: &str, host: &str, required: &str, flags: &str, comment: &str) -> String {
    format!("Defender\t{geography}\tCommon\t443\t{host}\t{required}\t{flags}\t{comment}\n")
}

fn rows(rows: &[(&str, &str, &str, &str, &str)]) -> String {
    rows.iter()
        .map(|(geography, host, required, flags, comment)| row(geography, host, required, flags, comment))
        .collect()
}

const EVERY: &str = "Yes\tYes\tYes\tYes\tYes";
const COMMERCIAL: &str = "cloud = \"commercial\"\ngeographies = [\"EU\"]\ndevices.windows = [\"11-24H2\"]\n";

/// A sheet with rows of both clouds beside one of the government alone is decided row by row.
#[test]
fn rows_of_a_sheet_of_two_clouds_are_decided_one_by_one() {
    let titles = "Service\tGeography\tCategory\tPort\tEndpoint/URL";
    let book = format!(
        "[Microsoft Defender URLs]\n{titles}\nD\tWW\tC\t443\tww.contoso.com\nD\tEU\tC\t443\teu.contoso.com\n\
         D\tUS Gov\tC\t443\tmixed.contoso.com\n[Microsoft Defender URLs US Gov]\n{titles}\nD\tUS Gov\tC\t443\tgov.contoso.com\n"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.xlsx"), support::book::book(&book)).unwrap();
    let hosts = |choice: &str| {
        let toml = format!(
            "schema = 1\nname = \"a\"\nconnectivity = \"standard\"\nsources.files = [\"list.xlsx\"]\n{choice}\n\
             devices.windows = [\"11-24H2\"]\n"
        );
        std::fs::write(folder.path().join("profile.toml"), toml).unwrap();
        let ran = support::run_in(folder.path(), &["list", "profile.toml", "--format", "json"]);
        let entries = entries(&serde_json::from_str(&ran.out).expect("JSON"));
        entries.into_iter().map(|(host, ..)| host).collect::<Vec<_>>()
    };
    assert_eq!(hosts("cloud = \"commercial\"\ngeographies = [\"EU\"]"), ["eu.contoso.com", "ww.contoso.com"]);
    assert_eq!(hosts("cloud = \"gcc-high\""), ["gov.contoso.com", "mixed.contoso.com", "ww.contoso.com"]);
}

#[test]
fn a_geography_that_nobody_knew_needs_no_code() {
    let list = rows(&[
        ("WW", "all.contoso.com", "Required", EVERY, ""),
        ("CH", "ch.contoso.com", "Required", EVERY, ""),
        ("Azure UAE North (AEN)", "aen.contoso.com", "Required", EVERY, ""),
        ("Azure UAE Central (AEC)", "aec.contoso.com", "Required", EVERY, ""),
        ("", "blank.contoso.com", "Required", EVERY, ""),
    ]);
    let toml = |names: &str| COMMERCIAL.replace("\"EU\"", names);
    let (kept, dropped, _) = selected(&list, &toml("\"CH\""));
    assert_eq!(kept, ["all.contoso.com", "blank.contoso.com", "ch.contoso.com"]);
    assert_eq!(
        dropped,
        [
            ("aen.contoso.com".into(), "geography `Azure UAE North (AEN)` is not chosen".into()),
            ("aec.contoso.com".into(), "geography `Azure UAE Central (AEC)` is not chosen".into()),
        ]
    );
    let (kept, _, _) = selected(&list, &toml("\"aen\", \"Azure UAE Central (AEC)\""));
    assert_eq!(kept, ["aec.contoso.com", "aen.contoso.com", "all.contoso.com", "blank.contoso.com"]);
}

#[test]
fn every_name_of_the_community_cloud_means_it() {
    let list = rows(&[
        ("US Gov", "us-gov.contoso.com", "Required", EVERY, ""),
        ("USGov", "usgov.contoso.com", "Required", EVERY, ""),
        ("WW", "ww.contoso.com", "Required", EVERY, ""),
        ("GCC", "gcc.contoso.com", "Required", EVERY, ""),
        ("GCC Mod", "mod.contoso.com", "Required", EVERY, ""),
        ("Government Community Cloud", "community.contoso.com", "Required", EVERY, ""),
        ("GCC High", "high.contoso.com", "Required", EVERY, ""),
        ("DoD", "dod.contoso.com", "Required", EVERY, ""),
    ]);
    for (cloud, expected) in [
        ("gcc", &["community", "gcc", "mod", "us-gov", "usgov", "ww"][..]),
        ("gcc-high", &["high", "us-gov", "usgov", "ww"]),
        ("dod", &["dod", "us-gov", "usgov", "ww"]),
    ] {
        let (kept, dropped, _) = selected(&list, &format!("cloud = \"{cloud}\"\ndevices.linux = true\n"));
        let expected: Vec<String> = expected.iter().map(|name| format!("{name}.contoso.com")).collect();
        assert_eq!(kept, expected, "{cloud}");
        assert_eq!(kept.len() + dropped.len(), 8);
    }
}

#[test]
fn blank_columns_mean_every_device_and_no_is_blank() {
    let list = rows(&[
        ("WW", "blank.contoso.com", "Required", "\t\t\t\t", ""),
        ("WW", "yes.contoso.com", "Required", "Yes\t\t\t\t", ""),
        (
            "WW",
            "star.contoso.com",
            "Required",
            "Yes*\tYes*\t\tYes\t",
            "*Optional if updates are being managed internally",
        ),
        ("WW", "no.contoso.com", "Required", "No\tYes\t\t\t", ""),
        ("WW", "no-and-blank.contoso.com", "Required", "No\t\t\t\t", ""),
        ("WW", "linux.contoso.com", "Required", "\t\t\t\tYes", ""),
        ("WW", "agent.contoso.com", "Required", "\tYes\tYes\t\t", ""),
        ("WW", "agent-7.contoso.com", "Required", "\tYes\t\t\t", ""),
    ]);
    let (kept, dropped, told) = selected(&list, COMMERCIAL);
    assert_eq!(
        kept,
        ["blank.contoso.com", "no-and-blank.contoso.com", "star.contoso.com", "yes.contoso.com"]
    );
    let reason = |host: &str| dropped.iter().find(|(address, _)| address == host).unwrap().1.clone();
    assert_eq!(told.matches("warning[marked-for-nobody]").count(), 1, "{told}");
    assert_eq!(reason("linux.contoso.com"), "not for the chosen devices: the list marks it for `linux`");
    assert_eq!(reason("agent.contoso.com"), "not for the chosen devices: the list marks it for `mma`");
    assert_eq!(
        reason("agent-7.contoso.com"),
        "not for the chosen devices: the list marks it for `mma 7-sp1`, `mma 8.1`"
    );
}

/// What the rules add beside a list is no list: the allowlist would hold three addresses and cut every device off.
#[test]
fn requirements_alone_are_no_allowlist() {
    let list = rows(&[("US Gov", "gov.contoso.com", "Required", EVERY, "")]);
    let (_, _, errors) =
        selected(&list, &COMMERCIAL.replace("devices.windows = [\"11-24H2\"]", "devices.mma = [\"2016\"]"));
    assert!(errors.contains("error[nothing-selected]"), "{errors}");
    assert!(!errors.contains("requirement-not-listed"), "{errors}");
}

/// A row that other devices need as well stays, whatever the agent's requirement says.
#[test]
fn a_broader_row_stays_for_other_devices() {
    let toml = COMMERCIAL.replace(
        "devices.windows = [\"11-24H2\"]\n",
        "devices = { windows = [\"11-24H2\"], mma = [\"7-sp1\"] }\n\
         mma.workspaces = [\"11111111-2222-3333-4444-555555555555\"]\n",
    );
    let agent = rows(&[("WW", "*.azure-automation.net", "Required", "\tYes\t\t\t", "")]);
    let (kept, dropped, _) = selected(&agent, &toml);
    assert!(!kept.contains(&"*.azure-automation.net".to_owned()), "{kept:?}");
    assert!(kept.contains(&"11111111-2222-3333-4444-555555555555.agentsvc.azure-automation.net".to_owned()));
    assert_eq!(dropped[0].0, "*.azure-automation.net");
    let shared = rows(&[("WW", "*.azure-automation.net", "Required", "Yes\tYes\t\t\t", "")]);
    let (kept, dropped, _) = selected(&shared, &toml);
    assert!(kept.contains(&"*.azure-automation.net".to_owned()), "{kept:?}");
    assert!(!dropped.iter().any(|(address, _)| address == "*.azure-automation.net"), "{dropped:?}");
}

#[test]
fn a_workspace_is_written_in_lower_case_without_braces() {
    let toml = COMMERCIAL.replace(
        "devices.windows = [\"11-24H2\"]\n",
        "devices.mma = [\"7-sp1\"]\nmma = { workspaces = [\"{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}\"], blob-hosts = [\"A.blob.core.windows.net\"] }\n",
    );
    let list = rows(&[
        ("WW", "*.ods.opinsights.azure.com", "Optional", "\tYes\tYes\t\t", ""),
        ("WW", "*.oms.opinsights.azure.com", "Optional", "\tYes\tYes\t\t", ""),
        ("WW", "*.blob.core.windows.net", "Optional", "\tYes\tYes\t\t", ""),
    ]);
    let (kept, ..) = selected(&list, &toml);
    let id = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    assert_eq!(
        kept,
        [
            "a.blob.core.windows.net".to_owned(),
            format!("{id}.agentsvc.azure-automation.net"),
            format!("{id}.ods.opinsights.azure.com"),
            format!("{id}.oms.opinsights.azure.com"),
        ]
    );
}

/// The workbook of 2021 has a portal sheet for each cloud; only one of them names its cloud.
#[test]
fn the_portal_of_the_other_cloud_is_left_out() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let source = shared.join("workbooks/mde-urls-2021-03.xlsx");
    let portal = |cloud: &str| {
        let toml = format!(
            "schema = 1\nname = \"a\"\n{cloud}\nconnectivity = \"standard\"\nselect.portal = true\ndevices.linux = true\n"
        );
        let entries = list(folder.path(), "a", &toml, &source);
        entries
            .into_iter()
            .map(|entry| entry.0)
            .filter(|host| host.contains("securitycenter"))
            .collect::<Vec<_>>()
    };
    let commercial = portal("cloud = \"commercial\"\ngeographies = [\"EU\"]");
    let government = portal("cloud = \"gcc-high\"");
    assert!(commercial.iter().all(|host| host.ends_with("windows.com")), "{commercial:?}");
    assert!(government.iter().all(|host| host.ends_with("microsoft.us")), "{government:?}");
    assert!(!commercial.is_empty() && !government.is_empty());
}

const WORKSPACE: &str = "11111111-2222-3333-4444-555555555555";

/// A fleet with the agent beside other devices, and values for the agent's wildcards.
fn with_values() -> String {
    COMMERCIAL.replace(
        "devices.windows = [\"11-24H2\"]\n",
        &format!(
            "devices = {{ windows = [\"11-24H2\"], mma = [\"7-sp1\", \"2016\"] }}\n\
             mma = {{ workspaces = [\"{WORKSPACE}\"], blob-hosts = [\"a.blob.core.windows.net\"] }}\n"
        ),
    )
}

/// The government page of October 2025 has lost cells, so that its marks count for nobody; its categories name the agent.
#[test]
fn values_take_the_place_of_wildcards_whose_marks_are_uncertain() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let toml = format!(
        "schema = 1\nname = \"a\"\ncloud = \"gcc\"\nconnectivity = \"standard\"\n\
         devices = {{ windows = [\"10-22H2\"], mma = [\"7-sp1\", \"2016\"] }}\n\
         mma = {{ workspaces = [\"{WORKSPACE}\"], blob-hosts = [\"a.blob.core.usgovcloudapi.net\"] }}\n"
    );
    for source in ["pages/standard-gov-2025-10.md", "workbooks/mde-urls-gov-2025-10.ragged.xlsx"] {
        let found = list(folder.path(), "a", &toml, &shared.join(source));
        let hosts: Vec<&str> = found.iter().map(|entry| entry.0.as_str()).collect();
        for end in ["ods.opinsights.azure.us", "oms.opinsights.azure.us"] {
            assert!(hosts.contains(&format!("{WORKSPACE}.{end}").as_str()), "{source}: {hosts:?}");
            assert!(!hosts.contains(&format!("*.{end}").as_str()), "{source}: {hosts:?}");
        }
        assert!(hosts.contains(&"a.blob.core.usgovcloudapi.net"), "{source}: {hosts:?}");
        assert!(!hosts.contains(&"*.blob.core.usgovcloudapi.net"), "{source}: {hosts:?}");
    }
}

/// A wildcard that other devices need, by the list's marks or for want of them, stays and is told by its row.
#[test]
fn a_wildcard_that_stays_beside_values_is_told() {
    let row = |category: &str, host: &str, flags: &str| {
        format!("Defender\tWW\t{category}\t443\t{host}\tOptional\t{flags}\t\n")
    };
    let agent = "Microsoft  Monitoring Agent (mma)";
    for (category, host, flags, why) in [
        (
            agent,
            "*.ods.opinsights.azure.com",
            "Yes\tYes\tYes\t\t",
            Some("the list marks it for `windows` as well"),
        ),
        ("Common", "*.ods.opinsights.azure.com", "\t\t\t\t", Some("the row is for `windows` as well")),
        (
            "Common",
            "*.azure-automation.net",
            "Yes\tYes\t\t\t",
            Some("the list marks it for `windows` as well"),
        ),
        (agent, "*.ods.opinsights.azure.com", "\t\t\t\t", None),
        (agent, "*.azure-automation.net", "\t\t\t\t", None),
        ("Common", "*.ods.opinsights.azure.com", "\tYes\t\t\t", None),
        (
            agent,
            "*.opinsights.azure.com",
            "\tYes\t\t\t",
            Some("it is wider than `*.ods.opinsights.azure.com`"),
        ),
    ] {
        let (kept, _, errors) = selected(&row(category, host, flags), &with_values());
        assert_eq!(kept.contains(&host.to_owned()), why.is_some(), "{category} {host}: {kept:?}");
        assert!(kept.contains(&format!("{WORKSPACE}.ods.opinsights.azure.com")), "{kept:?}");
        let told = format!("`{host}` stays as a wildcard beside the profile's values");
        assert_eq!(errors.contains(&told), why.is_some(), "{category} {host}: {errors}");
        assert!(why.is_none_or(|why| errors.contains(why)), "{category} {host}: {errors}");
    }
}

/// The same address in every way in which lists write it: {} is the host.
const SPELLINGS: &[&str] =
    &["{}", "https://{}", "HTTPS://{}/", "{}.", "{}:443", "{}/", "{}/*", "https://{}.:443/*"];

fn spelt(host: &str) -> impl Iterator<Item = String> + '_ {
    let spellings = SPELLINGS
        .iter()
        .flat_map(move |form| [host.to_owned(), host.to_uppercase()].map(|host| form.replace("{}", &host)));
    spellings.collect::<Vec<_>>().into_iter()
}

#[test]
fn values_take_the_place_of_wildcards_however_they_are_written() {
    let ends = [
        "*.ods.opinsights.azure.com",
        "*.oms.opinsights.azure.com",
        "*.azure-automation.net",
        "*.blob.core.windows.net",
    ];
    let mut ways: Vec<_> = ends.map(spelt).into_iter().collect();
    for _ in 0..SPELLINGS.len() * 2 {
        let agent: String = ways
            .iter_mut()
            .map(|spellings| row("WW", &spellings.next().unwrap(), "Optional", "\tYes\tYes\t\t", ""))
            .collect();
        let (kept, _, errors) = selected(&agent, &with_values());
        assert_eq!(
            kept,
            [
                format!("{WORKSPACE}.agentsvc.azure-automation.net"),
                format!("{WORKSPACE}.ods.opinsights.azure.com"),
                format!("{WORKSPACE}.oms.opinsights.azure.com"),
                "a.blob.core.windows.net".to_owned(),
            ],
            "{agent}"
        );
        assert!(!errors.contains("requirement-not-listed"), "{agent}{errors}");
    }
}

/// What the vendor says of a host is said of it however a list writes it, and of no path.
#[test]
fn statements_about_hosts_reach_every_way_of_writing_them() {
    let toml = |windows: &str| COMMERCIAL.replace("11-24H2", windows);
    let comment = "Only required for Windows 10 1703 and below. Not required on Windows Server.";
    for host in spelt("settings-win.data.microsoft.com") {
        let list = rows(&[("WW", &host, "Required", "Yes\t\t\t\t", comment)]);
        let (kept, dropped, errors) = selected(&list, &toml("10-1803"));
        assert_eq!(kept, ["settings-win.data.microsoft.com"], "{host}: {dropped:?}");
        assert!(errors.contains("warning[release-disputed]"), "{host}: {errors}");
    }
    let list = rows(&[("WW", "settings-win.data.microsoft.com", "Required", "Yes\t\t\t\t", comment)]);
    for (server, kept) in [("2012-r2-unified", 1), ("2016-unified", 1), ("1803", 1), ("2019", 0)] {
        let toml = COMMERCIAL
            .replace("devices.windows = [\"11-24H2\"]", &format!("devices.windows-server = [\"{server}\"]"));
        let (entries, dropped, errors) = selected(&list, &toml);
        assert_eq!(entries.len(), kept, "{server}: {dropped:?}");
        assert_eq!(errors.matches("warning[release-disputed]").count(), kept, "{server}: {errors}");
    }
    let other = ("WW", "a.contoso.com", "Required", EVERY, "");
    for host in spelt("eu-v20.events.data.microsoft.com") {
        let list = rows(&[("EU", &host, "Required", "Yes\t\t\t\t", ""), other]);
        let (kept, dropped, _) = selected(&list, &toml("10-1703"));
        assert_eq!((kept.len(), dropped.len()), (1, 1), "{host}: {kept:?}");
    }
    for path in ["b.contoso.com/agent-v20.1/*", "b.contoso.com/v20.1"] {
        let list = rows(&[("EU", path, "Required", "Yes\t\t\t\t", ""), other]);
        let (kept, dropped, _) = selected(&list, &toml("10-1703"));
        assert_eq!((kept.len(), dropped.len()), (2, 0), "{path}: {dropped:?}");
    }
}

/// A row below the wrong geography is found however its host is written.
#[test]
fn a_misplaced_row_is_found_however_it_is_written() {
    for host in spelt("automatedirstrprdaen0a.blob.core.windows.net") {
        let list = rows(&[
            ("WW", "a.contoso.com", "Required", EVERY, ""),
            ("Azure UAE North (AEN)", "b.contoso.com", "Required", EVERY, ""),
            ("AU", &host, "Required", EVERY, ""),
        ]);
        let (kept, _, errors) = selected(&list, &COMMERCIAL.replace("\"EU\"", "\"aen\""));
        assert_eq!(kept.len(), 3, "{host}: {kept:?}");
        assert!(errors.contains("geography-contradiction"), "{host}: {errors}");
    }
}

/// The two sentences of a comment that the lists have in one, each by itself.
#[test]
fn each_sentence_about_releases_works_by_itself() {
    let up_to = "Only required for Windows 10 1703 and below.";
    let no_server = "Not required on Windows Server.";
    for (comment, devices, kept_with) in [
        (up_to, "devices.windows = [\"10-1709\", \"11-24H2\"]", None),
        (up_to, "devices.windows = [\"10-1703\"]", Some("")),
        (up_to, "devices.windows-server = [\"2019\", \"2022\"]", None),
        (up_to, "devices.windows-server = [\"2016-unified\"]", Some("nothing is said of servers")),
        (up_to, "devices = { windows-server = [\"2019\"], linux = true }", Some("")),
        (no_server, "devices.windows-server = [\"2016-unified\", \"2022\"]", None),
        (no_server, "devices = { windows-server = [\"2022\"], windows = [\"11-24H2\"] }", Some("")),
        (
            no_server,
            "devices.mma = [\"2016\"]\nmma.workspaces = [\"11111111-2222-3333-4444-555555555555\"]",
            Some(""),
        ),
    ] {
        let list = rows(&[
            ("EU", "a.contoso.com", "Required", EVERY, comment),
            ("WW", "b.contoso.com", "Required", EVERY, ""),
        ]);
        let toml = COMMERCIAL.replace("devices.windows = [\"11-24H2\"]", devices);
        let (kept, dropped, errors) = selected(&list, &toml);
        let is_kept = kept.contains(&"a.contoso.com".to_owned());
        assert_eq!(is_kept, kept_with.is_some(), "{comment} {devices}: {dropped:?} {errors}");
        assert_eq!(
            errors.contains("release-disputed"),
            kept_with.is_some_and(|why| !why.is_empty()),
            "{devices}: {errors}"
        );
        assert!(kept_with.is_none_or(|why| errors.contains(why)), "{comment} {devices}: {errors}");
        assert!(!errors.contains("comment-not-understood"), "{errors}");
    }
}

/// A cell may name several geographies; one that is chosen is enough, however they are parted.
#[test]
fn a_row_of_several_geographies_is_kept_for_each() {
    for cell in [
        "EU, UK",
        "EU/UK",
        "EU\\nUK",
        "EU<br>UK",
        "EU and UK",
        "EU or UK",
        "EU*, UK*",
        "UK [1] & EU",
        "EU;UK",
    ] {
        let list = rows(&[
            ("WW", "a.contoso.com", "Required", EVERY, ""),
            (cell, "b.contoso.com", "Required", EVERY, ""),
        ]);
        for choice in ["EU", "UK"] {
            let (kept, _, errors) = selected(&list, &COMMERCIAL.replace("EU", choice));
            assert_eq!(kept, ["a.contoso.com", "b.contoso.com"], "{cell} {choice}: {errors}");
            assert!(!errors.contains("geography"), "{cell}: {errors}");
        }
        let both = list.clone() + &row("AU", "c.contoso.com", "Required", EVERY, "");
        let (kept, dropped, errors) = selected(&both, &COMMERCIAL.replace("EU", "AU"));
        assert_eq!(kept, ["a.contoso.com", "c.contoso.com"], "{cell}: {errors}");
        assert_eq!(dropped.len(), 1, "{cell}: {dropped:?}");
        assert!(!errors.contains("geography"), "{cell}: {errors}");
    }
}

/// What a row that lost a cell before its address says is looked for in all its cells.
#[test]
fn a_row_that_lost_a_cell_keeps_its_address_port_and_geography() {
    let cells = |geography: &'static str, port: &'static str, host: &'static str| {
        ["Defender", geography, "CRL", port, host, "Optional", "Yes", "", "", "", "", ""]
    };
    let whole = [cells("EU", "443", "a.contoso.com"), cells("WW", "443", "b.contoso.com")];
    let broken = [cells("WW", "80", "crl.contoso.com"), cells("US", "80", "us.contoso.com")];
    let line = |cells: &[&str]| cells.join("\t") + "\n";
    // Without its own geography a row counts for every one, and without its port for that of its address.
    let expected = [vec![("crl", 80)], vec![("crl", 80), ("us", 80)], vec![("crl", 80)], vec![("crl", 443)]];
    for (lost, expected) in expected.into_iter().enumerate() {
        let mut list: String = whole.iter().map(|cells| line(cells)).collect();
        for cells in &broken {
            let mut cells = cells.to_vec();
            cells.remove(lost);
            list.push_str(&line(&cells));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (entries, dropped, told) = selected_in(folder.path(), &list, COMMERCIAL);
        let found: Vec<_> = entries.as_array().unwrap().iter().collect();
        let port = |name: &str| {
            let host = format!("{name}.contoso.com");
            found.iter().find(|entry| entry["host"] == *host).map(|entry| entry["port"].as_u64().unwrap())
        };
        for (name, expected) in &expected {
            assert_eq!(port(name), Some(*expected), "{name} without cell {lost}: {told}");
        }
        assert_eq!(found.len(), 2 + expected.len(), "without cell {lost}: {dropped}");
        assert_eq!(told.matches("in another column than the one for addresses").count(), 2, "{told}");
    }
}

/// Required rows stay required, for rules that leave out what nobody calls required.
#[test]
fn a_row_that_lost_a_cell_stays_required() {
    let list = row("EU", "z.contoso.com", "Required", EVERY, "")
        + "WW\tCRL\t80\ta.contoso.com\tRequired\tYes\t\t\t\t\t\n";
    let folder = tempfile::tempdir().expect("a folder");
    let (entries, dropped, told) = selected_in(folder.path(), &list, COMMERCIAL);
    let displaced = entries.as_array().unwrap().iter().find(|entry| entry["host"] == "a.contoso.com");
    assert_eq!(displaced.map(|entry| &entry["required"]), Some(&Value::Bool(true)), "{dropped} {told}");
}

/// What stands in its own column counts there, and what else holds a word of another column decides nothing.
#[test]
fn a_row_with_its_address_elsewhere_keeps_what_stands_in_place() {
    let cells = |geography: &'static str, category: &'static str, port: &'static str, host: &'static str| {
        ["Defender", geography, category, port, "", "Required", "Yes", "", "", "", "", host].join("\t") + "\n"
    };
    let list = row("EU", "z.contoso.com", "Required", EVERY, "")
        + &cells("EU/UK", "US", "TCP 80", "a.contoso.com")
        + &cells("", "US", "80 and 443", "b.contoso.com");
    let folder = tempfile::tempdir().expect("a folder");
    let (entries, dropped, told) = selected_in(folder.path(), &list, COMMERCIAL);
    let entries: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["host"].as_str().unwrap().to_owned(), entry["port"].as_u64().unwrap()))
        .collect();
    let entry = |host: &str, port| (format!("{host}.contoso.com"), port);
    let expected = [entry("a", 80), entry("b", 80), entry("b", 443), entry("z", 443)];
    assert_eq!(
        entries.iter().collect::<std::collections::BTreeSet<_>>(),
        expected.iter().collect(),
        "{dropped} {told}"
    );
}

/// A row whose category names devices for which it is not marked is for those as well, and that is told.
#[test]
fn a_row_is_also_for_the_devices_that_its_category_names() {
    for (category, marks, systems, told) in [
        ("Common (Mac) (Linux)", "\t\tYes\tYes\t", "linux", "is not marked for, `linux`"),
        ("Common (Mac) (Linux)", "Yes\tYes\tYes\t\t", "windows linux", "is not marked for, `macos`"),
        ("Common (Mac/Linux)", "\t\t\t\tYes", "linux", "is not marked for, `macos`"),
        ("Common (macOS and Linux)", "\t\t\t\tYes", "linux", "is not marked for, `macos`"),
        ("Common (Linux", "\t\t\tYes\t", "linux", "is not marked for, `linux`"),
        (
            "Microsoft Monitoring Agent (MMA)",
            "Yes\t\t\t\t",
            "windows",
            "is not marked for, `windows-7` and `mma-server`",
        ),
        ("Common (Mac) (Linux)", "\t\t\tYes\tYes", "linux", ""),
        ("Common (Mac)", "\t\t\tYes\t", "", ""),
        ("Common (Mac)", "\t\t\t\t", "windows linux", ""),
        ("Common (Machine learning)", "Yes\t\t\t\t", "windows", ""),
        ("Updates (non-Linux)", "Yes\t\t\t\t", "windows", ""),
        ("Common (not Mac or Linux)", "Yes\t\t\t\t", "windows", ""),
        ("Common (Linux, not Mac)", "Yes\t\t\t\t", "windows linux", "is not marked for, `linux`"),
        ("Common (Mac and Linux, not Windows)", "Yes\t\t\t\t", "windows linux", "is not marked for, `macos`"),
    ] {
        let list = row("WW", "z.contoso.com", "Required", EVERY, "")
            + &row("EU", "a.contoso.com", "Required", marks, "")
                .replace("\tCommon\t", &format!("\t{category}\t"));
        for system in ["windows", "linux"] {
            let devices =
                if system == "linux" { "devices.linux = true" } else { "devices.windows = [\"11-24H2\"]" };
            let toml = COMMERCIAL.replace("devices.windows = [\"11-24H2\"]", devices);
            let (kept, dropped, said) = selected(&list, &toml);
            let is_kept = kept.contains(&"a.contoso.com".to_owned());
            assert_eq!(is_kept, systems.contains(system), "{category} {marks} {system}: {dropped:?} {said}");
            assert_eq!(
                said.contains("category-contradiction"),
                !told.is_empty(),
                "{category} {marks}: {said}"
            );
            assert!(said.contains(told), "{category} {marks}: {said}");
        }
    }
}

/// A row whose address stands in its comment, with what its cells say otherwise.
fn displaced(geography: &str, category: &str, port: &str, required: &str, comment: &str) -> String {
    ["Defender", geography, category, port, "", required, "Yes", "", "", "", "", comment].join("\t") + "\n"
}

/// What is listed of rows that stand below two plain ones, with what is dropped and told.
fn beside_plain_rows(rows: &str) -> (Vec<Value>, Value, String) {
    let list = row("EU", "z.contoso.com", "Required", EVERY, "")
        + &row("WW", "y.contoso.com", "Required", EVERY, "")
        + rows;
    let folder = tempfile::tempdir().expect("a folder");
    let (entries, dropped, said) = selected_in(folder.path(), &list, COMMERCIAL);
    (entries.as_array().expect("entries").clone(), dropped, said)
}

/// Words among which the row's own cell says something count where no other cell says it plainly.
#[test]
fn a_row_with_its_address_elsewhere_reads_its_own_words() {
    for (geography, category, port, required, expected, told) in [
        ("WW", "CRL", "TCP 80 outbound", "Required", Some((80, Some(true))), "port-not-a-number"),
        ("WW", "CRL", "HTTP (outbound) only", "Required", Some((80, Some(true))), "port-not-a-number"),
        (
            "WW",
            "8443",
            "80 (only for the checks at crl.contoso.com)",
            "Required",
            Some((80, Some(true))),
            "port `80 (",
        ),
        ("WW", "80", "2023 CRL list", "Required", Some((80, Some(true))), "port `80`"),
        ("WW", "CRL", "24/7 used", "Required", Some((443, Some(true))), "the port of its address"),
        ("US,", "CRL", "443", "Required", None, "geography `US,`"),
        ("US / Canada", "CRL", "443", "Required", None, "geography-not-known"),
        ("EU (new), US", "CRL", "443", "Required", Some((443, Some(true))), "geography-not-known"),
        ("WW", "CRL", "443", "Requird", Some((443, None)), "choice-not-known"),
        ("WW", "Mandatory", "443", "", Some((443, Some(true))), "as `Mandatory`"),
        ("WW", "Required", "443", "required", Some((443, Some(true))), "as `required`"),
        ("WW", "Optional", "443", "", Some((443, None)), "geography `WW`:"),
    ] {
        let (entries, dropped, said) =
            beside_plain_rows(&displaced(geography, category, port, required, "a.contoso.com"));
        let found = entries.iter().find(|entry| entry["host"] == "a.contoso.com");
        let found = found.map(|entry| (entry["port"].as_u64().unwrap(), entry["required"].as_bool()));
        assert_eq!(found, expected, "{geography} {category} {port} {required}: {dropped} {said}");
        assert!(said.contains(told) && said.contains("address-displaced"), "{told}: {said}");
    }
}

/// Every cell that is nothing but addresses is read, and a host among words in the row's own cell is told.
#[test]
fn a_row_with_addresses_in_several_odd_cells_loses_none() {
    let list = row("EU", "z.contoso.com", "Required", EVERY, "")
        + &displaced("WW", "b.contoso.com", "443", "Required", "a.contoso.com, b.contoso.com")
        + &displaced("WW", "CRL", "443", "Required", "c.contoso.com")
            .replace("\t\tRequired", "\tuse d.contoso.com or ask your own admin\tRequired");
    let folder = tempfile::tempdir().expect("a folder");
    let (entries, dropped, said) = selected_in(folder.path(), &list, COMMERCIAL);
    let hosts: Vec<_> = entries.as_array().into_iter().flatten().map(|entry| &entry["host"]).collect();
    assert_eq!(
        hosts,
        ["a.contoso.com", "b.contoso.com", "c.contoso.com", "z.contoso.com"],
        "{dropped} {said}"
    );
    assert!(said.contains("error[address-invalid]: `use d.contoso.com or ask your own admin`"), "{said}");
    // Nothing is lost of words that name the same host, and of a cell with more than addresses the text is told.
    for (own, comment, hosts, told) in [
        ("use a.contoso.com or ask your own admin", "a.contoso.com", 3, "`a.contoso.com` was read"),
        ("use ba.contoso.com or ask your own admin", "a.contoso.com", 3, "names a host among words"),
        ("use a.contoso.com:8080 or ask your own admin", "a.contoso.com", 3, "names a host among words"),
        ("use 20.1.2.3 or ask your own admin", "a.contoso.com", 3, "names a host among words"),
        ("use one of the hosts (A.contoso.com) or ask", "a.contoso.com", 3, "`a.contoso.com` was read"),
        (
            "use https://a.contoso.com/ or ask your own",
            "https://a.contoso.com/",
            3,
            "`https://a.contoso.com/` was read",
        ),
        ("#REF!", "a.contoso.com", 3, "`#REF!` is the error of a formula"),
        ("", "a.contoso.com, 10.0.0.1", 2, "among other things in `a.contoso.com, 10.0.0.1`"),
        ("", "see a.contoso.com and ask", 2, "among other things in `see a.contoso.com and ask`"),
        ("", "see \"contoso.com\": port", 2, "among other things in"),
        ("", "since version 4.18.2, e.g. on servers", 2, "row 4 has no address; it was left out"),
    ] {
        let list = displaced("WW", "CRL", "443", "Required", comment)
            .replace("\t\tRequired", &format!("\t{own}\tRequired"));
        let (entries, dropped, said) = beside_plain_rows(&list);
        assert_eq!(entries.len(), hosts, "{own} {comment}: {dropped} {said}");
        assert!(said.contains(told), "{own} {comment}: {said}");
        let is_lost = told.contains("error") || told.contains("names a host");
        assert_eq!(said.contains("error["), is_lost, "{own} {comment}: {said}");
    }
}

/// An address beside the ports of a cell is none of the row's, and its ports are none of the cell's; rows that go on take
/// the others.
#[test]
fn addresses_beside_ports_say_none() {
    for (cell, expected) in [
        ("80 (see crl.contoso.com)", vec![80]),
        ("80(crl.contoso.com)", vec![80]),
        ("80,crl.contoso.com", vec![80]),
        ("443 see http://crl.contoso.com", vec![443]),
        ("443 see crl.contoso.com:8080", vec![443]),
        ("80:443:8080", vec![80, 443, 8080]),
        ("http://", vec![80]),
        ("80, v1.2", vec![80]),
    ] {
        let list = format!("Defender\tWW\tCRL\t{cell}\ta.contoso.com\tRequired\tYes\t\t\t\t\t\n")
            + "\t\t\t\tb.contoso.com\tRequired\tYes\t\t\t\t\t\n"
            + &displaced("WW", "CRL", cell, "Required", "c.contoso.com");
        let (entries, dropped, said) = beside_plain_rows(&list);
        for host in ["a", "b", "c"] {
            let host = format!("{host}.contoso.com");
            let of_host = entries.iter().filter(|entry| entry["host"] == *host);
            let ports: Vec<u64> = of_host.map(|entry| entry["port"].as_u64().unwrap()).collect();
            assert_eq!(ports, expected, "{cell} {host}: {dropped} {said}");
        }
    }
}

/// A row's own address in the column of ports says the port as well.
#[test]
fn an_address_of_the_row_itself_in_the_column_of_ports_says_its_port() {
    let list = "Defender\tWW\tCRL\ta.contoso.com:8080\ta.contoso.com\tRequired\tYes\t\t\t\t\t\n\
                Defender\tWW\tCRL\t5 crl.contoso.com 443\tb.contoso.com\tRequired\tYes\t\t\t\t\t\n";
    let (entries, dropped, said) = beside_plain_rows(list);
    let read: Vec<(&str, u64)> = entries
        .iter()
        .map(|entry| (entry["host"].as_str().unwrap(), entry["port"].as_u64().unwrap()))
        .collect();
    let expected = [("a.contoso.com", 8080), ("b.contoso.com", 5), ("b.contoso.com", 443)];
    assert_eq!(read[..3], expected, "{dropped} {said}");
    assert!(said.contains("port-not-a-number"), "{said}");
}

/// Addresses that have moved into the column of ports say their own ports, and none for the rows that go on below them.
#[test]
fn addresses_in_the_column_of_ports_are_no_ports() {
    for (cell, expected) in [
        ("http://a.contoso.com, https://b.contoso.com", vec![("a", 80), ("b", 443), ("c", 443)]),
        ("http://a.contoso.com, b.contoso.com", vec![("a", 80), ("b", 443), ("c", 443)]),
        ("https://a.contoso.com:8443/x", vec![("a", 8443), ("c", 443)]),
        ("http://a.contoso.com/", vec![("a", 80), ("c", 443)]),
    ] {
        let list = format!("Defender\tWW\tCRL\t{cell}\t\tRequired\tYes\t\t\t\t\t\n")
            + "\t\t\t\tc.contoso.com\tRequired\tYes\t\t\t\t\t\n";
        let (entries, dropped, said) = beside_plain_rows(&list);
        let read: Vec<(&str, u64)> = entries
            .iter()
            .map(|entry| (&entry["host"].as_str().unwrap()[..1], entry["port"].as_u64().unwrap()))
            .filter(|(host, _)| !["y", "z"].contains(host))
            .collect();
        assert_eq!(read, expected, "{cell}: {dropped} {said}");
    }
}

/// What a sentence says of a direct connection: whether the row goes past the proxy, and whether that is in doubt.
#[test]
fn a_direct_connection_is_asked_for_denied_or_in_doubt() {
    let table = include_str!("fixtures/direct-connections.tsv").lines().filter(|line| !line.starts_with('#'));
    let texts: Vec<(&str, bool, bool)> = table
        .map(|line| {
            let (says, text) = line.split_once('\t').expect("two columns");
            assert!(["asked", "silent", "unclear"].contains(&says), "{line}");
            (text, says == "asked", says == "unclear")
        })
        .collect();
    // Of one kind no more than twenty findings are shown.
    let wrong: Vec<_> = texts.chunks(20).flat_map(wrongly_read).collect();
    assert!(wrong.is_empty(), "seen: {wrong:#?}");
}

/// Comments, whether their rows are to be direct and to be told, of which something else is seen.
fn wrongly_read<'t>(texts: &[(&'t str, bool, bool)]) -> Vec<(&'t str, bool, bool)> {
    let row = |(at, (text, ..)): (usize, &(&str, _, _))| {
        row("WW", &format!("h{at}.contoso.com"), "Required", EVERY, text)
    };
    let (direct, told) = directs(&texts.iter().enumerate().map(row).collect::<String>());
    let seen = texts.iter().enumerate().map(|(at, (text, ..))| {
        let shown = text.replace("\\n", " ");
        let is_told = told.contains(&format!("| {shown}\n"));
        (*text, direct.contains(&format!("h{at}.contoso.com")), is_told)
    });
    seen.zip(texts).filter(|(seen, expected)| seen != *expected).map(|(seen, _)| seen).collect()
}

/// The hosts of a list that go past the proxy, and what is told.
fn directs(list: &str) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (kept, _, told) = selected_in(folder.path(), list, COMMERCIAL);
    let is_direct = |entry: &&Value| entry["direct"] == true;
    let host = |entry: &Value| entry["host"].as_str().unwrap().to_owned();
    (kept.as_array().unwrap().iter().filter(is_direct).map(host).collect(), told)
}

/// A cell is matched as it is written and as it looks.
#[test]
fn a_glob_sees_white_space_as_people_do() {
    let category = |category: &str, host: &str| {
        format!("Microsoft  Defender\u{200b}\tWW\t{category}\t443\t{host}\tRequired\t{EVERY}\t\n")
    };
    let list = [
        category("MU\u{a0}/ WU", "a.contoso.com"),
        category("MU /  WU", "b.contoso.com"),
        category("MU / WU", "c.contoso.com"),
        category("MU/WU", "d.contoso.com"),
    ]
    .concat();
    let excluding = |rule: &str| {
        selected(&list, &format!("select.exclude = [{{ {rule}, reason = \"test\" }}]\n{COMMERCIAL}")).0
    };
    assert_eq!(excluding("category = \"MU / WU\""), ["d.contoso.com"]);
    assert_eq!(excluding("category = \"MU /  WU\", service = \"Microsoft Defender\"").len(), 3);
    assert!(excluding("service = \"microsoft defender\"").is_empty());
}

/// A list of another cloud beside the right one is left out with a word.
#[test]
fn a_list_of_another_cloud_is_told() {
    let Some(shared) = shared() else { return };
    let source = |name: &str| shared.join("workbooks").join(name).to_string_lossy().into_owned();
    let (ours, other) = (source("mde-urls-commercial-2025-06.xlsx"), source("mde-urls-gov-2025-10.xlsx"));
    let folder = tempfile::tempdir().expect("a folder");
    let profile = format!("schema = 1\nname = \"a\"\nconnectivity = \"standard\"\n{COMMERCIAL}");
    std::fs::write(folder.path().join("p.toml"), profile).expect("the profile");
    let ran = run_in(folder.path(), &["list", "p.toml", "--source", &ours, "--source", &other]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = "warning[source-not-used]: no table of this file is for the profile: government list";
    assert_eq!(ran.err.matches(told).count(), 1, "{}", ran.err);
}

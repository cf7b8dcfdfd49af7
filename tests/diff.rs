//! What `diff` says of two lists, against an independent computation, and its laws.

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

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use allowlistc::diagnostic::Findings;
use allowlistc::diff::{Diff, Kind, Report, compare, to_human, to_json, to_markdown};
use allowlistc::pattern::{Pattern, Request, allows};
use allowlistc::rules::Rules;
use allowlistc::source::{Document, read};
use proptest::prelude::*;
use serde_json::Value;
use support::{assert_file, root, run_in};

fn rules() -> Rules {
    Rules::shipped(None).expect("the shipped rules")
}

fn document(name: &str, bytes: &[u8]) -> Document {
    read(name, bytes, &rules().reading, &mut Findings::default())
}

const HEAD: &str = "## Microsoft Defender URLs\n\n|Service|Geography|Category|Port|Endpoint/URL|Required or Optional|Windows 10|Mac|\n|-|-|-|-|-|-|-|-|\n";

/// A page with rows `geography port address need windows mac`.
fn page(rows: &[String]) -> Document {
    let lines = rows.iter().map(|row| {
        let cells: Vec<&str> = row.split(' ').collect();
        let [geography, port, address, need, windows, mac] = cells[..] else { panic!("{row}") };
        let flag = |cell: &str| if cell == "-" { String::new() } else { "Yes".to_owned() };
        format!("|Contoso|{geography}|EDR|{port}|{address}|{need}|{}|{}|\n", flag(windows), flag(mac))
    });
    document("list.md", format!("{HEAD}{}", lines.collect::<String>()).as_bytes())
}

fn rows(rows: &[&str]) -> Document {
    page(&rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>())
}

fn diff(old: &Document, new: &Document) -> Diff {
    compare(std::slice::from_ref(old), std::slice::from_ref(new), &rules())
}

/// `kind before -> after (wider; narrower)`.
fn lines(diff: &Diff) -> Vec<String> {
    let line = |kind: &Kind| {
        let (before, after) = kind.items();
        let names = |items: &[allowlistc::diff::Item]| {
            items
                .iter()
                .map(|item| format!("{}:{}", item.address(), item.pattern.port))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let mut text = format!("{}: {} -> {}", kind.as_str(), names(before), names(after));
        if let Kind::Reshaped { wider, narrower, .. } = kind {
            let shown = |request: &Option<Request>| {
                request.as_ref().map_or("nothing".to_owned(), ToString::to_string)
            };
            let _ = write!(text, " (+ {}, - {})", shown(wider), shown(narrower));
        }
        for aspect in kind.aspects() {
            let _ = write!(text, "; {} {:?} {:?}", aspect.column.as_str(), aspect.before, aspect.after);
        }
        text
    };
    diff.changes.iter().map(|change| line(&change.kind)).collect()
}

const BASE: [&str; 4] = [
    "WW 443 login.contoso.com Required y y",
    "EU 443 gw.contoso.com Required y -",
    "WW 443 *.updates.contoso.com Optional y y",
    "WW 80 crl.contoso.com/pki/* Required y y",
];

/// What is done to the base (`-` takes a row out, `+` puts one in), and what is said of it.
const CASES: &[(&[&str], &[&str])] = &[
    (&[], &[]),
    (&["+WW 443 new.contoso.com Required y y"], &["added:  -> new.contoso.com:443"]),
    (&["-gw."], &["removed: gw.contoso.com:443 -> "]),
    (
        &["-updates", "+WW 443 a.updates.contoso.com Optional y y"],
        &[
            "narrowed: *.updates.contoso.com:443 -> a.updates.contoso.com:443 (+ nothing, - https://b.updates.contoso.com/)",
        ],
    ),
    (
        &[
            "-updates",
            "+WW 443 a.updates.contoso.com Optional y y",
            "+WW 443 b.updates.contoso.com Optional y y",
        ],
        &[
            "narrowed: *.updates.contoso.com:443 -> a.updates.contoso.com:443 b.updates.contoso.com:443 (+ nothing, - https://c.updates.contoso.com/)",
        ],
    ),
    (
        &["-updates", "+WW 443 *updates.contoso.com Optional y y"],
        &[
            "widened: *.updates.contoso.com:443 -> *updates.contoso.com:443 (+ https://updates.contoso.com/, - nothing)",
        ],
    ),
    (
        &["-crl", "+WW 80 crl.contoso.com Required y y"],
        &["widened: crl.contoso.com/pki/*:80 -> crl.contoso.com:80 (+ http://crl.contoso.com/, - nothing)"],
    ),
    (
        &["-login", "+WW 443 login.contoso.com/oauth/* Required y y"],
        &[
            "narrowed: login.contoso.com:443 -> login.contoso.com/oauth/*:443 (+ nothing, - https://login.contoso.com/)",
        ],
    ),
    (
        &["-login", "+WW 80 login.contoso.com Required y y"],
        &["port changed: login.contoso.com:443 -> login.contoso.com:80"],
    ),
    (
        &["-gw.", "+UK 443 gw.contoso.com Required y -"],
        &["geography changed: gw.contoso.com:443 -> gw.contoso.com:443; geography {\"EU\"} {\"UK\"}"],
    ),
    (
        &["-gw.", "+EU 443 gw.contoso.com Optional y -"],
        &[
            "required or optional changed: gw.contoso.com:443 -> gw.contoso.com:443; need {\"required\"} {\"optional\"}",
        ],
    ),
    (
        &["-gw.", "+EU 443 gw.contoso.com Required y y"],
        &[
            "devices changed: gw.contoso.com:443 -> gw.contoso.com:443; devices {\"windows\"} {\"macos\", \"windows\"}",
        ],
    ),
    (&["-gw.", "+EU 443 https://GW.contoso.com/ Required y -"], &[]),
    (&["+WW 443 micro..soft.com Required y y"], &[]),
];

fn changed(edits: &[&str]) -> Document {
    let mut all: Vec<String> = BASE.iter().map(|row| (*row).to_owned()).collect();
    for edit in edits {
        match edit.strip_prefix('-') {
            Some(part) => all.retain(|row| !row.contains(part)),
            None => all.push(edit.trim_start_matches('+').to_owned()),
        }
    }
    page(&all)
}

#[test]
fn every_kind_of_change_is_told_with_its_names_and_a_request() {
    for (edits, expected) in CASES {
        assert_eq!(lines(&diff(&rows(&BASE), &changed(edits))), *expected, "{edits:?}");
    }
}

#[test]
fn what_another_entry_still_allows_is_told_so() {
    let old = rows(&["WW 443 *.contoso.com Required y y", "WW 443 a.contoso.com Required y y"]);
    let found = diff(&old, &rows(&["WW 443 *.contoso.com Required y y"]));
    let Kind::Removed { covered_by: Some(pattern), .. } = &found.changes[0].kind else { panic!("{found:?}") };
    assert_eq!(pattern.host.to_string(), "*.contoso.com");
}

#[test]
fn a_text_that_is_no_address_is_no_silent_change() {
    let found = diff(&rows(&BASE), &changed(&["+WW 443 micro..soft.com Required y y"]));
    assert!(!found.is_empty());
    assert_eq!(found.unreadable[1].keys().collect::<Vec<_>>(), ["micro..soft.com"]);
}

const LOG: &str = "\n## Change log\n\n|Date|Change log|\n|-|-|\n";

#[test]
fn changes_that_the_lists_own_log_does_not_name_are_marked() {
    let page = |rows: &str, log: &str| {
        let row = |text: &str| format!("|Contoso|WW|EDR|443|{text}|Required|Yes|Yes|\n");
        let rows: String = rows.split(' ').map(row).collect();
        document("list.md", format!("{HEAD}{rows}{LOG}{log}").as_bytes())
    };
    let old = page("a.contoso.com gone.contoso.com", "|15/08/2023|Removed: new.contoso.com|\n");
    let new = page(
        "a.contoso.com new.contoso.com secret.contoso.com",
        "|03/23/2026|Removed <https://gone.contoso.com>.<br>Added NEW.contoso.com|\n|01/02/2026|Better words|\n|15/08/2023|Removed: new.contoso.com|\n",
    );
    let found = diff(&old, &new);
    let report =
        Report { names: ["old".into(), "new".into()], list: Some(found.clone()), ..Report::default() };
    assert_eq!(
        to_human(&report),
        "2 added, 1 removed from old to new\n\
         the list's own change log names 2 of these 3 changes; the other 1 are marked\n\
         \ndevices\n  added\n    new.contoso.com (port 443, required, WW, macos, windows) (in the log on 2026-03-23)\n    \
         secret.contoso.com (port 443, required, WW, macos, windows) (not in the log)\n  removed\n    \
         gone.contoso.com (port 443, required, WW, macos, windows) (in the log on 2026-03-23)\n\
         \nthe list's own change log\n  new entries\n    \
         2026-03-23: Removed https://gone.contoso.com. Added NEW.contoso.com\n    \
         01/02/2026: Better words (names none of these addresses)\n"
    );
    assert_eq!(to_json(&report)["list"]["changes"][1]["in_log"], Value::Bool(false));
    // Without a new entry nothing is marked.
    let quiet = diff(&new, &page("a.contoso.com", "|15/08/2023|Removed: new.contoso.com|\n"));
    assert!(!to_human(&Report { list: Some(quiet), ..Report::default() }).contains("in the log"));
}

#[test]
fn no_cell_can_act_in_a_markdown_comment() {
    let hostile = document(
        "list.md",
        format!("{HEAD}|Contoso|`</code><img src=x>` @all|EDR|443|x.contoso.com|Required|Yes|Yes|\n|Contoso|EU|EDR|443|a]..(javascript:x).contoso.com|Required|Yes|Yes|\n").as_bytes(),
    );
    let old = rows(&["EU 443 x.contoso.com Required y y"]);
    let report =
        Report { names: ["a`b".into(), "new".into()], list: Some(diff(&old, &hostile)), ..Report::default() };
    let text = to_markdown(&report);
    for line in text.lines() {
        // Outside of code spans nothing of the cells is left.
        let outside: String = line.split('`').step_by(2).collect();
        assert!(
            !outside.contains("<img") && !outside.contains("@all") && !outside.contains("javascript"),
            "{line}"
        );
    }
    assert!(text.starts_with("**"), "{text}");
}

/// Hosts and paths in a common spelling, so that the truth files can be compared with sets alone.
fn truth(name: &str, sheets: &[&str]) -> Option<BTreeSet<(String, u64)>> {
    let text = fs::read_to_string(support::shared()?.join("truth").join(name)).expect("the truth");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let rows = value["rows"].as_array().expect("rows").iter();
    let rows = rows.filter(|row| sheets.contains(&row["sheet"].as_str().expect("a sheet")));
    let key = |row: &Value| {
        let host = row["parts"]["host"].as_str()?.to_lowercase();
        let path = row["parts"]["path"].as_str().unwrap_or_default();
        let http = row["parts"]["scheme"] == "http";
        let port = row["port"].as_u64().unwrap_or(if http { 80 } else { 443 });
        Some((format!("{host}{}", if path == "/" { "" } else { path }), port))
    };
    Some(rows.filter_map(key).collect())
}

/// All addresses that a diff says are gone from, or new in, one group.
fn sides(diff: &Diff, cloud: &str, role: allowlistc::source::Role) -> [BTreeSet<(String, u64)>; 2] {
    let mut sides = [BTreeSet::new(), BTreeSet::new()];
    let here = diff
        .changes
        .iter()
        .filter(|change| change.group.cloud.as_deref() == Some(cloud) && change.group.role == role);
    for change in here.filter(|change| !matches!(change.kind, Kind::Said(_))) {
        let (before, after) = change.kind.items();
        for (side, items) in sides.iter_mut().zip([before, after]) {
            side.extend(items.iter().map(|item| (item.address(), u64::from(item.pattern.port))));
        }
    }
    sides
}

#[test]
fn the_real_lists_of_2021_and_2025_differ_by_what_the_truth_files_say() {
    use allowlistc::source::Role;
    let Some(shared) = support::shared() else { return };
    let books = ["mde-urls-2021-03", "mde-urls-commercial-2025-06"];
    let [old, new] = books.map(|name| {
        let path = shared.join("workbooks").join(format!("{name}.xlsx"));
        document(name, &fs::read(path).expect("a workbook"))
    });
    let found = diff(&old, &new);
    for (cloud, role, old_sheet, new_sheet) in [
        ("commercial", Role::Endpoints, "Microsoft Defender URLs", "Microsoft Defender URLs"),
        ("commercial", Role::Portal, "Security Center URLs", "Security Center URLs"),
        ("government", Role::Endpoints, "Microsoft Defender URLs - USGov", ""),
        ("government", Role::Portal, "Security Center URLs - US Gov", ""),
    ] {
        let before = truth("mde-urls-2021-03.json", &[old_sheet]).expect("the truth");
        let after = truth("mde-urls-commercial-2025-06.json", &[new_sheet]).expect("the truth");
        let [gone, come] = sides(&found, cloud, role);
        assert_eq!(gone, before.difference(&after).cloned().collect(), "gone from {cloud} {role:?}");
        assert_eq!(come, after.difference(&before).cloned().collect(), "new in {cloud} {role:?}");
    }
    let shapes: Vec<&str> = found.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(shapes.iter().filter(|kind| **kind == "narrowed").count(), 5);
    assert_eq!(shapes.iter().filter(|kind| **kind == "widened").count(), 1);
    let report = Report {
        names: ["mde-urls-2021-03.xlsx".into(), "mde-urls-commercial-2025-06.xlsx".into()],
        list: Some(found),
        ..Report::default()
    };
    // The vendor's own words stand in no file of this repository: what is compared is what the report names.
    let markdown = to_markdown(&report);
    for name in truth("mde-urls-2021-03.json", &["Microsoft Defender URLs - USGov"]).expect("the truth") {
        assert!(markdown.contains(&format!("`{}`", name.0)), "{name:?}");
    }
}

#[test]
fn reports_of_the_sample_list_are_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = support::read(&root().join("tests/books/contoso-eu.tsv"));
    let newer = support::read(&root().join("tests/diff/changed.tsv"));
    for (name, text) in [("old.xlsx", &list), ("new.xlsx", &newer)] {
        fs::write(folder.path().join(name), support::book::book(text)).expect("a file");
    }
    fs::copy(root().join("samples/contoso-eu/profile.toml"), folder.path().join("profile.toml"))
        .expect("a copy");
    for (file, arguments) in [
        ("list.txt", &["diff", "old.xlsx", "new.xlsx"][..]),
        ("list.md", &["diff", "old.xlsx", "new.xlsx", "--format", "markdown"]),
        ("list.json", &["diff", "old.xlsx", "new.xlsx", "--format", "json"]),
        ("profile.txt", &["diff", "old.xlsx", "new.xlsx", "--profile", "profile.toml"]),
        (
            "profile.md",
            &["diff", "old.xlsx", "new.xlsx", "--profile", "profile.toml", "--format", "markdown"],
        ),
    ] {
        let ran = run_in(folder.path(), arguments);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert_file(&root().join("tests/diff").join(file), ran.out.as_bytes());
    }
    for (source, out) in [("old.xlsx", "a"), ("new.xlsx", "b")] {
        let ran = run_in(folder.path(), &["build", "profile.toml", "--source", source, "--out", out]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let ran = run_in(folder.path(), &["diff", "a", "b", "--profile", "profile.toml"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_file(&root().join("tests/diff/folders.txt"), ran.out.as_bytes());
    let ran = run_in(folder.path(), &["diff", "a", "a"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "no change from a to a\n"));
    let ran = run_in(folder.path(), &["diff", "old.xlsx", "old.xlsx", "--profile", "profile.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    for wrong in [
        &["diff", "a", "new.xlsx"][..],
        &["diff", "old.xlsx", "absent.xlsx"],
        &["diff", "old.xlsx", "profile.toml"],
    ] {
        let ran = run_in(folder.path(), wrong);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?} {}", ran.err);
        assert!(!ran.err.contains("\\n"), "{}", ran.err);
    }
}

#[test]
fn entries_of_a_lock_are_found_by_their_digest() {
    use allowlistc::manifest::sha256;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at(".allowlistc")).expect("a folder");
    let page = |host: &str| format!("{HEAD}|Contoso|WW|EDR|443|{host}|Required|Yes|Yes|\n");
    let source = |name: &str, profile: &str, origin: &str, text: &str, kept: bool| {
        let digest = sha256(text.as_bytes());
        if kept {
            fs::write(at(&format!(".allowlistc/{digest}-{name}")), text).expect("a copy");
        }
        format!(
            "\n[[source]]\nprofile = \"{profile}\"\n{origin}\nfile = \"{name}\"\nsha256 = \"{digest}\"\nbytes = {}\n",
            text.len()
        )
    };
    let url = "url = \"https://contoso.com/list.md\"";
    let old = source("list.md", "eu", url, &page("a.contoso.com"), true);
    let new = source("list.md", "eu", url, &page("b.contoso.com"), true);
    let other = source("own.md", "us", "path = \"own.md\"", &page("c.contoso.com"), false);
    let lost =
        source("lost.md", "uk", "url = \"https://contoso.com/lost.md\"", &page("d.contoso.com"), false);
    fs::write(at("own.md"), page("c.contoso.com")).expect("a file");
    fs::write(at("old.lock"), format!("version = 1\n{old}")).expect("a lock");
    fs::write(at("allowlistc.lock"), format!("version = 1\n{new}{other}{lost}")).expect("a lock");
    for (arguments, code, told) in [
        (["old.lock", "allowlistc.lock#eu"], 1, "1 added, 1 removed from old.lock to allowlistc.lock#eu"),
        (["old.lock", "allowlistc.lock#list.md"], 1, "b.contoso.com"),
        (["old.lock", "allowlistc.lock#https://contoso.com/list.md"], 1, "b.contoso.com"),
        (["old.lock", "allowlistc.lock#us"], 1, "c.contoso.com"),
        (["own.md", "allowlistc.lock#us"], 0, "no change"),
        (["old.lock", "allowlistc.lock#uk"], 2, "the cache has no copy of it"),
        (["old.lock", "allowlistc.lock#xx"], 2, "names no list `xx`; it has the profiles `eu`, `uk`, `us`"),
        (["old.lock", "absent.lock"], 2, "reading `absent.lock`"),
    ] {
        let ran = run_in(folder.path(), &["diff", arguments[0], arguments[1]]);
        assert_eq!(ran.code, code, "{arguments:?} {} {}", ran.out, ran.err);
        assert!(ran.out.contains(told) || ran.err.contains(told), "{arguments:?} {} {}", ran.out, ran.err);
    }
}

/// Addresses with many relations to each other.
fn made() -> impl Strategy<Value = Vec<String>> {
    let address = prop::sample::select(vec![
        "a.contoso.com",
        "b.contoso.com",
        "*.contoso.com",
        "*.a.contoso.com",
        "x.a.contoso.com",
        "*a.contoso.com",
        "gw*x.contoso.com",
        "gw-1x.contoso.com",
        "a.contoso.com/p/*",
        "a.contoso.com/p/q/*",
        "a.contoso.com/p/q",
        "a.contoso.com/p/",
        "*.contoso.com/p/*",
        "b.contoso.com/",
        "B.contoso.com",
    ]);
    let geography = prop::sample::select(vec!["WW", "EU", "UK"]);
    let row = (geography, prop::sample::select(vec![443, 80]), address, any::<bool>(), any::<bool>());
    let row = row.prop_map(|(geography, port, address, required, mac)| {
        let need = if required { "Required" } else { "Optional" };
        format!("{geography} {port} {address} {need} y {}", if mac { "y" } else { "-" })
    });
    prop::collection::vec(row, 0..9)
}

/// A list that always has one row, so that no side is without a header.
fn with_anchor(mut rows: Vec<String>) -> Document {
    rows.push("WW 443 anchor.fabrikam.com Required y y".to_owned());
    page(&rows)
}

fn patterns(document: &Document) -> BTreeSet<Pattern> {
    let rules = rules();
    let rows = document.tables.iter().flat_map(|table| &table.rows);
    rows.map(|row| allowlistc::normalise::meaning(&row.address, row.port, &rules).expect("an address"))
        .collect()
}

fn swapped(kind: &str) -> &str {
    match kind {
        "added" => "removed",
        "removed" => "added",
        "widened" => "narrowed",
        "narrowed" => "widened",
        same => same,
    }
}

/// Kind and addresses of every change.
fn shape(diff: &Diff, reversed: bool) -> BTreeSet<(String, BTreeSet<Pattern>, BTreeSet<Pattern>)> {
    let of = |kind: &Kind| {
        let (before, after) = kind.items();
        let [before, after] =
            [before, after].map(|items| items.iter().map(|item| item.pattern.clone()).collect());
        let name = if reversed { swapped(kind.as_str()) } else { kind.as_str() };
        let (before, after) = if reversed { (after, before) } else { (before, after) };
        (name.to_owned(), before, after)
    };
    diff.changes.iter().map(|change| of(&change.kind)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_list_does_not_differ_from_itself_in_any_order(rows in made()) {
        let mut reversed = rows.clone();
        reversed.reverse();
        prop_assert!(diff(&with_anchor(rows.clone()), &with_anchor(rows.clone())).is_empty());
        prop_assert_eq!(lines(&diff(&with_anchor(rows), &with_anchor(reversed))), Vec::<String>::new());
    }

    #[test]
    fn the_way_back_swaps_added_with_removed_and_widened_with_narrowed(old in made(), new in made()) {
        let (old, new) = (with_anchor(old), with_anchor(new));
        prop_assert_eq!(shape(&diff(&old, &new), false), shape(&diff(&new, &old), true));
    }

    #[test]
    fn the_old_list_with_all_changes_is_the_new_list(old in made(), new in made()) {
        let (old, new) = (with_anchor(old), with_anchor(new));
        let found = diff(&old, &new);
        let mut list = patterns(&old);
        for change in found.changes.iter().filter(|change| !matches!(change.kind, Kind::Said(_))) {
            let (before, after) = change.kind.items();
            for item in before {
                prop_assert!(list.remove(&item.pattern), "{:?} is not in the old list, or is told twice", item.pattern);
            }
            for item in after {
                prop_assert!(!patterns(&old).contains(&item.pattern));
                list.insert(item.pattern.clone());
            }
        }
        prop_assert_eq!(list, patterns(&new));
    }

    #[test]
    fn every_witness_is_what_it_says(old in made(), new in made()) {
        let found = diff(&with_anchor(old), &with_anchor(new));
        for change in &found.changes {
            let Kind::Reshaped { sides, wider, narrower } = &change.kind else { continue };
            let allowed = |items: &[allowlistc::diff::Item], request: &Request| items.iter().any(|item| allows(&item.pattern, request));
            prop_assert!(wider.is_some() || narrower.is_some() || !sides.before.is_empty());
            if let Some(request) = wider {
                prop_assert!(allowed(&sides.after, request) && !allowed(&sides.before, request));
            }
            if let Some(request) = narrower {
                prop_assert!(!allowed(&sides.after, request) && allowed(&sides.before, request));
            }
        }
    }
}

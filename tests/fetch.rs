//! `fetch` against servers on loopback: what is written, what is said, and what builds then read.

#![cfg(feature = "fetch")]
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
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use allowlistc::lock::Origin;
use serde_json::Value;
use support::book::book;
use support::fetching::{
    DATE, FETCH, command, fetch, files, list, list_with, lock, lock_text, longer_list, run, serve,
    text_of_list, vendor, work,
};
use support::server::{Reply, Request, Server, response};
use support::{read, root};

#[test]
fn a_fetch_locks_what_a_build_then_reads_without_a_network() {
    let server = serve(|_| Reply::file(DATE, &list()));
    let url = server.url("/lists/mde-urls.xlsx?key=secret");
    let work = work(std::slice::from_ref(&url));
    let before = run(&work, &["build", "profile.toml"]);
    assert_eq!(before.code, 1);
    assert!(before.err.contains("error[source-not-fetched]"), "{}", before.err);
    let fetched = fetch(&work, &[]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    assert!(fetched.err.is_empty(), "{}", fetched.err);
    let lock = lock(&lock_text(&work));
    let entry = lock.entry("contoso-eu", &Origin::Url(url)).expect("an entry");
    assert_eq!(entry.file, "mde-urls.xlsx");
    assert_eq!(entry.from.as_deref(), Some(server.url("/lists/mde-urls.xlsx").as_str()));
    assert_eq!(entry.date.as_deref(), Some("Thu, 16 Oct 2025 10:00:00 GMT"));
    assert_eq!(entry.bytes, list().len() as u64);
    let rows: Vec<(&str, usize)> = entry.rows.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
    assert_eq!(rows, [("Microsoft Defender URLs", 98), ("Security Center URLs", 9)]);
    let asked = server.requests().len();
    let built = run(&work, &["build", "profile.toml", "--locked", "--offline"]);
    assert_eq!(built.code, 0, "{}", built.err);
    for verb in [&["list", "profile.toml"][..], &["why", "http://crl.microsoft.com", "profile.toml"]] {
        assert_eq!(run(&work, verb).code, 0, "{verb:?}");
    }
    assert_eq!(server.requests().len(), asked, "nothing but `fetch` uses the network");
    let manifest: Value =
        serde_json::from_str(&read(&work.path().join("dist/contoso-eu/manifest.json"))).unwrap();
    let source = &manifest["sources"][0];
    assert_eq!(source["sha256"], entry.sha256.as_str());
    assert_eq!(source["date"], "Thu, 16 Oct 2025 10:00:00 GMT");
    assert_eq!(source["date_of"], "server");
}

#[test]
fn a_second_fetch_asks_for_changes_only_and_leaves_every_byte() {
    let server = serve(|request| match request.header("if-none-match") {
        Some("\"one\"") => Reply::status("304 Not Modified", "ETag: \"one\"\r\n"),
        _ => Reply::file("ETag: \"one\"\r\n", &list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    let again = fetch(&work, &[]);
    assert!(again.out.contains("unchanged") && again.code == 0, "{}", again.out);
    assert_eq!(files(&work), before);
    assert_eq!(fetch(&work, &["--check"]).code, 0);
    assert_eq!(fetch(&work, &["--fresh"]).code, 0);
    assert_eq!(files(&work), before);
}

#[test]
fn a_check_exits_with_10_when_something_changed_and_writes_nothing() {
    let server = serve(|request| Reply::file("", &if request.before < 2 { list() } else { longer_list() }));
    let work = work(&[server.url("/list.xlsx")]);
    let before = files(&work);
    assert_eq!(fetch(&work, &["--check"]).code, 10);
    assert_eq!(files(&work), before, "not even a cache is made");
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    let changed = fetch(&work, &["--check"]);
    assert_eq!(changed.code, 10);
    assert!(changed.out.contains("\n  changed  "), "{}", changed.out);
    assert_eq!(files(&work), before);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(fetch(&work, &["--check"]).code, 0);
    let copies =
        files(&work).iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "xlsx")).count();
    assert_eq!(copies, 2, "the copy of before stays for comparisons");
}

#[test]
fn older_copies_go_where_that_is_asked_for_and_what_a_lock_names_stays() {
    let server = serve(|request| {
        Reply::file("ETag: \"x\"\r\n", &list_with(&format!("n{}.contoso.com", request.before)))
    });
    let work = work(&[server.url("/list.xlsx")]);
    let cache = work.path().join(".allowlistc");
    let anew = ["--fresh", "--accept", "guard-required-gone=another one each time"];
    for _ in 0..22 {
        let ran = fetch(&work, &anew);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    fs::write(cache.join("mine.txt"), "notes").expect("a file");
    let told = fetch(&work, &anew);
    assert!(told.out.contains(": 22 older copies, ") && told.out.contains("`--prune`"), "{}", told.out);
    let pruned = fetch(&work, &[&anew[..], &["--prune"]].concat());
    assert_eq!(pruned.code, 0, "{}", pruned.err);
    assert!(pruned.out.contains(": 23 older copies removed, "), "{}", pruned.out);
    let copies =
        files(&work).into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "xlsx"));
    assert_eq!(copies.count(), 1);
    assert!(cache.join("mine.txt").is_file(), "files of other people stay");
    assert_eq!(run(&work, &["build", "profile.toml", "--locked"]).code, 0);
    for other in [&["--cache", "elsewhere"][..], &["--check"]] {
        assert_eq!(fetch(&work, &[&["--prune"], other].concat()).code, 2, "{other:?}");
    }
}

#[test]
fn the_same_bytes_under_new_headers_are_no_change() {
    let server = serve(|request| Reply::file(&format!("ETag: \"{}\"\r\n{DATE}", request.before), &list()));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(fetch(&work, &["--check"]).code, 0);
    assert_eq!(files(&work), before);
}

#[test]
fn a_lost_or_changed_copy_is_told_by_builds_and_brought_back_by_a_fetch() {
    let server = serve(|request| match request.header("if-none-match") {
        Some(_) => Reply::status("304 Not Modified", ""),
        None => Reply::file("ETag: \"one\"\r\n", &list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let before = files(&work);
    let (copy, _) =
        before.iter().find(|(path, _)| path.extension().is_some_and(|end| end == "xlsx")).expect("a copy");
    for (damage, words) in [(None, "has no copy"), (Some("half"), "was changed")] {
        match damage {
            None => fs::remove_file(copy).expect("removed"),
            Some(text) => fs::write(copy, text).expect("written"),
        }
        let built = run(&work, &["build", "profile.toml"]);
        assert_eq!(built.code, 1);
        assert!(built.err.contains("source-not-fetched") && built.err.contains(words), "{}", built.err);
        assert_eq!(fetch(&work, &[]).code, 0);
        assert_eq!(files(&work), before);
    }
}

#[test]
fn a_server_that_contradicts_its_own_version_is_asked_for_the_whole_file() {
    let server = serve(|request| match request.header("if-none-match") {
        Some(_) => Reply::status("304 Not Modified", "ETag: \"two\"\r\n"),
        None if request.before == 0 => Reply::file("ETag: \"one\"\r\n", &list()),
        None => Reply::file("ETag: \"two\"\r\n", &longer_list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let again = fetch(&work, &[]);
    assert!(again.code == 0 && again.out.contains("\n  changed  "), "{}{}", again.err, again.out);
}

#[test]
fn what_a_server_said_of_one_address_is_not_told_to_another() {
    let server = serve(|request| match request.target.as_str() {
        "/short" => Reply::status("302 Found", &format!("Location: /{}.xlsx\r\n", request.before)),
        _ if request.header("if-none-match").is_some() => Reply::status("304 Not Modified", ""),
        "/0.xlsx" => Reply::file("ETag: \"same\"\r\n", &list()),
        _ => Reply::file("ETag: \"same\"\r\n", &longer_list()),
    });
    let work = work(&[server.url("/short")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let again = fetch(&work, &[]);
    assert!(again.out.contains("\n  changed  "), "{}", again.out);
    let lock = lock(&lock_text(&work));
    let from = lock.entries().next().and_then(|entry| entry.from.clone());
    assert_eq!(from, Some(server.url("/1.xlsx")));
}

#[test]
fn failures_that_pass_are_tried_again_and_a_wanted_pause_is_kept() {
    let server = serve(|request| match request.before {
        0 => Reply::status(
            "503 Unavailable",
            "Date: Tue, 03 Mar 2026 12:00:00 GMT\r\nRetry-After: Tue, 03 Mar 2026 12:00:01 GMT\r\n",
        ),
        1 => Reply::Bytes(response("200 OK", "", &list())[..2000].to_vec()),
        _ => Reply::file("", &list()),
    });
    let work = work(&[server.url("/list.xlsx")]);
    let started = Instant::now();
    let ran = run(&work, &["fetch", "--ca-bundle", "authority.pem", "--retries", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(server.requests().len(), 3);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn local_files_are_locked_as_well_and_a_locked_build_refuses_others() {
    let work = work(&[]);
    let profile = read(&root().join("samples/contoso-eu/profile.toml"));
    fs::write(work.path().join("profile.toml"), profile).expect("a profile");
    fs::write(work.path().join("list.xlsx"), list()).expect("a list");
    let locked = ["build", "profile.toml", "--locked"];
    let refused = run(&work, &locked);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("error[source-not-locked]: `list.xlsx` is not in the lock"),
        "{}",
        refused.err
    );
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(run(&work, &locked).code, 0);
    fs::write(work.path().join("list.xlsx"), longer_list()).expect("a list");
    let refused = run(&work, &locked);
    assert!(
        refused.code == 1 && refused.err.contains("is not the file that the lock names"),
        "{}",
        refused.err
    );
    assert_eq!(run(&work, &["build", "profile.toml"]).code, 0, "only --locked compares");
    assert_eq!(run(&work, &["list", "profile.toml", "--locked"]).code, 1, "every verb compares");
    assert_eq!(fetch(&work, &["--check"]).code, 10);
    let both = run(&work, &["build", "profile.toml", "--locked", "--source", "list.xlsx"]);
    assert_eq!(both.code, 2);
    assert_eq!(fetch(&work, &[]).code, 0);
    fs::write(work.path().join("list.xlsx"), "<html><head>").expect("a page");
    let page = fetch(&work, &[]);
    assert!(page.code == 1 && page.err.contains("error[not-a-list]"), "{}", page.err);
    fs::write(work.path().join("list.xlsx"), longer_list()).expect("a list");
    let moved = work.path().join("other.xlsx");
    fs::rename(work.path().join("list.xlsx"), moved).expect("moved");
    let renamed =
        run(&work, &["build", "profile.toml", "--locked", "--set", "sources.files=[\"other.xlsx\"]"]);
    assert!(renamed.err.contains("which the profile does not name"), "{}", renamed.err);
}

/// A file of the command line takes the place of the profile's sources, and a profile that names it builds from the lock.
#[test]
fn a_list_of_the_command_line_is_locked_in_place_of_the_profiles_own() {
    let work = work(&[]);
    let profile = read(&root().join("samples/contoso-eu/profile.toml"));
    fs::write(work.path().join("profile.toml"), profile).expect("a profile");
    fs::write(work.path().join("other.xlsx"), list()).expect("a list");
    assert_eq!(fetch(&work, &[]).code, 2, "the profile's own list is not there");
    let fetched = fetch(&work, &["--source", "./other.xlsx"]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    let lock = read(&work.path().join("allowlistc.lock"));
    assert!(lock.contains("\"other.xlsx\"") && !lock.contains("list.xlsx\""), "{lock}");
    let built = run(&work, &["build", "profile.toml", "--locked", "--set", "sources.files=[\"other.xlsx\"]"]);
    assert_eq!(built.code, 0, "{}", built.err);
}

#[test]
fn profiles_of_one_folder_share_the_lock_and_not_its_entries() {
    let server = serve(|_| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(fetch(&work, &["--set", "name=fabrikam"]).code, 0);
    let text = lock_text(&work);
    let profiles: Vec<String> = lock(&text).entries().map(|entry| entry.profile.clone()).collect();
    assert_eq!(profiles, ["contoso-eu", "fabrikam"]);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(lock_text(&work), text);
}

#[test]
fn a_broken_lock_is_never_replaced() {
    let server = serve(|_| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    for (text, words) in [
        ("version = 1\n<<<<<<< HEAD\n", "allowlistc.lock:2"),
        ("version = 2\nfuture = true\n", "version 2"),
        (
            "version = 1\n[[source]]\nprofile = \"a\"\nurl = \"u\"\nfile = \"../x\"\nsha256 = \"0\"\nbytes = 1\n",
            "SHA-256",
        ),
        ("version = 1\nsauce = []\n", "sauce"),
    ] {
        fs::write(work.path().join("allowlistc.lock"), text).expect("a lock");
        for arguments in [&FETCH[..], &["build", "profile.toml"], &["build", "profile.toml", "--locked"]] {
            let ran = run(&work, arguments);
            assert_eq!(ran.code, 1, "{arguments:?}");
            assert!(ran.err.contains("error[lock-broken]") && ran.err.contains(words), "{}", ran.err);
        }
        assert_eq!(lock_text(&work), text);
    }
}

#[test]
fn options_that_cannot_be_used_end_with_2() {
    let work = work(&["https://localhost:1/list.xlsx".to_owned()]);
    fs::write(work.path().join("empty.pem"), "nothing").expect("a file");
    for (arguments, words) in [
        (&["fetch", "--proxy", "user:secret@"][..], "`--proxy` needs an address"),
        (&["fetch", "--ca-bundle", "empty.pem"], "`--ca-bundle` needs a file with certificates"),
        (&["fetch", "--ca-bundle", "nowhere.pem"], "reading `nowhere.pem`"),
        (&["fetch", "--accept", "guard-empty=why not"], "an empty list is never accepted"),
        (&["fetch", "--accept", "guard-rows-lost"], "without a reason"),
        (&["fetch", "--timeout", "0"], "--timeout"),
    ] {
        let ran = run(&work, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(words) && !ran.err.contains("secret"), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn plain_http_is_fetched_where_it_is_allowed() {
    let server = Server::start(None, false, |_: &Request| Reply::file("", &list()));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &["--allow-http"]).code, 0);
}

#[test]
fn a_proxy_of_the_environment_is_used_and_one_of_the_command_line_before_it() {
    let served = |_: &Request| Reply::file("", &list());
    let (first, second) = (Server::start(None, false, served), Server::start(None, false, served));
    let work = work(&["http://lists.contoso.com/list.xlsx".to_owned()]);
    let fetch_through = |more: &[&str]| {
        let arguments = [&["fetch", "--allow-http", "--fresh", "--retries", "0"][..], more].concat();
        let mut command = command(work.path(), &arguments);
        command
            .env("HTTP_PROXY", first.url(""))
            .env("http_proxy", first.url(""))
            .output()
            .expect("it runs")
            .status
            .code()
    };
    assert_eq!(fetch_through(&[]), Some(0));
    assert_eq!(first.requests(), ["GET http://lists.contoso.com/list.xlsx"]);
    assert_eq!(fetch_through(&["--proxy", &second.url("")]), Some(0));
    assert_eq!(second.requests(), ["GET http://lists.contoso.com/list.xlsx"]);
    assert_eq!(first.requests().len(), 1);
}

/// The service tags of a sample under a new name every week, and the page that links to them.
fn vendors_files(request: &Request) -> Reply {
    let tags = fs::read(root().join("samples/northwind-streamlined/service-tags.json")).expect("tags");
    let link = "https://download.microsoft.com/download/7/1/D/71D86715/ServiceTags_Public_20260706.json";
    let page = format!("<html><a href=\"{link}\">Download</a></html>");
    let learn = request.header("host") == Some("learn.microsoft.com");
    match request.target.as_str() {
        "/download/details.aspx?id=56519" => Reply::file("", page.as_bytes()),
        "/download/7/1/D/71D86715/ServiceTags_Public_20260706.json" => Reply::file(DATE, &tags),
        target if learn && target.ends_with("?accept=text/markdown") => {
            let streamlined = "# Streamlined connectivity URLs\n\n## Common endpoints\n\n\
                | Service | Port | Endpoint/URLs | Type | OS |\n|---|---|---|---|---|\n\
                | Core | 443 | *.endpoint.security.microsoft.com | Required | All |\n";
            Reply::file("", streamlined.as_bytes())
        }
        _ if learn => Reply::file("", b"<!DOCTYPE html><html></html>"),
        _ => Reply::status("404 Not Found", ""),
    }
}

#[test]
fn a_profile_without_sources_gets_what_the_vendor_publishes_for_its_cloud() {
    let server = vendor(vendors_files);
    let work = work(&[]);
    let profile = read(&root().join("samples/northwind-streamlined/profile.toml"));
    let without = profile.replace("[sources]\nfiles = [\"list.xlsx\", \"service-tags.json\"]\n", "");
    assert_ne!(profile, without);
    fs::write(work.path().join("profile.toml"), without).expect("a profile");
    let none = run(&work, &["build", "profile.toml"]);
    assert!(
        none.err.contains("error[no-source]") && none.err.contains("allowlistc fetch profile.toml"),
        "{}",
        none.err
    );
    let proxy = format!("http://localhost:{}", server.port());
    let fetched = fetch(&work, &["--proxy", &proxy]);
    assert_eq!(fetched.code, 0, "{}", fetched.err);
    // The workbook of 2024 is for comparison only: that it is gone is a warning.
    assert!(fetched.err.contains("warning[download-failed]: the server answers with 404"), "{}", fetched.err);
    let lock = lock(&lock_text(&work));
    let files: Vec<&str> = lock.entries().map(|entry| entry.file.as_str()).collect();
    assert_eq!(
        files,
        ["streamlined-device-connectivity-urls-commercial.md", "ServiceTags_Public_20260706.json"]
    );
    let tags = lock.entries().last().expect("tags");
    assert_eq!(tags.origin.to_string(), "https://www.microsoft.com/download/details.aspx?id=56519");
    assert!(tags.rows.contains_key("MicrosoftDefenderForEndpoint"), "{:?}", tags.rows);
    let built = run(&work, &["list", "profile.toml", "--locked"]);
    assert_eq!(built.code, 0, "{}", built.err);
    assert!(built.out.contains("endpoint.security.microsoft.com"), "{}", built.out);
    assert_eq!(fetch(&work, &["--proxy", &proxy, "--check"]).code, 0);
}

#[test]
fn a_list_for_comparison_is_locked_not_built_and_stays_when_the_vendor_drops_it() {
    let server = vendor(|request| match request.target.as_str() {
        target if target.ends_with("/mde-streamlined-urls-commercial.xlsx") && request.before == 0 => {
            Reply::file("", &list())
        }
        _ => vendors_files(request),
    });
    let work = work(&[]);
    let profile = read(&root().join("samples/northwind-streamlined/profile.toml"));
    let profile = profile.replace("files = [\"list.xlsx\", \"service-tags.json\"]\n", "");
    fs::write(work.path().join("profile.toml"), profile).expect("a profile");
    let proxy = format!("http://localhost:{}", server.port());
    let fetch = |more: &[&str]| fetch(&work, &[&["--proxy", &proxy], more].concat());
    let first = fetch(&[]);
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    assert!(first.out.contains("for comparison only"), "{}", first.out);
    let text = lock_text(&work);
    assert_eq!(lock(&text).entries().count(), 3);
    assert_eq!(run(&work, &["build", "profile.toml", "--locked", "--target", "squid"]).code, 0);
    let manifest = read(&work.path().join("dist/northwind-streamlined/manifest.json"));
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["sources"].as_array().map(Vec::len), Some(2));
    for lost in [false, true] {
        if lost {
            fs::remove_dir_all(work.path().join(".allowlistc")).expect("the cache");
        }
        let later = fetch(&[]);
        assert!(later.code == 0 && later.err.contains("warning[download-failed]"), "{}", later.err);
        assert_eq!(fetch(&["--check"]).code, 0);
        assert_eq!(lock_text(&work), text);
    }
}

#[test]
fn a_list_that_lost_half_its_rows_is_refused_until_that_is_accepted() {
    let half = || {
        let text = text_of_list();
        let kept: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(at, line)| *at < 3 || at % 2 == 0 || line.starts_with('['))
            .map(|(_, line)| line)
            .collect();
        book(&kept.join("\n"))
    };
    let server = serve(move |request| Reply::file("", &if request.before == 0 { list() } else { half() }));
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    let (text, built) =
        (lock_text(&work), || run(&work, &["list", "profile.toml", "--locked", "--format", "csv"]).out);
    let before = built();
    let refused = fetch(&work, &[]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("error[guard-rows-lost]") && refused.err.contains("`crl.microsoft.com`"),
        "{}",
        refused.err
    );
    assert!(refused.out.contains("not in use, but kept to look at: .allowlistc/"), "{}", refused.out);
    assert_eq!((lock_text(&work), built()), (text.clone(), before.clone()));
    assert_eq!(
        fetch(&work, &["--check"]).code,
        10,
        "a check says that something changed, whatever the guard thinks"
    );
    let accepted = fetch(
        &work,
        &[
            "--accept",
            "guard-rows-lost=the vendor moved them",
            "--accept",
            "guard-required-gone=moved as well",
            "--accept",
            "guard-geography-gone=one more",
            "--accept",
            "guard-header-lost=and this",
        ],
    );
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let lock = lock(&lock_text(&work));
    let reasons: Vec<&str> =
        lock.accepted("contoso-eu").iter().map(|accepted| accepted.reason.as_str()).collect();
    assert!(reasons.contains(&"the vendor moved them") && reasons.contains(&"moved as well"), "{reasons:?}");
    assert_ne!(built(), before);
    let text = lock_text(&work);
    assert_eq!(fetch(&work, &[]).code, 0);
    assert_eq!(lock_text(&work), text, "the reason stays as long as the list does");
}

#[test]
fn without_the_old_copy_the_row_counts_of_the_lock_guard() {
    let few = "[Microsoft Defender URLs]\n";
    let server = serve(move |request| {
        let text = text_of_list();
        let rows: Vec<&str> = text.lines().skip(2).take(30).collect();
        let short = book(&format!("{few}{}", rows.join("\n")));
        Reply::file("", &if request.before == 0 { list() } else { short })
    });
    let work = work(&[server.url("/list.xlsx")]);
    assert_eq!(fetch(&work, &[]).code, 0);
    fs::remove_dir_all(work.path().join(".allowlistc")).expect("the cache");
    let text = lock_text(&work);
    let refused = fetch(&work, &[]);
    assert_eq!(refused.code, 1);
    for words in [
        "warning[guard-copy-missing]",
        "error[guard-table-gone]: the table `Security Center URLs` with its 9 rows is gone",
        "error[guard-rows-lost]: the table `Microsoft Defender URLs` has 29 rows in place of 98",
    ] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    assert_eq!(lock_text(&work), text);
    let accepted =
        fetch(&work, &["--accept", "guard-rows-lost=so be it", "--accept", "guard-table-gone=that too"]);
    assert_eq!(accepted.code, 0, "{}", accepted.err);
    let lock = lock(&lock_text(&work));
    let codes: Vec<&str> =
        lock.accepted("contoso-eu").iter().map(|accepted| accepted.code.as_str()).collect();
    assert_eq!(codes, ["guard-rows-lost", "guard-table-gone"]);
}

#[test]
fn two_fetches_at_once_wait_for_each_other() {
    let server = serve(|_| {
        let bytes = response("200 OK", "", &list());
        Reply::Slowly(bytes[..500].to_vec(), Duration::from_millis(700), bytes[500..].to_vec())
    });
    let work = work(&[server.url("/list.xlsx")]);
    let start = || {
        command(work.path(), &FETCH).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs")
    };
    let first = start();
    // Until the first one asks, it may not hold the cache yet.
    while server.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    let second = start();
    let [first, second] = [first, second].map(|child| child.wait_with_output().expect("it ends"));
    assert!(first.status.success() && second.status.success());
    let words = "waiting for another fetch that uses `.allowlistc`";
    assert!(String::from_utf8_lossy(&second.stderr).contains(words));
    assert!(String::from_utf8_lossy(&second.stdout).contains("unchanged"));
    assert_eq!(run(&work, &["list", "profile.toml", "--locked"]).code, 0);
}

//! Access logs: every format, broken ones, and what they say of a list.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use allowlistc::allowlist::{Allowlist, Entry};
use allowlistc::pattern::{Path as UrlPath, Pattern, Request, Scheme, allows, parse_address};
use allowlistc::replay::{Chunks, Documents, Hosts, Reader, Report, Subject, recognise, replay};
use allowlistc::rules::Rules;
use allowlistc::texts::Texts;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::Value;
use support::{Ran, access_log, assert_file, files_below, root, run_bytes, run_in};

const CONTOSO: &str = "samples/contoso-eu/profile.toml";
/// Its list has networks.
const NORTHWIND: &str = "samples/northwind-streamlined/profile.toml";

fn folder() -> PathBuf {
    root().join("tests/replay")
}

fn replayed(log: &str, more: &[&str]) -> Ran {
    run_in(&root(), &[&["replay", log, CONTOSO], more].concat())
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

#[test]
fn every_log_has_its_report() {
    for path in files_below(&folder().join("logs")) {
        let ending = path.extension().expect("an ending").to_string_lossy().into_owned();
        if !["log", "csv", "json"].contains(&ending.as_str()) {
            continue;
        }
        let log = path.strip_prefix(root()).expect("a path below the root").to_string_lossy().into_owned();
        let profile = if log.contains("traffic") { NORTHWIND } else { CONTOSO };
        let mut arguments = vec!["replay", log.as_str(), profile];
        let format = fs::read_to_string(path.with_extension("logformat")).unwrap_or_default();
        if !format.is_empty() {
            arguments.extend(["--logformat", format.trim_end()]);
        }
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for (form, ending) in [("human", "txt"), ("json", "json"), ("markdown", "md")] {
            let ran = run_in(&root(), &[&arguments[..], &["--format", form]].concat());
            // The findings of building the list come before, and are the same for every log.
            assert_eq!(ran.code, 1, "{log}: {}{}", ran.out, ran.err);
            assert_file(&folder().join(format!("reports/{stem}.{ending}")), ran.out.as_bytes());
        }
    }
}

#[test]
fn a_broken_log_says_where_and_why() {
    for path in files_below(&folder().join("broken")) {
        if path.extension().is_some_and(|ending| ending == "txt") {
            continue;
        }
        let log = path.strip_prefix(root()).expect("a path below the root").to_string_lossy().into_owned();
        let ran = replayed(&log, &[]);
        let head = ran.out.lines().take(2).collect::<Vec<_>>().join("\n");
        let head = if head.is_empty() { head } else { head + "\n" };
        let text = format!("{}{head}exit {}\n", ran.err, ran.code);
        assert_file(&path.with_extension("txt"), text.as_bytes());
    }
}

#[test]
fn packed_logs_say_what_plain_ones_say() {
    let plain = fs::read(folder().join("logs/native.log")).expect("a log");
    let (first, second) = plain.split_at(plain.len() / 2);
    let gz = |part: &[u8]| {
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(part).expect("packed");
        writer.finish().expect("packed")
    };
    let zst = |part: &[u8]| zstd::encode_all(part, 1).expect("packed");
    let expected = replayed("tests/replay/logs/native.log", &["--format", "json"]);
    let with_mark = [b"\xef\xbb\xbf".as_slice(), &plain].concat();
    for bytes in [
        plain.clone(),
        with_mark,
        gz(&plain),
        [gz(first), gz(second)].concat(),
        zst(&plain),
        [zst(first), zst(second)].concat(),
    ] {
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], &bytes);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert_eq!(ran.out, expected.out.replace("tests/replay/logs/native.log", "standard input"));
    }
}

#[test]
fn a_file_that_is_read_in_places_says_what_standard_input_says() {
    let mut log = b"\xef\xbb\xbf".to_vec();
    access_log::write(1_500_000, &mut log).expect("a log");
    let (long, broken) = (vec![b'x'; 700_000], b"1795538190.101 145 10.0.0.5 TCP_TUNNEL/200 cut");
    log.extend_from_slice(&[&long[..], b"\n\n", &log[3..400_000], broken].concat());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.log");
    fs::write(&file, &log).expect("written");
    let name = file.to_string_lossy().into_owned();
    let (by_file, by_input) = (
        replayed(&name, &["--format", "json"]),
        run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], &log),
    );
    assert_eq!(json(&by_file)["unread_lines"], 2, "{}", by_file.err);
    let mut reports = [json(&by_file), json(&by_input)];
    for report in &mut reports {
        report["log"] = Value::Null;
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!(by_file.err.replace(&name, "standard input"), by_input.err);
}

#[test]
fn the_last_line_of_a_log_that_is_being_written_needs_not_be_whole() {
    let mut log = Vec::new();
    access_log::write(300_000, &mut log).expect("a log");
    let (cut, long) = ("1795538190.101 145 10.0.0.5 TCP_TUNNEL/200 cut", "x".repeat(700_000));
    for (end, code) in [(String::new(), 0), (cut.to_owned(), 0), (format!("{cut}\n"), 2), (long, 2)] {
        let log = [&log, end.as_bytes()].concat();
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], &log);
        assert_eq!(ran.code, code, "{}: {}", end.len(), ran.err);
        assert_eq!(json(&ran)["unread_lines"], u64::from(!end.is_empty()), "{}", ran.err);
    }
}

#[test]
fn a_packed_log_that_breaks_off_is_counted_as_far_as_it_goes_and_told() {
    let mut plain = Vec::new();
    access_log::write(300_000, &mut plain).expect("a log");
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(&plain).expect("packed");
    let gz = writer.finish().expect("packed");
    let zst = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    for packed in [gz, zst] {
        let half = packed.get(..packed.len() / 2).expect("a half");
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], half);
        // The denied request may stand in the rest.
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains("warning[log-breaks-off]"), "{}", ran.err);
        let lines = json(&ran)["lines"].as_u64().expect("a number");
        assert!(lines > 100 && !json(&ran)["broken"].is_null(), "{lines}");
        assert_eq!(json(&ran)["unread_lines"], 0, "no line is taken for whole that was cut off");
    }
}

#[test]
fn a_packed_log_that_breaks_off_before_its_first_line_is_not_called_empty() {
    let plain = fs::read(folder().join("logs/native.log")).expect("a log");
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(&plain).expect("packed");
    let gz = writer.finish().expect("packed");
    let zst = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    for (packed, lengths) in [(gz, [2, 9, 10, 12, 20]), (zst, [4, 6, 9, 12, 20])] {
        for length in lengths {
            let ran = run_bytes(&root(), &["replay", "-", CONTOSO], &packed[..length]);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{length}");
            assert!(
                ran.err.contains("error[log-breaks-off]: the log breaks off before its first line ends: "),
                "{length}: {}",
                ran.err
            );
        }
    }
}

#[test]
fn records_of_documents_say_what_lines_say() {
    let told = |name: &str| {
        let ran = replayed(&format!("tests/replay/logs/{name}"), &["--format", "json"]);
        ran.out.replace(name, "azure.json")
    };
    let lines = told("azure.json");
    assert_eq!(told("azure-records.json"), lines);
    assert_eq!(told("azure-array.json"), lines);
}

#[test]
fn a_document_of_any_length_takes_no_more_memory_than_its_longest_record() {
    let record =
        support::read(&folder().join("logs/azure.json")).lines().next().expect("a record").to_owned();
    let count = 40_000;
    let log = format!("{{\"records\": [\n{}\n]}}", vec![record.as_str(); count].join(",\n"));
    let (rules, list) = (rules(), list(&ADDRESSES));
    let hosts = Hosts::new(list.entries(), &rules);
    let mut chunks = Chunks::new(Documents::new(log.as_bytes()));
    let reader = recognise("log", chunks.sample(1000), None).expect("a known format");
    let done = replay(chunks, &reader, &hosts, NonZeroUsize::MIN);
    assert_eq!((done.lines, done.unread, done.tally.all.allowed), (count as u64, 0, count as u64));
}

#[test]
fn nothing_of_what_a_log_says_is_shown_where_it_cannot_be_read() {
    for name in ["secrets.log", "keys.json"] {
        let ran = replayed(&format!("tests/replay/broken/{name}"), &[]);
        for secret in ["S3cret", "jane", "Jane", "Hunter2", "10.0.0.5", "files"] {
            assert!(!ran.err.contains(secret), "{secret}: {}", ran.err);
        }
    }
}

#[test]
fn times_are_read_in_the_form_that_the_format_gives_them() {
    const REST: &str = "TCP_DENIED/403 CONNECT go.microsoft.com:443";
    let period = |clock: &str| format!("2024-07-01 08:00:00 to 2024-07-01 08:00:00 {clock} (0 seconds)\n");
    let utc = period("UTC");
    let unknown =
        |why: &str| format!("\nno period is known, since the log format does not tell the time: {why}\n");
    for (code, time, told) in [
        ("%tl", "01/Jul/2024:10:00:00 +0200", utc.clone()),
        ("[%tl]", "[01/Jul/2024:10:00:00 +0200]", utc.clone()),
        ("%tg", "01/Jul/2024:08:00:00", utc.clone()),
        ("%tg", "01/Jul/2024:08:00:00 +0000", utc.clone()),
        ("%{%d/%b/%Y:%H:%M:%S %z}tl", "01/Jul/2024:10:00:00 +0200", utc.clone()),
        ("%tl{%d/%b/%Y:%H:%M:%S %z}", "01/Jul/2024:10:00:00 +0200", utc.clone()),
        ("%{%Y-%m-%dT%H:%M:%S%z}tl", "2024-07-01T10:00:00+0200", utc.clone()),
        ("%{%s}tg", "1719820800", utc.clone()),
        ("%{%F %T}tg", "2024-07-01 08:00:00", utc.clone()),
        ("%{%F %T}tl", "2024-07-01 08:00:00", period("by the proxy's clock")),
        ("%ts %{%F %T}tl", "1719820800 2024-07-01 10:00:00", utc),
        ("%{%H:%M, %j}tl", "10:00, 183", unknown("`%{%H:%M, %j}tl` is no day with an hour and a minute")),
        ("%{%Q}tl", "?", unknown("`%{%Q}tl` is no day with an hour and a minute")),
        ("%>a", "10.0.0.5", unknown("it has no code for it, such as `%ts`")),
    ] {
        let (format, log) = (format!("{code} %Ss/%03>Hs %rm %ru"), format!("{time} {REST}\n"));
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--logformat", &format], log.as_bytes());
        assert_eq!(ran.code, 1, "{format}: {}", ran.err);
        assert!(ran.out.contains(&told), "{format}: {}", ran.out);
    }
}

#[test]
fn the_names_of_the_formats_that_are_built_in_are_formats() {
    for (name, log) in
        [("squid", "native"), ("combined", "combined"), ("common", "common"), ("native", "native")]
    {
        let log = format!("tests/replay/logs/{log}.log");
        assert_eq!(replayed(&log, &["--logformat", name]).out, replayed(&log, &[]).out, "{name}");
    }
}

#[test]
fn a_repeat_count_is_a_number_of_requests_within_bounds() {
    let line = support::read(&folder().join("logs/panos-url.csv")).lines().nth(1).expect("a line").to_owned();
    for (count, requests) in
        [("1", 1), ("0", 1), ("", 1), ("7", 7), ("4294967295", 1000), (" 7 ", 7), ("x", 1)]
    {
        let sound = line.replace(",4711,3,", ",4711,1,") + "\n";
        let log = sound.clone() + &line.replace(",4711,3,", &format!(",4711,{count},")) + "\n";
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], log.as_bytes());
        let report = json(&ran);
        assert_eq!(report["requests"]["denied"], 1 + requests, "{count}: {}", ran.err);
        assert_eq!(report["unread_lines"], 0, "{count}");
    }
}

#[test]
fn exit_codes_tell_denied_from_not_denied_from_not_run() {
    let allowed =
        "1795538190.101 145 10.0.0.5 TCP_TUNNEL/200 5432 CONNECT go.microsoft.com:443 - HIER_NONE/- -\n";
    for (log, code) in [
        (allowed.to_owned(), 0),
        (allowed.replace("TCP_TUNNEL/200", "TCP_DENIED/403"), 1),
        (allowed.replace("TCP_TUNNEL/200", "TCP_DENIED/403").replace("go.microsoft", "contoso"), 0),
        (allowed.replace("TCP_TUNNEL/200", "TCP_TUNNEL/503"), 0),
        ("nothing of the kind\n".to_owned(), 2),
    ] {
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO], log.as_bytes());
        assert_eq!(ran.code, code, "{log}{}{}", ran.out, ran.err);
    }
    assert_eq!(replayed("tests/replay/no-such.log", &[]).code, 2);
    assert_eq!(replayed("tests/replay", &[]).code, 2);
    for format in ["%ts %Ss", "%ru", "%ts%ru", "%"] {
        let ran = replayed("tests/replay/logs/native.log", &["--logformat", format]);
        assert_eq!(ran.code, 2, "{format}");
        assert!(ran.err.contains("error[logformat-invalid]: the log format has"), "{}", ran.err);
    }
}

#[test]
fn a_made_up_log_is_counted_to_the_last_line() {
    let mut log = Vec::new();
    let lines = 20_000;
    for number in access_log::DENIED.1 - lines / 2..access_log::DENIED.1 + lines / 2 {
        access_log::line(number, &mut log).expect("a line");
    }
    let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], &log);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report = json(&ran);
    assert_eq!(report["lines"], lines);
    assert_eq!(report["unread_lines"], 0);
    let denied = report["denied"].as_array().expect("rows");
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0]["host"], access_log::DENIED.0);
    let text = String::from_utf8(log).expect("text");
    for host in access_log::NEEDED {
        let count = text.matches(&format!(" {host}:443 ")).count();
        let used = report["used"].as_array().expect("rows");
        let entry = used.iter().find(|entry| entry["address"] == host).expect(host);
        assert_eq!(entry["requests"]["allowed"], count, "{host}");
    }
}

fn squid(result: &str, host: &str) -> String {
    format!("1795538190.101 145 10.0.0.5 {result} 5432 CONNECT {host}:443 - HIER_NONE/- -\n")
}

#[test]
fn hosts_without_end_crowd_out_neither_a_needed_one_nor_a_new_one() {
    let many = |result: &str, zone: &str| {
        (0..1200).map(|number| squid(result, &format!("a{number}.{zone}"))).collect::<String>()
    };
    let log = [
        many("TCP_DENIED/403", "events.data.microsoft.com"),
        many("TCP_DENIED/403", "securitycenter.windows.com"),
        squid("TCP_DENIED/403", "winatp-gw-weu.microsoft.com"),
        squid("TCP_TUNNEL/503", "winatp-gw-neu.microsoft.com"),
        many("TCP_TUNNEL/503", "events.data.microsoft.com"),
        squid("TCP_TUNNEL/200", "winatp-gw-xyz.microsoft.com"),
    ];
    let ran = run_bytes(&root(), &["replay", "-", CONTOSO, "--format", "json"], log.concat().as_bytes());
    let report = json(&ran);
    let has = |table: &str, host: &str| {
        report[table].as_array().expect("rows").iter().filter(|row| row["host"] == host).count()
    };
    assert_eq!(has("denied", "winatp-gw-weu.microsoft.com"), 1);
    assert_eq!(has("failed", "winatp-gw-neu.microsoft.com"), 1);
    assert_eq!(has("unlisted", "winatp-gw-xyz.microsoft.com"), 1);
    assert_eq!((&report["denied_beyond"], &report["failed_beyond"]), (&1100.into(), &1100.into()));
    let hosts = serde_json::json!({ "new": 1, "others": 1000, "more": false });
    assert_eq!((&report["unlisted_hosts"], &report["unlisted_beyond"]), (&hosts, &200.into()));
    let ran = run_bytes(&root(), &["replay", "-", CONTOSO], log.concat().as_bytes());
    let told = "1201 needed requests denied, 1 host of the vendor's zones let through that no list names, beside 1000 \
                known or not let through";
    assert!(ran.out.contains(told), "{}", ran.out.lines().nth(1).unwrap_or_default());
    assert!(ran.out.contains("denied although needed (and 1100 requests to more hosts)"));
    let many = many("TCP_TUNNEL/200", "securitycenter.microsoft.us");
    let ran = run_bytes(&root(), &["replay", "-", CONTOSO], many.as_bytes());
    let told = "at least 1000 hosts of the vendor's zones let through that no list names,";
    assert!(ran.out.contains(told), "{}", ran.out.lines().nth(1).unwrap_or_default());
}

#[test]
fn what_no_list_names_is_new_known_or_not_let_through() {
    for (log, told) in [
        (
            squid("TCP_TUNNEL/200", "winatp-gw-xyz.microsoft.com"),
            "1 host of the vendor's zones let through that no list names,",
        ),
        // Of another geography.
        (
            squid("TCP_TUNNEL/200", "winatp-gw-cus.microsoft.com"),
            "1 host of the vendor's zones on no list, known or not let through,",
        ),
        (
            squid("TCP_DENIED/403", "winatp-gw-xyz.microsoft.com"),
            "1 host of the vendor's zones on no list, known or not let through,",
        ),
        // A row below a suffix that customers share says nothing of it.
        (
            squid("TCP_TUNNEL/200", "automatedirstrprdxyz.blob.core.windows.net"),
            "1 host of the vendor's zones let through that no list names,",
        ),
    ] {
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO], log.as_bytes());
        assert_eq!(ran.code, 0, "{log}{}", ran.err);
        assert!(
            ran.out.contains(&format!("contoso-eu: no needed request denied, {told}")),
            "{log}{}",
            ran.out
        );
    }
}

#[test]
fn lines_that_could_not_be_read_leave_the_question_open() {
    let (allowed, denied) =
        (squid("TCP_TUNNEL/200", "go.microsoft.com"), squid("TCP_DENIED/403", "go.microsoft.com"));
    let garbled = denied.replace("TCP_DENIED/403", "TCP_DENIED/40x");
    for (log, code, told) in [
        (allowed.repeat(9) + &garbled, 2, "no needed request denied in the lines that could be read"),
        (allowed.repeat(9) + &garbled + &denied, 1, "1 needed request denied"),
        (allowed, 0, "no needed request denied,"),
    ] {
        let ran = run_bytes(&root(), &["replay", "-", CONTOSO], log.as_bytes());
        assert_eq!(ran.code, code, "{log}{}", ran.err);
        assert!(ran.out.contains(told), "{log}{}", ran.out);
        let open = "1 line could not be read, so that a needed request may have been denied there";
        assert_eq!(ran.err.contains(open), code == 2, "{}", ran.err);
    }
}

fn rules() -> Rules {
    Rules::shipped(None).expect("the shipped rules")
}

fn list(addresses: &[&str]) -> Allowlist {
    let entry = |address: &&str| {
        let parsed = parse_address(address).expect("an address");
        let port = parsed.port.unwrap_or(443);
        let scheme = parsed.scheme.unwrap_or(Scheme::of_port(port));
        Entry {
            pattern: Pattern { host: parsed.host, path: parsed.path, port, scheme },
            required: None,
            services: Texts::default(),
            geographies: Texts::default(),
            categories: Texts::default(),
            origins: Vec::new(),
            bypass: false,
            direct: false,
            tag: None,
        }
    };
    Allowlist::new(addresses.iter().map(entry).collect())
}

const ADDRESSES: [&str; 9] = [
    "a.contoso.com",
    "*.contoso.com",
    "*a.contoso.com",
    "b*a.contoso.com",
    "http://a.contoso.com:80",
    "http://a.contoso.com:80/p/*",
    "*.b.contoso.com:8443",
    "198.51.100.0/24",
    "x.wd.microsoft.com",
];

fn reader(log: &[u8]) -> Reader {
    recognise("log", log, None).expect("a known format")
}

/// Everything that a report tells, for comparison.
fn told(log: &[u8], reader: &Reader, piece: usize, threads: usize) -> Value {
    let (rules, list) = (rules(), list(&ADDRESSES));
    let hosts = Hosts::new(list.entries(), &rules);
    let threads = NonZeroUsize::new(threads).expect("threads");
    let replayed = replay(Chunks::of_size(log, piece), reader, &hosts, threads);
    let names = ["log".to_owned(), "made".to_owned()];
    Report::new(names, reader, &list, &hosts, replayed, |_| None).to_json()
}

/// What a log reads as, so many bytes at a time; whether it holds records; whether it breaks off.
fn documents(log: &[u8], step: usize) -> (Vec<u8>, bool, bool) {
    struct Slow<'l>(&'l [u8], usize);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let step = self.1.min(buffer.len());
            self.0.by_ref().take(step as u64).read(buffer)
        }
    }
    let mut documents = Documents::new(Slow(log, step));
    let (mut lines, mut buffer) = (Vec::new(), vec![0; step]);
    loop {
        match documents.read(&mut buffer) {
            Ok(0) => return (lines, documents.are_records(), false),
            Ok(count) => lines.extend_from_slice(&buffer[..count]),
            Err(_) => return (lines, documents.are_records(), true),
        }
    }
}

fn host_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{1,3}(\\.[ab]{1,2}){0,2}\\.contoso\\.com\\.?",
        "198\\.51\\.(100|101)\\.[0-9]{1,2}",
        "[a-c]\\.wd\\.microsoft\\.com",
        Just("Contoso.com".to_owned()),
    ]
}

fn squid_line() -> impl Strategy<Value = String> {
    let result =
        prop::sample::select(vec!["TCP_TUNNEL/200", "TCP_DENIED/403", "TCP_DENIED/407", "TCP_MISS/503"]);
    let request = prop_oneof![
        (host_text(), prop::sample::select(vec![443, 8443]))
            .prop_map(|(host, port)| format!("CONNECT {host}:{port}")),
        (host_text(), "(/p)?(/\\.\\.)?(/[a-z]{0,2}){0,2}(\\?q)?")
            .prop_map(|(host, path)| format!("GET http://{host}{path}")),
        Just("NONE error:invalid".to_owned()),
    ];
    (1_795_000_000_u32..1_796_000_000, result, request).prop_map(|(seconds, result, request)| {
        format!("{seconds}.000    1 10.0.0.1 {result} 1 {request} - HIER_NONE/- -\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_and_threads_do_not_show_in_the_result(
        lines in prop::collection::vec(prop_oneof![9 => squid_line(), 1 => "[ -~]{0,40}\n"], 1..60),
        piece in 1_usize..300,
        threads in 1_usize..4,
    ) {
        let log = lines.concat();
        let Ok(reader) = recognise("log", log.as_bytes(), None) else { return Ok(()) };
        let whole = told(log.as_bytes(), &reader, 1 << 20, 1);
        prop_assert_eq!(told(log.as_bytes(), &reader, piece, threads), whole);
    }

    #[test]
    fn however_documents_come_their_records_are_the_same(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\"records\"", "\"a\"", "{\"records\":[", "{\"a\":\"b\"}", "1", " ",
            "\n", "\u{feff}", "prose",
        ]), 0..40),
        step in 1_usize..20,
    ) {
        let log = parts.concat();
        let whole = documents(log.as_bytes(), 1 << 20);
        prop_assert_eq!(&documents(log.as_bytes(), step), &whole);
        let (lines, are_records, _) = whole;
        if are_records {
            // Nothing is made up: a line is what stands there, or a space in place of an end of line.
            let of = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
            prop_assert!(of(&lines) <= of(log.as_bytes()));
        } else {
            prop_assert_eq!(lines, log.as_bytes());
        }
    }

    #[test]
    fn entries_count_the_requests_that_the_reference_allows(lines in prop::collection::vec(squid_line(), 1..40)) {
        let log = lines.concat();
        let list = list(&ADDRESSES);
        let report = told(log.as_bytes(), &reader(b"1795000000.000 1 10.0.0.1 TCP_MISS/200 1 GET http://a.test/ - HIER_NONE/- -\n"), 1 << 20, 1);
        let mut denied = 0;
        let mut counts = vec![0; list.entries().len()];
        for line in lines.iter().filter(|line| !line.contains("error:")) {
            let request = request(line);
            let mut needed = false;
            for (entry, count) in list.entries().iter().zip(&mut counts) {
                if allows(&entry.pattern, &request) {
                    *count += 1;
                    needed = true;
                }
            }
            denied += u64::from(needed && line.contains("DENIED"));
        }
        let rows = |name: &str| report[name].as_array().expect("rows").clone();
        for (entry, count) in list.entries().iter().zip(counts) {
            let address = format!("{}{}", entry.pattern.host, entry.pattern.path);
            let is_it = |row: &&Value| row["address"] == address.as_str() && row["port"] == entry.pattern.port;
            let (used, unused) = (rows("used"), rows("unused"));
            let row = used.iter().chain(&unused).find(is_it).expect("a row for each entry");
            let of = |what: &str| row["requests"][what].as_u64().expect("a number");
            prop_assert_eq!(of("allowed") + of("denied") + of("failed"), count, "{}", address);
        }
        let found = rows("denied").iter().map(|row| row["requests"]["denied"].as_u64().expect("a number")).sum::<u64>();
        prop_assert_eq!(found, denied);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000), start in 0_usize..4) {
        let starts: [&[u8]; 4] = [
            b"",
            b"1795000000.000 1 10.0.0.1 TCP_MISS/200 1 GET http://a.test/ - HIER_NONE/- -\n",
            b"1,2026/11/24 16:36:30,0,SYSTEM,general,0,2026/11/24 16:36:30,\n",
            b"{\"category\":\"AZFWDnsQuery\"}\n",
        ];
        let mut log = starts[start].to_vec();
        log.extend_from_slice(&bytes);
        if let Ok(reader) = recognise("log", starts[start], None) {
            told(&log, &reader, 100, 2);
        }
        let _ = recognise("log", &log, None);
        let _ = recognise("log", &log, Some(&String::from_utf8_lossy(&bytes)));
    }
}

/// A line of `squid_line` as the reference has it, taken apart once more.
fn request(line: &str) -> Request {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (scheme, rest) = match words[6].strip_prefix("http://") {
        Some(rest) => (Scheme::Http, rest),
        None => (Scheme::Https, words[6]),
    };
    let rest = rest.split('?').next().expect("a part");
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    // Of these paths only `/..` has to be resolved.
    let path = path.strip_prefix("/p/..").or(path.strip_prefix("/..")).unwrap_or(path);
    Request {
        scheme,
        host: host.trim_end_matches('.').to_lowercase(),
        port: port.parse().expect("a port"),
        path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
    }
}

#[test]
fn every_zone_and_family_is_watched() {
    let (rules, list) = (rules(), list(&["a.contoso.com"]));
    let hosts = Hosts::new(list.entries(), &rules);
    let zones = rules.zones.all.iter().map(|zone| format!("brand-new.{}", zone.below));
    let families =
        rules.lint.families.iter().flat_map(|family| &family.hosts).map(|host| host.replace("{}", "new9"));
    for host in zones.chain(families) {
        let line = format!("1795000000.000 1 10.0.0.1 TCP_TUNNEL/200 1 CONNECT {host}:443 - HIER_NONE/- -\n");
        let chunks = Chunks::new(line.as_bytes());
        let done = replay(chunks, &reader(line.as_bytes()), &hosts, NonZeroUsize::MIN);
        let found: Vec<String> = done.tally.unlisted.rows().keys().map(ToString::to_string).collect();
        assert_eq!(found, [format!("https://{host}")]);
    }
    let unwatched =
        Subject { host: "customer.blob.core.windows.net".into(), port: 443, scheme: Scheme::Https };
    assert!(hosts.meaning(&unwatched).is_empty());
}

#[test]
fn a_path_that_the_log_does_not_show_counts_by_its_host_but_not_below_shared_suffixes() {
    let rules = rules();
    let list = list(&["www.contoso.com/a/*", "*.blob.core.windows.net/a/*"]);
    assert!(list.entries().iter().all(|entry| matches!(entry.pattern.path, UrlPath::Prefix(_))));
    let hosts = Hosts::new(list.entries(), &rules);
    let line = |host: &str| {
        format!("1795000000.000 1 10.0.0.1 TCP_DENIED/403 1 CONNECT {host}:443 - HIER_NONE/- -\n")
    };
    let log = line("www.contoso.com") + &line("x.blob.core.windows.net");
    let done = replay(Chunks::new(log.as_bytes()), &reader(log.as_bytes()), &hosts, NonZeroUsize::MIN);
    let denied: Vec<&str> =
        done.tally.denied.rows().keys().map(|(subject, _)| subject.host.as_str()).collect();
    assert_eq!(denied, ["www.contoso.com"]);
}

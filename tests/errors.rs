//! A broken input each below tests/errors/: what the program says of it is the file beside it.
//!
//! `profile/*.toml` are profiles, built with `base/list.tsv`. `list/*` are lists, built with `base/profile.toml`:
//! text that becomes a workbook (`.tsv`, see `support/book.rs`; `%base` stands for the rows of the base list), pages
//! (`.md`), service tags (`.json`, beside a streamlined list) or any other file as it is. `arguments/*.args` are command lines.
//! A line `#! --set` (in a page `<!--! --set -->`) is one argument more.

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
use std::path::{Path, PathBuf};

use allowlistc::diagnostic::Code;
use support::{assert_file, book::book, files_below, overwrites, read, root, run_in};

/// Codes that no small file can show, with the file and the test that does.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("client-reset-kept", "tests/client.rs", "what_resets_a_setting_stays_when_the_profile_no_longer_has_it"),
    (
        "published-changed",
        "tests/publish.rs",
        "a_set_that_somebody_changed_is_kept_aside_named_and_not_gone_back_to",
    ),
    (
        "log-breaks-off",
        "tests/replay.rs",
        "a_packed_log_that_breaks_off_is_counted_as_far_as_it_goes_and_told",
    ),
    ("log-line-unread", "tests/replay.rs", "a_broken_log_says_where_and_why"),
    ("log-not-recognised", "tests/replay.rs", "a_broken_log_says_where_and_why"),
    ("logformat-invalid", "tests/replay.rs", "exit_codes_tell_denied_from_not_denied_from_not_run"),
    ("address-of-other-cloud", "tests/lint.rs", "every_known_slip_of_the_published_lists_is_found"),
    ("category-contradiction", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("duplicate-differs", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("duplicate-row", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("flag-outside-its-column", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("port-missing", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("sibling-differs", "tests/lint.rs", "every_known_slip_of_the_published_lists_is_found"),
    ("sibling-missing", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("stray-space", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    ("wildcard-unusual", "tests/lint.rs", "each_fault_of_a_row_is_told_at_its_cell"),
    (
        "cache-unusable",
        "tests/fetch_broken.rs",
        "a_cache_or_folder_that_cannot_be_written_is_told_and_nothing_is_lost",
    ),
    (
        "certificate-refused",
        "tests/fetch_broken.rs",
        "each_broken_server_gets_its_message_and_nothing_is_lost",
    ),
    ("download-failed", "tests/fetch_broken.rs", "each_broken_server_gets_its_message_and_nothing_is_lost"),
    ("download-refused", "tests/fetch_broken.rs", "each_broken_server_gets_its_message_and_nothing_is_lost"),
    ("download-unusable", "tests/fetch_broken.rs", "each_broken_server_gets_its_message_and_nothing_is_lost"),
    ("proxy-failed", "tests/fetch_broken.rs", "each_broken_server_gets_its_message_and_nothing_is_lost"),
    ("guard-copy-missing", "tests/fetch.rs", "without_the_old_copy_the_row_counts_of_the_lock_guard"),
    ("lock-broken", "tests/fetch.rs", "a_broken_lock_is_never_replaced"),
    ("source-not-fetched", "tests/fetch.rs", "a_fetch_locks_what_a_build_then_reads_without_a_network"),
    (
        "source-not-locked",
        "tests/fetch.rs",
        "local_files_are_locked_as_well_and_a_locked_build_refuses_others",
    ),
    ("set-changed", "tests/publish.rs", "a_set_that_is_not_sound_is_refused_and_what_is_published_stands"),
    ("set-empty", "tests/publish.rs", "a_set_that_is_not_sound_is_refused_and_what_is_published_stands"),
    ("set-unproved", "tests/publish.rs", "a_set_that_is_not_sound_is_refused_and_what_is_published_stands"),
    ("set-unreadable", "tests/publish.rs", "a_set_that_is_not_sound_is_refused_and_what_is_published_stands"),
    ("guard-acceptance-unused", "tests/guard.rs", "an_acceptance_that_was_not_needed_is_told"),
    ("guard-address-gone", "tests/guard.rs", "every_kind_of_loss_is_told_by_its_names"),
    ("guard-empty", "tests/guard.rs", "an_empty_list_is_refused_whatever_is_accepted"),
    ("guard-geography-gone", "tests/guard.rs", "every_kind_of_loss_is_told_by_its_names"),
    ("guard-header-lost", "tests/guard.rs", "every_kind_of_loss_is_told_by_its_names"),
    ("guard-required-gone", "tests/guard.rs", "every_kind_of_loss_is_told_by_its_names"),
    ("guard-rows-lost", "tests/guard.rs", "every_kind_of_loss_is_told_by_its_names"),
    ("guard-table-gone", "tests/guard.rs", "every_kind_of_loss_is_told_by_its_names"),
    ("other-targets-kept", "tests/cli.rs", "a_build_of_one_target_leaves_the_others_alone"),
    ("output-changed", "tests/check.rs", "a_changed_list_says_what_changes_on_which_firewall"),
    ("output-missing", "tests/check.rs", "files_that_lack_and_files_that_nobody_built_are_named"),
    ("output-extra", "tests/check.rs", "files_that_lack_and_files_that_nobody_built_are_named"),
    ("build-interrupted", "tests/write.rs", "every_reader_brings_an_interrupted_build_to_an_end_and_says_so"),
    ("service-tags-alone", "tests/cli.rs", "service_tags_without_a_list_are_refused"),
    ("host-not-of-its-section", "tests/import.rs", "each_fault_gets_its_message"),
    ("host-out-of-reach", "tests/import.rs", "an_agent_that_reaches_nothing_is_told_and_its_hosts_are_taken"),
    ("import-conflict", "tests/import.rs", "a_profile_that_says_something_else_is_left_alone"),
    (
        "client-line-too-long",
        "tests/client.rs",
        "a_batch_file_is_left_out_where_its_line_is_longer_than_its_reader_takes",
    ),
    (
        "onboarding-contradiction",
        "tests/import.rs",
        "what_a_package_says_of_its_location_has_to_fit_together",
    ),
    ("onboarding-unknown", "tests/import.rs", "no_broken_package_shows_a_secret"),
    ("test-output-unknown", "tests/diagnose.rs", "each_broken_file_gets_its_message_and_no_diagnosis"),
    ("test-result-missing", "tests/diagnose.rs", "each_form_is_read_and_told_in_every_format"),
    ("workspace-missing", "tests/import.rs", "each_fault_gets_its_message"),
    ("probe-certificate", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-denied", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-inspected", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-login", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-no-answer", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-no-tls", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-not-http", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-proxy-cannot-reach", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-status", "tests/probe.rs", "each_obstacle_is_told_from_the_others_within_its_time"),
    ("probe-unresolved", "tests/probe.rs", "a_name_without_an_address_is_told_as_such"),
    ("probe-proxy-unused", "tests/probe.rs", "the_environments_proxy_is_not_used_and_that_is_said"),
    (
        "probe-untested",
        "tests/probe.rs",
        "a_run_that_reaches_everything_ends_with_0_and_one_that_cannot_start_with_2",
    ),
    ("acl-overlap", "tests/verify_cli.rs", "slips_that_squid_takes_in_silence_are_told"),
    ("entry-never-matches", "tests/verify_cli.rs", "slips_that_squid_takes_in_silence_are_told"),
    ("list-file-missing", "tests/verify_cli.rs", "slips_that_squid_takes_in_silence_are_told"),
    ("not-proved", "tests/verify_cli.rs", "a_folder_without_read_back_is_built_and_told_to_be_unproved"),
    ("read-back-failed", "tests/verify_cli.rs", "a_file_that_the_firewall_would_not_load_is_told"),
    ("verdict-unpermitted", "tests/verify_cli.rs", "an_edited_line_is_found_with_a_request"),
    (
        "program-disagrees",
        "tests/verify_cli.rs",
        "a_pac_program_that_does_not_do_what_its_tables_say_is_told",
    ),
    (
        "verify-undecided",
        "tests/verify_cli.rs",
        "a_rule_that_nobody_can_follow_is_undecided_and_never_the_same",
    ),
    ("file-too-large", "tests/hostile.rs", "a_zip_bomb_is_refused_by_what_it_inflates_to"),
    ("workbook-damaged", "tests/hostile.rs", "a_cut_off_workbook_is_damaged"),
    ("workbook-encrypted", "tests/hostile.rs", "an_encrypted_workbook_is_told"),
    ("loss-refused", "tests/targets.rs", "a_loss_without_a_permit_is_an_error_with_the_lines_that_permit_it"),
    ("target-broken", "tests/targets.rs", "mistakes_in_a_folder_are_found_when_it_is_read"),
    ("target-limit-exceeded", "tests/targets.rs", "a_large_list_is_split_where_the_firewall_wants_it"),
    (
        "template-failed",
        "tests/targets.rs",
        "templates_are_checked_when_a_folder_is_read_and_print_texts_and_numbers_only",
    ),
    ("acl-overlap", "tests/verify.rs", "what_stops_squid_or_empties_an_acl_is_told"),
    ("list-file-missing", "tests/verify.rs", "what_stops_squid_or_empties_an_acl_is_told"),
    ("read-back-failed", "tests/verify.rs", "what_stops_squid_or_empties_an_acl_is_told"),
    ("entry-never-matches", "tests/verify.rs", "a_raw_list_of_cells_in_an_acl_names_what_is_missing"),
    ("verdict-unpermitted", "tests/verify.rs", "an_exemption_by_one_of_two_names_is_an_error"),
    ("setting-differs", "tests/verify.rs", "a_route_that_is_not_the_profiles_is_an_error_that_names_both"),
    ("verify-undecided", "tests/verify.rs", "rules_that_are_not_followed_leave_the_verdict_open"),
];

fn folder() -> PathBuf {
    root().join("tests/errors")
}

/// The inputs: every file that is neither an expectation nor the base.
fn cases() -> Vec<PathBuf> {
    let is_case = |path: &PathBuf| {
        !path.starts_with(folder().join("base")) && path.extension().is_some_and(|e| e != "txt")
    };
    files_below(&folder()).into_iter().filter(is_case).collect()
}

/// The arguments that a case adds: its lines `#! …`.
fn extra_arguments(text: &str) -> Vec<String> {
    let argument = |line: &str| {
        let rest = line.strip_prefix("#! ").or_else(|| line.strip_prefix("<!--! ")?.strip_suffix(" -->"));
        rest.map(str::to_owned)
    };
    text.lines().filter_map(argument).collect()
}

/// The list with as many rows as a published one has: rows for devices that no base profile has.
fn padded(list: &str) -> String {
    let last = list.lines().rfind(|line| line.starts_with('[')).unwrap_or_default();
    let named = ["[Microsoft Defender URLs", "[Common endpoints"].iter().any(|name| last.starts_with(name));
    if !named || !list.contains("\tMac\tLinux\tComments\n") {
        return list.to_owned();
    }
    let row = |number: u32| {
        format!(
            "Microsoft Defender for Endpoint\tWW\tCommon (Mac)\t443\tpad-{number}.contoso.com\t\tRequired\t\t\t\tYes\tNo\n"
        )
    };
    format!("{}\n{}", list.trim_end(), (1..=90).map(row).collect::<String>())
}

/// What the program prints about a case, with its exit code.
fn transcript(case: &Path) -> String {
    let work = tempfile::tempdir().expect("a folder");
    let (base_list, base_profile) = (folder().join("base/list.tsv"), folder().join("base/profile.toml"));
    let put = |name: &str, bytes: &[u8]| std::fs::write(work.path().join(name), bytes).expect("a file");
    put("profile.toml", read(&base_profile).as_bytes());
    put("list.xlsx", &book(&padded(&read(&base_list))));
    // A folder of the user's own targets, for cases that name it by `--targets`.
    for path in files_below(&root().join("tests/fixtures/targets")) {
        let own = work
            .path()
            .join("own")
            .join(path.strip_prefix(root().join("tests/fixtures/targets")).expect("below"));
        std::fs::create_dir_all(own.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&path, own).expect("a copy");
    }
    let bytes = std::fs::read(case).expect("the case");
    let text = String::from_utf8_lossy(&bytes);
    let mut arguments: Vec<String> = vec!["build".into(), "profile.toml".into()];
    match (case.parent().and_then(Path::file_name).and_then(|name| name.to_str()), extension(case)) {
        (Some("profile"), _) => put("profile.toml", &bytes),
        (Some("arguments"), _) => arguments = text.lines().map(str::to_owned).collect(),
        (_, "tsv") => {
            let text = text.replace("%base", read(&base_list).trim_end());
            let short = case.file_stem().is_some_and(|name| name == "few-rows");
            put("list.xlsx", &book(&if short { text } else { padded(&text) }));
        }
        (_, "json") => {
            // Service tags go with the list for streamlined connectivity.
            put(
                "list.xlsx",
                &book(&padded(&read(&base_list)).replace("[Microsoft Defender URLs]", "[Common endpoints]")),
            );
            put("list.json", &bytes);
            let more =
                ["--set", "connectivity=streamlined", "--source", "list.xlsx", "--source", "list.json"];
            arguments.extend(more.map(str::to_owned));
        }
        (_, other) => {
            let name = format!("list.{other}");
            put(&name, &bytes);
            arguments.extend(["--source".into(), name]);
        }
    }
    arguments.extend(extra_arguments(&text));
    let ran = run_in(work.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    // The summary of a build is not about the input.
    let out = if ran.code == 0 { "" } else { ran.out.as_str() };
    format!("{}{out}exit code {}\n", ran.err, ran.code)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

#[test]
fn each_broken_input_gets_its_message() {
    let cases = cases();
    let mut expected: BTreeSet<PathBuf> =
        files_below(&folder()).into_iter().filter(|path| extension(path) == "txt").collect();
    for case in &cases {
        let message = case.with_extension("txt");
        assert_file(&message, transcript(case).as_bytes());
        expected.remove(&message);
    }
    if overwrites() {
        for path in &expected {
            std::fs::remove_file(path).expect("a file");
        }
    } else {
        assert!(expected.is_empty(), "messages without an input: {expected:?}");
    }
}

#[test]
fn every_code_has_a_broken_input_or_a_test() {
    let messages: String = files_below(&folder())
        .iter()
        .filter(|path| extension(path) == "txt")
        .map(|path| read(path))
        .collect();
    for code in Code::ALL {
        if messages.contains(&format!("[{}]", code.as_str())) {
            continue;
        }
        let Some((_, file, test)) = ELSEWHERE.iter().find(|(name, ..)| *name == code.as_str()) else {
            panic!("`{}` is in no message below tests/errors and no other test is named", code.as_str());
        };
        let text = read(&root().join(file));
        assert!(text.contains(&format!("fn {test}()")), "{file} has no test `{test}`");
    }
}

/// Lower case, no final stop, one line, help as a statement.
#[test]
fn messages_are_short_statements() {
    for path in files_below(&folder()).iter().filter(|path| extension(path) == "txt") {
        for line in read(path).lines() {
            let headline = ["error", "warning", "note"].iter().find_map(|severity| {
                line.strip_prefix(severity)?.strip_prefix('[')?.split_once("]: ").map(|(_, text)| text)
            });
            let Some(text) = headline.or_else(|| line.trim_start().strip_prefix("= help: ")) else {
                continue;
            };
            let place = path.display();
            assert!(!text.ends_with(['.', '!', '?']), "{place}: {line}");
            assert!(!text.starts_with(|c: char| c.is_uppercase()), "{place}: {line}");
            for word in ["please", "illegal", "failed", "Error", "Some(", "None", "unwrap", "panicked"] {
                assert!(!text.contains(word), "{place}: `{word}` in {line}");
            }
        }
    }
}

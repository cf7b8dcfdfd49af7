//! What the vendor's own tests and packages wrote: outputs of connection tests, onboarding packages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use allowlistc::allowlist::Allowlist;
use allowlistc::diagnose::{Lists, Reading, Report, Verdict, judge, read, to_human, to_json, to_markdown};
use allowlistc::diagnostic::Findings;
use allowlistc::import::{Import, from_cloud_connections, from_onboarding, onboarding};
use allowlistc::profile::edit::edit;
use allowlistc::rules::{DiagnoseFacts, OnboardingFacts, Rules};

use super::address::request::parse_request;
use super::{lists, parts, show, source};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::shipped(None).expect("sound rules"));
static DIAGNOSE: LazyLock<DiagnoseFacts> = LazyLock::new(|| RULES.facts().expect("sound rules"));
static ONBOARDING: LazyLock<OnboardingFacts> = LazyLock::new(|| RULES.facts().expect("sound rules"));

/// What a profile needs of the addresses in the corpus.
static LIST: LazyLock<Allowlist> = LazyLock::new(|| {
    lists::list(&[
        "winatp-gw-weu.microsoft.com",
        "*.x.cp.wd.microsoft.com",
        "*.events.data.microsoft.com",
        "automatedirstrprdweu.blob.core.windows.net",
        "login.contoso.com",
    ])
});

/// Longest word of an onboarding package that a message may quote.
const LONGEST_QUOTED: usize = 16;

/// The output of a connection test, whatever it is.
pub(super) fn diagnose(data: &[u8]) {
    let mut findings = Findings::default();
    let reading = read("test.txt", data, &mut findings);
    show(&findings);
    assert_eq!(reading.is_none(), findings.has_errors(), "a file is refused without a word: {findings:?}");
    let Some(reading) = reading else { return };
    without_secrets(&reading);
    if let Some(wide) = wide(data) {
        let again = read("test.txt", &wide, &mut Findings::default());
        assert_eq!(again.as_ref(), Some(&reading), "as UTF-16 it is read otherwise");
    }
    let lists = Lists { list: &LIST, dropped: &[], narrowed: &[], plans: &[] };
    let whole = judge(vec![reading.clone()], &DIAGNOSE, &lists, parse_request);
    told(&whole, &findings);
    // One file given twice says nothing new.
    let twice = judge(vec![reading.clone(), reading], &DIAGNOSE, &lists, parse_request);
    for strict in [false, true] {
        assert_eq!(whole.counts(strict), twice.counts(strict));
    }
}

/// The same text as PowerShell writes it; nothing where the bytes are no text or have a mark of their own.
fn wide(data: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(data).ok().filter(|text| !text.contains(['\0', '\u{feff}']))?;
    let mut wide = vec![0xFF, 0xFE];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    Some(wide)
}

/// Neither logins nor queries are kept, and lines stand in their order.
fn without_secrets(reading: &Reading) {
    assert!(!reading.forms.is_empty() && !reading.trials.is_empty(), "{reading:?}");
    assert!(reading.trials.is_sorted_by_key(|trial| trial.line), "{reading:?}");
    for trial in &reading.trials {
        let (scheme, behind) = trial.subject.split_once("://").unwrap_or(("", &trial.subject));
        let is_bare = !trial.subject.contains(['?', '#']) && !scheme.contains(['@', ':']);
        let is_bare = is_bare && !authority(behind).contains('@');
        assert!(is_bare || !trial.is_url, "{trial:?}");
        for proxy in trial.attempts.iter().filter_map(|attempt| attempt.proxy.as_ref()) {
            assert!(!proxy.contains('@'), "{trial:?}");
        }
    }
}

fn authority(behind: &str) -> &str {
    behind.split('/').next().unwrap_or_default()
}

/// Reports hold no control characters, and every target is counted as one thing.
fn told(report: &Report<'_>, findings: &Findings) {
    for one in report.all() {
        let is_sound = one.verdict != Verdict::Failed || one.ways.iter().all(|way| !way.passed);
        assert!(is_sound, "{one:?}");
        assert_eq!(one.ways.len(), one.trial.attempts.len(), "{one:?}");
        assert!(one.cause.is_none() || one.failed(), "{one:?}");
    }
    for strict in [false, true] {
        let counts = report.counts(strict);
        let failed = counts.needed_and_failed + counts.failed_and_not_needed;
        let all = failed + counts.lenient + counts.passed + counts.not_judged;
        assert_eq!(all, counts.tested, "{counts:?}");
        let columns = if strict { Some(40) } else { None };
        let wrap = |text: &str, _| vec![text.to_owned()];
        for text in [to_human(report, strict, columns, wrap), to_markdown(report, strict)] {
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a control character: {text:?}");
        }
        assert!(to_json(report, strict, findings).is_object());
    }
}

const PROFILE: &str = "schema = 1\nname = \"made\" # kept\n\n\
                       [mma]\nblob-hosts = [\n  \"contoso.blob.core.windows.net\", # own\n]\n";

/// Output of the agent's test, or an onboarding package; parts with names are zipped.
pub(super) fn import(data: &[u8]) {
    let zipped = parts(data);
    let archive = if zipped.is_empty() { None } else { source::zipped(&zipped) };
    let package = archive.as_deref().unwrap_or(data);
    if let Err(fault) = onboarding::read(package, &ONBOARDING) {
        let text = fault.to_string();
        let quoted = text.split('`').skip(1).step_by(2);
        assert!(quoted.into_iter().all(|word| word.len() <= LONGEST_QUOTED), "{text}");
    }
    let mut findings = Findings::default();
    let tenant = from_onboarding("package.zip", package, &ONBOARDING, &mut findings);
    show(&findings);
    assert_eq!(tenant.is_none(), findings.has_errors(), "{findings:?}");
    tenant.iter().for_each(merged);

    let file = |name: &str| (name.to_owned(), data.to_vec());
    let once = hosts(&[file("one.txt")]);
    let twice = hosts(&[file("one.txt"), file("two.txt")]);
    assert_eq!(once.as_ref().map(Import::to_toml), twice.as_ref().map(Import::to_toml));
    once.iter().for_each(merged);
}

fn hosts(files: &[(String, Vec<u8>)]) -> Option<Import> {
    let mut findings = Findings::default();
    let import = from_cloud_connections(files, &RULES, &mut findings);
    show(&findings);
    (!findings.has_errors()).then_some(import)
}

/// Lines for a profile are TOML; a profile takes them once, and keeps what stands in it.
fn merged(import: &Import) {
    let lines = import.to_toml();
    let alone = edit(&lines, &import.changes).unwrap_or_else(|fault| panic!("{fault}: {lines}"));
    assert_eq!(alone.added, [], "{lines}");
    for profile in [PROFILE.to_owned(), PROFILE.replace('\n', "\r\n"), "mma = {}".to_owned()] {
        let edited = edit(&profile, &import.changes).unwrap_or_else(|fault| panic!("{fault}: {profile}"));
        let again = edit(&edited.text, &import.changes).unwrap_or_else(|fault| panic!("{fault}: {edited:?}"));
        assert_eq!((again.added.as_slice(), &again.text), (&[][..], &edited.text));
        let after: BTreeSet<&str> = edited.text.split_whitespace().collect();
        let lost = profile.split_whitespace().filter(|word| word.starts_with('#') && !after.contains(word));
        assert_eq!(lost.count(), 0, "{}", edited.text);
    }
}

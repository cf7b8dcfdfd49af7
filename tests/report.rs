//! `build --report`: what reviewers read. The page in a browser is for `tests/engines/report_lab.mjs`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{Ran, book::book, read, root, run_in};
use tempfile::TempDir;

/// A build of a profile with its report.
struct Built {
    folder: TempDir,
    ran: Ran,
}

impl Built {
    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn file(&self, name: &str) -> String {
        read(&self.out().join(name))
    }

    fn manifest(&self) -> Value {
        serde_json::from_str(&self.file("manifest.json")).expect("JSON")
    }
}

fn build(profile: &Path, more: &[&str]) -> Built {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out").to_string_lossy().into_owned();
    let profile = profile.to_string_lossy().into_owned();
    let ran = run_in(&root(), &[&["build", &profile, "--out", &out], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    Built { folder, ran }
}

fn sample(name: &str) -> PathBuf {
    root().join("samples").join(name).join("profile.toml")
}

fn hostile() -> Built {
    build(&root().join("tests/engines/hostile/profile.toml"), &["--report"])
}

/// The text between two marks.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{start}"));
    rest.split_once(end).unwrap_or_else(|| panic!("{end}")).0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;")
        .replace('/', "&#x2f;")
}

#[test]
fn a_report_is_listed_stays_as_it_is_and_goes_with_the_flag() {
    let built = build(&sample("contoso-eu"), &["--report"]);
    let manifest = built.manifest();
    let files = manifest["files"].as_array().unwrap();
    let reports: Vec<&Value> = files.iter().filter(|file| file["role"] == "report").collect();
    assert_eq!(reports.len(), 2, "{files:?}");
    for file in reports {
        let bytes = fs::read(built.out().join(file["path"].as_str().unwrap())).expect("the file");
        assert_eq!(file["sha256"], allowlistc::manifest::sha256(&bytes));
        assert_eq!(file["target"], Value::Null);
    }
    let (profile, out) = (sample("contoso-eu"), built.out());
    let (profile, out) = (profile.to_string_lossy(), out.to_string_lossy());
    let again = run_in(&root(), &["build", &profile, "--out", &out, "--report"]);
    assert!(again.out.contains(": 0 written, "), "{}", again.out);
    let verified = run_in(&root(), &["verify", &profile, &out]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    let matched = run_in(&root(), &["match", "--target", "pac", &out, "https://login.live.com/"]);
    assert_eq!(matched.code, 0, "{}{}", matched.out, matched.err);
    let without = run_in(&root(), &["build", &profile, "--out", &out]);
    assert!(without.out.contains("1 written, ") && without.out.contains(" 2 removed"), "{}", without.out);
    assert!(!built.out().join("report.html").exists() && built.out().join("squid").is_dir());
}

#[test]
fn a_report_is_the_same_wherever_it_is_made_and_names_no_machine() {
    let (first, second) =
        (build(&sample("contoso-eu"), &["--report"]), build(&sample("contoso-eu"), &["--report"]));
    for file in ["report.html", "report.md"] {
        let text = first.file(file);
        assert_eq!(text, second.file(file));
        for word in [&*root().to_string_lossy(), &*first.folder.path().to_string_lossy()] {
            assert!(!text.contains(word), "{file} holds {word}");
        }
        assert!(text.ends_with('\n') && !text.contains('\r'), "{file}");
    }
}

#[test]
fn the_answer_comes_first_and_names_what_changes() {
    let built = build(&sample("contoso-eu"), &["--report"]);
    let html = built.file("report.html");
    let answer = between(&html, "<section class=\"answer permitted\"", "</section>");
    for piece in [
        "Proved, with 3 permitted differences",
        "1 entry is left out on azure, pac, paloalto, squid because of a suffix that other customers share",
        "2 entries are wider on azure, pac, paloalto, squid because of the path",
    ] {
        assert!(answer.contains(piece), "{piece}: {answer}");
    }
    let at = |piece: &str| html.find(piece).unwrap_or_else(|| panic!("{piece}"));
    assert!(at("id=\"answer\"") < at("id=\"changes\"") && at("id=\"changes\"") < at("id=\"targets\""));
    let markdown = built.file("report.md");
    assert!(
        markdown.starts_with("# Allowlist report: contoso-eu\n\n**Proved, with 3 permitted differences.**"),
        "{markdown}"
    );
    // A list that every target can say.
    assert!(hostile().file("report.md").contains("**Proved: the files mean exactly what the list means.**"));
}

#[test]
fn every_entry_row_loss_and_verdict_is_in_the_report() {
    for name in ["contoso-eu", "fabrikam-gcc-high", "northwind-streamlined"] {
        let built = build(&sample(name), &["--report"]);
        let (html, markdown) = (built.file("report.html"), built.file("report.md"));
        let profile = sample(name).to_string_lossy().into_owned();
        let list = |more: &[&str]| -> Vec<Value> {
            let ran = run_in(&root(), &[&["list", &profile, "--format", "json"], more].concat());
            serde_json::from_str(&ran.out).expect("JSON")
        };
        let rows =
            |id: &str| between(&html, &format!("<table id=\"{id}\""), "</table>").matches("<tr>").count() - 1;
        let (entries, dropped) = (list(&[]), list(&["--dropped"]));
        assert_eq!((rows("table-entries"), rows("table-left-out")), (entries.len(), dropped.len()), "{name}");
        for entry in &entries {
            let path = entry["path"].as_str().unwrap_or_default();
            let address = format!("{}{path}", entry["host"].as_str().unwrap());
            assert!(
                html.contains(&format!("<th scope=\"row\"><code>{}</code></th>", escaped(&address))),
                "{address}"
            );
            assert!(markdown.contains(&format!("\n| `{address}` | ")), "{address}");
            for origin in entry["origins"].as_array().unwrap() {
                assert!(html.contains(&escaped(origin["sheet"].as_str().unwrap())), "{origin}");
            }
        }
        for row in &dropped {
            let reason = escaped(row["reason"].as_str().unwrap());
            assert!(html.contains(&format!("<b>{reason}</b>")), "{reason}");
        }
        let manifest = built.manifest();
        for loss in manifest["losses"].as_array().unwrap() {
            assert!(
                html.contains(&format!("<code>{}</code>", escaped(loss["entry"].as_str().unwrap()))),
                "{loss}"
            );
            assert!(html.contains(&escaped(loss["permitted_by"].as_str().unwrap())), "{loss}");
        }
        for verdict in manifest["verdicts"].as_array().unwrap() {
            for witness in [&verdict["wider_witness"], &verdict["narrower_witness"]] {
                let Some(witness) = witness.as_str() else { continue };
                assert!(html.contains(&format!("<code>{}</code>", escaped(witness))), "{verdict}");
            }
        }
        for file in manifest["files"].as_array().unwrap().iter().filter(|file| file["role"] != "report") {
            assert!(html.contains(file["sha256"].as_str().unwrap()), "{file}");
        }
    }
}

#[test]
fn the_page_needs_nothing_else_and_lets_nothing_else_run() {
    let built = hostile();
    let html = built.file("report.html");
    let hash = |text: &str| {
        let digest = Sha256::digest(text);
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    let policy = between(&html, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let script = format!("script-src {};", hash(between(&html, "<script>", "</script>")));
    let style = format!("style-src {};", hash(between(&html, "<style>", "</style>")));
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.contains(&script) && policy.contains(&style), "{policy}");
    for attribute in ["href=\"", "src=\""] {
        for part in html.split(attribute).skip(1) {
            let value = part.split('"').next().unwrap();
            assert!(value.starts_with('#') || value == "data:,", "{attribute}{value}");
        }
    }
    for tag in ["<script", "<style", "<svg", "<img", "<iframe", "<link", "<meta http-equiv=\"refresh"] {
        let expected = usize::from(["<script", "<style", "<link"].contains(&tag));
        assert_eq!(html.matches(tag).count(), expected, "{tag}");
    }
    assert!(!html.contains("@import") && !html.contains("url("));
}

/// A line of Markdown without its code spans, which show as they are.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let (before, after) = (&rest[..start], &rest[start + run..]);
        let fence = "`".repeat(run);
        let is_escaped = before.ends_with('\\');
        let closing = after
            .match_indices(&fence)
            .map(|(at, _)| at)
            .find(|at| !after[..*at].ends_with('`') && !after[at + run..].starts_with('`'));
        out.push_str(before);
        match closing.filter(|_| !is_escaped) {
            Some(at) => rest = &after[at + run..],
            None => rest = after,
        }
    }
    out + rest
}

#[test]
fn cells_that_try_to_act_show_as_text() {
    let built = hostile();
    let html = built.file("report.html");
    assert!(html.contains(&escaped("<script>ran = 1</script>")) && html.contains("\\u{202e}around"));
    assert!(html.contains("{{ 7 * 7 }}{% raw %}"), "templates in cells are text");
    let markdown = built.file("report.md");
    let prose: String = markdown.lines().map(without_code).collect::<Vec<_>>().join("\n").replace("\\]", "");
    for piece in ["<script", "<img", "<svg", "](javascript", "@contoso"] {
        assert!(!prose.contains(piece), "{piece}: {prose}");
    }
    for line in markdown.lines().filter(|line| line.starts_with('|')) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([3, 4, 5, 6, 7, 8].contains(&bars), "{line}");
    }
}

#[test]
fn a_long_list_is_cut_where_a_browser_still_opens_it_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = read(&root().join("tests/errors/base/profile.toml"));
    fs::write(folder.path().join("profile.toml"), profile).unwrap();
    let base = read(&root().join("tests/errors/base/list.tsv"));
    let rows = (0..5_100).fold(String::new(), |mut rows, number| {
        let _ = writeln!(rows, "S\tWW\tC\t443\th{number}.contoso.com\td\tRequired\tYes\t\t\tYes\tYes");
        rows
    });
    fs::write(folder.path().join("list.xlsx"), book(&format!("{}\n{rows}", base.trim_end()))).unwrap();
    let built = build(&folder.path().join("profile.toml"), &["--report"]);
    let html = built.file("report.html");
    let rows = between(&html, "<table id=\"table-entries\"", "</table>").matches("<tr>").count() - 1;
    assert_eq!(rows, 5_000);
    let total = built.ran.out.split(" entries").next().unwrap().rsplit(' ').next().unwrap();
    let said =
        format!("This page shows the first 5000 of {total}; <code>allowlistc list --format csv</code>");
    assert!(html.contains(&said), "{said}");
    assert!(
        built
            .file("report.md")
            .contains(&format!("The first 1000 of {total}; `allowlistc list --format csv`"))
    );
    assert!(html.len() < 6 << 20, "{}", html.len());
}

#[test]
fn a_target_that_is_not_read_back_is_called_not_proved() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("plain");
    fs::create_dir(&own).unwrap();
    for entry in fs::read_dir(root().join("tests/fixtures/targets/plain")).unwrap() {
        let path = entry.unwrap().path();
        let text = read(&path).split("\n[[verify").next().unwrap().to_owned();
        fs::write(own.join(path.file_name().unwrap()), text).unwrap();
    }
    let targets = folder.path().to_string_lossy().into_owned();
    let built = build(
        &sample("contoso-eu"),
        &["--report", "--targets", &targets, "--target", "plain", "--target", "pac"],
    );
    let html = built.file("report.html");
    assert!(html.contains("<section class=\"answer open\"") && html.contains("Not proved: plain"));
    assert!(built.file("report.md").contains("**Not proved: plain.**"));
}

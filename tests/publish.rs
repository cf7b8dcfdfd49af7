//! Publishing into a folder: the whole set or nothing, the sets before it kept. Object stores have a lab of their own
//! (`tests/engines/publish_lab.py`).
#![cfg(feature = "publish")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use support::{Ran, files_below, root, run_in};
use tempfile::TempDir;

/// Makes a set unsound.
type Spoil<'s> = &'s dyn Fn(&Stand);

/// A folder with the sets of two samples, and a place to publish to.
struct Stand(TempDir);

impl Stand {
    fn new() -> Self {
        let stand = Self(tempfile::tempdir().expect("a folder"));
        for sample in ["contoso-eu", "northwind-streamlined"] {
            let profile = format!("samples/{sample}/profile.toml");
            let ran = run_in(&root(), &["build", &profile, "--out", &stand.text(sample)]);
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
        stand
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn publish(&self, set: &str, more: &[&str]) -> Ran {
        let (set, place) = (self.text(set), self.text("www"));
        run_in(self.0.path(), &[&["publish", set.as_str(), place.as_str()], more].concat())
    }

    fn roll_back(&self) -> Ran {
        run_in(self.0.path(), &["publish", "--rollback", &self.text("www")])
    }

    /// Everything that is published, by its path.
    fn published(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let place = self.path("www");
        let named = |path: PathBuf| {
            (path.strip_prefix(&place).expect("below").to_owned(), fs::read(&path).expect("a file"))
        };
        files_below(&place).into_iter().map(named).collect()
    }

    /// The published files are those of a set, and those of them that clients look for at the root.
    fn holds(&self, set: &str) {
        assert!(self.published() == self.wanted(set), "{set} is published, and nothing else");
    }

    fn wanted(&self, set: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut wanted: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        let folder = self.path(set);
        for path in files_below(&folder) {
            wanted.insert(
                path.strip_prefix(&folder).expect("below").to_owned(),
                fs::read(&path).expect("a file"),
            );
        }
        for name in ["proxy.pac", "wpad.dat"] {
            wanted.insert(name.into(), wanted[&Path::new("pac").join(name)].clone());
        }
        wanted
    }
}

#[test]
fn a_set_is_published_whole_and_the_one_before_it_comes_back() {
    let stand = Stand::new();
    let first = stand.publish("contoso-eu", &[]);
    assert_eq!(first.code, 0, "{}", first.err);
    stand.holds("contoso-eu");
    let again = stand.publish("contoso-eu", &[]);
    assert!(again.out.contains(" 0 written, "), "{}", again.out);
    assert_eq!(stand.publish("northwind-streamlined", &[]).code, 0);
    stand.holds("northwind-streamlined");
    let back = stand.roll_back();
    assert_eq!(back.code, 0, "{}", back.err);
    stand.holds("contoso-eu");
    let too_far = stand.roll_back();
    assert_eq!(too_far.code, 2);
    assert!(too_far.err.contains("there is no set before the current one"), "{}", too_far.err);
    stand.holds("contoso-eu");
}

#[test]
fn so_many_sets_are_kept_as_are_asked_for_and_no_server_shows_them() {
    let stand = Stand::new();
    for set in ["contoso-eu", "northwind-streamlined", "contoso-eu", "northwind-streamlined"] {
        assert_eq!(stand.publish(set, &["--keep", "3"]).code, 0);
    }
    let kept: Vec<_> = fs::read_dir(stand.path(".www.allowlistc-sets")).expect("kept sets").collect();
    assert_eq!(kept.len(), 2, "and the current one");
    assert!(stand.published().keys().all(|path| !path.starts_with(".www.allowlistc-sets")));
}

/// The moments are spread evenly over the time that a publication takes, the longest of a few.
#[test]
fn a_publication_killed_at_any_moment_leaves_the_old_set_or_the_new_one() {
    const KILLS: u32 = 200;
    let stand = Stand::new();
    let sets = ["contoso-eu", "northwind-streamlined"];
    let wanted = sets.map(|set| stand.wanted(set));
    let time = |set: &str| {
        let start = Instant::now();
        assert_eq!(stand.publish(set, &[]).code, 0);
        start.elapsed()
    };
    let whole = sets.iter().cycle().take(8).map(|set| time(set)).max().expect("a time");
    let mut seen = [0, 0];
    for kill in 0..KILLS {
        let next = usize::try_from(kill % 2).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_allowlistc"))
            .args(["publish", &stand.text(sets[next]), &stand.text("www"), "--keep", "3"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        std::thread::sleep(whole * (kill * 37 % KILLS) / KILLS);
        let _ = child.kill();
        child.wait().expect("the program ends");
        let published = stand.published();
        let found = wanted.iter().position(|wanted| *wanted == published);
        seen[found.unwrap_or_else(|| panic!("after kill {kill} a mix is published"))] += 1;
    }
    assert!(seen.iter().all(|count| *count > 10), "both sets were left behind: {seen:?}");
    assert_eq!(stand.publish(sets[0], &[]).code, 0);
    stand.holds(sets[0]);
}

#[test]
fn what_others_keep_in_the_folder_stays() {
    let stand = Stand::new();
    fs::create_dir_all(stand.path("www/pages")).expect("a folder");
    fs::write(stand.path("www/pages/index.html"), "<p>contoso</p>").expect("a file");
    for set in ["contoso-eu", "northwind-streamlined"] {
        assert_eq!(stand.publish(set, &[]).code, 0);
        assert_eq!(fs::read(stand.path("www/pages/index.html")).expect("a file"), b"<p>contoso</p>");
    }
}

#[test]
fn a_set_that_somebody_changed_is_kept_aside_named_and_not_gone_back_to() {
    let stand = Stand::new();
    for set in ["contoso-eu", "northwind-streamlined"] {
        assert_eq!(stand.publish(set, &[]).code, 0);
    }
    fs::write(stand.path("www/pac/proxy.pac"), "mended by hand").expect("a file");
    fs::remove_file(stand.path("www/wpad.dat")).expect("a file");
    let ran = stand.publish("contoso-eu", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for name in ["`pac/proxy.pac`", "`wpad.dat`"] {
        assert!(ran.err.contains(&format!("warning[published-changed]: {name} ")), "{}", ran.err);
    }
    stand.holds("contoso-eu");
    let edited = || {
        let kept = fs::read_dir(stand.path(".www.allowlistc-sets")).expect("kept sets");
        let edited = kept.map(|entry| entry.expect("a set").path());
        edited.filter(|path| path.to_string_lossy().ends_with("-edited")).collect::<Vec<_>>()
    };
    let changed = fs::read(edited()[0].join("pac/proxy.pac")).expect("the change");
    assert_eq!(changed, b"mended by hand");
    let back = stand.roll_back();
    assert_eq!(back.code, 0, "{}", back.err);
    assert!(
        back.err.contains("warning[published-changed]: the set before was changed by hand"),
        "{}",
        back.err
    );
    stand.holds("contoso-eu");
    let too_far = stand.roll_back();
    assert_eq!(too_far.code, 2);
    assert!(too_far.err.contains("as it was published"), "{}", too_far.err);
    // The same set once more, after a change of it: the change is kept as well.
    fs::write(stand.path("www/proxy.pac"), "mended again").expect("a file");
    assert_eq!(stand.publish("contoso-eu", &["--keep", "1"]).code, 0);
    stand.holds("contoso-eu");
    assert_eq!(edited().len(), 1, "no more are kept than are asked for");
    assert_eq!(fs::read(edited()[0].join("proxy.pac")).expect("the change"), b"mended again");
}

#[test]
fn names_of_an_earlier_set_go_although_somebody_changed_it() {
    let stand = Stand::new();
    assert_eq!(stand.publish("contoso-eu", &[]).code, 0);
    fs::write(stand.path("www/squid/allow.conf"), "edited").expect("a file");
    let profile = root().join("samples/northwind-streamlined/profile.toml");
    let (profile, place) = (profile.to_string_lossy().into_owned(), stand.text("squid-only"));
    let built = run_in(
        &root(),
        &["build", &profile, "--out", &place, "--target", "squid", "--set", "targets.build=[\"squid\"]"],
    );
    assert_eq!(built.code, 0, "{}", built.err);
    let ran = stand.publish("squid-only", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for name in ["proxy.pac", "wpad.dat", "pac", "azure"] {
        assert!(!stand.path("www").join(name).exists(), "{name} is of the set before");
    }
}

#[test]
fn what_nobody_published_is_not_replaced() {
    let stand = Stand::new();
    fs::create_dir(stand.path("www")).expect("a folder");
    for name in ["proxy.pac", "manifest.json"] {
        fs::write(stand.path("www").join(name), "{\"name\": \"contoso\"}").expect("a file");
    }
    let ran = stand.publish("contoso-eu", &[]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(
        ran.err.contains("`proxy.pac`, `manifest.json` in ") && ran.err.contains("move them away"),
        "{}",
        ran.err
    );
    assert_eq!(stand.published().len(), 2, "nothing is written");
    for name in ["proxy.pac", "manifest.json"] {
        fs::remove_file(stand.path("www").join(name)).expect("a file");
    }
    assert_eq!(stand.publish("contoso-eu", &[]).code, 0);
    stand.holds("contoso-eu");
}

#[test]
fn a_set_that_is_not_sound_is_refused_and_what_is_published_stands() {
    let change = |stand: &Stand, change: &dyn Fn(&mut Value)| {
        let path = stand.path("contoso-eu/manifest.json");
        let mut manifest: Value =
            serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
        change(&mut manifest);
        fs::write(path, manifest.to_string()).expect("a manifest");
    };
    let cases: [(&str, Spoil<'_>); 7] = [
        ("set-changed", &|stand| {
            fs::write(stand.path("contoso-eu/pac/proxy.pac"), "edited").expect("a file");
        }),
        ("set-changed", &|stand| fs::remove_file(stand.path("contoso-eu/squid/allow.conf")).expect("a file")),
        ("set-empty", &|stand| change(stand, &|manifest| manifest["entries"]["allow"] = 0.into())),
        ("set-unproved", &|stand| change(stand, &|manifest| manifest["verdicts"] = Value::Array(Vec::new()))),
        ("set-unproved", &|stand| {
            change(stand, &|manifest| manifest["verdicts"][0]["verdict"] = "undecided".into());
        }),
        ("set-unreadable", &|stand| {
            change(stand, &|manifest| manifest["files"][0]["path"] = "../outside".into());
        }),
        ("set-unreadable", &|stand| fs::remove_file(stand.path("contoso-eu/manifest.json")).expect("a file")),
    ];
    for (code, spoil) in cases {
        let stand = Stand::new();
        assert_eq!(stand.publish("northwind-streamlined", &[]).code, 0);
        spoil(&stand);
        let ran = stand.publish("contoso-eu", &[]);
        assert_eq!(ran.code, 1, "{code}: {}{}", ran.out, ran.err);
        assert!(ran.err.starts_with(&format!("error[{code}]: ")), "{code}: {}", ran.err);
        stand.holds("northwind-streamlined");
    }
}

#[test]
fn a_destination_that_is_none_is_a_bad_argument() {
    let stand = Stand::new();
    let set = stand.text("contoso-eu");
    for arguments in [
        &["publish", &set][..],
        &["publish", &set, "ftp://contoso/lists"],
        &["publish", &set, "s3://"],
        &["publish", &set, "s3://lists/x", "--option", "colour=blue"],
        &["publish", &set, &stand.text("www"), "--option", "region=x"],
        &["publish", "--rollback", &set, "s3://lists"],
    ] {
        let ran = run_in(stand.0.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.starts_with("error: "), "{arguments:?}: {}", ran.err);
    }
}

//! Writing: whatever happens to a build, its folder holds one whole set.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use allowlistc::manifest::sha256;
use allowlistc::write::{Old, OutputFolder, ReadingFolder, Recovery};
use support::{files_below, read, root};
use tempfile::TempDir;

/// A list that differs from the sample's in all files, and lacks some of them.
const SHORT_LIST: &str = "\
# Microsoft Defender for Endpoint worldwide

| Service | Geography | Category | Port | Endpoint/URL | Required |
|---|---|---|---|---|---|
| Defender | WW | Cloud | 443 | one.contoso.com | Required |
| Defender | WW | Cloud | 443 | *.two.contoso.com | Required |
| Defender | EU | Cloud | 443 | three.contoso.com | Required |
| Defender | UK | Cloud | 443 | four.contoso.com | Required |
";

/// Relative path and digest of every file of a folder.
type Set = BTreeMap<String, String>;

fn set_of(folder: &Path) -> Set {
    let below = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    files_below(folder).iter().map(|path| (below(path), sha256(&fs::read(path).unwrap()))).collect()
}

/// A folder with two lists, a profile, and the set that each list makes.
struct Stand {
    folder: TempDir,
    sets: [Set; 2],
}

const LISTS: [&str; 2] = ["list.xlsx", "short.md"];

impl Stand {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["profile.toml", "list.xlsx"] {
            fs::copy(root().join("samples/contoso-eu").join(name), folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("short.md"), SHORT_LIST).unwrap();
        let mut stand = Self { folder, sets: [Set::new(), Set::new()] };
        for at in [0, 1] {
            let out = stand.path("expected").join(LISTS[at]);
            assert_eq!(stand.build(&out, at).output().unwrap().status.code(), Some(0), "{}", LISTS[at]);
            stand.sets[at] = set_of(&out);
        }
        assert_ne!(stand.sets[0].keys().collect::<Vec<_>>(), stand.sets[1].keys().collect::<Vec<_>>());
        stand
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A build of one of the two lists into `out`.
    fn build(&self, out: &Path, list: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_allowlistc"));
        command.arg("build").arg(self.path("profile.toml")).arg("--out").arg(out);
        command.arg("--source").arg(self.path(LISTS[list]));
        command.args(["--set", "select.exclude=[]"]);
        command.current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Which of the two lists the folder is of.
    #[track_caller]
    fn which(&self, out: &Path) -> usize {
        let found = set_of(out);
        let at = self.sets.iter().position(|set| *set == found);
        at.unwrap_or_else(|| {
            let mixed = |set: &Set| found.iter().filter(|(path, sum)| set.get(*path) == Some(sum)).count();
            panic!(
                "a mix: {} of {} files are old or new, {} are the other's: {:?}",
                mixed(&self.sets[0]),
                found.len(),
                mixed(&self.sets[1]),
                found.keys()
            )
        })
    }

    /// What lies beside the output, but for the stand's own files.
    fn litter(&self) -> Vec<String> {
        let own = ["profile.toml", "list.xlsx", "short.md", "expected"];
        let names = fs::read_dir(self.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with('.') && !own.contains(&name.as_str())).collect()
    }
}

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}

/// Kills a build: at any moment, or soon after one of two signs of what it is doing. Returns whether it was still
/// running.
fn kill_at_random(mut child: Child, dice: &mut Dice, whole: Duration, signs: [&dyn Fn() -> bool; 2]) -> bool {
    let micros = |most: Duration| u64::try_from(most.as_micros()).unwrap();
    let (sign, most): (&dyn Fn() -> bool, Duration) = match dice.below(3) {
        0 => (&|| true, whole),
        1 => (signs[0], Duration::from_millis(12)),
        _ => (signs[1], Duration::from_micros(500)),
    };
    while !sign() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(20));
    }
    let start = Instant::now();
    let wait = Duration::from_micros(dice.below(micros(most)));
    while start.elapsed() < wait && child.try_wait().unwrap().is_none() {
        std::hint::spin_loop();
    }
    let _ = child.kill();
    child.wait().unwrap().signal() == Some(9)
}

fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|data| data.ino())
}

/// Kills builds of the two lists by turns until `kills` of them were hit.
fn kill_builds(stand: &Stand, out: &Path, stage: &Path, kills: usize, seed: u64) {
    let start = Instant::now();
    assert!(stand.build(out, 0).status().unwrap().success());
    let whole = start.elapsed();
    let mut dice = Dice(seed);
    let (mut hit, mut seen, mut now) = (0, [0; 2], 0);
    while hit < kills {
        let (next, before) = (1 - now, inode(out));
        // The new folder is being made, or it has just taken the place of the old one.
        let left_over = inode(stage);
        let making = || inode(stage).is_some_and(|stage| Some(stage) != left_over);
        let made = || inode(out) != before;
        let child = stand.build(out, next).stderr(Stdio::null()).spawn().unwrap();
        hit += usize::from(kill_at_random(child, &mut dice, whole, [&making, &made]));
        now = stand.which(out);
        seen[usize::from(now == next)] += 1;
    }
    assert!(seen.iter().all(|count| *count > 5), "old and new sets were left behind: {seen:?}");
}

#[test]
fn a_build_killed_at_any_moment_leaves_the_old_set_or_the_new_one() {
    let stand = &Stand::new();
    std::thread::scope(|scope| {
        for (name, seed) in [("one", 1), ("two", 2)] {
            scope.spawn(move || {
                let (out, stage) = (stand.path(name), stand.path(&format!(".{name}.allowlistc-new")));
                kill_builds(stand, &out, &stage, 110, seed);
            });
        }
    });
    for name in ["one", "two"] {
        assert!(stand.build(&stand.path(name), 0).status().unwrap().success());
    }
    assert_eq!(stand.litter(), [""; 0], "the next build removes what a killed one left beside the folder");
}

/// The current folder cannot be exchanged under those who stand in it, so that the journal has to do.
#[test]
fn after_a_build_into_the_current_folder_was_killed_the_next_reader_finds_one_whole_set() {
    let stand = Stand::new();
    let out = stand.path("here");
    fs::create_dir(&out).unwrap();
    let here = |list| {
        let mut command = stand.build(Path::new("."), list);
        command.current_dir(&out);
        command
    };
    assert!(here(0).status().unwrap().success());
    let (mut dice, mut finished, mut taken_back, mut now) = (Dice(3), 0, 0, 0);
    let journal = out.join(".allowlistc-journal.json");
    for _ in 0..60 {
        let child = here(1 - now).stderr(Stdio::null()).spawn().unwrap();
        // The journal is the first thing that is written, and is written anew when all files are ready.
        let first = std::cell::Cell::new(None);
        let begun = || {
            first.set(first.get().or_else(|| inode(&journal)));
            first.get().is_some()
        };
        let ready = || begun() && inode(&journal) != first.get();
        kill_at_random(child, &mut dice, Duration::from_millis(1), [&begun, &ready]);
        match ReadingFolder::open(&out).unwrap().recovery() {
            Some(Recovery::Finished) => finished += 1,
            Some(Recovery::TakenBack) => taken_back += 1,
            None => {}
        }
        now = stand.which(&out);
    }
    assert!(finished > 3 && taken_back > 3, "{finished} {taken_back}");
}

fn ran(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The same command under limits and with other mounts, which a shell sets first.
fn under(shell: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(shell[0]);
    outer.args(&shell[1..]).arg(command.get_program()).args(command.get_args());
    outer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    outer
}

#[test]
fn a_full_disk_leaves_the_old_set() {
    let stand = Stand::new();
    for name in ["out", "."] {
        let out = stand.path("out");
        assert!(stand.build(&out, 0).status().unwrap().success());
        // No file may grow beyond this, which is what a full disk looks like to a writer.
        let limit = ["sh", "-c", "trap '' XFSZ; ulimit -f 8; cd \"$0\" && exec \"$@\""];
        let folder = stand.path(if name == "." { "out" } else { "" });
        let folder = folder.to_string_lossy();
        let (code, err) =
            ran(&mut under(&[&limit[..], &[&folder]].concat(), &stand.build(Path::new(name), 1)));
        assert_eq!(code, Some(2), "{err}");
        assert!(
            err.contains("File too large") && err.contains("what was there before is untouched"),
            "{err}"
        );
        assert_eq!(stand.which(&out), 0);
        assert_eq!(stand.litter(), [""; 0]);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}

/// A mount point cannot be exchanged; its own small disk can be full in earnest.
#[test]
fn a_mount_point_is_written_and_stays_as_it_was_when_it_is_full() {
    if !is_root() {
        support::skip::skipped("only root can mount a small disk");
        return;
    }
    let stand = Stand::new();
    let out = stand.path("out");
    fs::create_dir(&out).unwrap();
    let build = |list: usize| {
        let command = stand.build(&out, list);
        let arguments = command.get_args().map(|argument| format!("'{}'", argument.to_string_lossy()));
        let arguments: Vec<String> = arguments.collect();
        format!("'{}' {}", command.get_program().to_string_lossy(), arguments.join(" "))
    };
    let script = format!(
        "set -e\nmount -t tmpfs -o size=400k tmpfs '{out}'\n{short}\nhead -c 300k /dev/zero >'{out}/filler' || true\n\
         cp -a '{out}' '{kept}'\n{long} && exit 9\n[ $? = 2 ]\ndiff -r '{out}' '{kept}'\nrm '{out}/filler'\nrm -r '{kept}'\n\
         cp -a '{out}' '{kept}'",
        out = out.display(),
        kept = stand.path("kept").display(),
        short = build(1),
        long = build(0)
    );
    let (code, err) = ran(Command::new("unshare").args(["-m", "sh", "-c", &script]).stdout(Stdio::null()));
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("No space left on device"), "{err}");
    assert_eq!(stand.which(&stand.path("kept")), 1);
}

/// The same command as a user without rights, for whom rights count.
fn as_nobody(command: &mut Command) -> &mut Command {
    if is_root() { command.uid(65_534).gid(65_534) } else { command }
}

fn give_to_nobody(path: &Path) {
    if is_root() {
        for path in files_below(path).iter().map(PathBuf::as_path).chain([path]) {
            std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
            std::os::unix::fs::chown(path.parent().unwrap(), Some(65_534), Some(65_534)).unwrap();
        }
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_a_clear_error() {
    let stand = Stand::new();
    let out = stand.path("closed/out");
    assert!(stand.build(&out, 0).status().unwrap().success());
    give_to_nobody(&out);
    let close = |path: PathBuf| fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
    close(out.clone());
    close(stand.path("closed"));
    let (code, err) = ran(as_nobody(&mut stand.build(&out, 1)));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.starts_with("error: writing `") && err.contains("Permission denied"), "{err}");
    assert_eq!(stand.which(&out), 0);
}

#[test]
fn a_folder_below_one_that_may_not_be_written_is_written() {
    let stand = Stand::new();
    let out = stand.path("closed/out");
    assert!(stand.build(&out, 0).status().unwrap().success());
    give_to_nobody(&out);
    fs::set_permissions(stand.path("closed"), fs::Permissions::from_mode(0o555)).unwrap();
    let inode = fs::metadata(&out).unwrap().ino();
    let (code, err) = ran(as_nobody(&mut stand.build(&out, 1)));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!((stand.which(&out), fs::metadata(&out).unwrap().ino()), (1, inode));
}

#[test]
fn a_folder_that_another_run_uses_is_waited_for_and_then_left_alone() {
    let stand = Stand::new();
    let out = stand.path("out");
    assert!(stand.build(&out, 0).status().unwrap().success());
    let lock = File::open(&out).unwrap();
    lock.lock().unwrap();
    let (code, err) = ran(&mut stand.build(&out, 1));
    assert_eq!(code, Some(2));
    assert_eq!(err, format!("error: another run is using `{}`; nothing was written\n", out.display()));
    let waiting = stand.build(&out, 1).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    drop(lock);
    assert!(waiting.wait_with_output().unwrap().status.success());
    assert_eq!(stand.which(&out), 1);
}

#[test]
fn builds_at_the_same_time_leave_the_set_of_one_of_them() {
    let stand = Stand::new();
    let out = stand.path("out");
    for _ in 0..5 {
        let children: Vec<Child> = (0..4).map(|at| stand.build(&out, at % 2).spawn().unwrap()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        stand.which(&out);
    }
    assert_eq!(stand.litter(), [""; 0]);
}

#[test]
fn what_does_not_change_keeps_its_times_and_what_users_keep_in_the_folder_comes_along() {
    let stand = Stand::new();
    let out = stand.path("out");
    assert!(stand.build(&out, 0).status().unwrap().success());
    fs::set_permissions(&out, fs::Permissions::from_mode(0o750)).unwrap();
    fs::create_dir(out.join("notes")).unwrap();
    fs::write(out.join("notes/mine"), "mine").unwrap();
    fs::create_dir(out.join("empty")).unwrap();
    symlink("notes/mine", out.join("link")).unwrap();
    let look = |name: &str| fs::metadata(out.join(name)).map(|data| (data.ino(), data.mtime_nsec())).unwrap();
    let before = ["notes/mine", "link", "pac/proxy.pac"].map(look);
    let mut build = stand.build(&out, 0);
    assert!(build.args(["--set", "targets.azure.sku=standard"]).status().unwrap().success());
    assert_eq!(["notes/mine", "link", "pac/proxy.pac"].map(look), before);
    assert!(out.join("link").is_symlink() && out.join("empty").is_dir());
    assert_eq!(fs::metadata(&out).unwrap().mode() & 0o777, 0o750);
    assert_eq!(stand.litter(), [""; 0]);
}

#[test]
fn the_output_may_be_a_link_the_current_folder_or_missing() {
    let stand = Stand::new();
    fs::create_dir(stand.path("real")).unwrap();
    symlink("real", stand.path("link")).unwrap();
    for list in [0, 1] {
        assert!(stand.build(&stand.path("link"), list).status().unwrap().success());
        assert!(stand.path("link").is_symlink());
        assert_eq!(stand.which(&stand.path("real")), list);
    }
    let deep = stand.path("not/yet/there");
    assert!(stand.build(&deep, 1).status().unwrap().success());
    assert_eq!(stand.which(&deep), 1);
    let here = fs::metadata(&deep).unwrap().ino();
    assert!(stand.build(Path::new("."), 0).current_dir(&deep).status().unwrap().success());
    assert_eq!((stand.which(&deep), fs::metadata(&deep).unwrap().ino()), (0, here));
    symlink("nowhere", stand.path("dangling")).unwrap();
    assert_eq!(ran(&mut stand.build(&stand.path("dangling"), 0)).0, Some(2));
    assert_eq!(stand.litter(), [""; 0]);
}

/// A folder of a target that is a link is written through it, as before.
#[test]
fn a_link_to_where_a_targets_files_belong_stays_one() {
    let stand = Stand::new();
    let out = stand.path("out");
    fs::create_dir_all(&out).unwrap();
    fs::create_dir(stand.path("etc")).unwrap();
    symlink("../etc", out.join("squid")).unwrap();
    assert!(stand.build(&out, 1).status().unwrap().success());
    assert!(out.join("squid").is_symlink() && stand.path("etc/allow.conf").is_file());
    assert_eq!(stand.which(&out), 1);
}

fn interrupted(stand: &Stand, ready: bool) -> PathBuf {
    let out = stand.path("out");
    assert!(stand.build(&out, 0).status().unwrap().success());
    let new = stand.path("expected").join(LISTS[1]);
    let put: Vec<&String> = stand.sets[1].keys().collect();
    for path in &put {
        let full = out.join(path);
        let staged =
            full.with_file_name(format!(".{}.allowlistc-new", full.file_name().unwrap().to_string_lossy()));
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::copy(new.join(path), staged).unwrap();
    }
    let remove: Vec<&String> =
        stand.sets[0].keys().filter(|path| !stand.sets[1].contains_key(*path)).collect();
    let journal = serde_json::json!({"ready": ready, "put": put, "remove": remove});
    fs::write(out.join(".allowlistc-journal.json"), journal.to_string()).unwrap();
    out
}

#[test]
fn every_reader_brings_an_interrupted_build_to_an_end_and_says_so() {
    for (ready, list) in [(true, 1), (false, 0)] {
        let stand = Stand::new();
        let verbs: [&[&str]; 4] = [
            &["diff", "out", "expected/short.md"],
            &["verify", "profile.toml", "out", "--set", "select.exclude=[]", "--source", LISTS[list]],
            &["match", "--target", "squid", "out", "https://unknown.example.com"],
            &["match", "--target", "squid", "out/squid", "https://unknown.example.com"],
        ];
        for arguments in verbs {
            let out = interrupted(&stand, ready);
            let ran = support::run_in(stand.folder.path(), arguments);
            assert!(ran.err.starts_with("warning[build-interrupted]: "), "{arguments:?} {}", ran.err);
            assert_eq!(stand.which(&out), list, "{arguments:?}");
            let again = support::run_in(stand.folder.path(), arguments);
            assert!(!again.err.contains("build-interrupted"), "{}", again.err);
            assert_eq!((ran.code, ran.out), (again.code, again.out));
            fs::remove_dir_all(out).unwrap();
        }
    }
}

#[test]
fn a_journal_that_somebody_made_touches_nothing_outside() {
    let stand = Stand::new();
    let out = stand.path("out");
    assert!(stand.build(&out, 0).status().unwrap().success());
    fs::write(stand.path("precious"), "x").unwrap();
    fs::write(stand.path(".precious.allowlistc-new"), "y").unwrap();
    let paths = ["../precious", "squid/../../precious", "/etc/hostname"];
    for text in [
        serde_json::json!({"ready": true, "put": paths, "remove": paths}).to_string(),
        serde_json::json!({"ready": false, "put": paths, "remove": []}).to_string(),
        "not JSON".to_owned(),
    ] {
        fs::write(out.join(".allowlistc-journal.json"), text).unwrap();
        assert!(stand.build(&out, 0).status().unwrap().success());
        assert_eq!(read(&stand.path("precious")), "x");
        assert_eq!(read(&stand.path(".precious.allowlistc-new")), "y");
        assert_eq!(stand.which(&out), 0);
    }
}

#[test]
fn a_set_that_is_replaced_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (live, kept) = (folder.path().join("live"), folder.path().join("live.1"));
    let manifest =
        |text: &str| format!("{{\"files\": [{{\"path\": \"pac/proxy.pac\"}}], \"of\": \"{text}\"}}");
    for text in ["old", "new"] {
        let mut output = OutputFolder::open(&live).unwrap();
        let manifest = manifest(text);
        let files = [("pac/proxy.pac", text.as_bytes()), ("manifest.json", manifest.as_bytes())];
        let old = if text == "old" { Old::Remove } else { Old::MoveTo(&kept) };
        let changes = output.replace(&files, &[], |_| false, old).unwrap();
        assert_eq!(changes.written.len(), 2);
    }
    assert_eq!(
        (read(&live.join("pac/proxy.pac")), read(&kept.join("pac/proxy.pac"))),
        ("new".into(), "old".into())
    );
    let mut output = OutputFolder::open(&live).unwrap();
    let taken = output.replace(&[("manifest.json", b"{}")], &[], |_| false, Old::MoveTo(&kept));
    assert!(taken.is_err(), "a set that is kept is not overwritten");
    assert_eq!(read(&live.join("pac/proxy.pac")), "new");
    assert_eq!(read(&kept.join("pac/proxy.pac")), "old");
}

//! The shell steps of samples/ci, run in a repository of their own against a list on loopback that changes.
#![cfg(all(feature = "fetch", unix))]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use support::server::{Reply, Server};
use support::{Ran, book::book, files_below, read, root};
use tempfile::TempDir;

/// A repository with its origin, a list that a server gives away, and the steps of the sample.
struct Repository {
    folder: TempDir,
    list: Arc<Mutex<Vec<u8>>>,
    server: Server,
}

const OUT: &str = "dist/fleet";

fn text_of_list() -> String {
    read(&root().join("tests/books/contoso-eu.tsv"))
}

impl Repository {
    fn new() -> Self {
        let list = Arc::new(Mutex::new(book(&text_of_list())));
        let served = Arc::clone(&list);
        let server = Server::start(None, false, move |_| Reply::file("", &served.lock().unwrap()));
        let folder = tempfile::tempdir().expect("a folder");
        let made = Self { folder, list, server };
        for name in ["work/fleet", "work/ci", "bin"] {
            fs::create_dir_all(made.path(name)).expect("a folder");
        }
        for step in files_below(&root().join("samples/ci/steps")) {
            fs::copy(&step, made.path("work/ci").join(step.file_name().unwrap())).expect("a step");
        }
        let profile = read(&root().join("samples/contoso-eu/profile.toml"));
        let url = made.server.url("/list.xlsx");
        let profile = profile.replace("files = [\"list.xlsx\"]", &format!("urls = [{url:?}]"));
        fs::write(made.path("work/fleet/profile.toml"), profile).expect("a profile");
        fs::write(made.path("work/.gitignore"), "/change.md\n").expect("a file");
        symlink(env!("CARGO_BIN_EXE_allowlistc"), made.path("bin/allowlistc")).expect("a link");
        // Writes down what it is asked; the answers are those of a repository without an open pull request.
        let stub = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$ASKED\"\ncase \"${0##*/} $*\" in \"gh pr list\"*) echo 0 ;; esac\n";
        for tool in ["gh", "az"] {
            let path = made.path("bin").join(tool);
            fs::write(&path, stub).expect("a stub");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        }
        made.git(".", &["init", "--quiet", "--bare", "origin.git"]);
        made.git("work", &["init", "--quiet", "--initial-branch", "main"]);
        made.git("work", &["remote", "add", "origin", "../origin.git"]);
        made.git("work", &["add", "--all"]);
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        made.git("work", &[&who[..], &["commit", "--quiet", "--message", "first"]].concat());
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        command.current_dir(self.path(folder)).stdin(Stdio::null()).env("PATH", path);
        for name in
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "TF_BUILD"]
        {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.env("FETCH_OPTIONS", "--allow-http --retries 0").env("ASKED", self.path("asked"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = self.command("git", folder).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn step(&self, script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.command("sh", "work");
        command.arg(format!("ci/{script}")).args(arguments).envs(environment.iter().copied());
        let output = command.output().expect("a step runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    fn update(&self) -> Ran {
        self.step("update.sh", &["fleet/profile.toml"], &[])
    }

    /// A second version of the list.
    fn change_list(&self) {
        let row = "Microsoft Defender for Endpoint\tWW\tCommon\t443\tnew.contoso.com\tnew\tRequired\tYes";
        let text = text_of_list();
        let (head, rows) = text.split_once("\nMicrosoft Defender for Endpoint\t").expect("rows");
        let text = format!("{head}\n{row}\nMicrosoft Defender for Endpoint\t{rows}");
        *self.list.lock().unwrap() = book(&text);
    }

    /// The first build, committed.
    fn started() -> Self {
        let made = Self::new();
        let ran = made.update();
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(ran.out.ends_with("changed=true\n"), "{}", ran.out);
        let ran = made.step("commit.sh", &["fleet/profile.toml", "main"], &[]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        made
    }
}

#[test]
fn a_list_that_did_not_change_asks_nobody() {
    let made = Repository::started();
    let ran = made.update();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.ends_with("changed=false\n"), "{}", ran.out);
    assert_eq!(made.git("work", &["status", "--porcelain"]), "");
}

#[test]
fn a_changed_list_becomes_a_pull_request_that_names_the_change() {
    let made = Repository::started();
    made.change_list();
    let outputs = made.path("outputs");
    let ran = made.step(
        "update.sh",
        &["fleet/profile.toml"],
        &[("GITHUB_OUTPUT", &outputs.to_string_lossy()), ("FORMAT", "github")],
    );
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(read(&outputs), "changed=true\n");
    let change = read(&made.path("work/change.md"));
    for piece in [
        "## What changes on the firewalls",
        "`squid`",
        "https://new.contoso.com/",
        "## What changes in the list",
        "new.contoso.com",
    ] {
        assert!(change.contains(piece), "{piece}: {change}");
    }
    let ran = made.step("commit.sh", &["fleet/profile.toml", "allowlists/update"], &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let files = made.git("origin.git", &["diff", "--name-only", "allowlists/update~1", "allowlists/update"]);
    let files: BTreeSet<&str> = files.lines().collect();
    assert!(files.contains("fleet/allowlistc.lock") && files.contains("dist/fleet/report.html"), "{files:?}");
    let copies =
        made.git("origin.git", &["ls-tree", "-r", "--name-only", "allowlists/update", "fleet/.allowlistc/"]);
    assert_eq!(
        copies.lines().filter(|path| !path.ends_with(".gitignore")).count(),
        1,
        "one copy, the one that the lock names: {copies}"
    );
    let ran = made.step("propose-github.sh", &["allowlists/update", "main"], &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let asked = read(&made.path("asked"));
    assert!(
        asked.contains("pr create --head allowlists/update --base main")
            && asked.contains("--body-file change.md"),
        "{asked}"
    );
    let ran = made.step("propose-azure.sh", &["allowlists/update", "main"], &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(read(&made.path("asked")).contains("repos pr create --source-branch allowlists/update"));
    // The check of that pull request builds from the copies alone.
    let ran = made.step("check.sh", &["fleet/profile.toml"], &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_list_that_lost_half_its_rows_stops_the_update_and_changes_nothing() {
    let made = Repository::started();
    let text = text_of_list();
    let kept: Vec<&str> = text.lines().take(text.lines().count() / 2).collect();
    *made.list.lock().unwrap() = book(&kept.join("\n"));
    let ran = made.update();
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("error[guard-"), "{}", ran.err);
    assert_eq!(made.git("work", &["status", "--porcelain", "--untracked-files=no"]), "");
}

#[test]
fn the_check_of_a_pull_request_fails_with_annotations_and_a_summary() {
    let made = Repository::started();
    let file = made.path("work").join(OUT).join("squid/allow-443-exact.txt");
    fs::write(&file, format!("{}evil.example.com\n", read(&file))).unwrap();
    let summary = made.path("summary.md");
    let ran = made.step(
        "check.sh",
        &["fleet/profile.toml"],
        &[("GITHUB_STEP_SUMMARY", &summary.to_string_lossy())],
    );
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("::error file=dist/fleet/squid/allow-443-exact.txt,line="), "{}", ran.out);
    assert!(read(&summary).contains("no longer `https://evil.example.com/`"), "{}", read(&summary));
    let temporary = made.path("bin").to_string_lossy().into_owned();
    let ran = made.step(
        "check.sh",
        &["fleet/profile.toml"],
        &[("TF_BUILD", "True"), ("AGENT_TEMPDIRECTORY", &temporary)],
    );
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("##vso[task.uploadsummary]"), "{}", ran.out);
}

#[cfg(feature = "publish")]
#[test]
fn what_is_merged_is_proved_once_more_and_published() {
    let made = Repository::started();
    let dest = made.path("published");
    let publish = || made.step("publish.sh", &["fleet/profile.toml", &dest.to_string_lossy()], &[]);
    let file = made.path("work").join(OUT).join("pac/proxy.pac");
    let sound = read(&file);
    fs::write(&file, format!("{sound}// edited\n")).unwrap();
    assert_eq!(publish().code, 1, "an edited folder is not published");
    assert!(!dest.exists());
    fs::write(&file, &sound).unwrap();
    let ran = publish();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(read(&dest.join("proxy.pac")), sound);
}

#[test]
fn the_hook_refuses_what_is_staged_and_not_what_lies_about() {
    let made = Repository::started();
    let hook = made.path("work/.git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::copy(root().join("samples/ci/hooks/pre-commit"), &hook).expect("the hook");
    made.git("work", &["config", "--add", "allowlistc.profile", "fleet/profile.toml"]);
    let commit = || {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        made.command("git", "work")
            .args(who)
            .args(["commit", "--quiet", "--allow-empty", "--message", "m"])
            .output()
            .unwrap()
    };
    let file = made.path("work").join(OUT).join("pac/proxy.pac");
    fs::write(&file, format!("{}// edited\n", read(&file))).unwrap();
    assert!(commit().status.success(), "what is not staged is not committed");
    made.git("work", &["add", "--all", "dist"]);
    let refused = commit();
    let text =
        String::from_utf8_lossy(&refused.stderr).into_owned() + &String::from_utf8_lossy(&refused.stdout);
    assert!(!refused.status.success() && text.contains("changed  pac/proxy.pac"), "{text}");
}

/// The lines that a pipeline runs, with its variables as the shell has them.
fn commands(pipeline: &str, key: &str) -> Vec<String> {
    let lines = pipeline.lines().map(str::trim).map(|line| line.trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_pipelines_run_these_steps_and_nothing_else() {
    let folder = root().join("samples/ci");
    let steps: BTreeSet<String> = files_below(&folder.join("steps"))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut used = BTreeSet::new();
    for (file, key) in [("github-actions.yml", "run:"), ("azure-pipelines.yml", "script:")] {
        let text = read(&folder.join(file));
        let commands = commands(&text, key);
        assert!(commands.len() >= 6, "{file}: {commands:?}");
        for command in commands {
            if command.starts_with("cargo install allowlistc --locked --version ") {
                continue;
            }
            let script = command.strip_prefix("sh ci/").unwrap_or_else(|| panic!("{file}: {command}"));
            let script = script.split(' ').next().unwrap().to_owned();
            assert!(steps.contains(&script), "{file}: {command}");
            used.insert(script);
        }
        for line in text.lines().filter(|line| line.contains("uses:")) {
            // A tag can be moved, a commit cannot.
            let (commit, version) = line.rsplit('@').next().and_then(|at| at.split_once(" # v")).unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit && version.matches('.').count() == 2, "{file}: {line}");
        }
    }
    assert_eq!(used, steps, "every step is used");
    assert!(read(&folder.join("github-actions.yml")).contains("\npermissions: {}\n"));
}

#[test]
fn no_step_shows_what_it_runs_or_what_it_is_given() {
    for step in files_below(&root().join("samples/ci/steps")) {
        let text = read(&step);
        assert!(text.starts_with("#!/bin/sh\n# ") && text.contains("\nset -eu\n"), "{}", step.display());
        for word in
            ["set -x", "set -eux", "GH_TOKEN}", "$GH_TOKEN", "$AZURE_DEVOPS_EXT_PAT", "env |", "printenv"]
        {
            assert!(!text.contains(word), "{}: {word}", step.display());
        }
        assert!(is_valid(&step), "{}", step.display());
    }
}

fn is_valid(script: &Path) -> bool {
    Command::new("sh").arg("-n").arg(script).status().expect("sh runs").success()
}

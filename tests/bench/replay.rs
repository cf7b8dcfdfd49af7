//! How fast logs are replayed: `cargo bench --bench replay`. One core against the lines of a second that are wanted, and
//! the whole program against `wc -l`, which only counts lines.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark says so loudly"
)]

#[path = "../support/access_log.rs"]
mod access_log;
mod process;
mod wanted;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mimalloc::MiMalloc;

use process::{Cost, run};
use wanted::Wanted;

/// The product's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Bytes of a log.
const BYTES: u64 = 1 << 30;
/// Lines of a second on one core that are wanted, in millions.
const LEAST_LINES: f64 = 3.0;
/// Most time of a whole run, in times of `wc -l`.
const MOST_TIMES: f64 = 3.0;
/// Most memory of a long log, in times of its first hundredth.
const MOST_GROWTH: f64 = 1.2;
/// Runs of each; the fastest counts, because others only ever take time away.
const RUNS: usize = 9;
/// Keeps a command on one core.
const ONE_CORE: [&str; 3] = ["taskset", "-c", "0"];

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("the figures: cargo bench --bench replay");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let native = Log::new(folder.path().join("native.log"), BYTES, access_log::line);
    let mut wanted = Wanted::default();
    println!("{} lines of Squid's native format, {BYTES} bytes:", native.lines);
    against_wc(&native, &mut wanted);
    for (packer, ending) in [("gzip", "gz"), ("zstd", "zst")] {
        let packed = native.packed(packer, ending);
        packed.show(&format!("packed by {packer} -1"));
        packed.remove();
    }
    native.remove();
    let listed = Log::new(folder.path().join("listed.log"), BYTES, access_log::listed);
    listed.show("nine of ten lines of listed hosts");
    listed.remove();
    let combined = Log::new(folder.path().join("combined.log"), BYTES, access_log::combined);
    combined.show("combined format");
    combined.remove();
    println!("\n{}", wanted.table());
}

fn against_wc(log: &Log, wanted: &mut Wanted) {
    let count = fastest(|| log.command(&["wc", "-l"]), 0);
    let all = fastest(|| log.replay(&[]), 1);
    let one = fastest(|| log.replay(&ONE_CORE), 1);
    let rate = log.millions(&one);
    println!("  wc -l                   {}", count.shown());
    println!("  allowlistc replay       {}", all.shown());
    println!("  the same on one core    {}  {rate:.1} million lines a second", one.shown());
    let first = Log::new(log.path.with_extension("first"), BYTES / 100, access_log::line);
    let short = fastest(|| first.replay(&[]), 0);
    first.remove();
    println!("  the log's first 1 %     {}", short.shown());
    wanted.at_least("on one core: millions of native lines a second", LEAST_LINES, rate);
    wanted.at_most("on all cores: times the clock of wc -l", MOST_TIMES, all.wall / count.wall);
    wanted.at_most("1 GiB: times the memory of its first 1 %", MOST_GROWTH, all.peak / short.peak);
}

/// A made-up log.
struct Log {
    path: PathBuf,
    lines: u64,
}

impl Log {
    fn new(path: PathBuf, bytes: u64, line: access_log::Line) -> Self {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).expect("a log"));
        let lines = access_log::write_lines(bytes, &mut file, line).expect("the log is written");
        file.flush().expect("the log is written");
        Self { path, lines }
    }

    fn packed(&self, packer: &str, ending: &str) -> Self {
        let path = self.path.with_extension(ending);
        let file = File::create(&path).expect("a file");
        let status =
            Command::new(packer).args(["-1", "-c"]).arg(&self.path).stdout(Stdio::from(file)).status();
        assert!(status.expect("the packer runs").success(), "{packer}");
        Self { path, lines: self.lines }
    }

    fn remove(self) {
        fs::remove_file(self.path).expect("removed");
    }

    /// What a log of another kind costs.
    fn show(&self, what: &str) {
        let (all, one) = (fastest(|| self.replay(&[]), 1), fastest(|| self.replay(&ONE_CORE), 1));
        println!("{what}: {} lines", self.lines);
        println!("  allowlistc replay       {}", all.shown());
        println!(
            "  the same on one core    {}  {:.1} million lines a second",
            one.shown(),
            self.millions(&one)
        );
    }

    fn millions(&self, cost: &Cost) -> f64 {
        self.lines as f64 / cost.wall / 1e6
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(&self.path);
        command
    }

    fn replay(&self, before: &[&str]) -> Command {
        let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/contoso-eu/profile.toml");
        let mut command = self.command(&[before, &[env!("CARGO_BIN_EXE_allowlistc"), "replay"]].concat());
        command.arg(profile);
        command
    }
}

/// The fastest run with the least CPU and the highest memory of all; `code` is how each has to end. One that denies is
/// to find the denied host.
fn fastest(command: impl Fn() -> Command, code: i32) -> Cost {
    let runs: Vec<Cost> = (0..RUNS)
        .map(|_| {
            let (cost, status) = run(&mut command());
            assert_eq!(status.code(), Some(code), "{}", cost.said);
            assert!(code == 0 || cost.said.contains(access_log::DENIED.0), "{}", cost.said);
            cost
        })
        .collect();
    let least = |of: fn(&Cost) -> f64| runs.iter().map(of).fold(f64::INFINITY, f64::min);
    let peak = runs.iter().map(|cost| cost.peak).fold(0.0, f64::max);
    Cost {
        wall: least(|cost| cost.wall),
        cpu: least(|cost| cost.cpu),
        user: least(|cost| cost.user),
        peak,
        said: String::new(),
    }
}

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

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use mimalloc::MiMalloc;

/// The product's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Bytes of the log.
const BYTES: u64 = 1 << 30;
/// Lines of a second on one core that are wanted.
const LEAST_LINES: f64 = 3e6;
/// Most time of a whole run, in times of `wc -l`.
const MOST_TIMES: f64 = 3.0;
/// Runs of each; the fastest counts, because others only ever take time away.
const RUNS: usize = 9;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("the figures: cargo bench --bench replay");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("access.log");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&log).expect("a log"));
    let lines = access_log::write(BYTES, &mut file).expect("the log is written");
    file.flush().expect("the log is written");
    println!("{lines} lines of Squid's native format, {BYTES} bytes");
    let count = fastest(|| command(&["wc", "-l"], &log), true);
    let all = fastest(|| replay(&[], &log), false);
    let one = fastest(|| replay(&["taskset", "-c", "0"], &log), false);
    let rate = lines as f64 / one;
    println!("wc -l                 {count:.3} s");
    println!("allowlistc replay     {all:.3} s, {:.2} times wc -l (at most {MOST_TIMES})", all / count);
    println!(
        "the same on one core  {one:.3} s, {:.2} times wc -l, {:.1} million lines a second (at least {:.1})",
        one / count,
        rate / 1e6,
        LEAST_LINES / 1e6
    );
    let verdict = |reached| if reached { "reached" } else { "MISSED" };
    println!("lines of a second: {}", verdict(rate >= LEAST_LINES));
    println!("times wc -l: {}", verdict(all <= MOST_TIMES * count));
}

fn command(words: &[&str], log: &Path) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(log);
    command
}

fn replay(before: &[&str], log: &Path) -> Command {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/contoso-eu/profile.toml");
    let words = [before, &[env!("CARGO_BIN_EXE_allowlistc"), "replay"]].concat();
    let mut command = command(&words, log);
    command.arg(profile);
    command
}

/// Seconds of the fastest run.
fn fastest(command: impl Fn() -> Command, succeeds: bool) -> f64 {
    let run = |_| {
        let started = Instant::now();
        let output = command().stderr(Stdio::null()).output().expect("the program runs");
        let seconds = started.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), succeeds, "{text}");
        assert!(succeeds || text.contains(access_log::DENIED.0), "the denied host is found: {text}");
        seconds
    };
    (0..RUNS).map(run).fold(f64::INFINITY, f64::min)
}

//! What compiling costs: `cargo bench`. Small work is timed by criterion, large work in processes of its own, so
//! that CPU time and peak memory belong to one case.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark says so loudly"
)]

#[path = "../support/generate.rs"]
mod generate;
mod pipeline;
mod process;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::Criterion;

use pipeline::{Compiler, read_with_calamine};
use process::{Cost, measure};

/// The targets that take lists of any size.
const LARGE_TARGETS: [&str; 3] = ["squid", "paloalto", "azure"];
/// Most CPU time of 100 000 entries, in seconds.
const MOST_SECONDS: f64 = 2.0;
/// Most memory of 100 000 entries, in MB.
const MOST_MEMORY: f64 = 400.0;
/// Most time of a whole process, in times of one that only reads the workbook.
const MOST_TIMES: f64 = 2.5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--only-read", file] => {
            black_box(read_with_calamine(&fs::read(file).expect("a workbook")));
        }
        ["--from-memory", count, folder] => from_memory(count.parse().expect("a number"), Path::new(folder)),
        arguments if arguments.contains(&"--bench") => bench(),
        _ => println!("the figures: cargo bench"),
    }
}

fn bench() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = real_workbook();
    println!("the list: {}", book.file_name().expect("a name").to_string_lossy());
    in_process(&book);
    println!();
    whole_process(&book, folder.path());
    println!();
    large(folder.path());
}

/// The published workbook of 2021, or the sample's where that is not at hand.
fn real_workbook() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let published = root.join("../shared/workbooks/mde-urls-2021-03.xlsx");
    if published.is_file() { published } else { root.join("samples/contoso-eu/list.xlsx") }
}

fn in_process(book: &Path) {
    let bytes = fs::read(book).expect("a workbook");
    let mut criterion = Criterion::default().sample_size(30).configure_from_args();
    let compiler = Compiler::new(generate::PROFILE, None);
    criterion.bench_function("read the workbook: calamine, all cells", |timer| {
        timer.iter(|| read_with_calamine(&bytes));
    });
    criterion.bench_function("read the workbook", |timer| timer.iter(|| compiler.read(&bytes)));
    criterion.bench_function("profile and rules", |timer| {
        timer.iter(|| Compiler::new(generate::PROFILE, None));
    });
    criterion.bench_function("whole build of the workbook, every target", |timer| {
        timer.iter(|| Compiler::new(generate::PROFILE, None).build_file(&bytes));
    });
    for count in [1_000, 10_000] {
        let documents = vec![generate::document(count)];
        criterion.bench_function(&format!("{count} made-up entries, every target"), |timer| {
            timer.iter(|| compiler.build(documents.clone()));
        });
        println!("  {}", compiler.build(documents).refusals());
    }
    criterion.final_summary();
}

/// `allowlistc build` of the workbook beside a process that only reads it.
fn whole_process(book: &Path, folder: &Path) {
    const RUNS: usize = 41;
    let profile = folder.join("real.toml");
    fs::write(&profile, generate::PROFILE).expect("a profile");
    let (mut reads, mut builds) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let mut only_read = Command::new(std::env::current_exe().expect("this program"));
        reads.push(measure(only_read.arg("--only-read").arg(book)));
        builds.push(measure(&mut build(&profile, book, &folder.join(format!("real-{run}")), &[])));
    }
    let (read, built) = (Cost::median(&reads), Cost::median(&builds));
    println!("whole process, median of {RUNS}:");
    println!("  only calamine   {}", read.shown());
    println!("  allowlistc build {}", built.shown());
    let (by_clock, by_cpu) = (built.wall / read.wall, built.cpu / read.cpu);
    println!("  ratio {by_clock:.2} by the clock, {by_cpu:.2} by CPU{}", verdict(by_clock <= MOST_TIMES));
}

fn build(profile: &Path, book: &Path, out: &Path, targets: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allowlistc"));
    command.arg("build").arg(profile).arg("--source").arg(book).arg("--out").arg(out);
    for target in targets {
        command.args(["--target", target]);
    }
    command
}

fn large(folder: &Path) {
    println!("made-up entries to {}, files written:", LARGE_TARGETS.join(", "));
    let profile = folder.join("made.toml");
    fs::write(&profile, generate::PROFILE).expect("a profile");
    for (kind, bytes) in [("xlsx", generate::workbook(100_000)), ("md", generate::page(100_000).into_bytes())]
    {
        let list = folder.join(format!("made.{kind}"));
        fs::write(&list, bytes).expect("a list");
        let cost = measure(&mut build(&profile, &list, &folder.join(kind), &LARGE_TARGETS));
        show_limited(&format!("100000 from {kind}"), &cost);
    }
    let hundred = measure(&mut this("--from-memory", 100_000, &folder.join("hundred")));
    show_limited("100000 from memory", &hundred);
    let million = measure(&mut this("--from-memory", 1_000_000, &folder.join("million")));
    println!("  1000000 from memory  {}", million.shown());
    print!("{}", million.said);
    println!(
        "  growth for ten times the entries: {:.1} times the CPU, {:.1} times the memory",
        million.cpu / hundred.cpu,
        million.peak / hundred.peak
    );
    println!("a PAC of 100000 entries: {}", pac_refusal());
}

fn this(mode: &str, count: usize, out: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg(mode).arg(count.to_string()).arg(out);
    command
}

fn show_limited(what: &str, cost: &Cost) {
    let within = cost.cpu <= MOST_SECONDS && cost.peak <= MOST_MEMORY;
    println!("  {what:<20} {}{}", cost.shown(), verdict(within));
    print!("{}", cost.said);
}

fn verdict(within: bool) -> &'static str {
    if within { "" } else { "  (OVER the limit)" }
}

fn pac_refusal() -> String {
    Compiler::new(generate::PROFILE, Some(&["pac"])).build(vec![generate::document(100_000)]).refusals()
}

/// Everything but the reader, in a process of its own.
fn from_memory(count: usize, folder: &Path) {
    let documents = vec![generate::document(count)];
    let before = Cost::of_this_process();
    let compiler = Compiler::new(generate::PROFILE, Some(&LARGE_TARGETS));
    let built = compiler.build(documents);
    built.write(folder);
    let after = Cost::of_this_process();
    println!("{}", after.since(&before).told());
    println!("  {:<20} {}", "", built.refusals());
}

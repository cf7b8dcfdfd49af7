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
mod wanted;

use std::ffi::OsStr;
use std::fs;
use std::hint::black_box;
use std::mem::forget;
use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::Criterion;
use mimalloc::MiMalloc;

use pipeline::{Compiler, Proof, read_with_calamine};
use process::{Cost, measure};
use wanted::Wanted;

/// The product's allocator, for the peer as well.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The targets that take lists of any size.
const LARGE_TARGETS: [&str; 3] = ["squid", "paloalto", "azure"];
/// Most CPU time of 100 000 entries, and of their proof, in seconds.
const MOST_SECONDS: f64 = 2.0;
/// Most memory of 100 000 entries, in MB.
const MOST_MEMORY: f64 = 400.0;
/// Most time of a whole process, in times of one that only reads the workbook.
const MOST_TIMES: f64 = 2.5;
/// Most that the proof of the real workbook adds, in milliseconds.
const MOST_OF_PROOF: f64 = 10.0;
/// Runs of a large list with its proof and without, by turns.
const TURNS: usize = 5;
/// Most growth of the CPU time for ten times the entries: linear, and a fifth for caches that no longer hold them.
const MOST_GROWTH: f64 = 12.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--only-read", file] => {
            black_box(read_with_calamine(&fs::read(file).expect("a workbook")));
        }
        ["--unproved", file, folder] => build_unproved(Path::new(file), Path::new(folder), None),
        ["--unproved-large", file, folder] => {
            build_unproved(Path::new(file), Path::new(folder), Some(&LARGE_TARGETS));
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
    let mut wanted = Wanted::default();
    let memory = in_memory();
    whole_process(&book, memory.path(), &mut wanted);
    println!();
    large(folder.path(), &mut wanted);
    println!("\n{}", wanted.table());
}

fn add_large(wanted: &mut Wanted, what: &str, cost: &Cost) {
    wanted.at_most(format!("{what}: seconds of CPU"), MOST_SECONDS, cost.cpu);
    wanted.at_most(format!("{what}: MB"), MOST_MEMORY, cost.peak);
}

/// The published workbook of 2021, or the sample's where that is not at hand.
fn real_workbook() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let published = root.join("../shared/workbooks/mde-urls-2021-03.xlsx");
    if published.is_file() { published } else { root.join("samples/contoso-eu/list.xlsx") }
}

fn in_process(book: &Path) {
    let bytes = fs::read(book).expect("a workbook");
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let compiler = Compiler::new(generate::PROFILE, None);
    let mut time = |what: &str, work: &dyn Fn()| {
        criterion.bench_function(what, |timer| timer.iter(work));
    };
    time("read the workbook: calamine, all cells", &|| {
        black_box(read_with_calamine(&bytes));
    });
    time("read the workbook", &|| drop(black_box(compiler.read(&bytes))));
    time("rules, profile and targets", &|| drop(black_box(Compiler::new(generate::PROFILE, None))));
    for (proof, word) in [(Proof::Without, "not proved"), (Proof::With, "proved")] {
        time(&format!("whole build of the workbook, every target, {word}"), &|| {
            let compiler = Compiler::new(generate::PROFILE, None);
            drop(black_box(compiler.build(vec![compiler.read(&bytes)], proof)));
        });
    }
    for target in compiler.targets() {
        let compiler = Compiler::new(generate::PROFILE, Some(&[target]));
        let document = compiler.read(&bytes);
        time(&format!("{target} alone, workbook at hand, proved"), &|| {
            drop(black_box(compiler.build(vec![document.clone()], Proof::With)));
        });
    }
    for count in [1_000, 10_000] {
        let documents = vec![generate::document(count)];
        time(&format!("{count} made-up entries, every target, not proved"), &|| {
            drop(black_box(compiler.build(documents.clone(), Proof::Without)));
        });
        println!("  {}\n", compiler.build(documents, Proof::Without).refusals());
    }
    criterion.final_summary();
}

/// A folder that no disk is below, where there is one: the peer writes nothing.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Processes that build the workbook beside one that only reads it.
fn whole_process(book: &Path, folder: &Path, wanted: &mut Wanted) {
    let profile = folder.join("real.toml");
    fs::write(&profile, generate::PROFILE).expect("a profile");
    let this = std::env::current_exe().expect("this program");
    let [only_read, unproved, proved] = Cost::by_turns([
        &|_| {
            let mut command = Command::new(&this);
            command.arg("--only-read").arg(book);
            command
        },
        &|run| {
            let mut command = Command::new(&this);
            command.arg("--unproved").arg(book).arg(folder.join(format!("unproved-{run}")));
            command
        },
        &|run| build(&profile, book, &folder.join(format!("proved-{run}")), &[]),
    ]);
    println!("whole processes by turns, every file written anew, into {}:", folder.display());
    println!("  only calamine             {}", only_read.shown());
    for (what, cost) in [("the build, not proved", &unproved), ("allowlistc build, proved", &proved)] {
        let (by_clock, by_cpu) = (cost.wall / only_read.wall, cost.cpu / only_read.cpu);
        println!("  {what:<25} {}  {by_clock:.2} times, CPU {by_cpu:.2} times", cost.shown());
    }
    let (by_clock, by_cpu) = (unproved.wall / only_read.wall, unproved.cpu / only_read.cpu);
    wanted.at_most("the build, not proved: times the clock of only reading", MOST_TIMES, by_clock);
    wanted.at_most("the build, not proved: times the CPU of only reading", MOST_TIMES, by_cpu);
    wanted.at_most(
        "its proof: milliseconds by the clock more",
        MOST_OF_PROOF,
        1e3 * (proved.wall - unproved.wall),
    );
}

fn build(profile: &Path, book: &Path, out: &Path, targets: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allowlistc"));
    command.arg("build").arg(profile).arg("--source").arg(book).arg("--out").arg(out);
    for target in targets {
        command.args(["--target", target]);
    }
    command
}

fn large(folder: &Path, wanted: &mut Wanted) {
    println!("made-up entries to {}, files written:", LARGE_TARGETS.join(", "));
    let profile = folder.join("made.toml");
    fs::write(&profile, generate::PROFILE).expect("a profile");
    for (kind, bytes) in [("xlsx", generate::workbook(100_000)), ("md", generate::page(100_000).into_bytes())]
    {
        let list = folder.join(format!("made.{kind}"));
        fs::write(&list, bytes).expect("a list");
        // A single run says more of what other programs do at the time than of either.
        let (mut unproved, mut proved) = (Vec::new(), Vec::new());
        for turn in 0..TURNS {
            let out = |what: &str| folder.join(format!("{kind}-{what}-{turn}"));
            unproved.push(measure(&mut this("--unproved-large", list.as_os_str(), &out("unproved"))));
            proved.push(measure(&mut build(&profile, &list, &out("proved"), &LARGE_TARGETS)));
        }
        let (unproved, proved) = (Cost::middle(unproved), Cost::middle(proved));
        let what = format!("100000 from {kind}, not proved");
        show(&what, &unproved);
        add_large(wanted, &what, &unproved);
        show(&format!("100000 from {kind}, proved"), &proved);
        wanted.at_most(
            format!("100000 from {kind}, its proof: seconds of CPU more"),
            MOST_SECONDS,
            proved.cpu - unproved.cpu,
        );
    }
    let hundred = measure(&mut this("--from-memory", "100000".as_ref(), &folder.join("hundred")));
    show("100000 from memory, not proved", &hundred);
    add_large(wanted, "100000 from memory, not proved", &hundred);
    let million = measure(&mut this("--from-memory", "1000000".as_ref(), &folder.join("million")));
    show("1000000 from memory, not proved", &million);
    wanted.at_most("a million entries: times the CPU of a tenth", MOST_GROWTH, million.cpu / hundred.cpu);
    wanted.at_most(
        "a million entries: times the user CPU of a tenth",
        MOST_GROWTH,
        million.user / hundred.user,
    );
    wanted.at_most(
        "a million entries: times the memory of a tenth",
        MOST_GROWTH,
        million.peak / hundred.peak,
    );
    println!("a PAC of 100000 entries: {}", pac_refusal());
}

fn this(mode: &str, from: &OsStr, out: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg(mode).arg(from).arg(out);
    command
}

fn show(what: &str, cost: &Cost) {
    println!("  {what:<32} {}", cost.shown());
    print!("{}", cost.said);
}

fn pac_refusal() -> String {
    let compiler = Compiler::new(generate::PROFILE, Some(&["pac"]));
    let refusals = compiler.build(vec![generate::document(100_000)], Proof::Without).refusals();
    assert!(refusals.contains("target-limit-exceeded"), "Chromium would go past every proxy: {refusals}");
    refusals
}

/// What `allowlistc build` does, without its proof.
fn build_unproved(file: &Path, folder: &Path, targets: Option<&[&str]>) {
    let bytes = fs::read(file).expect("a list");
    let (compiler, list, findings) = Compiler::with_list(generate::PROFILE, targets, &bytes);
    let built = compiler.finish(list, findings, Proof::Without);
    built.write(folder);
    println!("  {:<30} {}", "", built.refusals());
    // As the command line leaves it to the end of the process.
    forget((compiler, built));
}

/// Everything but the reader and the proof, in a process of its own.
fn from_memory(count: usize, folder: &Path) {
    let documents = vec![generate::document(count)];
    let before = Cost::of_this_process();
    let compiler = Compiler::new(generate::PROFILE, Some(&LARGE_TARGETS));
    let built = compiler.build(documents, Proof::Without);
    built.write(folder);
    let after = Cost::of_this_process();
    println!("{}", after.since(&before).told());
    println!("  {:<30} {}", "", built.refusals());
    forget(built);
}

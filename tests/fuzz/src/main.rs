//! `allowlistc-fuzz TARGET`: one target under AFL++. `allowlistc-fuzz TARGET FILE…`: the same over files, with times.

mod glibc;
#[path = "../targets/mod.rs"]
mod targets;

use std::process::ExitCode;
use std::time::Instant;

// A module of the compiler that is included below looks for it here.
use allowlistc::pattern;
use targets::Target;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let known = || targets::ALL.iter().chain([&glibc::TARGET]);
    let wanted = arguments.next().unwrap_or_default();
    let Some(target) = known().find(|target| target.name == wanted) else {
        let names: Vec<&str> = known().map(|target| target.name).collect();
        eprintln!("which target? {}", names.join(" "));
        return ExitCode::from(2);
    };
    let files: Vec<String> = arguments.collect();
    for file in &files {
        replay(target, file);
    }
    if files.is_empty() {
        // Some panics of libraries are caught inside and become findings, so only one that gets out counts.
        afl::fuzz_nohook!(|data: &[u8]| (target.run)(data));
    }
    ExitCode::SUCCESS
}

fn replay(target: &Target, file: &str) {
    match std::fs::read(file) {
        Ok(bytes) => {
            let start = Instant::now();
            (target.run)(&bytes);
            println!("{:>8.1?} {file}", start.elapsed());
        }
        Err(error) => eprintln!("{file}: {error}"),
    }
}

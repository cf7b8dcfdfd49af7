//! What large lists cost: `cargo test --release --test targets_speed -- --ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "a test stops at the first surprise"
)]

#[path = "support/lists.rs"]
mod lists;

use std::time::Instant;

use allowlistc::diagnostic::Findings;
use allowlistc::lower::lower;
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Registry, Settings};

#[test]
#[ignore = "takes a while; the figures are for people"]
fn large_lists_stay_linear() {
    let _ = (lists::published, lists::tagged);
    let registry = Registry::shipped().unwrap();
    for size in [100_000, 1_000_000] {
        let names: Vec<String> = (0..size)
            .map(|n| match n % 4 {
                0 => format!("*.h{n}.example.com"),
                1 => format!("h{n}.example.com/path/* :80"),
                _ => format!("h{n}.example.net"),
            })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let started = Instant::now();
        let allowlist = lists::list(&names);
        println!("{size} entries: list {:?}", started.elapsed());
        for name in registry.names() {
            let target = registry.get(name).unwrap();
            let mut findings = Findings::default();
            let started = Instant::now();
            let plan = lower(&allowlist, target, &Settings::default(), "speed", &mut findings);
            let lowered = started.elapsed();
            let artifacts = render(&plan, target, &RenderContext::default(), &mut findings);
            let bytes: usize = artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
            println!("  {name}: lower {lowered:?}, all {:?}, {bytes} bytes", started.elapsed());
        }
    }
}

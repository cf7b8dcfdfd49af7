//! What large lists cost in processor seconds: `cargo test --release --test targets_speed -- --ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "a test stops at the first surprise"
)]

#[path = "support/lists.rs"]
mod lists;

use allowlistc::allowlist::Product;
use allowlistc::diagnostic::Findings;
use allowlistc::lower::lower;
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Registry, Settings};

/// Processor time of this thread in milliseconds, which other work on the machine does not change.
fn spent() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<u64>().ok()).unwrap_or(0) / 1_000_000
}

#[test]
#[ignore = "takes a while; the figures are for people"]
fn large_lists_stay_linear() {
    let _ = (lists::published, lists::tagged);
    let registry = Registry::shipped().unwrap();
    for size in [100_000] {
        let names: Vec<String> = (0..size)
            .map(|n| match n % 4 {
                0 => format!("*.h{n}.example.com"),
                1 => format!("h{n}.example.com/path/* :80"),
                _ => format!("h{n}.example.net"),
            })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let started = spent();
        let allowlist = lists::list(&names);
        println!("{size} entries: list {} ms", spent() - started);
        for name in registry.names() {
            let target = registry.get(name).unwrap();
            let mut findings = Findings::default();
            let started = spent();
            for product in [Product::Allow, Product::Bypass] {
                drop(allowlist.product(product));
            }
            let products = spent() - started;
            let started = spent();
            let plan = lower(&allowlist, target, &Settings::default(), "speed", &mut findings);
            let lowered = spent();
            let artifacts = render(&plan, target, &RenderContext::default(), &mut findings);
            let bytes: usize = artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
            let (lowering, all) = (lowered - started, spent() - started);
            println!("  {name}: products {products} ms, lower {lowering} ms, all {all} ms, {bytes} bytes");
        }
    }
}

//! The shipped targets and a trivial one, from published entries to files.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says so loudly"
)]

#[path = "support/lists.rs"]
mod lists;

use std::collections::BTreeMap;

use allowlistc::diagnostic::{Findings, Severity};
use allowlistc::lower::lower;
use allowlistc::render::{RenderContext, render};
use allowlistc::target::{Registry, Settings};

use lists::{list, published};

#[test]
fn every_shipped_target_renders_the_published_profiles() {
    let registry = Registry::shipped().unwrap();
    let Some(profiles) = published() else { return };
    for (profile, allowlist) in &profiles {
        for name in registry.names() {
            let target = registry.get(name).unwrap();
            let mut findings = Findings::default();
            let plan = lower(allowlist, target, &Settings::default(), profile, &mut findings);
            let context = RenderContext {
                profile: profile.clone(),
                sources: vec![("list.xlsx".into(), "ab".repeat(32))],
                tool_version: "0.1.0".into(),
            };
            let artifacts = render(&plan, target, &context, &mut findings);
            let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{profile} {name} {errors:#?}");
            assert!(!artifacts.is_empty());
            if let Some(folder) = option_env!("ALLOWLISTC_RENDERED") {
                for artifact in &artifacts {
                    let path = std::path::Path::new(folder).join(profile).join(name).join(&artifact.path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, &artifact.bytes).unwrap();
                }
            }
        }
    }
}

#[test]
fn small() {
    let _ = (list(&[]), BTreeMap::<String, String>::new());
}

//! The allowlist compiler: published URL lists in, firewall configuration out, each build proved.
//!
//! ```text
//!  rules/**.toml ─────────┐
//!  list.xlsx ──▶ read ──▶ select ──▶ normalise ──▶ Allowlist ──▶ lower ──▶ render ──▶ verify ──▶ write
//!                rows     rows       entries                     plan      files      verdicts   (whole, if changed)
//!                                                  └─ once per targets/<name>/ ─────────────┘
//! every arrow may add findings; nothing is written if one of them is an error
//! ```

pub mod allowlist;
pub mod cache;
#[cfg(any(feature = "fetch", feature = "probe"))]
mod certificate;
pub mod cli;
pub mod client;
pub mod compile;
mod console;
mod date;
pub mod diagnose;
pub mod diagnostic;
pub mod diff;
pub mod drift;
pub mod excluded;
#[cfg(feature = "fetch")]
pub mod fetch;
mod file;
pub mod guard;
pub mod import;
pub mod lint;
pub mod lock;
pub mod lower;
pub mod manifest;
pub mod normalise;
pub mod origin;
pub mod output_set;
pub mod pattern;
#[cfg(feature = "probe")]
pub mod probe;
pub mod profile;
#[cfg(feature = "publish")]
pub mod publish;
pub mod render;
pub mod replay;
pub mod report;
mod request;
pub mod rules;
pub mod select;
#[cfg(feature = "serve")]
pub mod serve;
pub mod source;
pub mod target;
pub mod texts;
pub mod verify;
pub mod write;

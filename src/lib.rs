//! The allowlist compiler: published URL lists in, firewall configuration out.
//!
//! ```text
//!  rules/**.toml ─────────┐
//!  list.xlsx ──▶ read ──▶ select ──▶ normalise ──▶ Allowlist ──▶ lower ──▶ render ──▶ write
//!                rows     rows       entries                     plan      files      (atomic, if changed)
//!                                                  └─ once per targets/<name>/ ─────┘
//! every arrow may add findings; nothing is written if one of them is an error
//! ```

pub mod allowlist;
pub mod cli;
pub mod compile;
pub mod diagnostic;
pub mod lower;
pub mod manifest;
pub mod normalise;
pub mod origin;
pub mod pattern;
pub mod profile;
pub mod render;
pub mod rules;
pub mod select;
pub mod source;
pub mod target;
pub mod texts;
pub mod verify;
pub mod write;

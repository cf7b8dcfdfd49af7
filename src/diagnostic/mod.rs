//! Everything we tell the user about their data: `Finding`s, each with a stable `Code` and a place.

mod finding;
mod human;
mod json;
mod span;

pub use finding::{Code, Finding, Findings, Place, Severity};
pub use human::{to_human, visible};
pub use json::to_json;
pub use span::code_span;

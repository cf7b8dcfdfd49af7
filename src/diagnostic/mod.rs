//! Everything we tell the user about their data: `Finding`s, each with a stable `Code` and a place.

mod finding;
mod github;
mod human;
mod json;
mod paths;
mod sarif;
mod span;

pub(crate) use finding::with_causes;
pub use finding::{Code, Finding, Findings, Place, Severity};
pub use github::to_github;
pub use human::{to_human, visible};
pub use json::to_json;
pub use paths::Paths;
pub use sarif::to_sarif;
pub use span::code_span;

//! What the vendor's connection tests say, what it means, and whether the list has a part in it.
//!
//! Readers know the formats (`read`); `judge` compares with facts (`rules/<vendor>/diagnose.toml`) and the list.

mod cause;
mod count;
mod judge;
mod read;
mod show;
mod signal;
mod standing;
mod trial;

pub use count::Counts;
pub use judge::{FileReport, Judged, Report, Verdict, judge};
pub use read::{LARGEST, read};
pub use show::{to_human, to_json, to_markdown};
pub use standing::{Listed, Lists, Need, Standing};
pub use trial::{Attempt, Basis, Method, Reading, Said, Trial};

//! `probe`: whether what a list allows is reached from here, and if not, what stands in the way.
//!
//! `plan` and `judge` are pure; `ask` is an edge: it touches the network, sends no credentials and knows no lists.

mod ask;
mod judge;
mod lost;
mod observation;
mod plan;
mod tell;

pub use ask::{Options, Resolve, ask_all};
pub use judge::{Judged, Situation, judge};
pub use observation::{Chain, End, Head, Hop, Lost, Observation, Silence, Step, Trust};
pub use plan::{Plan, Probe, Untested, plan};
pub use tell::tell;

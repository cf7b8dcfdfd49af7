//! What changed between two lists, by meaning and never by text.
//!
//! ```text
//!  documents ──▶ Items ─┐            exact ──▶ Said      (geographies, required, devices, …)
//!                       ├─▶ compare  rest  ──▶ Port, Reshaped (wider, narrower, with requests)
//!  documents ──▶ Items ─┘            rest  ──▶ Added, Removed
//! ```

mod aspect;
mod change;
mod compare;
mod cover;
mod item;
mod log;
pub mod output;
mod report;

pub use aspect::{Aspect, Column, Unsaid};
pub use change::{Change, Kind, Sides};
pub use compare::{Diff, compare, compare_items};
pub use cover::coverers;
pub use item::{Group, Item, Items, address, flagged, geographies};
pub use log::{Logged, mark};
pub use report::{Report, to_human, to_json, to_markdown};

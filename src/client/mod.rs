//! The device side: what each component of a device must be told of the proxy, rendered from `[client]` of a profile.
//!
//! ```text
//!  targets/client/<component>/target.toml + *.j2 ──┐
//!  [client] and [devices] of the profile ──▶ choose ──▶ render ──▶ encode ──▶ files, each with its reset
//! ```
//!
//! No component is known to this code by name: what it takes and cannot take, its files and what there is to know of
//! them are data.

mod advice;
mod check;
mod component;
mod encoding;
mod longest_line;
mod manifest;
mod quoting;
mod registry;
mod render;

pub use component::{Component, Declaration, Minimum, NotTaken, Note, OutputSpec, PacHost, Setting, Weight};
pub use encoding::{Encoding, LineEnds};
pub use longest_line::LongestLine;
pub(crate) use manifest::components as components_json;
pub use manifest::manifest;
pub use registry::Components;
pub(crate) use registry::PARENT;
pub use render::{Outcome, Rendered, SettingsFile, Skipped, render};

//! What an access log says about a list: needed requests that were denied, entries that nobody used, and hosts of the
//! vendor's own zones that no list names.
//!
//! ```text
//!  log ──▶ Documents ──▶ Chunks ──▶ Reader ──▶ Seen ──▶ Hosts ──▶ Tally ──▶ Report
//!          records       lines      a format    request  entries   bounded counts
//! ```
//!
//! Chunks are read one after the other and counted on all cores; of a plain file each thread reads pieces of its own.
//! Every count is a sum, and tables of hosts keep the first ones of each entry by name, so that neither the size of the
//! chunks nor the number of threads can be seen in the result.

mod bounded;
mod cache;
mod chunks;
mod documents;
mod ends;
mod hosts;
mod ledger;
mod read;
mod report;
mod run;
mod seen;
mod shape;
mod spans;
mod tally;
mod time;
mod unpack;

pub use bounded::{ByEntry, ByOutcome};
pub use chunks::{Chunks, LONGEST_LINE};
pub use documents::Documents;
pub use hosts::Hosts;
pub use ledger::Unread;
pub use read::{Reader, recognise};
pub use report::{Cell, Report, Row, Section, Used};
pub use run::{Replayed, replay, replay_file};
pub use seen::{Cause, Outcome, Seen, Subject};
pub use spans::Spans;
pub use tally::{Tally, Use};
pub use time::{Period, Time};
pub use unpack::{Packed, unpack};

//! STAGE 6 verify: the rendered files are read back and decided against the list, over all requests.
//!
//! ```text
//!  files ──▶ read_back ──▶ Ruleset ─┐
//!                                   ├─▶ decide ──▶ Difference ──▶ Verdict
//!  Allowlist, losses ──▶ Ruleset ───┘    (shortest requests)
//! ```
//!
//! Nothing here uses the matching of `normalise`, `lower` or `render`: what a pattern means is said once more, in
//! the shapes of a [`Ruleset`]. A reader of another format adds sets and rules to one:
//!
//! ```
//! use allowlistc::pattern::Scheme;
//! use allowlistc::verify::{Condition, HostShape, Line, Ruleset, Subject, decide};
//!
//! let line = Line::new("list.txt", 1);
//! let below = |apex| {
//!     let mut rules = Ruleset::default();
//!     let hosts = rules.add_hosts("names", Subject::Destination);
//!     rules.add_host(hosts, HostShape::Below { base: "contoso.com".into(), apex }, line.clone());
//!     rules.allow(Condition::one(Scheme::Https, 443), hosts, None, line.clone());
//!     rules
//! };
//! let difference = decide(&below(false), &below(true));
//! assert_eq!(difference.wider.map(|request| request.to_string()).as_deref(), Some("https://contoso.com/"));
//! assert!(difference.narrower.is_none());
//! ```
//!
//! Entries in a vendor's spelling go through [`read_back::lines::add_entries`] with a [`Dialect`]. What a `Ruleset`
//! cannot say is told by [`Ruleset::cannot_decide`]: then the verdict is not `same`, whatever else was found.

mod addresses;
mod automaton;
mod by_path;
mod case;
mod decide;
mod dialect;
mod expected;
mod gaps;
mod hosts;
mod lexicon;
mod lookup;
mod lossy;
mod matching;
mod networks;
mod numbers;
mod paths;
mod ports;
mod posix;
pub mod read_back;
mod read_from;
mod reading;
mod regular;
mod ruleset;
mod settings;
mod show;
mod side;
mod sift;
mod source;
mod spec;
mod two_names;
mod universe;
mod verdict;
mod walk;
mod words;

pub use decide::{Difference, decide};
pub use dialect::{Dialect, Meaning};
pub use expected::expected;
pub use gaps::{Gaps, Perhaps, Permitted, Sample, gaps, web_ports};
pub use lookup::{Found, Lookup};
pub use lossy::Lossy;
pub use matching::{is_allowed, match_connection, match_request, matching_entry};
pub use ports::Ports;
pub use posix::RegularError;
pub use read_from::ReadFrom;
pub use reading::{Reading, read_formats, read_target};
pub use regular::{Regular, posix_hosts, posix_paths};
pub use ruleset::{
    Action, Condition, Doubt, HostId, HostShape, Line, Member, PathId, PathShape, Rule, Ruleset, Set,
    Subject, Test, Undecided,
};
pub use settings::{Said, Setting};
pub use show::{entries, outcome};
pub use spec::{FileSpec, PlaneName, ReadBack, Reader};
pub use verdict::{ListVerdict, Prover, Verdict, verify_target};

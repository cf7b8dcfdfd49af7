//! STAGE 6 verify: the rendered files are read back and decided against the list, over all requests.

mod automaton;
mod decide;
mod dialect;
mod expected;
mod hosts;
mod matching;
mod networks;
mod paths;
mod ports;
mod posix;
pub mod read_back;
mod regular;
mod ruleset;
mod spec;
mod universe;
mod verdict;
mod words;

pub use decide::{Difference, decide};
pub use dialect::{Dialect, Meaning};
pub use expected::expected;
pub use matching::{is_allowed, match_connection, match_request, matching_entry};
pub use ports::Ports;
pub use posix::RegularError;
pub use regular::{Regular, posix_hosts, posix_paths};
pub use ruleset::{
    Action, Condition, HostId, HostShape, Line, Member, PathId, PathShape, Rule, Ruleset, Set, Subject, Test,
    Undecided,
};
pub use spec::{FileSpec, PlaneName, ReadBack, Reader};
pub use verdict::{ListVerdict, Verdict, verify_target};

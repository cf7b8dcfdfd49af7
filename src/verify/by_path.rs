//! One set of hosts for each path that entries name.

use foldhash::HashMap;

use super::ruleset::{HostId, PathKey, PathShape};

/// Sets of hosts by path. Most entries name no path, and those are not looked up.
#[derive(Debug, Default)]
pub(super) struct ByPath {
    any: Option<HostId>,
    others: HashMap<PathKey, HostId>,
}

impl ByPath {
    /// The set of a path, made if there is none.
    pub(super) fn set(&mut self, path: &PathShape, make: impl FnOnce() -> HostId) -> HostId {
        match path {
            PathShape::Any => *self.any.get_or_insert_with(make),
            _ => *self.others.entry(path.key()).or_insert_with(make),
        }
    }
}

//! Hosts with the paths that go with them: one set of hosts for each path that is named.

use crate::verify::by_path::ByPath;
use crate::verify::ruleset::{HostId, HostShape, Line, PathId, PathShape, Ruleset, Subject};

/// Entries with hosts and paths, as they come to be put into rules.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    by_path: ByPath,
    sets: Vec<(HostId, Option<PathId>)>,
    /// Entries that the set without a path has room for.
    room: usize,
    /// Whether an entry could not be read.
    pub(super) is_cut: bool,
}

impl Pairs {
    /// No entries, and room for so many; most name no path.
    pub(super) fn with_room(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    /// Adds an entry.
    pub(super) fn add(
        &mut self,
        ruleset: &mut Ruleset,
        name: &str,
        (host, path): (HostShape, PathShape),
        line: &Line,
    ) {
        let set = self.by_path.set(&path, || {
            let hosts = ruleset.add_hosts(name, Subject::Destination);
            let paths = (path != PathShape::Any).then(|| {
                let paths = ruleset.add_paths(name);
                ruleset.add_path(paths, path.clone(), line.clone());
                paths
            });
            if paths.is_none() {
                ruleset.reserve_hosts(hosts, self.room);
            }
            self.sets.push((hosts, paths));
            hosts
        });
        ruleset.add_host(set, host, line.clone());
    }

    /// The sets of hosts, each with its path.
    pub(super) fn sets(&self) -> &[(HostId, Option<PathId>)] {
        &self.sets
    }
}

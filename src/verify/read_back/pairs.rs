//! Hosts with the paths that go with them: one set of hosts for each path that is named.

use foldhash::HashMap;

use crate::verify::ruleset::{HostId, HostShape, Line, PathId, PathKey, PathShape, Ruleset, Subject};

/// Entries with hosts and paths, as they come to be put into rules.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    by_path: HashMap<PathKey, HostId>,
    sets: Vec<(HostId, Option<PathId>)>,
}

impl Pairs {
    /// Adds an entry.
    pub(super) fn add(
        &mut self,
        ruleset: &mut Ruleset,
        name: &str,
        (host, path): (HostShape, PathShape),
        line: &Line,
    ) {
        let key = path.key();
        let set = match self.by_path.get(&key) {
            Some(set) => *set,
            None => {
                let hosts = ruleset.add_hosts(name, Subject::Destination);
                let paths = (path != PathShape::Any).then(|| {
                    let paths = ruleset.add_paths(name);
                    ruleset.add_path(paths, path, line.clone());
                    paths
                });
                self.sets.push((hosts, paths));
                self.by_path.insert(key, hosts);
                hosts
            }
        };
        ruleset.add_host(set, host, line.clone());
    }

    /// The sets of hosts, each with its path.
    pub(super) fn sets(&self) -> &[(HostId, Option<PathId>)] {
        &self.sets
    }
}

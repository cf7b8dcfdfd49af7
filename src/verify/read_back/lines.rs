//! Plain lists: one entry a line, in some vendor's dialect.

use super::{Files, ReadError, numbered};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::verify::by_path::ByPath;
use crate::verify::dialect::Dialect;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{Action, Condition, HostId, Line, PathShape, Ruleset, Subject};

/// One file of entries.
#[derive(Clone, Debug)]
pub struct List<'l> {
    /// Its path.
    pub path: &'l str,
    /// How its entries are written.
    pub dialect: Dialect,
    /// What a line of comment starts with, if the firewall knows comments.
    pub comment: Option<&'l str>,
    /// Schemes and ports of the rule that uses the list.
    pub condition: Condition,
    /// Whether paths are seen in clear text alone, so that an entry with one never fits TLS.
    pub clear_paths: bool,
}

/// What a firewall would do with these lists, each in a rule of its own.
pub fn read(files: &Files<'_>, lists: &[List<'_>], findings: &mut Findings) -> Result<Ruleset, ReadError> {
    let mut ruleset = Ruleset::default();
    for list in lists {
        let whole = Line::new(list.path, 0);
        let (path, bytes) =
            files.named(list.path).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| ReadError::new(&whole, "the file is no text"))?;
        let whole = Line::new(path, 0);
        let entries = numbered(text).map(|(number, entry)| (entry.trim(), whole.at(number)));
        let is_comment = |entry: &str| list.comment.is_some_and(|comment| entry.starts_with(comment));
        let entries = entries.filter(|(entry, _)| !entry.is_empty() && !is_comment(entry));
        let before = ruleset.rules.len();
        add_entries(&mut ruleset, path, list.dialect, &list.condition, entries, findings);
        for rule in ruleset.rules.iter_mut().skip(before) {
            if list.clear_paths && !rule.paths.is_empty() {
                rule.condition.https = Ports::none();
            }
        }
    }
    Ok(ruleset)
}

/// Adds entries in a dialect as allow rules. What never matches is a finding; where nobody knows what the firewall does
/// with a line, that is undecided.
pub fn add_entries<'e>(
    ruleset: &mut Ruleset,
    name: &str,
    dialect: Dialect,
    condition: &Condition,
    entries: impl Iterator<Item = (&'e str, Line)>,
    findings: &mut Findings,
) {
    let mut groups = Groups { ruleset, name, condition, by_path: ByPath::default() };
    for (entry, line) in entries {
        match dialect.read(entry) {
            Ok(meanings) => {
                for (host, path) in meanings {
                    let set = groups.hosts_for(&path, &line);
                    groups.ruleset.add_host(set, host, line.clone());
                }
            }
            Err(reason) if !dialect.ignores_others() => {
                groups.ruleset.leave_out(Action::Allow, line, dialect.open(entry, &reason));
            }
            Err(reason) => {
                let message = format!("`{entry}` {reason}: the firewall does not take it");
                let place = Place::line(line.file.as_ref(), line.line);
                findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place));
            }
        }
    }
}

/// The sets of hosts of a list, one for each path that entries name.
struct Groups<'r> {
    ruleset: &'r mut Ruleset,
    name: &'r str,
    condition: &'r Condition,
    by_path: ByPath,
}

impl Groups<'_> {
    fn hosts_for(&mut self, path: &PathShape, line: &Line) -> HostId {
        let Self { ruleset, name, condition, by_path } = self;
        by_path.set(path, || {
            let paths = (*path != PathShape::Any).then(|| {
                let paths = ruleset.add_paths(name);
                ruleset.add_path(paths, path.clone(), line.clone());
                paths
            });
            let hosts = ruleset.add_hosts(name, Subject::Destination);
            ruleset.allow(condition.clone(), hosts, paths, line.clone());
            hosts
        })
    }
}

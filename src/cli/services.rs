//! Findings for the services that show them.

use super::list::pretty;
use super::{Stop, print};
use crate::diagnostic::{Findings, Paths, Severity, to_github, to_sarif};

/// What a verb tells services of its findings.
pub(super) struct Services<'a> {
    pub(super) verb: &'a str,
    /// Whether annotations are wanted for notes as well; SARIF always has them.
    pub(super) verbose: bool,
    pub(super) paths: &'a Paths,
}

impl Services<'_> {
    pub(super) fn sarif(&self, findings: &Findings) -> Result<(), Stop> {
        print(&pretty(&to_sarif(findings, self.verb, self.paths)))
    }

    pub(super) fn github(&self, findings: &Findings) -> Result<(), Stop> {
        let least = if self.verbose { Severity::Note } else { Severity::Warning };
        print(&to_github(findings, least, self.paths))
    }
}

//! Findings for the services that show them.

use super::args::FindingFormat;
use super::list::pretty;
use super::{Stop, print};
use crate::diagnostic::{Findings, Paths, Severity, to_github, to_sarif};

/// What a verb tells of its findings, and how.
pub(super) struct Told<'a> {
    pub(super) format: FindingFormat,
    /// Whether notes are wanted as well; SARIF always has them.
    pub(super) verbose: bool,
    pub(super) verb: &'a str,
    pub(super) paths: &'a Paths,
}

impl Told<'_> {
    /// Prints the findings where the format is one of a service.
    pub(super) fn print_services(&self, findings: &Findings) -> Result<(), Stop> {
        let least = if self.verbose { Severity::Note } else { Severity::Warning };
        match self.format {
            FindingFormat::Human | FindingFormat::Json => Ok(()),
            FindingFormat::Sarif => print(&pretty(&to_sarif(findings, self.verb, self.paths))),
            FindingFormat::Github => print(&to_github(findings, least, self.paths)),
        }
    }
}

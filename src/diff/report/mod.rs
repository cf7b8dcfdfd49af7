//! A diff for people and for programs.

mod human;
mod json;
mod markdown;
mod section;

pub use human::to_human;
pub use json::to_json;
pub use markdown::to_markdown;

use super::compare::Diff;
use super::output::ListChange;

/// Everything that a report shows.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Names of the old and of the new side.
    pub names: [String; 2],
    /// Changes of the list, or of what a fleet needs of it; `None` for output folders.
    pub list: Option<Diff>,
    /// Name of the profile, where only its selection was compared, with the number of all changes of the list.
    pub profile: Option<(String, usize)>,
    /// Changes on the firewalls; `None` where no profile says which.
    pub outputs: Option<Vec<ListChange>>,
}

impl Report {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.list.as_ref().is_none_or(Diff::is_empty) && self.outputs.as_ref().is_none_or(Vec::is_empty)
    }
}

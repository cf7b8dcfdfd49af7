//! `published.json`: which sets a destination holds.

use serde::{Deserialize, Serialize};

use crate::output_set::OutputSet;

/// Version of the format.
const FORMAT: u32 = 1;

/// What a destination holds, newest set first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    published: u32,
    /// Id of the set that the public names stand for.
    pub current: Option<String>,
    /// The set that is being published, or was when its run was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way: Option<RecordedSet>,
    /// Sets that can be gone back to, newest first.
    pub sets: Vec<RecordedSet>,
    /// Sets whose files are to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) leaving: Vec<RecordedSet>,
}

/// One set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedSet {
    /// SHA-256 of its manifest.
    pub id: String,
    /// Name of the profile.
    pub profile: String,
    /// Its files.
    pub files: Vec<RecordedFile>,
}

/// One file of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedFile {
    /// Path below the set.
    pub path: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// What it is for.
    pub role: String,
    /// Whether it also stands at the root.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_root: bool,
}

/// A record that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongRecord {
    /// No record of ours.
    #[error("{0}")]
    Syntax(String),
    /// Of a later version of this program.
    #[error("it has format {0}, this program knows {FORMAT}")]
    Format(u32),
    /// A path that leaves the destination.
    #[error("`{0}` is no plain path")]
    Path(String),
}

impl Default for Record {
    fn default() -> Self {
        Self { published: FORMAT, current: None, under_way: None, sets: Vec::new(), leaving: Vec::new() }
    }
}

impl Record {
    /// Reads `published.json`; nothing in it is trusted to name paths elsewhere.
    pub fn parse(bytes: &[u8]) -> Result<Self, WrongRecord> {
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| WrongRecord::Syntax(error.to_string()))?;
        if record.published != FORMAT {
            return Err(WrongRecord::Format(record.published));
        }
        let sets = record.sets.iter().chain(&record.leaving).chain(&record.under_way);
        let paths = sets.flat_map(|set| &set.files);
        match paths.map(|file| &file.path).find(|path| !crate::target::is_plain_path(path)) {
            Some(path) => Err(WrongRecord::Path(path.clone())),
            None => Ok(record),
        }
    }

    /// `published.json`.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The current set.
    pub fn current_set(&self) -> Option<&RecordedSet> {
        let current = self.current.as_deref()?;
        self.sets.iter().find(|set| set.id == current)
    }

    /// The set that was published before the current one.
    pub fn earlier(&self) -> Option<&RecordedSet> {
        let current = self.current.as_deref()?;
        let at = self.sets.iter().position(|set| set.id == current)?;
        self.sets.get(at + 1)
    }

    /// The record while `set` is being published.
    pub(super) fn towards(&self, set: &RecordedSet) -> Self {
        Self { under_way: Some(set.clone()), ..self.clone() }
    }

    /// The record once `set` is published and the newest `keep` sets are kept.
    pub(super) fn with(&self, set: RecordedSet, keep: usize) -> Self {
        let others = self.sets.iter().filter(|known| known.id != set.id).cloned();
        let mut sets: Vec<RecordedSet> = std::iter::once(set.clone()).chain(others).collect();
        let dropped = sets.split_off(sets.len().min(keep.max(1)));
        self.ended(Some(set.id), sets, dropped)
    }

    /// The record once the earlier set is current again.
    pub(super) fn back_to(&self, id: &str) -> Self {
        self.ended(Some(id.to_owned()), self.sets.clone(), Vec::new())
    }

    /// The record once the sets that were to leave are gone.
    pub(super) fn without_leaving(&self) -> Self {
        Self { leaving: Vec::new(), ..self.clone() }
    }

    /// Nothing is under way; what is not kept leaves, a set whose run was cut off too.
    fn ended(&self, current: Option<String>, sets: Vec<RecordedSet>, dropped: Vec<RecordedSet>) -> Self {
        let is_kept = |set: &&RecordedSet| sets.iter().any(|kept| kept.id == set.id);
        let old = self.leaving.iter().chain(&self.under_way);
        let leaving = dropped.iter().chain(old).filter(|set| !is_kept(set)).cloned().collect();
        Self { published: FORMAT, current, under_way: None, sets, leaving }
    }
}

impl RecordedSet {
    /// What is recorded of a set.
    pub fn of(set: &OutputSet) -> Self {
        let file = |file: &crate::output_set::SetFile| RecordedFile {
            path: file.path.clone(),
            sha256: file.sha256.clone(),
            media_type: file.media_type.clone(),
            role: file.role.clone(),
            at_root: file.at_root,
        };
        let files = set.files.iter().map(file).collect();
        Self { id: set.id.clone(), profile: set.profile.clone(), files }
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, RecordedSet, WrongRecord};

    fn set(id: &str) -> RecordedSet {
        RecordedSet { id: id.into(), profile: "contoso".into(), files: Vec::new() }
    }

    fn ids(sets: &[RecordedSet]) -> Vec<&str> {
        sets.iter().map(|set| set.id.as_str()).collect()
    }

    #[test]
    fn the_newest_sets_are_kept_and_the_others_leave() {
        let record = ["a", "b", "c"].iter().fold(Record::default(), |record, id| record.with(set(id), 2));
        assert_eq!(record.current.as_deref(), Some("c"));
        assert_eq!(ids(&record.sets), ["c", "b"]);
        assert_eq!(ids(&record.leaving), ["a"]);
        let again = record.with(set("a"), 2);
        assert_eq!(ids(&again.sets), ["a", "c"]);
        assert_eq!(ids(&again.leaving), ["b"], "a set that is back must not be deleted");
    }

    #[test]
    fn a_rollback_goes_one_set_back_each_time() {
        let record = ["a", "b", "c"].iter().fold(Record::default(), |record, id| record.with(set(id), 9));
        let back = record.back_to(&record.earlier().expect("b").id);
        assert_eq!(back.current.as_deref(), Some("b"));
        assert_eq!(back.earlier().map(|set| set.id.as_str()), Some("a"));
        assert_eq!(back.back_to("a").earlier(), None);
        assert_eq!(ids(&back.with(set("d"), 9).sets), ["d", "c", "b", "a"]);
    }

    #[test]
    fn what_is_written_can_be_read_and_nothing_else() {
        let record = Record::default().with(set("a"), 3);
        assert_eq!(Record::parse(record.text().as_bytes()), Ok(record));
        assert!(matches!(Record::parse(b"<html>"), Err(WrongRecord::Syntax(_))));
        let later = r#"{"published": 2, "current": null, "sets": []}"#;
        assert_eq!(Record::parse(later.as_bytes()), Err(WrongRecord::Format(2)));
        let outside = r#"{"published": 1, "current": null, "sets": [{"id": "a", "profile": "p", "files":
            [{"path": "../x", "sha256": "", "media_type": "text/plain", "role": "allow"}]}]}"#;
        assert_eq!(Record::parse(outside.as_bytes()), Err(WrongRecord::Path("../x".into())));
    }
}

//! `Validators`: what a server said of a copy, for asking whether it changed since.

use serde::{Deserialize, Serialize};

/// What a server said of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The address that answered; of another address they say nothing.
    pub url: String,
    /// SHA-256 of the copy that they are about, in hexadecimal.
    pub sha256: String,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
}

impl Validators {
    /// The text of the file that keeps them.
    pub fn print(&self) -> String {
        serde_json::to_string_pretty(self).map_or_else(|_| String::new(), |text| format!("{text}\n"))
    }

    /// Reads such a file. Without use, it is as good as none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Whether an answer "not modified" with these headers can be about the copy: a server that names another
    /// version contradicts itself.
    pub(super) fn confirmed_by(&self, etag: Option<&str>, modified: Option<&str>) -> bool {
        let same = |ours: &Option<String>, theirs: Option<&str>| {
            theirs.is_none() || ours.is_none() || ours.as_deref() == theirs
        };
        same(&self.etag, etag) && same(&self.modified, modified)
    }
}

//! `inspection.toml`: what must not be inspected, what must not go through a proxy, what is a folder.

use serde::Deserialize;

use super::direct::{self, DirectRule};

/// Inspection facts, ready for use.
#[derive(Debug)]
pub struct Inspection {
    /// Why everything over TLS is to be left alone.
    pub bypass: Statement,
    /// The vendor's contradiction about wildcards below shared suffixes.
    pub shared_suffix: SharedSuffix,
    /// How rows tell that they need a direct connection.
    pub direct: Vec<DirectRule>,
    folders: Vec<Folder>,
}

impl Inspection {
    /// Compiles the patterns of the file.
    pub(super) fn new(file: File) -> Result<Self, String> {
        let direct = file.direct.into_iter().map(DirectRule::new).collect::<Result<_, String>>()?;
        Ok(Self { bypass: file.bypass, shared_suffix: file.shared_suffix, direct, folders: file.folders })
    }

    /// How we know that a path without a star names a folder, if it does.
    pub fn folder_source(&self, path: &str) -> Option<&str> {
        self.folders.iter().find(|folder| folder.path == path).map(|folder| folder.source.as_str())
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    bypass: Statement,
    #[serde(rename = "shared-suffix")]
    shared_suffix: SharedSuffix,
    #[serde(default)]
    direct: Vec<direct::File>,
    #[serde(default, rename = "folder")]
    folders: Vec<Folder>,
}

/// Something the vendor says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// In our words.
    pub says: String,
    /// How we know.
    pub source: String,
}

/// The vendor's contradiction about wildcards below shared suffixes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SharedSuffix {
    /// What the vendor speaks of, in our words.
    pub about: String,
    /// The zones of that.
    pub zones: Vec<String>,
    /// What we follow, in our words.
    pub says: String,
    /// How we know.
    pub source: String,
    /// The opposite, in our words.
    pub contradicted: String,
    /// How we know.
    pub contradicted_source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    path: String,
    source: String,
}

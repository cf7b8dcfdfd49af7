//! `OutputSet`: an output folder as its manifest describes it, every file checked against its digest.
//!
//! What is served or published is a set, never a folder: a file that the manifest does not know stays at home, and
//! a set with a changed, missing or unproved file is refused whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;

use crate::diagnostic::{Code, Finding, Place};
use crate::file::read_regular;
use crate::manifest::{DateOf, SourceDate, sha256};
use crate::write::MANIFEST;

/// Bytes of all files of a set.
pub(crate) const LARGEST_SET: u64 = 1 << 30;
/// A folder that is replaced while it is read is read anew.
const TRIES: usize = 4;

/// Everything that one build wrote, proved and unchanged.
#[derive(Clone, Debug)]
pub struct OutputSet {
    /// Name of the profile.
    pub profile: String,
    /// SHA-256 of the manifest: the name of exactly these bytes.
    pub id: String,
    /// The lists that it was built from.
    pub sources: Vec<SetSource>,
    /// Entries of each product.
    pub entries: BTreeMap<String, usize>,
    /// The verdict on every list.
    pub verdicts: Vec<SetVerdict>,
    /// Every file, in the order of the manifest.
    pub files: Vec<SetFile>,
    /// The manifest itself.
    pub manifest: Vec<u8>,
    /// When the manifest was written.
    pub modified: Option<SystemTime>,
}

/// One file of a set.
#[derive(Clone, Debug)]
pub struct SetFile {
    /// Path below the folder: `squid/allow.conf`.
    pub path: String,
    /// What it is for, as the manifest says it.
    pub role: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// Whether clients look for it at the root of a web server.
    pub at_root: bool,
    /// Entries, where it holds a piece or a part of one list.
    pub entries: Option<usize>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When it was written.
    pub modified: Option<SystemTime>,
}

impl SetFile {
    /// The path at the root of a server, where clients look for it there.
    pub fn root_path(&self) -> Option<&str> {
        root_path(&self.path, self.at_root)
    }
}

fn root_path(path: &str, at_root: bool) -> Option<&str> {
    at_root.then(|| path.rsplit('/').next()).flatten()
}

/// One file that a manifest lists, without a look at its bytes.
#[cfg(feature = "publish")]
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ListedFile {
    /// Path below the folder.
    pub(crate) path: String,
    /// SHA-256 in hexadecimal.
    pub(crate) sha256: String,
    /// Its length.
    pub(crate) bytes: u64,
    #[serde(default)]
    at_root: bool,
}

#[cfg(feature = "publish")]
impl ListedFile {
    /// The path at the root of a server, where clients look for it there.
    pub(crate) fn root_path(&self) -> Option<&str> {
        root_path(&self.path, self.at_root)
    }
}

/// The files that a manifest of ours lists, sound or not. Paths that leave the folder are left out.
#[cfg(feature = "publish")]
pub(crate) fn listed(manifest: &[u8]) -> Result<Vec<ListedFile>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Listing {
        #[serde(rename = "manifest")]
        _format: u32,
        files: Vec<ListedFile>,
    }
    let Listing { mut files, .. } = serde_json::from_slice(manifest)?;
    files.retain(|file| crate::target::is_plain_path(&file.path));
    Ok(files)
}

/// One list of the vendor.
#[derive(Clone, Debug, Deserialize)]
pub struct SetSource {
    /// Name without folders.
    pub file: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Rows with an address.
    pub rows: usize,
    /// When it was changed last, if anybody says so.
    #[serde(default)]
    pub date: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub date_of: Option<DateOf>,
}

impl SetSource {
    /// The date with who tells it.
    pub fn told_date(&self) -> Option<SourceDate> {
        Some(SourceDate { text: self.date.clone()?, of: self.date_of? })
    }
}

/// The verdict on one list of one target.
#[derive(Clone, Debug, Deserialize)]
pub struct SetVerdict {
    /// The target.
    pub target: String,
    /// The list.
    pub list: String,
    /// `same`, `wider`, …
    pub verdict: String,
    /// What permits a difference.
    #[serde(default)]
    pub permitted_by: Vec<String>,
}

#[derive(Deserialize)]
struct Told {
    profile: ToldProfile,
    sources: Vec<SetSource>,
    #[serde(default)]
    entries: BTreeMap<String, usize>,
    files: Vec<ToldFile>,
    verdicts: Vec<SetVerdict>,
}

#[derive(Deserialize)]
struct ToldProfile {
    name: String,
}

#[derive(Deserialize)]
struct ToldFile {
    path: String,
    target: Option<String>,
    role: String,
    sha256: String,
    bytes: u64,
    media_type: String,
    #[serde(default)]
    at_root: bool,
    #[serde(default)]
    entries: Option<usize>,
}

/// Why a folder is no set that may be shown to firewalls.
#[derive(Debug, thiserror::Error)]
pub enum NoSet {
    /// The manifest cannot be read.
    #[error("`{folder}` holds no `manifest.json` that can be read: {source}")]
    Manifest {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The manifest is not one of ours.
    #[error("`{folder}/manifest.json` is no manifest of a build: {reason}")]
    Foreign {
        /// The folder.
        folder: String,
        /// Why.
        reason: String,
    },
    /// A file cannot be read.
    #[error("`{path}` stands in the manifest and cannot be read: {source}")]
    File {
        /// Path below the folder.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not the one that was built.
    #[error("`{path}` was changed since it was built and proved")]
    Changed {
        /// Path below the folder.
        path: String,
    },
    /// A set without entries or files.
    #[error("the set is empty: {what}; an empty list would cut every device off")]
    Empty {
        /// What is empty.
        what: String,
    },
    /// A set with a list that nobody proved.
    #[error("the set is not proved: {what}")]
    Unproved {
        /// Which part.
        what: String,
    },
}

impl NoSet {
    /// The refusal as a finding.
    pub fn finding(&self) -> Finding {
        let (code, help) = match self {
            Self::Manifest { .. } | Self::Foreign { .. } => {
                (Code::SetUnreadable, "give the folder that `allowlistc build` wrote")
            }
            Self::File { .. } | Self::Changed { .. } => {
                (Code::SetChanged, "build again; edit the profile instead of the output")
            }
            Self::Empty { .. } => (Code::SetEmpty, "look at `allowlistc list PROFILE --dropped`"),
            Self::Unproved { .. } => {
                (Code::SetUnproved, "write `[[verify.<list>]]` sections for the target, or build without it")
            }
        };
        let mut finding = Finding::error(code, self.to_string()).help(help);
        if let Self::File { path, .. } | Self::Changed { path } = self {
            finding = finding.at(Place::file(path));
        }
        finding
    }
}

impl OutputSet {
    /// Reads and checks an output folder.
    pub fn read(folder: &Path) -> Result<Self, NoSet> {
        let mut tries = 1;
        loop {
            match Self::read_once(folder) {
                // The folder may have been replaced between its manifest and a file.
                Err(NoSet::File { .. } | NoSet::Changed { .. }) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }

    fn read_once(folder: &Path) -> Result<Self, NoSet> {
        let path = folder.join(MANIFEST);
        let shown = || folder.display().to_string();
        let manifest =
            read_regular(&path, LARGEST_SET).map_err(|source| NoSet::Manifest { folder: shown(), source })?;
        let modified = modified(&path);
        let read = |path: &str, bytes: u64| {
            let full = folder.join(path);
            Ok((read_regular(&full, bytes)?, self::modified(&full)))
        };
        let mut set = Self::new(manifest, &shown(), read)?;
        set.modified = modified;
        Ok(set)
    }

    /// The set of a manifest whose files `read` brings, with the time of their last change; it is given the path
    /// and the most bytes that are wanted.
    pub fn new(
        manifest: Vec<u8>,
        folder: &str,
        read: impl Fn(&str, u64) -> io::Result<(Vec<u8>, Option<SystemTime>)>,
    ) -> Result<Self, NoSet> {
        let foreign = |reason: String| NoSet::Foreign { folder: folder.to_owned(), reason };
        let told: Told = serde_json::from_slice(&manifest).map_err(|error| foreign(error.to_string()))?;
        check_proofs(&told)?;
        if told.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add) > LARGEST_SET {
            return Err(foreign(format!("its files have more than {LARGEST_SET} bytes")));
        }
        let mut files = Vec::with_capacity(told.files.len());
        for file in told.files {
            files.push(load(file, foreign, &read)?);
        }
        check_content(&told.entries, &files)?;
        let id = sha256(&manifest);
        let (profile, sources, verdicts) = (told.profile.name, told.sources, told.verdicts);
        Ok(Self { profile, id, sources, entries: told.entries, verdicts, files, manifest, modified: None })
    }
}

fn load(
    file: ToldFile,
    foreign: impl Fn(String) -> NoSet,
    read: impl Fn(&str, u64) -> io::Result<(Vec<u8>, Option<SystemTime>)>,
) -> Result<SetFile, NoSet> {
    let ToldFile { path, target: _, role, sha256: digest, bytes: length, media_type, at_root, entries } =
        file;
    if !crate::target::is_plain_path(&path) {
        return Err(foreign(format!("`{path}` is no plain path below the folder")));
    }
    let is_plain = media_type.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !is_plain || !media_type.contains('/') {
        return Err(foreign(format!("`{path}` has a media type that is none")));
    }
    let (bytes, modified) =
        read(&path, length).map_err(|source| NoSet::File { path: path.clone(), source })?;
    if sha256(&bytes) != digest {
        return Err(NoSet::Changed { path });
    }
    Ok(SetFile { path, role, sha256: digest, media_type, at_root, entries, bytes, modified })
}

/// Every target with files has verdicts, and none of them tells of a difference that nobody permitted.
fn check_proofs(told: &Told) -> Result<(), NoSet> {
    let proved: BTreeSet<&str> = told.verdicts.iter().map(|verdict| verdict.target.as_str()).collect();
    // A report is of no target.
    let mut targets =
        told.files.iter().filter_map(|file| file.target.as_deref()).filter(|name| !name.is_empty());
    if let Some(target) = targets.find(|target| !proved.contains(target)) {
        return Err(NoSet::Unproved { what: format!("there is no verdict on `{target}`") });
    }
    let is_sound = |verdict: &&SetVerdict| match verdict.verdict.as_str() {
        // `within`: by its options the target does not tell the list from another one, which was decided.
        "same" | "within" => true,
        "wider" | "narrower" | "both" => !verdict.permitted_by.is_empty(),
        _ => false,
    };
    match told.verdicts.iter().find(|verdict| !is_sound(verdict)) {
        Some(SetVerdict { target, list, verdict, .. }) => Err(NoSet::Unproved {
            what: format!("list `{list}` of `{target}` is `{verdict}` and nothing permits it"),
        }),
        None => Ok(()),
    }
}

fn check_content(entries: &BTreeMap<String, usize>, files: &[SetFile]) -> Result<(), NoSet> {
    if files.is_empty() {
        return Err(NoSet::Empty { what: "it has no files".to_owned() });
    }
    if entries.get("allow").is_none_or(|count| *count == 0) {
        return Err(NoSet::Empty { what: "nothing is allowed".to_owned() });
    }
    let is_empty =
        |file: &&SetFile| file.entries == Some(0) || file.bytes.iter().all(u8::is_ascii_whitespace);
    match files.iter().find(is_empty) {
        Some(file) => Err(NoSet::Empty { what: format!("`{}` has no entries", file.path) }),
        None => Ok(()),
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

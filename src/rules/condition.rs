//! `conditions.toml`: which releases a row is for, beyond its device columns.

use regex_lite::Regex;
use serde::Deserialize;

use super::Devices;

/// What sheets, comments and pages of the vendor say of releases, ready for use.
#[derive(Debug)]
pub struct Conditions {
    /// Statements of sheet names.
    pub sheets: Vec<SheetRule>,
    /// Known forms of comments.
    pub comments: Vec<CommentRule>,
    /// Statements about hosts.
    pub hosts: Vec<HostRule>,
    /// Rows that stand under the wrong geography.
    pub misplaced: Vec<Misplaced>,
    unknown: Regex,
}

impl Conditions {
    /// Compiles the patterns of the file.
    pub(super) fn new(file: File) -> Result<Self, String> {
        let comments = file.comments.into_iter().map(CommentRule::new).collect::<Result<_, String>>()?;
        Ok(Self {
            sheets: file.sheets,
            comments,
            hosts: file.hosts,
            misplaced: file.misplaced,
            unknown: compile(&file.unknown.pattern)?,
        })
    }

    /// Whether a comment (lower case, single spaces) speaks of a release.
    pub fn speaks_of_release(&self, comment: &str) -> bool {
        self.unknown.is_match(comment)
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default, rename = "sheet")]
    sheets: Vec<SheetRule>,
    #[serde(default, rename = "comment")]
    comments: Vec<CommentText>,
    #[serde(default, rename = "host")]
    hosts: Vec<HostRule>,
    #[serde(default)]
    misplaced: Vec<Misplaced>,
    unknown: Unknown,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unknown {
    #[serde(rename = "match")]
    pattern: String,
}

/// A set of releases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    family: Option<String>,
    #[serde(default)]
    families: Vec<String>,
    from: Option<String>,
    to: Option<String>,
    above: Option<String>,
    below: Option<String>,
}

/// The builds that a range holds; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Smallest build.
    pub least: u32,
    /// Largest build.
    pub most: u32,
}

impl Range {
    /// Whether the range speaks of that family at all.
    pub fn names(&self, family: &str) -> bool {
        self.family.as_deref() == Some(family) || self.families.iter().any(|name| name == family)
    }

    /// The builds of the range, with `{1}` filled in; `None` if it names a release that nobody knows.
    pub fn builds(&self, devices: &Devices, capture: &str) -> Option<Bound> {
        let families: Vec<String> = self.family.iter().chain(&self.families).cloned().collect();
        let build = |end: &Option<String>| match end {
            None => Some(None),
            Some(name) => devices.build(&families, &name.replace("{1}", capture)).map(Some),
        };
        let (from, to, above, below) =
            (build(&self.from)?, build(&self.to)?, build(&self.above)?, build(&self.below)?);
        Some(Bound {
            least: from.or(above.map(|build| build + 1)).unwrap_or(0),
            most: to.or(below.map(|build| build.saturating_sub(1))).unwrap_or(u32::MAX),
        })
    }
}

/// What the name of a sheet states.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetRule {
    /// Name that the reader gives to the statement.
    pub id: String,
    /// The connectivity with which those releases need the sheet, if it is no matter of course.
    pub connectivity: Option<String>,
    /// Releases that need the sheet.
    pub needs: Vec<Range>,
    /// The statement, for people.
    pub says: String,
    /// How we know.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentText {
    #[serde(rename = "match")]
    pattern: String,
    #[serde(default)]
    drops: Vec<Range>,
    unclear: Option<Unclear>,
    says: String,
    source: String,
}

/// Releases for which a comment can be read in two ways.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unclear {
    /// Which ones.
    pub releases: Vec<Range>,
    /// What speaks for the row, for people.
    pub says: String,
    /// How we know.
    pub source: String,
}

/// A known form of comment.
#[derive(Debug)]
pub struct CommentRule {
    form: Regex,
    /// Releases that do not need the row.
    pub drops: Vec<Range>,
    /// Those among them that another reading of the comment keeps.
    pub unclear: Option<Unclear>,
    /// The statement, for people, with `{1}` for the release.
    pub says: String,
    /// How we know.
    pub source: String,
}

impl CommentRule {
    fn new(text: CommentText) -> Result<Self, String> {
        Ok(Self {
            form: compile(&text.pattern)?,
            drops: text.drops,
            unclear: text.unclear,
            says: text.says,
            source: text.source,
        })
    }

    /// The release that a comment of this form names (empty if it names none), or `None` for another form.
    pub fn capture<'t>(&self, comment: &'t str) -> Option<&'t str> {
        let captures = self.form.captures(comment)?;
        Some(captures.get(1).map_or("", |group| group.as_str()))
    }
}

/// What the vendor says of hosts outside the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostRule {
    /// Short name for messages.
    pub id: String,
    /// Hosts, as globs over the host of the address, in lower case and without path and port.
    pub hosts: Vec<String>,
    /// Releases that do not need them.
    #[serde(default)]
    pub drops: Vec<Range>,
    /// Releases that need them.
    #[serde(default)]
    pub needs: Vec<Range>,
    /// The statement, for people.
    pub says: String,
    /// How we know.
    pub source: String,
}

/// A host that stands under the wrong geography.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misplaced {
    /// Hosts as the list writes them.
    pub hosts: Vec<String>,
    /// The geography that the host's own name tells.
    pub belongs: String,
    /// How we know.
    pub source: String,
}

pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| format!("`{pattern}`: {error}"))
}

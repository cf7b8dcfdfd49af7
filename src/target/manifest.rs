//! `Manifest`: `target.toml`, read strictly: an unknown key is an error.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Apex, Axis, Form, OptionSpec, Permit, RequestSpec, Role, SchemeName, Shape, Spelling, Table};
use crate::allowlist::Product;
use crate::verify::ReadBack;

/// Everything that `target.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Name of the folder.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Version of the template context that the folder was written for.
    pub context: u32,
    /// Where the facts come from.
    pub sources: Vec<String>,
    /// `[options.<key>]`.
    #[serde(default)]
    pub options: BTreeMap<String, OptionSpec>,
    /// `[list.<name>]`.
    #[serde(rename = "list")]
    pub lists: BTreeMap<String, ListSpec>,
    /// `[request]`: what is compared of a request's path.
    #[serde(default)]
    pub request: RequestSpec,
    /// `[limits]`.
    #[serde(default)]
    pub limits: Limits,
    /// `[allow-loss]`: what the folder permits by itself.
    #[serde(default)]
    pub allow_loss: BTreeMap<Axis, Permit>,
    /// `[[output]]`.
    #[serde(rename = "output")]
    pub outputs: Vec<OutputSpec>,
    /// `[[verify.<list>]]`: how the files are read back, each time as a whole list.
    #[serde(default)]
    pub verify: BTreeMap<String, Vec<ReadBack>>,
    /// `[variant.<option>.<value>]`: what stands in place of the rest for one value of an option, not yet typed.
    #[serde(default, rename = "variant")]
    pub(super) variants: BTreeMap<String, BTreeMap<String, Table>>,
}

/// What one list of the target can say, and how it is spelled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListSpec {
    /// Whose entries it holds.
    pub product: Product,
    /// Another list whose requests the files treat as those of this one: nobody inspects what goes around the proxy.
    pub besides: Option<String>,
    /// Whether the firewall inspects nothing that it lets pass.
    #[serde(default)]
    pub uninspected: bool,
    /// Schemes that it can hold.
    #[serde(default = "both_schemes")]
    pub schemes: Vec<SchemeName>,
    /// Whether the firewall does not look at the scheme. Port 80 is then taken for clear text and 443 for TLS, and an
    /// entry on any other port lets both pass.
    #[serde(default)]
    pub scheme_blind: bool,
    /// Whether it keeps ports apart.
    #[serde(default)]
    pub ports: Ports,
    /// Highest port that it can hold.
    pub highest_port: Option<u16>,
    /// Whether its `*.x` is `x` as well.
    #[serde(default)]
    pub apex: Apex,
    /// How many labels its star stands for.
    #[serde(default)]
    pub depth: Depth,
    /// Word that a tag must have among its features to be used by name.
    pub tag_feature: Option<String>,
    /// Longest entry, in bytes.
    pub longest_entry: Option<usize>,
    /// Whether the reason of each entry is wanted beside it.
    #[serde(default)]
    pub notes: bool,
    /// Shape to group to spellings. A shape that is missing cannot be said.
    pub hosts: BTreeMap<Shape, BTreeMap<String, Vec<Spelling>>>,
    /// How it says paths; without it, it says none.
    pub paths: Option<PathSpec>,
}

/// How a list says paths.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PathSpec {
    /// Schemes on which it sees paths.
    pub schemes: Vec<SchemeName>,
    /// Characters that a path must not hold to be said.
    #[serde(default)]
    pub without: String,
    /// Group of entries that hold host and path in one text. Without it hosts and paths are two tests.
    pub group: Option<String>,
    /// `{host}` of such entries by shape. A shape that is missing cannot carry a path.
    #[serde(default)]
    pub hosts: BTreeMap<Shape, Spelling>,
    /// Form to spellings. A form that is missing cannot be said.
    pub forms: BTreeMap<Form, Vec<Spelling>>,
}

impl PathSpec {
    /// Whether hosts of this shape can carry a path.
    pub fn takes(&self, shape: Shape) -> bool {
        self.group.is_none() || self.hosts.contains_key(&shape)
    }
}

impl ListSpec {
    /// The names of its groups, in order.
    pub fn groups(&self) -> Vec<&str> {
        let of_hosts = self.hosts.values().flat_map(|groups| groups.keys().map(String::as_str));
        let of_paths = self.paths.iter().filter_map(|paths| paths.group.as_deref());
        let mut names: Vec<&str> = of_hosts.chain(of_paths).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn wrong_placeholder(&self) -> Option<String> {
        let wrong = |spelling: &Spelling, known: &[&str]| {
            spelling.placeholders().find(|name| !known.contains(name)).map(str::to_owned)
        };
        let hosts = self.hosts.iter().find_map(|(shape, groups)| {
            groups.values().flatten().find_map(|spelling| wrong(spelling, shape.placeholders()))
        });
        let paths = self.paths.as_ref().and_then(|paths| {
            let known: &[&str] = if paths.group.is_some() { &["host", "path"] } else { &["path"] };
            let of_hosts = paths.hosts.iter().find_map(|(shape, s)| wrong(s, shape.placeholders()));
            of_hosts.or_else(|| paths.forms.values().flatten().find_map(|s| wrong(s, known)))
        });
        hosts.or(paths)
    }
}

fn both_schemes() -> Vec<SchemeName> {
    vec![SchemeName::Http, SchemeName::Https]
}

/// Whether a list keeps ports apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Ports {
    /// `"each"`: every port by itself.
    #[default]
    Each,
    /// `"each"` or `"ignored"`, as written.
    Word(PortsWord),
    /// Only these.
    Only(Vec<u16>),
}

/// `"each"` or `"ignored"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortsWord {
    /// Every port by itself.
    Each,
    /// The list cannot tell ports apart.
    Ignored,
}

impl Ports {
    /// Whether the list cannot tell ports apart.
    pub fn ignored(&self) -> bool {
        *self == Self::Word(PortsWord::Ignored)
    }

    /// Whether it can hold `port`.
    pub fn takes(&self, port: u16) -> bool {
        match self {
            Self::Only(ports) => ports.contains(&port),
            Self::Each | Self::Word(_) => true,
        }
    }
}

/// How many labels a star stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Depth {
    /// Any number.
    #[default]
    Any,
    /// `"any"`, as written.
    Word(DepthWord),
    /// At most so many.
    Labels(u8),
}

/// `"any"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepthWord {
    /// Any number.
    Any,
}

/// Bounds of the firewall.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: Option<usize>,
    /// Entries in one piece of a group; more make another piece.
    pub piece_entries: Option<usize>,
    /// Entries in one part of a list; more make another part.
    pub part_entries: Option<usize>,
    /// Bytes of the entries of one part.
    pub part_bytes: Option<usize>,
    /// Bytes that an entry needs besides its own text.
    #[serde(default)]
    pub entry_overhead: usize,
    /// Parts of one list.
    pub parts: Option<usize>,
    /// Characters of a name of an object.
    pub name: Option<usize>,
}

impl Limits {
    /// What is wrong with a file that the readers of `target` refuse for its size.
    pub fn refuses(&self, target: &str, path: &str, bytes: usize) -> Option<String> {
        let most = self.file_bytes.filter(|most| bytes > *most)?;
        Some(format!("`{path}` of `{target}` has {bytes} bytes, the limit is {most}"))
    }
}

/// One file, or one kind of files, that the target writes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutputSpec {
    /// File of the folder.
    pub template: String,
    /// Path with placeholders `{list}`, `{port}`, `{scheme}`, `{group}` and `{part}` (empty for the first).
    pub path: Spelling,
    /// What it is for.
    pub role: Role,
    /// Once, or for each piece or part of `list`.
    #[serde(default)]
    pub per: Per,
    /// Whose pieces or parts.
    pub list: Option<String>,
    /// Groups, if not all.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Options that must have these values.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// Media type, as a web server has to name it.
    #[serde(default = "plain_text")]
    pub media_type: String,
    /// Whether clients look for it at the root of a web server, and not below the target's name.
    #[serde(default)]
    pub at_root: bool,
}

fn plain_text() -> String {
    "text/plain; charset=utf-8".to_owned()
}

/// How often a template is rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Once.
    #[default]
    Once,
    /// For each non-empty piece of each group and port.
    Piece,
    /// For each part of the list.
    Part,
}

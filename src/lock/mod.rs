//! `allowlistc.lock`: which published lists the profiles of a folder are built from, to the byte.
//!
//! Text in, text out; reading and replacing the file is for `cli`.

mod parse;
mod print;

use std::collections::BTreeMap;
use std::fmt;

pub use parse::parse;
pub use print::print;

use crate::rules::Rules;
use crate::source::Document;

/// Name of the file, beside the profile.
pub const LOCK: &str = "allowlistc.lock";

/// Version of the format that is written, and the only one that is read.
const VERSION: u32 = 1;

/// A lock file is made of some dozen lines for each source; a larger file is something else.
pub const LARGEST: usize = 1 << 20;

/// What a source is known by: the profile names it so, and the lock as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file, relative to the profile.
    Path(String),
    /// An address.
    Url(String),
}

/// `https://example.com/list.xlsx`, `list.xlsx`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(text) | Self::Url(text) => f.write_str(text),
        }
    }
}

/// A loss that somebody accepted when the present sources of a profile took the place of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accepted {
    /// Code of the finding.
    pub code: String,
    /// Why.
    pub reason: String,
}

/// One source of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the profile.
    pub profile: String,
    /// How the profile, or the rules, name the source.
    pub origin: Origin,
    /// Where it was found in the end, if that is another address; without its query.
    pub from: Option<String>,
    /// Name of the copy, without folders.
    pub file: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// When it was changed last, in the server's words; without such a word, when the server gave it.
    pub date: Option<String>,
    /// How many rows each table has, or how many networks each service tag that the rules know.
    pub rows: BTreeMap<String, usize>,
}

/// The sources of all profiles of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By profile and origin.
    entries: BTreeMap<(String, Origin), Entry>,
    /// By profile.
    accepted: BTreeMap<String, Vec<Accepted>>,
}

impl Lock {
    /// The entry of a source.
    pub fn entry(&self, profile: &str, origin: &Origin) -> Option<&Entry> {
        self.entries.get(&(profile.to_owned(), origin.clone()))
    }

    /// All entries, by profile and origin.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Adds an entry; `false` if there is one of the same source already.
    pub fn add(&mut self, entry: Entry) -> bool {
        let key = (entry.profile.clone(), entry.origin.clone());
        self.entries.insert(key, entry).is_none()
    }

    /// What was accepted for a profile.
    pub fn accepted(&self, profile: &str) -> &[Accepted] {
        self.accepted.get(profile).map_or(&[], Vec::as_slice)
    }

    /// The same lock with all that it says of one profile replaced.
    #[must_use]
    pub fn with(&self, profile: &str, entries: Vec<Entry>, accepted: Vec<Accepted>) -> Self {
        let others = self.entries().filter(|entry| entry.profile != profile).cloned();
        let mut lock = Self { accepted: self.accepted.clone(), ..Self::default() };
        for entry in others.chain(entries) {
            lock.add(entry);
        }
        lock.accepted.remove(profile);
        if !accepted.is_empty() {
            lock.accepted.insert(profile.to_owned(), accepted);
        }
        lock
    }
}

/// How many rows each table of a document has, and how many networks each of the tags that the rules know.
pub fn rows(document: &Document, rules: &Rules) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for table in &document.tables {
        *rows.entry(table.sheet.to_string()).or_default() += table.rows.len();
    }
    let known = |name: &str| rules.list.tags.iter().any(|tag| tag.name == name);
    for tag in document.tags.iter().filter(|tag| known(&tag.name)) {
        *rows.entry(tag.name.to_string()).or_default() += tag.prefixes.len();
    }
    rows
}

/// Whether a text is the name of a copy: one plain name that can leave no folder and hides nowhere.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=100).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Findings;

    fn entry(profile: &str, origin: Origin) -> Entry {
        Entry {
            profile: profile.to_owned(),
            origin,
            from: None,
            file: "list.md".to_owned(),
            sha256: "0".repeat(64),
            bytes: 12,
            date: None,
            rows: BTreeMap::from([("Microsoft \"Defender\" URLs".to_owned(), 99)]),
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        // Quotes, escapes, line ends and letters of other scripts: whatever a server or a sheet may be called.
        "[ -~\\n\\tä\u{202e}]{0,12}"
    }

    prop_compose! {
        fn entries()(
            profile in "[a-c]", url in "https://[a-z]{1,4}\\.example\\.com/[ -~]{0,8}", is_path: bool,
            from in proptest::option::of(texts()), file in "[a-z0-9][a-z0-9._-]{0,9}", digit in "[0-9a-f]",
            bytes in 0_u64..1 << 60, date in proptest::option::of(texts()),
            rows in proptest::collection::btree_map(texts(), 0_usize..1000, 0..4),
        ) -> Entry {
            Entry {
                profile,
                origin: if is_path { Origin::Path(url) } else { Origin::Url(url) },
                from, file, sha256: digit.repeat(64), bytes, date, rows,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            entries in proptest::collection::vec(entries(), 0..5),
            accepted in proptest::collection::vec((texts(), texts()), 0..3),
        ) {
            let accepted = accepted.into_iter().map(|(code, reason)| Accepted { code, reason }).collect();
            let mut lock = Lock::default().with("a", Vec::new(), accepted);
            for entry in entries {
                lock.add(entry);
            }
            let mut findings = Findings::default();
            let read = parse("allowlistc.lock", &print(&lock), &mut findings);
            prop_assert_eq!(read.as_ref(), Some(&lock), "{:?}", findings);
            prop_assert_eq!(print(&read.unwrap_or_default()), print(&lock));
        }
    }

    #[test]
    fn new_entries_replace_those_of_their_profile_and_of_no_other() {
        let url = |name: &str| Origin::Url(format!("https://example.com/{name}"));
        let mut lock = Lock::default();
        for (profile, name) in [("a", "one"), ("a", "two"), ("b", "one")] {
            assert!(lock.add(entry(profile, url(name))));
        }
        let lock = lock.with("a", vec![entry("a", url("three"))], Vec::new());
        let left: Vec<String> =
            lock.entries().map(|entry| format!("{} {}", entry.profile, entry.origin)).collect();
        assert_eq!(left, ["a https://example.com/three", "b https://example.com/one"]);
    }

    #[test]
    fn a_name_that_leads_out_of_its_folder_is_no_name() {
        for (name, plain) in
            [("list.xlsx", true), ("a", true), ("", false), ("..", false), (".x", false), ("a/b", false)]
        {
            assert_eq!(is_plain_name(name), plain, "{name}");
        }
    }
}

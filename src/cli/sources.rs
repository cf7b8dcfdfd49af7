//! The sources of a profile as bytes: its files, and the fetched copies that the lock names.

use std::path::{Path, PathBuf};

use super::Stop;
use super::args::Inputs;
use super::job::{file_name, read_file};
use crate::cache::{self, Cache};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::lock::{self, Entry, LOCK, Lock, Origin};
use crate::manifest::sha256;
use crate::profile::{Profile, Source, sources};
use crate::rules::Rules;

/// One list, read but not understood.
pub(super) struct Copy {
    /// File name without folders.
    pub(super) name: String,
    /// Where people look it up: the file itself, or the lock that names a fetched one.
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// When it was changed last, as the lock has it from the server.
    pub(super) date: Option<String>,
}

/// The lists of a build: those that the command line names, else those of the profile.
pub(super) fn copies(
    inputs: &Inputs,
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) -> Result<Vec<Copy>, Stop> {
    if inputs.sources.is_empty() {
        return named(inputs, profile, rules, findings);
    }
    inputs.sources.iter().map(|path| read_copy(path)).collect()
}

/// The lists that the profile names. What is not there is an error among the findings.
fn named(
    inputs: &Inputs,
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) -> Result<Vec<Copy>, Stop> {
    let all = sources(profile, rules);
    let fetched = all.iter().any(|source| matches!(source, Source::Published(_)));
    let lock = if inputs.locked || fetched { read_lock(&inputs.profile, findings)? } else { None };
    if findings.has_errors() {
        return Ok(Vec::new());
    }
    let lock = lock.unwrap_or_default();
    let cache = cache(&inputs.profile, inputs.cache.as_deref());
    let reader = Reader { inputs, profile, lock: &lock, cache: &cache };
    if inputs.locked {
        reader.report_idle(&all, findings);
    }
    let built: Vec<&Source> = all.iter().filter(|source| source.is_built()).collect();
    let known = |source: &&Source| lock.entry(&profile.name, &source.origin()).is_some();
    let named = !profile.sources.is_empty() || !profile.urls.is_empty();
    if !named && !built.iter().any(known) {
        findings.push(no_source(profile, &built, &inputs.profile));
        return Ok(Vec::new());
    }
    let mut copies = Vec::new();
    for source in built {
        copies.extend(reader.read(source, findings)?);
    }
    Ok(copies)
}

/// The folder of fetched lists.
pub(super) fn cache(profile: &Path, given: Option<&Path>) -> Cache {
    Cache::new(given.map_or_else(|| profile.with_file_name(cache::FOLDER), Path::to_path_buf))
}

/// Where the lock of a profile is.
pub(super) fn lock_path(profile: &Path) -> PathBuf {
    profile.with_file_name(LOCK)
}

/// The lock beside a profile; `None` if there is none, or if a finding says why it cannot be used.
pub(super) fn read_lock(profile: &Path, findings: &mut Findings) -> Result<Option<Lock>, Stop> {
    let path = lock_path(profile);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_file(&path, lock::LARGEST as u64)?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= lock::LARGEST);
    let Some(text) = text else {
        let finding = Finding::error(Code::LockBroken, "the lock is too large, or no UTF-8 text");
        findings.push(finding.at(Place::file(LOCK)).help("restore the committed file"));
        return Ok(None);
    };
    Ok(lock::parse(LOCK, &text, findings))
}

/// A file of any place.
pub(super) fn read_copy(path: &Path) -> Result<Copy, Stop> {
    Ok(Copy {
        name: file_name(path),
        path: path.to_owned(),
        bytes: read_file(path, cache::LARGEST)?,
        date: None,
    })
}

/// What to type to fetch.
fn fetch_command(profile: &Path) -> String {
    format!("`allowlistc fetch {}`", profile.display())
}

struct Reader<'a> {
    inputs: &'a Inputs,
    profile: &'a Profile,
    lock: &'a Lock,
    cache: &'a Cache,
}

impl Reader<'_> {
    fn read(&self, source: &Source, findings: &mut Findings) -> Result<Option<Copy>, Stop> {
        let entry = self.lock.entry(&self.profile.name, &source.origin());
        match source {
            Source::File(path) => {
                let copy = read_copy(&self.inputs.profile.with_file_name(path))?;
                if self.inputs.locked
                    && let Some(finding) = self.compare(path, &copy, entry)
                {
                    findings.push(finding);
                }
                Ok(Some(copy))
            }
            Source::Published(published) => match entry {
                Some(entry) => Ok(self.fetched(entry, findings)),
                None => {
                    let message = format!("`{}` was not fetched yet", published.url);
                    findings.push(self.not_fetched(message, published.url));
                    Ok(None)
                }
            },
        }
    }

    fn fetched(&self, entry: &Entry, findings: &mut Findings) -> Option<Copy> {
        match self.cache.copy(entry) {
            Ok(bytes) => {
                let (name, path) = (entry.file.clone(), lock_path(&self.inputs.profile));
                Some(Copy { name, path, bytes, date: entry.date.clone() })
            }
            Err(why) => {
                let message = format!("`{}` cannot be read as the lock names it: {why}", entry.origin);
                findings.push(self.not_fetched(message, &entry.origin.to_string()));
                None
            }
        }
    }

    fn not_fetched(&self, message: String, url: &str) -> Finding {
        let spot = self.profile.urls.iter().find(|spot| spot.value == url);
        let place = spot.map_or_else(|| Place::file(&self.profile.file), |spot| spot.place.clone());
        let help = format!("{} brings it into `{}`", fetch_command(&self.inputs.profile), self.shown_cache());
        Finding::error(Code::SourceNotFetched, message).at(place).help(help)
    }

    fn shown_cache(&self) -> String {
        self.cache.folder().display().to_string()
    }

    /// What a file lacks to be the one that the lock names.
    fn compare(&self, path: &str, copy: &Copy, entry: Option<&Entry>) -> Option<Finding> {
        let found = sha256(&copy.bytes);
        let message = match entry {
            Some(entry) if entry.sha256 == found => return None,
            Some(entry) => format!(
                "`{path}` is not the file that the lock names: its SHA-256 starts with {}, not {}",
                short(&found),
                short(&entry.sha256)
            ),
            None => format!("`{path}` is not in the lock"),
        };
        Some(self.not_locked(message, path))
    }

    /// Entries of the lock that the profile no longer names.
    fn report_idle(&self, all: &[Source], findings: &mut Findings) {
        let named: Vec<Origin> = all.iter().map(Source::origin).collect();
        let mine = self.lock.entries().filter(|entry| entry.profile == self.profile.name);
        for entry in mine.filter(|entry| !named.contains(&entry.origin)) {
            let message = format!("the lock has `{}`, which the profile does not name", entry.origin);
            findings.push(self.not_locked(message, &entry.origin.to_string()));
        }
    }

    fn not_locked(&self, message: String, origin: &str) -> Finding {
        let spots = self.profile.sources.iter().chain(&self.profile.urls);
        let spot = spots.into_iter().find(|spot| spot.value == origin);
        let place = spot.map_or_else(|| Place::file(LOCK), |spot| spot.place.clone());
        let help = format!(
            "{} writes the lock anew, for a review of what changed",
            fetch_command(&self.inputs.profile)
        );
        Finding::error(Code::SourceNotLocked, message).at(place).help(help)
    }
}

/// Enough of a digest to find it.
fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// A profile without sources, and nothing fetched of what is published for it.
fn no_source(profile: &Profile, published: &[&Source], path: &Path) -> Finding {
    let urls: Vec<String> = published.iter().map(|source| source.origin().to_string()).collect();
    let help = format!(
        "run {}; or write `[sources]` with `files = [\"…\"]`, or give `--source FILE`; it is published at {}",
        fetch_command(path),
        urls.join(", ")
    );
    Finding::error(Code::NoSource, "there is no list to read").at(Place::file(&profile.file)).help(help)
}

//! Brings the sources of a profile, and finds out what is new about each.

use std::time::Duration;

use super::super::Stop;
use super::super::args::Fetch;
use super::super::job::read_file;
use super::super::sources::read_copy;
use super::progress::Bar;
use crate::cache::Cache;
use crate::diagnostic::{Code, Finding, Findings, Place, Severity};
use crate::fetch::{Answer, Client, Download, Options, Validators, copy_name, fetch};
use crate::lock::{Entry, Lock, Origin, rows};
use crate::manifest::sha256;
use crate::profile::{Profile, Published, Source};
use crate::rules::Rules;
use crate::source;

/// What a fetch found out about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The lock does not have it.
    New,
    /// The lock has other bytes.
    Changed,
    /// The lock has the same bytes.
    Unchanged,
}

impl State {
    /// The word as printed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A source that was brought.
pub(super) struct Brought {
    /// What the lock is to say of it.
    pub(super) entry: Entry,
    pub(super) bytes: Vec<u8>,
    pub(super) state: State,
    /// Whether builds read it.
    pub(super) built: bool,
    /// What the server said of it.
    pub(super) validators: Option<Validators>,
}

/// Brings sources one after the other.
pub(super) struct Bringer<'a> {
    args: &'a Fetch,
    profile: &'a Profile,
    rules: &'a Rules,
    lock: &'a Lock,
    cache: &'a Cache,
    client: Client,
}

impl<'a> Bringer<'a> {
    pub(super) fn new(
        args: &'a Fetch,
        profile: &'a Profile,
        rules: &'a Rules,
        lock: &'a Lock,
        cache: &'a Cache,
    ) -> Result<Self, Stop> {
        let ca_bundle = args.ca_bundle.as_deref().map(|path| read_file(path, LARGEST_BUNDLE)).transpose()?;
        let options = Options {
            proxy: args.proxy.clone(),
            ca_bundle,
            allow_http: args.allow_http,
            timeout: Duration::from_secs(args.timeout),
            retries: usize::from(args.retries),
        };
        let client = Client::new(options).map_err(Stop::Request)?;
        Ok(Self { args, profile, rules, lock, cache, client })
    }

    /// One source; `None` if a finding says why there is none.
    pub(super) fn bring(&self, source: &Source, findings: &mut Findings) -> Result<Option<Brought>, Stop> {
        let origin = source.origin();
        let old = self.lock.entry(&self.profile.name, &origin);
        let built = source.is_built();
        match source {
            Source::File(path) => {
                let copy = read_copy(&self.args.profile.with_file_name(path))?;
                let entry = self.entry(origin, copy.name, &copy.bytes);
                Ok(self.understood(entry, copy.bytes, old, built, findings))
            }
            Source::Published(published) => {
                let copy = old.and_then(|old| Some((old, self.cache.copy(old).ok()?)));
                let validators = copy.as_ref().and_then(|(old, _)| self.validators(old));
                let bar = Bar::new(published.url);
                let answer =
                    fetch(&self.client, published, validators.as_ref(), &|got, of| bar.show(got, of));
                drop(bar);
                match (answer, copy) {
                    (Ok(Answer::File(download)), _) => {
                        Ok(self.downloaded(published, download, old, built, findings))
                    }
                    (Ok(Answer::NotModified), Some((old, bytes))) => {
                        let entry = old.clone();
                        Ok(Some(Brought { entry, bytes, state: State::Unchanged, built, validators }))
                    }
                    // Without a copy nothing is asked that could be answered so.
                    (Ok(Answer::NotModified), None) => Ok(None),
                    (Err(failure), copy) => {
                        let finding = failure.fault.finding(&failure.url, failure.attempts);
                        findings.push(weighed(finding, built));
                        Ok(kept(copy, built))
                    }
                }
            }
        }
    }

    /// What the server said of the copy, if it is still that copy.
    fn validators(&self, old: &Entry) -> Option<Validators> {
        let note = self.cache.note(&old.origin.to_string()).filter(|_| !self.args.fresh)?;
        Validators::parse(&note).filter(|validators| validators.sha256 == old.sha256)
    }

    fn downloaded(
        &self,
        published: &Published,
        download: Download,
        old: Option<&Entry>,
        built: bool,
        findings: &mut Findings,
    ) -> Option<Brought> {
        let from = without_query(&download.url);
        let entry = Entry {
            from: (from != published.url).then(|| from.to_owned()),
            date: download.modified.clone().or(download.date),
            ..self.entry(
                Origin::Url(published.url.to_owned()),
                copy_name(&download.url, &download.bytes),
                &download.bytes,
            )
        };
        let validators = Validators {
            url: download.url,
            sha256: entry.sha256.clone(),
            etag: download.etag,
            modified: download.modified,
        };
        let brought = self.understood(entry, download.bytes, old, built, findings);
        match brought {
            Some(brought) => Some(Brought { validators: Some(validators), ..brought }),
            None => kept(old.and_then(|old| Some((old, self.cache.copy(old).ok()?))), built),
        }
    }

    fn entry(&self, origin: Origin, file: String, bytes: &[u8]) -> Entry {
        Entry {
            profile: self.profile.name.clone(),
            origin,
            from: None,
            file,
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            date: None,
            rows: std::collections::BTreeMap::new(),
        }
    }

    /// Nothing takes the place of a list unless the reader finds a list in it.
    fn understood(
        &self,
        mut entry: Entry,
        bytes: Vec<u8>,
        old: Option<&Entry>,
        built: bool,
        findings: &mut Findings,
    ) -> Option<Brought> {
        if let Some(old) = old.filter(|old| old.sha256 == entry.sha256) {
            // The lock stays as it is to the letter, whatever else the server says of the same bytes.
            let entry = old.clone();
            return Some(Brought { entry, bytes, state: State::Unchanged, built, validators: None });
        }
        let mut reading = Findings::default();
        let document = source::read(&entry.file, &bytes, &self.rules.reading, &mut reading);
        if let Some(error) = reading.iter().find(|finding| finding.severity == Severity::Error) {
            let message = format!("what came is not used: {}", error.message);
            let finding =
                Finding::error(Code::DownloadUnusable, message).at(Place::file(entry.origin.to_string()));
            let help = error.help.clone().unwrap_or_default();
            findings.push(weighed(finding.help(help), built));
            return None;
        }
        if self.args.verbose {
            findings.append(reading);
        }
        entry.rows = rows(&document, self.rules);
        let state = if old.is_some() { State::Changed } else { State::New };
        Some(Brought { entry, bytes, state, built, validators: None })
    }
}

/// A file of certificates; the system's own has some hundred kilobytes.
const LARGEST_BUNDLE: u64 = 8 << 20;

/// What no build reads can be absent: a warning.
fn weighed(finding: Finding, built: bool) -> Finding {
    let severity = if built { finding.severity } else { Severity::Warning };
    Finding { severity, ..finding }
}

/// What no build reads stays as it was where nothing better comes.
fn kept(copy: Option<(&Entry, Vec<u8>)>, built: bool) -> Option<Brought> {
    let (old, bytes) = copy.filter(|_| !built)?;
    Some(Brought { entry: old.clone(), bytes, state: State::Unchanged, built, validators: None })
}

/// An address as the lock shows it: what follows the `?` may be a key.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

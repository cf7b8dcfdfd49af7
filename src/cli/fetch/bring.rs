//! Brings the sources of a profile, and finds out what is new about each.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::Stop;
use super::super::args::Fetch;
use super::super::job::read_file;
use super::super::sources::read_copy;
use super::progress::Bar;
use crate::cache::Cache;
use crate::diagnostic::{Code, Finding, Findings, Place, Severity};
use crate::fetch::{Answer, Client, Download, Fault, Options, Validators, copy_name, fetch};
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
    /// Its bytes, if they came or lie in the cache.
    pub(super) bytes: Option<Vec<u8>>,
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
        let network = &args.network;
        let ca_bundle =
            network.ca_bundle.as_deref().map(|path| read_file(path, LARGEST_BUNDLE)).transpose()?;
        let options = Options {
            proxy: network.proxy.clone(),
            ca_bundle,
            allow_http: network.allow_http,
            timeout: Duration::from_secs(network.timeout),
            retries: usize::from(network.retries),
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
                let finding = match (answer, copy) {
                    (Ok(Answer::File(download)), _) => {
                        return Ok(self.downloaded(published, download, old, built, findings));
                    }
                    (Ok(Answer::NotModified), Some((old, bytes))) => {
                        return Ok(Some(unchanged(old, Some(bytes), built)));
                    }
                    (Ok(Answer::NotModified), None) => Fault::NotModified.finding(published.download, 1),
                    (Err(failure), _) => failure.fault.finding(&failure.url, failure.attempts),
                };
                findings.push(weighed(finding, built));
                Ok(kept(old, built))
            }
        }
    }

    /// What the server said of the copy, if it is still that copy.
    fn validators(&self, old: &Entry) -> Option<Validators> {
        let note = self.cache.note(&old.origin.to_string()).filter(|_| !self.args.network.fresh)?;
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
        let noted = brought.map(|brought| Brought { validators: Some(validators), ..brought });
        noted.or_else(|| kept(old, built))
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
            rows: BTreeMap::new(),
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
            return Some(unchanged(old, Some(bytes), built));
        }
        let mut reading = Findings::default();
        let document = source::read(&entry.file, &bytes, &self.rules.reading, &mut reading);
        let is_file = matches!(entry.origin, Origin::Path(_));
        if is_file && reading.has_errors() {
            findings.append(reading);
            return None;
        }
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
        Some(Brought { entry, bytes: Some(bytes), state, built, validators: None })
    }
}

/// A file of certificates; the system's own has some hundred kilobytes.
const LARGEST_BUNDLE: u64 = 8 << 20;

/// What no build reads can be absent: a warning.
fn weighed(finding: Finding, built: bool) -> Finding {
    let severity = if built { finding.severity } else { Severity::Warning };
    Finding { severity, ..finding }
}

/// What no build reads stays as the lock has it where nothing better comes.
fn kept(old: Option<&Entry>, built: bool) -> Option<Brought> {
    old.filter(|_| !built).map(|old| unchanged(old, None, built))
}

fn unchanged(old: &Entry, bytes: Option<Vec<u8>>, built: bool) -> Brought {
    Brought { entry: old.clone(), bytes, state: State::Unchanged, built, validators: None }
}

/// An address as the lock shows it: what follows the `?` may be a key.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

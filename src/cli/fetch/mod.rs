//! `fetch`: brings the sources of a profile into its cache and locks them.
//!
//! Copies come first and the lock last, so that the lock, replaced in one step, decides which set is meant; a run
//! that ends in between leaves the old set in force.

mod bring;
mod guarded;
mod progress;
mod show;

use std::io::{self, Write};
use std::path::Path;

use super::Stop;
use super::args::Fetch;
use super::job::{read_profile, registry};
use super::sources::{cache, lock_path, read_lock};
use crate::cache::{Cache, Reserved, replace};
use crate::diagnostic::{Code, Finding, Findings, Place, visible};
use crate::guard::Acceptance;
use crate::lock::{Accepted, Lock, print};
use crate::profile::{Profile, Spot, sources};
use crate::rules::Rules;
use bring::{Bringer, Brought, State};
use guarded::Guard;
use show::{Outcome, show};

/// `--check` found something new.
const CHANGED: u8 = 10;

pub(super) fn run(args: &Fetch) -> Result<u8, Stop> {
    let accept = guarded::acceptances(&args.accept)?;
    let mut findings = Findings::default();
    let registry = registry(args.target_folder.as_deref(), &mut findings)?;
    let profile = read_profile(&args.profile, &args.overrides, &registry, &mut findings)?;
    let cache = cache(&args.profile, args.cache.as_deref());
    let (Some((mut profile, rules, _)), false) = (profile, findings.has_errors()) else {
        show(args, None, &[], &cache, Outcome::Refused, &Leftovers::default(), &findings)?;
        return Ok(1);
    };
    if !args.sources.is_empty() {
        profile.sources = args.sources.iter().map(|path| named_beside(&args.profile, path)).collect();
        profile.urls.clear();
    }
    // Reserved before the lock is read: two runs must not both start from the same one.
    let _reserved = if args.check { None } else { reserve(&cache, &mut findings) };
    let lock = read_lock(&args.profile, &mut findings)?.unwrap_or_default();
    let mut run = Run { args, profile, rules, cache, lock, findings, leftovers: Leftovers::default() };
    let (brought, outcome) =
        if run.findings.has_errors() { (Vec::new(), Outcome::Refused) } else { run.run(&accept)? };
    show(args, Some(&run.profile), &brought, &run.cache, outcome, &run.leftovers, &run.findings)?;
    Ok(match outcome {
        Outcome::Refused => 1,
        Outcome::Checked { changed: true } => CHANGED,
        Outcome::Checked { changed: false } | Outcome::Locked { .. } => 0,
    })
}

/// A file of the command line as the profile would name it: relative to its folder where the file lies in it.
fn named_beside(profile: &Path, file: &Path) -> Spot<String> {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (profile, file) = (whole(profile), whole(file));
    let named = profile.parent().and_then(|folder| file.strip_prefix(folder).ok()).unwrap_or(&file);
    let value = named.display().to_string();
    Spot { place: Place::file("--source").showing(value.as_str()), value }
}

fn reserve(cache: &Cache, findings: &mut Findings) -> Option<Reserved> {
    let folder = cache.folder().display().to_string();
    let wait = || {
        let _ = writeln!(io::stderr(), "waiting for another fetch that uses `{}`", visible(&folder));
    };
    cache.reserve(wait).map_err(|error| findings.push(unusable(&folder, &error))).ok()
}

fn unusable(path: &str, error: &io::Error) -> Finding {
    let message =
        format!("`{path}` cannot be written: {error}; the lock and the lists of before stay in use");
    let help =
        "the cache must be a folder with room that this user may write to; `--cache DIR` names another one";
    Finding::error(Code::CacheUnusable, message).at(Place::file(path)).help(help)
}

struct Run<'a> {
    args: &'a Fetch,
    profile: Profile,
    rules: Rules,
    cache: Cache,
    lock: Lock,
    findings: Findings,
    leftovers: Leftovers,
}

/// Copies of the cache that the lock does not name.
#[derive(Default)]
struct Leftovers {
    copies: usize,
    bytes: u64,
    /// Whether they are gone.
    removed: bool,
}

impl Run<'_> {
    fn run(&mut self, accept: &[Acceptance]) -> Result<(Vec<Brought>, Outcome), Stop> {
        let brought = self.bring()?;
        if self.findings.has_errors() {
            return Ok((brought, Outcome::Refused));
        }
        let changed = self.differs(&brought);
        let mut accepted = self.lock.accepted(&self.profile.name).to_vec();
        if changed || !accept.is_empty() {
            let Self { profile, rules, lock, cache, findings, .. } = self;
            let used = Guard { profile, rules, lock, cache }.check(&brought, accept, findings);
            accepted = if changed { used } else { accepted };
        }
        if self.args.check {
            return Ok((brought, Outcome::Checked { changed }));
        }
        // What is refused is kept as well, for a look: without the lock no build reads it.
        let kept = self.keep(&brought);
        if !kept || self.findings.has_errors() {
            return Ok((brought, Outcome::Refused));
        }
        let Some(written) = self.write_lock(&brought, accepted) else {
            return Ok((brought, Outcome::Refused));
        };
        self.look_after_leftovers();
        Ok((brought, Outcome::Locked { written }))
    }

    /// Counts, and with `--prune` removes, what the lock no longer names.
    fn look_after_leftovers(&mut self) {
        let idle = self.cache.idle(self.lock.entries());
        let copies = idle.iter().filter(|idle| idle.is_copy());
        self.leftovers.bytes = copies.clone().map(|copy| copy.bytes).sum();
        self.leftovers.copies = copies.count();
        self.leftovers.removed = self.args.prune;
        if self.args.prune
            && let Some(error) = idle.iter().find_map(|idle| idle.remove().err())
        {
            let folder = self.cache.folder().display().to_string();
            let message = format!("an old copy in `{folder}` cannot be removed: {error}");
            self.findings.push(Finding::warning(Code::CacheUnusable, message).at(Place::file(folder)));
            self.leftovers.removed = false;
        }
    }

    fn bring(&mut self) -> Result<Vec<Brought>, Stop> {
        let mut brought = Vec::new();
        let bringer = Bringer::new(self.args, &self.profile, &self.rules, &self.lock, &self.cache)?;
        for source in sources(&self.profile, &self.rules) {
            brought.extend(bringer.bring(&source, &mut self.findings)?);
        }
        Ok(brought)
    }

    /// Whether the lock is to say something else of this profile's sources.
    fn differs(&self, brought: &[Brought]) -> bool {
        let mine = self.lock.entries().filter(|entry| entry.profile == self.profile.name).count();
        mine != brought.len() || brought.iter().any(|brought| brought.state != State::Unchanged)
    }

    /// Keeps a copy of all that was brought. `false` if a finding says why that failed.
    fn keep(&mut self, brought: &[Brought]) -> bool {
        for Brought { entry, bytes, .. } in brought {
            if let Some(bytes) = bytes
                && let Err(error) = self.cache.keep(entry, bytes)
            {
                let path = self.cache.path(entry).display().to_string();
                self.findings.push(unusable(&path, &error));
                return false;
            }
        }
        true
    }

    /// Replaces the lock; whether it says something else now. `None` if a finding says why it could not be replaced.
    fn write_lock(&mut self, brought: &[Brought], accepted: Vec<Accepted>) -> Option<bool> {
        let entries = brought.iter().map(|brought| brought.entry.clone()).collect();
        let new = self.lock.with(&self.profile.name, entries, accepted);
        let path = lock_path(&self.args.profile);
        let differs = new != self.lock || !path.exists();
        if differs && let Err(error) = replace(&path, print(&new).as_bytes(), self.cache.folder()) {
            self.findings.push(unusable(&path.display().to_string(), &error));
            return None;
        }
        for Brought { entry, validators, .. } in brought {
            if let Some(validators) = validators {
                // A note that is lost costs one download.
                let _ = self.cache.keep_note(&entry.origin.to_string(), validators.print().as_bytes());
            }
        }
        self.lock = new;
        Some(differs)
    }
}

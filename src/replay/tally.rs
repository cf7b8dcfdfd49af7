//! What is counted of a log.

use std::sync::Arc;

use super::bounded::{ByEntry, ByOutcome};
use super::cache::{Cache, Class};
use super::hosts::{self, Hosts};
use super::seen::{Cause, Outcome, Seen, Subject};
use super::time::{Period, Time};

/// How often something was asked for, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Requests that passed.
    pub allowed: u64,
    /// Requests that were denied.
    pub denied: u64,
    /// Requests that passed and got no answer.
    pub failed: u64,
    /// Requests whose path the log does not show, although the entry names one; below shared suffixes only here.
    pub unseen_path: u64,
    /// From the first to the last of them.
    pub period: Period,
}

impl Use {
    /// One request.
    #[inline]
    pub fn of(outcome: Outcome, time: Option<Time>) -> Self {
        let mut counted = Self::default();
        counted.add(outcome, time);
        counted
    }

    #[inline]
    fn add(&mut self, outcome: Outcome, time: Option<Time>) {
        match outcome {
            Outcome::Allowed => self.allowed += 1,
            Outcome::Denied(_) => self.denied += 1,
            Outcome::Failed => self.failed += 1,
        }
        self.period.add(time);
    }

    /// Adds what another part of the log counted.
    pub fn merge(&mut self, other: &Self) {
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.failed += other.failed;
        self.unseen_path += other.unseen_path;
        self.period.merge(other.period);
    }

    /// All requests.
    pub fn requests(&self) -> u64 {
        self.allowed + self.denied + self.failed
    }
}

/// Counts of a log, or of a part of it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Every request.
    pub all: Use,
    /// Requests that name an address in place of a host.
    pub by_address: u64,
    /// Of those the ones whose address no entry means: which names were meant is not known.
    pub nameless: Use,
    /// Requests that name what can be no host: all that were denied, and of the others those whose end matters.
    pub malformed: Use,
    /// By entry, in the order of the list.
    pub entries: Vec<Use>,
    /// Denied requests that an entry means.
    pub denied: ByEntry<(Arc<Subject>, Cause)>,
    /// Requests that an entry means, that passed, and that got no answer.
    pub failed: ByEntry<Arc<Subject>>,
    /// Requests to hosts of the vendor's zones that no entry means.
    pub unlisted: ByOutcome<Arc<Subject>>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(hosts: &Hosts<'_>) -> Self {
        Self { entries: vec![Use::default(); hosts.entries().len()], ..Self::default() }
    }

    /// Counts one request.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what is done for every line is one loop")]
    pub(super) fn see(&mut self, hosts: &Hosts<'_>, cache: &mut Cache, seen: &Seen<'_>) {
        self.all.add(seen.outcome, seen.time);
        if matches!(seen.outcome, Outcome::Denied(_)) && hosts::is_malformed(seen.host) {
            self.malformed.add(seen.outcome, seen.time);
        }
        if !hosts.ends.may_matter(seen.host) {
            return;
        }
        let Some(class) = cache.class(hosts, seen) else {
            if !matches!(seen.outcome, Outcome::Denied(_)) && hosts::is_malformed(seen.host) {
                self.malformed.add(seen.outcome, seen.time);
            }
            return;
        };
        self.by_address += u64::from(class.is_address);
        match &class.subject {
            Some(subject) => self.count(hosts, class, subject, seen),
            None => self.nameless.add(seen.outcome, seen.time),
        }
    }

    #[inline(never)]
    fn count(&mut self, hosts: &Hosts<'_>, class: &Class, subject: &Arc<Subject>, seen: &Seen<'_>) {
        let mut needed = !class.whole.is_empty();
        for at in &class.whole {
            self.use_entry(*at, seen);
        }
        if !class.limited.is_empty() {
            let path = seen.path.map(hosts::path);
            for at in &class.limited {
                let is_meant = match &path {
                    Some(path) => hosts.means_path(*at, subject, path),
                    None => self.may_mean(hosts, *at),
                };
                if is_meant {
                    self.use_entry(*at, seen);
                    needed = true;
                }
            }
        }
        let counted = || Use::of(seen.outcome, seen.time);
        match seen.outcome {
            Outcome::Denied(cause) if needed => {
                self.denied.add(&(Arc::clone(subject), cause), class.entries(), &counted());
            }
            Outcome::Failed if needed => self.failed.add(subject, class.entries(), &counted()),
            _ if !needed && class.in_zone => self.unlisted.add(subject, seen.outcome, &counted()),
            _ => {}
        }
    }

    /// Whether a request whose path is not in the log counts for an entry that names one: it does as firewalls are told
    /// of such an entry, by its host, but not below a suffix where the host may be anybody's.
    fn may_mean(&mut self, hosts: &Hosts<'_>, at: u32) -> bool {
        if let Some(entry) = self.entries.get_mut(at as usize) {
            entry.unseen_path += 1;
        }
        !hosts.is_shared(at)
    }

    #[inline]
    fn use_entry(&mut self, at: u32, seen: &Seen<'_>) {
        if let Some(entry) = self.entries.get_mut(at as usize) {
            entry.add(seen.outcome, seen.time);
        }
    }

    /// Adds what another part of the log counted.
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.by_address += other.by_address;
        self.nameless.merge(&other.nameless);
        self.malformed.merge(&other.malformed);
        for (entry, counted) in self.entries.iter_mut().zip(&other.entries) {
            entry.merge(counted);
        }
        self.denied.merge(&other.denied);
        self.failed.merge(&other.failed);
        self.unlisted.merge(&other.unlisted);
    }
}

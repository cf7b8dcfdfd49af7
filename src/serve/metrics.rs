//! Figures about the server, in the text format that Prometheus reads.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::site::Site;

/// What is counted. Order between the figures does not matter.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// Answers by the first digit of their status, from 1 to 5.
    answers: [AtomicU64; 5],
    pub(super) connections: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) broken: AtomicU64,
    reloads: AtomicU64,
    failed_reloads: AtomicU64,
    stale: AtomicBool,
}

impl Metrics {
    pub(super) fn answered(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = self.answers.get(class) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn reloaded(&self, success: bool) {
        let counter = if success { &self.reloads } else { &self.failed_reloads };
        counter.fetch_add(1, Ordering::Relaxed);
        self.stale.store(!success, Ordering::Relaxed);
    }

    pub(super) fn text(&self, site: &Site) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, u64)]| {
            let _ = writeln!(text, "# HELP allowlistc_{name} {help}\n# TYPE allowlistc_{name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(text, "allowlistc_{name}{labels} {value}");
            }
        };
        let plain = |value| [(String::new(), value)];
        let classes = (1..).zip(&self.answers).skip(1);
        let answers: Vec<_> =
            classes.map(|(class, counter)| (format!("{{class=\"{class}xx\"}}"), read(counter))).collect();
        family("answers_total", "counter", "Answers by the class of their status.", &answers);
        family("connections_total", "counter", "Connections accepted.", &plain(read(&self.connections)));
        family("connections_open", "gauge", "Connections open now.", &plain(read(&self.open)));
        let broken = "Connections that ended by a time limit or a fault of the client.";
        family("connections_broken_total", "counter", broken, &plain(read(&self.broken)));
        family("reloads_total", "counter", "Sets taken over after a change.", &plain(read(&self.reloads)));
        let failed = "Changes that gave no set; the last good one stayed.";
        family("reloads_failed_total", "counter", failed, &plain(read(&self.failed_reloads)));
        let stale = "1 while the newest change gave no set and an older one is served.";
        family("stale", "gauge", stale, &plain(u64::from(self.stale.load(Ordering::Relaxed))));
        let set = [(format!("{{profile=\"{}\",id=\"{}\"}}", quoted(site.profile()), site.id()), 1)];
        family("set_info", "gauge", "The set that is served, by the digest of its manifest.", &set);
        let count = |(product, count): (&String, &usize)| {
            (format!("{{product=\"{}\"}}", quoted(product)), u64::try_from(*count).unwrap_or(u64::MAX))
        };
        let entries: Vec<_> = site.entries.iter().map(count).collect();
        family("set_entries", "gauge", "Entries of the set.", &entries);
        text
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

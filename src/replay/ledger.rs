//! Lines in the order of the log, although pieces of it are counted in any order.

use std::collections::BTreeMap;

/// Lines that could not be read and are shown.
pub(super) const MOST_SHOWN: usize = 5;

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: &'static str,
    /// Its shape.
    pub text: String,
}

/// Lines of one piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) lines: u64,
    /// Lines that are no requests, empty ones among them.
    pub(super) other: u64,
    pub(super) unread: u64,
    /// Whether the last of them is one that nothing ends: whoever writes the log may be in the middle of it.
    pub(super) open: bool,
    /// The first of them; their numbers count from the start of the piece.
    pub(super) shown: Vec<Unread>,
}

/// Lines of a log.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) all: Page,
    next: u64,
    /// Pieces that were counted before an earlier one: as many as the other threads count meanwhile.
    waiting: BTreeMap<u64, Page>,
}

impl Ledger {
    /// Takes in the piece of that number.
    pub(super) fn add(&mut self, number: u64, page: Page) {
        self.waiting.insert(number, page);
        while let Some(page) = self.waiting.remove(&self.next) {
            self.next += 1;
            let room = MOST_SHOWN - self.all.shown.len();
            let before = self.all.lines;
            let shown = page.shown.into_iter().take(room);
            self.all.shown.extend(shown.map(|unread| Unread { line: before + unread.line, ..unread }));
            self.all.lines += page.lines;
            self.all.other += page.other;
            self.all.unread += page.unread;
            self.all.open |= page.open;
        }
    }
}

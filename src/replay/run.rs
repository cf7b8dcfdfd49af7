//! A whole log, counted on all cores.

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::cache::Cache;
use super::chunks::{Chunks, LONGEST_LINE, Piece, Pieces};
use super::hosts::Hosts;
use super::ledger::{Ledger, MOST_SHOWN, Page, Unread};
use super::read::{Format, Kind, Lately, Marked, Reader};
use super::shape::shape;
use super::spans::Spans;
use super::tally::Tally;

/// What a log came to.
#[derive(Debug)]
pub struct Replayed {
    /// What was counted.
    pub tally: Tally,
    /// Lines of the log, empty ones among them.
    pub lines: u64,
    /// Lines that are no requests.
    pub other: u64,
    /// Lines that could not be read.
    pub unread: u64,
    /// Whether the last of those is the end of the log and nothing ends it, as in a log that is being written.
    pub open: bool,
    /// The first of those.
    pub shown: Vec<Unread>,
    /// Why the log could not be read to its end; everything before that was counted.
    pub broken: Option<io::Error>,
}

/// Counts a log. The result is the same for any number of threads and any size of the pieces.
pub fn replay<R: Read + Send>(
    chunks: Chunks<R>,
    reader: &Reader,
    hosts: &Hosts<'_>,
    threads: NonZeroUsize,
) -> Replayed {
    let chunks = Mutex::new(chunks);
    let counted = count(&chunks, reader, hosts, threads);
    let broken = chunks.into_inner().unwrap_or_else(PoisonError::into_inner).broken;
    Replayed { broken, ..counted }
}

/// Counts a log that lies in a file, with the same result; `None` if it cannot be read to its end. Then it is for
/// [`replay`] to tell how far it goes.
pub fn replay_file(
    spans: &Spans<'_>,
    reader: &Reader,
    hosts: &Hosts<'_>,
    threads: NonZeroUsize,
) -> Option<Replayed> {
    let counted = count(spans, reader, hosts, threads);
    (!spans.is_broken()).then_some(counted)
}

fn count(pieces: &impl Pieces, reader: &Reader, hosts: &Hosts<'_>, threads: NonZeroUsize) -> Replayed {
    let ledger = Mutex::new(Ledger::default());
    let work = || {
        let mut counting = Counting::new(hosts);
        let mut piece = Piece::default();
        while let Some(number) = pieces.next(&mut piece) {
            let page = counting.count(reader, piece.lines());
            ledger.lock().unwrap_or_else(PoisonError::into_inner).add(number, page);
        }
        counting.tally
    };
    let tally = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(work)).collect();
        let mut tally = work();
        for other in others {
            tally.merge(&other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        tally
    });
    let Page { lines, other, unread, open, shown } =
        ledger.into_inner().unwrap_or_else(PoisonError::into_inner).all;
    Replayed { tally, lines, other, unread, open, shown, broken: None }
}

/// One thread's counting.
struct Counting<'h> {
    tally: Tally,
    cache: Cache,
    lately: Lately,
    marked: Marked,
    hosts: &'h Hosts<'h>,
}

impl<'h> Counting<'h> {
    fn new(hosts: &'h Hosts<'h>) -> Self {
        let (lately, marked) = (Lately::default(), Marked::default());
        Self { tally: Tally::new(hosts), cache: Cache::new(), lately, marked, hosts }
    }

    fn count(&mut self, reader: &Reader, lines: &[u8]) -> Page {
        match &reader.0 {
            Kind::Squid(format) => self.count_as(format, lines),
            Kind::Panos(format) => self.count_as(format, lines),
            Kind::Azure(format) => self.count_as(format, lines),
        }
    }

    fn count_as(&mut self, format: &impl Format, lines: &[u8]) -> Page {
        let Self { tally, cache, lately, marked, hosts } = self;
        marked.find(lines, format.mark());
        let mut page = Page::default();
        let mut at = 0;
        while at < lines.len() {
            let (line, next) = marked.line(lines, at);
            at = next;
            page.lines += 1;
            let read = if line.text.len() > LONGEST_LINE {
                Err("longer than 256 KiB")
            } else {
                format.read(lately, &line, |seen| tally.see(hosts, cache, &seen))
            };
            match read {
                Ok(true) => {}
                Ok(false) => page.other += 1,
                Err(reason) => {
                    // Of a line that is too long the rest was passed over.
                    page.open = next > lines.len() && line.text.len() <= LONGEST_LINE;
                    page.tell(line.text, reason);
                }
            }
        }
        page
    }
}

impl Page {
    #[cold]
    fn tell(&mut self, line: &[u8], reason: &'static str) {
        self.unread += 1;
        if self.shown.len() < MOST_SHOWN {
            self.shown.push(Unread { line: self.lines, reason, text: shape(line) });
        }
    }
}

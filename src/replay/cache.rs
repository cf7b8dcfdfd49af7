//! Hosts that were looked up lately. Logs name the same few again and again.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::hosts::Hosts;
use super::seen::{Seen, Subject};
use crate::pattern::Scheme;

/// Places of the cache, a power of two: at most 4 MiB for each thread, whatever the log names.
const PLACES: usize = 1 << 15;
/// Longer hosts are looked up anew each time. Hosts lie in their places, so that a look-up touches one spot of memory.
const LONGEST_HOST: usize = 96;

/// What a list says about requests to one host, port and scheme.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Entries that mean every path there, by their index.
    pub(super) whole: Box<[u32]>,
    /// Entries that mean some of the paths.
    pub(super) limited: Box<[u32]>,
    /// Whether the host lies in a zone of the vendor's.
    pub(super) in_zone: bool,
    /// Whether it is an address.
    pub(super) is_address: bool,
    /// The host; `None` for an address that no entry means.
    pub(super) subject: Option<Arc<Subject>>,
}

impl Class {
    /// All entries that mean something there.
    pub(super) fn entries(&self) -> impl Iterator<Item = &u32> {
        self.whole.iter().chain(&self.limited)
    }
}

/// One host with its class.
#[derive(Clone, Debug)]
#[repr(align(128))]
struct Place {
    hash: u64,
    class: Option<Box<Class>>,
    port: u16,
    scheme: Scheme,
    /// Bytes of the host; none as long as the place is free.
    length: u8,
    /// As the log writes it.
    host: [u8; LONGEST_HOST],
}

impl Place {
    fn free() -> Self {
        let host = [0; LONGEST_HOST];
        Self { hash: 0, class: None, port: 0, scheme: Scheme::Https, length: 0, host }
    }
}

/// A cache of a fixed size, in which each host has one place.
#[derive(Debug)]
pub(super) struct Cache {
    /// Made as they are needed: most logs name few hosts that there is something to say about.
    places: Vec<Option<Box<Place>>>,
    hasher: RandomState,
    /// The class of a host that is too long to be kept.
    unkept: Option<Box<Class>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self { places: vec![None; PLACES], hasher: RandomState::default(), unkept: None }
    }

    /// The class of a request's host, port and scheme; `None` if there is nothing to say about it.
    #[inline(never)]
    pub(super) fn class(&mut self, hosts: &Hosts<'_>, seen: &Seen<'_>) -> Option<&Class> {
        let hash = self.hasher.hash_one(seen.host);
        let at = usize::try_from(hash & (PLACES as u64 - 1)).unwrap_or(0);
        let Some(place) = self.places.get_mut(at).filter(|_| seen.host.len() <= LONGEST_HOST) else {
            self.unkept = hosts.class(seen).map(Box::new);
            return self.unkept.as_deref();
        };
        let place = place.get_or_insert_with(|| Box::new(Place::free()));
        let known = place.hash == hash
            && place.port == seen.port
            && place.scheme == seen.scheme
            && place.host.get(..usize::from(place.length)) == Some(seen.host);
        if !known {
            place.hash = hash;
            place.port = seen.port;
            place.scheme = seen.scheme;
            place.length = u8::try_from(seen.host.len()).unwrap_or(0);
            if let Some(host) = place.host.get_mut(..seen.host.len()) {
                host.copy_from_slice(seen.host);
            }
            place.class = hosts.class(seen).map(Box::new);
        }
        place.class.as_deref()
    }
}

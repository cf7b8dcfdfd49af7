//! Hosts that were looked up lately. Logs name the same few again and again.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::hosts::Hosts;
use super::seen::{Seen, Subject};
use crate::pattern::Scheme;

/// Places of the cache, a power of two: some megabytes for each thread, whatever the log names.
const PLACES: usize = 1 << 16;
/// Longer hosts than any name or address are looked up anew each time.
const LONGEST_HOST: usize = 255;

/// What a list says about requests to one host, port and scheme.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    /// Entries that mean every path there, by their index.
    pub(super) whole: Box<[u32]>,
    /// Entries that mean some of the paths.
    pub(super) limited: Box<[u32]>,
    /// Whether the host lies in a zone of the vendor's.
    pub(super) in_zone: bool,
    /// Whether it is an address.
    pub(super) is_address: bool,
    /// The host; `None` if there is nothing to say about it.
    pub(super) subject: Option<Arc<Subject>>,
}

/// One host with its class.
#[derive(Clone, Debug)]
struct Place {
    hash: u64,
    scheme: Scheme,
    port: u16,
    /// As the log writes it; empty as long as the place is free.
    host: Vec<u8>,
    class: Class,
}

/// A cache of a fixed size, in which each host has one place.
#[derive(Debug)]
pub(super) struct Cache {
    places: Vec<Place>,
    hasher: RandomState,
    /// The class of a host that is too long to be kept.
    unkept: Class,
}

impl Cache {
    pub(super) fn new() -> Self {
        let free =
            Place { hash: 0, scheme: Scheme::Https, port: 0, host: Vec::new(), class: Class::default() };
        Self { places: vec![free; PLACES], hasher: RandomState::default(), unkept: Class::default() }
    }

    /// The class of a request's host, port and scheme.
    #[inline]
    pub(super) fn class(&mut self, hosts: &Hosts<'_>, seen: &Seen<'_>) -> &Class {
        let hash = self.hasher.hash_one(seen.host);
        let at = usize::try_from(hash & (PLACES as u64 - 1)).unwrap_or(0);
        let Some(place) = self.places.get_mut(at).filter(|_| seen.host.len() <= LONGEST_HOST) else {
            self.unkept = hosts.class(seen);
            return &self.unkept;
        };
        let known = place.hash == hash
            && place.port == seen.port
            && place.scheme == seen.scheme
            && place.host == seen.host;
        if !known {
            place.hash = hash;
            place.port = seen.port;
            place.scheme = seen.scheme;
            place.host.clear();
            place.host.extend_from_slice(seen.host);
            place.class = hosts.class(seen);
        }
        &place.class
    }
}

//! `Allowlist`: what a fleet needs, canonical and in order; the hub between reading and rendering.

use std::sync::Arc;

use crate::origin::Origin;
use crate::pattern::{Pattern, minimise, minimise_some};
use crate::texts::Texts;

/// The three products of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Requests that must pass.
    Allow,
    /// TLS connections that must not be inspected.
    Bypass,
    /// Requests that must not go through a proxy.
    Direct,
}

impl Product {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Bypass, Self::Direct];

    /// `allow`, `bypass`, `direct`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Bypass => "bypass",
            Self::Direct => "direct",
        }
    }
}

/// A named group of networks that some platforms know by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// Name on the platform.
    pub name: Arc<str>,
    /// Where the platform takes the name itself, as its own file says (`FW`, `NSG`, …).
    pub features: Vec<String>,
}

/// One pattern that the fleet needs, with every row that asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it means.
    pub pattern: Pattern,
    /// Required (`true`), optional (`false`), or not said by the list.
    pub required: Option<bool>,
    /// Services of its rows.
    pub services: Texts,
    /// Geographies of its rows, as the list writes them.
    pub geographies: Texts,
    /// Categories of its rows.
    pub categories: Texts,
    /// Every row that it comes from, in order.
    pub origins: Vec<Origin>,
    /// Whether TLS inspection must leave it alone.
    pub bypass: bool,
    /// Whether it must not go through a proxy.
    pub direct: bool,
    /// The tag that its network belongs to.
    pub tag: Option<Arc<Tag>>,
}

/// The canonical set of entries: ordered by pattern, no pattern twice.
#[derive(Clone, Debug, Default)]
pub struct Allowlist {
    entries: Vec<Entry>,
    covered_by: Vec<Option<usize>>,
    allow: Members,
    bypass: Members,
    direct: Members,
}

impl Allowlist {
    /// The list of `entries`, put in order. Entries with the same pattern are merged: required wins, origins add up.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut entries = in_order(entries);
        entries.dedup_by(|later, kept| {
            let same = later.pattern == kept.pattern;
            if same {
                merge(kept, later);
            }
            same
        });
        let patterns: Vec<&Pattern> = entries.iter().map(|entry| &entry.pattern).collect();
        let covered_by = minimise(&patterns);
        let allow = Members::new(&entries, &covered_by, |_| true);
        let bypass = Members::new(&entries, &covered_by, |entry| entry.bypass);
        let direct = Members::new(&entries, &covered_by, |entry| entry.direct);
        Self { entries, covered_by, allow, bypass, direct }
    }

    /// All entries, covered ones among them, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry that makes the one at `index` superfluous in the allowlist.
    pub fn covered_by(&self, index: usize) -> Option<&Entry> {
        self.entries.get((*self.covered_by.get(index)?)?)
    }

    /// The entries of one product, without those that another one of the same product covers.
    pub fn product(&self, product: Product) -> Vec<&Entry> {
        let needed = &self.members(product).needed;
        needed.iter().filter_map(|at| self.entries.get(*at)).collect()
    }

    /// The other entries of one product, each with the entry that covers it.
    pub fn covered(&self, product: Product) -> impl Iterator<Item = (&Entry, &Entry)> {
        let covered = self.members(product).covered.iter();
        covered.filter_map(|(at, by)| Some((self.entries.get(*at)?, self.entries.get(*by)?)))
    }

    fn members(&self, product: Product) -> &Members {
        match product {
            Product::Allow => &self.allow,
            Product::Bypass => &self.bypass,
            Product::Direct => &self.direct,
        }
    }
}

/// The entries by pattern, those of one pattern by origin. What is sorted is as small as can be, and seldom has to look
/// at the entries themselves, which lie all over the memory; each of them is moved once.
fn in_order(entries: Vec<Entry>) -> Vec<Entry> {
    let mut order: Vec<_> =
        entries.iter().enumerate().map(|(at, entry)| (entry.pattern.host.rank(), at)).collect();
    order.sort_by(|(a_rank, a), (b_rank, b)| {
        let exact = || {
            let key = |at: usize| entries.get(at).map(|entry| (&entry.pattern, &entry.origins));
            key(*a).cmp(&key(*b))
        };
        a_rank.cmp(b_rank).then_with(exact)
    });
    let mut unordered: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(unordered.len());
    ordered.extend(order.into_iter().filter_map(|(_, at)| unordered.get_mut(at).and_then(Option::take)));
    // Whoever goes through the list reads the names one after the other; so they are put there.
    let patterns: Vec<Pattern> = ordered.iter().map(|entry| entry.pattern.clone()).collect();
    ordered.iter_mut().zip(patterns).for_each(|(entry, pattern)| entry.pattern = pattern);
    ordered
}

/// The entries of one product by their index.
#[derive(Clone, Debug, Default)]
struct Members {
    /// Those that no other one of the product covers, in order.
    needed: Vec<usize>,
    /// The others, each with one of the needed that covers it.
    covered: Vec<(usize, usize)>,
}

impl Members {
    /// `covered_in_whole` is that of all `entries`. What no entry of the whole list covers, none of a part of it does; and
    /// what one of the part does cover, that one covers in it.
    fn new(entries: &[Entry], covered_in_whole: &[Option<usize>], is_member: fn(&Entry) -> bool) -> Self {
        let is_in_part = |at: usize| entries.get(at).is_some_and(is_member);
        let all: Vec<usize> = (0..entries.len()).filter(|at| is_in_part(*at)).collect();
        let coverer_in_whole = |at: usize| covered_in_whole.get(at).copied().flatten();
        let is_open = |at: usize| coverer_in_whole(at).is_some_and(|coverer| !is_in_part(coverer));
        let mut members = Self::default();
        if !all.iter().any(|at| is_open(*at)) {
            for at in all {
                members.add(at, coverer_in_whole(at));
            }
            return members;
        }
        let patterns: Vec<&Pattern> = all.iter().filter_map(|at| Some(&entries.get(*at)?.pattern)).collect();
        let covered_by =
            minimise_some(&patterns, |at| all.get(at).is_some_and(|at| coverer_in_whole(*at).is_some()));
        for (at, coverer) in all.iter().zip(covered_by) {
            members.add(*at, coverer.and_then(|coverer| all.get(coverer).copied()));
        }
        members
    }

    fn add(&mut self, at: usize, coverer: Option<usize>) {
        match coverer {
            Some(coverer) => self.covered.push((at, coverer)),
            None => self.needed.push(at),
        }
    }
}

fn merge(kept: &mut Entry, other: &mut Entry) {
    kept.required = match (kept.required, other.required) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        (Some(false), Some(false)) => Some(false),
    };
    kept.services.append(std::mem::take(&mut other.services));
    kept.geographies.append(std::mem::take(&mut other.geographies));
    kept.categories.append(std::mem::take(&mut other.categories));
    kept.origins.append(&mut other.origins);
    kept.origins.sort();
    kept.origins.dedup();
    kept.bypass |= other.bypass;
    kept.direct |= other.direct;
    if kept.tag.is_none() {
        kept.tag = other.tag.take();
    }
}

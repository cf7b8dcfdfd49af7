//! `Plan`: what one target will be told, and every difference to the list.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allowlist::{Entry, Product};
use crate::origin::Origin;
use crate::pattern::{Pattern, Scheme};
use crate::target::{Axis, Effect, Manifest, Value};

/// One difference between what the list means and what the target is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Target.
    pub target: String,
    /// List of the target.
    pub list: String,
    /// Product that the list holds.
    pub product: Product,
    /// On what the target cannot say it.
    pub axis: Axis,
    /// What that does.
    pub effect: Effect,
    /// The entry as the list has it.
    pub entry: Pattern,
    /// Where the entry stands.
    pub origin: Option<Origin>,
    /// What the target is told instead, as patterns.
    pub emitted: Vec<String>,
    /// What was to be said before this loss: the entry, or what an earlier loss left of it.
    pub before: Pattern,
    /// What is said in its place. On the axes `scheme`, `apex` and `depth` the same pattern, read as the target reads it.
    pub after: Vec<Pattern>,
    /// Why: completes "the target …".
    pub reason: String,
    /// `targets/<name>/target.toml` or `profile`; `None` is an error.
    pub permitted_by: Option<String>,
}

/// What one target will be told.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Name of the target.
    pub target: String,
    /// Name of the profile.
    pub profile: String,
    /// Values of all options.
    pub options: BTreeMap<String, Value>,
    /// What the target says for these options.
    pub manifest: Arc<Manifest>,
    /// Its lists by name.
    pub lists: BTreeMap<String, PlannedList<'a>>,
    /// Every difference, in the order of lists and entries.
    pub losses: Vec<Loss>,
}

/// One list of a target.
#[derive(Clone, Debug, Default)]
pub struct PlannedList<'a> {
    /// By scheme and port, in order.
    pub ports: Vec<PlannedPort<'a>>,
}

/// The terms of one scheme and port, none covered by another.
#[derive(Clone, Debug)]
pub struct PlannedPort<'a> {
    /// Scheme.
    pub scheme: Scheme,
    /// Port; 0 where the list cannot tell ports apart.
    pub port: u16,
    /// Terms in order.
    pub terms: Vec<Term<'a>>,
    /// Tags in order, each with the entries it stands for.
    pub tags: Vec<(&'a str, Vec<&'a Entry>)>,
}

/// One thing that the target is told, with the entries it stands for.
#[derive(Clone, Debug)]
pub struct Term<'a> {
    /// What it means, where that is not what the entry means.
    pub changed: Option<Box<Pattern>>,
    /// Why it is there.
    pub entry: &'a Entry,
    /// Further entries that it stands for.
    pub more: Vec<&'a Entry>,
}

impl<'a> Term<'a> {
    /// What it means.
    pub fn pattern(&self) -> &Pattern {
        self.changed.as_deref().unwrap_or(&self.entry.pattern)
    }

    /// Every entry that it stands for.
    pub fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        std::iter::once(self.entry).chain(self.more.iter().copied())
    }
}

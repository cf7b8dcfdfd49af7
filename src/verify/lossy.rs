//! What a target may lose of a list, and what the list means when it has.

use foldhash::{HashMap, HashMapExt};

use super::expected::{Builder, Meant, is_member};
use super::matching::is_allowed;
use super::ruleset::{HostShape, Line, Ruleset};
use crate::allowlist::{Allowlist, Entry, Product};
use crate::lower::Loss;
use crate::pattern::{Pattern, Request};
use crate::target::{Axis, Depth, Effect, ListSpec, Shape};

/// A list of a target with its losses.
#[derive(Clone, Debug)]
pub struct Lossy<'l> {
    spec: &'l ListSpec,
    by_entry: HashMap<&'l Pattern, Vec<&'l Loss>>,
}

impl<'l> Lossy<'l> {
    /// The losses of one list.
    pub fn new(spec: &'l ListSpec, losses: impl IntoIterator<Item = &'l Loss>) -> Self {
        let mut by_entry: HashMap<&Pattern, Vec<&Loss>> = HashMap::new();
        for loss in losses {
            by_entry.entry(&loss.entry).or_default().push(loss);
        }
        Self { spec, by_entry }
    }

    /// The entries that the target is told of. One that was narrowed or left out no longer stands for those that it
    /// covers.
    pub(super) fn entries<'e>(&self, list: &'e Allowlist, product: Product) -> Vec<&'e Entry> {
        let is_given_up = |by: &Entry| self.losses(by).iter().any(|loss| loss.effect != Effect::Wider);
        let uncovered = list.covered(product).filter(|(_, by)| is_given_up(by)).map(|(entry, _)| entry);
        let all = list.product(product).into_iter().chain(uncovered);
        all.filter(|entry| is_member(entry, product)).collect()
    }

    /// What an entry means after its losses.
    pub(super) fn meant(&self, entry: &Entry) -> Vec<Meant> {
        match self.losses(entry) {
            [] => vec![meant(entry, &entry.pattern, self.spec)],
            losses => with_losses(entry, losses, self.spec),
        }
    }

    /// The losses of an entry.
    pub(super) fn losses(&self, entry: &Entry) -> &[&'l Loss] {
        self.by_entry.get(&entry.pattern).map(Vec::as_slice).unwrap_or_default()
    }

    /// A loss that accounts for a request which is allowed though the list does not mean it.
    pub(super) fn widening(&self, witness: &Request) -> Option<&'l Loss> {
        let mut losses = self.by_entry.values().flatten();
        losses.find(|loss| explains(loss, self.spec, witness, true)).copied()
    }
}

/// Whether a loss accounts for a difference that a witness shows.
pub(super) fn explains(loss: &Loss, spec: &ListSpec, witness: &Request, is_wider: bool) -> bool {
    if is_wider {
        let says =
            |pattern: &Pattern| is_allowed(&single(adjusted(Meant::from(pattern), loss, spec)), witness);
        loss.effect == Effect::Wider && loss.after.iter().any(says)
    } else {
        loss.effect != Effect::Wider && is_allowed(&single(Meant::from(&loss.before)), witness)
    }
}

fn single(meant: Meant) -> Ruleset {
    let mut builder = Builder::default();
    builder.add(meant, Line::new("list", 0));
    builder.ruleset
}

/// The feature of the tags that the list takes by name, if it takes any.
pub(super) fn tag_feature(spec: &ListSpec) -> Option<&String> {
    spec.tag_feature.as_ref().filter(|_| spec.hosts.contains_key(&Shape::Tag))
}

/// A pattern of an entry; a tag that the list takes by name stands for its networks.
pub(super) fn meant(entry: &Entry, pattern: &Pattern, spec: &ListSpec) -> Meant {
    let mut meant = Meant::from(pattern);
    if let (Some(feature), Some(tag)) = (tag_feature(spec), &entry.tag)
        && tag.features.contains(feature)
    {
        meant.host = HostShape::Tag(tag.name.to_string());
    }
    meant
}

/// An entry after all its losses, in their order.
fn with_losses(entry: &Entry, losses: &[&Loss], spec: &ListSpec) -> Vec<Meant> {
    let mut said: Vec<(Pattern, Meant)> = vec![(entry.pattern.clone(), meant(entry, &entry.pattern, spec))];
    for loss in losses {
        let Some(at) = said.iter().position(|(pattern, _)| *pattern == loss.before) else { continue };
        let (_, before) = said.remove(at);
        for pattern in &loss.after {
            // Scheme, apex and depth keep the pattern, so what an earlier one of them did must stay.
            let base = if *pattern == loss.before { before.clone() } else { Meant::from(pattern) };
            said.push((pattern.clone(), adjusted(base, loss, spec)));
        }
    }
    said.into_iter().map(|(_, meant)| meant).collect()
}

/// A pattern as the target reads it on the axes that keep its text.
fn adjusted(mut meant: Meant, loss: &Loss, spec: &ListSpec) -> Meant {
    meant.both_schemes |= loss.axis == Axis::Scheme && loss.effect == Effect::Wider;
    match (&mut meant.host, loss.axis) {
        (HostShape::Below { apex, .. }, Axis::Apex) => *apex = true,
        (HostShape::Below { base, apex: false }, Axis::Depth) => {
            if let Depth::Labels(count) = spec.depth {
                let text = format!("^([^.]+\\.){{1,{count}}}{}$", regex_syntax::escape(base));
                if let Ok(regular) = super::regular::Regular::new(&text, false) {
                    meant.host = HostShape::Regular(regular);
                }
            }
        }
        _ => {}
    }
    meant
}

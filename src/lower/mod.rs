//! STAGE 4 lower: the allowlist in the words of one target. The only place where meaning may change, and each
//! change is a `Loss`.

mod merge;
mod plan;
mod report;
mod summary;
mod weaken;
mod withheld;

use std::collections::BTreeMap;

use foldhash::{HashSet, HashSetExt};

use crate::allowlist::{Allowlist, Entry, Product};
use crate::diagnostic::Findings;
use crate::pattern::{Host, Path, Pattern, Scheme};
use crate::target::{Apex, Axis, Effect, ListSpec, Settings, Shape, Target};

pub use plan::{Loss, Plan, PlannedList, PlannedPort, Term};
pub use summary::summarise;
pub use withheld::{Withheld, withheld};

use merge::Lowered;
use weaken::{Alternative, weaken};

/// Looks at what covers what below an entry that is given up; then the rest is lowered one by one.
const MOST_ROUNDS: usize = 8;

/// What `target` makes of `list`. Losses without a permit are errors in `findings`.
pub fn lower<'a>(
    list: &'a Allowlist,
    target: &Target,
    settings: &Settings,
    profile_name: &str,
    findings: &mut Findings,
) -> Plan<'a> {
    let options = target.resolve(settings, findings);
    let manifest = target.manifest_for(&options);
    let mut losses = Vec::new();
    let mut lists = BTreeMap::new();
    for (name, spec) in &manifest.lists {
        let permits = Permits { target, shipped: &manifest.allow_loss, profile: &settings.permits };
        let mut lowering = Lowering { spec, name, permits, losses: &mut losses, exact: HashSet::new() };
        lists.insert(name.clone(), lowering.run(list));
    }
    report::losses(&losses, findings);
    Plan { target: target.name.clone(), profile: profile_name.to_owned(), options, manifest, lists, losses }
}

/// Who permits what: the profile first, then the target's own folder.
struct Permits<'t> {
    target: &'t Target,
    shipped: &'t BTreeMap<crate::target::Axis, crate::target::Permit>,
    profile: &'t BTreeMap<crate::target::Axis, crate::target::Permit>,
}

impl Permits<'_> {
    fn on(&self, axis: crate::target::Axis) -> Option<(&crate::target::Permit, String)> {
        let by_profile = self.profile.get(&axis).map(|permit| (permit, "profile".to_owned()));
        by_profile.or_else(|| self.shipped.get(&axis).map(|permit| (permit, self.target.file())))
    }
}

/// The work on one list.
struct Lowering<'l, 'a> {
    spec: &'l ListSpec,
    name: &'l str,
    permits: Permits<'l>,
    losses: &'l mut Vec<Loss>,
    /// Names that the list allows exactly, with any path.
    exact: HashSet<(&'a str, Scheme, u16)>,
}

impl<'a> Lowering<'_, 'a> {
    fn run(&mut self, list: &'a Allowlist) -> PlannedList<'a> {
        let entries = list.product(self.spec.product);
        let losses_before = self.losses.len();
        if self.spec.apex == Apex::Included || self.spec.scheme_blind {
            self.exact = entries.iter().filter_map(|entry| exact_name(&entry.pattern)).collect();
        }
        let mut lowered: Lowered<'a> = Lowered::with_room(entries.len());
        for entry in entries {
            // Clear text is never inspected, so there is nothing to exempt.
            if self.spec.product == Product::Bypass && entry.pattern.scheme == Scheme::Http {
                continue;
            }
            self.lower_one(entry, &mut lowered);
        }
        let given_up = self.given_up_since(losses_before);
        let is_uncovered = |(_, by): &(&Entry, &Entry)| given_up.contains(&by.pattern);
        let covered = list.covered(self.spec.product).filter(is_uncovered);
        self.lower_uncovered(covered.map(|(entry, _)| entry).collect(), &mut lowered);
        lowered.into_list(self.spec)
    }

    /// What was narrowed or left out: it no longer stands for all that it covers in the list.
    fn given_up_since(&self, losses_before: usize) -> HashSet<Pattern> {
        let losses = self.losses.iter().skip(losses_before);
        losses.filter(|loss| loss.effect != Effect::Wider).map(|loss| loss.entry.clone()).collect()
    }

    /// Lowers the entries that an entry given up covered, unless what is said by now covers them still. The widest
    /// come first: what they become may stand for the others.
    fn lower_uncovered(&mut self, mut entries: Vec<&'a Entry>, lowered: &mut Lowered<'a>) {
        let mut rounds = 0;
        while !entries.is_empty() {
            rounds += 1;
            let mut later = Vec::new();
            let losses_before = self.losses.len();
            for (entry, coverer) in lowered.standing(&entries, self.spec) {
                match coverer.filter(|_| rounds < MOST_ROUNDS) {
                    None => self.lower_one(entry, lowered),
                    Some(coverer) => later.push((entry, coverer)),
                }
            }
            let given_up = self.given_up_since(losses_before);
            later.retain(|(_, coverer)| given_up.contains(&coverer.pattern));
            entries = later.into_iter().map(|(entry, _)| entry).collect();
        }
    }

    fn lower_one(&mut self, entry: &'a Entry, lowered: &mut Lowered<'a>) {
        if let Some(tag) = self.tag_of(entry) {
            lowered.add_tag(tag, &entry.pattern, entry);
        } else if self.is_said(entry) {
            lowered.keep(entry);
        } else {
            for pattern in self.lower_entry(entry) {
                lowered.add(pattern, entry);
            }
        }
    }

    /// The name of the entry's tag, where this list takes tags and the platform takes this one.
    fn tag_of(&self, entry: &'a Entry) -> Option<&'a str> {
        let feature = self.spec.tag_feature.as_ref()?;
        let tag = entry.tag.as_ref().filter(|_| self.spec.hosts.contains_key(&Shape::Tag))?;
        tag.features.contains(feature).then_some(&*tag.name)
    }

    /// Whether the list can say the entry just as it is.
    fn is_said(&self, entry: &Entry) -> bool {
        weaken::STEPS.iter().all(|step| weaken(*step, &entry.pattern, self.spec).is_none())
    }

    /// The entry step by step in forms that the list can say; what cannot be said goes through `decide`.
    fn lower_entry(&mut self, entry: &'a Entry) -> Vec<Pattern> {
        let mut patterns = vec![entry.pattern.clone()];
        for step in weaken::STEPS {
            let mut next = Vec::with_capacity(patterns.len());
            for pattern in patterns {
                match weaken(*step, &pattern, self.spec) {
                    None => next.push(pattern),
                    Some(_) if self.is_allowed_anyway(*step, &pattern, entry) => next.push(pattern),
                    Some(alternative) => next.extend(self.decide(entry, pattern, alternative)),
                }
            }
            patterns = next;
        }
        patterns
    }

    /// Whether the apex or the other scheme that the target adds is in the list by itself.
    fn is_allowed_anyway(&self, step: weaken::Step, pattern: &Pattern, entry: &Entry) -> bool {
        if step == weaken::Step::OtherScheme {
            let other = other_scheme(pattern);
            return exact_name(&other).is_some_and(|name| self.exact.contains(&name));
        }
        let Host::Subdomains(base) = &pattern.host else { return false };
        let apex = Pattern { host: Host::Exact(base.clone()), ..pattern.clone() };
        step == weaken::Step::Apex
            && (crate::pattern::covers(&entry.pattern, &apex)
                || self.exact.contains(&(base.as_str(), pattern.scheme, pattern.port)))
    }

    /// Records the loss and gives what remains of the entry: nothing, where no permit covers it.
    fn decide(&mut self, entry: &Entry, before: Pattern, alternative: Alternative) -> Vec<Pattern> {
        use Effect::{Narrower, Omitted, Wider};
        let Alternative { axis, wider, narrower, reason } = alternative;
        let permit = self.permits.on(axis);
        let permitted_by = permit.as_ref().map(|(_, by)| by.clone());
        let chosen = match permit.map(|(permit, _)| permit.effect) {
            Some(Wider) => wider.clone().map(|patterns| (Wider, patterns)),
            Some(Narrower) => {
                Some(narrower.clone().map_or((Omitted, Vec::new()), |patterns| (Narrower, patterns)))
            }
            Some(Omitted) => Some((Omitted, Vec::new())),
            None => None,
        };
        let refused = if wider.is_some() {
            Wider
        } else if narrower.is_some() {
            Narrower
        } else {
            Omitted
        };
        let permitted_by = permitted_by.filter(|_| chosen.is_some());
        let (effect, emitted) = chosen.unwrap_or((refused, Vec::new()));
        self.losses.push(Loss {
            target: self.permits.target.name.clone(),
            list: self.name.to_owned(),
            product: self.spec.product,
            axis,
            effect,
            entry: entry.pattern.clone(),
            origin: entry.origins.first().cloned(),
            emitted: emitted.iter().flat_map(|pattern| spelled(pattern, axis == Axis::Scheme)).collect(),
            before,
            after: emitted.clone(),
            reason,
            permitted_by,
        });
        emitted
    }
}

/// A pattern as people read it. A folder by its own text would look like a single path.
fn spelled(pattern: &Pattern, both_schemes: bool) -> Vec<String> {
    let mut texts = vec![pattern.to_string()];
    if both_schemes {
        texts.push(other_scheme(pattern).to_string());
    }
    if matches!(&pattern.path, Path::Folder(folder) if !folder.ends_with('/')) {
        texts.push(format!("{pattern}/*"));
    }
    texts
}

fn other_scheme(pattern: &Pattern) -> Pattern {
    let scheme = if pattern.scheme == Scheme::Http { Scheme::Https } else { Scheme::Http };
    Pattern { scheme, ..pattern.clone() }
}

fn exact_name(pattern: &Pattern) -> Option<(&str, Scheme, u16)> {
    match (&pattern.host, &pattern.path) {
        (Host::Exact(name), Path::Any) => Some((name.as_str(), pattern.scheme, pattern.port)),
        _ => None,
    }
}

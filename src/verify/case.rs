//! One list of a target: what its files have to mean, and whether they do.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::iter;
use std::rc::Rc;
use std::sync::Arc;

use super::automaton::TooLarge;
use super::decide::{Comparison, Difference};
use super::expected::{Builder, is_member, line_of};
use super::lossy::{self, Lossy, meant};
use super::matching::matching_entry;
use super::read_back::Shelf;
use super::read_from::ReadFrom;
use super::ruleset::Ruleset;
use super::settings;
use super::show::outcome;
use super::source::Source;
use super::spec::ReadBack;
use super::two_names::by_two_names;
use super::verdict::{ListVerdict, Verdict};
use crate::allowlist::{Allowlist, Entry, Product};
use crate::diagnostic::{Code, Finding, Findings};
use crate::lower::Loss;
use crate::pattern::{Request, Scheme};
use crate::target::{ListSpec, Target, Value};

/// One list of a target with what it has to mean.
pub(super) struct Case<'c> {
    target: &'c Target,
    name: &'c str,
    spec: &'c ListSpec,
    /// The list, and the one whose requests the files treat alike.
    parts: Vec<Part<'c>>,
    options: &'c BTreeMap<String, Value>,
    losses: Vec<&'c Loss>,
    /// The whole list.
    list: &'c Source<'c>,
    /// The meaning of all its entries.
    source: Meaning,
    /// Where losses are recorded: the entries that are told, with their losses.
    planned: Option<Meaning>,
    /// Where the list with its losses differs from the list itself, once somebody asks.
    lost: OnceCell<Difference>,
    /// The reading before.
    last: Option<Compared>,
}

/// One reading with what was found out about it.
struct Compared {
    actual: Rc<Ruleset>,
    /// Where it differs from the list with its recorded losses; nowhere if there are none.
    with_planned: Difference,
    /// Where it differs from the list itself.
    with_source: Difference,
    /// A connection that gets through by one listed name, where that was asked.
    by_two_names: Option<Result<Option<(Request, String)>, TooLarge>>,
}

impl<'c> Case<'c> {
    /// What `name` of `target` has to mean with these options.
    pub(super) fn new(
        whole: &'c Source<'c>,
        target: &'c Target,
        name: &'c str,
        lists: &'c BTreeMap<String, ListSpec>,
        options: &'c BTreeMap<String, Value>,
        losses: &'c [Loss],
    ) -> Option<Self> {
        let list = whole.list;
        let (name, spec) = lists.get_key_value(name)?;
        let own = Part { name, spec };
        let besides = spec.besides.as_ref().and_then(|other| lists.get_key_value(other));
        let besides =
            besides.map(|(name, spec)| Part { name, spec }).filter(|part| own.may_hold(*part, list));
        let parts: Vec<Part<'c>> = iter::once(own).chain(besides).collect();
        let is_of =
            |loss: &&Loss| loss.target == target.name && parts.iter().any(|part| part.name == loss.list);
        let losses: Vec<&Loss> = losses.iter().filter(is_of).collect();
        let source = Meaning::new(&parts, whole.meaning(spec), |part, builder| {
            for entry in part.members(list).filter(|entry| own.can_hold(entry)) {
                builder.add(meant(entry, &entry.pattern, part.spec), line_of(entry));
            }
        });
        // Without a loss the files must mean the list itself, and no more is to be known.
        let planned = (!losses.is_empty()).then(|| {
            let add = |part: &Part<'_>, builder: &mut Builder| {
                let losses = losses.iter().copied().filter(|loss| loss.list == part.name);
                let lossy = Lossy::new(part.spec, losses);
                let told = lossy.entries(list, part.spec.product).into_iter();
                for entry in told.filter(|entry| own.can_hold(entry)) {
                    lossy.meant(entry).into_iter().for_each(|meant| builder.add(meant, line_of(entry)));
                }
            };
            Meaning::new(&parts, Arc::new(built(&[own], add)), add)
        });
        Some(Self {
            target,
            name,
            spec,
            options,
            parts,
            list: whole,
            source,
            planned,
            losses,
            lost: OnceCell::new(),
            last: None,
        })
    }

    /// Leaving covered entries out must not change the meaning. Without a loss the files are compared with all entries.
    pub(super) fn check_reduction(&self, findings: &mut Findings) {
        let witness = if self.losses.is_empty() { None } else { self.list.reduction(self.spec) };
        if let Some(witness) = witness {
            let message = format!(
                "list `{}` of `{}`: without its covered entries the list means something else, as `{witness}` shows",
                self.name, self.target.name
            );
            findings.push(Finding::error(Code::VerdictUnpermitted, message));
        }
    }

    /// The list whose files are read.
    fn read_as<'r>(&'r self, reading: &'r ReadBack) -> &'r str {
        reading.within.as_deref().unwrap_or(self.name)
    }

    /// The files of one reading.
    pub(super) fn read_from(&self, reading: &ReadBack, shelf: &Shelf<'_>) -> ReadFrom {
        reading.read_from(self.read_as(reading), shelf.files)
    }

    /// The verdict on one reading.
    pub(super) fn verdict(
        &mut self,
        reading: &ReadBack,
        shelf: &mut Shelf<'_>,
        findings: &mut Findings,
    ) -> ListVerdict {
        let file = self.read_from(reading, shelf);
        let done = |verdict| ListVerdict {
            target: self.target.name.clone(),
            list: self.name.to_owned(),
            product: self.spec.product,
            file: file.clone(),
            asked_for: reading.asked_for(),
            verdict,
            permitted_by: Vec::new(),
            unpermitted: Vec::new(),
            asked: None,
        };
        let actual = match reading.read_shared(self.read_as(reading), shelf, findings) {
            Ok(actual) => actual,
            Err(error) => {
                let message = format!("`{}` cannot be read back: {error}", self.target.name);
                findings.push(Finding::error(Code::ReadBackFailed, message));
                return done(Verdict::Unread(error.to_string()));
            }
        };
        let mut unpermitted = self.tell_settings(reading, &actual, findings);
        // Forms of one list mostly say the same, each in its way: what is known of one holds for the next.
        let is_known = |known: &Compared| {
            known.by_two_names.is_some() == reading.both_names
                && (Rc::ptr_eq(&known.actual, &actual) || known.actual.says_what(&actual))
        };
        let compared = match self.last.take() {
            Some(known) if is_known(&known) => Compared { actual, ..known },
            _ => self.compare(actual, reading.both_names),
        };
        let by_name = compared.by_two_names.as_ref().and_then(|found| self.tell_names(found, findings));
        unpermitted.extend(by_name);
        // What another list has too is none of this one's matter.
        // Nor is it told for a fact what something that is not read may decide otherwise.
        let doubt = compared.actual.doubt();
        let counts = |Difference { wider, narrower, undecided }: Difference| Difference {
            wider: wider.filter(|_| reading.within.is_none() && !doubt.may_deny),
            narrower: narrower.filter(|_| !doubt.may_allow),
            undecided,
        };
        let as_planned = compared.with_planned.is_none();
        unpermitted.extend(self.tell(&compared, counts, findings));
        let Difference { wider, narrower, undecided } = counts(compared.with_source.clone());
        if let Some(first) = undecided.first() {
            let reason = first.to_string();
            let message =
                format!("list `{}` of `{}` cannot be decided: {reason}", self.name, self.target.name);
            findings.push(Finding::error(Code::VerifyUndecided, message));
            return ListVerdict { unpermitted, ..done(Verdict::Undecided(reason)) };
        }
        let mut permitted_by = Vec::new();
        for (witness, is_wider) in [(&wider, true), (&narrower, false)] {
            let Some(witness) = witness else { continue };
            match self.explanation(witness, is_wider) {
                Some(by) if !permitted_by.contains(&by) => permitted_by.push(by),
                Some(_) => {}
                // Told already if the files are not what the losses say.
                None if !as_planned => {}
                None => {
                    findings.push(self.unpermitted(witness, is_wider, &compared.actual));
                    unpermitted.push(witness.to_string());
                }
            }
        }
        self.last = Some(compared);
        let verdict = match (wider, narrower) {
            (None, None) => reading.within.clone().map_or(Verdict::Same, Verdict::Within),
            (Some(wider), None) => Verdict::Wider(wider),
            (None, Some(narrower)) => Verdict::Narrower(narrower),
            (Some(wider), Some(narrower)) => Verdict::Both { wider, narrower },
        };
        ListVerdict { permitted_by, unpermitted, ..done(verdict) }
    }

    fn compare(&self, actual: Rc<Ruleset>, both_names: bool) -> Compared {
        let told = self.planned.as_ref().unwrap_or(&self.source);
        let comparison = Comparison::new(&told.least, &actual, &self.list.names);
        let difference = self.with_most(told, &actual, comparison.difference());
        let by_two_names = both_names.then(|| by_two_names(&comparison));
        let (with_planned, with_source) = match &self.planned {
            None => (Difference::default(), difference),
            // Whatever means the same as the plan differs from the list where the plan does.
            Some(Meaning { least, most: None }) if difference.is_none() => {
                let lost = self.lost.get_or_init(|| self.list.differ(&self.source.least, least));
                (difference, lost.clone())
            }
            Some(_) => {
                let with_source = self.list.differ(&self.source.least, &actual);
                (difference, self.with_most(&self.source, &actual, with_source))
            }
        };
        Compared { actual, with_planned, with_source, by_two_names }
    }

    /// The difference to what a list means at least, where more is no fault.
    fn with_most(&self, meaning: &Meaning, actual: &Ruleset, difference: Difference) -> Difference {
        match &meaning.most {
            Some(most) if difference.wider.is_some() => {
                Difference { wider: self.list.differ(most, actual).wider, ..difference }
            }
            _ => difference,
        }
    }

    /// Tells what the recorded losses do not account for, and returns the requests that show it.
    fn tell(
        &self,
        compared: &Compared,
        counts: impl Fn(Difference) -> Difference,
        findings: &mut Findings,
    ) -> Vec<String> {
        let Compared { actual, with_planned, .. } = compared;
        let difference = counts(with_planned.clone());
        let mut witnesses = Vec::new();
        for (witness, is_wider) in [(&difference.wider, true), (&difference.narrower, false)] {
            if let Some(witness) = witness {
                findings.push(self.unpermitted(witness, is_wider, actual));
                witnesses.push(witness.to_string());
            }
        }
        witnesses
    }

    fn unpermitted(&self, witness: &Request, is_wider: bool, actual: &Ruleset) -> Finding {
        let (name, target) = (self.name, &self.target.name);
        let what = if is_wider { "wider" } else { "narrower" };
        let done = outcome(self.spec.product, is_wider);
        let line = matching_entry(actual, witness).map_or(String::new(), |line| format!(" by {line}"));
        let message =
            format!("list `{name}` of `{target}` is {what} than the list: `{witness}` {done}{line}");
        Finding::error(Code::VerdictUnpermitted, message)
    }

    /// Tells what the files say and the profile does not, and returns it.
    fn tell_settings(&self, reading: &ReadBack, actual: &Ruleset, findings: &mut Findings) -> Vec<String> {
        let others = settings::others(actual.said(), reading, self.options);
        let tell = |other: settings::Other<'_>| {
            let message = format!("list `{}` of `{}`: {other}", self.name, self.target.name);
            findings.push(Finding::error(Code::SettingDiffers, message));
            format!("{} is {}", other.said.setting, other.text())
        };
        others.into_iter().map(tell).collect()
    }

    /// Nobody may get an exemption by one listed name when the other name of the connection is not listed. Returns
    /// the connection that does.
    fn tell_names(
        &self,
        found: &Result<Option<(Request, String)>, TooLarge>,
        findings: &mut Findings,
    ) -> Option<String> {
        let (name, target) = (self.name, &self.target.name);
        match found {
            Ok(None) => None,
            Ok(Some((request, server_name))) => {
                let message = format!(
                    "list `{name}` of `{target}` exempts a connection to `{}` that asks for the server name \
                     `{server_name}`, and only one of the two is listed",
                    request.host
                );
                findings.push(Finding::error(Code::VerdictUnpermitted, message));
                Some(format!("{request} with the server name {server_name}"))
            }
            Err(_) => {
                let message = format!(
                    "list `{name}` of `{target}` cannot be decided: too many names differ for the two of a connection"
                );
                findings.push(Finding::error(Code::VerifyUndecided, message));
                None
            }
        }
    }

    /// Who permits the difference that a witness shows.
    fn explanation(&self, witness: &Request, is_wider: bool) -> Option<String> {
        let explains = |loss: &&&Loss| {
            let part = self.parts.iter().find(|part| part.name == loss.list);
            part.is_some_and(|part| lossy::explains(loss, part.spec, witness, is_wider))
        };
        self.losses.iter().find(explains).and_then(|loss| loss.permitted_by.clone())
    }
}

/// A list of the target.
#[derive(Clone, Copy)]
struct Part<'c> {
    name: &'c str,
    spec: &'c ListSpec,
}

impl Part<'_> {
    /// Its entries.
    fn members<'l>(&self, list: &'l Allowlist) -> impl Iterator<Item = &'l Entry> + use<'l> {
        let product = self.spec.product;
        list.entries().iter().filter(move |entry| is_member(entry, product))
    }

    /// Whether it could hold an entry: exemptions say nothing of clear text.
    fn can_hold(&self, entry: &Entry) -> bool {
        self.spec.product != Product::Bypass || entry.pattern.scheme == Scheme::Https
    }

    /// Whether another list has entries that it could hold and does not.
    fn may_hold(&self, other: Part<'_>, list: &Allowlist) -> bool {
        other.members(list).any(|entry| self.can_hold(entry) && !is_member(entry, self.spec.product))
    }
}

/// What the files of a list have to mean.
struct Meaning {
    /// What they must hold.
    least: Arc<Ruleset>,
    /// That, and what they may hold besides; no more than that where there is none.
    most: Option<Ruleset>,
}

impl Meaning {
    /// `least`, and with the other parts besides what `add` adds of all of them.
    fn new(parts: &[Part<'_>], least: Arc<Ruleset>, add: impl Fn(&Part<'_>, &mut Builder)) -> Self {
        Self { least, most: (parts.len() > 1).then(|| built(parts, add)) }
    }
}

fn built(parts: &[Part<'_>], add: impl Fn(&Part<'_>, &mut Builder)) -> Ruleset {
    let mut builder = Builder::default();
    for part in parts {
        add(part, &mut builder);
    }
    builder.ruleset
}

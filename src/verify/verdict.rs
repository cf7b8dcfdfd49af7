//! The verdict on the files of a target, list by list.
//!
//! Each reading is compared twice. With the list and its recorded losses it must be the same: so nothing was lost
//! that was not recorded. With the list itself it gives the verdict, and every witness must be explained by a
//! permitted loss. Beside that, the list without its covered entries must mean what all its entries mean.

use std::collections::BTreeMap;

use super::decide::{Difference, by_two_names, decide};
use super::expected::{Builder, Meant, is_member, line_of};
use super::matching::{is_allowed, matching_entry};
use super::read_back::Files;
use super::ruleset::{HostShape, Ruleset};
use super::spec::ReadBack;
use crate::allowlist::{Allowlist, Entry, Product};
use crate::diagnostic::{Code, Finding, Findings};
use crate::lower::Loss;
use crate::pattern::{Pattern, Request, allows};
use crate::target::{Axis, Depth, Effect, ListSpec, Shape, Target, Value};

/// What the files of a list mean, compared with the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same requests.
    Same,
    /// More: this one, which no entry means.
    Wider(Request),
    /// Less: not this one, which an entry means.
    Narrower(Request),
    /// More and less.
    Both {
        /// Which no entry means.
        wider: Request,
        /// Which is not allowed.
        narrower: Request,
    },
    /// Nobody can say: why.
    Undecided(String),
    /// The files cannot be read back: why.
    Unread(String),
}

impl Verdict {
    /// `same`, `wider`, `narrower`, `both`, `undecided`, `unread`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Wider(_) => "wider",
            Self::Narrower(_) => "narrower",
            Self::Both { .. } => "both",
            Self::Undecided(_) => "undecided",
            Self::Unread(_) => "unread",
        }
    }

    /// A request that the files allow and the list does not.
    pub fn wider(&self) -> Option<&Request> {
        match self {
            Self::Wider(request) | Self::Both { wider: request, .. } => Some(request),
            _ => None,
        }
    }

    /// A request that the list means and the files do not allow.
    pub fn narrower(&self) -> Option<&Request> {
        match self {
            Self::Narrower(request) | Self::Both { narrower: request, .. } => Some(request),
            _ => None,
        }
    }
}

/// The verdict on one reading of one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVerdict {
    /// Name of the target.
    pub target: String,
    /// Its list.
    pub list: String,
    /// What the list holds.
    pub product: Product,
    /// The file, or first of the files, that it was read from.
    pub file: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Who permits the difference, once each; empty for `same`.
    pub permitted_by: Vec<String>,
}

/// Reads the files of a target back and decides every list that its folder says how to read. `options` are the
/// values of all options of the target, and a path of `artifacts` is one below the target's own folder.
pub fn verify_target(
    list: &Allowlist,
    target: &Target,
    artifacts: &[(String, Vec<u8>)],
    options: &BTreeMap<String, Value>,
    losses: &[Loss],
    findings: &mut Findings,
) -> Vec<ListVerdict> {
    let manifest = target.manifest_for(options);
    let files = Files::new(artifacts.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let mut verdicts = Vec::new();
    for (name, spec) in &manifest.lists {
        let readings = manifest.verify.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut readings = readings.iter().filter(|reading| reading.applies(options)).peekable();
        if readings.peek().is_none() {
            continue;
        }
        let case = Case::new(list, target, name, spec, losses);
        case.check_reduction(findings);
        verdicts.extend(readings.map(|reading| case.verdict(reading, &files, findings)));
    }
    verdicts
}

/// One list of a target with what it has to mean.
struct Case<'c> {
    target: &'c Target,
    name: &'c str,
    spec: &'c ListSpec,
    losses: Vec<&'c Loss>,
    /// The meaning of all entries.
    source: Ruleset,
    /// The same without covered entries.
    reduced: Ruleset,
    /// The same with the recorded losses.
    planned: Ruleset,
}

impl<'c> Case<'c> {
    fn new(
        list: &'c Allowlist,
        target: &'c Target,
        name: &'c str,
        spec: &'c ListSpec,
        losses: &'c [Loss],
    ) -> Self {
        let product = spec.product;
        let losses: Vec<&Loss> =
            losses.iter().filter(|loss| loss.list == name && loss.target == target.name).collect();
        let members = || list.entries().iter().filter(move |entry| is_member(entry, product));
        let kept: Vec<&Entry> =
            list.product(product).into_iter().filter(|entry| is_member(entry, product)).collect();
        let mut by_entry: BTreeMap<&Pattern, Vec<&Loss>> = BTreeMap::new();
        for loss in &losses {
            by_entry.entry(&loss.entry).or_default().push(loss);
        }
        let lossless = |entry: &Entry| vec![meant(entry, &entry.pattern, spec)];
        let with_losses = |entry: &Entry| match by_entry.get(&entry.pattern) {
            Some(losses) => with_losses(entry, losses, spec),
            None => lossless(entry),
        };
        Self {
            target,
            name,
            spec,
            source: ruleset(members(), lossless),
            reduced: ruleset(kept.iter().copied(), lossless),
            planned: ruleset(kept.iter().copied(), with_losses),
            losses,
        }
    }

    /// Leaving covered entries out must not change the meaning.
    fn check_reduction(&self, findings: &mut Findings) {
        let difference = decide(&self.source, &self.reduced);
        let witness = difference.wider.or(difference.narrower);
        if let Some(witness) = witness {
            let message = format!(
                "list `{}` of `{}`: without its covered entries the list means something else, as `{witness}` shows",
                self.name, self.target.name
            );
            findings.push(Finding::error(Code::VerdictUnpermitted, message));
        }
    }

    fn verdict(&self, reading: &ReadBack, files: &Files<'_>, findings: &mut Findings) -> ListVerdict {
        let file = reading.files.first().map_or("", |file| file.path.as_str());
        let done = |verdict, permitted_by| ListVerdict {
            target: self.target.name.clone(),
            list: self.name.to_owned(),
            product: self.spec.product,
            file: file.to_owned(),
            verdict,
            permitted_by,
        };
        let actual = match reading.read(self.name, files, findings) {
            Ok(actual) => actual,
            Err(error) => {
                let message = format!("`{}` cannot be read back: {error}", self.target.name);
                findings.push(Finding::error(Code::ReadBackFailed, message));
                return done(Verdict::Unread(error.to_string()), Vec::new());
            }
        };
        if reading.both_names {
            self.check_names(&actual, findings);
        }
        let planned = decide(&self.planned, &actual);
        self.tell(&planned, &actual, findings);
        let Difference { wider, narrower, undecided } = decide(&self.source, &actual);
        if let Some(first) = undecided.first() {
            let reason = format!("{}: {}", first.line, first.reason);
            let message =
                format!("list `{}` of `{}` cannot be decided: {reason}", self.name, self.target.name);
            findings.push(Finding::error(Code::VerifyUndecided, message));
            return done(Verdict::Undecided(reason), Vec::new());
        }
        let mut permitted_by = Vec::new();
        for (witness, is_wider) in [(&wider, true), (&narrower, false)] {
            let Some(witness) = witness else { continue };
            match self.explanation(witness, is_wider) {
                Some(by) if !permitted_by.contains(&by) => permitted_by.push(by),
                Some(_) => {}
                // Told already if the files are not what the losses say.
                None if !planned.is_none() => {}
                None => findings.push(self.unpermitted(witness, is_wider, &actual)),
            }
        }
        let verdict = match (wider, narrower) {
            (None, None) => Verdict::Same,
            (Some(wider), None) => Verdict::Wider(wider),
            (None, Some(narrower)) => Verdict::Narrower(narrower),
            (Some(wider), Some(narrower)) => Verdict::Both { wider, narrower },
        };
        done(verdict, permitted_by)
    }

    /// What the recorded losses do not account for.
    fn tell(&self, planned: &Difference, actual: &Ruleset, findings: &mut Findings) {
        for (witness, is_wider) in [(&planned.wider, true), (&planned.narrower, false)] {
            if let Some(witness) = witness {
                findings.push(self.unpermitted(witness, is_wider, actual));
            }
        }
    }

    fn unpermitted(&self, witness: &Request, is_wider: bool, actual: &Ruleset) -> Finding {
        let (name, target) = (self.name, &self.target.name);
        let (what, done) = match (self.spec.product, is_wider) {
            (Product::Allow, true) => ("wider", "is allowed"),
            (Product::Allow, false) => ("narrower", "is not allowed"),
            (Product::Bypass, true) => ("wider", "is exempt from inspection"),
            (Product::Bypass, false) => ("narrower", "is inspected"),
            (Product::Direct, true) => ("wider", "goes around the proxy"),
            (Product::Direct, false) => ("narrower", "goes through the proxy"),
        };
        let line = matching_entry(actual, witness).map_or(String::new(), |line| format!(" by {line}"));
        let message =
            format!("list `{name}` of `{target}` is {what} than the list: `{witness}` {done}{line}");
        Finding::error(Code::VerdictUnpermitted, message)
    }

    /// Nobody may get an exemption by one listed name when the other name of the connection is not listed.
    fn check_names(&self, actual: &Ruleset, findings: &mut Findings) {
        let (name, target) = (self.name, &self.target.name);
        match by_two_names(&self.planned, actual) {
            Ok(None) => {}
            Ok(Some((request, server_name))) => {
                let message = format!(
                    "list `{name}` of `{target}` exempts a connection to `{}` that asks for the server name \
                     `{server_name}`, and only one of the two is listed",
                    request.host
                );
                findings.push(Finding::error(Code::VerdictUnpermitted, message));
            }
            Err(_) => {
                let message = format!(
                    "list `{name}` of `{target}` cannot be decided: too many names differ for the two of a connection"
                );
                findings.push(Finding::error(Code::VerifyUndecided, message));
            }
        }
    }

    /// Who permits the difference that a witness shows.
    fn explanation(&self, witness: &Request, is_wider: bool) -> Option<String> {
        let explains = |loss: &&&Loss| {
            if is_wider {
                let says = |pattern: &Pattern| {
                    let meant = adjusted(meant_pattern(pattern), loss, self.spec);
                    is_allowed(&single(&meant), witness)
                };
                loss.effect == Effect::Wider && loss.after.iter().any(says)
            } else {
                loss.effect != Effect::Wider && allows(&loss.before, &unported(&loss.before, witness))
            }
        };
        self.losses.iter().find(explains).and_then(|loss| loss.permitted_by.clone())
    }
}

/// The request as a pattern without a port sees it.
fn unported(pattern: &Pattern, request: &Request) -> Request {
    if pattern.port == 0 {
        Request { port: 0, scheme: pattern.scheme, ..request.clone() }
    } else {
        request.clone()
    }
}

fn ruleset<'e>(entries: impl Iterator<Item = &'e Entry>, meant: impl Fn(&Entry) -> Vec<Meant>) -> Ruleset {
    let mut builder = Builder::default();
    for entry in entries {
        for meant in meant(entry) {
            builder.add(&meant, &line_of(entry));
        }
    }
    builder.ruleset
}

fn single(meant: &Meant) -> Ruleset {
    let mut builder = Builder::default();
    builder.add(meant, &super::ruleset::Line::new("list", 0));
    builder.ruleset
}

fn meant_pattern(pattern: &Pattern) -> Meant {
    Meant::from(pattern)
}

/// A pattern of an entry; a tag that the list takes by name stands for its networks.
fn meant(entry: &Entry, pattern: &Pattern, spec: &ListSpec) -> Meant {
    let mut meant = Meant::from(pattern);
    let feature = spec.tag_feature.as_ref().filter(|_| spec.hosts.contains_key(&Shape::Tag));
    if let (Some(feature), Some(tag)) = (feature, &entry.tag)
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
            // Apex and depth keep the pattern, so what an earlier one of them did must stay.
            let base = if *pattern == loss.before { before.clone() } else { meant_pattern(pattern) };
            said.push((pattern.clone(), adjusted(base, loss, spec)));
        }
    }
    said.into_iter().map(|(_, meant)| meant).collect()
}

/// A pattern as the target reads it on the axes that keep its text.
fn adjusted(mut meant: Meant, loss: &Loss, spec: &ListSpec) -> Meant {
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

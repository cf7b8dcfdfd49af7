//! Whether each URL passed, why it did not, and whether that matters to the profile.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::count::Counts;
use super::standing::{Lists, Standing};
use super::trial::{Attempt, Basis, Reading, Said, Trial};
use crate::pattern::Request;
use crate::rules::{Cause, DiagnoseFacts, Signal};

/// What all files come to.
#[derive(Debug)]
pub struct Report<'f> {
    /// In the order in which they were given.
    pub files: Vec<FileReport<'f>>,
}

/// What one file comes to.
#[derive(Debug)]
pub struct FileReport<'f> {
    /// File name without folders.
    pub file: String,
    /// Which programs wrote it.
    pub forms: Vec<&'static str>,
    /// In the order of the file; what came out the same for one target stands once.
    pub judged: Vec<Judged<'f>>,
}

/// One URL or check with its verdict.
#[derive(Debug)]
pub struct Judged<'f> {
    /// What was read.
    pub trial: Trial,
    /// The same for every spelling of one URL.
    pub target: String,
    /// Whether it passed.
    pub verdict: Verdict,
    /// For each way of connecting: whether it passed, and if not, why.
    pub ways: Vec<Way<'f>>,
    /// The most telling cause of all, unless it passed.
    pub cause: Option<&'f Cause>,
    /// What the list says of it.
    pub standing: Standing,
}

/// What one way of connecting came to.
#[derive(Debug)]
pub struct Way<'f> {
    /// By the vendor's programs.
    pub passed: bool,
    /// Why not, where that is known.
    pub cause: Option<&'f Cause>,
}

/// Whether an URL passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Not by any rule.
    Failed,
    /// The file has no result.
    NoResult,
    /// By the rule of the vendor's programs alone.
    Lenient,
    /// By the documented rule as well.
    Passed,
    /// It names no address, so that neither a success nor a failure says anything.
    NotJudged,
}

impl Verdict {
    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NoResult => "no-result",
            Self::Lenient => "passed-by-vendor-rule-only",
            Self::Passed => "passed",
            Self::NotJudged => "not-judged",
        }
    }
}

impl<'f> Judged<'f> {
    /// Takes over what another row says of the same target. Pinning in one of them shows inspection.
    fn add(&mut self, other: Self, facts: &'f DiagnoseFacts) {
        self.trial.pinned = self.trial.pinned.max(other.trial.pinned);
        for (attempt, way) in other.trial.attempts.into_iter().zip(other.ways) {
            if !self.trial.attempts.contains(&attempt) {
                self.trial.attempts.push(attempt);
                self.ways.push(way);
            }
        }
        if self.verdict == Verdict::Failed {
            self.cause = cause(&self.trial, &self.ways, facts);
        }
    }
}

impl Judged<'_> {
    /// Whether it is out of reach.
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed | Verdict::NoResult)
    }

    /// Whether it is out of reach and the profile needs it; `strict` asks for the documented rule.
    pub fn matters(&self, strict: bool) -> bool {
        let failed = self.failed() || (strict && self.verdict == Verdict::Lenient);
        failed && self.standing.need.counts()
    }

    /// The ways of connecting, each with what it came to.
    pub fn tried(&self) -> impl Iterator<Item = (&Attempt, &Way<'_>)> {
        self.trial.attempts.iter().zip(&self.ways)
    }
}

impl<'f> Report<'f> {
    /// Everything that was judged.
    pub fn all(&self) -> impl Iterator<Item = &Judged<'f>> {
        self.files.iter().flat_map(|file| &file.judged)
    }

    /// How much of what was tested came to what, each target once.
    pub fn counts(&self, strict: bool) -> Counts {
        Counts::of(self.all(), strict)
    }
}

/// Judges readings by the facts of a vendor and the lists of a profile. `request` takes an URL apart.
pub fn judge<'f>(
    readings: Vec<Reading>,
    facts: &'f DiagnoseFacts,
    lists: &Lists<'_>,
    request: fn(&str) -> Option<Request>,
) -> Report<'f> {
    let one = |trial: Trial| {
        let is_address = trial.is_url && !trial.is_template();
        let request = is_address.then(|| request(&trial.subject)).flatten();
        let standing = Standing::of(request.as_ref(), lists);
        // Nothing is to be said of half a name.
        if trial.cut && !standing.is_listed() {
            return judge_one(trial, facts, None, Standing::of(None, lists));
        }
        judge_one(trial, facts, request.as_ref(), standing)
    };
    let file = |reading: Reading| FileReport {
        file: reading.file,
        forms: reading.forms,
        judged: merged(reading.trials.into_iter().map(one), facts),
    };
    Report { files: readings.into_iter().map(file).collect() }
}

fn judge_one<'f>(
    mut trial: Trial,
    facts: &'f DiagnoseFacts,
    request: Option<&Request>,
    standing: Standing,
) -> Judged<'f> {
    let passes = |attempt: &Attempt| passes(attempt, trial.basis, facts);
    let way = |attempt: &Attempt| {
        let passed = passes(attempt);
        let cause = if passed { None } else { facts.cause(&attempt.signals) };
        Way { passed, cause }
    };
    let ways: Vec<Way<'f>> = trial.attempts.iter().map(way).collect();
    // A program's word is worth less where what it saw beside it has a cause of its own.
    let is_doubted = |attempt: &Attempt| facts.cause(&attempt.signals).is_some();
    let is_sound = |attempt: &Attempt| match trial.basis {
        Basis::Word => !is_doubted(attempt),
        Basis::Answers => is_documented(attempt, facts, request),
    };
    let passing = || trial.attempts.iter().filter(|attempt| passes(attempt));
    let verdict = if trial.is_url && request.is_none() {
        Verdict::NotJudged
    } else if trial.attempts.is_empty() {
        Verdict::NoResult
    } else if passing().any(is_sound) {
        Verdict::Passed
    } else if passing().next().is_some() {
        Verdict::Lenient
    } else {
        Verdict::Failed
    };
    let cause = if verdict == Verdict::Failed { cause(&trial, &ways, facts) } else { None };
    let mut target = request.map_or_else(|| trial.subject.clone(), ToString::to_string);
    if let Some(query) = trial.query {
        // Others with the same path are about something else.
        let _ = write!(target, "?{query:x}");
        trial.subject.push_str("?…");
    }
    Judged { trial, target, verdict, ways, cause, standing }
}

/// What came out the same for one target, with all ways of connecting: some programs write a row for each of them.
fn merged<'f>(all: impl Iterator<Item = Judged<'f>>, facts: &'f DiagnoseFacts) -> Vec<Judged<'f>> {
    let mut places: BTreeMap<(String, Verdict), usize> = BTreeMap::new();
    let mut merged: Vec<Judged<'f>> = Vec::new();
    for one in all {
        let at = *places.entry((one.target.clone(), one.verdict)).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(known) => known.add(one, facts),
            None => merged.push(one),
        }
    }
    merged
}

/// The most telling cause of all ways of connecting; a weak one only where every way is explained.
fn cause<'f>(trial: &Trial, ways: &[Way<'f>], facts: &DiagnoseFacts) -> Option<&'f Cause> {
    let best = ways.iter().filter_map(|way| way.cause).min_by_key(|cause| facts.rank(cause))?;
    let mut there = trial.attempts.iter().zip(ways).filter(|(attempt, _)| attempt.said != Said::NotThere);
    (!best.weak || there.all(|(_, way)| way.cause.is_some())).then_some(best)
}

/// By the rule of the vendor's programs: their word, or an answer that they take.
fn passes(attempt: &Attempt, basis: Basis, facts: &DiagnoseFacts) -> bool {
    let succeeded = attempt.said == Said::Succeeded;
    match basis {
        Basis::Word => succeeded,
        Basis::Answers => answers(attempt).any(|status| {
            facts.verdict.vendor.contains(&status) || (succeeded && facts.verdict.succeeded.contains(&status))
        }),
    }
}

/// By the documents: an answer of theirs, or the one that is right for the address.
fn is_documented(attempt: &Attempt, facts: &DiagnoseFacts, request: Option<&Request>) -> bool {
    let expected = |status: u16| {
        let Some(Request { host, path, .. }) = request else { return false };
        facts.expected.iter().any(|expected| expected.status == status && expected.is_about(host, path))
    };
    answers(attempt).any(|status| facts.verdict.strict.contains(&status) || expected(status))
}

fn answers(attempt: &Attempt) -> impl Iterator<Item = u16> {
    attempt.signals.iter().filter_map(|signal| match signal {
        Signal::Http(status) => Some(*status),
        Signal::Windows(_) | Signal::Curl(_) | Signal::Event(_) | Signal::Text(_) => None,
    })
}

/// What failed, by its cause: the causes in the order of their first URL, those that matter to the profile first.
pub(super) fn groups<'r, 'f>(
    judged: impl Iterator<Item = &'r Judged<'f>>,
) -> Vec<(Option<&'f Cause>, Vec<&'r Judged<'f>>)> {
    let mut groups: Vec<(Option<&'f Cause>, Vec<&'r Judged<'f>>)> = Vec::new();
    let key = |one: &Judged<'f>| (one.verdict, one.cause.map(|cause| &cause.id));
    for one in judged.filter(|judged| judged.failed()) {
        let is_it = |(_, members): &&mut (_, Vec<&'r Judged<'f>>)| {
            members.first().map(|first| key(first)) == Some(key(one))
        };
        match groups.iter_mut().find(is_it) {
            Some((_, members)) => members.push(one),
            None => groups.push((one.cause, vec![one])),
        }
    }
    for (_, members) in &mut groups {
        members.sort_by_key(|one| !one.matters(false));
    }
    groups.sort_by_key(|(_, members)| !members.iter().any(|one| one.matters(false)));
    groups
}

/// Whether the list holds one of them, so that something else keeps it out of reach.
pub(super) fn is_listed(members: &[&Judged<'_>]) -> bool {
    members.iter().any(|one| one.standing.is_listed())
}

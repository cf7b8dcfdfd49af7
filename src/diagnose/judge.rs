//! Whether each URL passed, why it did not, and whether that matters to the profile.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cause::cause;
use super::count::Counts;
use super::standing::{Lists, Standing};
use super::trial::{Attempt, Basis, Reading, Said, Trial};
use crate::pattern::Request;
use crate::rules::{Cause, DiagnoseFacts, DirectFacts, Signal};

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
    /// The same for every spelling of one URL, and for every run of one check.
    pub target: String,
    /// Its port, if it is an URL.
    pub port: Option<u16>,
    /// What is to be said of it if it has to be reached without a proxy.
    pub direct: Option<&'f DirectFacts>,
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
            self.cause = cause(&self.trial, &self.ways, self.direct.is_some(), facts);
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

    /// Whether a proxy alone led to it although none can lead to the service behind it.
    pub fn passed_by_proxy_alone(&self) -> Option<&DirectFacts> {
        let mut passed = self.tried().filter(|(_, way)| way.passed);
        self.direct.filter(|_| {
            self.verdict == Verdict::Lenient && passed.all(|(attempt, _)| attempt.method.is_proxied())
        })
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
        let request = is_address.then(|| request(&sendable(&trial.subject))).flatten();
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
    let direct = standing.is_direct().then_some(&facts.direct);
    let is_sound = |attempt: &Attempt| match trial.basis {
        _ if direct.is_some() && attempt.method.is_proxied() => false,
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
    let failed = verdict == Verdict::Failed;
    let cause = if failed { cause(&trial, &ways, direct.is_some(), facts) } else { None };
    let mut target = request.map_or_else(|| trial.subject.clone(), ToString::to_string);
    if let Some(query) = trial.query {
        // Others with the same path are about something else.
        let _ = write!(target, "?{query:x}");
        trial.subject.push_str("?…");
    }
    if let Some(run) = trial.run {
        let _ = write!(trial.subject, ", run {run}");
    }
    let port = request.map(|request| request.port);
    Judged { trial, target, port, direct, verdict, ways, cause, standing }
}

/// A URL as a client sends it: control characters encoded. Within a name they leave it none.
fn sendable(url: &str) -> Cow<'_, str> {
    if !url.contains(char::is_control) {
        return Cow::Borrowed(url);
    }
    let mut sent = String::with_capacity(url.len() + 8);
    for c in url.chars() {
        if c.is_control() {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(sent, "%{byte:02X}");
            }
        } else {
            sent.push(c);
        }
    }
    Cow::Owned(sent)
}

/// What came out the same for one target, with all ways of connecting: some programs write a row for each of them.
fn merged<'f>(all: impl Iterator<Item = Judged<'f>>, facts: &'f DiagnoseFacts) -> Vec<Judged<'f>> {
    let mut places: BTreeMap<(String, Option<u32>, Verdict), usize> = BTreeMap::new();
    let mut merged: Vec<Judged<'f>> = Vec::new();
    for one in all {
        let at = *places.entry((one.target.clone(), one.trial.run, one.verdict)).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(known) => known.add(one, facts),
            None => merged.push(one),
        }
    }
    merged
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

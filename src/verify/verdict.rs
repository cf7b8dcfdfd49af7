//! The verdict on the files of a target, list by list.
//!
//! Each reading is compared twice. With the list and its recorded losses it must be the same: so nothing was lost
//! that was not recorded. With the list itself it gives the verdict, and every witness must be explained by a
//! permitted loss. Beside that, the list without its covered entries must mean what all its entries mean.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::case::Case;
use super::read_back::pac_program::{self, Asked};
use super::read_back::{Files, Shelf};
use super::read_from::ReadFrom;
use super::source::Source;
use super::spec::ReadBack;
use crate::allowlist::{Allowlist, Product};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::lower::Loss;
use crate::pattern::Request;
use crate::target::{Limits, Target, Value};

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
    /// By the options of the target the files do not tell this list from another one, and they hold all of it.
    Within(String),
    /// Nobody can say: why.
    Undecided(String),
    /// The files cannot be read back: why.
    Unread(String),
}

impl Verdict {
    /// `same`, `wider`, `narrower`, `both`, `within`, `undecided`, `unread`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Wider(_) => "wider",
            Self::Narrower(_) => "narrower",
            Self::Both { .. } => "both",
            Self::Within(_) => "within",
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
    /// The files that it was read from.
    pub file: ReadFrom,
    /// Which question it answers beside the plain one: `inside TLS`. Two readings of one file differ in it.
    pub asked_for: Option<&'static str>,
    /// The verdict.
    pub verdict: Verdict,
    /// Who permits the difference, once each; empty for `same`.
    pub permitted_by: Vec<String>,
    /// What nobody permits: a request that shows it, or a value that is not the profile's. With any of them the files
    /// are not proved, whatever else is permitted.
    pub unpermitted: Vec<String>,
    /// Where the file is a program: about how many of the entries it was asked beside reading its tables.
    pub asked: Option<Asked>,
}

/// A list whose files are to be proved, for any number of targets: what depends on no target is made once.
pub struct Prover<'l> {
    list: &'l Allowlist,
    source: OnceLock<Source<'l>>,
}

impl<'l> Prover<'l> {
    /// For the files that are made of `list`.
    pub fn new(list: &'l Allowlist) -> Self {
        Self { list, source: OnceLock::new() }
    }

    /// [`verify_target`] for this list.
    pub fn verdicts(
        &self,
        target: &Target,
        files: &Files<'_>,
        options: &BTreeMap<String, Value>,
        losses: &[Loss],
        findings: &mut Findings,
    ) -> Vec<ListVerdict> {
        let source = self.source.get_or_init(|| Source::new(self.list));
        let manifest = target.manifest_for(options);
        check_sizes(&target.name, &manifest.limits, files, findings);
        let mut shelf = Shelf::new(files);
        let mut lists = Vec::new();
        for name in manifest.lists.keys() {
            let known = manifest.verify.get(name).map(Vec::as_slice).unwrap_or_default();
            let readings: Vec<&ReadBack> = known.iter().filter(|reading| reading.applies(options)).collect();
            // What a list means is long to say, and nobody asks where nothing is read.
            if readings.is_empty() {
                continue;
            }
            if let Some(case) = Case::new(source, target, name, &manifest.lists, options, losses) {
                lists.push(Judging { case, verdicts: readings.iter().map(|_| None).collect(), readings });
            }
        }
        // What is read from one file follows each other, so that it is parsed once.
        let mut paths: Vec<&str> = Vec::new();
        for path in lists.iter().flat_map(|list| &list.readings).map(|reading| reading.file()) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        for path in paths {
            for list in &mut lists {
                list.judge(path, &mut shelf);
            }
        }
        let mut verdicts = Vec::new();
        for Judging { case, verdicts: found, .. } in lists {
            case.check_reduction(findings);
            for (verdict, own_findings) in found.into_iter().flatten() {
                findings.append(own_findings);
                verdicts.push(verdict);
            }
        }
        let readings = manifest.verify.values().flatten().filter(|reading| reading.applies(options));
        run_programs(self.list, readings, &mut shelf, &mut verdicts, findings);
        verdicts
    }
}

/// A file that its readers refuse for its size means nothing of what it says.
fn check_sizes(target: &str, limits: &Limits, files: &Files<'_>, findings: &mut Findings) {
    for (path, bytes) in files.iter() {
        if let Some(message) = limits.refuses(target, path, bytes.len()) {
            findings.push(Finding::error(Code::TargetLimitExceeded, message).at(Place::file(path)));
        }
    }
}

/// Reads the files of a target back and decides every list that its folder says how to read. `options` are the
/// values of all options of the target, and a path of `files` is one below the target's own folder.
pub fn verify_target(
    list: &Allowlist,
    target: &Target,
    files: &Files<'_>,
    options: &BTreeMap<String, Value>,
    losses: &[Loss],
    findings: &mut Findings,
) -> Vec<ListVerdict> {
    Prover::new(list).verdicts(target, files, options, losses, findings)
}

/// One list with the verdict on each of its readings, as far as there is one, and what was found for it.
struct Judging<'c> {
    case: Case<'c>,
    readings: Vec<&'c ReadBack>,
    verdicts: Vec<Option<(ListVerdict, Findings)>>,
}

impl Judging<'_> {
    /// Decides what is read from `path`.
    fn judge(&mut self, path: &str, shelf: &mut Shelf<'_>) {
        for number in 0..self.readings.len() {
            let Some(reading) = self.readings.get(number).filter(|reading| reading.file() == path) else {
                continue;
            };
            let known = self.readings.iter().zip(&self.verdicts);
            let mut copied = known.filter(|(known, _)| reading.is_copy_of(known, shelf.files));
            let mut findings = Findings::default();
            let verdict = match copied.find_map(|(_, verdict)| verdict.as_ref()) {
                Some((verdict, _)) => {
                    ListVerdict { file: self.case.read_from(reading, shelf), ..verdict.clone() }
                }
                None => self.case.verdict(reading, shelf, &mut findings),
            };
            if let Some(slot) = self.verdicts.get_mut(number) {
                *slot = Some((verdict, findings));
            }
        }
    }
}

/// Runs every file that is a program, once. A copy under another name does the same.
fn run_programs<'r>(
    list: &Allowlist,
    readings: impl Iterator<Item = &'r ReadBack>,
    shelf: &mut Shelf<'_>,
    verdicts: &mut [ListVerdict],
    findings: &mut Findings,
) {
    let mut known: BTreeMap<&[u8], Option<Asked>> = BTreeMap::new();
    for pac in readings.filter_map(ReadBack::pac) {
        let Some((path, bytes)) = shelf.files.named(pac.path) else { continue };
        let asked = *known.entry(bytes).or_insert_with(|| pac_program::check(list, shelf, &pac, findings));
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.file.first == path) {
            verdict.asked = asked;
        }
    }
}

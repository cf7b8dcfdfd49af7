//! The verdict on the files of a target, list by list.
//!
//! Each reading is compared twice. With the list and its recorded losses it must be the same: so nothing was lost
//! that was not recorded. With the list itself it gives the verdict, and every witness must be explained by a
//! permitted loss. Beside that, the list without its covered entries must mean what all its entries mean.

use std::collections::BTreeMap;

use super::case::Case;
use super::read_back::Files;
use super::read_back::pac_program::{self, Asked};
use super::spec::ReadBack;
use crate::allowlist::{Allowlist, Product};
use crate::diagnostic::Findings;
use crate::lower::Loss;
use crate::pattern::Request;
use crate::target::{Target, Value};

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
    /// The file, or first of the files, that it was read from.
    pub file: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Who permits the difference, once each; empty for `same`.
    pub permitted_by: Vec<String>,
    /// Where the file is a program: about how many of the entries it was asked beside reading its tables.
    pub asked: Option<Asked>,
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
    let manifest = target.manifest_for(options);
    let mut verdicts = Vec::new();
    for (name, spec) in &manifest.lists {
        let readings = manifest.verify.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut readings = readings.iter().filter(|reading| reading.applies(options)).peekable();
        if readings.peek().is_none() {
            continue;
        }
        let mut case = Case::new(list, target, name, spec, losses);
        case.check_reduction(findings);
        let mut of_list: Vec<(&ReadBack, ListVerdict)> = Vec::new();
        for reading in readings {
            let copied = of_list.iter().find(|(known, _)| reading.is_copy_of(known, files));
            let verdict = match copied {
                Some((_, verdict)) => ListVerdict { file: reading.file().to_owned(), ..verdict.clone() },
                None => case.verdict(reading, files, findings),
            };
            of_list.push((reading, verdict));
        }
        verdicts.extend(of_list.into_iter().map(|(_, verdict)| verdict));
    }
    let readings = manifest.verify.values().flatten().filter(|reading| reading.applies(options));
    run_programs(list, readings, files, &mut verdicts, findings);
    verdicts
}

/// Runs every file that is a program, once. A copy under another name does the same.
fn run_programs<'r>(
    list: &Allowlist,
    readings: impl Iterator<Item = &'r ReadBack>,
    files: &Files<'_>,
    verdicts: &mut [ListVerdict],
    findings: &mut Findings,
) {
    let mut known: BTreeMap<&[u8], Option<Asked>> = BTreeMap::new();
    for pac in readings.filter_map(ReadBack::pac) {
        let Some((_, bytes)) = files.named(pac.path) else { continue };
        let asked = *known.entry(bytes).or_insert_with(|| pac_program::check(list, files, &pac, findings));
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.file == pac.path) {
            verdict.asked = asked;
        }
    }
}

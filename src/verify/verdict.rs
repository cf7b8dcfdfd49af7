//! The verdict on the files of a target, list by list.
//!
//! Each reading is compared twice. With the list and its recorded losses it must be the same: so nothing was lost
//! that was not recorded. With the list itself it gives the verdict, and every witness must be explained by a
//! permitted loss. Beside that, the list without its covered entries must mean what all its entries mean.

use std::collections::BTreeMap;

use super::case::Case;
use super::read_back::Files;
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
        verdicts.extend(readings.map(|reading| case.verdict(reading, files, findings)));
    }
    verdicts
}

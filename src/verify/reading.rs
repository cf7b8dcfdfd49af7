//! All lists of a target as its files say them.

use std::collections::BTreeMap;

use super::read_back::{Files, ReadError, Shelf};
use super::read_from::ReadFrom;
use super::ruleset::Ruleset;
use crate::allowlist::Product;
use crate::diagnostic::Findings;
use crate::target::{Target, Value};

/// One list of a target, read back.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Name of the list.
    pub list: String,
    /// What it holds.
    pub product: Product,
    /// Which question it answers beside the plain one: `inside TLS`.
    pub asked_for: Option<&'static str>,
    /// What the firewall would do with it.
    pub ruleset: Result<Ruleset, ReadError>,
    /// The file, if it is a program, which can be run as well.
    pub program: Option<String>,
}

impl Reading {
    /// Whether the files were read as a whole, so that nothing else is to be known.
    pub fn is_decided(&self) -> bool {
        self.ruleset.as_ref().is_ok_and(|ruleset| ruleset.undecided().is_empty())
    }
}

/// Reads every list of a target; of a list that is written in several formats, the first one.
pub fn read_target(
    target: &Target,
    options: &BTreeMap<String, Value>,
    files: &Files<'_>,
    findings: &mut Findings,
) -> Vec<Reading> {
    read(target, options, files, 1, findings).into_iter().map(|(_, reading)| reading).collect()
}

/// Reads every list of a target in every format, each with the files that it is read from.
pub fn read_formats(
    target: &Target,
    options: &BTreeMap<String, Value>,
    files: &Files<'_>,
    findings: &mut Findings,
) -> Vec<(ReadFrom, Reading)> {
    read(target, options, files, usize::MAX, findings)
}

fn read(
    target: &Target,
    options: &BTreeMap<String, Value>,
    files: &Files<'_>,
    most: usize,
    findings: &mut Findings,
) -> Vec<(ReadFrom, Reading)> {
    let manifest = target.manifest_for(options);
    let mut readings = Vec::new();
    let mut shelf = Shelf::new(files);
    for (name, spec) in &manifest.lists {
        let known = manifest.verify.get(name).map(Vec::as_slice).unwrap_or_default();
        for format in known.iter().filter(|reading| reading.applies(options)).take(most) {
            let file = format.read_from(name, files);
            let ruleset = format.read(name, &mut shelf, findings);
            let program = format.pac().map(|pac| pac.path.to_owned());
            let (list, product, asked_for) = (name.clone(), spec.product, format.asked_for());
            let reading = Reading { list, product, asked_for, ruleset, program };
            readings.push((file, reading));
        }
    }
    readings
}

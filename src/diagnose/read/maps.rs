//! `MpCmdRun -ValidateMapsConnection`: whether the antivirus reaches its cloud; it names no URL.

use crate::console::{holds, lines};
use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Said, Trial};

const CHECK: &str = "antivirus cloud protection (MAPS)";

/// One check for each run; several runs are told apart by their numbers.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let is_run = |(_, content): &(u32, &str)| {
        holds(content, "ValidateMapsConnection") && holds(content, "connection to MAPS")
    };
    let runs: Vec<(u32, &str)> = lines(text).filter(is_run).collect();
    let one = |(at, (line, content)): (usize, &(u32, &str))| {
        let worked = holds(content, "successfully");
        let said = if worked { Said::Succeeded } else { Said::Failed };
        let signals = if worked { Vec::new() } else { of_text(content) };
        let run = u32::try_from(at + 1).ok().filter(|_| runs.len() > 1);
        Trial { run, ..Trial::check(CHECK, Some(*line), said, signals) }
    };
    runs.iter().enumerate().map(one).collect()
}

//! `MpCmdRun -ValidateMapsConnection`: whether the antivirus reaches its cloud; it names no URL.

use crate::console::{holds, lines};
use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Said, Trial};

const CHECK: &str = "antivirus cloud protection (MAPS)";

/// One check for each run.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let run = |(line, content): (u32, &str)| {
        if !holds(content, "ValidateMapsConnection") || !holds(content, "connection to MAPS") {
            return None;
        }
        let worked = holds(content, "successfully");
        let said = if worked { Said::Succeeded } else { Said::Failed };
        let signals = if worked { Vec::new() } else { of_text(content) };
        Some(Trial::check(CHECK, Some(line), said, signals))
    };
    lines(text).filter_map(run).collect()
}

//! What a file of a test does not say although it should.

use crate::diagnostic::{Code, Finding, Place};

/// A place at which something is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// From 1; none where lines mean nothing.
    pub(super) line: Option<u32>,
    /// What is missing.
    pub(super) message: String,
    /// What to do.
    pub(super) help: String,
}

impl Gap {
    /// The file ends although its form wants more; `after` is the last thing that was read.
    pub(super) fn breaks_off(line: Option<u32>, after: &str) -> Self {
        let message = format!(
            "the file breaks off after {after}; what the test would have said behind it is not known"
        );
        Self { line, message, help: "test again, and give the whole file".to_owned() }
    }

    /// For the user: nothing was read at all, or everything else was.
    pub(super) fn finding(&self, file: &str, nothing_else: bool) -> Finding {
        let place = self.line.map_or_else(|| Place::file(file), |line| Place::line(file, line));
        let finding = if nothing_else {
            Finding::error(Code::TestOutputUnknown, &self.message)
        } else {
            Finding::warning(Code::TestResultMissing, &self.message)
        };
        finding.at(place).help(&self.help)
    }
}

/// The line of a byte, from 1.
pub(super) fn line_at(text: &str, byte: usize) -> Option<u32> {
    let before = text.as_bytes().get(..byte.min(text.len()))?;
    u32::try_from(memchr::memchr_iter(b'\n', before).count()).ok()?.checked_add(1)
}

//! What a test leaves out is told where nobody can miss it.

use std::io::{self, Write};

/// Says that a test has not done its work. Past the capture of the test runner, whose log `tests/run` shows such lines of.
pub(crate) fn skipped(reason: &str) {
    writeln!(io::stderr(), "skipped: {reason}").unwrap_or_default();
}

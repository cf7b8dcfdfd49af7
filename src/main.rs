//! The `allowlistc` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    allowlistc::cli::run()
}

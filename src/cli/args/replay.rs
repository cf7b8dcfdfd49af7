//! `replay`.

use std::path::PathBuf;

use clap::Args;

use super::{Inputs, ReportFormat};

/// `replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "Needed is what a row says that the profile selects, an optional one too; `probe` asks for less: there \
                  what is optional decides nothing.\n\nExit codes: 0 no needed request denied, 1 some denied, 2 could \
                  not run, or without one a log that breaks off, names no hosts or has lines that cannot be read."
)]
pub(in crate::cli) struct Replay {
    /// The log, recognised by its content: a Squid access log, a PAN-OS traffic or URL log (CSV) or an Azure Firewall
    /// log (JSON lines, arrays, or `{"records":[…]}`), as it is or packed by gzip or Zstandard; `-` is standard input
    #[arg(value_name = "LOG")]
    pub(in crate::cli) log: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(in crate::cli) inputs: Inputs,
    /// Format of a Squid log that has its own, as squid.conf writes it, such as `%ts.%03tu %>a %Ss/%03>Hs %rm %ru`, or
    /// the name of one of Squid's own
    #[arg(long, value_name = "FORMAT")]
    pub(in crate::cli) logformat: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: ReportFormat,
}

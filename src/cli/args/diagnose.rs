//! `diagnose`.

use std::path::PathBuf;

use clap::Args;

use super::{Inputs, ReportFormat};

/// `diagnose`.
#[derive(Debug, Args)]
#[command(
    after_help = "Needed is what a row says that the profile selects, an optional one too; `probe` asks for less: there \
                  what is optional decides nothing.\n\nExit codes: 0 what the profile needs is in reach, 1 some of it is not, 2 could not run, also a file \
                  that is not what was asked for."
)]
pub(in crate::cli) struct Diagnose {
    /// Outputs of connection tests, recognised by their content: MDEClientAnalyzerResult.txt, MDEClientAnalyzer.txt,
    /// .xml and .htm, `mdatp connectivity test`, `MDESupportTool connectivitytest`, `MpCmdRun -ValidateMapsConnection`,
    /// TestCloudConnection; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(in crate::cli) inputs: Inputs,
    /// Ask for the answers that the vendor documents, not only for those that its programs take
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: ReportFormat,
}

//! `import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What its exit codes mean.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 the profile does not go with it and stays as it was, 2 could not run, \
                          also a file that is not what was asked for.";

/// `import`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Import {
    /// What to read.
    #[command(subcommand)]
    pub(in crate::cli) from: ImportFrom,
}

/// What an import reads.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ImportFrom {
    /// Take workspaces and storage hosts from the monitoring agent's connection test
    Testcloudconnection(CloudConnections),
    /// Take cloud, data location and connectivity from an onboarding package; organisation IDs and keys are not read
    Onboarding(Onboarding),
}

/// `import testcloudconnection`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct CloudConnections {
    /// Outputs of TestCloudConnection.exe, one for each workspace; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(in crate::cli) into: ImportInto,
}

/// `import onboarding`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Onboarding {
    /// The onboarding package (zip), one of its scripts, `mdatp_onboard.json`, or the value `OnboardedInfo` of the
    /// registry; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(in crate::cli) into: ImportInto,
}

/// Where an import goes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportInto {
    /// Write it into this profile, beside what stands there, in place of printing it
    #[arg(long = "into", value_name = "PROFILE")]
    pub(in crate::cli) profile: Option<PathBuf>,
}

//! `client`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// `client`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 findings of severity error (nothing written), 2 could not run."
)]
pub(in crate::cli) struct Client {
    /// The profile (TOML), with a section `[client]`
    #[arg(value_name = "PROFILE")]
    pub(in crate::cli) profile: PathBuf,
    /// Folder in which the folder `client` is written [default: dist/<name of the profile>]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// List of the profile, as for the other verbs; it must be there, and what devices are told depends on none
    #[arg(long = "source", value_name = "FILE")]
    pub(in crate::cli) sources: Vec<PathBuf>,
    /// Override one key of the profile, such as `client.proxy=proxy.contoso.com:8080`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(in crate::cli) overrides: Vec<String>,
    /// Add or replace components by the folders below DIR/client
    #[arg(long = "targets", value_name = "DIR")]
    pub(in crate::cli) target_folder: Option<PathBuf>,
    /// How to print the summary and findings
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: Format,
    /// Also print notes
    #[arg(long, short)]
    pub(in crate::cli) verbose: bool,
}

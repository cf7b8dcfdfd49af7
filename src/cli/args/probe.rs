//! `probe`, as typed.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Inputs};
use crate::probe::Resolve;

/// `probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "No credentials are sent, no PAC file is run, and the environment's proxies are not used. With a \
    proxy, entries that must not go through one are asked directly.\n\nExit codes: 0 all that is needed is reached, 1 \
    something is not, 2 could not run."
)]
pub(in crate::cli) struct Probe {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(in crate::cli) inputs: Inputs,
    /// Proxy to ask through, such as `http://proxy:8080`, without a user or password [default: `client.proxy` of the
    /// profile, if it has one]
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) proxy: Option<String>,
    /// Ask directly, whatever the profile says
    #[arg(long, conflicts_with = "proxy")]
    pub(in crate::cli) no_proxy: bool,
    /// Use this address for a host and port (`*` is any host); a port may follow the address; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub(in crate::cli) resolve: Vec<Resolve>,
    /// Count the certificate authorities of this file (PEM) as public: for test stands, never that of a proxy that
    /// inspects
    #[arg(long, visible_alias = "ca", value_name = "FILE")]
    pub(in crate::cli) ca_bundle: Option<PathBuf>,
    /// Give up on a step (name, connection, proxy, TLS, answer) after so many seconds, on an address after three times
    /// as many
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(in crate::cli) timeout: u64,
    /// Ask for so many addresses at a time
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(in crate::cli) jobs: u16,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(in crate::cli) format: Format,
    /// Also print notes
    #[arg(long, short)]
    pub(in crate::cli) verbose: bool,
}

impl Probe {
    /// The form of the output; `--json` is short for `--format json`.
    pub(in crate::cli) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

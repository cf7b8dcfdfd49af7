//! What is typed.

mod client;
mod diagnose;
mod import;
#[cfg(feature = "probe")]
mod probe;
mod replay;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use client::Client;
pub(super) use diagnose::Diagnose;
pub(super) use import::{Import, ImportFrom, ImportInto};
#[cfg(feature = "probe")]
pub(super) use probe::Probe;
pub(super) use replay::Replay;

/// Compiles published URL lists into allowlists and inspection-bypass lists that firewalls and proxies load as
/// they are.
#[derive(Debug, Parser)]
#[command(name = "allowlistc", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 findings of severity error (nothing written) or `why`: not allowed, \
    2 could not run."
)]
pub(super) struct Command {
    /// What to do.
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// One verb.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Render every target of a profile into a folder
    Build(Build),
    /// Compare an output folder with what a build would write there
    Check(Check),
    /// Show the selected entries, or the rows left out
    List(List),
    /// Say which rows and rules let a URL through, or leave it out
    Why(Why),
    /// Prove that an output folder means what the list means, or find the gaps of somebody's existing list
    Verify(Verify),
    /// Say what an output would do with requests, and by which line
    Match(Match),
    /// Ask whether the listed hosts are reached from here, directly or through a proxy
    #[cfg(feature = "probe")]
    Probe(Probe),
    /// Publish an output folder into a folder or an object store, or go back to the set before
    #[cfg(feature = "publish")]
    Publish(Publish),
    /// Serve an output folder over HTTP: PAC files, lists, and a page about them
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Say what changed between two lists, and what that changes on firewalls
    Diff(Diff),
    /// Find faults in published lists themselves
    Lint(Lint),
    /// Render what devices must be told of the proxy: registry, policy, scripts, profiles, each with its reset
    Client(Client),
    /// Say what outputs of connection tests mean, and whether the list has a part in it
    Diagnose(Diagnose),
    /// Take what a profile needs to know from the vendor's own programs and packages
    Import(Import),
    /// Say what an access log shows of a profile's list: needed requests denied, entries never used, new hosts
    Replay(Replay),
    /// Show the known targets and what they can say
    Targets(Targets),
    /// Write a commented profile, by asking or from flags
    Init(Init),
    /// Print the page of a finding's code
    Explain(Explain),
    /// Print a JSON Schema
    Schema(Schema),
    /// Bring the published lists of a profile into its cache and lock them
    #[cfg(feature = "fetch")]
    Fetch(Fetch),
}

/// The profile and what the command line changes about it.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// The profile (TOML)
    #[arg(value_name = "PROFILE")]
    pub(super) profile: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) choices: Choices,
}

impl std::ops::Deref for Inputs {
    type Target = Choices;
    fn deref(&self) -> &Choices {
        &self.choices
    }
}

/// What the command line changes about a profile.
#[derive(Clone, Debug, Args)]
pub(super) struct Choices {
    /// Read this list instead of the profile's sources; may be repeated
    #[arg(long = "source", value_name = "FILE")]
    pub(super) sources: Vec<PathBuf>,
    /// Refuse sources that differ from allowlistc.lock
    #[arg(long, conflicts_with = "sources")]
    pub(super) locked: bool,
    /// Folder of fetched lists [default: .allowlistc beside the profile]
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
    /// Override one key of the profile, such as `targets.squid.list-dir=/etc/squid/mde`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) overrides: Vec<String>,
    /// Add or replace targets by the folders below DIR
    #[arg(long = "targets", value_name = "DIR")]
    pub(super) target_folder: Option<PathBuf>,
}

/// How to print findings and summaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// How to print findings where a service may show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// How to print a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// Aligned columns
    Table,
    /// Comma-separated values with a header
    Csv,
    /// An array of objects
    Json,
}

/// `build`.
#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) inputs: Inputs,
    /// Output folder [default: dist/<name of the profile>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Render only this target; may be repeated
    #[arg(long = "target", value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// Also write report.html and report.md, for reviewers
    #[arg(long)]
    pub(super) report: bool,
    /// Never touch the network: says what holds anyway, as only `fetch` does
    #[arg(long)]
    pub(super) offline: bool,
    /// How to print the summary and findings
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: FindingFormat,
    /// Also print notes
    #[arg(long, short)]
    pub(super) verbose: bool,
}

/// How to print what was found about committed files and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For a comment below a pull request
    Markdown,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) inputs: Inputs,
    /// Output folder [default: dist/<name of the profile>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Compare only this target; may be repeated
    #[arg(long = "target", value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// How to print what differs
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: CheckFormat,
}

/// `list`.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) inputs: Inputs,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: ListFormat,
    /// Show the rows left out instead, each with its reason
    #[arg(long)]
    pub(super) dropped: bool,
}

/// `why`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 allowed, 1 not allowed, 2 could not tell.")]
pub(super) struct Why {
    /// The request: `https://host/path`, `host:port` or `host` (port 443)
    #[arg(value_name = "URL")]
    pub(super) url: String,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) inputs: Inputs,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

/// What a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProductName {
    /// What must pass
    Allow,
    /// What must not be inspected
    Bypass,
    /// What must not go through a proxy
    Direct,
}

/// How the entries of a plain list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectName {
    /// `name`, `.name` for the name and below (Squid)
    Dstdomain,
    /// `name`, `*.name` for below
    Names,
    /// PAN-OS URL list
    PanUrl,
    /// PAN-OS URL list on a firewall that does not append the ending token
    PanUrlOpen,
    /// Azure target FQDN
    AzureFqdn,
    /// Addresses and networks
    Network,
}

/// `verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) inputs: Inputs,
    /// An output folder; or one file, recognised by its content: a Squid configuration, a PAC file, an ARM template,
    /// Bicep, Terraform, a PAN-OS configuration (XML or set commands) or a plain list
    #[arg(value_name = "DIR|FILE")]
    pub(super) path: PathBuf,
    /// What a single file is for
    #[arg(long, value_enum, default_value = "allow")]
    pub(super) product: ProductName,
    /// How the entries of a plain list are written [default: by their look]; for a PAN-OS configuration whether it
    /// appends the ending token
    #[arg(long, value_enum)]
    pub(super) dialect: Option<DialectName>,
    /// Answer of a PAC file that counts as allowed (of `--product`: as left alone, as direct); may be repeated
    /// [default: any that an unlisted name does not get]
    #[arg(long = "route", value_name = "ROUTE")]
    pub(super) routes: Vec<String>,
    /// Acl of the clients that stands in another file; may be repeated
    #[arg(long = "clients", value_name = "ACL", default_value = "localnet")]
    pub(super) clients: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

/// `match`.
#[derive(Debug, Args)]
pub(super) struct Match {
    /// Whose files they are
    #[arg(long, value_name = "NAME")]
    pub(super) target: String,
    /// The output folder, or the folder of the target in it; hand-edited copies too
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// The requests: `https://host/path`, `host:port` or `host` (port 443)
    #[arg(value_name = "URL")]
    pub(super) urls: Vec<String>,
    /// Read requests from standard input, one a line
    #[arg(long)]
    pub(super) stdin: bool,
    /// Option that the files were rendered with, such as `flavour=interception`; may be repeated
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(super) options: Vec<String>,
    /// Add or replace targets by the folders below DIR
    #[arg(long = "targets", value_name = "DIR")]
    pub(super) target_folder: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

impl Match {
    /// The form of the output; `--json` is short for `--format json`.
    pub(super) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// `publish`.
#[cfg(feature = "publish")]
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The folder that `build` wrote, and where to publish it: a folder, `s3://bucket/prefix`,
    /// `az://container/prefix` or `gs://bucket/prefix`. With `--rollback` the destination alone
    #[arg(value_name = "DIR] DEST", num_args = 1..=2, required = true)]
    pub(super) places: Vec<String>,
    /// Make the set before the current one current again
    #[arg(long)]
    pub(super) rollback: bool,
    /// Sets to keep for going back, the current one among them
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) keep: u32,
    /// Seconds for which clients may use a file again without asking; object stores only
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(super) max_age: u32,
    /// Setting of the object store, such as `endpoint=https://storage.example.com`; may be repeated. Keys and logins
    /// are taken from the variables `AWS_…`, `AZURE_…` and `GOOGLE_…`
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(super) options: Vec<String>,
    /// Go on although another run seems to be publishing there; after a quarter of an hour that is not needed
    #[arg(long)]
    pub(super) take_over: bool,
    /// How to print what was done
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

/// `serve`.
#[cfg(feature = "serve")]
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The folder that `build` wrote; or a profile, which is built in memory
    #[arg(value_name = "DIR|PROFILE")]
    pub(super) path: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) choices: Choices,
    /// Take over a new set when the folder holds one, or when the profile or its lists change; a change that gives no
    /// sound set leaves the last good one in place
    #[arg(long)]
    pub(super) watch: bool,
    /// Where to listen; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(super) listen: std::net::SocketAddr,
    /// Certificate chain (PEM), to serve over TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(super) tls_key: Option<PathBuf>,
    /// File with one `user:password` a line: who may read the lists. PAC files and `wpad.dat` stay open, since
    /// their clients cannot log in
    #[arg(long, value_name = "FILE")]
    pub(super) logins: Option<PathBuf>,
    /// Connections open at once; more of them wait
    #[arg(long, value_name = "COUNT", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) connections: u32,
    /// Seconds for which clients may use an answer again without asking
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(super) max_age: u32,
}

/// How to print a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For a comment below a pull request
    Markdown,
}

/// `diff`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 the same, 1 different, 2 could not run.")]
pub(super) struct Diff {
    /// The old list (workbook, page, service tags), an output folder, or a lock: `allowlistc.lock`,
    /// `allowlistc.lock#PROFILE` or `allowlistc.lock#FILE` for a part of it
    #[arg(value_name = "OLD")]
    pub(super) old: String,
    /// The new one, of the same kind
    #[arg(value_name = "NEW")]
    pub(super) new: String,
    /// Compare what this profile needs of the lists, and what its targets make of it
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<PathBuf>,
    /// Override one key of the profile; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "profile")]
    pub(super) overrides: Vec<String>,
    /// Folder of fetched lists that a lock names [default: .allowlistc beside the lock]
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
    /// Add or replace targets by the folders below DIR
    #[arg(long = "targets", value_name = "DIR")]
    pub(super) target_folder: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: ReportFormat,
}

/// `lint`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing but notes, 1 faults, 2 could not run.")]
pub(super) struct Lint {
    /// The lists: workbooks, pages, service tags
    #[arg(value_name = "SOURCE", required = true)]
    pub(super) sources: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: CheckFormat,
}

/// `targets`.
#[derive(Debug, Args)]
pub(super) struct Targets {
    /// Add or replace targets by the folders below DIR
    #[arg(long = "targets", value_name = "DIR")]
    pub(super) target_folder: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

/// `init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The profile to write; it must not exist yet
    #[arg(value_name = "PROFILE", default_value = "profile.toml")]
    pub(super) profile: PathBuf,
    /// Name of the outputs
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Cloud of the tenant
    #[arg(long)]
    pub(super) cloud: Option<String>,
    /// `standard` or `streamlined`
    #[arg(long)]
    pub(super) connectivity: Option<String>,
    /// Data location of the tenant; may be repeated
    #[arg(long = "geography", value_name = "NAME")]
    pub(super) geographies: Vec<String>,
    /// Devices of the fleet: `FAMILY` or `FAMILY=RELEASE,RELEASE`; may be repeated
    #[arg(long = "device", value_name = "FAMILY[=RELEASES]")]
    pub(super) devices: Vec<String>,
    /// The published list, relative to the profile, or its address; may be repeated [default: what the vendor
    /// publishes for the cloud]
    #[arg(long = "source", value_name = "FILE|URL")]
    pub(super) sources: Vec<String>,
}

/// How to reach servers.
#[cfg(feature = "fetch")]
#[derive(Debug, Args)]
pub(super) struct Network {
    /// Proxy for all requests, such as `http://proxy:8080` [default: the system's settings, `HTTPS_PROXY`]
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Trust the certificate authorities of this file (PEM) besides the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_bundle: Option<PathBuf>,
    /// Also ask servers without TLS, where anybody on the way can change the list
    #[arg(long)]
    pub(super) allow_http: bool,
    /// Ask for whole files, whatever the server said of them the last time
    #[arg(long)]
    pub(super) fresh: bool,
    /// Give up on a file after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: u64,
    /// Ask so many times more after a failure that may pass
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(super) retries: u8,
}

/// `fetch`.
#[cfg(feature = "fetch")]
#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// The profile (TOML)
    #[arg(value_name = "PROFILE", default_value = "profile.toml")]
    pub(super) profile: PathBuf,
    /// Lock this list instead of the profile's sources; may be repeated
    #[arg(long = "source", value_name = "FILE")]
    pub(super) sources: Vec<PathBuf>,
    /// Override one key of the profile, such as `cloud=gcc`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) overrides: Vec<String>,
    /// Only say whether something changed: write nothing, exit with 10 if so
    #[arg(long)]
    pub(super) check: bool,
    /// Accept findings of this code about a changed list, with the reason that the lock keeps; may be repeated
    #[arg(long = "accept", value_name = "CODE=REASON")]
    pub(super) accept: Vec<String>,
    /// Folder of fetched lists [default: .allowlistc beside the profile]
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
    /// Then remove the copies that allowlistc.lock no longer names, of the cache beside it; comparisons with older
    /// locks need them
    #[arg(long, conflicts_with_all = ["cache", "check"])]
    pub(super) prune: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "documented on the type")]
    pub(super) network: Network,
    /// Add or replace targets by the folders below DIR
    #[arg(long = "targets", value_name = "DIR")]
    pub(super) target_folder: Option<PathBuf>,
    /// How to print the summary and findings
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
    /// Also print what the readers say of the new lists, and notes
    #[arg(long, short)]
    pub(super) verbose: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code in brackets behind `error`, `warning` or `note`; without it all codes are listed
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

/// `schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Of what
    #[arg(value_enum)]
    pub(super) of: SchemaOf,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// The profile
    Profile,
    /// A target folder's target.toml
    Target,
}

//! The command line: files, terminal and exit codes; everything else is pure.

mod args;
mod build;
mod built;
mod check;
mod client;
mod diagnose;
mod diff;
mod explain;
#[cfg(feature = "fetch")]
mod fetch;
mod folder;
mod import;
mod init;
mod job;
mod lint;
mod list;
mod match_request;
#[cfg(feature = "probe")]
mod probe;
#[cfg(feature = "publish")]
mod publish;
mod replay;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod services;
mod sources;
mod table;
mod targets;
mod typed;
mod url;
mod verify;
mod verify_file;
mod why;
mod width;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::diagnostic::{Finding, Findings, Severity, to_human, visible};
use crate::request;
use crate::write::WriteError;
use args::{Command, Verb};

/// What stopped a command before it could do its work: exit code 2.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// A file that cannot be read or written.
    #[error("{deed} `{path}`: {source}")]
    File {
        deed: &'static str,
        path: String,
        #[source]
        source: io::Error,
    },
    /// Anything else that the command line asks for and that cannot be done.
    #[error("{0}")]
    Request(String),
    /// An argument that cannot be applied, with its findings.
    #[error("an argument cannot be applied")]
    Argument(Findings),
    /// An output folder that cannot be written or read.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What the program carries in itself and cannot use.
impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Request(finding.message)
    }
}

impl From<io::Error> for Stop {
    fn from(source: io::Error) -> Self {
        Self::File { deed: "writing", path: "standard output".into(), source }
    }
}

/// Runs what was typed.
pub fn run() -> ExitCode {
    crate::source::hide_contained_panics();
    let result = match Command::parse().verb {
        Verb::Build(args) => build::run(&args),
        Verb::Check(args) => check::run(&args),
        Verb::List(args) => list::run(&args),
        Verb::Why(args) => why::run(&args),
        Verb::Verify(args) => verify::run(&args),
        Verb::Match(args) => match_request::run(&args),
        #[cfg(feature = "probe")]
        Verb::Probe(args) => probe::run(&args),
        #[cfg(feature = "publish")]
        Verb::Publish(args) => publish::run(&args),
        #[cfg(feature = "serve")]
        Verb::Serve(args) => serve::run(&args),
        Verb::Diff(args) => diff::run(&args),
        Verb::Lint(args) => lint::run(&args),
        Verb::Client(args) => client::run(&args),
        Verb::Diagnose(args) => diagnose::run(&args),
        Verb::Import(args) => import::run(&args),
        Verb::Replay(args) => replay::run(&args),
        Verb::Targets(args) => targets::run(&args),
        Verb::Init(args) => init::run(&args),
        Verb::Explain(args) => explain::run(&args),
        Verb::Schema(args) => schema::run(&args),
        #[cfg(feature = "fetch")]
        Verb::Fetch(args) => return exit(fetch::run(&args)),
    };
    exit(result.map(|success| u8::from(!success)))
}

/// The exit code of a verb; what stopped it is told.
fn exit(result: Result<u8, Stop>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Stop::Argument(findings)) => {
            report(&findings, false);
            ExitCode::from(2)
        }
        Err(stop) => {
            // Nothing is left to report to if standard error is closed as well.
            let _ = writeln!(io::stderr(), "error: {}", visible(&stop.to_string()));
            ExitCode::from(2)
        }
    }
}

/// Prints to standard output. A reader that has gone, such as `head`, changes nothing about the verdict.
fn print(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Prints text for people: as wide as the terminal.
fn print_human(text: &str) -> Result<(), Stop> {
    print(&width::wrapped(text, width::columns(&io::stdout())))
}

/// Tells on standard error what a long-running command does.
#[cfg(feature = "serve")]
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(text));
}

/// Prints findings to standard error; notes only if asked for.
fn report(findings: &Findings, notes: bool) {
    let least = if notes { Severity::Note } else { Severity::Warning };
    let text = to_human(findings, least, colours(&io::stderr()));
    let text = width::wrapped(&text, width::columns(&io::stderr()));
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Colours only on a terminal that wants them.
#[expect(clippy::disallowed_methods, reason = "the environment enters here")]
fn colours(stream: &impl IsTerminal) -> bool {
    let unset = |name| std::env::var(name).map_or(true, |value| value.is_empty());
    stream.is_terminal() && unset("NO_COLOR") && std::env::var("TERM").as_deref() != Ok("dumb")
}

/// `2 warnings and 3 notes`, or an empty text.
fn tally(findings: &Findings) -> String {
    let part = |severity: Severity| match findings.count(severity) {
        0 => None,
        1 => Some(format!("1 {}", severity.as_str())),
        many => Some(format!("{many} {}s", severity.as_str())),
    };
    let parts: Vec<String> =
        [Severity::Error, Severity::Warning, Severity::Note].into_iter().filter_map(part).collect();
    parts.join(", ")
}

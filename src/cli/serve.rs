//! `serve`: a small web server for an output set.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::args::Serve;
use super::job::read_file;
use super::{Stop, report, tell};
use crate::diagnostic::Findings;
use crate::manifest::sha256;
use crate::output_set::{NoSet, OutputSet};
use crate::serve::{Logins, Options, Reload, Site, load_tls, serve};
use crate::write::MANIFEST;

/// How often inputs are looked at with `--watch`.
const INTERVAL: Duration = Duration::from_secs(2);
/// Bytes of a file of logins.
const LARGEST_LOGINS: u64 = 1 << 20;

pub(super) fn run(args: &Serve) -> Result<bool, Stop> {
    let options = options(args)?;
    let site = match site_of(&args.path) {
        Ok(site) => site,
        Err(refusal) => {
            report(&findings(&refusal), false);
            return Ok(false);
        }
    };
    let (name, scheme) = (site.profile().to_owned(), if options.tls.is_some() { "https" } else { "http" });
    let started = |address| {
        tell(&format!("serving {name} on {scheme}://{address}/"));
    };
    let reload = args.watch.then(|| (INTERVAL, watcher(args.path.clone())));
    serve(options, site, started, reload).map_err(|stopped| Stop::Request(stopped.to_string()))?;
    tell("stopped");
    Ok(true)
}

fn options(args: &Serve) -> Result<Options, Stop> {
    let tls = match (&args.tls_certificate, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(load_tls(certificate, key).map_err(|fault| Stop::Request(fault.to_string()))?)
        }
        _ => None,
    };
    let logins = match &args.logins {
        Some(path) => {
            let text = String::from_utf8(read_file(path, LARGEST_LOGINS)?)
                .map_err(|_| Stop::Request(format!("`{}` is not UTF-8 text", path.display())))?;
            Logins::parse(&text).map_err(|fault| Stop::Request(format!("`{}`: {fault}", path.display())))?
        }
        None => Logins::default(),
    };
    Ok(Options {
        listen: args.listen,
        tls,
        logins,
        most_connections: usize::try_from(args.connections).unwrap_or(usize::MAX),
        max_age: args.max_age,
    })
}

fn site_of(folder: &Path) -> Result<Site, NoSet> {
    // The clock enters here: a time of change must not lie in the future.
    #[expect(clippy::disallowed_methods, reason = "a server's answers carry dates")]
    let now = SystemTime::now();
    OutputSet::read(folder).map(|set| Site::new(set, now))
}

/// Looks whether the folder holds another set, by its manifest.
fn watcher(folder: std::path::PathBuf) -> impl FnMut(&Site) -> Reload + Send + 'static {
    let mut refused = String::new();
    move |served| {
        let id = read_file(&folder.join(MANIFEST), 1 << 30).map(|bytes| sha256(&bytes)).unwrap_or_default();
        if id == served.id() || id == refused {
            return Reload::Same;
        }
        match site_of(&folder) {
            Ok(mut site) => {
                site.keep_times(served);
                tell(&format!("took over a new set of {}", site.profile()));
                Reload::Changed(Box::new(site))
            }
            Err(refusal) => {
                // Told once, not at every look.
                refused = id;
                report(&findings(&refusal), false);
                tell("the last good set stays");
                Reload::Failed
            }
        }
    }
}

fn findings(refusal: &NoSet) -> Findings {
    let mut findings = Findings::default();
    findings.push(refusal.finding());
    findings
}

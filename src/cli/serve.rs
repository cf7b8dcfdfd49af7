//! `serve`: a small web server for an output set, from a folder or built in memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::args::{Inputs, Serve};
use super::built;
use super::job::read_file;
use super::list::pretty;
use super::sources::lock_path;
use super::{Stop, report, tell};
use crate::diagnostic::Findings;
use crate::manifest::sha256;
use crate::output_set::{NoSet, OutputSet};
use crate::serve::{Logins, Options, Reload, Site, load_tls, serve};
use crate::write::{MANIFEST, ReadingFolder};

/// How often inputs are looked at with `--watch`.
const INTERVAL: Duration = Duration::from_secs(2);
/// Bytes of a file of logins.
const LARGEST_LOGINS: u64 = 1 << 20;

pub(super) fn run(args: &Serve) -> Result<bool, Stop> {
    let options = options(args)?;
    let mut origin = Origin::of(args)?;
    let Some(site) = origin.site()? else { return Ok(false) };
    let (name, scheme) = (site.profile().to_owned(), if options.tls.is_some() { "https" } else { "http" });
    let started = |address| tell(&format!("serving {name} on {scheme}://{address}/"));
    let reload = args.watch.then_some((INTERVAL, move |served: &Site| origin.reload(served)));
    serve(options, site, started, reload).map_err(|stopped| Stop::Request(stopped.to_string()))?;
    tell("stopped");
    Ok(true)
}

/// Where the set comes from.
enum Origin {
    /// An output folder; how its manifest looked, and its digest.
    Folder { folder: PathBuf, look: Look, seen: String },
    /// A profile, and how the files that it was built from looked.
    Profile { inputs: Inputs, files: Vec<PathBuf>, seen: Vec<Look> },
}

/// Length and time of change of a file.
type Look = Option<(u64, SystemTime)>;

impl Origin {
    fn of(args: &Serve) -> Result<Self, Stop> {
        let choices = &args.choices;
        if args.path.is_dir() {
            let is_chosen = !choices.sources.is_empty()
                || !choices.overrides.is_empty()
                || choices.locked
                || choices.cache.is_some()
                || choices.target_folder.is_some();
            if is_chosen {
                let message = "`--source`, `--set`, `--locked`, `--cache` and `--targets` are for a profile, not for a folder";
                return Err(Stop::Request(message.into()));
            }
            return Ok(Self::Folder { folder: args.path.clone(), look: None, seen: String::new() });
        }
        let inputs = Inputs { profile: args.path.clone(), choices: choices.clone() };
        Ok(Self::Profile { inputs, files: Vec::new(), seen: Vec::new() })
    }

    /// The site as it is now; `None` if there is no sound set, which was told.
    fn site(&mut self) -> Result<Option<Site>, Stop> {
        let set = match self {
            Self::Folder { folder, look, seen } => {
                *look = settled(&folder.join(MANIFEST));
                *seen = manifest_of(folder);
                // A folder that cannot be locked can still be read: what is served is proved by its digests.
                let _reading = ReadingFolder::open(folder);
                OutputSet::read(folder)
            }
            Self::Profile { inputs, files, seen } => {
                let made = build(inputs)?;
                if !made.files.is_empty() {
                    *files = made.files;
                }
                *seen = looks(files);
                match made.set {
                    Some(set) => set,
                    None => return Ok(None),
                }
            }
        };
        match set {
            // A time of change must not lie in the future.
            Ok(set) => Ok(Some(Site::new(set, now()))),
            Err(refusal) => {
                let mut findings = Findings::default();
                findings.push(refusal.finding());
                report(&findings, false);
                Ok(None)
            }
        }
    }

    /// Whether anything looks different from the last look, successful or not: what fails is told once.
    fn changed(&mut self, served: &Site) -> bool {
        match self {
            Self::Folder { folder, look, seen } => {
                let looked = settled(&folder.join(MANIFEST));
                if looked.is_some() && looked == *look {
                    return false;
                }
                *look = looked;
                let found = manifest_of(folder);
                found != served.id() && found != *seen
            }
            Self::Profile { files, seen, .. } => looks(files) != *seen,
        }
    }

    fn reload(&mut self, served: &Site) -> Reload {
        if !self.changed(served) {
            return Reload::Same;
        }
        match self.site() {
            Ok(Some(site)) if site.id() == served.id() => Reload::Same,
            Ok(Some(mut site)) => {
                site.keep_times(served);
                tell(&format!("took over a new set of {}", site.profile()));
                Reload::Changed(Box::new(site))
            }
            Ok(None) => failed(""),
            Err(stop) => failed(&format!("{stop}; ")),
        }
    }
}

fn failed(why: &str) -> Reload {
    tell(&format!("{why}the last good set stays"));
    Reload::Failed
}

/// The digest of a folder's manifest; nothing where there is none.
fn manifest_of(folder: &Path) -> String {
    read_file(&folder.join(MANIFEST), 1 << 30).map(|bytes| sha256(&bytes)).unwrap_or_default()
}

fn looks(files: &[PathBuf]) -> Vec<Look> {
    files.iter().map(|path| look(path)).collect()
}

fn look(path: &Path) -> Look {
    let data = fs::metadata(path).ok()?;
    Some((data.len(), data.modified().ok()?))
}

/// How a file looks if that tells its bytes. Whoever writes twice within a moment can leave the same look twice.
fn settled(path: &Path) -> Look {
    let look = look(path)?;
    let age = now().duration_since(look.1).ok()?;
    (age > 2 * INTERVAL).then_some(look)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock enters here: answers carry dates, files have an age"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// What a build of a profile comes to.
struct Made {
    /// `None` if there are errors, which were told.
    set: Option<Result<OutputSet, NoSet>>,
    /// The files that decide it, as far as they are known.
    files: Vec<PathBuf>,
}

fn build(inputs: &Inputs) -> Result<Made, Stop> {
    let mut findings = Findings::default();
    let (built, _) = built::build(inputs, &[], &mut findings)?;
    let Some(built) = built else {
        report(&findings, false);
        return Ok(Made { set: None, files: Vec::new() });
    };
    let mut files = vec![inputs.profile.clone(), lock_path(&inputs.profile)];
    files.extend(built.job.source_paths.iter().map(|(_, path)| path.clone()));
    let manifest = pretty(&built.manifest(inputs, &findings));
    let artifacts = &built.output.artifacts;
    let read = |path: &str, _: u64| {
        let artifact = artifacts.iter().find(|artifact| artifact.path_in_folder() == path);
        artifact.map(|artifact| (artifact.bytes.clone(), None)).ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    let set = OutputSet::new(manifest.into_bytes(), &inputs.profile.display().to_string(), read);
    Ok(Made { set: Some(set), files })
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

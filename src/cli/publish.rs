//! `publish`: an output set into a folder or an object store.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;

use super::args::{Format, Publish};
use super::folder::{open_for_reading, recovered};
use super::list::pretty;
use super::{Stop, print, report};
use crate::diagnostic::{Code, Finding, Findings, Place, visible, with_causes};
use crate::output_set::OutputSet;
use crate::publish::{Bounds, Destination, Folder, Kind, Placement, PublishError, Published, Store, open};

pub(super) fn run(args: &Publish) -> Result<bool, Stop> {
    let (folder, destination) = places(args)?;
    let parsed: Destination = destination.parse().map_err(stop)?;
    let folder = folder.map(Path::new);
    let _reading = folder.filter(|folder| folder.is_dir()).map(open_for_reading).transpose()?;
    let set = match folder.map(OutputSet::read).transpose() {
        Ok(set) => set,
        Err(refusal) => {
            let mut findings = Findings::default();
            findings.push(refusal.finding());
            report(&findings, false);
            return Ok(false);
        }
    };
    let published = match parsed {
        Destination::Folder(path) => into_folder(args, path, set.as_ref())?,
        Destination::Store(kind, address) => into_store(args, kind, &address, set.as_ref())?,
    };
    tell(args, destination, &published)?;
    Ok(true)
}

/// The output folder, unless an earlier set is wanted, and the destination.
fn places(args: &Publish) -> Result<(Option<&str>, &str), Stop> {
    match (args.places.as_slice(), args.rollback) {
        ([folder, destination], false) => Ok((Some(folder), destination)),
        ([destination], true) => Ok((None, destination)),
        (_, false) => {
            Err(Stop::Request("give the output folder and the destination: `publish DIR DEST`".into()))
        }
        (_, true) => Err(Stop::Request("give the destination alone: `publish --rollback DEST`".into())),
    }
}

fn into_folder(args: &Publish, path: PathBuf, set: Option<&OutputSet>) -> Result<Published, Stop> {
    if let Some(option) = args.options.first() {
        return Err(Stop::Request(format!("`--option {option}`: a folder has no options")));
    }
    let folder = Folder::new(path.clone(), keep(args));
    let placement = match set {
        Some(set) => folder.publish(set),
        None => folder.roll_back(),
    }
    .map_err(stop)?;
    let Placement { published, recovery, edited, kept } = placement;
    let mut told = recovered(recovery, &path);
    told.append(changed_by_hand(&edited, kept.as_deref(), &path));
    report(&told, false);
    Ok(published)
}

/// Files of the folder that were changed after they were published, and where they are now.
fn changed_by_hand(edited: &[String], kept: Option<&Path>, folder: &Path) -> Findings {
    let mut findings = Findings::default();
    let Some(kept) = kept else { return findings };
    let help = format!(
        "the changed set lies in `{}`; bring what is needed of it into the profile, since no build proves it",
        kept.display()
    );
    let mut warn = |message: String, place: Place| {
        findings.push(Finding::warning(Code::PublishedChanged, message).at(place).help(help.clone()));
    };
    for name in edited {
        let message = format!("`{name}` was changed after it was published; it was replaced");
        warn(message, Place::file(folder.join(name).display().to_string()));
    }
    if edited.is_empty() {
        let message =
            "the set before was changed by hand after it was published; an older one is back".to_owned();
        warn(message, Place::file(kept.display().to_string()));
    }
    findings
}

fn into_store(args: &Publish, kind: Kind, address: &str, set: Option<&OutputSet>) -> Result<Published, Stop> {
    let options = args.options.iter().map(|option| {
        let pair = option.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) =
            pair.ok_or_else(|| Stop::Request(format!("`--option {option}` is no `key=value`")))?;
        Ok((key.to_owned(), value.to_owned()))
    });
    let options = options.collect::<Result<Vec<_>, Stop>>()?;
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let (store, prefix) = open(kind, address, environment, &options).map_err(stop)?;
    #[expect(clippy::disallowed_methods, reason = "the clock enters here")]
    let now = SystemTime::now();
    let bounds = Bounds { keep: keep(args), max_age: args.max_age, take_over: args.take_over, now };
    let store = Store::new(store, prefix, bounds);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result: Result<Published, PublishError> = runtime.block_on(async {
        match set {
            Some(set) => store.publish(set).await,
            None => store.roll_back().await,
        }
    });
    result.map_err(stop)
}

fn keep(args: &Publish) -> usize {
    usize::try_from(args.keep).unwrap_or(usize::MAX)
}

fn stop(error: impl std::error::Error) -> Stop {
    Stop::Request(with_causes(&error))
}

fn tell(args: &Publish, destination: &str, published: &Published) -> Result<(), Stop> {
    let Published { written, unchanged, removed, id } = published;
    match args.format {
        Format::Human => {
            let lines = written.iter().map(|name| (name, ""));
            let lines = lines.chain(removed.iter().map(|name| (name, " removed")));
            let text = lines.fold(String::new(), |mut text, (name, what)| {
                let _ = writeln!(text, "  {}{what}", visible(name));
                text
            });
            print(&format!(
                "{text}{}: {} written, {unchanged} unchanged, {} removed; set {}\n",
                visible(destination),
                written.len(),
                removed.len(),
                id.get(..16).unwrap_or(id),
            ))
        }
        Format::Json => print(&pretty(&json!({
            "destination": destination, "set": id, "written": written, "unchanged": unchanged, "removed": removed,
        }))),
    }
}

//! `Job`: the profile and its lists, read from files; then everything up to the allowlist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::Inputs;
use super::sources::{self, Copy};
use super::{Stop, report};
use crate::allowlist::Allowlist;
use crate::client::{Components, PARENT};
use crate::compile::{check_settings, plan, plans, share_work};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::excluded::report_still_allowed;
use crate::lower::Plan;
use crate::manifest::{DateOf, Input, SourceDate, sha256};
use crate::normalise::{Normalised, normalise};
use crate::profile::{self, Profile};
use crate::rules::Rules;
use crate::select::{Dropped, Selection, select};
use crate::source::{self, Document};
use crate::target::{Registry, Target};

/// Everything up to the allowlist.
pub(super) struct Job {
    pub(super) profile: Profile,
    pub(super) profile_sha256: String,
    pub(super) rules: Rules,
    pub(super) registry: Registry,
    pub(super) sources: Vec<Input>,
    /// Name and path of every list, as they were typed.
    pub(super) source_paths: Vec<(String, PathBuf)>,
    pub(super) dropped: Vec<Dropped>,
    /// Rows of which the fleet needs a part.
    pub(super) narrowed: Vec<Dropped>,
    pub(super) list: Allowlist,
}

impl Job {
    /// What a target is told under the profile.
    pub(super) fn plan(&self, target: &Target, findings: &mut Findings) -> Plan<'_> {
        plan(&self.list, &self.profile, target, findings)
    }

    /// Rows that are left out, and those in whose place values of the profile stand.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &Dropped> {
        self.dropped.iter().chain(&self.narrowed)
    }

    /// What every target that the profile builds is told.
    pub(super) fn plans(&self) -> Vec<Plan<'_>> {
        plans(&self.list, &self.profile, &self.registry)
    }
}

/// Reads the inputs of a verb that needs a profile and lists without errors; those are told, and then `missing`, such
/// as `there is no answer`.
pub(super) fn load_sound(inputs: &Inputs, missing: &str) -> Result<Job, Stop> {
    load_sound_with_findings(inputs, missing).map(|(job, _)| job)
}

/// The same, with what was found that is no error.
pub(super) fn load_sound_with_findings(inputs: &Inputs, missing: &str) -> Result<(Job, Findings), Stop> {
    let mut findings = Findings::default();
    let job = load(inputs, &mut findings)?;
    let Some(job) = job.filter(|_| !findings.has_errors()) else {
        report(&findings, false);
        return Err(Stop::Request(format!("the profile and its list have errors, so {missing}")));
    };
    Ok((job, findings))
}

/// Reads the inputs and selects. `None` if findings say why the profile cannot be used.
pub(super) fn load(inputs: &Inputs, findings: &mut Findings) -> Result<Option<Job>, Stop> {
    load_beside(inputs, findings, None)
}

/// Work that needs no list.
type Beside<'w> = &'w (dyn Fn(&Profile, &Registry) + Sync);

/// The same. The targets are read beside the lists, and then other work is done with them.
pub(super) fn load_beside(
    inputs: &Inputs,
    findings: &mut Findings,
    work: Option<Beside<'_>>,
) -> Result<Option<Job>, Stop> {
    share_work();
    let mut of_profile = Findings::default();
    let read = parse_profile(&inputs.profile, &inputs.overrides, &mut of_profile)?;
    let sound = read.as_ref().filter(|_| !of_profile.has_errors());
    let (selected, ready) = rayon::join(
        || sound.map(|(profile, rules, _)| read_and_select(inputs, profile, rules)).transpose(),
        || make_ready(inputs, sound.map(|(profile, ..)| profile), work),
    );
    let (registry, of_targets) = ready?;
    findings.append(of_targets);
    findings.append(of_profile);
    let Some((profile, rules, profile_sha256)) = read else { return Ok(None) };
    check_settings(&profile, &registry, findings);
    if findings.has_errors() {
        return Ok(None);
    }
    let Some((selected, of_lists)) = selected? else { return Ok(None) };
    findings.append(of_lists);
    let Selected { sources, source_paths, list, dropped, narrowed } = selected;
    Ok(Some(Job { profile, profile_sha256, rules, registry, sources, source_paths, dropped, narrowed, list }))
}

/// Reads the targets, and does what can be done with them and a sound profile.
fn make_ready(
    inputs: &Inputs,
    profile: Option<&Profile>,
    work: Option<Beside<'_>>,
) -> Result<(Registry, Findings), Stop> {
    let mut findings = Findings::default();
    let registry = registry(inputs.target_folder.as_deref(), &mut findings)?;
    if let (Some(work), Some(profile), false) = (work, profile, findings.has_errors()) {
        work(profile, &registry);
    }
    Ok((registry, findings))
}

/// What the lists come to under a profile.
struct Selected {
    sources: Vec<Input>,
    source_paths: Vec<(String, PathBuf)>,
    list: Allowlist,
    dropped: Vec<Dropped>,
    narrowed: Vec<Dropped>,
}

/// Reads the lists and selects.
fn read_and_select(inputs: &Inputs, profile: &Profile, rules: &Rules) -> Result<(Selected, Findings), Stop> {
    let mut findings = Findings::default();
    let copies = sources::copies(inputs, profile, rules, &mut findings)?;
    let ReadLists { documents, sources, source_paths } = read_copies(&copies, rules, &mut findings);
    drop(copies);
    let Selection { kept, mut dropped, narrowed } = select(&documents, profile, rules, &mut findings);
    drop(documents);
    let shared = profile.bypass_shared_suffixes;
    let Normalised { list, unreadable } = normalise(kept, rules, shared, &mut findings);
    report_still_allowed(&list, &dropped, profile, rules, &mut findings);
    dropped.extend(unreadable);
    Ok((Selected { sources, source_paths, list, dropped, narrowed }, findings))
}

/// The profile, the rules of its list, and its digest.
type ReadProfile = (Profile, Rules, String);

/// The profile with the rules of its list and its digest, checked against the targets. `None` if findings say why it
/// cannot be used at all.
pub(super) fn read_profile(
    path: &Path,
    overrides: &[String],
    registry: &Registry,
    findings: &mut Findings,
) -> Result<Option<ReadProfile>, Stop> {
    let read = parse_profile(path, overrides, findings)?;
    if let Some((profile, ..)) = &read {
        check_settings(profile, registry, findings);
    }
    Ok(read)
}

/// The same, still without a look at the targets.
fn parse_profile(
    path: &Path,
    overrides: &[String],
    findings: &mut Findings,
) -> Result<Option<ReadProfile>, Stop> {
    let bytes = read_file(path, profile::LARGEST as u64)?;
    let file = file_name(path);
    let Ok(text) = String::from_utf8(bytes) else {
        findings
            .push(Finding::error(Code::ProfileSyntax, "the profile is not UTF-8 text").at(Place::file(file)));
        return Ok(None);
    };
    let parsed = profile::parse(&file, &text, overrides, Rules::shipped, findings);
    if findings.iter().any(|finding| finding.code == Code::ProfileOverride) {
        return Err(Stop::Argument(std::mem::take(findings)));
    }
    Ok(parsed.map(|(profile, rules)| (profile, rules, sha256(text.as_bytes()))))
}

/// The shipped targets with those below a folder.
pub(super) fn registry(folder: Option<&Path>, findings: &mut Findings) -> Result<Registry, Stop> {
    let mut registry = Registry::shipped()?;
    for (name, files) in folder.map(declared_folders).transpose()?.into_iter().flatten() {
        registry.add(&name, files, findings);
    }
    Ok(registry)
}

/// The shipped components of devices with those below the folder `client` of a folder, if it has one.
pub(super) fn components(folder: Option<&Path>, findings: &mut Findings) -> Result<Components, Stop> {
    let mut components = Components::shipped()?;
    // A folder that is not there at all is a mistake of whoever named it.
    folder.map(sorted_entries).transpose()?;
    let below = folder.map(|folder| folder.join(PARENT)).filter(|folder| folder.is_dir());
    for (name, files) in below.as_deref().map(declared_folders).transpose()?.into_iter().flatten() {
        components.add(&name, files, findings);
    }
    Ok(components)
}

/// The texts of a folder's files by their names.
type Texts = BTreeMap<String, String>;

/// The folders in `folder` that declare something, by name, with their files.
fn declared_folders(folder: &Path) -> Result<Vec<(String, Texts)>, Stop> {
    let mut declared = Vec::new();
    for path in sorted_entries(folder)?.into_iter().filter(|path| path.join("target.toml").is_file()) {
        let mut files = BTreeMap::new();
        for file in sorted_entries(&path)?.into_iter().filter(|file| file.is_file()) {
            let bytes = read_file(&file, profile::LARGEST as u64)?;
            files.insert(file_name(&file), String::from_utf8_lossy(&bytes).into_owned());
        }
        declared.push((file_name(&path), files));
    }
    Ok(declared)
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let stop = |source| Stop::File { deed: "reading", path: folder.display().to_string(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(stop)? {
        paths.push(entry.map_err(stop)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The lists, read; their digests; and where people look them up.
#[derive(Default)]
struct ReadLists {
    documents: Vec<Document>,
    sources: Vec<Input>,
    source_paths: Vec<(String, PathBuf)>,
}

/// Reads the lists.
fn read_copies(copies: &[Copy], rules: &Rules, findings: &mut Findings) -> ReadLists {
    let mut names = BTreeSet::new();
    let mut read = ReadLists::default();
    for Copy { name, path, bytes, date } in copies {
        let name = unique_name(name.clone(), &mut names);
        let document = source::read(&name, bytes, &rules.reading, findings);
        let listed: usize = document.tables.iter().map(|table| table.rows.len()).sum();
        let rows = listed + document.left_out.len() + document.tags.len();
        read.source_paths.push((name.clone(), path.clone()));
        let date = date_of(date.clone(), &document);
        read.sources.push(Input { name, sha256: sha256(bytes), rows, date });
        read.documents.push(document);
    }
    read
}

/// What the server said of the copy; else what the list says of itself.
fn date_of(server: Option<String>, document: &Document) -> Option<SourceDate> {
    let own = |of, text: Option<&str>| text.map(|text| SourceDate { text: text.to_owned(), of });
    server
        .map(|text| SourceDate { text, of: DateOf::Server })
        .or_else(|| own(DateOf::ChangeLog, document.newest_change()))
        .or_else(|| own(DateOf::Page, document.page_date.as_deref()))
}

fn unique_name(name: String, names: &mut BTreeSet<String>) -> String {
    let mut unique = name.clone();
    let mut number = 1;
    while !names.insert(unique.clone()) {
        number += 1;
        unique = format!("{name}#{number}");
    }
    unique
}

/// Reads a file of at most `most` bytes; one that is larger is read up to one byte more, for the reader to refuse.
pub(super) fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, Stop> {
    let stop = |source| Stop::File { deed: "reading", path: path.display().to_string(), source };
    let mut bytes = Vec::new();
    open_file(path)?.take(most + 1).read_to_end(&mut bytes).map_err(stop)?;
    Ok(bytes)
}

/// Reads a file that was given as an argument; `-` is standard input.
pub(super) fn read_given(path: &Path, most: u64) -> Result<Vec<u8>, Stop> {
    if !is_stdin(path) {
        return read_file(path, most);
    }
    let stop = |source| Stop::File { deed: "reading", path: STDIN.into(), source };
    let mut bytes = Vec::new();
    io::stdin().lock().take(most + 1).read_to_end(&mut bytes).map_err(stop)?;
    Ok(bytes)
}

/// The name of a file that was given as an argument.
pub(super) fn given_name(path: &Path) -> String {
    if is_stdin(path) { STDIN.to_owned() } else { file_name(path) }
}

/// Standard input ends once: it cannot be two of the files.
pub(super) fn once_stdin(paths: &[PathBuf]) -> Result<(), Stop> {
    if paths.iter().filter(|path| is_stdin(path)).count() < 2 {
        return Ok(());
    }
    Err(Stop::Request("`-` is given twice, and standard input can be read once".to_owned()))
}

/// What messages call standard input.
pub(super) const STDIN: &str = "standard input";

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Opens a file, or a pipe that was opened for us: no other one, which may never end.
pub(super) fn open_file(path: &Path) -> Result<fs::File, Stop> {
    let stop = |source| Stop::File { deed: "reading", path: path.display().to_string(), source };
    let kind = fs::metadata(path).map_err(stop)?.file_type();
    if !(kind.is_file() || kind.is_dir() || is_handed_over(path, kind)) {
        return Err(Stop::Request(format!(
            "reading `{}`: it is a pipe or a device and may never end; give a file, or the list on standard input as \
             `/dev/stdin`",
            path.display()
        )));
    }
    fs::File::open(path).map_err(stop)
}

/// Whether a path is a pipe that whoever started us has opened for us, as a shell does for `<(command)`.
#[cfg(unix)]
fn is_handed_over(path: &Path, kind: fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_fifo()
        && (path == Path::new("/dev/stdin")
            || ["/dev/fd", "/proc"].iter().any(|folder| path.starts_with(folder)))
}

#[cfg(not(unix))]
fn is_handed_over(_: &Path, _: fs::FileType) -> bool {
    false
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

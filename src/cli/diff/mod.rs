//! `diff`: what changed between two lists, and what that changes on firewalls.

mod side;

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{Diff as Arguments, ReportFormat};
use super::folder::{files_below, open_for_reading};
use super::job::{self, file_name, read_file};
use super::list::pretty;
use super::sources::Copy;
use super::{Stop, print, report};
use crate::allowlist::Allowlist;
use crate::compile::{check_settings, compile};
use crate::diagnostic::{Code, Findings, Place};
use crate::diff::output::{Outputs, compare_outputs};
use crate::diff::{
    Items, Report, compare, compare_items, mark, to_human as diff_to_human, to_json, to_markdown,
};
use crate::normalise::normalise;
use crate::profile::{self, Profile, target_settings};
use crate::rules::Rules;
use crate::select::select;
use crate::source::{self, Document};
use crate::target::{Registry, Settings, Target, Value as OptionValue};
use crate::verify::read_back::Files;
use crate::verify::read_target;
use side::Side;

pub(super) fn run(args: &Arguments) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let registry = job::registry(args.target_folder.as_deref(), &mut findings)?;
    let read = |path| read_profile(path, &args.overrides, &registry);
    let profile = args.profile.as_deref().map(read).transpose()?;
    let side = |argument: &str| Side::find(argument, args.cache.as_deref());
    let mut made = match (side(&args.old)?, side(&args.new)?) {
        (Side::Lists(old), Side::Lists(new)) => lists([&old, &new], profile.as_ref(), &registry)?,
        (Side::Folder(old), Side::Folder(new)) => {
            folders([&old, &new], profile.as_ref().map(|(profile, _)| profile), &registry)?
        }
        (Side::Lists(_), Side::Folder(_)) | (Side::Folder(_), Side::Lists(_)) => {
            return Err(Stop::Request(
                "one side is an output folder and the other a list; both must be lists, or both output folders".into(),
            ));
        }
    };
    let (old, new) = (name(&args.old), name(&args.new));
    made.names = if old == new { [args.old.clone(), args.new.clone()] } else { [old, new] };
    report(&findings, false);
    print(&match args.format {
        ReportFormat::Human => diff_to_human(&made),
        ReportFormat::Markdown => to_markdown(&made),
        ReportFormat::Json => pretty(&to_json(&made)),
    })?;
    Ok(made.is_empty())
}

/// The file or folder without those above it.
fn name(argument: &str) -> String {
    file_name(Path::new(argument.trim_end_matches('/')))
}

fn read_profile(path: &Path, overrides: &[String], registry: &Registry) -> Result<(Profile, Rules), Stop> {
    let bytes = read_file(path, profile::LARGEST as u64)?;
    let mut findings = Findings::default();
    let text = String::from_utf8_lossy(&bytes);
    let parsed = profile::parse(&file_name(path), &text, overrides, Rules::shipped, &mut findings);
    if let Some((profile, _)) = &parsed {
        check_settings(profile, registry, &mut findings);
    }
    let sound = parsed.filter(|_| !findings.has_errors());
    sound.ok_or_else(|| stopped("the profile cannot be used", &findings))
}

/// Why there is nothing to compare.
fn stopped(what: &str, findings: &Findings) -> Stop {
    report(findings, false);
    Stop::Request(format!("{what}, so that nothing was compared"))
}

/// The two lists; with a profile what it selects of them, and what its targets make of it.
fn lists(
    [old, new]: [&[Copy]; 2],
    profile: Option<&(Profile, Rules)>,
    registry: &Registry,
) -> Result<Report, Stop> {
    let shipped;
    let rules = if let Some((_, rules)) = profile {
        rules
    } else {
        shipped = Rules::shipped(None)?;
        &shipped
    };
    let (old, old_words) = documents(old, rules)?;
    let (new, new_words) = documents(new, rules)?;
    let mut all = compare(&old, &new, rules);
    all.add_unreadable(&old_words, &new_words);
    let Some((profile, _)) = profile else { return Ok(Report { list: Some(all), ..Report::default() }) };
    let (before, after) = (selected(&old, profile, rules)?, selected(&new, profile, rules)?);
    let items = |list: &Allowlist| Items::of_allowlist(list, &rules.reading);
    let mut fleet = compare_items(items(&before), items(&after));
    fleet.log = mark(&mut fleet.changes, &old, &new, rules);
    let outputs = compare_outputs(&built(&before, profile, registry)?, &built(&after, profile, registry)?);
    Ok(Report {
        list: Some(fleet),
        profile: Some((profile.name.clone(), all.changes.len())),
        outputs: Some(outputs),
        ..Report::default()
    })
}

/// The lists, and the words that stand in their address cells, with their places.
fn documents(copies: &[Copy], rules: &Rules) -> Result<(Vec<Document>, BTreeMap<String, Place>), Stop> {
    let (mut documents, mut words) = (Vec::new(), BTreeMap::new());
    for copy in copies {
        let mut findings = Findings::default();
        documents.push(source::read(&copy.name, &copy.bytes, &rules.reading, &mut findings));
        if findings.has_errors() {
            return Err(stopped(&format!("`{}` cannot be read", copy.name), &findings));
        }
        check_tags(&copy.name, documents.last(), rules)?;
        let prose = findings.iter().filter(|finding| finding.code == Code::ProseInsteadOfAddress);
        let places = prose.filter_map(|finding| finding.place.clone());
        words.extend(places.filter_map(|place| Some((place.text.clone()?, place))));
    }
    Ok((documents, words))
}

/// Of a service-tags file only the tags that the rules know are compared; one without any is another file.
fn check_tags(name: &str, document: Option<&Document>, rules: &Rules) -> Result<(), Stop> {
    let known: Vec<&str> = rules.list.tags.iter().map(|rule| rule.name.as_str()).collect();
    let foreign = |document: &&Document| {
        !document.tags.is_empty() && !document.tags.iter().any(|tag| known.contains(&&*tag.name))
    };
    match document.filter(foreign) {
        Some(_) => {
            let known = known.join("`, `");
            Err(Stop::Request(format!("`{name}` has none of the service tags that are compared: `{known}`")))
        }
        None => Ok(()),
    }
}

fn selected(documents: &[Document], profile: &Profile, rules: &Rules) -> Result<Allowlist, Stop> {
    let mut findings = Findings::default();
    let selection = select(documents, profile, rules, &mut findings);
    let list = normalise(selection.kept, rules, profile.bypass_shared_suffixes, &mut findings).list;
    if findings.has_errors() { Err(stopped("the profile cannot use the list", &findings)) } else { Ok(list) }
}

/// What the targets of the profile make of a list, read back.
fn built(list: &Allowlist, profile: &Profile, registry: &Registry) -> Result<Outputs, Stop> {
    let mut findings = Findings::default();
    let output = compile(list, profile, registry, Vec::new(), &[], &mut findings);
    if findings.has_errors() {
        return Err(stopped("the list cannot be built", &findings.without(Code::LossPermitted)));
    }
    let mut outputs = Outputs::new();
    for (name, _) in &output.targets {
        let Some(target) = registry.get(name) else { continue };
        let own = output.artifacts.iter().filter(|artifact| artifact.target == *name);
        let files = Files::new(own.map(|artifact| (artifact.path.as_str(), artifact.bytes.as_slice())));
        let options = options(target, Some(profile), &mut findings);
        outputs.insert(name.clone(), read_target(target, &options, &files, &mut findings));
    }
    Ok(outputs)
}

/// Options as the profile sets them, else as the target has them.
fn options(
    target: &Target,
    profile: Option<&Profile>,
    findings: &mut Findings,
) -> BTreeMap<String, OptionValue> {
    let node = profile.and_then(|profile| profile.targets.get(&target.name));
    let settings = node.map_or_else(Settings::default, |node| target_settings(&target.name, node, findings));
    target.resolve(&settings, findings)
}

/// Two output folders, read back.
fn folders(folders: [&Path; 2], profile: Option<&Profile>, registry: &Registry) -> Result<Report, Stop> {
    let [old, new] = folders.map(|folder| read_folder(folder, profile, registry));
    Ok(Report { outputs: Some(compare_outputs(&old?, &new?)), ..Report::default() })
}

fn read_folder(folder: &Path, profile: Option<&Profile>, registry: &Registry) -> Result<Outputs, Stop> {
    let _lock = open_for_reading(folder)?;
    let mut outputs = Outputs::new();
    for target in registry.names().filter_map(|name| registry.get(name)) {
        let own = folder.join(&target.name);
        if !own.is_dir() {
            continue;
        }
        let files = files_below(&own)?;
        let files = Files::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        // What is doubtful about the files is for `verify` to tell.
        let mut aside = Findings::default();
        let options = options(target, profile, &mut aside);
        outputs.insert(target.name.clone(), read_target(target, &options, &files, &mut aside));
    }
    if outputs.is_empty() {
        let message = format!("`{}` holds no folder of a known target", folder.display());
        return Err(Stop::Request(message));
    }
    Ok(outputs)
}

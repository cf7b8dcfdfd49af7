//! `check`: whether what a folder declares fits together.

use std::fmt::Display;

use super::registry::CONTEXT;
use super::{Check, ListSpec, Manifest, OutputSpec, Per, Target, options};
use crate::verify::ReadBack;

/// What the types cannot say: that names refer to something and that defaults pass their own checks.
pub(super) fn check(target: &Target) -> Result<(), String> {
    if target.manifest.name != target.name {
        return Err(format!("the folder `{}` calls itself `{}`", target.name, target.manifest.name));
    }
    if target.manifest.context != CONTEXT {
        let theirs = target.manifest.context;
        return Err(format!("target `{}` is for context {theirs}, this is context {CONTEXT}", target.name));
    }
    check_manifest(target, &target.manifest)?;
    for (option, of_value) in &target.manifest.variants {
        let choices = target.options.get(option).map(|spec| spec.choices.as_slice()).unwrap_or_default();
        for (value, overlay) in of_value {
            if !choices.contains(value) {
                return Err(format!("`[variant.{option}.{value}]` is no choice of an option"));
            }
            let broken = |error: &dyn Display| format!("`[variant.{option}.{value}]`: {error}");
            let manifest = target.with_overlays(&[overlay]).map_err(|error| broken(&error))?;
            if !manifest.variants.is_empty() {
                return Err(broken(&"a variant has no variants"));
            }
            check_manifest(target, &manifest)?;
        }
    }
    Ok(())
}

fn check_manifest(target: &Target, manifest: &Manifest) -> Result<(), String> {
    options::check(&target.options)?;
    for (name, list) in &manifest.lists {
        // Both become parts of paths.
        let names = std::iter::once(name.as_str()).chain(list.groups());
        if let Some(wrong) = { names }.find(|name| !Check::Identifier.passes(name)) {
            let expected = Check::Identifier.expected();
            return Err(format!("list `{name}`: `{wrong}` is no name of a list or group: {expected}"));
        }
        if let Some(other) = list.besides.as_ref().filter(|other| !manifest.lists.contains_key(*other)) {
            return Err(format!("list `{name}` stands besides `{other}`, which this target does not have"));
        }
        if let Some(wrong) = list.wrong_placeholder() {
            return Err(format!("list `{name}` has a spelling with `{{{wrong}}}`, which it cannot fill"));
        }
    }
    if let Some((axis, _)) = manifest.allow_loss.iter().find(|(_, permit)| permit.reason.trim().is_empty()) {
        return Err(format!("`allow-loss.{}` has no reason", axis.as_str()));
    }
    for (list, reading) in
        manifest.verify.iter().flat_map(|(list, all)| all.iter().map(move |one| (list, one)))
    {
        check_reading(target, manifest, list, reading)?;
    }
    manifest.outputs.iter().try_for_each(|output| check_output(target, manifest, output))
}

/// A reading of a list that nobody has, or by an option that does not exist, would never prove anything.
fn check_reading(target: &Target, manifest: &Manifest, list: &str, reading: &ReadBack) -> Result<(), String> {
    let lists = std::iter::once(list).chain(reading.within.as_deref());
    if let Some(other) = { lists }.find(|name| !manifest.lists.contains_key(*name)) {
        return Err(format!(
            "`[[verify.{list}]]` is about the list `{other}`, which this target does not have"
        ));
    }
    let options = reading.when.keys().chain(&reading.with).chain(&reading.differ).chain(&reading.equal);
    let mut options = options.chain(reading.settings.values());
    if let Some(option) = options.find(|option| !target.options.contains_key(*option)) {
        return Err(format!("`[[verify.{list}]]` depends on the option `{option}`, which does not exist"));
    }
    for (key, pair) in [("differ", &reading.differ), ("equal", &reading.equal)] {
        if !matches!(pair.len(), 0 | 2) {
            return Err(format!("`{key}` of `[[verify.{list}]]` does not name two options"));
        }
    }
    if reading.files.is_empty() {
        return Err(format!("`[[verify.{list}]]` names no file"));
    }
    Ok(())
}

/// Whether `path` is a plain one that stays below the folder it starts in.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let sound = |segment: &str| !segment.is_empty() && segment != ".." && segment != ".";
    path.split('/').all(sound) && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
}

fn check_output(target: &Target, manifest: &Manifest, output: &OutputSpec) -> Result<(), String> {
    let template = &output.template;
    if !target.templates.contains_key(template) {
        return Err(format!("output `{template}` has no such file in the folder"));
    }
    let list = output.list.as_ref().and_then(|name| manifest.lists.get(name));
    if (output.per != Per::Once || output.list.is_some()) && list.is_none() {
        return Err(format!("output `{template}` names no list of this target"));
    }
    let groups = list.map(ListSpec::groups).unwrap_or_default();
    if let Some(group) = output.groups.iter().find(|group| !groups.contains(&group.as_str())) {
        return Err(format!("output `{template}` names the group `{group}`, which its list does not have"));
    }
    let known = ["list", "port", "scheme", "group", "part"];
    if let Some(name) = output.path.placeholders().find(|name| !known.contains(name)) {
        return Err(format!("output `{template}` has `{{{name}}}` in its path"));
    }
    if let Some(option) = output.when.keys().find(|option| !target.options.contains_key(*option)) {
        return Err(format!("output `{template}` depends on the option `{option}`, which does not exist"));
    }
    if !is_plain_path(&output.path.fill(|_| Some("x"))) {
        return Err(format!("output `{template}` has a path that leaves its folder or is not plain"));
    }
    Ok(())
}

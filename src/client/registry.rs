//! `Components`: the shipped folders below `targets/client` and the user's, read by the same code.

#![allow(
    clippy::result_large_err,
    reason = "read a few times in a run; the finding goes to the user as it is"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::component::{Component, Declaration};
use super::{Setting, quoting};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::render::{Folder, check_templates};
use crate::target::{
    CONTEXT, DECLARATION, check_options, declared, is_plain_path, shipped_folders, templates_of,
};

/// The folder of the components among the targets.
pub(crate) const PARENT: &str = "client";

/// What every template may name.
const ROOT: &[&str] = &["profile", "tool", "component", "proxy", "pac", "bypass", "options", "reset"];

/// Every known component by name.
#[derive(Clone, Debug, Default)]
pub struct Components(BTreeMap<String, Component>);

impl Components {
    /// The components in the binary. A test checks them as `add` checks a user's folder.
    pub fn shipped() -> Result<Self, Finding> {
        let components = shipped_folders(PARENT)
            .into_iter()
            .map(|(name, files)| Ok((name.to_owned(), read_shipped(name, files)?)));
        Ok(Self(components.collect::<Result<_, Finding>>()?))
    }

    /// Adds a user's folder, in place of a known one of the same name. What is wrong with it is a finding.
    pub fn add(&mut self, name: &str, files: BTreeMap<String, String>, findings: &mut Findings) {
        match read(name, files).and_then(checked) {
            Ok(component) => drop(self.0.insert(name.to_owned(), component)),
            Err(finding) => findings.push(finding),
        }
    }

    /// The components in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Component> {
        self.0.values()
    }

    /// The component of that name.
    pub fn get(&self, name: &str) -> Option<&Component> {
        self.0.get(name)
    }
}

fn file(name: &str) -> String {
    format!("targets/{PARENT}/{name}/{DECLARATION}")
}

fn broken(name: &str, message: impl Into<String>) -> Finding {
    Finding::error(Code::TargetBroken, message).at(Place::file(file(name)))
}

/// A shipped folder, whose declaration is JSON since the program was built.
fn read_shipped(name: &str, mut files: BTreeMap<String, String>) -> Result<Component, Finding> {
    let text = files.remove(DECLARATION).unwrap_or_default();
    let declaration = serde_json::from_str(&text).map_err(|error| broken(name, error.to_string()))?;
    Ok(Component { declaration, templates: files })
}

fn read(name: &str, mut files: BTreeMap<String, String>) -> Result<Component, Finding> {
    let text = files.remove(DECLARATION).ok_or_else(|| broken(name, "the folder has no `target.toml`"))?;
    let templates = templates_of(name, files).map_err(|message| broken(name, message))?;
    let declaration: Declaration = declared(name, &file(name), &text)?;
    if declaration.name != name {
        return Err(broken(name, format!("the folder `{name}` calls itself `{}`", declaration.name)));
    }
    Ok(Component { declaration, templates })
}

/// The component, if everything in its folder fits together.
fn checked(component: Component) -> Result<Component, Finding> {
    let name = component.declaration.name.clone();
    check(&component).map_err(|message| broken(&name, format!("component `{name}`: {message}")))?;
    let folder = component.declaration.folder();
    let templates =
        Folder { name: &folder, templates: &component.templates, root: ROOT, extend: quoting::extend };
    check_templates(&templates).map_err(|(template, line, message)| {
        let place = format!("targets/{folder}/{template}");
        let place = line.map_or(Place::file(place.clone()), |line| Place::line(place.clone(), line));
        Finding::error(Code::TargetBroken, message).at(place)
    })?;
    Ok(component)
}

/// What the types cannot say.
fn check(component: &Component) -> Result<(), String> {
    let declaration = &component.declaration;
    if declaration.context != CONTEXT {
        return Err(format!("it is for context {}, this is context {CONTEXT}", declaration.context));
    }
    for setting in Setting::ALL {
        let name = setting.as_str();
        match (declaration.takes.contains(setting), declaration.not_taken.contains_key(setting)) {
            (true, true) => return Err(format!("`{name}` is both taken and not taken")),
            (false, false) => {
                return Err(format!(
                    "it says neither that it takes `{name}` nor why not: `[not-taken.{name}]`"
                ));
            }
            _ => {}
        }
    }
    if let Some(note) = declaration.notes.iter().find(|note| note.code().is_none()) {
        return Err(format!("its note has the code `{}`, which has no page", note.code));
    }
    check_options(&declaration.options)?;
    check_outputs(component)
}

fn check_outputs(component: &Component) -> Result<(), String> {
    let outputs = &component.declaration.outputs;
    let resets: BTreeSet<&str> = outputs.iter().filter_map(|output| output.reset.as_deref()).collect();
    let mut paths = BTreeSet::new();
    for output in outputs {
        let path = &output.path;
        if !component.templates.contains_key(&output.template) {
            return Err(format!("output `{}` has no such file in the folder", output.template));
        }
        if !is_plain_path(path) || path.contains('/') {
            return Err(format!("output `{path}` is no plain name of a file"));
        }
        if !paths.insert(path.to_ascii_lowercase()) {
            return Err(format!("two outputs write `{path}`"));
        }
        let ways = [output.reset.is_some(), output.reset_by.is_some(), resets.contains(path.as_str())];
        if ways.iter().filter(|way| **way).count() != 1 {
            return Err(format!(
                "output `{path}` needs one way back: `reset` or `reset-by`, or it is one itself"
            ));
        }
        if let Some(option) =
            output.when.keys().find(|option| !component.declaration.options.contains_key(*option))
        {
            return Err(format!("output `{path}` depends on the option `{option}`, which does not exist"));
        }
    }
    match resets.iter().find(|reset| !outputs.iter().any(|output| output.path == **reset)) {
        Some(reset) => Err(format!("no output writes `{reset}`, which resets another one")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_folder_passes_the_checks_of_a_users_folder() {
        let components = Components::shipped().expect("the shipped components");
        assert!(components.iter().next().is_some());
        for component in components.iter() {
            let checked = checked(component.clone());
            assert!(checked.is_ok(), "{checked:?}");
        }
    }
}

//! `Registry`: the shipped target folders and the user's, read by the same code.

#![allow(
    clippy::result_large_err,
    reason = "read a few times in a run; the finding goes to the user as it is"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;

use super::{Declaration, Manifest, Table, Target, fits};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::render::{Folder, check_templates};

/// The file that declares a target.
pub(crate) const DECLARATION: &str = "target.toml";

/// The table of a declaration that holds its variants.
pub(super) const VARIANTS: &str = "variant";

/// `(path below targets/, text)` of every shipped file, TOML turned into JSON.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// Version of the template context that this code makes.
pub(crate) const CONTEXT: u32 = 1;

/// Bytes of one template. The engine reads expressions by recursion, on a stack that is sized for this.
const MOST_TEMPLATE_BYTES: usize = 32 * 1024;

/// Every known target by name.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<String, Target>);

impl Registry {
    /// The targets in the binary. A test checks them as `add` checks a user's folder.
    pub fn shipped() -> Result<Self, Finding> {
        let targets = shipped_folders("")
            .into_iter()
            .map(|(name, files)| Ok((name.to_owned(), read_shipped(name, files)?)));
        Ok(Self(targets.collect::<Result<_, Finding>>()?))
    }

    /// Adds a user's folder, in place of a known one of the same name. What is wrong with it is a finding.
    pub fn add(&mut self, name: &str, files: BTreeMap<String, String>, findings: &mut Findings) {
        match read(name, files).and_then(checked) {
            Ok(target) => drop(self.0.insert(name.to_owned(), target)),
            Err(finding) => findings.push(finding),
        }
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The target of that name.
    pub fn get(&self, name: &str) -> Option<&Target> {
        self.0.get(name)
    }
}

/// The files of each shipped folder that lies in the folder `parent` of the targets (the empty text: of those that lie
/// in no other).
pub(crate) fn shipped_folders(parent: &str) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let mut folders: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for (path, text) in SHIPPED {
        let Some((folder, file)) = path.rsplit_once('/') else { continue };
        let (above, name) = folder.rsplit_once('/').unwrap_or(("", folder));
        if above == parent {
            folders.entry(name).or_default().insert(file.to_owned(), (*text).to_owned());
        }
    }
    folders
}

/// The target of a shipped folder, whose declaration is JSON since the program was built.
fn read_shipped(name: &str, mut files: BTreeMap<String, String>) -> Result<Target, Finding> {
    let broken = |error: String| Finding::error(Code::TargetBroken, error).at(Place::file(file(name)));
    let text = shipped_file(&format!("{name}/{DECLARATION}")).unwrap_or_default();
    let manifest = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
    files.retain(|name, _| is_template(name));
    Ok(Target { shipped: true, ..target(name, manifest, Declaration::Shipped(text), files) })
}

/// The target of a user's folder.
fn read(name: &str, mut files: BTreeMap<String, String>) -> Result<Target, Finding> {
    let broken = |message: String| Finding::error(Code::TargetBroken, message).at(Place::file(file(name)));
    let text = files.remove(DECLARATION).ok_or_else(|| broken("the folder has no `target.toml`".into()))?;
    let templates = templates_of(name, files).map_err(broken)?;
    let manifest = declared(name, &file(name), &text)?;
    let table = declared(name, &file(name), &text)?;
    Ok(target(name, manifest, Declaration::User(table), templates))
}

/// The templates of a user's folder.
pub(crate) fn templates_of(
    name: &str,
    mut files: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    files.retain(|name, _| is_template(name));
    match files.iter().find(|(_, text)| text.len() > MOST_TEMPLATE_BYTES) {
        Some((template, _)) => {
            let most = MOST_TEMPLATE_BYTES / 1024;
            Err(format!("template `{template}` of `{name}` is larger than {most} KiB"))
        }
        None => Ok(files),
    }
}

/// The declaration of a user's folder; a mistake is named with its line in `file`.
pub(crate) fn declared<T: DeserializeOwned>(name: &str, file: &str, text: &str) -> Result<T, Finding> {
    toml::from_str(text).map_err(|error| {
        let message = format!("target `{name}`: {}", error.message().lines().next().unwrap_or_default());
        let line = error.span().map(|span| line_of(text, span.start));
        let place = line.map_or(Place::file(file), |line| Place::line(file, line));
        Finding::error(Code::TargetBroken, message).at(place)
    })
}

fn is_template(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| ending == "j2")
}

/// The text of one shipped file, TOML turned into JSON, such as `squid/log.toml`.
pub(crate) fn shipped_file(path: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

fn target(
    name: &str,
    manifest: Manifest,
    declaration: Declaration,
    templates: BTreeMap<String, String>,
) -> Target {
    Target {
        name: name.to_owned(),
        title: manifest.title.clone(),
        sources: manifest.sources.clone(),
        options: manifest.options.clone(),
        manifest: Arc::new(manifest),
        declaration,
        templates,
        engine: OnceLock::new(),
        shipped: false,
    }
}

fn file(name: &str) -> String {
    format!("targets/{name}/{DECLARATION}")
}

/// The target, if everything in its folder fits together.
fn checked(target: Target) -> Result<Target, Finding> {
    let broken = |message: String| Finding::error(Code::TargetBroken, message);
    fits::check(&target).map_err(|message| broken(message).at(Place::file(target.file())))?;
    check_templates(&Folder::from(&target)).map_err(|(template, line, message)| {
        let place = format!("targets/{}/{template}", target.name);
        let place = line.map_or(Place::file(place.clone()), |line| Place::line(place.clone(), line));
        broken(message).at(place)
    })?;
    Ok(target)
}

fn line_of(text: &str, at: usize) -> u32 {
    let breaks = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    u32::try_from(breaks + 1).unwrap_or(u32::MAX)
}

/// Puts `overlay` over `table`: tables key by key, everything else whole.
pub(super) fn merge(table: &mut Table, overlay: &Table) {
    for (key, value) in overlay {
        match (table.get_mut(key), value) {
            (Some(serde_json::Value::Object(below)), serde_json::Value::Object(above)) => merge(below, above),
            _ => drop(table.insert(key.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_folder_passes_the_checks_of_a_users_folder() {
        let folders = shipped_folders("");
        assert!(!folders.is_empty());
        for (name, files) in folders {
            let target = read_shipped(name, files).and_then(checked);
            assert!(target.is_ok(), "{target:?}");
        }
    }
}

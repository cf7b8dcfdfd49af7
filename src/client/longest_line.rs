//! Files of which a reader takes lines up to a length alone. A file beyond that would be cut or refused on the device, so it
//! is not written, and neither is the one that resets it.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::SettingsFile;
use super::component::{Component, OutputSpec};
use crate::diagnostic::{Code, Finding, Findings};
use crate::profile::ClientSettings;

/// The longest line that the reader of a file takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongestLine {
    /// Characters of a line without its end.
    pub characters: usize,
    /// What to use in place of the file.
    pub instead: String,
    /// How we know.
    pub source: String,
}

/// The length of the longest line of a text, if a reader does not take it.
pub(super) fn too_long(output: &OutputSpec, text: &str) -> Option<usize> {
    let longest = text.lines().map(|line| line.chars().count()).max()?;
    output.longest_line.as_ref().filter(|limit| longest > limit.characters).map(|_| longest)
}

/// Leaves out the files with such lines and what resets them; each is told of.
pub(super) fn leave_out(
    component: &Component,
    too_long: &[(&OutputSpec, usize)],
    files: &mut Vec<SettingsFile>,
    settings: &ClientSettings,
    findings: &mut Findings,
) {
    let gone = too_long.iter().flat_map(|(output, _)| [Some(output.path.as_str()), output.reset.as_deref()]);
    let gone: BTreeSet<&str> = gone.flatten().collect();
    files.retain(|file| !gone.contains(file.name.as_str()));
    let told = too_long.iter().filter_map(|(output, length)| finding(component, output, *length, settings));
    findings.extend(told);
}

fn finding(
    component: &Component,
    output: &OutputSpec,
    length: usize,
    settings: &ClientSettings,
) -> Option<Finding> {
    let limit = output.longest_line.as_ref()?;
    let reset = output.reset.as_ref().map_or(String::new(), |reset| format!(" and `{reset}`"));
    let message = format!(
        "`{}`{reset} of `{}` would have a line of {length} characters, and its reader takes {}; left out",
        output.path, component.declaration.name, limit.characters
    );
    let finding = Finding::warning(Code::ClientLineTooLong, message).at(settings.place.clone());
    Some(finding.help(&limit.instead))
}

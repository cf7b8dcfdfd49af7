//! What of a profile and of the folders does not fit together.

use super::component::Component;
use super::{Components, Rendered, Setting};
use crate::diagnostic::{Code, Finding, Findings};
use crate::profile::{ClientSettings, nearest};
use crate::rules::Rules;

/// Settings that no device of the fleet can be told.
pub(super) fn anything(rendered: &Rendered, settings: &ClientSettings, findings: &mut Findings) {
    if rendered.files.is_empty() {
        let message = "no device of the fleet takes what `[client]` says";
        let finding = Finding::error(Code::ClientSettingsMissing, message).at(settings.place.clone());
        findings.push(finding.help("write `proxy = \"proxy.contoso.com:8080\"`, which most components take"));
    }
}

/// Sections of components that nobody knows.
pub(super) fn components(settings: &ClientSettings, components: &Components, findings: &mut Findings) {
    for (name, node) in settings.components.iter().filter(|(name, _)| components.get(name).is_none()) {
        let keys = Setting::ALL.iter().map(|setting| setting.as_str());
        let known: Vec<&str> =
            components.iter().map(|component| component.declaration.name.as_str()).chain(keys).collect();
        let near = nearest(name, known.iter().copied())
            .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
        let help = format!("{near}known here: `{}`", known.join("`, `"));
        let finding =
            Finding::error(Code::ProfileUnknownKey, format!("`client.{name}` is no key of a profile"));
        findings.push(finding.at(node.place.clone()).help(help));
    }
}

/// A family that the rules do not know would leave the component out for ever.
pub(super) fn families(component: &Component, rules: &Rules, findings: &mut Findings) {
    let declaration = &component.declaration;
    let releases = declaration.minimums.iter().flat_map(|minimum| minimum.releases.keys());
    let named = declaration
        .devices
        .iter()
        .chain(declaration.notes.iter().flat_map(|note| &note.devices))
        .chain(releases);
    for family in named.filter(|family| rules.devices.family(family).is_none()) {
        let known: Vec<&str> = rules.devices.families.iter().map(|family| family.key.as_str()).collect();
        let message =
            format!("component `{}` is for `{family}`, which is no family of devices", declaration.name);
        let finding = Finding::error(Code::TargetBroken, message);
        findings.push(finding.help(format!("known families: `{}`", known.join("`, `"))));
    }
}

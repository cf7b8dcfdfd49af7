//! What there is to know about the settings of a fleet: the notes of the components where they apply.

use std::collections::BTreeMap;

use super::Setting;
use super::component::{Component, Note, Weight};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::{ClientSettings, Profile};
use crate::target::{Value, applies};

/// Tells what the folder of a component says of this profile.
pub(super) fn tell(
    component: &Component,
    options: &BTreeMap<String, Value>,
    profile: &Profile,
    settings: &ClientSettings,
    findings: &mut Findings,
) {
    let is_there = |note: &&Note| {
        note.with.iter().all(|setting| setting.is_in(settings))
            && !note.without.iter().any(|setting| setting.is_in(settings))
            && (note.devices.is_empty() || note.devices.iter().any(|family| profile.fleet.has(family)))
            && note.pac_host.is_none_or(|place| place.is_of(settings))
            && applies(&note.when, options)
    };
    for note in component.declaration.notes.iter().filter(is_there) {
        findings.extend(finding(component, note, settings));
    }
    findings.extend(minimums(component, profile, settings));
}

fn finding(component: &Component, note: &Note, settings: &ClientSettings) -> Option<Finding> {
    let message = format!("`{}` {}", component.declaration.name, note.message);
    let finding = match note.severity {
        Weight::Note => Finding::note(note.code()?, message),
        Weight::Warning => Finding::warning(note.code()?, message),
    };
    let finding =
        finding.at(note.with.first().map_or(settings.place.clone(), |setting| place(*setting, settings)));
    Some(match &note.help {
        Some(help) => finding.help(help),
        None => finding,
    })
}

/// Where the profile has a setting.
fn place(setting: Setting, settings: &ClientSettings) -> Place {
    let place = match setting {
        Setting::Proxy => settings.proxy.as_ref().map(|spot| &spot.place),
        Setting::PacUrl => settings.pac.as_ref().map(|spot| &spot.place),
        Setting::Bypass => settings.bypass.first().map(|spot| &spot.place),
    };
    place.unwrap_or(&settings.place).clone()
}

/// One finding with all updates that the fleet needs first.
fn minimums(component: &Component, profile: &Profile, settings: &ClientSettings) -> Option<Finding> {
    let declaration = &component.declaration;
    let is_told = declaration.takes.iter().any(|setting| setting.is_in(settings));
    let needed = declaration.minimums.iter().filter_map(|minimum| {
        let devices = minimum.needed_by(&profile.fleet);
        (!devices.is_empty()).then(|| format!("{} on {}", minimum.update, devices.join(", ")))
    });
    let needed: Vec<String> = needed.filter(|_| is_told).collect();
    let message =
        format!("`{}` needs these updates first, or later ones: {}", declaration.name, needed.join("; "));
    let finding = Finding::warning(Code::ClientUpdateMinimum, message).at(place(Setting::Proxy, settings));
    (!needed.is_empty()).then(|| finding.help("bring the devices up to date before they get the settings"))
}

/// Tells for each setting of the profile which components cannot be told it.
pub(super) fn tell_not_taken(components: &[&Component], settings: &ClientSettings, findings: &mut Findings) {
    for setting in Setting::ALL.iter().filter(|setting| setting.is_in(settings)) {
        let without = components.iter().filter_map(|component| {
            let why = component.declaration.not_taken.get(setting).filter(|why| !why.obvious)?;
            Some((component.declaration.name.as_str(), why))
        });
        let (names, reasons): (Vec<String>, Vec<String>) =
            without.map(|(name, why)| (format!("`{name}`"), format!("`{name}`: {}", why.reason))).unzip();
        if !names.is_empty() {
            let message = format!("`client.{}` does nothing for {}", setting.as_str(), names.join(", "));
            let finding =
                Finding::warning(Code::ClientSettingNotTaken, message).at(place(*setting, settings));
            findings.push(finding.help(reasons.join("; ")));
        }
    }
    if let Some(proxy) = settings.proxy.as_ref().filter(|proxy| proxy.value.had_scheme) {
        let message = format!(
            "the scheme of `client.proxy` was taken off: what needs one gets `{}`, everything else `{}`",
            proxy.value.url(),
            proxy.value.address()
        );
        let finding = Finding::warning(Code::ClientProxyScheme, message).at(proxy.place.clone());
        findings.push(finding.help(format!("write `proxy = \"{}\"`", proxy.value.address())));
    }
}

//! What the vendor says of the chosen devices and the profile's connectivity.

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::{Device, Profile};
use crate::rules::{Family, Rules};

/// Families that cannot use the profile's connectivity, and releases of which nobody says whether they can.
pub(crate) fn check_fleet(profile: &Profile, rules: &Rules, findings: &mut Findings) {
    for family in &rules.devices.families {
        report_unnamed(family, profile, findings);
        let Some(unsupported) = &family.unsupported else { continue };
        if unsupported.connectivity == profile.connectivity.value && profile.fleet.has(&family.key) {
            let message = format!(
                "`devices.{}` cannot go with `connectivity = \"{}\"`: {}",
                family.key, unsupported.connectivity, unsupported.reason
            );
            let place = profile.fleet.place(&family.key).unwrap_or_else(|| Place::file(&profile.file));
            findings.push(
                Finding::error(Code::ConnectivityUnsupported, message)
                    .at(place)
                    .help(format!("source: {}", unsupported.source)),
            );
        }
    }
}

fn report_unnamed(family: &Family, profile: &Profile, findings: &mut Findings) {
    let connectivity = &profile.connectivity.value;
    for unnamed in family.unnamed.iter().filter(|unnamed| unnamed.connectivity == *connectivity) {
        let is_meant = |device: &&Device| {
            *device.family == *family.key
                && device.release.as_ref().is_some_and(|release| unnamed.releases.contains(release))
        };
        let devices: Vec<String> =
            profile.fleet.devices.iter().filter(is_meant).map(Device::to_string).collect();
        if devices.is_empty() {
            continue;
        }
        let message = format!(
            "nobody says that `{}` can go with `connectivity = \"{connectivity}\"`: {}",
            devices.join("`, `"),
            unnamed.reason
        );
        let help = format!(
            "give them a profile of their own with another `connectivity`; source: {}",
            unnamed.source
        );
        let place = profile.fleet.place(&family.key).unwrap_or_else(|| Place::file(&profile.file));
        findings.push(Finding::warning(Code::ConnectivityDoubtful, message).at(place).help(help));
    }
}

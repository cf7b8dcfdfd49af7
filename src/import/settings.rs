//! What an import comes to: changes of a profile, or lines for one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::cloud_connection::{self, CloudConnection, Named, Section};
use super::onboarding::{self, NoTenant, Tenant};
use crate::console::{decode, too_large};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::edit::{Change, LINE};
use crate::profile::{Spot, setting_value, setting_values};
use crate::rules::{Family, OnboardingFacts, Requirement, Rules, Setting, SettingKind};

/// Largest output of a connection test, in bytes. A real one has some thousand.
pub const LARGEST: usize = 4 << 20;

/// Most workspaces, and most storage hosts, of all files. Real ones have a handful.
const MOST: usize = 1_000;

/// What was read, as changes of a profile.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// In the order of a profile.
    pub changes: Vec<Change>,
}

impl Import {
    /// Lines for a profile.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut current = None;
        for change in &self.changes {
            match change {
                Change::OneOf { .. } => {}
                Change::Word { key, value } => {
                    let _ = writeln!(text, "{key} = {}", quoted(value));
                }
                Change::Union { section, key, values, .. } => {
                    if section.is_some() && current != section.as_ref() {
                        let _ = writeln!(text, "[{}]", section.as_deref().unwrap_or_default());
                        current = section.as_ref();
                    }
                    text.push_str(&list(key, values));
                }
            }
        }
        text
    }
}

fn list(key: &str, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    let line = format!("{key} = [{}]\n", values.join(", "));
    if line.len() <= LINE { line } else { format!("{key} = [\n  {},\n]\n", values.join(",\n  ")) }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// The workspaces and storage hosts of one or more outputs of the agent's test, united.
pub fn from_cloud_connections(files: &[(String, Vec<u8>)], rules: &Rules, findings: &mut Findings) -> Import {
    let wanted: Vec<&Requirement> =
        rules.requirements.all.iter().filter(|requirement| requirement.instead.is_some()).collect();
    let Some((family, hosts)) = wanted.iter().find_map(|requirement| setting(requirement, rules)) else {
        return Import::default();
    };
    let mut found = Found::default();
    for (file, bytes) in files {
        if bytes.len() > LARGEST {
            findings.push(too_large(file, format!("the file has more than {} MiB", LARGEST >> 20)));
            continue;
        }
        let read = cloud_connection::read(&decode(bytes));
        found.add(file, &read, &wanted, findings);
        if found.workspaces.len() > MOST || found.hosts.len() > MOST {
            findings.push(too_large(file, format!("the files name more than {MOST} workspaces or hosts")));
            return Import::default();
        }
    }
    findings.extend(found.mixed());
    let one_of = |values: &[String]| Change::OneOf { key: "cloud".to_owned(), values: values.to_vec() };
    let mut changes: Vec<Change> = found.clouds.keys().map(|clouds| one_of(clouds)).collect();
    let workspaces = family.settings.iter().find(|setting| setting.kind == SettingKind::Guid);
    let parts = [(workspaces, found.workspaces), (Some(hosts), found.hosts)];
    for (setting, spots) in parts.into_iter().filter_map(|(setting, spots)| Some((setting?, spots))) {
        let values = setting_values(family, setting, once(spots, setting.kind), findings);
        if !values.is_empty() {
            let normal: fn(&str) -> Option<String> = match setting.kind {
                SettingKind::Guid => |text| setting_value(SettingKind::Guid, text),
                SettingKind::Host => |text| setting_value(SettingKind::Host, text),
            };
            let (section, key) = (Some(family.key.clone()), setting.key.clone());
            changes.push(Change::Union { section, key, values, normal });
        }
    }
    Import { changes }
}

/// The family of a requirement, and its setting that stands in for the whole address.
fn setting<'r>(requirement: &Requirement, rules: &'r Rules) -> Option<(&'r Family, &'r Setting)> {
    let family = rules.devices.family(&requirement.family)?;
    let key = requirement.instead.as_ref()?;
    Some((family, family.settings.iter().find(|setting| setting.key == *key)?))
}

/// Each value once: several files, and several lines of one, name the same.
fn once(spots: Vec<Spot<String>>, kind: SettingKind) -> Vec<Spot<String>> {
    let mut seen = BTreeSet::new();
    let name = |spot: &Spot<String>| setting_value(kind, &spot.value).unwrap_or_else(|| spot.value.clone());
    spots.into_iter().filter(|spot| seen.insert(name(spot))).collect()
}

/// Values of all files, with their places.
#[derive(Default)]
struct Found<'r> {
    /// The clouds of which hosts were found, those of each file together, with the first place.
    clouds: BTreeMap<&'r [String], Place>,
    workspaces: Vec<Spot<String>>,
    hosts: Vec<Spot<String>>,
}

impl<'r> Found<'r> {
    fn add(
        &mut self,
        file: &str,
        read: &CloudConnection,
        wanted: &[&'r Requirement],
        findings: &mut Findings,
    ) {
        let is_wanted =
            |section: &&Section| wanted.iter().any(|requirement| requirement.address == section.pattern);
        let sections: Vec<&Section> = read.sections.iter().filter(is_wanted).collect();
        if sections.is_empty() {
            findings.push(no_section(file, wanted));
            return;
        }
        if read.workspaces.is_empty() {
            let message = "the file names no workspace; its hosts are taken all the same";
            let help =
                "the output has a line `Starting connectivity test for workspace id …` for each workspace";
            findings.push(Finding::warning(Code::WorkspaceMissing, message).at(Place::file(file)).help(help));
        }
        for section in &sections {
            let place = Place::line(file, section.line);
            if section.hosts.is_empty() {
                let message = format!("no host stands below `Firewall Rule: {}`", section.pattern);
                let help = "the agent may not have reached its workspace: run the test again, elevated";
                findings.push(Finding::warning(Code::TestResultMissing, message).at(place).help(help));
            }
            for name in &section.strangers {
                findings.push(stranger(file, name, section));
            }
        }
        for host in read.sections.iter().flat_map(|section| &section.hosts) {
            if let Some(failure) = &host.failure {
                findings.push(out_of_reach(file, host, failure));
            }
        }
        for section in sections.iter().filter(|section| !section.hosts.is_empty()) {
            for requirement in wanted.iter().filter(|requirement| requirement.address == section.pattern) {
                let place = Place::line(file, section.line).showing(&section.pattern);
                self.clouds.entry(&requirement.clouds).or_insert(place);
            }
        }
        self.workspaces.extend(read.workspaces.iter().map(|id| spot(file, id)));
        self.hosts.extend(sections.iter().flat_map(|section| &section.hosts).map(|host| spot(file, host)));
    }
}

impl Found<'_> {
    /// What is to be said of hosts that no cloud has together.
    fn mixed(&self) -> Option<Finding> {
        let (first, (_, place)) = (self.clouds.keys().next()?, self.clouds.last_key_value()?);
        if first.iter().any(|cloud| self.clouds.keys().all(|clouds| clouds.contains(cloud))) {
            return None;
        }
        let words: Vec<String> =
            self.clouds.keys().map(|clouds| format!("of `{}`", clouds.join("` or `"))).collect();
        let message =
            format!("a profile has one cloud, and none has all the hosts: they are {}", words.join(", and "));
        let help = "import the files of each cloud by themselves, into a profile of its own";
        Some(Finding::error(Code::ImportConflict, message).at(place.clone()).help(help))
    }
}

fn spot(file: &str, named: &Named) -> Spot<String> {
    Spot { value: named.text.clone(), place: Place::line(file, named.line) }
}

fn no_section(file: &str, wanted: &[&Requirement]) -> Finding {
    let patterns: Vec<String> =
        wanted.iter().map(|requirement| format!("`Firewall Rule: {}`", requirement.address)).collect();
    let message =
        "the file is no output of TestCloudConnection: the section with the storage hosts is not there";
    let help = format!(
        "a line {} is expected; run TestCloudConnection.exe elevated, once for each workspace",
        patterns.join(" or ")
    );
    Finding::error(Code::TestOutputUnknown, message).at(Place::file(file)).help(help)
}

fn stranger(file: &str, name: &Named, section: &Section) -> Finding {
    let message = format!(
        "`{}` stands below `Firewall Rule: {}` and is no host of it; it was left out",
        name.text, section.pattern
    );
    Finding::warning(Code::HostNotOfItsSection, message)
        .at(Place::line(file, name.line))
        .help("a host that is needed all the same can be written as an entry of `[select] extra`")
}

fn out_of_reach(file: &str, host: &Named, failure: &str) -> Finding {
    let message = format!("the agent did not reach `{}`", host.text);
    Finding::warning(Code::HostOutOfReach, message)
        .at(Place::line(file, host.line).showing(failure.trim()))
        .help("`allowlistc diagnose` says what that means and whether the list holds it")
}

/// The tenant of an onboarding package. `None` if a finding says why there is none.
pub fn from_onboarding(
    file: &str,
    bytes: &[u8],
    facts: &OnboardingFacts,
    findings: &mut Findings,
) -> Option<Import> {
    match onboarding::read(bytes, facts) {
        Ok(Tenant { cloud, geography, connectivity, doubt }) => {
            findings.extend(doubt.map(|doubt| doubtful(file, &doubt)));
            let word = |key: &str, value: String| Change::Word { key: key.to_owned(), value };
            let mut changes = vec![word("cloud", cloud), word("connectivity", connectivity.to_owned())];
            changes.extend(geography.map(|geography| Change::Union {
                section: None,
                key: "geographies".to_owned(),
                values: vec![geography],
                normal: |text| Some(text.to_lowercase()),
            }));
            Some(Import { changes })
        }
        Err(fault) => {
            findings.push(no_tenant(file, &fault, facts));
            None
        }
    }
}

fn no_tenant(file: &str, fault: &NoTenant, facts: &OnboardingFacts) -> Finding {
    let help = match fault {
        NoTenant::UnknownLocation(_) => {
            let locations = facts.locations.iter();
            let known: Vec<String> = locations.map(ToString::to_string).collect();
            format!("known are `{}`; write `cloud` and `geographies` by hand", known.join("`, `"))
        }
        NoTenant::Ambiguous(_) => "write `cloud` by hand, as the portal shows it".to_owned(),
        NoTenant::NoLocation => "give the onboarding package, not the offboarding one".to_owned(),
        NoTenant::Several(_) => "give one package at a time".to_owned(),
        NoTenant::Contradiction(_) => {
            "see which package it is and whether somebody changed it; else write `cloud` and `geographies` by hand"
                .to_owned()
        }
        NoTenant::TooLarge | NoTenant::Archive(_) | NoTenant::NotOne => {
            "give the package as the portal wrote it (zip), its .cmd, .py or .sh, `mdatp_onboard.json`, or the value \
             `OnboardedInfo` of the registry"
                .to_owned()
        }
    };
    let code = match fault {
        NoTenant::Contradiction(_) | NoTenant::Several(_) => Code::OnboardingContradiction,
        _ => Code::OnboardingUnknown,
    };
    Finding::error(code, fault.to_string()).at(Place::file(file)).help(help)
}

fn doubtful(file: &str, doubt: &str) -> Finding {
    let message =
        format!("the onboarding information is not sure of itself: {doubt}; the first one was taken");
    let help = "compare with the data location that the portal shows, Settings, Endpoints";
    Finding::warning(Code::OnboardingContradiction, message).at(Place::file(file)).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_that_overlap_are_all_named() {
        let clouds = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
        let (ab, bc, ac) = (clouds(&["a", "b"]), clouds(&["b", "c"]), clouds(&["a", "c"]));
        let mut found = Found::default();
        for clouds in [&ab, &bc] {
            found.clouds.insert(clouds, Place::default());
        }
        assert!(found.mixed().is_none());
        found.clouds.insert(&ac, Place::default());
        let message = found.mixed().unwrap().message;
        assert!(
            message.ends_with("they are of `a` or `b`, and of `a` or `c`, and of `b` or `c`"),
            "{message}"
        );
    }
}

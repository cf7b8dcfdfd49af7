//! Service tags: networks that stand for addresses, for firewalls that cannot see names.

use std::sync::Arc;

use crate::allowlist::Tag;
use crate::diagnostic::{Code, Finding, Findings, Place, Severity};
use crate::profile::Profile;
use crate::rules::{Publication, Purpose, Rules};
use crate::source::{Document, Role};

use super::{Endpoint, Selection, Spot};
use crate::texts::Texts;

/// Adds the networks of the tags that the rules name. A file without one of them is a finding.
pub(super) fn select(
    document: &Document,
    profile: &Profile,
    rules: &Rules,
    selection: &mut Selection,
    findings: &mut Findings,
) {
    if document.tags.is_empty() {
        return;
    }
    let place = Place::file(&*document.file);
    if let Some(finding) = of_other_cloud(document, profile, rules) {
        let is_error = finding.severity == Severity::Error;
        findings.push(finding.at(place.clone()));
        if is_error {
            return;
        }
    }
    let wanted: Vec<_> =
        rules.list.tags.iter().filter(|tag| tag.connectivity == profile.connectivity.value).collect();
    if wanted.is_empty() {
        let message = format!(
            "service tags do not go with `connectivity = \"{}\"`; they are not used",
            profile.connectivity.value
        );
        findings.push(Finding::warning(Code::SourceNotUsed, message).at(place));
        return;
    }
    for rule in wanted {
        let Some(tag) = document.tags.iter().find(|tag| *tag.name == *rule.name) else {
            let message = format!("the service tag `{}` is not in this file ({})", rule.name, rule.covers);
            findings.push(
                Finding::error(Code::ServiceTagMissing, message)
                    .at(place.clone())
                    .help(format!("source: {}", rule.source)),
            );
            continue;
        };
        if tag.prefixes.is_empty() {
            let message =
                format!("the service tag `{}` has no network in this file ({})", rule.name, rule.covers);
            let help = format!("download the file again; source: {}", rule.source);
            findings.push(Finding::error(Code::ServiceTagMissing, message).at(place.clone()).help(help));
            continue;
        }
        let shared = Arc::new(Tag { name: tag.name.clone(), features: tag.features.clone() });
        selection.kept.extend(tag.prefixes.iter().map(|net| Endpoint {
            address: net.to_string().into(),
            origin: tag.origin.clone(),
            spot: Spot::Other(Box::new(place.clone().showing(net.to_string()))),
            service: Some(rule.covers.as_str().into()),
            geography: None,
            category: Some(tag.name.clone()),
            port: Some(rule.port),
            required: None,
            role: Role::Endpoints,
            exempt: true,
            direct: false,
            families: Texts::default(),
            marked: false,
            tag: Some(shared.clone()),
        }));
    }
}

/// Why the networks of a file are not those of the profile's cloud, or may not be.
fn of_other_cloud(document: &Document, profile: &Profile, rules: &Rules) -> Option<Finding> {
    let cloud = rules.reading.clouds.iter().find(|cloud| cloud.name == profile.cloud.value)?;
    let fitting = rules.list.tag_clouds.iter().filter(|known| known.family == cloud.family);
    let names: Vec<&str> = fitting.map(|known| known.name.as_str()).collect();
    let help =
        format!("the file for the cloud `{}` says `\"cloud\": \"{}\"`", cloud.name, names.join("` or `"));
    let Some(found) = document.tag_cloud.as_deref() else {
        let message = "the service-tags file does not say of which cloud its networks are; they are used";
        return Some(Finding::warning(Code::ServiceTagsOfOtherCloud, message).help(help));
    };
    if names.contains(&found) {
        return None;
    }
    let message = format!(
        "the service tags are of the cloud `{found}` and the profile says `{}`; they are not used",
        profile.cloud.value
    );
    Some(Finding::error(Code::ServiceTagsOfOtherCloud, message).help(help))
}

/// Service tags stand for a part of the addresses only: without the list the others are missing.
pub(super) fn report_alone(
    documents: &[&Document],
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) {
    let first = documents.iter().find(|document| !document.tags.is_empty());
    let Some(first) = first.filter(|_| documents.iter().all(|document| document.tables.is_empty())) else {
        return;
    };
    let connectivity = profile.connectivity.value.as_str();
    let message = "there are service tags and no list: addresses that no tag stands for would be refused";
    let cloud = rules.reading.clouds.iter().find(|cloud| cloud.name == profile.cloud.value);
    let is_list = |publication: &&Publication| {
        publication.connectivity == connectivity
            && publication.purpose == Purpose::Build
            && publication.link.is_none()
            && cloud.is_some_and(|cloud| cloud.family == publication.family)
    };
    let published = rules.list.publications.iter().find(is_list);
    let published = published.map_or(String::new(), |found| format!("; it is published at {}", found.url));
    let help = format!("give the list for {connectivity} connectivity beside them{published}");
    findings.push(Finding::error(Code::ServiceTagsAlone, message).at(Place::file(&*first.file)).help(help));
}

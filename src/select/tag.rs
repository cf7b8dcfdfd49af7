//! Service tags: networks that stand for addresses, for firewalls that cannot see names.

use std::sync::Arc;

use crate::allowlist::Tag;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::Profile;
use crate::rules::Rules;
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
            tag: Some(shared.clone()),
        }));
    }
}

//! Azure's service-tag files: JSON with the networks of every tag.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Deserialize;

use super::ServiceTag;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::origin::Origin;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    cloud: Option<String>,
    values: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    address_prefixes: Vec<String>,
    #[serde(default)]
    network_features: Option<Vec<String>>,
}

/// The tags of a file, in its order, and the cloud that it says they are of.
pub(super) fn read_service_tags(
    file: &Arc<str>,
    text: &str,
    findings: &mut Findings,
) -> (Vec<ServiceTag>, Option<String>) {
    let parsed: File = match serde_json::from_str(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
            let message = format!("the JSON file is no service-tags file: {error}");
            let help = "the weekly `ServiceTags_<cloud>_<date>.json` has `values` with a `name` and `addressPrefixes` each";
            findings.push(
                Finding::error(Code::NotAList, message).at(Place::line(file.to_string(), line)).help(help),
            );
            return (Vec::new(), None);
        }
    };
    if parsed.values.is_empty() {
        let message = "the file of service tags has none";
        let help = "download the weekly `ServiceTags_<cloud>_<date>.json` again";
        findings.push(Finding::error(Code::NotAList, message).at(Place::file(file.to_string())).help(help));
    }
    let mut tags: Vec<ServiceTag> = Vec::with_capacity(parsed.values.len());
    let mut places: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for (position, tag) in (1..).zip(parsed.values) {
        let tag = service_tag(file, position, tag, findings);
        let at = *places.entry(Arc::clone(&tag.name)).or_insert(tags.len());
        match tags.get_mut(at) {
            Some(known) => unite(known, tag, findings),
            None => tags.push(tag),
        }
    }
    (tags, parsed.cloud)
}

/// A name that stands for two groups of networks stands for all of them, and is used where both may be.
fn unite(known: &mut ServiceTag, tag: ServiceTag, findings: &mut Findings) {
    let message = format!(
        "the service tag `{}` stands in the file twice, as number {} and {}; the networks of both are taken",
        known.name, known.origin.row, tag.origin.row
    );
    let place = Place { sheet: Some(known.name.to_string()), ..Place::file(known.origin.file.to_string()) };
    let help = "the file can be downloaded again; a tag stands in it once";
    findings.push(Finding::warning(Code::ServiceTagRepeated, message).at(place).help(help));
    known.prefixes.extend(tag.prefixes);
    known.prefixes.sort_unstable();
    known.prefixes.dedup();
    known.features.retain(|feature| tag.features.contains(feature));
}

fn service_tag(file: &Arc<str>, position: u32, tag: Tag, findings: &mut Findings) -> ServiceTag {
    let mut prefixes = Vec::with_capacity(tag.properties.address_prefixes.len());
    for text in &tag.properties.address_prefixes {
        match network(text) {
            Some(net) => prefixes.push(net),
            None => findings.push(bad_prefix(file, &tag.name, text)),
        }
    }
    prefixes.sort_unstable();
    prefixes.dedup();
    let name: Arc<str> = Arc::from(tag.name);
    ServiceTag {
        origin: Origin { file: Arc::clone(file), sheet: Arc::clone(&name), row: position },
        name,
        features: tag.properties.network_features.unwrap_or_default(),
        prefixes,
    }
}

fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let net = text.parse::<IpNet>().ok();
    net.or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from)).map(|net| net.trunc())
}

fn bad_prefix(file: &Arc<str>, tag: &str, text: &str) -> Finding {
    let shown = super::text::shortened(text);
    let place = Place { sheet: Some(tag.to_owned()), ..Place::file(file.to_string()) }.showing(shown.clone());
    Finding::error(
        Code::BadPrefix,
        format!("the service tag `{tag}` has the prefix `{shown}`, which is no network"),
    )
    .at(place)
    .help("a prefix has the form `20.15.141.0/24` or `2603:1000::/40`")
}

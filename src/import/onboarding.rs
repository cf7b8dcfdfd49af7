//! Onboarding packages: a zip, one of its scripts, the value of the registry, `mdatp_onboard.json`. In all of them the
//! same JSON stands, quoted more or less often.
//!
//! Organisation IDs and keys stand beside what is wanted here. Nothing of a package is kept, shown or named in a message
//! but words that `onboarding.toml` knows, and unknown ones that can be neither an ID nor a key.

use serde_json::{Map, Value};

use super::package;
use crate::console::decode;
use crate::rules::{Location, OnboardingFacts};

/// Largest file, in bytes. A package has some ten thousand.
pub const LARGEST: usize = 4 << 20;

/// Objects that are tried in a script, however many quotes it holds.
const MOST_TRIES: usize = 256;
/// Longest object, in bytes: its certificates have some thousand.
const LONGEST: usize = 64 << 10;
/// How often the JSON may be quoted: the Python script of a Linux package has three layers.
const LAYERS: usize = 4;

/// What a package says of its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Cloud of a profile.
    pub cloud: String,
    /// Geography of a profile, unless the cloud implies its own.
    pub geography: Option<String>,
    /// `standard` or `streamlined`.
    pub connectivity: &'static str,
}

/// Why a file says nothing. The messages hold nothing of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTenant {
    /// Larger than any package.
    #[error("the file is larger than any onboarding package")]
    TooLarge,
    /// A zip that cannot be read.
    #[error("the archive {0}")]
    Archive(&'static str),
    /// No onboarding information in it.
    #[error("the file holds no onboarding information")]
    NotOne,
    /// An offboarding package, or one that is cut short.
    #[error("the onboarding information names no data location")]
    NoLocation,
    /// A location that the rules do not know.
    #[error("the onboarding information names the data location {0}, which is not known here")]
    UnknownLocation(String),
    /// Files of several tenants in one archive.
    #[error("the archive holds packages of different data locations")]
    Several,
}

/// What the file says.
pub fn read(bytes: &[u8], facts: &OnboardingFacts) -> Result<Tenant, NoTenant> {
    if bytes.len() > LARGEST {
        return Err(NoTenant::TooLarge);
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return of_text(&decode(bytes), facts);
    }
    let mut fault = NoTenant::NotOne;
    let mut tenants: Vec<Tenant> = Vec::new();
    for part in package::parts(bytes).map_err(NoTenant::Archive)? {
        match of_text(&decode(&part), facts) {
            Ok(tenant) if !tenants.contains(&tenant) => tenants.push(tenant),
            Ok(_) | Err(NoTenant::NotOne) => {}
            Err(other) => fault = other,
        }
    }
    match tenants.len() {
        0 => Err(fault),
        1 => tenants.pop().ok_or(fault),
        _ => Err(NoTenant::Several),
    }
}

fn of_text(text: &str, facts: &OnboardingFacts) -> Result<Tenant, NoTenant> {
    let mut fault = NoTenant::NotOne;
    // Property lists quote in the manner of XML.
    let text = text.replace("&quot;", "\"");
    for object in objects(&text) {
        match tenant(&object, facts) {
            Ok(tenant) => return Ok(tenant),
            Err(NoTenant::NotOne) => {}
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

/// The objects that could be the onboarding information.
fn objects(text: &str) -> impl Iterator<Item = Map<String, Value>> + '_ {
    let starts = text.match_indices('{').filter(move |(at, _)| {
        let behind = text.get(at + 1..).unwrap_or_default();
        behind.trim_start_matches(|c: char| c.is_whitespace() || c == '\\').starts_with('"')
    });
    starts.take(MOST_TRIES).filter_map(move |(at, _)| object(text.get(at..)?))
}

/// The object that a text starts with, however often its quotes are quoted.
fn object(text: &str) -> Option<Map<String, Value>> {
    let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
    let mut layer = text.get(..end)?.to_owned();
    for _ in 0..LAYERS {
        // The error of the parser can quote a value, so that nobody may see it.
        if let Some(Ok(Value::Object(object))) =
            serde_json::Deserializer::from_str(&layer).into_iter::<Value>().next()
        {
            return Some(object);
        }
        if !layer.contains('\\') {
            return None;
        }
        layer = unquoted(&layer);
    }
    None
}

/// One layer of backslashes less.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        out.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    out
}

/// What an object says: of itself, of its `body`, or of what it wraps.
fn tenant(object: &Map<String, Value>, facts: &OnboardingFacts) -> Result<Tenant, NoTenant> {
    let is_body =
        facts.location_keys.iter().chain(&facts.url_keys).any(|key| object.contains_key(key.as_str()));
    if is_body {
        return located(object, facts);
    }
    for key in ["body", "onboardingInfo", "OnboardedInfo", "OnboardingInfo"] {
        let inner = match object.get(key) {
            Some(Value::Object(inner)) => tenant(inner, facts),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Object(inner)) => tenant(&inner, facts),
                _ => continue,
            },
            _ => continue,
        };
        // Information without a location is that of an offboarding package.
        return if key == "body" && inner == Err(NoTenant::NotOne) {
            Err(NoTenant::NoLocation)
        } else {
            inner
        };
    }
    Err(NoTenant::NotOne)
}

fn located(body: &Map<String, Value>, facts: &OnboardingFacts) -> Result<Tenant, NoTenant> {
    let text = |key: &String| body.get(key.as_str()).and_then(Value::as_str).filter(|text| !text.is_empty());
    let named: Vec<&str> = facts.location_keys.iter().filter_map(text).collect();
    let streamlined = |name: &&str| name.starts_with(facts.streamlined_location.as_str());
    let by_host = facts.url_keys.iter().filter_map(text).any(|url| {
        let host =
            url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
        facts.streamlined_host.iter().any(|end| host.to_ascii_lowercase().ends_with(end.as_str()))
    });
    let connectivity = if by_host || named.iter().any(streamlined) { "streamlined" } else { "standard" };
    let datacenter = text(&facts.datacenter_key).unwrap_or_default();
    let bare = |name: &str| name.strip_prefix(facts.streamlined_location.as_str()).unwrap_or(name).to_owned();
    let known = named.iter().find_map(|name| location(&bare(name), datacenter, facts));
    let Some(location) = known else {
        let name = named.first().ok_or(NoTenant::NoLocation)?;
        return Err(NoTenant::UnknownLocation(shown(&bare(name), datacenter)));
    };
    Ok(Tenant { cloud: location.cloud.clone(), geography: location.geography.clone(), connectivity })
}

fn location<'f>(name: &str, datacenter: &str, facts: &'f OnboardingFacts) -> Option<&'f Location> {
    let starts = |prefix: &String| {
        datacenter.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    facts.locations.iter().find(|location| {
        location.name.eq_ignore_ascii_case(name) && location.datacenter.as_ref().is_none_or(starts)
    })
}

/// A location and its datacenter, as far as they are too short and plain to be an ID or a key.
fn shown(name: &str, datacenter: &str) -> String {
    let plain = |word: &str| {
        (1..=16).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && word.bytes().filter(u8::is_ascii_digit).count() <= 2
    };
    match (plain(name), plain(datacenter)) {
        (true, true) => format!("`{name}` in `{datacenter}`"),
        (true, false) => format!("`{name}`"),
        (false, _) => "(not shown)".to_owned(),
    }
}

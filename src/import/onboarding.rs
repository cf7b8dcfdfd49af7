//! Onboarding packages: a zip, one of its scripts, the value of the registry, `mdatp_onboard.json`. In all of them the
//! same JSON stands, quoted more or less often.
//!
//! Organisation IDs and keys stand beside what is wanted here. Nothing of a package is kept, shown or named in a message
//! but words that `onboarding.toml` knows, and unknown ones that can be neither an ID nor a key.

use std::fmt;

use serde_json::{Map, Value};

use super::location::Told;
use super::package;
use crate::console::decode;
use crate::rules::OnboardingFacts;

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
    /// What is strange about it, in words of the rules alone.
    pub doubt: Option<String>,
}

/// `commercial, EU, standard`.
impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.cloud)?;
        if let Some(geography) = &self.geography {
            write!(f, "{geography}, ")?;
        }
        f.write_str(self.connectivity)
    }
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
    /// A location of several clouds, and a datacenter that does not tell them apart.
    #[error("the data location {0}, and its datacenter does not tell which one it is")]
    Ambiguous(String),
    /// What it says of its location does not fit together. The message has words of the rules alone.
    #[error("the onboarding information contradicts itself: {0}")]
    Contradiction(String),
    /// Packages of several tenants in one file.
    #[error("the file holds packages of different tenants: {0}")]
    Several(String),
}

/// What the file says.
pub fn read(bytes: &[u8], facts: &OnboardingFacts) -> Result<Tenant, NoTenant> {
    if bytes.len() > LARGEST {
        return Err(NoTenant::TooLarge);
    }
    let mut found = Found::default();
    if bytes.starts_with(b"PK\x03\x04") {
        for part in package::parts(bytes).map_err(NoTenant::Archive)? {
            found.add_text(&decode(&part), facts);
        }
    } else {
        found.add_text(&decode(bytes), facts);
    }
    found.tenant()
}

/// What all objects of a file say.
#[derive(Default)]
struct Found {
    tenants: Vec<Tenant>,
    faults: Vec<NoTenant>,
}

impl Found {
    fn add_text(&mut self, text: &str, facts: &OnboardingFacts) {
        // Property lists quote in the manner of XML.
        let text = text.replace("&quot;", "\"");
        for object in objects(&text) {
            match tenant(&object, facts) {
                Ok(tenant) if !self.tenants.contains(&tenant) => self.tenants.push(tenant),
                Ok(_) | Err(NoTenant::NotOne) => {}
                Err(fault) if !self.faults.contains(&fault) => self.faults.push(fault),
                Err(_) => {}
            }
        }
    }

    /// The one tenant of the file. An offboarding package beside it says nothing else; any other fault may.
    fn tenant(mut self) -> Result<Tenant, NoTenant> {
        if self.tenants.len() > 1 {
            let all: Vec<String> = self.tenants.iter().map(ToString::to_string).collect();
            return Err(NoTenant::Several(all.join(" and ")));
        }
        if !self.tenants.is_empty() {
            self.faults.retain(|fault| *fault != NoTenant::NoLocation);
        }
        match (self.faults.pop(), self.tenants.pop()) {
            (Some(fault), _) => Err(fault),
            (None, Some(tenant)) => Ok(tenant),
            (None, None) => Err(NoTenant::NotOne),
        }
    }
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
    let hosts: Vec<String> = facts.url_keys.iter().filter_map(text).map(host).collect();
    let by_host =
        hosts.iter().any(|host| facts.streamlined_host.iter().any(|end| host.ends_with(end.as_str())));
    let connectivity = if by_host || named.iter().any(streamlined) { "streamlined" } else { "standard" };
    let bare =
        |name: &&str| name.strip_prefix(facts.streamlined_location.as_str()).unwrap_or(name).to_owned();
    let names: Vec<String> = named.iter().map(bare).collect();
    let datacenter = text(&facts.datacenter_key).unwrap_or_default();
    let told = Told { names: &names, datacenter, hosts: &hosts };
    let (location, doubt) = told.location(&facts.locations)?;
    let (cloud, geography) = (location.cloud.clone(), location.geography.clone());
    Ok(Tenant { cloud, geography, connectivity, doubt })
}

/// The host of a URL, in lower case.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase()
}

//! What a vendor publishes, as data: one folder below `rules/` for each vendor.
//!
//! The reading half of a folder (headers, sheets, geographies) is `source::ReadingRules`.

mod condition;
mod device;
mod diagnose;
mod direct;
mod inspection;
mod lint;
mod list;
mod onboarding;
mod probe;
mod requirement;
mod zones;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

pub use condition::{Bound, CommentRule, Conditions, HostRule, Range, SheetRule};
pub use device::{Devices, Family, Release, Setting, SettingKind};
pub use diagnose::{Cause, DiagnoseFacts, DirectFacts, Expected, Signal, Verdicts};
pub use direct::{Direct, DirectRule};
pub use inspection::Inspection;
pub use lint::{CategoryGeography, Foreign, HostFamily, LintFacts, word_of};
pub use list::{LinkPattern, ListFacts, Publication, Purpose, SecondPort, TagCloud, TagRule};
pub use onboarding::{Location, OnboardingFacts};
pub use probe::{Accepted, Authority, Method, ProbeFacts, ReasonHeader, Url, UrlForm, UrlTest};
pub use requirement::{Requirement, Requirements};
pub use zones::{Zone, Zones};

use crate::diagnostic::{Code, Finding, Place, with_causes};
use crate::source::ReadingRules;

/// `(path below rules/, text)` of every shipped file, TOML turned into JSON.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Facts that few verbs need, in a file of their own.
pub trait Facts: DeserializeOwned {
    /// The name of the file.
    const FILE: &'static str;
}

impl Facts for DiagnoseFacts {
    const FILE: &'static str = "diagnose.toml";
}

impl Facts for OnboardingFacts {
    const FILE: &'static str = "onboarding.toml";
}

impl Facts for ProbeFacts {
    const FILE: &'static str = "probe.toml";
}

/// What every build has to know about one vendor's list.
#[derive(Debug)]
pub struct Rules {
    /// Folder name, such as it stands in `rules/`.
    pub name: String,
    /// What the list is and where it is published.
    pub list: ListFacts,
    /// Headers, sheets and geographies.
    pub reading: ReadingRules,
    /// Device families and their releases.
    pub devices: Devices,
    /// Which releases a row is for.
    pub conditions: Conditions,
    /// Addresses that stand beside the list.
    pub requirements: Requirements,
    /// Inspection, direct connections and folders.
    pub inspection: Inspection,
    /// What one part of the list lets expect of another.
    pub lint: LintFacts,
    /// Names that belong to the product alone.
    pub zones: Zones,
}

impl Rules {
    /// The names of the shipped folders.
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<&str> =
            SHIPPED.iter().filter_map(|(path, _)| path.split_once('/')).map(|(folder, _)| folder).collect();
        names.dedup();
        names
    }

    /// The folder `name`, or the one that is marked as the default.
    pub fn shipped(name: Option<&str>) -> Result<Self, Finding> {
        let mut named = Self::names().into_iter().filter(|known| name.is_none_or(|name| name == *known));
        let chosen = named.find_map(|known| {
            let files = folder(known);
            let list = parse::<ListFacts>(known, "list.toml", text(&files, "list.toml"));
            let is_chosen = name.is_some() || list.as_ref().is_ok_and(|list| list.default);
            is_chosen.then_some((known, files, list))
        });
        let Some((chosen, files, list)) = chosen else {
            let known = Self::names().join("`, `");
            let message = format!("there are no rules for the list `{}`", name.unwrap_or_default());
            return Err(Finding::error(Code::RulesInvalid, message).help(format!("known lists: `{known}`")));
        };
        Self::from_files(chosen, &files, list?)
    }

    /// Facts that few verbs need.
    pub fn facts<T: Facts>(&self) -> Result<T, Finding> {
        parse(&self.name, T::FILE, text(&folder(&self.name), T::FILE))
    }

    fn from_files(name: &str, files: &BTreeMap<&str, &str>, list: ListFacts) -> Result<Self, Finding> {
        let text = |file: &str| text(files, file);
        Ok(Self {
            name: name.to_owned(),
            list,
            reading: ReadingRules::from_json(
                text("columns.toml"),
                text("tables.toml"),
                text("geographies.toml"),
            )
            .map_err(|error| {
                invalid(name, "columns.toml, tables.toml, geographies.toml", &with_causes(&error))
            })?,
            devices: parse(name, "devices.toml", text("devices.toml"))?,
            conditions: Conditions::new(parse(name, "conditions.toml", text("conditions.toml"))?)
                .map_err(|error| invalid(name, "conditions.toml", &error))?,
            requirements: parse(name, "requirements.toml", text("requirements.toml"))?,
            inspection: Inspection::new(parse(name, "inspection.toml", text("inspection.toml"))?)
                .map_err(|error| invalid(name, "inspection.toml", &error))?,
            lint: parse(name, "lint.toml", text("lint.toml"))?,
            zones: parse(name, "zones.toml", text("zones.toml"))?,
        })
    }
}

fn text<'f>(files: &BTreeMap<&str, &'f str>, file: &str) -> &'f str {
    files.get(file).copied().unwrap_or_default()
}

fn folder(name: &str) -> BTreeMap<&'static str, &'static str> {
    SHIPPED
        .iter()
        .filter_map(|(path, text)| Some((path.split_once('/')?, *text)))
        .filter(|((folder, _), _)| *folder == name)
        .map(|((_, file), text)| (file, text))
        .collect()
}

fn parse<T: DeserializeOwned>(name: &str, file: &str, text: &str) -> Result<T, Finding> {
    serde_json::from_str(text).map_err(|error| invalid(name, file, &error.to_string()))
}

fn invalid(name: &str, file: &str, error: &str) -> Finding {
    Finding::error(Code::RulesInvalid, format!("the rules cannot be used: {}", error.trim()))
        .at(Place::file(format!("rules/{name}/{file}")))
}

//! What files say beside their rules: values of the profile, which have to be the profile's.
//!
//! A ruleset is about requests of the clients that the files are for. Who those are, where a list is fetched from and
//! which route a client is given is no request, so it is compared as it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::IpNet;
use serde::Deserialize;

use super::ruleset::Line;
use super::spec::ReadBack;
use crate::diagnostic::visible;
use crate::target::Value;

/// What a reader tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// Route of the allowlist.
    RouteAllow,
    /// Route of what must not be inspected.
    RouteBypass,
    /// Route of what goes around the proxy.
    RouteDirect,
    /// Route of everything else.
    RouteDefault,
    /// Address or folder that the files of a list are taken from.
    ListFolder,
    /// Certificate profile by which the server of lists is known.
    ListCertificate,
    /// How often lists are fetched.
    ListSchedule,
    /// Device group, or virtual system, that gets the rules.
    Scope,
    /// Where rules are put among those that are there.
    RulePlace,
    /// Priority of the first group of rules.
    Priority,
    /// What groups of rules are called.
    GroupName,
    /// Networks of the clients.
    Clients,
    /// Zone of the clients.
    SourceZone,
    /// Zone of the destinations.
    DestinationZone,
}

/// As it stands in a message.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RouteAllow => "the route of the allowlist",
            Self::RouteBypass => "the route of what must not be inspected",
            Self::RouteDirect => "the route of what goes around the proxy",
            Self::RouteDefault => "the route of everything else",
            Self::ListFolder => "the place that lists are taken from",
            Self::ListCertificate => "the certificate profile of lists",
            Self::ListSchedule => "the time between two fetches of lists",
            Self::Scope => "the device group or virtual system of the rules",
            Self::RulePlace => "the place of the rules",
            Self::Priority => "the priority of the rules",
            Self::GroupName => "the name of the group of rules",
            Self::Clients => "the clients",
            Self::SourceZone => "the zone of the clients",
            Self::DestinationZone => "the zone of the destinations",
        })
    }
}

/// One thing that a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it is about.
    pub setting: Setting,
    /// What it says; a list in any order.
    pub values: Vec<String>,
    /// Where.
    pub line: Line,
}

/// Something that a file says and the profile does not.
pub(super) struct Other<'s> {
    pub(super) said: &'s Said,
    /// The option that says otherwise; none where the target says it of all its files.
    pub(super) option: Option<&'s str>,
    /// What it says.
    pub(super) wanted: Vec<String>,
}

impl Other<'_> {
    /// What stands in the file, in words.
    pub(super) fn text(&self) -> String {
        shown(&self.said.values)
    }
}

impl fmt::Display for Other<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { said, option, wanted } = self;
        let Said { setting, line, .. } = said;
        write!(f, "{setting} is {} by {line}, and {}", self.text(), shown(wanted))?;
        match option {
            Some(option) => write!(f, " by option `{option}`"),
            None => f.write_str(" in every rule that is rendered"),
        }
    }
}

/// Values that are shown of a list.
const MOST_SHOWN: usize = 8;

/// Texts in backquotes, as far as a line can hold them.
fn shown(values: &[String]) -> String {
    let first = values.iter().take(MOST_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match values.len() {
        0 => "nothing".to_owned(),
        length if length > MOST_SHOWN => format!("`{}` and {} more", visible(&first), length - MOST_SHOWN),
        _ => format!("`{}`", visible(&first)),
    }
}

/// What is said otherwise than `reading` asks for: than the option of a setting says, or than it always is. Each of the
/// same is told once.
pub(super) fn others<'s>(
    said: &'s [Said],
    reading: &'s ReadBack,
    options: &BTreeMap<String, Value>,
) -> Vec<Other<'s>> {
    let mut told = BTreeSet::new();
    let mut others = Vec::new();
    for said in said {
        let (option, wanted) = match (reading.settings.get(&said.setting), reading.always.get(&said.setting))
        {
            (Some(option), _) => {
                (Some(option.as_str()), by_option(reading, said.setting, options.get(option)))
            }
            (None, Some(values)) => (None, values.clone()),
            (None, None) => continue,
        };
        let found = alike(&said.values);
        if found != alike(&wanted) && told.insert((said.setting, said.line.file.clone(), found)) {
            others.push(Other { said, option, wanted });
        }
    }
    others
}

/// What an option says. Where it gives no networks, names stand for the clients.
fn by_option(reading: &ReadBack, setting: Setting, value: Option<&Value>) -> Vec<String> {
    if let Some(Value::Integer(number)) = value {
        return vec![number.to_string()];
    }
    let texts = value.map(Value::texts).unwrap_or_default().into_iter();
    let wanted: Vec<String> = texts.filter(|text| !text.is_empty()).map(str::to_owned).collect();
    if wanted.is_empty() && setting == Setting::Clients { reading.clients.clone() } else { wanted }
}

/// Values that are written differently and are the same.
fn alike(values: &[String]) -> BTreeSet<String> {
    let one = |text: &String| match text.parse::<IpNet>() {
        Ok(net) => net.trunc().to_string(),
        Err(_) => text.trim_end_matches('/').to_owned(),
    };
    values.iter().map(one).collect()
}

/// The folder of a file that is named by a path or an address. What stands behind the file's name is no part of an
/// address that we write, so it stays.
pub(super) fn folder(address: &str) -> String {
    match address.rsplit_once('/') {
        Some((folder, file)) if !file.contains(['?', '#']) => folder.to_owned(),
        _ => address.to_owned(),
    }
}

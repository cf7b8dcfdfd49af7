//! `Fleet`: the chosen devices and the settings of their families.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{Kind, Node};
use super::section::{Section, Spot, nearest, once, texts, wrong_type};
use crate::diagnostic::{Code, Finding, Findings, Place, Severity};
use crate::pattern::{Host, Parsed, Path, parse_address};
use crate::rules::{Family, Rules, Setting, SettingKind};

/// One kind of device in the fleet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device {
    /// Key of its family.
    pub family: Arc<str>,
    /// Release, for families that have them.
    pub release: Option<String>,
    /// Build of the release.
    pub build: Option<u32>,
    /// The device column of the list that speaks for it.
    pub column: String,
    /// Words of a column for all systems that mean it.
    pub os: Vec<String>,
}

/// `windows 10-22H2`, `linux`.
impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.release {
            Some(release) => write!(f, "{} {release}", self.family),
            None => f.write_str(&self.family),
        }
    }
}

/// What is in the fleet.
#[derive(Debug)]
pub struct Fleet {
    /// At least one device, in the order of the rules.
    pub devices: Vec<Device>,
    /// Settings by family and key, normalised.
    settings: BTreeMap<(String, String), Vec<String>>,
    places: BTreeMap<String, Place>,
    /// Where the section with a family's settings starts.
    settings_places: BTreeMap<String, Place>,
}

impl Fleet {
    /// Whether any device of the family is in the fleet.
    pub fn has(&self, family: &str) -> bool {
        self.devices.iter().any(|device| *device.family == *family)
    }

    /// The values of a setting of a family; empty if the profile gives none.
    pub fn setting(&self, family: &str, key: &str) -> &[String] {
        self.settings.get(&(family.to_owned(), key.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Where the profile names the family.
    pub fn place(&self, family: &str) -> Option<Place> {
        self.places.get(family).cloned()
    }

    pub(super) fn read(root: &mut Section, rules: &Rules, findings: &mut Findings) -> Option<Self> {
        let mut fleet = Self {
            devices: Vec::new(),
            settings: BTreeMap::new(),
            places: BTreeMap::new(),
            settings_places: BTreeMap::new(),
        };
        for family in &rules.devices.families {
            fleet.read_settings(root, family, findings);
        }
        let mistakes = findings.count(Severity::Error);
        let Some(mut section) = root.section("devices", findings) else {
            let finding =
                Finding::error(Code::ProfileMissingKey, "the profile has no `[devices]`").at(root.place());
            findings.push(finding.help("name what is in the fleet, for example `linux = true`"));
            return None;
        };
        let place = section.place();
        for family in &rules.devices.families {
            if let Some(node) = section.take(&family.key) {
                fleet.places.insert(family.key.clone(), node.place.clone());
                fleet.add(family, node, rules, findings);
            }
        }
        section.finish(findings);
        if fleet.devices.is_empty() && findings.count(Severity::Error) == mistakes {
            let finding = Finding::error(Code::ProfileValue, "`[devices]` names no device at all").at(place);
            let keys: Vec<&str> = rules.devices.families.iter().map(|family| family.key.as_str()).collect();
            findings.push(finding.help(format!("known families: `{}`", keys.join("`, `"))));
            return None;
        }
        if findings.count(Severity::Error) == mistakes {
            fleet.report_idle_settings(rules, findings);
        }
        Some(fleet)
    }

    /// Settings of a family that the fleet has none of change nothing.
    fn report_idle_settings(&self, rules: &Rules, findings: &mut Findings) {
        for family in rules.devices.families.iter().filter(|family| !self.has(&family.key)) {
            let Some(place) = self.settings_places.get(&family.key) else { continue };
            let message = format!("`[{}]` changes nothing: `[devices]` has no {}", family.key, family.title);
            let example: Vec<String> =
                family.example.iter().map(|release| format!("\"{release}\"")).collect();
            let help = format!(
                "name them, such as `{} = [{}]` under `[devices]`, or leave the section out",
                family.key,
                example.join(", ")
            );
            findings.push(Finding::warning(Code::SettingNotUsed, message).at(place.clone()).help(help));
        }
    }

    fn add(&mut self, family: &Family, node: Node, rules: &Rules, findings: &mut Findings) {
        let name = format!("devices.{}", family.key);
        if family.releases.is_empty() {
            match node.kind {
                Kind::Flag(true) => self.devices.extend(device(family, None)),
                Kind::Flag(false) => {}
                other => findings.push(wrong_type(&name, "true or false", &other, node.place)),
            }
            return;
        }
        let mut chosen = BTreeSet::new();
        let spots = texts(&name, node, findings);
        for spot in once(&name, spots, true, findings) {
            match family.release(&spot.value) {
                Some(release) => {
                    chosen.insert(release.name.clone());
                }
                None => {
                    let message = format!("`{}` is no release of `{}`", spot.value, family.key);
                    let known: Vec<&str> =
                        family.releases.iter().map(|release| release.name.as_str()).collect();
                    let others = rules.devices.families.iter();
                    let other =
                        others.filter(|other| other.release(&spot.value).is_some()).map(|other| &other.key);
                    let near = nearest(&spot.value, known.iter().copied());
                    let near = match (other.into_iter().next(), near) {
                        (Some(other), _) => format!("it is one of `{other}`; "),
                        (None, Some(near)) => format!("the nearest is `{near}`; "),
                        (None, None) => String::new(),
                    };
                    let help = format!("{near}known releases: `{}`", known.join("`, `"));
                    findings.push(Finding::error(Code::DeviceUnknown, message).at(spot.place).help(help));
                }
            }
        }
        let releases = family.releases.iter().filter(|release| chosen.contains(&release.name));
        self.devices.extend(releases.filter_map(|release| device(family, Some(release))));
    }

    fn read_settings(&mut self, root: &mut Section, family: &Family, findings: &mut Findings) {
        if family.settings.is_empty() {
            return;
        }
        let Some(mut section) = root.section(&family.key, findings) else { return };
        self.settings_places.insert(family.key.clone(), section.place());
        for setting in &family.settings {
            let values = read_values(&mut section, family, setting, findings);
            self.settings.insert((family.key.clone(), setting.key.clone()), values);
        }
        section.finish(findings);
    }
}

fn device(family: &Family, release: Option<&crate::rules::Release>) -> Option<Device> {
    Some(Device {
        family: family.key.as_str().into(),
        release: release.map(|release| release.name.clone()),
        build: release.map(|release| release.build),
        column: release.and_then(|release| release.column.clone()).or_else(|| family.column.clone())?,
        os: family.os.clone(),
    })
}

fn read_values(
    section: &mut Section,
    family: &Family,
    setting: &Setting,
    findings: &mut Findings,
) -> Vec<String> {
    let spots = section.texts(&setting.key, findings);
    setting_values(family, setting, spots, findings)
}

/// The values of a setting, normalised, in order and each once; findings say what is wrong with the others.
pub(crate) fn setting_values(
    family: &Family,
    setting: &Setting,
    spots: Vec<Spot<String>>,
    findings: &mut Findings,
) -> Vec<String> {
    let last = spots.last().map(|spot| spot.place.clone());
    let mut values = BTreeSet::new();
    for spot in spots {
        let Some(normal) = setting_value(setting.kind, &spot.value) else {
            let wanted = match setting.kind {
                SettingKind::Guid => "a GUID such as `11111111-2222-3333-4444-555555555555`",
                SettingKind::Host => {
                    "a host name such as `name.blob.core.windows.net`, without scheme, path or star"
                }
            };
            let message =
                format!("`{}.{}` holds `{}`, which is not {wanted}", family.key, setting.key, spot.value);
            let help = format!("it holds {}", setting.title);
            findings.push(Finding::error(Code::SettingValue, message).at(spot.place).help(help));
            continue;
        };
        if !values.insert(normal.clone()) {
            let message = format!("`{}.{}` holds `{normal}` twice; it counts once", family.key, setting.key);
            findings.push(Finding::warning(Code::SettingValue, message).at(spot.place));
        }
    }
    if let (Some(most), Some(place)) = (setting.most.filter(|most| values.len() > *most), last) {
        let message = format!(
            "`{}.{}` holds {} values, more than the {most} that one device can use; all of them are kept",
            family.key,
            setting.key,
            values.len()
        );
        findings.push(
            Finding::warning(Code::SettingMany, message)
                .at(place)
                .help(format!("source: {}", setting.source)),
        );
    }
    values.into_iter().collect()
}

/// One value in its normal form, if it is of the kind.
pub(crate) fn setting_value(kind: SettingKind, text: &str) -> Option<String> {
    match kind {
        SettingKind::Guid => guid(text),
        SettingKind::Host => host(text),
    }
}

/// A host name as the list could hold it: no look-alikes, no address, no star.
fn host(text: &str) -> Option<String> {
    match parse_address(text).ok()? {
        Parsed { scheme: None, host: Host::Exact(name), port: None, path: Path::Any }
            if !text.contains('/') =>
        {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// A GUID in lower case without braces.
fn guid(text: &str) -> Option<String> {
    let text = text.trim();
    let bare =
        text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text).to_ascii_lowercase();
    let groups: Vec<&str> = bare.split('-').collect();
    let sound = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
    sound.then_some(bare)
}

//! Which components of a fleet get which files, and the files.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value as Printable;

use super::component::{Component, OutputSpec};
use super::encoding::encode;
use super::{Components, Encoding, LineEnds, Setting, advice, check, longest_line, quoting};
use crate::diagnostic::{Code, Finding, Findings};
use crate::profile::{ClientSettings, Profile, option_values};
use crate::render::{environment, setting, template_failed, with_room};
use crate::rules::Rules;
use crate::target::{Owner, Value, applies, resolve};

/// Everything for the devices of a fleet.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The files, component after component.
    pub files: Vec<SettingsFile>,
    /// What became of each component.
    pub components: Vec<Outcome>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// Name of its component, which is its folder.
    pub component: String,
    /// Name in that folder.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The file that resets it, or how that is done; nothing for a file that resets another one.
    pub reset: Option<String>,
    /// How its characters are written.
    pub encoding: Encoding,
    /// How its lines end.
    pub line_ends: LineEnds,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl SettingsFile {
    /// Path below the folder of all files: `edr/edr-proxy.reg`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.component, self.name)
    }
}

/// What became of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// How many files it has, or why none.
    pub files: Result<usize, Skipped>,
}

/// Why a component has no files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The fleet has none of these families.
    NoDevice(Vec<String>),
    /// The profile has none of these settings.
    NoSetting(Vec<Setting>),
}

/// Renders the settings of all components that the profile's devices have. `tool_version` stands in the heads of the
/// files.
pub fn render(
    profile: &Profile,
    rules: &Rules,
    components: &Components,
    tool_version: &str,
    findings: &mut Findings,
) -> Rendered {
    let mut rendered = Rendered::default();
    let Some(settings) = &profile.client else {
        let finding = Finding::error(Code::ClientSettingsMissing, "the profile has no `[client]`");
        findings.push(
            finding.help("write `[client]` with `proxy = \"proxy.contoso.com:8080\"`, `pac-url`, or both"),
        );
        return rendered;
    };
    if settings.proxy.is_none() && settings.pac.is_none() {
        if !findings.has_errors() {
            let message = "`[client]` names neither a `proxy` nor a `pac-url`";
            let finding = Finding::error(Code::ClientSettingsMissing, message).at(settings.place.clone());
            findings.push(finding.help("write `proxy = \"proxy.contoso.com:8080\"`, `pac-url`, or both"));
        }
        return rendered;
    }
    check::components(settings, components, findings);
    let mut present = Vec::new();
    let mut told = Findings::default();
    for component in components.iter() {
        check::families(component, rules, findings);
        let options = options(component, settings, findings);
        let has_device = component.declaration.devices.iter().any(|family| profile.fleet.has(family));
        if has_device {
            advice::tell(component, &options, profile, settings, &mut told);
            present.push(component);
        }
        let work = Work { component, options: &options, profile, settings, tool_version };
        let no_device = || Err(Skipped::NoDevice(component.declaration.devices.clone()));
        let files = if has_device { work.files(findings) } else { no_device() };
        rendered.components.push(Outcome {
            name: component.declaration.name.clone(),
            title: component.declaration.title.clone(),
            files: files.as_ref().map(Vec::len).map_err(Clone::clone),
        });
        rendered.files.extend(files.into_iter().flatten());
    }
    advice::tell_not_taken(&present, settings, &mut told);
    // Nobody wants to hear of files that are not written.
    if !findings.has_errors() {
        findings.append(told);
        check::anything(&rendered, settings, findings);
    }
    rendered
}

/// The values of a component's options.
fn options(
    component: &Component,
    settings: &ClientSettings,
    findings: &mut Findings,
) -> BTreeMap<String, Value> {
    let declaration = &component.declaration;
    let section = format!("client.{}", declaration.name);
    let node = settings.components.get(&declaration.name);
    let given = node.map(|node| option_values(&section, node, findings)).unwrap_or_default();
    let owner =
        Owner { kind: "component", name: &declaration.name, section: &section, besides: &[], place: None };
    resolve(owner, &declaration.options, &given, findings)
}

/// One component, about to be rendered.
struct Work<'a> {
    component: &'a Component,
    options: &'a BTreeMap<String, Value>,
    profile: &'a Profile,
    settings: &'a ClientSettings,
    tool_version: &'a str,
}

impl Work<'_> {
    fn files(&self, findings: &mut Findings) -> Result<Vec<SettingsFile>, Skipped> {
        let declaration = &self.component.declaration;
        let outputs: Vec<&OutputSpec> =
            declaration.outputs.iter().filter(|output| applies(&output.when, self.options)).collect();
        let is_needed =
            |output: &&&OutputSpec| output.needs.iter().any(|setting| setting.is_in(self.settings));
        let chosen: Vec<&OutputSpec> = outputs.iter().filter(is_needed).copied().collect();
        if chosen.is_empty() {
            let needs: BTreeSet<Setting> = outputs.iter().flat_map(|output| &output.needs).copied().collect();
            return Err(Skipped::NoSetting(needs.into_iter().collect()));
        }
        let folder = declaration.folder();
        let rendered = with_room(&self.component.templates, || self.render(&chosen, findings));
        Ok(rendered.flatten().unwrap_or_else(|error| {
            findings.push(template_failed(&folder, "target.toml", &error));
            Vec::new()
        }))
    }

    fn render(
        &self,
        outputs: &[&OutputSpec],
        findings: &mut Findings,
    ) -> Result<Vec<SettingsFile>, minijinja::Error> {
        let declaration = &self.component.declaration;
        let mut environment = environment(&self.component.templates, None, 0)?;
        quoting::extend(&mut environment);
        let resets: BTreeSet<&str> =
            declaration.outputs.iter().filter_map(|output| output.reset.as_deref()).collect();
        let (mut files, mut too_long) = (Vec::new(), Vec::new());
        for output in outputs {
            let context = self.context(resets.contains(output.path.as_str()));
            let text =
                environment.get_template(&output.template).and_then(|template| template.render(context));
            let longest = text.as_ref().ok().and_then(|text| longest_line::too_long(output, text));
            too_long.extend(longest.map(|length| (*output, length)));
            match text.map(|text| encode(&text, output.encoding, output.line_ends)) {
                Ok(Ok(bytes)) => files.push(self.file(output, bytes)),
                Ok(Err(wrong)) => {
                    let (path, encoding) = (&output.path, output.encoding.as_str());
                    let message = format!(
                        "`{path}` of `{}` holds {wrong:?}, which is not {encoding} text",
                        declaration.name
                    );
                    findings.push(Finding::error(Code::TemplateFailed, message));
                }
                Err(error) => findings.push(template_failed(&declaration.folder(), &output.template, &error)),
            }
        }
        longest_line::leave_out(self.component, &too_long, &mut files, self.settings, findings);
        Ok(files)
    }

    fn file(&self, output: &OutputSpec, bytes: Vec<u8>) -> SettingsFile {
        SettingsFile {
            component: self.component.declaration.name.clone(),
            name: output.path.clone(),
            purpose: output.purpose.clone(),
            reset: output.reset.clone().or_else(|| output.reset_by.clone()),
            encoding: output.encoding,
            line_ends: output.line_ends,
            bytes,
        }
    }

    /// What a template sees: described in `targets/README.md`.
    fn context(&self, reset: bool) -> Printable {
        let map = |pairs: Vec<(&'static str, Printable)>| Printable::from_pairs(pairs);
        let proxy = self.settings.proxy.as_ref().map_or(Printable::from(()), |spot| {
            map(vec![
                ("host", spot.value.host.as_str().into()),
                ("port", spot.value.port.into()),
                ("address", spot.value.address().into()),
                ("url", spot.value.url().into()),
            ])
        });
        let pac = self.settings.pac.as_ref().map_or(Printable::from(()), |spot| {
            let pac = &spot.value;
            map(vec![
                ("url", pac.url.as_str().into()),
                ("host", pac.host.as_str().into()),
                ("is_name", pac.is_name().into()),
                ("is_relative", pac.is_relative().into()),
                ("is_wpad", pac.is_wpad().into()),
            ])
        });
        let bypass: Printable =
            self.settings.bypass.iter().map(|spot| Printable::from(spot.value.as_str())).collect();
        let declaration = &self.component.declaration;
        let about = map(vec![
            ("name", declaration.name.as_str().into()),
            ("title", declaration.title.as_str().into()),
        ]);
        let options = self.options.iter().map(|(key, value)| (key.clone(), setting(value)));
        map(vec![
            ("profile", self.profile.name.as_str().into()),
            ("tool", map(vec![("name", "allowlistc".into()), ("version", self.tool_version.into())])),
            ("component", about),
            ("proxy", proxy),
            ("pac", pac),
            ("bypass", bypass),
            ("options", Printable::from_pairs(options)),
            ("reset", reset.into()),
        ])
    }
}

//! Everything behind the allowlist: each chosen target lowered and rendered.

use crate::allowlist::Allowlist;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::lower::{Loss, lower};
use crate::profile::{Profile, nearest, target_settings};
use crate::render::{Artifact, RenderContext, render};
use crate::target::{Registry, Settings};

/// What the targets of a profile come to.
#[derive(Debug, Default)]
pub struct Output {
    /// Every file, target after target.
    pub artifacts: Vec<Artifact>,
    /// Every difference to the list.
    pub losses: Vec<Loss>,
    /// The targets, each with the number of its files.
    pub targets: Vec<(String, usize)>,
}

/// Lowers and renders the list for the targets of a profile. `sources` are names and SHA-256 of the lists, `only`
/// the targets that the user asks for, if not all.
pub fn compile(
    list: &Allowlist,
    profile: &Profile,
    registry: &Registry,
    sources: Vec<(String, String)>,
    only: &[String],
    findings: &mut Findings,
) -> Output {
    let tool_version = env!("CARGO_PKG_VERSION").to_owned();
    let context = RenderContext { profile: profile.name.clone(), sources, tool_version };
    let mut output = Output::default();
    for name in chosen_targets(profile, registry, only) {
        let settings = profile.targets.get(&name);
        let Some(target) = registry.get(&name) else {
            let finding = Finding::error(Code::TargetUnknown, format!("there is no target `{name}`"));
            let place = settings.map_or_else(|| Place::file(&profile.file), |node| node.place.clone());
            findings.push(finding.at(place).help(known_targets(registry, &name)));
            continue;
        };
        let settings = settings.map_or_else(Settings::default, |node| target_settings(&name, node, findings));
        let plan = lower(list, target, &settings, &profile.name, findings);
        let artifacts = render(&plan, target, &context, findings);
        output.targets.push((name, artifacts.len()));
        output.losses.extend(plan.losses);
        output.artifacts.extend(artifacts);
    }
    output
}

/// The targets that the user asks for, else those with a section in the profile, else all.
fn chosen_targets(profile: &Profile, registry: &Registry, only: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = if !only.is_empty() {
        only.to_vec()
    } else if !profile.targets.is_empty() {
        profile.targets.keys().cloned().collect()
    } else {
        registry.names().map(str::to_owned).collect()
    };
    chosen.sort();
    chosen.dedup();
    chosen
}

/// The known target nearest to a name, and all known targets.
pub fn known_targets(registry: &Registry, name: &str) -> String {
    let known: Vec<&str> = registry.names().collect();
    let near = nearest(name, known.iter().copied())
        .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
    format!("{near}known targets: `{}`; `--targets DIR` adds folders", known.join("`, `"))
}

//! STAGE 5 render: a plan to bytes by the templates of its target. May choose spelling, never content.

mod context;
mod environment;
mod filters;
mod lines;
mod split;
mod words;

use std::collections::BTreeSet;

use minijinja::Value as Printable;

use crate::allowlist::Product;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::lower::Plan;
use crate::target::{OutputSpec, Per, Role, Target, Value};

pub(crate) use environment::check_templates;

use split::{Part, SplitList};

/// What a file says about where it comes from. It holds no clock and no path.
#[derive(Clone, Debug, Default)]
pub struct RenderContext {
    /// Name of the profile.
    pub profile: String,
    /// Every input: name without folders, and SHA-256 as hexadecimal digits.
    pub sources: Vec<(String, String)>,
    /// Version of this tool.
    pub tool_version: String,
}

/// One file that a target writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Path below the target's own folder.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// Product of the list that it holds, where it holds just one.
    pub product: Option<Product>,
    /// Name of the target.
    pub target: String,
    /// Its bytes: ASCII, LF, a final newline.
    pub bytes: Vec<u8>,
}

/// The files of `plan`, in the order of the target's outputs.
pub fn render(
    plan: &Plan<'_>,
    target: &Target,
    context: &RenderContext,
    findings: &mut Findings,
) -> Vec<Artifact> {
    let lists = split::split(plan);
    check_parts(plan, &lists, findings);
    let rendered = environment::with_room(target, || render_all(plan, target, context, &lists, findings));
    let mut artifacts = rendered.flatten().unwrap_or_else(|error| {
        findings.push(template_failed(target, "target.toml", &error));
        Vec::new()
    });
    for artifact in &artifacts {
        check_artifact(plan, artifact, findings);
    }
    let mut paths = BTreeSet::new();
    artifacts.retain(|artifact| is_placed(plan, artifact, &mut paths, findings));
    artifacts
}

fn render_all(
    plan: &Plan<'_>,
    target: &Target,
    context: &RenderContext,
    lists: &[SplitList],
    findings: &mut Findings,
) -> Result<Vec<Artifact>, minijinja::Error> {
    let entries = plan.lists.values().flat_map(|list| &list.ports).map(|port| port.terms.len()).sum();
    let environment = environment::environment(target, plan.manifest.limits.name, entries)?;
    let root = context::root(plan, target, context, lists);
    let mut artifacts = Vec::new();
    for output in plan.manifest.outputs.iter().filter(|output| applies(output, plan)) {
        for (path, values) in work(output, lists) {
            let rendered = environment
                .get_template(&output.template)
                .and_then(|template| template.render(context::with(&root, values)));
            match rendered {
                Ok(text) => artifacts.push(artifact(plan, output, path, text)),
                Err(error) => findings.push(template_failed(target, &output.template, &error)),
            }
        }
    }
    Ok(artifacts)
}

/// Whether the path of a file stays below the target's folder and no file before it has the same one.
fn is_placed(
    plan: &Plan<'_>,
    artifact: &Artifact,
    paths: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> bool {
    let (path, target) = (&artifact.path, &plan.target);
    let fault = if !crate::target::is_plain_path(path) {
        format!("`{target}` writes `{path}`, a path that leaves its folder or is not plain")
    // Some file systems do not tell letters of different case apart.
    } else if !paths.insert(path.to_ascii_lowercase()) {
        format!("`{target}` writes `{path}` twice, and the second would replace the first")
    } else {
        return true;
    };
    findings.push(Finding::error(Code::TemplateFailed, fault));
    false
}

/// Whether the options ask for this output.
fn applies(output: &OutputSpec, plan: &Plan<'_>) -> bool {
    output.when.iter().all(|(option, wanted)| match plan.options.get(option) {
        Some(Value::Text(text)) => text == wanted,
        Some(Value::Flag(flag)) => flag.to_string() == *wanted,
        _ => false,
    })
}

/// Each path of an output with what its template sees besides the root.
fn work(output: &OutputSpec, lists: &[SplitList]) -> Vec<(String, Vec<(&'static str, Printable)>)> {
    let list = output.list.as_ref().and_then(|name| lists.iter().find(|list| list.name == *name));
    match (output.per, list) {
        (Per::Piece, Some(list)) => context::pieces(output, list),
        (Per::Part, Some(list)) => {
            let path = |part: &Part| {
                let suffix = split::suffix(part.number);
                output.path.fill(|name| match name {
                    "list" => Some(list.name.as_str()),
                    "part" => Some(suffix.as_str()),
                    _ => None,
                })
            };
            list.parts.iter().map(|part| (path(part), vec![("part", context::part(list, part))])).collect()
        }
        (Per::Once, _) | (_, None) => {
            let name = output.list.as_deref().unwrap_or_default();
            let path = output.path.fill(|placeholder| (placeholder == "list").then_some(name));
            vec![(path, vec![("list", context::list_name(name))])]
        }
    }
}

fn artifact(plan: &Plan<'_>, output: &OutputSpec, path: String, mut text: String) -> Artifact {
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    let product =
        output.list.as_ref().and_then(|name| plan.manifest.lists.get(name)).map(|list| list.product);
    Artifact { path, role: output.role, product, target: plan.target.clone(), bytes: text.into_bytes() }
}

fn template_failed(target: &Target, template: &str, error: &minijinja::Error) -> Finding {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let file = format!("targets/{}/{template}", target.name);
    let place = match error.line().and_then(|line| u32::try_from(line).ok()) {
        Some(line) => Place::line(file, line),
        None => Place::file(file),
    };
    Finding::error(Code::TemplateFailed, format!("template of `{}`: {detail}", target.name)).at(place)
}

fn check_parts(plan: &Plan<'_>, lists: &[SplitList], findings: &mut Findings) {
    let Some(most) = plan.manifest.limits.parts else { return };
    for list in lists.iter().filter(|list| list.parts.len() > most) {
        let message = format!(
            "list `{}` of `{}` needs {} parts, the firewall takes {most}",
            list.name,
            plan.target,
            list.parts.len()
        );
        findings.push(Finding::error(Code::TargetLimitExceeded, message));
    }
}

fn check_artifact(plan: &Plan<'_>, artifact: &Artifact, findings: &mut Findings) {
    let bytes = artifact.bytes.len();
    if let Some(most) = plan.manifest.limits.file_bytes.filter(|most| bytes > *most) {
        let message =
            format!("`{}` of `{}` has {bytes} bytes, the limit is {most}", artifact.path, plan.target);
        let help = "choose fewer geographies or devices, or build two profiles";
        findings.push(Finding::error(Code::TargetLimitExceeded, message).help(help));
    }
    let is_strange = |byte: &&u8| !matches!(byte, b'\n' | b'\t' | b' '..=b'~');
    // Counting to the end goes many bytes at a time; stopping at the first goes one by one.
    if artifact.bytes.iter().filter(is_strange).count() > 0 {
        let message =
            format!("`{}` of `{}` holds a character that is not plain ASCII", artifact.path, plan.target);
        findings.push(Finding::error(Code::TemplateFailed, message));
    }
}

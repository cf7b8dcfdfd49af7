//! STAGE 5 render: a plan to bytes by the templates of its target. May choose spelling, never content.

mod context;
mod environment;
mod filters;
mod lines;
mod split;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value as Printable;

use crate::allowlist::Product;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::lower::Plan;
use crate::target::{OutputSpec, Per, Role, Target, applies};

pub(crate) use context::setting;
pub(crate) use environment::{Folder, check_templates, engine, environment, with_room};
pub(crate) use filters::{comment, push_xml};

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

/// One file that a build writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Path below the target's own folder; a report lies beside those folders.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// Product of the list that it holds, where it holds just one.
    pub product: Option<Product>,
    /// Name of the target; empty for a report.
    pub target: String,
    /// Its bytes: ASCII (a report: UTF-8), LF, a final newline.
    pub bytes: Vec<u8>,
    /// Media type, as a web server has to name it.
    pub media_type: String,
    /// Whether clients look for it at the root of a web server as well.
    pub at_root: bool,
    /// Entries that it holds, where it holds a piece or a part of one list.
    pub entries: Option<usize>,
}

impl Artifact {
    /// Path below the output folder: `squid/allow.conf`, `report.html`.
    pub fn path_in_folder(&self) -> String {
        if self.target.is_empty() { self.path.clone() } else { format!("{}/{}", self.target, self.path) }
    }
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
    let mut work = || render_all(plan, target, context, &lists, findings);
    // The nesting of the shipped templates is known to be shallow.
    let rendered = if target.is_shipped() { Ok(work()) } else { with_room(&target.templates, work) };
    let mut artifacts = rendered.flatten().unwrap_or_else(|error| {
        findings.push(template_failed(&target.name, "target.toml", &error));
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
    let environment = environment::fitted(target.engine()?, plan.manifest.limits.name, entries);
    let root = context::root(plan, target, context, lists);
    let mut artifacts: Vec<Artifact> = Vec::new();
    let mut whole: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for output in plan.manifest.outputs.iter().filter(|output| applies(&output.when, &plan.options)) {
        let same = (output.template.as_str(), output.list.as_deref());
        for Work { path, values, entries } in work(output, lists) {
            // One file under two names is rendered once.
            let known = if output.per == Per::Once { whole.get(&same) } else { None };
            if let Some(first) = known.and_then(|at| artifacts.get(*at)) {
                let bytes = first.bytes.clone();
                artifacts.push(artifact(plan, output, path, bytes, entries));
                continue;
            }
            let rendered = environment
                .get_template(&output.template)
                .and_then(|template| template.render(context::with(&root, values)));
            match rendered {
                Ok(text) => {
                    whole.entry(same).or_insert(artifacts.len());
                    artifacts.push(artifact(plan, output, path, with_one_newline(text), entries));
                }
                Err(error) => findings.push(template_failed(&target.name, &output.template, &error)),
            }
        }
    }
    Ok(artifacts)
}

/// The text with one newline at its end.
fn with_one_newline(mut text: String) -> Vec<u8> {
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text.into_bytes()
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

/// One file to render.
struct Work {
    path: String,
    /// What its template sees besides the root.
    values: Vec<(&'static str, Printable)>,
    /// Entries of the piece or part.
    entries: Option<usize>,
}

/// The files of an output.
fn work(output: &OutputSpec, lists: &[SplitList]) -> Vec<Work> {
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
            let work = |part: &Part| {
                let values = vec![("part", context::part(list, part))];
                Work { path: path(part), values, entries: Some(part.entries) }
            };
            list.parts.iter().map(work).collect()
        }
        (Per::Once, _) | (_, None) => {
            let name = output.list.as_deref().unwrap_or_default();
            let path = output.path.fill(|placeholder| (placeholder == "list").then_some(name));
            vec![Work { path, values: vec![("list", context::list_name(name))], entries: None }]
        }
    }
}

fn artifact(
    plan: &Plan<'_>,
    output: &OutputSpec,
    path: String,
    bytes: Vec<u8>,
    entries: Option<usize>,
) -> Artifact {
    let product =
        output.list.as_ref().and_then(|name| plan.manifest.lists.get(name)).map(|list| list.product);
    Artifact {
        path,
        role: output.role,
        product,
        target: plan.target.clone(),
        bytes,
        media_type: output.media_type.clone(),
        at_root: output.at_root,
        entries,
    }
}

/// What the engine says against a template of the folder `target` of the targets.
pub(crate) fn template_failed(target: &str, template: &str, error: &minijinja::Error) -> Finding {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let file = format!("targets/{target}/{template}");
    let place = match error.line().and_then(|line| u32::try_from(line).ok()) {
        Some(line) => Place::line(file, line),
        None => Place::file(file),
    };
    Finding::error(Code::TemplateFailed, format!("template of `{target}`: {detail}")).at(place)
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
    let limits = &plan.manifest.limits;
    if let Some(message) = limits.refuses(&plan.target, &artifact.path, artifact.bytes.len()) {
        let help = "choose fewer geographies or devices, or build two profiles";
        findings.push(Finding::error(Code::TargetLimitExceeded, message).help(help));
    }
    if !filters::every(&artifact.bytes, |byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) {
        let message =
            format!("`{}` of `{}` holds a character that is not plain ASCII", artifact.path, plan.target);
        findings.push(Finding::error(Code::TemplateFailed, message));
    }
}

//! `targets`: the known targets and what they can say.

use serde_json::{Value, json};

use super::args::{Format, Targets};
use super::job;
use super::list::pretty;
use super::table::aligned;
use super::{Stop, print, report};
use crate::diagnostic::Findings;
use crate::target::{ListSpec, Shape, Target};

pub(super) fn run(args: &Targets) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let registry = job::registry(args.target_folder.as_deref(), &mut findings)?;
    report(&findings, false);
    let targets: Vec<&Target> = registry.names().filter_map(|name| registry.get(name)).collect();
    print(&match args.format {
        Format::Human => human(&targets),
        Format::Json => pretty(&targets.iter().map(|target| target_json(target)).collect()),
    })?;
    Ok(!findings.has_errors())
}

fn shapes(list: &ListSpec) -> Vec<&'static str> {
    list.hosts.keys().map(|shape| word(*shape)).collect()
}

fn word(shape: Shape) -> &'static str {
    match shape {
        Shape::Exact => "x",
        Shape::Subdomains => "*.x",
        Shape::Suffix => "*x",
        Shape::Infix => "a*b",
        Shape::Net4 => "IPv4",
        Shape::Net6 => "IPv6",
        Shape::Tag => "tags",
    }
}

fn paths(list: &ListSpec) -> String {
    list.paths.as_ref().map_or_else(
        || "none".to_owned(),
        |paths| {
            let forms: Vec<&str> = paths.forms.keys().map(|form| form.as_str()).collect();
            forms.join(" ")
        },
    )
}

fn human(targets: &[&Target]) -> String {
    let mut rows = Vec::new();
    for target in targets {
        for (name, list) in &target.manifest().lists {
            rows.push(vec![
                target.name.clone(),
                name.clone(),
                list.product.as_str().to_owned(),
                shapes(list).join(" "),
                paths(list),
                target.title.clone(),
            ]);
        }
    }
    aligned(&["TARGET", "LIST", "PRODUCT", "HOSTS", "CLEAR-TEXT PATHS", "WHAT IT IS"], &rows)
}

fn target_json(target: &Target) -> Value {
    let lists: Value = target
        .manifest()
        .lists
        .iter()
        .map(|(name, list)| {
            json!({"name": name, "product": list.product.as_str(), "hosts": shapes(list), "paths": paths(list)})
        })
        .collect();
    let options: serde_json::Map<String, Value> =
        target.options.iter().map(|(key, option)| (key.clone(), json!(option.help))).collect();
    json!({"name": target.name, "title": target.title, "sources": target.sources, "options": options, "lists": lists})
}

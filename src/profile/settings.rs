//! `[targets.<name>]` of a profile as the settings of that target; the target's own folder checks the options.

use std::collections::BTreeMap;

use super::node::{Kind, Node};
use super::section::{Section, nearest, texts, wrong_type};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::target::{Axis, Effect, Permit, Settings, Value};

/// The settings that a profile gives to the target `name`.
pub fn target_settings(name: &str, node: &Node, findings: &mut Findings) -> Settings {
    let title = format!("targets.{name}");
    let mut node = node.clone();
    let allow_loss = match &mut node.kind {
        Kind::Table(nodes) => {
            let allow_loss = nodes.remove(ALLOW_LOSS);
            nodes.retain(|key, node| !is_misspelt_section(&title, key, node, findings));
            allow_loss
        }
        _ => None,
    };
    let permits = allow_loss.map(|node| permits(&format!("{title}.{ALLOW_LOSS}"), node, findings));
    let options = option_values(&title, &node, findings);
    Settings { options, permits: permits.unwrap_or_default(), place: Some(node.place) }
}

/// The one section of a target: what it may lose.
const ALLOW_LOSS: &str = "allow-loss";

/// No option is a section, so one of nearly that name is a slip.
fn is_misspelt_section(title: &str, key: &str, node: &Node, findings: &mut Findings) -> bool {
    let near = nearest(key, [ALLOW_LOSS].into_iter()).filter(|_| matches!(node.kind, Kind::Table(_)));
    if let Some(near) = near {
        let finding =
            Finding::error(Code::ProfileUnknownKey, format!("`{title}.{key}` is no key of a profile"));
        findings.push(finding.at(node.place.clone()).help(format!("the nearest is `{title}.{near}`")));
    }
    near.is_some()
}

/// The options in the section `title`, each with its place.
pub fn option_values(title: &str, node: &Node, findings: &mut Findings) -> BTreeMap<String, (Value, Place)> {
    let Kind::Table(nodes) = &node.kind else {
        findings.push(wrong_type(title, "a section", &node.kind, node.place.clone()));
        return BTreeMap::new();
    };
    let option = |(key, node): (&String, &Node)| {
        let value = value(&format!("{title}.{key}"), node, findings)?;
        Some((key.clone(), (value, node.place.clone())))
    };
    nodes.iter().filter_map(option).collect()
}

fn value(name: &str, node: &Node, findings: &mut Findings) -> Option<Value> {
    match &node.kind {
        Kind::Text(text) => Some(Value::Text(text.clone())),
        Kind::Integer(number) => Some(Value::Integer(*number)),
        Kind::Flag(flag) => Some(Value::Flag(*flag)),
        Kind::List(_) => {
            let spots = texts(name, node.clone(), findings);
            Some(Value::List(spots.into_iter().map(|spot| spot.value).collect()))
        }
        other => {
            findings.push(wrong_type(
                name,
                "a text, number, flag or list of texts",
                other,
                node.place.clone(),
            ));
            None
        }
    }
}

fn permits(title: &str, node: Node, findings: &mut Findings) -> BTreeMap<Axis, Permit> {
    let Kind::Table(nodes) = node.kind else {
        findings.push(wrong_type(title, "a section", &node.kind, node.place));
        return BTreeMap::new();
    };
    let mut permits = BTreeMap::new();
    for (key, node) in nodes {
        let Some(axis) = Axis::ALL.iter().find(|axis| axis.as_str() == key) else {
            let known: Vec<&str> = Axis::ALL.iter().map(|axis| axis.as_str()).collect();
            let near = nearest(&key, known.iter().copied())
                .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
            let message = format!("`{title}.{key}` names nothing that can be lost");
            let help = format!("{near}known: `{}`", known.join("`, `"));
            findings.push(Finding::error(Code::ProfileUnknownKey, message).at(node.place).help(help));
            continue;
        };
        if let Some(permit) = permit(&format!("{title}.{key}"), node, findings) {
            permits.insert(*axis, permit);
        }
    }
    permits
}

fn permit(title: &str, node: Node, findings: &mut Findings) -> Option<Permit> {
    let place = node.place.clone();
    let mut section = Section::new(title, node, findings);
    let effect = section.text("effect", findings);
    let reason = section.text("reason", findings);
    section.finish(findings);
    let help = "write `{ effect = \"wider\", reason = \"…\" }`; effects: `wider`, `narrower`, `omitted`";
    let missing = |what: &str| Finding::error(Code::ProfileMissingKey, format!("`{title}` has no `{what}`"));
    let (Some(effect), Some(reason)) = (&effect, reason.filter(|reason| !reason.value.trim().is_empty()))
    else {
        let what = if effect.is_none() { "effect" } else { "reason" };
        findings.push(missing(what).at(place).help(help));
        return None;
    };
    let known = [Effect::Wider, Effect::Narrower, Effect::Omitted].into_iter();
    match known.clone().find(|known| known.as_str() == effect.value) {
        Some(effect) => Some(Permit { effect, reason: reason.value }),
        None => {
            let message = format!("`{title}` cannot have the effect `{}`", effect.value);
            findings.push(Finding::error(Code::ProfileValue, message).at(effect.place.clone()).help(help));
            None
        }
    }
}

//! ARM templates: the rule collection groups among the resources, and those of templates within templates.
//!
//! Comments are taken, as Azure does. A group by itself, as the command line of Azure prints it, is read too.

use std::borrow::Cow;

use super::ReadError;
use super::azure::{Group, Policy, holds_rules};
use super::azure_beside::add_policy;
use super::azure_spelling::spell;
use super::literal::{Between, Literal, Value, value};
use super::token::{JSON, Tokens};
use crate::verify::ruleset::Line;

/// The full name of what is read.
const GROUPS: &str = "microsoft.network/firewallpolicies/rulecollectiongroups";
/// A policy, which may hold groups.
const POLICIES: &str = "microsoft.network/firewallpolicies";
/// A template as a resource of another one.
const DEPLOYMENTS: &str = "microsoft.resources/deployments";

/// Keys of a resource that do not decide whether it is there.
const RESOURCE: &[&str] = &[
    "apiVersion",
    "comments",
    "dependsOn",
    "etag",
    "id",
    "identity",
    "kind",
    "location",
    "metadata",
    "name",
    "properties",
    "resourceGroup",
    "resources",
    "scope",
    "sku",
    "subscriptionId",
    "tags",
    "type",
    "zones",
];

/// Adds the groups of a template.
pub(super) fn read<'f>(path: &'f str, text: &'f str, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    let text = without_comments(text);
    // The tokens are those of several languages; this says whether it is JSON.
    serde_json::from_str::<serde::de::IgnoredAny>(&text)
        .map_err(|error| ReadError::new(&line(path, error.line()), format!("no sound JSON: {error}")))?;
    let mut tokens = Tokens::new(&text, JSON);
    tokens.skip_lines();
    let mut template = value(&mut tokens, Between::Comma, &[":"]).map_err(|message| {
        let message = tokens.broken.map_or(message, str::to_owned);
        ReadError::new(&Line::new(path, tokens.line()), message)
    })?;
    let mut twice = Vec::new();
    spell(&mut template, &mut twice);
    let tell = |(line, key)| (Line::new(path, line), format!("`{key}` stands twice in one place"));
    policy.open.extend(twice.into_iter().map(tell));
    add_names(&template, None, path, policy);
    let Some(resources) = template.take("resources") else {
        return add_bare(template, path, policy);
    };
    if resources.text().is_some() {
        let reason = "resources that are computed are not followed";
        policy.open.push((Line::new(path, resources.line), reason.into()));
    }
    let mut open: Vec<(Literal, String)> =
        members(resources).into_iter().map(|member| (member, String::new())).collect();
    open.reverse();
    while let Some((mut resource, parent)) = open.pop() {
        let at = Line::new(path, resource.line);
        let kind = resource.get("type").and_then(Literal::text).unwrap_or_default().to_ascii_lowercase();
        if kind.is_empty() || kind.starts_with('[') {
            policy
                .open
                .push((at.clone(), "a resource without a type that is written out is not followed".into()));
        }
        let kind = if parent.is_empty() { kind } else { format!("{parent}/{kind}") };
        if holds_rules(&kind) {
            let unknown = resource.entries().iter().filter(|(key, _)| !RESOURCE.contains(&key.as_str()));
            let tell = |(key, _): &(String, Literal)| {
                (at.clone(), format!("a resource with `{key}` is not followed"))
            };
            policy.open.extend(unknown.map(tell));
        }
        if let Some(below) = resource.take("resources") {
            open.extend(members(below).into_iter().map(|member| (member, kind.clone())));
        }
        match (kind.as_str(), resource.take("properties")) {
            (GROUPS, Some(properties)) => {
                policy.groups.push(Group { path, name: resource.take("name"), properties });
            }
            (POLICIES, Some(properties)) if properties.word().is_none() => {
                add_policy(&properties, path, policy);
            }
            (POLICIES, None) => {}
            (DEPLOYMENTS, Some(mut properties)) if has_resources(&properties) => {
                let Some(mut template) = properties.take("template") else { continue };
                add_names(&template, properties.get("parameters"), path, policy);
                let inner = template.take("resources").into_iter().flat_map(members);
                open.extend(inner.map(|resource| (resource, String::new())));
            }
            (kind, _) if holds_rules(kind) => {
                policy.open.push((at, format!("`{kind}` in this form is not read")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a deployment has a template with resources.
fn has_resources(properties: &Literal) -> bool {
    properties.get("template").is_some_and(|template| template.get("resources").is_some())
}

/// What parameters and variables stand for; the values given to a template come before its defaults.
fn add_names(template: &Literal, given: Option<&Literal>, path: &str, policy: &mut Policy<'_>) {
    for (kind, field) in [("parameters", Some("defaultValue")), ("variables", None)] {
        for (name, said) in template.get(kind).map(Literal::entries).unwrap_or_default() {
            let given = given.filter(|_| field.is_some()).map(Literal::entries).unwrap_or_default();
            let given = given.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let value = given.and_then(|(_, given)| given.get("value"));
            let said = value.or_else(|| field.map_or(Some(said), |field| said.get(field)));
            let Some(said) = said else { continue };
            let said = said.clone();
            policy.name(format!("[{kind}('{name}')]").to_ascii_lowercase(), said, path);
        }
    }
}

/// Groups that stand by themselves, one or a list of them.
fn add_bare<'f>(found: Literal, path: &'f str, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    let groups = match found {
        Literal { value: Value::List(members), .. } => members,
        one => vec![one],
    };
    for mut group in groups {
        let line = group.line;
        let name = group.get("name").cloned();
        let properties = group.take("properties").unwrap_or(group);
        if properties.get("ruleCollections").is_none() {
            let message = "there are neither resources nor rule collections";
            return Err(ReadError::new(&Line::new(path, line), message));
        }
        policy.groups.push(Group { path, name, properties });
    }
    Ok(())
}

/// JSON without the comments that Azure allows; lines stay where they are.
fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let length = if from.starts_with("//") {
            from.find('\n').unwrap_or(from.len())
        } else if from.starts_with("/*") {
            let length = from.find("*/").map_or(from.len(), |end| end + 2);
            plain.extend(from.get(..length).unwrap_or_default().chars().filter(|c| *c == '\n'));
            length
        } else {
            let length = if from.starts_with('"') { text_length(from) } else { 1 };
            plain.push_str(from.get(..length).unwrap_or_default());
            length
        };
        rest = from.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Bytes of the text in quotes at the start.
fn text_length(quoted: &str) -> usize {
    let mut escaped = false;
    for (at, character) in quoted.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    quoted.len()
}

/// Resources in a list, or by name in a map.
fn members(resources: Literal) -> Vec<Literal> {
    match resources.value {
        Value::List(members) => members,
        _ => resources.into_entries().into_iter().map(|(_, resource)| resource).collect(),
    }
}

fn line(path: &str, line: usize) -> Line {
    Line::new(path, u32::try_from(line).unwrap_or(0))
}

//! ARM templates: the rule collection groups among the resources.

use super::ReadError;
use super::azure::{Group, Policy};
use super::literal::{Between, Literal, value};
use super::token::{JSON, Tokens};
use crate::verify::ruleset::Line;

/// The full name of what is read.
const GROUPS: &str = "microsoft.network/firewallpolicies/rulecollectiongroups";

/// Adds the groups of a template.
pub(super) fn read<'f>(path: &'f str, text: &'f str, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    // The tokens are those of several languages; this says whether it is JSON.
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| ReadError::new(&line(path, error.line()), format!("no sound JSON: {error}")))?;
    let mut tokens = Tokens::new(text, JSON);
    tokens.skip_lines();
    let template = value(&mut tokens, Between::Comma, &[":"]).map_err(|message| {
        let message = tokens.broken.map_or(message, str::to_owned);
        ReadError::new(&Line::new(path, tokens.line()), message)
    })?;
    for (kind, field) in [("parameters", Some("defaultValue")), ("variables", None)] {
        for (name, said) in template.get(kind).map(Literal::entries).unwrap_or_default() {
            let said = field.map_or(Some(said), |field| said.get(field));
            if let Some(said) = said {
                policy.names.insert(format!("[{kind}('{name}')]"), said.clone());
            }
        }
    }
    let Some(resources) = template.get("resources") else {
        return Err(ReadError::new(&Line::new(path, 0), "the template has no resources"));
    };
    let mut open: Vec<(&Literal, String)> =
        members(resources).map(|member| (member, String::new())).collect();
    open.reverse();
    while let Some((resource, parent)) = open.pop() {
        let at = Line::new(path, resource.line);
        let kind = resource.get("type").and_then(Literal::text).unwrap_or_default().to_ascii_lowercase();
        let kind = if parent.is_empty() { kind } else { format!("{parent}/{kind}") };
        if resource.get("condition").is_some() || resource.get("copy").is_some() {
            policy.open.push((at.clone(), "a resource that depends on an expression is not followed".into()));
        }
        if let Some(below) = resource.get("resources") {
            open.extend(members(below).map(|member| (member, kind.clone())));
        }
        match (kind.as_str(), resource.get("properties")) {
            (GROUPS, Some(properties)) => policy.groups.push(Group { path, properties: properties.clone() }),
            (GROUPS | "microsoft.network/azurefirewalls" | "microsoft.resources/deployments", _) => {
                policy.open.push((at, format!("`{kind}` in this form is not read")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Resources in a list, or by name in a map.
fn members(resources: &Literal) -> impl Iterator<Item = &Literal> {
    let of_list = resources.list().unwrap_or_default().iter();
    of_list.chain(resources.entries().iter().map(|(_, resource)| resource))
}

fn line(path: &str, line: usize) -> Line {
    Line::new(path, u32::try_from(line).unwrap_or(0))
}

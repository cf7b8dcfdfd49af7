//! Bicep files: parameters, variables and the rule collection groups among the resources.
//!
//! Of the language this is what templates of literals need. A loop, a condition, a module or an expression in a place
//! that matters leaves the verdict open.

use super::ReadError;
use super::azure::{Group, Policy, holds_rules};
use super::azure_beside::add_policy;
use super::azure_spelling::spell;
use super::literal::{Between, CHILD, Literal, value};
use super::token::{BICEP, Tokens};
use crate::verify::ruleset::Line;

/// The full name of what is read.
const GROUPS: &str = "microsoft.network/firewallpolicies/rulecollectiongroups";

/// A policy, which may hold groups.
const POLICIES: &str = "microsoft.network/firewallpolicies";

/// Adds the groups of a file.
pub(super) fn read<'f>(path: &'f str, text: &'f str, policy: &mut Policy<'f>) -> Result<(), ReadError> {
    let mut tokens = Tokens::new(text, BICEP);
    loop {
        tokens.skip_lines();
        let line = Line::new(path, tokens.line());
        if tokens.peek().is_none() {
            return match tokens.broken {
                Some(broken) => Err(ReadError::new(&line, broken)),
                None => Ok(()),
            };
        }
        let read = statement(path, &mut tokens, policy, &line);
        if let Err(message) = read {
            let message = tokens.broken.map_or(message, str::to_owned);
            return Err(ReadError::new(&Line::new(path, tokens.line()), message));
        }
    }
}

fn statement<'f>(
    path: &'f str,
    tokens: &mut Tokens<'f>,
    policy: &mut Policy<'f>,
    line: &Line,
) -> Result<(), String> {
    if tokens.take("@") {
        // A decorator says how a parameter is shown or checked.
        tokens.skip_statement();
        return Ok(());
    }
    match tokens.take_word().as_deref() {
        Some("param") => {
            let name = tokens.take_word().ok_or("a parameter without a name")?;
            skip_type(tokens);
            if tokens.take("=") {
                let said = literal(tokens)?;
                policy.name(name, said, path);
            }
        }
        Some("var") => {
            let name = tokens.take_word().ok_or("a variable without a name")?;
            if !tokens.take("=") {
                return Err("a variable without a value".into());
            }
            let said = literal(tokens)?;
            policy.name(name, said, path);
        }
        Some("resource") => resource(path, tokens, policy, line)?,
        Some(
            "targetScope" | "output" | "metadata" | "type" | "func" | "import" | "using" | "extension"
            | "assert",
        ) => {
            tokens.skip_statement();
            return Ok(());
        }
        other => {
            let what = other.unwrap_or("a mark").to_owned();
            policy.open.push((line.clone(), format!("`{what}` is not followed")));
            tokens.skip_statement();
            return Ok(());
        }
    }
    let ends = tokens.skip_lines() || tokens.peek().is_none();
    if ends { Ok(()) } else { Err("something behind the end of a statement".into()) }
}

fn skip_type(tokens: &mut Tokens<'_>) {
    while tokens.peek().is_some_and(|token| token.text != "=" && token.text != "\n") {
        tokens.next();
    }
}

fn resource<'f>(
    path: &'f str,
    tokens: &mut Tokens<'f>,
    policy: &mut Policy<'f>,
    line: &Line,
) -> Result<(), String> {
    tokens.take_word().ok_or("a resource without a name")?;
    let kind = tokens.take_text().ok_or("a resource without a type")?.to_ascii_lowercase();
    let kind = kind.split('@').next().unwrap_or_default().to_owned();
    let exists = tokens.take("existing");
    if !tokens.take("=") {
        return Err("a resource without a body".into());
    }
    let mut body = literal(tokens)?;
    if holds_rules(&kind) {
        let mut twice = Vec::new();
        spell(&mut body, &mut twice);
        let tell = |(line, key)| (Line::new(path, line), format!("`{key}` stands twice in one place"));
        policy.open.extend(twice.into_iter().map(tell));
    }
    if exists {
        // What it holds by itself is not written here, but its children are.
        add_children(path, &kind, body, policy);
    } else {
        add_resource(path, &kind, body, line, policy);
    }
    Ok(())
}

fn add_resource<'f>(path: &'f str, kind: &str, mut body: Literal, line: &Line, policy: &mut Policy<'f>) {
    if holds_rules(kind) && (body.word().is_some() || body.list().is_some()) {
        let reason = "a resource that depends on an expression is not followed";
        return policy.open.push((line.clone(), reason.into()));
    }
    let properties = if holds_rules(kind) { body.take("properties") } else { None };
    match (kind, properties) {
        (GROUPS, Some(properties)) => {
            policy.groups.push(Group { path, name: body.take("name"), properties });
        }
        (POLICIES, properties) => {
            if let Some(properties) = properties {
                add_policy(&properties, path, policy);
            }
            add_children(path, kind, body, policy);
        }
        _ if holds_rules(kind) => {
            policy.open.push((line.clone(), format!("`{kind}` in this form is not read")));
        }
        _ => add_children(path, kind, body, policy),
    }
}

/// Resources within the body of another one carry the last part of their type.
fn add_children<'f>(path: &'f str, kind: &str, body: Literal, policy: &mut Policy<'f>) {
    for (key, said) in body.into_entries() {
        let Some((word, own)) = key.split_once(' ') else { continue };
        let own = own.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let kind = format!("{kind}/{own}");
        if word == CHILD {
            let line = Line::new(path, said.line);
            add_resource(path, &kind, said, &line, policy);
        } else {
            add_children(path, &kind, said, policy);
        }
    }
}

fn literal(tokens: &mut Tokens<'_>) -> Result<Literal, String> {
    value(tokens, Between::CommaOrLine, &[":"])
}

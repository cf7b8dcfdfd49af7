//! Bicep files: parameters, variables and the rule collection groups among the resources.
//!
//! Of the language this is what templates of literals need. A loop, a condition, a module or an expression in a place
//! that matters leaves the verdict open.

use super::ReadError;
use super::azure::{Group, Policy};
use super::literal::{Between, Literal, value};
use super::token::{BICEP, Tokens};
use crate::verify::ruleset::Line;

/// The full name of what is read.
const GROUPS: &str = "microsoft.network/firewallpolicies/rulecollectiongroups";

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
                policy.names.insert(name, literal(tokens)?);
            }
        }
        Some("var") => {
            let name = tokens.take_word().ok_or("a variable without a name")?;
            if !tokens.take("=") {
                return Err("a variable without a value".into());
            }
            policy.names.insert(name, literal(tokens)?);
        }
        Some("resource") => resource(path, tokens, policy, line)?,
        Some("targetScope" | "output" | "metadata" | "type") => {
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
    let body = literal(tokens)?;
    match (kind.as_str(), body.get("properties")) {
        _ if exists => {}
        (GROUPS, Some(properties)) => policy.groups.push(Group { path, properties: properties.clone() }),
        (GROUPS | "microsoft.network/azurefirewalls", _) => {
            policy.open.push((line.clone(), format!("`{kind}` in this form is not read")));
        }
        // A group may stand within the policy, where no literal is.
        (_, _) if body.word().is_some() => {
            policy
                .open
                .push((line.clone(), "a resource that depends on an expression is not followed".into()));
        }
        _ => {}
    }
    Ok(())
}

fn literal(tokens: &mut Tokens<'_>) -> Result<Literal, String> {
    value(tokens, Between::CommaOrLine, &[":"])
}

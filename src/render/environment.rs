//! The template engine, strict: only texts and whole numbers print, nothing is escaped behind one's back, no
//! file, no clock, a bound on the work.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::filters;
use crate::target::Target;

/// Work of one template without entries; an end to a template that never stops.
const FUEL: u64 = 5_000_000;

/// Work for each entry: enough for a plain loop over all of them.
const FUEL_PER_ENTRY: u64 = 200;

/// What a template may name without making it.
const ROOT: &[&str] = &[
    "profile",
    "tool",
    "target",
    "sources",
    "options",
    "losses",
    "lists",
    "list",
    "port",
    "group",
    "piece",
    "part",
    // Made by the engine.
    "loop",
    "range",
    "namespace",
    "dict",
];

/// The environment of one target with all its templates.
pub(super) fn environment(
    target: &Target,
    longest_name: Option<usize>,
    entries: usize,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let entries = u64::try_from(entries).unwrap_or(u64::MAX);
    environment.set_fuel(Some(entries.saturating_mul(FUEL_PER_ENTRY).saturating_add(FUEL)));
    environment.set_debug(false);
    environment.set_formatter(|out, _, value| print(out, value));
    filters::add(&mut environment, longest_name);
    for (name, text) in &target.templates {
        environment.add_template_owned(name.clone(), text.clone())?;
    }
    Ok(environment)
}

fn print(out: &mut minijinja::Output<'_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return out.write_str(text).map_err(Error::from);
    }
    if value.is_integer() {
        return write!(out, "{value}").map_err(Error::from);
    }
    let message = format!("a {} cannot be printed, only texts and whole numbers", value.kind());
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Parses every template and looks for names that no context has: (template, line, message) of the first fault.
pub(crate) fn check_templates(target: &Target) -> Result<(), (String, Option<u32>, String)> {
    let fault = |template: &str, error: &Error| {
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let line = error.line().and_then(|line| u32::try_from(line).ok());
        (template.to_owned(), line, format!("template of `{}`: {detail}", target.name))
    };
    let environment =
        environment(target, None, 0).map_err(|error| fault(error.name().unwrap_or("target.toml"), &error))?;
    for name in target.templates.keys() {
        let template = environment.get_template(name).map_err(|error| fault(name, &error))?;
        let mut unknown: Vec<String> = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|variable| !ROOT.contains(&variable.as_str()))
            .collect();
        unknown.sort();
        if let Some(variable) = unknown.first() {
            let message = format!("template of `{}` names `{variable}`, which no context has", target.name);
            return Err((name.clone(), None, message));
        }
    }
    Ok(())
}

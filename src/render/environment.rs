//! The template engine, strict: only texts and whole numbers print, nothing is escaped behind one's back, no
//! file, no clock, a bound on the work.

use std::collections::BTreeMap;

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
    "profile", "tool", "target", "sources", "options", "losses", "lists", "list", "port", "group", "piece",
    "part",
];

/// Names that the engine makes.
const MADE: &[&str] = &["loop", "range", "namespace", "dict"];

/// How deep templates may call each other and themselves.
const MOST_DEPTH: usize = 100;

/// Stack for each byte of a template: an expression can be nested as deep as it has characters.
const STACK_PER_BYTE: usize = 16 * 1024;

/// Templates by file name.
type Templates = BTreeMap<String, String>;

/// Runs `work` where the most deeply nested of the templates finds room.
pub(crate) fn with_room<T: Send>(templates: &Templates, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let longest = templates.values().map(String::len).max().unwrap_or_default();
    let stack = (longest + 1024) * STACK_PER_BYTE;
    let failed = || Error::new(ErrorKind::OutOfFuel, "there is not enough memory to read the templates");
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, work);
        Ok(thread.map_err(|_| failed())?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// The environment of one folder. It reads a template when it is first asked for it, which must be `with_room`.
pub(crate) fn environment(
    templates: &Templates,
    longest_name: Option<usize>,
    entries: usize,
) -> Result<Environment<'static>, Error> {
    Ok(fitted(engine(templates)?, longest_name, entries))
}

/// The engine with the templates of one folder, which it reads in the same way, for any list.
pub(crate) fn engine(templates: &Templates) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_recursion_limit(MOST_DEPTH);
    environment.set_debug(false);
    environment.set_formatter(|out, _, value| print(out, value));
    let templates = templates.clone();
    environment.set_loader(move |name| Ok(templates.get(name).cloned()));
    Ok(environment)
}

/// The engine for a list of so many entries and a target that takes names of some length.
pub(crate) fn fitted(
    mut engine: Environment<'static>,
    longest_name: Option<usize>,
    entries: usize,
) -> Environment<'static> {
    let entries = u64::try_from(entries).unwrap_or(u64::MAX);
    engine.set_fuel(Some(entries.saturating_mul(FUEL_PER_ENTRY).saturating_add(FUEL)));
    filters::add(&mut engine, longest_name);
    engine
}

fn print(out: &mut minijinja::Output<'_>, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        return out.write_str(text).map_err(Error::from);
    }
    if value.is_integer() {
        return write!(out, "{value}").map_err(Error::from);
    }
    let message = format!("`{}` cannot be printed, only texts and whole numbers", value.kind());
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Template, line and message.
type Fault = (String, Option<u32>, String);

/// A folder whose templates are checked.
pub(crate) struct Folder<'a> {
    /// Its name among the targets.
    pub(crate) name: &'a str,
    pub(crate) templates: &'a Templates,
    /// What a template may name without making it.
    pub(crate) root: &'a [&'a str],
    /// What the environment of the folder has besides.
    pub(crate) extend: fn(&mut Environment<'_>),
}

impl<'a> From<&'a Target> for Folder<'a> {
    fn from(target: &'a Target) -> Self {
        Self { name: &target.name, templates: &target.templates, root: ROOT, extend: |_| {} }
    }
}

/// Parses every template and looks for names that no context has: (template, line, message) of the first fault.
pub(crate) fn check_templates(folder: &Folder<'_>) -> Result<(), Fault> {
    let fault = |template: &str, error: &Error| {
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let line = error.line().and_then(|line| u32::try_from(line).ok());
        (template.to_owned(), line, format!("template of `{}`: {detail}", folder.name))
    };
    let of_folder = |error: Error| fault(error.name().unwrap_or("target.toml"), &error);
    with_room(folder.templates, || {
        let mut environment = environment(folder.templates, None, 0).map_err(of_folder)?;
        (folder.extend)(&mut environment);
        let read = |name: &String| environment.get_template(name).map(drop);
        folder.templates.keys().try_for_each(read).map_err(of_folder)?;
        check_names(folder, &environment, fault)
    })
    .map_err(of_folder)?
}

/// The first name that no context has.
fn check_names(
    folder: &Folder<'_>,
    environment: &Environment<'_>,
    fault: impl Fn(&str, &Error) -> Fault,
) -> Result<(), Fault> {
    for name in folder.templates.keys() {
        let template = environment.get_template(name).map_err(|error| fault(name, &error))?;
        let mut unknown: Vec<String> = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|variable| {
                !folder.root.contains(&variable.as_str()) && !MADE.contains(&variable.as_str())
            })
            .collect();
        unknown.sort();
        if let Some(variable) = unknown.first() {
            let message = format!("template of `{}` names `{variable}`, which no context has", folder.name);
            return Err((name.clone(), None, message));
        }
    }
    Ok(())
}

//! `Target`: what one firewall can say, declared in a folder; no firewall is known to this code by name.

mod check;
mod fits;
mod manifest;
mod options;
mod registry;
mod request;
mod schema;
mod spelling;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use minijinja::Environment;
use serde::Deserialize;

use crate::diagnostic::Findings;
use crate::render::engine;

pub use check::Check;
pub(crate) use fits::is_plain_path;
pub use manifest::{Depth, Limits, ListSpec, Manifest, OutputSpec, PathSpec, Per, Ports};
pub use options::{OptionKind, OptionSpec, Settings, Value};
pub(crate) use options::{Owner, applies, check as check_options, resolve};
pub use registry::Registry;
pub(crate) use registry::{CONTEXT, DECLARATION, declared, shipped_file, shipped_folders, templates_of};
pub use request::RequestSpec;
pub use schema::{json_schema, options_schema, settings_schema};
pub use spelling::Spelling;
pub use vocabulary::{Apex, Axis, Effect, Form, Permit, Role, SchemeName, Shape};

/// One firewall, as its folder declares it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name of the folder.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Where the facts of the folder come from.
    pub sources: Vec<String>,
    /// What `[targets.<name>]` of a profile may say.
    pub options: BTreeMap<String, OptionSpec>,
    /// What it says for the defaults of its options.
    manifest: Arc<Manifest>,
    /// The same as it was read, for the overlays of the variants.
    declaration: Declaration,
    /// Templates by file name.
    pub templates: BTreeMap<String, String>,
    /// The engine that has read them, as soon as there is one.
    engine: OnceLock<Environment<'static>>,
    /// Whether it came with the program: its templates are known to be nested no deeper than any stack is.
    shipped: bool,
}

/// `target.toml` or a part of it, not yet typed.
type Table = serde_json::Map<String, serde_json::Value>;

/// `target.toml`, untyped; few targets have variants, so that a shipped one is read only where it is needed.
#[derive(Clone, Debug)]
enum Declaration {
    Shipped(&'static str),
    User(Table),
}

impl Target {
    /// The file that declares it, as it is named in messages.
    pub fn file(&self) -> String {
        format!("targets/{}/target.toml", self.name)
    }

    /// Whether it came with the program, whose tests render its templates.
    pub(crate) fn is_shipped(&self) -> bool {
        self.shipped
    }

    /// Reads the templates that `settings` want before there is a list to render. What cannot be read is told later.
    pub fn prepare(&self, settings: &Settings) {
        if !self.shipped {
            return;
        }
        let values = self.resolve(settings, &mut Findings::default());
        let outputs = &self.manifest_for(&values).outputs;
        let (wanted, others): (Vec<_>, Vec<_>) =
            outputs.iter().partition(|output| applies(&output.when, &values));
        let wanted: BTreeSet<&str> = wanted.iter().map(|output| output.template.as_str()).collect();
        let is_unused =
            |name: &str| !wanted.contains(name) && others.iter().any(|output| output.template == name);
        if let Ok(engine) = engine(&self.templates) {
            for name in self.templates.keys().filter(|name| !is_unused(name)) {
                let _ = engine.get_template(name);
            }
            let _ = self.engine.set(engine);
        }
    }

    /// An engine with the templates, which have been read if the target is prepared.
    pub(crate) fn engine(&self) -> Result<Environment<'static>, minijinja::Error> {
        self.engine.get().map_or_else(|| engine(&self.templates), |engine| Ok(engine.clone()))
    }

    /// What it says where no variant applies.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The values of all options: what `settings` say, else the defaults. What is wrong becomes a finding.
    pub fn resolve(&self, settings: &Settings, findings: &mut Findings) -> BTreeMap<String, Value> {
        let section = format!("targets.{}", self.name);
        let owner = Owner {
            kind: "target",
            name: &self.name,
            section: &section,
            besides: &["allow-loss"],
            place: settings.place.as_ref(),
        };
        options::resolve(owner, &self.options, &settings.options, findings)
    }

    /// What the target says with these option values.
    pub fn manifest_for(&self, values: &BTreeMap<String, Value>) -> Arc<Manifest> {
        let mut overlays: Vec<&Table> = Vec::new();
        for (option, of_value) in &self.manifest.variants {
            if let Some(Value::Text(value)) = values.get(option) {
                overlays.extend(of_value.get(value));
            }
        }
        if overlays.is_empty() {
            return Arc::clone(&self.manifest);
        }
        // Every single overlay was tried when the folder was read; two that clash leave the first one's word.
        self.with_overlays(&overlays).map_or_else(|_| Arc::clone(&self.manifest), Arc::new)
    }

    /// What the declaration says with overlays, and without its variants.
    fn with_overlays(&self, overlays: &[&Table]) -> Result<Manifest, serde_json::Error> {
        let mut table = match &self.declaration {
            Declaration::Shipped(text) => serde_json::from_str(text)?,
            Declaration::User(table) => table.clone(),
        };
        table.remove(registry::VARIANTS);
        for overlay in overlays {
            registry::merge(&mut table, overlay);
        }
        Manifest::deserialize(&table)
    }
}

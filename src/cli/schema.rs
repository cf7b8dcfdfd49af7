//! `schema`: JSON Schemas for editors.

use super::args::{Schema, SchemaOf};
use super::list::pretty;
use super::{Stop, print};
use crate::client::Components;
use crate::profile::json_schema;
use crate::rules::Rules;
use crate::target::{Registry, options_schema, settings_schema};

pub(super) fn run(args: &Schema) -> Result<bool, Stop> {
    let registry = Registry::shipped()?;
    let schema = match args.of {
        SchemaOf::Profile => {
            let rules = Rules::shipped(None)?;
            let sections = registry
                .names()
                .filter_map(|name| Some((name.to_owned(), settings_schema(registry.get(name)?))));
            let components = Components::shipped()?;
            let of_components = components.iter().map(|component| {
                let declaration = &component.declaration;
                (declaration.name.clone(), options_schema(&declaration.title, &declaration.options))
            });
            json_schema(&rules, sections.collect(), of_components.collect())
        }
        SchemaOf::Target => crate::target::json_schema(),
    };
    print(&pretty(&schema))?;
    Ok(true)
}

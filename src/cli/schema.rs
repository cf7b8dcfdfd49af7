//! `schema`: JSON Schemas for editors.

use super::args::{Schema, SchemaOf};
use super::list::pretty;
use super::{Stop, print};
use crate::profile::json_schema;
use crate::rules::Rules;
use crate::target::{Registry, settings_schema};

pub(super) fn run(args: &Schema) -> Result<bool, Stop> {
    let registry = Registry::shipped().map_err(|finding| Stop::Request(finding.message))?;
    let schema = match args.of {
        SchemaOf::Profile => {
            let rules = Rules::shipped(None).map_err(|finding| Stop::Request(finding.message))?;
            let sections = registry
                .names()
                .filter_map(|name| Some((name.to_owned(), settings_schema(registry.get(name)?))));
            json_schema(&rules, sections.collect())
        }
        SchemaOf::Target => crate::target::json_schema(),
    };
    print(&pretty(&schema))?;
    Ok(true)
}

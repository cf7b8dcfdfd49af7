//! JSON Schemas: of a target's section in a profile, and of `target.toml` itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Axis, OptionKind, OptionSpec, Target};

/// The schema of `[targets.<name>]` in a profile.
pub fn settings_schema(target: &Target) -> Value {
    let mut schema = options_schema(&target.title, &target.options);
    schema["properties"]["allow-loss"] = permits_schema();
    schema
}

/// The schema of a section that holds options.
pub fn options_schema(title: &str, options: &BTreeMap<String, OptionSpec>) -> Value {
    let properties: Map<String, Value> =
        options.iter().map(|(key, option)| (key.clone(), option_schema(option))).collect();
    json!({"type": "object", "description": title, "additionalProperties": false, "properties": properties})
}

fn option_schema(option: &OptionSpec) -> Value {
    let mut schema = match option.kind {
        OptionKind::Flag => json!({"type": "boolean"}),
        OptionKind::Integer => json!({"type": "integer"}),
        OptionKind::Text => text_schema(option),
        OptionKind::List => json!({"type": "array", "items": text_schema(option)}),
    };
    if option.fewest > 0 {
        schema["minItems"] = json!(option.fewest);
    }
    if let Some((least, most)) = option.range {
        schema["minimum"] = json!(least);
        schema["maximum"] = json!(most);
    }
    schema["description"] = json!(option.help);
    schema
}

fn text_schema(option: &OptionSpec) -> Value {
    if !option.choices.is_empty() {
        return json!({"enum": option.choices});
    }
    let mut schema = json!({"type": "string", "pattern": option.check.pattern()});
    if let Some(longest) = option.longest {
        schema["maxLength"] = json!(longest);
    }
    if !option.reserved.is_empty() {
        schema["not"] = json!({"enum": option.reserved.keys().collect::<Vec<_>>()});
    }
    schema
}

fn permits_schema() -> Value {
    let permit = json!({
        "type": "object", "additionalProperties": false, "required": ["effect", "reason"],
        "properties": {"effect": {"enum": ["wider", "narrower", "omitted"]}, "reason": {"type": "string", "pattern": "\\S"}},
    });
    let axes: Map<String, Value> =
        Axis::ALL.iter().map(|axis| (axis.as_str().to_owned(), permit.clone())).collect();
    json!({
        "type": "object", "additionalProperties": false, "properties": axes,
        "description": "what the target may lose, each with a reason",
    })
}

/// The schema of a `target.toml`: its top level; tables below are checked when the folder is read.
pub fn json_schema() -> Value {
    let table = json!({"type": "object"});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "allowlistc target.toml",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "title", "context", "sources", "list", "output"],
        "properties": {
            "name": {"type": "string"},
            "title": {"type": "string"},
            "context": {"const": 1},
            "sources": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "options": table, "list": table, "limits": table, "variant": table, "verify": table,
            "allow-loss": permits_schema(),
            "output": {"type": "array", "items": {"type": "object", "required": ["template", "path", "role"]}},
        },
    })
}

//! The keys of a profile, once: for the JSON Schema, for `init` and for the README's table.

use serde_json::{Map, Value, json};

use crate::rules::{Family, Rules, SettingKind};

/// A key whose name does not depend on rules or targets.
#[derive(Debug)]
pub struct Key {
    /// Dotted name.
    pub name: &'static str,
    /// JSON Schema type: `string`, `integer`, `boolean`, `strings`, `excludes`.
    pub kind: &'static str,
    /// What it does, for people.
    pub help: &'static str,
    /// Whether every profile has it.
    pub needed: bool,
}

/// All such keys, in the order of a profile.
pub const KEYS: &[Key] = &[
    key("schema", "integer", "version of the profile format: 1", true),
    key("name", "string", "names the outputs: letters, digits, `-`, `_`, `.`", true),
    key("list", "string", "which vendor's list, if several are known", false),
    key("cloud", "string", "cloud of the tenant", true),
    key("connectivity", "string", "`standard` or `streamlined`", true),
    key(
        "geographies",
        "strings",
        "data locations of the tenant; the worldwide rows always come along",
        false,
    ),
    key(
        "sources.files",
        "strings",
        "the published list, relative to the profile: workbooks, pages, service tags",
        false,
    ),
    key(
        "sources.urls",
        "strings",
        "addresses for `fetch`; without `files` and `urls`: what the vendor publishes for the cloud",
        false,
    ),
    key("select.optional", "boolean", "also rows that the list calls optional (default: true)", false),
    key("select.portal", "boolean", "also the addresses of the admin portal (default: false)", false),
    key(
        "select.exclude",
        "excludes",
        "rows to leave out: globs on service, category, address, with a reason",
        false,
    ),
    key(
        "select.extra",
        "extras",
        "addresses beside the list: address, port, bypass (default: false), with a reason",
        false,
    ),
    key(
        "inspection.bypass-shared-suffixes",
        "boolean",
        "exempt wildcards below shared suffixes from inspection (default: false)",
        false,
    ),
    key("client.proxy", "string", "static proxy of the devices: `host:port`, without a scheme", false),
    key("client.pac-url", "string", "address of the PAC file for the devices that read one", false),
    key(
        "client.bypass",
        "strings",
        "what goes past the proxy: names, `*.name`, IPv4 addresses, `10.*`, `<local>`",
        false,
    ),
];

const fn key(name: &'static str, kind: &'static str, help: &'static str, needed: bool) -> Key {
    Key { name, kind, help, needed }
}

/// The JSON Schema (2020-12) of a profile for one vendor's list. `targets` and `components` are the schemas of the
/// known targets' and components' sections.
pub fn json_schema(rules: &Rules, targets: Map<String, Value>, components: Map<String, Value>) -> Value {
    let mut root = section();
    for key in KEYS {
        let (path, leaf) =
            key.name.rsplit_once('.').map_or((None, key.name), |(path, leaf)| (Some(path), leaf));
        let mut schema = type_schema(key.kind);
        schema["description"] = json!(key.help);
        refine(&mut schema, key.name, rules);
        match path {
            None => root["properties"][leaf] = schema,
            Some(path) => {
                if root["properties"][path].is_null() {
                    root["properties"][path] = section();
                }
                root["properties"][path]["properties"][leaf] = schema;
            }
        }
    }
    root["properties"]["devices"] = devices_schema(rules);
    for family in rules.devices.families.iter().filter(|family| !family.settings.is_empty()) {
        root["properties"][&family.key] = settings_schema(family);
    }
    root["properties"]["targets"] = targets_schema(targets);
    for (name, schema) in components {
        root["properties"]["client"]["properties"][name] = schema;
    }
    let mut needed: Vec<&str> = KEYS.iter().filter(|key| key.needed).map(|key| key.name).collect();
    needed.push("devices");
    root["required"] = json!(needed);
    root["allOf"] = across(rules);
    let mut whole = Map::new();
    whole.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("title".into(), json!("allowlistc profile"));
    if let Value::Object(root) = root {
        whole.extend(root);
    }
    Value::Object(whole)
}

fn targets_schema(mut targets: Map<String, Value>) -> Value {
    let names: Vec<&String> = targets.keys().collect();
    let build = json!({
        "type": "array", "minItems": 1, "items": {"type": "string", "examples": names},
        "description": "targets to build (default: all)",
    });
    targets.insert("build".into(), build);
    json!({"type": "object", "properties": targets})
}

fn section() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

fn type_schema(kind: &str) -> Value {
    match kind {
        "strings" => json!({"type": "array", "items": {"type": "string"}}),
        "excludes" => json!({"type": "array", "items": {
            "type": "object", "additionalProperties": false, "required": ["reason"], "minProperties": 2,
            "properties": {
                "service": {"type": "string"}, "category": {"type": "string"}, "address": {"type": "string"},
                "reason": {"type": "string", "pattern": "\\S"},
            },
        }}),
        "extras" => json!({"type": "array", "items": {
            "type": "object", "additionalProperties": false, "required": ["address", "reason"],
            "properties": {
                "address": {"type": "string"},
                "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                "bypass": {"type": "boolean"},
                "reason": {"type": "string", "pattern": "\\S"},
            },
        }}),
        kind => json!({"type": kind}),
    }
}

/// Narrows a key to the values that the rules know.
fn refine(schema: &mut Value, name: &str, rules: &Rules) {
    match name {
        "schema" => schema["const"] = json!(1),
        "name" => schema["pattern"] = json!("^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"),
        "list" => schema["enum"] = json!(Rules::names()),
        "cloud" => schema["enum"] = rules.reading.clouds.iter().map(|cloud| json!(cloud.name)).collect(),
        "connectivity" => schema["enum"] = json!(["standard", "streamlined"]),
        "client.proxy" => schema["pattern"] = json!("^(http://)?[A-Za-z0-9.-]+:[0-9]+/?$"),
        "client.pac-url" => schema["pattern"] = json!("^https?://[A-Za-z0-9.-]+(:[0-9]+)?/[^ ,#]*$"),
        "client.bypass" => {
            schema["items"]["pattern"] =
                json!(r"^(<local>|(\*\.)?[A-Za-z0-9.-]+|[0-9]{1,3}(\.[0-9]{1,3}){0,2}\.\*)$");
        }
        "sources.urls" => {
            let authority = r#"[A-Za-z0-9\[][^\s#"<>\\@/?]*"#;
            schema["items"]["pattern"] = json!(format!(r#"^https?://{authority}([/?][^\s#"<>\\]*)?$"#));
        }
        _ => {}
    }
}

/// What one key says of another.
fn across(rules: &Rules) -> Value {
    let implied: Vec<&str> = rules
        .reading
        .clouds
        .iter()
        .filter(|cloud| !cloud.geographies.is_empty())
        .map(|cloud| cloud.name.as_str())
        .collect();
    let mut statements = vec![json!({
        "if": {"properties": {"cloud": {"enum": implied}}, "required": ["cloud"]},
        "then": {"properties": {"geographies": {"maxItems": 0}}},
        "else": {"properties": {"geographies": {"minItems": 1}}, "required": ["geographies"]},
    })];
    for family in &rules.devices.families {
        let Some(unsupported) = &family.unsupported else { continue };
        statements.push(json!({
            "if": {"properties": {"connectivity": {"const": unsupported.connectivity}}, "required": ["connectivity"]},
            "then": {"properties": {"devices": {"not": chosen(family)}}},
        }));
    }
    json!(statements)
}

/// Devices of a family are among those of a profile.
fn chosen(family: &Family) -> Value {
    let value = if family.releases.is_empty() { json!({"const": true}) } else { json!({"minItems": 1}) };
    json!({"properties": {&family.key: value}, "required": [&family.key]})
}

fn devices_schema(rules: &Rules) -> Value {
    let mut devices = section();
    devices["description"] = json!("what is in the fleet; at least one");
    devices["anyOf"] = rules.devices.families.iter().map(chosen).collect();
    for family in &rules.devices.families {
        let mut schema = if family.releases.is_empty() {
            json!({"type": "boolean"})
        } else {
            let releases: Vec<&str> = family.releases.iter().map(|release| release.name.as_str()).collect();
            let any_case = json!({"type": "string", "pattern": format!("^({})$", any_case(&releases))});
            json!({"type": "array", "items": {"anyOf": [{"enum": releases}, any_case]}})
        };
        schema["description"] = json!(family.title);
        devices["properties"][&family.key] = schema;
    }
    devices
}

/// A regular expression for the words in whatever case.
fn any_case(words: &[&str]) -> String {
    let char = |char: char| match char {
        'a'..='z' | 'A'..='Z' => format!("[{}{}]", char.to_ascii_uppercase(), char.to_ascii_lowercase()),
        '.' => r"\.".to_owned(),
        other => other.to_string(),
    };
    let word = |word: &&str| word.chars().map(char).collect::<String>();
    words.iter().map(word).collect::<Vec<_>>().join("|")
}

fn settings_schema(family: &Family) -> Value {
    let mut settings = section();
    settings["description"] = json!(format!("settings for {}", family.title));
    for setting in &family.settings {
        let item = match setting.kind {
            SettingKind::Guid => {
                let bare = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
                json!({"type": "string", "pattern": format!(r"^\s*(\{{{bare}\}}|{bare})\s*$")})
            }
            SettingKind::Host => json!({"type": "string", "pattern": r"^[^\s/:*?#@]+\.[^\s/:*?#@]+$"}),
        };
        settings["properties"][&setting.key] =
            json!({"type": "array", "items": item, "description": setting.title});
    }
    settings
}

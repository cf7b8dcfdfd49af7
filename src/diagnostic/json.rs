//! Findings as JSON, for `--format json` and `manifest.json`.

use serde_json::{Map, Value, json};

use super::{Finding, Findings, Place};

/// All findings as a JSON array, in order.
pub fn to_json(findings: &Findings) -> Value {
    findings.iter().map(finding_to_json).collect()
}

fn finding_to_json(finding: &Finding) -> Value {
    let mut object = Map::new();
    object.insert("code".into(), json!(finding.code.as_str()));
    object.insert("severity".into(), json!(finding.severity.as_str()));
    object.insert("message".into(), json!(finding.message));
    if let Some(place) = &finding.place {
        object.insert("place".into(), place_to_json(place));
    }
    if let Some(help) = &finding.help {
        object.insert("help".into(), json!(help));
    }
    Value::Object(object)
}

fn place_to_json(place: &Place) -> Value {
    let mut object = Map::new();
    object.insert("file".into(), json!(place.file));
    if let Some(sheet) = &place.sheet {
        object.insert("sheet".into(), json!(sheet));
    }
    if let Some(cell) = &place.cell {
        object.insert("cell".into(), json!(cell));
    }
    if let Some(line) = place.line {
        object.insert("line".into(), json!(line));
    }
    if let Some(text) = &place.text {
        object.insert("text".into(), json!(text));
    }
    Value::Object(object)
}

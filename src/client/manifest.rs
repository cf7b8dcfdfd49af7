//! `manifest.json` of the settings: what went in, what came out, how it is taken back. No clock, no host, no path.

use serde_json::{Value, json};

use super::{Outcome, Rendered, SettingsFile, Skipped};
use crate::diagnostic::{Findings, to_json};
use crate::manifest::{Input, sha256};
use crate::profile::Profile;

/// The manifest as JSON.
pub fn manifest(
    profile: &Profile,
    file: &Input,
    overrides: &[String],
    rendered: &Rendered,
    findings: &Findings,
) -> Value {
    json!({
        "manifest": 1,
        "kind": "client",
        "tool": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "profile": {"name": profile.name, "file": file.name, "sha256": file.sha256, "overrides": overrides},
        "components": components(&rendered.components),
        "files": rendered.files.iter().map(file_json).collect::<Value>(),
        "findings": to_json(findings),
    })
}

/// What became of each component.
pub(crate) fn components(outcomes: &[Outcome]) -> Value {
    let component = |outcome: &Outcome| match &outcome.files {
        Ok(files) => json!({"name": outcome.name, "files": files}),
        Err(Skipped::NoDevice(families)) => json!({"name": outcome.name, "files": 0, "no_device": families}),
        Err(Skipped::NoSetting(settings)) => {
            let settings: Vec<&str> = settings.iter().map(|setting| setting.as_str()).collect();
            json!({"name": outcome.name, "files": 0, "no_setting": settings})
        }
    };
    outcomes.iter().map(component).collect()
}

fn file_json(file: &SettingsFile) -> Value {
    json!({
        "path": file.path(),
        "component": file.component,
        "purpose": file.purpose,
        "reset": file.reset,
        "encoding": file.encoding.as_str(),
        "line_ends": file.line_ends.as_str(),
        "sha256": sha256(&file.bytes),
        "bytes": file.bytes.len(),
    })
}

//! `manifest.json`: what went in, what came out, what was lost and found. No clock, no host, no path.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::allowlist::{Allowlist, Product};
use crate::diagnostic::{Findings, to_json};
use crate::lower::Loss;
use crate::render::Artifact;
use crate::verify::{ListVerdict, Verdict};

/// SHA-256 in hexadecimal, as `sha256sum` prints it.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A file with its digest.
#[derive(Debug)]
pub struct Input {
    /// Name without folders.
    pub name: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Rows of the list, those that have no address among them.
    pub rows: usize,
    /// When it was changed last, if anybody says so.
    pub date: Option<SourceDate>,
}

/// A date of a list. No clock and no file tells it: same input, same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDate {
    /// The date, as it is told.
    pub text: String,
    /// Who tells it.
    pub of: DateOf,
}

/// Who tells the date of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOf {
    /// The server that gave it, as the lock keeps its words.
    Server,
    /// The newest entry of the list's own change log.
    ChangeLog,
    /// The head of the list's page.
    Page,
}

impl DateOf {
    /// `server`, `change-log`, `page`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::ChangeLog => "change-log",
            Self::Page => "page",
        }
    }

    /// Words that follow the date.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Server => "by its server",
            Self::ChangeLog => "newest entry of its change log",
            Self::Page => "as its page says",
        }
    }
}

/// `2026-03-23, newest entry of its change log`.
impl fmt::Display for SourceDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.text, self.of.in_words())
    }
}

/// Everything a manifest tells.
#[derive(Debug)]
pub struct Manifest<'a> {
    /// Name of the profile.
    pub profile: &'a str,
    /// The profile's file.
    pub profile_file: &'a Input,
    /// `--set` arguments.
    pub overrides: &'a [String],
    /// Folder of rules.
    pub rules: &'a str,
    /// The lists.
    pub sources: &'a [Input],
    /// What was selected of them.
    pub list: &'a Allowlist,
    /// What is written.
    pub artifacts: &'a [Artifact],
    /// What targets could not say.
    pub losses: &'a [Loss],
    /// What the files were proved to mean.
    pub verdicts: &'a [ListVerdict],
    /// What users should know.
    pub findings: &'a Findings,
}

/// The manifest as JSON.
pub fn manifest(manifest: &Manifest<'_>) -> Value {
    let mut said = json!({
        "manifest": 1,
        "tool": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "profile": {
            "name": manifest.profile,
            "file": manifest.profile_file.name,
            "sha256": manifest.profile_file.sha256,
            "overrides": manifest.overrides,
        },
        "rules": manifest.rules,
        "sources": manifest.sources.iter().map(source_json).collect::<Value>(),
        "entries": Product::ALL.iter().map(|product| (product.as_str(), manifest.list.product(*product).len())).collect::<BTreeMap<_, _>>(),
    });
    // The macro would copy what may be long.
    said["files"] = manifest.artifacts.iter().map(file_json).collect();
    said["verdicts"] = manifest.verdicts.iter().map(verdict_json).collect();
    said["losses"] = manifest.losses.iter().map(loss_json).collect();
    said["findings"] = to_json(manifest.findings);
    said
}

fn source_json(source: &Input) -> Value {
    json!({
        "file": source.name,
        "sha256": source.sha256,
        "rows": source.rows,
        "date": source.date.as_ref().map(|date| &date.text),
        "date_of": source.date.as_ref().map(|date| date.of.as_str()),
    })
}

fn file_json(artifact: &Artifact) -> Value {
    json!({
        "path": artifact.path_in_folder(),
        "target": (!artifact.target.is_empty()).then_some(&artifact.target),
        "role": artifact.role.as_str(),
        "sha256": sha256(&artifact.bytes),
        "bytes": artifact.bytes.len(),
        "media_type": artifact.media_type,
        "at_root": artifact.at_root,
        "entries": artifact.entries,
    })
}

/// A verdict as JSON. `asked_for` is there where a reading answers another question than the plain one, as
/// [`ListVerdict::asked_for`] says.
pub fn verdict_json(verdict: &ListVerdict) -> Value {
    let mut said = json!({
        "target": verdict.target,
        "list": verdict.list,
        "product": verdict.product.as_str(),
        "file": verdict.file.first,
        "files": verdict.file.count,
        "verdict": verdict.verdict.as_str(),
        "wider_witness": verdict.verdict.wider().map(ToString::to_string),
        "narrower_witness": verdict.verdict.narrower().map(ToString::to_string),
        "permitted_by": verdict.permitted_by,
    });
    if let Some(asked_for) = verdict.asked_for {
        said["asked_for"] = json!(asked_for);
    }
    if let Verdict::Within(list) = &verdict.verdict {
        said["within"] = json!(list);
    }
    if let Some(asked) = verdict.asked.filter(|asked| !asked.is_all()) {
        said["program_asked"] = json!({"entries": asked.entries, "of": asked.of});
    }
    said
}

/// A loss as JSON.
pub fn loss_json(loss: &Loss) -> Value {
    json!({
        "target": loss.target,
        "list": loss.list,
        "product": loss.product.as_str(),
        "axis": loss.axis.as_str(),
        "effect": loss.effect.as_str(),
        "entry": loss.entry.to_string(),
        "origin": loss.origin.as_ref().map(ToString::to_string),
        "emitted": loss.emitted,
        "reason": loss.reason,
        "permitted_by": loss.permitted_by,
    })
}

/// The manifest with what an earlier one says of targets that this build leaves alone. Where those were made of another
/// profile or other lists, `kept` says of which: a record for each build that some of them are from.
pub fn carry_over(mut manifest: Value, earlier: &Value, kept: &[String]) -> Value {
    for key in ["files", "losses", "verdicts"] {
        let of_kept =
            |item: &&Value| item["target"].as_str().is_some_and(|name| kept.iter().any(|kept| kept == name));
        let old = earlier[key].as_array().into_iter().flatten().filter(of_kept).cloned();
        let mut all: Vec<Value> = old.collect();
        all.extend(manifest[key].as_array().into_iter().flatten().cloned());
        all.sort_by(|a, b| a["target"].as_str().cmp(&b["target"].as_str()));
        manifest[key] = Value::Array(all);
    }
    let mut of_last: Vec<&String> = kept.iter().collect();
    let mut records = Vec::new();
    for record in earlier["kept"].as_array().into_iter().flatten() {
        let is_in = |name: &&String| {
            record["targets"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|target| target.as_str() == Some(name.as_str()))
        };
        let (mut targets, others): (Vec<&String>, Vec<&String>) = of_last.into_iter().partition(is_in);
        of_last = others;
        if !targets.is_empty() {
            targets.sort();
            let mut record = record.clone();
            record["targets"] = json!(targets);
            records.push(record);
        }
    }
    let same = OF_BUILD.iter().all(|key| manifest[*key] == earlier[*key]);
    if !same && !of_last.is_empty() {
        let mut record = json!({"targets": of_last});
        for key in OF_BUILD.iter().chain(&["entries", "findings"]) {
            record[*key] = earlier[*key].clone();
        }
        records.push(record);
    }
    if !records.is_empty() {
        manifest["kept"] = Value::Array(records);
    }
    manifest
}

/// What makes two builds the same.
const OF_BUILD: &[&str] = &["profile", "sources"];

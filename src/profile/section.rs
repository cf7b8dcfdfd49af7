//! `Section`: takes keys out of a table one by one; what is left over is unknown.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Kind, Node};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Spot<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// One section of the profile while it is being read.
pub(super) struct Section {
    name: String,
    place: Place,
    nodes: BTreeMap<String, Node>,
    known: Vec<String>,
    taken: BTreeSet<String>,
}

impl Section {
    /// The section `name` (empty for the whole profile); anything but a table is a finding.
    pub(super) fn new(name: &str, node: Node, findings: &mut Findings) -> Self {
        let nodes = match node.kind {
            Kind::Table(nodes) => nodes,
            other => {
                findings.push(wrong_type(name, "a section", &other, node.place.clone()));
                BTreeMap::new()
            }
        };
        let name = name.to_owned();
        Self { name, place: node.place, nodes, known: Vec::new(), taken: BTreeSet::new() }
    }

    /// Where the section starts.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The raw value of a key.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.known.push(key.to_owned());
        let node = self.nodes.remove(key)?;
        self.taken.insert(key.to_owned());
        Some(node)
    }

    /// Whether a key that was asked for is there, be it of the wrong type.
    pub(super) fn had(&self, key: &str) -> bool {
        self.taken.contains(key)
    }

    /// A section below this one.
    pub(super) fn section(&mut self, key: &str, findings: &mut Findings) -> Option<Section> {
        let node = self.take(key)?;
        Some(Section::new(&self.full(key), node, findings))
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str, findings: &mut Findings) -> Option<Spot<String>> {
        let node = self.take(key)?;
        match node.kind {
            Kind::Text(value) => Some(Spot { value, place: node.place }),
            other => {
                findings.push(wrong_type(&self.full(key), "a text", &other, node.place));
                None
            }
        }
    }

    /// `true` or `false`; `default` if the key is absent.
    pub(super) fn flag(&mut self, key: &str, default: bool, findings: &mut Findings) -> bool {
        match self.take(key) {
            None => default,
            Some(Node { kind: Kind::Flag(flag), .. }) => flag,
            Some(node) => {
                findings.push(wrong_type(&self.full(key), "true or false", &node.kind, node.place));
                default
            }
        }
    }

    /// A whole number.
    pub(super) fn integer(&mut self, key: &str, findings: &mut Findings) -> Option<Spot<i64>> {
        let node = self.take(key)?;
        match node.kind {
            Kind::Integer(value) => Some(Spot { value, place: node.place }),
            other => {
                findings.push(wrong_type(&self.full(key), "a number", &other, node.place));
                None
            }
        }
    }

    /// A list of texts; absent is empty.
    pub(super) fn texts(&mut self, key: &str, findings: &mut Findings) -> Vec<Spot<String>> {
        self.take(key).map_or_else(Vec::new, |node| texts(&self.full(key), node, findings))
    }

    /// Every key that nobody took is an error with the nearest known one.
    pub(super) fn finish(self, findings: &mut Findings) {
        for (key, node) in &self.nodes {
            let finding = Finding::error(
                Code::ProfileUnknownKey,
                format!("`{}` is no key of a profile", self.full(key)),
            )
            .at(node.place.clone());
            let known = self.known.join("`, `");
            findings.push(match nearest(key, self.known.iter().map(String::as_str)) {
                Some(near) => finding.help(format!("the nearest key is `{}`", self.full(near))),
                None => finding.help(format!("keys known here: `{known}`")),
            });
        }
    }

    /// `[section] key` as a dotted name.
    pub(super) fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

/// The texts of a list node.
pub(super) fn texts(name: &str, node: Node, findings: &mut Findings) -> Vec<Spot<String>> {
    let Kind::List(nodes) = node.kind else {
        findings.push(wrong_type(name, "a list of texts", &node.kind, node.place));
        return Vec::new();
    };
    let mut spots = Vec::new();
    for node in nodes {
        match node.kind {
            Kind::Text(value) => spots.push(Spot { value, place: node.place }),
            other => findings.push(wrong_type(name, "a list of texts", &other, node.place)),
        }
    }
    spots
}

pub(super) fn wrong_type(name: &str, wanted: &str, found: &Kind, place: Place) -> Finding {
    let message = format!("`{name}` must be {wanted}, not {}", found.describe());
    let finding = Finding::error(Code::ProfileWrongType, message).at(place);
    match (wanted, found) {
        ("a list of texts", Kind::Text(text)) => finding.help(format!("write `{}`", list_of(text))),
        ("a list of texts", _) => finding.help("write texts in square brackets: `[\"…\", \"…\"]`"),
        ("a text", Kind::Integer(number)) => finding.help(format!("write `\"{number}\"`")),
        ("a number", Kind::Text(text)) if text.parse::<i64>().is_ok() => {
            finding.help(format!("write `{text}` without quotes"))
        }
        ("a section", _) if !name.is_empty() => finding.help(format!(
            "write `[{name}]` in a line of its own and the keys below it; see `allowlistc schema profile`"
        )),
        ("true or false", Kind::Text(_)) => finding.help("write `true` or `false` without quotes"),
        _ => finding,
    }
}

/// The list that a text was meant for: its parts between commas.
fn list_of(text: &str) -> String {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(|part| toml_edit::Value::from(part).to_string()).collect();
    format!("[{}]", parts.join(", "))
}

/// The spots without repetitions, case aside where `any_case`; each repetition is a finding.
pub(super) fn once(
    name: &str,
    spots: Vec<Spot<String>>,
    any_case: bool,
    findings: &mut Findings,
) -> Vec<Spot<String>> {
    let mut seen = BTreeSet::new();
    let mut once = Vec::new();
    for spot in spots {
        if seen.insert(if any_case { spot.value.to_lowercase() } else { spot.value.clone() }) {
            once.push(spot);
        } else {
            let message = format!("`{name}` holds `{}` twice; it counts once", spot.value);
            findings.push(Finding::warning(Code::ProfileValue, message).at(spot.place));
        }
    }
    once
}

/// The known word nearest to `word`, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

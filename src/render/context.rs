//! What templates see: context version 1, described in `targets/README.md`.

use std::collections::BTreeMap;

use minijinja::value::Value;

use super::lines::Lines;
use super::split::{Part, SplitList, piece_path, suffix};
use super::words::{Pair, SpelledPort};
use super::{RenderContext, Work};
use crate::lower::{Loss, Plan};
use crate::target::{Effect, OutputSpec, Target, Value as Setting};

/// Losses that a file lists by name in its head.
const SHOWN_LOSSES: usize = 20;

fn map(pairs: Vec<(&'static str, Value)>) -> Value {
    Value::from_pairs(pairs)
}

/// What every template of a target sees.
pub(super) fn root(
    plan: &Plan<'_>,
    target: &Target,
    context: &RenderContext,
    lists: &[SplitList],
) -> Vec<(&'static str, Value)> {
    let source = |(name, sha256): &(String, String)| {
        map(vec![("name", Value::from(name.as_str())), ("sha256", Value::from(sha256.as_str()))])
    };
    let tool =
        map(vec![("name", "allowlistc".into()), ("version", Value::from(context.tool_version.as_str()))]);
    let about = map(vec![("name", target.name.as_str().into()), ("title", target.title.as_str().into())]);
    vec![
        ("profile", Value::from(context.profile.as_str())),
        ("tool", tool),
        ("target", about),
        ("sources", context.sources.iter().map(source).collect()),
        ("options", Value::from_pairs(plan.options.iter().map(|(key, value)| (key.clone(), setting(value))))),
        ("losses", losses(&plan.losses)),
        ("lists", Value::from_pairs(lists.iter().map(|list| (list.name.clone(), list_value(list))))),
    ]
}

/// The root and what one file sees besides.
pub(super) fn with(root: &[(&'static str, Value)], more: Vec<(&'static str, Value)>) -> Value {
    Value::from_pairs(root.iter().cloned().chain(more))
}

/// The value of an option as templates see it.
pub(crate) fn setting(value: &Setting) -> Value {
    match value {
        Setting::Flag(flag) => Value::from(*flag),
        Setting::Integer(number) => Value::from(*number),
        Setting::Text(text) => Value::from(text.as_str()),
        Setting::List(texts) => texts.iter().map(|text| Value::from(text.as_str())).collect(),
    }
}

/// The first losses, each with the lists that share it.
fn losses(losses: &[Loss]) -> Value {
    // What opens more than the list stands before what closes something.
    let mut lists: BTreeMap<(Effect, String, &str), Vec<&str>> = BTreeMap::new();
    for loss in losses {
        let key = (loss.effect, loss.entry.to_string(), loss.axis.as_str());
        lists.entry(key).or_default().push(&loss.list);
    }
    let count = lists.len();
    let shown = lists.into_iter().take(SHOWN_LOSSES).map(|((effect, entry, axis), lists)| {
        map(vec![
            ("lists", lists.into_iter().map(Value::from).collect()),
            ("axis", Value::from(axis)),
            ("effect", Value::from(effect.as_str())),
            ("entry", Value::from(entry)),
        ])
    });
    let shown: Vec<Value> = shown.collect();
    map(vec![
        ("count", count.into()),
        ("more", count.saturating_sub(SHOWN_LOSSES).into()),
        ("shown", shown.into()),
    ])
}

fn list_value(list: &SplitList) -> Value {
    let ports: Vec<Value> = list.ports.iter().map(|port| port_value(list, port)).collect();
    let entries: usize = list.ports.iter().flat_map(|port| port.groups.values()).map(Lines::len).sum();
    let pairs: usize = list.ports.iter().map(|port| port.pairs.len()).sum();
    map(vec![
        ("name", list.name.as_str().into()),
        ("empty", Value::from(entries + pairs == 0)),
        ("count", entries.into()),
        ("ports", ports.into()),
        ("parts", list.parts.iter().map(|part| self::part(list, part)).collect()),
    ])
}

fn port_value(list: &SplitList, port: &SpelledPort) -> Value {
    let group = |(name, lines): (&String, &Lines)| (name.clone(), group_value(list, port, name, lines));
    let pairs = port.pairs.iter().enumerate().map(|(at, pair)| pair_value(at + 1, pair));
    map(vec![
        ("scheme", port.scheme.into()),
        ("number", port.port.into()),
        ("label", port.label.as_str().into()),
        ("first", Value::from(port.first)),
        ("groups", Value::from_pairs(port.groups.iter().map(group))),
        ("pairs", pairs.collect()),
    ])
}

fn group_value(list: &SplitList, port: &SpelledPort, name: &str, lines: &Lines) -> Value {
    let pieces = lines.chunks(list.piece_entries).into_iter().enumerate().map(|(at, piece)| {
        let key = (port.port, port.scheme, name.to_owned(), at + 1);
        let file = list.files.get(&key).map(String::as_str).unwrap_or_default();
        map(vec![
            ("number", (at + 1).into()),
            ("suffix", suffix(at + 1).into()),
            ("file", file.into()),
            ("entries", piece.value()),
        ])
    });
    let pieces: Vec<Value> = pieces.collect();
    map(vec![
        ("name", name.into()),
        ("empty", Value::from(lines.len() == 0)),
        ("count", lines.len().into()),
        ("entries", lines.value()),
        ("pieces", pieces.into()),
    ])
}

fn simple_group(lines: &Lines) -> Value {
    map(vec![
        ("empty", Value::from(lines.len() == 0)),
        ("count", lines.len().into()),
        ("entries", lines.value()),
    ])
}

fn simple_groups(groups: &BTreeMap<String, Lines>) -> Value {
    Value::from_pairs(groups.iter().map(|(name, lines)| (name.clone(), simple_group(lines))))
}

fn pair_value(number: usize, pair: &Pair) -> Value {
    map(vec![
        ("number", number.into()),
        ("groups", simple_groups(&pair.hosts)),
        ("paths", pair.paths.value()),
    ])
}

/// The list that a file is about; the empty name where it is about all of them.
pub(super) fn list_name(name: &str) -> Value {
    map(vec![("name", name.into())])
}

/// One part of a list.
pub(super) fn part(list: &SplitList, part: &Part) -> Value {
    let ports = part.ports.iter().map(|port| {
        map(vec![
            ("scheme", port.scheme.into()),
            ("number", port.port.into()),
            ("label", port.label.as_str().into()),
            ("groups", simple_groups(&port.groups)),
        ])
    });
    map(vec![
        ("number", part.number.into()),
        ("suffix", suffix(part.number).into()),
        ("previous", suffix(part.number - 1).into()),
        ("count", list.parts.len().into()),
        ("ports", ports.collect()),
    ])
}

/// Path and values of every piece that an output writes.
pub(super) fn pieces(output: &OutputSpec, list: &SplitList) -> Vec<Work> {
    let wanted = |group: &String| output.groups.is_empty() || output.groups.contains(group);
    list.pieces()
        .filter(|(_, group, _, _)| wanted(group))
        .map(|(port, group, number, lines)| {
            let path = piece_path(output, list, port, group, number);
            let piece = map(vec![
                ("number", number.into()),
                ("suffix", suffix(number).into()),
                ("file", path.as_str().into()),
                ("entries", lines.value()),
            ]);
            let port = map(vec![
                ("scheme", port.scheme.into()),
                ("number", port.port.into()),
                ("label", port.label.as_str().into()),
            ]);
            let group = map(vec![("name", group.as_str().into())]);
            let values =
                vec![("list", list_name(&list.name)), ("port", port), ("group", group), ("piece", piece)];
            Work { path, values, entries: Some(lines.len()) }
        })
        .collect()
}

//! A report for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Report;
use crate::diagnostic::Place;
use crate::diff::output::ListChange;
use crate::diff::{Aspect, Change, Diff, Group, Item, Kind, Logged};

/// The report as JSON.
pub fn to_json(report: &Report) -> Value {
    let [old, new] = &report.names;
    json!({
        "old": old,
        "new": new,
        "same": report.is_empty(),
        "profile": report.profile.as_ref().map(|(name, all)| json!({"name": name, "changes_of_the_list": all})),
        "list": report.list.as_ref().map(diff_json),
        "outputs": report.outputs.as_ref().map(|outputs| outputs.iter().map(output_json).collect::<Value>()),
    })
}

fn diff_json(diff: &Diff) -> Value {
    let [gone, come] = &diff.unreadable;
    json!({
        "changes": diff.changes.iter().map(change_json).collect::<Value>(),
        "no_address": {"removed": texts_json(gone), "added": texts_json(come)},
        "not_compared": diff.unsaid.iter().map(|unsaid| json!({
            "group": group_json(&unsaid.group),
            "column": unsaid.column,
            "missing_in": side(unsaid.new),
        })).collect::<Value>(),
        "absent": diff.absent.iter().map(|(group, new)| json!({
            "group": group_json(group),
            "missing_in": side(*new),
        })).collect::<Value>(),
        "log": diff.log.iter().map(|(entry, names_change)| json!({
            "date": entry.date, "text": entry.text, "origin": entry.origin.to_string(),
            "names_a_change": names_change,
        })).collect::<Value>(),
    })
}

fn side(new: bool) -> &'static str {
    if new { "new" } else { "old" }
}

fn texts_json(texts: &BTreeMap<String, Place>) -> Value {
    texts.iter().map(|(text, place)| json!({"text": text, "place": place.to_string()})).collect()
}

fn group_json(group: &Group) -> Value {
    let role = match group.role {
        crate::source::Role::Endpoints => "endpoints",
        crate::source::Role::Portal => "portal",
    };
    json!({"cloud": group.cloud, "role": role, "tag": group.tag.as_deref()})
}

fn change_json(change: &Change) -> Value {
    let (before, after) = change.kind.items();
    let (wider, narrower) = match &change.kind {
        Kind::Reshaped { wider, narrower, .. } => (wider.as_ref(), narrower.as_ref()),
        Kind::Added { .. } | Kind::Removed { .. } | Kind::Port(_) | Kind::Said(_) => (None, None),
    };
    let covered_by = match &change.kind {
        Kind::Added { covered_by, .. } | Kind::Removed { covered_by, .. } => covered_by.as_ref(),
        Kind::Reshaped { .. } | Kind::Port(_) | Kind::Said(_) => None,
    };
    let (in_log, date) = match &change.logged {
        Logged::NoLog => (None, None),
        Logged::On(date) => (Some(true), Some(date)),
        Logged::Silent => (Some(false), None),
    };
    json!({
        "group": group_json(&change.group),
        "kind": change.kind.as_str(),
        "before": before.iter().map(item_json).collect::<Value>(),
        "after": after.iter().map(item_json).collect::<Value>(),
        "wider_witness": wider.map(ToString::to_string),
        "narrower_witness": narrower.map(ToString::to_string),
        "covered_by": covered_by.map(crate::diff::address),
        "columns": change.kind.aspects().iter().map(aspect_json).collect::<Value>(),
        "in_log": in_log,
        "log_date": date,
    })
}

fn item_json(item: &Item) -> Value {
    json!({
        "address": item.address(),
        "port": item.pattern.port,
        "required": item.required,
        "geographies": item.geographies,
        "devices": item.devices.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "places": item.places.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn aspect_json(aspect: &Aspect) -> Value {
    json!({"column": aspect.column.as_str(), "before": aspect.before, "after": aspect.after})
}

fn output_json(change: &ListChange) -> Value {
    json!({
        "target": change.target,
        "list": change.list,
        "product": change.product.as_str(),
        "added": change.added,
        "removed": change.removed,
        "wider_witness": change.wider.as_ref().map(ToString::to_string),
        "narrower_witness": change.narrower.as_ref().map(ToString::to_string),
        "undecided": change.undecided,
    })
}

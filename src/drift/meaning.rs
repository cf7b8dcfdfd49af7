//! What a drift changes on the firewalls.

use std::collections::BTreeMap;

use super::FileBytes;
use crate::diagnostic::Findings;
use crate::diff::output::{ListChange, Outputs, compare_outputs};
use crate::target::{Target, Value};
use crate::verify::read_back::Files;
use crate::verify::{ReadFrom, Reading, read_formats};

/// A target with the values of its options.
pub type Configured<'a> = (&'a Target, BTreeMap<String, Value>);

/// Every list of the targets that has other entries or another meaning in `old` files than in `new` ones. A list that
/// is written in several formats is named once, unless only some of them changed, or changed differently.
pub fn meaning(targets: &[Configured<'_>], old: &FileBytes, new: &FileBytes) -> Vec<ListChange> {
    let mut changes = Vec::new();
    for (target, options) in targets {
        let (old, new) = (formats(target, options, old), formats(target, options, new));
        let mut by_list: BTreeMap<String, Vec<(ReadFrom, Option<ListChange>)>> = BTreeMap::new();
        for ((_, before), (file, after)) in old.into_iter().zip(new) {
            let list = before.list.clone();
            let side = |reading: Reading| Outputs::from([(target.name.clone(), vec![reading])]);
            let change = compare_outputs(&side(before), &side(after)).pop();
            by_list.entry(list).or_default().push((file, change));
        }
        changes.extend(by_list.into_values().flat_map(once_if_alike));
    }
    changes
}

fn once_if_alike(formats: Vec<(ReadFrom, Option<ListChange>)>) -> Vec<ListChange> {
    let alike = formats.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if a == b));
    if alike {
        return formats.into_iter().next().and_then(|(_, change)| change).into_iter().collect();
    }
    let named = formats.into_iter().filter_map(|(file, change)| {
        let change = change?;
        Some(ListChange { list: format!("{} in {file}", change.list), ..change })
    });
    named.collect()
}

/// The lists of a target in every format. What is doubtful about the files is for `verify` to tell.
fn formats(
    target: &Target,
    options: &BTreeMap<String, Value>,
    files: &FileBytes,
) -> Vec<(ReadFrom, Reading)> {
    let own = files.iter().filter_map(|(path, bytes)| {
        let path = path.strip_prefix(target.name.as_str())?.strip_prefix('/')?;
        Some((path, bytes.as_slice()))
    });
    read_formats(target, options, &Files::new(own), &mut Findings::default())
}

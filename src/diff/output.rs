//! What changes on the firewalls: two sets of rendered files, read back and decided list by list.

use std::collections::{BTreeMap, BTreeSet};

use crate::allowlist::Product;
use crate::pattern::Request;
use crate::verify::{Reading, decide, entries};

/// The lists of every target of one side, read back.
pub type Outputs = BTreeMap<String, Vec<Reading>>;

/// What changes in one list of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange {
    /// Name of the target.
    pub target: String,
    /// Name of its list.
    pub list: String,
    /// What the list holds.
    pub product: Product,
    /// Entries that only the new files have.
    pub added: BTreeSet<String>,
    /// Entries that only the old files have.
    pub removed: BTreeSet<String>,
    /// A request that only the new files let through.
    pub wider: Option<Request>,
    /// A request that only the old files let through.
    pub narrower: Option<Request>,
    /// Why there may be more.
    pub undecided: Vec<String>,
}

impl ListChange {
    /// Whether both sides let the same requests through, and this is proved.
    pub fn means_the_same(&self) -> bool {
        self.wider.is_none() && self.narrower.is_none() && self.undecided.is_empty()
    }
}

/// Every list that differs, in its entries or in its meaning. A list that only one side has is compared with nothing.
pub fn compare_outputs(old: &Outputs, new: &Outputs) -> Vec<ListChange> {
    let targets: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for target in targets {
        let sides = [old, new].map(|side| side.get(target).map(Vec::as_slice).unwrap_or_default());
        let names: BTreeSet<(&str, Product)> = sides
            .iter()
            .flat_map(|side| side.iter().map(|reading| (reading.list.as_str(), reading.product)))
            .collect();
        let compared = names.into_iter().map(|(list, product)| compare_list(target, list, product, sides));
        changes.extend(compared.filter(|change| {
            !change.means_the_same() || !change.added.is_empty() || !change.removed.is_empty()
        }));
    }
    changes
}

fn compare_list(target: &str, list: &str, product: Product, sides: [&[Reading]; 2]) -> ListChange {
    let mut undecided = Vec::new();
    let rulesets = sides.map(|side| {
        let reading = side.iter().find(|reading| reading.list == list && reading.product == product);
        match reading.map(|reading| &reading.ruleset) {
            Some(Ok(ruleset)) => ruleset.clone(),
            Some(Err(error)) => {
                undecided.push(format!("cannot be read back: {error}"));
                crate::verify::Ruleset::default()
            }
            None => crate::verify::Ruleset::default(),
        }
    });
    let [old, new] = &rulesets;
    let difference = decide(old, new);
    undecided.extend(difference.undecided.iter().map(|doubt| format!("{}: {}", doubt.line, doubt.reason)));
    let [before, after] = rulesets.each_ref().map(entries);
    ListChange {
        target: target.to_owned(),
        list: list.to_owned(),
        product,
        added: after.difference(&before).cloned().collect(),
        removed: before.difference(&after).cloned().collect(),
        wider: difference.wider,
        narrower: difference.narrower,
        undecided,
    }
}

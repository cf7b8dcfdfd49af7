//! The entries: what is allowed, and the rows that want it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::allowlist::Entry;
use crate::diagnostic::visible;
use crate::origin::Origin;

/// Rows of one sheet that are named one by one.
const NAMED: usize = 12;

/// One entry of the list.
#[derive(Debug, Serialize)]
pub(super) struct EntryRow {
    address: String,
    scheme: &'static str,
    port: u16,
    pub(super) need: String,
    pub(super) services: Vec<String>,
    categories: Vec<String>,
    pub(super) geographies: Vec<String>,
    /// Words to filter by, each with what it says of this entry.
    marks: Vec<(String, String)>,
    pub(super) kinds: Vec<String>,
    origins: Vec<SheetRows>,
}

/// Rows of one sheet.
#[derive(Debug, Serialize)]
struct SheetRows {
    file: String,
    sheet: String,
    rows: String,
}

/// What the report shows of an entry. `changed` has the targets that are told something else, by pattern.
pub(super) fn entry_row(
    entry: &Entry,
    coverer: Option<&Entry>,
    changed: &BTreeMap<&str, BTreeSet<&str>>,
) -> EntryRow {
    let pattern = &entry.pattern;
    let mut marks: Vec<(&str, String)> = Vec::new();
    if entry.bypass {
        marks.push(("not inspected", String::new()));
    }
    if entry.direct {
        marks.push(("past the proxy", String::new()));
    }
    if let Some(targets) = changed.get(pattern.to_string().as_str()) {
        marks.push(("differs", format!("on {}", targets.iter().copied().collect::<Vec<_>>().join(", "))));
    }
    if let Some(coverer) = coverer {
        marks.push(("covered", format!("by {}{}", coverer.pattern.host, coverer.pattern.path)));
    }
    if let Some(tag) = &entry.tag {
        marks.push(("tag", tag.name.to_string()));
    }
    EntryRow {
        address: visible(&format!("{}{}", pattern.host, pattern.path)),
        scheme: pattern.scheme.as_str(),
        port: pattern.port,
        need: match entry.required {
            Some(true) => "required",
            Some(false) => "optional",
            None => "not said",
        }
        .to_owned(),
        services: texts(&entry.services),
        categories: texts(&entry.categories),
        geographies: texts(&entry.geographies),
        kinds: marks.iter().map(|(kind, _)| (*kind).to_owned()).collect(),
        marks: marks.into_iter().map(|(kind, more)| (kind.to_owned(), visible(&more))).collect(),
        origins: sheets(&entry.origins),
    }
}

fn texts(texts: &BTreeSet<Arc<str>>) -> Vec<String> {
    texts.iter().map(|text| visible(text)).collect()
}

/// `list.xlsx`, `Sheet`, `14, 31`.
fn sheets(origins: &[Origin]) -> Vec<SheetRows> {
    let mut sheets: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for origin in origins {
        sheets.entry((&origin.file, &origin.sheet)).or_default().push(origin.row);
    }
    let row = |((file, sheet), rows): ((&str, &str), Vec<u32>)| {
        let mut shown: Vec<String> = rows.iter().take(NAMED).map(ToString::to_string).collect();
        let more = rows.len().saturating_sub(NAMED);
        if more > 0 {
            shown.push(format!("and {more} more"));
        }
        SheetRows { file: visible(file), sheet: visible(sheet), rows: shown.join(", ") }
    };
    sheets.into_iter().map(row).collect()
}

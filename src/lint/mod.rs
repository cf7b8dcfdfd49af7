//! Faults in a published list itself, with their cells, fit to be sent to whoever publishes it.
//!
//! What the reader found is a part of it (shifted rows, words in address cells, hidden columns, …); the checks here
//! look at rows side by side, with the expectations of `rules/<vendor>/lint.toml`.

mod region;
mod row;
mod twice;
mod whole;

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Findings};
use crate::diff::{flagged, geographies};
use crate::normalise::meaning;
use crate::pattern::{Host, Pattern};
use crate::rules::Rules;
use crate::select::family_of;
use crate::source::{Document, Row, Table};

/// What the reader tells because the rules lack a word, which is no fault of the list, and what is told here of each row.
const OURS: [Code; 3] = [Code::HeaderNotMapped, Code::SheetNotKnown, Code::PortMissing];

/// The faults of a document; `reading` is what its reader found.
pub fn lint(document: &Document, reading: &Findings, rules: &Rules) -> Findings {
    let mut findings = OURS.into_iter().fold(reading.clone(), |findings, code| findings.without(code));
    let family = family_of(document);
    let mut lines = Vec::new();
    for table in &document.tables {
        let cloud = table.cloud.as_deref().or(family.as_deref());
        lines.extend(table.rows.iter().map(|row| Line::new(row, table, cloud, rules)));
    }
    for line in &lines {
        row::check(line, rules, &mut findings);
    }
    whole::ports(document, &mut findings);
    whole::requirements(&lines, rules, &mut findings);
    whole::second_ports(&lines, rules, &mut findings);
    twice::check(&lines, &mut findings);
    region::check(&lines, rules, &mut findings);
    findings
}

/// A row with what it means.
struct Line<'d> {
    row: &'d Row,
    table: &'d Table,
    cloud: Option<&'d str>,
    /// `None` for a text that is no address.
    pattern: Option<Pattern>,
    /// Canonical names.
    geographies: BTreeSet<String>,
}

impl<'d> Line<'d> {
    fn new(row: &'d Row, table: &'d Table, cloud: Option<&'d str>, rules: &Rules) -> Self {
        let geographies = geographies(row, &rules.reading).into_iter().collect();
        Self { row, table, cloud, pattern: meaning(&row.address, row.port, rules).ok(), geographies }
    }

    /// The name of its host, where that is a whole one.
    fn host(&self) -> Option<&str> {
        match &self.pattern.as_ref()?.host {
            Host::Exact(name) => Some(name.as_str()),
            Host::Subdomains(_) | Host::Suffix(_) | Host::Infix(..) | Host::Net(_) => None,
        }
    }

    /// Ids of the device columns that say yes; `None` where they cannot be trusted or the table has none.
    fn devices(&self) -> Option<BTreeSet<&str>> {
        let devices: BTreeSet<&str> = flagged(self.row).map(|id| &**id).collect();
        (!self.row.devices_uncertain && !devices.is_empty()).then_some(devices)
    }

    /// What it says of devices and need, for comparing it with others.
    fn statement(&self) -> String {
        let devices = self.devices().map(|devices| devices.into_iter().collect::<Vec<_>>().join(", "));
        let need = match self.row.required {
            Some(true) => Some("required".to_owned()),
            Some(false) => Some("optional".to_owned()),
            None => None,
        };
        let os = self.row.os.as_deref().map(str::to_owned);
        let parts: Vec<String> = [need, devices, os].into_iter().flatten().collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
}

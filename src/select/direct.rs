//! Rows that ask for a direct connection, and those that speak of one without saying plainly whether it is needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::place_of_cell;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::rules::{Direct, Rules};
use crate::source::Row;

/// Comments and descriptions by what stands in them: the same text stands in many rows.
#[derive(Default)]
pub(super) struct Texts(BTreeMap<Arc<str>, Read>);

/// A text that was read.
struct Read {
    says: Direct,
    /// Where it stands first, if it is to be told.
    place: Option<Place>,
    rows: usize,
}

impl Texts {
    /// Whether the texts of a row ask for a direct connection.
    pub(super) fn is_asked(&mut self, row: &Row, rules: &Rules) -> bool {
        let texts =
            [(&row.comment, row.columns.comment), (&row.description, row.columns.description)].into_iter();
        let texts = texts.filter_map(|(text, column)| Some((text.as_ref()?, column)));
        let says = texts.map(|(text, column)| self.reading(row, text, column, rules));
        says.max().unwrap_or_default() >= Direct::Asked
    }

    fn reading(&mut self, row: &Row, text: &Arc<str>, column: Option<u32>, rules: &Rules) -> Direct {
        if let Some(known) = self.0.get_mut(text) {
            known.rows += 1;
            return known.says;
        }
        let lower = text.to_lowercase();
        let says = rules.inspection.direct.iter().map(|rule| rule.reading(&lower)).max().unwrap_or_default();
        let place = doubt(says).map(|_| {
            let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
            place_of_cell(row, column, shown)
        });
        self.0.insert(text.clone(), Read { says, place, rows: 1 });
        says
    }

    /// Tells of texts that do not say it plainly.
    pub(super) fn report(&self, rules: &Rules, findings: &mut Findings) {
        for Read { says, place, rows: count } in self.0.values() {
            let (Some(message), Some(place)) = (doubt(*says), place) else { continue };
            let more = if *count > 1 { format!(" ({count} rows have this text)") } else { String::new() };
            let known = rules.inspection.direct.iter().map(|rule| format!("{} ({})", rule.says, rule.source));
            let help = format!(
                "write `direct connection required`, or nothing of it, in a copy of the list; what is known: {}",
                known.collect::<Vec<_>>().join("; ")
            );
            let finding = Finding::warning(Code::CommentNotUnderstood, format!("{message}{more}"));
            findings.push(finding.at(place.clone()).help(help));
        }
    }
}

/// What is doubtful about a text that says this, if anything is.
fn doubt(says: Direct) -> Option<&'static str> {
    match says {
        Direct::Unclear => Some(
            "a text speaks of a direct connection or of a proxy in words that the rules do not know; it is not taken for \
             the wish to go past the proxy",
        ),
        Direct::Both => Some(
            "a text says that a direct connection is needed and that none is; the row goes past the proxy where there is \
             a list for that",
        ),
        Direct::Silent | Direct::Denied | Direct::Asked => None,
    }
}

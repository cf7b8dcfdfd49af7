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
    /// Where it stands first beside a text that asks for what it denies, and in how many rows.
    contradicted: Option<(Place, usize)>,
    rows: usize,
}

impl Texts {
    /// Whether the texts of a row ask for a direct connection.
    pub(super) fn is_asked(&mut self, row: &Row, rules: &Rules) -> bool {
        let texts = [(&row.comment, row.columns.comment), (&row.description, row.columns.description)];
        let texts = texts.into_iter().filter_map(|(text, column)| Some((text.as_ref()?, column)));
        let says: Vec<_> =
            texts.map(|(text, column)| (text, column, self.reading(row, text, column, rules))).collect();
        let is_asked = says.iter().any(|(.., says)| *says >= Direct::Asked);
        for (text, column, _) in says.iter().filter(|(.., says)| is_asked && *says == Direct::Denied) {
            if let Some(read) = self.0.get_mut(*text) {
                let (_, rows) = read.contradicted.get_or_insert_with(|| (place(row, text, *column), 0));
                *rows += 1;
            }
        }
        is_asked
    }

    fn reading(&mut self, row: &Row, text: &Arc<str>, column: Option<u32>, rules: &Rules) -> Direct {
        if let Some(known) = self.0.get_mut(text) {
            known.rows += 1;
            return known.says;
        }
        let readings = rules.inspection.direct.iter().map(|rule| rule.reading(text));
        let says = readings.fold(Direct::Silent, Direct::with);
        let place = doubt(says).map(|_| place(row, text, column));
        self.0.insert(text.clone(), Read { says, place, contradicted: None, rows: 1 });
        says
    }

    /// Tells of texts that do not say it plainly.
    pub(super) fn report(&self, rules: &Rules, findings: &mut Findings) {
        let texts = self.0.values().flat_map(|read| {
            let doubt = doubt(read.says).zip(read.place.as_ref());
            let doubt = doubt.map(|(message, place)| (message, place, read.rows));
            let contradicted = read.contradicted.as_ref().map(|(place, rows)| (CONTRADICTED, place, *rows));
            doubt.into_iter().chain(contradicted)
        });
        for (message, place, count) in texts {
            let more = if count > 1 { format!(" ({count} rows have this text)") } else { String::new() };
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

/// Said of a text that another one of its row contradicts.
const CONTRADICTED: &str = "a text says that no direct connection is needed, and another one of the row that one is; the \
                            row goes past the proxy where there is a list for that";

fn place(row: &Row, text: &str, column: Option<u32>) -> Place {
    place_of_cell(row, column, text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What is doubtful about a text that says this, if anything is.
fn doubt(says: Direct) -> Option<&'static str> {
    match says {
        Direct::Unclear => Some(
            "a text speaks of a direct connection or of a proxy in words that the rules do not know; it is not taken for \
             the wish to go past the proxy",
        ),
        Direct::Both => Some(
            "a text says that a direct connection is needed, and speaks of one in other words too; the row goes past the \
             proxy where there is a list for that",
        ),
        Direct::Silent | Direct::Denied | Direct::Asked => None,
    }
}

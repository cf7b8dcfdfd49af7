//! Columns that are not read because their titles have no meaning: what their cells look like tells what that costs.
//!
//! Device marks below such a title, or below none, make the devices of their rows uncertain. Where a column that decides
//! what a row means is missing, the table cannot be used.

use std::collections::BTreeSet;

use super::address::holds_addresses;
use super::block::{Block, Column, Desk};
use super::header::field_of;
use super::rules::{Field, Kind, ReadingRules, TableRule};
use crate::diagnostic::{Code, Finding, Place, Severity};

/// How many columns of a sheet are told.
const MOST_TOLD: usize = 256;

/// The kinds without which rows mean something else, each in one column at most.
const DECIDING: [Kind; 3] = [Kind::Port, Kind::Geography, Kind::Choice];

/// The field of the comments, which say under what conditions rows count.
pub(super) const COMMENTS: &str = "comment";

/// What is lost with the comments.
const COST: &str = "rows count whatever release a comment limits them to, and none is known to need a direct connection by \
                    its comment";

/// What can be told of the columns of a sheet that are not read.
pub(super) struct Unread<'r> {
    rule: Option<&'r TableRule>,
    told: usize,
    marks: bool,
    missing_devices: BTreeSet<&'r str>,
}

impl<'r> Unread<'r> {
    /// For the sheet of that rule.
    pub(super) fn new(rule: Option<&'r TableRule>) -> Self {
        Self { rule, told: 0, marks: false, missing_devices: BTreeSet::new() }
    }

    /// Whether device marks were found in columns that are not read.
    pub(super) fn has_marks(&self) -> bool {
        self.marks
    }

    /// Device columns that every published table of this name has and this one has not.
    pub(super) fn missing_devices(&self) -> Vec<String> {
        self.missing_devices.iter().map(|id| (*id).to_owned()).collect()
    }

    /// Looks at the cells of a block below titles without a meaning, and at the columns that it lacks.
    pub(super) fn look(&mut self, block: &mut Block, desk: &mut Desk<'_>) {
        let rules = desk.rules;
        let mut found = BTreeSet::new();
        let columns = block.header.columns.iter().cloned().enumerate();
        let unread: Vec<(usize, Column)> = columns.filter(|(_, column)| column.unread.is_some()).collect();
        for (position, column) in &unread {
            let title = column.unread.as_deref().unwrap_or_default();
            let place = desk.place(block.header.row, Some(column.index)).showing(title);
            let finding = match field_of(title, rules).and_then(|at| rules.fields.get(at)) {
                Some(field) => Some(repeated(title, field, block, *position)),
                None => without_meaning(title, block, *position, rules, &mut found),
            };
            self.tell(finding, place, desk);
        }
        self.look_below_no_title(block, desk, &mut found);
        self.marks |= found.contains(MARKS);
        self.look_for_missing(block, desk, &found);
        self.look_for_texts(block, desk);
    }

    /// Columns of words that say more of rows, where they are hidden or every published table of this name has them.
    fn look_for_texts(&mut self, block: &Block, desk: &mut Desk<'_>) {
        let rules = desk.rules;
        let always = self.rule.map_or(&[] as &[String], |rule| rule.texts.as_slice());
        let hidden = block.hidden_comments.map(|column| (COMMENTS, Some(column)));
        let missing = always.iter().map(|id| (id.as_str(), None)).filter(|(id, _)| {
            block.header.position(id, rules).is_none() && (*id != COMMENTS || hidden.is_none())
        });
        for (id, column) in hidden.into_iter().chain(missing) {
            let Some(field) = rules.fields.iter().find(|field| *field.id == *id) else { continue };
            let title = shown(field);
            let finding = if column.is_some() {
                let message =
                    format!("the column `{title}` is hidden or has no width, and was not read; {COST}");
                let help = "show the column in a copy of the list, if it counts";
                Finding::warning(Code::HiddenColumn, message).help(help)
            } else {
                let message = format!(
                    "the table has no column `{title}`, as every published one of its name has; {COST}"
                );
                Finding::warning(Code::ColumnMissing, message).help(write(title))
            };
            let place = desk.place(block.header.row, column);
            self.tell(Some(finding), place, desk);
        }
    }

    /// Device marks of a sheet in columns that have no title at all.
    fn look_below_no_title(
        &mut self,
        block: &mut Block,
        desk: &mut Desk<'_>,
        found: &mut BTreeSet<&'static str>,
    ) {
        let Some(first) = block.records.iter().find_map(|record| record.untitled_flag) else { return };
        let marked = block.records.iter_mut().filter(|record| record.untitled_flag.is_some());
        let marks = marked.map(|record| record.uncertain = true).count();
        found.insert(MARKS);
        let place = desk.place(block.header.row, Some(first));
        self.tell(Some(marks_below("has no title", marks)), place, desk);
    }

    /// Columns that every published table of this name has. Device marks that stand elsewhere, or that nobody sees, have
    /// made their rows uncertain by then.
    fn look_for_missing(&mut self, block: &Block, desk: &mut Desk<'_>, found: &BTreeSet<&'static str>) {
        let rules = desk.rules;
        let always = self.rule.map_or(&[] as &[String], |rule| rule.columns.as_slice());
        let absent = always.iter().filter(|id| block.header.position(id, rules).is_none());
        let absent = absent.filter_map(|id| rules.fields.iter().find(|field| *field.id == **id));
        let is_told = |field: &Field| {
            found.contains(id_of(field.kind))
                || (field.kind == Kind::Flag && !block.hidden_devices.is_empty())
        };
        let missing: Vec<&str> = absent.filter(|field| !is_told(field)).map(shown).collect();
        self.note_missing_devices(block, rules, found.contains(MARKS));
        let Some(first) = missing.first() else { return };
        let message = format!(
            "the table has no column `{}`, as every published one of its name has; without it rows mean something else",
            missing.join("` and no column `")
        );
        let finding = Finding::error(Code::ColumnMissing, message).help(write(first));
        let place = desk.place(block.header.row, None);
        self.tell(Some(finding), place, desk);
    }

    /// Whether they matter depends on the fleet. Where marks stand elsewhere, or nobody sees them, the rows count for every
    /// device.
    fn note_missing_devices(&mut self, block: &Block, rules: &ReadingRules, has_marks: bool) {
        if has_marks || !block.hidden_devices.is_empty() {
            return;
        }
        let devices = self.rule.map_or(&[] as &[String], |rule| rule.devices.as_slice());
        let absent = devices.iter().filter(|id| block.header.position(id, rules).is_none());
        self.missing_devices.extend(absent.map(String::as_str));
    }

    /// Tells it, unless so much was told that the rest says nothing new.
    fn tell(&mut self, finding: Option<Finding>, place: Place, desk: &mut Desk<'_>) {
        let Some(finding) = finding else { return };
        self.told += 1;
        let first_error = finding.severity == Severity::Error && !desk.findings.has_errors();
        if self.told <= MOST_TOLD || first_error {
            desk.findings.push(finding.at(place));
        }
    }
}

/// What to say of a title that has no meaning. A blank one matters for device marks alone.
fn without_meaning(
    title: &str,
    block: &mut Block,
    position: usize,
    rules: &ReadingRules,
    found: &mut BTreeSet<&'static str>,
) -> Option<Finding> {
    let is_flag = |text: &str| rules.is_flag(text);
    let marked = block.records.iter_mut().filter(|record| is_flag(record.cell(position)));
    let marks = marked.map(|record| record.uncertain = true).count();
    if marks > 0 {
        found.insert(MARKS);
        return Some(marks_below(&format!("title `{title}` has no meaning in the rules"), marks));
    }
    let missing = DECIDING.into_iter().filter(|kind| !block.header.has_kind(*kind, rules));
    let like = missing.filter_map(|kind| rules.fields.iter().find(|field| field.kind == kind));
    if let Some(field) = like.into_iter().find(|field| looks_like(field.kind, block, position, rules)) {
        let message = format!(
            "the column title `{title}` has no meaning in the rules, and the cells below it look like those of \
             `{}`, without which rows mean something else",
            shown(field)
        );
        found.insert(id_of(field.kind));
        return Some(Finding::error(Code::HeaderNotMapped, message).help(write(shown(field))));
    }
    if title.is_empty() {
        return None;
    }
    let message = format!("the column title `{title}` has no meaning in the rules; the column was not read");
    let help = rules.nearest_title(title).map_or_else(
        || "a column that matters needs one of the published titles, in a copy of the list".to_owned(),
        |near| format!("the nearest known title is `{near}`; if that is meant, {}", write(near)),
    );
    Some(Finding::warning(Code::HeaderNotMapped, message).help(help))
}

/// Stands among the found kinds for device marks.
const MARKS: &str = "marks";

fn id_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Port => "port",
        Kind::Geography => "geography",
        Kind::Choice => "choice",
        Kind::Flag => MARKS,
        Kind::Address => "address",
        Kind::Text => "text",
    }
}

/// The title that a field has mostly had.
fn shown(field: &Field) -> &str {
    field.titles.first().map_or(&field.id, String::as_str)
}

fn write(title: &str) -> String {
    format!("write `{title}` above the column in a copy of the list, or download the list again")
}

fn marks_below(what: &str, marks: usize) -> Finding {
    let rows = if marks == 1 { "the row with one counts" } else { "the rows with one count" };
    let message = format!(
        "the column {what}, and the cells below it look like device marks; {rows} for every device ({marks} in all)"
    );
    let help =
        "write the title of the devices above the column in a copy of the list, as the vendor's page has it";
    Finding::warning(Code::HeaderNotMapped, message).help(help)
}

/// What to say of a second column of one meaning. Addresses in it would be lost.
fn repeated(title: &str, field: &Field, block: &Block, position: usize) -> Finding {
    let message =
        format!("the column title `{title}` repeats the meaning of another column; it was not read");
    let loses = field.kind == Kind::Address && cells(block, position).any(holds_addresses);
    let finding = if loses {
        Finding::error(Code::HeaderNotMapped, message)
    } else {
        Finding::warning(Code::HeaderNotMapped, message)
    };
    finding.help("one of the two columns can be removed in a copy of the list")
}

fn cells(block: &Block, position: usize) -> impl Iterator<Item = &str> {
    block.records.iter().map(move |record| record.cell(position)).filter(|text| !text.is_empty())
}

/// Whether most cells of a column can stand in one of this kind.
fn looks_like(kind: Kind, block: &Block, position: usize, rules: &ReadingRules) -> bool {
    let fits = |text: &str| match kind {
        Kind::Port => text.parse::<u16>().is_ok_and(|port| port > 0),
        Kind::Geography => rules.geography(text).is_some(),
        Kind::Choice => rules.choice(text).is_some(),
        Kind::Flag | Kind::Address | Kind::Text => false,
    };
    let (fitting, all) = cells(block, position)
        .fold((0, 0), |(fitting, all), text| (fitting + usize::from(fits(text)), all + 1));
    2 * fitting > all
}

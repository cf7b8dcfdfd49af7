//! Blocks of one sheet to its table, and what is doubtful about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::address::holds_addresses;
use super::blanks::Blanks;
use super::block::{Block, Desk, Sheet};
use super::footnotes::Footnotes;
use super::grid::Grid;
use super::header::has_address;
use super::rules::TableRule;
use super::struck::Struck;
use super::text::{column_letters, shortened};
use super::unread::Unread;
use super::{Role, Row, Table, rows, shift, words};
use crate::diagnostic::{Code, Finding};

/// Makes the table of one sheet, and tells what is doubtful about it.
pub(super) fn finish(
    sheet: Sheet,
    known: Option<&TableRule>,
    grid: Option<&Grid>,
    desk: &mut Desk<'_>,
    room: usize,
) -> Option<Table> {
    let rules = desk.rules;
    let (with, without): (Vec<Block>, Vec<Block>) =
        sheet.blocks.into_iter().partition(|block| has_address(&block.header, rules));
    for block in without.iter().filter(|block| block.header.mapped() >= 2) {
        report_missing_column(block.header.row, desk);
    }
    report_strays(&sheet.strays, known, with.is_empty(), grid, desk);
    // A row of titles is not known for one without a column for addresses, nor without addresses below it.
    let words = grid.and_then(|grid| grid.lines.first()).filter(|_| with.is_empty() && without.is_empty());
    let is_list = known.is_some_and(|rule| rule.role.role() == Some(Role::Endpoints));
    if let Some(first) = words.filter(|_| is_list && sheet.strays.is_empty()) {
        report_missing_column(first.number, desk);
    }
    if with.is_empty() {
        known?;
    }
    if let Some(grid) = grid {
        let hidden = |block: &Block| block.hidden_devices.clone().into_iter().chain(block.hidden_comments);
        let told = with.iter().flat_map(hidden).collect();
        report_layout(grid, &told, desk);
    }
    let mut table_rows: Vec<Row> = Vec::new();
    let (mut unread, mut blanks) = (Unread::new(known), Blanks::default());
    let (mut footnotes, mut struck) = (Footnotes::default(), Struck::default());
    for mut block in with {
        footnotes.take_off(&mut block, desk);
        unread.look(&mut block, desk);
        struck.look(&block, desk);
        words::read_plainly(&mut block, desk);
        shift::repair(&mut block, desk);
        doubt_hidden_devices(&mut block, desk);
        blanks.complete(&mut block, desk);
        blanks.note_ports(&block, desk);
        table_rows.extend(rows::rows_of_block(&block, desk, room.saturating_sub(table_rows.len())));
    }
    footnotes.tell(desk);
    struck.tell(desk);
    blanks.tell(&table_rows, desk);
    let unread_marks = unread.has_marks();
    let missing_devices = unread.missing_devices();
    let told = known.or_else(|| rules.table_of_addresses(table_rows.iter().map(|row| &*row.address)));
    let role = told.and_then(|rule| rule.role.role()).unwrap_or(Role::Endpoints);
    if known.is_none() {
        report_unknown(&table_rows, role, desk);
    }
    let cloud = family(&sheet.name, &table_rows, desk);
    report_few_rows(&table_rows, role, cloud.as_deref(), desk);
    let condition = known.and_then(|rule| rule.condition.clone());
    let sheet = Arc::clone(&desk.sheet);
    Some(Table { sheet, role, cloud, condition, unread_marks, missing_devices, rows: table_rows })
}

/// Tells of addresses on a sheet or below a heading that is not read.
pub(super) fn report_ignored(sheet: &Sheet, why: &str, desk: &mut Desk<'_>) {
    let found = sheet.blocks.iter().find_map(|block| {
        let at = block.header.position("address", desk.rules)?;
        let record = block.records.iter().find(|record| holds_addresses(record.cell(at)))?;
        Some(record.row)
    });
    let Some(row) = found else { return };
    let message =
        format!("`{}` has a table with a column of addresses, but {why}; it was not read", desk.sheet);
    let place = desk.place(row, None);
    let help = "if devices need these addresses, the sheet gets another name in a copy of the list";
    desk.warn(Code::SheetNotKnown, message, place, help);
}

/// Rows count for every device where one of several device columns cannot be seen.
fn doubt_hidden_devices(block: &mut Block, desk: &mut Desk<'_>) {
    let Some(first) = block.hidden_devices.first() else { return };
    let letters: Vec<String> =
        block.hidden_devices.iter().take(8).map(|column| format!("`{}`", column_letters(*column))).collect();
    let message = format!(
        "hidden or zero-width device columns were not read: {}; the rows below count for every device",
        letters.join(", ")
    );
    let place = desk.place(block.header.row, Some(*first));
    desk.warn(Code::HiddenColumn, message, place, "the columns can be shown in the list itself, or removed");
    for record in &mut block.records {
        record.uncertain = true;
    }
}

fn report_missing_column(row: u32, desk: &mut Desk<'_>) {
    let message = "the table has no column for addresses; it was not read";
    let place = desk.place(row, None);
    let title = desk.rules.title_of("address").unwrap_or_default();
    let help = format!(
        "write `{title}` above the addresses in a copy of the list; a sheet without addresses can be removed from it"
    );
    desk.findings.push(Finding::error(Code::AddressColumnMissing, message).at(place).help(help));
}

/// Addresses without titles that are a list, whatever their sheet is called; people note down a proxy or two.
const MANY_STRAYS: usize = 5;

/// Addresses that stand below no row of titles. A few can be words among words; many are a list.
fn report_strays(
    strays: &[(u32, u32, String)],
    rule: Option<&TableRule>,
    whole: bool,
    grid: Option<&Grid>,
    desk: &mut Desk<'_>,
) {
    let Some((row, column, text)) = strays.first() else { return };
    for (row, _, text) in strays {
        desk.leave_out(*row, shortened(text), "no row of titles stands above it");
    }
    let is_unseen = grid.is_some_and(|grid| grid.unseen.contains(*column));
    let message = if whole && is_unseen {
        "the column of this address is hidden or has no width, and such columns do not count; the sheet was not read"
    } else if whole {
        "the sheet holds addresses, but no row of titles above them; it was not read"
    } else {
        "an address stands above the sheet's first row of titles; what stands there was not read"
    };
    let place = desk.place(*row, Some(*column)).showing(shortened(text));
    let help = if is_unseen {
        "if the addresses count, show the column in a copy of the list"
    } else {
        "a row of titles such as `Service`, `Port` and `Endpoint/URL` stands above the addresses"
    };
    let finding = if (whole && rule.is_some()) || strays.len() >= MANY_STRAYS {
        Finding::error(Code::AddressColumnMissing, message)
    } else {
        Finding::warning(Code::AddressColumnMissing, message)
    };
    desk.findings.push(finding.at(place).help(help));
}

fn report_layout(grid: &Grid, told: &BTreeSet<u32>, desk: &mut Desk<'_>) {
    let cells = grid.lines.iter().flat_map(|line| &line.cells);
    let unseen = cells
        .map(|cell| cell.column)
        .filter(|column| grid.unseen.contains(*column) && !told.contains(column));
    let columns: BTreeSet<u32> = unseen.collect();
    if !columns.is_empty() {
        let letters: Vec<String> =
            columns.iter().take(8).map(|column| format!("`{}`", column_letters(*column))).collect();
        let message = format!("hidden or zero-width columns were not read: {}", letters.join(", "));
        desk.findings.push(Finding::note(Code::HiddenColumn, message).at(desk.sheet_place()));
    }
    let hidden = grid.hidden_rows.len();
    if hidden > 0 {
        let message = format!("{hidden} hidden rows were read like the others");
        let help = "a filter may be left on in the workbook";
        desk.findings.push(Finding::note(Code::HiddenRow, message).at(desk.sheet_place()).help(help));
    }
}

fn report_unknown(table_rows: &[Row], role: Role, desk: &mut Desk<'_>) {
    let read_as = match role {
        Role::Endpoints => "endpoints",
        Role::Portal => "addresses of the portal, as most of them are known to be",
    };
    let message = format!(
        "the name `{}` is not known; its {} addresses were read as {read_as}",
        shortened(&desk.sheet),
        table_rows.len()
    );
    let names: Vec<String> = desk.rules.names.iter().map(|name| format!("`{name}`")).collect();
    let help = format!(
        "a published name, such as {}, tells what the addresses are for; it can be written in a copy of the list",
        names.join(" or ")
    );
    desk.findings.push(Finding::warning(Code::SheetNotKnown, message).at(desk.sheet_place()).help(help));
}

fn report_few_rows(table_rows: &[Row], role: Role, cloud: Option<&str>, desk: &mut Desk<'_>) {
    let Some(plausible) = desk.rules.plausible(role, &desk.sheet, cloud) else { return };
    if table_rows.len() >= plausible.least {
        return;
    }
    let message = format!(
        "the table has {} addresses; no published one of its kind has fewer than {}, so that rows may be missing",
        table_rows.len(),
        plausible.least
    );
    let place = desk.sheet_place();
    desk.warn(
        Code::FewRows,
        message,
        place,
        "the list can be downloaded again and compared with the vendor's page",
    );
}

/// The family that the name of a table tells, or all of its rows; of rows of several families none is certain.
fn family(name: &str, table_rows: &[Row], desk: &mut Desk<'_>) -> Option<String> {
    if let Some(family) = desk.rules.family_of_name(name) {
        return Some(family.to_owned());
    }
    let mut last: Option<&Arc<str>> = None;
    let mut families: BTreeMap<&'static str, Vec<&Row>> = BTreeMap::new();
    let mut of_last = None;
    for row in table_rows {
        let Some(geography) = row.geography.as_ref() else { continue };
        if last != Some(geography) {
            of_last = desk.rules.geography(geography).and_then(|geography| geography.scope.family());
            last = Some(geography);
        }
        if let Some(family) = of_last {
            families.entry(family).or_default().push(row);
        }
    }
    if families.len() > 1 {
        report_families(&families, desk);
        return None;
    }
    families.into_keys().next().map(str::to_owned)
}

fn report_families(families: &BTreeMap<&'static str, Vec<&Row>>, desk: &mut Desk<'_>) {
    const NAMED: usize = 3;
    let Some((fewest, rows)) = families.iter().min_by_key(|(_, rows)| rows.len()) else { return };
    let named: Vec<String> = rows.iter().take(NAMED).map(|row| desk.row_name(row.origin.row)).collect();
    let more = if rows.len() > NAMED { ", …" } else { "" };
    let others: Vec<&str> = families.keys().filter(|family| *family != fewest).copied().collect();
    let message = format!(
        "the table has rows of the {} cloud and of the {fewest} cloud ({}{more}), so that it counts for neither as a \
         whole; its rows are told by their own geographies",
        others.join(", "),
        named.join(", ")
    );
    let row = rows.first().map_or(0, |row| row.origin.row);
    let place = desk.place(row, None);
    let help = "the geographies of these rows can be compared with the vendor's page";
    desk.warn(Code::GeographyContradiction, message, place, help);
}

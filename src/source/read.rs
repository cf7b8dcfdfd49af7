//! `read`: one file to one document.

use std::borrow::Cow;
use std::sync::Arc;

use super::block::{Block, Desk, Sheet};
use super::grid::Grid;
use super::header::has_address;
use super::limits::{self, FILE_BYTES, ROWS, TABLES};
use super::rules::{ReadingRules, TableRole, TableRule};
use super::service_tags::read_service_tags;
use super::sniff::{FileKind, sniff};
use super::workbook::{WorkbookFault, read_compound, read_xlsx};
use super::zip_guard::ZipFault;
use super::{Document, Role, Row, Table, markdown, ods, page, rows, shift, table};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// What to do about a file that is no list.
const DOWNLOAD: &str = "the list is the vendor's workbook (.xlsx), the Markdown source of its page, or a \
                        service-tags file (.json); a link to a page can give an HTML page under the workbook's name";

/// Reads one published list. Everything that is wrong with it is told in `findings`; what can be read is returned.
///
/// `file_name` is only shown; the kind of the file is told by its content.
pub fn read(file_name: &str, bytes: &[u8], rules: &ReadingRules, findings: &mut Findings) -> Document {
    let file: Arc<str> = Arc::from(file_name.rsplit(['/', '\\']).next().unwrap_or(file_name));
    let mut reading = Reading { file: Arc::clone(&file), rules, findings, room: ROWS };
    if bytes.len() > FILE_BYTES {
        let message = format!("the file has {} bytes, more than {FILE_BYTES}; it was not read", bytes.len());
        reading.findings.push(limits::too_much(message, Place::file(file.to_string())));
        return Document { file, ..Document::default() };
    }
    match sniff(bytes) {
        FileKind::Xlsx => reading.workbook(read_xlsx(bytes)),
        FileKind::Ods => reading.workbook(ods::read_ods(bytes)),
        FileKind::Compound => reading.workbook(read_compound(bytes)),
        FileKind::Text => reading.text(bytes),
        FileKind::Json => reading.json(bytes),
        FileKind::Other(what) => reading.no_list(what),
    }
}

struct Reading<'a> {
    file: Arc<str>,
    rules: &'a ReadingRules,
    findings: &'a mut Findings,
    /// How many rows may still be read.
    room: usize,
}

impl Reading<'_> {
    fn place(&self) -> Place {
        Place::file(self.file.to_string())
    }

    fn empty(&self) -> Document {
        Document { file: Arc::clone(&self.file), ..Document::default() }
    }

    fn no_list(&mut self, what: &str) -> Document {
        let message = format!("the file is {what}, not a published list; it was not read");
        self.findings.push(Finding::error(Code::NotAList, message).at(self.place()).help(DOWNLOAD));
        self.empty()
    }

    fn workbook(&mut self, grids: Result<Vec<Grid>, WorkbookFault>) -> Document {
        let grids = match grids {
            Ok(grids) => grids,
            Err(fault) => {
                let finding = workbook_finding(&fault, self.place());
                self.findings.push(finding);
                return self.empty();
            }
        };
        let mut tables = Vec::new();
        for grid in &grids {
            let rule = self.rules.table(&grid.name);
            if rule.is_some_and(|rule| rule.role == TableRole::Ignore) {
                continue;
            }
            let room = self.room;
            let mut desk = self.desk(grid.name.trim(), false);
            let sheet = table::sheet_of_grid(grid, &mut desk);
            tables.extend(finish(sheet, rule, Some(grid), &mut desk, room));
            self.take_room(&tables);
        }
        let names: Vec<&str> = grids.iter().map(|grid| grid.name.as_str()).collect();
        self.document(tables, &names)
    }

    fn text(&mut self, bytes: &[u8]) -> Document {
        let Some(text) = self.decoded(bytes) else { return self.empty() };
        let (items, fault) = markdown::scan(&text);
        if let Some(fault) = fault {
            let place = Place::line(self.file.to_string(), fault.line);
            self.findings.push(limits::too_much(format!("{}; the rest was not read", fault.message), place));
        }
        let names: Vec<String> = items
            .iter()
            .filter_map(|item| match item {
                markdown::Item::Heading { text, .. } => Some(text.clone()),
                markdown::Item::Table { .. } => None,
            })
            .collect();
        let sections = page::sections(items, self.rules);
        if sections.len() > TABLES {
            let message =
                format!("the page has {} tables, more than {TABLES}; it was not read", sections.len());
            self.findings.push(limits::too_much(message, self.place()));
            return self.empty();
        }
        let mut tables = Vec::new();
        for section in sections {
            let rule = self.rules.table(&section.name);
            if rule.is_some_and(|rule| rule.role == TableRole::Ignore) {
                continue;
            }
            let room = self.room;
            let mut desk = self.desk(&section.name, true);
            let sheet = page::sheet_of_section(section, &mut desk);
            tables.extend(finish(sheet, rule, None, &mut desk, room));
            self.take_room(&tables);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.document(tables, &names)
    }

    fn json(&mut self, bytes: &[u8]) -> Document {
        let Some(text) = self.decoded(bytes) else { return self.empty() };
        let tags = read_service_tags(&self.file, &text, self.findings);
        Document { tags, ..self.empty() }
    }

    /// The text of a file in UTF-8 or UTF-16.
    fn decoded<'b>(&mut self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        let (text, bad) = decode(bytes);
        let bad = bad.or_else(|| text.find('\0').map(|at| (at, "a NUL character")));
        let Some((at, what)) = bad else { return Some(text) };
        let before = bytes.get(..at.min(bytes.len())).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let place = Place::line(self.file.to_string(), u32::try_from(line).unwrap_or(u32::MAX));
        let message = format!("the file holds {what}, so it is no text; it was not read");
        self.findings.push(Finding::error(Code::NotAList, message).at(place).help(DOWNLOAD));
        None
    }

    fn desk(&mut self, sheet: &str, text: bool) -> Desk<'_> {
        Desk { file: &self.file, sheet: Arc::from(sheet), text, rules: self.rules, findings: self.findings }
    }

    fn take_room(&mut self, tables: &[Table]) {
        self.room = ROWS.saturating_sub(tables.iter().map(|table| table.rows.len()).sum());
    }

    fn document(&mut self, tables: Vec<Table>, names: &[&str]) -> Document {
        if tables.iter().all(|table| table.rows.is_empty()) && !self.findings.has_errors() {
            let message = "the file holds no table with addresses";
            let finding = Finding::error(Code::NoAddresses, message).at(self.place()).help(DOWNLOAD);
            self.findings.push(finding);
        }
        let connectivity = self.rules.connectivity(names.iter().copied()).filter(|_| !tables.is_empty());
        Document { connectivity: connectivity.map(str::to_owned), tables, ..self.empty() }
    }
}

fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<(usize, &'static str)>) {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| match pair {
            [a, b] => unit([*a, *b]),
            _ => 0,
        });
        let text: Result<String, _> = char::decode_utf16(units).collect();
        let odd = rest.len() % 2 == 1;
        let bad = (odd || text.is_err()).then_some((0, "bytes that are no UTF-16"));
        (Cow::Owned(text.unwrap_or_default()), bad)
    };
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return wide(rest, u16::from_be_bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)), None),
        Err(error) => (Cow::Borrowed(""), Some((error.valid_up_to(), "bytes that are no UTF-8"))),
    }
}

fn workbook_finding(fault: &WorkbookFault, place: Place) -> Finding {
    let message = format!("the workbook {fault}; it was not read");
    match fault {
        WorkbookFault::Encrypted | WorkbookFault::Zip(ZipFault::Encrypted) => {
            Finding::error(Code::WorkbookEncrypted, message)
                .at(place)
                .help("a copy saved without password and without a rights-management label can be read")
        }
        WorkbookFault::TooManyCells
        | WorkbookFault::TooManySheets(_)
        | WorkbookFault::Zip(ZipFault::TooManyParts(_) | ZipFault::PartTooLarge(_) | ZipFault::TooLarge) => {
            limits::too_much(message, place)
        }
        WorkbookFault::Damaged(_) | WorkbookFault::Zip(ZipFault::Damaged(_)) => {
            Finding::error(Code::WorkbookDamaged, message).at(place).help(
                "the workbook can be downloaded again, or opened and saved once by a spreadsheet program",
            )
        }
    }
}

/// Makes the table of one sheet, and tells what is doubtful about it.
fn finish(
    sheet: Sheet,
    rule: Option<&TableRule>,
    grid: Option<&Grid>,
    desk: &mut Desk<'_>,
    room: usize,
) -> Option<Table> {
    let rules = desk.rules;
    let (with, without): (Vec<Block>, Vec<Block>) =
        sheet.blocks.into_iter().partition(|block| has_address(&block.header, rules));
    for block in without.iter().filter(|block| block.header.mapped() >= 2) {
        report_missing_column(block, desk);
    }
    if with.is_empty() {
        report_stray(sheet.stray.as_ref(), rule, desk);
        if rule.is_none() {
            return None;
        }
    }
    if let Some(grid) = grid {
        report_layout(grid, desk);
    }
    let role = rule.and_then(|rule| rule.role.role()).unwrap_or(Role::Endpoints);
    let mut table_rows: Vec<Row> = Vec::new();
    for mut block in with {
        shift::repair(&mut block, desk);
        if desk.text {
            page::inherit_from_above(&block.header, &mut block.records, rules);
        }
        table_rows.extend(rows::rows_of_block(&block, desk, room.saturating_sub(table_rows.len())));
    }
    if rule.is_none() {
        report_unknown(&table_rows, desk);
    }
    report_few_rows(&table_rows, role, desk);
    let cloud = family(&sheet.name, &table_rows, rules);
    let condition = rule.and_then(|rule| rule.condition.clone());
    Some(Table { sheet: Arc::clone(&desk.sheet), role, cloud, condition, rows: table_rows })
}

fn report_missing_column(block: &Block, desk: &mut Desk<'_>) {
    let message = "the table has no column for addresses; it was not read";
    let place = desk.place(block.header.row, None);
    let help = "the column's title is added to the field `address` in `columns.toml` of the rules, or the sheet's \
                name to `tables.toml` with the role `ignore`";
    desk.findings.push(Finding::error(Code::AddressColumnMissing, message).at(place).help(help));
}

fn report_stray(stray: Option<&(u32, u32, String)>, rule: Option<&TableRule>, desk: &mut Desk<'_>) {
    let Some((row, column, text)) = stray else { return };
    let message = "the sheet holds addresses, but no row of titles above them; it was not read";
    let place = desk.place(*row, Some(*column)).showing(super::text::shortened(text));
    let help = "a row of titles such as `Service`, `Port` and `Endpoint/URL` stands above the addresses";
    let finding = if rule.is_some() {
        Finding::error(Code::AddressColumnMissing, message)
    } else {
        Finding::warning(Code::AddressColumnMissing, message)
    };
    desk.findings.push(finding.at(place).help(help));
}

fn report_layout(grid: &Grid, desk: &mut Desk<'_>) {
    let cells = grid.lines.iter().flat_map(|line| &line.cells);
    let unseen = cells.map(|cell| cell.column).filter(|column| grid.unseen.contains(*column));
    let columns: std::collections::BTreeSet<u32> = unseen.collect();
    if !columns.is_empty() {
        let letters: Vec<String> = columns
            .iter()
            .take(8)
            .map(|column| format!("`{}`", super::text::column_letters(*column)))
            .collect();
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

fn report_unknown(table_rows: &[Row], desk: &mut Desk<'_>) {
    let message = format!(
        "the name `{}` is not known; its {} addresses were read as endpoints",
        desk.sheet,
        table_rows.len()
    );
    let help = "the name is added to `tables.toml` of the rules with its role";
    desk.findings.push(Finding::note(Code::SheetNotKnown, message).at(desk.sheet_place()).help(help));
}

fn report_few_rows(table_rows: &[Row], role: Role, desk: &mut Desk<'_>) {
    let least = desk.rules.plausible_rows(role);
    if table_rows.len() >= least {
        return;
    }
    let message = format!(
        "the table has {} addresses; no published one has fewer than {least}, so that rows may be missing",
        table_rows.len()
    );
    let place = desk.sheet_place();
    desk.warn(
        Code::FewRows,
        message,
        place,
        "the list can be downloaded again and compared with the vendor's page",
    );
}

fn family(name: &str, table_rows: &[Row], rules: &ReadingRules) -> Option<String> {
    if let Some(family) = rules.family_of_name(name) {
        return Some(family.to_owned());
    }
    let mut last: Option<&Arc<str>> = None;
    let mut families = std::collections::BTreeSet::new();
    for geography in table_rows.iter().filter_map(|row| row.geography.as_ref()) {
        if last != Some(geography) {
            families.extend(rules.geography(geography).and_then(|geography| geography.scope.family()));
            last = Some(geography);
        }
    }
    families.last().map(|family| (*family).to_owned())
}

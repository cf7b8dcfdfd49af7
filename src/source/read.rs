//! `read`: one file to one document.

use std::borrow::Cow;
use std::sync::Arc;

use super::block::{Desk, Sheet};
use super::decode::decode;
use super::finish::{self, finish};
use super::grid::Grid;
use super::limits::{self, FILE_BYTES, ROWS, TABLES};
use super::rules::{ReadingRules, TableRole};
use super::service_tags::read_service_tags;
use super::sniff::{FileKind, sniff};
use super::workbook::{WorkbookFault, read_xlsx};
use super::xls::read_compound;
use super::zip_guard::ZipFault;
use super::{Document, LeftOut, LogEntry, Table, changelog, markdown, ods, page, table};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// What to do about a file that is no list.
const DOWNLOAD: &str = "the list is the vendor's workbook (.xlsx), the Markdown source of its page, or a \
                        service-tags file (.json); a link to a page can give an HTML page under the workbook's name";

/// Reads one published list. Everything that is wrong with it is told in `findings`; what can be read is returned.
///
/// `file_name` is only shown; the kind of the file is told by its content.
pub fn read(file_name: &str, bytes: &[u8], rules: &ReadingRules, findings: &mut Findings) -> Document {
    let file: Arc<str> = Arc::from(file_name.rsplit(['/', '\\']).next().unwrap_or(file_name));
    let mut reading = Reading { file, rules, findings, left_out: Vec::new(), room: ROWS };
    if bytes.len() > FILE_BYTES {
        return reading.too_large();
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

/// A text whose lines all end as old programs end them, with line feeds.
fn with_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr(b'\n', text.as_bytes()).is_none() && text.contains('\r') {
        return Cow::Owned(text.replace('\r', "\n"));
    }
    text
}

/// Why a sheet or heading with the role `ignore` is not read.
const IGNORED: &str = "its name is that of a text without addresses";

struct Reading<'a> {
    file: Arc<str>,
    rules: &'a ReadingRules,
    findings: &'a mut Findings,
    left_out: Vec<LeftOut>,
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

    fn too_large(&mut self) -> Document {
        let message = format!("the file has more than {FILE_BYTES} bytes; it was not read");
        self.findings.push(limits::too_much(message, self.place()));
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
        let (mut tables, mut log) = (Vec::new(), Vec::new());
        for grid in &grids {
            let rule = self.rules.table(&grid.name);
            let ignored = rule.is_some_and(|rule| rule.role.role().is_none());
            if rule.is_some_and(|rule| rule.role == TableRole::Changelog) && !grid.very_hidden {
                log.extend(changelog::of_grid(grid, &self.file));
            }
            if ignored || grid.very_hidden {
                let why =
                    if ignored { IGNORED } else { "no spreadsheet program lets its users see the sheet" };
                self.unread(grid.name.trim(), false, why, |desk| table::sheet_of_grid(grid, desk));
                continue;
            }
            let room = self.room;
            let mut desk = self.desk(grid.name.trim(), false);
            let sheet = table::sheet_of_grid(grid, &mut desk);
            tables.extend(finish(sheet, rule, Some(grid), &mut desk, room));
            self.take_room(&tables);
        }
        let shown = grids.iter().filter(|grid| !grid.very_hidden);
        let names: Vec<&str> = shown.map(|grid| grid.name.as_str()).collect();
        self.document(tables, log, &names)
    }

    fn text(&mut self, bytes: &[u8]) -> Document {
        let Some(text) = self.decoded(bytes) else { return self.empty() };
        let text = with_line_feeds(text);
        let (items, fault) = markdown::scan(&text);
        if let Some(fault) = fault {
            let place = Place::line(self.file.to_string(), fault.line);
            self.findings.push(limits::too_much(format!("{}; the rest was not read", fault.message), place));
        }
        let names: Vec<String> = items
            .iter()
            .filter_map(|item| match item {
                markdown::Item::Heading { text, .. } => Some(text.clone()),
                markdown::Item::Table { .. } | markdown::Item::Notice { .. } => None,
            })
            .collect();
        let (sections, notices) = page::sections(items, self.rules);
        for (line, notice) in notices {
            page::report_notice(Place::line(self.file.to_string(), line), notice, self.findings);
        }
        if sections.len() > TABLES {
            let message =
                format!("the page has {} tables, more than {TABLES}; it was not read", sections.len());
            self.findings.push(limits::too_much(message, self.place()));
            return self.empty();
        }
        let (mut tables, mut log) = (Vec::new(), Vec::new());
        for section in sections {
            let rule = self.rules.table(&section.name);
            if rule.is_some_and(|rule| rule.role == TableRole::Changelog) {
                log.extend(changelog::of_section(&section, &self.file));
            }
            if rule.is_some_and(|rule| rule.role.role().is_none()) {
                let name = section.name.clone();
                self.unread(&name, true, IGNORED, |desk| page::sheet_of_section(section, desk));
                continue;
            }
            let room = self.room;
            let mut desk = self.desk(&section.name, true);
            let sheet = page::sheet_of_section(section, &mut desk);
            tables.extend(finish(sheet, rule, None, &mut desk, room));
            self.take_room(&tables);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let date = self.rules.page_date_key().and_then(|key| markdown::front_matter_value(&text, key));
        let page_date = date.map(|date| changelog::date(date).unwrap_or_else(|| date.to_owned()));
        Document { page_date, ..self.document(tables, log, &names) }
    }

    fn json(&mut self, bytes: &[u8]) -> Document {
        let Some(text) = self.decoded(bytes) else { return self.empty() };
        let (tags, tag_cloud) = read_service_tags(&self.file, &text, self.findings);
        Document { tags, tag_cloud, ..self.empty() }
    }

    /// The text of a file in UTF-8 or UTF-16.
    fn decoded<'b>(&mut self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        let (text, bad) = decode(bytes);
        let bad = bad.or_else(|| text.find('\0').map(|at| (at, "a NUL character")));
        let Some((at, what)) = bad else { return Some(text) };
        let before = bytes.get(..at.min(bytes.len())).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let place = Place::line(self.file.to_string(), u32::try_from(line).unwrap_or(u32::MAX));
        let message = format!("the file holds {what}, so it is no text; it was not read");
        self.findings.push(Finding::error(Code::NotAList, message).at(place).help(DOWNLOAD));
        None
    }

    fn desk(&mut self, sheet: &str, text: bool) -> Desk<'_> {
        Desk {
            file: &self.file,
            sheet: Arc::from(sheet),
            text,
            rules: self.rules,
            findings: self.findings,
            left_out: &mut self.left_out,
        }
    }

    /// Looks through a sheet that is not read for addresses, and tells of nothing else in it.
    fn unread(&mut self, name: &str, text: bool, why: &str, sheet: impl FnOnce(&mut Desk<'_>) -> Sheet) {
        let mut aside = Findings::default();
        let file = Arc::clone(&self.file);
        let sheet = sheet(&mut Desk {
            file: &file,
            sheet: Arc::from(name),
            text,
            rules: self.rules,
            findings: &mut aside,
            left_out: &mut Vec::new(),
        });
        finish::report_ignored(&sheet, why, &mut self.desk(name, text));
    }

    fn take_room(&mut self, tables: &[Table]) {
        self.room = ROWS.saturating_sub(tables.iter().map(|table| table.rows.len()).sum());
    }

    fn document(&mut self, tables: Vec<Table>, changelog: Vec<LogEntry>, names: &[&str]) -> Document {
        if tables.iter().all(|table| table.rows.is_empty()) && !self.findings.has_errors() {
            let message = "the file holds no table with addresses";
            let finding = Finding::error(Code::NoAddresses, message).at(self.place()).help(DOWNLOAD);
            self.findings.push(finding);
        }
        let connectivity = self.rules.connectivity(names.iter().copied()).filter(|_| !tables.is_empty());
        let left_out = std::mem::take(&mut self.left_out);
        Document {
            connectivity: connectivity.map(str::to_owned),
            tables,
            left_out,
            changelog,
            ..self.empty()
        }
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
        | WorkbookFault::TooMuchLayout
        | WorkbookFault::TooMuchText
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

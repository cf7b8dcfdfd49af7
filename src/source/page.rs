//! Pages: which heading names the table, and which its block.

use std::cmp::Ordering;
use std::sync::Arc;

use super::address::is_certain_address;
use super::block::{Block, Desk, Header, Record, Sheet};
use super::header::{has_address, header_of_titles, report_titles};
use super::markdown::{Item, Notice, TextRow};
use super::rules::{Kind, ReadingRules, TableRole, TableRule};
use super::text::shortened;
use crate::diagnostic::{Code, Finding, Findings, Place};

/// The tables of a page below one heading, not yet mapped.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The heading.
    pub(super) name: String,
    /// Each table with the title of its block.
    pub(super) tables: Vec<(Option<String>, TextRow, Vec<TextRow>)>,
    /// Headings beside the one of the section with tables that were taken for a part of it, with the line of each table.
    strange: Vec<(u32, String)>,
}

/// Groups the tables of a page by the heading that names them, and keeps the notices that count, with their lines.
pub(super) fn sections(items: Vec<Item>, rules: &ReadingRules) -> (Vec<Section>, Vec<(u32, Notice)>) {
    let mut notices = Vec::new();
    let mut sections: Vec<Section> = Vec::new();
    let mut named: Option<(usize, TableRule)> = None;
    let mut title: Option<String> = None;
    let mut beside = false;
    for item in items {
        match item {
            Item::Heading { level, text } => {
                if let Some(rule) = rules.table(&text) {
                    named = Some((level, rule.clone()));
                    (title, beside) = (None, false);
                    sections.push(Section { name: text, ..Section::default() });
                } else {
                    named = named.filter(|(above, rule)| goes_on(level, *above, rule));
                    beside = named.as_ref().is_some_and(|(above, rule)| match level.cmp(above) {
                        Ordering::Greater => beside,
                        _ => !rule.has_part(&text),
                    });
                    title = Some(text);
                }
            }
            Item::Notice { line, notice } => {
                let ignored = named.as_ref().is_some_and(|(_, rule)| rule.role.role().is_none());
                if !ignored || matches!(notice, Notice::Open(_)) {
                    notices.push((line, notice));
                }
            }
            Item::Table { header, rows } => {
                // A heading that nobody knows, beside the one that names the table: what is below tells more.
                if beside && rules.table_of_addresses(addresses(&rows)).is_some() {
                    (named, beside) = (None, false);
                }
                if named.is_none() {
                    let name = title.clone().unwrap_or_else(|| "page".to_owned());
                    if sections.last().is_none_or(|section| section.name != name) {
                        sections.push(Section { name, ..Section::default() });
                    }
                }
                let block = title.clone().filter(|_| named.is_some());
                if let Some(section) = sections.last_mut() {
                    section
                        .strange
                        .extend(title.clone().filter(|_| beside).map(|title| (header.line, title)));
                    section.tables.push((block, header, rows));
                }
            }
        }
    }
    (sections, notices)
}

/// The addresses in rows of which no column is known yet.
fn addresses(rows: &[TextRow]) -> impl Iterator<Item = &str> + Clone {
    rows.iter().flat_map(|row| &row.cells).map(String::as_str).filter(|cell| is_certain_address(cell))
}

/// Whether a heading without a meaning of its own still belongs to the table named above it.
fn goes_on(level: usize, above: usize, rule: &TableRule) -> bool {
    let general = rule.role == TableRole::Endpoints && rule.condition.is_none();
    level > above || (level == above && general)
}

/// Maps the tables of a section.
pub(super) fn sheet_of_section(section: Section, desk: &mut Desk<'_>) -> Sheet {
    for (line, heading) in &section.strange {
        report_strange(*line, heading, desk);
    }
    let mut sheet = Sheet { name: section.name, ..Sheet::default() };
    for (title, mut header, rows) in section.tables {
        for (at, struck) in std::mem::take(&mut header.struck) {
            header.cells.get_mut(at).into_iter().for_each(|cell| struck.text.clone_into(cell));
        }
        let titles: Vec<(u32, &str)> = (0..).zip(header.cells.iter().map(String::as_str)).collect();
        let mapped = header_of_titles(header.line, &titles, desk.rules);
        if has_address(&mapped, desk.rules) {
            report_titles(&mapped, &titles, desk);
        }
        rows.iter().filter(|row| row.parted).for_each(|row| report_parted(row, desk));
        let width = mapped.columns.len();
        let records = rows.into_iter().map(|row| record(row, width, &mapped, desk.rules)).collect();
        let title = title.map(Arc::from);
        sheet.blocks.push(Block { title, header: mapped, records, ..Block::default() });
    }
    sheet
}

fn report_strange(line: u32, heading: &str, desk: &mut Desk<'_>) {
    let message = format!(
        "the heading `{}` is not known; the table below it was read as a part of `{}` above it",
        shortened(heading),
        desk.sheet
    );
    let place = desk.place(line, None);
    let help = "rows that no device needs can be left out with `select.exclude`";
    desk.warn(Code::SheetNotKnown, message, place, help);
}

fn report_parted(row: &TextRow, desk: &mut Desk<'_>) {
    let message = format!(
        "{} is parted from the table above it by blank lines; it was read as a row of that table, and so were \
         those below it",
        desk.row_name(row.line)
    );
    let place = desk.place(row.line, None);
    desk.warn(Code::RowRepaired, message, place, "the blank lines can be removed from the list itself");
}

/// Tells of what is written where no table is read.
pub(super) fn report_notice(place: Place, notice: Notice, findings: &mut Findings) {
    let (code, message, help) = match notice {
        Notice::Stray => (
            Code::AddressColumnMissing,
            "the line holds an address outside of every table; it was not read".to_owned(),
            "the rows of a table follow its header without blank lines and without words between them",
        ),
        Notice::HtmlTable => (
            Code::NotAList,
            "the page has a table in HTML; tables of that kind are not read".to_owned(),
            "a table of addresses is written in Markdown: a header, a row of dashes, and rows with bars",
        ),
        Notice::Open(what) => (
            Code::NotAList,
            format!("the {what} that starts here has no end; nothing behind it was read"),
            "the page can be downloaded again, or the mark that ends it be added",
        ),
    };
    findings.push(Finding::warning(code, message).at(place).help(help));
}

fn record(mut row: TextRow, width: usize, header: &Header, rules: &ReadingRules) -> Record {
    let written = row.cells.len();
    let is_address = |position: usize| header.kind(position, rules) == Kind::Address;
    // What decides whether a row counts, and how, says nothing that is known with the marks of a strike.
    let decides = |at: usize| {
        at < width
            && matches!(header.kind(at, rules), Kind::Port | Kind::Geography | Kind::Choice | Kind::Flag)
    };
    row.struck.retain(|(at, struck)| !decides(*at) || is_certain_address(&struck.text));
    for (at, struck) in &mut row.struck {
        if let Some(cell) = row.cells.get_mut(*at) {
            *cell = std::mem::take(&mut struck.text);
        }
    }
    let mut cells: Vec<Arc<str>> = row.cells.into_iter().map(Arc::from).collect();
    let struck = |whole: bool| row.struck.iter().any(|(at, of)| is_address(*at) && of.whole == whole);
    let beside = row.struck.iter().map(|(at, _)| *at).filter(|at| !is_address(*at));
    let struck_cells = beside.filter_map(|at| Some((at, Arc::clone(cells.get(at)?)))).collect();
    let extra = if written > width { cells.split_off(width) } else { Vec::new() };
    cells.resize_with(width, Arc::default);
    let links = row.links.into_iter().filter(|(position, _)| is_address(*position)).map(|(_, link)| link);
    let own = header.is_stated(cells.iter().map(|cell| &**cell).enumerate(), rules);
    Record {
        own,
        row: row.line,
        cells,
        extra,
        spaced: row.spaced,
        links: links.collect(),
        struck: struck(true),
        struck_part: struck(false),
        struck_cells,
        written: Some(written),
        ..Record::default()
    }
}

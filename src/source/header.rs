//! Finds header rows and maps their titles to fields.

use foldhash::{HashMap, HashMapExt};

use super::address::looks_like_address;
use super::block::{Column, Desk, Header};
use super::grid::Line;
use super::limits::COLUMNS;
use super::rules::{Kind, ReadingRules};
use super::text::shortened;
use crate::diagnostic::Code;

/// How many of a header's first cells one title must be among.
const FIRST_CELLS: usize = 4;

/// Longest title that is compared, in bytes. The longest published one has 110.
const LONGEST_TITLE: usize = 240;

/// Which texts of a sheet are titles. The same few stand in row after row, so that each is looked up once.
pub(super) struct Titles<'a> {
    rules: &'a ReadingRules,
    known: HashMap<&'a str, bool>,
}

impl<'a> Titles<'a> {
    pub(super) fn new(rules: &'a ReadingRules) -> Self {
        Self { rules, known: HashMap::new() }
    }

    fn have(&mut self, text: &'a str) -> bool {
        *self.known.entry(text).or_insert_with(|| field_of(text, self.rules).is_some())
    }
}

/// Longest title of addresses, in bytes; longer cells below one need not be compared with titles.
const LONGEST_ADDRESS_TITLE: usize = 24;

/// The header that a row of a sheet is, if it is one: two titles, nothing but a title of addresses, or, below a table, one
/// among other words. `addresses` is the column of addresses above it, where there is one.
pub(super) fn header_of_line<'a>(
    line: &'a Line,
    seen: impl Fn(u32) -> bool,
    titles: &mut Titles<'a>,
    addresses: Option<u32>,
) -> Option<Header> {
    let rules = titles.rules;
    // Data rows are told by their first cells, which saves comparing the others.
    let first = || {
        line.cells.iter().filter(|cell| seen(cell.column) && !cell.text.trim().is_empty()).take(FIRST_CELLS)
    };
    let in_place = || {
        let cell = line.cells.iter().find(|cell| Some(cell.column) == addresses)?;
        (cell.text.len() <= LONGEST_ADDRESS_TITLE && !cell.text.contains('.')).then_some(cell)
    };
    if !first().chain(in_place()).any(|cell| titles.have(&cell.text)) {
        return None;
    }
    let cells = || line.cells.iter().filter(|cell| seen(cell.column) && !cell.text.trim().is_empty());
    let titles: Vec<(u32, &str)> = cells().map(|cell| (cell.column, &*cell.text)).collect();
    let header = header_of_titles(line.number, &titles, rules);
    let has_address = has_address(&header, rules);
    let like_titles = || addresses.is_some() && titles.iter().all(|(_, text)| is_title_like(text, rules));
    let only_address = has_address && (titles.len() == 1 || like_titles());
    if !only_address && header.mapped() < 2 {
        return None;
    }
    let is_data = !has_address && titles.iter().any(|(_, text)| looks_like_address(text.trim()));
    (!is_data).then_some(header)
}

/// Whether a text could be a title: no number, mark, choice or address.
fn is_title_like(text: &str, rules: &ReadingRules) -> bool {
    let text = text.trim();
    let stated = rules.is_mark(text) || (rules.choice(text).is_some() && field_of(text, rules).is_none());
    !stated && !text.starts_with(|c: char| c.is_ascii_digit()) && !looks_like_address(text)
}

/// The column of addresses of a header.
pub(super) fn column_of_addresses(header: &Header, rules: &ReadingRules) -> Option<u32> {
    let is_address =
        |(at, column): &(usize, &Column)| column.field.is_some() && header.kind(*at, rules) == Kind::Address;
    header.columns.iter().enumerate().find(is_address).map(|(_, column)| column.index)
}

/// Whether a header has a column for addresses.
pub(super) fn has_address(header: &Header, rules: &ReadingRules) -> bool {
    header.has_kind(Kind::Address, rules)
}

/// The header with these titles; of two columns with one meaning the first counts, of device columns both do.
pub(super) fn header_of_titles(row: u32, titles: &[(u32, &str)], rules: &ReadingRules) -> Header {
    let mut columns: Vec<Column> = Vec::with_capacity(titles.len().min(COLUMNS));
    for (index, title) in titles.iter().take(COLUMNS) {
        let field = field_of(title, rules);
        let known = field.filter(|field| {
            let device = rules.fields.get(*field).is_some_and(|field| field.kind == Kind::Flag);
            device || !columns.iter().any(|column| column.field == Some(*field))
        });
        let unread = known.is_none().then(|| shortened(title).into_boxed_str());
        columns.push(Column { index: *index, field: known, unread });
    }
    Header { row, columns }
}

pub(super) fn field_of(title: &str, rules: &ReadingRules) -> Option<usize> {
    let title = title.trim().trim_matches(['*', '_']);
    if title.len() > LONGEST_TITLE { None } else { rules.field_of_title(title) }
}

/// Tells of titles that were not looked at, and of two that mean the same devices.
pub(super) fn report_titles(header: &Header, titles: &[(u32, &str)], desk: &mut Desk<'_>) {
    if let Some((first, _)) = titles.get(COLUMNS) {
        let more = titles.len() - COLUMNS;
        let message = format!(
            "the row of titles has more than {COLUMNS} titles; {more} of them and what stands below were not read"
        );
        let place = desk.place(header.row, Some(*first));
        let help = "a published list has some dozen columns; those without a meaning can be removed";
        desk.warn(Code::HeaderNotMapped, message, place, help);
    }
    for (at, column) in header.columns.iter().enumerate().filter(|(_, column)| column.field.is_some()) {
        if header.columns.iter().take(at).any(|other| other.field == column.field) {
            let message =
                "two columns stand for the same devices; a row counts if one of them says so".to_owned();
            let place = desk.place(header.row, Some(column.index));
            desk.warn(Code::HeaderNotMapped, message, place, "one of the two columns can be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests_support::rules;
    use super::*;

    fn id(title: &str) -> Option<String> {
        let rules = rules();
        let field = field_of(title, &rules).and_then(|at| rules.fields.get(at));
        field.map(|field| field.id.to_string())
    }

    #[test]
    fn every_published_title_has_its_meaning() {
        for (title, field) in [
            ("Endpoint/URL Description ", "description"),
            ("Endpoint or URLs ", "address"),
            ("URL", "address"),
            ("ENDPOINT / URL", "address"),
            ("Category\n", "category"),
            ("Type", "required"),
            ("Required or Optional", "required"),
            ("Windows 10 / Server 2019", "windows"),
            (
                "Windows 10, 11; Server 2022, 2019, 2016 (Unified Agent); Server 2012 R2 (Unified Agent) ",
                "windows",
            ),
            ("Windows 10/11 / Server 2019 -2022 / Server 2012 R2/Server 2016 (Unified Agent)", "windows"),
            ("Windows 11 / Windows 10 / Server 2022 / 2019 / Server 2016 (Unified Agent)", "windows"),
            ("Win 11/10/Server (Unified)", "windows"),
            ("Windows 7 / 8.1", "windows-7"),
            ("Windows Server 2008 R2 / 2012 R2 / 2016 (MMA Based)", "mma-server"),
            ("Server (MMA)", "mma-server"),
            ("**Mac**", "macos"),
            ("OS", "os"),
        ] {
            assert_eq!(id(title).as_deref(), Some(field), "{title}");
        }
    }

    #[test]
    fn titles_of_other_tables_have_no_meaning() {
        for title in ["Process", "Path", "Date", "Service Tag Name", "Required by", ""] {
            assert_eq!(id(title), None, "{title}");
        }
    }
}

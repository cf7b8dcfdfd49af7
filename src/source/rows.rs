//! Records to rows: one for each address, cells typed.

use std::sync::Arc;

use super::address::{
    AddressCell, ends_a_label_oddly, holds_addresses, is_certain_address, looks_like_address,
    split_address_cell,
};
use super::block::{Block, Column, Desk, Header, Record, cell_name};
use super::row_findings::{
    report_address_as_port, report_blank, report_glued, report_label, report_link_of_words, report_look,
    report_lost_values, report_other_targets, report_prose, report_spaces,
};
use super::rules::Kind;
use super::text::shortened;
use super::{CellColumns, DeviceCells, Row, limits, ports};
use crate::diagnostic::Code;
use crate::origin::Origin;

/// The rows of a block; at most `room` of them.
pub(super) fn rows_of_block(block: &Block, desk: &mut Desk<'_>, room: usize) -> Vec<Row> {
    let fields = Fields::of(&block.header, desk);
    let mut rows = Vec::with_capacity(block.records.len().min(room));
    let mut devices = Arc::default();
    for record in &block.records {
        let left = room.saturating_sub(rows.len());
        if left == 0 {
            desk.findings.push(limits::too_many_rows(desk.sheet_place()));
            break;
        }
        rows_of_record(record, block, &fields, desk, left, &mut devices, &mut rows);
    }
    rows
}

/// Positions of the fields among the columns.
#[derive(Clone)]
struct Fields {
    service: Option<usize>,
    geography: Option<usize>,
    category: Option<usize>,
    port: Option<usize>,
    address: Option<usize>,
    description: Option<usize>,
    required: Option<usize>,
    comment: Option<usize>,
    os: Option<usize>,
    /// Device columns with their ids.
    devices: Vec<(usize, Arc<str>)>,
}

impl Fields {
    fn of(header: &Header, desk: &Desk<'_>) -> Self {
        let at = |id: &str| header.position(id, desk.rules);
        let device = |(position, column): (usize, &Column)| {
            let field = desk.rules.fields.get(column.field?)?;
            (field.kind == Kind::Flag).then(|| (position, Arc::clone(&field.id)))
        };
        Self {
            service: at("service"),
            geography: at("geography"),
            category: at("category"),
            port: at("port"),
            address: at("address"),
            description: at("description"),
            required: at("required"),
            comment: at("comment"),
            os: at("os"),
            devices: header.columns.iter().enumerate().filter_map(device).collect(),
        }
    }

    /// The same for a row whose cells may have moved to the left: port and geography stand where they belong, or where one
    /// cell alone says such a thing, and nowhere else.
    fn of_displaced(&self, record: &Record, desk: &Desk<'_>) -> Self {
        let only = |before: usize, says: &dyn Fn(&str) -> bool| {
            let cells = record.cells.iter().enumerate().take(before);
            let mut found = cells.filter(|(_, text)| says(text)).map(|(at, _)| at);
            found.next().filter(|_| found.next().is_none())
        };
        let is_own_port = |text: &str| ports::is_of_ports(text) && !holds_addresses(text);
        let own_port = self.port.filter(|at| is_own_port(record.cell(*at)));
        let says_geography = |text: &str| {
            let names = text.split([',', ';', '/', '&', '\n']).map(str::trim);
            !text.is_empty() && names.into_iter().all(|name| desk.rules.geography(name).is_some())
        };
        let own_geography = self.geography.filter(|at| says_geography(record.cell(*at)));
        let is_geography = |text: &str| desk.rules.geography(text).is_some();
        let is_choice = |text: &str| desk.rules.choice(text).is_some();
        let own_choice = self.required.filter(|at| is_choice(record.cell(*at)));
        // A word that narrows counts in its own column alone.
        let is_required = |at: usize| desk.rules.choice(record.cell(at)) == Some(true);
        Self {
            geography: own_geography.or_else(|| only(self.geography?, &is_geography)),
            required: own_choice.or_else(|| only(usize::MAX, &is_choice).filter(|at| is_required(*at))),
            port: own_port.or_else(|| only(usize::MAX, &ports::is_plain)),
            ..self.clone()
        }
    }
}

fn rows_of_record(
    record: &Record,
    block: &Block,
    fields: &Fields,
    desk: &mut Desk<'_>,
    room: usize,
    devices: &mut Arc<DeviceCells>,
    rows: &mut Vec<Row>,
) {
    let Some(position) = fields.address else { return };
    let column = block.header.columns.get(position).map(|column| column.index);
    let text = record.cell(position);
    let mut displaced = false;
    report_look(record, column, text, desk);
    report_spaces(record, block, desk);
    let addresses = match split_address_cell(text) {
        cell @ (AddressCell::Blank | AddressCell::Prose { .. }) => {
            let found = misplaced_addresses(record, position);
            displaced = !found.is_empty();
            // A cell that is nothing but a link.
            let link = record.links.first().filter(|link| link.text == text);
            if !displaced && let Some(link) = link {
                report_link_of_words(record, column, text, &link.target, desk);
            } else if !displaced && let AddressCell::Prose { names_host } = cell {
                report_prose(record, column, text, names_host, desk);
            } else if !displaced && record.own && !record.covered && !record.formula {
                report_blank(record, column, desk);
            }
            found
        }
        AddressCell::Addresses { addresses, glued } => {
            if glued {
                report_glued(record, column, &addresses, desk);
            }
            report_other_targets(record, column, desk);
            addresses
        }
    };
    if addresses.is_empty() {
        return;
    }
    let lost_value = report_lost_values(record, block, desk);
    addresses.iter().filter(|address| ends_a_label_oddly(address)).for_each(|address| {
        report_label(record, column, address, desk);
    });
    let of_displaced = displaced.then(|| fields.of_displaced(record, desk));
    let fields = of_displaced.as_ref().unwrap_or(fields);
    if displaced {
        report_displaced(record, &addresses, fields, desk);
    }
    let uncertain = record.uncertain || ((displaced || lost_value) && !fields.devices.is_empty());
    share_devices(if uncertain { DeviceCells::new() } else { device_cells(record, fields) }, devices);
    let row = typed_row(record, uncertain, devices, block, fields, desk);
    let ports = match fields.port {
        Some(position) if is_certain_address(record.cell(position)) => {
            if addresses.iter().all(|address| address != record.cell(position)) {
                report_address_as_port(record, position, block, desk);
            }
            vec![None]
        }
        Some(position) => ports::ports(record, position, &addresses, block, desk),
        None => vec![None],
    };
    let cell = column.filter(|_| !desk.text).map(|column| cell_name(record.row, column));
    let room_for_addresses = room.div_ceil(ports.len());
    for address in addresses.into_iter().take(room_for_addresses) {
        // Mostly the cell holds just the one address.
        let whole = record.cells.get(position).filter(|cell| ***cell == *address);
        let address = whole.map_or_else(|| Arc::from(address.as_str()), Arc::clone);
        let of_ports = ports.iter().map(|port| Row {
            address: Arc::clone(&address),
            cell: cell.clone(),
            port: *port,
            ..row.clone()
        });
        rows.extend(of_ports);
    }
}

/// Addresses that stand in a column where none belong, in a row whose own address cell has none.
fn misplaced_addresses(record: &Record, position: usize) -> Vec<String> {
    // Descriptions and comments may name hosts; only a cell that is nothing but addresses counts.
    let is_address = |text: &String| looks_like_address(text) && crate::pattern::parse_address(text).is_ok();
    let others = || record.cells.iter().enumerate().filter(|(at, _)| *at != position);
    let addresses = |text: &str| match split_address_cell(text) {
        AddressCell::Addresses { addresses, .. } if addresses.iter().all(is_address) => Some(addresses),
        _ => None,
    };
    // One that is struck out stands behind one that is not.
    let unstruck = others().filter(|(at, _)| !record.is_struck_at(*at));
    let mut found = unstruck.chain(others()).map(|(_, text)| text);
    found.find_map(|text| addresses(text)).unwrap_or_default()
}

fn report_displaced(record: &Record, addresses: &[String], fields: &Fields, desk: &mut Desk<'_>) {
    let (first, more) = (addresses.first().map(String::as_str).unwrap_or_default(), addresses.len() - 1);
    let more = if more > 0 { format!(" with {more} more") } else { String::new() };
    let said = |position: Option<usize>| position.map(|position| shortened(record.cell(position)));
    let port = said(fields.port)
        .map_or("the port of its address, else 443,".to_owned(), |port| format!("port `{port}`"));
    let geography = said(fields.geography)
        .map_or("every geography".to_owned(), |geography| format!("geography `{geography}`"));
    let message = format!(
        "{} has its address in another column than the one for addresses; `{}`{more} was read for {port} and \
         {geography}, as far as one cell of the row alone says such a thing",
        desk.row_name(record.row),
        shortened(first)
    );
    let place = desk.place(record.row, None);
    desk.warn(Code::RowShifted, message, place, "the row can be corrected in the list itself");
}

fn typed_row(
    record: &Record,
    uncertain: bool,
    devices: &Arc<DeviceCells>,
    block: &Block,
    fields: &Fields,
    desk: &mut Desk<'_>,
) -> Row {
    let text = |position: Option<usize>| {
        let text = record.cells.get(position?)?;
        (!text.is_empty()).then(|| Arc::clone(text))
    };
    // What somebody struck out says neither that a row counts for nobody nor how its address is reached.
    let words = |position: Option<usize>| text(position.filter(|at| !record.is_struck_at(*at)));
    let column = |position: Option<usize>| Some(block.header.columns.get(position?)?.index);
    Row {
        origin: Origin { file: Arc::clone(desk.file), sheet: Arc::clone(&desk.sheet), row: record.row },
        block: block.title.clone(),
        service: text(fields.service),
        geography: text(fields.geography),
        category: text(fields.category),
        port: None,
        required: required(record, fields, block, desk),
        address: Arc::from(""),
        cell: None,
        columns: CellColumns {
            geography: column(fields.geography),
            comment: column(fields.comment),
            description: column(fields.description),
            os: column(fields.os),
        },
        description: words(fields.description),
        comment: words(fields.comment),
        os: text(fields.os),
        devices: Arc::clone(devices),
        devices_uncertain: uncertain,
    }
}

/// Rows that follow each other mostly have the same cells, which are kept once then.
fn share_devices(cells: DeviceCells, before: &mut Arc<DeviceCells>) {
    if **before != cells {
        *before = Arc::new(cells);
    }
}

fn device_cells(record: &Record, fields: &Fields) -> DeviceCells {
    let mut cells = DeviceCells::new();
    for (position, id) in &fields.devices {
        let Some(text) = record.cells.get(*position) else { continue };
        // Of two columns for one device, the one that says more than no counts.
        let says_more = cells.get(id).is_none_or(|known| known.eq_ignore_ascii_case("no"));
        if !text.is_empty() && says_more {
            cells.insert(Arc::clone(id), Arc::clone(text));
        }
    }
    cells
}

fn required(record: &Record, fields: &Fields, block: &Block, desk: &mut Desk<'_>) -> Option<bool> {
    let position = fields.required?;
    let text = record.cell(position);
    if text.is_empty() {
        return None;
    }
    let choice = desk.rules.choice(text);
    if choice.is_none() {
        let column = block.header.columns.get(position).map(|column| column.index);
        let message = format!(
            "`{}` says neither required nor optional; the row was read as if the cell were blank",
            shortened(text)
        );
        let place = desk.place(record.row, column).showing(shortened(text));
        desk.warn(
            Code::ChoiceNotKnown,
            message,
            place,
            "write `Required` or `Optional` into the cell in a copy of the list",
        );
    }
    choice
}

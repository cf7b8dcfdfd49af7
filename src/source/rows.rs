//! Records to rows: one for each address, cells typed.

use std::sync::Arc;

use super::address::{AddressCell, ends_a_label_oddly, is_certain_address, split_address_cell};
use super::block::{Block, Column, Desk, Header, Record, cell_name};
use super::displaced::{self, Displaced};
use super::row_findings::{
    report_address_as_port, report_blank, report_glued, report_label, report_link_of_words, report_look,
    report_lost_values, report_other_targets, report_prose, report_spaces,
};
use super::rules::Kind;
use super::text::shortened;
use super::words::{is_error, is_no};
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
pub(super) struct Fields {
    pub(super) service: Option<usize>,
    pub(super) geography: Option<usize>,
    pub(super) category: Option<usize>,
    pub(super) port: Option<usize>,
    pub(super) address: Option<usize>,
    pub(super) description: Option<usize>,
    pub(super) required: Option<usize>,
    pub(super) comment: Option<usize>,
    pub(super) os: Option<usize>,
    /// Device columns with their ids.
    pub(super) devices: Vec<(usize, Arc<str>)>,
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
    let mut displaced = Displaced::default();
    report_look(record, column, text, desk);
    report_spaces(record, block, desk);
    let addresses = match split_address_cell(text) {
        cell @ (AddressCell::Blank | AddressCell::Prose { .. }) => {
            displaced = Displaced::of(record, position);
            let is_elsewhere = !displaced.addresses.is_empty();
            // A cell that is nothing but a link.
            let link = record.links.first().filter(|link| link.text == text);
            if let Some(link) = link {
                report_link_of_words(record, column, text, &link.target, desk);
            } else if let AddressCell::Prose { names_host } = cell {
                let names_host = if is_elsewhere { displaced.lacks_one_of(text) } else { names_host };
                if names_host || is_error(text) || !is_elsewhere {
                    report_prose(record, column, text, names_host, desk);
                }
            } else if !is_elsewhere && record.own && !record.covered && !record.formula {
                report_blank(record, column, displaced::among_others(record), desk);
            }
            displaced.addresses.clone()
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
    let is_displaced = !displaced.addresses.is_empty();
    let of_displaced = is_displaced.then(|| displaced::fields(fields, record, desk));
    let fields = of_displaced.as_ref().unwrap_or(fields);
    displaced.report(record, fields, desk);
    let uncertain = record.uncertain || ((is_displaced || lost_value) && !fields.devices.is_empty());
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
        let says_more = cells.get(id).is_none_or(|known| is_no(known));
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
    let choice = desk.rules.plain_choice(text);
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

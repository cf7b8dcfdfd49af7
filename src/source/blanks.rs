//! Rows of which the cells that decide most are blank: what was taken in their place is told, once for each table.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Row;
use super::address::{AddressCell, split_address_cell};
use super::block::{Block, Desk, Record, cell_name};
use super::rules::Kind;
use crate::diagnostic::Code;
use crate::pattern::parse_address;

/// How many cells a message names.
const NAMED: usize = 8;

/// Rows of a table with blank cells, each with the column (from 0) that is told.
#[derive(Debug, Default)]
pub(super) struct Blanks {
    /// Neither service nor port, so that those of the row above were taken.
    continued: Vec<(u32, Option<u32>)>,
    /// Nothing but an address.
    alone: Vec<(u32, Option<u32>)>,
    /// No port.
    ports: Vec<(u32, Option<u32>)>,
}

impl Blanks {
    /// Completes the records of a block of a workbook, and remembers what it did.
    pub(super) fn complete(&mut self, block: &mut Block, desk: &Desk<'_>) {
        let at = |id| block.header.position(id, desk.rules);
        let Some(address) = at("address") else { return };
        let (service, port, os) = (at("service"), at("port"), at("os"));
        let column = block.header.columns.get(address).map(|column| column.index);
        let is_address = |record: &Record| {
            matches!(split_address_cell(record.cell(address)), AddressCell::Addresses { .. })
        };
        let some_say_more =
            block.records.iter().any(|record| !is_alone(record, address) && is_address(record));
        for at in 0..block.records.len() {
            let (above, rest) = block.records.split_at_mut(at);
            let (above, Some(record)) = (above.last(), rest.first_mut()) else { continue };
            let is_blank = |at: Option<usize>| at.is_some_and(|at| record.cell(at).is_empty());
            let goes_on = is_blank(service) && is_blank(port);
            let alone = some_say_more && is_alone(record, address);
            if !(goes_on || alone) || !is_address(record) {
                continue;
            }
            let has_port =
                |above: &Record| port.is_some_and(|at| above.cell(at).contains(|c: char| c.is_ascii_digit()));
            let follows = |above: &&Record| above.row.saturating_add(1) == record.row;
            let above =
                above.filter(|above| goes_on && follows(above) && has_port(above) && is_address(above));
            if let Some(above) = above {
                for at in [service, port, os].into_iter().flatten() {
                    let blank = record.cells.get_mut(at).filter(|cell| cell.is_empty());
                    if let (Some(blank), Some(cell)) = (blank, above.cells.get(at)) {
                        *blank = Arc::clone(cell);
                    }
                }
                self.continued.push((record.row, column));
            } else if alone {
                self.alone.push((record.row, column));
            }
        }
    }

    /// Remembers rows whose cell of the port is blank.
    pub(super) fn note_ports(&mut self, block: &Block, desk: &Desk<'_>) {
        let is_port = |at: &usize| block.header.kind(*at, desk.rules) == Kind::Port;
        let Some(at) = (0..block.header.columns.len()).find(is_port) else { return };
        let column = block.header.columns.get(at).map(|column| column.index);
        let is_blank = |record: &&Record| {
            record.cell(at).is_empty() && record.lost_values.iter().all(|(lost, _)| *lost != at)
        };
        self.ports.extend(block.records.iter().filter(is_blank).map(|record| (record.row, column)));
    }

    /// Tells of the rows of a table.
    pub(super) fn tell(mut self, rows: &[Row], desk: &mut Desk<'_>) {
        if let Some(first) = self.continued.first() {
            let (names, verb) = (named(&self.continued, desk), verb(&self.continued));
            let message = format!(
                "{verb} an address and neither service nor port, as rows do whose cells were merged before: those of \
                 the row above were taken for {names}"
            );
            let place = desk.place(first.0, first.1);
            let help = "write service and port into the rows in a copy of the list, or leave out what is no row of it";
            desk.warn(Code::RowRepaired, message, place, help);
        }
        if let Some(first) = self.alone.first() {
            let (names, verb) = (named(&self.alone, desk), verb(&self.alone));
            let message = format!(
                "{verb} nothing but an address, as a note below the table can; read for every device and geography: {names}"
            );
            let place = desk.place(first.0, first.1);
            let help =
                "if it is a note, leave it out with `select.exclude` or remove it from a copy of the list";
            desk.warn(Code::ProseInsteadOfAddress, message, place, help);
        }
        let alone: BTreeSet<u32> = self.alone.iter().map(|(row, _)| *row).collect();
        self.ports.retain(|(row, _)| !alone.contains(row));
        self.tell_ports(rows, desk);
    }

    /// Rows without a port beside others that have one. An address can name its port or its scheme itself.
    fn tell_ports(mut self, rows: &[Row], desk: &mut Desk<'_>) {
        if rows.iter().all(|row| row.port.is_none()) {
            return;
        }
        let states_none = |row: &&Row| {
            row.port.is_none() && parse_address(&row.address).is_ok_and(|read| read.written_port().is_none())
        };
        let without: BTreeSet<u32> = rows.iter().filter(states_none).map(|row| row.origin.row).collect();
        self.ports.retain(|(row, _)| without.contains(row));
        let Some(first) = self.ports.first() else { return };
        let (names, verb) =
            (named(&self.ports, desk), if self.ports.len() == 1 { "row has" } else { "rows have" });
        let message = format!(
            "{} {verb} no port, and other rows of the table have one: {names}; read for `443`",
            self.ports.len()
        );
        let place = desk.place(first.0, first.1);
        let help = "write the port into the cell in a copy of the list";
        desk.warn(Code::PortMissing, message, place, help);
    }
}

/// Whether a row has nothing but an address.
fn is_alone(record: &Record, address: usize) -> bool {
    let others = record.cells.iter().enumerate().filter(|(at, _)| *at != address);
    others.map(|(_, cell)| cell).chain(&record.extra).all(|cell| cell.is_empty())
        && record.lost_values.is_empty()
}

fn verb(rows: &[(u32, Option<u32>)]) -> String {
    if rows.len() == 1 { "a row holds".to_owned() } else { format!("{} rows hold", rows.len()) }
}

/// `D2, D3, …`, or `line 5, line 6, …`.
fn named(rows: &[(u32, Option<u32>)], desk: &Desk<'_>) -> String {
    let name = |(row, column): &(u32, Option<u32>)| match column.filter(|_| !desk.text) {
        Some(column) => format!("`{}`", cell_name(*row, column)),
        None => desk.row_name(*row),
    };
    let names: Vec<String> = rows.iter().take(NAMED).map(name).collect();
    let more = rows.len().saturating_sub(NAMED);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}

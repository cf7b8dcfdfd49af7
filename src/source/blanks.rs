//! Rows of which the cells that decide most are blank: what was taken in their place is told, once for each table.

use std::collections::{BTreeMap, BTreeSet};

use super::Row;
use super::address::{AddressCell, holds_addresses, split_address_cell};
use super::block::{Block, Desk, Record, cell_name};
use super::ports;
use super::rules::Kind;
use super::text::shortened;
use crate::diagnostic::{Code, Finding};
use crate::pattern::parse_address;

/// How many cells a message names.
const NAMED: usize = 8;

/// Rows of a table with blank cells, each with the column (from 0) that is told.
#[derive(Debug, Default)]
pub(super) struct Blanks {
    /// Neither service nor port, so that those of the row above were taken.
    continued: Vec<(u32, Option<u32>)>,
    /// Whether one of those says its port in the address, so that it kept that.
    keep_port: bool,
    /// Whether their table has geographies, of which those rows name none.
    everywhere: bool,
    /// Whether one of them took the system of the row above as well.
    systems: bool,
    /// Nothing but an address.
    alone: Vec<(u32, Option<u32>)>,
    /// No port.
    ports: Vec<(u32, Option<u32>)>,
    /// What the port column says above rows that have neither service nor port and do not go on with that row.
    below: BTreeMap<u32, String>,
}

impl Blanks {
    /// Completes the records of a block, and remembers what it did.
    pub(super) fn complete(&mut self, block: &mut Block, desk: &Desk<'_>) {
        let at = |id: &str| block.header.position(id, desk.rules);
        let Some(address) = at("address") else { return };
        let column = block.header.columns.get(address).map(|column| column.index);
        let going_on = GoingOn::of(address, desk.text, &at);
        let some_say_more =
            block.records.iter().any(|record| !is_alone(record, address) && has_addresses(record, address));
        // The row that the ones below it go on with: not one of these, which may have kept a port of its own.
        let mut from = 0;
        for at in 0..block.records.len() {
            let (above, rest) = block.records.split_at_mut(at);
            let (last, above, Some(record)) = (above.last(), above.get(from), rest.first_mut()) else {
                continue;
            };
            let alone = some_say_more && is_alone(record, address) && has_addresses(record, address);
            let follows = desk.text || last.is_some_and(|last| last.row.saturating_add(1) == record.row);
            let above = above.filter(|_| follows);
            if let Some(above) = above.filter(|above| going_on.is_from(above, record)) {
                self.systems |=
                    going_on.os.is_some_and(|at| record.cell(at).is_empty() && !above.cell(at).is_empty());
                self.keep_port |= going_on.complete(record, above);
                self.everywhere |= going_on.own[0].is_some_and(|at| record.cell(at).is_empty());
                self.continued.push((record.row, column));
                continue;
            }
            from = at;
            if alone {
                self.alone.push((record.row, column));
            }
            let port = above.and_then(|above| going_on.port_above(above, record));
            self.below.extend(port.map(|port| (record.row, shortened(port))));
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
        // A page has no merged cells: blank ones stand for those above on published ones.
        let is_plain = desk.text && !self.keep_port && !self.everywhere;
        if let Some(first) = self.continued.first() {
            let (names, verb) = (named(&self.continued, desk), verb(&self.continued));
            let their = if self.continued.len() == 1 { "its" } else { "their" };
            let everywhere = format!("; {their} blank geography was read as every one");
            let everywhere = if self.everywhere { everywhere.as_str() } else { "" };
            let kept = if self.keep_port { "; a port that an address says itself was kept" } else { "" };
            let systems = if self.systems { ", and its system where they name none," } else { "" };
            let message = format!(
                "{verb} an address and neither service nor port, as rows do whose cells were merged before: those of \
                 the row above{systems} were taken for {names}{kept}{everywhere}"
            );
            let place = desk.place(first.0, first.1);
            let help = "write service and port into the rows in a copy of the list, or leave out what is no row of it";
            let finding = if is_plain { Finding::note } else { Finding::warning };
            desk.findings.push(finding(Code::RowRepaired, message).at(place).help(help));
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
        let is_below = |(row, column): &(u32, Option<u32>)| {
            let port = self.below.get(row)?;
            Some(format!("; above {} stands `{port}`", named(&[(*row, *column)], desk)))
        };
        let below: String = self.ports.iter().filter_map(is_below).take(NAMED).collect();
        let message = format!(
            "{} {verb} no port, and other rows of the table have one: {names}; read for `443`{below}",
            self.ports.len()
        );
        let place = desk.place(first.0, first.1);
        let help = "write the port into the cell in a copy of the list";
        desk.warn(Code::PortMissing, message, place, help);
    }
}

/// The columns by which a row goes on with the one above it.
struct GoingOn {
    address: usize,
    service: Option<usize>,
    port: Option<usize>,
    os: Option<usize>,
    /// Whether rows are those of a page, where blank cells stand for the ones above whatever else the row above says.
    text: bool,
    /// What a row with a meaning of its own says.
    own: [Option<usize>; 2],
}

impl GoingOn {
    fn of(address: usize, text: bool, at: &impl Fn(&str) -> Option<usize>) -> Self {
        let own = [at("geography"), at("category")];
        Self { address, service: at("service"), port: at("port"), os: at("os"), text, own }
    }

    /// Whether the cells of the row above counted for this one as well before they were taken apart.
    fn is_from(&self, above: &Record, record: &Record) -> bool {
        let is_own = |at: &usize| !record.cell(*at).is_empty() && record.cell(*at) != above.cell(*at);
        let says_nothing = !self.own.iter().flatten().any(is_own);
        says_nothing && self.port_above(above, record).is_some()
    }

    /// The cell of the port above a row with addresses and neither service nor port, if it says one.
    fn port_above<'r>(&self, above: &'r Record, record: &Record) -> Option<&'r str> {
        let (service, port) = (self.service?, self.port?);
        let is_blank = |at: usize| record.cell(at).is_empty();
        let says_more = || !above.cell(service).is_empty() && has_addresses(above, self.address);
        let can_go_on = is_blank(service) && is_blank(port) && (self.text || says_more());
        let is_stated = || ports::says_port(above.cell(port)) && has_addresses(record, self.address);
        (can_go_on && is_stated()).then(|| above.cell(port))
    }

    /// Takes service, port and system of the row above. Whether an address says its port itself, so that the one above
    /// is not that of the row.
    fn complete(&self, record: &mut Record, above: &Record) -> bool {
        let keeps_port = says_port(record.cell(self.address));
        let port = self.port.filter(|_| !keeps_port);
        record.take_from(above, [self.service, port, self.os].into_iter().flatten());
        keeps_port
    }
}

fn has_addresses(record: &Record, address: usize) -> bool {
    holds_addresses(record.cell(address))
}

/// Whether one of the addresses of a cell has a scheme or a port.
fn says_port(cell: &str) -> bool {
    let AddressCell::Addresses { addresses, .. } = split_address_cell(cell) else { return false };
    let says = |address: &String| parse_address(address).is_ok_and(|read| read.written_port().is_some());
    addresses.iter().any(says)
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
pub(super) fn named(rows: &[(u32, Option<u32>)], desk: &Desk<'_>) -> String {
    let name = |(row, column): &(u32, Option<u32>)| match column.filter(|_| !desk.text) {
        Some(column) => format!("`{}`", cell_name(*row, column)),
        None => desk.row_name(*row),
    };
    let names: Vec<String> = rows.iter().take(NAMED).map(name).collect();
    let more = rows.len().saturating_sub(NAMED);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}

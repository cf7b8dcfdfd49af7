//! What is said of a record on its way to rows.

use super::address::{AddressCell, split_address_cell};
use super::block::{Block, Desk, Record};
use super::rules::Kind;
use super::text::shortened;
use super::words::is_error;
use crate::diagnostic::{Code, Finding};
use crate::pattern::{Host, parse_address};

pub(super) fn report_prose(
    record: &Record,
    column: Option<u32>,
    text: &str,
    names_host: bool,
    desk: &mut Desk<'_>,
) {
    if names_host || is_error(text) {
        let (what, reason) = if names_host {
            ("names a host among words; it was left out", "words stand beside the address")
        } else {
            ("is the error of a formula in place of an address; it was left out", "the address is lost")
        };
        let message = format!("`{}` {what}", shortened(text));
        let place = desk.place(record.row, column).showing(shortened(text));
        desk.leave_out(record.row, shortened(text), reason);
        let help = "write the address alone into the cell in a copy of the list";
        desk.findings.push(Finding::error(Code::AddressInvalid, message).at(place).help(help));
        return;
    }
    let message = format!("`{}` is no address; the row was left out", shortened(text));
    let place = desk.place(record.row, column).showing(shortened(text));
    desk.leave_out(record.row, shortened(text), "words stand in place of an address");
    let help = "write the address that the text speaks of into `select.extra` of the profile, with a reason";
    desk.warn(Code::ProseInsteadOfAddress, message, place, help);
}

/// A row without an address; `elsewhere` is another cell of it that has one among other things.
pub(super) fn report_blank(
    record: &Record,
    column: Option<u32>,
    elsewhere: Option<&str>,
    desk: &mut Desk<'_>,
) {
    desk.leave_out(record.row, elsewhere.map_or_else(String::new, shortened), "the row has no address");
    let row = desk.row_name(record.row);
    let place = desk.place(record.row, column);
    let (message, place) = match elsewhere.map(shortened) {
        Some(text) => (
            format!("{row} has no address but among other things in `{text}`; it was left out"),
            place.showing(text),
        ),
        None => (format!("{row} has no address; it was left out"), place),
    };
    let help = "the address is added to the list itself, or to `select.extra` of the profile, with a reason";
    desk.warn(Code::ProseInsteadOfAddress, message, place, help);
}

/// What to do about a link that can mean two addresses.
const PLAIN_TEXT: &str = "write the address that is meant as plain text into the cell in a copy of the list";

/// A link whose text is no address, though its target can be one.
pub(super) fn report_link_of_words(
    record: &Record,
    column: Option<u32>,
    text: &str,
    target: &str,
    desk: &mut Desk<'_>,
) {
    let (text, target) = (shortened(text), shortened(target));
    let message = format!(
        "the cell is a link to `{target}` with the text `{text}`, which is no address; it was left out, since \
         either can be meant"
    );
    desk.leave_out(record.row, text.clone(), "the text of a link stands in place of an address");
    let place = desk.place(record.row, column).showing(text);
    desk.findings.push(Finding::error(Code::AddressInvalid, message).at(place).help(PLAIN_TEXT));
}

/// Links to other hosts than those that they show.
pub(super) fn report_other_targets(record: &Record, column: Option<u32>, desk: &mut Desk<'_>) {
    for link in &record.links {
        let AddressCell::Addresses { addresses, .. } = split_address_cell(&link.text) else { continue };
        let Ok(behind) = parse_address(&link.target) else { continue };
        for address in addresses {
            let Ok(shown) = parse_address(&address) else { continue };
            let differ = match (&shown.host, &behind.host) {
                (Host::Exact(shown), Host::Exact(behind)) => shown != behind,
                _ => false,
            };
            if differ {
                report_other_target(record, column, &address, &link.target, desk);
            }
        }
    }
}

fn report_other_target(
    record: &Record,
    column: Option<u32>,
    address: &str,
    target: &str,
    desk: &mut Desk<'_>,
) {
    let (address, target) = (shortened(address), shortened(target));
    let message =
        format!("the address `{address}` is a link to `{target}`; the address that it shows was read");
    let place = desk.place(record.row, column).showing(address);
    desk.warn(Code::AddressInvalid, message, place, PLAIN_TEXT);
}

pub(super) fn report_glued(record: &Record, column: Option<u32>, addresses: &[String], desk: &mut Desk<'_>) {
    let message = format!(
        "{} has addresses without white space between them; they were split into {}",
        desk.row_name(record.row),
        addresses.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ")
    );
    let place = desk.place(record.row, column);
    desk.warn(Code::RowRepaired, message, place, "the cell can be corrected in the list itself");
}

/// Tells of addresses that are computed or struck out.
pub(super) fn report_look(record: &Record, column: Option<u32>, text: &str, desk: &mut Desk<'_>) {
    if !record.formula && !record.struck && !record.struck_part {
        return;
    }
    let place = desk.place(record.row, column).showing(shortened(text));
    if record.formula {
        let message = "the address is computed by a formula, so that it can differ from what was saved";
        let help = "the cell can hold the address as plain text";
        desk.findings.push(Finding::error(Code::FormulaInAddress, message).at(place.clone()).help(help));
    }
    if (record.struck || record.struck_part) && !text.is_empty() {
        let message = if record.struck {
            format!("the address `{}` is struck out; it was read all the same", shortened(text))
        } else {
            format!("a part of the cell `{}` is struck out; it was read whole", shortened(text))
        };
        desk.warn(
            Code::StruckOut,
            message,
            place,
            "a row that no longer counts can be excluded in the profile",
        );
    }
}

/// Tells of cells beside the address that are computed and have no value, and whether one is of a device.
pub(super) fn report_lost_values(record: &Record, block: &Block, desk: &mut Desk<'_>) -> bool {
    let mut of_device = false;
    for (position, shown) in &record.lost_values {
        let kind = block.header.kind(*position, desk.rules);
        of_device |= kind == Kind::Flag;
        let then = match kind {
            Kind::Flag => ", and the row counts for every device",
            Kind::Geography => ", and the row counts for every geography",
            _ => "",
        };
        let what = if shown.is_empty() {
            "is computed by a formula and no value was saved with it".to_owned()
        } else {
            format!("shows `{shown}`, the error of a formula")
        };
        let message = format!("the cell {what}; it was read as a blank cell{then}");
        let column = block.header.columns.get(*position).map(|column| column.index);
        let place = desk.place(record.row, column);
        let help = "the cell can hold its value as plain text, in a copy of the list";
        desk.warn(Code::FormulaInAddress, message, place, help);
    }
    of_device
}

/// An address beside another one of its row: which of the two is meant is not certain.
pub(super) fn report_address_as_port(record: &Record, position: usize, block: &Block, desk: &mut Desk<'_>) {
    let text = shortened(record.cell(position));
    let message =
        format!("the column of ports holds the address `{text}`, and the row another one; it was not read");
    let column = block.header.columns.get(position).map(|column| column.index);
    let place = desk.place(record.row, column).showing(text);
    let help =
        "write the address into the column of addresses, and its port into this one, in a copy of the list";
    desk.findings.push(Finding::error(Code::AddressInvalid, message).at(place).help(help));
}

pub(super) fn report_label(record: &Record, column: Option<u32>, address: &str, desk: &mut Desk<'_>) {
    let address = shortened(address);
    let message = format!(
        "a label of the address `{address}` ends with `_`, as no host name does; it was read as it is written"
    );
    let place = desk.place(record.row, column).showing(address);
    let help =
        "marks that set the text off, and are no part of the address, can be removed in a copy of the list";
    desk.warn(Code::AddressInvalid, message, place, help);
}

/// Tells of what nobody sees around cells that are more than words.
pub(super) fn report_spaces(record: &Record, block: &Block, desk: &mut Desk<'_>) {
    // A cell that a repair emptied has nothing to show.
    let told = |at: usize| block.header.kind(at, desk.rules) != Kind::Text && !record.cell(at).is_empty();
    let spaced: Vec<&(usize, String)> = record.spaced.iter().filter(|(at, _)| told(*at)).collect();
    for (position, unseen) in spaced {
        let text = shortened(record.cell(*position));
        let message = format!("the cell holds `{text}` with {unseen}; it was read without");
        let column = block.header.columns.get(*position).map(|column| column.index);
        let place = desk.place(record.row, column).showing(text);
        desk.findings.push(Finding::note(Code::StraySpace, message).at(place));
    }
}

//! Rows whose address stands in another column than the one for addresses: cells before it were lost, or somebody put it
//! there. What else such a row says may have moved with it.

use super::address::{
    AddressCell, bare_word, holds_addresses, looks_like_address, names_an_address, split_address_cell,
    without,
};
use super::block::{Desk, Record};
use super::geography::names;
use super::ports;
use super::rows::Fields;
use super::rules::ReadingRules;
use super::text::shortened;
use crate::diagnostic::Code;
use crate::pattern::parse_address;

/// How many addresses a message names.
const NAMED: usize = 8;

/// The addresses of a row that stand where none belong.
#[derive(Default)]
pub(super) struct Displaced {
    pub(super) addresses: Vec<String>,
    /// One of them that is struck out.
    struck: Option<String>,
}

impl Displaced {
    /// Those of a row whose own address cell, at `position`, has none.
    pub(super) fn of(record: &Record, position: usize) -> Self {
        let mut found = Self::default();
        for (at, text) in record.cells.iter().enumerate().filter(|(at, _)| *at != position) {
            let addresses = addresses(text);
            if record.is_struck_at(at) && found.struck.is_none() {
                found.struck = addresses.first().cloned();
            }
            let new = addresses.into_iter().filter(|address| !found.addresses.contains(address));
            let new: Vec<String> = new.collect();
            found.addresses.extend(new);
        }
        found
    }

    /// Whether words in the address cell name a host or a network that is none of these.
    pub(super) fn lacks_one_of(&self, words: &str) -> bool {
        let is_read = |word: &str| {
            let is_it = |address: &String| bare_word(address).eq_ignore_ascii_case(bare_word(word));
            self.addresses.iter().any(is_it)
        };
        let rest = without(words, is_read);
        names_an_address(&rest)
            || matches!(split_address_cell(&rest), AddressCell::Prose { names_host: true })
    }

    /// Tells of a row that is read with these `fields`.
    pub(super) fn report(&self, record: &Record, fields: &Fields, desk: &mut Desk<'_>) {
        if self.addresses.is_empty() {
            return;
        }
        let named = self.addresses.iter().take(NAMED).map(|address| format!("`{}`", shortened(address)));
        let named: Vec<String> = named.collect();
        let more = self.addresses.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let verb = if self.addresses.len() == 1 { "was" } else { "were" };
        let said = |at: Option<usize>| at.map(|at| shortened(record.cell(at)));
        let port = said(fields.port)
            .map_or("the port of its address, else 443,".to_owned(), |port| format!("port `{port}`"));
        let geography = said(fields.geography)
            .map_or("every geography".to_owned(), |geography| format!("geography `{geography}`"));
        let choice = said(fields.required.filter(|at| desk.rules.plain_choice(record.cell(*at)).is_some()));
        let choice = choice.map_or(String::new(), |choice| format!(" as `{choice}`"));
        let struck = self.struck.as_deref().map_or(String::new(), |struck| {
            format!("; `{}` is struck out there, and was read all the same", shortened(struck))
        });
        let message = format!(
            "{} has its address in another column than the one for addresses; {}{more} {verb} read for {port} and \
             {geography}{choice}: by the cell in that column, else by the one cell that says such a thing{struck}",
            desk.row_name(record.row),
            named.join(", ")
        );
        let place = desk.place(record.row, None);
        desk.warn(Code::AddressDisplaced, message, place, "the row can be corrected in the list itself");
    }
}

/// The addresses of a cell that holds nothing else: descriptions and comments may name hosts.
fn addresses(text: &str) -> Vec<String> {
    let is_address = |text: &String| looks_like_address(text) && parse_address(text).is_ok();
    match split_address_cell(text) {
        AddressCell::Addresses { addresses, .. } if addresses.iter().all(is_address) => addresses,
        _ => Vec::new(),
    }
}

/// A cell of a row that holds an address and something else.
pub(super) fn among_others(record: &Record) -> Option<&str> {
    record.cells.iter().map(|cell| &**cell).find(|text| names_an_address(text))
}

/// The `fields` of a row whose cells may have moved.
pub(super) fn fields(fields: &Fields, record: &Record, desk: &Desk<'_>) -> Fields {
    let rules = desk.rules;
    Fields {
        geography: geography(fields, record, rules),
        required: choice(fields, record, rules),
        port: port(fields, record),
        ..fields.clone()
    }
}

/// The one cell that says such a thing.
fn only(record: &Record, says: impl Fn(&str) -> bool) -> Option<usize> {
    let mut found = record.cells.iter().enumerate().filter(|(_, text)| says(text)).map(|(at, _)| at);
    found.next().filter(|_| found.next().is_none())
}

/// Its own cell counts before another, and nothing but ports before words among which one stands.
fn port(fields: &Fields, record: &Record) -> Option<usize> {
    let own = |says: fn(&str) -> bool| fields.port.filter(|at| says(record.cell(*at)));
    own(ports::is_of_ports).or_else(|| only(record, ports::is_plain)).or_else(|| own(ports::names_ports))
}

/// Cells move to the left where others are lost.
fn geography(fields: &Fields, record: &Record, rules: &ReadingRules) -> Option<usize> {
    let own = fields.geography?;
    let is_known = |name: &str| rules.geography(name).is_some();
    let names_one = names(record.cell(own), is_known).iter().any(|name| is_known(name));
    if names_one {
        return Some(own);
    }
    only(record, is_known).filter(|at| *at < own)
}

/// Of the words that have moved, only the one that narrows nothing counts.
fn choice(fields: &Fields, record: &Record, rules: &ReadingRules) -> Option<usize> {
    let own = fields.required?;
    if rules.plain_choice(record.cell(own)).is_some() {
        return Some(own);
    }
    let is_required = |text: &str| rules.plain_choice(text) == Some(true);
    let moved = record.cells.iter().position(|text| is_required(text));
    let is_of_another = |text: &str| rules.is_mark(text) || holds_addresses(text);
    moved.or_else(|| Some(own).filter(|own| !is_of_another(record.cell(*own))))
}

//! What a cell of the port column says.

use std::collections::BTreeSet;

use super::address::break_to_space;
use super::block::{Block, Desk, Record};
use super::text::shortened;
use crate::diagnostic::Code;
use crate::pattern::{Scheme, parse_address};

/// What stands between the ports of a cell, or beside them.
const WORDS: [&str; 5] = ["and", "or", "tcp", "port", "ports"];

/// Protocols that stand for their ports.
const PROTOCOLS: [Scheme; 2] = [Scheme::Http, Scheme::Https];

/// A cell of the port column, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cell {
    ports: BTreeSet<u16>,
    /// Whether it holds something else.
    others: bool,
    /// A number that blanks part into numbers, each of which could be a port as well.
    parted: Option<u16>,
    /// Whether it names the protocol for which there is no rule.
    udp: bool,
}

impl Cell {
    fn of(text: &str) -> Self {
        let mut cell = Self::default();
        let spaced = break_to_space(text);
        let is_between = |char: char| {
            matches!(char, ',' | ';' | '/' | '&' | '+' | '|' | '(' | ')' | ':' | '"' | '\n' | '\r')
        };
        for part in spaced.split(is_between) {
            let words: Vec<&str> = part.split_whitespace().collect();
            match one_number(&words) {
                Some(whole) => {
                    cell.parted = Some(whole);
                    cell.ports.insert(whole);
                }
                None => words.iter().for_each(|word| cell.add(word)),
            }
        }
        cell
    }

    fn add(&mut self, word: &str) {
        let is = |known: &str| word.eq_ignore_ascii_case(known);
        if let Some(protocol) = PROTOCOLS.iter().find(|protocol| is(protocol.as_str())) {
            self.ports.insert(protocol.port());
        } else if is("udp") {
            self.udp = true;
        } else if let Some(port) = word.parse::<u16>().ok().filter(|port| *port > 0) {
            self.ports.insert(port);
        } else if !WORDS.iter().any(|known| is(known)) {
            self.others = true;
        }
    }
}

/// The one port that different numbers with nothing but blanks between them can be as well: `4 43`, not `443 80`, of
/// which each is a port by itself.
fn one_number(words: &[&str]) -> Option<u16> {
    let (first, others) = words.split_first()?;
    let differ = others.iter().any(|word| word != first);
    let numbers = words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let pieces = words.iter().any(|word| word.len() == 1 || word.starts_with('0'));
    (differ && numbers && pieces).then(|| words.concat().parse().ok()).flatten().filter(|port| *port > 0)
}

/// The ports of a row; `None` for a row that names none.
pub(super) fn ports(
    record: &Record,
    position: usize,
    addresses: &[String],
    block: &Block,
    desk: &mut Desk<'_>,
) -> Vec<Option<u16>> {
    let text = record.cell(position);
    if let Ok(port @ 1..) = text.parse::<u16>() {
        return vec![Some(port)];
    }
    let cell = Cell::of(text);
    if let Some(doubt) = doubt(text, &cell, addresses) {
        let column = block.header.columns.get(position).map(|column| column.index);
        let place = desk.place(record.row, column).showing(shortened(text));
        let help = "write each port as a number, with a comma between two";
        desk.warn(Code::PortNotANumber, doubt, place, help);
    }
    if cell.ports.is_empty() { vec![None] } else { cell.ports.into_iter().map(Some).collect() }
}

/// What is doubtful about a cell, with the ports that its row is read for.
fn doubt(text: &str, cell: &Cell, addresses: &[String]) -> Option<String> {
    let shown = shortened(text);
    let read = listed(&cell.ports);
    if cell.ports.is_empty() {
        let used = listed(&addresses.iter().map(|address| port_of(address)).collect());
        let what = if cell.others {
            format!("the port `{shown}` is no number from 1 to 65535")
        } else if cell.udp {
            format!("`{shown}` names UDP and no port")
        } else {
            return None;
        };
        return Some(format!("{what}; the row was read for {used}"));
    }
    if cell.parted.is_some() {
        return Some(format!(
            "`{shown}` can be several ports, or one that blanks part; the row was read for {read} alone"
        ));
    }
    if cell.others {
        return Some(format!(
            "not all of `{shown}` are numbers from 1 to 65535; the row was read for {read} alone"
        ));
    }
    cell.udp.then(|| {
        format!("`{shown}` names UDP, for which nothing is written; the row was read for {read} of TCP")
    })
}

/// The port of an address without one in the column of ports.
fn port_of(address: &str) -> u16 {
    parse_address(address).ok().and_then(|parsed| parsed.written_port()).unwrap_or(443)
}

fn listed(ports: &BTreeSet<u16>) -> String {
    ports.iter().map(|port| format!("`{port}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_writing_ports_is_read_or_doubted() {
        for (text, ports, doubted) in [
            ("443 (TCP)", vec![443], false),
            ("port 443", vec![443], false),
            ("TCP: 443", vec![443], false),
            ("443|80", vec![80, 443], false),
            ("80 443", vec![80, 443], false),
            ("80 (HTTP), 443 (HTTPS)", vec![80, 443], false),
            ("HTTP", vec![80], false),
            ("https", vec![443], false),
            ("\"443\"", vec![443], false),
            ("80\n443", vec![80, 443], false),
            ("", vec![], false),
            ("UDP 443", vec![443], true),
            ("UDP", vec![], true),
            ("443 80", vec![80, 443], false),
            ("443\u{a0}53", vec![53, 443], false),
            ("22 80", vec![22, 80], false),
            ("4 43", vec![443], true),
            ("8 080, 443", vec![443, 8080], true),
            ("80-443", vec![], true),
            ("80, all", vec![80], true),
            ("0/443", vec![443], true),
        ] {
            let cell = Cell::of(text);
            assert_eq!(cell.ports.iter().copied().collect::<Vec<_>>(), ports, "{text}");
            assert_eq!(doubt(text, &cell, &["a.contoso.com".to_owned()]).is_some(), doubted, "{text}");
        }
    }

    #[test]
    fn a_doubt_names_the_ports_that_the_row_is_read_for() {
        let told = |text: &str, address: &str| doubt(text, &Cell::of(text), &[address.to_owned()]);
        for (text, address, part) in [
            ("4 43", "a.contoso.com", "read for `443` alone"),
            ("80-443", "a.contoso.com", "read for `443`"),
            ("all", "http://a.contoso.com", "read for `80`"),
            ("UDP 443", "a.contoso.com", "read for `443` of TCP"),
        ] {
            assert!(told(text, address).is_some_and(|told| told.contains(part)), "{text}");
        }
    }
}

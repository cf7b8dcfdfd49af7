//! What a cell of the port column says.

use std::collections::BTreeSet;

use super::address::{is_address_in_text, names_an_address, with_line_breaks, without};
use super::block::{Block, Desk, Record};
use super::text::shortened;
use crate::diagnostic::{Code, Finding};
use crate::pattern::{Scheme, parse_address};

/// What stands between the ports of a cell, or beside them.
const WORDS: [&str; 5] = ["and", "or", "tcp", "port", "ports"];

/// Protocols that stand for their ports.
const PROTOCOLS: [Scheme; 2] = [Scheme::Http, Scheme::Https];

/// A cell of the port column, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a cell")]
struct Cell {
    ports: BTreeSet<u16>,
    /// Whether it holds something else.
    others: bool,
    /// A number that blanks part into numbers, each of which could be a port as well.
    parted: Option<u16>,
    /// Whether it names the protocol for which there is no rule.
    udp: bool,
    /// What stands in parentheses or behind a port and was taken for a remark, such as `(1)` or `*`.
    remarks: Vec<String>,
    /// Ports in remarks that are not among those of the cell.
    doubted: BTreeSet<u16>,
    /// Whether a remark may stand for ports that it does not name one by one.
    open: bool,
    /// Numbers behind a port with nothing but a blank between, such as footnotes have: the `1` of `443 1`.
    behind: BTreeSet<u16>,
    /// Whether a `+` stands behind a port and in front of none: `443+`.
    above: bool,
}

/// What stands around a remark.
const BRACKETS: [(char, char); 2] = [('(', ')'), ('[', ']')];

/// What stands behind a number that has a footnote.
const MARKS: [char; 3] = ['*', '\u{2020}', '\u{2021}'];

/// Largest number that is rather that of a footnote than a port, and the ports below it that are used.
const LARGEST_FOOTNOTE: u16 = 79;
const SMALL_PORTS: [u16; 7] = [20, 21, 22, 23, 25, 53, 69];

/// Words of a remark that stand for ports without naming them.
const OPEN_WORDS: [&str; 5] = ["any", "all", "every", "other", "others"];

/// Bytes of a cell that are looked at. A longer one can count for every row below it.
const LOOKED_AT: usize = 1024;

/// Most remarks of a cell that are told.
const TOLD: usize = 3;

impl Cell {
    fn of(text: &str) -> Self {
        if text.len() > LOOKED_AT {
            let start = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LOOKED_AT).last();
            let start = text.get(..start.unwrap_or_default()).unwrap_or_default();
            // What was cut off may be the rest of a number.
            let whole = start.rfind(|last: char| !last.is_alphanumeric()).unwrap_or_default();
            let start = start.get(..whole).unwrap_or_default();
            // Nor does a remark say ports whose end was cut off.
            let open =
                start.rfind('(').filter(|open| !start.get(*open..).is_some_and(|rest| rest.contains(')')));
            let start = open.and_then(|open| start.get(..open)).unwrap_or(start);
            return Self { others: true, ..Self::of(start) };
        }
        let spaced = with_line_breaks(text);
        // The ports of an address that stands beside ports are none of the row.
        Self::beside_addresses(&spaced)
            .filter(|cell| !cell.ports.is_empty())
            .unwrap_or_else(|| Self::without_addresses(&spaced))
    }

    /// Of what stands beside the addresses of a text; `None` if there are none.
    fn beside_addresses(spaced: &str) -> Option<Self> {
        let rest = names_an_address(spaced).then(|| without(spaced, is_address_in_text))?;
        let mut cell = Self::without_addresses(&rest);
        // In brackets it is a remark.
        cell.others |= names_an_address(&without_brackets(spaced).0);
        Some(cell)
    }

    /// Of a text that can have come from another column: the ports of an address are those of its own row.
    fn of_ports(text: &str) -> Self {
        let beside = || Self::beside_addresses(&with_line_breaks(text));
        (text.len() <= LOOKED_AT).then(beside).flatten().unwrap_or_else(|| Self::of(text))
    }

    /// Of a text that holds no address.
    fn without_addresses(spaced: &str) -> Self {
        let (outside, inside) = without_brackets(spaced);
        let mut cell = Self::plain(&outside);
        if cell.ports.is_empty() {
            // Nothing but the brackets says a port: `TCP (443)`.
            return if inside.is_empty() {
                cell
            } else {
                Self::plain(&spaced.replace(['(', ')', '[', ']'], " "))
            };
        }
        for remark in inside {
            cell.add_remark(&remark);
        }
        cell
    }

    /// Of a text without remarks in brackets.
    fn plain(text: &str) -> Self {
        let mut cell = Self { above: says_above(text), ..Self::default() };
        let is_between = |char: char| {
            matches!(char, ',' | ';' | '/' | '&' | '+' | '|' | '(' | ')' | ':' | '"' | '\n' | '\r')
        };
        for part in text.split(is_between) {
            let words: Vec<&str> = part.split_whitespace().collect();
            // `80, *` says every port; behind a port, `80 *`, it is the mark of a footnote.
            cell.others |= words.first().is_some_and(|word| word.trim_end_matches(MARKS).is_empty());
            match one_number(&words) {
                Some(whole) => {
                    cell.parted = Some(whole);
                    cell.ports.insert(whole);
                }
                None => cell.add_words(&words),
            }
        }
        cell
    }

    /// Takes words, of which the small numbers behind a port are those of footnotes.
    fn add_words(&mut self, words: &[&str]) {
        let mut behind_port = false;
        for word in words {
            match number(word).filter(|number| behind_port && !is_usual(*number)) {
                Some(footnote) => {
                    self.behind.insert(footnote);
                }
                None => {
                    behind_port = number(word.trim_end_matches(MARKS)).is_some_and(is_usual);
                    self.add(word);
                }
            }
        }
    }

    fn add(&mut self, word: &str) {
        let bare = word.trim_end_matches(MARKS);
        let stands_alone = bare.is_empty() && self.ports.is_empty();
        if bare.len() < word.len() && !stands_alone {
            self.remarks.push(word.get(bare.len()..).unwrap_or_default().to_owned());
        }
        let is = |known: &str| bare.eq_ignore_ascii_case(known);
        if let Some(protocol) = PROTOCOLS.iter().find(|protocol| is(protocol.as_str())) {
            self.ports.insert(protocol.port());
        } else if is("udp") {
            self.udp = true;
        } else if let Some(port) = number(bare) {
            self.ports.insert(port);
        } else if stands_alone || !(bare.is_empty() || WORDS.iter().any(|known| is(known))) {
            self.others = true;
        }
    }

    /// Takes what stands in brackets for a remark, whatever numbers it has.
    fn add_remark(&mut self, remark: &str) {
        // `HTTP/2` is a protocol in a version, which says nothing of clear text.
        let words: Vec<&str> =
            remark.split([' ', ',', ';', '\n', '\t']).filter(|word| !word.is_empty()).collect();
        let judged: Vec<&str> = words.iter().copied().filter(|word| !is_version(word)).collect();
        let said = Self::plain(&judged.join(", "));
        self.udp |= said.udp;
        self.above |= said.above;
        let names_no_other = said.ports.is_subset(&self.ports) && judged.len() == words.len();
        if !said.others && names_no_other {
            return;
        }
        let others = said.ports.difference(&self.ports).copied().filter(|port| is_usual(*port));
        self.doubted.extend(others.collect::<Vec<_>>());
        self.open |= judged.iter().any(|word| is_open(word));
        self.remarks.push(format!("({remark})"));
    }
}

/// Whether a number is rather that of a port than of a footnote.
fn is_usual(number: u16) -> bool {
    number > LARGEST_FOOTNOTE || SMALL_PORTS.contains(&number)
}

fn number(word: &str) -> Option<u16> {
    word.parse().ok().filter(|number| *number > 0)
}

/// Whether a `+` behind a number has neither a number nor a protocol behind it.
fn says_above(text: &str) -> bool {
    text.match_indices('+').any(|(at, plus)| {
        let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at + plus.len()..));
        let next = behind.unwrap_or_default().trim_start();
        let starts = |word: &str| {
            let start = next.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        let another_follows = next.starts_with(|first: char| first.is_ascii_digit())
            || PROTOCOLS.iter().any(|protocol| starts(protocol.as_str()))
            || (["tcp", "port"].into_iter().any(starts) && next.contains(|c: char| c.is_ascii_digit()));
        before.trim_end().ends_with(|last: char| last.is_ascii_digit()) && !another_follows
    })
}

/// `HTTP/2`, `HTTP/1.1`.
fn is_version(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let version = lower.strip_prefix("http/").or_else(|| lower.strip_prefix("https/"));
    let is_digit = |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_digit());
    version.is_some_and(|version| version.split('.').count() <= 2 && version.split('.').all(is_digit))
}

/// Whether a word stands for ports without naming them: `any`, `*`, `8000-8100`.
fn is_open(word: &str) -> bool {
    let lower = word.to_lowercase();
    let is_range =
        lower.split(['-', '\u{2013}']).filter(|end| end.bytes().any(|byte| byte.is_ascii_digit())).count()
            > 1;
    OPEN_WORDS.contains(&lower.as_str())
        || lower.trim_end_matches(MARKS).is_empty()
        || is_range
        || lower == "-"
}

/// A text without what stands in brackets, and that.
fn without_brackets(text: &str) -> (String, Vec<String>) {
    let (mut outside, mut inside, mut rest) = (String::new(), Vec::new(), text);
    while let Some(at) = rest.find(BRACKETS.map(|(open, _)| open)) {
        let (before, from) = rest.split_at(at);
        let close = BRACKETS.iter().find(|(open, _)| from.starts_with(*open)).map(|(_, close)| *close);
        let Some((remark, behind)) = close.and_then(|close| from.get(1..)?.split_once(close)) else { break };
        outside.push_str(before);
        outside.push(' ');
        inside.push(remark.trim().to_owned());
        rest = behind;
    }
    outside.push_str(rest);
    (outside, inside)
}

/// The one port that different numbers with nothing but blanks between them can be as well: `4 43`. Of `443 80` each is a
/// port by itself, and so is the first of `443 1`, behind which stands what can be a footnote.
fn one_number(words: &[&str]) -> Option<u16> {
    let (first, others) = words.split_first()?;
    let differ = others.iter().any(|word| word != first);
    let numbers = words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let pieces = words.iter().any(|word| word.len() == 1 || word.starts_with('0'));
    let is_port = number(first).is_some_and(is_usual);
    (differ && numbers && pieces && !is_port)
        .then(|| words.concat().parse().ok())
        .flatten()
        .filter(|port| *port > 0)
}

/// Whether a text is nothing but ports, as numbers that are those of no footnotes.
pub(super) fn is_plain(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b';' | b'/' | b' ');
    if !text.bytes().all(is_part) {
        return false;
    }
    let Cell { ports, others, .. } = Cell::of(text);
    !ports.is_empty() && !others && ports.into_iter().all(is_usual)
}

/// Whether a text is nothing but ports.
pub(super) fn is_of_ports(text: &str) -> bool {
    let Cell { ports, others, .. } = Cell::of_ports(text);
    !ports.is_empty() && !others
}

/// Whether a text, which can have other words, has no numbers but ports that are used.
pub(super) fn names_ports(text: &str) -> bool {
    let Cell { ports, .. } = Cell::of_ports(text);
    !ports.is_empty() && ports.into_iter().all(is_usual)
}

/// Whether a cell of the port column says a port, as a number or by the name of its protocol.
pub(super) fn says_port(text: &str) -> bool {
    !Cell::of_ports(text).ports.is_empty()
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
    let column = block.header.columns.get(position).map(|column| column.index);
    let place = desk.place(record.row, column).showing(shortened(text));
    let help = "write each port as a number, with a comma between two";
    if let Some(doubt) = doubt(text, &cell, addresses) {
        desk.warn(Code::PortNotANumber, doubt, place, help);
    } else if !cell.doubted.is_empty() {
        let message = format!(
            "`{}` names {} in a remark: whether the row is for it as well is not certain; it was read for {} alone",
            shortened(text),
            listed(&cell.doubted),
            listed(&cell.ports)
        );
        desk.warn(Code::PortNotANumber, message, place, help);
    } else if cell.open {
        let message = format!(
            "`{}` may stand for more ports by its remark, which is not certain; it was read for {} alone",
            shortened(text),
            listed(&cell.ports)
        );
        desk.warn(Code::PortNotANumber, message, place, help);
    } else if cell.above {
        let message = format!(
            "the `+` of `{}` was not taken for `and above`; the row was read for {} alone",
            shortened(text),
            listed(&cell.ports)
        );
        desk.warn(Code::PortNotANumber, message, place, help);
    } else if !cell.behind.is_empty() {
        let message = format!(
            "what stands behind a port in `{}` ({}) was taken for the mark of a footnote; the row was read for {} alone",
            shortened(text),
            listed(&cell.behind),
            listed(&cell.ports)
        );
        desk.warn(Code::FootnoteMark, message, place, help);
    } else if !cell.remarks.is_empty() {
        let remarks: Vec<String> =
            cell.remarks.iter().take(TOLD).map(|remark| format!("`{}`", shortened(remark))).collect();
        let message = format!(
            "{} was taken for the mark of a footnote or a remark; the row was read for {}",
            remarks.join(", "),
            listed(&cell.ports)
        );
        desk.findings.push(Finding::note(Code::FootnoteMark, message).at(place));
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
            ("44 3", vec![443], true),
            ("808 0", vec![808], true),
            ("443 08", vec![443], false),
            ("443 1", vec![443], false),
            ("443* 1", vec![443], false),
            ("443 1, 80 2", vec![80, 443], false),
            ("443 2 80", vec![80, 443], false),
            ("443 1 TCP", vec![443], false),
            ("443+", vec![443], false),
            ("8 080, 443", vec![443, 8080], true),
            ("80-443", vec![], true),
            ("80, all", vec![80], true),
            ("0/443", vec![443], true),
            ("80*", vec![80], false),
            ("443 *", vec![443], false),
            ("80*, 443**", vec![80, 443], false),
            ("*", vec![], true),
            ("80 (1)", vec![80], false),
            ("80 [2]", vec![80], false),
            ("443 (see note 3)", vec![443], false),
            ("443 (TLS 1.2)", vec![443], false),
            ("443 (HTTP/2)", vec![443], false),
            ("http (80)", vec![80], false),
            ("TCP (443)", vec![443], false),
            ("(443)", vec![443], false),
            ("443 (80", vec![80, 443], false),
            ("443 (UDP)", vec![443], true),
            ("80, *", vec![80], true),
            ("80*, *", vec![80], true),
        ] {
            let cell = Cell::of(text);
            assert_eq!(cell.ports.iter().copied().collect::<Vec<_>>(), ports, "{text}");
            assert_eq!(doubt(text, &cell, &["a.contoso.com".to_owned()]).is_some(), doubted, "{text}");
        }
    }

    #[test]
    fn of_a_cell_longer_than_any_the_start_is_read_and_the_rest_told() {
        let long = format!("443{}8080", ", 80".repeat(LOOKED_AT));
        let cell = Cell::of(&long);
        assert_eq!(cell.ports, BTreeSet::from([80, 443]));
        assert!(doubt(&long, &cell, &[]).is_some_and(|told| told.starts_with("not all of")));
        let remark = format!("443 ({})", "see 8080, ".repeat(LOOKED_AT));
        assert_eq!(Cell::of(&remark).ports, BTreeSet::from([443]));
        let whole = Cell::of(&"443".repeat(LOOKED_AT));
        assert!(whole.ports.is_empty() && whole.others);
    }

    #[test]
    fn ports_in_remarks_are_doubted_and_numbers_of_footnotes_are_not() {
        for (text, doubted, remarks) in [
            ("443 (80)", vec![80], 1),
            ("443 (HTTP)", vec![80], 1),
            ("2 (443)", vec![443], 1),
            ("443 (and 5671 for MMA)", vec![5671], 1),
            ("443 (1), 80 (2)", vec![], 2),
            ("443 (HTTP/2)", vec![], 1),
            ("443 (HTTPS)", vec![], 0),
            ("80 (HTTP), 443 (HTTPS)", vec![], 0),
            ("443*", vec![], 1),
            ("443 (HTTP/2, 80)", vec![80], 1),
            ("443 (HTTP/1.1 on port 8080)", vec![8080], 1),
            ("443 (HTTP/2 and 8443)", vec![8443], 1),
            ("443 (HTTP/2, HTTP)", vec![80], 1),
            ("443 (53)", vec![53], 1),
            ("443 (or 8443)", vec![8443], 1),
        ] {
            let cell = Cell::of(text);
            assert_eq!(cell.doubted.iter().copied().collect::<Vec<_>>(), doubted, "{text}");
            assert_eq!(cell.remarks.len(), remarks, "{text}");
        }
        for text in ["443 (any)", "443 (all)", "443 (also *)", "443 (8443-8445)", "443 (8000 - 8100)"] {
            assert!(Cell::of(text).open, "{text}");
        }
        for text in ["443 (see note 3)", "443 (TLS 1.2)", "443 (HTTP/2)", "443 (well-known)"] {
            assert!(!Cell::of(text).open, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_port_is_no_port_and_told() {
        for (text, behind) in [
            ("443 1", vec![1]),
            ("80 2, 443 1", vec![1, 2]),
            ("443 2 80 3", vec![2, 3]),
            ("443 53", vec![]),
            ("1 443", vec![]),
            ("443, 1", vec![]),
        ] {
            assert_eq!(Cell::of(text).behind.into_iter().collect::<Vec<_>>(), behind, "{text}");
        }
        for text in ["443+", "443 +", "443+, 80", "443+ TCP", "(443+)", "443 (443+)"] {
            assert!(Cell::of(text).above, "{text}");
        }
        for text in ["443+80", "443 + 80", "80 + HTTPS", "+443", "TCP+UDP"] {
            assert!(!Cell::of(text).above, "{text}");
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

//! Lists in pieces and parts, so that no file and no object is larger than the firewall takes.

use std::collections::BTreeMap;

use super::lines::Lines;
use super::words::{SpelledPort, spell};
use crate::lower::Plan;
use crate::target::{Limits, Per};

/// A list, spelled and split.
#[derive(Debug)]
pub(super) struct SplitList {
    pub(super) name: String,
    pub(super) ports: Vec<SpelledPort>,
    /// Files of pieces by port, group and number of the piece.
    pub(super) files: BTreeMap<(u16, &'static str, String, usize), String>,
    pub(super) piece_entries: usize,
    pub(super) parts: Vec<Part>,
}

/// A share of a list that fits into one object: port by port, group by group.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) number: usize,
    pub(super) ports: Vec<PartPort>,
    pub(super) entries: usize,
    bytes: usize,
}

/// What a part holds of one port.
#[derive(Debug)]
pub(super) struct PartPort {
    pub(super) scheme: &'static str,
    pub(super) port: u16,
    pub(super) label: String,
    pub(super) groups: BTreeMap<String, Lines>,
}

/// Nothing for the first, then `-2`, `-3`: the name of the first does not change when a list grows.
pub(super) fn suffix(number: usize) -> String {
    if number > 1 { format!("-{number}") } else { String::new() }
}

pub(super) fn split(plan: &Plan<'_>) -> Vec<SplitList> {
    let limits = &plan.manifest.limits;
    let mut lists = Vec::new();
    for (name, planned) in &plan.lists {
        let Some(spec) = plan.manifest.lists.get(name) else { continue };
        let mut spelled: Vec<SpelledPort> = planned.ports.iter().map(|port| spell(port, spec)).collect();
        tell_apart(&mut spelled);
        let by_part =
            plan.manifest.outputs.iter().any(|o| o.per == Per::Part && o.list.as_ref() == Some(name));
        let parts = if by_part { into_parts(&spelled, limits) } else { Vec::new() };
        let piece_entries = limits.piece_entries.unwrap_or(usize::MAX);
        let mut list =
            SplitList { name: name.clone(), ports: spelled, files: BTreeMap::new(), piece_entries, parts };
        list.files = files(plan, &list);
        lists.push(list);
    }
    lists
}

/// Two schemes on one port get names with the scheme.
fn tell_apart(ports: &mut [SpelledPort]) {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for port in ports.iter_mut() {
        let count = counts.entry(port.port).or_default();
        port.first = *count == 0;
        *count += 1;
    }
    for port in ports.iter_mut().filter(|port| counts.get(&port.port).is_some_and(|count| *count > 1)) {
        port.label = format!("{}-{}", port.port, port.scheme);
    }
}

/// The file of every piece, so that other templates can name it.
fn files(plan: &Plan<'_>, list: &SplitList) -> BTreeMap<(u16, &'static str, String, usize), String> {
    let of_pieces =
        |o: &&crate::target::OutputSpec| o.per == Per::Piece && o.list.as_ref() == Some(&list.name);
    let mut files = BTreeMap::new();
    for output in plan.manifest.outputs.iter().filter(of_pieces) {
        for (port, group, number, _) in list.pieces() {
            if output.groups.is_empty() || output.groups.contains(group) {
                let key = (port.port, port.scheme, group.clone(), number);
                files.entry(key).or_insert_with(|| piece_path(output, list, port, group, number));
            }
        }
    }
    files
}

pub(super) fn piece_path(
    output: &crate::target::OutputSpec,
    list: &SplitList,
    port: &SpelledPort,
    group: &str,
    number: usize,
) -> String {
    let numbered = suffix(number);
    // A path that says the scheme by itself needs no port that says it once more.
    let says_scheme = output.path.placeholders().any(|name| name == "scheme");
    let port_number = if says_scheme { port.port.to_string() } else { port.label.clone() };
    output.path.fill(|name| match name {
        "list" => Some(list.name.as_str()),
        "port" => Some(port_number.as_str()),
        "scheme" => Some(port.scheme),
        "group" => Some(group),
        "part" => Some(numbered.as_str()),
        _ => None,
    })
}

impl SplitList {
    /// Every non-empty piece with its port, group and number from 1.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&SpelledPort, &String, usize, Lines)> {
        let groups = self
            .ports
            .iter()
            .flat_map(|port| port.groups.iter().map(move |(name, lines)| (port, name, lines)));
        groups.flat_map(|(port, name, lines)| {
            let pieces = lines.chunks(self.piece_entries).into_iter().enumerate();
            pieces.map(move |(at, piece)| (port, name, at + 1, piece))
        })
    }
}

fn into_parts(ports: &[SpelledPort], limits: &Limits) -> Vec<Part> {
    let most_entries = limits.part_entries.unwrap_or(usize::MAX);
    let most_bytes = limits.part_bytes.unwrap_or(usize::MAX);
    let mut all: Vec<Part> = Vec::new();
    for port in ports {
        for (group, lines) in &port.groups {
            let mut from = 0;
            while from < lines.len() {
                let full =
                    all.last().is_none_or(|part| part.entries >= most_entries || part.bytes >= most_bytes);
                if full {
                    all.push(Part { number: all.len() + 1, ..Part::default() });
                }
                let Some(part) = all.last_mut() else { break };
                let taken = part.take(lines, from, most_entries, most_bytes, limits.entry_overhead);
                if taken == 0 {
                    // The next entry does not fit in what is left; it starts a part of its own.
                    part.bytes = most_bytes;
                    continue;
                }
                part.add(port, group, lines.run(from, from + taken));
                from += taken;
            }
        }
    }
    all
}

impl Part {
    /// How many lines from `from` on still fit; an empty part takes one in any case.
    fn take(
        &mut self,
        lines: &Lines,
        from: usize,
        most_entries: usize,
        most_bytes: usize,
        overhead: usize,
    ) -> usize {
        let mut taken = 0;
        for line in lines.as_slice().iter().skip(from) {
            let bytes = line.text.len() + overhead;
            let fits = self.entries < most_entries && self.bytes + bytes <= most_bytes;
            if !fits && self.entries > 0 {
                break;
            }
            self.entries += 1;
            self.bytes += bytes;
            taken += 1;
        }
        taken
    }

    fn add(&mut self, port: &SpelledPort, group: &str, lines: Lines) {
        let same = |known: &PartPort| known.port == port.port && known.scheme == port.scheme;
        if !self.ports.last().is_some_and(same) {
            let groups = port.groups.keys().map(|name| (name.clone(), Lines::default())).collect();
            self.ports.push(PartPort {
                scheme: port.scheme,
                port: port.port,
                label: port.label.clone(),
                groups,
            });
        }
        if let Some(known) = self.ports.last_mut() {
            known.groups.insert(group.to_owned(), lines);
        }
    }
}

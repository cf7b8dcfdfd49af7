//! Terms in the target's own spelling, grouped as its list says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::lines::{Line, Lines};
use crate::allowlist::Entry;
use crate::lower::{PlannedPort, Term};
use crate::pattern::{Host, Path};
use crate::target::{Form, ListSpec, PathSpec, Shape, Spelling};

/// One port of a list, spelled.
#[derive(Debug)]
pub(super) struct SpelledPort {
    pub(super) scheme: &'static str,
    pub(super) port: u16,
    /// The port in names: its number, and its scheme where the list has the port with both.
    pub(super) label: String,
    /// Whether no port of the list before this one has the same number.
    pub(super) first: bool,
    /// Every group of the list, empty ones among them.
    pub(super) groups: BTreeMap<String, Lines>,
    /// Hosts that share the same paths, where hosts and paths are two tests.
    pub(super) pairs: Vec<Pair>,
}

/// Hosts by group, and the paths that all of them have.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) hosts: BTreeMap<String, Lines>,
    pub(super) paths: Lines,
}

type Groups = BTreeMap<String, Vec<Line>>;

pub(super) fn spell(port: &PlannedPort<'_>, list: &ListSpec) -> SpelledPort {
    let mut groups: Groups = list.groups().into_iter().map(|name| (name.to_owned(), Vec::new())).collect();
    let mut limited: BTreeMap<&Host, Vec<&Term<'_>>> = BTreeMap::new();
    for term in &port.terms {
        match (&term.pattern().path, &list.paths) {
            (Path::Any, _) | (_, None) => {
                spell_host(&term.pattern().host, note(list, term.entries()).as_ref(), list, &mut groups);
            }
            (_, Some(paths)) => match &paths.group {
                Some(group) => spell_joined(term, paths, list, groups.entry(group.clone()).or_default()),
                None => limited.entry(&term.pattern().host).or_default().push(term),
            },
        }
    }
    for (tag, entries) in &port.tags {
        let note = note(list, entries.iter().copied());
        fill_groups(list, Shape::Tag, &mut groups, note.as_ref(), |name| (name == "tag").then_some(*tag));
    }
    let pairs = list.paths.as_ref().map(|paths| pairs(limited, paths, list)).unwrap_or_default();
    SpelledPort {
        scheme: port.scheme.as_str(),
        port: port.port,
        label: port.port.to_string(),
        first: true,
        groups: finish(groups),
        pairs,
    }
}

fn finish(groups: Groups) -> BTreeMap<String, Lines> {
    let mut finished = BTreeMap::new();
    for (name, mut lines) in groups {
        // The order of the firewall's own spelling; it seldom differs from that of the patterns.
        lines.sort_by(|a, b| a.text.cmp(&b.text));
        lines.dedup_by(|later, kept| later.text == kept.text);
        finished.insert(name, Lines::new(lines));
    }
    finished
}

fn fill_groups<'v>(
    list: &ListSpec,
    shape: Shape,
    groups: &mut Groups,
    note: Option<&Arc<str>>,
    value: impl Fn(&str) -> Option<&'v str> + Copy,
) {
    for (group, spellings) in list.hosts.get(&shape).into_iter().flatten() {
        let lines = spellings.iter().map(|spelling| Line { text: spelling.fill(value), note: note.cloned() });
        match groups.get_mut(group) {
            Some(known) => known.extend(lines),
            None => drop(groups.insert(group.clone(), lines.collect())),
        }
    }
}

fn spell_host(host: &Host, note: Option<&Arc<str>>, list: &ListSpec, groups: &mut Groups) {
    let values = HostValues::of(host);
    fill_groups(list, Shape::of(host), groups, note, |name| values.get(name));
}

/// What the placeholders of a host stand for.
struct HostValues<'h> {
    name: &'h str,
    end: &'h str,
    net: Option<[String; 3]>,
}

impl<'h> HostValues<'h> {
    fn of(host: &'h Host) -> Self {
        match host {
            Host::Exact(name) | Host::Subdomains(name) | Host::Suffix(name) => {
                Self { name: name.as_str(), end: "", net: None }
            }
            Host::Infix(start, end) => Self { name: start, end, net: None },
            Host::Net(net) => Self { name: "", end: "", net: Some(net_values(*net)) },
        }
    }

    fn get(&self, placeholder: &str) -> Option<&str> {
        match (placeholder, &self.net) {
            ("name" | "start", _) => Some(self.name),
            ("end", _) => Some(self.end),
            ("net", Some([net, _, _])) => Some(net),
            ("length", Some([_, length, _])) => Some(length),
            ("high", Some([_, _, high])) => Some(high),
            _ => None,
        }
    }
}

/// The network, its prefix length, and its prefix as a number.
fn net_values(net: ipnet::IpNet) -> [String; 3] {
    let length = net.prefix_len();
    let high = match net {
        ipnet::IpNet::V4(net) => {
            u128::from(u32::from(net.network()).checked_shr(32 - u32::from(length)).unwrap_or(0))
        }
        ipnet::IpNet::V6(net) => u128::from(net.network()).checked_shr(128 - u32::from(length)).unwrap_or(0),
    };
    [net.to_string(), length.to_string(), high.to_string()]
}

/// Host and path as one text.
fn spell_joined(term: &Term<'_>, paths: &PathSpec, list: &ListSpec, lines: &mut Vec<Line>) {
    let host = &term.pattern().host;
    let Some(spelling) = paths.hosts.get(&Shape::of(host)) else { return };
    let values = HostValues::of(host);
    let host = spelling.fill(|name| values.get(name));
    let note = note(list, term.entries());
    for spelling in forms(paths, &term.pattern().path) {
        let text = spelling.fill(|name| match name {
            "host" => Some(host.as_str()),
            "path" => Some(term.pattern().path.text()),
            _ => None,
        });
        lines.push(Line { text, note: note.clone() });
    }
}

/// The spellings of the form of `path`; a prefix serves for what is below a slash.
fn forms<'p>(paths: &'p PathSpec, path: &Path) -> &'p [Spelling] {
    let known = |form| paths.forms.get(&form).map(Vec::as_slice);
    match Form::of(path) {
        Some(Form::Below) => known(Form::Below).or_else(|| known(Form::Prefix)).unwrap_or_default(),
        Some(form) => known(form).unwrap_or_default(),
        None => &[],
    }
}

/// Hosts that have the very same paths come together; no two of them can cover each other then.
fn pairs(limited: BTreeMap<&Host, Vec<&Term<'_>>>, paths: &PathSpec, list: &ListSpec) -> Vec<Pair> {
    let mut by_paths: BTreeMap<Vec<String>, (Groups, Option<Arc<str>>)> = BTreeMap::new();
    for (host, terms) in limited {
        let mut texts = Vec::new();
        for term in &terms {
            let path = term.pattern().path.text();
            let spelled = forms(paths, &term.pattern().path).iter();
            texts.extend(spelled.map(|spelling| spelling.fill(|name| (name == "path").then_some(path))));
        }
        texts.sort();
        texts.dedup();
        let note = note(list, terms.iter().flat_map(|term| term.entries()));
        let (hosts, _) = by_paths.entry(texts).or_insert_with(|| {
            (list.groups().into_iter().map(|name| (name.to_owned(), Vec::new())).collect(), note.clone())
        });
        spell_host(host, note.as_ref(), list, hosts);
    }
    let line = |text: String, note: &Option<Arc<str>>| Line { text, note: note.clone() };
    by_paths
        .into_iter()
        .map(|(texts, (hosts, note))| Pair {
            hosts: finish(hosts),
            paths: Lines::new(texts.into_iter().map(|text| line(text, &note)).collect()),
        })
        .collect()
}

/// Why a term is there: required or not, services, geographies, categories, the first sheet. Rows have other numbers in
/// another order of the list, which is to change no byte; `list` shows them.
fn note<'e>(list: &ListSpec, entries: impl Iterator<Item = &'e Entry>) -> Option<Arc<str>> {
    let mut entries = entries.filter(|_| list.notes);
    let first = entries.next()?;
    let mut note = String::with_capacity(96);
    let required = match first.required {
        Some(true) => "required",
        Some(false) => "optional",
        None => "",
    };
    push_part(&mut note, required);
    for words in [&first.services, &first.geographies, &first.categories] {
        for (at, word) in words.iter().enumerate() {
            if at == 0 { push_part(&mut note, word) } else { note.extend([", ", word]) }
        }
    }
    if let Some(origin) = first.origins.first() {
        push_part(&mut note, "");
        let _ = write!(note, "{}[{}]", origin.file, origin.sheet);
    }
    let more = first.origins.len().saturating_sub(1) + entries.count();
    if more > 0 {
        push_part(&mut note, "");
        let _ = write!(note, "{more} more");
    }
    Some(note.into())
}

/// Appends a part with what stands between it and the one before.
fn push_part(note: &mut String, part: &str) {
    if !note.is_empty() {
        note.push_str("; ");
    }
    note.push_str(part);
}

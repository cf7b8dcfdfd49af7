//! The parts of a report that all forms for people share: what is said, and what is quoted from the lists.

use std::collections::BTreeMap;

use super::Report;
use crate::diff::aspect::{Aspect, need};
use crate::diff::output::ListChange;
use crate::diff::{Change, Diff, Group, Item, Kind, Logged, address};

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Our own words.
    Say(String),
    /// Text of a list or of a file, which can hold anything.
    Quote(String),
}

/// Pieces, one behind the other.
pub(super) type Line = Vec<Piece>;

/// Lines below a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// What the lines are about, such as `commercial`; the lines of one title stand together.
    pub(super) part: Line,
    /// What happened, such as `added`.
    pub(super) title: &'static str,
    /// One change each.
    pub(super) lines: Vec<Entry>,
}

/// One change: a line, and names that it holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: Line,
    pub(super) names: Vec<Line>,
}

fn say(text: impl Into<String>) -> Piece {
    Piece::Say(text.into())
}

fn quote(text: impl Into<String>) -> Piece {
    Piece::Quote(text.into())
}

/// Quotations with commas between them.
fn quotes<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Line {
    let mut line = Line::new();
    for text in texts {
        if !line.is_empty() {
            line.push(say(", "));
        }
        line.push(quote(text));
    }
    line
}

/// The summary: one line with how much of what happened, and between what.
pub(super) fn summary(report: &Report) -> Line {
    let [old, new] = &report.names;
    let between = [say(" from "), quote(old), say(" to "), quote(new)];
    if report.is_empty() {
        return [say("no change")].into_iter().chain(between).collect();
    }
    let mut counts: Vec<String> = Vec::new();
    if let Some(diff) = &report.list {
        for name in Kind::ALL {
            let count = diff.changes.iter().filter(|change| change.kind.as_str() == name).count();
            if count > 0 {
                counts.push(format!("{count} {name}"));
            }
        }
        let texts: usize = diff.unreadable.iter().map(BTreeMap::len).sum();
        if texts > 0 {
            counts.push(format!("{texts} texts that are no address"));
        }
    }
    if let Some(outputs) = report.outputs.as_ref().filter(|outputs| !outputs.is_empty()) {
        let count = outputs.len();
        counts.push(format!("{count} {} of firewalls changed", if count == 1 { "list" } else { "lists" }));
    }
    [say(counts.join(", "))].into_iter().chain(between).collect()
}

/// Remarks below the summary.
pub(super) fn remarks(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some((name, all)) = &report.profile {
        let mut line = vec![say("as far as the profile "), quote(name), say(" needs it; ")];
        line.push(say(format!("the whole list has {all} changes, which are named without `--profile`")));
        lines.push(line);
    }
    let Some(diff) = &report.list else { return lines };
    for (group, new) in &diff.absent {
        let only = if *new {
            "only the old list has addresses for "
        } else {
            "only the new list has addresses for "
        };
        lines.push(vec![say(only), quote(part_name(group))]);
    }
    let mut unsaid: BTreeMap<(&Group, bool), Vec<&str>> = BTreeMap::new();
    for one in &diff.unsaid {
        unsaid.entry((&one.group, one.new)).or_default().push(&one.column);
    }
    for ((group, new), columns) in unsaid {
        let which = if new { "the new list" } else { "the old list" };
        let mut line = vec![say(format!("not compared, because {which} says nothing of it: "))];
        line.extend(quotes(columns));
        let name = group.title();
        if !name.is_empty() {
            line.extend([say(" ("), quote(name), say(")")]);
        }
        lines.push(line);
    }
    if !diff.log.is_empty() {
        let silent = diff.changes.iter().filter(|change| change.logged == Logged::Silent).count();
        let all = diff.changes.len();
        lines.push(vec![say(format!(
            "the list's own change log names {} of these {all} changes; the other {silent} are marked",
            all - silent
        ))]);
    }
    lines
}

fn part_name(group: &Group) -> String {
    let title = group.title();
    if title.is_empty() { "devices".to_owned() } else { title }
}

/// Everything that changed.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let mut sections = Vec::new();
    if let Some(diff) = &report.list {
        list_sections(diff, &mut sections);
        for (texts, title) in diff.unreadable.iter().zip(["removed", "added"]) {
            let lines = texts.iter().map(|(text, place)| {
                plain(vec![quote(text.as_str()), say(" ("), quote(place.to_string()), say(")")])
            });
            push(&mut sections, vec![say("texts that are no address")], title, lines.collect());
        }
        let log = diff.log.iter().map(|(entry, names_change)| {
            let silent = if *names_change { "" } else { " (names none of these addresses)" };
            plain(vec![quote(&entry.date), say(": "), quote(&entry.text), say(silent)])
        });
        push(&mut sections, vec![say("the list's own change log")], "new entries", log.collect());
    }
    for change in report.outputs.iter().flatten() {
        output_sections(change, &mut sections);
    }
    sections
}

fn push(sections: &mut Vec<Section>, part: Line, title: &'static str, lines: Vec<Entry>) {
    if !lines.is_empty() {
        sections.push(Section { part, title, lines });
    }
}

fn plain(line: Line) -> Entry {
    Entry { line, names: Vec::new() }
}

fn list_sections(diff: &Diff, sections: &mut Vec<Section>) {
    let mut groups: Vec<&Group> = diff.changes.iter().map(|change| &change.group).collect();
    groups.dedup();
    for group in groups {
        for title in Kind::ALL {
            let changes: Vec<&Change> = diff
                .changes
                .iter()
                .filter(|change| change.group == *group && change.kind.as_str() == title)
                .collect();
            push(sections, vec![quote(part_name(group))], title, entries(&changes));
        }
    }
}

/// One entry for each change; addresses of which the list says the same other thing share one.
fn entries(changes: &[&Change]) -> Vec<Entry> {
    let mut lines = Vec::new();
    let mut said: BTreeMap<&[Aspect], Vec<Line>> = BTreeMap::new();
    for change in changes {
        match &change.kind {
            Kind::Said(sides) => {
                let names =
                    sides.after.iter().map(|item| marked(vec![quote(with_port(item))], &change.logged));
                said.entry(&sides.aspects).or_default().extend(names);
            }
            kind => lines.push(plain(marked(line(kind), &change.logged))),
        }
    }
    lines.extend(said.into_iter().map(|(aspects, names)| Entry { line: aspects_line(aspects), names }));
    lines
}

fn marked(mut line: Line, logged: &Logged) -> Line {
    match logged {
        Logged::NoLog => {}
        Logged::On(date) => line.extend([say(" (in the log on "), quote(date), say(")")]),
        Logged::Silent => line.push(say(" (not in the log)")),
    }
    line
}

/// Host, path and port.
fn with_port(item: &Item) -> String {
    format!("{}:{}", address(&item.pattern), item.pattern.port)
}

fn line(kind: &Kind) -> Line {
    match kind {
        Kind::Added { item, covered_by } | Kind::Removed { item, covered_by } => {
            let mut line = vec![quote(address(&item.pattern))];
            line.extend(details(item));
            if let Some(pattern) = covered_by {
                let verb =
                    if matches!(kind, Kind::Added { .. }) { "; already within " } else { "; still within " };
                line.extend([say(verb), quote(address(pattern))]);
            }
            line
        }
        Kind::Reshaped { sides, wider, narrower } => {
            let mut line = quotes(sides.before.iter().map(with_port));
            line.push(say(" -> "));
            line.extend(quotes(sides.after.iter().map(with_port)));
            if let Some(request) = wider {
                line.extend([say("; now also "), quote(request.to_string())]);
            }
            if let Some(request) = narrower {
                line.extend([say("; no longer "), quote(request.to_string())]);
            }
            with_aspects(line, &sides.aspects)
        }
        Kind::Port(sides) => {
            let ports = |items: &[Item]| quotes(items.iter().map(|item| item.pattern.port.to_string()));
            let mut line: Line =
                sides.after.first().map(|item| quote(address(&item.pattern))).into_iter().collect();
            line.push(say(": port "));
            line.extend(ports(&sides.before));
            line.push(say(" -> "));
            line.extend(ports(&sides.after));
            with_aspects(line, &sides.aspects)
        }
        Kind::Said(sides) => with_aspects(quotes(sides.after.iter().map(with_port)), &sides.aspects),
    }
}

/// Port, need, geographies and devices of an address.
fn details(item: &Item) -> Line {
    let mut line = vec![say(format!(" (port {}", item.pattern.port))];
    if let Some(required) = item.required {
        line.push(say(format!(", {}", need(required))));
    }
    for texts in [item.geographies.clone(), item.devices.iter().map(ToString::to_string).collect()] {
        if !texts.is_empty() {
            line.push(say(", "));
            line.extend(quotes(texts));
        }
    }
    line.push(say(")"));
    line
}

fn with_aspects(mut line: Line, aspects: &[Aspect]) -> Line {
    if !aspects.is_empty() {
        line.push(say("; "));
        line.extend(aspects_line(aspects));
    }
    line
}

/// `need: optional -> required; devices: + macos`.
fn aspects_line(aspects: &[Aspect]) -> Line {
    let mut line = Line::new();
    for aspect in aspects {
        if !line.is_empty() {
            line.push(say("; "));
        }
        line.push(say(format!("{}: ", aspect.column.as_str())));
        for (at, side) in [&aspect.before, &aspect.after].into_iter().enumerate() {
            if at == 1 {
                line.push(say(" -> "));
            }
            if side.is_empty() {
                line.push(say("nothing said"));
            } else {
                line.extend(quotes(side.iter().cloned()));
            }
        }
    }
    line
}

fn output_sections(change: &ListChange, sections: &mut Vec<Section>) {
    let part = vec![
        say("firewall "),
        quote(&change.target),
        say(", list "),
        quote(&change.list),
        say(format!(" ({})", change.product.as_str())),
    ];
    let mut meaning = Vec::new();
    if let Some(request) = &change.wider {
        meaning.push(plain(vec![say("wider: now also "), quote(request.to_string())]));
    }
    if let Some(request) = &change.narrower {
        meaning.push(plain(vec![say("narrower: no longer "), quote(request.to_string())]));
    }
    if change.means_the_same() {
        meaning.push(plain(vec![say("the same requests as before")]));
    }
    meaning.extend(change.undecided.iter().map(|reason| plain(vec![say("undecided: "), quote(reason)])));
    push(sections, part.clone(), "meaning", meaning);
    let texts = |texts: &std::collections::BTreeSet<String>| {
        texts.iter().map(|text| plain(vec![quote(text)])).collect()
    };
    push(sections, part.clone(), "added", texts(&change.added));
    push(sections, part, "removed", texts(&change.removed));
}

//! `Page`: everything that the templates show, as texts and numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::change::{Change, Kind, changes, kinds};
use super::entry::{EntryRow, entry_row};
use super::outcome::{Answer, TargetRow, answer, target_rows};
use super::{Bounds, Report};
use crate::allowlist::Product;
use crate::diagnostic::{Code, Finding, Severity, visible};
use crate::manifest::{Input, sha256};
use crate::profile::Profile;

/// Rows of a table, and how many there are in all.
#[derive(Debug, Serialize)]
pub(super) struct Rows<T> {
    shown: Vec<T>,
    total: usize,
    more: usize,
}

impl<T> Rows<T> {
    fn of<S>(all: impl ExactSizeIterator<Item = S>, most: usize, row: impl Fn(S) -> T) -> Self {
        let total = all.len();
        Self { shown: all.take(most).map(row).collect(), total, more: total.saturating_sub(most) }
    }
}

/// The whole report.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    name: String,
    version: &'static str,
    cloud: String,
    connectivity: String,
    geographies: Vec<String>,
    devices: Vec<String>,
    answer: Answer,
    kinds: Vec<Kind>,
    numbers: Vec<(usize, &'static str)>,
    changes: Rows<Change>,
    targets: Vec<TargetRow>,
    findings: Rows<FindingRow>,
    entries: Rows<EntryRow>,
    filters: Vec<Filter>,
    reasons: Vec<(String, usize)>,
    left_out: Rows<LeftOut>,
    inputs: Vec<InputRow>,
    overrides: Vec<String>,
    rules: String,
    files: Rows<FileRow>,
}

/// Words that one column of the entries can be narrowed to.
#[derive(Debug, Serialize)]
struct Filter {
    label: &'static str,
    column: usize,
    words: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FindingRow {
    severity: &'static str,
    code: &'static str,
    message: String,
    help: String,
    place: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    address: String,
    port: String,
    row: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct InputRow {
    kind: &'static str,
    name: String,
    rows: Option<usize>,
    date: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct FileRow {
    path: String,
    role: &'static str,
    bytes: usize,
    sha256: String,
}

/// What the templates show of a report.
pub(super) fn page(report: &Report<'_>, bounds: Bounds) -> Page {
    let (build, profile, list) = (report.build, report.profile, report.list);
    let changes = changes(build.losses);
    let mut changed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for change in &changes {
        changed.entry(&change.entry).or_default().extend(change.targets.iter().map(String::as_str));
    }
    let entries: Vec<_> =
        list.entries().iter().enumerate().map(|(at, entry)| (entry, list.covered_by(at))).collect();
    let entries = Rows::of(entries.into_iter(), bounds.entries, |(entry, by)| entry_row(entry, by, &changed));
    let mut dropped = report.dropped.clone();
    dropped.sort_by(|a, b| (&a.origin, &a.address).cmp(&(&b.origin, &b.address)));
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for row in &dropped {
        *reasons.entry(visible(&row.reason)).or_default() += 1;
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut findings: Vec<&Finding> =
        build.findings.iter().filter(|finding| finding.code != Code::LossPermitted).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let product = |product| list.product(product).len();
    Page {
        name: visible(build.profile),
        version: env!("CARGO_PKG_VERSION"),
        cloud: visible(&profile.cloud.value),
        connectivity: visible(&profile.connectivity.value),
        geographies: profile.geographies.iter().map(|spot| visible(&spot.value)).collect(),
        devices: devices(profile),
        answer: answer(report, changes.len()),
        kinds: kinds(&changes),
        numbers: vec![
            (list.entries().len(), "entries needed"),
            (product(Product::Allow), "to allow"),
            (product(Product::Bypass), "exempt from inspection"),
            (product(Product::Direct), "past the proxy"),
            (dropped.len(), "rows left out"),
            (changes.len(), "differences"),
            (build.findings.without(Code::LossPermitted).count(Severity::Warning), "warnings"),
        ],
        changes: Rows::of(changes.iter(), bounds.changes, Clone::clone),
        targets: target_rows(report),
        findings: Rows::of(findings.into_iter(), bounds.findings, finding_row),
        filters: filters(&entries.shown),
        entries,
        reasons,
        left_out: Rows::of(dropped.into_iter(), bounds.left_out, |row| LeftOut {
            address: visible(&row.address),
            port: row.port.map_or(String::new(), |port| port.to_string()),
            row: visible(&row.origin.to_string()),
            reason: visible(&row.reason),
        }),
        inputs: std::iter::once(input_row("profile", build.profile_file))
            .chain(build.sources.iter().map(|source| input_row("list", source)))
            .collect(),
        overrides: build.overrides.iter().map(|argument| visible(argument)).collect(),
        rules: visible(build.rules),
        files: Rows::of(build.artifacts.iter(), bounds.files, |artifact| FileRow {
            path: visible(&artifact.path_in_folder()),
            role: artifact.role.as_str(),
            bytes: artifact.bytes.len(),
            sha256: sha256(&artifact.bytes),
        }),
    }
}

/// Family by family: `windows 10-22H2, 11-24H2`, `linux`.
fn devices(profile: &Profile) -> Vec<String> {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for device in &profile.fleet.devices {
        let release = device.release.as_deref();
        match families.last_mut().filter(|(family, _)| *family == &*device.family) {
            Some((_, releases)) => releases.extend(release),
            None => families.push((&device.family, release.into_iter().collect())),
        }
    }
    let text =
        |(family, releases): (&str, Vec<&str>)| visible(format!("{family} {}", releases.join(", ")).trim());
    families.into_iter().map(text).collect()
}

fn filters(entries: &[EntryRow]) -> Vec<Filter> {
    let words = |words: fn(&EntryRow) -> &[String]| -> Vec<String> {
        entries.iter().flat_map(words).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    };
    // The columns of the table, from 0.
    let all = [
        ("Need", 2, words(|row| std::slice::from_ref(&row.need))),
        ("Service", 3, words(|row| &row.services)),
        ("Geography", 4, words(|row| &row.geographies)),
        ("Treatment", 5, words(|row| &row.kinds)),
    ];
    let useful = all.into_iter().filter(|(_, _, words)| words.len() > 1);
    useful.map(|(label, column, words)| Filter { label, column, words }).collect()
}

fn finding_row(finding: &Finding) -> FindingRow {
    let place = finding.place.as_ref();
    FindingRow {
        severity: finding.severity.as_str(),
        code: finding.code.as_str(),
        message: visible(&finding.message),
        help: finding.help.as_deref().map_or(String::new(), visible),
        place: place.map_or(String::new(), |place| visible(&place.to_string())),
        text: place.and_then(|place| place.text.as_deref()).map_or(String::new(), visible),
    }
}

fn input_row(kind: &'static str, input: &Input) -> InputRow {
    InputRow {
        kind,
        name: visible(&input.name),
        rows: (kind == "list").then_some(input.rows),
        date: input.date.as_ref().map_or(String::new(), |date| visible(&date.to_string())),
        sha256: input.sha256.clone(),
    }
}

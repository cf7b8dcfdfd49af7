//! Hosts of one service in several regions: under the right geography, complete, and alike.

use std::collections::{BTreeMap, BTreeSet};

use super::Line;
use super::row::names;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::rules::{HostFamily, Rules};
use crate::select::place;

pub(super) fn check(lines: &[Line<'_>], rules: &Rules, findings: &mut Findings) {
    let mut misplaced = BTreeSet::new();
    for family in &rules.lint.families {
        // A sheet that names its devices has its own choice of hosts.
        let mut sheets: BTreeMap<Option<&str>, Vec<Member<'_, '_>>> = BTreeMap::new();
        for line in lines {
            let Some((form, word)) = line.host().and_then(|host| family.word(host)) else { continue };
            sheets.entry(line.table.condition.as_deref()).or_default().push(Member { line, form, word });
        }
        for members in sheets.values() {
            for member in members {
                if let Some(finding) = misplaced_finding(member, family) {
                    misplaced.insert(member.line.row.address.clone());
                    findings.push(finding);
                }
            }
            missing(members, family, findings);
            unlike(members, findings);
        }
    }
    for line in lines.iter().filter(|line| !misplaced.contains(&line.row.address)) {
        for fact in &rules.conditions.misplaced {
            let here = fact.hosts.iter().any(|host| line.host() == Some(host));
            if here && !line.geographies.is_empty() && !line.geographies.contains(&fact.belongs) {
                findings.push(contradiction(line, &fact.belongs, &fact.source));
            }
        }
    }
}

/// A row whose host belongs to a family.
struct Member<'l, 'd> {
    line: &'l Line<'d>,
    form: &'l str,
    word: &'l str,
}

fn misplaced_finding(member: &Member<'_, '_>, family: &HostFamily) -> Option<Finding> {
    let belongs = family.geographies(member.word);
    let stated = &member.line.geographies;
    let fits = belongs.is_empty() || stated.is_empty() || belongs.iter().any(|name| stated.contains(*name));
    (!fits).then(|| contradiction(member.line, &belongs.join("`, `"), &family.source))
}

fn contradiction(line: &Line<'_>, belongs: &str, source: &str) -> Finding {
    let message = format!(
        "`{}` stands under `{}` and by its name belongs to `{belongs}`",
        line.row.address,
        names(line)
    );
    let finding = Finding::warning(Code::GeographyContradiction, message).at(place(line.row));
    finding.help(format!("source: {source}"))
}

/// Of words that have always come together, some are there and others are not.
fn missing(members: &[Member<'_, '_>], family: &HostFamily, findings: &mut Findings) {
    for (geography, lists) in &family.regions {
        let here: Vec<&Member<'_, '_>> = members
            .iter()
            .filter(|member| {
                let stated = &member.line.geographies;
                stated.is_empty() || stated.contains(geography)
            })
            .collect();
        for list in lists {
            let found = |word: &&String| here.iter().any(|member| member.word == word.as_str());
            let Some(sibling) = here.iter().find(|member| list.iter().any(|word| word == member.word)) else {
                continue;
            };
            for word in list.iter().filter(|word| !found(word)) {
                let host = sibling.form.replacen("{}", word, 1);
                let message = format!(
                    "`{}` is listed for `{geography}` and its sibling `{host}` is not",
                    sibling.line.row.address
                );
                let place = Place { text: None, ..place(sibling.line.row) };
                let finding = Finding::warning(Code::SiblingMissing, message).at(place);
                findings.push(
                    finding.help(format!("the two have always been listed together: {}", family.source)),
                );
            }
        }
    }
}

/// Most hosts of a service say the same of devices and need; the others are told.
fn unlike(members: &[Member<'_, '_>], findings: &mut Findings) {
    const FEWEST: usize = 4;
    let said = |member: &&Member<'_, '_>| member.line.devices().is_some();
    let members: Vec<&Member<'_, '_>> = members.iter().filter(said).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for member in &members {
        *counts.entry(member.line.statement()).or_default() += 1;
    }
    let Some((usual, count)) = counts.iter().max_by_key(|(_, count)| **count) else { return };
    // Two thirds at least, or nobody can say who is right.
    if members.len() < FEWEST || count * 3 < members.len() * 2 {
        return;
    }
    for member in members.iter().filter(|member| member.line.statement() != *usual) {
        let message = format!(
            "`{}` says {}, and {count} of the {} hosts of its kind say {usual}",
            member.line.row.address,
            member.line.statement(),
            members.len()
        );
        findings.push(Finding::warning(Code::SiblingDiffers, message).at(place(member.line.row)));
    }
}

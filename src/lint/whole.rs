//! What is missing from tables and from the list as a whole.

use std::collections::BTreeSet;

use super::Line;
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::diff::address;
use crate::rules::{Requirement, Rules};
use crate::select::place;
use crate::source::{Document, Role, Table};

/// Rows without a port in tables that give one for nearly all others.
pub(super) fn ports(document: &Document, findings: &mut Findings) {
    let has_ports = |table: &&Table| {
        let stated = table.rows.iter().filter(|row| row.port.is_some()).count();
        stated * 2 > table.rows.len()
    };
    for table in document.tables.iter().filter(has_ports) {
        for row in table.rows.iter().filter(|row| row.port.is_none()) {
            let message = format!("`{}` has no port, and the other rows of its table have one", row.address);
            findings.push(Finding::warning(Code::PortMissing, message).at(place(row)));
        }
    }
}

/// Addresses that the vendor requires beside others that are listed.
pub(super) fn requirements(lines: &[Line<'_>], rules: &Rules, findings: &mut Findings) {
    let all = &rules.requirements.all;
    for requirement in all.iter().filter(|requirement| requirement.listed) {
        // A list that has none of them is not for these devices.
        let others = all.iter().filter(|other| {
            other.listed && other.family == requirement.family && other.clouds == requirement.clouds
        });
        let others: Vec<&Requirement> = others.collect();
        let rows = lines.iter().filter(|line| line.table.role == Role::Endpoints);
        let stated =
            |line: &&Line<'_>| others.iter().any(|other| is(line, other)) && fits(line, requirement, rules);
        let found: Vec<&Line<'_>> = rows.filter(stated).collect();
        let listed = |line: &&Line<'_>| is(line, requirement);
        let (Some(first), false) = (found.first(), found.iter().any(listed)) else { continue };
        let message = format!(
            "`{}` is missing beside `{}`; the vendor requires both",
            requirement.address, first.row.address
        );
        let place = Place { text: None, ..place(first.row) };
        let finding = Finding::warning(Code::RequirementNotListed, message).at(place);
        findings.push(finding.help(format!("source: {}", requirement.source)));
    }
}

/// Whether a row has the address of a requirement.
fn is(line: &Line<'_>, requirement: &Requirement) -> bool {
    line.pattern.as_ref().is_some_and(|pattern| address(pattern) == requirement.address)
}

/// Whether a row is in a table of one of the clouds of the requirement.
fn fits(line: &Line<'_>, requirement: &Requirement, rules: &Rules) -> bool {
    let clouds = rules.reading.clouds.iter().filter(|cloud| requirement.clouds.contains(&cloud.name));
    let families: BTreeSet<&str> = clouds.map(|cloud| cloud.family.as_str()).collect();
    line.cloud.is_none_or(|cloud| families.contains(cloud))
}

/// Hosts for which another page of the vendor wants a second port.
pub(super) fn second_ports(lines: &[Line<'_>], rules: &Rules, findings: &mut Findings) {
    for fact in &rules.list.second_ports {
        for host in &fact.hosts {
            let means = |line: &Line<'_>, port| {
                line.pattern.as_ref().is_some_and(|pattern| pattern.port == port && address(pattern) == *host)
            };
            let row = |port: u16| lines.iter().find(|line| means(line, port));
            let (Some(line), None) = (row(fact.listed), row(fact.also)) else { continue };
            let message = format!(
                "`{host}` has port {} here; another page wants port {} as well",
                fact.listed, fact.also
            );
            let finding = Finding::note(Code::SecondPort, message).at(place(line.row));
            findings.push(finding.help(format!("source: {}", fact.source)));
        }
    }
}

//! Devices and their releases: a row leaves only if every chosen device can do without it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use globset::{Glob, GlobSet};

use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::profile::{Device, Profile};
use crate::rules::{Conditions, HostRule, Range, Rules, SheetRule};
use crate::source::{Document, Role, Row, Table, is_no};
use crate::texts::Texts;

use super::meaning;

/// The devices of a profile against the statements of the rules.
pub(super) struct Releases<'a> {
    profile: &'a Profile,
    rules: &'a Rules,
    /// The globs of the statements about hosts, and whose each of them is.
    host_globs: GlobSet,
    host_rules: Vec<&'a HostRule>,
    comments: BTreeMap<String, Option<(usize, String)>>,
    disputes: BTreeMap<Dispute, (Place, BTreeSet<String>)>,
    strange: BTreeMap<String, (Finding, usize)>,
    strange_systems: BTreeMap<String, (Finding, usize)>,
    /// Rows whose only marks say no, by sheet.
    nobody: BTreeMap<(Arc<str>, Arc<str>), (Finding, usize)>,
}

/// Two statements of the vendor that disagree about a row.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Dispute {
    address: String,
    against: Statement,
    for_it: Statement,
}

/// What somebody says, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    says: String,
    source: String,
}

/// What the statements say of one row and device.
enum Verdict {
    Needed,
    NotNeeded(Statement),
    Disputed(Statement, Statement),
}

impl<'a> Releases<'a> {
    pub(super) fn new(profile: &'a Profile, rules: &'a Rules) -> Self {
        let globs = |rule: &'a HostRule| {
            let globs = rule.hosts.iter().filter_map(|host| Glob::new(host).ok());
            globs.map(move |glob| (glob, rule))
        };
        let (globs, host_rules): (Vec<_>, _) = rules.conditions.hosts.iter().flat_map(globs).unzip();
        Self {
            profile,
            rules,
            host_globs: GlobSet::new(globs).unwrap_or_default(),
            host_rules,
            comments: BTreeMap::new(),
            disputes: BTreeMap::new(),
            strange: BTreeMap::new(),
            strange_systems: BTreeMap::new(),
            nobody: BTreeMap::new(),
        }
    }

    /// Tells of chosen devices whose column a table has lost: its marks for them are lost as well.
    pub(super) fn report_missing_columns(
        &self,
        table: &Table,
        is_other_cloud: bool,
        findings: &mut Findings,
    ) {
        let Some(first) = table.rows.first().filter(|_| !is_other_cloud) else { return };
        for column in &table.missing_devices {
            let speaks_for = |device: &&Device| device.column == *column;
            let devices: Vec<String> =
                self.profile.fleet.devices.iter().filter(speaks_for).map(Device::to_string).collect();
            if devices.is_empty() {
                continue;
            }
            let title = self.rules.reading.title_of(column).unwrap_or(column);
            let message = format!(
                "the table has no column `{title}`, as every published one of its name has; without it nobody knows which \
                 rows `{}` need",
                devices.join("`, `")
            );
            let help = format!(
                "write `{title}` above the column in a copy of the list, download the list again, or take the devices out \
                 of `[devices]`"
            );
            let mut place = super::place(first);
            (place.cell, place.line, place.text) = (None, None, None);
            findings.push(Finding::error(Code::ColumnMissing, message).at(place).help(help));
        }
    }

    /// Tells of chosen devices for which the lists have no section, though devices like them need one.
    pub(super) fn report_missing_sections(&self, documents: &[&Document], findings: &mut Findings) {
        let mut tables = documents.iter().flat_map(|document| &document.tables).peekable();
        if tables.peek().is_none() {
            return;
        }
        let listed: BTreeSet<&String> = tables.filter_map(|table| table.condition.as_ref()).collect();
        let connectivity = &self.profile.connectivity.value;
        let needed = |rule: &&SheetRule| {
            rule.connectivity.as_ref() == Some(connectivity) && !listed.contains(&rule.id)
        };
        for rule in self.rules.conditions.sheets.iter().filter(needed) {
            let is_meant = |device: &&Device| rule.needs.iter().any(|range| self.holds(range, "", device));
            let devices: Vec<&Device> = self.profile.fleet.devices.iter().filter(is_meant).collect();
            let Some(first) = devices.first() else { continue };
            let names: Vec<String> = devices.iter().map(ToString::to_string).collect();
            let message = format!(
                "the lists have no section for `{}`: {}; what it holds is not allowed",
                names.join("`, `"),
                rule.says
            );
            let place = self.profile.fleet.place(&first.family);
            let help = format!(
                "download the list again, take the devices out of `[devices]`, or give them a profile of their own with \
                 another `connectivity`; source: {}",
                rule.source
            );
            let place = place.unwrap_or_else(|| Place::file(&self.profile.file));
            findings.push(Finding::warning(Code::SectionMissing, message).at(place).help(help));
        }
    }

    /// Why a row speaks of none of the chosen devices, if it does not.
    pub(super) fn reason_against(&self, table: &Table, row: &Row) -> Option<String> {
        (table.role == Role::Endpoints && self.applicable(table, row).is_empty())
            .then(|| self.not_for_fleet(table, row))
    }

    /// The families that need a row, or why no release of the chosen devices does.
    pub(super) fn families(&mut self, table: &Table, row: &Row) -> Result<Texts, String> {
        self.note_strange_system(row);
        self.note_nobody(table, row);
        let devices = self.applicable(table, row);
        let form = self.comment_form(row);
        let of_host = self.rules_of_host(row);
        let mut reasons = BTreeSet::new();
        let mut needed: Vec<Arc<str>> = Vec::new();
        for device in &devices {
            match self.verdict(table, row, form.as_ref(), &of_host, device) {
                Verdict::Needed => needed.push(device.family.clone()),
                Verdict::NotNeeded(statement) => {
                    reasons.insert(statement.says);
                }
                Verdict::Disputed(against, for_it) => {
                    needed.push(device.family.clone());
                    let dispute = Dispute { address: row.address.to_string(), against, for_it };
                    let (_, devices) =
                        self.disputes.entry(dispute).or_insert_with(|| (super::place(row), BTreeSet::new()));
                    devices.insert(device.to_string());
                }
            }
        }
        if needed.is_empty() {
            return Err(reasons.into_iter().collect::<Vec<_>>().join("; "));
        }
        Ok(needed.into_iter().collect())
    }

    /// The chosen devices that a row speaks of by its section, its device columns or its column for all systems.
    fn applicable(&self, table: &Table, row: &Row) -> Vec<&'a Device> {
        let unmarked = is_unmarked(row) || self.marks_are_of_another_section(table, row);
        let by_column = |device: &&Device| match &row.os {
            Some(os) if unmarked => {
                self.strange_system(os).is_some() || systems(os).any(|system| is_one_of(&device.os, system))
            }
            _ => unmarked || row.devices.get(device.column.as_str()).is_some_and(|flag| is_yes(flag)),
        };
        let by_section = |device: &&Device| match self.section(table) {
            Some(section) => section.needs.iter().any(|range| self.holds(range, "", device)),
            None => true,
        };
        self.profile.fleet.devices.iter().filter(by_section).filter(by_column).collect()
    }

    /// The first word of a column for all systems that the rules do not know.
    fn strange_system<'t>(&self, os: &'t str) -> Option<&'t str> {
        let families = &self.rules.devices.families;
        systems(os).find(|system| !families.iter().any(|family| is_one_of(&family.os, system)))
    }

    /// Remembers a row that counts for every device because nobody knows the system that it names.
    fn note_strange_system(&mut self, row: &Row) {
        let Some(os) = row.os.as_deref().filter(|_| is_unmarked(row)) else { return };
        let Some(system) = self.strange_system(os) else { return };
        if let Some((_, count)) = self.strange_systems.get_mut(system) {
            *count += 1;
            return;
        }
        let message =
            format!("the rules do not know the system `{system}`; the row is kept for every device");
        let place = super::place_of_cell(row, row.columns.os, os.to_owned());
        let help = "if no chosen device needs the row, leave it out with an exclude rule in `[select]`";
        let finding = Finding::warning(Code::SystemNotKnown, message).at(place).help(help);
        self.strange_systems.insert(system.to_owned(), (finding, 1));
    }

    /// Remembers a row whose marks leave no device that would need it, so that they do not count.
    fn note_nobody(&mut self, table: &Table, row: &Row) {
        let says_no = !row.devices_uncertain && row.devices.values().any(|flag| is_no(flag));
        let message = if self.marks_are_of_another_section(table, row) {
            format!(
                "the section is for other devices than `{}`, for which this row is marked, so that no device would need \
                 it; its marks do not count, and the row is for every device of the section",
                self.marked_families(row).join("`, `")
            )
        } else if row.os.is_none() && says_no && is_unmarked(row) {
            "the device columns of this row hold no mark but `No`, so that no device would need it; `No` counts as blank, \
             and the row for every device"
                .to_owned()
        } else {
            return;
        };
        let sheet = (row.origin.file.clone(), row.origin.sheet.clone());
        if let Some((_, count)) = self.nobody.get_mut(&sheet) {
            *count += 1;
            return;
        }
        let help = "if no chosen device needs the row, leave it out with an exclude rule in `[select]`";
        let finding = Finding::warning(Code::MarkedForNobody, message).at(super::place(row)).help(help);
        self.nobody.insert(sheet, (finding, 1));
    }

    /// Whether a row of a section for some devices is marked, and for none of them.
    fn marks_are_of_another_section(&self, table: &Table, row: &Row) -> bool {
        let Some(section) = self.section(table).filter(|_| !is_unmarked(row)) else { return false };
        let is_marked = |column: &String| row.devices.get(column.as_str()).is_some_and(|flag| is_yes(flag));
        let of_section = self
            .rules
            .devices
            .families
            .iter()
            .filter(|family| section.needs.iter().any(|range| range.names(&family.key)));
        let mut columns = of_section.flat_map(|family| {
            family.column.iter().chain(family.releases.iter().filter_map(|release| release.column.as_ref()))
        });
        !columns.any(is_marked)
    }

    fn not_for_fleet(&self, table: &Table, row: &Row) -> String {
        if let Some(rule) = self.section(table).filter(|_| {
            (row.os.is_none() && is_unmarked(row)) || self.marks_are_of_another_section(table, row)
        }) {
            return format!("not for the chosen devices: {}", rule.says);
        }
        let marked = self.marked_families(row);
        match (&row.os, marked.is_empty()) {
            (Some(os), true) => format!("not for the chosen devices: the list marks it for `{os}`"),
            (_, false) => {
                format!("not for the chosen devices: the list marks it for `{}`", marked.join("`, `"))
            }
            (None, true) => "not for the chosen devices: the list marks it for others".to_owned(),
        }
    }

    /// What the device columns of a row speak for, as a profile names it: `windows`, `mma 8.1`.
    fn marked_families(&self, row: &Row) -> Vec<String> {
        let is_marked = |column: &Option<String>| {
            column
                .as_ref()
                .and_then(|column| row.devices.get(column.as_str()))
                .is_some_and(|flag| is_yes(flag))
        };
        let mut marked = Vec::new();
        for family in &self.rules.devices.families {
            let releases: Vec<_> =
                family.releases.iter().filter(|release| is_marked(&release.column)).collect();
            if is_marked(&family.column) || (!releases.is_empty() && releases.len() == family.releases.len())
            {
                marked.push(family.key.clone());
            } else {
                marked.extend(releases.iter().map(|release| format!("{} {}", family.key, release.name)));
            }
        }
        marked
    }

    /// What the rules say of the section that a table is.
    fn section(&self, table: &Table) -> Option<&'a SheetRule> {
        let id = table.condition.as_ref()?;
        self.rules.conditions.sheets.iter().find(|rule| rule.id == *id)
    }

    fn holds(&self, range: &Range, capture: &str, device: &Device) -> bool {
        range.names(&device.family)
            && match (range.builds(&self.rules.devices, capture), device.build) {
                (Some(bound), Some(build)) => (bound.least..=bound.most).contains(&build),
                (Some(_), None) => true,
                (None, _) => false,
            }
    }

    /// The statements about the host of a row.
    fn rules_of_host(&self, row: &Row) -> Vec<&'a HostRule> {
        // A row that is no address is kept, and refused later.
        let Some(host) = meaning::host(&row.address) else { return Vec::new() };
        let found = self.host_globs.matches(&*host).into_iter();
        found.filter_map(|at| self.host_rules.get(at).copied()).collect()
    }

    fn verdict(
        &self,
        table: &Table,
        row: &Row,
        form: Option<&(usize, String)>,
        host_rules: &[&HostRule],
        device: &Device,
    ) -> Verdict {
        let comment =
            form.and_then(|(at, capture)| Some((self.rules.conditions.comments.get(*at)?, capture)));
        let by_comment = comment
            .filter(|(rule, capture)| rule.drops.iter().any(|range| self.holds(range, capture, device)));
        let unclear = by_comment.and_then(|(rule, capture)| {
            let unclear = rule.unclear.as_ref()?;
            let is_meant = unclear.releases.iter().any(|range| self.holds(range, capture, device));
            is_meant.then(|| Statement { says: unclear.says.clone(), source: unclear.source.clone() })
        });
        let by_comment = by_comment.map(|(rule, capture)| Statement {
            says: rule.says.replace("{1}", &capture.to_uppercase()),
            source: format!("its comment, {}", row.origin),
        });
        let of_host = |pick: fn(&HostRule) -> &[Range]| {
            host_rules
                .iter()
                .find(|rule| pick(rule).iter().any(|range| self.holds(range, "", device)))
                .map(|rule| Statement { says: rule.says.clone(), source: rule.source.clone() })
        };
        let needed_by_host = of_host(|rule| &rule.needs);
        if let Some(against) = by_comment {
            return match needed_by_host.or(unclear) {
                Some(for_it) => Verdict::Disputed(against, for_it),
                None => Verdict::NotNeeded(against),
            };
        }
        let Some(against) = of_host(|rule| &rule.drops) else { return Verdict::Needed };
        // A section that lists what a release needs contradicts a general statement about the host.
        match self.section(table).filter(|_| row.required == Some(true)) {
            Some(rule) => Verdict::Disputed(
                against,
                Statement {
                    says: format!("{}, and calls this row required", rule.says),
                    source: rule.source.clone(),
                },
            ),
            None => Verdict::NotNeeded(against),
        }
    }

    /// Which known form a row's comment has, with the release in it. A comment that speaks of a release in a form
    /// that nobody knows is remembered for a finding.
    fn comment_form(&mut self, row: &Row) -> Option<(usize, String)> {
        let comment = row.comment.as_deref()?;
        let text = comment.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(known) = self.comments.get(&text) {
            let known = known.clone();
            if let Some((_, count)) = self.strange.get_mut(&text) {
                *count += 1;
            }
            return known;
        }
        let form = known_form(&self.rules.conditions, &text)
            .filter(|(at, capture)| self.release_is_known(*at, capture));
        if form.is_none() && self.rules.conditions.speaks_of_release(&text) {
            let message = "a comment speaks of a release or a system in words that the rules do not know; the row is kept for all of them";
            let help = "if no chosen device needs the row, leave it out with an exclude rule in `[select]`";
            let shown = comment.split_whitespace().collect::<Vec<_>>().join(" ");
            let place = super::place_of_cell(row, row.columns.comment, shown);
            self.strange.insert(
                text.clone(),
                (Finding::warning(Code::CommentNotUnderstood, message).at(place).help(help), 1),
            );
        }
        self.comments.insert(text, form.clone());
        form
    }

    fn release_is_known(&self, at: usize, capture: &str) -> bool {
        let rule = self.rules.conditions.comments.get(at);
        rule.is_some_and(|rule| {
            rule.drops.iter().all(|range| range.builds(&self.rules.devices, capture).is_some())
        })
    }

    /// Findings about comments and contradictions, each once.
    pub(super) fn report(&self, findings: &mut Findings) {
        let comments = self.strange.values().map(|known| (known, "have this comment"));
        let systems = self.strange_systems.values().map(|known| (known, "name it"));
        let nobody = self.nobody.values().map(|known| (known, "of the sheet are like this"));
        for ((finding, count), what) in comments.chain(systems).chain(nobody) {
            let mut finding = finding.clone();
            if *count > 1 {
                let _ = write!(finding.message, " ({count} rows {what})");
            }
            findings.push(finding);
        }
        for (dispute, (place, devices)) in &self.disputes {
            let devices: Vec<&str> = devices.iter().map(String::as_str).collect();
            let message = format!(
                "the vendor contradicts itself about `{}` for {}: {} ({}), but {} ({}); the row is kept",
                dispute.address,
                devices.join(", "),
                dispute.against.says,
                dispute.against.source,
                dispute.for_it.says,
                dispute.for_it.source
            );
            let help =
                "if none of these devices needs the row, leave it out with an exclude rule in `[select]`";
            findings.push(Finding::warning(Code::ReleaseDisputed, message).at(place.clone()).help(help));
        }
    }
}

fn known_form(conditions: &Conditions, comment: &str) -> Option<(usize, String)> {
    // Comments are a sentence or two; anything longer is no condition and would only cost time.
    let comment = comment.get(..2000).unwrap_or(comment);
    conditions
        .comments
        .iter()
        .enumerate()
        .find_map(|(at, rule)| Some((at, rule.capture(comment)?.to_owned())))
}

/// Whether a row names the devices that need it: in its device columns or in the column for all systems.
pub(super) fn is_marked(row: &Row) -> bool {
    !is_unmarked(row) || (!row.devices_uncertain && row.os.is_some())
}

/// Whether the device columns of a row name no device. `No` is the same as a blank cell.
fn is_unmarked(row: &Row) -> bool {
    row.devices_uncertain || !row.devices.values().any(|flag| is_yes(flag))
}

/// The systems that a cell names.
fn systems(os: &str) -> impl Iterator<Item = &str> {
    os.split([',', ';', '/', '&', '+', '\n']).map(str::trim).filter(|system| !system.is_empty())
}

fn is_one_of(words: &[String], system: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(system))
}

fn is_yes(flag: &str) -> bool {
    flag.trim().trim_end_matches('*').eq_ignore_ascii_case("yes")
}

//! The objects that PAN-OS rules name: services, addresses, URL categories and external lists.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::pairs::Pairs;
use super::panos::{Ending, Panos, Run};
use super::{Files, address, numbered};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::verify::dialect::{Dialect, Meaning};
use crate::verify::ports::Ports;
use crate::verify::ruleset::{HostId, HostShape, Line, Ruleset, Subject};
use crate::verify::settings::{Setting, folder};

/// Objects by device group and name.
type Named<'o, V> = BTreeMap<&'o str, BTreeMap<&'o str, V>>;

/// An external list.
#[derive(Default)]
struct External<'o> {
    kind: &'o str,
    url: &'o str,
    line: u32,
    certificate: Option<&'o str>,
    schedule: Option<&'o str>,
    has_exceptions: bool,
}

/// All objects of a file.
pub(super) struct Objects<'o> {
    path: &'o str,
    files: &'o Files<'o>,
    panos: &'o Panos<'o>,
    findings: &'o mut Findings,
    services: Named<'o, Result<Ports, String>>,
    addresses: Named<'o, Result<Vec<HostShape>, String>>,
    groups: Named<'o, Vec<&'o str>>,
    categories: Named<'o, Vec<(&'o str, u32)>>,
    url_lists: BTreeSet<&'o str>,
    externals: Named<'o, External<'o>>,
    known: BTreeMap<(String, String), Rc<Pairs>>,
    destinations: BTreeMap<(String, Vec<String>), HostId>,
}

impl<'o> Objects<'o> {
    /// The objects that the statements make.
    pub(super) fn new(
        path: &'o str,
        runs: &'o [Run<'_>],
        files: &'o Files<'o>,
        panos: &'o Panos<'o>,
        findings: &'o mut Findings,
    ) -> Self {
        let mut objects = Self {
            path,
            files,
            panos,
            findings,
            services: BTreeMap::new(),
            addresses: BTreeMap::new(),
            groups: BTreeMap::new(),
            categories: BTreeMap::new(),
            url_lists: BTreeSet::new(),
            externals: BTreeMap::new(),
            known: BTreeMap::new(),
            destinations: BTreeMap::new(),
        };
        for run in runs {
            objects.add(run);
        }
        objects
    }

    fn add(&mut self, run: &'o Run<'_>) {
        let scope = &*run.scope;
        if let ["profiles", "custom-url-category", name, "list"] = run.texts().as_slice() {
            let entries = self.categories.entry(scope).or_default().entry(name).or_default();
            return entries.extend(run.values.iter().map(|(entry, line)| (&**entry, *line)));
        }
        for (texts, line) in run.statements() {
            self.add_object(scope, &texts, line);
        }
    }

    fn add_object(&mut self, scope: &'o str, texts: &[&'o str], line: u32) {
        match texts {
            ["profiles", "custom-url-category", name, "type", "URL List"] => {
                self.url_lists.insert(*name);
            }
            ["service", name, "protocol", "tcp", "port", ports] => {
                self.services.entry(scope).or_default().insert(name, address::ports(ports));
            }
            ["service", name, "protocol", "udp" | "sctp", ..] => {
                self.services.entry(scope).or_default().insert(name, Ok(Ports::none()));
            }
            ["service", name, "protocol", "tcp", "source-port", _] => {
                self.services
                    .entry(scope)
                    .or_default()
                    .insert(name, Err(format!("service `{name}` asks for a source port")));
            }
            ["service-group" | "address-group", name, "members" | "static", member] => {
                self.groups.entry(scope).or_default().entry(name).or_default().push(*member);
            }
            ["address", name, "ip-netmask" | "ip-range", address] => {
                let shapes =
                    address::networks(address).ok_or_else(|| format!("address `{name}` is no address"));
                self.addresses.entry(scope).or_default().insert(name, shapes);
            }
            ["address", name, "fqdn" | "ip-wildcard", _] | ["address-group", name, "dynamic", ..] => {
                let reason = format!("`{name}` is compared with addresses that are not in the files");
                self.addresses.entry(scope).or_default().insert(name, Err(reason));
            }
            ["external-list", name, "type", kind, field, value, ..] => {
                let list = self.externals.entry(scope).or_default().entry(name).or_default();
                list.kind = kind;
                match *field {
                    "url" => (list.url, list.line) = (value, line),
                    "certificate-profile" => list.certificate = Some(value),
                    "recurring" => list.schedule = Some(value),
                    "exception-list" => list.has_exceptions = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Says where the lists are fetched from, how often, and how the server is known.
    pub(super) fn say_lists(&self, ruleset: &mut Ruleset) {
        let texts = |text: Option<&str>| text.map(str::to_owned).into_iter().collect();
        for list in self.externals.values().flat_map(BTreeMap::values) {
            let line = Line::new(self.path, list.line);
            ruleset.says(Setting::ListFolder, &line, vec![folder(list.url)]);
            ruleset.says(Setting::ListCertificate, &line, texts(list.certificate));
            ruleset.says(Setting::ListSchedule, &line, texts(list.schedule));
        }
    }

    /// The ports of a service, or of a group of services.
    pub(super) fn ports(&self, scope: &str, name: &str) -> Result<Ports, String> {
        let mut all = Ports::none();
        for name in self.members(scope, name) {
            let ports = match (get(&self.services, scope, &name), name.as_str()) {
                (Some(ports), _) => ports.clone()?,
                (None, "any") => Ports::all(),
                (None, "service-http") => Ports::new([(80, 80), (8080, 8080)]),
                (None, "service-https") => Ports::one(443),
                (None, other) => return Err(format!("the ports of service `{other}` are not in the files")),
            };
            all = all.or(&ports);
        }
        Ok(all)
    }

    /// The set of a destination that is not `any`.
    pub(super) fn destination(
        &mut self,
        scope: &str,
        names: &[String],
        line: &Line,
        ruleset: &mut Ruleset,
    ) -> Result<HostId, String> {
        let key = (scope.to_owned(), names.to_vec());
        if let Some(known) = self.destinations.get(&key) {
            return Ok(*known);
        }
        let set = ruleset.add_hosts("destination", Subject::Destination);
        for name in names {
            for shape in self.networks(scope, name)? {
                ruleset.add_host(set, shape, line.clone());
            }
        }
        self.destinations.insert(key, set);
        Ok(set)
    }

    fn networks(&mut self, scope: &str, name: &str) -> Result<Vec<HostShape>, String> {
        let mut all = Vec::new();
        for name in self.members(scope, name) {
            if let Some(shapes) = get(&self.addresses, scope, &name) {
                all.extend(shapes.clone()?);
            } else if let Some(list) = get(&self.externals, scope, &name) {
                if list.kind != "ip" {
                    return Err(format!("`{name}` is no list of addresses"));
                }
                let entries = self.external(scope, &name)?;
                for (entry, line) in entries {
                    match Dialect::Network.read(entry) {
                        Ok(meaning) => all.extend(meaning.into_iter().map(|(host, _)| host)),
                        Err(reason) => self.never(entry, &reason, &line),
                    }
                }
            } else {
                let shapes = address::networks(&name);
                all.extend(shapes.ok_or_else(|| format!("the address `{name}` is not in the files"))?);
            }
        }
        Ok(all)
    }

    /// The hosts and paths of a category that is not `any`.
    pub(super) fn category(
        &mut self,
        scope: &str,
        name: &str,
        ruleset: &mut Ruleset,
    ) -> Result<Rc<Pairs>, String> {
        let name = match self.panos.without_lists {
            Some(part) if get(&self.externals, scope, name).is_some() => name.replacen(part, "", 1),
            _ => name.to_owned(),
        };
        let key = (scope.to_owned(), name.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let entries = if let Some(entries) = get(&self.categories, scope, &name) {
            if !self.url_lists.contains(name.as_str()) {
                return Err(format!("the category `{name}` is no URL list"));
            }
            let whole = Line::new(self.path, 0);
            entries.iter().map(|(entry, line)| (*entry, whole.at(*line))).collect()
        } else if get(&self.externals, scope, &name).is_some_and(|list| list.kind == "url") {
            self.external(scope, &name)?
        } else {
            return Err(format!("the entries of category `{name}` are not in the files"));
        };
        let pairs = Rc::new(self.pairs(&name, entries, ruleset));
        self.known.insert(key, pairs.clone());
        Ok(pairs)
    }

    fn pairs(&mut self, name: &str, entries: Vec<(&str, Line)>, ruleset: &mut Ruleset) -> Pairs {
        let mut pairs = Pairs::with_room(entries.len());
        for (entry, line) in entries {
            match read_entry(self.panos.ending, entry) {
                Ok(Some(meaning)) => {
                    for meant in meaning {
                        pairs.add(ruleset, name, meant, &line);
                    }
                }
                Ok(None) => {
                    let reason = format!("`{entry}` depends on the setting `append ending token`");
                    ruleset.cannot_decide(line, reason);
                }
                Err(reason) => self.never(entry, &reason, &line),
            }
        }
        pairs
    }

    /// The entries of the file behind an external list.
    fn external(&self, scope: &str, name: &str) -> Result<Vec<(&'o str, Line)>, String> {
        let list = get(&self.externals, scope, name).ok_or_else(|| format!("there is no list `{name}`"))?;
        if list.has_exceptions {
            return Err(format!("list `{name}` has exceptions"));
        }
        let url = list.url.split(['?', '#']).next().unwrap_or_default();
        let found = self.files.named(url.rsplit('/').next().unwrap_or(url));
        let (path, bytes) = found.ok_or_else(|| format!("the file of list `{name}` is missing: {url}"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| format!("the file of list `{name}` is no text"))?;
        let entries = numbered(text).map(|(line, entry)| (entry.trim(), line));
        let entries = entries.filter(|(entry, _)| !entry.is_empty());
        let whole = Line::new(path, 0);
        Ok(entries.map(|(entry, line)| (entry, whole.at(line))).collect())
    }

    /// The objects behind a name, groups resolved; a group in itself ends there.
    fn members(&self, scope: &str, name: &str) -> Vec<String> {
        let (mut open, mut seen, mut members) = (vec![name.to_owned()], BTreeSet::new(), Vec::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match get(&self.groups, scope, &name) {
                Some(group) => open.extend(group.iter().map(|member| (*member).to_owned())),
                None => members.push(name),
            }
        }
        members
    }

    /// Says that an entry has no effect.
    pub(super) fn never(&mut self, entry: &str, reason: &str, line: &Line) {
        let message = format!("`{entry}` {reason}: the firewall never matches it");
        let place = Place::line(line.file.as_ref(), line.line);
        self.findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place));
    }
}

/// What an entry means; `None` if that depends on a setting that nobody knows.
fn read_entry(ending: Ending, entry: &str) -> Result<Option<Meaning>, String> {
    match ending {
        Ending::Appended => Dialect::PanUrl.read(entry).map(Some),
        Ending::Open => Dialect::PanUrlOpen.read(entry).map(Some),
        // A slash is an end, so nothing is appended.
        Ending::Unknown if entry.contains('/') => Dialect::PanUrl.read(entry).map(Some),
        Ending::Unknown => {
            let (closed, open) = (Dialect::PanUrl.read(entry)?, Dialect::PanUrlOpen.read(entry)?);
            Ok((closed == open).then_some(closed))
        }
    }
}

/// An object of the own group, of the firewall, or of all.
fn get<'m, V>(objects: &'m Named<'_, V>, scope: &str, name: &str) -> Option<&'m V> {
    [scope, "", "shared"].into_iter().find_map(|scope| objects.get(scope)?.get(name))
}

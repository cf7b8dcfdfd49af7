//! The objects that PAN-OS rules name: services, addresses, URL categories and external lists.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::pairs::Pairs;
use super::panos::{Ending, Panos, Run};
use super::panos_said::{Once, Service, ports_of, shapes_of};
use super::{Files, address, numbered};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::verify::dialect::Dialect;
use crate::verify::ports::Ports;
use crate::verify::ruleset::{HostId, HostShape, Line, Ruleset, Subject};
use crate::verify::settings::{Setting, folder};

/// Objects by device group and name.
type Named<'o, V> = BTreeMap<&'o str, BTreeMap<&'o str, V>>;

/// A category of the user's own.
#[derive(Default)]
struct Category<'o> {
    kind: Once<'o>,
    entries: Vec<(&'o str, u32)>,
}

/// An external list.
#[derive(Default)]
struct External<'o> {
    kind: Once<'o>,
    url: Once<'o>,
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
    services: Named<'o, Service>,
    addresses: Named<'o, BTreeSet<[&'o str; 2]>>,
    groups: Named<'o, Vec<&'o str>>,
    categories: Named<'o, Category<'o>>,
    externals: Named<'o, External<'o>>,
    /// Objects of which something is said that is not followed, and where.
    strange: Named<'o, u32>,
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
            externals: BTreeMap::new(),
            strange: BTreeMap::new(),
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
            let category = self.categories.entry(scope).or_default().entry(name).or_default();
            return category.entries.extend(run.values.iter().map(|(entry, line)| (&**entry, *line)));
        }
        for (texts, line) in run.statements() {
            self.add_object(scope, &texts, line);
        }
    }

    fn add_object(&mut self, scope: &'o str, texts: &[&'o str], line: u32) {
        match texts {
            ["profiles", "custom-url-category", name, "type", kind] => {
                self.categories.entry(scope).or_default().entry(name).or_default().kind.set(kind);
            }
            ["service", name, "protocol", "tcp", "override", ..] => {
                self.services.entry(scope).or_default().entry(name).or_default();
            }
            ["service", name, "protocol", protocol, field, values @ ..] => {
                let service = self.services.entry(scope).or_default().entry(name).or_default();
                service.insert([(*protocol).to_owned(), (*field).to_owned(), values.join(" ")]);
            }
            ["service-group" | "address-group", name, "members" | "static", member] => {
                self.groups.entry(scope).or_default().entry(name).or_default().push(*member);
            }
            ["address", name, kind @ ("ip-netmask" | "ip-range" | "ip-wildcard" | "fqdn"), address] => {
                self.addresses.entry(scope).or_default().entry(name).or_default().insert([*kind, *address]);
            }
            ["address-group", name, "dynamic", ..] => {
                self.addresses.entry(scope).or_default().entry(name).or_default().insert(["dynamic", ""]);
            }
            ["external-list", name, "type", _, "url" | "certificate-profile", _, _, ..] => {
                self.strange.entry(scope).or_default().insert(*name, line);
            }
            ["external-list", name, "type", kind, field, value, ..] => {
                let list = self.externals.entry(scope).or_default().entry(name).or_default();
                list.kind.set(kind);
                match *field {
                    "url" => {
                        list.url.set(value);
                        list.line = line;
                    }
                    "certificate-profile" => list.certificate = Some(value),
                    "recurring" => list.schedule = Some(value),
                    "exception-list" => list.has_exceptions = true,
                    _ => {}
                }
            }
            [kind, name, ..] if OBJECTS.contains(kind) && !is_quiet(texts.get(2..).unwrap_or_default()) => {
                self.strange.entry(scope).or_default().insert(*name, line);
            }
            ["profiles", "custom-url-category", name, rest @ ..] if !is_quiet(rest) => {
                self.strange.entry(scope).or_default().insert(*name, line);
            }
            _ => {}
        }
    }

    /// Refuses an object of which something is said that is not followed.
    fn check(&self, scope: &str, name: &str) -> Result<(), String> {
        match get(&self.strange, scope, name) {
            Some(line) => Err(format!("what line {line} says of `{name}` is not followed")),
            None => Ok(()),
        }
    }

    /// Says where the lists are fetched from, how often, and how the server is known.
    pub(super) fn say_lists(&self, ruleset: &mut Ruleset) {
        let texts = |text: Option<&str>| text.map(str::to_owned).into_iter().collect();
        for list in self.externals.values().flat_map(BTreeMap::values) {
            let line = Line::new(self.path, list.line);
            let urls = list.url.0.iter().map(|url| folder(url)).collect();
            ruleset.says(Setting::ListFolder, &line, urls);
            ruleset.says(Setting::ListCertificate, &line, texts(list.certificate));
            ruleset.says(Setting::ListSchedule, &line, texts(list.schedule));
        }
    }

    /// The ports of a service, or of a group of services.
    pub(super) fn ports(&self, scope: &str, name: &str) -> Result<Ports, String> {
        let mut all = Ports::none();
        for name in self.members(scope, name, &self.services)? {
            let ports = match (get(&self.services, scope, &name), name.as_str()) {
                (Some(service), _) => ports_of(&name, service)?,
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

    fn networks(&self, scope: &str, name: &str) -> Result<Vec<HostShape>, String> {
        let mut all = Vec::new();
        for name in self.members(scope, name, &self.addresses)? {
            if let Some(said) = get(&self.addresses, scope, &name) {
                all.extend(shapes_of(&name, said)?);
            } else if get(&self.externals, scope, &name).is_some() {
                for (entry, line) in self.external(scope, &name, "ip")? {
                    let meaning = Dialect::Network.read(entry);
                    let meaning = meaning
                        .map_err(|reason| format!("{line}: {}", Dialect::Network.open(entry, &reason)))?;
                    all.extend(meaning.into_iter().map(|(host, _)| host));
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
        self.check(scope, &name)?;
        let entries = if let Some(Category { kind, entries }) = get(&self.categories, scope, &name) {
            if kind.get().map_err(|reason| format!("category `{name}`: {reason}"))? != "URL List" {
                return Err(format!("the category `{name}` is no URL list"));
            }
            let whole = Line::new(self.path, 0);
            entries.iter().map(|(entry, line)| (*entry, whole.at(*line))).collect()
        } else if get(&self.externals, scope, &name).is_some() {
            self.external(scope, &name, "url")?
        } else {
            return Err(format!("the entries of category `{name}` are not in the files"));
        };
        let pairs = Rc::new(self.pairs(&name, entries, ruleset));
        self.known.insert(key, pairs.clone());
        Ok(pairs)
    }

    fn pairs(&self, name: &str, entries: Vec<(&str, Line)>, ruleset: &mut Ruleset) -> Pairs {
        let mut pairs = Pairs::with_room(entries.len());
        let dialect = match self.panos.ending {
            Ending::Appended => Dialect::PanUrl,
            Ending::Open => Dialect::PanUrlOpen,
            Ending::Unknown => Dialect::PanUrlEither,
        };
        for (entry, line) in entries {
            match dialect.read(entry) {
                Ok(meaning) => {
                    for meant in meaning {
                        pairs.add(ruleset, name, meant, &line);
                    }
                }
                Err(reason) => {
                    pairs.is_cut = true;
                    ruleset.is_open(line, dialect.open(entry, &reason));
                }
            }
        }
        pairs
    }

    /// The entries of the file behind an external list.
    fn external(&self, scope: &str, name: &str, kind: &str) -> Result<Vec<(&'o str, Line)>, String> {
        let list = get(&self.externals, scope, name).ok_or_else(|| format!("there is no list `{name}`"))?;
        let one = |value: &Once<'o>| value.get().map_err(|reason| format!("list `{name}`: {reason}"));
        if one(&list.kind)? != kind {
            return Err(format!("`{name}` is no list of type `{kind}`"));
        }
        if list.has_exceptions {
            return Err(format!("list `{name}` has exceptions"));
        }
        let whole_url = one(&list.url)?;
        let url = whole_url.split(['?', '#']).next().unwrap_or_default();
        let found = self.files.named(url.rsplit('/').next().unwrap_or(url));
        let (path, bytes) =
            found.ok_or_else(|| format!("the file of list `{name}` is missing: {whole_url}"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| format!("the file of list `{name}` is no text"))?;
        let entries = numbered(text).map(|(line, entry)| (entry.trim(), line));
        let entries = entries.filter(|(entry, _)| !entry.is_empty());
        let whole = Line::new(path, 0);
        Ok(entries.map(|(entry, line)| (entry, whole.at(line))).collect())
    }

    /// The objects behind a name, groups resolved; a group in itself ends there. No group may have the name of one of
    /// `objects`.
    fn members<V>(&self, scope: &str, name: &str, objects: &Named<'_, V>) -> Result<Vec<String>, String> {
        let (mut open, mut seen, mut members) = (vec![name.to_owned()], BTreeSet::new(), Vec::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            self.check(scope, &name)?;
            match get(&self.groups, scope, &name) {
                Some(_) if get(objects, scope, &name).is_some() => {
                    return Err(format!("`{name}` is a list of others and something else as well"));
                }
                Some(group) => open.extend(group.iter().map(|member| (*member).to_owned())),
                None => members.push(name),
            }
        }
        Ok(members)
    }

    /// Says that an entry has no effect.
    pub(super) fn never(&mut self, entry: &str, reason: &str, line: &Line) {
        let message = format!("`{entry}` {reason}: the firewall never matches it");
        let place = Place::line(line.file.as_ref(), line.line);
        self.findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place));
    }
}

/// Kinds of objects that rules name.
const OBJECTS: [&str; 5] = ["address", "address-group", "external-list", "service", "service-group"];

/// Whether this of an object says nothing of what it holds.
fn is_quiet(said: &[&str]) -> bool {
    matches!(said, [] | [_] | ["description" | "disable-override" | "tag", _])
        || matches!(said, ["type", _, ..] if said.len() < 4)
        || matches!(said, ["protocol", _])
}

/// An object of the own group, of the firewall, or of all.
fn get<'m, V>(objects: &'m Named<'_, V>, scope: &str, name: &str) -> Option<&'m V> {
    [scope, "", "shared"].into_iter().find_map(|scope| objects.get(scope)?.get(name))
}

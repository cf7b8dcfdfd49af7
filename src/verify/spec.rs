//! `[[verify.<list>]]` of a `target.toml`: how the files of a target are read back.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;

use super::dialect::Dialect;
use super::ports::Ports;
use super::read_back::azure::{self, Azure};
use super::read_back::lines::{self, List};
use super::read_back::pac::{self, Pac};
use super::read_back::panos::{self, Panos};
use super::read_back::squid::{self, Plane, Squid};
use super::read_back::{Files, ReadError, Shelf};
use super::read_from::ReadFrom;
use super::ruleset::{Condition, Line, Ruleset};
use super::settings::Setting;
use crate::diagnostic::Findings;
use crate::pattern::Scheme;
use crate::target::Value;

/// One way to read a list back. A target that says the same in several formats has several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadBack {
    /// Which reader.
    pub reader: Reader,
    /// What it reads; of several matching files each is read.
    pub files: Vec<FileSpec>,
    /// Options that must have these values.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// Options that must say something.
    #[serde(default)]
    pub with: Vec<String>,
    /// Two options that must have different values.
    #[serde(default)]
    pub differ: Vec<String>,
    /// Two options that must have the same value.
    #[serde(default)]
    pub equal: Vec<String>,
    /// Another list of the target that the files do not tell this one from: then it is decided only that they hold
    /// all of this one.
    pub within: Option<String>,
    /// `lines`: what a line of comment starts with.
    pub comment: Option<String>,
    /// Which lines or rules decide.
    #[serde(default)]
    pub plane: PlaneName,
    /// `pac`: SHA-256 of the program behind the tables.
    pub program: Option<String>,
    /// What the files say beside their rules, each with the option whose value it has to be.
    #[serde(default)]
    pub settings: BTreeMap<Setting, String>,
    /// What the files say beside their rules and no option decides, each with the values that it has to have.
    #[serde(default)]
    pub always: BTreeMap<Setting, Vec<String>>,
    /// `panos`: reads the categories that stand beside external lists in their place: the part of the name of a list
    /// that the name of its category does not have.
    pub without_lists: Option<String>,
    /// `squid`: acls of the clients that stand in the user's own file.
    #[serde(default)]
    pub clients: Vec<String>,
    /// `squid`: whether connections are redirected to the proxy, so that a TLS connection is one to an address first.
    #[serde(default)]
    pub redirected: bool,
    /// `squid`: a connection counts only if both its destination and the server name it asks for are listed.
    #[serde(default)]
    pub both_names: bool,
}

/// The formats that can be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// One entry a line.
    Lines,
    /// Squid's configuration with its list files.
    Squid,
    /// Azure Firewall rule collection groups, in ARM, Bicep or Terraform.
    Azure,
    /// PAN-OS set commands or XML.
    Panos,
    /// A PAC file with tables of ours.
    Pac,
}

/// Which lines or rules of the files decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaneName {
    /// `http_access`.
    #[default]
    Access,
    /// `http_access`, for requests inside decrypted connections.
    Inside,
    /// `ssl_bump`.
    Bump,
    /// `azure`: what is allowed by rules that decrypt nothing.
    Untouched,
}

/// Files of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSpec {
    /// Path with placeholders `{list}`, `{port}`, `{scheme}`, `{group}` and `{part}`, as in `[[output]]`.
    pub path: String,
    /// `lines`: how an entry is written.
    pub entries: Option<Dialect>,
    /// Whether that rule does not look at the scheme, as `scheme-blind` of the list says; a path is then seen in clear
    /// text alone.
    #[serde(default)]
    pub scheme_blind: bool,
    /// Ports of the rule that uses the list, where the path does not say it. Without either it is for all ports.
    #[serde(default)]
    pub ports: Vec<u16>,
}

impl ReadBack {
    /// Whether the options ask for this reading.
    pub fn applies(&self, options: &BTreeMap<String, Value>) -> bool {
        let are_same = |pair: &[String]| match pair {
            [one, other] => Some(options.get(one) == options.get(other)),
            _ => None,
        };
        let says_something = |option: &String| {
            options.get(option).is_some_and(|value| value.texts().iter().any(|text| !text.is_empty()))
        };
        self.with.iter().all(says_something)
            && are_same(&self.differ) != Some(true)
            && are_same(&self.equal) != Some(false)
            && self.when.iter().all(|(option, wanted)| match options.get(option) {
                Some(Value::Text(text)) => text == wanted,
                Some(Value::Flag(flag)) => flag.to_string() == *wanted,
                _ => false,
            })
    }

    /// What it asks where another reading of the same file asks the plain question.
    pub(super) fn asked_for(&self) -> Option<&'static str> {
        match (self.plane, &self.without_lists) {
            (_, Some(_)) => Some("by spare categories"),
            (PlaneName::Inside, None) => Some("inside TLS"),
            (PlaneName::Untouched, None) => Some("without decryption"),
            (PlaneName::Access | PlaneName::Bump, None) => None,
        }
    }

    /// The file, or first of the files, that it reads.
    pub(super) fn file(&self) -> &str {
        self.files.first().map_or("", |file| file.path.as_str())
    }

    /// The files of list `name` that it reads, as they are called.
    pub(super) fn read_from(&self, name: &str, files: &Files<'_>) -> ReadFrom {
        let found = match self.reader {
            Reader::Lines | Reader::Azure => self.paths(name, files).unwrap_or_default(),
            Reader::Squid | Reader::Panos | Reader::Pac => {
                files.named(self.file()).map(|(path, _)| path).into_iter().collect()
            }
        };
        let first = self.files.first().and_then(|spec| path_pattern(&spec.path, name));
        let (of_first, others): (Vec<&str>, Vec<&str>) =
            found.into_iter().partition(|path| first.as_ref().is_none_or(|first| first.is_match(path)));
        let count = of_first.len() + others.len();
        ReadFrom { count, ..ReadFrom::new(if of_first.is_empty() { others } else { of_first }, self.file()) }
    }

    /// Whether it reads, in the same way as `other`, one file of the same bytes: then it comes to the same.
    pub(super) fn is_copy_of(&self, other: &Self, files: &Files<'_>) -> bool {
        let said = |reading: &Self| Self { files: Vec::new(), ..reading.clone() };
        let bytes = |reading: &Self| match reading.files.as_slice() {
            [one] if one.entries.is_none() => files.named(&one.path).map(|(_, bytes)| bytes),
            _ => None,
        };
        said(self) == said(other) && bytes(self).is_some_and(|own| bytes(other) == Some(own))
    }

    /// How the program is read that is run beside reading its tables, where it is one.
    pub fn pac(&self) -> Option<Pac<'_>> {
        let program = self.program.as_deref().unwrap_or_default();
        (self.reader == Reader::Pac).then(|| Pac {
            path: self.file(),
            plane: pac::Plane::Allow,
            program,
            escaped_dots: false,
        })
    }

    /// Reads the list called `name` from the files of `shelf`.
    pub fn read(
        &self,
        name: &str,
        shelf: &mut Shelf<'_>,
        findings: &mut Findings,
    ) -> Result<Ruleset, ReadError> {
        let files = shelf.files;
        match self.reader {
            Reader::Lines => lines::read(files, &self.lists(name, files)?, findings),
            Reader::Azure => azure::read(files, &self.azure(name, files)?, findings),
            Reader::Panos => {
                let plane = match self.plane {
                    PlaneName::Bump => panos::Plane::Decryption,
                    PlaneName::Access | PlaneName::Inside | PlaneName::Untouched => panos::Plane::Security,
                };
                let entry = self.file();
                let ending = panos::Ending::Unknown;
                let without_lists = self.without_lists.as_deref();
                let panos = Panos { entry, plane, ending, inside: false, without_lists };
                panos::read_from(shelf, &panos, findings)
            }
            Reader::Pac => {
                let plane = match name {
                    "direct" => pac::Plane::Direct,
                    "bypass" => pac::Plane::Bypass,
                    _ => pac::Plane::Allow,
                };
                let program = self.program.as_deref().unwrap_or_default();
                let pac = Pac { path: self.file(), plane, program, escaped_dots: false };
                pac::read_from(shelf, &pac, findings)
            }
            Reader::Squid => {
                let plane = match self.plane {
                    PlaneName::Access | PlaneName::Untouched => Plane::Access,
                    PlaneName::Inside => Plane::Inside,
                    PlaneName::Bump => Plane::Bump,
                };
                let entry = self.file();
                let squid = Squid { entry, plane, clients: &self.clients, redirected: Some(self.redirected) };
                squid::read(files, &squid, findings)
            }
        }
    }

    /// The same, where several readings may come to one ruleset.
    pub(super) fn read_shared(
        &self,
        name: &str,
        shelf: &mut Shelf<'_>,
        findings: &mut Findings,
    ) -> Result<Rc<Ruleset>, ReadError> {
        match self.reader {
            Reader::Azure => {
                let azure = self.azure(name, shelf.files)?;
                azure::read_from(shelf, azure, findings)
            }
            _ => self.read(name, shelf, findings).map(Rc::new),
        }
    }

    fn azure<'f>(&self, name: &str, files: &Files<'f>) -> Result<Azure<'f>, ReadError> {
        let plane = match self.plane {
            PlaneName::Bump => azure::Plane::Inspection,
            PlaneName::Untouched => azure::Plane::Untouched,
            PlaneName::Access | PlaneName::Inside => azure::Plane::Access,
        };
        Ok(Azure { paths: self.paths(name, files)?, plane })
    }

    /// The paths of all files that it reads.
    fn paths<'f>(&self, name: &str, files: &Files<'f>) -> Result<Vec<&'f str>, ReadError> {
        let mut paths = Vec::new();
        for spec in &self.files {
            let broken = || ReadError::new(&Line::new(&spec.path, 0), "the path cannot be matched");
            let pattern = path_pattern(&spec.path, name).ok_or_else(broken)?;
            paths.extend(files.iter().map(|(path, _)| path).filter(|path| pattern.is_match(path)));
        }
        Ok(paths)
    }

    fn lists<'s>(&'s self, name: &str, files: &Files<'s>) -> Result<Vec<List<'s>>, ReadError> {
        let mut lists = Vec::new();
        for spec in &self.files {
            let broken = |message: &str| ReadError::new(&Line::new(&spec.path, 0), message);
            let dialect =
                spec.entries.ok_or_else(|| broken("`entries` does not say how they are written"))?;
            let pattern =
                path_pattern(&spec.path, name).ok_or_else(|| broken("the path cannot be matched"))?;
            for (path, _) in files.iter() {
                if let Some(found) = pattern.captures(path) {
                    let condition = spec.condition(&found);
                    let comment = self.comment.as_deref();
                    lists.push(List { path, dialect, comment, condition, clear_paths: spec.scheme_blind });
                }
            }
        }
        Ok(lists)
    }
}

impl FileSpec {
    /// Schemes and ports: those of the path, else those of the folder, else all. A port without a scheme is
    /// taken for the scheme that it usually carries, for these lists do not look at it.
    fn condition(&self, found: &regex_lite::Captures<'_>) -> Condition {
        let of_path = found.name("port").and_then(|port| port.as_str().parse().ok());
        let ports: Vec<u16> = of_path.map_or_else(|| self.ports.clone(), |port| vec![port]);
        if ports.is_empty() {
            return Condition::any();
        }
        if self.scheme_blind {
            let but =
                |not: u16| Ports::new(ports.iter().filter(|port| **port != not).map(|port| (*port, *port)));
            return Condition { http: but(443), https: but(80) };
        }
        let (clear, tls): (Vec<u16>, Vec<u16>) = ports.into_iter().partition(|port| *port == 80);
        let ranges = |ports: Vec<u16>| Ports::new(ports.into_iter().map(|port| (port, port)));
        match found.name("scheme").map(|scheme| scheme.as_str()) {
            Some("http") => Condition { http: ranges(clear).or(&ranges(tls)), https: Ports::none() },
            Some(_) => Condition { http: Ports::none(), https: ranges(clear).or(&ranges(tls)) },
            None => Condition::any().with(Scheme::Http, ranges(clear)).with(Scheme::Https, ranges(tls)),
        }
    }
}

/// A path with placeholders as an expression.
fn path_pattern(path: &str, list: &str) -> Option<regex_lite::Regex> {
    // A port stands with its scheme where a list has it with both, unless the path says the scheme anyway.
    let port = if path.contains("{scheme}") {
        "(?P<port>[0-9]+)"
    } else {
        "(?P<port>[0-9]+)(?:-(?P<scheme>https?))?"
    };
    let text = regex_syntax::escape(path)
        .replace(r"\{list\}", &regex_syntax::escape(list))
        .replace(r"\{port\}", port)
        .replace(r"\{scheme\}", "(?P<scheme>https?)")
        .replace(r"\{group\}", "[a-z0-9_]+")
        .replace(r"\{part\}", "(?:-[0-9]+)?");
    regex_lite::Regex::new(&format!("^{text}$")).ok()
}

//! Squid's acls: what each name stands for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::squid_text::{Directive, entries};
use super::squid_types::tested;
use super::squid_values::{Overlaps, domain, network, range};
use super::{Files, ReadError};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::verify::ports::Ports;
use crate::verify::posix::RegularError;
use crate::verify::regular::{posix_hosts, posix_paths};
use crate::verify::ruleset::{HostId, HostShape, Line, PathId, Ruleset, Subject};
use crate::verify::settings::{Setting, folder};

/// What an acl tests.
#[derive(Clone, Debug)]
pub(super) enum Tested {
    /// The host, under one of its names.
    Hosts(HostId),
    /// Path and query of the URL.
    Paths(PathId),
    /// The port.
    Ports(Ports),
    /// The port that the client's connection goes to: of a redirected one that of the request.
    LocalPorts(Ports),
    /// The scheme of the URL, upper case.
    Proto(Vec<String>),
    /// The method, upper case.
    Method(Vec<String>),
    /// The step of a TLS connection.
    Step(Vec<String>),
    /// The client's address: every request is taken to come from the clients that the files are for.
    Client,
    /// The client's login: who has none is asked for it, and fails.
    Login,
    /// Something else; why it is not followed.
    Unknown(String),
}

/// One acl.
#[derive(Clone, Debug)]
pub(super) struct Acl {
    /// Its type as it is written, with its options.
    kind: String,
    is_expression: bool,
    ignores_case: bool,
    pub(super) tested: Tested,
    /// Why not all its entries are followed.
    pub(super) doubt: Option<String>,
    /// Of one that tests the client: the networks as they are written, or the name of an acl in another file.
    pub(super) clients: Vec<String>,
    overlaps: Overlaps,
}

/// Bytes that list files may come to beyond twice the files themselves: one that many acls name is read for each.
const SPARE_BYTES: usize = 4 << 20;

/// All acls by name.
pub(super) struct Acls<'f> {
    files: &'f Files<'f>,
    /// Bytes of list files that may still be read.
    bytes: usize,
    pub(super) by_name: BTreeMap<String, Acl>,
}

impl<'f> Acls<'f> {
    /// The acls that Squid has by itself, and those of `clients`, which stand in another file.
    pub(super) fn new(files: &'f Files<'f>, clients: &[String], ruleset: &mut Ruleset) -> Self {
        let acl = |kind: &str, tested| Acl::new(kind.to_owned(), tested);
        let mut by_name = BTreeMap::new();
        let client = |name: &str| Acl { clients: vec![name.to_owned()], ..acl("src", Tested::Client) };
        by_name.insert("all".to_owned(), client("all"));
        by_name.insert("CONNECT".to_owned(), acl("method", Tested::Method(vec!["CONNECT".into()])));
        // Requests about the proxy itself: none of them is in the universe.
        for name in ["localhost", "manager", "to_localhost", "to_linklocal"] {
            let never = ruleset.add_hosts(name, Subject::Destination);
            by_name.insert(name.to_owned(), acl("src", Tested::Hosts(never)));
        }
        for name in clients {
            by_name.insert(name.clone(), client(name));
        }
        let all: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        Self { files, bytes: SPARE_BYTES + 2 * all, by_name }
    }

    /// Takes an `acl` line.
    pub(super) fn define(
        &mut self,
        directive: &Directive,
        ruleset: &mut Ruleset,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let error = |message: String| ReadError::new(&directive.line, message);
        let [_, name, kind, words @ ..] = directive.tokens.as_slice() else {
            return Err(error("an acl line needs a name and a type".into()));
        };
        let options = words.iter().take_while(|word| word.starts_with('-') && word.len() > 1).count();
        let (options, values) = words.split_at(options);
        let whole = format!("{kind} {}", options.join(" ")).trim_end().to_owned();
        let mut acl = match self.by_name.remove(name) {
            Some(known) if known.kind.split(' ').next() == Some(kind.as_str()) => known,
            Some(_) => return Err(error(format!("acl `{name}` has another type above"))),
            None => Acl::new(whole, tested(name, kind, options, &directive.line, ruleset).map_err(&error)?),
        };
        for path in values.iter().filter_map(|word| list_file(word)) {
            ruleset.says(Setting::ListFolder, &directive.line, vec![folder(path)]);
        }
        let values = self.values(name, values, &directive.line, findings)?;
        if values.is_empty() && !matches!(acl.tested, Tested::Unknown(_)) {
            let message = format!("acl `{name}` is empty: it matches nothing");
            findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place(&directive.line)));
        }
        acl.reserve(values.len(), ruleset);
        for (value, line) in values {
            acl.add(name, &value, line, ruleset, findings)?;
        }
        self.by_name.insert(name.clone(), acl);
        Ok(())
    }

    /// The values of a line, those in list files among them.
    fn values<'v>(
        &mut self,
        name: &str,
        words: &'v [String],
        line: &Line,
        findings: &mut Findings,
    ) -> Result<Vec<(Cow<'v, str>, Line)>, ReadError>
    where
        'f: 'v,
    {
        let mut values = Vec::new();
        for word in words {
            let Some(path) = list_file(word) else {
                values.push((Cow::Borrowed(word.as_str()), line.clone()));
                continue;
            };
            match self.files.named(path) {
                Some(file) => {
                    let left = self.bytes.checked_sub(file.1.len());
                    let too_often = || ReadError::new(line, "list files are named too often");
                    self.bytes = left.ok_or_else(too_often)?;
                    values.extend(entries(file));
                }
                None => {
                    let message =
                        format!("acl `{name}` reads `{path}`, which is missing: it matches nothing");
                    findings.push(Finding::warning(Code::ListFileMissing, message).at(place(line)));
                }
            }
        }
        Ok(values)
    }
}

/// The path of a list file, in quotes where entries stand.
fn list_file(word: &str) -> Option<&str> {
    word.strip_prefix('"').map(|path| path.trim_end_matches('"'))
}

pub(super) fn place(line: &Line) -> Place {
    Place::line(line.file.as_ref(), line.line)
}

impl Acl {
    fn new(kind: String, tested: Tested) -> Self {
        let is_expression = kind.contains("regex");
        let ignores_case = kind.split(' ').any(|option| option == "-i");
        Self {
            kind,
            is_expression,
            ignores_case,
            tested,
            doubt: None,
            clients: Vec::new(),
            overlaps: Overlaps::default(),
        }
    }

    /// Makes room for so many values.
    fn reserve(&mut self, count: usize, ruleset: &mut Ruleset) {
        if let Tested::Hosts(set) = self.tested {
            ruleset.reserve_hosts(set, count);
            self.overlaps.reserve(count);
        }
    }

    fn add(
        &mut self,
        name: &str,
        value: &str,
        line: Line,
        ruleset: &mut Ruleset,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        match &mut self.tested {
            Tested::Hosts(set) if self.is_expression => {
                let shape = posix_hosts(value, self.ignores_case);
                if let Some(shape) = expression(&mut self.doubt, name, value, &line, shape)? {
                    ruleset.add_host(*set, shape, line);
                }
            }
            Tested::Hosts(set) if self.kind.starts_with("dst ") => match network(value) {
                Some(net) => ruleset.add_host(*set, HostShape::Net(net), line),
                None if value == "all" => ruleset.add_host(*set, HostShape::Any, line),
                None => self.doubt = Some(format!("`{value}` is no network")),
            },
            Tested::Hosts(set) => match domain(value) {
                Some((base, dotted)) => {
                    self.overlaps.add(name, &base, dotted, &line, findings);
                    let shape =
                        if dotted { HostShape::Below { base, apex: true } } else { HostShape::Exact(base) };
                    ruleset.add_host(*set, shape, line);
                }
                None => {
                    let message = format!("`{value}` in acl `{name}` never matches: it is no name");
                    let finding = Finding::warning(Code::EntryNeverMatches, message).at(place(&line));
                    findings
                        .push(finding.help("write `name` or `.name`, without a scheme, port, path or `*`"));
                }
            },
            Tested::Paths(set) => {
                let set = *set;
                // Escapes are decoded before the comparison, so a `%` in the text is seldom one in the request.
                if value.contains('%') {
                    self.doubt = Some(format!("`{value}` is compared with the decoded path"));
                    return Ok(());
                }
                let shape = posix_paths(value, self.ignores_case);
                if let Some(shape) = expression(&mut self.doubt, name, value, &line, shape)? {
                    ruleset.add_path(set, shape, line);
                }
            }
            Tested::Ports(ports) | Tested::LocalPorts(ports) => {
                let range =
                    range(value).ok_or_else(|| ReadError::new(&line, format!("`{value}` is no port")))?;
                *ports = ports.or(&Ports::new([range]));
            }
            Tested::Proto(words) | Tested::Method(words) | Tested::Step(words) => {
                words.push(value.to_ascii_uppercase());
            }
            Tested::Client => self.clients.push(value.to_owned()),
            Tested::Login | Tested::Unknown(_) => {}
        }
        Ok(())
    }
}

/// The shape of an expression; none if it is not followed, an error if Squid refuses it.
fn expression<S>(
    doubt: &mut Option<String>,
    name: &str,
    value: &str,
    line: &Line,
    shape: Result<S, RegularError>,
) -> Result<Option<S>, ReadError> {
    match shape {
        Ok(shape) => Ok(Some(shape)),
        Err(RegularError::Wrong(why)) => {
            Err(ReadError::new(line, format!("`{value}` in acl `{name}` is no regular expression: {why}")))
        }
        Err(why @ RegularError::Unsupported(_)) => {
            *doubt = Some(format!("`{value}` {why}"));
            Ok(None)
        }
    }
}

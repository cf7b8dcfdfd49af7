//! Squid's acls: what each name stands for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::squid_built_in::{OWN_ADDRESSES, is_known_of};
use super::squid_text::{Directive, entries};
use super::squid_types::tested;
use super::squid_values::{Overlaps, domain, may_end_an_address, network, range};
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
    /// The method.
    Method(Vec<String>),
    /// The step of a TLS connection.
    Step(Vec<String>),
    /// The client's address.
    Client,
    /// The proxy's own address as that of a client: no request comes from there.
    Proxy,
    /// Requests that ask the proxy itself for something.
    Manager,
    /// The client's login: who has none is asked for it, and fails.
    Login,
    /// Something else; why it is not followed.
    Unknown(String),
}

/// One acl.
#[derive(Clone, Debug)]
pub(super) struct Acl {
    /// Its type as it is written, with its options.
    pub(super) kind: String,
    is_expression: bool,
    /// Whether Squid has it by itself.
    is_built_in: bool,
    pub(super) tested: Tested,
    /// Why not all its entries are followed.
    pub(super) doubt: Option<String>,
    /// Of one that tests the client: the networks as they are written, or the name of an acl in another file.
    pub(super) clients: Vec<String>,
    overlaps: Overlaps,
}

/// Bytes that list files may come to beyond twice the files themselves: one that many acls name is read for each.
const SPARE_BYTES: usize = 4 << 20;

/// All acls by name, in small letters: Squid does not look at the case of names.
pub(super) struct Acls<'f> {
    files: &'f Files<'f>,
    /// Bytes of list files that may still be read.
    bytes: usize,
    by_name: BTreeMap<String, Acl>,
}

impl<'f> Acls<'f> {
    /// The acls that Squid has by itself, and those of `clients`, which stand in another file.
    pub(super) fn new(files: &'f Files<'f>, clients: &[String], ruleset: &mut Ruleset) -> Self {
        let acl = |kind: &str, tested| Acl { is_built_in: true, ..Acl::new(kind.to_owned(), tested) };
        let client = |name: &str| Acl { clients: vec![name.to_owned()], ..acl("src", Tested::Client) };
        let mut by_name = BTreeMap::new();
        by_name.insert("all".to_owned(), client("all"));
        by_name.insert("connect".to_owned(), acl("method", Tested::Method(vec!["CONNECT".into()])));
        by_name.insert("localhost".to_owned(), acl("src", Tested::Proxy));
        by_name.insert("manager".to_owned(), acl("url_regex", Tested::Manager));
        for (name, networks) in OWN_ADDRESSES {
            let set = ruleset.add_hosts(name, Subject::Destination);
            for net in networks.iter().filter_map(|net| network(net)) {
                let line = Line::new(&format!("`{name}`, which Squid has by itself"), 0);
                ruleset.add_host(set, HostShape::Net(net), line);
            }
            by_name.insert(name.to_owned(), acl("dst", Tested::Hosts(set)));
        }
        for name in clients {
            by_name.insert(key(name), Acl { is_built_in: false, ..client(name) });
        }
        let all: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        Self { files, bytes: SPARE_BYTES + 2 * all, by_name }
    }

    /// The acl that a rule names.
    pub(super) fn get(&self, name: &str) -> Option<&Acl> {
        self.by_name.get(&key(name))
    }

    /// Sets of hosts of the files themselves, with the names of their acls.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&str, HostId)> {
        self.by_name.iter().filter(|(_, acl)| !acl.is_built_in).filter_map(|(name, acl)| match acl.tested {
            Tested::Hosts(set) => Some((name.as_str(), set)),
            _ => None,
        })
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
        let is_option = |word: &&String| word.len() > 1 && (word.starts_with('-') || word.as_str() == "+i");
        let options = words.iter().take_while(is_option).count();
        let (options, values) = words.split_at(options);
        // Whether letters stand for both their cases is said anew by each line, and may change within it.
        let (cases, options): (Vec<&str>, Vec<&str>) =
            options.iter().map(String::as_str).partition(|option| ignores_case(option).is_some());
        let is_expression = kind.contains("regex");
        if let Some(option) = cases.first().filter(|_| !is_expression) {
            return Err(error(format!("a `{kind}` acl has no option `{option}`")));
        }
        let whole = format!("{kind} {}", options.join(" ")).trim_end().to_owned();
        let mut acl = match self.by_name.remove(&key(name)) {
            Some(known) if known.kind == whole => known,
            Some(known) if known.kind.split(' ').next() == Some(kind.as_str()) => {
                let reason =
                    format!("the lines of acl `{name}` have different options: give all of them the same");
                ruleset.cannot_decide(directive.line.clone(), reason);
                known
            }
            Some(_) => return Err(error(format!("acl `{name}` has another type above"))),
            None => Acl::new(whole, tested(name, kind, &options, &directive.line, ruleset).map_err(&error)?),
        };
        for path in values.iter().filter_map(|word| list_file(word)) {
            ruleset.says(Setting::ListFolder, &directive.line, vec![folder(path)]);
        }
        if let Some(path) = values.iter().find_map(|word| list_file(word))
            && self.files.named(path).is_none()
        {
            let reason = format!("what acl `{name}` holds is not known, for `{path}` is not among the files");
            ruleset.cannot_decide(directive.line.clone(), reason);
        }
        let values = self.values(name, values, &directive.line, findings)?;
        if values.is_empty() && !matches!(acl.tested, Tested::Unknown(_)) {
            let message = format!("acl `{name}` is empty: it matches nothing");
            findings.push(Finding::warning(Code::EntryNeverMatches, message).at(place(&directive.line)));
        }
        acl.reserve(values.len(), ruleset);
        let mut ignore_case = cases.last().and_then(|option| ignores_case(option)).unwrap_or_default();
        for (value, line) in values {
            match ignores_case(&value).filter(|_| is_expression) {
                Some(ignored) => ignore_case = ignored,
                None => acl.add(name, (&value, ignore_case), line, ruleset, findings)?,
            }
        }
        self.by_name.insert(key(name), acl);
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
                    values.extend(entries(file)?);
                }
                None => {
                    let message =
                        format!("acl `{name}` reads `{path}`, which is missing: it matches nothing");
                    findings.push(Finding::warning(Code::ListFileMissing, message).at(place(line)));
                }
            }
            break;
        }
        // What stands behind a file is not read.
        let read = words.iter().position(|word| list_file(word).is_some()).map_or(words.len(), |at| at + 1);
        if let Some(word) = words.get(read) {
            let message =
                format!("`{word}` in acl `{name}` never matches: Squid reads nothing behind a file");
            let finding = Finding::warning(Code::EntryNeverMatches, message).at(place(line));
            findings.push(finding.help("give it an `acl` line of its own"));
        }
        Ok(values)
    }
}

/// The name of an acl as it is compared.
pub(super) fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// What an option says of the case of letters, if it is about that.
fn ignores_case(option: &str) -> Option<bool> {
    match option {
        "-i" => Some(true),
        "+i" => Some(false),
        _ => None,
    }
}

/// The path of a list file, in quotes where entries stand. What stands behind the second quote is not read.
fn list_file(word: &str) -> Option<&str> {
    word.strip_prefix(QUOTES).map(|path| path.split(QUOTES).next().unwrap_or_default())
}

const QUOTES: [char; 2] = ['"', '\''];

pub(super) fn place(line: &Line) -> Place {
    Place::line(line.file.as_ref(), line.line)
}

impl Acl {
    fn new(kind: String, tested: Tested) -> Self {
        let is_expression = kind.contains("regex");
        Self {
            kind,
            is_expression,
            is_built_in: false,
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

    /// Takes a value; `ignore_case` is for expressions.
    fn add(
        &mut self,
        name: &str,
        (value, ignore_case): (&str, bool),
        line: Line,
        ruleset: &mut Ruleset,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        if self.is_built_in && !is_known_of(&key(name), value) {
            self.doubt =
                Some(format!("`{value}` is more than Squid gives it by itself: name an acl of your own"));
            return Ok(());
        }
        match &mut self.tested {
            Tested::Hosts(set) if self.is_expression => {
                let shape = posix_hosts(value, ignore_case);
                if let Some(shape) = expression(&mut self.doubt, name, value, &line, shape)? {
                    ruleset.add_host(*set, shape, line);
                }
            }
            Tested::Hosts(set) if self.kind.split(' ').next() == Some("dst") => match network(value) {
                Some(net) => ruleset.add_host(*set, HostShape::Net(net), line),
                None if value == "all" => ruleset.add_host(*set, HostShape::Any, line),
                None => self.doubt = Some(format!("`{value}` is no network")),
            },
            // The text of an address is compared like any other.
            Tested::Hosts(_) if may_end_an_address(value) => {
                self.doubt = Some(format!("`{value}` is compared with the text of addresses too"));
            }
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
                let shape = posix_paths(value, ignore_case);
                if let Some(shape) = expression(&mut self.doubt, name, value, &line, shape)? {
                    ruleset.add_path(set, shape, line);
                }
            }
            Tested::Ports(ports) | Tested::LocalPorts(ports) => {
                let range =
                    range(value).ok_or_else(|| ReadError::new(&line, format!("`{value}` is no port")))?;
                *ports = ports.or(&Ports::new([range]));
            }
            Tested::Method(words) => words.push(value.to_owned()),
            Tested::Proto(words) | Tested::Step(words) => words.push(value.to_ascii_uppercase()),
            Tested::Client => self.clients.push(value.to_owned()),
            Tested::Proxy | Tested::Manager | Tested::Login | Tested::Unknown(_) => {}
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

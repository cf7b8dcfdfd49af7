//! Our PAC files: the tables in front of the program, as one ruleset for each question.
//!
//! The program behind the tables is the same in every file. Here it is only recognised, by its digest; what it does with
//! the tables is written down once more below, and `pac_engine` runs it to see that both agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::literal::{Between, Literal, value};
use super::token::{JAVASCRIPT, Kind, Tokens};
use super::{Files, ReadError, Shelf, numbered, pac_tables};
use crate::allowlist::Product;
use crate::diagnostic::Findings;
use crate::pattern::Scheme;
use crate::verify::ruleset::{Line, Ruleset};
use crate::verify::settings::Setting;

/// How to read the file.
#[derive(Clone, Debug)]
pub struct Pac<'p> {
    /// Its path.
    pub path: &'p str,
    /// Which requests are asked for.
    pub plane: Plane,
    /// SHA-256 of the program that the tables are for, from its first function to the end of the file.
    pub program: &'p str,
    /// Whether paths with an escaped dot count. The program takes none of them for a listed path, so with `true`
    /// a list with paths is never quite the same.
    pub escaped_dots: bool,
}

/// Which requests are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Those of the allowlist: whatever does not take the default route.
    Allow,
    /// TLS that no proxy inspects: by the route for that, or direct.
    Bypass,
    /// Those without a proxy.
    Direct,
}

impl Plane {
    /// The question that a product answers.
    pub fn of(product: Product) -> Self {
        match product {
            Product::Allow => Self::Allow,
            Product::Bypass => Self::Bypass,
            Product::Direct => Self::Direct,
        }
    }

    /// The tables that have them.
    pub(super) fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Allow => &["direct", "bypass", "allow"],
            Self::Bypass => &["direct", "bypass"],
            Self::Direct => &["direct"],
        }
    }
}

/// What stands in front of the program.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Route by table.
    pub routes: BTreeMap<String, String>,
    /// Route of everything else.
    pub default: String,
    /// SHA-256 of the program.
    pub program: String,
    pub(super) entries: Vec<Table>,
}

/// The entries for one scheme and port.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) kind: String,
    pub(super) scheme: Scheme,
    pub(super) port: u16,
    pub(super) entries: Literal,
}

/// Bytes of a file that are read: more than any client takes.
const LARGEST: usize = 4 << 20;

/// A key whose entries every look-up finds that finds no own one.
pub(super) const PROTOTYPE: &str = "__proto__";

/// Tables of a file: a few for each port.
const MOST_TABLES: usize = 1_000;

/// The tables of a file, or `None` if it is a PAC file of somebody else.
pub fn tables(path: &str, text: &str) -> Result<Option<Tables>, ReadError> {
    let Some((head, program)) = text.split_once("\nfunction ") else { return Ok(None) };
    let has_tables = head.lines().any(|line| line.starts_with("var MDE = "));
    if !has_tables {
        return Ok(None);
    }
    check_line_ends(path, head)?;
    let program = digest(program);
    let mut found = Tables { routes: BTreeMap::new(), default: String::new(), program, entries: Vec::new() };
    let mut tokens = Tokens::new(head, JAVASCRIPT);
    loop {
        while tokens.skip_lines() || tokens.take(";") {}
        if tokens.peek().is_none() && tokens.broken.is_none() {
            return Ok(Some(found));
        }
        let line = tokens.line();
        if let Err(message) = statement(&mut tokens, &mut found) {
            let message = tokens.broken.map_or(message, str::to_owned);
            return Err(ReadError::new(&Line::new(path, line.max(tokens.line())), message));
        }
    }
}

/// SHA-256 of the program from its first function on. Which of the usual line ends it has changes nothing of it.
fn digest(program: &str) -> String {
    let program = format!("function {program}").replace("\r\n", "\n");
    Sha256::digest(program).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text never fails.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What stands in a comment here stands behind it for an engine, if the line ends in between.
fn check_line_ends(path: &str, head: &str) -> Result<(), ReadError> {
    const OTHER_ENDS: [char; 3] = ['\r', '\u{2028}', '\u{2029}'];
    for (number, line) in numbered(head) {
        if let Some(end) = line.chars().find(|c| OTHER_ENDS.contains(c)) {
            let message = format!("a line ends by U+{:04X} in the middle of this one", u32::from(end));
            return Err(ReadError::new(&Line::new(path, number), message));
        }
    }
    Ok(())
}

/// `var NAME = …;` or `MDE["allow https:443"] = …;`
fn statement(tokens: &mut Tokens<'_>, found: &mut Tables) -> Result<(), String> {
    let word = tokens.take_word().ok_or("neither a variable nor a table")?;
    let name =
        if word == "var" { tokens.take_word().ok_or("a variable without a name")? } else { word.clone() };
    let key = if word != "var" && tokens.take("[") {
        let key = tokens.take_text().ok_or("a table without a name")?;
        if !tokens.take("]") {
            return Err("`[` without `]`".into());
        }
        Some(key)
    } else {
        None
    };
    if !tokens.take("=") {
        return Err(format!("`{name}` without a value"));
    }
    tokens.skip_lines();
    let said = value(tokens, Between::Comma, &[":"])?;
    if !tokens.peek().is_none_or(|token| token.kind == Kind::Line || token.text == ";") {
        return Err("something behind the end of a value".into());
    }
    match (name.as_str(), key) {
        ("MDE_ROUTES", None) => {
            for (kind, route) in said.entries() {
                if kind == PROTOTYPE {
                    return Err(format!("`{kind}` is not followed"));
                }
                let route = route.text().ok_or("a route that is no text")?;
                found.routes.insert(kind.clone(), route.to_owned());
            }
        }
        ("MDE_DEFAULT", None) => said.text().ok_or("a route that is no text")?.clone_into(&mut found.default),
        ("MDE", None) if said.entries().is_empty() => found.entries.clear(),
        // The program makes its index itself.
        ("MDE_LIMITED", None) if word == "var" => {}
        ("MDE", Some(key)) => {
            let table = table(&key, said).ok_or_else(|| format!("`{key}` is the name of no table"))?;
            let same = |known: &Table| {
                (&known.kind, known.scheme, known.port) == (&table.kind, table.scheme, table.port)
            };
            found.entries.retain(|known| !same(known));
            if found.entries.len() >= MOST_TABLES {
                return Err("too many tables".into());
            }
            found.entries.push(table);
        }
        _ => return Err(format!("`{name}` is not followed")),
    }
    Ok(())
}

fn table(key: &str, entries: Literal) -> Option<Table> {
    let (kind, ports) = key.split_once(' ')?;
    let (scheme, port) = ports.split_once(':')?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return None,
    };
    // The program compares the text of the port.
    let number: u16 = port.parse().ok().filter(|number: &u16| number.to_string() == port)?;
    Plane::Allow.kinds().contains(&kind).then(|| Table {
        kind: kind.to_owned(),
        scheme,
        port: number,
        entries,
    })
}

/// The path and text of a file.
pub(super) fn file<'f>(files: &Files<'f>, path: &str) -> Result<(&'f str, &'f str), ReadError> {
    let whole = Line::new(path, 0);
    let (path, bytes) = files.named(path).ok_or_else(|| ReadError::new(&whole, "there is no such file"))?;
    if bytes.len() > LARGEST {
        return Err(ReadError::new(&whole, "the file is too large"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::new(&whole, "the file is no text"))?;
    Ok((path, text))
}

/// What the tables say. A file of somebody else is undecided: only an engine can ask it.
pub fn read(files: &Files<'_>, pac: &Pac<'_>, findings: &mut Findings) -> Result<Ruleset, ReadError> {
    read_from(&mut Shelf::new(files), pac, findings)
}

/// The same for a file that may be parsed already.
pub(in crate::verify) fn read_from(
    shelf: &mut Shelf<'_>,
    pac: &Pac<'_>,
    findings: &mut Findings,
) -> Result<Ruleset, ReadError> {
    let (path, tables) = shelf.tables(pac.path)?;
    let mut ruleset = Ruleset::default();
    let Some(tables) = tables.as_ref() else {
        ruleset.cannot_decide(Line::new(path, 0), "a program without our tables is only asked, not decided");
        return Ok(ruleset);
    };
    if !tables.program.eq_ignore_ascii_case(pac.program) {
        ruleset.cannot_decide(Line::new(path, 0), "the program behind the tables is another one");
    }
    if pac.plane == Plane::Bypass && tables.routes.get("bypass") == tables.routes.get("allow") {
        let reason = "what must not be inspected has the same route as the allowlist";
        ruleset.cannot_decide(Line::new(path, 0), reason);
    }
    say_routes(path, tables, &mut ruleset);
    pac_tables::add_rules(path, tables, pac, &mut ruleset, findings);
    Ok(ruleset)
}

/// A table whose route is missing has none, which no option says.
fn say_routes(path: &str, tables: &Tables, ruleset: &mut Ruleset) {
    let of = |kind: &str| tables.routes.get(kind).cloned().unwrap_or_default();
    for (setting, route) in [
        (Setting::RouteAllow, of("allow")),
        (Setting::RouteBypass, of("bypass")),
        (Setting::RouteDirect, of("direct")),
        (Setting::RouteDefault, tables.default.clone()),
    ] {
        ruleset.says(setting, &Line::new(path, 0), vec![route]);
    }
}

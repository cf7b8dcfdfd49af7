//! Runs the program behind the tables of a PAC file, to see that it does what the tables are read to say.

use super::pac::{Pac, Plane, Tables, file, tables};
use super::pac_edges::{Edge, few_edges};
use super::pac_engine::{Engine, EngineError, Route};
use super::pac_guard::Guarded;
use super::pac_sampled::Routes;
use super::{Shelf, pac_tables};
use crate::allowlist::{Allowlist, Product};
use crate::diagnostic::{Code, Finding, Findings, Place};
use crate::pattern::Request;
use crate::verify::lookup::Lookup;
use crate::verify::ruleset::Ruleset;

/// Entries of any list that are asked about. Of a longer one as many, spread over it: each costs microseconds, and
/// the program goes the same ways for all.
const MOST_ENTRIES: usize = 4_000;
/// Disagreements that are told.
const SHOWN: usize = 5;

/// About how many entries a program was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Entries that were asked about.
    pub entries: usize,
    /// Entries of the list.
    pub of: usize,
}

impl Asked {
    /// Whether that is every entry.
    pub fn is_all(self) -> bool {
        self.entries == self.of
    }
}

/// Runs the file on the edges of the list's entries. Nothing where there is no program with tables: that is told by
/// whoever reads them.
pub(crate) fn check(
    list: &Allowlist,
    shelf: &mut Shelf<'_>,
    pac: &Pac<'_>,
    findings: &mut Findings,
) -> Option<Asked> {
    let (path, known) = shelf.tables(pac.path).ok()?;
    let known = known.as_ref().as_ref()?;
    let (_, text) = file(shelf.files, path).ok()?;
    let mut read = Ruleset::default();
    // What the tables lack is told by those readings too.
    let all = Pac { plane: Plane::Allow, ..pac.clone() };
    pac_tables::add_rules(path, known, &all, &mut read, &mut Findings::default());
    let of = list.entries().len();
    let step = of.div_ceil(MOST_ENTRIES).max(1);
    let entries: Vec<_> = list.entries().iter().step_by(step).collect();
    let edges: Vec<Edge> = entries.iter().flat_map(|entry| few_edges(&entry.pattern)).collect();
    let mut faults = Faults { path, findings, told: 0 };
    if let Err(error) = ask(text, known, &edges, &read, &mut faults) {
        faults.tell(error.to_string());
    }
    Some(Asked { entries: entries.len(), of })
}

/// What is wrong with one file.
struct Faults<'f> {
    path: &'f str,
    findings: &'f mut Findings,
    told: usize,
}

impl Faults<'_> {
    fn tell(&mut self, message: String) {
        self.told += 1;
        if self.told <= SHOWN {
            let finding = Finding::error(Code::ProgramDisagrees, message);
            self.findings.push(finding.at(Place::file(self.path)));
        }
    }

    fn compare(&mut self, edge: &Edge, route: &Route, wanted: &str, table: &str) {
        let url = &edge.url;
        if route.depends {
            self.tell(format!(
                "for `{url}` the program asks for names, its own address or the time, and another machine answers otherwise"
            ));
        } else if route.text != wanted {
            self.tell(format!(
                "the program takes the route `{}` for `{url}`, and its tables say `{wanted}`, that of `{table}`",
                route.text
            ));
        }
    }
}

/// Every edge by the names of the tables; by the routes themselves one edge of each table is enough.
fn ask(
    text: &str,
    known: &Tables,
    edges: &[Edge],
    read: &Ruleset,
    faults: &mut Faults<'_>,
) -> Result<(), EngineError> {
    let lookup = Lookup::new(read);
    let wanted: Vec<&str> = edges.iter().map(|edge| table_of(&lookup, edge)).collect();
    let engine = Engine::load(text)?;
    for table in ["direct", "bypass", "allow", "default"] {
        let of_table = edges.iter().zip(&wanted).find(|(_, wanted)| **wanted == table);
        let route = if table == "default" { Some(&known.default) } else { known.routes.get(table) };
        if let Some((edge, _)) = of_table {
            let route = route.map_or("", String::as_str);
            faults.compare(edge, &engine.route(&edge.url, &edge.host)?, route, table);
        }
    }
    engine.name_tables()?;
    for (edge, wanted) in edges.iter().zip(wanted) {
        faults.compare(edge, &engine.route(&edge.url, &edge.host)?, wanted, wanted);
    }
    Ok(())
}

/// The table that the program asks first among those that have the request.
fn table_of<'r>(lookup: &Lookup<'r>, edge: &Edge) -> &'r str {
    let set = lookup.find(&edge.request).and_then(|found| found.set);
    set.and_then(|set| set.name.split(' ').next()).unwrap_or("default")
}

/// A PAC file that is asked about single requests.
pub struct Program {
    engine: Guarded,
    /// What its tables are called and where they lead, where it has any that can be read.
    known: Option<Tables>,
    /// Otherwise: what names get that no list has.
    unlisted: Routes,
}

/// What a program does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The table that leads there, or the product that the route looks like; nothing for the route of all others.
    pub product: Option<Product>,
    /// The route.
    pub route: String,
}

impl Program {
    /// Loads a file.
    pub fn load(path: &str, text: &str) -> Result<Self, EngineError> {
        let unlisted = Routes::but_unlisted(&Guarded::load(text, false)?)?;
        let known = tables(path, text).ok().flatten();
        let engine = Guarded::load(text, known.is_some())?;
        Ok(Self { engine, known, unlisted })
    }

    /// What it does with a request.
    pub fn answer(&self, request: &Request) -> Result<Answer, EngineError> {
        let Edge { url, host, .. } = Edge::of(request.clone());
        let said = self.engine.route(&url, &host)?.text;
        Ok(self.by_table(&said).unwrap_or_else(|| {
            let product = self.unlisted.count(&said).then(|| match said.trim() {
                "DIRECT" => Product::Direct,
                _ => Product::Allow,
            });
            Answer { product, route: said }
        }))
    }

    /// The tables were given their own names as routes; a program that does not look at them says something else.
    fn by_table(&self, said: &str) -> Option<Answer> {
        let known = self.known.as_ref()?;
        if said == "default" {
            return Some(Answer { product: None, route: known.default.clone() });
        }
        let product =
            [Product::Direct, Product::Bypass, Product::Allow].into_iter().find(|p| p.as_str() == said)?;
        Some(Answer { product: Some(product), route: known.routes.get(said)?.clone() })
    }
}

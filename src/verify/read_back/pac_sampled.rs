//! A PAC file of somebody else: what its program does at the edges of every entry. That is no proof, for nobody knows
//! what it does between them.

use std::collections::{BTreeMap, BTreeSet};

use super::pac_edges::{Edge, edges};
use super::pac_engine::EngineError;
use super::pac_guard::Guarded;
use crate::allowlist::{Allowlist, Entry, Product};
use crate::pattern::{Path, Pattern, Request, Scheme};
use crate::verify::expected::{Builder, Meant, is_member, line_of};
use crate::verify::gaps::{Gaps, Sample};
use crate::verify::lookup::Lookup;
use crate::verify::ruleset::{Line, Ruleset};

/// Names that no list has.
const UNLISTED: [&str; 3] = ["nobody.example", "unlisted.example.net", "a.b.nowhere.example.org"];
/// Entries that are asked about; of a longer list as many, spread over it.
const MOST_ENTRIES: usize = 4_000;

/// Which answers of a program count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routes {
    /// These, whole or as the first of several.
    Named(Vec<String>),
    /// All but these, which names get that no list has.
    NotOf(BTreeSet<String>),
}

/// The routes in backquotes.
impl std::fmt::Display for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let routes: Vec<&str> = match self {
            Self::Named(routes) => routes.iter().map(String::as_str).collect(),
            Self::NotOf(routes) => routes.iter().map(String::as_str).collect(),
        };
        write!(f, "`{}`", routes.join("` or `"))
    }
}

impl Routes {
    /// Everything that an unlisted name does not get.
    pub fn but_unlisted(engine: &Guarded) -> Result<Self, EngineError> {
        let mut answers = BTreeSet::new();
        for host in UNLISTED {
            for scheme in ["http", "https"] {
                answers.insert(tidy(&engine.route(&format!("{scheme}://{host}/"), host)?.text));
            }
        }
        Ok(Self::NotOf(answers))
    }

    /// Whether an answer counts.
    pub(super) fn count(&self, answer: &str) -> bool {
        let answer = tidy(answer);
        let first = answer.split("; ").next().unwrap_or_default();
        match self {
            Self::Named(routes) => routes.iter().map(|route| tidy(route)).any(|r| r == answer || r == first),
            Self::NotOf(unlisted) => !unlisted.contains(&answer),
        }
    }
}

/// `PROXY  a:1 ;DIRECT;` as `PROXY a:1; DIRECT`.
fn tidy(answer: &str) -> String {
    let parts = answer.split(';').map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Asks about every entry of a product; what is found stands in the same words as for a list that is decided.
pub fn sampled<'l>(
    file: &str,
    engine: &Guarded,
    list: &'l Allowlist,
    product: Product,
    routes: &Routes,
) -> Result<Gaps<'l>, EngineError> {
    let entries: Vec<&Entry> =
        list.product(product).into_iter().filter(|entry| is_member(entry, product)).collect();
    let step = entries.len().div_ceil(MOST_ENTRIES).max(1);
    let asked: Vec<&Entry> = entries.iter().copied().step_by(step).collect();
    let (meant, unported) = (ruleset(&entries, false), ruleset(&entries, true));
    let mut sampling = Sampling {
        engine,
        routes,
        file: Line::new(file, 0),
        meant: Lookup::new(&meant),
        unported: Lookup::new(&unported),
        gaps: Gaps::default(),
        answers: BTreeMap::new(),
        depends: 0,
    };
    for entry in &asked {
        sampling.ask(entry, product)?;
    }
    let Sampling { mut gaps, answers, depends, .. } = sampling;
    if depends > 0 {
        gaps.undecided.push(format!(
            "{file}: {depends} answers depend on names that are looked up, on the machine or on the time"
        ));
    }
    gaps.sample = Some(Sample { requests: answers.len(), entries: asked.len(), of: entries.len() });
    Ok(gaps)
}

/// What the entries mean to a program, which sees no path inside TLS.
fn ruleset(entries: &[&Entry], unported: bool) -> Ruleset {
    let mut builder = Builder::default();
    for entry in entries {
        let mut meant = Meant::from(&visible(&entry.pattern));
        if unported {
            meant.port = 0;
        }
        builder.add(meant, line_of(entry));
    }
    builder.ruleset
}

fn visible(pattern: &Pattern) -> Pattern {
    let path = if pattern.scheme == Scheme::Https { Path::Any } else { pattern.path.clone() };
    Pattern { path, ..pattern.clone() }
}

struct Sampling<'s, 'l> {
    engine: &'s Guarded,
    routes: &'s Routes,
    file: Line,
    meant: Lookup<'s>,
    unported: Lookup<'s>,
    gaps: Gaps<'l>,
    /// Whether the answer counts, by URL and host.
    answers: BTreeMap<(String, String), bool>,
    depends: usize,
}

impl<'l> Sampling<'_, 'l> {
    /// At most one request of a kind for each entry: the shortest.
    fn ask(&mut self, entry: &'l Entry, product: Product) -> Result<(), EngineError> {
        let own = ruleset(&[entry], false);
        let own = Lookup::new(&own);
        let (mut missing, mut wide, mut ports) = (None, None, None);
        for edge in edges(&visible(&entry.pattern)) {
            let is_clear = product == Product::Bypass && edge.request.scheme == Scheme::Http;
            // Clients ask in lower case, without a dot at the end and without a user before the host, and few programs look
            // for anything else.
            let is_odd = edge.host.trim_matches(['[', ']']) != edge.request.host || edge.url.contains('@');
            if is_clear || is_odd {
                continue;
            }
            let before = self.answers.len();
            let counts = self.counts(&edge)?;
            let is_new = self.answers.len() > before;
            let slot = match (counts, self.meant.find(&edge.request).is_some()) {
                (false, true) if own.find(&edge.request).is_some() => &mut missing,
                (true, false) if !is_new => continue,
                (true, false) if self.unported.find(&edge.request).is_some() => &mut ports,
                (true, false) => &mut wide,
                _ => continue,
            };
            keep_shorter(slot, edge.request);
        }
        self.gaps.missing.extend(missing.map(|request| (entry, request)));
        self.gaps.wide.extend(wide.map(|request| (self.file.clone(), request)));
        self.gaps.ports.extend(ports.map(|request| (self.file.clone(), request)));
        Ok(())
    }

    fn counts(&mut self, edge: &Edge) -> Result<bool, EngineError> {
        let key = (edge.url.clone(), edge.host.clone());
        if let Some(known) = self.answers.get(&key) {
            return Ok(*known);
        }
        let route = self.engine.route(&edge.url, &edge.host)?;
        self.depends += usize::from(route.depends);
        let counts = self.routes.count(&route.text);
        self.answers.insert(key, counts);
        Ok(counts)
    }
}

fn keep_shorter(slot: &mut Option<Request>, request: Request) {
    let length = |request: &Request| (request.to_string().len(), request.to_string());
    if slot.as_ref().is_none_or(|known| length(&request) < length(known)) {
        *slot = Some(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_whole_or_by_the_first_of_them() {
        let named = Routes::Named(vec!["PROXY a:1".into(), "PROXY b:1;DIRECT".into()]);
        for (answer, counts) in [
            ("PROXY a:1", true),
            (" PROXY  a:1 ; DIRECT;", true),
            ("PROXY b:1; DIRECT", true),
            ("PROXY b:1", false),
            ("DIRECT; PROXY a:1", false),
            ("", false),
        ] {
            assert_eq!(named.count(answer), counts, "{answer}");
        }
        let but = Routes::NotOf(["PROXY a:1".to_owned()].into());
        assert!(but.count("DIRECT") && !but.count("PROXY a:1;"));
    }
}

//! The walk along sorted texts and an automaton at once that finds the classes of words.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use regex_automata::nfa::thompson::NFA;

use super::automaton::{Automaton, StateIndex, TooLarge};
use super::universe::{Point, Universe};
use super::words::{Node, Sets, sorted};

/// A prefix of some of the texts: those from `low` to below `high`, cut at `depth`.
#[derive(Clone, Copy)]
struct Prefix {
    low: usize,
    high: usize,
    depth: usize,
    point: Point,
}

/// A prefix that is followed byte by byte.
struct Frame {
    prefix: Prefix,
    word: Vec<u8>,
    state: StateIndex,
    inherited: Sets,
}

/// How words can go on once no text tells them apart: expressions that find something, and a shortest rest.
type Rests = Rc<Vec<(Sets, Vec<u8>)>>;

/// Steps of one question beyond which it stays open.
const MOST_WORK: usize = 300_000_000;

/// See the module.
pub(super) struct Walk<'n> {
    universe: Universe,
    nodes: &'n [Node],
    automaton: Automaton,
    expression_sets: Vec<u32>,
    found: HashMap<Sets, Vec<u8>>,
    rests: HashMap<(StateIndex, Point), Rests>,
    work: usize,
}

impl Walk<'_> {
    /// The classes that `nodes`, in order, and `expressions` can tell apart; `everything` holds every word.
    pub(super) fn run(
        nodes: &[Node],
        expressions: Vec<NFA>,
        expression_sets: Vec<u32>,
        everything: Sets,
        universe: Universe,
    ) -> Result<HashMap<Sets, Vec<u8>>, TooLarge> {
        let (automaton, start) = Automaton::new(expressions, universe)?;
        let (found, rests) = (HashMap::new(), HashMap::new());
        let mut walk = Walk { universe, nodes, automaton, expression_sets, found, rests, work: 0 };
        walk.from(start, everything)?;
        Ok(walk.found)
    }

    fn from(&mut self, start: StateIndex, everything: Sets) -> Result<(), TooLarge> {
        let prefix = Prefix { low: 0, high: self.nodes.len(), depth: 0, point: Point::Start };
        let mut open = vec![Frame { prefix, word: Vec::new(), state: start, inherited: everything }];
        while let Some(frame) = open.pop() {
            if self.automaton.is_settled(frame.state)? {
                let inherited = self.with_found(&frame.inherited, frame.state);
                self.by_texts(frame.prefix, &frame.word, &inherited);
            } else {
                self.by_bytes(frame, &mut open)?;
            }
        }
        Ok(())
    }

    /// The sets and those of the expressions that find something in a word that ends in `state`.
    fn with_found(&self, sets: &Sets, state: StateIndex) -> Sets {
        let found = self.automaton.found(state);
        if found.is_empty() {
            return sets.clone();
        }
        let numbers = found.iter().filter_map(|number| self.expression_sets.get(super::ruleset::at(*number)));
        sorted(sets.iter().chain(numbers).copied().collect())
    }

    fn record(&mut self, sets: Sets, word: &[u8]) {
        let shorter = |known: &Vec<u8>| (word.len(), word) < (known.len(), known.as_slice());
        match self.found.get_mut(&sets) {
            Some(known) if shorter(known) => *known = word.to_vec(),
            Some(_) => {}
            None => drop(self.found.insert(sets, word.to_vec())),
        }
    }

    /// Whether a word of that length is of use as the witness of these sets.
    fn wants(&self, sets: &Sets, length: usize) -> bool {
        self.found.get(sets).is_none_or(|known| length <= known.len())
    }

    fn by_texts(&mut self, prefix: Prefix, word: &[u8], inherited: &Sets) {
        let nodes = self.nodes;
        let here = nodes.get(prefix.low..prefix.high).unwrap_or_default();
        if here.first().is_none_or(|node| node.text.len() > prefix.depth) {
            if self.universe.ends(prefix.point) {
                self.record(inherited.clone(), word);
            } else {
                self.between(prefix, word, inherited, |_| true);
            }
        }
        // The texts that the current one starts with, each with what it hands down.
        let mut above: Vec<(&Node, Sets, Sets)> = Vec::new();
        for (low, node) in (prefix.low..).zip(here) {
            while above.last().is_some_and(|(parent, ..)| !node.text.starts_with(&parent.text)) {
                above.pop();
            }
            let inherited = match above.last() {
                None => inherited,
                Some((parent, below, other)) => {
                    let next = node.text.get(parent.text.len());
                    if next == Some(&self.universe.separator()) { below } else { other }
                }
            };
            let (exact, below, other) = (node.exact(inherited), node.below(inherited), node.other(inherited));
            if let Some(point) = self.universe.run(&node.text) {
                self.around(low, prefix.high, node, point, exact, &below, &other);
            }
            above.push((node, below, other));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the three classes of one text")]
    fn around(
        &mut self,
        low: usize,
        high: usize,
        node: &Node,
        point: Point,
        exact: Sets,
        below: &Sets,
        other: &Sets,
    ) {
        if self.universe.ends(point) {
            self.record(exact, &node.text);
        }
        let separator = self.universe.separator();
        let longer = node.text.len() + 1;
        let (wants_below, wants_other) = (self.wants(below, longer + 1), self.wants(other, longer));
        if !wants_below && !wants_other {
            return;
        }
        let width = self.width(low, high, &node.text);
        let prefix = Prefix { low: low + 1, high: low + width, depth: node.text.len(), point };
        if wants_below {
            self.between(prefix, &node.text, below, |byte| byte == separator);
        }
        if wants_other {
            self.between(prefix, &node.text, other, |byte| byte != separator);
        }
    }

    /// How many of the nodes from `low` start with `text`.
    fn width(&self, low: usize, high: usize, text: &[u8]) -> usize {
        let rest = self.nodes.get(low..high).unwrap_or_default();
        // Most texts have few others below them.
        let mut reach = 1;
        while rest.get(reach).is_some_and(|node| node.text.starts_with(text)) {
            reach *= 2;
        }
        let near = rest.get(..reach.min(rest.len())).unwrap_or_default();
        near.partition_point(|node| node.text.starts_with(text))
    }

    /// Records a shortest word that goes on from the prefix, first by such a byte, and with none of the texts below.
    fn between(&mut self, prefix: Prefix, word: &[u8], sets: &Sets, first: impl Fn(u8) -> bool) {
        let mut open = VecDeque::from([(prefix, word.to_vec(), true)]);
        while let Some((prefix, word, is_first)) = open.pop_front() {
            for &byte in self.universe.alphabet() {
                let Some(point) = self.universe.step(prefix.point, byte) else { continue };
                let child = self.child(prefix, byte, point);
                if (is_first && !first(byte)) || self.is_text(child) {
                    continue;
                }
                let longer: Vec<u8> = word.iter().copied().chain([byte]).collect();
                if self.universe.ends(point) {
                    return self.record(sets.clone(), &longer);
                }
                open.push_back((child, longer, false));
            }
        }
    }

    fn is_text(&self, prefix: Prefix) -> bool {
        let node = self.nodes.get(prefix.low).filter(|_| prefix.low < prefix.high);
        node.is_some_and(|node| node.text.len() == prefix.depth)
    }

    /// The prefix with one byte more. No text below `prefix` ends with it.
    fn child(&self, prefix: Prefix, byte: u8, point: Point) -> Prefix {
        let nodes = self.nodes.get(prefix.low..prefix.high).unwrap_or_default();
        let next = |node: &Node| node.text.get(prefix.depth).copied();
        let low = prefix.low + nodes.partition_point(|node| next(node) < Some(byte));
        let high = prefix.low + nodes.partition_point(|node| next(node) <= Some(byte));
        Prefix { low, high, depth: prefix.depth + 1, point }
    }

    fn by_bytes(&mut self, frame: Frame, open: &mut Vec<Frame>) -> Result<(), TooLarge> {
        let Frame { mut prefix, word, state, inherited } = frame;
        let (mut exact, mut below, mut other) = (inherited.clone(), inherited.clone(), inherited);
        if let Some(node) = self.nodes.get(prefix.low).filter(|_| self.is_text(prefix)) {
            (exact, below, other) = (node.exact(&exact), node.below(&below), node.other(&other));
            prefix.low += 1;
        }
        if self.universe.ends(prefix.point) {
            self.record(self.with_found(&exact, state), &word);
        }
        let mut seen: Vec<(StateIndex, Point, bool)> = Vec::new();
        for (letter, &byte) in self.universe.alphabet().iter().enumerate() {
            let Some(point) = self.universe.step(prefix.point, byte) else { continue };
            self.count(1)?;
            let state = self.automaton.step(state, letter)?;
            let child = self.child(prefix, byte, point);
            let is_separator = byte == self.universe.separator();
            let sets = if is_separator { &below } else { &other };
            let longer = || word.iter().copied().chain([byte]).collect::<Vec<u8>>();
            if child.low < child.high {
                open.push(Frame { prefix: child, word: longer(), state, inherited: sets.clone() });
            } else if !seen.contains(&(state, point, is_separator)) {
                seen.push((state, point, is_separator));
                for (found, rest) in self.rests(state, point)?.iter() {
                    let all = sorted(sets.iter().chain(found).copied().collect());
                    let whole: Vec<u8> = longer().into_iter().chain(rest.iter().copied()).collect();
                    self.record(all, &whole);
                }
            }
        }
        Ok(())
    }

    /// Every way in which a word can go on freely, by what the expressions find in the whole.
    fn rests(&mut self, state: StateIndex, point: Point) -> Result<Rests, TooLarge> {
        if let Some(known) = self.rests.get(&(state, point)) {
            return Ok(known.clone());
        }
        let mut seen = HashSet::from([(state, point)]);
        let mut open = VecDeque::from([(state, point, Vec::new())]);
        let mut rests: Vec<(Sets, Vec<u8>)> = Vec::new();
        while let Some((state, point, rest)) = open.pop_front() {
            if self.universe.ends(point) {
                let found = self.with_found(&Sets::default(), state);
                if !rests.iter().any(|(known, _)| *known == found) {
                    rests.push((found, rest.clone()));
                }
            }
            for (letter, &byte) in self.universe.alphabet().iter().enumerate() {
                let Some(point) = self.universe.step(point, byte) else { continue };
                self.count(1)?;
                let next = (self.automaton.step(state, letter)?, point);
                if seen.insert(next) {
                    let longer = rest.iter().copied().chain([byte]).collect();
                    open.push_back((next.0, next.1, longer));
                }
            }
        }
        let rests = Rc::new(rests);
        self.rests.insert((state, point), rests.clone());
        Ok(rests)
    }

    fn count(&mut self, steps: usize) -> Result<(), TooLarge> {
        self.work += steps;
        if self.work > MOST_WORK { Err(TooLarge) } else { Ok(()) }
    }
}

//! The walk along sorted texts and an automaton at once that finds the classes of words.

use std::collections::VecDeque;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::automaton::{Automaton, StateIndex, TooLarge};
use super::ruleset::at;
use super::universe::{Point, Universe};
use super::words::{Classes, Expression, Found, Node, Step};

/// A prefix of some of the texts: those from `low` to below `high`, cut at `depth`.
#[derive(Clone, Copy)]
struct Prefix {
    low: usize,
    high: usize,
    depth: usize,
    point: Point,
}

/// A prefix that is followed byte by byte, with the class that the texts above it hand down.
struct Frame {
    prefix: Prefix,
    word: Vec<u8>,
    state: StateIndex,
    inherited: u32,
}

/// How words can go on once no text tells them apart: sets of expressions that find something, and a shortest rest.
type Rests = Rc<Vec<(Vec<u32>, Vec<u8>)>>;

/// Steps of one question beyond which it stays open.
const MOST_WORK: usize = 300_000_000;

/// See the module.
pub(super) struct Walk<'n> {
    universe: Universe,
    nodes: &'n [Node<'n>],
    classes: Classes,
    automaton: Automaton,
    /// The sets that each expression belongs to.
    expression_sets: Vec<Vec<u32>>,
    /// A shortest word by class.
    words: Vec<Option<Vec<u8>>>,
    rests: HashMap<(StateIndex, Point), Rests>,
    work: usize,
}

impl Walk<'_> {
    /// The classes that `nodes`, in order, and `expressions` can tell apart; `everything` holds every word.
    pub(super) fn run(
        nodes: &[Node<'_>],
        classes: Classes,
        expressions: Vec<Expression>,
        everything: u32,
        universe: Universe,
    ) -> Result<Found, TooLarge> {
        let (automata, expression_sets): (Vec<_>, Vec<_>) =
            expressions.into_iter().map(|expression| (expression.automaton, expression.sets)).unzip();
        let plain = automata.is_empty();
        let (automaton, start) = Automaton::new(automata, universe)?;
        let (words, rests) = (Vec::new(), HashMap::new());
        let mut walk = Walk { universe, nodes, classes, automaton, expression_sets, words, rests, work: 0 };
        let all = Prefix { low: 0, high: nodes.len(), depth: 0, point: Point::Start };
        if plain {
            walk.by_texts(all, &[], everything);
        } else {
            walk.from(Frame { prefix: all, word: Vec::new(), state: start, inherited: everything })?;
        }
        let words = walk.words.into_iter();
        Ok(walk
            .classes
            .into_sets()
            .into_iter()
            .zip(words)
            .filter_map(|(sets, word)| Some((sets, word?)))
            .collect())
    }

    fn from(&mut self, first: Frame) -> Result<(), TooLarge> {
        let mut open = vec![first];
        while let Some(frame) = open.pop() {
            if self.automaton.is_settled(frame.state)? {
                let inherited = self.with_found(frame.inherited, frame.state);
                self.by_texts(frame.prefix, &frame.word, inherited);
            } else {
                self.by_bytes(frame, &mut open)?;
            }
        }
        Ok(())
    }

    /// The sets of the expressions that find something in a word that ends in `state`.
    fn found(&self, state: StateIndex) -> Vec<u32> {
        let numbers = self.automaton.found(state).iter();
        numbers.filter_map(|number| self.expression_sets.get(at(*number))).flatten().copied().collect()
    }

    /// The class of words that end in `state` as well.
    fn with_found(&mut self, class: u32, state: StateIndex) -> u32 {
        let found = self.found(state);
        self.classes.with(class, &found)
    }

    fn record(&mut self, class: u32, word: &[u8]) {
        let class = at(class);
        if class >= self.words.len() {
            self.words.resize(class + 1, None);
        }
        if let Some(slot) = self.words.get_mut(class) {
            let shorter = |known: &Vec<u8>| (word.len(), word) < (known.len(), known.as_slice());
            if slot.as_ref().is_none_or(shorter) {
                *slot = Some(word.to_vec());
            }
        }
    }

    /// Whether a word of that length is of use as the witness of a class.
    fn wants(&self, class: u32, length: usize) -> bool {
        let known = self.words.get(at(class)).and_then(Option::as_ref);
        known.is_none_or(|known| length <= known.len())
    }

    fn by_texts(&mut self, prefix: Prefix, word: &[u8], inherited: u32) {
        let nodes = self.nodes;
        let here = nodes.get(prefix.low..prefix.high).unwrap_or_default();
        if here.first().is_none_or(|node| node.text.len() > prefix.depth) {
            if self.universe.ends(prefix.point) {
                self.record(inherited, word);
            } else {
                self.between(prefix, word, inherited, |_| true);
            }
        }
        // The texts that the current one starts with, each with what it hands down.
        let mut above: Vec<(&[u8], Step)> = Vec::new();
        for (low, node) in (prefix.low..).zip(here) {
            while above.last().is_some_and(|(parent, _)| !node.text.starts_with(parent)) {
                above.pop();
            }
            let inherited = match above.last() {
                None => inherited,
                Some((parent, step)) => {
                    let next = node.text.get(parent.len());
                    if next == Some(&self.universe.separator()) { step.below } else { step.other }
                }
            };
            let step = self.classes.step(inherited, node.kind);
            if let Some(point) = self.universe.run(node.text) {
                self.around(low, prefix.high, *node, point, step);
            }
            above.push((node.text, step));
        }
    }

    fn around(&mut self, low: usize, high: usize, node: Node<'_>, point: Point, step: Step) {
        if self.universe.ends(point) {
            self.record(step.exact, node.text);
        }
        let separator = self.universe.separator();
        let longer = node.text.len() + 1;
        let (wants_below, wants_other) = (self.wants(step.below, longer + 1), self.wants(step.other, longer));
        if !wants_below && !wants_other {
            return;
        }
        let width = self.width(low, high, node.text);
        let prefix = Prefix { low: low + 1, high: low + width, depth: node.text.len(), point };
        if wants_below {
            self.between(prefix, node.text, step.below, |byte| byte == separator);
        }
        if wants_other {
            self.between(prefix, node.text, step.other, |byte| byte != separator);
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
    fn between(&mut self, prefix: Prefix, word: &[u8], class: u32, first: impl Fn(u8) -> bool) {
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
                    return self.record(class, &longer);
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
        let mut step = Step { exact: inherited, below: inherited, other: inherited };
        if let Some(node) = self.nodes.get(prefix.low).filter(|_| self.is_text(prefix)) {
            step = self.classes.step(inherited, node.kind);
            prefix.low += 1;
        }
        if self.universe.ends(prefix.point) {
            let class = self.with_found(step.exact, state);
            self.record(class, &word);
        }
        let mut seen: Vec<(StateIndex, Point, bool)> = Vec::new();
        for (letter, &byte) in self.universe.alphabet().iter().enumerate() {
            let Some(point) = self.universe.step(prefix.point, byte) else { continue };
            self.count(1)?;
            let state = self.automaton.step(state, letter)?;
            let child = self.child(prefix, byte, point);
            let is_separator = byte == self.universe.separator();
            let class = if is_separator { step.below } else { step.other };
            let longer = || word.iter().copied().chain([byte]).collect::<Vec<u8>>();
            if child.low < child.high {
                open.push(Frame { prefix: child, word: longer(), state, inherited: class });
            } else if !seen.contains(&(state, point, is_separator)) {
                seen.push((state, point, is_separator));
                for (found, rest) in self.rests(state, point)?.iter() {
                    let class = self.classes.with(class, found);
                    let whole: Vec<u8> = longer().into_iter().chain(rest.iter().copied()).collect();
                    self.record(class, &whole);
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
        let mut seen = HashSet::from_iter([(state, point)]);
        let mut open = VecDeque::from([(state, point, Vec::new())]);
        let mut rests: Vec<(Vec<u32>, Vec<u8>)> = Vec::new();
        while let Some((state, point, rest)) = open.pop_front() {
            if self.universe.ends(point) {
                let found = self.found(state);
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

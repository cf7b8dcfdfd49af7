//! All expressions of one question as one deterministic automaton, made state by state as words need it.

use foldhash::{HashMap, HashMapExt};
use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;

use super::ruleset::{at, index};
use super::universe::Universe;

/// States of the automaton beyond which the question stays open.
const MOST_STATES: usize = 50_000;
/// Places in all these states together.
const MOST_PLACES: usize = 8_000_000;

/// More states are needed than are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// A state of the automaton.
pub(super) type StateIndex = u32;

/// Where in which expression.
type Places = Box<[(u32, StateID)]>;

struct Known {
    places: Places,
    /// Numbers of the expressions that find something if the word ends here, in order.
    found: Box<[u32]>,
    /// The first letter with which it goes on as with each one, by position in the alphabet.
    like: Box<[usize]>,
    /// The next state by position in the alphabet, for each first one of letters that are alike.
    next: Vec<Option<StateIndex>>,
    settled: Option<bool>,
}

/// See the module.
pub(super) struct Automaton {
    expressions: Vec<NFA>,
    alphabet: &'static [u8],
    states: Vec<Known>,
    by_places: HashMap<Places, StateIndex>,
    places: usize,
    marks: Marks,
}

/// Which places one search has been at.
struct Marks {
    /// For each expression the number of places of those in front of it.
    offsets: Vec<usize>,
    /// The last search that was at a place.
    last: Vec<u32>,
    search: u32,
}

impl Marks {
    fn new(expressions: &[NFA]) -> Self {
        let mut places = 0;
        let mut offsets = Vec::with_capacity(expressions.len());
        for nfa in expressions {
            offsets.push(places);
            places += nfa.states().len();
        }
        Self { offsets, last: vec![0; places], search: 0 }
    }

    fn start(&mut self) {
        if self.search == u32::MAX {
            self.last.fill(0);
            self.search = 0;
        }
        self.search += 1;
    }

    /// Whether this is the first time that the search is there.
    fn is_first(&mut self, number: u32, place: StateID) -> bool {
        let offset = self.offsets.get(at(number)).copied().unwrap_or_default();
        match self.last.get_mut(offset + place.as_usize()) {
            Some(last) if *last != self.search => {
                *last = self.search;
                true
            }
            _ => false,
        }
    }
}

impl Automaton {
    /// The automaton of `expressions`, made for words of `universe`, and its first state.
    pub(super) fn new(expressions: Vec<NFA>, universe: Universe) -> Result<(Self, StateIndex), TooLarge> {
        let mut automaton = Self {
            marks: Marks::new(&expressions),
            expressions,
            alphabet: universe.alphabet(),
            states: Vec::new(),
            by_places: HashMap::new(),
            places: 0,
        };
        let starts: Vec<(u32, StateID)> = automaton
            .expressions
            .iter()
            .enumerate()
            .map(|(number, nfa)| (index(number), nfa.start_anchored()))
            .collect();
        let places = automaton.closure(&starts, Some(Look::Start));
        let start = automaton.state(places)?;
        Ok((automaton, start))
    }

    /// The state after the byte at `letter` of the alphabet.
    pub(super) fn step(&mut self, state: StateIndex, letter: usize) -> Result<StateIndex, TooLarge> {
        let Some(known) = self.states.get(at(state)) else { return Err(TooLarge) };
        let letter = known.like.get(letter).copied().unwrap_or(letter);
        if let Some(next) = known.next.get(letter).copied().flatten() {
            return Ok(next);
        }
        let byte = self.alphabet.get(letter).copied().unwrap_or_default();
        let moved: Vec<(u32, StateID)> = known
            .places
            .iter()
            .filter_map(|(number, place)| {
                let nfa = self.expressions.get(at(*number))?;
                next_of(nfa.state(*place), byte).map(|next| (*number, next))
            })
            .collect();
        let places = self.closure(&moved, None);
        let next = self.state(places)?;
        if let Some(slot) = self.states.get_mut(at(state)).and_then(|known| known.next.get_mut(letter)) {
            *slot = Some(next);
        }
        Ok(next)
    }

    /// Numbers of the expressions that find something in a word that ends here.
    pub(super) fn found(&self, state: StateIndex) -> &[u32] {
        self.states.get(at(state)).map_or(&[], |known| &known.found)
    }

    /// Whether every longer word comes back to this state, so that it decides them all.
    pub(super) fn is_settled(&mut self, state: StateIndex) -> Result<bool, TooLarge> {
        if let Some(settled) = self.states.get(at(state)).and_then(|known| known.settled) {
            return Ok(settled);
        }
        let mut settled = true;
        for letter in 0..self.alphabet.len() {
            if self.step(state, letter)? != state {
                settled = false;
                break;
            }
        }
        if let Some(known) = self.states.get_mut(at(state)) {
            known.settled = Some(settled);
        }
        Ok(settled)
    }

    fn state(&mut self, places: Places) -> Result<StateIndex, TooLarge> {
        if let Some(known) = self.by_places.get(&places) {
            return Ok(*known);
        }
        self.places += places.len();
        if self.states.len() >= MOST_STATES || self.places > MOST_PLACES {
            return Err(TooLarge);
        }
        let at_end = self.closure(&places, Some(Look::End));
        let is_match = |(number, place): &(u32, StateID)| {
            let state = self.expressions.get(at(*number)).map(|nfa| nfa.state(*place));
            matches!(state, Some(State::Match { .. })).then_some(*number)
        };
        let mut found: Vec<u32> = at_end.iter().filter_map(is_match).collect();
        found.dedup();
        let id = index(self.states.len());
        let like = self.like(&places);
        let next = vec![None; self.alphabet.len()];
        self.states.push(Known { places: places.clone(), found: found.into(), like, next, settled: None });
        self.by_places.insert(places, id);
        Ok(id)
    }

    /// For each letter the first one with which all these places go on alike: most tell only few letters apart.
    fn like(&self, places: &Places) -> Box<[usize]> {
        // Whether a place may tell a byte from the one in front of it.
        let mut differs = [false; 257];
        let mut range = |start: u8, end: u8| {
            for edge in [usize::from(start), usize::from(end) + 1] {
                if let Some(slot) = differs.get_mut(edge) {
                    *slot = true;
                }
            }
        };
        for (number, place) in places {
            match self.expressions.get(at(*number)).map(|nfa| nfa.state(*place)) {
                Some(State::ByteRange { trans }) => range(trans.start, trans.end),
                Some(State::Sparse(sparse)) => {
                    sparse.transitions.iter().for_each(|trans| range(trans.start, trans.end));
                }
                Some(State::Dense(_)) => (0..=u8::MAX).for_each(|byte| range(byte, byte)),
                _ => {}
            }
        }
        let mut run = 0;
        let runs: Vec<usize> = differs
            .iter()
            .map(|differs| {
                run += usize::from(*differs);
                run
            })
            .collect();
        let run_of = |byte: &u8| runs.get(usize::from(*byte));
        let mut first: Vec<Option<usize>> = vec![None; runs.len() + 1];
        let letters = self.alphabet.iter().enumerate();
        let like = letters.map(|(letter, byte)| {
            let slot = run_of(byte).and_then(|run| first.get_mut(*run));
            slot.map_or(letter, |first| *first.get_or_insert(letter))
        });
        like.collect()
    }

    /// The places reached without reading, in order; of the anchors only `look` holds.
    fn closure(&mut self, from: &[(u32, StateID)], look: Option<Look>) -> Places {
        let Self { marks, expressions, .. } = self;
        marks.start();
        let mut open: Vec<(u32, StateID)> = Vec::with_capacity(from.len());
        open.extend(from.iter().filter(|(number, place)| marks.is_first(*number, *place)));
        let mut kept = Vec::new();
        while let Some((number, place)) = open.pop() {
            let Some(nfa) = expressions.get(at(number)) else { continue };
            let mut follow = |next: StateID| {
                if marks.is_first(number, next) {
                    open.push((number, next));
                }
            };
            match nfa.state(place) {
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Match { .. } => {
                    kept.push((number, place));
                }
                State::Look { look: wanted, next } => {
                    if Some(*wanted) == look {
                        follow(*next);
                    } else if *wanted == Look::End {
                        kept.push((number, place));
                    }
                }
                State::Union { alternates } => alternates.iter().copied().for_each(follow),
                State::BinaryUnion { alt1, alt2 } => [*alt1, *alt2].into_iter().for_each(follow),
                State::Capture { next, .. } => follow(*next),
                State::Fail => {}
            }
        }
        kept.sort_unstable();
        kept.into()
    }
}

fn next_of(state: &State, byte: u8) -> Option<StateID> {
    match state {
        State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
        State::Sparse(transitions) => transitions.matches_byte(byte),
        State::Dense(transitions) => transitions.matches_byte(byte),
        _ => None,
    }
}

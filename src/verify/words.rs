//! All words of a universe, cut into the finitely many classes that a list of shapes can tell apart.
//!
//! Let `t` be the longest text of any shape that a word starts with (as it is read). Then the plain shapes see
//! of that word only whether it is `t`, goes on with a separator, or goes on with another byte: three classes
//! for each text. Where an expression may still find something, the words are followed byte by byte instead,
//! along the sorted texts and the automaton at once; once the automaton is settled, the three classes do again.
//! Every class gives the sets that hold its words, and one of its shortest words.
//!
//! However long a list is, it has few kinds of entries: texts that the same sets use in the same way. So kinds and
//! classes have numbers, and what a kind makes of a class is worked out once for all texts.

use foldhash::{HashMap, HashMapExt};
use regex_automata::nfa::thompson::NFA;

use super::automaton::TooLarge;
use super::lexicon::{Bookmark, Lexicon};
use super::numbers::Numbers;
use super::regular::{Regular, RegularKey};
use super::ruleset::at;
use super::universe::Universe;
use super::walk::Walk;

/// How a shape uses its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Form {
    /// The text itself.
    Exact,
    /// What goes on with a separator.
    Below,
    /// Whatever is longer and starts so.
    Longer,
    /// The text and whatever starts so.
    Starts,
}

/// Numbers of sets, in order.
pub(super) type Sets = Box<[u32]>;

/// How a set uses a text.
pub(super) type Use = (Form, u32);

/// The sets of every class of words, with a shortest word as it is read.
pub(super) type Found = Vec<(Sets, Vec<u8>)>;

/// The shapes of one question, with the number of the set that each belongs to.
pub(super) struct Shapes<'t> {
    universe: Universe,
    /// Texts that have numbers already.
    lexicon: &'t Lexicon<'t>,
    /// The last of them.
    last: Bookmark,
    /// Texts with the numbers behind those.
    texts: Numbers<&'t str>,
    /// By the number of the text.
    uses: Vec<(u32, Use)>,
    expressions: Vec<Expression>,
    by_key: HashMap<RegularKey, usize>,
    everything: Vec<u32>,
}

/// An expression with the sets that it belongs to.
pub(super) struct Expression {
    pub(super) automaton: NFA,
    pub(super) sets: Vec<u32>,
}

impl<'t> Shapes<'t> {
    /// No shapes of words of `universe`, with room for so many of them.
    pub(super) fn new(universe: Universe, lexicon: &'t Lexicon<'t>, count: usize) -> Self {
        Self {
            universe,
            lexicon,
            last: Bookmark::default(),
            texts: Numbers::default(),
            uses: Vec::with_capacity(count),
            expressions: Vec::new(),
            by_key: HashMap::new(),
            everything: Vec::new(),
        }
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &'t str, form: Form, set: u32) {
        let known = self.lexicon.number(text, &mut self.last);
        let number = known.unwrap_or_else(|| self.lexicon.len().saturating_add(self.texts.of(text)));
        self.uses.push((number, (form, set)));
    }

    /// Adds an expression.
    pub(super) fn expression(&mut self, regular: &Regular, set: u32) -> Result<(), TooLarge> {
        let key = regular.key();
        if let Some(known) = self.by_key.get(&key).and_then(|known| self.expressions.get_mut(*known)) {
            known.sets.push(set);
            return Ok(());
        }
        let automaton = regular.automaton(self.universe).map_err(|_| TooLarge)?;
        self.by_key.insert(key, self.expressions.len());
        self.expressions.push(Expression { automaton, sets: vec![set] });
        Ok(())
    }

    /// Adds every word.
    pub(super) fn everything(&mut self, set: u32) {
        self.everything.push(set);
    }

    /// The classes of all words: the sets that hold them, and a shortest word as it is read.
    pub(super) fn classes(self) -> Result<Found, TooLarge> {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(self.texts.all().len());
        for text in self.texts.all() {
            self.universe.orient(text, &mut bytes);
            ends.push(bytes.len());
        }
        let mut classes = Classes::default();
        let kinds = self.kinds(&mut classes);
        let starts = [0].into_iter().chain(ends.iter().copied());
        let further = starts.zip(&ends).map(|(start, end)| bytes.get(start..*end).unwrap_or_default());
        let texts = (0..self.lexicon.len()).map(|number| self.lexicon.word(number)).chain(further);
        let node = |(text, kind): (_, Option<u32>)| kind.map(|kind| Node { text, kind });
        let mut nodes: Vec<Node<'_>> = texts.zip(kinds).filter_map(node).collect();
        // The texts of the lexicon are in order, and few others come behind them.
        nodes.sort_by_key(|node| node.text);
        let everything = classes.of(self.everything);
        Walk::run(&nodes, classes, self.expressions, everything, self.universe)
    }

    /// The kind of every text that is used.
    fn kinds(&self, classes: &mut Classes) -> Vec<Option<u32>> {
        let count = at(self.lexicon.len()) + self.texts.all().len();
        // The uses of one text, and of the texts in front of it, end at the same place once they are put in order.
        let mut ends: Vec<u32> = vec![0; count + 1];
        for (text, _) in &self.uses {
            if let Some(end) = ends.get_mut(at(*text) + 1) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut uses = vec![(Form::Exact, 0); self.uses.len()];
        let mut next = ends.clone();
        for (text, used) in &self.uses {
            if let Some(place) = next.get_mut(at(*text)) {
                if let Some(slot) = uses.get_mut(at(*place)) {
                    *slot = *used;
                }
                *place += 1;
            }
        }
        let starts = ends.iter();
        let ends = ends.iter().skip(1);
        let mut kinds = Vec::with_capacity(count);
        for (start, end) in starts.zip(ends) {
            let own = uses.get_mut(at(*start)..at(*end)).unwrap_or_default();
            own.sort_unstable();
            kinds.push((!own.is_empty()).then(|| classes.kinds.of_row(own)));
        }
        kinds
    }
}

/// One text with the kind of its uses.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    pub(super) text: &'t [u8],
    pub(super) kind: u32,
}

/// What a text makes of a class: the text itself, what goes on with a separator, what goes on otherwise.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) exact: u32,
    pub(super) below: u32,
    pub(super) other: u32,
}

/// The classes by number, and what each kind of text makes of them.
#[derive(Default)]
pub(super) struct Classes {
    sets: Numbers<Sets>,
    kinds: Numbers<Box<[Use]>>,
    steps: HashMap<(u32, u32), Step>,
}

impl Classes {
    /// The class of words in just these sets.
    pub(super) fn of(&mut self, mut sets: Vec<u32>) -> u32 {
        sets.sort_unstable();
        sets.dedup();
        self.sets.of_row(&sets)
    }

    /// The sets of a class.
    pub(super) fn sets(&self, class: u32) -> &[u32] {
        self.sets.get(class).map_or(&[], |sets| sets)
    }

    /// The class of words that are in these sets as well.
    pub(super) fn with(&mut self, class: u32, more: &[u32]) -> u32 {
        if more.is_empty() {
            return class;
        }
        let all = self.sets(class).iter().chain(more).copied().collect();
        self.of(all)
    }

    /// What a text of this kind makes of a class.
    pub(super) fn step(&mut self, class: u32, kind: u32) -> Step {
        if let Some(known) = self.steps.get(&(class, kind)) {
            return *known;
        }
        let mut with = |forms: &[Form]| {
            let uses = self.kinds.get(kind).map_or(&[][..], |uses| uses);
            let own = uses.iter().filter(|(form, _)| forms.contains(form)).map(|(_, set)| *set);
            let own: Vec<u32> = own.collect();
            self.with(class, &own)
        };
        let step = Step {
            exact: with(&[Form::Exact, Form::Starts]),
            below: with(&[Form::Below, Form::Longer, Form::Starts]),
            other: with(&[Form::Longer, Form::Starts]),
        };
        self.steps.insert((class, kind), step);
        step
    }

    /// The sets of all classes by number.
    pub(super) fn into_sets(self) -> Vec<Sets> {
        self.sets.into_all()
    }
}

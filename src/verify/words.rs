//! All words of a universe, cut into the finitely many classes that a list of shapes can tell apart.
//!
//! Let `t` be the longest text of any shape that a word starts with (as it is read). Then the plain shapes see
//! of that word only whether it is `t`, goes on with a separator, or goes on with another byte: three classes
//! for each text. Where an expression may still find something, the words are followed byte by byte instead,
//! along the sorted texts and the automaton at once; once the automaton is settled, the three classes do again.
//! Every class gives the sets that hold its words, and one of its shortest words.

use std::collections::HashMap;

use regex_automata::nfa::thompson::NFA;

use super::automaton::TooLarge;
use super::universe::Universe;
use super::walk::Walk;

/// How a shape uses its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// The shapes of one question, with the number of the set that each belongs to.
#[derive(Default)]
pub(super) struct Shapes {
    texts: Vec<(Vec<u8>, Form, u32)>,
    expressions: Vec<(NFA, u32)>,
    everything: Vec<u32>,
}

impl Shapes {
    /// Adds a text as it is read.
    pub(super) fn text(&mut self, text: Vec<u8>, form: Form, set: u32) {
        self.texts.push((text, form, set));
    }

    /// Adds an expression.
    pub(super) fn expression(&mut self, expression: NFA, set: u32) {
        self.expressions.push((expression, set));
    }

    /// Adds every word.
    pub(super) fn everything(&mut self, set: u32) {
        self.everything.push(set);
    }

    /// The classes of all words of `universe`: the sets that hold them, and a shortest word as it is read.
    pub(super) fn classes(mut self, universe: Universe) -> Result<HashMap<Sets, Vec<u8>>, TooLarge> {
        self.texts.sort_unstable();
        let mut nodes: Vec<Node> = Vec::with_capacity(self.texts.len());
        for (text, form, set) in self.texts {
            match nodes.last_mut() {
                Some(node) if node.text == text => node.sets.push((form, set)),
                _ => nodes.push(Node { text, sets: vec![(form, set)] }),
            }
        }
        let (expressions, sets) = self.expressions.into_iter().unzip();
        Walk::run(&nodes, expressions, sets, sorted(self.everything), universe)
    }
}

/// One text with everything that uses it.
pub(super) struct Node {
    pub(super) text: Vec<u8>,
    pub(super) sets: Vec<(Form, u32)>,
}

impl Node {
    /// `inherited` and the sets that hold words which relate to the text by any of `forms`.
    fn with(&self, inherited: &Sets, forms: &[Form]) -> Sets {
        let own = self.sets.iter().filter(|(form, _)| forms.contains(form)).map(|(_, set)| *set);
        let mut all: Vec<u32> = inherited.to_vec();
        all.extend(own);
        sorted(all)
    }

    pub(super) fn exact(&self, inherited: &Sets) -> Sets {
        self.with(inherited, &[Form::Exact, Form::Starts])
    }

    pub(super) fn below(&self, inherited: &Sets) -> Sets {
        self.with(inherited, &[Form::Below, Form::Longer, Form::Starts])
    }

    pub(super) fn other(&self, inherited: &Sets) -> Sets {
        self.with(inherited, &[Form::Longer, Form::Starts])
    }
}

pub(super) fn sorted(mut sets: Vec<u32>) -> Sets {
    sets.sort_unstable();
    sets.dedup();
    sets.into()
}

//! `Lines`: many texts that a template can loop over or print in one go.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

/// One entry as the target spells it, with the reason why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// None where the list wants no notes.
    pub(super) note: Option<Arc<str>>,
}

/// A run of lines, shared between groups, pieces and parts without copying.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    all: Arc<Vec<Line>>,
    start: usize,
    end: usize,
}

impl Lines {
    pub(super) fn new(lines: Vec<Line>) -> Self {
        Self { start: 0, end: lines.len(), all: Arc::new(lines) }
    }

    pub(super) fn as_slice(&self) -> &[Line] {
        self.all.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Bytes of all texts, and of their notes with a mark before each.
    pub(super) fn bytes(&self, notes: bool) -> usize {
        let of_note = |line: &Line| line.note.as_ref().filter(|_| notes).map_or(0, |note| note.len() + 4);
        self.as_slice().iter().map(|line| line.text.len() + of_note(line)).sum()
    }

    /// The lines from `from` up to `to`, counted inside this run.
    pub(super) fn run(&self, from: usize, to: usize) -> Self {
        Self { all: Arc::clone(&self.all), start: self.start + from, end: (self.start + to).min(self.end) }
    }

    /// Runs of at most `size` lines.
    pub(super) fn chunks(&self, size: usize) -> Vec<Self> {
        (0..self.len()).step_by(size.max(1)).map(|from| self.run(from, from + size.max(1))).collect()
    }

    pub(super) fn value(&self) -> Value {
        Value::from_object(self.clone())
    }
}

impl Object for Lines {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.as_slice().get(key.as_usize()?).map(|line| Value::from(&*line.text))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.len())
    }
}

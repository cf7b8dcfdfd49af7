//! What is left of two rulesets once scheme, port and host are fixed: which paths each allows.

use super::automaton::TooLarge;
use super::lexicon::Lexicon;
use super::numbers::Numbers;
use super::ruleset::{Action, Member, PathShape, Ruleset, Test, at};
use super::universe::Universe;
use super::words::{Form, Shapes};

/// The rules that fit a host, as far as they test paths, in order; none below one that fits every path. Tests are
/// of sets by their number in `PathSets`.
pub(super) type Program = Vec<(Action, Box<[Test<u32>]>)>;

/// `program` in the one order among those that mean the same: neighbours with the same action may change places,
/// and of several that say the same one will do, or the one that fits every path. So two rulesets that differ only in that give equal programs.
pub(super) fn in_order(mut program: Program) -> Program {
    for (_, tests) in &mut program {
        tests.sort_unstable();
    }
    for run in program.chunk_by_mut(|(one, _), (other, _)| one == other) {
        run.sort_unstable();
    }
    program.dedup();
    // A rule without a test comes first among its neighbours, and none below it is looked at.
    if let Some(last) = program.iter().position(|(_, tests)| tests.is_empty()) {
        program.truncate(last + 1);
    }
    program
}

/// Paths that just one side allows, shortest first found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PathDifference {
    /// The second allows it, the first does not.
    pub(super) wider: Option<String>,
    /// The first allows it, the second does not.
    pub(super) narrower: Option<String>,
}

/// Whether a set of paths needs to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// No path is in it.
    Nothing,
    /// Every path is in it.
    Everything,
    /// It depends.
    Some,
}

/// What tells a shape from others.
type ShapeKey<'r> = (char, &'r str, bool);

/// All sets of paths of two rulesets: sets with the same entries have the same number.
#[derive(Default)]
pub(super) struct PathSets<'r> {
    numbers: Numbers<Box<[ShapeKey<'r>]>>,
    members: Vec<&'r [Member<PathShape>]>,
    extents: Vec<Extent>,
}

impl<'r> PathSets<'r> {
    /// Adds the sets of a ruleset. Returns the number of each.
    pub(super) fn add(&mut self, ruleset: &'r Ruleset) -> Result<Vec<u32>, TooLarge> {
        let mut numbers = Vec::with_capacity(ruleset.path_sets().len());
        for set in ruleset.path_sets() {
            let mut keys: Vec<ShapeKey<'_>> = set.members.iter().map(|member| member.shape.parts()).collect();
            keys.sort_unstable();
            keys.dedup();
            let number = self.numbers.of_row(&keys);
            if at(number) == self.members.len() {
                self.members.push(&set.members);
                self.extents.push(extent(&set.members)?);
            }
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// The extent of a set.
    pub(super) fn extent(&self, number: u32) -> Extent {
        self.extents.get(at(number)).copied().unwrap_or(Extent::Nothing)
    }

    /// Where the paths that `first` and `second` allow differ.
    pub(super) fn compare(&self, first: &Program, second: &Program) -> Result<PathDifference, TooLarge> {
        let mut difference = PathDifference::default();
        if first == second {
            return Ok(difference);
        }
        let tests = first.iter().chain(second).flat_map(|(_, tests)| tests.iter());
        let mut numbers: Vec<u32> = tests.map(|test| test.set).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let lexicon = Lexicon::default();
        let mut shapes = Shapes::new(Universe::Paths, &lexicon, 0);
        for number in numbers {
            for member in self.members.get(at(number)).copied().unwrap_or_default() {
                add(&mut shapes, &member.shape, number)?;
            }
        }
        for (sets, word) in shapes.classes()? {
            let slot = match (allows(first, &sets), allows(second, &sets)) {
                (false, true) => &mut difference.wider,
                (true, false) => &mut difference.narrower,
                _ => continue,
            };
            let path = Universe::Paths.text(&word);
            if slot.as_ref().is_none_or(|known| (path.len(), &path) < (known.len(), known)) {
                *slot = Some(path);
            }
        }
        Ok(difference)
    }
}

fn extent(members: &[Member<PathShape>]) -> Result<Extent, TooLarge> {
    let is_plain = |shape: &PathShape| {
        matches!(
            shape,
            PathShape::Exact(_) | PathShape::Prefix(_) | PathShape::Longer(_) | PathShape::Folder(_)
        )
    };
    if members.iter().all(|member| is_plain(&member.shape)) {
        return Ok(if members.is_empty() { Extent::Nothing } else { Extent::Some });
    }
    let lexicon = Lexicon::default();
    let mut shapes = Shapes::new(Universe::Paths, &lexicon, 0);
    members.iter().try_for_each(|member| add(&mut shapes, &member.shape, 0))?;
    let classes = shapes.classes()?;
    let has = |wanted: &[u32]| classes.iter().any(|(sets, _)| **sets == *wanted);
    Ok(match (has(&[0]), has(&[])) {
        (false, _) => Extent::Nothing,
        (true, false) => Extent::Everything,
        (true, true) => Extent::Some,
    })
}

fn allows(program: &Program, sets: &[u32]) -> bool {
    let holds = |test: &Test<u32>| sets.binary_search(&test.set).is_ok() != test.negated;
    let first = program.iter().find(|(_, tests)| tests.iter().all(holds));
    first.is_some_and(|(action, _)| *action == Action::Allow)
}

fn add<'r>(shapes: &mut Shapes<'r>, shape: &'r PathShape, number: u32) -> Result<(), TooLarge> {
    match shape {
        PathShape::Any => shapes.everything(number),
        PathShape::Exact(path) => shapes.text(path, Form::Exact, number),
        PathShape::Prefix(start) => shapes.text(start, Form::Starts, number),
        PathShape::Longer(start) => shapes.text(start, Form::Longer, number),
        PathShape::Folder(folder) if folder.ends_with('/') => shapes.text(folder, Form::Starts, number),
        PathShape::Folder(folder) => {
            shapes.text(folder, Form::Exact, number);
            shapes.text(folder, Form::Below, number);
        }
        PathShape::Regular(regular) => shapes.expression(regular, number)?,
    }
    Ok(())
}

//! What is left of two rulesets once scheme, port and host are fixed: which paths each allows.

use std::collections::HashMap;

use super::automaton::TooLarge;
use super::ruleset::{Action, PathId, PathShape, Ruleset, Test, at};
use super::universe::Universe;
use super::words::{Form, Shapes};

/// The rules that fit a host, as far as they test paths, in order; none below one that fits every path.
pub(super) type Program = Vec<(Action, Box<[Test<PathId>]>)>;

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

/// The extent of every set of paths of a ruleset.
pub(super) fn extents(ruleset: &Ruleset) -> Result<Vec<Extent>, TooLarge> {
    // The same few expressions occur in many sets, or one in many rules.
    let mut known: Vec<(&[super::ruleset::Member<PathShape>], Extent)> = Vec::new();
    let mut extents = Vec::with_capacity(ruleset.path_sets().len());
    for set in ruleset.path_sets() {
        let plain = set.members.iter().all(|member| {
            matches!(
                member.shape,
                PathShape::Exact(_) | PathShape::Prefix(_) | PathShape::Longer(_) | PathShape::Folder(_)
            )
        });
        if plain {
            extents.push(if set.members.is_empty() { Extent::Nothing } else { Extent::Some });
            continue;
        }
        if let Some((_, extent)) = known.iter().take(16).find(|(members, _)| *members == set.members) {
            extents.push(*extent);
            continue;
        }
        let mut shapes = Shapes::default();
        set.members.iter().try_for_each(|member| add(&mut shapes, &member.shape, 0))?;
        let classes = shapes.classes(Universe::Paths)?;
        let (inside, outside) = (classes.contains_key([0].as_slice()), classes.contains_key([].as_slice()));
        let extent = match (inside, outside) {
            (false, _) => Extent::Nothing,
            (true, false) => Extent::Everything,
            (true, true) => Extent::Some,
        };
        known.push((&set.members, extent));
        extents.push(extent);
    }
    Ok(extents)
}

/// Where the paths that `first` and `second` allow differ; each with the ruleset that its tests refer to.
pub(super) fn compare(
    first: (&Program, &Ruleset),
    second: (&Program, &Ruleset),
) -> Result<PathDifference, TooLarge> {
    let mut shapes = Shapes::default();
    let mut numbers: [HashMap<PathId, u32>; 2] = [HashMap::new(), HashMap::new()];
    let mut next = 0;
    for ((program, ruleset), numbers) in [first, second].into_iter().zip(&mut numbers) {
        for test in program.iter().flat_map(|(_, tests)| tests.iter()) {
            if numbers.contains_key(&test.set) {
                continue;
            }
            numbers.insert(test.set, next);
            let members = ruleset.path_sets().get(at(test.set.0)).map(|set| set.members.as_slice());
            for member in members.unwrap_or_default() {
                add(&mut shapes, &member.shape, next)?;
            }
            next += 1;
        }
    }
    let [first_numbers, second_numbers] = numbers;
    let mut difference = PathDifference::default();
    for (sets, word) in shapes.classes(Universe::Paths)? {
        let sides = (allows(first.0, &first_numbers, &sets), allows(second.0, &second_numbers, &sets));
        let slot = match sides {
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

fn allows(program: &Program, numbers: &HashMap<PathId, u32>, sets: &[u32]) -> bool {
    let holds = |test: &Test<PathId>| {
        let inside = numbers.get(&test.set).is_some_and(|number| sets.binary_search(number).is_ok());
        inside != test.negated
    };
    let first = program.iter().find(|(_, tests)| tests.iter().all(holds));
    first.is_some_and(|(action, _)| *action == Action::Allow)
}

fn add(shapes: &mut Shapes, shape: &PathShape, number: u32) -> Result<(), TooLarge> {
    let forwards = |text: &str| Universe::Paths.orient(text);
    match shape {
        PathShape::Any => shapes.everything(number),
        PathShape::Exact(path) => shapes.text(forwards(path), Form::Exact, number),
        PathShape::Prefix(start) => shapes.text(forwards(start), Form::Starts, number),
        PathShape::Longer(start) => shapes.text(forwards(start), Form::Longer, number),
        PathShape::Folder(folder) if folder.ends_with('/') => {
            shapes.text(forwards(folder), Form::Starts, number);
        }
        PathShape::Folder(folder) => {
            shapes.text(forwards(folder), Form::Exact, number);
            shapes.text(forwards(folder), Form::Below, number);
        }
        PathShape::Regular(regular) => {
            shapes.expression(regular.automaton(Universe::Paths).map_err(|_| TooLarge)?, number);
        }
    }
    Ok(())
}

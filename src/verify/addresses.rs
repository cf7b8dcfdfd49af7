//! Whether an expression for names may also find something in the text of an address.

use std::collections::HashSet;

use regex_syntax::hir::{Hir, HirKind};

use super::automaton::{Automaton, TooLarge};
use super::regular::{Regular, hir};
use super::universe::Universe;

/// Texts of addresses, and some that are none: a doubt too many does no harm.
const TEXTS: [&str; 2] = [r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$", "^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$"];
/// Their letters.
const LETTERS: &[u8] = b"0123456789abcdef.:";
/// States beyond which it is taken for possible.
const MOST_STATES: usize = 4_000;

/// Whether `regular` may find something in the text of an address.
pub(super) fn may_find(regular: &Regular) -> bool {
    let text = regular.as_str();
    // Around addresses of version 6 there are brackets in a URL.
    text.contains("\\[")
        || text.contains("\\]")
        || (!needs_another_letter(text) && search(regular).unwrap_or(true))
}

/// Whether whatever is found holds a letter that no address has: so it is with most expressions.
fn needs_another_letter(text: &str) -> bool {
    let is_other = |byte: &u8| !LETTERS.contains(&byte.to_ascii_lowercase());
    let has_other =
        |part: &Hir| matches!(part.kind(), HirKind::Literal(literal) if literal.0.iter().any(is_other));
    hir(text, false).is_ok_and(|whole| match whole.kind() {
        HirKind::Concat(parts) => parts.iter().any(has_other),
        _ => has_other(&whole),
    })
}

fn search(regular: &Regular) -> Result<bool, TooLarge> {
    // This alphabet has a colon.
    let universe = Universe::Paths;
    let automaton = |regular: &Regular| regular.automaton(universe).map_err(|_| TooLarge);
    let mut expressions = vec![automaton(regular)?];
    for text in TEXTS {
        expressions.push(automaton(&Regular::new(text, false).map_err(|_| TooLarge)?)?);
    }
    let place = |letter: &u8| universe.alphabet().iter().position(|known| known == letter);
    let letters: Vec<usize> = LETTERS.iter().filter_map(place).collect();
    let (mut automaton, start) = Automaton::new(expressions, universe)?;
    let (mut seen, mut open) = (HashSet::from([start]), vec![start]);
    while let Some(state) = open.pop() {
        let found = automaton.found(state);
        if found.contains(&0) && found.len() > 1 {
            return Ok(true);
        }
        if seen.len() > MOST_STATES {
            return Err(TooLarge);
        }
        for letter in &letters {
            let next = automaton.step(state, *letter)?;
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_expressions_that_fit_an_address_are_in_doubt() {
        for (text, expected) in [
            (r"^127\.[0-9]+\.[0-9]+\.[0-9]+$", true),
            (r"^[0-9.]+$", true),
            ("::1", true),
            (r"^\[", true),
            ("7", true),
            (r"^[^.]*$", true),
            (r"contoso\.com$", false),
            (r"\.de$", false),
            (r"^ab[^.]*cd\.ef$", false),
            (r"^10\.a", false),
            ("^.$", false),
            ("^..$", true),
        ] {
            assert_eq!(may_find(&Regular::new(text, false).unwrap()), expected, "{text}");
        }
    }
}

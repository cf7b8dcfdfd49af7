//! `Regular`: a regular expression, and the plainer shapes that most of them come to.

use std::sync::Arc;

use regex_automata::nfa::thompson::{Compiler, Config, NFA, WhichCaptures};
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Dot, Hir, HirKind, Look, Repetition};

use super::posix::{RegularError, from_posix};
use super::ruleset::{HostShape, PathShape};
use super::universe::Universe;

/// Bytes that the automaton of one expression may take.
const LARGEST: usize = 1 << 20;

/// An expression that is looked for anywhere in a text.
#[derive(Clone, Debug)]
pub struct Regular {
    text: String,
    ignore_case: bool,
    matcher: Arc<regex_lite::Regex>,
}

/// What tells an expression from others: its text, and whether it looks at case.
pub(super) type RegularKey = (String, bool);

impl PartialEq for Regular {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ignore_case == other.ignore_case
    }
}

impl Eq for Regular {}

impl Regular {
    /// The expression `text`, in the syntax of Rust's crates.
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, RegularError> {
        let matcher = regex_lite::RegexBuilder::new(text)
            .case_insensitive(ignore_case)
            .size_limit(LARGEST)
            .build()
            .map_err(|_| RegularError::Wrong("it cannot be read"))?;
        let regular = Self { text: text.to_owned(), ignore_case, matcher: Arc::new(matcher) };
        regular.automaton(Universe::Paths).map(|_| regular)
    }

    /// Whether it finds something in `text`.
    pub fn finds(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// The expression as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a letter stands for both its cases.
    pub(super) fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// What tells it from other expressions.
    pub(super) fn key(&self) -> RegularKey {
        (self.text.clone(), self.ignore_case)
    }

    /// The automaton for words of a universe, as those are read.
    pub(super) fn automaton(&self, universe: Universe) -> Result<NFA, RegularError> {
        let hir = hir(&self.text, self.ignore_case)?;
        if hir.properties().look_set().iter().any(|look| !matches!(look, Look::Start | Look::End)) {
            return Err(RegularError::Unsupported("an anchor within the text"));
        }
        // An anchor that every finding needs leaves nothing to stand beyond it. Without this, an expression would never
        // be known to have failed.
        let in_front = (!hir.properties().look_set_prefix().contains(Look::Start)).then(anything);
        let behind = (!hir.properties().look_set_suffix().contains(Look::End)).then(anything);
        let whole = Hir::concat(in_front.into_iter().chain([hir]).chain(behind).collect());
        let config = Config::new()
            .utf8(false)
            .reverse(universe == Universe::Names)
            .nfa_size_limit(Some(LARGEST))
            .which_captures(WhichCaptures::None);
        let compiled = Compiler::new().configure(config).build_from_hir(&whole);
        compiled.map_err(|_| RegularError::Unsupported("more states than are followed"))
    }
}

pub(super) fn hir(text: &str, ignore_case: bool) -> Result<Hir, RegularError> {
    let config = syntax::Config::new().unicode(false).utf8(false).case_insensitive(ignore_case);
    syntax::parse_with(text, &config).map_err(|_| RegularError::Wrong("it cannot be read"))
}

fn anything() -> Hir {
    let sub = Box::new(Hir::dot(Dot::AnyByte));
    Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub })
}

/// The hosts in which a POSIX expression finds something.
pub fn posix_hosts(text: &str, ignore_case: bool) -> Result<HostShape, RegularError> {
    let text = from_posix(text, ignore_case)?;
    // Names are lower case, so a letter in either case is that letter.
    let pieces = pieces(&hir(&text, ignore_case)?, ignore_case);
    let pieces = match pieces.as_slice() {
        [Piece::Start, Piece::Anything, rest @ ..] => rest,
        // No name starts with a dot, so there is always something in front of one.
        [Piece::Start, Piece::Something, rest @ ..] if starts_with_dot(rest) => rest,
        all => all,
    };
    Ok(match pieces {
        [] | [Piece::Anything] => HostShape::Any,
        [Piece::Start, Piece::Text(name), Piece::End] => HostShape::Exact(name.clone()),
        [Piece::Text(end), Piece::End] => match end.strip_prefix('.') {
            Some(base) => HostShape::Below { base: base.to_owned(), apex: false },
            None => HostShape::Ends(end.clone()),
        },
        [Piece::StartOr('.'), Piece::Text(base), Piece::End] => {
            HostShape::Below { base: base.clone(), apex: true }
        }
        _ => HostShape::Regular(Regular::new(&text, ignore_case)?),
    })
}

fn starts_with_dot(pieces: &[Piece]) -> bool {
    matches!(pieces.first(), Some(Piece::Text(text)) if text.starts_with('.'))
}

/// The paths in which a POSIX expression finds something.
pub fn posix_paths(text: &str, ignore_case: bool) -> Result<PathShape, RegularError> {
    let text = from_posix(text, ignore_case)?;
    let pieces = pieces(&hir(&text, ignore_case)?, false);
    Ok(match pieces.as_slice() {
        [] | [Piece::Start | Piece::Anything] | [Piece::Start, Piece::Anything] => PathShape::Any,
        [Piece::Start, Piece::Text(start)] | [Piece::Start, Piece::Text(start), Piece::Anything] => {
            PathShape::Prefix(start.clone())
        }
        [Piece::Start, Piece::Text(path), Piece::End] => PathShape::Exact(path.clone()),
        // Behind a `/` the second one would be that of an empty folder.
        [Piece::Start, Piece::Text(folder), Piece::EndOr('/')] if !folder.ends_with('/') => {
            PathShape::Folder(folder.clone())
        }
        _ => PathShape::Regular(Regular::new(&text, ignore_case)?),
    })
}

/// A part of an expression, as far as the plain shapes need to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Start,
    End,
    Text(String),
    Anything,
    Something,
    StartOr(char),
    EndOr(char),
    Other,
}

fn pieces(hir: &Hir, either_case: bool) -> Vec<Piece> {
    let parts: &[Hir] = match hir.kind() {
        HirKind::Concat(parts) => parts,
        HirKind::Empty => &[],
        _ => std::slice::from_ref(hir),
    };
    let mut pieces: Vec<Piece> = Vec::new();
    for part in parts {
        match (pieces.last_mut(), piece(part, either_case)) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => pieces.push(piece),
        }
    }
    pieces
}

fn piece(hir: &Hir, either_case: bool) -> Piece {
    match hir.kind() {
        HirKind::Look(Look::Start) => Piece::Start,
        HirKind::Look(Look::End) => Piece::End,
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).map_or(Piece::Other, |text| Piece::Text(text.to_owned()))
        }
        HirKind::Class(class) if either_case => {
            letter_of(class).map_or(Piece::Other, |letter| Piece::Text(letter.into()))
        }
        HirKind::Repetition(repetition) if repetition.max.is_none() && is_dot(&repetition.sub) => {
            match repetition.min {
                0 => Piece::Anything,
                1 => Piece::Something,
                _ => Piece::Other,
            }
        }
        HirKind::Alternation(parts) => match parts.as_slice() {
            [one, other] => either(one, other).or_else(|| either(other, one)).unwrap_or(Piece::Other),
            _ => Piece::Other,
        },
        _ => Piece::Other,
    }
}

/// `^|.` and `/|$`.
fn either(anchor: &Hir, literal: &Hir) -> Option<Piece> {
    let HirKind::Literal(literal) = literal.kind() else { return None };
    let character = std::str::from_utf8(&literal.0).ok().and_then(|text| text.parse().ok())?;
    match anchor.kind() {
        HirKind::Look(Look::Start) => Some(Piece::StartOr(character)),
        HirKind::Look(Look::End) => Some(Piece::EndOr(character)),
        _ => None,
    }
}

/// The lower-case letter of a class that is one letter in both cases.
fn letter_of(class: &Class) -> Option<char> {
    let Class::Bytes(class) = class else { return None };
    match class.ranges() {
        [upper, lower] if upper.len() == 1 && lower.len() == 1 => {
            let same = upper.start().eq_ignore_ascii_case(&lower.start());
            same.then(|| char::from(lower.start()))
        }
        _ => None,
    }
}

fn is_dot(hir: &Hir) -> bool {
    [Dot::AnyByte, Dot::AnyByteExceptLF].into_iter().any(|dot| Hir::dot(dot) == *hir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_expressions_come_to_plain_shapes() {
        let below = |base: &str, apex| HostShape::Below { base: base.into(), apex };
        for (text, expected) in [
            (r"^a\.b$", HostShape::Exact("a.b".into())),
            (r"\.A\.b$", below("a.b", false)),
            (r"^.*\.a\.b$", below("a.b", false)),
            (r"^.+\.a\.b$", below("a.b", false)),
            (r"(^|\.)a\.b$", below("a.b", true)),
            (r"download\.b$", HostShape::Ends("download.b".into())),
            ("", HostShape::Any),
        ] {
            assert_eq!(posix_hosts(text, true), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("^/pki/", PathShape::Prefix("/pki/".into())),
            (r"^/a\.b$", PathShape::Exact("/a.b".into())),
            ("^/a(/|$)", PathShape::Folder("/a".into())),
            (".*", PathShape::Any),
        ] {
            assert_eq!(posix_paths(text, false), Ok(expected), "{text}");
        }
        assert!(matches!(posix_hosts("^a[^.]*b$", true), Ok(HostShape::Regular(_))));
        assert!(matches!(posix_paths("^/A$", true), Ok(PathShape::Regular(_))));
        assert!(matches!(posix_paths("^/a/(/|$)", false), Ok(PathShape::Regular(_))));
    }
}

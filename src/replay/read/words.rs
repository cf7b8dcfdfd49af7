//! Formats whose values mostly end at one and the same byte: their lines are taken apart by its marks.

use std::collections::BTreeMap;

use super::lately::Lately;
use super::logformat::End;
use super::marks::Line;
use super::squid::{Role, Said, Squid, Step, Values};
use crate::replay::seen::Outcome;
use crate::replay::time::Time;

/// What stands between the marks of a line, up to the last one that says something.
#[derive(Debug)]
pub(super) struct Words {
    mark: u8,
    words: Vec<Word>,
}

/// The codes up to one whose value ends at a mark.
#[derive(Debug)]
struct Word {
    kind: Kind,
    /// Whether marks may stand before it.
    padded: bool,
    steps: Vec<Step>,
}

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nothing,
    /// One value.
    Value(Role),
    /// When, and behind another end perhaps something that says nothing, such as parts of a second.
    Time,
    /// What became of the request.
    Result,
    /// Several values.
    Values,
}

impl Words {
    /// The words of a format; `None` if its codes do not come to words.
    pub(super) fn new(steps: &[Step]) -> Option<Self> {
        let mark = mark(steps)?;
        let ends = |(_, code): &Step| matches!(code.end, End::Byte(byte) if byte == mark);
        let mut words: Vec<Word> = Vec::new();
        for steps in steps.split_inclusive(ends) {
            let (first, others) = steps.split_first()?;
            // What fills a width are spaces.
            if first.1.padded && mark != b' ' {
                return None;
            }
            let only_bytes = steps.iter().all(|(_, code)| matches!(code.end, End::Byte(_)));
            if !only_bytes || others.iter().any(|(_, code)| code.padded) || !steps.last().is_some_and(ends) {
                return None;
            }
            words.push(Word { kind: Kind::of(steps), padded: first.1.padded, steps: steps.to_vec() });
        }
        // Both are read from one word, or from the values of all.
        for kind in [Kind::Time, Kind::Result] {
            let is_said = |word: &&mut Word| {
                word.steps.iter().any(|(role, _)| role.is_some_and(|role| kind.takes(role)))
            };
            if words.iter_mut().filter(is_said).count() > 1 {
                words.iter_mut().filter(is_said).for_each(|word| word.kind = Kind::Values);
            }
        }
        Some(Self { mark, words })
    }

    /// The byte at which the words end.
    pub(super) fn mark(&self) -> u8 {
        self.mark
    }

    /// What a line says; `None` if that is for the codes one by one to find out.
    #[inline]
    pub(super) fn read<'l>(&self, format: &Squid, lately: &mut Lately, line: &Line<'l>) -> Option<Said<'l>> {
        let (text, mut marks) = (line.text, line.marks);
        let (mut values, mut time, mut outcomes) = (Values::default(), None, None);
        let mut at = 0;
        for word in &self.words {
            if word.padded {
                at = marks.pass(at)?;
                // Other white space fills a width as well.
                text.get(at).filter(|byte| !byte.is_ascii_whitespace())?;
            }
            let end = marks.next(text, at)?;
            let rest = text.get(at..)?;
            match word.kind {
                Kind::Nothing => {}
                Kind::Value(role) => values.set(role, text.get(at..end)?),
                Kind::Time => time = Some(word.time(lately, rest, end + 1 - at)?),
                Kind::Result => outcomes = Some(word.result(format, lately, rest, end + 1 - at)?),
                Kind::Values => word.take(&mut values, rest, end + 1 - at)?,
            }
            at = end + 1;
        }
        let is_tunnel = values.is_tunnel();
        let time = match time {
            Some(time) => Some(time),
            None => format.moment(&values).ok()?,
        };
        let outcome = match outcomes {
            Some(outcomes) => outcomes[usize::from(is_tunnel)],
            None => format.outcome(&values, is_tunnel).ok()?,
        };
        Some(Said { values, time, outcome })
    }
}

impl Kind {
    fn of(steps: &[Step]) -> Self {
        let mut roles = steps.iter().filter_map(|(role, _)| *role).peekable();
        match steps {
            [(None, _)] => Self::Nothing,
            [(Some(role), _)] | [(Some(role), _), (None, _)] if Self::Time.takes(*role) => Self::Time,
            _ if roles.peek().is_some() && roles.all(|role| Self::Result.takes(role)) => Self::Result,
            [(Some(role), _)] => Self::Value(*role),
            _ => Self::Values,
        }
    }

    fn takes(self, role: Role) -> bool {
        match role {
            Role::Seconds | Role::WrittenTime => self == Self::Time,
            Role::Result | Role::Status => self == Self::Result,
            Role::FormedTime | Role::Method | Role::Url | Role::ServerName => false,
        }
    }
}

impl Word {
    /// Takes the values; `None` if they do not end where the word does, which has so many bytes with its mark.
    fn take<'l>(&self, values: &mut Values<'l>, rest: &'l [u8], length: usize) -> Option<()> {
        let behind = values.take(&self.steps, rest)?;
        (rest.len() - behind.len() == length).then_some(())
    }

    #[inline]
    fn time(&self, lately: &mut Lately, rest: &[u8], length: usize) -> Option<Time> {
        lately.time(rest).or_else(|| {
            let mut values = Values::default();
            self.take(&mut values, rest, length)?;
            // The empty value of a time is for the codes to judge.
            let time = Squid::time(&values).ok()??;
            let behind = Values::default().take(self.steps.get(..1)?, rest)?;
            lately.keep_time(rest.get(..rest.len() - behind.len())?, time);
            Some(time)
        })
    }

    #[inline]
    fn result(
        &self,
        format: &Squid,
        lately: &mut Lately,
        rest: &[u8],
        length: usize,
    ) -> Option<[Outcome; 2]> {
        lately.result(rest, length).or_else(|| {
            let mut values = Values::default();
            self.take(&mut values, rest, length)?;
            let outcomes = [format.outcome(&values, false).ok()?, format.outcome(&values, true).ok()?];
            lately.keep_result(rest, length, outcomes);
            Some(outcomes)
        })
    }
}

/// The byte at which most values end.
fn mark(steps: &[Step]) -> Option<u8> {
    let ends = steps.iter().filter_map(|(_, code)| match code.end {
        End::Byte(byte) if !matches!(byte, b'\n' | b'\r') => Some(byte),
        _ => None,
    });
    let mut counts = BTreeMap::new();
    ends.for_each(|byte| *counts.entry(byte).or_insert(0) += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Format, squid::tests::without_words};
    use super::*;

    const FORMATS: [&str; 6] = [
        "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt",
        "%ts %Ss/%03>Hs %rm %6ru %ssl::>sni %mt",
        "%ts.%03tu|%tl|%Ss|%>Hs|%rm|%ru|%mt",
        "%Sh/%<a %{%s}tl %rm %ru %>Hs %mt",
        "%ts.%rm %ru %>Hs %Ss %mt",
        "%ts/%>Hs/%tu %rm %ru %>a/%<a %Ss %mt",
    ];

    /// A value of a format, or something in its place.
    fn value(code: &str) -> BoxedStrategy<String> {
        let usual = match code {
            "ts" | "{%s}tl" => "17955381[0-9]{2}",
            "tl" => "24/Nov/2026:1[0-9]:36:37",
            "Ss" => "TCP_(MISS|TUNNEL|DENIED)(_[A-Z]{1,20})?",
            ">Hs" => "200|403|407|503|000|-",
            "rm" => "CONNECT|GET",
            "ru" => "(http://|HTTPS://|)[a-z]{1,9}\\.com(:[0-9]{1,6})?(/[a-z]{0,150})?",
            "ssl::>sni" => "-|[a-z]{1,5}\\.com",
            _ => "[0-9]{1,9}",
        };
        prop_oneof![12 => usual, 1 => "[ -~]{0,12}", 1 => "[ \t]{0,3}[0-9]{0,4}[ /.|]?"].boxed()
    }

    /// Lines of a format, some of them broken.
    fn lines(format: &str) -> BoxedStrategy<Vec<String>> {
        let mut line = Just(String::new()).boxed();
        for part in format.split_inclusive([' ', '/', '.', '|']) {
            let (text, end) = part.split_at(part.len() - usize::from(part.ends_with([' ', '/', '.', '|'])));
            let code =
                text.trim_start_matches(|c: char| c == '%' || c == '[' || c.is_ascii_digit()).to_owned();
            let (end, padding) = (end.to_owned(), if text.starts_with("%6") { " {0,3}" } else { "" });
            let next = (line, padding, value(&code));
            line = next.prop_map(move |(line, padding, value)| line + &padding + &value + &end).boxed();
        }
        let cut =
            (line, prop::option::weighted(0.1, any::<prop::sample::Index>())).prop_map(|(line, cut)| {
                let length = cut.map_or(line.len(), |at| at.index(line.len() + 1));
                line.chars().take(length).collect()
            });
        prop::collection::vec(cut, 1..8).boxed()
    }

    /// What a format sees in a line.
    fn seen(format: &Squid, lately: &mut Lately, line: &str) -> String {
        let mut all = Vec::new();
        let line = Line::first(line.as_bytes(), format.mark()).0;
        let read = format.read(lately, &line, |seen| all.push(format!("{seen:?}")));
        format!("{read:?} {all:?}")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        #[test]
        fn words_say_what_the_codes_say_one_by_one(
            (format, lines) in prop::sample::select(FORMATS.to_vec()).prop_flat_map(|format| (Just(format), lines(format))),
        ) {
            let by_words = Squid::given(format).expect("a format");
            let by_codes = without_words(format);
            let (mut lately, mut none) = (Lately::default(), Lately::default());
            for line in &lines {
                prop_assert_eq!(seen(&by_words, &mut lately, line), seen(&by_codes, &mut none, line), "{}", line);
            }
        }
    }

    #[test]
    fn formats_of_words_are_known_and_others_are_left_to_their_codes() {
        for (format, kinds) in FORMATS.into_iter().zip([
            "Time Nothing Nothing Result Nothing Value(Method) Value(Url)",
            "Time Result Value(Method) Value(Url) Value(ServerName)",
            "Values Values Values Values Value(Method) Value(Url)",
            "Values Value(FormedTime) Value(Method) Value(Url) Result",
            "Values Value(Url) Values Values",
            "Values Value(Method) Value(Url) Values Values",
        ]) {
            let words = without_words(format).found_words().expect("words");
            let found: Vec<String> = words.words.iter().map(|word| format!("{:?}", word.kind)).collect();
            assert_eq!(found.join(" "), kinds, "{format}");
        }
        for format in ["%ts %Ss %ru", "%>a [%tl] \"%rm %ru %rv\" %>Hs ", "%6ts|%Ss|%ru|"] {
            assert!(Squid::given(format).ok().and_then(|format| format.found_words()).is_none(), "{format}");
        }
    }
}

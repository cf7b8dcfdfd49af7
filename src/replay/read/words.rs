//! Formats whose values mostly end at one and the same byte: their lines are taken apart by its marks.

#![allow(
    clippy::inline_always,
    reason = "what is done for every line is one loop; weighed one by one, some of these are too large for it"
)]

use std::collections::BTreeMap;

use super::lately::Lately;
use super::logformat::End;
use super::marks::Line;
use super::squid::{Role, Said, Squid, Step, Values};
use crate::replay::seen::Outcome;
use crate::replay::time::Time;

/// Most words up to the last one that says something.
const MOST_WORDS: usize = 12;

/// What stands between the marks of a line, up to the last one that says something.
#[derive(Debug)]
pub(super) struct Words {
    mark: u8,
    /// Whether marks may stand before each word.
    padded: Vec<bool>,
    time: Option<Word>,
    result: Option<Word>,
    values: Vec<(usize, Role)>,
    /// Those of several values.
    others: Vec<Word>,
}

/// The codes up to one whose value ends at a mark.
#[derive(Debug)]
struct Word {
    /// Which one it is.
    number: usize,
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
    /// The words of a format; `None` if its codes do not come to words, or to too many.
    pub(super) fn new(steps: &[Step]) -> Option<Self> {
        let mark = mark(steps)?;
        let words = split(steps, mark)?;
        let padded: Vec<bool> =
            words.iter().filter_map(|word| word.first()).map(|(_, code)| code.padded).collect();
        if padded.len() > MOST_WORDS {
            return None;
        }
        let (time, result) = (None, None);
        let mut found = Self { mark, padded, time, result, values: Vec::new(), others: Vec::new() };
        for (number, (kind, steps)) in kinds(&words).into_iter().zip(words).enumerate() {
            let word = Word { number, steps };
            match kind {
                Kind::Nothing => {}
                Kind::Value(role) => found.values.push((number, role)),
                Kind::Time => found.time = Some(word),
                Kind::Result => found.result = Some(word),
                Kind::Values => found.others.push(word),
            }
        }
        Some(found)
    }

    /// The byte at which the words end.
    pub(super) fn mark(&self) -> u8 {
        self.mark
    }

    /// What a line says; `None` if that is for the codes one by one to find out.
    #[inline(always)]
    pub(super) fn read<'l>(&self, format: &Squid, lately: &mut Lately, line: &Line<'l>) -> Option<Said<'l>> {
        let mut spans = [(0, 0); MOST_WORDS];
        self.find(line, &mut spans)?;
        let mut values = Values::default();
        for (number, role) in &self.values {
            let (rest, length) = at(line.text, &spans, *number)?;
            values.set(*role, rest.get(..length - 1)?);
        }
        for word in &self.others {
            let (rest, length) = at(line.text, &spans, word.number)?;
            word.take(&mut values, rest, length)?;
        }
        let time = match &self.time {
            Some(word) => {
                let (rest, length) = at(line.text, &spans, word.number)?;
                Some(word.time(lately, rest, length)?)
            }
            None => format.moment(&values).ok()?,
        };
        let is_tunnel = values.is_tunnel();
        let outcome = match &self.result {
            Some(word) => {
                let (rest, length) = at(line.text, &spans, word.number)?;
                word.result(format, lately, rest, length)?[usize::from(is_tunnel)]
            }
            None => format.outcome(&values, is_tunnel).ok()?,
        };
        Some(values.say(time, outcome))
    }

    /// Where the words of a line start and end; `None` if it has not all of them.
    #[inline(always)]
    fn find(&self, line: &Line<'_>, spans: &mut [(usize, usize); MOST_WORDS]) -> Option<()> {
        let mut marks = line.marks;
        let mut at = 0;
        for (padded, span) in self.padded.iter().zip(spans) {
            if *padded {
                at = marks.pass(at)?;
                // Other white space fills a width as well.
                line.text.get(at).filter(|byte| !byte.is_ascii_whitespace())?;
            }
            let end = marks.next(line.text, at)?;
            *span = (at, end);
            at = end + 1;
        }
        Some(())
    }
}

/// A word with what stands behind it, and its length with the mark.
#[inline(always)]
fn at<'l>(text: &'l [u8], spans: &[(usize, usize)], number: usize) -> Option<(&'l [u8], usize)> {
    let (start, end) = *spans.get(number)?;
    Some((text.get(start..)?, end + 1 - start))
}

/// The codes of each word; `None` if they do not come to words.
fn split(steps: &[Step], mark: u8) -> Option<Vec<Vec<Step>>> {
    let ends = |(_, code): &Step| matches!(code.end, End::Byte(byte) if byte == mark);
    let mut words = Vec::new();
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
        words.push(steps.to_vec());
    }
    Some(words)
}

/// What each word says. Time and result are each read from one word, or from the values of all.
fn kinds(words: &[Vec<Step>]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = words.iter().map(|steps| Kind::of(steps)).collect();
    for kind in [Kind::Time, Kind::Result] {
        let says = |steps: &[Step]| steps.iter().any(|(role, _)| role.is_some_and(|role| kind.takes(role)));
        if words.iter().filter(|steps| says(steps)).count() > 1 {
            let of_it = kinds.iter_mut().zip(words).filter(|(_, steps)| says(steps));
            of_it.for_each(|(found, _)| *found = Kind::Values);
        }
    }
    kinds
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

    #[inline(always)]
    fn time(&self, lately: &mut Lately, rest: &[u8], length: usize) -> Option<Time> {
        lately.time(rest).or_else(|| self.new_time(lately, rest, length))
    }

    #[cold]
    fn new_time(&self, lately: &mut Lately, rest: &[u8], length: usize) -> Option<Time> {
        let mut values = Values::default();
        self.take(&mut values, rest, length)?;
        // The empty value of a time is for the codes to judge.
        let time = Squid::time(&values).ok()??;
        let behind = Values::default().take(self.steps.get(..1)?, rest)?;
        lately.keep_time(rest.get(..rest.len() - behind.len())?, time);
        Some(time)
    }

    #[inline(always)]
    fn result(
        &self,
        format: &Squid,
        lately: &mut Lately,
        rest: &[u8],
        length: usize,
    ) -> Option<[Outcome; 2]> {
        lately.result(rest, length).or_else(|| self.new_result(format, lately, rest, length))
    }

    #[cold]
    fn new_result(
        &self,
        format: &Squid,
        lately: &mut Lately,
        rest: &[u8],
        length: usize,
    ) -> Option<[Outcome; 2]> {
        let mut values = Values::default();
        self.take(&mut values, rest, length)?;
        let outcomes = [format.outcome(&values, false).ok()?, format.outcome(&values, true).ok()?];
        lately.keep_result(rest, length, outcomes);
        Some(outcomes)
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
        let line = Line::alone(line.as_bytes(), format.mark());
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
            let steps = without_words(format).into_steps();
            let words = split(&steps, mark(&steps).expect("a mark")).expect("words");
            let found: Vec<String> = super::kinds(&words).iter().map(|kind| format!("{kind:?}")).collect();
            assert_eq!(found.join(" "), kinds, "{format}");
        }
        let many = format!("{}%Ss %ru %mt", "%>a ".repeat(MOST_WORDS - 1));
        for format in ["%ts %Ss %ru", "%>a [%tl] \"%rm %ru %rv\" %>Hs ", "%6ts|%Ss|%ru|", &many] {
            let steps = Squid::given(format).expect("a format").into_steps();
            assert!(Words::new(&steps).is_none(), "{format}");
        }
    }
}

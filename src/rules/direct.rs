//! How rows tell that they cannot go through a proxy, or that they can: sentence by sentence.

use regex_lite::Regex;
use serde::Deserialize;

use super::condition::compile;
use crate::source::with_line_breaks;

/// Longest sentence that is read, in bytes.
const LONGEST: usize = 1000;

/// Stands for a term in a sentence and in the forms; where a text has it of its own, it is taken out.
const TERM: char = '\u{e000}';

/// `[[direct]]` as written. A text with none of the `words` says nothing. In the forms `{term}` stands for what `term`
/// matches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    words: Vec<String>,
    term: String,
    opening: String,
    doubt: String,
    asks: Vec<String>,
    denies: Vec<String>,
    takes_back: String,
    answers: String,
    marks: String,
    topics: Vec<String>,
    says: String,
    source: String,
}

/// How rows tell that they need a direct connection.
#[derive(Debug)]
pub struct DirectRule {
    words: Vec<String>,
    term: Regex,
    opening: Regex,
    doubt: Regex,
    /// Whole sentences; what they capture is free.
    asks: Vec<Regex>,
    denies: Vec<Regex>,
    takes_back: Regex,
    answers: Regex,
    marks: Regex,
    topics: Vec<Regex>,
    /// The statement, for people.
    pub says: String,
    /// How we know.
    pub source: String,
}

/// What a text says of a direct connection. The later one counts where texts of a row differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direct {
    /// Nothing.
    #[default]
    Silent,
    /// That none is needed.
    Denied,
    /// Something, in words that nobody knows.
    Unclear,
    /// That one is needed.
    Asked,
    /// That one is needed, and something else of it.
    Both,
}

impl Direct {
    /// What two statements come to.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let (less, more) = (self.min(other), self.max(other));
        if more == Self::Asked && matches!(less, Self::Denied | Self::Unclear) { Self::Both } else { more }
    }
}

impl DirectRule {
    /// Compiles the forms.
    pub(super) fn new(file: File) -> Result<Self, String> {
        // With the term itself in it each form would be as large as all of them.
        let whole = |form: &String| {
            compile(&format!("^(?:{})$", form.replace("{term}", TERM.encode_utf8(&mut [0; 4]))))
        };
        let forms = |forms: Vec<String>| forms.iter().map(whole).collect::<Result<_, _>>();
        Ok(Self {
            words: file.words,
            term: compile(&file.term)?,
            opening: compile(&format!("^(?:{})", file.opening))?,
            doubt: compile(&file.doubt)?,
            asks: forms(file.asks)?,
            denies: forms(file.denies)?,
            takes_back: whole(&file.takes_back)?,
            answers: whole(&file.answers)?,
            marks: compile(&file.marks)?,
            topics: file.topics.iter().map(|topic| compile(topic)).collect::<Result<_, _>>()?,
            says: file.says,
            source: file.source,
        })
    }

    /// What a comment or description says.
    pub fn reading(&self, text: &str) -> Direct {
        let has_word = |text: &str| self.words.iter().any(|word| text.contains(word.as_str()));
        if !has_word(&text.to_lowercase()) {
            return Direct::Silent;
        }
        let text = with_line_breaks(text);
        let unmarked = if text.len() > LONGEST { text } else { self.marks.replace_all(&text, " ") };
        let sentences = sentences(&unmarked);
        let near = |at: Option<usize>| {
            at.and_then(|at| sentences.get(at)).filter(|sentence| sentence.text.len() <= LONGEST)
        };
        let taken_back = |at: usize| {
            let next = near(Some(at + 1)).map(|next| next.text.as_str());
            next.is_some_and(|next| {
                self.takes_back.is_match(next) || (!has_word(next) && self.answers.is_match(next))
            })
        };
        let goes_on = |at: usize| {
            near(at.checked_sub(1)).is_some_and(|before| before.is_open && self.doubt.is_match(&before.text))
        };
        let readings = sentences.iter().enumerate().filter(|(_, sentence)| has_word(&sentence.text));
        let readings = readings.map(|(at, sentence)| match self.of_sentence(&sentence.text) {
            Direct::Asked if sentence.is_question || taken_back(at) || goes_on(at) => Direct::Unclear,
            reading => reading,
        });
        readings.fold(Direct::Silent, Direct::with)
    }

    fn of_sentence(&self, sentence: &str) -> Direct {
        // Nobody writes such a sentence, and it would only cost time.
        if sentence.len() > LONGEST {
            return Direct::Unclear;
        }
        let marked = self.term.replace_all(sentence, TERM.encode_utf8(&mut [0; 4]) as &str);
        let said = self.opening.replace(&marked, "");
        if self.asks.iter().any(|form| self.is_free_of_doubt(form, &said)) {
            Direct::Asked
        } else if self.denies.iter().any(|form| form.is_match(&said)) {
            Direct::Denied
        } else if self.topics.iter().any(|topic| topic.is_match(sentence)) {
            Direct::Unclear
        } else {
            Direct::Silent
        }
    }

    /// Whether a form is the whole of a sentence, without a word of doubt or another term in what is free.
    fn is_free_of_doubt(&self, form: &Regex, sentence: &str) -> bool {
        form.captures(sentence).is_some_and(|found| {
            let free = found.iter().skip(1).flatten().map(|part| part.as_str());
            free.into_iter().all(|part| !part.contains(TERM) && !self.doubt.is_match(part))
        })
    }
}

/// A sentence in lower case and single spaces, without the marks around it.
struct Sentence {
    text: String,
    is_question: bool,
    /// Whether a line or a bracket ends it and no mark, so that the next one may go on with it.
    is_open: bool,
}

/// The sentences of a text. One ends with a bracket, with a mark behind a word (`10.0` has none), and with a line that the
/// next one does not go on in lower case. What a page marks a text with is none of it.
fn sentences(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends = match c {
            '(' | ')' | ';' | '!' | '?' => true,
            '.' => next.is_none_or(char::is_whitespace),
            '\n' | '\r' => {
                let rest = text.get(at..).unwrap_or_default().trim_start();
                rest.chars().next().is_none_or(|first| !first.is_lowercase())
            }
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            sentences.extend(sentence(text.get(start..end).unwrap_or_default()));
            start = end;
        }
    }
    sentences.extend(sentence(text.get(start..).unwrap_or_default()));
    sentences
}

/// `None` if it holds no word.
fn sentence(text: &str) -> Option<Sentence> {
    let is_question = text.ends_with('?');
    let line = text.trim_end_matches(['\n', '\r', '(']);
    let is_open = line.len() < text.len() && !line.trim_end().ends_with('.');
    let is_mark = |c: char| matches!(c, '*' | '_' | '"' | '“' | '”' | '„' | TERM) || is_raised(c);
    let words = text.to_lowercase().replace(is_mark, " ");
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    let text = words.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(Sentence { text, is_question, is_open })
}

/// Digits as marks of footnotes have them.
fn is_raised(c: char) -> bool {
    matches!(c, '¹' | '²' | '³' | '⁰' | '⁴'..='⁹')
}

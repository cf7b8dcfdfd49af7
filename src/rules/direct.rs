//! How rows tell that they cannot go through a proxy, or that they can: sentence by sentence.

use regex_lite::Regex;
use serde::Deserialize;

use super::condition::compile;

/// Longest sentence that is read, in bytes.
const LONGEST: usize = 1000;

/// Most words of an answer to the sentence before it: `(not required)`.
const MOST_OF_ANSWER: usize = 3;

/// Stands for a term in a sentence and in the forms; where a text has it of its own, it is taken out.
const TERM: char = '\u{e000}';

/// `[[direct]]` as written. A sentence with none of the `words` says nothing. In the forms `{term}` stands for what `term`
/// matches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    words: Vec<String>,
    term: String,
    wish: String,
    doubt: String,
    asks: Vec<String>,
    denies: Vec<String>,
    about: Vec<String>,
    says: String,
    source: String,
}

/// How rows tell that they need a direct connection.
#[derive(Debug)]
pub struct DirectRule {
    words: Vec<String>,
    term: Regex,
    wish: Regex,
    doubt: Regex,
    asks: Vec<Regex>,
    denies: Vec<Regex>,
    about: Vec<Regex>,
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
    /// That one is needed, and that none is.
    Both,
}

impl DirectRule {
    /// Compiles the forms.
    pub(super) fn new(file: File) -> Result<Self, String> {
        // With the term itself in it each form would be as large as all of them.
        let form = |form: &String| compile(&form.replace("{term}", TERM.encode_utf8(&mut [0; 4])));
        let forms = |forms: Vec<String>| forms.iter().map(form).collect::<Result<_, _>>();
        Ok(Self {
            words: file.words,
            term: compile(&file.term)?,
            wish: compile(&file.wish)?,
            doubt: compile(&file.doubt)?,
            asks: forms(file.asks)?,
            denies: forms(file.denies)?,
            about: forms(file.about)?,
            says: file.says,
            source: file.source,
        })
    }

    /// What a comment or description (lower case) says.
    pub fn reading(&self, text: &str) -> Direct {
        if !self.has_word(text) {
            return Direct::Silent;
        }
        let sentences = sentences(text);
        let mut readings: Vec<Direct> = sentences.iter().map(|sentence| self.of_sentence(sentence)).collect();
        for (at, reading) in readings.iter_mut().enumerate() {
            // `direct connection (not required)`, and a sentence that goes on in the next line.
            let is_answered = sentences
                .get(at + 1)
                .is_some_and(|next| next.split_whitespace().count() <= MOST_OF_ANSWER && self.doubts(next));
            let goes_on = at.checked_sub(1).and_then(|before| sentences.get(before)).is_some_and(|before| {
                before.ends_with('\n') && !before.trim_end().ends_with(['.', ':', ',']) && self.doubts(before)
            });
            if *reading == Direct::Asked && (is_answered || goes_on) {
                *reading = Direct::Unclear;
            }
        }
        let most = readings.iter().copied().max().unwrap_or_default();
        let is_both = most == Direct::Asked && readings.contains(&Direct::Denied);
        if is_both { Direct::Both } else { most }
    }

    fn has_word(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word.as_str()))
    }

    /// Whether a sentence that speaks of something else holds a word of doubt.
    fn doubts(&self, sentence: &str) -> bool {
        sentence.len() <= LONGEST && !self.has_word(sentence) && self.doubt.is_match(sentence)
    }

    fn of_sentence(&self, sentence: &str) -> Direct {
        if !self.has_word(sentence) {
            return Direct::Silent;
        }
        // Nobody writes such a sentence, and it would only cost time.
        if sentence.len() > LONGEST {
            return Direct::Unclear;
        }
        let sentence = sentence.replace(TERM, " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let term = TERM.encode_utf8(&mut [0; 4]).to_owned();
        let mut rest = self.term.replace_all(&sentence, term.as_str()).into_owned();
        let mut takes_out = |forms: &[Regex]| {
            let found = forms.iter().any(|form| form.is_match(&rest));
            if found {
                for form in forms {
                    rest = form.replace_all(&rest, " ").into_owned();
                }
            }
            found
        };
        let (asked, denied) = (takes_out(&self.asks), takes_out(&self.denies));
        match (denied, asked || self.wishes(&rest)) {
            (true, true) => Direct::Both,
            (false, true) => Direct::Asked,
            (true, false) => Direct::Denied,
            (false, false) if self.about.iter().any(|form| form.is_match(&rest)) => Direct::Unclear,
            (false, false) => Direct::Silent,
        }
    }

    /// Whether a sentence is a term alone, or a term and a wish without a word of doubt before the last of them.
    fn wishes(&self, sentence: &str) -> bool {
        let Some(at) = sentence.find(TERM) else { return false };
        let behind_term = at + TERM.len_utf8();
        let behind = sentence.get(behind_term..).unwrap_or_default();
        let end = match self.wish.find(behind) {
            Some(wish) => behind_term + wish.end(),
            None if sentence.get(..at).is_some_and(|before| self.wish.is_match(before)) => behind_term,
            None => return !sentence.chars().any(|c| c != TERM && c.is_alphanumeric()),
        };
        sentence.get(..end).is_some_and(|said| !self.doubt.is_match(said))
    }
}

/// The sentences of a text, each with what ends it: a line, a bracket, or a full stop behind a word (`10.0` has none).
fn sentences(text: &str) -> Vec<String> {
    let words = text.split_inclusive(|c: char| c.is_whitespace() || "();!?".contains(c));
    let mut sentences = vec![String::new()];
    for word in words {
        if let Some(last) = sentences.last_mut() {
            last.push_str(word);
        }
        if word.ends_with(['\n', '(', ')', ';', '!', '?']) || word.trim_end().ends_with('.') {
            sentences.push(String::new());
        }
    }
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

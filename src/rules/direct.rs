//! How rows tell that they cannot go through a proxy, or that they can: sentence by sentence.

use regex_lite::Regex;
use serde::Deserialize;

use super::condition::compile;

/// Longest sentence that is read, in bytes.
const LONGEST: usize = 2000;

/// Stands for a term in a sentence and in the forms; where a text has it of its own, it is taken out.
const TERM: char = '\u{e000}';

/// `[[direct]]` as written. A text with none of the `words` says nothing. In the forms `{term}` stands for what `term`
/// matches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    words: Vec<String>,
    term: String,
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
        let (asks, denies, about) = (forms(file.asks)?, forms(file.denies)?, forms(file.about)?);
        let term = compile(&file.term)?;
        Ok(Self { words: file.words, term, asks, denies, about, says: file.says, source: file.source })
    }

    /// What a comment or description (lower case) says.
    pub fn reading(&self, text: &str) -> Direct {
        if !self.words.iter().any(|word| text.contains(word.as_str())) {
            return Direct::Silent;
        }
        let words = text.split_inclusive(|c: char| c.is_whitespace() || "();!?".contains(c));
        let mut readings: Vec<Direct> = Vec::new();
        let mut sentence = String::new();
        for word in words {
            sentence.push_str(word);
            // A full stop ends a sentence only behind a word: `10.0` is none.
            if word.ends_with(['\n', '(', ')', ';', '!', '?']) || word.trim_end().ends_with('.') {
                readings.push(self.of_sentence(&std::mem::take(&mut sentence)));
            }
        }
        readings.push(self.of_sentence(&sentence));
        let most = readings.iter().copied().max().unwrap_or_default();
        let is_both = most == Direct::Asked && readings.contains(&Direct::Denied);
        if is_both { Direct::Both } else { most }
    }

    fn of_sentence(&self, sentence: &str) -> Direct {
        // Nobody writes such a sentence, and it would only cost time.
        if sentence.len() > LONGEST {
            return Direct::Unclear;
        }
        let sentence = sentence.replace(TERM, " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rest = self.term.replace_all(&sentence, TERM.encode_utf8(&mut [0; 4]) as &str).into_owned();
        let has = |forms: &[Regex], text: &str| forms.iter().any(|form| form.is_match(text));
        // What denies it holds the words that ask for it.
        let is_denied = has(&self.denies, &rest);
        for form in &self.denies {
            rest = form.replace_all(&rest, " ").into_owned();
        }
        match (is_denied, has(&self.asks, &rest)) {
            (true, true) => Direct::Both,
            (false, true) => Direct::Asked,
            (true, false) => Direct::Denied,
            (false, false) if has(&self.about, &rest) => Direct::Unclear,
            (false, false) => Direct::Silent,
        }
    }
}

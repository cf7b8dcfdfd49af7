//! `Finding`: what is wrong, where, what was done about it and what to write instead.

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; nothing to do.
    Note,
    /// The output is right, but a person should look.
    Warning,
    /// Nothing is written.
    Error,
}

impl Severity {
    /// The word as printed: `note`, `warning`, `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where a finding points: a file, and in it a sheet or heading with a cell, or a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// File name as the user knows it, without folders of this machine.
    pub file: String,
    /// Sheet of a workbook or heading of a page.
    pub sheet: Option<String>,
    /// Cell such as `E14`, or only a row such as `14`.
    pub cell: Option<String>,
    /// Line of a text file, from 1.
    pub line: Option<u32>,
    /// The text found there, as the user wrote it.
    pub text: Option<String>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// A line of a text file.
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line: Some(line), ..Self::default() }
    }

    /// A cell (`E14`) or row (`14`) of a sheet.
    pub fn cell(file: impl Into<String>, sheet: impl Into<String>, cell: impl Into<String>) -> Self {
        Self { file: file.into(), sheet: Some(sheet.into()), cell: Some(cell.into()), ..Self::default() }
    }

    /// The row or line that it is in, from 1.
    pub fn row(&self) -> Option<u32> {
        let letters = |c: char| c.is_ascii_alphabetic();
        self.line.or_else(|| self.cell.as_ref()?.trim_start_matches(letters).parse().ok())
    }

    /// The same place, showing the text found there.
    #[must_use]
    pub fn showing(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// `defender.xlsx[Commercial]!E14`, `page.md[Heading]:48`, `profile.toml:7`.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, "[{sheet}]")?;
        }
        if let Some(cell) = &self.cell {
            write!(f, "!{cell}")?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        Ok(())
    }
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// One line, lower case, no final stop: what is wrong and what was done about it.
    pub message: String,
    /// The smallest place that shows it.
    pub place: Option<Place>,
    /// What to write instead: a statement.
    pub help: Option<String>,
}

impl Finding {
    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self { code, severity, message: bounded(message.into()), place: None, help: None }
    }

    /// A finding that stops the build.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A finding that a person should look at.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A finding that is good to know.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// The same finding at a place.
    #[must_use]
    pub fn at(mut self, mut place: Place) -> Self {
        place.text = place.text.map(|text| cut(&text).unwrap_or(text));
        self.place = Some(place);
        self
    }

    /// The same finding with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(bounded(help.into()));
        self
    }
}

/// The longest text of a user that is shown whole, in characters: longer than any host name. A cell can hold 32 767.
const LONGEST: usize = 300;

/// A text with what it quotes no longer than people read.
fn bounded(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let parts: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(at, part)| cut(part).filter(|_| at % 2 == 1).unwrap_or_else(|| part.to_owned()))
        .collect();
    parts.join("`")
}

/// The start of a text that is too long.
fn cut(text: &str) -> Option<String> {
    let (at, _) = text.char_indices().nth(LONGEST)?;
    Some(format!("{}…", text.get(..at)?))
}

/// All findings of a run, in the order in which the stages met them.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one finding; an exact repetition is kept once.
    pub fn push(&mut self, finding: Finding) {
        // Repetitions come in runs (one per covered target), so a short look back is enough.
        if !self.0.iter().rev().take(64).any(|known| *known == finding) {
            self.0.push(finding);
        }
    }

    /// Whether any finding stops the build.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How many findings weigh exactly `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings without those of one code.
    #[must_use]
    pub fn without(&self, code: Code) -> Findings {
        Self(self.0.iter().filter(|finding| finding.code != code).cloned().collect())
    }

    /// Adds several findings.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// Takes over all findings of `other`.
    pub fn append(&mut self, other: Findings) {
        self.extend(other.0);
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An error with what caused it, which says what a user can mend; what one of them repeats is said once.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

//! Files of connection tests, recognised by their content. A reader for each format, in a file of its own.

mod analyzer;
mod analyzer_html;
mod analyzer_xml;
mod cloud_connection;
mod curl;
mod cut;
mod event;
mod gap;
mod maps;
mod one_line;
mod page;
mod previous;
mod results_json;
mod sensor;
mod url;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use self::gap::Gap;
use super::trial::{Reading, Trial, split_scheme};
use crate::console::{decode, too_large};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// Largest file, in bytes. A real one has some ten thousand.
pub const LARGEST: usize = 8 << 20;

/// Most ways of connecting of all URLs of a file. A real one has some hundred.
const MOST: usize = 50_000;

/// How a reader takes a text: what it knows of it, nothing where it knows none.
type Read = fn(&str) -> Vec<Trial>;

/// A form of output: its name, its reader, and how it shows that something is missing.
type Form = (&'static str, Read, cut::Rule);

/// Forms of lines; a file of a console may hold the output of several programs.
const OF_LINES: [Form; 7] = [
    ("MDE Client Analyzer", analyzer::read, cut::in_block),
    ("MDE Client Analyzer for previous versions", previous::read, cut::unknown),
    ("connectivity test of mdatp or of the cross-platform analyzer", one_line::read, cut::unknown),
    ("curl", curl::read, cut::behind_error),
    ("MpCmdRun", maps::read, cut::unknown),
    ("Sense event", sensor::read, cut::unknown),
    ("TestCloudConnection", cloud_connection::read, cut::behind_header),
];

/// Forms of one document, told by what it starts with.
const OF_JSON: Form = ("results as JSON", results_json::read, cut::unknown);
const OF_XML: Form = ("MDE Client Analyzer, XML", analyzer_xml::read, analyzer_xml::gaps);
const OF_HTML: Form = ("MDE Client Analyzer, HTML", analyzer_html::read, analyzer_html::gaps);

/// What a file says. `None` where it is not the output of a test that is known; then there is an error among the
/// findings.
pub fn read(file: &str, bytes: &[u8], findings: &mut Findings) -> Option<Reading> {
    if bytes.len() > LARGEST {
        findings.push(too_large(file, format!("the file has more than {} MiB", LARGEST >> 20)));
        return None;
    }
    let text = decode(bytes);
    let Taken { forms, mut trials, gaps } = by_form(&text);
    if trials.is_empty() {
        let gap = gaps.first().map(|gap| gap.finding(file, true));
        findings.push(gap.unwrap_or_else(|| unknown(file, &text, forms.first())));
        return None;
    }
    if let Some(first) = trials.first().filter(|_| trials.iter().all(Trial::is_template)) {
        findings.push(template(file, first));
        return None;
    }
    if trials.iter().map(|trial| trial.attempts.len().max(1)).sum::<usize>() > MOST {
        findings.push(too_large(file, format!("the file holds more than {MOST} results")));
        return None;
    }
    for trial in trials.iter_mut().filter(|trial| trial.is_url) {
        trial.cut = trial.attempts.is_empty() && text.ends_with(&trial.subject);
        trial.query = query(&trial.subject);
        trial.subject = without_secrets(&trial.subject);
    }
    trials.sort_by_key(|trial| trial.line);
    for trial in trials.iter().filter(|trial| trial.attempts.is_empty()) {
        findings.push(without_result(file, trial));
    }
    findings.extend(gaps.iter().map(|gap| gap.finding(file, false)));
    Some(Reading { file: file.to_owned(), forms, trials })
}

/// What the readers take from a text.
struct Taken {
    forms: Vec<&'static str>,
    trials: Vec<Trial>,
    gaps: Vec<Gap>,
}

fn by_form(text: &str) -> Taken {
    let start = text.trim_start();
    let one: Option<Form> = match start.as_bytes().first() {
        Some(b'{' | b'[') => Some(OF_JSON),
        Some(b'<') if analyzer_xml::is_one(start) => Some(OF_XML),
        Some(b'<') if analyzer_html::is_one(start) => Some(OF_HTML),
        _ => None,
    };
    let mut taken = Taken { forms: Vec::new(), trials: Vec::new(), gaps: Vec::new() };
    for (form, read, lacks) in one.iter().chain(if one.is_none() { &OF_LINES[..] } else { &[] }) {
        let trials = read(text);
        if one.is_some() || !trials.is_empty() {
            taken.forms.push(*form);
            taken.gaps.extend(lacks(text, &trials));
            taken.trials.extend(trials);
        }
    }
    taken
}

/// What stands for the query of a URL.
fn query(url: &str) -> Option<u64> {
    let query = url.split('#').next()?.split_once('?')?.1;
    let mut hasher = DefaultHasher::new();
    query.hash(&mut hasher);
    Some(hasher.finish())
}

/// A URL without a user, a password and a query, none of which says where it leads.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = split_scheme(url);
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", rest.get(user..).unwrap_or_default())
}

fn unknown(file: &str, text: &str, form: Option<&&str>) -> Finding {
    let message = match (form, results_json::breaks_off(text)) {
        (Some(_), Some((line, column))) => format!(
            "the file breaks off in the middle of its JSON, at line {line}, column {column}; nothing was taken from it"
        ),
        (Some(form), None) => format!("the file looks like `{form}` and holds no result of a connection"),
        (None, _) if text.trim().is_empty() => "the file is empty".to_owned(),
        (None, _) => "the file is not the output of a connection test that is known here".to_owned(),
    };
    let help = "known are MDEClientAnalyzerResult.txt, MDEClientAnalyzer.txt, .xml and .htm, the analyzer for previous \
                versions, `mdatp connectivity test`, `MDESupportTool connectivitytest`, the check with curl, `MpCmdRun \
                -ValidateMapsConnection`, TestCloudConnection and Sense events";
    Finding::error(Code::TestOutputUnknown, message).at(Place::file(file)).help(help)
}

/// A template, or a page of documentation: what it calls a success is none.
fn template(file: &str, first: &Trial) -> Finding {
    let message = format!(
        "the file names placeholders in place of addresses, such as `{}`; there is nothing to judge",
        first.subject
    );
    let help = "give what the test wrote on a device, where names stand in their places";
    Finding::error(Code::TestOutputUnknown, message).at(Place::file(file)).help(help)
}

fn without_result(file: &str, trial: &Trial) -> Finding {
    let message = if trial.cut {
        format!(
            "the file breaks off in `{}`, which may be half of a name; it counts as not passed if the list of the \
             profile holds it, and is not judged otherwise",
            trial.subject
        )
    } else {
        format!("`{}` has no result; it counts as not passed", trial.subject)
    };
    let place = trial.line.map_or_else(|| Place::file(file), |line| Place::line(file, line));
    Finding::warning(Code::TestResultMissing, message).at(place).help("the file may be cut off: test again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_password_or_query_of_a_url_is_kept() {
        for (url, kept) in [
            ("https://u:secret@x.contoso.com/test?sig=secret", "https://x.contoso.com/test"),
            ("https://x.contoso.com/a@b#secret", "https://x.contoso.com/a@b"),
            ("u@x.contoso.com:443", "x.contoso.com:443"),
            ("u:se://cret@x.contoso.com/a", "x.contoso.com/a"),
            ("https://x.contoso.com", "https://x.contoso.com"),
        ] {
            assert_eq!(without_secrets(url), kept);
        }
    }
}

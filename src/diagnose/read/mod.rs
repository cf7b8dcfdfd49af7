//! Files of connection tests, recognised by their content. A reader for each format, in a file of its own.

mod analyzer;
mod analyzer_html;
mod analyzer_xml;
mod cloud_connection;
mod curl;
mod event;
mod maps;
mod one_line;
mod previous;
mod results_json;
mod sensor;

use super::trial::{Reading, Trial};
use crate::console::{decode, too_large};
use crate::diagnostic::{Code, Finding, Findings, Place};

/// Largest file, in bytes. A real one has some ten thousand.
pub const LARGEST: usize = 8 << 20;

/// Most ways of connecting of all URLs of a file. A real one has some hundred.
const MOST: usize = 50_000;

/// How a reader takes a text: what it knows of it, nothing where it knows none.
type Read = fn(&str) -> Vec<Trial>;

/// Readers of lines; a file of a console may hold the output of several programs.
const OF_LINES: [(&str, Read); 7] = [
    ("MDE Client Analyzer", analyzer::read),
    ("MDE Client Analyzer for previous versions", previous::read),
    ("connectivity test of mdatp or of the cross-platform analyzer", one_line::read),
    ("curl", curl::read),
    ("MpCmdRun", maps::read),
    ("Sense event", sensor::read),
    ("TestCloudConnection", cloud_connection::read),
];

/// What a file says. `None` where it is not the output of a test that is known; then there is an error among the
/// findings.
pub fn read(file: &str, bytes: &[u8], findings: &mut Findings) -> Option<Reading> {
    if bytes.len() > LARGEST {
        findings.push(too_large(file, format!("the file has more than {} MiB", LARGEST >> 20)));
        return None;
    }
    let text = decode(bytes);
    let (forms, mut trials) = by_form(&text);
    if trials.is_empty() {
        findings.push(unknown(file, &text, forms.first()));
        return None;
    }
    if trials.iter().map(|trial| trial.attempts.len().max(1)).sum::<usize>() > MOST {
        findings.push(too_large(file, format!("the file holds more than {MOST} results")));
        return None;
    }
    for trial in trials.iter_mut().filter(|trial| trial.is_url) {
        trial.subject = without_secrets(&trial.subject);
    }
    trials.sort_by_key(|trial| trial.line);
    for trial in trials.iter().filter(|trial| trial.attempts.is_empty()) {
        findings.push(without_result(file, trial));
    }
    Some(Reading { file: file.to_owned(), forms, trials })
}

fn by_form(text: &str) -> (Vec<&'static str>, Vec<Trial>) {
    let start = text.trim_start();
    let one: Option<(&'static str, Read)> = match start.as_bytes().first() {
        Some(b'{' | b'[') => Some(("results as JSON", results_json::read)),
        Some(b'<') if analyzer_xml::is_one(start) => Some(("MDE Client Analyzer, XML", analyzer_xml::read)),
        Some(b'<') if analyzer_html::is_one(start) => {
            Some(("MDE Client Analyzer, HTML", analyzer_html::read))
        }
        _ => None,
    };
    let readers = one.iter().chain(if one.is_none() { &OF_LINES[..] } else { &[] });
    let is_one = |(_, trials): &(&str, Vec<Trial>)| one.is_some() || !trials.is_empty();
    let (forms, trials): (Vec<_>, Vec<_>) =
        readers.map(|(form, read)| (*form, read(text))).filter(is_one).unzip();
    (forms, trials.concat())
}

/// A URL without a user, a password and a query, none of which says where it leads.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (start, rest) = url.find("://").map_or(("", url), |at| url.split_at(at + 3));
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rfind('@').map_or(0, |at| at + 1);
    format!("{start}{}", rest.get(user..).unwrap_or_default())
}

fn unknown(file: &str, text: &str, form: Option<&&str>) -> Finding {
    let message = match form {
        Some(form) => format!("the file looks like `{form}` and holds no result of a connection"),
        None if text.trim().is_empty() => "the file is empty".to_owned(),
        None => "the file is not the output of a connection test that is known here".to_owned(),
    };
    let help = "known are MDEClientAnalyzerResult.txt, MDEClientAnalyzer.txt, .xml and .htm, the analyzer for previous \
                versions, `mdatp connectivity test`, `MDESupportTool connectivitytest`, the check with curl, `MpCmdRun \
                -ValidateMapsConnection`, TestCloudConnection and Sense events";
    Finding::error(Code::TestOutputUnknown, message).at(Place::file(file)).help(help)
}

fn without_result(file: &str, trial: &Trial) -> Finding {
    let message = format!("`{}` has no result; it counts as not passed", trial.subject);
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
            ("https://x.contoso.com", "https://x.contoso.com"),
        ] {
            assert_eq!(without_secrets(url), kept);
        }
    }
}

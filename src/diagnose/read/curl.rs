//! The check with curl that the vendor describes for Linux and macOS: what the service answers, then the URL; before an
//! URL that is out of reach stands curl's own error.

use crate::console::{after, lines};
use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Said, Trial};

/// One trial for each URL at the end of a line.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut error: Option<&str> = None;
    for (line, content) in lines(text) {
        if let Some(url) = after(content, "OK ").filter(|rest| is_url(rest)) {
            trials.push(Trial::judged(url, Some(line), Said::Succeeded, Vec::new()));
        } else if let Some(error) = error.filter(|_| is_url(content)) {
            trials.push(Trial::judged(content, Some(line), Said::Failed, of_text(error)));
        }
        error = Some(content).filter(|content| content.starts_with("curl: ("));
    }
    trials
}

fn is_url(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
}

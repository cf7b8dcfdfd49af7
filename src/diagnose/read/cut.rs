//! Where a file breaks off: a run that was interrupted, or a copy of a part.

use super::super::trial::Trial;
use super::analyzer;
use crate::console::{find, lines};

/// A place behind which something is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Line of the last thing that was read, from 1; none where lines mean nothing.
    pub(super) line: Option<u32>,
    /// The last thing that was read, for a message.
    pub(super) after: String,
}

/// The rule of a form: where its text breaks off, if it does. Forms without a shape cannot tell.
pub(super) type Rule = fn(&str, &[Trial]) -> Option<Cut>;

/// Nothing tells.
pub(super) fn unknown(_: &str, _: &[Trial]) -> Option<Cut> {
    None
}

/// The last block of the analyzer ends with its fifth way of connecting.
pub(super) fn in_block(text: &str, _: &[Trial]) -> Option<Cut> {
    let (mut url, mut last, mut done) = (None, None, true);
    for (line, content) in lines(text) {
        if let Some(tested) = analyzer::tested_url(content) {
            (url, last, done) = (Some(tested), None, false);
        } else if let Some(attempt) = analyzer::attempt(content) {
            last = Some((line, attempt.method.to_string()));
            done |= analyzer::ends_block(content);
        }
    }
    let (line, method) = last.filter(|_| !done)?;
    let url = super::without_secrets(url?.split_whitespace().next().unwrap_or_default());
    Some(Cut { line: Some(line), after: format!("the result of `{url}` by {method}") })
}

/// A file of XML or HTML ends with the end of its root.
pub(super) fn before_root_ends(text: &str, trials: &[Trial]) -> Option<Cut> {
    let ends = ["</MDEResults", "</html", "</table"];
    let opened = ["<MDEResults", "<html", "<table"].iter().position(|tag| find(text, tag).is_some())?;
    let is_whole = ends.get(opened).is_none_or(|end| find(text, end).is_some());
    (!is_whole).then(|| Cut { line: None, after: last_of(trials) })
}

/// Behind an error of curl stands the URL that it is about.
pub(super) fn behind_error(text: &str, trials: &[Trial]) -> Option<Cut> {
    let (line, content) = lines(text).filter(|(_, content)| !content.is_empty()).last()?;
    let is_cut = content.starts_with("curl: (");
    is_cut.then(|| Cut { line: Some(line), after: format!("an error of curl, and {}", last_of(trials)) })
}

/// Below the header of a section stand its hosts.
pub(super) fn behind_header(text: &str, _: &[Trial]) -> Option<Cut> {
    let (line, content) = lines(text).filter(|(_, content)| !content.is_empty()).last()?;
    let pattern = find(content, "Firewall Rule:")?.trim();
    Some(Cut { line: Some(line), after: format!("the header of `{pattern}`") })
}

fn last_of(trials: &[Trial]) -> String {
    trials
        .last()
        .map_or_else(|| "its start".to_owned(), |trial| format!("what it says of `{}`", trial.subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_with_the_fifth_way_of_connecting() {
        let whole = "Testing URL : https://a.contoso.com/x?sig=secret\tNoPinning\n\
            1 - Default proxy: Failed (407)\n2 - Proxy auto discovery (WPAD): Failed (12180)\n\
            3 - Proxy disabled: Succeeded (200)\n 4.1 - Named proxy ( svc:secret@p.contoso.com:80): Failed (407)\n\
            5 - Command line proxy: Doesn't exist\n";
        assert_eq!(in_block(whole, &[]), None);
        assert_eq!(in_block(&format!("{whole}***\nImportant notes:\n"), &[]), None);
        for kept in
            ["", "1 - Default pro", "1 - Default proxy: Failed (40", "1 - Default proxy: Unexpected exc"]
        {
            assert_eq!(
                in_block(&format!("Testing URL : https://a.contoso.com/x\n{kept}"), &[]),
                None,
                "{kept}"
            );
        }
        let mut ends: Vec<Option<String>> = Vec::new();
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let cut = in_block(&whole[..end], &[]).map(|cut| cut.after);
            if ends.last() != Some(&cut) {
                ends.push(cut);
            }
        }
        let by = |method: &str| Some(format!("the result of `https://a.contoso.com/x` by {method}"));
        assert_eq!(ends, [None, by("default proxy"), by("WPAD"), by("no proxy"), by("named proxy"), None]);
    }
}

//! Where a file breaks off: a run that was interrupted, or a copy of a part.

use super::super::trial::Trial;
use super::gap::Gap;
use super::{analyzer, url};
use crate::console::{find, lines};

/// The rule of a form: what its text lacks. Forms without a shape cannot tell.
pub(super) type Rule = fn(&str, &[Trial]) -> Vec<Gap>;

/// Nothing tells.
pub(super) fn unknown(_: &str, _: &[Trial]) -> Vec<Gap> {
    Vec::new()
}

/// The last block of the analyzer ends with its fifth way of connecting.
pub(super) fn in_block(text: &str, _: &[Trial]) -> Vec<Gap> {
    cut_block(text).into_iter().collect()
}

fn cut_block(text: &str) -> Option<Gap> {
    let (mut url, mut last, mut done) = (None, None, true);
    let open = analyzer::open_line(text);
    for (line, content) in lines(text) {
        if let Some(tested) = analyzer::tested_url(content) {
            (url, last, done) = (Some(tested), None, false);
        } else if let Some(attempt) = analyzer::attempt(content, open == Some(line)) {
            last = Some((line, attempt.method.to_string()));
            done |= analyzer::ends_block(content);
        }
    }
    let (line, method) = last.filter(|_| !done)?;
    let url = super::without_secrets(url::first(url?));
    Some(Gap::breaks_off(Some(line), &format!("the result of `{url}` by {method}")))
}

/// A file of XML or HTML ends with the end of its root.
pub(super) fn before_root_ends(text: &str, trials: &[Trial]) -> Option<Gap> {
    let ends = ["</MDEResults", "</html", "</table"];
    let opened = ["<MDEResults", "<html", "<table"].iter().position(|tag| find(text, tag).is_some())?;
    let is_whole = ends.get(opened).is_none_or(|end| find(text, end).is_some());
    (!is_whole).then(|| Gap::breaks_off(None, &last_of(trials)))
}

/// Behind an error of curl stands the URL that it is about.
pub(super) fn behind_error(text: &str, trials: &[Trial]) -> Vec<Gap> {
    let last = last_line(text).filter(|(_, content)| content.starts_with("curl: ("));
    let gap = |(line, _)| Gap::breaks_off(Some(line), &format!("an error of curl, and {}", last_of(trials)));
    last.map(gap).into_iter().collect()
}

/// Below the header of a section stand its hosts.
pub(super) fn behind_header(text: &str, _: &[Trial]) -> Vec<Gap> {
    let header = last_line(text).and_then(|(line, content)| Some((line, find(content, "Firewall Rule:")?)));
    let gap = |(line, pattern): (u32, &str)| {
        Gap::breaks_off(Some(line), &format!("the header of `{}`", pattern.trim()))
    };
    header.map(gap).into_iter().collect()
}

fn last_line(text: &str) -> Option<(u32, &str)> {
    lines(text).filter(|(_, content)| !content.is_empty()).last()
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
        assert_eq!(cut_block(whole), None);
        assert_eq!(cut_block(&format!("{whole}***\nImportant notes:\n")), None);
        for kept in
            ["", "1 - Default pro", "1 - Default proxy: Failed (40", "1 - Default proxy: Unexpected exc"]
        {
            assert_eq!(cut_block(&format!("Testing URL : https://a.contoso.com/x\n{kept}")), None, "{kept}");
        }
        let mut ends: Vec<Option<String>> = Vec::new();
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let cut = cut_block(&whole[..end]).map(|gap| gap.message);
            if ends.last() != Some(&cut) {
                ends.push(cut);
            }
        }
        let by = |method: &str| {
            let after = format!("the result of `https://a.contoso.com/x` by {method}");
            Some(Gap::breaks_off(None, &after).message)
        };
        assert_eq!(ends, [None, by("default proxy"), by("WPAD"), by("no proxy"), by("named proxy"), None]);
    }
}

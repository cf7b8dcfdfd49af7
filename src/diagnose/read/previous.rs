//! The analyzer for systems without a Sense service: a `Test URL` with its certificate and result, and below it, or
//! elsewhere, an error for each URL that is out of reach. Only its words are known, not their order.

use std::collections::BTreeMap;

use super::url;
use crate::console::{after, find, holds, lines};
use crate::diagnose::signal::of_text;
use crate::diagnose::trial::{Attempt, Method, Said, Trial};
use crate::rules::Signal;

/// Lines below an error that say more of it.
const DETAILS: [&str; 6] =
    ["Hresult:", "InnerException:", "status:", "Secure channel:", "Response:", "Status Description SSL:"];

/// One trial for each URL.
pub(super) fn read(text: &str) -> Vec<Trial> {
    let (mut trials, mut places) = (Vec::new(), BTreeMap::new());
    // The URL that the lines which follow are about.
    let mut current: Option<usize> = None;
    let mut issuers: Vec<(usize, String)> = Vec::new();
    for (line, content) in lines(text) {
        if let Some((url, error)) = failed(content) {
            let at = place(&mut trials, &mut places, url, line);
            say(&mut trials, at, Said::Failed, of_text(error));
            current = Some(at);
        } else if let Some(url) = tested(content) {
            current = Some(place(&mut trials, &mut places, url, line));
        } else if let Some(at) = current {
            if let Some(result) = after(content, "Test result is") {
                let result = result.trim_start_matches(':').trim();
                let said = if is_good(result) { Said::Succeeded } else { Said::Failed };
                let signals = if said == Said::Succeeded { Vec::new() } else { of_text(result) };
                say(&mut trials, at, said, signals);
            } else if let Some(issuer) = after(content, "Certificate Issuer is") {
                // It is worth telling only where it is not the one that is expected.
                if !holds(issuer, "Microsoft") && !issuer.is_empty() {
                    issuers.push((at, format!("certificate issuer is {issuer}")));
                }
            } else if DETAILS.iter().any(|word| after(content, word).is_some()) {
                say(&mut trials, at, Said::Failed, of_text(content));
            }
        }
    }
    for (at, issuer) in issuers {
        let attempt = trials.get_mut(at).and_then(|trial: &mut Trial| trial.attempts.first_mut());
        if let Some(attempt) = attempt {
            // It is the most telling of all, also where the analyzer is content.
            attempt.signals.splice(..0, of_text(&issuer));
        }
    }
    trials
}

/// `Test for URL <url> is failed ,Error Message : <text>`.
fn failed(line: &str) -> Option<(&str, &str)> {
    let rest = after(line, "Test for URL")?;
    let url = Some(url::first(rest)).filter(|url| !url.is_empty())?;
    Some((url, find(rest, "Error Message :").unwrap_or_default()))
}

/// `Test URL : <url>`.
fn tested(line: &str) -> Option<&str> {
    let rest = after(line, "Test URL")?.trim_start_matches(':');
    Some(url::first(rest)).filter(|url| !url.is_empty())
}

fn is_good(result: &str) -> bool {
    ["succe", "pass", "ok", "true", "200"].iter().any(|word| after(result, word).is_some())
}

/// Where the trial of an URL is; its first line makes one.
fn place<'t>(
    trials: &mut Vec<Trial>,
    places: &mut BTreeMap<&'t str, usize>,
    url: &'t str,
    line: u32,
) -> usize {
    *places.entry(url).or_insert_with(|| {
        let attempts = Vec::new();
        trials.push(Trial { attempts, ..Trial::judged(url, Some(line), Said::Failed, Vec::new()) });
        trials.len() - 1
    })
}

/// Adds to what is said of an URL. What once failed stays so: a result and an error are about the same test.
fn say(trials: &mut [Trial], at: usize, said: Said, mut signals: Vec<Signal>) {
    let Some(trial) = trials.get_mut(at) else { return };
    match trial.attempts.first_mut() {
        None => trial.attempts.push(Attempt { method: Method::Own, proxy: None, said, signals }),
        Some(attempt) => {
            if said == Said::Failed {
                attempt.said = said;
            }
            signals.retain(|signal| !attempt.signals.contains(signal));
            attempt.signals.append(&mut signals);
        }
    }
}

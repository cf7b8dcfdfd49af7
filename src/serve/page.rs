//! The plain page about a set: its files with their URLs, entries, sources and verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::output_set::{OutputSet, SetFile, SetVerdict};

/// No script runs, nothing is loaded; the style stands in the page.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%;margin:1rem 0}\
caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8886;vertical-align:top}\
td.number,th.number{text-align:right}\
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}\
.scroll{overflow-x:auto}";

/// The page as HTML.
pub(super) fn html(set: &OutputSet) -> String {
    let name = escape(&set.profile);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: allowlists</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
    );
    let counts: Vec<String> =
        set.entries.iter().map(|(product, count)| format!("{count} {}", escape(product))).collect();
    let _ = writeln!(
        text,
        "<p>Entries: {}. Proved: {}.</p>",
        counts.join(", "),
        escape(&verdicts(&set.verdicts))
    );
    text.push_str(&files(set));
    text.push_str(&sources(set));
    let _ = write!(
        text,
        "<p>Set <code>{}</code>, described by <a href=\"/manifest.json\">manifest.json</a>; state of the server: \
         <a href=\"/healthz\">healthz</a>, <a href=\"/metrics\">metrics</a>.</p>\n</main>\n</body>\n</html>\n",
        escape(&set.id)
    );
    text
}

/// `3 lists the same, 12 wider and narrower as permitted`.
fn verdicts(all: &[SetVerdict]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in all {
        *counts.entry(verdict.verdict.as_str()).or_default() += 1;
    }
    let shown = |(verdict, count): (&str, usize)| {
        format!("{count} {} {}", if count == 1 { "list" } else { "lists" }, in_words(verdict))
    };
    counts.into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// A verdict; a set with a difference that nothing permits is not served.
fn in_words(verdict: &str) -> &str {
    match verdict {
        "same" => "the same",
        "wider" => "wider as permitted",
        "narrower" => "narrower as permitted",
        "both" => "wider and narrower as permitted",
        "within" => "told together with another one",
        other => other,
    }
}

fn files(set: &OutputSet) -> String {
    let mut text = String::from(
        "<div class=\"scroll\"><table>\n<caption>Files</caption>\n<thead><tr><th scope=\"col\">URL</th>\
         <th scope=\"col\">For</th><th scope=\"col\" class=\"number\">Entries</th>\
         <th scope=\"col\" class=\"number\">Bytes</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n",
    );
    for file in &set.files {
        let path = file.root_path().unwrap_or(&file.path);
        let entries = file.entries.map_or_else(|| entries_of(set, file), |entries| entries.to_string());
        let _ = writeln!(
            text,
            "<tr><td><a href=\"/{path}\"><code>/{path}</code></a></td><td>{}</td><td class=\"number\">{entries}</td>\
             <td class=\"number\">{}</td><td>{}</td></tr>",
            escape(&file.role),
            file.bytes.len(),
            escape(&verdict_of(set, file)),
            path = escape(path),
        );
    }
    text.push_str("</tbody>\n</table></div>\n");
    text
}

/// What a file holds that browsers ask for: every list of its target.
fn entries_of(set: &OutputSet, file: &SetFile) -> String {
    let lists: BTreeSet<&str> =
        of_target(set, file).filter(|_| file.at_root).map(|verdict| verdict.list.as_str()).collect();
    let counts = lists.into_iter().filter_map(|list| Some(format!("{} {list}", set.entries.get(list)?)));
    counts.collect::<Vec<_>>().join(", ")
}

fn of_target<'s>(set: &'s OutputSet, file: &SetFile) -> impl Iterator<Item = &'s SetVerdict> + Clone {
    let target = file.path.split('/').next().unwrap_or_default().to_owned();
    set.verdicts.iter().filter(move |verdict| verdict.target == target)
}

/// The verdicts on the lists of a file's target, or of the one list that the file is for.
fn verdict_of(set: &OutputSet, file: &SetFile) -> String {
    let of_target = of_target(set, file);
    let of_list: Vec<&SetVerdict> = of_target.clone().filter(|verdict| verdict.list == file.role).collect();
    let all: Vec<&SetVerdict> = if of_list.is_empty() { of_target.collect() } else { of_list };
    let mut words: Vec<String> =
        all.iter().map(|verdict| format!("{} {}", verdict.list, in_words(&verdict.verdict))).collect();
    words.sort();
    words.dedup();
    words.join(", ")
}

fn sources(set: &OutputSet) -> String {
    let mut text = String::from(
        "<div class=\"scroll\"><table>\n<caption>Built from</caption>\n<thead><tr><th scope=\"col\">List</th>\
         <th scope=\"col\" class=\"number\">Rows</th><th scope=\"col\">Date of the list</th>\
         <th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n",
    );
    for source in &set.sources {
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td class=\"number\">{}</td><td>{}</td><td><code>{}</code></td></tr>",
            escape(&source.file),
            source.rows,
            escape(&source.told_date().map_or("not told".to_owned(), |date| date.to_string())),
            escape(&source.sha256),
        );
    }
    text.push_str("</tbody>\n</table></div>\n");
    text
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

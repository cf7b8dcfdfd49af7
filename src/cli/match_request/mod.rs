//! `match`: what an output would do with requests, and by which line.

mod asked;
mod show;

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use super::args::{Format, Match};
use super::folder::{files_below, open_for_reading};
use super::job;
use super::list::pretty;
use super::url::{self, NoRequest, Typed};
use super::{Stop, print, report};
use crate::diagnostic::Findings;
use crate::target::{Settings, Value as OptionValue};
use crate::verify::read_back::Files;
use crate::verify::read_formats;
use asked::{Asked, keep_present};
use show::{human, to_json};

pub(super) fn run(args: &Match) -> Result<bool, Stop> {
    let mut findings = Findings::default();
    let registry = job::registry(args.target_folder.as_deref(), &mut findings)?;
    let Some(target) = registry.get(&args.target) else {
        let known = crate::compile::known_targets(&registry, &args.target);
        return Err(Stop::Request(format!("there is no target `{}`; {known}", args.target)));
    };
    let lock = open_for_reading(&args.folder)?;
    let inner = args.folder.join(&args.target);
    let files = files_below(if inner.is_dir() { &inner } else { &args.folder })?;
    drop(lock);
    let mut options = target.resolve(&Settings::default(), &mut Findings::default());
    set_options(&mut options, &args.options)?;
    let files = Files::new(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let mut readings = read_formats(target, &options, &files, &mut findings);
    keep_present(&mut readings);
    let all: Vec<Given> = requests(args)?;
    let asks_addresses = all.iter().flat_map(|given| &given.typed).any(Typed::is_address);
    let asked = Asked::new(&readings, &files, &args.folder, asks_addresses, &mut findings)?;
    report(&findings, false);
    let spec = target.manifest_for(&options).request;
    let mut answers = Vec::new();
    for given in &all {
        answers.push(match &given.typed {
            Ok(typed) => Ok((asked.answer(typed, spec)?, &typed.request)),
            Err(error) => Err(format!("{}{error}", given.place)),
        });
    }
    match args.format() {
        Format::Human => print(&answers.iter().map(human).collect::<String>())?,
        Format::Json => print(&pretty(&answers.iter().map(to_json).collect()))?,
    }
    let unread = answers.iter().filter(|answer| answer.is_err()).count();
    if unread > 0 {
        return Err(Stop::Request(format!("{unread} of {} requests could not be read", all.len())));
    }
    Ok(answers.iter().flatten().all(|(answer, _)| answer.passes()))
}

/// One request as it was given.
struct Given {
    typed: Result<Typed, NoRequest>,
    /// `line 3: ` of the standard input, empty for an argument.
    place: String,
}

fn requests(args: &Match) -> Result<Vec<Given>, Stop> {
    let given = |text: &str, place| Given { typed: url::parse(text.trim()), place };
    let mut texts: Vec<Given> = args.urls.iter().map(|url| given(url, String::new())).collect();
    if args.stdin {
        for (line, number) in io::stdin().lock().lines().zip(1_u64..) {
            let line = line?;
            if !line.trim().is_empty() {
                texts.push(given(&line, format!("line {number}: ")));
            }
        }
    }
    if texts.is_empty() {
        return Err(Stop::Request("there is no request: give URLs, or `--stdin` with one a line".into()));
    }
    Ok(texts)
}

/// `flavour=interception` in place of a target's default.
fn set_options(options: &mut BTreeMap<String, OptionValue>, arguments: &[String]) -> Result<(), Stop> {
    for argument in arguments {
        let known = argument.split_once('=').filter(|(key, _)| options.contains_key(*key));
        let Some((key, value)) = known else {
            let names: Vec<&str> = options.keys().map(String::as_str).collect();
            return Err(Stop::Request(format!(
                "`--option {argument}` is no `key=value` of this target; keys: `{}`",
                names.join("`, `")
            )));
        };
        let value = match value {
            "true" => OptionValue::Flag(true),
            "false" => OptionValue::Flag(false),
            text => OptionValue::Text(text.to_owned()),
        };
        options.insert(key.to_owned(), value);
    }
    Ok(())
}

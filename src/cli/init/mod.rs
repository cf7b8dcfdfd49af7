//! `init`: a commented profile, by asking or from flags.

mod ask;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Write};

use super::args::Init;
use super::{Stop, print};
use crate::diagnostic::{Findings, Severity};
use crate::profile::{self, KEYS, nearest};
use crate::rules::{Family, Rules};
use crate::select::check_fleet;
use crate::source::Scope;
use crate::target::Registry;
use ask::Asker;

pub(super) fn run(args: &Init) -> Result<bool, Stop> {
    let rules = Rules::shipped(None)?;
    let path = args.profile.display().to_string();
    let exists = || Stop::Request(format!("`{path}` exists already and is left as it is; name another file"));
    // Told before anything is asked; made sure of when the file is made.
    if args.profile.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let (mut input, mut output) = (io::stdin().lock(), io::stderr());
    let is_terminal = io::stdin().is_terminal();
    let person = is_terminal.then_some(&mut input as &mut dyn BufRead);
    let answers = Asker { rules: &rules, input: person, output: &mut output }.answers(args)?;
    let registry = Registry::shipped()?;
    let text = profile_text(&answers, &rules) + &example_options(&registry);
    let stop = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => exists(),
        _ => Stop::File { deed: "writing", path: path.clone(), source },
    };
    File::create_new(&args.profile).and_then(|mut file| file.write_all(text.as_bytes())).map_err(stop)?;
    let fetches = answers.sources.is_empty() || answers.sources.iter().any(|source| source.contains("://"));
    let next = if fetches { "fetch" } else { "build" };
    print(&format!("{path}: written; next: `allowlistc {next} {path}`\n"))?;
    Ok(true)
}

/// The geography of a profile whose maker says nothing.
const GEOGRAPHY: &str = "EU";

/// What a new profile says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answers {
    name: String,
    cloud: String,
    connectivity: String,
    /// `None` until they are asked for, and in clouds that imply theirs.
    geographies: Option<Vec<String>>,
    devices: Vec<String>,
    sources: Vec<String>,
}

impl Answers {
    /// Why no profile can say this, if none can: what a verb that reads it would say.
    fn wrong(&self, rules: &Rules) -> Option<String> {
        let device = self.devices.iter().find_map(|device| wrong_device(device, rules));
        let mut geographies = self.geographies.iter().flatten();
        let mut geography = || geographies.find_map(|name| self.wrong_geography(name, rules));
        device.or_else(&mut geography).or_else(|| unreadable(&profile_text(&self.whole(rules), rules)))
    }

    /// The answers with a geography where it is needed and not answered yet.
    fn whole(&self, rules: &Rules) -> Self {
        let open = self.geographies.is_none() && self.chooses_geographies(rules);
        let geographies = if open { Some(vec![GEOGRAPHY.to_owned()]) } else { self.geographies.clone() };
        Self { geographies, ..self.clone() }
    }

    /// Whether tenants of the cloud choose their geographies.
    fn chooses_geographies(&self, rules: &Rules) -> bool {
        let mut clouds = rules.reading.clouds.iter();
        clouds.any(|cloud| cloud.name == self.cloud && cloud.geographies.is_empty())
    }

    /// Geographies that the rules do not know: the vendor may have opened them since.
    fn new_geographies(&self, rules: &Rules) -> impl Iterator<Item = &String> {
        let names = self.geographies.iter().flatten();
        names.filter(|name| rules.reading.geography(name).is_none())
    }

    /// A geography of another cloud, or a name that is nearly one that the rules know.
    fn wrong_geography(&self, name: &str, rules: &Rules) -> Option<String> {
        let cloud = rules.reading.clouds.iter().find(|cloud| cloud.name == self.cloud)?;
        let is_here = |scope: Scope| scope.family().is_none_or(|family| family == cloud.family);
        let found = rules.reading.geography(name);
        if found.is_some_and(|known| is_here(known.scope)) {
            return None;
        }
        let here = rules.reading.geographies.iter().filter(|known| is_here(known.scope));
        let known: Vec<&str> = here.map(|known| known.name.as_str()).collect();
        let near = nearest_of(name, &known);
        if found.is_none() && near.is_empty() && !name.trim().is_empty() {
            return None;
        }
        Some(format!(
            "`{name}` is no known geography of the cloud `{}`{near}; known: `{}`; a new one can be written into the \
             profile afterwards",
            self.cloud,
            known.join("`, `")
        ))
    }
}

/// Every device names a family, with releases where the family has them: none is left out in silence.
fn wrong_device(device: &str, rules: &Rules) -> Option<String> {
    let (key, releases) = device.split_once('=').unwrap_or((device, ""));
    let Some(family) = rules.devices.family(key) else {
        let keys: Vec<&str> = rules.devices.families.iter().map(|family| family.key.as_str()).collect();
        let (near, known) = (nearest_of(key, &keys), keys.join("`, `"));
        return Some(format!("`{device}` names no known family{near}; known: `{known}`"));
    };
    if family.releases.is_empty() && device.contains('=') {
        return Some(format!("`{device}`: `{key}` has no releases; write `{key}`"));
    }
    let lacks = !family.releases.is_empty() && releases.is_empty();
    lacks.then(|| format!("`{device}` names no release; write `{key}={}`", family.example.join(",")))
}

fn nearest_of(name: &str, known: &[&str]) -> String {
    nearest(name, known.iter().copied()).map_or(String::new(), |near| format!("; the nearest is `{near}`"))
}

/// A profile is written only if it can be read, and its devices can use its connectivity.
fn unreadable(text: &str) -> Option<String> {
    let mut findings = Findings::default();
    if let Some((profile, rules)) = profile::parse("profile.toml", text, &[], Rules::shipped, &mut findings) {
        check_fleet(&profile, &rules, &mut findings);
    }
    let error = findings.iter().find(|finding| finding.severity == Severity::Error)?;
    let help = error.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
    Some(format!("{}{help}", error.message))
}

fn profile_text(answers: &Answers, rules: &Rules) -> String {
    let mut text = String::new();
    let help = |name: &str| KEYS.iter().find(|key| key.name == name).map_or("", |key| key.help);
    let mut line = |key: &str, value: String| {
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let _ = writeln!(text, "{:<44} # {}", format!("{leaf} = {value}"), help(key));
    };
    line("schema", "1".into());
    line("name", quoted(&answers.name));
    line("cloud", quoted(&answers.cloud));
    line("connectivity", quoted(&answers.connectivity));
    if let Some(geographies) = &answers.geographies {
        line("geographies", quoted_list(geographies));
    }
    text.push_str(&sources_section(&answers.sources, help));
    text.push_str("\n[devices]\n");
    for family in &rules.devices.families {
        text.push_str(&device_lines(family, &answers.devices));
    }
    text.push_str("\n[select]\n");
    for (key, value) in [("select.optional", "true"), ("select.portal", "false")] {
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let _ = writeln!(text, "{:<44} # {}", format!("{leaf} = {value}"), help(key));
    }
    let _ = writeln!(
        text,
        "# {}\n# exclude = [{{ category = \"MU*\", reason = \"updates come from WSUS\" }}]",
        help("select.exclude")
    );
    for family in rules.devices.families.iter().filter(|family| !family.settings.is_empty()) {
        let _ = writeln!(text, "\n# [{}]", family.key);
        for setting in &family.settings {
            let _ = writeln!(text, "# {} = []   # {}", setting.key, setting.title);
        }
    }
    let _ = write!(
        text,
        "\n[inspection]\n{:<44} # {}\n",
        "bypass-shared-suffixes = false",
        help("inspection.bypass-shared-suffixes")
    );
    text.push_str("\n# What `client` tells devices of the proxy.\n# [client]\n");
    for (key, value) in [
        ("client.proxy", "\"proxy.contoso.com:8080\""),
        ("client.pac-url", "\"http://proxy.contoso.com/proxy.pac\""),
        ("client.bypass", "[\"*.contoso.com\"]"),
    ] {
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let _ = writeln!(text, "{:<44} # {}", format!("# {leaf} = {value}"), help(key));
    }
    text.push_str("\n# Every known target is built; `build = [\"squid\"]` under [targets] chooses some.\n");
    text.push_str("# `allowlistc targets --format json` shows their options.\n");
    text
}

/// Options without which the files of a target hold what is nobody's, as a comment to fill in.
fn example_options(registry: &Registry) -> String {
    let mut text = String::new();
    for target in registry.names().filter_map(|name| registry.get(name)) {
        let with_example =
            target.options.iter().filter_map(|(key, spec)| Some((key, spec.example.as_ref()?, &spec.help)));
        for (at, (key, example, help)) in with_example.enumerate() {
            if at == 0 {
                let _ = writeln!(
                    text,
                    "\n# Without it the files of `{0}` hold an example.\n# [targets.{0}]",
                    target.name
                );
            }
            let example = quoted(&example.texts().join(", "));
            let _ = writeln!(text, "{:<44} # {help}", format!("# {key} = {example}"));
        }
    }
    text
}

/// Files and addresses apart; a key without a value is a comment, so that the vendor's own addresses count.
fn sources_section(sources: &[String], help: impl Fn(&str) -> &'static str) -> String {
    let is_url = |source: &&String| source.contains("://");
    let urls: Vec<String> = sources.iter().filter(is_url).cloned().collect();
    let files: Vec<String> = sources.iter().filter(|source| !is_url(source)).cloned().collect();
    let mut text = String::from("\n[sources]\n");
    for (key, values, example) in [
        ("files", files, "mde-urls-commercial.xlsx"),
        ("urls", urls, "https://lists.contoso.com/mde-urls.xlsx"),
    ] {
        let (mark, values) = if values.is_empty() { ("# ", vec![example.to_owned()]) } else { ("", values) };
        let name = format!("sources.{key}");
        let _ = write!(text, "# {}\n{mark}{key} = {}\n", help(&name), quoted_list(&values));
    }
    text
}

fn device_lines(family: &Family, devices: &[String]) -> String {
    let mut chosen: Option<Vec<String>> = None;
    for device in devices {
        let (key, releases) = device.split_once('=').unwrap_or((device, ""));
        if key == family.key {
            let releases = releases.split(',').map(str::trim).filter(|release| !release.is_empty());
            chosen.get_or_insert_default().extend(releases.map(str::to_owned));
        }
    }
    let value = |releases: &[String]| {
        if family.releases.is_empty() { "true".to_owned() } else { quoted_list(releases) }
    };
    let known: Vec<&str> = family.releases.iter().map(|release| release.name.as_str()).collect();
    let known = if known.is_empty() { String::new() } else { format!(": {}", known.join(", ")) };
    let comment = format!("# {}{known}\n", family.title);
    match chosen {
        Some(releases) => format!("{comment}{} = {}\n", family.key, value(&releases)),
        None => format!("{comment}# {} = {}\n", family.key, value(&family.example)),
    }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn quoted_list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

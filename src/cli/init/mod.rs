//! `init`: a commented profile, by asking or from flags.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Write};

use super::args::Init;
use super::{Stop, print};
use crate::diagnostic::{Findings, Severity};
use crate::profile::{self, KEYS, nearest};
use crate::rules::{Family, Rules};

pub(super) fn run(args: &Init) -> Result<bool, Stop> {
    let rules = Rules::shipped(None).map_err(|finding| Stop::Request(finding.message))?;
    let answers = Answers::new(args, &rules)?;
    check_devices(&answers.devices, &rules)?;
    let text = profile_text(&answers, &rules);
    check(&text)?;
    let path = args.profile.display().to_string();
    let stop = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => {
            Stop::Request(format!("`{path}` exists already and is left as it is; name another file"))
        }
        _ => Stop::File { deed: "writing", path: path.clone(), source },
    };
    File::create_new(&args.profile).and_then(|mut file| file.write_all(text.as_bytes())).map_err(stop)?;
    let fetches = answers.sources.is_empty() || answers.sources.iter().any(|source| source.contains("://"));
    let next = if fetches { "fetch" } else { "build" };
    print(&format!("{path}: written; next: `allowlistc {next} {path}`\n"))?;
    Ok(true)
}

/// Every device flag names a family, with releases where the family has them: none is left out in silence.
fn check_devices(devices: &[String], rules: &Rules) -> Result<(), Stop> {
    for device in devices {
        let (key, releases) = device.split_once('=').unwrap_or((device, ""));
        let keys = || rules.devices.families.iter().map(|family| family.key.as_str());
        let Some(family) = rules.devices.family(key) else {
            let near =
                nearest(key, keys()).map_or(String::new(), |near| format!("; the nearest is `{near}`"));
            let known = keys().collect::<Vec<_>>().join("`, `");
            let message = format!("`--device {device}` names no known family{near}; known: `{known}`");
            return Err(Stop::Request(message));
        };
        let example = family.example.join(",");
        if family.releases.is_empty() && device.contains('=') {
            return Err(Stop::Request(format!(
                "`--device {device}`: `{key}` has no releases; write `{key}`"
            )));
        }
        if !family.releases.is_empty() && releases.is_empty() {
            let message = format!("`--device {device}` names no release; write `{key}={example}`");
            return Err(Stop::Request(message));
        }
    }
    Ok(())
}

/// A profile is written only if it can be read.
fn check(text: &str) -> Result<(), Stop> {
    let mut findings = Findings::default();
    profile::parse("profile.toml", text, &[], Rules::shipped, &mut findings);
    let error = findings.iter().find(|finding| finding.severity == Severity::Error);
    error.map_or(Ok(()), |finding| {
        let help = finding.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        Err(Stop::Request(format!("{}{help}", finding.message)))
    })
}

/// What a new profile says.
struct Answers {
    name: String,
    cloud: String,
    connectivity: String,
    geographies: Vec<String>,
    devices: Vec<String>,
    sources: Vec<String>,
}

impl Answers {
    fn new(args: &Init, rules: &Rules) -> Result<Self, Stop> {
        let clouds: Vec<&str> = rules.reading.clouds.iter().map(|cloud| cloud.name.as_str()).collect();
        let families: Vec<&str> = rules.devices.families.iter().map(|family| family.key.as_str()).collect();
        let name = ask(args.name.clone(), "--name", "name of the outputs", "contoso")?;
        let cloud = ask(
            args.cloud.clone(),
            "--cloud",
            &format!("cloud ({})", clouds.join(", ")),
            clouds.first().copied().unwrap_or_default(),
        )?;
        let connectivity = ask(
            args.connectivity.clone(),
            "--connectivity",
            "connectivity (standard, streamlined)",
            "standard",
        )?;
        let chooses =
            rules.reading.clouds.iter().any(|known| known.name == cloud && known.geographies.is_empty());
        let geographies = if chooses {
            ask_many(
                &args.geographies,
                "--geography",
                "data locations, separated by commas (EU, UK, US, AU, …)",
                "EU",
            )?
        } else {
            Vec::new()
        };
        let question =
            format!("devices, separated by blanks ({}; FAMILY=RELEASE,RELEASE)", families.join(", "));
        let devices = if args.devices.is_empty() {
            ask(None, "--device", &question, "windows=10-22H2,11-24H2")?
                .split_whitespace()
                .map(str::to_owned)
                .collect()
        } else {
            args.devices.clone()
        };
        let sources = if args.sources.is_empty() && io::stdin().is_terminal() {
            ask_many(
                &[],
                "--source",
                "published list: files or addresses (none: what the vendor publishes)",
                "",
            )?
        } else {
            args.sources.clone()
        };
        Ok(Self { name, cloud, connectivity, geographies, devices, sources })
    }
}

/// The flag, or the answer of a person at a terminal, or an error that names the flag.
fn ask(given: Option<String>, flag: &str, question: &str, default: &str) -> Result<String, Stop> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !io::stdin().is_terminal() {
        return Err(Stop::Request(format!(
            "`{flag}` is missing, and there is no terminal to ask: {question}"
        )));
    }
    let _ = write!(io::stderr(), "{question} [{default}]: ");
    let _ = io::stderr().flush();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let line = line.trim();
    Ok(if line.is_empty() { default.to_owned() } else { line.to_owned() })
}

fn ask_many(given: &[String], flag: &str, question: &str, default: &str) -> Result<Vec<String>, Stop> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let line = ask(None, flag, question, default)?;
    Ok(line.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
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
    if !answers.geographies.is_empty() {
        line("geographies", quoted_list(&answers.geographies));
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
    text.push_str("\n# Every known target is built; `build = [\"squid\"]` under [targets] chooses some.\n");
    text.push_str("# `allowlistc targets --format json` shows their options.\n");
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

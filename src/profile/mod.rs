//! The profile: what a fleet is, which lists to read, what to render. TOML, every key checked.

mod client;
mod client_values;
pub mod edit;
mod fleet;
pub mod node;
mod schema;
mod section;
mod settings;
mod sources;

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};

pub use client::{ClientSettings, PacUrl, Proxy};
pub use fleet::{Device, Fleet};
pub(crate) use fleet::{setting_value, setting_values};
pub use node::{Kind, Node};
pub use schema::{KEYS, Key, json_schema};
pub use section::{Spot, nearest};
pub use settings::{option_values, target_settings};
pub use sources::{Published, Source, sources};

use crate::diagnostic::{Code, Finding, Findings, Place, Severity};
use crate::rules::Rules;
use crate::source::Scope;
use section::{Section, once, wrong_type};

/// Profiles are written by hand; a larger file is something else.
pub const LARGEST: usize = 1 << 20;

/// `targets.squid.allow-loss.path.effect` has five parts.
const DEEPEST_KEY: usize = 8;

/// A glob looks at one cell; a longer one is a mistake, and its automaton could grow without end.
const LONGEST_GLOB: usize = 256;

/// A checked profile.
#[derive(Debug)]
pub struct Profile {
    /// File name, for places.
    pub file: String,
    /// Names the outputs: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// One of the rules' clouds.
    pub cloud: Spot<String>,
    /// `standard` or `streamlined`.
    pub connectivity: Spot<String>,
    /// Data locations, as the user wrote them.
    pub geographies: Vec<Spot<String>>,
    /// Source files, relative to the profile.
    pub sources: Vec<Spot<String>>,
    /// Addresses of sources, which `fetch` brings.
    pub urls: Vec<Spot<String>>,
    /// What is in the fleet.
    pub fleet: Fleet,
    /// Whether optional rows come along.
    pub optional: bool,
    /// Whether the portal's addresses come along.
    pub portal: bool,
    /// Rows to leave out.
    pub excludes: Vec<Exclude>,
    /// Addresses beside the list.
    pub extras: Vec<Extra>,
    /// Whether wildcards below shared suffixes are exempt from inspection.
    pub bypass_shared_suffixes: bool,
    /// Targets to build, if not all.
    pub build: Vec<Spot<String>>,
    /// `[targets.<name>]`, as written.
    pub targets: BTreeMap<String, Node>,
    /// `[client]`: what devices are told of the way out.
    pub client: Option<ClientSettings>,
}

/// A rule that leaves rows out: every glob that is given must match.
#[derive(Debug)]
pub struct Exclude {
    globs: Vec<(Column, GlobMatcher)>,
    /// Why, for the list of dropped rows.
    pub reason: String,
    /// Where it stands.
    pub place: Place,
}

/// An address that the profile adds to the list.
#[derive(Debug)]
pub struct Extra {
    /// As the list would write it.
    pub address: String,
    /// TCP port; by default that of the scheme, or 443.
    pub port: Option<u16>,
    /// Whether inspection must leave it alone.
    pub bypass: bool,
    /// Why, for whoever reads the files.
    pub reason: String,
    /// Where it stands.
    pub place: Place,
}

/// The columns that an exclude rule can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Service,
    Category,
    Address,
}

impl Exclude {
    /// Whether the rule leaves out a row with these cells. White space that looks like one space is one.
    pub fn matches(&self, service: &str, category: &str, address: &str) -> bool {
        self.globs.iter().all(|(column, glob)| {
            let cell = match column {
                Column::Service => service,
                Column::Category => category,
                Column::Address => address,
            };
            glob.is_match(cell) || as_seen(cell).is_some_and(|seen| glob.is_match(seen))
        })
    }
}

/// A cell as it looks: runs of white space of any kind as one space, nothing that cannot be seen. `None` if it is written so.
fn as_seen(cell: &str) -> Option<String> {
    if cell.is_ascii() && !cell.contains("  ") && !cell.contains(['\t', '\n', '\r']) && cell.trim() == cell {
        return None;
    }
    let visible: String =
        cell.chars().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')).collect();
    Some(visible.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Reads and checks a profile. `overrides` are the `--set` arguments. `None` if it cannot be used at all; then
/// there is an error among the findings.
pub fn parse(
    file: &str,
    text: &str,
    overrides: &[String],
    rules: impl FnOnce(Option<&str>) -> Result<Rules, Finding>,
    findings: &mut Findings,
) -> Option<(Profile, Rules)> {
    let mut root = match node::parse(file, text) {
        Ok(root) => root,
        Err((message, line)) => {
            let shown = text.lines().nth(line as usize - 1).unwrap_or_default().trim().to_owned();
            let place = Place::line(file, line).showing(shown);
            findings.push(
                Finding::error(Code::ProfileSyntax, format!("this is not TOML: {}", message.trim()))
                    .at(place),
            );
            return None;
        }
    };
    for argument in overrides {
        apply_override(&mut root, argument, findings);
    }
    let mut section = Section::new("", root, findings);
    let list = section.text("list", findings);
    let rules = match rules(list.as_ref().map(|spot| spot.value.as_str())) {
        Ok(rules) => rules,
        Err(finding) => {
            findings.push(match list {
                Some(list) => finding.at(list.place),
                None => finding,
            });
            return None;
        }
    };
    let profile = read(file, section, &rules, findings)?;
    Some((profile, rules))
}

fn apply_override(root: &mut Node, argument: &str, findings: &mut Findings) {
    let place = Place::file("--set").showing(argument);
    if let Err((wrong, help)) = override_value(root, argument, &place) {
        let message = format!("`--set {argument}` {wrong}");
        findings.push(Finding::error(Code::ProfileOverride, message).at(place).help(help));
    }
}

/// Sets a key; the error says what is wrong with the argument and what to write.
fn override_value(root: &mut Node, argument: &str, place: &Place) -> Result<(), (String, String)> {
    let wrong = |wrong: &str| {
        let help = "write the dotted name of a key and its value, such as `--set select.portal=true`";
        (wrong.to_owned(), help.to_owned())
    };
    let Some((key, value)) = argument.split_once('=') else { return Err(wrong("has no `=`")) };
    if key.split('.').any(|part| part.trim().is_empty()) {
        return Err(wrong("names no key"));
    }
    if key.split('.').count() > DEEPEST_KEY {
        return Err(wrong("names a key below more sections than any profile has"));
    }
    let node = node::parse_override(value.trim(), place).map_err(|reason| {
        let help = "write a list as `[\"EU\", \"UK\"]` and a text with both its quotes, the whole argument in the other \
                    kind of quotes for the shell: `--set 'geographies=[\"EU\"]'`";
        (format!("has a value that is not TOML: {reason}"), help.to_owned())
    })?;
    root.set(key.trim(), node).map_err(|part| wrong(&format!("goes through `{part}`, which is no section")))
}

fn read(file: &str, mut section: Section, rules: &Rules, findings: &mut Findings) -> Option<Profile> {
    check_schema(&mut section, findings);
    let name = read_name(&mut section, findings);
    let cloud = read_choice(&mut section, "cloud", &cloud_names(rules), findings);
    let connectivity = read_choice(&mut section, "connectivity", &["standard", "streamlined"], findings);
    let mistakes = findings.count(Severity::Error);
    let geographies = once("geographies", section.texts("geographies", findings), true, findings);
    let geographies_sound = mistakes == findings.count(Severity::Error);
    let (sources, urls) = read_sources(&mut section, findings);
    let fleet = Fleet::read(&mut section, rules, findings);
    let Select { optional, portal, excludes, extras } = read_select(&mut section, findings);
    let bypass_shared_suffixes = section.section("inspection", findings).is_some_and(|mut inspection| {
        let flag = inspection.flag("bypass-shared-suffixes", false, findings);
        inspection.finish(findings);
        flag
    });
    let (build, targets) = read_targets(&mut section, findings);
    let client = client::read(&mut section, findings);
    section.finish(findings);
    let profile = Profile {
        file: file.to_owned(),
        name: name?,
        cloud: cloud?,
        connectivity: connectivity?,
        geographies,
        sources,
        urls,
        fleet: fleet?,
        optional,
        portal,
        excludes,
        extras,
        bypass_shared_suffixes,
        build,
        targets,
        client,
    };
    if geographies_sound {
        check_geographies(&profile, rules, findings);
    }
    Some(profile)
}

/// `[sources]`: files, and addresses.
fn read_sources(section: &mut Section, findings: &mut Findings) -> (Vec<Spot<String>>, Vec<Spot<String>>) {
    let Some(mut sources) = section.section("sources", findings) else { return (Vec::new(), Vec::new()) };
    let files = once("sources.files", sources.texts("files", findings), false, findings);
    let urls = once("sources.urls", sources.texts("urls", findings), false, findings);
    sources.finish(findings);
    for url in urls.iter().filter(|url| !sources::is_url(&url.value)) {
        let message = if url.value.contains('@') {
            "`sources.urls` cannot hold an address with a user or password".to_owned()
        } else {
            format!("`sources.urls` cannot hold `{}`", url.value)
        };
        let help = "write `https://host/path`, without a user and without a `#` part";
        // The line is not shown where it may hold a password.
        let text = url.place.text.clone().filter(|line| !line.contains('@'));
        let place = Place { text, ..url.place.clone() };
        findings.push(Finding::error(Code::ProfileValue, message).at(place).help(help));
    }
    (files, urls)
}

fn cloud_names(rules: &Rules) -> Vec<&str> {
    rules.reading.clouds.iter().map(|cloud| cloud.name.as_str()).collect()
}

fn check_schema(section: &mut Section, findings: &mut Findings) {
    match section.integer("schema", findings) {
        Some(Spot { value: 1, .. }) => {}
        Some(spot) => {
            let message = format!("`schema = {}` is not known to this version", spot.value);
            findings
                .push(Finding::error(Code::ProfileSchema, message).at(spot.place).help("write `schema = 1`"));
        }
        None if section.had("schema") => {}
        None => {
            let finding =
                Finding::error(Code::ProfileMissingKey, "the profile has no `schema`").at(section.place());
            findings.push(finding.help("write `schema = 1` as its first line"));
        }
    }
}

fn read_name(section: &mut Section, findings: &mut Findings) -> Option<String> {
    let Some(name) = section.text("name", findings) else {
        if section.had("name") {
            return None;
        }
        let finding =
            Finding::error(Code::ProfileMissingKey, "the profile has no `name`").at(section.place());
        findings.push(finding.help("write `name = \"contoso-eu\"`; it names the outputs"));
        return None;
    };
    let sound = (1..=40).contains(&name.value.len())
        && name.value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !sound {
        let message = format!("`name` cannot be `{}`: it names files and firewall objects", name.value);
        let help = "use 1 to 40 letters, digits, `-`, `_` and `.`, a letter or digit first";
        findings.push(Finding::error(Code::ProfileValue, message).at(name.place).help(help));
        return None;
    }
    Some(name.value)
}

fn read_choice(
    section: &mut Section,
    key: &str,
    choices: &[&str],
    findings: &mut Findings,
) -> Option<Spot<String>> {
    let known = choices.join("`, `");
    let Some(spot) = section.text(key, findings) else {
        if !section.had(key) {
            let finding = Finding::error(Code::ProfileMissingKey, format!("the profile has no `{key}`"));
            findings.push(finding.at(section.place()).help(format!("write one of `{known}`")));
        }
        return None;
    };
    if !choices.contains(&spot.value.as_str()) {
        let message = format!("`{key}` cannot be `{}`", spot.value);
        let near = nearest(&spot.value, choices.iter().copied())
            .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
        let help = format!("{near}it is one of `{known}`");
        findings.push(Finding::error(Code::ProfileValue, message).at(spot.place).help(help));
        return None;
    }
    Some(spot)
}

/// `[select]`.
struct Select {
    optional: bool,
    portal: bool,
    excludes: Vec<Exclude>,
    extras: Vec<Extra>,
}

fn read_select(section: &mut Section, findings: &mut Findings) -> Select {
    let Some(mut select) = section.section("select", findings) else {
        return Select { optional: true, portal: false, excludes: Vec::new(), extras: Vec::new() };
    };
    let read = Select {
        optional: select.flag("optional", true, findings),
        portal: select.flag("portal", false, findings),
        excludes: read_list(&mut select, "exclude", read_exclude, findings),
        extras: read_list(&mut select, "extra", read_extra, findings),
    };
    select.finish(findings);
    read
}

fn read_list<T>(
    section: &mut Section,
    key: &str,
    read: fn(Node, &mut Findings) -> Option<T>,
    findings: &mut Findings,
) -> Vec<T> {
    match section.take(key) {
        None => Vec::new(),
        Some(Node { kind: Kind::List(nodes), .. }) => {
            nodes.into_iter().filter_map(|node| read(node, findings)).collect()
        }
        Some(node) => {
            findings.push(wrong_type(&section.full(key), "a list of rules", &node.kind, node.place));
            Vec::new()
        }
    }
}

fn read_extra(node: Node, findings: &mut Findings) -> Option<Extra> {
    let place = node.place.clone();
    let mut section = Section::new("select.extra", node, findings);
    let address = section.text("address", findings);
    let port = section.integer("port", findings);
    let bypass = section.flag("bypass", false, findings);
    let reason = section.text("reason", findings).filter(|spot| !spot.value.trim().is_empty());
    section.finish(findings);
    let (Some(address), Some(reason)) = (address, reason) else {
        let finding =
            Finding::error(Code::ProfileMissingKey, "an extra address needs `address` and `reason`")
                .at(place);
        findings.push(finding.help("write `{ address = \"go.microsoft.com\", port = 80, reason = \"…\" }`"));
        return None;
    };
    let port = match port {
        None => None,
        Some(spot) => match u16::try_from(spot.value) {
            Ok(port) if port > 0 => Some(port),
            _ => {
                let message = format!("`select.extra.port` cannot be `{}`", spot.value);
                let finding = Finding::error(Code::ProfileValue, message).at(spot.place);
                findings.push(finding.help("write a number from 1 to 65535"));
                return None;
            }
        },
    };
    Some(Extra { address: address.value, port, bypass, reason: reason.value, place })
}

/// `[targets]`: `build`, and a section for each target.
fn read_targets(
    section: &mut Section,
    findings: &mut Findings,
) -> (Vec<Spot<String>>, BTreeMap<String, Node>) {
    let Some(node) = section.take("targets") else { return (Vec::new(), BTreeMap::new()) };
    let Kind::Table(mut targets) = node.kind else {
        findings.push(wrong_type("targets", "a section", &node.kind, node.place));
        return (Vec::new(), BTreeMap::new());
    };
    let build = targets.remove("build").map_or_else(Vec::new, |node| read_build(node, findings));
    (build, targets)
}

fn read_build(node: Node, findings: &mut Findings) -> Vec<Spot<String>> {
    if matches!(&node.kind, Kind::List(names) if names.is_empty()) {
        let finding = Finding::error(Code::ProfileValue, "`targets.build` names no target").at(node.place);
        findings.push(
            finding
                .help("name some, such as `build = [\"squid\"]`, or leave the key out to build all of them"),
        );
        return Vec::new();
    }
    section::texts("targets.build", node, findings)
}

fn read_exclude(node: Node, findings: &mut Findings) -> Option<Exclude> {
    let place = node.place.clone();
    if !matches!(node.kind, Kind::Table(_)) {
        let finding = wrong_type("select.exclude", "a list of rules", &node.kind, place);
        findings.push(finding.help("write a rule as `{ category = \"MU*\", reason = \"WSUS\" }`"));
        return None;
    }
    let mistakes = findings.count(Severity::Error);
    let mut section = Section::new("select.exclude", node, findings);
    let mut globs = Vec::new();
    for (key, column) in
        [("service", Column::Service), ("category", Column::Category), ("address", Column::Address)]
    {
        if let Some(spot) = section.text(key, findings) {
            if spot.value.len() > LONGEST_GLOB {
                let message = format!("a glob of `select.exclude.{key}` is longer than {LONGEST_GLOB} bytes");
                findings.push(
                    Finding::error(Code::ProfileValue, message)
                        .at(spot.place)
                        .help("write a shorter one with `*`"),
                );
                continue;
            }
            match GlobBuilder::new(&spot.value).case_insensitive(true).backslash_escape(true).build() {
                Ok(glob) => globs.push((column, glob.compile_matcher())),
                Err(error) => {
                    let message = format!("`{}` is no glob: {}", spot.value, error.kind());
                    let help = "`*` stands for any text, `?` for one character; write `[*]`, `[?]` or `[[]` for the character itself";
                    findings.push(Finding::error(Code::ProfileValue, message).at(spot.place).help(help));
                }
            }
        }
    }
    let reason = section.text("reason", findings);
    section.finish(findings);
    if findings.count(Severity::Error) > mistakes {
        return None;
    }
    let Some(reason) = reason.filter(|spot| !spot.value.trim().is_empty()) else {
        let finding = Finding::error(Code::ProfileMissingKey, "an exclude rule has no `reason`").at(place);
        findings.push(finding.help("write `{ category = \"MU*\", reason = \"WSUS\" }`"));
        return None;
    };
    if globs.is_empty() {
        let finding = Finding::error(
            Code::ProfileMissingKey,
            "an exclude rule has no glob and would leave out every row",
        );
        findings.push(finding.at(place).help("give at least one of `service`, `category`, `address`"));
        return None;
    }
    Some(Exclude { globs, reason: reason.value, place })
}

/// Data locations are chosen in the clouds that have several; elsewhere the cloud implies them.
fn check_geographies(profile: &Profile, rules: &Rules, findings: &mut Findings) {
    let implied = rules
        .reading
        .clouds
        .iter()
        .find(|cloud| cloud.name == profile.cloud.value)
        .is_some_and(|cloud| !cloud.geographies.is_empty());
    match profile.geographies.first() {
        Some(first) if implied => {
            let message = format!(
                "`geographies` cannot be chosen for the cloud `{}`, which implies its own",
                profile.cloud.value
            );
            findings.push(
                Finding::error(Code::ProfileValue, message).at(first.place.clone()).help("leave the key out"),
            );
        }
        None if !implied => {
            let message =
                format!("the profile has no `geographies`, which the cloud `{}` needs", profile.cloud.value);
            let help = "write `geographies = [\"EU\"]`: the data locations of your tenant (portal, Settings, Endpoints)";
            findings.push(
                Finding::error(Code::ProfileMissingKey, message).at(Place::line(&profile.file, 1)).help(help),
            );
        }
        Some(first) if only_everywhere(profile, rules) => {
            let message = format!(
                "`geographies` names nothing but `{}`, which comes along by itself; the cloud `{}` needs the data location of \
                 the tenant as well",
                first.value, profile.cloud.value
            );
            let help = "write `geographies = [\"EU\"]`: the data locations of your tenant (portal, Settings, Endpoints); without \
                        them its own addresses would be missing";
            findings.push(Finding::error(Code::ProfileValue, message).at(first.place.clone()).help(help));
        }
        _ => {}
    }
}

/// Whether the profile chooses no geography but those whose rows every tenant gets.
fn only_everywhere(profile: &Profile, rules: &Rules) -> bool {
    let is_everywhere = |spot: &Spot<String>| {
        rules.reading.geography(&spot.value).is_some_and(|known| known.scope == Scope::Everywhere)
    };
    profile.geographies.iter().all(is_everywhere)
}

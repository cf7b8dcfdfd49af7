//! Everything behind the allowlist: each chosen target lowered, rendered and proved.

use std::collections::BTreeSet;

use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::allowlist::{Allowlist, Entry, Product};
use crate::diagnostic::{Code, Finding, Findings, Place, Severity};
use crate::lower::{Loss, Plan, Term, lower};
use crate::origin::Origin;
use crate::pattern::{Scheme, shared_suffix};
use crate::profile::{Profile, nearest, target_settings};
use crate::render::{Artifact, RenderContext, render};
use crate::target::{Registry, Settings, Target};
use crate::verify::read_back::Files;
use crate::verify::{ListVerdict, Prover};

/// What the targets of a profile come to.
#[derive(Debug, Default)]
pub struct Output {
    /// Every file, target after target.
    pub artifacts: Vec<Artifact>,
    /// Every difference to the list.
    pub losses: Vec<Loss>,
    /// The verdict on every list that can be read back.
    pub verdicts: Vec<ListVerdict>,
    /// The targets, each with the number of its files.
    pub targets: Vec<(String, usize)>,
}

/// Lowers, renders and proves the list for the targets of a profile. `sources` are names and SHA-256 of the lists,
/// `only` the targets that the user asks for, if not all.
pub fn compile(
    list: &Allowlist,
    profile: &Profile,
    registry: &Registry,
    sources: Vec<(String, String)>,
    only: &[String],
    findings: &mut Findings,
) -> Output {
    let tool_version = env!("CARGO_PKG_VERSION").to_owned();
    let context = RenderContext { profile: profile.name.clone(), sources, tool_version };
    let names = chosen_targets(profile, registry, only);
    report_direct(list, &names, registry, findings);
    let prover = Prover::new(list);
    let compile_one = |name: &String| compile_one(list, &prover, profile, registry, name, &context);
    let mut output = Output::default();
    for (one, own_findings) in for_each_target(&names, list, compile_one) {
        findings.append(own_findings);
        output.targets.extend(one.targets);
        output.losses.extend(one.losses);
        output.verdicts.extend(one.verdicts);
        output.artifacts.extend(one.artifacts);
    }
    output
}

/// Makes ready what [`compile`] needs beside the list, so that this can be done while the list is read.
pub fn prepare(profile: &Profile, registry: &Registry, only: &[String]) {
    for target in chosen_targets(profile, registry, only).iter().filter_map(|name| registry.get(name)) {
        let settings = profile.targets.get(&target.name);
        let settings = settings.map(|node| target_settings(&target.name, node, &mut Findings::default()));
        target.prepare(&settings.unwrap_or_default());
    }
}

/// What a target is told of the list under a profile.
pub fn plan<'l>(
    list: &'l Allowlist,
    profile: &Profile,
    target: &Target,
    findings: &mut Findings,
) -> Plan<'l> {
    let name = &target.name;
    let settings = profile.targets.get(name);
    let settings = match settings {
        Some(node) => target_settings(name, node, findings),
        None => Settings { place: Some(Place::file(&profile.file)), ..Settings::default() },
    };
    lower(list, target, &settings, &profile.name, findings)
}

/// The same for every target that a profile builds, for its losses: whether the files can be built is asked elsewhere.
pub fn plans<'l>(list: &'l Allowlist, profile: &Profile, registry: &Registry) -> Vec<Plan<'l>> {
    let names = chosen_targets(profile, registry, &[]);
    let targets = names.iter().filter_map(|name| registry.get(name));
    targets.map(|target| plan(list, profile, target, &mut Findings::default())).collect()
}

/// Larger lists are rendered target after target: all at once they would need the memory of all.
const MOST_AT_ONCE: usize = 20_000;

/// Readies this thread and another one for [`for_each_target`] and for what goes on beside the reading of lists. A
/// processor that sleeps takes longer to wake than a small list takes to build: this thread waits for nobody who has not
/// begun. More threads would cost more than they do.
pub fn share_work() {
    // Whoever has done so before has the threads.
    let _ = ThreadPoolBuilder::new().num_threads(2).use_current_thread().build_global();
}

/// What `work` makes of the list for each target, in the order of their names: on several threads, if the list is small.
pub fn for_each_target<T: Send>(
    names: &[String],
    list: &Allowlist,
    work: impl Fn(&String) -> T + Sync + Send,
) -> Vec<T> {
    if list.entries().len() > MOST_AT_ONCE {
        return names.iter().map(work).collect();
    }
    names.par_iter().map(work).collect()
}

fn compile_one(
    list: &Allowlist,
    prover: &Prover<'_>,
    profile: &Profile,
    registry: &Registry,
    name: &str,
    context: &RenderContext,
) -> (Output, Findings) {
    let mut findings = Findings::default();
    let Some(target) = registry.get(name) else { return (Output::default(), findings) };
    let plan = plan(list, profile, target, &mut findings);
    report_uninspected(&plan, &mut findings);
    let artifacts = render(&plan, target, context, &mut findings);
    let mut verdicts = Vec::new();
    if !findings.has_errors() {
        let files = artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact.bytes.as_slice()));
        let files = Files::new(files);
        verdicts = prover.verdicts(target, &files, &plan.options, &plan.losses, &mut findings);
        report_unproved(target, &mut findings);
    }
    let targets = vec![(name.to_owned(), artifacts.len())];
    (Output { artifacts, losses: plan.losses, targets, verdicts }, findings)
}

/// Wildcards that reach into a zone of many owners and stand in a list of which nothing is inspected, though they are not
/// exempt.
fn report_uninspected(plan: &Plan<'_>, findings: &mut Findings) {
    let is_exempt = |term: &Term<'_>| term.entries().any(|entry| entry.bypass);
    let is_shared = |term: &&Term<'_>| {
        let pattern = term.pattern();
        pattern.scheme == Scheme::Https && shared_suffix(&pattern.host).is_some() && !is_exempt(term)
    };
    for (name, list) in &plan.lists {
        let uninspected = plan.manifest.lists.get(name).is_some_and(|spec| spec.uninspected);
        let terms = list.ports.iter().filter(|_| uninspected).flat_map(|port| &port.terms);
        let hosts: BTreeSet<String> =
            terms.filter(is_shared).map(|term| format!("`{}`", term.pattern().host)).collect();
        let hosts: Vec<String> = hosts.into_iter().collect();
        if hosts.is_empty() {
            continue;
        }
        let (verb, target) = (if hosts.len() == 1 { "is" } else { "are" }, &plan.target);
        let message = format!(
            "`{target}` inspects nothing that its list `{name}` lets pass, so that {} {verb} exempt from inspection there",
            hosts.join(", ")
        );
        let help = "concrete hosts in place of a wildcard are safer; `select.exclude` leaves it out of every target, for a \
                    rule of your own that inspects";
        findings.push(Finding::warning(Code::SharedSuffixExempt, message).help(help));
    }
}

/// A target whose folder does not say how its files are read back is built and not proved.
fn report_unproved(target: &Target, findings: &mut Findings) {
    let manifest = target.manifest();
    let unread = |list: &&String| !manifest.verify.contains_key(*list);
    let unproved: Vec<&str> = manifest.lists.keys().filter(unread).map(String::as_str).collect();
    if !unproved.is_empty() {
        let message = format!(
            "`{}` was rendered and not proved: its folder does not say how to read back `{}`",
            target.name,
            unproved.join("`, `")
        );
        let finding = Finding::warning(Code::NotProved, message).at(Place::file(target.file()));
        findings.push(finding.help("write `[[verify.<list>]]` sections, see targets/README.md"));
    }
}

/// The targets that the user asks for, else those of the profile's `targets.build`, else all.
fn chosen_targets(profile: &Profile, registry: &Registry, only: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = if !only.is_empty() {
        only.to_vec()
    } else if !profile.build.is_empty() {
        profile.build.iter().map(|spot| spot.value.clone()).collect()
    } else {
        registry.names().map(str::to_owned).collect()
    };
    chosen.sort();
    chosen.dedup();
    chosen
}

/// A direct entry leaves the proxy for everybody who uses the same settings, not for the sensor alone.
fn report_direct(list: &Allowlist, names: &[String], registry: &Registry, findings: &mut Findings) {
    let direct: Vec<&Entry> = list.entries().iter().filter(|entry| entry.direct).collect();
    let lists_direct = |name: &&String| {
        let lists = registry.get(name).map(|target| &target.manifest().lists);
        lists.is_some_and(|lists| lists.values().any(|list| list.product == Product::Direct))
    };
    let targets: Vec<&String> = names.iter().filter(lists_direct).collect();
    let Some(first) = direct.first() else { return };
    let hosts: BTreeSet<String> = direct.iter().map(|entry| format!("`{}`", entry.pattern.host)).collect();
    let names: Vec<String> = targets.iter().map(|name| format!("`{name}`")).collect();
    let lists = if targets.is_empty() {
        "no target that is built has a list of what goes past it".to_owned()
    } else {
        format!(
            "the direct lists of {} hold for every program and not for the sensor alone",
            names.join(", ")
        )
    };
    let hosts: Vec<String> = hosts.into_iter().collect();
    let message = format!("{} cannot go through a proxy; {lists}", hosts.join(", "));
    // A target whose direct route can be chosen has an option of that name.
    let routed = |name: &&&String| {
        registry
            .get(name)
            .is_some_and(|target| target.manifest().options.contains_key(Product::Direct.as_str()))
    };
    let routes: Vec<String> = targets
        .iter()
        .filter(routed)
        .map(|name| format!("give `targets.{name}.{}` another route", Product::Direct.as_str()))
        .collect();
    let mut help =
        vec!["open them on the firewall for direct connections before the files are used".to_owned()];
    help.extend(routes);
    let place = first.origins.first().map_or_else(Place::default, Origin::place);
    findings.push(Finding::warning(Code::DirectEntries, message).at(place).help(help.join(", or ")));
}

/// Tells of what the profile says of targets and cannot mean: names and options that nobody knows, values that do not
/// fit. What is only doubtful is told by `compile`, for the targets that are built.
pub fn check_settings(profile: &Profile, registry: &Registry, findings: &mut Findings) {
    report_unknown(profile, registry, findings);
    let mut all = Findings::default();
    for (name, node) in &profile.targets {
        if let Some(target) = registry.get(name) {
            target.resolve(&target_settings(name, node, &mut all), &mut all);
        }
    }
    all.iter()
        .filter(|finding| finding.severity == Severity::Error)
        .for_each(|error| findings.push(error.clone()));
}

/// Targets that the profile names, as a section or in `targets.build`, and that nobody knows.
fn report_unknown(profile: &Profile, registry: &Registry, findings: &mut Findings) {
    let sections = profile.targets.iter().map(|(name, node)| (name, &node.place));
    let named = sections.chain(profile.build.iter().map(|spot| (&spot.value, &spot.place)));
    for (name, place) in named.filter(|(name, _)| registry.get(name).is_none()) {
        let finding = Finding::error(Code::TargetUnknown, format!("there is no target `{name}`"));
        findings.push(finding.at(place.clone()).help(known_targets(registry, name)));
    }
}

/// The known target nearest to a name, and all known targets.
pub fn known_targets(registry: &Registry, name: &str) -> String {
    let known: Vec<&str> = registry.names().collect();
    let near = nearest(name, known.iter().copied())
        .map_or(String::new(), |near| format!("the nearest is `{near}`; "));
    format!("{near}known targets: `{}`; `--targets DIR` adds folders", known.join("`, `"))
}

//! The whole pipeline in one process, as the command line runs it.

use std::io::Cursor;
use std::path::Path;

use allowlistc::allowlist::Allowlist;
use allowlistc::compile::{Output, compile, for_each_target, prepare, share_work};
use allowlistc::diagnostic::{Code, Findings, Severity};
use allowlistc::lower::lower;
use allowlistc::manifest::{Input, Manifest, manifest, sha256};
use allowlistc::normalise::normalise;
use allowlistc::profile::{self, Profile};
use allowlistc::render::{RenderContext, render};
use allowlistc::rules::Rules;
use allowlistc::select::select;
use allowlistc::source::{self, Document};
use allowlistc::target::{Registry, Settings};
use allowlistc::write::{OutputFolder, write};
use calamine::{Reader, Xlsx};

/// Everything that is ready before a list is read.
pub(crate) struct Compiler {
    profile: Profile,
    rules: Rules,
    registry: Registry,
    targets: Vec<String>,
}

/// Whether the rendered files are read back and compared with the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    With,
    Without,
}

/// What a build came to.
pub(crate) struct Built {
    output: Output,
    findings: Findings,
    /// Kept as long as the files, as the command line does.
    _list: Allowlist,
}

impl Compiler {
    /// For some targets, or for all.
    pub(crate) fn new(profile: &str, targets: Option<&[&str]>) -> Self {
        Self::of(Registry::shipped().expect("sound targets"), parse(profile), targets)
    }

    /// The same with what a list comes to; profile and targets are read and made ready beside it, as the command line does.
    pub(crate) fn with_list(
        profile: &str,
        targets: Option<&[&str]>,
        bytes: &[u8],
    ) -> (Self, Allowlist, Findings) {
        share_work();
        let (profile, rules) = parse(profile);
        let read = || {
            let mut findings = Findings::default();
            let document = source::read("list.xlsx", bytes, &rules.reading, &mut findings);
            (allowlist(vec![document], &profile, &rules, &mut findings), findings)
        };
        let ready = || {
            let registry = Registry::shipped().expect("sound targets");
            let only: Vec<String> = targets.into_iter().flatten().map(|name| (*name).to_owned()).collect();
            prepare(&profile, &registry, &only);
            registry
        };
        let ((list, findings), registry) = rayon::join(read, ready);
        (Self::of(registry, (profile, rules), targets), list, findings)
    }

    fn of(registry: Registry, (profile, rules): (Profile, Rules), targets: Option<&[&str]>) -> Self {
        let targets = match targets {
            Some(names) => names.iter().map(|name| (*name).to_owned()).collect(),
            None => registry.names().map(str::to_owned).collect(),
        };
        Self { profile, rules, registry, targets }
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(String::as_str)
    }

    pub(crate) fn read(&self, bytes: &[u8]) -> Document {
        source::read("list.xlsx", bytes, &self.rules.reading, &mut Findings::default())
    }

    /// All stages behind the reader.
    pub(crate) fn build(&self, documents: Vec<Document>, proof: Proof) -> Built {
        let mut findings = Findings::default();
        let list = allowlist(documents, &self.profile, &self.rules, &mut findings);
        self.finish(list, findings, proof)
    }

    /// All stages behind the allowlist.
    pub(crate) fn finish(&self, list: Allowlist, mut findings: Findings, proof: Proof) -> Built {
        let output = match proof {
            Proof::With => {
                compile(&list, &self.profile, &self.registry, Vec::new(), &self.targets, &mut findings)
            }
            Proof::Without => self.render(&list, &mut findings),
        };
        Built { output, findings, _list: list }
    }

    fn render(&self, list: &Allowlist, findings: &mut Findings) -> Output {
        let context = RenderContext { profile: self.profile.name.clone(), ..RenderContext::default() };
        let mut output = Output::default();
        let rendered = for_each_target(&self.targets, list, |name| {
            let (target, mut findings) = (self.registry.get(name).expect("a target"), Findings::default());
            let plan = lower(list, target, &Settings::default(), &self.profile.name, &mut findings);
            let artifacts = render(&plan, target, &context, &mut findings);
            (artifacts, plan.losses, findings)
        });
        for (artifacts, losses, own_findings) in rendered {
            findings.append(own_findings);
            output.artifacts.extend(artifacts);
            output.losses.extend(losses);
        }
        output
    }
}

impl Built {
    /// The errors, which the command line would stop at.
    pub(crate) fn refusals(&self) -> String {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let texts: Vec<String> =
            errors.map(|error| format!("refused: {}: {}", error.code.as_str(), error.message)).collect();
        let limits = self
            .findings
            .iter()
            .all(|finding| finding.severity != Severity::Error || finding.code == Code::TargetLimitExceeded);
        assert!(limits, "made-up entries break nothing but limits: {texts:?}");
        if texts.is_empty() { "accepted".to_owned() } else { texts.join("; ") }
    }

    pub(crate) fn write(&self, folder: &Path) {
        let profile_file = Input { name: "made.toml".into(), sha256: sha256(b""), rows: 0, date: None };
        let text = manifest(&Manifest {
            profile: "made",
            profile_file: &profile_file,
            overrides: &[],
            rules: "mde",
            sources: &[],
            list: &Allowlist::default(),
            artifacts: &self.output.artifacts,
            losses: &self.output.losses,
            verdicts: &self.output.verdicts,
            findings: &self.findings,
        });
        let mut folder = OutputFolder::open(folder).expect("a folder to write to");
        write(&mut folder, &self.output.artifacts, &format!("{text:#}\n"), &[])
            .expect("a folder to write to");
    }
}

fn parse(profile: &str) -> (Profile, Rules) {
    profile::parse("made.toml", profile, &[], Rules::shipped, &mut Findings::default())
        .expect("a sound profile")
}

fn allowlist(
    documents: Vec<Document>,
    profile: &Profile,
    rules: &Rules,
    findings: &mut Findings,
) -> Allowlist {
    let selection = select(&documents, profile, rules, findings);
    drop(documents);
    normalise(selection.kept, rules, false, findings).list
}

/// The peer: every cell of every sheet, and nothing more.
pub(crate) fn read_with_calamine(bytes: &[u8]) -> usize {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    book.worksheets().iter().map(|(_, cells)| cells.used_cells().count()).sum()
}

//! `Built`: everything that a build would write, in memory.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Stop;
use super::args::Inputs;
use super::job::{self, Job};
use super::typed;
use crate::compile::{Output, compile, known_targets, prepare};
use crate::diagnostic::{Findings, Paths};
use crate::manifest::{Input, Manifest, manifest};
use crate::report::{Report, report};

/// A profile and what its targets come to.
pub(super) struct Built {
    pub(super) job: Job,
    pub(super) output: Output,
}

/// Builds in memory, `only` some targets if the user names them. `None` if there are errors among the findings. The
/// paths lead to the files that findings name.
pub(super) fn build(
    inputs: &Inputs,
    only: &[String],
    findings: &mut Findings,
) -> Result<(Option<Built>, Paths), Stop> {
    let ready = |profile: &_, registry: &_| prepare(profile, registry, only);
    let job = job::load_beside(inputs, findings, Some(&ready))?;
    let paths = typed::paths(inputs, job.as_ref());
    let Some(job) = job else { return Ok((None, paths)) };
    check_targets(&job, only)?;
    if findings.has_errors() {
        return Ok((None, paths));
    }
    let sources = job.sources.iter().map(|source| (source.name.clone(), source.sha256.clone())).collect();
    let output = compile(&job.list, &job.profile, &job.registry, sources, only, findings);
    Ok(((!findings.has_errors()).then_some(Built { job, output }), paths))
}

impl Built {
    /// Adds the report to the files.
    pub(super) fn add_report(&mut self, inputs: &Inputs, findings: &Findings) -> Result<(), Stop> {
        let job = &self.job;
        let title = |name: &str| job.registry.get(name).map_or(String::new(), |target| target.title.clone());
        let targets: Vec<_> =
            self.output.targets.iter().map(|(name, files)| (name.clone(), title(name), *files)).collect();
        let files = self.with_manifest(inputs, findings, |build| {
            let (profile, list, dropped) = (&job.profile, &job.list, job.left_out().collect());
            report(&Report { build, profile, list, dropped, targets: &targets })
        });
        let files = files.map_err(|error| Stop::Request(format!("the report cannot be written: {error}")))?;
        self.output.artifacts.extend(files);
        Ok(())
    }

    /// The manifest of all files.
    pub(super) fn manifest(&self, inputs: &Inputs, findings: &Findings) -> Value {
        self.with_manifest(inputs, findings, manifest)
    }

    fn with_manifest<T>(
        &self,
        inputs: &Inputs,
        findings: &Findings,
        work: impl FnOnce(&Manifest<'_>) -> T,
    ) -> T {
        let (job, output) = (&self.job, &self.output);
        let profile_file =
            Input { name: job.profile.file.clone(), sha256: job.profile_sha256.clone(), rows: 0, date: None };
        work(&Manifest {
            profile: &job.profile.name,
            profile_file: &profile_file,
            overrides: &inputs.overrides,
            rules: &job.rules.name,
            sources: &job.sources,
            list: &job.list,
            artifacts: &output.artifacts,
            losses: &output.losses,
            verdicts: &output.verdicts,
            findings,
        })
    }
}

/// The folder that a build writes where the user names none.
pub(super) fn folder(out: Option<&Path>, job: &Job) -> PathBuf {
    out.map_or_else(|| PathBuf::from("dist").join(&job.profile.name), Path::to_path_buf)
}

/// A target that the command line names and nobody knows is a bad argument.
fn check_targets(job: &Job, only: &[String]) -> Result<(), Stop> {
    match only.iter().find(|name| job.registry.get(name).is_none()) {
        Some(name) => {
            Err(Stop::Request(format!("there is no target `{name}`; {}", known_targets(&job.registry, name))))
        }
        None => Ok(()),
    }
}

//! The ways to the files of a run, as they were typed.

use std::path::Path;

use super::args::Inputs;
use super::job::{Job, file_name};
use crate::diagnostic::Paths;

/// Where the profile, the lists and the target folders of a run lie.
pub(super) fn paths(inputs: &Inputs, job: Option<&Job>) -> Paths {
    let profile = relative(&inputs.profile);
    let mut paths = Paths::new(profile.clone());
    paths.insert(file_name(&inputs.profile), profile);
    for (name, path) in job.iter().flat_map(|job| &job.source_paths) {
        paths.insert(name.clone(), relative(path));
    }
    for (job, folder) in job.iter().zip(&inputs.target_folder) {
        for target in job.registry.names().filter_map(|name| job.registry.get(name)) {
            let files = target.templates.keys().map(String::as_str).chain(["target.toml"]);
            for file in files {
                let path = folder.join(&target.name).join(file);
                if path.is_file() {
                    paths.insert(format!("targets/{}/{file}", target.name), relative(&path));
                }
            }
        }
    }
    paths
}

/// A path relative to the working directory, where it lies below it, with `/`.
pub(super) fn relative(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(path);
    let parts: Vec<_> =
        path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    let text = parts.iter().collect::<std::path::PathBuf>().to_string_lossy().into_owned();
    if std::path::MAIN_SEPARATOR == '/' { text } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

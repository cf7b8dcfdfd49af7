//! The files that Terraform loads together: all of a folder are one module.

use super::Files;

/// The files of a module by what is done with them.
#[derive(Debug, Default)]
pub(super) struct Module<'f> {
    /// Blocks.
    pub(super) blocks: Vec<&'f str>,
    /// Values of variables, in the order in which they are taken: the last one counts.
    pub(super) values: Vec<&'f str>,
    /// What is not read.
    pub(super) others: Vec<&'f str>,
}

/// The module that a file is part of.
pub(super) fn module<'f>(files: &Files<'f>, of: &str) -> Module<'f> {
    let (mut module, mut automatic) = (Module::default(), Vec::new());
    for (path, _) in files.iter().filter(|(path, _)| folder(path) == folder(of)) {
        let name = path.rsplit('/').next().unwrap_or(path);
        // Terraform passes over these.
        if name.starts_with(['.', '#']) || name.ends_with('~') {
            continue;
        }
        let ends: Vec<&str> = name.rsplitn(3, '.').collect();
        match ends.as_slice() {
            ["tf", stem, ..] if *stem != "override" && !stem.ends_with("_override") => {
                module.blocks.push(path);
            }
            ["tfvars", "terraform"] => module.values.push(path),
            ["tfvars", "auto", _] => automatic.push(path),
            // Other values count where somebody names their file.
            ["tf" | "tfvars", ..] | ["json", "tf" | "tfvars", ..] => module.others.push(path),
            _ => {}
        }
    }
    module.values.extend(automatic);
    module
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

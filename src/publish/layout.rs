//! Where the files of a set go, in which order, and for how long they may be kept by others.

use super::record::RecordedSet;

/// Name of the record.
pub(super) const RECORD: &str = "published.json";
/// Name of the manifest.
pub(super) const MANIFEST: &str = crate::write::MANIFEST;
/// What never changes under its name.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What others must ask about each time.
pub(super) const ASK: &str = "no-cache";
/// Media type of the manifest and the record.
pub(super) const JSON: &str = "application/json";

/// One file under one of its public names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed<'a> {
    /// Path below the set.
    pub(super) from: &'a str,
    /// Path below the destination.
    pub(super) to: &'a str,
    pub(super) sha256: &'a str,
    pub(super) media_type: &'a str,
}

/// The folder of a set: enough of its id to be its own.
pub(super) fn folder(id: &str) -> String {
    format!("sets/{}", id.get(..16).unwrap_or(id))
}

/// Every file under its public names, in the order in which they are put there: what others include, lists, what
/// uses them, and names at the root, which browsers ask for.
pub(super) fn public_names(set: &RecordedSet) -> Vec<Placed<'_>> {
    let order = |role: &str| match role {
        "include" => 0,
        "allow" | "bypass" | "direct" => 1,
        _ => 2,
    };
    let mut placed: Vec<(u8, Placed<'_>)> = Vec::new();
    for file in &set.files {
        let here = |to| Placed { from: &file.path, to, sha256: &file.sha256, media_type: &file.media_type };
        placed.push((order(&file.role), here(&file.path)));
        if let Some(name) = file.at_root.then(|| file.path.rsplit('/').next()).flatten() {
            placed.push((3, here(name)));
        }
    }
    placed.sort_by_key(|(order, placed)| (*order, placed.to));
    placed.into_iter().map(|(_, placed)| placed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::{RecordedFile, RecordedSet};
    use super::public_names;

    #[test]
    fn what_is_used_comes_before_what_uses_it() {
        let file = |path: &str, role: &str, at_root| RecordedFile {
            path: path.into(),
            sha256: String::new(),
            media_type: "text/plain".into(),
            role: role.into(),
            at_root,
        };
        let files = vec![
            file("pac/proxy.pac", "policy", true),
            file("squid/allow-443.txt", "include", false),
            file("squid/allow.conf", "allow", false),
        ];
        let set = RecordedSet { id: "x".into(), profile: "contoso".into(), files };
        let names: Vec<&str> = public_names(&set).iter().map(|placed| placed.to).collect();
        assert_eq!(names, ["squid/allow-443.txt", "squid/allow.conf", "pac/proxy.pac", "proxy.pac"]);
    }
}

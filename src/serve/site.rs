//! `Site`: every answer that a set can give, prepared.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::SystemTime;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::page;
use crate::output_set::{OutputSet, SetFile};

/// One thing that can be asked for.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) media_type: String,
    /// Strong, in quotes.
    pub(super) etag: String,
    pub(super) modified: SystemTime,
    pub(super) bytes: Bytes,
    /// The same compressed, where that is shorter.
    pub(super) gzip: Option<Bytes>,
    /// Policy for what the page may load; a report brings its own.
    pub(super) policy: Option<&'static str>,
    /// Whether it is given without a login: what clients look for by themselves, who have none.
    pub(super) public: bool,
}

impl Resource {
    fn new(bytes: Vec<u8>, sha256: &str, media_type: &str, modified: SystemTime, public: bool) -> Self {
        let gzip = compressed(&bytes).filter(|gzip| gzip.len() < bytes.len()).map(Bytes::from);
        let etag = format!("\"{sha256}\"");
        Self {
            media_type: media_type.to_owned(),
            policy: None,
            etag,
            modified,
            bytes: bytes.into(),
            gzip,
            public,
        }
    }

    /// The tag of the compressed form: another form is another sequence of bytes.
    pub(super) fn gzip_etag(&self) -> String {
        format!("{}-gzip\"", self.etag.trim_end_matches('"'))
    }
}

fn compressed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// All resources of a set by their path, with what the page and the figures tell of it.
#[derive(Debug, Default)]
pub struct Site {
    pub(super) resources: BTreeMap<String, Resource>,
    pub(super) profile: String,
    pub(super) id: String,
    pub(super) entries: BTreeMap<String, usize>,
}

impl Site {
    /// The site of `set`; `now` stands in for times of change that are unknown or lie in the future.
    pub fn new(set: OutputSet, now: SystemTime) -> Self {
        let page = page::html(&set);
        let at = |time: Option<SystemTime>| time.filter(|time| *time <= now).unwrap_or(now);
        let mut resources = BTreeMap::new();
        let page_digest = crate::manifest::sha256(page.as_bytes());
        let html = "text/html; charset=utf-8";
        let modified = at(set.modified);
        let page = Resource::new(page.into_bytes(), &page_digest, html, modified, false);
        resources.insert("/".to_owned(), Resource { policy: Some(page::POLICY), ..page });
        let manifest = Resource::new(set.manifest, &set.id, "application/json", modified, false);
        resources.insert("/manifest.json".to_owned(), manifest);
        for file in set.files {
            let root_path = file.root_path().map(|name| format!("/{name}"));
            let SetFile { path, bytes, sha256, media_type, at_root, modified, .. } = file;
            let resource = Resource::new(bytes, &sha256, &media_type, at(modified), at_root);
            if let Some(root_path) = root_path {
                resources.entry(root_path).or_insert_with(|| resource.clone());
            }
            resources.insert(format!("/{path}"), resource);
        }
        Self { resources, profile: set.profile, id: set.id, entries: set.entries }
    }

    /// Name of the profile.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// SHA-256 of the manifest.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes over the time of change of what is the same in `earlier`, for sets that have no files of their own.
    pub fn keep_times(&mut self, earlier: &Site) {
        for (path, resource) in &mut self.resources {
            if let Some(known) = earlier.resources.get(path).filter(|known| known.etag == resource.etag) {
                resource.modified = known.modified;
            }
        }
    }
}

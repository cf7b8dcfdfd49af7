//! Publishing into an object store: files first, pointers last, nothing rewritten that is there already.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};

use super::layout::{ASK, FOR_EVER, JSON, MANIFEST, Placed, RECORD, folder, public_names};
use super::record::{Record, RecordedSet, WrongRecord};
use crate::manifest::sha256;
use crate::output_set::OutputSet;

/// Key of the digest among an object's own metadata.
const DIGEST: &str = "sha256";
/// Bytes of an object that is read back.
const LARGEST: u64 = 1 << 30;

/// How many sets are kept, and for how long others may keep a file.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Sets that can be gone back to, the current one among them.
    pub keep: usize,
    /// Seconds for which a file may be used again without asking.
    pub max_age: u32,
    /// Whether to go on where another run seems to be under way.
    pub take_over: bool,
    /// The time, to tell a run that is under way from one that was cut off.
    pub now: SystemTime,
}

/// A run that said that it publishes and has not ended for so long was cut off.
const LONGEST_RUN: Duration = Duration::from_secs(15 * 60);

/// The record as it was read.
struct Found {
    record: Record,
    version: Option<UpdateVersion>,
    changed: Option<SystemTime>,
}

/// An object store with the prefix below which sets are published.
#[derive(Debug)]
pub struct Store {
    client: Arc<dyn ObjectStore>,
    prefix: Path,
    bounds: Bounds,
}

/// What publishing did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Public names that were written.
    pub written: Vec<String>,
    /// Public names that held the right bytes already.
    pub unchanged: usize,
    /// Public names that are gone.
    pub removed: Vec<String>,
    /// The current set.
    pub id: String,
}

/// What stopped publishing. Until the last step the set before it is the current one.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store did not do what it was asked for.
    #[error("{deed} `{path}`: {source}")]
    Store {
        /// `reading`, `writing`, `deleting`.
        deed: &'static str,
        /// The object.
        path: String,
        /// Why.
        #[source]
        source: object_store::Error,
    },
    /// The record is not ours.
    #[error("`{path}` is no record of published sets: {reason}")]
    Record {
        /// The object.
        path: String,
        /// Why.
        reason: WrongRecord,
    },
    /// Another run has said that it publishes, and has not said that it ended.
    #[error("another run is publishing set {id} there; if it was cut off, `--take-over` goes on at once")]
    UnderWay {
        /// The set of the other run.
        id: String,
    },
    /// Another run was faster.
    #[error("another run published there at the same time; nothing of this one is in force")]
    Raced,
    /// There is nothing to go back to.
    #[error("there is no set before the current one")]
    NoEarlier,
    /// A kept set is not what was published.
    #[error("`{path}` is not what was published; the current set stays")]
    Damaged {
        /// The object.
        path: String,
    },
}

impl Store {
    /// A store below `prefix`.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: Path, bounds: Bounds) -> Self {
        Self { client: store, prefix, bounds }
    }

    /// Publishes `set` and makes it the current one.
    pub async fn publish(&self, set: &OutputSet) -> Result<Published, PublishError> {
        let found = self.record().await?;
        let recorded = RecordedSet::of(set);
        let bytes =
            |path: &str| set.files.iter().find(|file| file.path == path).map(|file| file.bytes.clone());
        let next = found.record.with(recorded.clone(), self.bounds.keep);
        self.bring_in(found, &recorded, &set.manifest, bytes, next).await
    }

    /// Makes the set before the current one current again.
    pub async fn roll_back(&self) -> Result<Published, PublishError> {
        let found = self.record().await?;
        let earlier = found.record.earlier().ok_or(PublishError::NoEarlier)?.clone();
        let home = folder(&earlier.id);
        let mut files = Vec::with_capacity(earlier.files.len());
        for file in &earlier.files {
            files
                .push((file.path.as_str(), self.kept(&format!("{home}/{}", file.path), &file.sha256).await?));
        }
        let manifest = self.kept(&format!("{home}/{MANIFEST}"), &earlier.id).await?;
        let bytes =
            |path: &str| files.iter().find(|(known, _)| *known == path).map(|(_, bytes)| bytes.clone());
        let next = found.record.back_to(&earlier.id);
        self.bring_in(found, &earlier, &manifest, bytes, next).await
    }

    async fn bring_in(
        &self,
        found: Found,
        set: &RecordedSet,
        manifest: &[u8],
        bytes: impl Fn(&str) -> Option<Vec<u8>>,
        next: Record,
    ) -> Result<Published, PublishError> {
        let Found { record, version, changed } = found;
        if let Some(other) =
            record.under_way.as_ref().filter(|_| !self.bounds.take_over && !self.is_cut_off(changed))
        {
            return Err(PublishError::UnderWay { id: other.id.clone() });
        }
        let names = public_names(set);
        let mut stale = Vec::new();
        for placed in &names {
            if !self.holds(placed.to, placed.sha256, placed.media_type, &self.for_a_while()).await? {
                stale.push(*placed);
            }
        }
        let mut done =
            Published { unchanged: names.len() - stale.len(), id: set.id.clone(), ..Published::default() };
        let stale_manifest = !self.holds(MANIFEST, &set.id, JSON, ASK).await?;
        let removed = removed(&record, &names);
        if stale.is_empty() && !stale_manifest && removed.is_empty() && next == record {
            return Ok(done);
        }
        let version = self.put_record(&record.towards(set), version).await?;
        self.put_set(set, manifest, &bytes).await?;
        for Placed { from, to, media_type, .. } in stale {
            let content = bytes(from).ok_or_else(|| PublishError::Damaged { path: from.to_owned() })?;
            self.put(to, content, media_type, &self.for_a_while()).await?;
            done.written.push(to.to_owned());
        }
        self.put(MANIFEST, manifest.to_vec(), JSON, ASK).await?;
        let version = self.put_record(&next, Some(version)).await?;
        for name in removed {
            self.delete(&name).await?;
            done.removed.push(name);
        }
        self.forget(&next, version).await?;
        Ok(done)
    }

    /// The files of a set under the names that are its own.
    async fn put_set(
        &self,
        set: &RecordedSet,
        manifest: &[u8],
        bytes: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<(), PublishError> {
        let home = folder(&set.id);
        for file in &set.files {
            let path = format!("{home}/{}", file.path);
            if !self.holds(&path, &file.sha256, &file.media_type, FOR_EVER).await? {
                let content =
                    bytes(&file.path).ok_or_else(|| PublishError::Damaged { path: path.clone() })?;
                self.put(&path, content, &file.media_type, FOR_EVER).await?;
            }
        }
        let path = format!("{home}/{MANIFEST}");
        if !self.holds(&path, &set.id, JSON, FOR_EVER).await? {
            self.put(&path, manifest.to_vec(), JSON, FOR_EVER).await?;
        }
        Ok(())
    }

    /// Deletes the sets that no longer count, and then forgets them.
    async fn forget(&self, record: &Record, version: UpdateVersion) -> Result<(), PublishError> {
        if record.leaving.is_empty() {
            return Ok(());
        }
        for set in &record.leaving {
            let home = folder(&set.id);
            for file in &set.files {
                self.delete(&format!("{home}/{}", file.path)).await?;
            }
            self.delete(&format!("{home}/{MANIFEST}")).await?;
        }
        self.put_record(&record.without_leaving(), Some(version)).await?;
        Ok(())
    }

    /// Whether the run that changed the record then would have ended by now.
    fn is_cut_off(&self, changed: Option<SystemTime>) -> bool {
        let age = changed.and_then(|changed| self.bounds.now.duration_since(changed).ok());
        age.is_some_and(|age| age > LONGEST_RUN)
    }

    fn for_a_while(&self) -> String {
        format!("public, max-age={}", self.bounds.max_age)
    }

    fn path(&self, path: &str) -> Path {
        path.split('/').fold(self.prefix.clone(), Path::join)
    }

    /// The record with its version; an empty one where there is none.
    async fn record(&self) -> Result<Found, PublishError> {
        let path = self.path(RECORD);
        let read = |source| PublishError::Store { deed: "reading", path: path.to_string(), source };
        let result = match self.client.get(&path).await {
            Err(object_store::Error::NotFound { .. }) => {
                return Ok(Found { record: Record::default(), version: None, changed: None });
            }
            result => result.map_err(read)?,
        };
        let meta = result.meta.clone();
        let changed = Some(SystemTime::from(meta.last_modified));
        let version = Some(UpdateVersion { e_tag: meta.e_tag, version: meta.version });
        let bytes = result.bytes().await.map_err(read)?;
        let record = Record::parse(&bytes)
            .map_err(|reason| PublishError::Record { path: path.to_string(), reason })?;
        Ok(Found { record, version, changed })
    }

    /// Replaces the record if it is still the one that was read.
    async fn put_record(
        &self,
        record: &Record,
        version: Option<UpdateVersion>,
    ) -> Result<UpdateVersion, PublishError> {
        let path = self.path(RECORD);
        let mode = version.map_or(PutMode::Create, PutMode::Update);
        let options = PutOptions { mode, attributes: attributes(JSON, ASK, None), ..PutOptions::default() };
        match self.client.put_opts(&path, PutPayload::from(record.text()), options).await {
            Ok(result) => Ok(result.into()),
            Err(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. }) => {
                Err(PublishError::Raced)
            }
            Err(source) => Err(PublishError::Store { deed: "writing", path: path.to_string(), source }),
        }
    }

    /// Whether an object has these bytes and headers already, by the digest that was stored with it.
    async fn holds(
        &self,
        path: &str,
        digest: &str,
        media_type: &str,
        cache: &str,
    ) -> Result<bool, PublishError> {
        let path = self.path(path);
        let options = GetOptions { head: true, ..GetOptions::default() };
        let found = match self.client.get_opts(&path, options).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            result => result.map_err(|source| PublishError::Store {
                deed: "reading",
                path: path.to_string(),
                source,
            })?,
        };
        let wanted = attributes(media_type, cache, Some(digest));
        let same = wanted.iter().all(|(key, value)| found.attributes.get(key) == Some(value));
        Ok(same)
    }

    async fn put(
        &self,
        path: &str,
        bytes: Vec<u8>,
        media_type: &str,
        cache: &str,
    ) -> Result<(), PublishError> {
        let path = self.path(path);
        let attributes = attributes(media_type, cache, Some(&sha256(&bytes)));
        let options = PutOptions { attributes, ..PutOptions::default() };
        let put = self.client.put_opts(&path, PutPayload::from(bytes), options).await;
        put.map(drop).map_err(|source| PublishError::Store {
            deed: "writing",
            path: path.to_string(),
            source,
        })
    }

    async fn delete(&self, path: &str) -> Result<(), PublishError> {
        let path = self.path(path);
        match self.client.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(PublishError::Store { deed: "deleting", path: path.to_string(), source }),
        }
    }

    /// A file of a set that was published earlier, proved by its digest.
    async fn kept(&self, path: &str, digest: &str) -> Result<Vec<u8>, PublishError> {
        let path = self.path(path);
        let read = |source| PublishError::Store { deed: "reading", path: path.to_string(), source };
        let damaged = || PublishError::Damaged { path: path.to_string() };
        let result = match self.client.get(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Err(damaged()),
            result => result.map_err(read)?,
        };
        if result.meta.size > LARGEST {
            return Err(damaged());
        }
        let bytes = result.bytes().await.map_err(read)?;
        if sha256(&bytes) == digest { Ok(bytes.to_vec()) } else { Err(damaged()) }
    }
}

/// Public names of the current set, or of one that was cut off, that the new set does not have.
fn removed(record: &Record, names: &[Placed<'_>]) -> Vec<String> {
    let kept: BTreeSet<&str> = names.iter().map(|placed| placed.to).collect();
    let earlier = record.current_set().into_iter().chain(&record.under_way).flat_map(public_names);
    let names: BTreeSet<&str> = earlier.map(|placed| placed.to).collect();
    names.into_iter().filter(|name| !kept.contains(name)).map(str::to_owned).collect()
}

fn attributes(media_type: &str, cache: &str, digest: Option<&str>) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, media_type.to_owned().into());
    attributes.insert(Attribute::CacheControl, cache.to_owned().into());
    if let Some(digest) = digest {
        attributes.insert(Attribute::Metadata(DIGEST.into()), digest.to_owned().into());
    }
    attributes
}

//! What a destination is called: a folder, or `s3://`, `az://` and `gs://` addresses.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{ObjectStore, RetryConfig};

/// Longest time for which a request is tried again.
const PATIENCE: Duration = Duration::from_secs(60);
const RETRIES: usize = 5;

/// Where to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A folder of this machine or one that is mounted.
    Folder(PathBuf),
    /// An object store's address: its kind, and all of it as typed.
    Store(Kind, String),
}

/// The object stores that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `s3://bucket/prefix`
    S3,
    /// `az://container/prefix`
    Azure,
    /// `gs://bucket/prefix`
    Google,
}

/// A destination that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum WrongDestination {
    /// Another scheme.
    #[error("`{0}` is no destination: give a folder, or `s3://…`, `az://…` or `gs://…`")]
    Scheme(String),
    /// No bucket or container.
    #[error("`{0}` names no bucket or container")]
    NoBucket(String),
    /// A prefix that is no path of objects.
    #[error("`{0}` has a prefix that is no path: {1}")]
    Prefix(String, object_store::path::Error),
    /// An option that this kind of store does not have.
    #[error("`{0}` is no option of this kind of destination")]
    Option(String),
    /// The store refuses what it was given.
    #[error("`{0}` cannot be opened: {1}")]
    Refused(String, object_store::Error),
}

impl FromStr for Destination {
    type Err = WrongDestination;

    fn from_str(text: &str) -> Result<Self, WrongDestination> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::Folder(text.into())) };
        let kind = match scheme {
            "s3" => Kind::S3,
            "az" => Kind::Azure,
            "gs" => Kind::Google,
            _ => return Err(WrongDestination::Scheme(text.to_owned())),
        };
        if rest.split('/').next().is_none_or(str::is_empty) {
            return Err(WrongDestination::NoBucket(text.to_owned()));
        }
        Ok(Self::Store(kind, text.to_owned()))
    }
}

/// Opens an object store: its client and the prefix in it. `environment` holds variables, of which those of this
/// kind of store count; `options` are what was typed and go first.
pub fn open(
    kind: Kind,
    address: &str,
    environment: impl Iterator<Item = (String, String)>,
    options: &[(String, String)],
) -> Result<(Arc<dyn ObjectStore>, Path), WrongDestination> {
    // The HTTP client brings no cryptography of its own. An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = Path::parse(prefix.trim_matches('/'))
        .map_err(|error| WrongDestination::Prefix(address.to_owned(), error))?;
    let refused = |error| WrongDestination::Refused(address.to_owned(), error);
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let variables: Vec<(String, String)> = environment
        .filter(|(name, _)| variables_of(kind).iter().any(|start| name.starts_with(start)))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let store: Arc<dyn ObjectStore> = match kind {
        Kind::S3 => {
            let builder = AmazonS3Builder::new().with_bucket_name(bucket).with_retry(retry);
            let set = |builder: AmazonS3Builder, key: AmazonS3ConfigKey, value: &str| {
                builder.with_config(key, value)
            };
            Arc::new(configured(builder, &variables, options, set)?.build().map_err(refused)?)
        }
        Kind::Azure => {
            let builder = MicrosoftAzureBuilder::new().with_container_name(bucket).with_retry(retry);
            let set = |builder: MicrosoftAzureBuilder, key: AzureConfigKey, value: &str| {
                builder.with_config(key, value)
            };
            Arc::new(configured(builder, &variables, options, set)?.build().map_err(refused)?)
        }
        Kind::Google => {
            let builder = GoogleCloudStorageBuilder::new().with_bucket_name(bucket).with_retry(retry);
            let set = |builder: GoogleCloudStorageBuilder, key: GoogleConfigKey, value: &str| {
                builder.with_config(key, value)
            };
            Arc::new(configured(builder, &variables, options, set)?.build().map_err(refused)?)
        }
    };
    Ok((store, prefix))
}

/// What the variables of each kind of store start with, as its vendor's own tools have it.
fn variables_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::S3 => &["AWS_"],
        Kind::Azure => &["AZURE_", "AZURITE_"],
        Kind::Google => &["GOOGLE_"],
    }
}

/// The builder with every variable that it knows and every option; an option that it does not know is an error.
fn configured<B, K: FromStr>(
    builder: B,
    variables: &[(String, String)],
    options: &[(String, String)],
    set: impl Fn(B, K, &str) -> B,
) -> Result<B, WrongDestination> {
    let known = variables.iter().filter_map(|(name, value)| Some((name.parse::<K>().ok()?, value)));
    let mut builder = known.fold(builder, |builder, (key, value)| set(builder, key, value));
    for (name, value) in options {
        let key = name.parse::<K>().map_err(|_| WrongDestination::Option(name.clone()))?;
        builder = set(builder, key, value);
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::{Destination, Kind, WrongDestination};

    #[test]
    fn a_destination_is_a_folder_or_a_known_store() {
        let folder: Destination = "/srv/www".parse().expect("a folder");
        assert_eq!(folder, Destination::Folder("/srv/www".into()));
        let store: Destination = "s3://contoso/lists".parse().expect("a store");
        assert_eq!(store, Destination::Store(Kind::S3, "s3://contoso/lists".into()));
        assert!(matches!("ftp://contoso/x".parse::<Destination>(), Err(WrongDestination::Scheme(_))));
        assert!(matches!("az:///x".parse::<Destination>(), Err(WrongDestination::NoBucket(_))));
    }

    #[test]
    fn an_option_that_a_store_does_not_have_is_an_error_and_a_variable_is_not() {
        let options = [("azure_storage_account_name".to_owned(), "contoso".to_owned())];
        let open = |kind, options: &[_]| {
            let variables = [
                ("AWS_REGION".to_owned(), "eu-west-1".to_owned()),
                ("AWS_PROFILE".to_owned(), "x".to_owned()),
            ];
            super::open(kind, "s3://contoso/a/b", variables.into_iter(), options)
                .map(|(_, prefix)| prefix.to_string())
        };
        assert!(
            matches!(open(Kind::S3, &options), Err(WrongDestination::Option(name)) if name == options[0].0)
        );
        assert_eq!(open(Kind::S3, &[]).expect("a store"), "a/b");
    }
}

//! The certificate and key of the server.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file without what it should hold.
    #[error("`{path}` holds no {what} in PEM form: {source}")]
    Pem {
        /// The file.
        path: String,
        /// `certificate` or `private key`.
        what: &'static str,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The two do not go together, or are of a kind that is not supported.
    #[error("the certificate in `{path}` cannot be used: {source}")]
    Use {
        /// The file of the certificate.
        path: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
}

/// Reads a certificate chain and its private key, both PEM.
pub fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsFault> {
    let shown = |path: &Path| path.display().to_string();
    let fault = |what, path: &Path| {
        let path = shown(path);
        move |source| TlsFault::Pem { path, what, source }
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(fault("certificate", certificate))?;
    if chain.is_empty() {
        return Err(fault("certificate", certificate)(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(fault("private key", key))?;
    let used = |source| TlsFault::Use { path: shown(certificate), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(used)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(used)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

//! `Tls`: sets TLS up with whoever answers, and says afterwards whom the certificates name.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::Clock;
use super::connect::plain;
use crate::certificate;
use crate::diagnostic::visible;
use crate::probe::{Chain, Hop, Lost, Step, Trust};

/// Most letters of a name in a certificate that are shown.
const SHOWN: usize = 100;

/// TLS with anybody, and the authorities that everybody knows.
pub(super) struct Tls {
    connector: TlsConnector,
    public: Arc<WebPkiServerVerifier>,
}

impl Tls {
    /// With the authorities that browsers know and some more.
    pub(super) fn new(authorities: &[CertificateDer<'_>]) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let unusable = |error: &dyn std::fmt::Display| format!("TLS cannot be set up: {error}");
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        for certificate in authorities {
            roots.add(certificate.clone()).map_err(|error| unusable(&error))?;
        }
        let public = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| unusable(&error))?;
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), public })
    }

    /// Sets TLS up.
    pub(super) async fn start(
        &self,
        stream: TcpStream,
        host: &str,
        clock: &Clock,
    ) -> Result<(TlsStream<TcpStream>, Chain), Lost> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Lost::NoTls("the name cannot stand in a certificate".to_owned()))?;
        let started = self.connector.connect(name.clone(), stream);
        let started = clock.within(Hop::Host, Step::Tls, started).await?;
        let stream = started.map_err(|error| Lost::NoTls(words(&error)))?;
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let Some((leaf, others)) = shown.split_first() else {
            return Err(Lost::NoTls("no certificate came".to_owned()));
        };
        let chain = Chain {
            subject: subject(leaf),
            authority: authority(leaf, others),
            trust: self.trust(leaf, others, &name),
        };
        Ok((stream, chain))
    }

    fn trust(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> Trust {
        match self.public.verify_server_cert(leaf, others, name, &[], UnixTime::now()) {
            Ok(_) => Trust::Public,
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Trust::Private,
            // An authority's own certificate is refused before anybody looks whose it is.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if is_own_issuer(leaf) => {
                Trust::Private
            }
            Err(Error::InvalidCertificate(error)) => {
                let (what, help) = certificate::words(&error);
                Trust::Unsound { what, help }
            }
            Err(error) => {
                Trust::Unsound { what: fault(&error), help: "see what certificate a browser shows" }
            }
        }
    }
}

/// Takes every certificate: a probe wants to know whose it is, and nothing secret is sent to its owner.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn words(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (inner, error.kind()) {
        (Some(error), _) => fault(error),
        (None, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "the connection was closed at its start".to_owned()
        }
        (None, _) => plain(error),
    }
}

/// What is wrong, without the names that the program below has for it.
fn fault(error: &Error) -> String {
    match error {
        Error::InvalidMessage(_) => "what came back is no TLS".to_owned(),
        Error::AlertReceived(alert) => {
            format!("the other end refuses it with the alert `{}`", alert_name(*alert))
        }
        Error::PeerIncompatible(_) => {
            "the other end and this one have no version or method in common".to_owned()
        }
        Error::PeerMisbehaved(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. } => "the other end breaks the rules of TLS".to_owned(),
        Error::DecryptError => "what came back cannot be decrypted".to_owned(),
        other => other.to_string(),
    }
}

/// `handshake_failure`, as RFC 8446 and logs have it.
fn alert_name(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnrecognisedName => return "unrecognized_name".to_owned(),
        AlertDescription::EncryptedClientHelloRequired => return "ech_required".to_owned(),
        _ => {}
    }
    let mut name = String::new();
    let mut before = None;
    for letter in format!("{alert:?}").chars() {
        if letter.is_ascii_uppercase() && before.is_some_and(|before: char| before.is_ascii_lowercase()) {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    name
}

/// Whether a certificate names itself as its authority.
fn is_own_issuer(leaf: &CertificateDer<'_>) -> bool {
    parsed(leaf).is_some_and(|parsed| parsed.subject() == parsed.issuer())
}

fn subject(certificate: &CertificateDer<'_>) -> String {
    parsed(certificate).map_or_else(unreadable, |parsed| name(parsed.subject()))
}

/// The issuer of the last certificate of the chain that starts with `leaf`; certificates that do not belong to it are
/// sent at times.
fn authority(leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> String {
    let Some(mut last) = parsed(leaf) else { return unreadable() };
    let mut others: Vec<X509Certificate<'_>> = others.iter().filter_map(|der| parsed(der)).collect();
    while let Some(at) = others.iter().position(|other| other.subject() == last.issuer()) {
        last = others.swap_remove(at);
    }
    name(last.issuer())
}

fn parsed<'c>(certificate: &'c CertificateDer<'_>) -> Option<X509Certificate<'c>> {
    X509Certificate::from_der(certificate).ok().map(|(_, parsed)| parsed)
}

fn unreadable() -> String {
    "a certificate that cannot be read".to_owned()
}

/// The common name, or all of the name where it has none.
fn name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().and_then(|common| common.as_str().ok());
    let text = common.map_or_else(|| name.to_string(), str::to_owned);
    visible(&text).chars().take(SHOWN).collect()
}

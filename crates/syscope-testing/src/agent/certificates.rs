//! Certificates for tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

use super::Tls;

/// Who signs certificates; its files are in a directory of the test's.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: PathBuf,
    name: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Authority {
    /// A new one; its certificate is `NAME.pem`.
    pub fn new(directory: &Path, name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate");
        let authority = Authority { issuer, directory: directory.to_owned(), name: name.to_owned() };
        fs::write(authority.certificate(), authority.issuer.pem()).expect("write a certificate");
        authority
    }

    /// Its certificate.
    pub fn certificate(&self) -> PathBuf {
        self.directory.join(format!("{}.pem", self.name))
    }

    /// Its certificate, and its key: `NAME.key`.
    pub fn identity(&self) -> (PathBuf, PathBuf) {
        let key = self.directory.join(format!("{}.key", self.name));
        fs::write(&key, self.issuer.key().serialize_pem()).expect("write a key");
        (self.certificate(), key)
    }

    /// A certificate for these names and addresses, and its key: `NAME.FOR.pem` and `NAME.FOR.key`.
    pub fn sign(&self, of: &str, names: &[&str]) -> (PathBuf, PathBuf) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, of);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        let path = |end: &str| self.directory.join(format!("{}.{of}.{end}", self.name));
        fs::write(path("pem"), signed.pem()).expect("write a certificate");
        fs::write(path("key"), key.serialize_pem()).expect("write a key");
        (path("pem"), path("key"))
    }
}

/// The server's side.
pub(super) fn acceptor(tls: &Tls) -> TlsAcceptor {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3");
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(path));
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("an authority"))
        }
    };
    let key = PrivateKeyDer::from_pem_file(&tls.identity.1).expect("a key");
    let config = builder.with_single_cert(certificates(&tls.identity.0), key).expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).expect("a file").map(|one| one.expect("a certificate")).collect()
}

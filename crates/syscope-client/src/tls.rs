//! Who the other side is, and who we are.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::error::Error;

/// How TLS is spoken: with the authorities of `ca` (else those of this host), and as `identity` (certificate and key).
///
/// # Errors
/// A file can't be read or is not what it should be.
pub fn connector(ca: Option<&Path>, identity: Option<(&Path, &Path)>) -> Result<TlsConnector, Error> {
    let roots = match ca {
        Some(path) => authorities(path)?,
        None => host_authorities(),
    };
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|err| file("the key", key, err))?;
            let chain = certificates("the certificate", cert)?;
            builder.with_client_auth_cert(chain, private).map_err(|err| file("the certificate", cert, err))?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn authorities(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("the authority", path)? {
        roots.add(certificate).map_err(|err| file("the authority", path, err))?;
    }
    Ok(roots)
}

/// Those that this host trusts; a broken one among them is none.
fn host_authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = || -> Result<Vec<_>, _> { CertificateDer::pem_file_iter(path)?.collect() };
    match read() {
        Ok(found) if found.is_empty() => Err(file(what, path, "there is no certificate in it")),
        Ok(found) => Ok(found),
        Err(err) => Err(file(what, path, err)),
    }
}

fn file(what: &'static str, path: &Path, why: impl std::fmt::Display) -> Error {
    Error::File { what, path: path.to_owned(), why: why.to_string() }
}

/// What is wrong, for people: rustls says which certificate was not accepted and why.
pub fn failed(err: io::Error) -> Error {
    Error::Tls(err)
}

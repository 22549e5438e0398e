//! Who the other side is, and who we are.

use std::error::Error as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, ClientConfig, RootCertStore, crypto};

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

/// What is wrong between an agent and us. None of it changes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nobody whom we trust has signed the agent's certificate, or it is not valid (now).
    Agent,
    /// The agent's certificate is one that signs others, and so is no server's (RFC 5280, 4.2.1.9).
    Authority,
    /// The certificate is for other names than that of the endpoint.
    Name,
    /// The agent does not accept our certificate, or wants one and has got none.
    Us,
    /// The other side does not speak TLS, or none that we speak.
    Protocol,
}

/// What rustls says of an error. Breaks of a connection are `None`: those may pass.
pub(crate) fn trust(err: &io::Error) -> Option<Trust> {
    let err = err.get_ref()?;
    if err.is::<InvalidDnsNameError>() {
        return Some(Trust::Name);
    }
    match err.downcast_ref()? {
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Some(Trust::Name),
        // Only the words tell: the type is that of a library below.
        rustls::Error::InvalidCertificate(CertificateError::Other(err))
            if format!("{err:?}").contains("CaUsedAsEndEntity") =>
        {
            Some(Trust::Authority)
        }
        rustls::Error::InvalidCertificate(_) => Some(Trust::Agent),
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError,
        ) => Some(Trust::Us),
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::NoApplicationProtocol
            | AlertDescription::UnrecognisedName,
        )
        | rustls::Error::InvalidMessage(_)
        | rustls::Error::PeerIncompatible(_) => Some(Trust::Protocol),
        _ => None,
    }
}

/// What rustls said below an error of the connection: an agent that does not accept our certificate tells it only when TLS is
/// there on our side.
pub(crate) fn below(err: &hyper::Error) -> Option<io::Error> {
    let mut source = err.source();
    while let Some(err) = source {
        let said = err.downcast_ref::<io::Error>().and_then(|err| err.get_ref()?.downcast_ref());
        if let Some(said) = said {
            return Some(io::Error::new(io::ErrorKind::InvalidData, rustls::Error::clone(said)));
        }
        source = err.source();
    }
    None
}

//! TLS: protocols, client certificates, certificates that change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use syscope_api::TraceRequest;
use syscope_server::{Config, Error, Rejected, TlsFiles, bind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::{Reply, ask, read_until, request, rest};
use crate::harness::{Server, config, limited, until};

/// An authority and what it signs.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate for this name, and its key.
    pub fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// Files of a TLS server.
pub struct Files {
    pub directory: tempfile::TempDir,
    pub authority: Authority,
}

impl Files {
    pub fn new() -> Files {
        let files = Files { directory: tempfile::tempdir().unwrap(), authority: Authority::new() };
        files.renew(&files.authority);
        std::fs::write(files.path("ca.pem"), &files.authority.pem).unwrap();
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Puts a new certificate in place, as an atomic rename of each file.
    fn renew(&self, authority: &Authority) {
        let (cert, key) = authority.sign("localhost");
        for (name, text) in [("cert.pem", cert), ("key.pem", key)] {
            std::fs::write(self.path("new"), text).unwrap();
            std::fs::rename(self.path("new"), self.path(name)).unwrap();
        }
    }

    pub fn config(&self, client_ca: bool) -> Config {
        let tls = TlsFiles {
            cert: self.path("cert.pem"),
            key: self.path("key.pem"),
            client_ca: client_ca.then(|| self.path("ca.pem")),
        };
        Config { tls: Some(tls), ..config() }
    }
}

/// Connects; the handshake may fail.
pub async fn connect(
    server: &Server,
    trust: &Authority,
    identity: Option<&(String, String)>,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trust.pem.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut client = match identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let cert = CertificateDer::from_pem_slice(cert.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![cert], key).unwrap()
        }
    };
    client.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = server.connect().await;
    TlsConnector::from(Arc::new(client)).connect("localhost".try_into().unwrap(), stream).await
}

/// One request; `None` if the handshake fails, which a client may learn only when it reads.
pub async fn get(
    server: &Server,
    trust: &Authority,
    identity: Option<&(String, String)>,
    path: &str,
    headers: &[(&str, &str)],
) -> Option<Reply> {
    let mut stream = connect(server, trust, identity, &[]).await.ok()?;
    stream.write_all(&request("GET", path, headers, b"")).await.ok()?;
    let mut first = [0; 1];
    if !matches!(stream.read(&mut first).await, Ok(1)) {
        return None;
    }
    let all = [first.to_vec(), rest(stream).await].concat();
    Some(crate::client::Reply::from_bytes(&all))
}

#[tokio::test]
async fn http_1_and_2_over_tls() {
    let files = Files::new();
    let server = Server::start(files.config(false));
    let stream = connect(&server, &files.authority, None, &[b"http/1.1"]).await.unwrap();
    assert_eq!(ask(stream, "GET", "/version", &[], b"").await.status, 200);

    let stream = connect(&server, &files.authority, None, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let job = {
        let request =
            http::Request::get("https://localhost/version").body(Empty::<bytes::Bytes>::new()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
        server.node.job_of(&TraceRequest::default())
    };
    // Several streams of events on one connection.
    let mut streams = Vec::new();
    for _ in 0..5 {
        let uri = format!("https://localhost/api/v1/traces/{job}/events");
        let request = http::Request::get(uri).body(Empty::new()).unwrap();
        streams.push(sender.send_request(request).await.unwrap().into_body());
    }
    server.push(&job, "{\"n\":1}");
    server.node.end();
    for stream in streams {
        let text = stream.collect().await.unwrap().to_bytes();
        assert!(text.starts_with(b"{\"n\":1}\n{\"type\":\"loss\",\"final\":true"), "{text:?}");
    }
    let request = http::Request::get("https://localhost/nosuch").header("x", "y".repeat(20_000));
    let reply = sender.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["content-type"]),
        (431, &"application/problem+json".parse().unwrap())
    );
    drop(sender);
    server.stop().await;
    let _ = connection.await.unwrap();
}

#[tokio::test]
async fn a_client_without_tls_gets_nothing_and_a_slow_handshake_ends() {
    let files = Files::new();
    let mut config = files.config(false);
    config.limits.header_time = Duration::from_millis(200);
    let server = Server::start(config);
    let mut plain = server.connect().await;
    plain.write_all(b"GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let answer = rest(plain).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert_eq!(rest(server.connect().await).await, b"");
    assert_eq!(server.stats.rejected(Rejected::Handshake), 1);
    assert_eq!(server.stats.rejected(Rejected::HeaderTime), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let files = Files::new();
    let server = Server::start(files.config(false));
    let old = connect(&server, &files.authority, None, &[]).await.unwrap();

    std::fs::write(files.path("cert.pem"), "-----BEGIN nothing").unwrap();
    until("the bad file is seen", || server.stats.reload_errors() == 1).await;
    assert_eq!(get(&server, &files.authority, None, "/version", &[]).await.unwrap().status, 200);

    // The certificate of one pair with the key of another: for a moment, as when files are replaced one by one.
    let other = Authority::new();
    let (cert, key) = other.sign("localhost");
    std::fs::write(files.path("cert.pem"), cert).unwrap();
    until("the pair that is none is seen", || server.stats.reload_errors() == 2).await;
    assert_eq!(get(&server, &files.authority, None, "/version", &[]).await.unwrap().status, 200);
    assert_eq!(server.stats.reloads(), 0);

    std::fs::write(files.path("key.pem"), key).unwrap();
    until("the new pair is read", || server.stats.reloads() == 1).await;
    assert!(get(&server, &files.authority, None, "/version", &[]).await.is_none());
    assert_eq!(get(&server, &other, None, "/version", &[]).await.unwrap().status, 200);
    // Who was there stays.
    assert_eq!(ask(old, "GET", "/version", &[], b"").await.status, 200);

    files.renew(&files.authority);
    until("the renewed pair is read", || server.stats.reloads() == 2).await;
    assert_eq!(get(&server, &files.authority, None, "/version", &[]).await.unwrap().status, 200);
    server.stop().await;
}

#[test]
fn a_start_with_bad_files_fails_and_names_them() {
    let files = Files::new();
    let broken = |name: &str, text: &str| {
        let path: &Path = &files.path(name);
        let good = std::fs::read(path).unwrap();
        std::fs::write(path, text).unwrap();
        let error = bind(files.config(true)).unwrap_err();
        std::fs::write(path, good).unwrap();
        assert!(matches!(error, Error::Tls { .. }) && error.to_string().contains(name), "{error}");
    };
    for name in ["cert.pem", "key.pem", "ca.pem"] {
        broken(name, "");
        broken(name, "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n");
    }
    broken("key.pem", &KeyPair::generate().unwrap().serialize_pem());
    bind(files.config(true)).unwrap();
}

#[tokio::test]
async fn a_stalled_http_2_stream_ends_its_connection() {
    let files = Files::new();
    let limits = limited(|limits| limits.stall_time = Duration::from_millis(300)).limits;
    let server = Server::start(Config { limits, ..files.config(false) });
    let job = server.node.job_of(&TraceRequest::default());
    let stream = connect(&server, &files.authority, None, &[b"h2"]).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1024)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let uri = format!("https://localhost/api/v1/traces/{job}/events");
    let reply = sender
        .send_request(http::Request::get(uri).body(Empty::<bytes::Bytes>::new()).unwrap())
        .await
        .unwrap();
    for _ in 0..100 {
        server.push(&job, &"x".repeat(1000));
    }
    // The reply's body is never read: its window stays shut.
    until("the watcher is dropped", || server.stats.watchers() == 0).await;
    assert_eq!(server.stats.rejected(Rejected::Stalled), 1);
    drop(reply);
    let _ = connection.await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let files = Files::new();
    let limits = limited(|limits| limits.h2_resets = 5).limits;
    let server = Server::start(Config { limits, ..files.config(false) });
    let mut stream = connect(&server, &files.authority, None, &[b"h2"]).await.unwrap();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for at in 0..1000u32 {
        let id = (2 * at + 1).to_be_bytes();
        // HEADERS with `GET https /` by the static table, then RST_STREAM.
        bytes.extend_from_slice(&[&[0, 0, 3, 1, 5][..], &id, &[0x82, 0x87, 0x84]].concat());
        bytes.extend_from_slice(&[&[0, 0, 4, 3, 0][..], &id, &[0, 0, 0, 8]].concat());
    }
    let _ = stream.write_all(&bytes).await;
    // It is told to go, or finds the connection closed.
    rest(&mut stream).await;
    until("the connection is gone", || server.stats.connections() == 0).await;
    assert_eq!(get(&server, &files.authority, None, "/healthz", &[]).await.unwrap().status, 200);
    server.stop().await;
}

#[tokio::test]
async fn events_over_tls_flow_at_once() {
    let files = Files::new();
    let server = Server::start(files.config(false));
    let job = server.node.job_of(&TraceRequest::default());
    let mut stream = connect(&server, &files.authority, None, &[]).await.unwrap();
    let path = format!("/api/v1/traces/{job}/events");
    stream.write_all(&request("GET", &path, &[], b"")).await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    server.push(&job, "{\"n\":1}");
    read_until(&mut stream, "{\"n\":1}\n").await;
    drop(stream);
    until("the watcher is gone", || server.stats.watchers() == 0).await;
    server.stop().await;
}

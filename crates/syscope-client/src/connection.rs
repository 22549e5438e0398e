//! A connection to an agent.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::tls;

/// A connection that has carried nothing yet.
#[derive(Debug)]
pub struct Sender {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
}

/// How long a connection that has failed may take to say why.
const WHY: Duration = Duration::from_secs(1);

impl Sender {
    /// Sends a request and waits for the head of its answer.
    pub async fn send(mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let err = match self.sender.send_request(request).await {
            Ok(response) => return Ok(response),
            Err(err) => err,
        };
        if let Some(said) = tls::below(&err) {
            return Err(Error::Tls(said));
        }
        match timeout(WHY, self.connection).await {
            Ok(Ok(Err(why))) => Err(tls::below(&why).map_or(Error::Http(err), Error::Tls)),
            _ => Err(Error::Http(err)),
        }
    }
}

/// After how long a silent peer is asked whether it is still there, how often, and how many times in vain: a stream may be silent
/// for hours, and a host that lost its power says nothing.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(15), Duration::from_secs(5), 3);
/// The headers of an answer may have so many bytes.
const HEAD_MAX: usize = 64 << 10;

/// Connects. With `secret`, over plain TCP only to this host.
pub async fn connect(endpoint: &Endpoint, tls: Option<&TlsConnector>, secret: bool) -> Result<Sender, Error> {
    match endpoint {
        Endpoint::Unix(path) => handshake(UnixStream::connect(path).await.map_err(Error::Connect)?).await,
        Endpoint::Tcp { host, port, tls: with_tls } => {
            let stream = tcp(host, *port).await?;
            match tls.filter(|_| *with_tls) {
                Some(connector) => {
                    let name = ServerName::try_from(host.clone())
                        .map_err(|err| Error::Tls(io::Error::new(io::ErrorKind::InvalidInput, err)))?;
                    handshake(connector.connect(name, stream).await.map_err(Error::Tls)?).await
                }
                // What `localhost` stands for is for others to say.
                None if secret && !is_loopback(stream.peer_addr().map_err(Error::Connect)?) => {
                    Err(Error::TokenInClear)
                }
                None => handshake(stream).await,
            }
        }
    }
}

fn is_loopback(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

/// Connects to the first address that answers.
async fn tcp(host: &str, port: u16) -> Result<TcpStream, Error> {
    let mut failed = None;
    for address in tokio::net::lookup_host((host, port)).await.map_err(Error::Connect)? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(Error::Connect)?;
                let (time, interval, retries) = KEEPALIVE;
                let keepalive =
                    TcpKeepalive::new().with_time(time).with_interval(interval).with_retries(retries);
                SockRef::from(&stream).set_tcp_keepalive(&keepalive).map_err(Error::Connect)?;
                return Ok(stream);
            }
            Err(err) => failed = Some(err),
        }
    }
    Err(failed.map_or_else(|| Error::NoAddress(host.to_owned()), Error::Connect))
}

async fn handshake<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Sender, Error> {
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(Error::Http)?;
    // It ends when the sender and the body of its answer are gone, or the connection breaks: the request tells that.
    let connection = tokio::spawn(connection);
    Ok(Sender { sender, connection })
}

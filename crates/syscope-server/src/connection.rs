//! One connection, from its acceptance to its end.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower_service::Service as _;

use crate::activity::{Connection, Verdict};
use crate::app::App;
use crate::listener::Stream;
use crate::stats::Rejected;

/// What is read of a request before its head is complete: heads up to here are parsed, so that those beyond the configured
/// limit are answered in words.
const HEAD_MAX: usize = 64 << 10;
/// A connection's socket; with it goes its place among the connections.
struct Counted {
    stream: Stream,
    connection: Arc<Connection>,
    app: App,
    _place: OwnedSemaphorePermit,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.app.stats.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsyncRead for Counted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            this.connection.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Serves a connection to its end.
pub(crate) async fn run(
    app: App,
    router: Router,
    stream: Stream,
    connection: Connection,
    place: OwnedSemaphorePermit,
) {
    let connection = Arc::new(connection);
    app.stats.connections.fetch_add(1, Ordering::Relaxed);
    let socket = Counted { stream, connection: Arc::clone(&connection), app: app.clone(), _place: place };
    if !connection.tls {
        return http1(&app, router, socket, &connection).await;
    }
    let Some(tls) = &app.tls else { return };
    let handshake = timeout(app.limits.header_time, TlsAcceptor::from(tls.get()).accept(socket));
    let accepted = tokio::select! {
        accepted = handshake => accepted,
        () = app.stop.cancelled() => return,
    };
    let socket = match accepted {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            app.stats.reject(Rejected::Handshake);
            tracing::debug!(%error, "TLS handshake");
            return;
        }
        Err(_) => return app.stats.reject(Rejected::HeaderTime),
    };
    let session = socket.get_ref().1;
    if session.peer_certificates().is_some() {
        connection.set_certificate();
    }
    if session.alpn_protocol() == Some(b"h2") {
        connection.set_h2();
        http2(&app, router, socket, &connection).await;
    } else {
        http1(&app, router, socket, &connection).await;
    }
}

/// Waits for the end of a connection, and looks at it meanwhile.
macro_rules! attend {
    ($app:expr, $served:expr, $connection:expr) => {{
        let (app, connection): (&App, &Connection) = ($app, $connection);
        let mut served = pin!($served);
        let mut look = interval(app.limits.look_every());
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending = false;
        loop {
            tokio::select! {
                end = served.as_mut() => {
                    if let Err(error) = end {
                        ended(app, &error);
                    }
                    break;
                }
                () = app.stop.cancelled(), if !ending => {
                    ending = true;
                    served.as_mut().graceful_shutdown();
                }
                () = app.kill.cancelled() => break,
                _ = look.tick() => match connection.look(&app.limits) {
                    Verdict::Fine => {}
                    Verdict::Idle => break,
                    Verdict::Slow(why) => {
                        app.stats.reject(why);
                        tracing::debug!(why = why.name(), "connection ended");
                        break;
                    }
                },
            }
        }
    }};
}

async fn http1<I>(app: &App, router: Router, socket: I, connection: &Arc<Connection>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service(router, connection);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        // The look at the connection does this, and tells an idle connection from a slow head.
        .header_read_timeout(None)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    attend!(app, served, connection);
}

async fn http2<I>(app: &App, router: Router, socket: I, connection: &Arc<Connection>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service(router, connection);
    let served = http2::Builder::new(Tasks(app.tasks.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(app.limits.h2_streams)
        .max_pending_accept_reset_streams(app.limits.h2_resets)
        .max_local_error_reset_streams(app.limits.h2_resets)
        .max_header_list_size(HEAD_MAX as u32)
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(256 << 10)
        .max_send_buf_size(64 << 10)
        .keep_alive_interval(app.limits.ping_every)
        .keep_alive_timeout(app.limits.ping_every)
        .serve_connection(TokioIo::new(socket), service);
    attend!(app, served, connection);
}

/// Runs the streams of an HTTP/2 connection where shutdown waits for them.
#[derive(Debug, Clone)]
struct Tasks(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

/// The router as a connection calls it; a request finds its connection among its extensions.
fn service(
    router: Router,
    connection: &Arc<Connection>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = http::Response<Body>,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Clone
+ use<> {
    let connection = Arc::clone(connection);
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Arc::clone(&connection));
        router.clone().call(request)
    })
}

/// A connection ended otherwise than agreed.
fn ended(app: &App, error: &hyper::Error) {
    if error.is_parse() {
        app.stats.reject(Rejected::Protocol);
    }
    tracing::debug!(%error, "connection ended");
}

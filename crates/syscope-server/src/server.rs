//! From a configuration to a server that runs, and to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use syscope_agent::Node;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::ServerConfig;

use crate::activity::Connection;
use crate::app::{App, Parts};
use crate::auth::{self, Tokens};
use crate::config::{Address, Config, Error, Listen, is_loopback};
use crate::connection;
use crate::listener::{Accepting, Listener, Stream};
use crate::reload::Reloaded;
use crate::router;
use crate::seldom::Seldom;
use crate::stats::{Rejected, ServerStats};
use crate::tls;

/// What a connection beyond the limit is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n\
    Connection: close\r\nContent-Length: 110\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"too many connections are open\"}    ";

/// How long what has been told to end may take for it.
const END: Duration = Duration::from_secs(1);

/// A server that has its addresses and files, and serves nobody yet.
pub struct Bound {
    config: Config,
    listeners: Vec<Listener>,
    tls: Option<Reloaded<ServerConfig>>,
    tokens: Option<Reloaded<Tokens>>,
    stats: Arc<ServerStats>,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound").field("listeners", &self.listeners).finish_non_exhaustive()
    }
}

/// Checks the configuration, reads certificates and tokens, takes the addresses. Needs no runtime.
///
/// # Errors
/// Whatever would keep the server from serving as configured; see [`Error`].
pub fn bind(config: Config) -> Result<Bound, Error> {
    config.check()?;
    let tls = config.tls.as_ref().map(tls::reloaded).transpose()?;
    let tokens = config.token_file.as_deref().map(auth::reloaded).transpose()?;
    let listeners = config.listen.iter().map(Listener::bind).collect::<Result<_, _>>()?;
    let stats = Arc::new(ServerStats::new(router::paths()));
    Ok(Bound { config, listeners, tls, tokens, stats })
}

/// [`bind`] and [`Bound::serve`].
///
/// # Errors
/// Those of both.
pub async fn serve(
    node: Arc<dyn Node>,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    bind(config)?.serve(node, shutdown).await
}

impl Bound {
    /// Where it listens, in the order of the configuration.
    pub fn addresses(&self) -> Vec<Address> {
        self.listeners.iter().map(Listener::address).collect()
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<ServerStats> {
        Arc::clone(&self.stats)
    }

    /// Serves until `shutdown` is there. Then nobody new is let in, whoever waits for an answer gets it, and streams go on until
    /// the agent has ended its jobs' logs, all for [`Config::grace`]; what is left then is cut off. When this returns, no task,
    /// no connection and no socket file of the server is left (but for a call into the agent that does not return).
    ///
    /// # Errors
    /// [`Error::Bind`] if the runtime cannot use a socket.
    pub async fn serve(self, node: Arc<dyn Node>, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let app = App::new(Parts {
            node,
            stats: self.stats,
            limits: self.config.limits,
            client_ca: self.config.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some()),
            tls: self.tls.map(Arc::new),
            tokens: self.tokens.map(Arc::new),
            host_names: self.config.host_names,
        });
        // Whoever drops this future drops the server.
        let _guards = (app.stop.clone().drop_guard(), app.kill.clone().drop_guard());
        let router = router::router(app.clone());
        // Who is on this host and may open the file gets in, however many crowd the network.
        let [tcp, files] =
            [(); 2].map(|()| Arc::new(Semaphore::new(app.limits.connections.min(Semaphore::MAX_PERMITS))));
        for listener in self.listeners {
            let listen = listener.address();
            let kind = Kind {
                loopback: matches!(&listen, Listen::Tcp(address) if is_loopback(address.ip())),
                tls: matches!(&listen, Listen::Tcp(_)) && app.tls.is_some(),
            };
            let places = if matches!(listen, Listen::Tcp(_)) { &tcp } else { &files };
            let places = Arc::clone(places);
            let accepting = Accepting::new(listener).map_err(|source| Error::Bind { listen, source })?;
            app.tasks.spawn(accept(app.clone(), router.clone(), accepting, kind, places));
        }
        follow(&app, app.tls.clone(), self.config.reload_every);
        follow(&app, app.tokens.clone(), self.config.reload_every);
        // The last owners are the tasks: what they hold ends with them.
        drop(router);
        shutdown.await;
        end(&app, self.config.grace).await;
        Ok(())
    }
}

/// Keeps a value as its files are, until the end begins.
fn follow<T: Send + Sync + 'static>(app: &App, value: Option<Arc<Reloaded<T>>>, every: Duration) {
    let Some(value) = value else { return };
    let app = app.clone();
    app.tasks.clone().spawn(async move {
        tokio::select! {
            () = value.follow(every, &app.stats) => {}
            () = app.stop.cancelled() => {}
        }
    });
}

async fn end(app: &App, grace: Duration) {
    app.stop.cancel();
    app.tasks.close();
    if timeout(grace, app.tasks.wait()).await.is_err() {
        tracing::info!(connections = app.stats.connections(), "connections are cut off at the end");
        app.kill.cancel();
        if timeout(END, app.tasks.wait()).await.is_err() {
            tracing::warn!("a call into the agent does not return; the server ends without it");
        }
    }
}

/// What all connections of a listener have in common.
#[derive(Debug, Clone, Copy)]
struct Kind {
    loopback: bool,
    tls: bool,
}

async fn accept(app: App, router: Router, listener: Accepting, kind: Kind, places: Arc<Semaphore>) {
    static FAILED: Seldom = Seldom::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = app.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                app.stats.accepted.fetch_add(1, Ordering::Relaxed);
                match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        let connection = Connection::new(kind.loopback, kind.tls);
                        app.tasks.spawn(connection::run(
                            app.clone(),
                            router.clone(),
                            stream,
                            connection,
                            place,
                        ));
                    }
                    Err(_) => turn_away(&app, &stream, kind),
                }
            }
            Err(error) => {
                app.stats.accept_errors.fetch_add(1, Ordering::Relaxed);
                if let Some(left_out) = FAILED.say() {
                    tracing::warn!(%error, left_out, "a connection could not be accepted");
                }
                // Without file descriptors the next try fails as well; others may end meanwhile.
                tokio::select! {
                    () = sleep(Duration::from_millis(50)) => {}
                    () = app.stop.cancelled() => return,
                }
            }
        }
    }
}

/// One connection too many: told so if that costs nothing, and closed.
fn turn_away(app: &App, stream: &Stream, kind: Kind) {
    app.stats.reject(Rejected::Connections);
    if !kind.tls {
        let _ = stream.try_write(FULL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_one_too_many_is_whole() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        let problem: syscope_api::Problem = serde_json::from_str(body).unwrap();
        assert_eq!(problem.status, 503);
    }
}

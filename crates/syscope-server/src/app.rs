//! What all requests share.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use serde::Serialize;
use syscope_agent::Node;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Tokens;
use crate::coalesce::Coalesce;
use crate::encoding::Encoded;
use crate::limits::Limits;
use crate::problem::Fault;
use crate::reload::Reloaded;
use crate::seldom::Seldom;
use crate::stats::{Rejected, ServerStats};

/// The state of a server that runs.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    parts: Parts,
    pub(crate) prometheus: Coalesce,
    pub(crate) open_metrics: Coalesce,
    pub(crate) syscalls: Coalesce,
    /// Room for requests that wait for one of those three.
    pub(crate) scrapes: Arc<Semaphore>,
    pub(crate) requests: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    watchers: Arc<Semaphore>,
    /// Everything that runs for this server.
    pub(crate) tasks: TaskTracker,
    /// Come to an end.
    pub(crate) stop: CancellationToken,
    /// End.
    pub(crate) kill: CancellationToken,
}

/// What a server is given that it does not make itself.
pub(crate) struct Parts {
    pub(crate) node: Arc<dyn Node>,
    pub(crate) stats: Arc<ServerStats>,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<Reloaded<ServerConfig>>>,
    /// TLS callers must show a certificate.
    pub(crate) client_ca: bool,
    pub(crate) tokens: Option<Arc<Reloaded<Tokens>>>,
    pub(crate) host_names: Vec<String>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("stats", &self.stats).finish_non_exhaustive()
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl App {
    pub(crate) fn new(parts: Parts) -> App {
        let room = |places: usize| Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        App(Arc::new(Shared {
            scrapes: room(parts.limits.scrapes),
            requests: room(parts.limits.requests),
            calls: room(parts.limits.calls.max(1)),
            watchers: room(parts.limits.watchers),
            parts,
            prometheus: Coalesce::default(),
            open_metrics: Coalesce::default(),
            syscalls: Coalesce::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
        }))
    }

    /// Asks the agent, on a thread that may block. Only a few such calls run at once; this one waits for its turn.
    ///
    /// # Errors
    /// Those of `ask`; 500 if it panics.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Node) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        static FAILED: Seldom = Seldom::new();
        let turn = Arc::clone(&self.calls).acquire_owned().await.map_err(|_| Fault::internal())?;
        let node = Arc::clone(&self.node);
        let asked = self.tasks.spawn_blocking(move || {
            let _turn = turn;
            ask(&*node)
        });
        asked.await.unwrap_or_else(|error| {
            if let Some(left_out) = FAILED.say() {
                tracing::error!(%error, left_out, "the agent failed at a request");
            }
            Err(Fault::internal())
        })
    }

    /// As [`App::ask`], with the answer as JSON.
    pub(crate) async fn ask_json<T: Serialize>(
        &self,
        gzip: bool,
        ask: impl FnOnce(&dyn Node) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Encoded, Fault> {
        self.ask(move |node| Ok(Encoded::new(json(&ask(node)?)?, gzip))).await
    }

    /// A place among the watchers.
    pub(crate) fn watcher(&self) -> Result<Place, Fault> {
        match Arc::clone(&self.watchers).try_acquire_owned() {
            Ok(permit) => {
                self.stats.watchers.fetch_add(1, Ordering::Relaxed);
                Ok(Place { app: self.clone(), _permit: permit })
            }
            Err(_) => {
                self.stats.reject(Rejected::Watchers);
                let most = self.limits.watchers;
                Err(Fault::too_many(format!(
                    "{most} streams are read already, the most there may be; end one, or wait"
                )))
            }
        }
    }
}

/// A watcher's place.
#[derive(Debug)]
pub(crate) struct Place {
    app: App,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.stats.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<Bytes, Fault> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| {
        tracing::error!(%error, "an answer does not serialise");
        Fault::internal()
    })
}

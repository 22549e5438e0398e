//! A node agent without a node: its API on a socket of this host, its jobs and events as a test wants them.
//!
//! Bounded: it serves so long as it lives, keeps what it was asked for up to a number, and its streams have short queues.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::channel::{Channel, Sender};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use syscope_api::trace::{Counts, Jobs};
use syscope_api::{End, Job, Problem, Span, Syscalls, TraceRequest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

pub use self::certificates::Authority;

mod certificates;

/// A test that waits longer has failed.
const LIMIT: Duration = Duration::from_secs(20);
/// Requests that are remembered.
const REMEMBERED: usize = 10_000;

/// What an agent is like.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Its node.
    pub node: String,
    /// Its port on the loopback; 0: any.
    pub port: u16,
    /// Its unix socket, instead.
    pub unix: Option<PathBuf>,
    /// In TLS as this server, of these clients.
    pub tls: Option<Tls>,
    /// The token that it wants.
    pub token: Option<String>,
    /// With what it answers whoever wants a job.
    pub refuses: Option<(u16, String)>,
}

/// TLS of an agent: files in PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Its certificate and key.
    pub identity: (PathBuf, PathBuf),
    /// Who must have signed its clients' certificates; none are asked for without.
    pub client_ca: Option<PathBuf>,
}

/// A request, as far as tests ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET /api/v1/traces`.
    pub what: String,
    /// Its header `Authorization`.
    pub authorization: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    options: Options,
    jobs: Vec<Job>,
    made: u64,
    asked: Vec<Asked>,
    syscalls: Syscalls,
    streams: HashMap<u64, (String, mpsc::Sender<Bytes>)>,
    opened: u64,
}

/// An agent that runs. Dropped, it is gone with all its connections.
#[derive(Debug)]
pub struct FakeAgent {
    state: Arc<Mutex<State>>,
    address: Option<SocketAddr>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Body = BoxBody<Bytes, Infallible>;

impl FakeAgent {
    /// An agent of this node on any port of the loopback.
    pub fn start(node: &str) -> FakeAgent {
        FakeAgent::with(Options { node: node.to_owned(), ..Options::default() })
    }

    /// An agent like this.
    pub fn with(options: Options) -> FakeAgent {
        let state = Arc::new(Mutex::new(State { options: options.clone(), ..State::default() }));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (send, ready) = std::sync::mpsc::channel();
        let shared = Arc::clone(&state);
        let thread = thread::Builder::new().name("agent".into()).spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    () = serve(options, shared, send) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = ready.recv_timeout(LIMIT).expect("the agent listens");
        FakeAgent { state, address, stop: Some(stop), thread: Some(thread.expect("a thread")) }
    }

    /// Where it listens, as a flag takes it; with `https://` where it speaks TLS.
    pub fn endpoint(&self) -> String {
        let state = self.state();
        match (&state.options.unix, self.address) {
            (Some(path), _) => format!("unix:{}", path.display()),
            (None, Some(address)) if state.options.tls.is_some() => format!("https://{address}"),
            (None, address) => address.map(|address| address.to_string()).unwrap_or_default(),
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.map_or(0, |address| address.port())
    }

    /// The jobs it has.
    pub fn jobs(&self) -> Vec<Job> {
        self.state().jobs.clone()
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// How many watchers read a stream.
    pub fn watchers(&self) -> usize {
        self.state().streams.len()
    }

    /// What it has counted.
    pub fn set_syscalls(&self, syscalls: Syscalls) {
        self.state().syscalls = syscalls;
    }

    /// Waits until it has so many watchers.
    pub fn wait_for_watchers(&self, count: usize) {
        self.wait(&format!("{count} watchers"), |agent| agent.watchers() == count);
    }

    /// Waits until it has so many jobs.
    pub fn wait_for_jobs(&self, count: usize) {
        self.wait(&format!("{count} jobs"), |agent| agent.jobs().len() == count);
    }

    fn wait(&self, what: &str, holds: impl Fn(&FakeAgent) -> bool) {
        let end = Instant::now() + LIMIT;
        while !holds(self) {
            assert!(Instant::now() < end, "waited in vain for {what}; asked: {:?}", self.asked());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends bytes to every watcher, a line if they end in one.
    pub fn send(&self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        let streams: Vec<_> = self.state().streams.values().map(|(_, stream)| stream.clone()).collect();
        for stream in streams {
            // A watcher that has gone is none.
            let _ = stream.blocking_send(bytes.clone());
        }
    }

    /// Sends a call of this path at this second and nanosecond.
    pub fn open(&self, second: u64, nanosecond: u64, path: &str) {
        let node = self.state().options.node.clone();
        self.send(open_line(&node, second, nanosecond, path));
    }

    /// Ends a job and its streams.
    pub fn end(&self, id: &str, end: End) {
        let mut state = self.state();
        for job in state.jobs.iter_mut().filter(|job| job.id == id) {
            (job.running, job.end) = (false, Some(end));
        }
        state.streams.retain(|_, (job, _)| job != id);
    }

    /// Loses its jobs, as an agent does that is started anew, and breaks its streams.
    pub fn lose_jobs(&self) {
        let mut state = self.state();
        state.jobs.clear();
        state.streams.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for FakeAgent {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The line of an `openat`, as an agent of this node sends it.
pub fn open_line(node: &str, second: u64, nanosecond: u64, path: &str) -> String {
    let line = serde_json::json!({
        "ts": format!("2026-11-21T02:30:{second:02}.{nanosecond:09}Z"), "type": "syscall", "node": node, "job": "1",
        "syscall": {"nr": 257, "name": "openat", "class": "FileSystem", "group": "Files"},
        "args": {"dirfd": "AT_FDCWD", "pathname": path, "flags": ["O_RDONLY", "O_CLOEXEC"]},
        "ret": 3, "error": "OK",
        "process": {"pid": 17, "tid": 17, "uid": 0, "gid": 0, "comm": "sh"},
        "owner": {"kind": "container", "source": "cri"},
        "container": {"id": "13765a70e8b1", "name": "nginx", "pod": "web-0", "namespace": "prod"},
    });
    format!("{line}\n")
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    options: Options,
    state: Arc<Mutex<State>>,
    ready: std::sync::mpsc::Sender<Option<SocketAddr>>,
) {
    // Dropped with all its connections.
    let mut connections = JoinSet::new();
    if let Some(path) = &options.unix {
        let listener = UnixListener::bind(path).expect("bind a unix socket");
        ready.send(None).expect("the test waits");
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(connection(stream, Arc::clone(&state)));
        }
        return;
    }
    let acceptor = options.tls.as_ref().map(certificates::acceptor);
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await.expect("bind a port of the loopback");
    ready.send(Some(listener.local_addr().expect("it has an address"))).expect("the test waits");
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, state): (Option<TlsAcceptor>, _) = (acceptor.clone(), Arc::clone(&state));
        connections.spawn(async move {
            match acceptor {
                None => connection(stream, state).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connection(stream, state).await;
                    }
                }
            }
        });
    }
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, state: Arc<Mutex<State>>) {
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(answer(request, state).await) }
    });
    // A client that breaks off is a client's business.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let header = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = Limited::new(body, 1 << 20).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut locked = lock(&state);
    if locked.asked.len() < REMEMBERED {
        locked.asked.push(Asked {
            what: format!("{} {}", head.method, head.uri.path()),
            authorization: header.clone(),
        });
    }
    if locked.options.token.as_ref().is_some_and(|token| header != Some(format!("Bearer {token}"))) {
        return problem(StatusCode::UNAUTHORIZED, "a bearer token is missing or wrong");
    }
    let path = head.uri.path().to_owned();
    let rest = path.strip_prefix("/api/v1/traces").unwrap_or("?");
    match (&head.method, rest.strip_prefix('/').unwrap_or(rest)) {
        (&Method::GET, "?") if path == "/api/v1/syscalls" => json(StatusCode::OK, &locked.syscalls),
        (&Method::GET, "") => json(StatusCode::OK, &Jobs { traces: locked.jobs.clone() }),
        (&Method::POST, "") => create(&mut locked, &body),
        (method, id) => {
            let (id, events) = match id.strip_suffix("/events") {
                Some(id) => (id, true),
                None => (id, false),
            };
            let Some(at) = locked.jobs.iter().position(|job| job.id == id) else {
                return problem(StatusCode::NOT_FOUND, "no such job");
            };
            match (method, events) {
                (&Method::DELETE, false) => {
                    let job = locked.jobs.remove(at);
                    locked.streams.retain(|_, (of, _)| *of != job.id);
                    empty(StatusCode::NO_CONTENT)
                }
                (&Method::GET, false) => json(StatusCode::OK, &locked.jobs[at]),
                (&Method::GET, true) => {
                    let id = id.to_owned();
                    drop(locked);
                    stream(&state, id)
                }
                _ => problem(StatusCode::METHOD_NOT_ALLOWED, "not for this"),
            }
        }
    }
}

fn create(state: &mut State, body: &[u8]) -> Response<Body> {
    if let Some((status, detail)) = &state.options.refuses {
        return problem(StatusCode::from_u16(*status).expect("a status"), detail);
    }
    let request: TraceRequest = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(err) => return problem(StatusCode::BAD_REQUEST, &err.to_string()),
    };
    if let Some(job) = state.jobs.iter().find(|job| job.name.is_some() && job.name == request.name) {
        return json(StatusCode::OK, job);
    }
    state.made += 1;
    let job = Job {
        id: format!("{}-{}", state.options.node, state.made),
        name: request.name,
        namespace: request.namespace,
        lease: request.lease.unwrap_or(Span::seconds(300)),
        spec: request.spec,
        node: Some(state.options.node.clone()),
        started: started(),
        running: true,
        end: None,
        containers: 1,
        watchers: 0,
        counts: Counts::default(),
    };
    state.jobs.push(job.clone());
    json(StatusCode::CREATED, &job)
}

/// When a job began: no two of one process at the same time.
fn started() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("2026-11-21T02:30:29.{:09}Z", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A stream of what [`FakeAgent::send`] is given, until the job ends.
fn stream(state: &Arc<Mutex<State>>, job: String) -> Response<Body> {
    let (lines, mut queue) = mpsc::channel::<Bytes>(64);
    let (mut sender, body): (Sender<Bytes>, Channel<Bytes>) = Channel::new(16);
    let mut locked = lock(state);
    locked.opened += 1;
    let number = locked.opened;
    locked.streams.insert(number, (job, lines));
    let state = Arc::clone(state);
    tokio::spawn(async move {
        while let Some(bytes) = queue.recv().await {
            if sender.send_data(bytes).await.is_err() {
                break;
            }
        }
        lock(&state).streams.remove(&number);
    });
    Response::builder()
        .header(CONTENT_TYPE, "application/x-ndjson")
        .body(body.map_err(|never| match never {}).boxed())
        .expect("a response")
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    whole(status, "application/json", serde_json::to_vec(body).expect("plain data"))
}

fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let problem = Problem::new(status.as_u16(), status.canonical_reason().unwrap_or("?"), detail);
    whole(status, "application/problem+json", serde_json::to_vec(&problem).expect("plain data"))
}

fn empty(status: StatusCode) -> Response<Body> {
    whole(status, "text/plain", Vec::new())
}

fn whole(status: StatusCode, kind: &str, body: Vec<u8>) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).boxed();
    Response::builder().status(status).header(CONTENT_TYPE, kind).body(body).expect("a response")
}

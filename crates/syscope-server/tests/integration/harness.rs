//! A server of a test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use syscope_server::{Config, Error, Limits, Listen, ServerStats, bind};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Reply, ask};
use crate::node::FakeNode;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs.
pub struct Server {
    pub addresses: Vec<Listen>,
    pub node: Arc<FakeNode>,
    pub stats: Arc<ServerStats>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Error>>,
}

/// On a free loopback port.
pub fn config() -> Config {
    Config {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        grace: Duration::from_secs(2),
        reload_every: Duration::from_millis(20),
        ..Config::default()
    }
}

/// As [`config`], with other limits.
pub fn limited(change: impl FnOnce(&mut Limits)) -> Config {
    let mut config = config();
    change(&mut config.limits);
    config
}

impl Server {
    pub fn start(config: Config) -> Server {
        let bound = bind(config).unwrap();
        let (addresses, stats, node) = (bound.addresses(), bound.stats(), Arc::new(FakeNode::default()));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(bound.serve(node.clone(), shutdown));
        Server { addresses, node, stats, stop, task }
    }

    /// The address of the first listener.
    pub fn address(&self) -> SocketAddr {
        match &self.addresses[0] {
            Listen::Tcp(address) => *address,
            Listen::Unix(path) => panic!("{} is no TCP address", path.display()),
        }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        ask(self.connect().await, method, path, headers, body.as_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], "").await
    }

    /// Begins a job and returns its id.
    pub async fn job(&self) -> String {
        let reply = self.post("{}").await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn post(&self, body: &str) -> Reply {
        self.ask("POST", "/api/v1/traces", &[("content-type", "application/json")], body).await
    }

    /// Pushes an event into a job's log.
    pub fn push(&self, job: &str, line: &str) {
        self.node.log(job).unwrap().push(format!("{line}\n").as_bytes(), 1);
    }

    /// Asks for the end; returns the time it took.
    pub async fn stop(self) -> Duration {
        let began = Instant::now();
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.task).await.expect("the server ends").unwrap().unwrap();
        assert_eq!((self.stats.connections(), self.stats.watchers()), (0, 0));
        began.elapsed()
    }
}

/// Waits until it holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

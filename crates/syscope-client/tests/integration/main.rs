//! The client against agents on sockets of this host.

mod follow;
mod requests;
mod streams;
mod tls;

use std::path::{Path, PathBuf};
use std::time::Duration;

use syscope_api::TraceRequest;
use syscope_client::{Agent, Settings};
use syscope_testing::agent::FakeAgent;

/// A test that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a test's part that waits.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, future).await.expect("in time") })
}

fn agent(endpoint: &str, settings: Settings) -> Agent {
    Agent::new(endpoint.parse().unwrap(), settings).unwrap()
}

fn client_of(fake: &FakeAgent) -> Agent {
    agent(&fake.endpoint(), Settings::default())
}

fn named(name: &str) -> TraceRequest {
    TraceRequest { name: Some(name.into()), ..TraceRequest::default() }
}

/// A directory that goes with its test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("syscope-client-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

//! The Docker Engine API over a unix socket. Podman's service speaks it too.
//!
//! Only the list of containers is used: `/containers/ID/json` waits while the container is being started, which
//! is just when it is asked about. Where the container's cgroup is, the OCI runtime's state file tells.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use syscope_event::{Container, Source};
use tokio::net::UnixStream;

use super::annotations::own_labels;
use super::oci::StateFiles;
use super::{Client, Failure, Found, Identity, Query, text};

/// Docker's socket, below the host's root.
pub(crate) const DOCKER_SOCKET: &str = "run/docker.sock";
/// The socket of Podman's service.
pub(crate) const PODMAN_SOCKET: &str = "run/podman/podman.sock";

/// The largest answer that is taken.
const BODY_BYTES: usize = 4 << 20;

/// Which engine is expected at a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Docker.
    Docker,
    /// Podman's service.
    Podman,
}

/// One engine's socket.
#[derive(Debug)]
pub(crate) struct Docker {
    socket: PathBuf,
    engine: Engine,
    states: StateFiles,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    labels: Option<HashMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    version: String,
}

impl Docker {
    /// The engine that listens at `socket` on the host with this root directory.
    pub(crate) fn new(socket: &Path, engine: Engine, root: &Path) -> Docker {
        Docker { socket: socket.to_owned(), engine, states: StateFiles::of_host(root) }
    }

    /// Asks with GET; one connection for each question, which costs little on a unix socket.
    async fn get(&self, target: &str) -> Result<Bytes, Failure> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::Absent,
            _ => Failure::refused(format!("connect: {error}")),
        })?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(Failure::refused)?;
        let request = Request::get(target)
            .header(header::HOST, "localhost")
            .header(header::USER_AGENT, "syscope")
            .header(header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(Failure::refused)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(Failure::refused)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), BODY_BYTES).collect().await;
            let body = body.map_err(|error| Failure::refused(format!("answer to {target}: {error}")))?;
            match status {
                StatusCode::OK => Ok(body.to_bytes()),
                status => Err(Failure::refused(format!("{target}: {status}"))),
            }
        };
        // The connection is driven here, not in a task of its own: it ends with the question, also with one that
        // is given up.
        tokio::select! {
            answer = exchange => answer,
            ended = async { let ended = connection.await; std::future::pending::<()>().await; ended } => {
                ended.map_err(Failure::refused).and(Err(Failure::refused("the connection was closed")))
            }
        }
    }

    fn describe(&self, listed: Listed) -> Container {
        let all = listed.labels.unwrap_or_default();
        // cri-dockerd keeps what Kubernetes told it in labels; the pause container has no name of its own.
        let kubernetes = |name: &str| all.get(&format!("io.kubernetes.{name}")).and_then(|value| text(value));
        let in_pod = kubernetes("container.name");
        let name = match in_pod.as_deref() {
            Some("POD") => None,
            Some(_) => in_pod,
            None => {
                listed.names.unwrap_or_default().first().and_then(|name| text(name.trim_start_matches('/')))
            }
        };
        Container {
            id: listed.id.as_str().into(),
            name,
            image: listed.image.as_deref().and_then(text),
            runtime: Some(self.engine.name().into()),
            pod: kubernetes("pod.name"),
            pod_uid: kubernetes("pod.uid"),
            namespace: kubernetes("pod.namespace"),
            labels: own_labels(&all),
        }
    }
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Engine::Docker => "docker",
            Engine::Podman => "podman",
        }
    }

    fn source(self) -> Source {
        match self {
            Engine::Docker => Source::Docker,
            Engine::Podman => Source::Podman,
        }
    }
}

impl Client for Docker {
    async fn probe(&self) -> Result<Identity, Failure> {
        let body = self.get("/version").await?;
        let version: Version = serde_json::from_slice(&body).map_err(Failure::refused)?;
        Ok(Identity { name: self.engine.name().into(), version: text(&version.version).unwrap_or_default() })
    }

    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure> {
        let Some(id) = query.id.as_deref() else { return Ok(None) };
        let body = self.get(&target_by_id(id)).await?;
        let list: Vec<Listed> = serde_json::from_slice(&body)
            .map_err(|error| Failure::refused(format!("list of containers: {error}")))?;
        // The filter takes prefixes too.
        let Some(listed) = list.into_iter().find(|listed| listed.id == id) else { return Ok(None) };
        let place = self.states.by_id(id, &query.path).map(|state| state.place).unwrap_or_default();
        Ok(Some(Found { source: self.engine.source(), container: self.describe(listed), place }))
    }
}

/// The list of all containers whose id begins with `id`.
fn target_by_id(id: &str) -> String {
    let filter = serde_json::json!({ "id": [id] }).to_string();
    let mut target = String::from("/containers/json?all=1&filters=");
    for byte in filter.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => target.push(byte.into()),
            _ => target.push_str(&format!("%{byte:02X}")),
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(json: &str) -> Container {
        let docker = Docker::new(Path::new("/nowhere"), Engine::Docker, Path::new("/nowhere"));
        docker.describe(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_filter_is_escaped() {
        assert_eq!(target_by_id("ab"), "/containers/json?all=1&filters=%7B%22id%22%3A%5B%22ab%22%5D%7D");
        let hostile = target_by_id("a\"]} HTTP/1.1\r\nX: é&#");
        assert!(hostile.bytes().all(|byte| byte.is_ascii_graphic()), "{hostile}");
    }

    #[test]
    fn a_listed_container_is_described() {
        let plain = described(
            r#"{"Id":"abc","Names":["/web","/other/alias"],"Image":"nginx:1","ImageID":"sha256:1","Labels":{"a":"b"}}"#,
        );
        assert_eq!((plain.name.as_deref(), plain.image.as_deref()), (Some("web"), Some("nginx:1")));
        assert_eq!((plain.labels.len(), plain.pod), (1, None));
        let bare = described(r#"{"Id":"abc","Names":null,"Labels":null}"#);
        assert_eq!((bare.name, bare.image), (None, None));
    }

    #[test]
    fn cri_dockerd_names_the_pod_in_labels() {
        let labels = r#""io.kubernetes.pod.name":"web-1","io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":"u""#;
        let check = |name: &str, expected: Option<&str>| {
            let json = format!(
                r#"{{"Id":"abc","Names":["/k8s_x"],"Labels":{{"io.kubernetes.container.name":"{name}","app":"web",{labels}}}}}"#
            );
            let found = described(&json);
            assert_eq!(found.name.as_deref(), expected);
            assert_eq!((found.pod.as_deref(), found.namespace.as_deref()), (Some("web-1"), Some("prod")));
            assert_eq!(found.labels.len(), 1);
        };
        check("web", Some("web"));
        check("POD", None);
    }
}

//! containerd's own interface: containers of `ctr`, nerdctl and others that are not Kubernetes'. It also knows
//! Kubernetes' and Docker's earlier than those do: the record is there before the container's cgroup is.
//!
//! containerd keeps containers by namespace; the usual cgroup is `/NAMESPACE/ID`, where the id may be any name.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use prost::Message;
use syscope_event::{Container, Source};
use tonic::Code;

use super::annotations::{self, own_labels};
use super::grpc::Connection;
use super::place::Fit;
use super::spec::Spec;
use super::{Client, Failure, Found, Identity, Query, is_id, text};

/// The sockets of containerd, below the host's root: its own, Docker's and k3s's.
pub(crate) const SOCKETS: [&str; 3] = [
    "run/containerd/containerd.sock",
    "run/docker/containerd/containerd.sock",
    "run/k3s/containerd/containerd.sock",
];

/// The header that names the namespace of a request.
const NAMESPACE_HEADER: &str = "containerd-namespace";
/// Namespaces that are looked through for an id.
const NAMESPACES: usize = 32;
/// How long a list of namespaces is used: they change seldom, and every cgroup without a claim asks for them.
const NAMESPACES_FOR: Duration = Duration::from_millis(100);

#[derive(Clone, PartialEq, Message)]
struct Empty {}

/// `containerd.services.version.v1.VersionResponse`.
#[derive(Clone, PartialEq, Message)]
struct VersionResponse {
    #[prost(string, tag = "1")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct GetContainerRequest {
    #[prost(string, tag = "1")]
    id: String,
}

#[derive(Clone, PartialEq, Message)]
struct GetContainerResponse {
    #[prost(message, optional, tag = "1")]
    container: Option<WireContainer>,
}

#[derive(Clone, PartialEq, Message)]
struct WireContainer {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(map = "string, string", tag = "2")]
    labels: HashMap<String, String>,
    #[prost(string, tag = "3")]
    image: String,
    #[prost(message, optional, tag = "5")]
    spec: Option<Any>,
}

/// `google.protobuf.Any`: the specification as JSON.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct ListNamespacesRequest {
    #[prost(string, tag = "1")]
    filter: String,
}

#[derive(Clone, PartialEq, Message)]
struct ListNamespacesResponse {
    #[prost(message, repeated, tag = "1")]
    namespaces: Vec<Namespace>,
}

#[derive(Clone, PartialEq, Message)]
struct Namespace {
    #[prost(string, tag = "1")]
    name: String,
}

/// One containerd's socket.
#[derive(Debug)]
pub(crate) struct Containerd {
    socket: PathBuf,
    connection: RefCell<Option<Rc<Connection>>>,
    namespaces: RefCell<Option<(Instant, Rc<[String]>)>>,
}

/// A container's record: as it is on the wire, and its specification.
struct Record {
    container: WireContainer,
    spec: Spec,
}

impl Containerd {
    /// The containerd that listens at `socket`.
    pub(crate) fn new(socket: &Path) -> Containerd {
        Containerd {
            socket: socket.to_owned(),
            connection: RefCell::default(),
            namespaces: RefCell::default(),
        }
    }

    fn connection(&self) -> Result<Rc<Connection>, Failure> {
        if !self.socket.exists() {
            return Err(Failure::Absent);
        }
        let mut connection = self.connection.borrow_mut();
        if connection.is_none() {
            *connection = Some(Rc::new(Connection::new(&self.socket)?));
        }
        Ok(Rc::clone(connection.as_ref().expect("set above")))
    }

    async fn namespaces(&self) -> Result<Rc<[String]>, Failure> {
        let known = self.namespaces.borrow().clone();
        if let Some((_, names)) = known.filter(|(at, _)| at.elapsed() < NAMESPACES_FOR) {
            return Ok(names);
        }
        let connection = self.connection()?;
        let method = "/containerd.services.namespaces.v1.Namespaces/List";
        let question = ListNamespacesRequest { filter: String::new() };
        let list: Result<ListNamespacesResponse, _> = connection.call(method, None, question).await;
        let list = list.map_err(|status| connection.failure(&status))?;
        let names: Rc<[String]> =
            list.namespaces.into_iter().map(|namespace| namespace.name).take(NAMESPACES).collect();
        *self.namespaces.borrow_mut() = Some((Instant::now(), Rc::clone(&names)));
        Ok(names)
    }

    async fn record(&self, namespace: &str, id: &str) -> Result<Option<Record>, Failure> {
        let connection = self.connection()?;
        let method = "/containerd.services.containers.v1.Containers/Get";
        let question = GetContainerRequest { id: id.to_owned() };
        let answer: Result<GetContainerResponse, _> =
            connection.call(method, Some((NAMESPACE_HEADER, namespace)), question).await;
        let container = match answer {
            Ok(answer) => answer.container,
            // An id that containerd does not allow is one that it does not have.
            Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => None,
            Err(status) => return Err(connection.failure(&status)),
        };
        Ok(container.filter(|container| container.id == id).map(|container| {
            let spec =
                container.spec.as_ref().and_then(|any| Spec::parse(&any.value).ok()).unwrap_or_default();
            Record { container, spec }
        }))
    }

    async fn found(&self, namespace: &str, record: Record) -> Result<Found, Failure> {
        let Record { container: wire, spec } = record;
        let place = spec.place();
        let mut container = Container {
            id: wire.id.as_str().into(),
            image: text(&wire.image),
            runtime: Some(runtime_of(namespace).into()),
            ..Container::default()
        };
        match namespace {
            "k8s.io" => {
                annotations::fill(&mut container, |name| spec.annotation(name));
                let uid = || wire.labels.get("io.kubernetes.pod.uid").and_then(|uid| text(uid));
                container.pod_uid = container.pod_uid.or_else(uid);
                // A pod's labels are kept with its sandbox.
                let sandbox = spec.annotation("io.kubernetes.cri.sandbox-id").filter(|id| *id != wire.id);
                container.labels = match sandbox {
                    Some(sandbox) => match self.record(namespace, sandbox).await? {
                        Some(sandbox) => own_labels(&sandbox.container.labels),
                        None => own_labels(&wire.labels),
                    },
                    None => own_labels(&wire.labels),
                };
            }
            // Docker keeps names to itself.
            "moby" => {}
            _ => {
                // nerdctl's ids are 64 digits, and its names labels; ctr's ids are names.
                let named = wire.labels.get("nerdctl/name").and_then(|name| text(name));
                container.name = named.or_else(|| text(&wire.id));
                container.labels = own_labels(&wire.labels);
            }
        }
        Ok(Found { source: Source::Containerd, container, place })
    }
}

impl Client for Containerd {
    async fn probe(&self) -> Result<Identity, Failure> {
        let connection = self.connection()?;
        let method = "/containerd.services.version.v1.Version/Version";
        let answer: Result<VersionResponse, _> = connection.call(method, None, Empty {}).await;
        let answer = answer.map_err(|status| connection.failure(&status))?;
        Ok(Identity { name: "containerd".into(), version: text(&answer.version).unwrap_or_default() })
    }

    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure> {
        let namespaces = self.namespaces().await?;
        let Some(id) = query.id.as_deref() else {
            let Some((namespace, id)) = usual_place(&query.path) else { return Ok(None) };
            if !namespaces.iter().any(|known| known == namespace) {
                return Ok(None);
            }
            // A name that is only read off the path is no claim: it counts if containerd tells the same path.
            let record = self.record(namespace, id).await?;
            let record = record.filter(|record| record.spec.place().fit(&query.path, None) == Fit::Confirmed);
            return match record {
                Some(record) => self.found(namespace, record).await.map(Some),
                None => Ok(None),
            };
        };
        let mut elsewhere = None;
        for namespace in namespaces.iter() {
            let Some(record) = self.record(namespace, id).await? else { continue };
            if record.spec.place().fit(&query.path, query.user) == Fit::Confirmed {
                return self.found(namespace, record).await.map(Some);
            }
            elsewhere = elsewhere.or(Some((namespace, record)));
        }
        match elsewhere {
            Some((namespace, record)) => self.found(namespace, record).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Namespace and id of `/NAMESPACE/ID`, where containerd puts what was given no other place.
fn usual_place(path: &str) -> Option<(&str, &str)> {
    let (namespace, id) = path.strip_prefix('/')?.split_once('/')?;
    (is_id(namespace) && is_id(id)).then_some((namespace, id))
}

fn runtime_of(namespace: &str) -> &'static str {
    if namespace == "moby" { "docker" } else { "containerd" }
}

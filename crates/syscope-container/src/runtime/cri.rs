//! The Container Runtime Interface: what kubelets speak with containerd and CRI-O.
//!
//! A container is found by `ListContainers` (which also tells its sandbox), its pod by the sandbox's status, and
//! its cgroup by the verbose status, whose `info` holds the runtime specification. A sandbox's own container
//! (the pause process) has pod and namespace but no name: no container of the pod's is called that.

mod messages;

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use prost::Message;
use serde::Deserialize;
use syscope_event::{Container, Source};
use tonic::{Code, Status};

use self::messages as wire;
use super::annotations::own_labels;
use super::grpc::Connection;
use super::place::Place;
use super::spec::Spec;
use super::{Client, Failure, Found, Identity, Query, text};

/// The sockets of runtimes that offer this interface, below the host's root.
pub(crate) const SOCKETS: [&str; 4] = [
    "run/containerd/containerd.sock",
    "run/crio/crio.sock",
    "run/k3s/containerd/containerd.sock",
    "run/cri-dockerd.sock",
];

/// Pods that are remembered, so that the containers of one need not ask for it again.
const PODS: usize = 1024;

/// Version of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V1Alpha2,
}

/// A method under both names of the package.
struct Method {
    v1: &'static str,
    v1alpha2: &'static str,
}

macro_rules! method {
    ($name:literal) => {
        Method {
            v1: concat!("/runtime.v1.RuntimeService/", $name),
            v1alpha2: concat!("/runtime.v1alpha2.RuntimeService/", $name),
        }
    };
}

const VERSION: Method = method!("Version");
const LIST_CONTAINERS: Method = method!("ListContainers");
const CONTAINER_STATUS: Method = method!("ContainerStatus");
const LIST_SANDBOXES: Method = method!("ListPodSandbox");
const SANDBOX_STATUS: Method = method!("PodSandboxStatus");

/// A pod, as its sandbox tells it.
#[derive(Debug, Default)]
struct Pod {
    metadata: wire::PodMetadata,
    labels: HashMap<String, String>,
}

/// One runtime's socket.
#[derive(Debug)]
pub(crate) struct Cri {
    socket: PathBuf,
    connection: RefCell<Option<Rc<Connection>>>,
    runtime: RefCell<Option<(Version, Identity)>>,
    pods: RefCell<Pods>,
}

impl Cri {
    /// The runtime that listens at `socket`.
    pub(crate) fn new(socket: &Path) -> Cri {
        Cri {
            socket: socket.to_owned(),
            connection: RefCell::default(),
            runtime: RefCell::default(),
            pods: RefCell::default(),
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

    /// Asks for the version, in the newer form first: containerd 1.5 and CRI-O 1.19 know only the older one, and
    /// containerd 2 only the newer.
    async fn introduce(&self, connection: &Connection) -> Result<(Version, Identity), Failure> {
        let known = self.runtime.borrow().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let ask = || wire::VersionRequest { version: "0.1.0".to_owned() };
        let mut version = Version::V1;
        let mut answer: Result<wire::VersionResponse, Status> =
            connection.call(VERSION.v1, None, ask()).await;
        if matches!(&answer, Err(status) if status.code() == Code::Unimplemented) {
            version = Version::V1Alpha2;
            answer = connection.call(VERSION.v1alpha2, None, ask()).await;
        }
        let answer = answer.map_err(|status| connection.failure(&status))?;
        let identity = Identity {
            name: text(&answer.runtime_name).unwrap_or_else(|| "cri".into()),
            version: text(&answer.runtime_version).unwrap_or_default(),
        };
        *self.runtime.borrow_mut() = Some((version, identity.clone()));
        Ok((version, identity))
    }

    async fn call<Q, A>(&self, method: Method, question: Q) -> Result<Option<A>, Failure>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let connection = self.connection()?;
        let (version, _) = self.introduce(&connection).await?;
        let name = match version {
            Version::V1 => method.v1,
            Version::V1Alpha2 => method.v1alpha2,
        };
        match connection.call(name, None, question).await {
            Ok(answer) => Ok(Some(answer)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => {
                // Another runtime, or another version of it, may listen now: it introduces itself anew.
                *self.runtime.borrow_mut() = None;
                Err(connection.failure(&status))
            }
        }
    }

    fn runtime_name(&self) -> Option<Box<str>> {
        self.runtime.borrow().as_ref().map(|(_, identity)| identity.name.clone())
    }

    async fn container(&self, id: &str) -> Result<Option<wire::Container>, Failure> {
        let list: Option<wire::ListContainersResponse> = self.call(LIST_CONTAINERS, by_id(id)).await?;
        // The filter takes prefixes too.
        Ok(list.unwrap_or_default().containers.into_iter().find(|container| container.id == id))
    }

    async fn sandbox(&self, id: &str) -> Result<Option<Found>, Failure> {
        let list: Option<wire::ListPodSandboxResponse> = self.call(LIST_SANDBOXES, by_id(id)).await?;
        let Some(sandbox) = list.unwrap_or_default().items.into_iter().find(|sandbox| sandbox.id == id)
        else {
            return Ok(None);
        };
        let question = wire::StatusRequest { id: id.to_owned(), verbose: true };
        let status: Option<wire::PodSandboxStatusResponse> = self.call(SANDBOX_STATUS, question).await?;
        let info = Info::parse(&status.unwrap_or_default().info);
        let pod = Rc::new(Pod { metadata: sandbox.metadata.unwrap_or_default(), labels: sandbox.labels });
        self.pods.borrow_mut().insert(id, Rc::clone(&pod));
        let container = Container { id: id.into(), image: text(&info.image), ..self.of_pod(&pod) };
        Ok(Some(Found { source: Source::Cri, container, place: info.place() }))
    }

    async fn pod(&self, sandbox: &str) -> Result<Rc<Pod>, Failure> {
        if let Some(pod) = self.pods.borrow().get(sandbox) {
            return Ok(pod);
        }
        let question = wire::StatusRequest { id: sandbox.to_owned(), verbose: false };
        let status: Option<wire::PodSandboxStatusResponse> = self.call(SANDBOX_STATUS, question).await?;
        let Some(status) = status.and_then(|answer| answer.status) else { return Ok(Rc::default()) };
        let pod = Rc::new(Pod { metadata: status.metadata.unwrap_or_default(), labels: status.labels });
        self.pods.borrow_mut().insert(sandbox, Rc::clone(&pod));
        Ok(pod)
    }

    /// What a container of `pod` has from it.
    fn of_pod(&self, pod: &Pod) -> Container {
        Container {
            runtime: self.runtime_name(),
            pod: text(&pod.metadata.name),
            pod_uid: text(&pod.metadata.uid),
            namespace: text(&pod.metadata.namespace),
            labels: own_labels(&pod.labels),
            ..Container::default()
        }
    }
}

impl Client for Cri {
    async fn probe(&self) -> Result<Identity, Failure> {
        *self.runtime.borrow_mut() = None;
        let connection = self.connection()?;
        Ok(self.introduce(&connection).await?.1)
    }

    async fn look_up(&self, query: &Query) -> Result<Option<Found>, Failure> {
        let Some(id) = query.id.as_deref() else { return Ok(None) };
        let Some(found) = self.container(id).await? else { return self.sandbox(id).await };
        let question = wire::StatusRequest { id: id.to_owned(), verbose: true };
        let (pod, status) = tokio::join!(
            self.pod(&found.pod_sandbox_id),
            self.call::<_, wire::ContainerStatusResponse>(CONTAINER_STATUS, question)
        );
        // The container is known by now: what cannot be had beside that is left open.
        let (pod, status) = (pod.unwrap_or_default(), status.ok().flatten().unwrap_or_default());
        let label = |name: &str| found.labels.get(name).map(String::as_str).unwrap_or_default();
        let mut container = self.of_pod(&pod);
        container.id = id.into();
        let metadata = found.metadata.as_ref().map(|metadata| metadata.name.as_str()).unwrap_or_default();
        container.name = text(metadata).or_else(|| text(label("io.kubernetes.container.name")));
        // The status has the image's name; the list may have only its digest.
        let named = status.status.and_then(|status| status.image).map(|image| image.image);
        let listed = found.image.as_ref().map(|image| image.image.as_str()).unwrap_or_default();
        container.image =
            named.as_deref().and_then(text).or_else(|| text(listed)).or_else(|| text(&found.image_ref));
        container.pod = container.pod.or_else(|| text(label("io.kubernetes.pod.name")));
        container.pod_uid = container.pod_uid.or_else(|| text(label("io.kubernetes.pod.uid")));
        container.namespace = container.namespace.or_else(|| text(label("io.kubernetes.pod.namespace")));
        if container.labels.is_empty() {
            container.labels = own_labels(&found.labels);
        }
        Ok(Some(Found { source: Source::Cri, container, place: Info::parse(&status.info).place() }))
    }
}

fn by_id(id: &str) -> wire::ListRequest {
    wire::ListRequest { filter: Some(wire::IdFilter { id: id.to_owned() }) }
}

/// The verbose part of a status: one JSON text by the name `info`.
#[derive(Debug, Default, Deserialize)]
struct Info {
    #[serde(default)]
    image: String,
    #[serde(default, rename = "runtimeSpec")]
    spec: Option<Spec>,
}

impl Info {
    fn parse(info: &HashMap<String, String>) -> Info {
        // What cannot be read tells nothing: the form of this text is each runtime's own.
        info.get("info").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }

    fn place(&self) -> Place {
        self.spec.as_ref().map_or(Place::UNTOLD, Spec::place)
    }
}

/// Pods by sandbox, the oldest ones forgotten first.
#[derive(Debug, Default)]
struct Pods {
    by_sandbox: HashMap<Box<str>, Rc<Pod>>,
    order: VecDeque<Box<str>>,
}

impl Pods {
    fn get(&self, sandbox: &str) -> Option<Rc<Pod>> {
        self.by_sandbox.get(sandbox).map(Rc::clone)
    }

    fn insert(&mut self, sandbox: &str, pod: Rc<Pod>) {
        if self.by_sandbox.insert(sandbox.into(), pod).is_some() {
            return;
        }
        self.order.push_back(sandbox.into());
        if self.order.len() > PODS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_sandbox.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;

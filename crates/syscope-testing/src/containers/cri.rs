//! Pods without a kubelet: a client of the Container Runtime Interface (`runtime.v1`).

mod messages;

use std::collections::HashMap;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use self::messages as v1;
use super::Host;
use super::containerd::{IMAGE, SOCKET};
use super::processes::{LIMIT, until};

/// A pod to be made.
#[derive(Debug, Clone, Default)]
pub struct Sandbox {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its unique id; its cgroup is named after it.
    pub uid: String,
    /// Its labels.
    pub labels: HashMap<String, String>,
    /// Whose process ids its containers see.
    pub pids: Pids,
}

/// Whose process ids a container sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pids {
    /// Its own.
    #[default]
    Own,
    /// Its pod's (`shareProcessNamespace`).
    Pod,
    /// The host's (`hostPID`).
    Host,
}

/// A container to be made in a pod.
#[derive(Debug, Clone, Default)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// How often it was started before.
    pub attempt: u32,
    /// What it runs.
    pub command: Vec<String>,
    /// Whether it may do all that the host's root may.
    pub privileged: bool,
}

/// A pod that runs.
#[derive(Debug, Clone)]
pub struct Pod {
    /// The id of its sandbox, which is a container too.
    pub id: String,
    config: v1::PodSandboxConfig,
    pids: i32,
}

/// The client.
#[derive(Debug)]
pub struct Cri<'h> {
    host: &'h Host,
    runtime: Runtime,
    channel: Channel,
}

impl Sandbox {
    /// A pod with labels `app` and `tier`; its unique id is made of the name, which has to be unique.
    pub fn new(namespace: &str, name: &str) -> Sandbox {
        let labels = [("app", name), ("tier", "test")];
        Sandbox {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            uid: uid(name),
            labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            pids: Pids::Own,
        }
    }

    /// The same with another view of process ids.
    pub fn seeing(mut self, pids: Pids) -> Sandbox {
        self.pids = pids;
        self
    }

    fn config(&self) -> v1::PodSandboxConfig {
        // What a kubelet sets, and what resolvers go by.
        let mut labels = self.labels.clone();
        for (key, value) in [("name", &self.name), ("namespace", &self.namespace), ("uid", &self.uid)] {
            labels.insert(format!("io.kubernetes.pod.{key}"), value.clone());
        }
        v1::PodSandboxConfig {
            metadata: Some(v1::PodSandboxMetadata {
                name: self.name.clone(),
                uid: self.uid.clone(),
                namespace: self.namespace.clone(),
                attempt: 0,
            }),
            hostname: String::new(),
            log_directory: "/run/syscope-host/pods".to_owned(),
            labels,
            annotations: HashMap::new(),
            linux: Some(v1::LinuxPodSandboxConfig {
                cgroup_parent: format!("/kubepods/burstable/pod{}", self.uid),
                security_context: Some(v1::LinuxSandboxSecurityContext {
                    namespace_options: Some(namespaces(self.pids)),
                    privileged: true,
                }),
            }),
        }
    }
}

impl Workload {
    /// A container that runs `command`.
    pub fn new(name: &str, command: &[&str]) -> Workload {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        Workload { name: name.to_owned(), command, ..Workload::default() }
    }

    fn config(&self, pod: &Pod) -> v1::ContainerConfig {
        let metadata = pod.config.metadata.clone().unwrap_or_default();
        let labels = [
            ("container.name", self.name.clone()),
            ("pod.name", metadata.name),
            ("pod.namespace", metadata.namespace),
            ("pod.uid", metadata.uid),
        ];
        v1::ContainerConfig {
            metadata: Some(v1::ContainerMetadata { name: self.name.clone(), attempt: self.attempt }),
            image: Some(v1::ImageSpec { image: IMAGE.to_owned() }),
            command: self.command.clone(),
            labels: labels.map(|(key, value)| (format!("io.kubernetes.{key}"), value)).into(),
            log_path: format!("{}-{}.log", self.name, self.attempt),
            linux: Some(v1::LinuxContainerConfig {
                security_context: Some(v1::LinuxContainerSecurityContext {
                    privileged: self.privileged,
                    namespace_options: Some(v1::NamespaceOption { pid: pod.pids, ..namespaces(Pids::Own) }),
                }),
            }),
        }
    }
}

impl<'h> Cri<'h> {
    /// Connects to the runtime.
    pub(super) fn connect(host: &'h Host) -> Cri<'h> {
        let runtime = Builder::new_current_thread().enable_all().build().expect("make a tokio runtime");
        let endpoint = Endpoint::from_shared(format!("unix://{SOCKET}")).expect("an address");
        let channel = runtime.block_on(endpoint.timeout(LIMIT).connect()).expect("connect to the runtime");
        let cri = Cri { host, runtime, channel };
        // The daemon listens before the plugin has read what exists.
        until("the runtime is ready", || {
            cri.try_call::<_, v1::Nothing>("ListContainers", v1::Nothing {}).ok()
        });
        cri
    }

    /// Makes a pod.
    pub fn pod(&self, sandbox: &Sandbox) -> Pod {
        self.host.own(&sandbox.uid);
        let config = sandbox.config();
        let request =
            v1::RunPodSandboxRequest { config: Some(config.clone()), runtime_handler: String::new() };
        let made: v1::RunPodSandboxResponse = self.call("RunPodSandbox", request);
        Pod { id: made.pod_sandbox_id, config, pids: namespaces(sandbox.pids).pid }
    }

    /// Makes a container, which does not run yet; returns its id.
    pub fn create(&self, pod: &Pod, workload: &Workload) -> String {
        let request = v1::CreateContainerRequest {
            pod_sandbox_id: pod.id.clone(),
            config: Some(workload.config(pod)),
            sandbox_config: Some(pod.config.clone()),
        };
        let made: v1::CreateContainerResponse = self.call("CreateContainer", request);
        made.container_id
    }

    /// Runs a container that was made.
    pub fn release(&self, container: &str) {
        let request = v1::ContainerRequest { container_id: container.to_owned() };
        let _: v1::Nothing = self.call("StartContainer", request);
    }

    /// Makes and runs a container; returns its id.
    pub fn start(&self, pod: &Pod, workload: &Workload) -> String {
        let id = self.create(pod, workload);
        self.release(&id);
        id
    }

    /// Runs a program in a container to its end and returns what it printed.
    pub fn exec(&self, container: &str, command: &[&str]) -> String {
        let request = v1::ExecSyncRequest {
            container_id: container.to_owned(),
            cmd: command.iter().map(|&word| word.to_owned()).collect(),
            timeout: 30,
        };
        let done: v1::ExecSyncResponse = self.call("ExecSync", request);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.exit_code, 0, "{command:?} in {container}: {said}");
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    /// The pid of a container's first process.
    pub fn pid(&self, container: &str) -> u32 {
        let request = v1::ContainerStatusRequest { container_id: container.to_owned(), verbose: true };
        let status: v1::ContainerStatusResponse = self.call("ContainerStatus", request);
        let info: Value = serde_json::from_str(&status.info["info"]).expect("what containerd says of it");
        info["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a pid")
    }

    /// Ends and removes a container.
    pub fn remove(&self, container: &str) {
        let request = v1::StopContainerRequest { container_id: container.to_owned(), timeout: 0 };
        let _: v1::Nothing = self.call("StopContainer", request);
        let request = v1::ContainerRequest { container_id: container.to_owned() };
        let _: v1::Nothing = self.call("RemoveContainer", request);
    }

    /// Ends and removes a pod with all its containers.
    pub fn remove_pod(&self, pod: &Pod) {
        for method in ["StopPodSandbox", "RemovePodSandbox"] {
            let request = v1::PodSandboxRequest { pod_sandbox_id: pod.id.clone() };
            let _: v1::Nothing = self.call(method, request);
        }
    }

    fn call<Q, A>(&self, method: &str, request: Q) -> A
    where
        Q: Message + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        self.try_call(method, request).unwrap_or_else(|status| panic!("{method}: {status}"))
    }

    fn try_call<Q, A>(&self, method: &str, request: Q) -> Result<A, Box<Status>>
    where
        Q: Message + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        let path = format!("/runtime.v1.RuntimeService/{method}");
        let path = PathAndQuery::try_from(path).expect("a path");
        let answer = self.runtime.block_on(async {
            let mut client = tonic::client::Grpc::new(self.channel.clone());
            client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let codec = tonic_prost::ProstCodec::default();
            let call = client.unary(Request::new(request), path, codec);
            let limited = tokio::time::timeout(LIMIT + Duration::from_secs(5), call).await;
            limited.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")))
        });
        answer.map(tonic::Response::into_inner).map_err(Box::new)
    }
}

/// Always the host's network: there is no plugin that would make another.
fn namespaces(pids: Pids) -> v1::NamespaceOption {
    let pid = match pids {
        Pids::Own => v1::CONTAINER,
        Pids::Pod => v1::POD,
        Pids::Host => v1::NODE,
    };
    v1::NamespaceOption { network: v1::NODE, pid, ipc: v1::POD }
}

/// A unique id in the form of Kubernetes', from a name.
fn uid(name: &str) -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let random = || RandomState::new().hash_one((name, std::process::id()));
    let (high, low) = (random(), random());
    let [a, b, c] = [high >> 32, high >> 16 & 0xffff, high & 0xfff];
    format!("{a:08x}-{b:04x}-4{c:03x}-8{:03x}-{:012x}", low >> 52, low & 0xffff_ffff_ffff)
}

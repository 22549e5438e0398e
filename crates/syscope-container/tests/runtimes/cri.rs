//! As much of a kubelet as is needed: makes pods and containers through the Container Runtime Interface.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tonic::Status;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use crate::host::wait_for;

#[derive(Clone, PartialEq, Message)]
struct PodMetadata {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    uid: String,
    #[prost(string, tag = "3")]
    namespace: String,
}

#[derive(Clone, PartialEq, Message)]
struct NamespaceOption {
    #[prost(int32, tag = "1")]
    network: i32,
    #[prost(int32, tag = "2")]
    pid: i32,
}

#[derive(Clone, PartialEq, Message)]
struct SandboxSecurity {
    #[prost(message, optional, tag = "1")]
    namespaces: Option<NamespaceOption>,
}

#[derive(Clone, PartialEq, Message)]
struct LinuxSandbox {
    #[prost(string, tag = "1")]
    cgroup_parent: String,
    #[prost(message, optional, tag = "2")]
    security: Option<SandboxSecurity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct SandboxConfig {
    #[prost(message, optional, tag = "1")]
    metadata: Option<PodMetadata>,
    #[prost(string, tag = "3")]
    log_directory: String,
    #[prost(map = "string, string", tag = "6")]
    labels: HashMap<String, String>,
    #[prost(message, optional, tag = "8")]
    linux: Option<LinuxSandbox>,
}

#[derive(Clone, PartialEq, Message)]
struct RunSandbox {
    #[prost(message, optional, tag = "1")]
    config: Option<SandboxConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct ContainerMetadata {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Image {
    #[prost(string, tag = "1")]
    image: String,
}

#[derive(Clone, PartialEq, Message)]
struct ContainerSecurity {
    #[prost(message, optional, tag = "3")]
    namespaces: Option<NamespaceOption>,
}

#[derive(Clone, PartialEq, Message)]
struct LinuxContainer {
    #[prost(message, optional, tag = "2")]
    security: Option<ContainerSecurity>,
}

#[derive(Clone, PartialEq, Message)]
struct ContainerConfig {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ContainerMetadata>,
    #[prost(message, optional, tag = "2")]
    image: Option<Image>,
    #[prost(string, repeated, tag = "3")]
    command: Vec<String>,
    #[prost(map = "string, string", tag = "9")]
    labels: HashMap<String, String>,
    #[prost(string, tag = "11")]
    log_path: String,
    #[prost(message, optional, tag = "15")]
    linux: Option<LinuxContainer>,
}

#[derive(Clone, PartialEq, Message)]
struct CreateContainer {
    #[prost(string, tag = "1")]
    sandbox: String,
    #[prost(message, optional, tag = "2")]
    config: Option<ContainerConfig>,
    #[prost(message, optional, tag = "3")]
    sandbox_config: Option<SandboxConfig>,
}

/// A request or an answer that is only an id.
#[derive(Clone, PartialEq, Message)]
struct Id {
    #[prost(string, tag = "1")]
    id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Empty {}

#[derive(Clone, PartialEq, Message)]
struct ContainerStatus {
    /// 2: exited.
    #[prost(int32, tag = "3")]
    state: i32,
}

#[derive(Clone, PartialEq, Message)]
struct ContainerStatusAnswer {
    #[prost(message, optional, tag = "1")]
    status: Option<ContainerStatus>,
}

/// A connection to a runtime.
pub struct Kubelet {
    tokio: tokio::runtime::Runtime,
    channel: Channel,
}

impl Kubelet {
    pub fn new(socket: &Path) -> Kubelet {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
        let channel = tokio.block_on(endpoint.connect()).unwrap();
        Kubelet { tokio, channel }
    }

    fn call<Q: Message + 'static, A: Message + Default + 'static>(&self, method: &str, question: Q) -> A {
        self.try_call(method, question).unwrap_or_else(|status| panic!("{method}: {status}"))
    }

    fn try_call<Q: Message + 'static, A: Message + Default + 'static>(
        &self,
        method: &str,
        question: Q,
    ) -> Result<A, Status> {
        let path = PathAndQuery::try_from(format!("/runtime.v1.RuntimeService/{method}")).unwrap();
        let mut grpc = Grpc::new(self.channel.clone());
        let codec: ProstCodec<Q, A> = ProstCodec::default();
        let answer = self.tokio.block_on(async {
            grpc.ready().await.unwrap();
            grpc.unary(tonic::Request::new(question), path, codec).await
        });
        answer.map(tonic::Response::into_inner)
    }

    /// Makes a pod with the host's network; its id and configuration.
    pub fn run_pod(&self, name: &str, uid: &str, parent: &str, logs: &str) -> (String, SandboxConfig) {
        let security = SandboxSecurity { namespaces: Some(NamespaceOption { network: 2, pid: 1 }) };
        let own = [("app", "web"), ("io.kubernetes.pod.name", name), ("io.kubernetes.pod.uid", uid)];
        let config = SandboxConfig {
            metadata: Some(PodMetadata { name: name.into(), uid: uid.into(), namespace: "prod".into() }),
            log_directory: logs.into(),
            labels: own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            linux: Some(LinuxSandbox { cgroup_parent: parent.into(), security: Some(security) }),
        };
        let answer: Id = self.call("RunPodSandbox", RunSandbox { config: Some(config.clone()) });
        (answer.id, config)
    }

    pub fn create(&self, pod: &(String, SandboxConfig), name: &str, command: &[&str]) -> String {
        let security = ContainerSecurity { namespaces: Some(NamespaceOption { network: 2, pid: 1 }) };
        let config = ContainerConfig {
            metadata: Some(ContainerMetadata { name: name.into() }),
            image: Some(Image { image: "syscope.test/busybox:1".into() }),
            command: command.iter().map(|argument| (*argument).to_owned()).collect(),
            labels: HashMap::from([("io.kubernetes.container.name".to_owned(), name.to_owned())]),
            log_path: format!("{name}.log"),
            linux: Some(LinuxContainer { security: Some(security) }),
        };
        let create = CreateContainer {
            sandbox: pod.0.clone(),
            config: Some(config),
            sandbox_config: Some(pod.1.clone()),
        };
        let answer: Id = self.call("CreateContainer", create);
        answer.id
    }

    pub fn start(&self, id: &str) {
        let _: Empty = self.call("StartContainer", Id { id: id.into() });
    }

    /// Waits until the runtime has noted that a container ended.
    pub fn wait_for_exit(&self, id: &str) {
        wait_for("the container's end", Duration::from_secs(60), || {
            let answer: ContainerStatusAnswer = self.call("ContainerStatus", Id { id: id.into() });
            answer.status.filter(|status| status.state == 2)
        });
    }

    /// Stops and removes a pod with all its containers. As the kubelet does, it tries again when the runtime met a
    /// container that ended at the same moment.
    pub fn remove(&self, pod: &str) {
        wait_for("the pod to stop", Duration::from_secs(90), || {
            let stopped: Result<Empty, Status> = self.try_call("StopPodSandbox", Id { id: pod.into() });
            stopped.inspect_err(|status| eprintln!("StopPodSandbox: {status}")).ok()
        });
        let _: Empty = self.call("RemovePodSandbox", Id { id: pod.into() });
    }
}

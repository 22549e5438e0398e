use h2::server::{Connection as Http2, SendResponse};
use http::{HeaderMap, Response, StatusCode};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::LocalSet;

use super::*;

#[test]
fn the_verbose_info_of_both_runtimes_tells_the_cgroup() {
    let check = |json: &str, path: &str| {
        let info = Info::parse(&HashMap::from([("info".to_owned(), json.to_owned())]));
        assert_eq!(info.place().shown(), path, "{json}");
    };
    check(
        r#"{"sandboxID":"s","pid":7,"runtimeSpec":{"ociVersion":"1","linux":{"cgroupsPath":"/kubepods/podX/abc"}}}"#,
        "/kubepods/podX/abc",
    );
    check(
        r#"{"runtimeSpec":{"linux":{"cgroupsPath":"kubepods-podX.slice:crio:abc"}}}"#,
        "/kubepods.slice/kubepods-podX.slice/crio-abc.scope",
    );
    for untold in ["", "null", "[]", "{", r#"{"runtimeSpec":null}"#, r#"{"runtimeSpec":{"linux":7}}"#] {
        check(untold, "");
    }
}

#[test]
fn pods_are_forgotten_in_order() {
    let mut pods = Pods::default();
    for n in 0..PODS + 10 {
        pods.insert(&format!("s{n}"), Rc::default());
        pods.insert(&format!("s{n}"), Rc::default());
    }
    assert_eq!((pods.by_sandbox.len(), pods.order.len()), (PODS, PODS));
    assert!(pods.get("s9").is_none() && pods.get("s10").is_some());
}

/// A runtime that knows one container, in a pod, by one version of the interface.
struct Fake {
    package: &'static str,
    /// Methods in the order they were called.
    called: RefCell<Vec<String>>,
}

impl Fake {
    /// The answer to a method, or the status it fails with.
    fn answer(&self, method: &str) -> Result<Vec<u8>, &'static str> {
        let labels = |own: &str| HashMap::from([("app".to_owned(), own.to_owned())]);
        let metadata = wire::PodMetadata { name: "web-1".into(), uid: "u".into(), namespace: "prod".into() };
        match method {
            "Version" => {
                let (runtime_name, runtime_version) = ("cri-o".to_owned(), "1.19".to_owned());
                Ok(wire::VersionResponse { runtime_name, runtime_version }.encode_to_vec())
            }
            "ListContainers" => {
                let container = |id: &str| wire::Container {
                    id: id.into(),
                    pod_sandbox_id: "sandbox".into(),
                    metadata: Some(wire::ContainerMetadata { name: "nginx".into() }),
                    labels: labels("container's"),
                    ..wire::Container::default()
                };
                // As a prefix matches too.
                let containers = vec![container("abcdef"), container("abc")];
                Ok(wire::ListContainersResponse { containers }.encode_to_vec())
            }
            "ContainerStatus" => {
                let json = r#"{"runtimeSpec":{"linux":{"cgroupsPath":"/kubepods/abc"}}}"#;
                let info = HashMap::from([("info".to_owned(), json.to_owned())]);
                let image = Some(wire::ImageSpec { image: "nginx:1".into() });
                let status = Some(wire::ContainerStatus { id: "abc".into(), image });
                Ok(wire::ContainerStatusResponse { status, info }.encode_to_vec())
            }
            "PodSandboxStatus" => {
                let status = wire::PodSandboxStatus {
                    id: "s".into(),
                    metadata: Some(metadata),
                    labels: labels("pod's"),
                };
                Ok(wire::PodSandboxStatusResponse { status: Some(status), ..Default::default() }
                    .encode_to_vec())
            }
            "ListPodSandbox" => Ok(wire::ListPodSandboxResponse::default().encode_to_vec()),
            _ => Err("12"),
        }
    }

    async fn serve(self: Rc<Self>, listener: UnixListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let mut http2: Http2<UnixStream, bytes::Bytes> = h2::server::handshake(stream).await.unwrap();
            let fake = Rc::clone(&self);
            tokio::task::spawn_local(async move {
                while let Some(Ok((request, response))) = http2.accept().await {
                    fake.respond(request.uri().path(), response);
                }
            });
        }
    }

    fn respond(&self, path: &str, mut response: SendResponse<bytes::Bytes>) {
        let (service, method) = path[1..].split_once('/').unwrap();
        self.called.borrow_mut().push(path.to_owned());
        let is_known = service == format!("{}.RuntimeService", self.package);
        let answer = if is_known { self.answer(method) } else { Err("12") };
        let head = Response::builder().status(StatusCode::OK).header("content-type", "application/grpc");
        match answer {
            Ok(message) => {
                let mut body = response.send_response(head.body(()).unwrap(), false).unwrap();
                let mut framed = vec![0];
                framed.extend((message.len() as u32).to_be_bytes());
                framed.extend(message);
                body.send_data(framed.into(), false).unwrap();
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", "0".parse().unwrap());
                body.send_trailers(trailers).unwrap();
            }
            Err(status) => {
                let head = head.header("grpc-status", status).header("grpc-message", "unknown service");
                drop(response.send_response(head.body(()).unwrap(), true));
            }
        }
    }
}

/// Looks a container up at a runtime that knows only this version; with the methods that were called.
fn look_up(package: &'static str, id: &str) -> (Result<Option<Found>, Failure>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("cri.sock");
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fake = Rc::new(Fake { package, called: RefCell::default() });
    let found = LocalSet::new().block_on(&tokio, async {
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::task::spawn_local(Rc::clone(&fake).serve(listener));
        let query = Query { path: "/kubepods/abc".into(), id: Some(id.into()), user: None };
        Cri::new(&socket).look_up(&query).await
    });
    let called = fake.called.borrow().clone();
    (found, called)
}

#[test]
fn both_versions_of_the_interface_are_spoken() {
    for package in ["runtime.v1", "runtime.v1alpha2"] {
        let (found, called) = look_up(package, "abc");
        let Found { source, container, place } = found.unwrap().expect("it is known");
        assert_eq!((source, place.shown()), (Source::Cri, "/kubepods/abc"));
        assert_eq!((&*container.id, container.name.as_deref()), ("abc", Some("nginx")));
        assert_eq!(
            (container.image.as_deref(), container.runtime.as_deref()),
            (Some("nginx:1"), Some("cri-o"))
        );
        assert_eq!((container.pod.as_deref(), container.namespace.as_deref()), (Some("web-1"), Some("prod")));
        assert_eq!(container.labels.get("app").map(|value| &**value), Some("pod's"));
        // The version is asked for once, in the older form only where the newer one is unknown.
        let versions = called.iter().filter(|path| path.ends_with("/Version")).count();
        assert_eq!(versions, if package == "runtime.v1" { 1 } else { 2 }, "{called:?}");
    }
}

#[test]
fn what_is_not_known_or_not_offered_is_told_apart() {
    assert_eq!(look_up("runtime.v1", "ab").0, Ok(None));
    assert_eq!(look_up("runtime.v2", "abc").0, Err(Failure::Absent));
}

//! containerd: through the Container Runtime Interface with pods, and without Kubernetes.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use syscope_container::runtime::{Kind, State};
use syscope_event::Source;

use crate::cri::Kubelet;
use crate::docker;
use crate::host::{
    Cgroups, Daemon, Host, Undo, ask, cgroup_of, clean, hierarchy, measure, output, run, run_detached,
    wait_for,
};

/// A containerd of the test's own, with the images.
fn start(host: &Host) -> Daemon {
    let dir = host.text("");
    let config = host.path("containerd.toml");
    let text = format!(
        r#"version = 2
root = "{dir}var/lib/containerd"
state = "{dir}run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{dir}run/containerd/containerd.sock"
[ttrpc]
  address = "{dir}run/containerd/containerd.sock.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "syscope.test/pause:1"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  disable_apparmor = true
  restrict_oom_score_adj = true
  systemd_cgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{dir}cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = "{dir}run/containerd/runc"
"#
    );
    fs::write(&config, text).unwrap();
    fs::create_dir_all(host.path("cni")).unwrap();
    let loopback = r#"{"cniVersion":"0.4.0","name":"none","plugins":[{"type":"loopback"}]}"#;
    fs::write(host.path("cni/10-loopback.conflist"), loopback).unwrap();
    let daemon = launch(host);
    for namespace in ["default", "k8s.io"] {
        let mut import = ctr(host, namespace);
        run(import.args(["images", "import", "--snapshotter", "native"]).arg(host.image()));
    }
    daemon
}

fn launch(host: &Host) -> Daemon {
    let mut command = Command::new("containerd");
    let daemon = Daemon::start(
        command.arg("--config").arg(host.path("containerd.toml")),
        &host.path("containerd.log"),
    );
    wait_for("containerd", Duration::from_secs(30), || {
        ctr(host, "default").arg("version").output().ok().filter(|output| output.status.success())
    });
    daemon
}

fn ctr(host: &Host, namespace: &str) -> Command {
    let mut command = Command::new("ctr");
    command.args(["-a", &host.text("run/containerd/containerd.sock"), "-n", namespace]);
    command
}

fn ctr_run(host: &Host, more: &[&str], name: &str, arguments: &[&str]) -> Command {
    let mut command = ctr(host, "default");
    command.args(["run", "--snapshotter", "native", "--net-host"]);
    command.args(["--runc-root", &host.text("run/containerd/runc")]).args(more);
    command.args(["syscope.test/busybox:1", name]).args(arguments);
    command
}

fn task_pid(host: &Host, namespace: &str, id: &str) -> u32 {
    let tasks = output(ctr(host, namespace).args(["task", "ls"]));
    let line = tasks.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("{id} in {tasks}"));
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "root+bpf"]
fn pods_by_the_container_runtime_interface() {
    let host = Host::new();
    let _last = Undo(|| clean(&host.path("")));
    let daemon = start(&host);
    let kubelet = Kubelet::new(&host.path("run/containerd/containerd.sock"));
    let uid = format!("3fa85f64-5717-4562-b3fc-{:012x}", std::process::id());
    let parent = format!("/kubepods/besteffort/pod{uid}");
    let _cgroups = Cgroups(parent.clone());
    let pod = kubelet.run_pod("web-1", &uid, &parent, &host.text("logs"));
    let _undo = Undo(|| {
        daemon.signal(Signal::CONT);
        kubelet.remove(&pod.0);
    });
    let id = kubelet.create(&pod, "nginx", &["/bin/busybox", "sleep", "1000"]);
    kubelet.start(&id);
    let path = cgroup_of(task_pid(&host, "k8s.io", &id));
    let resolver = host.resolver();
    for (id, path, name) in
        [(&id, path.clone(), Some("nginx")), (&pod.0, format!("{parent}/{}", pod.0), None)]
    {
        let (answer, _) = ask(&resolver, &path);
        let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
        assert_eq!((&*container.id, container.name.as_deref()), (&**id, name));
        assert_eq!((container.pod.as_deref(), container.namespace.as_deref()), (Some("web-1"), Some("prod")));
        assert_eq!(
            (container.pod_uid.as_deref(), container.runtime.as_deref()),
            (Some(&*uid), Some("containerd"))
        );
        let labels: Vec<_> = container.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(labels, [("app", "web")]);
        let image = container.image.as_deref().unwrap_or_default();
        assert!(image.starts_with("syscope.test/"), "{image}");
        assert_eq!((answer.owner.source, answer.owner.doubt), (Source::Cri, None));
    }
    measure(&resolver, "cri", &path);
    let (answer, _) = ask(&resolver, &format!("/kubepods/burstable/pod{uid}/{id}"));
    assert!(answer.owner.container().is_none() && answer.owner.doubt.is_some(), "{answer:?}");
    short_lives(&kubelet, &pod, &parent, &host);
    // It is made here once more with another socket given.
    let given = format!("unix://{}", host.text("run/containerd/containerd.sock"));
    let config = syscope_container::resolver::Config { cri: Some(given.into()), ..host.config() };
    let other = syscope_container::resolver::Resolver::start(config);
    assert_eq!(ask(&other, &path).0.owner.source, Source::Cri);
}

/// Containers of a pod that live 30 ms are known before they are gone.
fn short_lives(kubelet: &Kubelet, pod: &(String, crate::cri::SandboxConfig), parent: &str, host: &Host) {
    let resolver = host.resolver();
    for n in 0..5 {
        let id = kubelet.create(pod, &format!("short-{n}"), &["/bin/busybox", "usleep", "30000"]);
        let own = format!("{parent}/{id}");
        let asked = thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let dir = hierarchy().1.join(&own[1..]);
                wait_for("the cgroup", Duration::from_secs(20), || dir.exists().then_some(()));
                ask(&resolver, &own)
            });
            kubelet.start(&id);
            asking.join().unwrap()
        });
        let container = asked.0.owner.container().unwrap_or_else(|| panic!("{n}: {asked:?}"));
        assert_eq!(container.name.as_deref(), Some(&*format!("short-{n}")));
        println!("cri of 30 ms: known {:?} after its cgroup was seen", asked.1);
        // containerd cannot stop a pod whose container's shim is just going, and hangs over it.
        kubelet.wait_for_exit(&id);
    }
}

#[test]
#[ignore = "root+bpf"]
fn containers_of_ctr() {
    let host = Host::new();
    let _last = Undo(|| clean(&host.path("")));
    let _daemon = start(&host);
    let name = format!("job-{}", std::process::id());
    let other = format!("{name}-elsewhere");
    let own = format!("/own-{}/x", std::process::id());
    let _cgroups = Cgroups(own.clone());
    let _undo = Undo(|| {
        for name in [&name, &other] {
            let _ = ctr(&host, "default").args(["task", "kill", "-s", "KILL", name]).output();
            let _ = ctr(&host, "default").args(["task", "rm", "-f", name]).output();
            let _ = ctr(&host, "default").args(["container", "rm", name]).output();
        }
    });
    let sleep = ["/bin/busybox", "sleep", "1000"];
    run_detached(&mut ctr_run(&host, &["-d", "--label", "app=web"], &name, &sleep), &host.path("log"));
    let path = cgroup_of(task_pid(&host, "default", &name));
    assert_eq!(path, format!("/default/{name}"));
    let resolver = host.resolver();
    let (answer, _) = ask(&resolver, &path);
    let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
    assert_eq!((&*container.id, container.name.as_deref()), (&*name, Some(&*name)));
    assert_eq!(container.image.as_deref(), Some("syscope.test/busybox:1"));
    assert_eq!((answer.owner.source, container.runtime.as_deref()), (Source::Containerd, Some("containerd")));
    assert_eq!(container.labels.get("app").map(|value| &**value), Some("web"));
    measure(&resolver, "containerd", &path);
    // With a cgroup of its own choice, its state file tells.
    run_detached(&mut ctr_run(&host, &["-d", "--cgroup", &own], &other, &sleep), &host.path("log"));
    let path = cgroup_of(task_pid(&host, "default", &other));
    let (answer, _) = ask(&resolver, &path);
    let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
    assert_eq!((&*container.id, container.runtime.as_deref()), (&*other, Some("containerd")));
    for n in 0..5 {
        let name = format!("{name}-{n}");
        let mut child =
            ctr_run(&host, &["--rm"], &name, &["/bin/busybox", "usleep", "30000"]).spawn().unwrap();
        let own = format!("/default/{name}");
        let dir = hierarchy().1.join(&own[1..]);
        wait_for("the cgroup", Duration::from_secs(20), || dir.exists().then_some(()));
        let (answer, took) = ask(&resolver, &own);
        let container = answer.owner.container().unwrap_or_else(|| panic!("{n}: {answer:?} after {took:?}"));
        assert_eq!(container.name.as_deref(), Some(&*name));
        println!("ctr of 30 ms: known {took:?} after its cgroup was seen");
        assert!(child.wait().unwrap().success());
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_frozen_containerd_delays_nothing_else() {
    let host = Host::new();
    let _last = Undo(|| clean(&host.path("")));
    let daemon = start(&host);
    let _engine = docker::start(&host);
    let _containers = Undo(|| drop(Command::new("sh").arg("-c").arg(docker::remove_all(&host)).output()));
    let (docker_id, docker_path) = docker::run_container(&host, &["--name", "web"]);
    let kubelet = Kubelet::new(&host.path("run/containerd/containerd.sock"));
    let parent = format!("/kubepods/pod3fa85f64-5717-4562-b3fd-{:012x}", std::process::id());
    let _cgroups = Cgroups(parent.clone());
    let pod = kubelet.run_pod("web-1", "u", &parent, &host.text("logs"));
    let _undo = Undo(|| {
        daemon.signal(Signal::CONT);
        kubelet.remove(&pod.0);
    });
    let path = format!("{parent}/{}", pod.0);
    let resolver = host.resolver();
    assert_eq!(ask(&resolver, &path).0.owner.source, Source::Cri);

    daemon.freeze();
    let (answer, took) = ask(&resolver, &path);
    // The state file of runc still tells the pod.
    assert_eq!(answer.owner.source, Source::Oci, "{answer:?}");
    let container = answer.owner.container().expect("a container");
    assert_eq!((&*container.id, container.pod.as_deref()), (&*pod.0, Some("web-1")));
    assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains("does not answer")));
    assert!(took < Duration::from_millis(1500), "{took:?}");
    println!("frozen containerd: the first question took {took:?}");
    for _ in 0..20 {
        let (answer, took) = ask(&resolver, &docker_path);
        assert_eq!(answer.owner.container().map(|container| &*container.id), Some(&*docker_id));
        assert!(answer.owner.source == Source::Docker && took < Duration::from_millis(200), "{took:?}");
        let (answer, took) = ask(&resolver, &path);
        assert!(answer.owner.source == Source::Oci && took < Duration::from_millis(100), "{took:?}");
    }
    // One without a state file is known by its path alone, and at once.
    let (answer, took) = ask(&resolver, &format!("{parent}/{}", "0".repeat(64)));
    assert!(answer.owner.source == Source::Path && took < Duration::from_millis(100), "{took:?}");
    let silent = resolver.status().into_iter().any(|status| {
        status.kind == Kind::Cri && matches!(status.state, State::Silent { .. }) && status.timed_out > 0
    });
    assert!(silent);

    daemon.signal(Signal::CONT);
    let corrected = resolver.answer_within(Duration::from_secs(10)).expect("a correction");
    assert_eq!(corrected.owner.container().and_then(|container| container.pod.as_deref()), Some("web-1"));
    let (answer, _) = wait_for("containerd's word", Duration::from_secs(10), || {
        Some(ask(&resolver, &path)).filter(|(answer, _)| answer.owner.source == Source::Cri)
    });
    assert_eq!(answer.owner.doubt, None);
}

#[test]
#[ignore = "root+bpf"]
fn a_killed_containerd_is_found_again() {
    let host = Host::new();
    let _last = Undo(|| clean(&host.path("")));
    let daemon = start(&host);
    let kubelet = Kubelet::new(&host.path("run/containerd/containerd.sock"));
    let parent = format!("/kubepods/pod3fa85f64-5717-4562-b3fd-{:012x}", std::process::id());
    let _cgroups = Cgroups(parent.clone());
    let pod = kubelet.run_pod("web-1", "u", &parent, &host.text("logs"));
    let path = format!("{parent}/{}", pod.0);
    let resolver = host.resolver();
    assert_eq!(ask(&resolver, &path).0.owner.source, Source::Cri);
    daemon.signal(Signal::KILL);
    drop(daemon);
    // Its socket is still there and refuses; the container goes on and is known by its state file.
    let (answer, took) = ask(&resolver, &path);
    assert_eq!(answer.owner.source, Source::Oci, "{answer:?}");
    assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains("refuses")));
    assert!(took < Duration::from_millis(200), "{took:?}");
    let _daemon = launch(&host);
    let corrected = resolver.answer_within(Duration::from_secs(20)).expect("a correction");
    assert!(corrected.owner.doubt.is_none() && corrected.last, "{corrected:?}");
    assert_eq!(ask(&resolver, &path).0.owner.source, Source::Cri);
    Kubelet::new(&host.path("run/containerd/containerd.sock")).remove(&pod.0);
}

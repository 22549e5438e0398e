use std::path::Path;

use super::cri::Pids;
use super::processes::runs;
use super::*;

/// The cgroup of a process in the tracked hierarchy is at this path.
fn check(pid: u32, expected: &str) {
    assert_eq!(cgroups::path_of(pid, &cgroups::tracked().name), expected);
}

/// What is in the hierarchies whose name contains one of these.
fn left(names: &[&str]) -> Vec<std::path::PathBuf> {
    let wanted = |path: &Path| names.iter().any(|name| path.to_string_lossy().contains(name));
    cgroups::hierarchies().iter().flat_map(|root| cgroups::highest(&root.mount, &wanted)).collect()
}

#[test]
#[ignore = "root+bpf"]
fn oci_runtimes_run_containers_and_leave_nothing() {
    let host = Host::enter();
    let sleep = ["sleep", "100000"];
    for (runtime, id) in
        [(OciRuntime::runc(&host), "fixture-runc"), (OciRuntime::crun(&host), "fixture-crun")]
    {
        let pid = runtime.start(id, &Bundle::new(&host, &sleep).cgroup(&format!("/{id}/inner")));
        check(pid, &format!("/{id}/inner"));
        assert_eq!(runtime.exec(id, &["echo", "said"]), "said");
        let second = format!("{id}-2");
        let made = runtime.create(&second, &Bundle::new(&host, &sleep).sharing("pid", pid));
        runtime.release(&second);
        assert!(runs(made) && runtime.pid(&second) == made);
        runtime.delete(id);
        processes::until("its end", || (!runs(pid)).then_some(()));
    }
    drop(host);
    assert_eq!(left(&["fixture-runc", "fixture-crun"]), Vec::<std::path::PathBuf>::new());
}

#[test]
#[ignore = "root+bpf"]
fn a_panic_leaves_nothing_either() {
    let ended = std::thread::spawn(|| {
        let host = Host::enter();
        let runtime = OciRuntime::runc(&host);
        let pid = runtime.start("fixture-panic", &Bundle::new(&host, &["sleep", "100000"]));
        std::panic::panic_any(pid);
    });
    let pid = *ended.join().expect_err("it panics").downcast::<u32>().expect("the pid");
    assert!(!runs(pid));
    assert_eq!(left(&["fixture-panic"]), Vec::<std::path::PathBuf>::new());
}

#[test]
#[ignore = "root+bpf"]
fn podman_runs_containers_and_pods() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    let id = podman.start("one", &[], &["sleep", "100000"]);
    check(podman.pid("one"), &format!("/libpod_parent/libpod-{id}"));
    assert_eq!(podman.exec("one", &["echo", "said"]), "said");
    let short = podman.run("short", &[], &["true"]);
    let pod = podman.pod("group", "pid", &[]);
    let member = podman.start("member", &["--pod", "group"], &["sleep", "100000"]);
    check(podman.pid("member"), &format!("/libpod_parent/{pod}/libpod-{member}"));
    drop(podman);
    drop(host);
    assert_eq!(left(&[&id, &short, &pod, &member]), Vec::<std::path::PathBuf>::new());
}

#[test]
#[ignore = "root+bpf"]
fn docker_runs_containers() {
    let host = Host::enter();
    let docker = Docker::start(&host);
    let id = docker.container("one", &[], &["sleep", "100000"]);
    let pid = docker.docker(&["inspect", "--format", "{{.State.Pid}}", "one"]).parse().expect("a pid");
    check(pid, &format!("/docker/{id}"));
    assert_eq!(docker.exec("one", &["echo", "said"]), "said");
    drop(docker);
    drop(host);
    assert!(!runs(pid));
    assert_eq!(left(&[&id]), Vec::<std::path::PathBuf>::new());
}

#[test]
#[ignore = "root+bpf"]
fn containerd_runs_pods_and_containers() {
    let host = Host::enter();
    let mut containerd = Containerd::start(&host);
    let cri = containerd.cri();
    let sandbox = Sandbox::new("space", "pod-1").seeing(Pids::Pod);
    let pod = cri.pod(&sandbox);
    let id = cri.start(&pod, &Workload::new("main", &["sleep", "100000"]));
    let parent = format!("/kubepods/burstable/pod{}", sandbox.uid);
    check(cri.pid(&id), &format!("{parent}/{id}"));
    assert_eq!(cri.exec(&id, &["cat", "/proc/1/comm"]), "sleep", "the first process is the sandbox's");
    let pid = containerd.container("fixture-ctr", &[], &["sleep", "100000"]);
    check(pid, "/default/fixture-ctr");
    assert_eq!(containerd.exec("fixture-ctr", "session", &["echo", "said"]), "said");
    containerd.daemon().freeze();
    containerd.daemon().thaw();
    containerd.restart();
    let cri = containerd.cri();
    assert_eq!(cri.exec(&id, &["echo", "again"]), "again");
    cri.remove(&id);
    cri.remove_pod(&pod);
    containerd.remove("fixture-ctr");
    drop(containerd);
    drop(host);
    assert!(!runs(pid));
    assert_eq!(left(&[&sandbox.uid, "fixture-ctr"]), Vec::<std::path::PathBuf>::new());
}

/// A test that is killed cleans nothing up itself.
#[test]
#[ignore = "root+bpf"]
fn a_kill_leaves_nothing_either() {
    const CHILD: &str = "SYSCOPE_TEST_KILLED";
    if std::env::var_os(CHILD).is_some() {
        let host = Host::enter();
        OciRuntime::runc(&host).start("fixture-killed", &Bundle::new(&host, &["sleep", "100000"]));
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).expect("the end");
    }
    let own = std::env::current_exe().expect("the path of the tests");
    let name = "containers::tests::a_kill_leaves_nothing_either";
    let mut killed = std::process::Command::new(own);
    killed.args([name, "--exact", "--ignored"]).env(CHILD, "1");
    assert!(!processes::output(&mut killed).status.success());
    processes::until("nothing is left", || left(&["fixture-killed"]).is_empty().then_some(()));
}

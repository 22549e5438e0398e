//! Docker Engine.

use std::process::Command;
use std::time::Duration;

use syscope_container::resolver::probe;
use syscope_container::runtime::{Kind, State};
use syscope_event::Source;

use crate::host::{
    Cgroups, Daemon, Host, Undo, ask, cgroup_of, clean, hierarchy, measure, output, run, wait_for,
};

/// An engine of the test's own.
pub fn start(host: &Host) -> Daemon {
    let socket = format!("unix://{}", host.text("run/docker.sock"));
    let mut command = Command::new("/usr/sbin/dockerd");
    command.args(["-H", &socket, "--data-root", &host.text("var/lib/docker")]);
    command.args(["--exec-root", &host.text("run/docker"), "-p", &host.text("run/docker.pid")]);
    command.args(["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"]);
    let daemon = Daemon::start(&mut command, &host.path("dockerd.log"));
    wait_for("dockerd", Duration::from_secs(30), || {
        docker(host).arg("version").output().ok().filter(|output| output.status.success())
    });
    run(docker(host).args(["load", "-q", "-i"]).arg(host.image()));
    daemon
}

pub fn docker(host: &Host) -> Command {
    let mut command = Command::new("docker");
    command.args(["-H", &format!("unix://{}", host.text("run/docker.sock"))]);
    command
}

/// Starts a container that sleeps; its id and its cgroup.
pub fn run_container(host: &Host, more: &[&str]) -> (String, String) {
    let mut command = docker(host);
    command.args(["run", "-d", "--network", "none"]).args(more).arg("syscope.test/busybox:1");
    let id = output(command.args(["/bin/busybox", "sleep", "1000"]));
    let pid = output(docker(host).args(["inspect", "-f", "{{.State.Pid}}", &id]));
    (id, cgroup_of(pid.parse().unwrap()))
}

#[test]
#[ignore = "root+bpf"]
fn docker_by_its_socket() {
    let host = Host::new();
    let _last = Undo(|| clean(&host.path("")));
    let _daemon = start(&host);
    let parent = format!("/own-{}", std::process::id());
    let _cgroups = Cgroups(parent.clone());
    let _undo = Undo(|| drop(Command::new("sh").arg("-c").arg(remove_all(&host)).output()));
    let (id, path) = run_container(&host, &["--name", "web", "--label", "app=web"]);
    let resolver = host.resolver();
    let (answer, _) = ask(&resolver, &path);
    let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
    assert_eq!((&*container.id, container.name.as_deref()), (&*id, Some("web")));
    assert_eq!(container.image.as_deref(), Some("syscope.test/busybox:1"));
    assert_eq!((answer.owner.source, container.runtime.as_deref()), (Source::Docker, Some("docker")));
    assert_eq!(container.labels.get("app").map(|value| &**value), Some("web"));
    assert_eq!(answer.owner.doubt, None);
    measure(&resolver, "docker", &path);
    let (answer, _) = ask(&resolver, &format!("/forged/docker/{id}"));
    assert!(answer.owner.container().is_none(), "{answer:?}");
    // Below a cgroup parent of its own, whose form claims nothing, the state file tells the id.
    let (id, path) = run_container(&host, &["--cgroup-parent", &parent, "--name", "elsewhere"]);
    let (answer, _) = ask(&resolver, &path);
    let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
    assert_eq!((&*container.id, container.name.as_deref()), (&*id, Some("elsewhere")));
    let docker_is_there = probe(host.config()).into_iter().any(|status| {
        status.kind == Kind::Docker
            && matches!(&status.state, State::Answering { version } if !version.is_empty())
    });
    assert!(docker_is_there);
    short_lives(&host);
}

pub fn remove_all(host: &Host) -> String {
    let socket = host.text("run/docker.sock");
    format!("docker -H unix://{socket} ps -aq | xargs -r docker -H unix://{socket} rm -f")
}

/// Containers that live 30 ms are known before they are gone.
fn short_lives(host: &Host) {
    let resolver = host.resolver();
    let parent = hierarchy().1.join("docker");
    for n in 0..5 {
        let name = format!("short-{n}");
        let mut create = docker(host);
        create.args(["create", "--rm", "--network", "none", "--name", &name, "syscope.test/busybox:1"]);
        let id = output(create.args(["/bin/busybox", "usleep", "30000"]));
        let mut child = docker(host).args(["start", &id]).spawn().unwrap();
        wait_for("the cgroup", Duration::from_secs(20), || parent.join(&id).exists().then_some(()));
        let (answer, took) = ask(&resolver, &format!("/docker/{id}"));
        let container = answer.owner.container().unwrap_or_else(|| panic!("{n}: {answer:?} after {took:?}"));
        assert_eq!(container.name.as_deref(), Some(&*name));
        println!("docker of 30 ms: known {took:?} after its cgroup was seen");
        assert!(child.wait().unwrap().success());
    }
}

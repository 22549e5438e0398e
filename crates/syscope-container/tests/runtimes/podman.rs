//! Podman without its service.

use std::process::Command;
use std::time::Duration;

use syscope_event::Source;

use crate::host::{Host, Undo, ask, cgroup_of, clean, hierarchy, measure, output, run, wait_for};

fn podman(host: &Host) -> Command {
    let mut command = Command::new("podman");
    let (root, run_root) = (host.text("var/lib/containers/storage"), host.text("run/containers/storage"));
    command.args(["--root", &root, "--runroot", &run_root, "--storage-driver", "vfs"]);
    command.args(["--cgroup-manager", "cgroupfs", "--runtime", "runc", "--log-level", "error"]);
    command
}

fn run_container(host: &Host, more: &[&str], arguments: &[&str]) -> Command {
    let mut command = podman(host);
    command.args(["run", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"]);
    command.args(more).arg("syscope.test/busybox:1").args(arguments);
    command
}

#[test]
#[ignore = "root+bpf"]
fn podman_by_its_storage() {
    let host = Host::new();
    let _undo = Undo(|| {
        let _ = podman(&host).args(["rm", "-fat", "0"]).output();
        clean(&host.path(""));
    });
    run(podman(&host).args(["load", "-q", "-i"]).arg(host.image()));
    let resolver = host.resolver();
    let sleep = ["/bin/busybox", "sleep", "1000"];
    let mut ids = Vec::new();
    // Made anew under the same name: another container.
    for _ in 0..2 {
        let more = ["-d", "--name", "web", "--annotation", "app=web"];
        let id = output(&mut run_container(&host, &more, &sleep));
        let pid = output(podman(&host).args(["inspect", "-f", "{{.State.Pid}}", "web"]));
        let path = cgroup_of(pid.parse().unwrap());
        let (answer, _) = ask(&resolver, &path);
        let container = answer.owner.container().unwrap_or_else(|| panic!("{path}: {answer:?}"));
        assert_eq!((&*container.id, container.name.as_deref()), (&*id, Some("web")));
        assert_eq!(container.image.as_deref(), Some("syscope.test/busybox:1"));
        assert_eq!((answer.owner.source, container.runtime.as_deref()), (Source::Podman, Some("podman")));
        assert_eq!(answer.owner.doubt, None);
        measure(&resolver, "podman (storage)", &path);
        // The same id elsewhere is a forgery.
        let (answer, _) = ask(&resolver, &format!("/forged/libpod-{id}"));
        assert_eq!(answer.owner.kind_name(), "host");
        assert!(answer.owner.doubt.is_some_and(|doubt| doubt.contains(&path)));
        ids.push(id);
        run(podman(&host).args(["rm", "-ft", "0", "web"]));
    }
    assert_ne!(ids[0], ids[1]);
    short_lives(&host);
}

/// Containers that live 30 ms are known before they are gone.
fn short_lives(host: &Host) {
    let resolver = host.resolver();
    let parent = hierarchy().1.join("libpod_parent");
    for n in 0..5 {
        let name = format!("short-{}-{n}", std::process::id());
        let id_file = host.path(&name);
        let more = ["--rm", "--name", &name, "--cidfile", id_file.to_str().unwrap()];
        let mut child = run_container(host, &more, &["/bin/busybox", "usleep", "30000"]).spawn().unwrap();
        let id = wait_for("the id", Duration::from_secs(20), || {
            std::fs::read_to_string(&id_file).ok().filter(|id| id.len() == 64)
        });
        let leaf = format!("libpod-{id}");
        wait_for("the cgroup", Duration::from_secs(20), || parent.join(&leaf).exists().then_some(()));
        let (answer, took) = ask(&resolver, &format!("/libpod_parent/{leaf}"));
        let container = answer.owner.container().unwrap_or_else(|| panic!("{n}: {answer:?} after {took:?}"));
        assert_eq!(container.name.as_deref(), Some(&*name));
        println!("podman of 30 ms: known {took:?} after its cgroup was seen");
        assert!(child.wait().unwrap().success());
    }
}

//! Sessions in containers (`podman exec` and its like): in a filter from their first instruction, without what
//! the runtime does before.

use std::process::Command;

use serde_json::Value;
use syscope_testing::containers::processes::run;
use syscope_testing::containers::{Bundle, Containerd, Docker, Host, OciRuntime, Podman, Sandbox, Workload};

use super::watch::{Events, Watch, hex_id};

/// The calls of `/bin/true` in the root file system after its execve, as strace sees them.
fn reference(host: &Host) -> Vec<String> {
    let log = host.directory().join("strace.log");
    let mut command = Command::new("strace");
    command.arg("-o").arg(&log).arg("chroot").arg(host.rootfs().path()).args(["/bin/true", "mark-reference"]);
    run(&mut command);
    let text = std::fs::read_to_string(&log).expect("what strace wrote");
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name).collect();
    let last = names.iter().rposition(|name| *name == "execve").expect("an execve");
    names[last + 1..].iter().map(|name| (*name).to_owned()).collect()
}

/// The session's process shows its execve, then what strace shows of such a process; the runtime shows nothing.
fn check(events: &Events, mark: &str, expected: &[String]) {
    let found = events.of(mark);
    assert_eq!(found.len(), 1, "{mark}: {found:?}");
    let pid = &found[0]["process"]["pid"];
    let calls: Vec<&Value> = events.all().filter(|event| event["process"]["pid"] == *pid).collect();
    let names: Vec<&str> = calls.iter().filter_map(|event| event["syscall"]["name"].as_str()).collect();
    assert_eq!(names[0], "execve", "{mark}: the runtime is in it: {names:?}");
    assert_eq!(names[1..], *expected, "{mark}");
}

/// All that was seen is of programs in the container's root file system.
fn check_programs(events: &Events) {
    for event in events.all() {
        let program = event["process"]["exe"].as_str();
        assert_eq!(program, Some("/bin/busybox"), "{event}");
        assert!(!event["container"].is_null(), "{event}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn sessions_of_podman_are_traced_from_their_first_instruction() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    let expected = reference(&host);
    podman.start("box", &[], &["/bin/sleep", "1000"]);
    let probe = |mark: &str| {
        podman.exec("box", &["/bin/true", mark]);
    };
    let watch = Watch::calls_of(&["-c", "box,later"], &probe);
    podman.exec("box", &["/bin/true", "mark-session"]);
    // A container that comes later, whole: from its first program on.
    podman.run("later", &[], &["/bin/true", "mark-later"]);
    for mark in ["mark-session", "mark-later"] {
        watch.until_events(mark, |events| is_whole(events, mark));
    }
    let events = watch.end();
    check(&events, "mark-session", &expected);
    check(&events, "mark-later", &expected);
    check_programs(&events);
}

/// Whether the end of a mark's process was seen, too.
fn is_whole(events: &Events, mark: &str) -> bool {
    let Some(first) = events.of(mark).first().map(|event| event["process"]["pid"].clone()) else {
        return false;
    };
    events.all().any(|event| event["process"]["pid"] == first && event["syscall"]["name"] == "exit_group")
}

#[test]
#[ignore = "root+bpf"]
fn sessions_of_runc_and_docker_are_traced_from_their_first_instruction() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let docker = Docker::start(&host);
    let expected = reference(&host);
    let (id, later) = (hex_id(1), hex_id(2));
    runc.start(&id, &Bundle::new(&host, &["/bin/sleep", "1000"]));
    docker.container("docker-box", &[], &["/bin/sleep", "1000"]);
    let probe = |mark: &str| {
        runc.exec(&id, &["/bin/true", mark]);
    };
    let watch = Watch::calls_of(&["-c", &format!("{id},{later},docker-box")], &probe);
    runc.exec(&id, &["/bin/true", "mark-runc"]);
    docker.exec("docker-box", &["/bin/true", "mark-docker"]);
    runc.run(&later, &Bundle::new(&host, &["/bin/true", "mark-later"]));
    let marks = ["mark-runc", "mark-docker", "mark-later"];
    for mark in marks {
        watch.until_events(mark, |events| is_whole(events, mark));
    }
    let events = watch.end();
    for mark in marks {
        check(&events, mark, &expected);
    }
    check_programs(&events);
}

#[test]
#[ignore = "root+bpf"]
fn sessions_of_containerd_are_traced_from_their_first_instruction() {
    let host = Host::enter();
    let containerd = Containerd::start(&host);
    let cri = containerd.cri();
    let expected = reference(&host);
    let pod = cri.pod(&Sandbox::new("prod", "pod-session"));
    let id = cri.start(&pod, &Workload::new("main", &["/bin/sleep", "1000"]));
    containerd.container("ctr-session", &[], &["/bin/sleep", "1000"]);
    let probe = |mark: &str| {
        cri.exec(&id, &["/bin/true", mark]);
    };
    let watch = Watch::calls_of(&["-c", "main,later,ctr-session"], &probe);
    cri.exec(&id, &["/bin/true", "mark-cri"]);
    containerd.exec("ctr-session", "session", &["/bin/true", "mark-ctr"]);
    cri.start(&pod, &Workload::new("later", &["/bin/true", "mark-later"]));
    let marks = ["mark-cri", "mark-ctr", "mark-later"];
    for mark in marks {
        watch.until_events(mark, |events| is_whole(events, mark));
    }
    let events = watch.end();
    for mark in marks {
        check(&events, mark, &expected);
    }
    check_programs(&events);
}

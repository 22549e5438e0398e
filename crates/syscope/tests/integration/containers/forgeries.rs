//! Cgroups with the names of containers that are none. (Those inside containers: see `nested`.)

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use syscope_testing::containers::cgroups::{Directory, Hierarchy, hierarchies};
use syscope_testing::containers::{Containerd, Docker, Host, OciRuntime, Podman, Sandbox, Workload};

use super::watch::{Events, Watch, hex_id, ticking};

/// Ticks in a row that settle a question.
const TICKS: usize = 10;

/// A process that ticks in cgroups of this path, in every hierarchy.
struct Forgery {
    ticker: Child,
    _directories: Vec<Directory>,
}

impl Forgery {
    fn start(path: &str, mark: &str) -> Forgery {
        // A new cpuset takes nobody before it is told its processors.
        let hierarchies: Vec<Hierarchy> =
            hierarchies().into_iter().filter(|hierarchy| hierarchy.name != "cpuset").collect();
        let directories: Vec<Directory> =
            hierarchies.iter().map(|hierarchy| Directory::make(hierarchy.mount.join(path))).collect();
        let script = ticking(mark)[2].clone();
        // It is in its place before its first program runs there.
        let moves: Vec<String> = hierarchies
            .iter()
            .map(|hierarchy| format!("echo 0 >{}", hierarchy.mount.join(path).join("cgroup.procs").display()))
            .collect();
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!("{}; {script}", moves.join("; ")))
            .stdin(Stdio::null())
            .process_group(0);
        Forgery { ticker: command.spawn().expect("start a shell"), _directories: directories }
    }
}

impl Drop for Forgery {
    fn drop(&mut self) {
        let _ = self.ticker.kill();
        let _ = self.ticker.wait();
    }
}

/// Whether a path may be believed until the runtime, which may just be making the container, has denied it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    Never,
    ByPath,
}

/// What is wrong with the events of this mark, which in the end, and perhaps from the beginning, are of no container.
fn wrong(events: &Events, mark: &str, meanwhile: Meanwhile) -> Option<String> {
    let found = events.of(mark);
    let believed: Vec<&&Value> = found.iter().filter(|event| !event["container"].is_null()).collect();
    let by_path =
        |event: &&&&Value| event["owner"]["source"] == "path" && event["container"]["name"].is_null();
    if meanwhile == Meanwhile::Never || believed.iter().filter(by_path).count() < believed.len() {
        return believed
            .iter()
            .find(|event| meanwhile == Meanwhile::Never || !by_path(event))
            .map(|event| format!("{mark} is believed: {event}"));
    }
    let settled = found.iter().rev().take_while(|event| event["container"].is_null()).count();
    (settled < TICKS || settled + believed.len() < found.len())
        .then(|| format!("{mark} is believed again or still: {}", found[found.len() - 1]))
}

#[test]
#[ignore = "root+bpf"]
fn a_users_scope_is_no_container() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    // Also with the id of a container that exists.
    let real = podman.start("real", &[], &["/bin/sleep", "1000"]);
    let manager = "user.slice/user-1000.slice/user@1000.service";
    let made_up = hex_id(1);
    let places = [
        format!("{manager}/{made_up}.scope"),
        format!("{manager}/user.slice/libpod-{made_up}.scope"),
        format!("{manager}/app.slice/docker-{made_up}.scope"),
        format!("{manager}/user.slice/libpod-{real}.scope"),
        format!("{manager}/user.slice/libpod-{real}.scope/container"),
        format!("{manager}/libpod_parent/libpod-{real}"),
        format!("{manager}/kubepods/burstable/pod0a1b2c3d-0000-4000-8000-000000000000/{real}"),
        format!("user.slice/user-1000.slice/session-3.scope/{made_up}"),
    ];
    host.own("user-1000.slice");
    check_places(&places, Meanwhile::Never);
}

/// Places that only root can make, with an id that the runtime which owns them does not know.
#[test]
#[ignore = "root+bpf"]
fn a_runtime_that_answers_refutes_what_it_does_not_know() {
    let host = Host::enter();
    let docker = Docker::start(&host);
    let containerd = Containerd::start(&host);
    let cri = containerd.cri();
    let sandbox = Sandbox::new("prod", "pod-real");
    let pod = cri.pod(&sandbox);
    let real = cri.start(&pod, &Workload::new("main", &["/bin/sleep", "1000"]));
    let docker_real = docker.container("real", &[], &["/bin/sleep", "1000"]);
    let made_up = hex_id(1);
    let service = format!("syscope-it-{}.service", std::process::id());
    host.own(&made_up);
    host.own(&service);
    host.own("user-1000.slice");
    let made_up_places = [
        format!("docker/{made_up}"),
        format!("system.slice/docker-{made_up}.scope"),
        format!("system.slice/{service}/docker/{made_up}"),
        format!("kubepods/burstable/pod{}/{made_up}", sandbox.uid),
        format!("kubepods/pod0a1b2c3d-0000-4000-8000-000000000000/{made_up}"),
        format!("system.slice/cri-containerd-{made_up}.scope"),
    ];
    check_places(&made_up_places, Meanwhile::ByPath);
    // The ids exist, their cgroups are others.
    let real_places = [
        format!("forged-{made_up}/kubepods/burstable/pod{}/{real}", sandbox.uid),
        format!("user.slice/user-1000.slice/user@1000.service/user.slice/docker-{docker_real}.scope"),
        format!("user.slice/user-1000.slice/user@1000.service/docker/{docker_real}"),
        format!("user.slice/user-1000.slice/user@1000.service/kubepods/burstable/pod{}/{real}", sandbox.uid),
    ];
    check_places(&real_places, Meanwhile::ByPath);
    drop(docker);
}

fn check_places(places: &[String], meanwhile: Meanwhile) {
    let mark = |number: usize| format!("mark-forged-{number}");
    // One half exists before Syscope, one half is made meanwhile.
    let start = |number: usize| Forgery::start(&places[number], &mark(number));
    let before: Vec<Forgery> = (0..places.len()).step_by(2).map(start).collect();
    let watch = Watch::execs();
    let after: Vec<Forgery> = (1..places.len()).step_by(2).map(start).collect();
    for number in 0..places.len() {
        // Until it is of no container for a while, or long enough for every question to have been answered.
        let settled = |events: &[&Value]| {
            let last = events.iter().rev().take_while(|event| event["container"].is_null()).count();
            last > 2 * TICKS || events.len() > 200
        };
        watch.until_events("ticks", |events| settled(&events.of(&mark(number))));
    }
    let events = watch.end();
    let wrong: Vec<String> =
        (0..places.len()).filter_map(|number| wrong(&events, &mark(number), meanwhile)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    drop((before, after));
}

/// What runs in a service is of the service, whatever its cgroups inside are called.
#[test]
#[ignore = "root+bpf"]
fn a_service_with_a_name_like_a_container_is_a_service() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let real = hex_id(1);
    let bundle = syscope_testing::containers::Bundle::new(&host, &["/bin/sleep", "1000"]);
    runc.start(&real, &bundle);
    let service = format!("syscope-it-{}.service", std::process::id());
    let place = format!("system.slice/{service}/{real}");
    host.own(&service);
    check_places(&[place], Meanwhile::Never);
}

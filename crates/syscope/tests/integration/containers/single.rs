//! Containers on one machine: Podman, Docker Engine, runc and crun by hand.

use std::thread;
use std::time::Duration;

use syscope_testing::containers::processes::output;
use syscope_testing::containers::{Bundle, Docker, Host, OciRuntime, Podman, docker, podman};

use super::watch::{Watch, hex_id, ticking};

#[test]
#[ignore = "root+bpf"]
fn podman_containers_are_told_apart() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    let tick = |name: &str, flags: &[&str]| {
        let args = ticking(&format!("mark-{name}"));
        podman.start(name, flags, &args.each_ref().map(String::as_str))
    };
    let early = tick("early", &[]);
    let watch = Watch::execs();
    podman.pod("group", "pid", &[]);
    let containers = [
        ("early", early),
        ("late", tick("late", &[])),
        ("a", tick("a", &["--pod", "group"])),
        ("b", tick("b", &["--pod", "group"])),
        ("node", tick("node", &["--pid", "host"])),
        ("own-parent", tick("own-parent", &["--cgroup-parent", "/libpod_parent/mine"])),
    ];
    for (name, _) in &containers {
        podman.exec(name, &["/bin/true", &format!("mark-s-{name}")]);
        watch.until(&format!("mark-{name}"));
        watch.until(&format!("mark-s-{name}"));
    }
    let events = watch.end();
    for (name, id) in &containers {
        for mark in [format!("mark-{name}"), format!("mark-s-{name}")] {
            let fields =
                [("id", id.as_str()), ("name", name), ("image", podman::IMAGE), ("runtime", "podman")];
            events.check(&mark, &fields);
        }
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_name_that_comes_again_is_another_container() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    let watch = Watch::execs();
    let ids: Vec<String> = (0..4)
        .map(|time| {
            let id = podman.start(
                "again",
                &[],
                &["/bin/sh", "-c", &format!("/bin/true mark-{time}; /bin/sleep 1000")],
            );
            watch.until(&format!("mark-{time}"));
            podman.remove("again");
            id
        })
        .collect();
    // The same container, stopped and started: its cgroup is another one.
    let id = podman.start("again", &[], &["/bin/sh", "-c", "/bin/true mark-twice; /bin/sleep 1000"]);
    podman.podman(&["restart", "--time", "0", "again"]);
    watch.until_events("a second start", |events| events.of("mark-twice").len() == 2);
    let events = watch.end();
    for (time, id) in ids.iter().enumerate() {
        events.check(&format!("mark-{time}"), &[("id", id), ("name", "again")]);
    }
    events.check("mark-twice", &[("id", &id), ("name", "again")]);
}

#[test]
#[ignore = "root+bpf"]
fn docker_containers_are_told_apart() {
    let host = Host::enter();
    let docker = Docker::start(&host);
    let tick = |name: &str, flags: &[&str]| {
        let args = ticking(&format!("mark-{name}"));
        docker.container(name, flags, &args.each_ref().map(String::as_str))
    };
    let early = tick("early", &[]);
    let watch = Watch::execs();
    let late = tick("late", &["--label", "tier=test"]);
    let shared = tick("shared", &["--pid", "container:early"]);
    let node = tick("node", &["--pid", "host"]);
    let containers = [("early", early), ("late", late), ("shared", shared), ("node", node)];
    for (name, _) in &containers {
        docker.exec(name, &["/bin/true", &format!("mark-s-{name}")]);
        watch.until(&format!("mark-{name}"));
        watch.until(&format!("mark-s-{name}"));
    }
    let events = watch.end();
    for (name, id) in &containers {
        for mark in [format!("mark-{name}"), format!("mark-s-{name}")] {
            let fields =
                [("id", id.as_str()), ("name", name), ("image", docker::IMAGE), ("runtime", "docker")];
            events.check(&mark, &fields);
        }
    }
    for event in events.of("mark-late") {
        assert_eq!(event["container"]["labels"]["tier"], "test", "{event}");
    }
}

/// Without any daemon: the state files of the runtimes are all there is.
#[test]
#[ignore = "root+bpf"]
fn containers_of_oci_runtimes_are_told_apart() {
    let host = Host::enter();
    for (runtime, kind) in [(OciRuntime::runc(&host), "runc"), (OciRuntime::crun(&host), "crun")] {
        let tick = |name: &str, id: &str, change: &dyn Fn(Bundle) -> Bundle| {
            let args = ticking(&format!("mark-{name}"));
            runtime.start(id, &change(Bundle::new(&host, &args.each_ref().map(String::as_str))))
        };
        let ids: [String; 4] = std::array::from_fn(|number| hex_id(number as u32));
        let named = format!("oci-named-{kind}");
        let first = tick("early", &ids[0], &|bundle| bundle);
        let watch = Watch::execs();
        tick("shared", &ids[1], &|bundle| bundle.sharing("pid", first));
        tick("node", &ids[2], &|bundle| bundle.without_namespace("pid"));
        tick("deep", &ids[3], &|bundle| bundle.cgroup(&format!("/oci-deep-{kind}/a/b/{}", ids[3])));
        host.own(&format!("oci-deep-{kind}"));
        // Neither the id nor the path looks like a container's.
        tick("named", &named, &|bundle| bundle);
        let marks = ["early", "shared", "node", "deep", "named"].map(|name| format!("mark-{name}"));
        let ids = [&ids[0], &ids[1], &ids[2], &ids[3], &named];
        for (mark, id) in marks.iter().zip(ids) {
            runtime.exec(id, &["/bin/true", &format!("{mark}-session")]);
            watch.until(mark);
            watch.until(&format!("{mark}-session"));
        }
        let events = watch.end();
        for (mark, id) in marks.iter().zip(ids) {
            events.check(mark, &[("id", id), ("runtime", kind)]);
            events.check(&format!("{mark}-session"), &[("id", id), ("runtime", kind)]);
        }
    }
}

/// Sessions from the first moment that the runtime lets them in.
#[test]
#[ignore = "root+bpf"]
fn sessions_during_a_start_are_of_the_container() {
    let host = Host::enter();
    let (runc, podman) = (OciRuntime::runc(&host), Podman::new(&host));
    let watch = Watch::execs();
    // It is made, its first program does not run yet.
    let made = hex_id(0);
    runc.create(&made, &Bundle::new(&host, &["/bin/sh", "-c", "/bin/true mark-first; /bin/sleep 1000"]));
    runc.exec(&made, &["/bin/true", "mark-before"]);
    runc.release(&made);
    runc.exec(&made, &["/bin/true", "mark-after"]);

    let id = thread::scope(|scope| {
        scope.spawn(|| {
            let session = || output(podman.command(&["exec", "busy"]).args(["/bin/true", "mark-eager"]));
            while !session().status.success() {
                thread::sleep(Duration::from_millis(1));
            }
        });
        podman.start("busy", &[], &["/bin/sh", "-c", "/bin/true mark-start; /bin/sleep 1000"])
    });
    for mark in ["mark-first", "mark-before", "mark-after", "mark-eager", "mark-start"] {
        watch.until(mark);
    }
    let events = watch.end();
    for mark in ["mark-first", "mark-before", "mark-after"] {
        events.check_id(mark, &made);
    }
    for mark in ["mark-eager", "mark-start"] {
        events.check(mark, &[("id", &id), ("name", "busy")]);
    }
}

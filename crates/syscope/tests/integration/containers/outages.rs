//! Runtimes that hang or die: nothing is lost, nothing known is forgotten, nothing else waits.

use std::time::{Duration, Instant};

use syscope_testing::containers::{Bundle, Containerd, Docker, Host, OciRuntime, Podman, Sandbox, Workload};

use super::watch::{Watch, hex_id, mark_on_host, ticking};

/// Waits for more ticks and for a mark of the host, which must not be held up.
fn check_goes_on(watch: &Watch, ticks: &str, host: &str) {
    let before = watch.events().of(ticks).len();
    let begin = Instant::now();
    mark_on_host(host);
    watch.until(host);
    assert!(begin.elapsed() < Duration::from_secs(5), "an event of the host waited {:?}", begin.elapsed());
    watch.until_events("more ticks", |events| events.of(ticks).len() > before + 10);
}

#[test]
#[ignore = "root+bpf"]
fn a_containerd_that_hangs_or_dies_loses_nothing() {
    let host = Host::enter();
    let mut containerd = Containerd::start(&host);
    let (runc, podman) = (OciRuntime::runc(&host), Podman::new(&host));
    let cri = containerd.cri();
    let args = ticking("mark-pod");
    let args = args.each_ref().map(String::as_str);
    let pod = cri.pod(&Sandbox::new("prod", "pod-known"));
    let known = cri.start(&pod, &Workload::new("main", &args));
    let watch = Watch::execs();
    watch.until("mark-pod");

    containerd.daemon().freeze();
    check_goes_on(&watch, "mark-pod", "mark-host-1");
    // Other runtimes answer as before.
    let by_runc = hex_id(1);
    runc.run(&by_runc, &Bundle::new(&host, &["/bin/true", "mark-runc"]));
    let by_podman = podman.run("meanwhile", &[], &["/bin/true", "mark-podman"]);
    watch.until("mark-runc");
    watch.until("mark-podman");
    containerd.daemon().thaw();
    // It takes a moment until it is asked again.
    let (thawed, thawed_name) = (0..20)
        .find_map(|n| {
            let (name, mark) = (format!("thawed-{n}"), format!("mark-thawed-{n}"));
            let id = cri.start(&pod, &Workload::new(&name, &["/bin/true", &mark]));
            watch.until(&mark);
            let events = watch.events();
            let found =
                events.of(&mark).last().is_some_and(|event| event["container"]["name"] == name.as_str());
            found.then_some((id, name))
        })
        .expect("it is asked again after it was thawed");

    containerd.daemon().kill();
    check_goes_on(&watch, "mark-pod", "mark-host-2");
    containerd.restart();
    let cri = containerd.cri();
    cri.exec(&known, &["/bin/true", "mark-session"]);
    let again = cri.start(&pod, &Workload::new("again", &["/bin/true", "mark-again"]));
    watch.until("mark-session");
    watch.until("mark-again");
    let events = watch.end();
    let fields = [("id", known.as_str()), ("name", "main"), ("pod", "pod-known"), ("namespace", "prod")];
    events.check("mark-pod", &fields);
    events.check("mark-session", &fields);
    events.check_id("mark-runc", &by_runc);
    events.check("mark-podman", &[("id", &by_podman), ("name", "meanwhile")]);
    let mark = format!("mark-{thawed_name}");
    events.check(&mark, &[("id", &thawed), ("name", &thawed_name), ("pod", "pod-known")]);
    events.check("mark-again", &[("id", &again), ("name", "again"), ("pod", "pod-known")]);
    events.check_none("mark-host-1");
    events.check_none("mark-host-2");
}

/// A container that starts while its runtime hangs: what its path says is all there is, and is said so.
#[test]
#[ignore = "root+bpf"]
fn a_docker_that_hangs_at_start_delays_nothing_for_long() {
    let host = Host::enter();
    let mut docker = Docker::start(&host);
    let args = ticking("mark-docker");
    let id = docker.container("known", &[], &args.each_ref().map(String::as_str));
    docker.daemon().freeze();
    let watch = Watch::execs();
    watch.until("mark-docker");
    check_goes_on(&watch, "mark-docker", "mark-host");
    // The container's own events came: with the id from the path, made by root, or as unknown.
    for event in watch.events().of("mark-docker") {
        let found = &event["container"]["id"];
        assert!(found.is_null() || *found == id.as_str(), "{event}");
    }
    docker.daemon().thaw();
    watch.until_events("the name becomes known", |events| {
        events.of("mark-docker").last().is_some_and(|event| event["container"]["name"] == "known")
    });
    watch.end();
}

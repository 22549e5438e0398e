//! Pods, as a kubelet makes them through CRI.

use syscope_testing::containers::containerd::IMAGE;
use syscope_testing::containers::cri::{Pids, Pod};
use syscope_testing::containers::{Containerd, Cri, Host, Sandbox, Workload};

use super::watch::{Watch, ticking};

/// Starts a container that ticks with `mark-NAME`; returns its id.
fn ticker(cri: &Cri, pod: &Pod, name: &str) -> String {
    let args = ticking(&format!("mark-{name}"));
    cri.start(pod, &Workload::new(name, &args.each_ref().map(String::as_str)))
}

#[test]
#[ignore = "root+bpf"]
fn containers_of_pods_are_told_apart() {
    let host = Host::enter();
    let containerd = Containerd::start(&host);
    let cri = containerd.cri();
    // Before Syscope: it runs on, and gets sessions.
    let early = cri.pod(&Sandbox::new("prod", "pod-early"));
    let early_id = ticker(&cri, &early, "early");
    let watch = Watch::execs();

    let shared = cri.pod(&Sandbox::new("prod", "pod-shared").seeing(Pids::Pod));
    let (a, b) = (ticker(&cri, &shared, "a"), ticker(&cri, &shared, "b"));
    let node = cri.pod(&Sandbox::new("test", "pod-node").seeing(Pids::Host));
    let node_id = ticker(&cri, &node, "node");
    for (id, mark) in
        [(&early_id, "mark-s-early"), (&a, "mark-s-a"), (&b, "mark-s-b"), (&node_id, "mark-s-node")]
    {
        cri.exec(id, &["/bin/true", mark]);
    }
    for mark in ["mark-early", "mark-a", "mark-b", "mark-node", "mark-s-node"] {
        watch.until(mark);
    }
    let events = watch.end();
    let expected = [
        ("early", &early_id, "pod-early", "prod"),
        ("a", &a, "pod-shared", "prod"),
        ("b", &b, "pod-shared", "prod"),
        ("node", &node_id, "pod-node", "test"),
    ];
    for (name, id, pod, namespace) in expected {
        let fields = [
            ("id", id.as_str()),
            ("name", name),
            ("pod", pod),
            ("namespace", namespace),
            ("image", IMAGE),
            ("runtime", "containerd"),
        ];
        events.check(&format!("mark-{name}"), &fields);
        events.check(&format!("mark-s-{name}"), &fields);
        for event in events.of(&format!("mark-{name}")) {
            assert_eq!(event["container"]["labels"]["app"], pod, "{event}");
            assert_eq!(event["container"]["labels"]["tier"], "test", "{event}");
        }
    }
    events.check_none("mark-probe");
}

#[test]
#[ignore = "root+bpf"]
fn a_container_that_comes_again_is_another_one() {
    let host = Host::enter();
    let containerd = Containerd::start(&host);
    let cri = containerd.cri();
    let watch = Watch::execs();
    let pod = cri.pod(&Sandbox::new("prod", "pod-again"));
    let mut ids = Vec::new();
    for attempt in 0..3 {
        let args = ticking(&format!("mark-{attempt}"));
        let workload = Workload { attempt, ..Workload::new("again", &args.each_ref().map(String::as_str)) };
        let id = cri.start(&pod, &workload);
        watch.until(&format!("mark-{attempt}"));
        cri.remove(&id);
        ids.push(id);
    }
    let events = watch.end();
    for (attempt, id) in ids.iter().enumerate() {
        events.check(&format!("mark-{attempt}"), &[("id", id), ("name", "again"), ("pod", "pod-again")]);
    }
}

#[test]
#[ignore = "root+bpf"]
fn containers_of_ctr_are_known_too() {
    let host = Host::enter();
    let containerd = Containerd::start(&host);
    let args = ticking("mark-early");
    containerd.container("ctr-early", &[], &args.each_ref().map(String::as_str));
    let watch = Watch::execs();
    let args = ticking("mark-late");
    containerd.container("ctr-late", &[], &args.each_ref().map(String::as_str));
    containerd.exec("ctr-early", "session", &["/bin/true", "mark-s-early"]);
    for mark in ["mark-early", "mark-late", "mark-s-early"] {
        watch.until(mark);
    }
    let events = watch.end();
    events.check("mark-early", &[("id", "ctr-early"), ("image", IMAGE), ("runtime", "containerd")]);
    events.check("mark-s-early", &[("id", "ctr-early")]);
    events.check("mark-late", &[("id", "ctr-late"), ("image", IMAGE), ("runtime", "containerd")]);
}

//! N failing and M good calls are N and M, asked through Prometheus.

use syscope_testing::containers::{Containerd, Host, Podman, Sandbox, Workload};

use super::{Agent, Prometheus, calls};

/// The calls of openat with this result, as one series of who and result.
fn opens(container: &str, err: &str) -> String {
    format!(
        "sum by (namespace, pod, container, err) (syscope_syscalls_total{{container=\"{container}\",syscall=\"openat\",err=\"{err}\"}})"
    )
}

/// Waits for exactly so many good and failing calls of a Podman container, and no other result.
fn until_opens(prometheus: &Prometheus, container: &str, good: f64, bad: f64) {
    for (err, count) in [("OK", good), ("ENOENT", bad)] {
        prometheus.until_is(&opens(container, err), &[(&[("container", container), ("err", err)], count)]);
    }
    let all = format!("sum(syscope_syscalls_total{{container=\"{container}\",syscall=\"openat\"}})");
    prometheus.until_is(&all, &[(&[], good + bad)]);
}

#[test]
#[ignore = "root+bpf"]
fn calls_of_podman_containers() {
    let host = Host::enter();
    calls::install(&host);
    let podman = Podman::new(&host);
    // One is there before the agent, and idle.
    podman.start("early", &[], &calls::words(&calls::of_one_that_stays(9, 9)));
    let agent = Agent::start(&host, &["--metrics-latency"]);
    let prometheus = Prometheus::scraping(&host, &agent);
    podman.start("one", &[], &calls::words(&calls::of_one_that_stays(1200, 345)));
    podman.start("none", &[], &calls::words(&calls::of_one_that_stays(0, 7)));
    podman.run("short", &[], &calls::words(&calls::of(3, 4)));
    until_opens(&prometheus, "one", 1200.0, 345.0);
    until_opens(&prometheus, "short", 3.0, 4.0);
    prometheus.until_is(&opens("none", "ENOENT"), &[(&[("container", "none"), ("err", "ENOENT")], 7.0)]);
    assert_eq!(prometheus.query(&opens("none", "OK")), [], "there is no series of what was never counted");
    // What a session calls is the container's; what the runtime calls to make the session is not.
    for _ in 0..3 {
        podman.exec("one", &calls::words(&calls::of(5, 6)));
        podman.exec("early", &calls::words(&calls::of(5, 6)));
    }
    until_opens(&prometheus, "one", 1215.0, 363.0);
    until_opens(&prometheus, "early", 15.0, 18.0);
    // The histogram has as many calls as the counters.
    prometheus.until_is(
        "sum by (container) (syscope_syscall_duration_seconds_count{container=~\"one|short\",syscall=\"openat\"}) \
         == sum by (container) (syscope_syscalls_total{container=~\"one|short\",syscall=\"openat\"})",
        &[(&[("container", "one")], 1578.0), (&[("container", "short")], 7.0)],
    );
    // What Prometheus knows of the agent is not said of who calls: not of containers, nor of what is in none.
    assert_eq!(prometheus.query("syscope_syscalls_total{namespace=\"monitoring\"}"), []);
    assert_eq!(prometheus.query("syscope_syscalls_total{exported_namespace=~\".*.\"}"), []);
    // A rate over seconds is what was called in them, nothing was taken back.
    assert_eq!(prometheus.query("max(resets(syscope_syscalls_total{container!=\"\"}[1h])) > 0"), []);
    until_opens(&prometheus, "one", 1215.0, 363.0);
}

/// The runtime is at work inside the cgroup before the program begins, also before the kernel has told that it was moved there:
/// none of its calls is the program's, which opens nothing that exists.
#[test]
#[ignore = "root+bpf"]
fn calls_of_many_starts() {
    let host = Host::enter();
    calls::install(&host);
    let podman = Podman::new(&host);
    podman.start("stays", &[], &calls::words(&calls::of_one_that_stays(0, 1)));
    let agent = Agent::start(&host, &[]);
    let prometheus = Prometheus::scraping(&host, &agent);
    for number in 0..30 {
        podman.run(&format!("starts-{number}"), &[], &calls::words(&calls::of(0, 3)));
        podman.start(
            &format!("starts-{number}-and-stays"),
            &[],
            &calls::words(&calls::of_one_that_stays(0, 3)),
        );
        podman.exec("stays", &calls::words(&calls::of(0, 5)));
    }
    let all = |name: &str, err: &str| {
        format!(
            "sum by (err) (syscope_syscalls_total{{container=~\"{name}.*\",syscall=\"openat\",err=\"{err}\"}})"
        )
    };
    prometheus.until_is(&all("starts", "ENOENT"), &[(&[("err", "ENOENT")], 180.0)]);
    prometheus.until_is(&all("stays", "ENOENT"), &[(&[("err", "ENOENT")], 150.0)]);
    let good = prometheus.query(&all("st", "OK"));
    assert_eq!(good, [], "the programs open nothing that exists");
}

/// Two of the questions that the metrics are for.
#[test]
#[ignore = "root+bpf"]
fn calls_of_pods() {
    let host = Host::enter();
    calls::install(&host);
    let containerd = Containerd::start(&host);
    let cri = containerd.cri();
    let agent = Agent::start(&host, &[]);
    let prometheus = Prometheus::scraping(&host, &agent);
    let pods = ["web-0", "web-1", "web-2"].map(|name| cri.pod(&Sandbox::new("shop", name)));
    let other = cri.pod(&Sandbox::new("test", "web-0-test"));
    let start = |pod, name: &str, good, bad| {
        cri.start(pod, &Workload::new(name, &calls::words(&calls::of_one_that_stays(good, bad))))
    };
    start(&pods[0], "web", 700, 30);
    let side = start(&pods[0], "side", 10, 500);
    start(&pods[1], "web", 4000, 1);
    start(&pods[2], "web", 0, 77);
    start(&other, "web", 55, 66);
    cri.exec(&side, &calls::words(&calls::of(2, 20)));

    // What fails in a namespace? The opens of the sandboxes' own program are none.
    let expected: [(&[(&str, &str)], f64); 2] = [(&[("err", "OK")], 4712.0), (&[("err", "ENOENT")], 628.0)];
    prometheus.until_is(
        "sort_desc(sum(syscope_syscalls_total{namespace=\"shop\",syscall=\"openat\"}) by (err))",
        &expected,
    );
    let found = prometheus
        .until("sort_desc(sum(syscope_syscalls_total{namespace=\"shop\"}) by (err))", |found| {
            found.len() >= 2
        });
    assert!(found.is_sorted_by(|a, b| a.1 >= b.1), "{found:?}");
    assert_eq!(found[0].0["err"], "OK", "{found:?}");
    let failed = found.iter().find(|(labels, _)| labels["err"] == "ENOENT").expect("openat failed");
    assert_eq!(failed.1, 628.0, "nothing else fails so here: {found:?}");

    // Which pods open most?
    prometheus.until_is(
        "sort_desc(sum(syscope_syscalls_total{namespace=\"shop\",syscall=\"openat\"}) by (namespace,pod))",
        &[
            (&[("namespace", "shop"), ("pod", "web-1")], 4001.0),
            (&[("namespace", "shop"), ("pod", "web-0")], 1262.0),
            (&[("namespace", "shop"), ("pod", "web-2")], 77.0),
        ],
    );
    // Containers of one name in several pods are told apart, and so are namespaces.
    prometheus.until_is(
        "sort_desc(sum(syscope_syscalls_total{container=\"web\",syscall=\"openat\",err=\"ENOENT\"}) by (namespace,pod,container))",
        &[
            (&[("container", "web"), ("namespace", "shop"), ("pod", "web-2")], 77.0),
            (&[("container", "web"), ("namespace", "test"), ("pod", "web-0-test")], 66.0),
            (&[("container", "web"), ("namespace", "shop"), ("pod", "web-0")], 30.0),
            (&[("container", "web"), ("namespace", "shop"), ("pod", "web-1")], 1.0),
        ],
    );
}

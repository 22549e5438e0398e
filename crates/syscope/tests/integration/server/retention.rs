//! How long series live.

use syscope_testing::containers::{Containerd, Host, Podman, Sandbox, Workload};

use super::{Agent, Prometheus, calls};

fn failing(container: &str) -> String {
    format!("sum(syscope_syscalls_total{{container=\"{container}\",syscall=\"openat\",err=\"ENOENT\"}})")
}

#[test]
#[ignore = "root+bpf"]
fn series_go_some_time_after_their_container() {
    let host = Host::enter();
    calls::install(&host);
    let (podman, containerd) = (Podman::new(&host), Containerd::start(&host));
    let cri = containerd.cri();
    let agent = Agent::start(&host, &["--metrics-retention", "3s"]);
    let prometheus = Prometheus::scraping(&host, &agent);
    podman.start("stays", &[], &calls::words(&calls::of_one_that_stays(1, 11)));
    podman.start("goes", &[], &calls::words(&calls::of_one_that_stays(1, 22)));
    let pod = cri.pod(&Sandbox::new("shop", "web-0"));
    let web = cri.start(&pod, &Workload::new("web", &calls::words(&calls::of_one_that_stays(1, 33))));
    for (name, count) in [("stays", 11.0), ("goes", 22.0), ("web", 33.0)] {
        prometheus.until_is(&failing(name), &[(&[], count)]);
    }
    podman.remove("goes");
    cri.remove(&web);
    prometheus.until_is("syscope_syscalls_total{container=~\"goes|web\"}", &[]);
    prometheus.until_is(&failing("stays"), &[(&[], 11.0)]);
    // The next one of the name begins anew.
    podman.start("goes", &[], &calls::words(&calls::of_one_that_stays(1, 5)));
    prometheus.until_is(&failing("goes"), &[(&[], 5.0)]);
    assert_eq!(prometheus.query("syscope_syscalls_folded_total > 0"), []);
}

#[test]
#[ignore = "root+bpf"]
fn a_container_that_is_started_again_goes_on() {
    let host = Host::enter();
    calls::install(&host);
    let (podman, containerd) = (Podman::new(&host), Containerd::start(&host));
    let cri = containerd.cri();
    let agent = Agent::start(&host, &[]);
    let prometheus = Prometheus::scraping(&host, &agent);
    let args = calls::of_one_that_stays(1, 10);
    let args = calls::words(&args);
    podman.start("again", &[], &args);
    prometheus.until_is(&failing("again"), &[(&[], 10.0)]);
    // The same container, then another one of its name.
    podman.podman(&["restart", "--time", "0", "again"]);
    prometheus.until_is(&failing("again"), &[(&[], 20.0)]);
    podman.remove("again");
    podman.start("again", &[], &args);
    prometheus.until_is(&failing("again"), &[(&[], 30.0)]);
    // And as a kubelet does it: another container, the same name, one attempt more.
    let pod = cri.pod(&Sandbox::new("shop", "web-0"));
    for attempt in 0..3 {
        let id = cri.start(&pod, &Workload { attempt, ..Workload::new("web", &args) });
        prometheus.until_is(&failing("web"), &[(&[], 10.0 * f64::from(attempt + 1))]);
        cri.remove(&id);
    }
    // To Prometheus it is one counter that never was reset.
    prometheus.until_is("max(resets(syscope_syscalls_total{container=~\"again|web\"}[1h]))", &[(&[], 0.0)]);
}

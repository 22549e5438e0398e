//! Containers that were asked for: by name, id, image, pod, namespace and label, also those that come later.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;

use syscope_testing::containers::cgroups::{Directory, tracked};
use syscope_testing::containers::containerd::IMAGE;
use syscope_testing::containers::cri::Pod;
use syscope_testing::containers::{Containerd, Cri, Host, Podman, Sandbox, Workload, podman};

use super::watch::{Watch, hex_id, mark_on_host, ticking};
use crate::support::{run, syscope};

/// Starts a container that ticks with `mark-NAME`; returns its id.
fn ticker(cri: &Cri, pod: &Pod, name: &str) -> String {
    let args = ticking(&format!("mark-{name}"));
    cri.start(pod, &Workload::new(name, &args.each_ref().map(String::as_str)))
}

/// A filter, and the containers it is for.
type Case<'a> = (Vec<&'a str>, &'a [&'a str]);

/// Runs with each of the filters at the same time; each sees its containers and no other program.
fn check(cases: &[Case<'_>], probe: &dyn Fn(&str), meanwhile: impl FnOnce()) {
    let watches: Vec<Watch> = cases
        .iter()
        .enumerate()
        .map(|(number, (flags, _))| match number % 2 {
            0 => Watch::execs_of(flags, probe),
            _ => Watch::calls_of(&[&["-s", "execve"], flags.as_slice()].concat(), probe),
        })
        .collect();
    meanwhile();
    mark_on_host("mark-host");
    for (watch, (flags, expected)) in watches.into_iter().zip(cases) {
        let expected: BTreeSet<String> = expected.iter().map(|name| format!("mark-{name}")).collect();
        for mark in &expected {
            watch.until(mark);
        }
        let events = watch.end();
        assert_eq!(events.marks(), expected, "{flags:?}");
        assert!(events.all().all(|event| !event["container"].is_null()), "{flags:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn containers_of_pods_are_found_by_every_filter() {
    let host = Host::enter();
    let containerd = Containerd::start(&host);
    let cri = containerd.cri();
    let early = cri.pod(&Sandbox::new("prod", "pod-early"));
    let early_id = ticker(&cri, &early, "early");
    let other = cri.pod(&Sandbox::new("test", "pod-other"));
    ticker(&cri, &other, "other");
    // In every selection: its sessions show when a run has begun.
    let cases: Vec<Case<'_>> = vec![
        (vec!["-n", "prod"], &["early", "late", "beside"]),
        (vec!["--pod", "pod-early"], &["early", "beside"]),
        (vec!["-c", "early", "-c", "late"], &["early", "late"]),
        (vec!["-c", &early_id[..12]], &["early"]),
        (vec!["--image", IMAGE, "-n", "prod"], &["early", "late", "beside"]),
        (vec!["-l", "app=pod-early"], &["early", "beside"]),
        (vec!["-l", "tier=test,app!=pod-other"], &["early", "late", "beside"]),
        (vec!["-l", "app in (pod-early,pod-late)", "-c", "late", "-c", "early"], &["early", "late"]),
    ];
    let probe = |mark: &str| {
        cri.exec(&early_id, &["/bin/true", mark]);
    };
    check(&cases, &probe, || {
        ticker(&cri, &early, "beside");
        let late = cri.pod(&Sandbox::new("prod", "pod-late"));
        ticker(&cri, &late, "late");
    });
}

/// The same with flags that a test puts together.
type Asked = (Vec<String>, Vec<&'static str>);

/// A Podman with containers before a run, and those that come later.
fn check_podman(podman: &Podman<'_>, cases: &dyn Fn(&str) -> Vec<Asked>) {
    let tick = |name: &str, flags: &[&str]| {
        let args = ticking(&format!("mark-{name}"));
        podman.start(name, flags, &args.each_ref().map(String::as_str))
    };
    let early = tick("early", &["--label", "tier=test"]);
    tick("other", &[]);
    let cases = cases(&early);
    let cases: Vec<Case<'_>> = cases
        .iter()
        .map(|(asked, expected)| (asked.iter().map(String::as_str).collect(), expected.as_slice()))
        .collect();
    let probe = |mark: &str| {
        podman.exec("early", &["/bin/true", mark]);
    };
    check(&cases, &probe, || {
        tick("late", &["--label", "tier=test"]);
        tick("plain", &[]);
    });
}

fn asked(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|&flag| flag.to_owned()).collect()
}

#[test]
#[ignore = "root+bpf"]
fn containers_of_podman_are_found_without_its_service() {
    let host = Host::enter();
    check_podman(&Podman::new(&host), &|early| {
        vec![
            (asked(&["-c", "early"]), vec!["early"]),
            (asked(&["-c", "early,late"]), vec!["early", "late"]),
            (asked(&["-c", &early[..8]]), vec!["early"]),
            (asked(&["--image", podman::IMAGE]), vec!["early", "other", "late", "plain"]),
        ]
    });
}

/// Events of the host are left out, and that is no trouble: also in a cgroup that could be a container's in the making.
#[test]
#[ignore = "root+bpf"]
fn what_a_filter_leaves_out_is_no_trouble() {
    let tracked = tracked();
    let cgroup = Directory::make(tracked.mount.join("syscope-test-filters").join(hex_id(7)));
    for flags in [["-n", "nowhere"], ["-c", "nobody"]] {
        let mut command = syscope();
        command.arg("trace").args(flags).args(["--", "/bin/true"]);
        let path = cgroup.path().join("cgroup.procs");
        // SAFETY: the child writes to a file before it execs.
        unsafe { command.pre_exec(move || std::fs::write(&path, "0")) };
        let ended = run(&mut command);
        assert_eq!((ended.code(), &*ended.stderr), (Some(0), "syscope: 0 events, 0 lost\n"), "{flags:?}");
    }
}

/// Labels are in Podman's own database alone, which only its service can be asked about.
#[test]
#[ignore = "root+bpf"]
fn containers_of_podman_are_found_by_label_with_its_service() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    let service = podman.serve();
    check_podman(&podman, &|_| {
        vec![
            (asked(&["-l", "tier=test"]), vec!["early", "late"]),
            (asked(&["--image", podman::IMAGE, "-l", "tier"]), vec!["early", "late"]),
        ]
    });
    drop(service);
}

//! Containers that live so short that nobody who only asks afterwards finds them.

use std::thread;

use syscope_testing::containers::{Bundle, Containerd, Host, OciRuntime, Podman, Sandbox, Workload};

use super::watch::{Watch, hex_id};

/// A container lives 30 ms and shows three marks, the last one right before its end.
fn script(mark: &str) -> [String; 3] {
    let script = format!("/bin/true {mark}; /bin/usleep 30000; /bin/true {mark}; /bin/true {mark}");
    ["/bin/sh".to_owned(), "-c".to_owned(), script]
}

fn check(watch: Watch, expected: &[(String, String)]) {
    let last = &expected.last().expect("a container").0;
    watch.until_events(last, |events| events.of(last).len() == 3);
    let events = watch.end();
    for (mark, id) in expected {
        events.check_id(mark, id);
        // The shell has the mark in its script, but not as a word of its own.
        assert_eq!(events.of(mark).len(), 3, "{mark}");
    }
}

/// Runs `one` for every number, in two threads; returns the mark and the id of each.
fn crowd(count: u32, one: impl Fn(u32, &str, [&str; 3]) -> String + Sync) -> Vec<(String, String)> {
    let run = |number: u32| {
        let mark = format!("mark-{number}");
        let script = script(&mark);
        let id = one(number, &mark, script.each_ref().map(String::as_str));
        (mark, id)
    };
    thread::scope(|scope| {
        let half = |which: u32| {
            let run = &run;
            scope.spawn(move || (0..count).filter(|n| n % 2 == which).map(run).collect::<Vec<_>>())
        };
        let halves = [half(0), half(1)];
        halves.into_iter().flat_map(|half| half.join().expect("containers run")).collect()
    })
}

#[test]
#[ignore = "root+bpf"]
fn runc_containers_of_30_ms_are_known() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let watch = Watch::execs();
    let expected = crowd(200, |number, _, args| {
        let id = hex_id(number);
        runc.run(&id, &Bundle::new(&host, &args));
        id
    });
    check(watch, &expected);
}

#[test]
#[ignore = "root+bpf"]
fn podman_containers_of_30_ms_are_known() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    let watch = Watch::execs();
    let expected = crowd(60, |_, mark, args| podman.run(mark, &[], &args));
    check(watch, &expected);
}

#[test]
#[ignore = "root+bpf"]
fn containers_of_30_ms_in_pods_are_known() {
    let host = Host::enter();
    let containerd = Containerd::start(&host);
    let watch = Watch::execs();
    let start = |which: usize, name: &str| {
        let cri = containerd.cri();
        let pod = cri.pod(&Sandbox::new("space", name));
        let one = |number: usize| {
            let mark = format!("mark-{which}-{number}");
            let args = script(&mark);
            let workload = Workload::new(&mark, &args.each_ref().map(String::as_str));
            (mark, cri.start(&pod, &workload))
        };
        (0..50).map(one).collect::<Vec<_>>()
    };
    let expected = thread::scope(|scope| {
        let halves = [scope.spawn(|| start(0, "crowd-a")), scope.spawn(|| start(1, "crowd-b"))];
        halves.into_iter().flat_map(|half| half.join().expect("pods run")).collect::<Vec<_>>()
    });
    for (mark, _) in &expected {
        watch.until_events(mark, |events| events.of(mark).len() == 3);
    }
    let events = watch.end();
    for (mark, id) in &expected {
        let pod = if mark.starts_with("mark-0") { "crowd-a" } else { "crowd-b" };
        events.check(mark, &[("id", id), ("name", mark), ("pod", pod), ("namespace", "space")]);
    }
}

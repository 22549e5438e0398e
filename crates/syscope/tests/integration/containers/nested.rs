//! Cgroups inside containers: made by their programs, by a service manager, by another runtime.

use std::fs;
use std::process::Command;

use syscope_testing::containers::cgroups::{directory_of, move_process, tracked};
use syscope_testing::containers::processes::run;
use syscope_testing::containers::{Bundle, Host, OciRuntime};

use super::watch::{Watch, hex_id};

/// A script whose first part finds the container's own cgroup as `$own`; the hierarchy is at `/cg`.
fn script(rest: &str) -> String {
    let name = tracked().name;
    let controllers = if name == "unified" { "" } else { &name };
    format!(
        "while IFS=: read -r number controllers path; do \
         [ \"$controllers\" != '{controllers}' ] || own=/cg$path; done </proc/self/cgroup; \
         {rest}; exec /bin/sleep 1000"
    )
}

/// Runs a mark in a cgroup that it makes below its own.
fn inside(path: &str, mark: &str) -> String {
    format!("mkdir -p $own/{path}; (echo 0 >$own/{path}/cgroup.procs; /bin/true {mark})")
}

#[test]
#[ignore = "root+bpf"]
fn cgroups_made_inside_belong_to_the_container() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let watch = Watch::execs();
    let (id, other) = (hex_id(1), hex_id(2));
    // What a service manager makes, and what pretends to be another container.
    let places = [
        "init.scope".to_owned(),
        "system.slice/some.service".to_owned(),
        other.clone(),
        format!("docker/{other}"),
        format!("libpod_parent/libpod-{other}"),
        format!("system.slice/docker-{other}.scope"),
        format!("kubepods/burstable/pod0a1b2c3d-0000-4000-8000-000000000000/{other}"),
        format!("user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{other}.scope"),
        "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z".to_owned(),
    ];
    let mark = |number: usize| format!("mark-inside-{number}");
    let parts: Vec<String> =
        places.iter().enumerate().map(|(number, place)| inside(place, &mark(number))).collect();
    let args = ["/bin/sh", "-c", &script(&parts.join("; "))];
    let bundle = Bundle::new(&host, &args).bind(&tracked().mount, "/cg");
    runc.start(&id, &bundle);
    let last = mark(places.len() - 1);
    watch.until(&last);
    let events = watch.end();
    for (number, place) in places.iter().enumerate() {
        eprintln!("{place}");
        events.check_id(&mark(number), &id);
    }
}

/// The same from outside, and before Syscope begins: what exists is read as what is made.
#[test]
#[ignore = "root+bpf"]
fn cgroups_that_existed_inside_belong_to_the_container() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let (id, other) = (hex_id(1), hex_id(2));
    let pid = runc.start(&id, &Bundle::new(&host, &["/bin/sleep", "1000"]));
    let own = directory_of(pid, &tracked().name);
    let args = super::watch::ticking("mark-forged");
    for place in ["init.scope".to_owned(), format!("docker/{other}")] {
        fs::create_dir_all(own.join(&place)).expect("make a cgroup inside");
        let ticker = runc.spawn_exec(&id, &args.each_ref().map(String::as_str));
        drop(ticker);
    }
    let inside = own.join("docker").join(&other);
    let shells = || {
        let pids = syscope_testing::containers::cgroups::members(&own);
        let shell =
            |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == "sh\n");
        pids.into_iter().filter(shell).collect::<Vec<u32>>()
    };
    crate::support::until("two shells", || (shells().len() == 2).then_some(()));
    for pid in shells() {
        move_process(pid, &inside).expect("move a shell");
    }
    let watch = Watch::execs();
    watch.until("mark-forged");
    runc.exec(&id, &["/bin/true", "mark-session"]);
    watch.until("mark-session");
    let events = watch.end();
    events.check_id("mark-forged", &id);
    events.check_id("mark-session", &id);
}

/// A runtime in a container starts a container: whose processes belong to the outer one.
#[test]
#[ignore = "root+bpf"]
fn a_nested_runtime_belongs_to_the_outer_container() {
    let host = Host::enter();
    let runc = OciRuntime::runc(&host);
    let watch = Watch::execs();
    // The outer container has the host's files, and so its crun; a hybrid host's v2 hierarchy is out of crun's sight.
    let root = host.directory().join("outer");
    fs::create_dir_all(&root).expect("make a directory");
    run(Command::new("mount").args(["--rbind", "/"]).arg(&root));
    let (outer, inner) = (hex_id(1), hex_id(2));
    let bundle = Bundle::new(&host, &["/bin/true", "mark-inner"]).without_namespace("network");
    let bundle = bundle.cgroup(&format!("/{outer}/inner/{inner}"));
    let directory = bundle.write(&host, "inner");
    let script = format!(
        "! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified; \
         crun --root /run/syscope-host/inner run --bundle {} {inner} && /bin/true mark-outer; exec sleep 1000",
        directory.display()
    );
    let bundle = Bundle::new(&host, &["/bin/sh", "-c", &script]).privileged().root(&root);
    runc.start(&outer, &bundle);
    watch.until("mark-outer");
    let events = watch.end();
    events.check_id("mark-inner", &outer);
    events.check_id("mark-outer", &outer);
}

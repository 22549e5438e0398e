//! `syscope ps` and `syscope cgroups` with real containers.

use std::process::Command;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use syscope_output::record::{CgroupEntry, OwnerKind, ProcessEntry};
use syscope_testing::containers::cgroups::{self, Directory, directory_of, move_process, tracked};
use syscope_testing::containers::{Docker, Host, Podman};

use super::watch::hex_id;
use crate::support::{Ended, run, syscope};

const SLEEP: [&str; 2] = ["/bin/sleep", "1000"];

/// A list as JSON.
fn entries<T: DeserializeOwned>(words: &[&str]) -> Vec<T> {
    let ended = run(syscope().args(words).args(["-o", "json"]));
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    ended.stdout().lines().map(parse).collect()
}

fn processes(words: &[&str]) -> Vec<ProcessEntry> {
    entries(&[&["ps"], words].concat())
}

fn cgroups_of(words: &[&str]) -> Vec<CgroupEntry> {
    entries(&[&["cgroups"], words].concat())
}

/// The words of each row of a table.
fn rows(ended: &Ended) -> Vec<Vec<String>> {
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    ended.stdout().lines().skip(1).map(words).collect()
}

#[test]
#[ignore = "root+bpf"]
fn processes_and_cgroups_have_their_containers() {
    let host = Host::enter();
    let podman = Podman::new(&host);
    podman.pod("group", "pid", &[]);
    // Labels are in a database of Podman's own; annotations stand in for them.
    let containers = [
        ("web", podman.start("web", &["--annotation", "tier=test"], &SLEEP)),
        ("node", podman.start("node", &["--pid", "host"], &SLEEP)),
        ("a", podman.start("a", &["--pod", "group"], &SLEEP)),
        ("b", podman.start("b", &["--pod", "group"], &SLEEP)),
    ];
    let listed = processes(&[]);
    let found = cgroups_of(&[]);
    for (name, id) in &containers {
        let pid = podman.pid(name);
        let process = listed.iter().find(|process| process.pid == pid).expect("its process");
        let container = process.container.as_ref().unwrap_or_else(|| panic!("{process:?}"));
        assert_eq!((&container.id, container.name.as_deref()), (id, Some(*name)));
        let cgroup = process.cgroup.as_ref().expect("its cgroup");
        assert_eq!(cgroup.id, cgroups::id(&directory_of(pid, &tracked().name)));
        let entry = found.iter().find(|entry| entry.id == cgroup.id).expect("its cgroup is listed");
        assert_eq!(entry.container.as_ref().map(|container| &container.id), Some(id));
        assert_eq!(entry.tracking_id, cgroup.tracking_id);
    }
    let own = listed.iter().find(|process| process.pid == std::process::id()).expect("this process");
    assert!(own.container.is_none() && own.owner.is_some(), "{own:?}");

    // What is made inside of a container is the container's, whatever it is called.
    let pid = podman.pid("web");
    let directory = directory_of(pid, &tracked().name);
    let forged = Directory::make(directory.join("inner").join(hex_id(7)));
    let mut sleep = Command::new("/bin/sleep").arg("1000").spawn().expect("start a process");
    move_process(sleep.id(), forged.path()).expect("move a process");
    let inside = processes(&["-c", "web"]);
    let part = cgroups_of(&["-l", "tier=test"]);
    let table = run(syscope().args(["ps", "--tree", "-c", "web"]));
    let _ = sleep.kill();
    let _ = sleep.wait();
    let mut pids: Vec<u32> = inside.iter().map(|process| process.pid).collect();
    pids.sort_unstable();
    let mut expected = [pid, sleep.id()];
    expected.sort_unstable();
    assert_eq!(pids, expected);
    assert!(part.len() >= 3, "{part:?} of {inside:?}");
    let id = cgroups::id(forged.path());
    let entry = part.iter().find(|entry| entry.id == id).expect("the forged one");
    assert_eq!(entry.container.as_ref().and_then(|container| container.name.as_deref()), Some("web"));
    assert!(part.iter().all(|entry| entry.tracking_id == part[0].tracking_id), "{part:?}");
    for row in rows(&table) {
        assert_eq!((&*row[3], &*row[4]), ("web", "podman"), "{table:?}");
    }
}

#[test]
#[ignore = "root+bpf"]
fn a_runtime_that_hangs_is_named_and_holds_nobody_up() {
    let host = Host::enter();
    let mut docker = Docker::start(&host);
    let id = docker.container("web", &[], &SLEEP);
    let known = run(syscope().args(["ps", "-c", "web"]));
    assert_eq!(rows(&known).len(), 1, "{known:?}");
    docker.daemon().freeze();
    let begun = Instant::now();
    let ended = run(syscope().args(["ps", "-o", "json"]));
    let took = begun.elapsed();
    docker.daemon().thaw();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(ended.stderr.contains("docker"), "{}", ended.stderr);
    let listed: Vec<ProcessEntry> =
        ended.stdout().lines().map(|line| serde_json::from_str(line).expect("a process")).collect();
    let inside: Vec<&ProcessEntry> =
        listed.iter().filter(|one| one.container.as_ref().is_some_and(|it| it.id == id)).collect();
    assert_eq!(inside.len(), 1, "{}", ended.stdout());
    let owner = inside[0].owner.as_ref().expect("an owner");
    assert_eq!(owner.kind, OwnerKind::Container);
    assert!(owner.doubt.as_ref().is_some_and(|doubt| doubt.contains("docker")), "{owner:?}");
}
